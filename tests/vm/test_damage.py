"""A damaged world under systemd: clear words, nothing lost, and well again when it is repaired."""

import os
import pwd
import random
import stat

from guest import run, until
from lib.server import DOMAIN
from lib.waiting import stays
from test_service import GOOD, Unit
from unit import ADDRESS, configure, journal, override, said, server, settings, show

STATE = "/var/lib/nabaztagd"
USER = f"hurt@{DOMAIN}"
ACCOUNT = f"{STATE}/account-{USER}"
PASSWORD = "/etc/nabaztagd/password"
EX_CONFIG = "78"


def start():
    """Whether that went well."""
    try:
        run("systemctl", "start", "nabaztagd")
    except AssertionError:
        return False
    return True


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Configuration(Unit):
    def test_random_bytes(self):
        run("systemctl", "stop", "nabaztagd")
        with open("/etc/nabaztagd/nabaztagd.conf", "wb") as file:
            file.write(random.Random(5).randbytes(4096))
        self.assertFalse(start())
        stays(lambda: show("ActiveState") == "failed", 2.5, "the end of it")
        self.assertEqual((show("ExecMainStatus"), show("NRestarts")), (EX_CONFIG, "0"))
        entries = journal("CONFIG_REFUSED")
        for entry in entries:
            self.assertRegex(entry["MESSAGE"], r"^/etc/nabaztagd/nabaztagd.conf:\d+: ")
        self.assertIn("nabaztagd.conf:1: ", entries[0]["MESSAGE"])
        status = run("sh", "-c", "systemctl status --no-pager nabaztagd || true")
        self.assertIn(f"code=exited, status={EX_CONFIG}", status)
        self.assertRegex(status, r"nabaztagd.conf:\d+: expected ")
        configure(GOOD)
        self.assertTrue(start())


class State(Unit):
    """A rabbit that has an account, and something is wrong with its memory."""

    def setUp(self):
        self.config = settings("sim").replace(ADDRESS, USER)
        super().setUp()
        self.wait_online()
        run("systemctl", "stop", "nabaztagd")
        self.account, self.registered = read(ACCOUNT), len(server().witness("registering"))
        self.addCleanup(self.repair)

    def repair(self):
        run("systemctl", "stop", "nabaztagd")
        override()
        os.unlink(ACCOUNT)
        server().forget_account(USER.split("@")[0])

    def wait_online(self):
        until(lambda: " online" in show("StatusText"), 20, lambda: show("StatusText"))

    def wait_trouble(self, *words):
        entries = until(lambda: journal("STATE_FAILED"), 20, said)
        for word in words:
            self.assertIn(word, entries[0]["MESSAGE"])
        self.assertEqual(show("ActiveState"), "active")

    def check_nothing_is_lost(self):
        """And that it was not registered again."""
        self.assertEqual(read(ACCOUNT), self.account)
        self.assertEqual(len(server().witness("registering")), self.registered)

    def test_folder_of_root(self):
        """systemd gives it back."""
        run("chown", "-R", "root:root", STATE)
        os.chmod(STATE, 0o755)
        run("systemctl", "start", "nabaztagd")
        self.wait_online()
        status = os.stat(STATE)
        owner = pwd.getpwuid(status.st_uid).pw_name
        self.assertEqual((owner, stat.S_IMODE(status.st_mode)), ("_nabaztagd", 0o700))
        self.check_nothing_is_lost()

    def test_file_of_root(self):
        run("chown", "root:root", ACCOUNT)
        run("systemctl", "start", "nabaztagd")
        self.wait_trouble(ACCOUNT, "cannot be read: permission denied", "must belong to the user")
        self.assertIn(ACCOUNT, show("StatusText"))
        self.check_nothing_is_lost()
        run("chown", "_nabaztagd:", ACCOUNT)
        run("systemctl", "reload", "nabaztagd")
        self.wait_online()
        self.check_nothing_is_lost()

    def forget(self):
        """Its server does not know it any more: a new password is needed, and wants to be kept."""
        server().forget_account(USER.split("@")[0])

    def test_folder_that_nobody_writes_into(self):
        self.forget()
        override(ReadOnlyPaths=STATE)
        run("systemctl", "start", "nabaztagd")
        self.wait_trouble(ACCOUNT, "cannot be written: the file system is read-only")
        self.check_nothing_is_lost()
        override()
        run("systemctl", "restart", "nabaztagd")
        self.wait_online()
        self.assertNotEqual(read(ACCOUNT), self.account)

    def test_full_disk(self):
        self.forget()
        run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700,uid=_nabaztagd", "disk", STATE)
        self.addCleanup(run, "umount", STATE)
        with open(ACCOUNT, "w", encoding="utf-8") as file:
            file.write(self.account)
        run("chown", "_nabaztagd:", ACCOUNT)
        ballast = f"{STATE}/ballast"
        run("sh", "-c", f"dd if=/dev/zero of={ballast} bs=1k 2>&1 || true")
        run("systemctl", "start", "nabaztagd")
        self.wait_trouble(ACCOUNT, "cannot be written: the disk is full; make room on it")
        self.check_nothing_is_lost()
        self.assertEqual(run("nabaztagctl", "sleep"), "asleep, ears 10 / 10\n")
        self.assertEqual(len(journal("STATE_FAILED")), 2, said())
        os.unlink(ballast)
        run("systemctl", "restart", "nabaztagd")
        self.wait_online()
        self.assertNotEqual(read(ACCOUNT), self.account)

    def test_huge_password(self):
        with open(PASSWORD, "w", encoding="ascii") as file:
            file.write("x" * 1_000_000)
        run("chown", "_nabaztagd:", PASSWORD)
        self.addCleanup(os.unlink, PASSWORD)
        configure(self.config.replace("[account]", f"[account]\npassword-file = {PASSWORD}"))
        run("systemctl", "start", "nabaztagd")
        self.wait_trouble(PASSWORD, "cannot be read: it is longer than the 1024 bytes")
        configure(self.config)
        run("install", "-D", "-m", "600", PASSWORD, "/etc/credstore/nabaztagd.password")
        self.addCleanup(os.unlink, "/etc/credstore/nabaztagd.password")
        run("systemctl", "restart", "nabaztagd")
        self.wait_trouble("nabaztagd.password", "cannot be read: it is longer than the 1024 bytes")
        self.check_nothing_is_lost()
