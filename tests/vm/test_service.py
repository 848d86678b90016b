"""The daemon as a service of a real systemd, with its simulated body."""

import os
import time
import unittest

from guest import run, until
from unit import configure, journal, override, show

GOOD = """
[account]
jid = 0013d4abcdef@rabbit.test
server = 127.0.0.1:1
[rabbit]
serial = 0013d4abcdef
[body]
board = sim
"""


class Unit(unittest.TestCase):
    config = GOOD

    def setUp(self):
        configure(self.config)
        override()
        run("systemctl", "start", "nabaztagd")
        self.addCleanup(self.check_stop)

    def check_stop(self):
        began = time.monotonic()
        run("systemctl", "stop", "nabaztagd")
        self.assertLess(time.monotonic() - began, 3, "the time it takes to stop")
        self.assertEqual(show("Result"), "success")
        self.assertEqual(run("systemctl", "--failed", "--plain", "--no-legend"), "")


class Service(Unit):
    def test_ready_and_status(self):
        self.assertEqual(show("ActiveState"), "active", "start returns when it is ready")
        until(lambda: show("StatusText"), 10, "a status")
        text = run("systemctl", "status", "--no-pager", "nabaztagd")
        self.assertRegex(text, r'Status: ".*0013d4abcdef@rabbit.test')

    def test_hurries(self):
        """The main loop comes before whoever is busy, in real time; what it starts does not."""
        tasks = os.listdir(f"/proc/{show('MainPID')}/task")
        kinds = {int(task): os.sched_getscheduler(int(task)) for task in tasks}
        main = int(show("MainPID"))
        self.assertEqual(kinds.pop(main) & ~os.SCHED_RESET_ON_FORK, os.SCHED_FIFO)
        self.assertEqual(os.sched_getparam(main).sched_priority, 1)
        self.assertGreater(len(kinds), 0)
        self.assertEqual(set(kinds.values()), {os.SCHED_OTHER})

    def test_journal_has_fields(self):
        entries = until(lambda: journal("STARTED"), 5, "the entry of the start")
        self.assertEqual(entries[0]["_SYSTEMD_UNIT"], "nabaztagd.service")
        self.assertEqual(entries[0]["_TRANSPORT"], "journal")
        until(lambda: journal("LOGIN_FAILED") or journal("LOST"), 10, "the refused connection")

    def test_reload(self):
        process = show("MainPID")
        configure(GOOD + "brightness = 50\n")
        run("systemctl", "reload", "nabaztagd")
        until(lambda: journal("CONFIG_RELOADED"), 5, "the entry of the reload")
        self.assertEqual(show("MainPID"), process)

    def test_bad_reload(self):
        process = show("MainPID")
        configure(GOOD + "brightness = bright\n")
        run("systemctl", "reload", "nabaztagd")
        entries = until(lambda: journal("CONFIG_REFUSED"), 5, "the entry of the refusal")
        self.assertIn("nabaztagd.conf:", entries[0]["MESSAGE"])
        self.assertEqual((show("ActiveState"), show("MainPID")), ("active", process))
