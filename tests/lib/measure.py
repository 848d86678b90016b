"""Measuring processes: their memory, their wake-ups, the time until they say something."""

import json
import os
import re
import socket
import struct
import subprocess
import time


def tell(figure, value, unit, beside="", target="", met=None):
    """A row of the table of tests/bench, from inside the test machine."""
    row = {"figure": figure, "value": value, "unit": unit}
    print(json.dumps({**row, "beside": beside, "target": target, "met": met}), flush=True)


def milliseconds(text):
    """Of a span as systemd writes it: "1min 2.345s", "67ms"."""
    units = {"min": 60_000, "s": 1000, "ms": 1, "us": 0.001}
    found = re.findall(r"([0-9.]+)(min|ms|us|s)\b", text)
    return sum(float(number) * units[unit] for number, unit in found)


def boot_row(time_text, blame_text):
    """What systemd-analyze time and blame say of the service, as a row of that table."""
    whole = milliseconds(re.search(r"(?:in|\+) ([^+=]+) \(userspace\)", time_text)[1])
    blame = dict(reversed(line.strip().rsplit(" ", 1)) for line in blame_text.splitlines())
    ours = milliseconds(blame["nabaztagd.service"])
    others = ", ".join(
        f"{name} {milliseconds(blame[name]):.0f} ms"
        for name in ("systemd-logind.service", "systemd-journald.service", "dbus.service")
        if name in blame
    )
    beside = f"{100 * ours / whole:.0f} % of {whole:.0f} ms, all at once; {others}"
    return "its part of the boot, systemd-analyze blame", ours, "ms", beside


def plain_environment(**more):
    """The same for all who are compared; SSL_CERT_FILE alone can cost a megabyte."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more}


def memory(pid):
    """Private dirty and resident memory in kB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        text = file.read()
    return {
        key: int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M).group(1))
        for key, name in (("private_dirty", "Private_Dirty"), ("rss", "Rss"))
    }


def wakeups(pid):
    """How often its threads went to sleep by themselves so far: each time something woke them."""
    count = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M)[1])
    return count


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


class Notes:
    """A NOTIFY_SOCKET for any number of processes; take() gives (pid, line, time)."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(path)
        self._left = []

    def take(self, timeout):
        """The next line, or None when the time is over."""
        if not self._left:
            self._socket.settimeout(max(timeout, 0.0001))
            try:
                data, ancillary, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(12))
            except TimeoutError:
                return None
            now = time.monotonic()
            pid = struct.unpack("iii", ancillary[0][2])[0]
            self._left = [(pid, line, now) for line in data.decode().splitlines()]
        return self._left.pop(0)

    def wait(self, pid, wanted, timeout=30):
        """The time at which this process said something that holds `wanted`."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            note = self.take(until - time.monotonic())
            if note and note[0] == pid and wanted in note[1]:
                return note[2]
        raise AssertionError(f"process {pid} never said {wanted!r}")

    def close(self):
        self._socket.close()
        os.unlink(self.path)


class Peer:
    """An echo that prints "online TIME" and "heard TIME" lines (in µs of CLOCK_MONOTONIC)."""

    def __init__(self, *command):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=plain_environment(),
        )

    def wait(self, word):
        """The time it tells with its next line, which has to be this word."""
        line = self.process.stdout.readline().split()
        assert line and line[0] == word.encode(), f"{self.process.args[0]} said {line}"
        return int(line[1]) / 1e6

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
