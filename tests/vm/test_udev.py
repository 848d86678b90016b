"""Who may use chips and the kernel's LEDs: the group gpio, unless somebody else said otherwise."""

import grp
import os
import stat
import unittest

from guest import Lamp, chip, run

RULES = "/run/udev/rules.d"
OTHER = "nabsim2"


def access(path):
    """(group, mode)"""
    status = os.stat(path)
    return grp.getgrgid(status.st_gid).gr_name, oct(stat.S_IMODE(status.st_mode))


def device(name):
    return f"/dev/{chip(name)}"


def install_again():
    """What a package does when it is installed (debian/postinst), and unpack() before all tests."""
    run("udevadm", "control", "--reload")
    run("udevadm", "trigger", "--settle", "--action=add", "-s", "gpio", "-s", "leds")


def plug():
    run("vm-gpio", OTHER)
    run("udevadm", "settle")


def plug_anew():
    run("vm-gpio", OTHER, "unplug")
    plug()


class local_rule:
    """For the other chip alone, made by whoever looks after this machine."""

    def __init__(self, name, then):
        os.makedirs(RULES, exist_ok=True)
        self._path = f"{RULES}/{name}"
        with open(f"/sys/kernel/config/gpio-sim/{OTHER}/dev_name", encoding="ascii") as file:
            which = f'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", KERNELS=="{file.read().strip()}"'
        self._text = f"{which}, {then}\n"

    def __enter__(self):
        with open(self._path, "w", encoding="ascii") as file:
            file.write(self._text)
        run("udevadm", "control", "--reload")

    def __exit__(self, *_):
        os.unlink(self._path)
        run("udevadm", "control", "--reload")


class Chips(unittest.TestCase):
    def setUp(self):
        plug()
        self.addCleanup(run, "vm-gpio", OTHER, "unplug")

    def test_there_before_the_rule_was(self):
        self.assertEqual(access(device("nabsim")), ("gpio", "0o660"))

    def test_plugged_in_later(self):
        self.assertEqual(access(device(OTHER)), ("gpio", "0o660"))

    def test_somebody_elses(self):
        """Whatever number their rule has: most have one of 50 to 99."""
        for name in ("50-local.rules", "99-local.rules"):
            with local_rule(name, 'GROUP="dialout", MODE="0640"'):
                for way in (install_again, plug_anew):
                    with self.subTest(name, way=way):
                        way()
                        self.assertEqual(access(device(OTHER)), ("dialout", "0o640"))
                        self.assertEqual(access(device("nabsim")), ("gpio", "0o660"))
            plug_anew()
            self.assertEqual(access(device(OTHER)), ("gpio", "0o660"))


class Leds(unittest.TestCase):
    def setUp(self):
        self.lamp = Lamp("lamp")
        self.addCleanup(self.lamp.close)
        run("udevadm", "settle")

    def accesses(self):
        return [access(f"/sys/class/leds/lamp/{name}") for name in ("brightness", "trigger")]

    def test_ours(self):
        self.assertEqual(self.accesses(), [("gpio", "0o664")] * 2)

    def test_somebody_elses(self):
        for name in ("brightness", "trigger"):
            run("chgrp", "video", f"/sys/class/leds/lamp/{name}")
        install_again()
        self.assertEqual(self.accesses(), [("video", "0o664")] * 2)
