"""What each value of each service looks like on the bench, frame by frame, in faster time."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib import violet  # noqa: E402
from lib.preload import FastClock  # noqa: E402

from test_violet import VioletCase  # noqa: E402

COLORS = (
    "000000 ff0000 00ff00 ffff00 0000ff ff00ff 00ffff ffffff "
    "808080 ff8080 80ff80 ffcc00 8080ff ff80ff 80ffff ff8000"
).split()
WEATHER, STOCK, TRAFFIC, MAIL, AIR = 1, 2, 3, 6, 7
FAIR = "066 660 666 666 666 666 606 006 000 060 066 666 666 666 660 606 066"
FOUL = "060 066 666 600 000 060 066 000 660 666 006 600 060 000 606 060"
# protocol.md 3.3: service and value: ms of a step, colours of left, middle and right in hex digits.
TABLE = {
    (WEATHER, 0): (250, "333 333 333 333 333 000 000 000"),
    (WEATHER, 1): (1250, "030 404"),
    (WEATHER, 2): (250, "444 444 444 444 444 000"),
    (WEATHER, 3): (200, "000 040 404 000 004 400 000 040 004"),
    (WEATHER, 4): (400, "400 000 004 000 040 000 004 000 040 000 400 000"),
    (WEATHER, 5): (250, "043 000 000 000 000 430 043 000 000 034 340"),
    (STOCK, 0): (70, "00b 0b0 b00 000 000 000"),
    (STOCK, 1): (140, "00b 0b0 b00 000"),
    (STOCK, 2): (280, "00b 0b0 b00 000"),
    (STOCK, 3): (280, "0b0 000"),
    (STOCK, 4): (280, "b00 0b0 00b 000"),
    (STOCK, 5): (140, "b00 0b0 00b 000"),
    (STOCK, 6): (70, "b00 0b0 00b 000 000 000"),
    (TRAFFIC, 0): (1000, "101 101 101 000 000 000"),
    (TRAFFIC, 1): (1000, "010 101 000 000 000"),
    (TRAFFIC, 2): (500, "010 101 000 000 000"),
    (TRAFFIC, 3): (250, "010 101 000 000 000"),
    (TRAFFIC, 4): (120, "010 101 000 000 000"),
    (TRAFFIC, 5): (80, "010 101 000 000 000"),
    (TRAFFIC, 6): (40, "010 101 010 101 000 000"),
    (MAIL, 0): (700, "500 050 005 050"),
    (MAIL, 1): (560, "050 000"),
    (MAIL, 2): (560, "505 000"),
    (MAIL, 3): (560, "555 000"),
    **{(AIR, value): (420, "666 666 666 000") for value in range(5)},
    **{(AIR, value): (140, FAIR) for value in range(5, 8)},
    **{(AIR, value): (140, FOUL) for value in range(8, 11)},
}
BODY = ("left", "middle", "right")
DARK = (COLORS[0],) * len(BODY)


def frames_of(text):
    """Those that differ from the one before."""
    frames = [tuple(COLORS[int(digit, 16)] for digit in frame) for frame in text.split()]
    return [frame for before, frame in zip([None, *frames], frames) if frame != before]


class Ambient(VioletCase):
    def setUp(self):
        super().setUp()
        self.platform = self.make_platform()
        rabbit = self.make_violet(self.platform)
        self.clock = FastClock(rabbit, self.folder)
        self.boot(self.platform, rabbit).wait_status("ears 0/0")
        self.bench = rabbit.bench()
        self.bench.watch()
        self.shown = dict(zip(BODY, DARK))

    def push(self, pairs):
        self.platform.push(violet.packet(violet.ambient(pairs)))

    def next_body(self):
        """What the body shows after its next change."""
        while True:
            change = self.bench.next_change()
            if change["what"] == "led" and change["which"] in BODY:
                self.shown[change["which"]] = change["value"]
                return tuple(self.shown[name] for name in BODY)

    def watch(self, frames):
        """
        The frames of one round and the first of the next, as they follow each other from the dark;
        LEDs change one by one. The last is what came instead of one.
        """
        seen, before = [], DARK
        for frame in [frames[i] for i in range(-len(frames), 1)]:
            body = before
            while body != frame and all(led in pair for led, *pair in zip(body, before, frame)):
                body = self.next_body()
            seen.append(body)
            if body != frame:
                break
            before = frame
        return seen

    def show(self, service, value, frames):
        """Beginning in the dark."""
        self.push({service: value})
        seen = self.watch(frames)
        self.push({0: service})
        while set(self.shown.values()) != set(DARK):
            self.next_body()
        return seen

    def test_table(self):
        for (service, value), (step, text) in TABLE.items():
            frames = frames_of(text)
            self.clock.set_rate(max(1, min(8, step // 80)))
            with self.subTest(service=service, value=value):
                # Whoever wakes too late for a frame leaves it out, on a machine that is busy.
                for _ in range(3):
                    seen = self.show(service, value, frames)
                    if seen == [*frames, frames[0]]:
                        break
                self.assertEqual(seen, [*frames, frames[0]])
