"""The daemon as a service of a real systemd, its owner, and the server of both."""

import atexit
import functools
import json
import os
import re
import shutil
import tempfile
import time
import unittest

from guest import Rabbit, motors_are_off, run, until
from lib.owner import Owner
from lib.server import DOMAIN, Server

CONFIG = "/etc/nabaztagd/nabaztagd.conf"
CERTIFICATE = "/etc/nabaztagd/server.pem"
ASLEEP = "/var/lib/nabaztagd/sleep"
DROP_IN = "/run/systemd/system/nabaztagd.service.d/test.conf"
MESSAGE_IDS = os.path.join(os.path.dirname(__file__), "../../src/base/message-id.h")
SERIAL = "0013d4abcdef"
ADDRESS = f"{SERIAL}@{DOMAIN}"
OWNER = f"juliet@{DOMAIN}"
LONGEST_RUN = 15  # seconds that a motor may be on


# The unit


def show(key, unit="nabaztagd"):
    return run("systemctl", "show", "--value", "--property", key, unit).strip()


def configure(text, path=CONFIG):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def override(**settings):
    """[Service] settings besides the unit's own; without any there are none."""
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    folder = os.path.dirname(DROP_IN)
    if text:
        os.makedirs(folder, exist_ok=True)
        configure(f"[Service]\n{text}", DROP_IN)
    elif os.path.exists(folder):
        shutil.rmtree(folder)
    else:
        return
    run("systemctl", "daemon-reload")


def message_id(name):
    with open(MESSAGE_IDS, encoding="utf-8") as file:
        return re.search(rf'MESSAGE_{name}\s+"(\w+)"', file.read()).group(1)


def journal(*matches):
    """The entries since the unit's last start: `NAME` for those with that MESSAGE_ID."""
    invocation = show("InvocationID")
    matches = [match if "=" in match else f"MESSAGE_ID={message_id(match)}" for match in matches]
    text = run("journalctl", "--output=json", f"_SYSTEMD_INVOCATION_ID={invocation}", *matches)
    return [json.loads(line) for line in text.splitlines()]


def said():
    """All that the service said since its last start."""
    return "\n".join(entry["MESSAGE"] for entry in journal("_COMM=nabaztagd"))


class Story:
    """What the journal was told from now on."""

    def __init__(self):
        text = run("journalctl", "--output=json", "--lines=1")
        self._cursor = json.loads(text)["__CURSOR"]

    def lines(self, *matches):
        command = ("journalctl", f"--after-cursor={self._cursor}", "--output=cat", *matches)
        return run(*command).splitlines()

    def of_systemd(self):
        return self.lines("--unit=nabaztagd", "_PID=1")


# The server and the owner, one of each for all tests


@functools.cache
def server():
    made = Server(tempfile.mkdtemp(prefix="server-"))
    made.add_account(OWNER.split("@")[0], "cuckoo-clock-7")
    made.start()
    atexit.register(made.end)
    shutil.copy(made.certificate, CERTIFICATE)
    os.chmod(CERTIFICATE, 0o644)
    return made


@functools.cache
def owner():
    made = Owner(OWNER, "cuckoo-clock-7", server()).wait_online()
    made.approve_all()
    return made


def ask(text, pattern, timeout=90):
    """Says something to the rabbit; returns the match of its answer."""
    seen = len(owner().messages)
    owner().say(ADDRESS, text)

    def answer():
        return next(filter(None, (re.search(pattern, body) for body in owner().bodies(seen))), None)

    return until(answer, timeout, lambda: f"an answer to {text!r}; came: {owner().bodies(seen)}")


# The body


def settings(board, more=""):
    return f"""
[account]
jid = {ADDRESS}
server = {server().address}
[tls]
ca-file = {CERTIFICATE}
[rabbit]
serial = {SERIAL}
[body]
board = {board}
[access]
owners = {OWNER}
{more}"""


class BodyTest(unittest.TestCase):
    """A rabbit of lines; the daemon is started by start()."""

    options = ()  # of gpio-rabbit
    board = "gpio-sim"
    keys = ""  # besides the profile's

    def setUp(self):
        self.rabbit = Rabbit(*self.options)
        self.addCleanup(self.check_rabbit)
        configure(settings(self.board, self.keys))
        if os.path.exists(ASLEEP):
            os.unlink(ASLEEP)
        owner()

    def check_rabbit(self):
        """Whatever a test did, in the end no motor is on, and none was for too long."""
        try:
            self.assertTrue(motors_are_off(), "a motor line is high after the test")
            for ear, direction, began, ended in self.rabbit.runs():
                self.assertIsNotNone(ended, f"{ear} still runs")
                self.assertLessEqual(ended - began, LONGEST_RUN + 0.1, (ear, direction))
        finally:
            self.rabbit.stop()

    def start(self, **overrides):
        override(**overrides)
        self.addCleanup(self.stop)
        run("systemctl", "start", "nabaztagd")

    def stop(self):
        run("systemctl", "stop", "nabaztagd")
        if show("ActiveState") == "failed":
            run("systemctl", "reset-failed", "nabaztagd")
        override()

    def wait_home(self, left=0, right=0):
        """Until it says that its ears are there, and they are."""
        status = f"ears {left}/{right}"

        def explain():
            return f"{status}: {show('StatusText')}, runs {self.rabbit.runs()[-8:]}"

        until(lambda: status in show("StatusText"), 30, explain)
        self.assertEqual(self.rabbit.ears(), (left, right))

    def wait_online(self):
        until(lambda: " online" in show("StatusText"), 30, lambda: f"online: {show('StatusText')}")

    def start_homed(self, **overrides):
        self.start(**overrides)
        self.wait_home()
        self.wait_online()

    def wait_turning(self):
        until(lambda: any(self.rabbit.motors()), 10, "a motor to run")

    def off_after(self, began):
        """How many seconds after `began` the last motor went off."""
        until(motors_are_off, 20, "all motors to be off")
        until(lambda: not any(self.rabbit.motors()), 2, "the rabbit to see it")
        return max(ended for _, _, _, ended in self.rabbit.runs()) - began

    def ears(self, left, right):
        """Sends both ears somewhere; they are there when this returns."""
        answer = ask(f"ears {left} {right}", r"^ears (\S+) / (\S+?)$")
        self.assertEqual(answer.groups(), (str(left), str(right)))
        self.assertEqual(self.rabbit.ears(), (left, right))
