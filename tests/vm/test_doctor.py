"""nabaztagctl doctor, as root on a machine with a service: it names what was broken on purpose."""

import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from guest import CHIP, Rabbit, chip, run, set_line, until
from lib.hook import Hook
from lib.ports import free_port
from lib.server import DOMAIN, Server
from lib.silent import SilentServer
from unit import CERTIFICATE, SERIAL, configure, override, server, show

PASSWORD_FILE = "/etc/nabaztagd/password"
CREDENTIAL = "/etc/credstore/nabaztagd.password"
KEPT_SERIAL = "/var/lib/nabaztagd/serial"


def restart():
    """Whatever comes of it."""
    command = ["systemctl", "restart", "nabaztagd"]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def examine(*prefix):
    """The exit status and the rows of the doctor. `prefix`: a command that runs it."""
    result = subprocess.run(
        [*prefix, "nabaztagctl", "--json", "doctor"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.stderr == "", result.stderr
    answer = json.loads(result.stdout)
    assert answer["ok"] == (result.returncode == 0), result
    return result.returncode, answer["rows"]


class DoctorTest(unittest.TestCase):
    def setUp(self):
        server()  # its certificate is in place then
        override()
        self.addCleanup(self.end)

    def end(self):
        run("systemctl", "stop", "nabaztagd")
        run("systemctl", "reset-failed")
        override()
        for path in glob.glob("/var/lib/nabaztagd/account-test-*"):  # see settings()
            os.unlink(path)

    def settings(self, address, certificate=CERTIFICATE, board="sim", more="", **account):
        self.local = self._testMethodName.replace("_", "-")  # an account of its own
        values = {"jid": f"{self.local}@{DOMAIN}", "server": address, **account}
        lines = "".join(f"{key} = {value}\n" for key, value in values.items() if value)
        return (
            f"[account]\n{lines}[tls]\nca-file = {certificate}\n[rabbit]\nserial = {SERIAL}\n"
            f"[body]\nboard = {board}\n{more}"
        )

    def make_server(self, **options):
        """One of its own, and a file with its certificate that the daemon can read."""
        made = Server(tempfile.mkdtemp(prefix="server-"), **options).start()
        self.addCleanup(made.end)
        certificate = shutil.copy(made.certificate, "/etc/nabaztagd/another.pem")
        os.chmod(certificate, 0o644)
        return made, certificate

    def check(self, text, name, cause, login=None):
        """
        With this configuration a row of that name has that cause, and nothing else has failed but
        what the daemon says of its login (`login`: what it waits for to have gone wrong).
        """
        configure(text)
        restart()
        if login:
            until(lambda: login in show("StatusText"), 40, lambda: f"{login}: {show('StatusText')}")
        status, rows = examine()
        failed = {(row["name"], row["cause"]) for row in rows if row["state"] == "failed"}
        self.assertIn((name, cause), failed, rows)
        self.assertEqual({found for _, found in failed}, {cause}, rows)
        self.assertEqual(status, 1)
        return next(row for row in rows if (row["name"], row["cause"]) == (name, cause))


class Health(DoctorTest):
    def be_online(self, text):
        configure(text)
        restart()
        until(lambda: " online" in show("StatusText"), 30, lambda: show("StatusText"))

    def examine_healthy(self, *prefix):
        status, rows = examine(*prefix)
        self.assertEqual(status, 0, rows)
        return rows

    def check_account(self, rows, state, seen):
        found = [row for row in rows if row["name"] == "account"]
        self.assertEqual({row["state"] for row in found}, {state}, rows)
        self.assertIn(seen, found[-1]["seen"])
        return found

    def report(self):
        """The section of a hook that takes reports."""
        hook = Hook()
        self.addCleanup(hook.stop)
        return f"[report]\nurl = {hook.url}\n"

    def test_all_is_well(self):
        self.be_online(self.settings(server().address, more=self.report()))
        rows = self.examine_healthy()
        states = {row["name"]: row["state"] for row in rows}
        for name in ("service", "sandbox", "daemon", "login", "credentials", "body", "hook"):
            self.assertIn(states[name], ("ok", "warning"), rows)
        self.assertEqual(states["sandbox"], "ok")

    def test_credential(self):
        """The password is only where systemd has it from, whether the service runs or not."""
        os.makedirs(os.path.dirname(CREDENTIAL), mode=0o700, exist_ok=True)
        with open(CREDENTIAL, "w", encoding="utf-8") as file:
            file.write("cuckoo-clock-7\n")
        os.chmod(CREDENTIAL, 0o600)
        self.addCleanup(os.unlink, CREDENTIAL)
        text = self.settings(server().address, register="no")
        server().add_account(self.local, "cuckoo-clock-7")
        self.be_online(text)
        self.check_account(self.examine_healthy(), "ok", "with a configured password")
        run("systemctl", "stop", "nabaztagd")
        self.check_account(examine()[1], "ok", "with a configured password")

    def test_nobody(self):
        """Who may not look into the service's memory is told so, and not that it is empty."""
        os.makedirs(os.path.dirname(KEPT_SERIAL), mode=0o700, exist_ok=True)
        with open(KEPT_SERIAL, "w", encoding="utf-8") as file:
            file.write(f"{SERIAL}\n")
        self.addCleanup(os.unlink, KEPT_SERIAL)
        os.chmod(KEPT_SERIAL, 0o600)
        shutil.chown(KEPT_SERIAL, "_nabaztagd")
        text = self.settings(server().address, more=self.report())
        self.be_online(text.replace(f"serial = {SERIAL}\n", ""))
        rows = self.examine_healthy("runuser", "-u", "nobody", "--")
        found = self.check_account(rows, "warning", "is for root to read")
        self.assertEqual({row["remedy"] for row in found}, {"ask again as root"})


class Network(DoctorTest):
    def test_wrong_name(self):
        text = self.settings(None, jid="patient@no-such-host.invalid")
        self.check(text, "dns", "dns", "no-such-host")

    def test_closed_port(self):
        self.check(self.settings(f"127.0.0.1:{free_port()}"), "tcp", "refused", "refused")

    def test_silent_server(self):
        silent = SilentServer("connection")
        self.addCleanup(silent.stop)
        self.check(self.settings(silent.address), "tls", "silent-tls", "waiting")

    def test_expired_certificate(self):
        made, certificate = self.make_server(expired=True)
        self.check(self.settings(made.address, certificate), "tls", "cert-expired", "expired")

    def test_certificate_for_another_name(self):
        made, certificate = self.make_server(certificate_for="other.test")
        self.check(self.settings(made.address, certificate), "tls", "cert-name", "certificate")

    def test_no_common_mechanism(self):
        text = self.settings(server().address, more="[sasl]\nmechanisms = DIGEST-MD5\n")
        self.check(text, "mechanisms", "no-mechanism", "mechanism")

    def test_closed_registration(self):
        made, certificate = self.make_server(registration=False)
        text = self.settings(made.address, certificate)
        self.check(text, "registration", "register-closed", "waiting")

    def test_wrong_password(self):
        with open(PASSWORD_FILE, "w", encoding="utf-8") as file:
            file.write("hay-and-straw-9\n")
        self.addCleanup(os.unlink, PASSWORD_FILE)
        shutil.chown(PASSWORD_FILE, "_nabaztagd")
        keys = {"password-file": PASSWORD_FILE, "register": "no"}
        text = self.settings(server().address, **keys)
        server().add_account(self.local, "cuckoo-clock-7")
        self.check(text, "credentials", "rejected", "waiting")

    def test_hook_with_an_error(self):
        hook = Hook("500")
        self.addCleanup(hook.stop)
        text = self.settings(server().address, more=f"[report]\nurl = {hook.url}\n")
        self.assertIn("500", self.check(text, "hook", "hook-failed", " online")["seen"])


class Machine(DoctorTest):
    def test_clock(self):
        def set_clock(text):
            run("date", "--utc", "--set", text)

        now = run("date", "--utc", "+%F %T").strip()
        set_clock("1970-01-02 00:00:00")
        try:
            status, rows = examine()
        finally:
            set_clock(now)
        self.assertEqual(status, 1)
        row = next(row for row in rows if row["name"] == "clock")
        self.assertEqual((row["state"], row["cause"]), ("failed", "clock"))

    def test_typo(self):
        text = self.settings(server().address, **{"regster": "yes"})
        row = self.check(text, "configuration", "config-refused")
        self.assertRegex(row["seen"], r"nabaztagd\.conf:\d+: ")
        self.check(text, "service", "config-refused")

    def test_stopped(self):
        configure(self.settings(server().address))
        run("systemctl", "stop", "nabaztagd")
        status, rows = examine()
        failed = [row for row in rows if row["state"] == "failed"]
        self.assertEqual(len(failed), 1, failed)
        self.assertEqual((failed[0]["name"], failed[0]["cause"]), ("service", "not-running"))
        self.assertEqual(failed[0]["remedy"], "systemctl start nabaztagd.service")
        self.assertEqual(status, 1)

    def test_sandbox(self):
        override(PrivateDevices="yes", NoNewPrivileges="no")
        configure(self.settings(server().address))
        restart()
        row = next(row for row in examine()[1] if row["name"] == "sandbox")
        self.assertEqual((row["state"], row["cause"]), ("failed", "sandbox-changed"))
        self.assertIn("PrivateDevices= is not no", row["seen"])


class Lines(DoctorTest):
    def setUp(self):
        super().setUp()
        self.rabbit = Rabbit()
        self.addCleanup(self.rabbit.stop)

    def check_body(self, cause):
        text = self.settings(server().address, board="gpio-sim")
        row = self.check(text, "gpio", cause, " online")
        self.assertIn(cause, {row["cause"] for row in examine()[1] if row["name"] == "body"})
        return row

    def test_missing_chip(self):
        run("vm-gpio", CHIP, "unplug")
        try:
            self.assertIn(CHIP, self.check_body("gpio-missing")["seen"])
        finally:
            run("vm-gpio", CHIP, "plug")

    def test_no_permission(self):
        device = f"/dev/{chip()}"
        before = os.stat(device)
        os.chown(device, 0, 0)
        try:
            self.assertIn("group gpio", self.check_body("gpio-denied")["seen"])
        finally:
            os.chown(device, before.st_uid, before.st_gid)

    def test_held_line(self):
        with set_line(5):
            self.assertIn("gpioset", self.check_body("gpio-busy")["seen"])
