"""nabaztagd --doctor: faults injected one by one, each named with its cause and remedy."""

import json
import os
import socket
import subprocess
import sys

from lib import certificates
from lib.network import SRV, WORLD, A
from lib.ports import free_port
from lib.silent import SilentServer

from case import DOMAIN, RABBIT, SERIAL, Case, every_server, wait_for
from networks import NetworkCase

HERE = os.path.dirname(os.path.abspath(__file__))
BOARD = os.path.join(HERE, "..", "..", "conf", "boards", "gpio-sim.conf")
PROBES = [
    "configuration",
    "clock",
    "account",
    "locate",
    "dns",
    "tcp",
    "tls",
    "mechanisms",
    "registration",
    "hook",
    "gpio",
    "rivals",
    "outputs",
]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class DoctorCase(Case):
    prefix = ()

    def examine(self, rabbit, healthy):
        """The rows of --json, which say the same as the text."""
        before = self.files(rabbit)
        result = rabbit.run("--doctor", "--json", timeout=90, prefix=self.prefix)
        self.assertEqual(result.stderr, "")
        answer = json.loads(result.stdout)
        self.assertEqual(result.returncode, 0 if healthy else 1, result.stdout)
        self.assertIs(answer["ok"], healthy)
        names = [row["name"] for row in answer["rows"]]
        self.assertEqual(list(dict.fromkeys(names)), PROBES, "every probe tells something")
        for row in answer["rows"]:
            self.assertIn(row["state"], ("ok", "warning", "failed", "skipped"))
            self.assertTrue(row["seen"])
            if row["state"] == "failed":
                self.assertTrue(row["cause"] and row["remedy"], row)
        self.assertEqual(self.files(rabbit), before, "it changed something")
        for secret in rabbit.secrets():
            self.assertNotIn(secret, result.stdout)
        return answer["rows"]

    def files(self, rabbit):
        return {
            name: os.stat(os.path.join(rabbit.state_folder, name)).st_mtime_ns
            for name in os.listdir(rabbit.state_folder)
        }

    def check_fault(self, rabbit, name, cause, seen="", remedy="", skipped=()):
        rows = self.examine(rabbit, healthy=False)
        failed = [row for row in rows if row["state"] == "failed"]
        self.assertEqual([(row["name"], row["cause"]) for row in failed], [(name, cause)])
        self.assertIn(seen, failed[0]["seen"])
        self.assertIn(remedy, failed[0]["remedy"])
        for row in rows:
            if row["name"] in skipped:
                self.assertEqual(row["state"], "skipped", row)

    @staticmethod
    def row(rows, name):
        return next(row for row in rows if row["name"] == name)


@every_server()
class Healthy:
    def test_all_is_well(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server, self.make_hook())
        rows = DoctorCase.examine(self, rabbit, healthy=True)
        if self.tls:
            print_of_it = certificates.fingerprint(server.certificate)
            seen = DoctorCase.row(rows, "tls")["seen"]
            self.assertIn(print_of_it, seen)
            self.assertIn(f"certificate for {DOMAIN}, from", seen)
            self.assertRegex(seen, r"^TLS 1\.3, TLS 1\.2, trusted: ")
        self.assertEqual(DoctorCase.row(rows, "registration")["state"], "ok")
        self.assertEqual(DoctorCase.row(rows, "hook")["state"], "ok")
        self.assertLessEqual({line.split()[0] for line in server.witness()}, {"register-get"})

    files, prefix = DoctorCase.files, ()


class Around(DoctorCase):
    def test_while_the_daemon_runs(self):
        rabbit = self.make_rabbit(self.make_server()).start()
        rabbit.wait_log("Greeted")  # it writes nothing more by itself
        rows = self.examine(rabbit, healthy=True)
        self.assertIn(RABBIT, self.row(rows, "account")["seen"])
        self.assertTrue(rabbit.is_online(), "it took the connection over")

    def test_text_has_one_line_a_row(self):
        rabbit = self.make_rabbit(self.make_server())
        result = rabbit.run("--doctor")
        self.assertEqual(result.returncode, 0, result.stdout)
        words = [line.split()[:2] for line in result.stdout.splitlines()]
        self.assertEqual([word[1] for word in words], PROBES)
        self.assertTrue({word[0] for word in words} <= {"ok", "skip"}, result.stdout)

    def test_json_alone_is_no_mode(self):
        self.assertEqual(self.make_rabbit().run("--json").returncode, 64)

    def test_hook_hears_of_no_failure(self):
        hook = self.make_hook()
        rows = self.examine(self.make_rabbit(self.make_server(), hook), healthy=True)
        self.assertEqual(hook.reports(), [[]])
        self.assertIn(" 200 ", self.row(rows, "hook")["seen"])

    def test_server_without_tls_is_a_warning(self):
        server = self.make_server(tls=None)
        rows = self.examine(self.make_rabbit(server, tls={"mode": "optional"}), healthy=True)
        self.assertEqual(self.row(rows, "tls")["cause"], "tls-not-offered")

    def test_pin(self):
        server = self.make_server(certificate_for="other.test", expired=True)
        pin = certificates.fingerprint(server.certificate)
        rabbit = self.make_rabbit(server, tls={"ca-file": None, "fingerprint": pin})
        self.assertIn(pin, self.row(self.examine(rabbit, healthy=True), "tls")["seen"])

    def test_closed_registration_with_a_known_password(self):
        server = self.make_server(registration=False)
        rows = self.examine(self.make_rabbit(server, password="cuckoo-clock-7"), healthy=True)
        row = self.row(rows, "registration")
        self.assertEqual((row["state"], row["cause"]), ("warning", "register-closed"))
        for event in ("rejected", "accepted", "registered"):
            self.assertEqual(server.witness(event), [], "it logged in")


class Faults(DoctorCase):
    BEHIND_TLS = ("mechanisms", "registration")
    BEHIND_TCP = ("tls", *BEHIND_TLS)
    BEHIND_DNS = ("tcp", *BEHIND_TCP)

    def test_configuration_typo(self):
        rabbit = self.make_rabbit(account={"regster": "yes"})
        self.check_fault(rabbit, "configuration", "config-refused", ":3: ", "that line", PROBES[2:])

    def test_no_jid(self):
        rabbit = self.make_rabbit(account={"jid": None})
        self.check_fault(
            rabbit, "account", "not-configured", "", "[account] jid", ("dns", *self.BEHIND_DNS)
        )

    def test_no_password_and_no_registration(self):
        rabbit = self.make_rabbit(self.make_server(), account={"register": "no"})
        self.check_fault(rabbit, "account", "not-configured", RABBIT, "password-file")

    def test_unknown_name(self):
        rabbit = self.make_rabbit(account={"jid": f"{SERIAL}@no-such-host.invalid"})
        self.check_fault(
            rabbit, "dns", "dns", "no-such-host.invalid", "[account] jid", self.BEHIND_DNS
        )

    def test_closed_port(self):
        port = free_port()
        rabbit = self.make_rabbit(account={"server": f"127.0.0.1:{port}"})
        self.check_fault(rabbit, "tcp", "refused", f":{port}", "XMPP server", self.BEHIND_TCP)

    def test_silent_server(self):
        server = SilentServer("connection")
        self.addCleanup(server.stop)
        rabbit = self.make_rabbit(account={"server": server.address})
        self.check_fault(rabbit, "tls", "silent-tls", "10 s", "speaks XMPP", self.BEHIND_TLS)

    def test_server_without_tls(self):
        rabbit = self.make_rabbit(self.make_server(tls=None))
        self.check_fault(rabbit, "tls", "tls-not-offered", "", "[tls] mode", self.BEHIND_TLS)

    def check_certificate(self, cause, seen, remedy, tls=None, **options):
        server = self.make_server(**options)
        rabbit = self.make_rabbit(server, tls=tls or {})
        self.check_fault(rabbit, "tls", cause, seen, remedy, self.BEHIND_TLS)
        print_of_it = certificates.fingerprint(server.certificate)
        result = rabbit.run("--doctor")
        self.assertIn(print_of_it, result.stdout)
        self.assertEqual(server.witness(), [])

    def test_server_with_an_old_version_of_tls(self):
        certificate, key = certificates.make(self.folder, "old", DOMAIN)
        port = free_port()
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_1", "-quiet",
             "-cipher", "ALL:@SECLEVEL=0", "-cert", certificate, "-key", key],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        wait_for(lambda: is_open(port), 10, "openssl to listen")
        tls = {"mode": "direct", "ca-file": certificate}
        rabbit = self.make_rabbit(account={"server": f"127.0.0.1:{port}"}, tls=tls)
        self.check_fault(rabbit, "tls", "tls-failed", "it takes TLS 1.1", "", self.BEHIND_TLS)

    def test_expired_certificate(self):
        self.check_certificate("cert-expired", "until", "renew", expired=True)

    def test_certificate_for_another_name(self):
        self.check_certificate("cert-name", "for other.test,", "jid", certificate_for="other.test")

    def test_untrusted_certificate(self):
        self.check_certificate("cert-untrusted", "SHA-256", "ca-file", tls={"ca-file": None})

    def test_another_certificate_than_the_pinned_one(self):
        pin = {"fingerprint": "ab" * 32}
        self.check_certificate("cert-pin", "SHA-256", "fingerprint", tls=pin)

    def test_no_common_mechanism(self):
        rabbit = self.make_rabbit(self.make_server(), sasl={"mechanisms": "DIGEST-MD5"})
        self.check_fault(rabbit, "mechanisms", "no-mechanism", "SCRAM-SHA-1", "[sasl]")

    def test_closed_registration(self):
        rabbit = self.make_rabbit(self.make_server(registration=False))
        self.check_fault(rabbit, "registration", "register-closed", "", "password-file")

    def test_unreadable_state(self):
        rabbit = self.make_rabbit(self.make_server())
        path = os.path.join(rabbit.state_folder, f"account-{RABBIT}")
        with open(path, "wb") as file:
            file.write(b"\x00\xff")
        self.check_fault(rabbit, "account", "state-failed", path, "restore it")

    def test_dead_hook(self):
        url = f"http://127.0.0.1:{free_port()}/vl"
        rabbit = self.make_rabbit(self.make_server(), report={"url": url})
        self.check_fault(rabbit, "hook", "hook-failed", "refused", "[report] url")

    def test_hook_with_an_error(self):
        rabbit = self.make_rabbit(self.make_server(), self.make_hook("500"))
        self.check_fault(rabbit, "hook", "hook-failed", "500", "[report] url")

    def test_hook_that_is_silent(self):
        rabbit = self.make_rabbit(self.make_server(), self.make_hook("slow"))
        rabbit.configure(report={"timeout": "1s"})
        self.check_fault(rabbit, "hook", "hook-failed", "1 s", "[report] url")

    def make_body(self, chip):
        return self.make_rabbit(
            self.make_server(), body={"board": BOARD}, gpio={"chip": chip}, sim={"socket": None}
        )

    def test_missing_chip(self):
        self.check_fault(self.make_body("no-chip"), "gpio", "gpio-missing", "no-chip", "[gpio]")

    def test_pynab(self):
        command = [sys.executable, "-c", "input()", "-m", "nabd.nabd"]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as nabd:
            rows = self.examine(self.make_body("no-chip"), healthy=False)
            nabd.communicate(b"\n")
        row = self.row(rows, "rivals")
        self.assertEqual((row["state"], row["cause"]), ("failed", "gpio-busy"))
        self.assertIn(str(nabd.pid), row["seen"])
        self.assertIn("systemctl disable --now nabd", row["remedy"])


class Names(DoctorCase, NetworkCase):
    def setUp(self):
        super().setUp()
        self.make_network()
        self.server = self.make_world_server()
        self.rabbit = self.make_far_rabbit(self.server, by_address=False)
        self.prefix = self.network.prefix()

    def test_first_srv_record_refuses(self):
        records = self.records(self.server)
        with socket.socket() as nobody:
            nobody.bind((WORLD, 0))  # not listening
            port = nobody.getsockname()[1]
            records[(f"_xmpp-client._tcp.{DOMAIN}", SRV)] = [
                (1, port, f"first.{DOMAIN}"),
                (2, self.server.port, f"xmpp.{DOMAIN}"),
            ]
            records[(f"first.{DOMAIN}", A)] = [WORLD]
            self.make_resolver(records)
            rows = self.examine(self.rabbit, healthy=True)
        seen = " | ".join(row["seen"] for row in rows if row["name"] == "dns")
        self.assertIn(f"priority 1, weight 0: first.{DOMAIN}, port {port}", seen)
        self.assertIn(f"priority 2, weight 0: xmpp.{DOMAIN}, port {self.server.port}", seen)
        self.assertIn(f"{WORLD}:{port}, {WORLD}:{self.server.port}", seen)
        tcp = {(row["state"], row["cause"]) for row in rows if row["name"] == "tcp"}
        self.assertEqual(tcp, {("ok", None), ("warning", "refused")})

    def test_dead_resolver(self):
        self.make_resolver(self.records(self.server)).dead = True
        self.check_fault(self.rabbit, "dns", "dns", DOMAIN, "resolver", Faults.BEHIND_DNS)

    def test_no_address(self):
        records = self.records(self.server, v4=False)
        self.make_resolver(records)
        self.check_fault(self.rabbit, "dns", "dns", DOMAIN, "[account] jid", Faults.BEHIND_DNS)
