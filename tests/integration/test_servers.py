"""What a kind of server has of its own: its mechanisms, its TLS, its manner of registering."""

from case import DOMAIN, SERIAL, Case, Ejabberd, Jabberd2, every_server, wait_for


@every_server()
class Mechanisms:
    def test_each_that_is_offered(self):
        """By each of them alone it registers, comes back, and learns of a wrong password."""
        server = self.make_server()
        for number, mechanism in enumerate(self.kind.offers):
            with self.subTest(mechanism):
                self.check_mechanism(server, mechanism, f"0013d40000{number:02x}")
                self.assertEqual(
                    server.witness("rejected"), ["rejected not-authorized"] * (number + 1)
                )

    def check_mechanism(self, server, mechanism, user):
        rabbit = self.make_rabbit(
            server,
            account={"jid": f"{user}@{DOMAIN}"},
            sasl={"mechanisms": mechanism, "plaintext": "no" if self.tls else "yes"},
        )
        for _ in range(2):
            rabbit.notes.clear()
            rabbit.start().wait_online()
            self.check_stop(rabbit)
        # jabberd2 may end the stream with an internal-server-error: then the rabbit comes again.
        self.assertGreaterEqual(server.witness().count(f"accepted {user}"), 2)
        server.add_account(user, "another")
        rabbit.configure(account={"register": "no"})
        rabbit.start().wait_cause("rejected")
        self.check_stop(rabbit)


@every_server("starttls")
class Tls:
    def test_direct(self):
        server = self.make_server(tls="direct")
        self.make_rabbit(server, tls={"mode": "direct"}).start().wait_online()

    def test_optional_on_a_clear_server(self):
        server = self.make_server(tls=None)
        self.make_rabbit(
            server, tls={"mode": "optional"}, sasl={"plaintext": "yes"}
        ).start().wait_online()

    def test_required_on_a_clear_server(self):
        server = self.make_server(tls=None)
        self.make_rabbit(server).start().wait_cause("tls-not-offered")
        self.assertEqual(server.witness(), [])

    def test_off_on_a_server_that_insists(self):
        server = self.make_server()
        rabbit = self.make_rabbit(
            server, password="cuckoo-clock-7", tls={"mode": "off", "ca-file": None}
        ).start()
        wait_for(lambda: rabbit.causes() or rabbit.is_online(), 15, "a cause")
        self.assertFalse(rabbit.is_online())
        self.assertEqual(server.witness("accepted"), [])
        self.assertEqual(server.witness("registered"), [])

    def test_untrusted_certificate(self):
        server = self.make_server()
        self.make_rabbit(server, tls={"ca-file": None}).start().wait_cause("cert-untrusted")
        self.assertEqual(server.witness(), [])


class Throttle(Case):
    """ejabberd lets an address register once in a while, and looks at that before all else."""

    kind = Ejabberd

    def make_throttled(self, seconds):
        """A server on which another rabbit has just registered."""
        server = self.make_server(throttle=seconds)
        other = {"jid": f"0013d4000001@{DOMAIN}"}
        self.make_rabbit(server, account=other).start().wait_online()
        return server

    def test_waits_and_gets_in(self):
        server, hook = self.make_throttled(4), self.make_hook()
        rabbit = self.make_rabbit(server, hook).start()
        rabbit.wait_cause("register-wait")
        wait_for(hook.reasons, 10, "a report")
        self.assertEqual(hook.reasons(), ["FailureRegister2"])
        rabbit.wait_online(50)
        self.assertTrue(server.has_account(SERIAL))

    def test_an_account_that_exists(self):
        """Hidden behind the throttle at first: no conflict is seen, and nothing is given up."""
        server, hook = self.make_throttled(600), self.make_hook()
        server.add_account(SERIAL, "somebody-else's")
        rabbit = self.make_rabbit(server, hook, password="cuckoo-clock-7").start()
        rabbit.wait_cause("register-wait")
        wait_for(lambda: len(hook.requests) >= 2, 10, "two reports")
        self.assertEqual(hook.reasons(), ["FailureLogin", "FailureRegister2"])
        self.assertNotIn("register-conflict", rabbit.causes())
        self.assertTrue(server.knows(SERIAL, "somebody-else's"))

    def test_forgotten_while_throttled(self):
        """The password it had is not lost over a registration that has to wait."""
        server = self.make_server(throttle=600)
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        self.check_stop(rabbit)
        password = max(rabbit.secrets(), key=len)
        server.forget_account(SERIAL)
        rabbit.notes.clear()
        rabbit.start().wait_cause("register-wait")
        self.check_stop(rabbit)
        server.add_account(SERIAL, password)
        rabbit.notes.clear()
        rabbit.start().wait_online()


class SameStream(Case):
    """jabberd2 never answers a bind on the stream of a registration."""

    kind = Jabberd2

    def test_it_comes_back_to_log_in(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        self.assertNotIn("silent-bind", rabbit.causes())
        wait_for(lambda: server.witness("bound"), 5, "the server to see it bound")
        self.assertEqual(
            [line.split()[0] for line in server.witness()],
            ["register-get", "register-set", "registered", "accepted", "bound"],
        )
