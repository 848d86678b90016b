"""Motors and lines when things go wrong: ends of all kinds, chips that leave, held lines."""

import contextlib
import ctypes
import os
import re
import subprocess
import tempfile
import time

from guest import CHIP, motors_are_off, run, set_line, until, value
from lib.waiting import stays
from unit import CONFIG, BodyTest, ask, configure, journal, said, settings, show

AT_ONCE = 3  # seconds, on a busy machine
NO_COUNT = 2.5  # seconds that a motor may go on without an edge

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17  # of ptrace(2)


def kill(signal):
    run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "nabaztagd")
    return time.monotonic()


@contextlib.contextmanager
def held(thread):
    """That thread does nothing, while the others of its process go on."""
    libc = ctypes.CDLL(None, use_errno=True)

    def trace(request):
        if libc.ptrace(request, thread, None, None) < 0:
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")

    trace(SEIZE)
    trace(INTERRUPT)
    os.waitpid(thread, 0x40000000)  # __WALL
    try:
        yield
    finally:
        trace(DETACH)


def nabaztagd(*arguments, user="root"):
    """Runs the program as the unit does not; returns what it says in the end."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        return subprocess.run(
            ["runuser", "-u", user, "--", "nabaztagd", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "STATE_DIRECTORY": folder},
        )


class Ends(BodyTest):
    """Outputs keep their level when their holder is gone, as on a Raspberry Pi."""

    options = ("--persist",)

    def turn(self, **overrides):
        self.start(**overrides)
        self.wait_turning()
        time.sleep(0.5)

    def test_killed_and_nothing_stops_the_motors(self):
        """What test_life proves is due to ExecStopPost=."""
        self.turn(Restart="no", ExecStopPost="")
        kill("KILL")
        until(lambda: show("ActiveState") == "failed", 5, "the end of the service")
        stays(lambda: any(self.rabbit.motors()), 5, "the motor's turning")
        began = time.monotonic()
        run("nabaztagd", "--motors-off")
        self.assertLess(self.off_after(began), AT_ONCE)

    def test_crashed(self):
        """The last thing it does is to stop the motors; nobody else is there to do it."""
        for signal in ("ABRT", "SEGV"):
            with self.subTest(signal):
                self.turn(Restart="no", ExecStopPost="")
                self.assertLess(self.off_after(kill(signal)), AT_ONCE)
                until(lambda: show("Result") == "signal", 5, "the end of the service")

    def test_terminated(self):
        self.turn()
        began = time.monotonic()
        run("systemctl", "stop", "nabaztagd")
        self.assertLess(self.off_after(began), AT_ONCE)
        self.assertEqual(show("Result"), "success")

    def test_started_again(self):
        """The next one stops the motors first, whatever the one before left."""
        self.turn(ExecStopPost="")
        process = show("MainPID")
        killed = kill("KILL")
        until(lambda: show("MainPID") not in ("0", process), 10, "another process")
        self.wait_home()
        self.ears(3, 10)
        for ear in ("left", "right"):
            runs = [(began, ended) for which, _, began, ended in self.rabbit.runs() if which == ear]
            left = [ended for began, ended in runs if began < killed < ended]
            after = [began for began, _ in runs if began > killed]
            if left:  # it turned, one way or the other
                self.assertGreaterEqual(after[0] - left[0], 0.1, "it is braked first")


class HeldUp(BodyTest):
    """What moves the ears is held in the middle of that, as by a disk that does not answer."""

    def test_somebody_else_stops_the_motors(self):
        self.start()
        self.wait_turning()
        process = show("MainPID")
        with held(int(process)):
            self.assertLess(self.off_after(time.monotonic()), NO_COUNT + AT_ONCE)
        self.wait_home()
        self.assertEqual(show("MainPID"), process)
        self.assertIn("the motor was stopped", said())
        self.ears(3, 10)


class Chip(BodyTest):
    def test_unplugged_while_an_ear_turns(self):
        self.start()
        self.wait_turning()
        self.addCleanup(run, "vm-gpio", CHIP, "plug")
        run("vm-gpio", CHIP, "unplug")
        until(lambda: CHIP in said(), 5, "a word about the chip")
        time.sleep(3)
        told = [line for line in said().splitlines() if CHIP in line]
        self.assertEqual(len(told), 1, told)
        process = show("MainPID")
        run("vm-gpio", CHIP, "plug")
        self.wait_home()
        self.assertEqual(show("MainPID"), process)
        self.wait_online()
        self.ears(16, 1)


class Absence(BodyTest):
    """It lives without what it cannot have, says why, and takes it up when it can."""

    def lives_without(self, pattern, **overrides):
        self.start(**overrides)
        self.assertEqual(show("ActiveState"), "active")
        self.wait_online()
        self.assertRegex(show("StatusText"), pattern)
        self.assertEqual(len(journal("BODY_FAILED")), 1, said())
        self.assertEqual(self.rabbit.runs(), [], "nothing moves")

    def test_held_line(self):
        with set_line(5):
            self.lives_without(r"held by .*gpioset")
        self.wait_home()
        self.assertTrue(journal("BODY_WORKS"), said())

    def test_no_permission(self):
        self.lives_without(r"group gpio", SupplementaryGroups="")

    def test_missing_chip(self):
        run("vm-gpio", CHIP, "unplug")
        try:
            self.lives_without(CHIP)
        finally:
            run("vm-gpio", CHIP, "plug")
        self.wait_home()
        self.ears(3, 10)

    def test_missing_line(self):
        configure(settings(self.board, "[ear-left]\nencoder = 99\n"))
        with self.assertRaises(AssertionError):
            self.start()
        until(lambda: show("ExecMainStatus") == "78", 10, "the service to end for good")
        self.assertRegex(said(), r"\b99\b")
        self.assertEqual(self.rabbit.runs(), [], "nothing moves")


class TwoDaemons(BodyTest):
    def test_the_second_one_is_refused(self):
        self.start()
        self.wait_turning()
        process, runs = show("MainPID"), self.rabbit.runs()
        second = nabaztagd("--config", CONFIG)
        self.assertNotEqual(second.returncode, 0)
        self.assertRegex(second.stderr, r"held by .*nabaztagd")
        off = nabaztagd("--motors-off", "--config", CONFIG)
        self.assertNotEqual(off.returncode, 0)
        self.assertEqual(self.rabbit.runs(), runs, "no motor line was touched")
        self.wait_home()
        self.assertEqual(show("MainPID"), process)
        self.wait_online()
        self.ears(8, 8)
