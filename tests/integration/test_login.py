"""The main job: a rabbit gets online whatever its server remembers of it."""

import os
import time

from case import DOMAIN, RABBIT, SERIAL, every_server, wait_for

REPORT = [("m", SERIAL), ("d", DOMAIN), ("r", "FailureLogin"), ("v", "18673")]


@every_server()
class Login:
    def test_no_password_registers_unreported(self):
        server, hook = self.make_server(), self.make_hook()
        self.make_rabbit(server, hook).start().wait_online()
        self.assertEqual(hook.requests, [])
        self.assertEqual(server.witness("rejected"), [])
        self.assertEqual(server.witness("registered"), [f"registered {SERIAL}"])

    def test_forgotten_password_is_reported_then_registered(self):
        server = self.make_server()
        seen_at_report = []
        hook = self.make_hook(
            on_request=lambda path: seen_at_report.append((path, server.witness()))
        )
        rabbit = self.make_rabbit(server, hook)
        rabbit.start().wait_online()
        self.check_stop(rabbit)
        server.forget_account(SERIAL)
        before = server.witness()
        rabbit.notes.clear()
        rabbit.start()
        rabbit.wait_online()

        self.assertEqual(hook.reports(), [REPORT], "exactly one report, its values in this order")
        path, witness = seen_at_report[0]
        self.assertEqual(path, f"{hook.PATH}?m={SERIAL}&d={DOMAIN}&r=FailureLogin&v=18673")
        self.assertEqual(
            witness[len(before) :], ["rejected not-authorized"], "rejected once before the report"
        )
        wait_for(lambda: server.witness()[-1].startswith("bound"), 5, "the server to see it bound")
        story = [line.split()[0] for line in server.witness()[len(before) :]]
        whole = "rejected register-get register-set registering registered accepted bound".split()
        self.assertEqual(story, [word for word in whole if word in server.sees])
        self.assertIn("rejected", rabbit.causes())

    def test_configured_password_the_server_never_knew(self):
        server, hook = self.make_server(), self.make_hook()
        self.make_rabbit(server, hook, password="cuckoo-clock-7").start().wait_online()
        self.assertEqual(hook.reports(), [REPORT])
        self.assertTrue(
            server.knows(SERIAL, "cuckoo-clock-7"), "registered with the configured password"
        )

    def test_configured_password_the_server_knows(self):
        server, hook = self.make_server(), self.make_hook()
        server.add_account(SERIAL, "cuckoo-clock-7")
        self.make_rabbit(server, hook, password="cuckoo-clock-7").start().wait_online()
        self.assertEqual(hook.requests, [])
        self.assertEqual(server.witness("register-get"), [])

    def test_stored_password_survives_a_restart(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server)
        rabbit.start().wait_online()
        self.check_stop(rabbit)
        rabbit.notes.clear()
        rabbit.start().wait_online()
        self.assertEqual(len(server.witness("registered")), 1)
        for name in os.listdir(rabbit.state_folder):
            mode = os.stat(os.path.join(rabbit.state_folder, name)).st_mode
            self.assertEqual(mode & 0o077, 0, f"{name} may be read by others")

    def test_conflict_is_reported_and_makes_no_storm(self):
        server, hook = self.make_server(), self.make_hook()
        server.add_account(SERIAL, "somebody-else's")
        rabbit = self.make_rabbit(server, hook, password="cuckoo-clock-7").start()
        rabbit.wait_cause("register-conflict")
        wait_for(
            lambda: "FailureRegister2" in hook.reasons(),
            10,
            "the report of the failed registration",
        )
        self.assertEqual(hook.reasons()[:2], ["FailureLogin", "FailureRegister2"])
        began = hook.requests[0][0]
        wait_for(lambda: time.monotonic() - began > 20, 25, "20 seconds since the first report")
        self.assertLessEqual(len(server.witness("rejected")), 4)
        self.assertLessEqual(len(server.witness("register-set")), 4)
        self.assertLessEqual(len(hook.requests), 8)

    def test_registration_closed(self):
        server, hook = self.make_server(registration=False), self.make_hook()
        rabbit = self.make_rabbit(server, hook).start()
        wait_for(lambda: hook.reasons(), 20, "a report")
        self.assertEqual(hook.reasons()[0], "FailureRegister1")
        wait_for(
            lambda: {"register-closed", "register-unsupported"} & set(rabbit.causes()),
            5,
            "the cause",
        )
        self.assertFalse(server.has_account(SERIAL))

    def test_registration_closed_after_a_rejection(self):
        server, hook = self.make_server(registration=False), self.make_hook()
        self.make_rabbit(server, hook, password="cuckoo-clock-7").start()
        wait_for(lambda: len(hook.requests) >= 2, 20, "two reports")
        self.assertEqual(hook.reasons()[:2], ["FailureLogin", "FailureRegister1"])

    def test_register_no_leaves_a_rejection_alone(self):
        server = self.make_server()
        rabbit = self.make_rabbit(
            server, password="cuckoo-clock-7", account={"register": "no"}
        ).start()
        rabbit.wait_cause("rejected")
        self.assertEqual(server.witness("register-get"), [])

    def test_server_restarted(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        server.stop()
        wait_for(lambda: not rabbit.is_online(), 10, "the rabbit to notice")
        server.start()
        rabbit.wait_online(40)
        self.assertEqual(len(server.witness("registered")), 1)

    def test_server_down_at_start(self):
        server = self.make_server(started=False)
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_cause("refused")
        server.start()
        self.assertEqual(server.address, rabbit.settings["account"]["server"])
        rabbit.wait_online(40)

    def test_no_password_leaks(self):
        server, hook = self.make_server(), self.make_hook()
        rabbit = self.make_rabbit(server, hook, password="cuckoo-clock-7")
        rabbit.start("--log-level", "debug").wait_online()
        for name in ("cmdline", "environ"):
            with open(f"/proc/{rabbit.process.pid}/{name}", "rb") as file:
                self.assertNotIn(b"cuckoo-clock-7", file.read(), name)
        self.assertNotIn("cuckoo-clock-7", rabbit.log())
        for word in ("<auth", "<response", "<password"):
            self.assertNotIn(word, rabbit.log())

    def test_resource_as_configured(self):
        server = self.make_server()
        self.make_rabbit(server, account={"resource": "burrow"}).start().wait_online()
        owner = self.make_owner(server)
        kind, _ = owner.query(f"{RABBIT}/burrow", "urn:xmpp:ping", "ping")
        self.assertEqual(kind, "result")
