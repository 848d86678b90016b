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

from guest import Rabbit, chip, unpack, until  # noqa: E402
from lib.measure import Peer, tell, wakeups  # noqa: E402
from lib.owner import Owner  # noqa: E402
from lib.rabbit import Rabbit as Daemon  # noqa: E402
from lib.server import DOMAIN, Server  # noqa: E402
from lib.silent import SilentServer  # noqa: E402

PASSWORD = "cuckoo-clock-7"
MOTOR, ENCODER = 0, 4
ROUNDS, MOVES = 3, 40
SEEN = 8  # stops at the least in a round, by a watcher who gets no processor on a busy machine
REST = 20  # seconds
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


class Watcher:
    """What happens on lines, as exactly as it can be seen."""

    def __init__(self, *lines):
        command = [os.path.join(HERE, "watch-lines.py"), *map(str, lines)]
        self._output = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, stdout=self._output)
        until(lambda: self._text().startswith("ready"), 10, "watch-lines.py")

    def _text(self):
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode()

    def changes(self):
        """(line, whether it rose, seconds) so far."""
        words = [line.split() for line in self._text().splitlines()[1:]]
        return [(int(line), level == "1", int(usec) / 1e6) for line, level, usec in words]

    def saw_rest(self, line):
        """Whether the line was low when it last changed before our eyes."""
        return [rose for which, rose, _ in self.changes() if which == line][-1:] != [True]

    def stops(self):
        """
        For each stop of the motor the seconds since the edge that led to it was seen; without
        those that the same look saw, of which it cannot be told.
        """
        edge, found = None, []
        for line, rose, when in self.changes():
            if line == ENCODER and not rose:
                edge = when
            elif line == MOTOR and not rose and edge not in (None, when):
                found.append(when - edge)
            elif line == MOTOR and rose:
                edge = None
        return found

    def close(self):
        self._process.kill()
        self._process.wait()
        self._output.close()


class Machine:
    def __init__(self, folder):
        self.folder = folder
        self.chance = random.Random(1)
        self.body = Rabbit("--bounce", "0")
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
        """ms from a stanza to the motor's start and from the last edge to its stop, medians."""
        watcher = Watcher(MOTOR, ENCODER)
        starts = []
        for text in texts:
            ended = self.ended()
            sent = self.say(name, text)
            move = f"the end of a move of {name}'s: {text}"
            until(lambda: self.ended() > ended and is_done(), 20, move)
            # It looks only while nobody else has anything to do: a stop and the next start would
            # be one to it, were the next command sent before it saw the stop.
            until(lambda: watcher.saw_rest(MOTOR), 10, "watch-lines.py to see the stop")
            # The body looks each ms, whoever is busy: the watcher would see it too late.
            starts.append(min(began - sent for *_, began, _ in self.body.runs() if began > sent))
        stops = watcher.stops()
        watcher.close()
        assert len(stops) >= SEEN, f"{name}: saw {len(stops)} stops of {MOVES}"
        return starts, stops

    def ended(self):
        """How many moves of the body are over."""
        return sum(end is not None for *_, end in self.body.runs())

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
        seen = f"seen {len(our_stops)} and {len(bare_stops)} of {ROUNDS * MOVES}"
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
        watcher = Watcher(MOTOR, ENCODER)
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
        stops = [stop * 1000 for stop in watcher.stops()]
        daemon.stop()
        watcher.close()
        silent.stop()
        tell(
            "edge to stop while TLS is stalled, longest",
            max(stops),
            "ms",
            f"of {len(stops)}, median {statistics.median(stops):.2f} ms; "
            f"all on the right hole: {'yes' if right else 'no'}",
            "<= 10 ms, all right",
            right and max(stops) <= 10,
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
