"""A client of the daemon's bench socket: one command a line, one JSON object a line."""

import json
import socket
import threading


class Bench:
    def __init__(self, path, timeout=5):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, command):
        self._socket.sendall(command.encode() + b"\n")
        return json.loads(self._lines.readline())

    def state(self):
        return self.ask("state")

    def ears(self):
        ears = self.state()["ears"]
        return ears["left"], ears["right"]

    def leds(self):
        return self.state()["leds"]

    def motors_off(self):
        return not any(self.state()["motors"].values())

    def press(self, seconds=0.08):
        """One press of the button as a finger does it."""
        for command in ("press", "release"):
            answer = self.ask(command)
            assert answer == {"ok": True}, answer
            threading.Event().wait(seconds)

    def hold(self, seconds=1.7):
        """One long press, as a finger does it."""
        assert self.ask("press") == {"ok": True}
        threading.Event().wait(seconds)
        assert self.ask("release") == {"ok": True}

    def is_dark(self):
        return set(self.leds().values()) == {"000000"}

    def watch(self):
        """Turns this connection into a stream of changes, for next_change()."""
        assert self.ask("watch") == {"ok": True}

    def next_change(self):
        """The next change, or None at the end. Raises TimeoutError."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def close(self):
        self._lines.close()
        self._socket.close()
