"""What the tests in the test machine do to lines, and the rabbit's body on them."""

import glob
import os
import re
import struct
import subprocess
import tempfile
import threading

from lib.bench import Bench
from lib.waiting import wait_for

CHIP = "nabsim"
MOTORS = (0, 1, 2, 3, 22, 23)  # lines: forward and backward, left and right, then enable


def run(*command):
    """Its output. What goes wrong is an error with all of the output."""
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    if result.returncode:
        raise AssertionError(f"{command}: {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def unpack(tree):
    """Installs what tests/vm/tree packed, and does what apt has done when it installs a package."""
    run("tar", "-C", "/", "--keep-directory-symlink", "--no-overwrite-dir", "-xf", tree)
    run("systemd-sysusers")
    run("udevadm", "control", "--reload")
    run("udevadm", "trigger", "--settle", "--action=add", "-s", "gpio", "-s", "leds")
    run("journalctl", "--update-catalog")
    run("systemctl", "daemon-reload")
    run("systemctl", "reload", "dbus")


def until(predicate, seconds, what):
    return wait_for(predicate, seconds, what, pause=0.05)


def chip(label=CHIP):
    """/dev/gpiochip… has another number when it was plugged in again."""
    with open(f"/sys/kernel/config/gpio-sim/{label}/bank0/chip_name", encoding="utf-8") as file:
        return file.read().strip()


def lines_of(name):
    return re.findall(r'"([^"]+)"', run("gpioinfo", *_chip_argument(name)))


def is_version_2():
    return run("gpiodetect", "--version").splitlines()[0].split(" v")[-1].startswith("2")


def _chip_argument(name):
    return ("-c", name) if is_version_2() else (name,)


class set_line:
    """Holds lines high for as long as the context lasts."""

    def __init__(self, *lines):
        mode = [] if is_version_2() else ["--mode=signal"]
        levels = [f"{line}=1" for line in lines]
        self._command = ["gpioset", *mode, *_chip_argument(chip()), *levels]
        self._line = lines[-1]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        until(lambda: value(self._line) or self._process.poll() is not None, 5, "lines to be set")
        assert self._process.poll() is None, f"{self._command}: {self._process.returncode}"
        return self

    def kill(self):
        """As a crash ends it."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()


def set_low(line):
    """Drives a line low and lets go of it."""
    mode = ["--toggle=0"] if is_version_2() else ["--mode=exit"]
    run("gpioset", *mode, *_chip_argument(chip()), f"{line}=0")


def value(line):
    (path,) = glob.glob(f"/sys/devices/platform/gpio-sim.*/{chip()}/sim_gpio{line}/value")
    with open(path, encoding="utf-8") as file:
        return file.read().strip() == "1"


def motors_are_off():
    return not any(value(line) for line in MOTORS)


class monitor:
    """gpiomon on one line: `edges` of them as (µs, whether it rose)."""

    def __init__(self, line, edges):
        self._line = line
        form = "%e %S" if is_version_2() else "%e %s %n"
        self._command = ["gpiomon", f"--num-events={edges}", f"--format={form}"]
        self._command += [*_chip_argument(chip()), str(line)]

    def __enter__(self):
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        until(self._is_held, 5, f"gpiomon to hold line {self._line}")
        return self

    def _is_held(self):
        assert self._process.poll() is None, f"{self._command}: {self._process.returncode}"
        (line,) = [
            text
            for text in run("gpioinfo", *_chip_argument(chip())).splitlines()
            if re.match(rf"\s*line\s+{self._line}:", text)
        ]
        return "gpiomon" in line

    def wait(self, seconds):
        """All edges, or those that came in time."""
        timer = threading.Timer(seconds, self._process.terminate)
        timer.start()
        text = self._process.communicate()[0]
        timer.cancel()
        return [self._parse(line) for line in text.splitlines()]

    @staticmethod
    def _parse(line):
        event, *times = re.split(r"[ .]", line)
        return int(times[0]) * 1_000_000 + int(times[1]) // 1000, event == "1"

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Lamp:
    """A LED of the kernel's, driven by us (/dev/uleds): tells what it is made to show."""

    def __init__(self, name, full=255):
        self._file = os.open("/dev/uleds", os.O_RDWR | os.O_NONBLOCK)
        os.write(self._file, struct.pack("64si", name.encode(), full))
        self._level = 0

    def level(self):
        try:
            while True:
                self._level = struct.unpack("i", os.read(self._file, 4))[0]
        except BlockingIOError:
            return self._level

    def close(self):
        os.close(self._file)


class Rabbit:
    """gpio-rabbit on the chip, its bench, and all that ever changed."""

    path = "/run/gpio-rabbit.socket"

    def __init__(self, *options):
        self._complaints = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            ["gpio-rabbit", *options, CHIP, self.path], stderr=self._complaints
        )
        self.bench = until(self._try, 5, "the body to be there")
        self.changes = []
        threading.Thread(target=self._watch, args=(self.connect(),), daemon=True).start()

    def _try(self):
        assert self._process.poll() is None, f"gpio-rabbit: {self._process.returncode}"
        try:
            return self.connect()
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def connect(self):
        return Bench(self.path, timeout=None)

    def _watch(self, watcher):
        watcher.watch()
        while change := watcher.next_change():
            self.changes.append(change)
        watcher.close()

    # What is true of it

    def state(self):
        return self.bench.state()

    def ears(self):
        return self.bench.ears()

    def motors(self):
        motors = self.state()["motors"]
        return motors["left"], motors["right"]

    def runs(self, since=0):
        """What the motors did: (ear, direction, from, to); `to` is None while it runs."""
        runs, running = [], {}
        for change in list(self.changes):
            if change["what"] != "motor" or change["t"] < since * 1e6:
                continue
            ear, usec = change["which"], change["t"] / 1e6
            if ear in running:
                runs.append((ear, *running.pop(ear), usec))
            if change["value"]:
                running[ear] = (change["value"], usec)
        return runs + [(ear, *began, None) for ear, began in running.items()]

    # What is done to it

    def ask(self, command):
        answer = self.bench.ask(command)
        assert answer == {"ok": True}, f"{command}: {answer}"

    def press(self, seconds=0.1):
        self.bench.press(seconds)

    def stop(self):
        self.bench.close()
        self._process.terminate()
        assert self._process.wait(5) == 0, "gpio-rabbit did not end well"
        self._complaints.seek(0)
        assert not (said := self._complaints.read()), said
        self._complaints.close()
