"""The daemon under test: its configuration, its process, what it tells systemd and what it logs."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

from .bench import Bench
from .server import DOMAIN
from .waiting import wait_for

SERIAL = "0013d4abcdef"
OWNER = f"juliet@{DOMAIN}"


class Rabbit:
    """
    A rabbit in its own folder. Settings are given as section={"key": value}; None leaves a key out.
    Nothing runs before start(); start() may be called again after stop().
    """

    def __init__(self, binary, folder, server=None, hook=None, password=None, **settings):
        self.binary = binary
        self.folder = os.path.join(folder, "nabaztagd")
        self.state_folder = os.path.join(self.folder, "state")
        os.makedirs(self.state_folder, mode=0o700)
        self.config_path = os.path.join(self.folder, "nabaztagd.conf")
        self.bench_path = os.path.join(self.folder, "bench")
        self.environment = {}
        self.process = None
        self.lines = []  # (monotonic time, line of stderr)
        self.notes = []  # (monotonic time, "READY=1")
        self._receiver = None
        self._all_read = threading.Event()
        self.settings = {
            "account": {"jid": f"{SERIAL}@{DOMAIN}"},
            "rabbit": {"serial": SERIAL},
            "body": {"board": "sim"},
            "sim": {"socket": self.bench_path},
            "access": {"owners": OWNER},
        }
        if server:
            self.settings["account"]["server"] = server.address
            self.settings["tls"] = {"ca-file": server.certificate}
        if hook:
            self.settings["report"] = {"url": hook.url}
        if password is not None:
            self.settings["account"]["password-file"] = self.write("password", password + "\n")
        self.configure(**settings)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(
            path, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)
        ) as file:
            file.write(text)
        return path

    def configure(self, **settings):
        """Changes settings and writes the configuration file."""
        for section, keys in settings.items():
            self.settings.setdefault(section, {}).update(keys)
        self.write_config(
            "".join(
                f"[{section}]\n"
                + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
                for section, keys in self.settings.items()
            )
        )

    def write_config(self, text):
        self.write("nabaztagd.conf", text)

    # The process

    def _environment(self):
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "HOME")
        }
        environment.update(
            LC_ALL="C.UTF-8", STATE_DIRECTORY=self.state_folder, NOTIFY_SOCKET=self._notify_path
        )
        environment.update(self.environment)
        return environment

    @property
    def _notify_path(self):
        return os.path.join(self.folder, "notify")

    def start(self, *arguments, prefix=()):
        """`prefix`: a command that runs the daemon in its own process. No bus unless named."""
        self._open_notify_socket()
        self.process = subprocess.Popen(
            [*prefix, self.binary, "--config", self.config_path, "--bus", "none", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self._environment(),
            cwd="/",
            start_new_session=True,
        )
        threading.Thread(target=self._read_stderr, args=(self.process.stderr,), daemon=True).start()
        return self

    def _open_notify_socket(self):
        if self._receiver:
            return
        self._receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._receiver.bind(self._notify_path)
        threading.Thread(target=self._read_notes, args=(self._receiver,), daemon=True).start()

    def _read_notes(self, receiver):
        while True:
            try:
                text = receiver.recv(65536).decode()
            except OSError:
                return
            if not text:
                self._all_read.set()
            self.notes += [(time.monotonic(), line) for line in text.split("\n") if line]

    def _read_stderr(self, stream):
        for line in stream:
            self.lines.append((time.monotonic(), line.decode("utf-8", "replace").rstrip("\n")))
        stream.close()

    def run(self, *arguments, answers="", timeout=20, prefix=()):
        """Runs the program once with its configuration file and waits for its end."""
        return subprocess.run(
            [*prefix, self.binary, "--config", self.config_path, *arguments],
            text=True,
            timeout=timeout,
            input=answers,
            capture_output=True,
            env=self._environment(),
        )

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=10):
        """Waits for the end, and for all that it told; returns the exit status."""
        status = self.process.wait(timeout)
        self._all_read.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", self._notify_path)  # behind all that it sent
        assert self._all_read.wait(timeout)
        return status

    def stop(self):
        """SIGTERM; returns the exit status and the seconds it took."""
        began = time.monotonic()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.wait(20)
        return status, time.monotonic() - began

    def destroy(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._receiver:
            self._receiver.close()

    # What it tells

    def log(self):
        return "\n".join(line for _, line in list(self.lines))

    def told(self, name):
        """Values of one sd_notify variable, oldest first."""
        return [
            line.partition("=")[2] for _, line in list(self.notes) if line.startswith(name + "=")
        ]

    def status(self):
        return (self.told("STATUS") or [""])[-1]

    def causes(self):
        """All cause tokens logged so far, oldest first."""
        return re.findall(r"\bcause=([a-zA-Z0-9-]+)", self.log())

    def _wait(self, predicate, timeout, what):
        """Like wait_for(), but a rabbit that has ended is waited for no longer."""

        def explain():
            ended = "" if self.process.poll() is None else f" (ended with {self.process.poll()})"
            return f"{what}{ended}; STATUS is {self.status()!r}"

        def look():
            has_ended = self.process.poll() is not None
            value = predicate()
            if has_ended and not value:
                raise AssertionError(f"no use to wait for {explain()}")
            return value

        return wait_for(look, timeout, explain)

    def wait_log(self, text, timeout=15):
        return self._wait(lambda: text in self.log(), timeout, f"the log to say {text!r}")

    def wait_cause(self, token, timeout=15):
        return self._wait(lambda: token in self.causes(), timeout, f"cause={token}")

    def wait_status(self, text, timeout=20):
        return self._wait(lambda: text in self.status(), timeout, f"STATUS to hold {text!r}")

    def wait_ready(self, timeout=10):
        return self._wait(lambda: "1" in self.told("READY"), timeout, "READY=1")

    def is_online(self):
        status = self.status()
        return " online" in status and "offline" not in status

    def wait_online(self, timeout=30):
        return self._wait(self.is_online, timeout, "the rabbit to be online")

    def bench(self):
        def connect():
            try:
                return Bench(self.bench_path)
            except (FileNotFoundError, ConnectionRefusedError):  # it is there, then it listens
                return None

        return self._wait(connect, 10, "the bench socket")

    def secrets(self):
        """Every password that lies in its folders."""
        paths = [os.path.join(self.state_folder, name) for name in os.listdir(self.state_folder)]
        found = set()
        for path in filter(os.path.isfile, paths):
            with open(path, encoding="utf-8", errors="replace") as file:
                found |= set(re.findall(r"^(?:password|pending) (.+)$", file.read(), re.M))
        configured = os.path.join(self.folder, "password")
        if os.path.exists(configured):
            with open(configured, encoding="utf-8") as file:
                found.add(file.read().strip())
        return found
