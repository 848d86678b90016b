"""A good service: signals, systemd, configuration files, a damaged world."""

import os
import re
import signal
import socket

from lib import confine
from lib.preload import FastClock
from lib.silent import SilentServer

from case import RABBIT, SERIAL, Case, unittest, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
FASTER = 8


class Systemd(Case):
    def test_ready_before_login(self):
        silent = self.make_silent("connection")
        rabbit = self.make_rabbit(silent, tls={"ca-file": None}).start()
        rabbit.wait_ready()
        self.assertFalse(rabbit.is_online())

    def make_silent(self, stage):
        silent = SilentServer(stage)
        self._end_with(silent.stop)
        return silent

    def test_stop_in_every_stage(self):
        for stage in ("connection", "tls", "sasl", "register"):
            with self.subTest(stage):
                silent = self.make_silent(stage)
                password = "cuckoo-clock-7" if stage == "sasl" else None
                mode = "required" if stage == "tls" else "off"
                rabbit = self.make_rabbit(
                    silent, password=password, tls={"mode": mode, "ca-file": None}
                ).start()
                silent.wait_reached()
                rabbit.wait_ready()
                self.check_stop(rabbit)
                wait_for(lambda: "1" in rabbit.told("STOPPING"), 5, "STOPPING=1")

    @unittest.skipUnless(confine.available(), "namespaces are not available here")
    def test_stop_with_a_dead_resolver(self):
        rabbit = self.make_rabbit(account={"jid": "0013d4abcdef@no-such-host.test"})
        rabbit.start(prefix=confine.command("--dead-resolver"))
        rabbit.wait_ready()
        bench = rabbit.bench()
        wait_for(lambda: rabbit.told("STATUS"), 10, "a first STATUS")
        self.assertIn("ears", bench.state(), "the body lives while the resolver is dead")
        self.check_stop(rabbit)

    def test_stop_when_online(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        self.check_stop(rabbit)
        self.assertFalse(os.path.exists(rabbit.bench_path), "the bench socket is left behind")

    def test_reload_after_stop(self):
        """While a server that hangs lets it wait for an end there is nobody to reload any more."""
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        server.hang()
        rabbit.signal(signal.SIGTERM)
        wait_for(lambda: rabbit.told("STOPPING"), 5, "STOPPING=1")
        rabbit.signal(signal.SIGHUP)
        self.assertEqual(rabbit.wait(), 0)
        self.assertEqual(rabbit.told("RELOADING"), [])

    def test_interrupt_is_as_good_as_terminate(self):
        rabbit = self.make_rabbit(self.make_server()).start()
        rabbit.wait_online()
        rabbit.signal(signal.SIGINT)
        self.assertEqual(rabbit.wait(), 0)

    def test_watchdog_is_fed(self):
        rabbit = self.make_rabbit(self.make_server())
        rabbit.environment["WATCHDOG_USEC"] = "1000000"
        rabbit.start().wait_online()
        wait_for(lambda: len(rabbit.told("WATCHDOG")) >= 4, 6, "the watchdog to be fed")
        times = [when for when, note in rabbit.notes if note == "WATCHDOG=1"]
        self.assertLess(max(b - a for a, b in zip(times, times[1:])), 1, "fed in time")

    def test_status_tells_the_story(self):
        server, hook = self.make_server(), self.make_hook()
        rabbit = self.make_rabbit(server, hook, password="cuckoo-clock-7").start()
        rabbit.wait_online()
        story = rabbit.told("STATUS")
        self.assertGreaterEqual(len(story), 3, story)
        self.assertFalse([line for line in story if "not configured" in line])
        self.assertRegex(
            rabbit.status(), re.escape(RABBIT) + r" online, ears \S+/\S+, simulated body$"
        )

    def test_not_configured(self):
        for account in ({"jid": None}, {"register": "no"}):
            with self.subTest(account):
                rabbit = self.make_rabbit(self.make_server(), account=account).start()
                rabbit.wait_ready()
                rabbit.wait_status("not configured: ")
                self.assertTrue(rabbit.status().startswith("not configured: "))
                self.check_stop(rabbit)


class Reload(Case):
    def test_good_file(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        self.meet(server, rabbit)
        romeo = self.make_owner(server, "romeo")
        rabbit.configure(access={"owners": "juliet@rabbit.test romeo@rabbit.test"})
        rabbit.signal(signal.SIGHUP)
        wait_for(romeo.bodies, 20, "the new owner to be greeted")
        self.assertIn("simulated body", romeo.ask(RABBIT, "status"))

    def test_a_waiting_rabbit_tries_at_once(self):
        """The owner puts the right password into its file and reloads."""
        server = self.make_server()
        server.add_account(SERIAL, "cuckoo-clock-7")
        rabbit = self.make_rabbit(server, password="mistyped", account={"register": "no"}).start()
        rabbit.wait_status("waiting")
        rabbit.write("password", "cuckoo-clock-7\n")
        rabbit.signal(signal.SIGHUP)
        rabbit.wait_online(4)

    def test_bad_file_is_refused(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        owner = self.meet(server, rabbit)
        with open(rabbit.config_path, "a", encoding="utf-8") as file:
            file.write("[account]\nregister = perhaps\n")
        with open(rabbit.config_path, encoding="utf-8") as file:
            number = len(file.readlines())
        rabbit.signal(signal.SIGHUP)
        rabbit.wait_log(f"{rabbit.config_path}:{number}")
        self.assertIn("simulated body", owner.ask(RABBIT, "status"), "the old configuration stays")


class Files(Case):
    BROKEN = """[account]
jid = not a jid
register = perhaps
[body]
brightness = 200
colour = red
[nowhere]
x = 1
"""

    def test_invalid_file(self):
        rabbit = self.make_rabbit()
        rabbit.write_config(self.BROKEN)
        result = rabbit.run()
        self.assertEqual(result.returncode, 78)
        self.check_problems(rabbit, result)

    def test_check(self):
        rabbit = self.make_rabbit()
        result = rabbit.run("--check")
        self.assertEqual(result.returncode, 0, result.stderr)
        rabbit.write_config(self.BROKEN)
        result = rabbit.run("--check")
        self.assertEqual(result.returncode, 1)
        self.check_problems(rabbit, result)

    def check_problems(self, rabbit, result):
        text = result.stdout + result.stderr
        for line, what in ((2, "jid"), (3, "register"), (5, "brightness"), (6, "colour")):
            self.assertRegex(text, re.escape(f"{rabbit.config_path}:{line}") + rf": .*{what}")
        self.assertRegex(text, re.escape(rabbit.config_path) + r":[78]: .*nowhere")

    def test_missing_jid_is_a_note(self):
        rabbit = self.make_rabbit(account={"jid": None})
        result = rabbit.run("--check")
        self.assertEqual(result.returncode, 0)
        self.assertIn("jid", result.stdout + result.stderr)

    def test_drop_ins(self):
        rabbit = self.make_rabbit()
        os.mkdir(rabbit.config_path + ".d")
        rabbit.write("nabaztagd.conf.d/10-name.conf", "[rabbit]\nname = Flopsy\n")
        result = rabbit.run("--dump-config")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"10-name\.conf:2\nname = Flopsy\n")

    def test_dump_config_masks_secrets(self):
        rabbit = self.make_rabbit(password="cuckoo-clock-7")
        result = rabbit.run("--dump-config")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"jid.*" + re.escape(RABBIT))
        self.assertRegex(result.stdout, r"brightness.*100")
        self.assertNotIn("cuckoo-clock-7", result.stdout + result.stderr)

    def test_version_and_help(self):
        rabbit = self.make_rabbit()
        with open(os.path.join(HERE, "..", "..", "meson.build"), encoding="utf-8") as file:
            version = re.search(r"version: '([^']+)'", file.read()).group(1)
        result = rabbit.run("--version")
        self.assertEqual(
            (result.returncode, result.stdout.split()[:2]), (0, ["nabaztagd", version])
        )
        result = rabbit.run("--help")
        self.assertEqual(result.returncode, 0)
        for option in ("--config", "--check", "--dump-config", "--log-level", "--version"):
            self.assertIn(option, result.stdout)
        self.assertEqual(rabbit.run("--no-such-option").returncode, 64)


class DamagedWorld(Case):
    def test_stale_bench_socket(self):
        rabbit = self.make_rabbit(self.make_server())
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(rabbit.bench_path)
        stale.close()
        rabbit.start().wait_online()
        bench = rabbit.bench()
        self.assertEqual(bench.state()["button"], "up")
        self.assertEqual(os.stat(rabbit.bench_path).st_mode & 0o777, 0o600)

    def test_bench_survives_nonsense(self):
        rabbit = self.make_rabbit(self.make_server()).start()
        bench = rabbit.bench()
        for command in ("", "jump", "turn", "turn left", "turn left a", "turn nose 3", "x" * 5000):
            with self.subTest(command[:20]):
                self.assertIn("error", bench.ask(command))
        self.assertIn("ears", bench.state())

    @unittest.skipUnless(confine.available(), "namespaces are not available here")
    def test_full_disk(self):
        """A fresh password that cannot be kept is never sent."""
        server = self.make_server()
        rabbit = self.make_rabbit(server)
        rabbit.start(prefix=confine.command("--full", rabbit.state_folder))
        rabbit.wait_ready()
        rabbit.wait_log("the disk is full; make room on it")
        self.assertEqual(server.witness("registering"), [])
        self.assertIn("ears", rabbit.bench().state())

    def test_password_file(self):
        """Each kind of nonsense in it is named, with what to do; nobody registers because of it."""
        server = self.make_server()
        for text, what in (
            ("x" * 1_000_000, "longer than the 1024 bytes"),
            ("", "it is empty; write the password into it"),
            ("carrots\x1b", "a control character"),
        ):
            with self.subTest(what):
                rabbit = self.make_rabbit(server)
                path = rabbit.write("password", text)
                rabbit.configure(account={"password-file": path})
                rabbit.start()
                rabbit.wait_log(what)
                self.assertIn(f"{path}, which cannot be read", rabbit.log())
                self.assertEqual(rabbit.causes(), ["state-failed"])
                self.check_stop(rabbit)
                os.unlink(path)
        self.assertEqual(server.witness("register-get"), [])

    def test_password_file_that_is_emptied(self):
        """The reload names it; when the server has been away, the rabbit looks at it again."""
        server = self.make_server()
        server.add_account(SERIAL, "cuckoo-clock-7")
        rabbit = self.make_rabbit(server, password="cuckoo-clock-7")
        clock = FastClock(rabbit, self.folder)
        rabbit.start().wait_online()
        path = rabbit.write("password", "")
        rabbit.signal(signal.SIGHUP)
        rabbit.wait_log("it is empty; write the password into it")
        self.assertTrue(rabbit.is_online())
        server.stop()
        rabbit.wait_status("waiting")
        server.start()
        clock.set_rate(FASTER)
        wait_for(lambda: rabbit.log().count(f"{path}, which cannot be read") > 1, 20, "a new look")
        rabbit.write("password", "cuckoo-clock-7\n")
        rabbit.wait_online()
        self.assertEqual(server.witness("register-get"), [])

    def test_unreadable_state(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server)
        rabbit.start().wait_online()
        self.check_stop(rabbit)
        for name in os.listdir(rabbit.state_folder):
            path = os.path.join(rabbit.state_folder, name)
            if os.path.isfile(path):
                os.unlink(path)
                os.mkdir(path)
        rabbit.lines.clear()
        rabbit.notes.clear()
        rabbit.start()
        rabbit.wait_log(rabbit.state_folder)
        self.assertEqual(
            len(server.witness("registered")), 1, "an account is not thrown away for that"
        )
