"""The base of all integration tests: each has its own folder, server, hook, rabbit and owners."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib.hook import Hook  # noqa: E402
from lib.owner import Owner  # noqa: E402
from lib.rabbit import OWNER, SERIAL, Rabbit  # noqa: E402
from lib.server import DOMAIN  # noqa: E402
from lib.servers.ejabberd import Ejabberd  # noqa: E402
from lib.servers.jabberd2 import Jabberd2  # noqa: E402
from lib.servers.prosody import Prosody  # noqa: E402
from lib.waiting import stays, wait_for  # noqa: E402

__all__ = [
    "Case",
    "DOMAIN",
    "Ejabberd",
    "Jabberd2",
    "OWNER",
    "PASSWORD",
    "Prosody",
    "RABBIT",
    "SERIAL",
    "every_server",
    "stays",
    "unittest",
    "wait_for",
]

RABBIT = f"{SERIAL}@{DOMAIN}"
PASSWORD = "balcony"
# Sanitised binaries look for leaks at their end.
STOP_LIMIT = 8 if os.environ.get("NABAZTAGD_SANITISED") else 3


FAULTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")  # a sanitiser's words
RELEASE = bool(os.environ.get("NABAZTAGD_RELEASE"))
SERVERS = (Prosody, Ejabberd, Jabberd2)


def every_server(*modes, release=()):
    """
    Makes of a class of tests (not yet a TestCase) one TestCase for each kind of server and each of
    the modes "starttls" and None (no TLS), if none are named both: Login becomes LoginProsody,
    LoginProsodyClear, LoginEjabberd, … `release`: the modes that run only before a release, because
    they take minutes.
    """

    def make(scenario):
        module = sys.modules[scenario.__module__]
        for kind in SERVERS:
            for tls in modes or ("starttls", None):
                if tls in release and not RELEASE:
                    continue
                name = scenario.__name__ + kind.__name__ + ("" if tls else "Clear")
                members = {"kind": kind, "tls": tls, "__module__": scenario.__module__}
                setattr(module, name, type(name, (scenario, Case), members))
        return scenario

    return make


class Case(unittest.TestCase):
    kind, tls = Prosody, "starttls"  # of servers, unless a test wants another
    binary = os.environ.get("NABAZTAGD", "nabaztagd")
    endings = []  # of what runs now, for the runner to call when it is interrupted

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nab-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.servers, self.rabbits = [], []
        self.ctl = os.path.join(os.path.dirname(self.binary), "nabaztagctl")

    def _end_with(self, ending):
        self.endings.append(ending)
        self.addCleanup(self.endings.remove, ending)
        self.addCleanup(ending)

    def make_server(self, started=True, **options):
        """A server that knows juliet (the owner) and romeo (a stranger)."""
        folder = os.path.join(self.folder, str(len(self.servers)))
        server = self.kind(folder, **{"tls": self.tls, **options})
        server.add_account("juliet", PASSWORD)
        server.add_account("romeo", PASSWORD)
        self.servers.append(server)
        self._end_with(server.end)
        return server.start() if started else server

    def make_hook(self, mode="ok", on_request=None):
        hook = Hook(mode, on_request)
        self._end_with(hook.stop)
        return hook

    def make_rabbit(self, server=None, hook=None, password=None, **settings):
        folder = os.path.join(self.folder, f"rabbit{len(self.rabbits)}")
        if not self.tls:  # everything allowed, so that what happens is what happens over TLS
            settings = {
                "tls": {"mode": "off", "ca-file": None},
                "sasl": {"plaintext": "yes"},
                **settings,
            }
        rabbit = Rabbit(self.binary, folder, server, hook, password, **settings)
        self.rabbits.append(rabbit)
        self._end_with(rabbit.destroy)
        self.addCleanup(self._check_end, rabbit)
        return rabbit

    def make_owner(self, server, name="juliet", **options):
        owner = Owner(f"{name}@{DOMAIN}", PASSWORD, server, **options)
        self._end_with(owner.close)
        return owner.wait_online()

    def meet(self, server, rabbit):
        """
        Juliet logs in and has been greeted by the rabbit. The greeting waits for her on the server:
        while she logs in, ejabberd may put it aside too late to hand it to her.
        """
        rabbit.wait_online()
        rabbit.wait_log(f"Greeted {OWNER}")
        wait_for(lambda: server.keeps_message_for("juliet"), 15, "the server to have the greeting")
        owner = self.make_owner(server)
        wait_for(owner.bodies, 15, "the rabbit's greeting")
        return owner

    def _check_end(self, rabbit):
        """Whatever a test was about: the rabbit ends well, in time, and betrays no password."""
        if rabbit.process is None:
            return
        if rabbit.process.poll() is None:
            self.check_stop(rabbit)
        self.assertGreaterEqual(rabbit.process.returncode, 0, "killed by a signal")
        for sign in FAULTS:
            self.assertNotIn(sign, rabbit.log())
        for secret in rabbit.secrets():
            self.assertNotIn(secret, rabbit.log(), "a password is in the log")

    def check_stop(self, rabbit):
        status, seconds = rabbit.stop()
        self.assertEqual(status, 0, "exit status after SIGTERM")
        self.assertLess(seconds, STOP_LIMIT, "seconds from SIGTERM to the end")

    def run_tool(self, *command, **options):
        """Exit status, stdout, stderr; there is nobody to ask."""
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )
        for sign in FAULTS:
            self.assertNotIn(sign, result.stderr)
        return result.returncode, result.stdout, result.stderr

    def evidence(self):
        """What a person wants to see when this test failed."""
        parts = []
        for rabbit in self.rabbits:
            parts += [
                "--- nabaztagd",
                rabbit.log()[-6000:],
                "--- told systemd",
                " | ".join(line for _, line in rabbit.notes[-12:]),
            ]
        for server in self.servers:
            parts += [
                "--- seen by the server",
                "\n".join(server.witness()[-30:]),
                f"--- {server.name}",
                server.log_tail(15),
            ]
        return "\n".join(parts)
