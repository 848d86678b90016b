"""A thread that hangs for good: a new process within 30 s, and no motor left on."""

import signal
import time

from case import RABBIT, Case, wait_for
from lib.systemd import Freezer, Supervisor

RESTART_LIMIT = 30  # seconds from the hang to the new process


class Watchdog(Case):
    def run_with(self, thread):
        """Ears turn, and a thread hangs for good."""
        server = self.make_server()
        rabbit = self.make_rabbit(server)
        supervisor = Supervisor(rabbit)
        self._end_with(supervisor.stop)
        owner = self.meet(server, rabbit)
        bench = rabbit.bench()
        wait_for(bench.motors_off, 20, "the ears to be home")
        owner.say(RABBIT, "ears 12 5")
        wait_for(lambda: not bench.motors_off(), 5, "a motor to run")
        process = rabbit.process
        try:
            freezer = Freezer(process, thread)
        except PermissionError as error:
            self.skipTest(f"threads cannot be held here: {error}")
        began = time.monotonic()
        return supervisor, rabbit, bench, process, freezer, began

    def check_new_process(self, supervisor, rabbit, process, freezer, began):
        wait_for(lambda: supervisor.killed, RESTART_LIMIT, "the watchdog to bite")
        freezer.release()
        wait_for(lambda: rabbit.process is not process, 5, "a new process")
        self.assertLess(time.monotonic() - began, RESTART_LIMIT)
        self.assertEqual(process.returncode, -signal.SIGABRT)
        rabbit.notes.clear()
        rabbit.wait_online()
        wait_for(rabbit.bench().motors_off, 20, "the motors to be off")
        supervisor.stop()

    def test_link_thread_hangs(self):
        supervisor, rabbit, bench, *rest = self.run_with("link")
        wait_for(bench.motors_off, 10, "the motors to be off all the same")
        self.assertEqual(bench.ears(), (12, 5))
        self.check_new_process(supervisor, rabbit, *rest)

    def test_main_thread_hangs(self):
        supervisor, rabbit, _, *rest = self.run_with("nabaztagd")
        self.check_new_process(supervisor, rabbit, *rest)
