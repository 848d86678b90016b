"""nabaztagd --motors-off, on a kernel that keeps driving what nobody holds any more."""

import os
import subprocess
import tempfile
import time
import unittest

from guest import Rabbit, run, set_line, until

PROFILES = "/etc/nabaztagd/boards"
BOARD = """
[gpio]
chip = nabsim
[ear-left]
forward = ear-left-fwd
backward = ear-left-rev
encoder = ear-left-enc
[ear-right]
forward = 2
backward = 3
encoder = 5
"""


def configure(folder, board, profile=BOARD):
    """A configuration file with that board, whose profile is in its place."""
    os.makedirs(PROFILES, exist_ok=True)
    path = os.path.join(folder, "nabaztagd.conf")
    for name, text in (
        (os.path.join(PROFILES, "test.conf"), profile),
        (path, f"[body]\nboard = {board}\n"),
    ):
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    return path


class MotorsOff(unittest.TestCase):
    def setUp(self):
        self.rabbit = Rabbit("--persist")
        self.addCleanup(self.rabbit.stop)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.chmod(self.folder.name, 0o755)
        self.addCleanup(self.motors_off)

    def motors_off(self, board="test", profile=BOARD, **options):
        path = configure(self.folder.name, board, profile)
        return subprocess.run(
            ["nabaztagd", "--config", path, "--motors-off"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            **options,
        )

    def start_motor(self, line, ear, direction):
        with set_line(line):
            until(lambda: self.rabbit.state()["motors"][ear] == direction, 5, "the motor to run")

    def motors(self):
        return self.rabbit.state()["motors"]

    def test_left_behind(self):
        self.start_motor(0, "left", 1)
        self.start_motor(3, "right", -1)
        time.sleep(0.1)
        self.assertEqual(self.motors(), {"left": 1, "right": -1}, "nobody holds them")
        result = self.motors_off()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        until(lambda: self.motors() == {"left": 0, "right": 0}, 2, "the motors to stop")

    def test_held(self):
        self.start_motor(0, "left", 1)
        with set_line(3):
            result = self.motors_off()
            self.assertEqual(result.returncode, 75)
            self.assertRegex(result.stderr, r"line 3 of nabsim \(.*right.*\) is held by gpioset")
            self.assertIn("cause=gpio-busy", result.stderr)
            until(lambda: self.motors() == {"left": 0, "right": -1}, 2, "one to stop")

    def test_no_permission(self):
        result = self.motors_off(user="nobody", group="nogroup", extra_groups=[])
        self.assertEqual(result.returncode, 77)
        self.assertIn("cause=gpio-denied", result.stderr)

    def test_no_chip(self):
        result = self.motors_off(profile=BOARD.replace("nabsim", "soc"))
        self.assertEqual(result.returncode, 69)
        self.assertRegex(result.stderr, r"no GPIO chip soc .*gpiochip0 \(nabsim\)")

    def test_simulated(self):
        self.start_motor(0, "left", 1)
        self.assertEqual(self.motors_off("sim").returncode, 0)
        self.assertEqual(self.motors()["left"], 1)


class Access(unittest.TestCase):
    """What the unit is allowed to use."""

    def test_lines_of_the_service(self):
        rabbit = Rabbit()
        self.addCleanup(rabbit.stop)
        configure("/etc/nabaztagd", "test")
        run("systemctl", "daemon-reload")
        self.addCleanup(run, "systemctl", "stop", "nabaztagd")
        run("systemctl", "start", "nabaztagd")
        until(lambda: rabbit.state()["motors"]["left"] == 1, 5, "the ear to be homed")
        run("systemctl", "stop", "nabaztagd")
        self.assertEqual(rabbit.state()["motors"], {"left": 0, "right": 0})
        properties = ("--property", "Result", "--property", "ExecStopPost")
        text = run("systemctl", "show", *properties, "nabaztagd")
        self.assertIn("Result=success", text)
        self.assertRegex(text, r"ExecStopPost=.*status=0")
