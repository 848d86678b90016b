#!/usr/bin/python3
"""Shows a simulated rabbit whose server has forgotten it; tests/demo builds and starts this."""

import argparse
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import screen  # noqa: E402
from platform_tour import PlatformTour, PlatformWorld  # noqa: E402
from tour import Tour  # noqa: E402
from world import World  # noqa: E402

FRAME = 0.05  # seconds


class Quit(Exception):
    pass


class Demo:
    def __init__(self, world, view):
        self.world, self.view = world, view
        self._bench = None

    def frame(self):
        """Shows what is new."""
        self.world.pump()
        while not self.world.story.empty():
            self.view.show(*self.world.story.get())
        self.view.draw(self._state())

    def _state(self):
        try:
            if self._bench is None and os.path.exists(self.world.rabbit.bench_path):
                self._bench = self.world.rabbit.bench()
            return self._bench.state() if self._bench else None
        except (OSError, ValueError):  # the rabbit is on its way out
            self._bench = None
            return None

    def in_background(self, work):
        """Runs work() beside the picture; whatever it raises is raised here at its end."""
        failure = []

        def run():
            try:
                work()
            except Exception as error:
                failure.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        while thread.is_alive():
            self.frame()
            thread.join(FRAME)
        self.frame()
        if failure:
            raise failure[0]

    def obey(self, line):
        world, words = self.world, line.split()
        if line == "/quit":
            raise Quit
        if line == "/press":
            world.press()
        elif line == "/double":
            world.press(2)
        elif line == "/forget":
            self.in_background(world.forget)
        elif words[:1] == ["/turn"] and len(words) == 3:
            world.turn(*words[1:])
        elif line:
            world.say(line)

    def play(self):
        while self.world.rabbit.process.poll() is None:
            self.frame()
            line = self.view.read(FRAME)
            if line:
                self.obey(line)
        self.frame()
        raise AssertionError(
            "the rabbit has ended: "
            + (self.world.rabbit.log().splitlines() or ["without a word"])[-1]
        )


def show(world, tour, is_tour):
    failure = None
    with screen.choose(world.quiet) as view:
        demo = Demo(world, view)
        try:
            demo.in_background(world.prepare)
            demo.in_background(world.begin)
            if is_tour:
                demo.in_background(tour.run)
            else:
                demo.play()
        except (Quit, EOFError, KeyboardInterrupt):
            pass
        except Exception as error:
            failure = error
        is_live = isinstance(view, screen.Terminal)
    if is_tour and is_live:
        print("\n".join(f"✓ {what}" for what in tour.done))
    if failure:
        print(f"demo: {failure}", file=sys.stderr)
        print(world.rabbit.log()[-4000:], file=sys.stderr)
    whole = len(tour.done) == len(tour.steps())
    if is_tour and whole:
        print("The tour is over: every step happened.")
    return 1 if failure or (is_tour and not whole) else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tour", action="store_true")
    parser.add_argument("--violet", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    binary = os.path.abspath(options.binary)
    world = PlatformWorld(binary) if options.violet else World(binary)
    tour = PlatformTour(world) if options.violet else Tour(world)
    try:
        status = show(world, tour, options.tour or options.violet)
    finally:
        world.end()
    sys.exit(status)


if __name__ == "__main__":
    main()
