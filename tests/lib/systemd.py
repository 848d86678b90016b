"""What systemd does for a service with a watchdog, and a way to let one of its threads hang."""

import ctypes
import os
import re
import signal
import threading
import time

UNIT = os.path.join(os.path.dirname(__file__), "..", "..", "systemd", "nabaztagd.service.in")
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
WALL = 0x40000000


def unit_seconds(key):
    with open(UNIT, encoding="utf-8") as file:
        return int(re.search(rf"^{key}=(\d+)$", file.read(), re.M).group(1))


class Supervisor:
    """
    Starts a Rabbit and, as its unit file says, ends it with SIGABRT when WATCHDOG=1 stays out, and
    starts it anew when it fails.
    """

    def __init__(self, rabbit):
        self._rabbit = rabbit
        self._limit = unit_seconds("WatchdogSec")
        self._stop = threading.Event()
        self.killed = []  # when the watchdog bit
        self.restarts = 0
        rabbit.environment["WATCHDOG_USEC"] = str(self._limit * 1_000_000)
        self._start()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _start(self):
        self._fed = time.monotonic()
        self._rabbit.start()

    def _watch(self):
        while not self._stop.wait(0.1):
            signs = [when for when, note in list(self._rabbit.notes) if note == "WATCHDOG=1"]
            fed = max(signs + [self._fed])
            if self._rabbit.process.poll() is not None:
                time.sleep(unit_seconds("RestartSec"))
                self._start()
                self.restarts += 1
            elif time.monotonic() - fed > self._limit and len(self.killed) == self.restarts:
                self.killed.append(time.monotonic())
                self._rabbit.signal(signal.SIGABRT)

    def stop(self):
        self._stop.set()
        self._thread.join()


class Freezer:
    """
    Holds one thread of a process, as a loop without end in it would, until the process ends. Needs
    the right to trace it; the thread that freezes must be the one that calls release().
    """

    def __init__(self, process, name):
        self._tid = self._find(process.pid, name)
        self._ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        self._ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self._is_main = self._tid == process.pid
        with process._waitpid_lock:  # else poll() takes the news of the stop for that of an end
            for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
                if self._ptrace(request, self._tid, None, None) != 0:
                    raise PermissionError(os.strerror(ctypes.get_errno()))
            os.waitpid(self._tid, WALL)

    @staticmethod
    def _find(pid, name):
        folder = f"/proc/{pid}/task"
        for tid in map(int, os.listdir(folder)):
            with open(f"{folder}/{tid}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    return tid
        raise LookupError(name)

    def release(self):
        """Takes note of the end of the thread: until then its process does not end wholly."""
        if not self._is_main:
            os.waitpid(self._tid, WALL)
