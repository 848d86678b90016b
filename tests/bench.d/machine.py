#!/usr/bin/python3
"""
Runs in the test machine for tests/bench: measures the daemon on GPIO lines beside a bare
libstrophe and libgpiod loop, and prints a JSON object for each figure.

    tests/bench.d/machine.py TREE.tar
"""

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..")]

from guest import Rabbit, chip, run, unpack, until  # noqa: E402
from lib.measure import Peer, tell, wakeups  # noqa: E402
from lib.owner import Owner  # noqa: E402
from lib.rabbit import Rabbit as Daemon  # noqa: E402
from lib.server import DOMAIN, Server  # noqa: E402
from lib.silent import SilentServer  # noqa: E402

PASSWORD = "cuckoo-clock-7"
MOTOR, ENCODER = 0, 4
ROUNDS, MOVES = 3, 40
REST, STILL = 20, 0.3  # seconds
DRIVEN = ("nose", "left", "middle")


def middle(seconds):
    """
    The mean of all but the tenth at either end, in ms. An edge is delivered with the next tick of a
    millisecond, so that times are spread evenly over one: there a mean is surer than a median.
    """
    tenth = len(seconds) // 10
    return statistics.mean(sorted(seconds)[tenth : len(seconds) - tenth]) * 1000


def tell_beside(figure, ours, peer, bare, factor):
    """Of two in ms; ours may take `factor` times as long as that of the bare peer."""
    limit = factor * bare
    beside, target = f"bare {peer} {bare:.2f} ms", f"<= {factor} x bare ({limit:.2f})"
    tell(figure, ours, "ms", beside, target, ours <= limit)


class Trace:
    """The kernel's own record of when the body showed an edge and when a line was set."""

    root = "/sys/kernel/tracing"
    event = r" ([\d.]+): (tracing_mark_write|gpio_value): (\d+) (?:set )?([01])\n"

    def __init__(self):
        run("mount", "-t", "debugfs", "debugfs", "/sys/kernel/debug")
        run("mount", "-t", "tracefs", "tracefs", self.root)
        self._write("trace_clock", "mono")
        self._write("events/gpio/gpio_value/enable", "1")
        self.marker = os.path.join(self.root, "trace_marker")

    def _write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def begin(self):
        self._write("trace", "")

    def _changes(self):
        """(line, its level, seconds) since it began."""
        first = int(re.search(rf"{chip()}: GPIOs (\d+)", run("cat", "/sys/kernel/debug/gpio"))[1])
        text = run("cat", os.path.join(self.root, "trace"))
        for when, kind, line, level in re.findall(self.event, text):
            base = first if kind == "gpio_value" else 0
            yield int(line) - base, int(level), float(when)

    def runs(self):
        """Of each run of the motor when it began, when it ended, and the last edge before that."""
        began, edge, runs = None, None, []
        for line, level, when in self._changes():
            if line == ENCODER and not level:
                edge = when
            elif line == MOTOR and level:
                began = began or when
            elif line == MOTOR and began:
                runs.append((began, edge, when))
                began = None
        return runs


def stops(runs):
    """For each of these the seconds from that edge to the end."""
    return [ended - edge for _, edge, ended in runs]


class Machine:
    def __init__(self, folder):
        self.folder = folder
        self.chance = random.Random(1)
        self.trace = Trace()
        self.body = Rabbit("--bounce", "0", "--marks", self.trace.marker)
        self.server = Server(folder)
        for user in ("juliet", "rabbit", "bare"):
            self.server.add_account(user, PASSWORD)
        self.server.start()
        self.owner = Owner(f"juliet@{DOMAIN}", PASSWORD, self.server).wait_online()

    def daemon(self, name, driver="none", server=None):
        daemon = Daemon(
            "nabaztagd",
            tempfile.mkdtemp(prefix=name, dir=self.folder),
            server or self.server,
            None,
            PASSWORD,
            account={"jid": f"rabbit@{DOMAIN}"},
            body={"board": "gpio-sim"},
            leds={"driver": driver},
            sim={"socket": None},
        )
        return daemon.start()

    def say(self, user, text):
        """Returns when it was sent."""
        stanza = f"<message to='{user}@{DOMAIN}' type='chat'><body>{text}</body></message>"
        sent = []
        send = self.owner._client.send_raw
        self.owner._call(lambda: (sent.append(time.monotonic()), send(stanza)))
        return sent[0]

    # A command and the stop that it leads to: ours and the peer's

    def measure_moves(self, name, texts, is_done):
        """Seconds from each stanza to the motor's start, and from the last edge to each stop."""
        self.trace.begin()
        sent = []
        for text in texts:
            ended = self.ended()
            sent.append(self.say(name, text))
            move = f"the end of a move of {name}'s: {text}"
            until(lambda: self.ended() > ended and self.rests() and is_done(), 20, move)
        runs = self.trace.runs()
        starts = [min(began for began, *_ in runs if began > when) - when for when in sent]
        return starts, stops(runs)

    def ended(self):
        """How many moves of the body are over."""
        return sum(end is not None for *_, end in self.body.runs())

    def rests(self):
        """Whether no ear rolls on, which the peer would take for the edge of its next move."""
        return time.monotonic() - self.body.changes[-1]["t"] / 1e6 > STILL

    def bare(self):
        peer = Peer(
            "bare-ear",
            f"bare@{DOMAIN}",
            PASSWORD,
            "127.0.0.1",
            str(self.server.port),
            self.server.certificate,
            f"/dev/{chip()}",
            str(MOTOR),
            str(ENCODER),
        )
        peer.wait("online")
        texts = [str(self.chance.randrange(1, 3)) for _ in range(MOVES)]
        figures = self.measure_moves("bare", texts, lambda: True)
        peer.close()
        return figures

    def ours(self):
        daemon = self.daemon("moves")
        daemon.wait_online()
        daemon.wait_status("ears 0/0", 30)
        place, texts = 0, []
        for _ in range(MOVES):
            place = (place + self.chance.randrange(1, 3)) % 17
            texts.append(f"ears {place} 0")
        answers = lambda: len(re.findall(r"^ears \d+ / 0$", "\n".join(self.owner.bodies()), re.M))
        done = [answers()]

        def is_done():
            if answers() == done[0]:
                return False
            done[0] += 1
            return True

        figures = self.measure_moves("rabbit", texts, is_done)
        daemon.stop()
        return figures

    def moves(self):
        """By turns, as the machine is not always as fast."""
        figures = {self.ours: ([], []), self.bare: ([], [])}
        for measure in list(figures) * ROUNDS:
            for whole, more in zip(figures[measure], measure()):
                whole.extend(more)
        (our_starts, our_stops), (bare_starts, bare_stops) = figures.values()
        seen = f"{len(our_stops)} and {len(bare_stops)} stops"
        tell_beside(
            "edge to counted and acted upon, mean of the middle",
            middle(our_stops),
            f"libgpiod reader ({seen})",
            middle(bare_stops),
            1.2,
        )
        tell_beside(
            f"chat stanza to motor line, median of {ROUNDS * MOVES}",
            statistics.median(our_starts) * 1000,
            "libstrophe and libgpiod",
            statistics.median(bare_starts) * 1000,
            1.5,
        )

    # At rest

    def count(self, daemon, seconds):
        before = wakeups(daemon.process.pid)
        time.sleep(seconds)
        return wakeups(daemon.process.pid) - before

    def rest(self):
        daemon = self.daemon("rest", driver="gpio")
        daemon.wait_online()
        daemon.wait_status("ears 0/0", 30)
        self.owner.ask(f"rabbit@{DOMAIN}", "nose red")
        time.sleep(3)
        woken = self.count(daemon, REST)
        daemon.stop()
        tell(f"wake-ups in {REST} s, ears at rest, LEDs lit", woken, "", "", "0", woken == 0)

    def pulses(self):
        daemon = self.daemon("pulses", driver="pwm")
        daemon.wait_online()
        daemon.wait_status("ears 0/0", 30)
        colours = ("#c08040", "#b07030", "#a06020")
        for count, limit in ((1, 450), (3, 1050)):
            for led, colour in zip(DRIVEN[:count], colours):
                text = f"nose {colour}" if led == "nose" else f"led {led} {colour}"
                self.owner.ask(f"rabbit@{DOMAIN}", text)
            time.sleep(2)
            woken = self.count(daemon, 10) / 10
            tell(
                f"wake-ups a second, pwm with {3 * count} duties",
                woken,
                "/s",
                "",
                f"<= {limit}",
                woken <= limit,
            )
        daemon.stop()

    # A server that stalls

    def stall(self, turns=6):
        silent = SilentServer("tls")
        silent.tls, silent.certificate = self.server.tls, self.server.certificate
        self.trace.begin()
        daemon = self.daemon("stall", server=silent)
        silent.wait_reached()
        daemon.wait_status("ears 0/0", 30)
        right, place = self.body.ears() == (0, 0), 0
        for _ in range(turns):
            place = (place + 3) % 17
            self.body.ask("turn left 3")
            # A motor runs for 30 s in any 60: one that has waits. Its status may know the hole
            # before it rests, and what a hand does until then is not told from rolling on.
            daemon.wait_log(f"A hand turned the ears to {place} / 0", 70)
            right = right and self.body.ears() == (place, 0)
        waits = [stop * 1000 for stop in stops(self.trace.runs())]
        daemon.stop()
        silent.stop()
        tell(
            "edge to stop while TLS is stalled, longest",
            max(waits),
            "ms",
            f"of {len(waits)}, median {statistics.median(waits):.2f} ms; "
            f"all on the right hole: {'yes' if right else 'no'}",
            "<= 10 ms, all right",
            right and max(waits) <= 10,
        )

    def run(self):
        self.moves()
        self.rest()
        self.pulses()
        self.stall()


def main():
    unpack(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        Machine(folder).run()
    sys.stdout.flush()
    os._exit(0)  # threads of clients do not matter any more


if __name__ == "__main__":
    main()
