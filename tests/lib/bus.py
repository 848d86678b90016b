"""A message bus of our own (dbus-daemon), and clients of it: busctl, dbus-send."""

import json
import os
import pwd
import re
import signal
import subprocess
import threading

from .caller import INTERFACE, PATH, PROPERTIES, Description
from .waiting import wait_for

# `policy`: what stands in place of "everybody may everything".
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>{kind}</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  {policy}
</busconfig>
"""
EVERYTHING = """<policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>"""


class BusError(AssertionError):
    """A method's error; `name` is its D-Bus name."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text


class Bus:
    def __init__(self, folder, policy=EVERYTHING, kind="session"):
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        self.socket = os.path.join(folder, "bus")
        self.address = f"unix:path={self.socket}"
        self._config = os.path.join(folder, "bus.conf")
        self._process = None
        self._clients = []
        self._kind = kind
        self._write_config(policy)

    def _write_config(self, policy):
        with open(self._config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(kind=self._kind, path=self.socket, policy=policy))

    def change_policy(self, policy):
        self._write_config(policy)
        self._process.send_signal(signal.SIGHUP)

    def start(self):
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--nopidfile"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(lambda: os.path.exists(self.socket), 10, "the bus's socket")
        return self

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def hang(self, hangs=True):
        self._process.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    def end(self):
        for client in self._clients:
            if client.poll() is None:
                client.terminate()
            client.wait(10)
        if self._process:
            self.hang(False)
        self.stop()

    # Clients

    def busctl(self, *arguments, **options):
        """Its output; raises CalledProcessError."""
        return subprocess.run(
            ["busctl", f"--address={self.address}", *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        ).stdout

    def names(self):
        return [name["name"] for name in json.loads(self.busctl("list", "--json=short"))]

    def wait_name(self, name, timeout=15):
        wait_for(lambda: name in self.names(), timeout, f"{name} on the bus")

    def watch(self):
        """What busctl's monitor hears from now on."""
        monitor = Monitor(self.address)
        self._clients.append(monitor.process)
        return monitor


class SystemBus(Bus):
    """The machine's own."""

    def __init__(self):
        self.address = "unix:path=/run/dbus/system_bus_socket"


class BusRabbit:
    """The rabbit's object as a client sees it."""

    def __init__(self, bus, instance="main", user=None, groups=None):
        self.bus, self.name = bus, f"io.github.nabaztagd.{instance}"
        self.options = {}
        if user:
            group = pwd.getpwnam(user).pw_gid
            self.options = {"user": user, "group": group, "extra_groups": groups}

    def get(self, name):
        output = self.bus.busctl(
            "--json=short", "get-property", self.name, PATH, INTERFACE, name, **self.options
        )
        return json.loads(output)["data"]

    def get_all(self):
        output = self.bus.busctl(
            "--json=short", "call", self.name, PATH, PROPERTIES, "GetAll", "s", INTERFACE,
            **self.options,
        )  # fmt: skip
        return {name: value["data"] for name, value in json.loads(output)["data"][0].items()}

    def describe(self):
        """Its introspection data."""
        output = self.bus.busctl("introspect", "--xml-interface", self.name, PATH, **self.options)
        return Description(output)

    def call(self, method, *arguments, interface=INTERFACE):
        """
        Its reply as dbus-send prints it, or None. Arguments as dbus-send has them ("uint32:3").
        Raises BusError.
        """
        command = ["dbus-send", f"--bus={self.bus.address}", "--print-reply=literal"]
        command += ["--reply-timeout=60000", f"--dest={self.name}", PATH, f"{interface}.{method}"]
        result = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=70, **self.options
        )
        if result.returncode:
            raise BusError(*re.match(r"Error ([\w.]+): (.*)", result.stderr, re.S).groups())
        return result.stdout.strip() or None

    def wait(self, name, value, timeout=15):
        wait_for(lambda: self.get(name) == value, timeout, lambda: f"{name} {value!r}")


class Monitor:
    """Signals of the rabbit as `busctl monitor` hears them."""

    def __init__(self, address):
        self.signals = []  # (member, arguments)
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "busctl", f"--address={address}", "--json=short", "monitor"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        if not self._ready.wait(10):
            raise AssertionError("busctl does not monitor")

    def _read_errors(self):
        for line in self.process.stderr:
            if "Monitoring" in line:
                self._ready.set()

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if message["type"] == "signal" and message.get("path") == PATH:
                self.signals.append((message["member"], message["payload"]["data"]))

    def changes(self, name):
        """The values that a property was said to have got, oldest first."""
        return [
            arguments[1][name]["data"]
            for member, arguments in list(self.signals)
            if member == "PropertiesChanged" and name in arguments[1]
        ]

    def told(self, member):
        return [arguments for name, arguments in list(self.signals) if name == member]

    def wait_told(self, member, arguments, timeout=15):
        wait_for(
            lambda: arguments in self.told(member), timeout, f"the signal {member} {arguments}"
        )

    def wait_change(self, name, value, timeout=15):
        wait_for(
            lambda: value in self.changes(name), timeout, lambda: f"{name} to become {value!r}"
        )
