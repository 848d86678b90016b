"""For tests/bench: what a rabbit platform asks of the daemon."""

import os
import resource
import subprocess
import sys
import time

from lib import violet
from lib.measure import wakeups
from lib.rabbit import Rabbit
from lib.server import DOMAIN
from lib.violet import Violet
from lib.waiting import wait_for

PACKETS = 100_000
STEP, RECORDS = 50, 300  # ms, of a choreography
WATCHED = 20  # seconds of an animation
RAIN, RAIN_STEP = {1: 3}, 0.2
SUN = {1: 0}


def may_hurry():
    """Whether a daemon gets the real-time priority that its unit allows."""
    return os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_RTPRIO)[0] > 0


class Life:
    def __init__(self, bench):
        self.bench, self.table = bench, bench.table

    def violet_rabbit(self, platform):
        """At a platform of its own, idle."""
        rabbit = Rabbit(
            self.bench.binary,
            os.path.join(self.bench.folder, f"violet{platform.port}"),
            **platform.settings,
        )
        self.bench.endings += [platform.stop, rabbit.destroy]
        rabbit.start()
        wait_for(platform.is_ready, 20, "the rabbit to be ready")
        return rabbit

    def packets(self):
        platform = Violet()
        rabbit = self.violet_rabbit(platform)
        view = rabbit.bench()
        clouds = violet.packet(violet.ambient({1: 1}))
        text = platform.message(clouds) * PACKETS + platform.message(
            violet.packet(violet.ambient(SUN))
        )
        began = time.monotonic()
        platform.send(text)
        wait_for(lambda: view.leds()["right"] == "ffff00", 60, "the last packet", pause=0.01)
        rate = PACKETS / (time.monotonic() - began)
        rabbit.destroy()
        self.table.add(
            f"packets a second, of {PACKETS}, through the daemon",
            round(rate),
            "/s",
            "",
            ">= 20000",
            rate >= 20000,
        )

    # A choreography on a busy machine

    @staticmethod
    def choreography():
        """The nose changes at each step."""
        records = b"".join(
            bytes([STEP // 10, 7, 4, 1 + number % 2, number >> 8, number & 255, 0, 0])
            for number in range(RECORDS)
        )
        return b"\x01\x01\x01\x01" + b"\x00\x01\x01" + records

    def dance_lateness(self, view, platform):
        """How many ms later than the one that was the least late each step was."""
        view.watch()
        platform.push(violet.packet(violet.program("CH broadcast/steps.chor\n")))
        offsets = []
        while len(offsets) < RECORDS:
            change = view.next_change()
            if change["which"] == "nose" and change["value"][:2] in ("01", "02"):
                offsets.append(change["t"] / 1000 - len(offsets) * STEP)
        return [offset - min(offsets) for offset in offsets]

    def dance(self):
        platform = Violet(resources={"steps.chor": self.choreography()})
        rabbit = self.violet_rabbit(platform)
        hogs = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(2 * os.cpu_count())
        ]
        try:
            command = [self.bench.programs["timer"], str(STEP), str(RECORDS)]
            peer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            ours = self.dance_lateness(rabbit.bench(), platform)
            theirs = [int(line) / 1000 for line in peer.communicate()[0].split()]
        finally:
            for hog in hogs:
                hog.kill()
                hog.wait()
        rabbit.destroy()
        late, bare = (sorted(values)[len(values) * 99 // 100] for values in (ours, theirs))
        self.table.add(
            f"choreography, {len(hogs)} others busy: late, 99 of 100",
            late,
            "ms",
            f"bare timer {bare:.2f} ms; at the most {max(ours):.1f} and {max(theirs):.1f} ms",
            "<= 2 ms" if may_hurry() else "no leave for real time",
            late <= 2 if may_hurry() else None,
        )

    # An animation

    def ambient(self):
        rabbit = self.bench.rabbit(
            "ambient", violet={"platforms": f"juliet@{DOMAIN}"}
        ).start()
        rabbit.wait_online()
        rabbit.wait_status("ears 0/0")
        owner = self.bench.owner()
        view = rabbit.bench()
        packet = violet.packet(violet.ambient({**RAIN, 8: 0, 9: 0}))  # no nose, no base
        owner.send_raw(violet.message(packet, owner.jid, f"ambient@{DOMAIN}"))
        wait_for(lambda: view.leds()["middle"] == "0000ff", 10, "rain", pause=0.01)
        view.close()
        time.sleep(2)
        before = wakeups(rabbit.process.pid)
        time.sleep(WATCHED)
        woken = wakeups(rabbit.process.pid) - before
        steps = round(WATCHED / RAIN_STEP)
        rabbit.destroy()
        owner.close()
        self.table.add(
            f"wake-ups in {WATCHED} s of rain, {steps} steps",
            woken,
            "",
            "",
            "one a step",
            abs(woken - steps) <= 1,
        )
