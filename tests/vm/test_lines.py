"""The daemon's lines (src/body/lines.h) on real chips: the tests of lines-test.c."""

import os
import re
import subprocess
import unittest

from guest import run

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lines-test.c")


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run("vm-gpio", "nabsim2")

    @classmethod
    def tearDownClass(cls):
        run("vm-gpio", "nabsim2", "unplug")


def add_test(name):
    def test(self):
        result = subprocess.run(
            ["lines-test", name], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 test(s) run", result.stdout + result.stderr)

    setattr(Lines, name, test)


with open(SOURCE, encoding="utf-8") as file:
    NAMES = re.findall(r"\bTEST\((test_\w+)\)", file.read())
for NAME in NAMES:
    add_test(NAME)
