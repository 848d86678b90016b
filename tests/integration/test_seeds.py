"""The two recorded conversations: the servers in them as they were, and the rabbit of today."""

import base64
import re
import socket

from lib import seed001
from lib.seed001 import Seed001
from lib.tap import Tap

from case import Case, Jabberd2, wait_for


class Seed000(Case):
    """jabberd2 and DIGEST-MD5: a realm in the challenge, commas with a space behind them."""

    kind, tls = Jabberd2, None
    DOMAIN = "auranetworks.in"

    def test_login(self):
        server = self.make_server(domain=self.DOMAIN)
        server.add_account("tarun", "a password nobody knows")
        tap = Tap(server)
        self._end_with(tap.stop)
        self.make_rabbit(
            tap,
            password="a password nobody knows",
            account={"jid": f"tarun@{self.DOMAIN}", "resource": "home"},
            access={"owners": None},
        ).start().wait_online()
        wait_for(lambda: server.witness("bound"), 5, "the server to see it bound")
        self.assertEqual(server.witness(), ["accepted tarun", "bound tarun"])

        said, heard = tap.heard("to server"), tap.heard("to rabbit")
        self.assertIn("mechanism='DIGEST-MD5'", said)
        challenges = re.findall(r"<challenge[^>]*>([^<]*)</", heard)
        first = base64.b64decode(challenges[0]).decode()
        self.assertRegex(
            first,
            rf'^realm="{re.escape(self.DOMAIN)}", nonce="[^"]*", qop="auth", charset=utf-8, '
            "algorithm=md5-sess$",
        )
        response = base64.b64decode(re.search(r"<response[^>]*>([^<]+)</", said).group(1)).decode()
        self.assertIn('username="tarun"', response)
        self.assertIn(f'realm="{self.DOMAIN}"', response)
        self.assertIn(f'digest-uri="xmpp/{self.DOMAIN}"', response)
        self.assertIn("nc=00000001", response)


class Seed001Server(Case):
    """The server of the log of 2011: what the rabbit of then did to it, and what ours does."""

    USER = "f81edfee27c1"
    REAL, XORED = "4e532621736a", "b64df9cf54ab"
    NONCES = (
        "zavoqGKEZZpiEiTfWMWdL6KB+FdpWjvNh830ClEf",
        "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8",
    )
    # The original's words, byte by byte.
    RESPONSE = (
        "dXNlcm5hbWU9ImY4MWVkZmVlMjdjMSIscmVhbG09ImFsbWFjc2thIixub25jZT0ieDJqZmg0TExUMWRBK1daSmFC"
        "L0d6di9RNVRCM29lZWhKSVBYcTJQOCIsY25vbmNlPSI5NjA3NTgwNTg0NDA1ACIsbmM9MDAwMDAwMDEscW9wPWF1"
        "dGgsZGlnZXN0LXVyaT0ieG1wcC9hbG1hY3NrYSIscmVzcG9uc2U9Yjk4YjYwMTQzMDdkMTE0ODA4MTk5ZTc4ZGRh"
        "NjQ4ZDcsY2hhcnNldD11dGYtOA="
    )

    def make_seed(self, **options):
        server = Seed001(**options)
        self._end_with(server.stop)
        return server

    def make_rabbit_of_seed(self, server, hook=None, **options):
        settings = {
            "account": {"jid": f"{self.USER}@{seed001.DOMAIN}"},
            "rabbit": {"serial": self.USER},
            "tls": {"mode": "off", "ca-file": None},
            "access": {"owners": None},
        }
        for section, keys in options.pop("settings", {}).items():
            settings.setdefault(section, {}).update(keys)
        return self.make_rabbit(server, hook, **settings, **options)

    # Ours

    def test_ours_gets_in(self):
        server, hook = self.make_seed(), self.make_hook()
        self.make_rabbit_of_seed(
            server, hook, password=self.REAL, settings={"sasl": {"plaintext": "yes"}}
        ).start().wait_online()
        self.assertEqual(server.mechanisms, ["DIGEST-MD5", "DIGEST-MD5"])
        self.assertEqual(server.verdicts, ["no account", "accepted"])
        self.assertEqual(
            hook.reports(),
            [[("m", self.USER), ("d", "almacska"), ("r", "FailureLogin"), ("v", "18673")]],
        )
        self.assertEqual(server.registrations[0]["username"], self.USER)
        self.assertEqual(server.registrations[0]["password"], self.REAL, "as it is, not XORed")

    def test_ours_gets_in_with_a_password_of_its_own(self):
        server = self.make_seed()
        rabbit = self.make_rabbit_of_seed(server).start()
        rabbit.wait_online()
        self.assertEqual(server.verdicts, ["accepted"])
        self.check_stop(rabbit)
        rabbit.notes.clear()
        rabbit.start().wait_online()
        self.assertEqual(server.verdicts, ["accepted", "accepted"])
        self.assertEqual(len(server.registrations), 1)

    def test_ours_answers_the_data_form(self):
        server = self.make_seed(form_only=True)
        self.make_rabbit_of_seed(server).start().wait_online()
        self.assertEqual(server.registrations[0]["FORM_TYPE"], "jabber:iq:register")
        self.assertEqual(server.registrations[0]["username"], self.USER)
        self.assertEqual(server.verdicts, ["accepted"])

    # The original

    def let_the_original_try(self, password, *lenient):
        """The second login of the log, after it registered this password; the server's verdict."""
        server = self.make_seed(nonces=self.NONCES[1:], lenient=lenient)
        stream = (
            "<?xml version='1.0' encoding='UTF-8'?>\n<stream:stream to='almacska' "
            "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n"
        )
        sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
        register = (
            f"<iq to='almacska' type='set' id='2'><query xmlns=\"jabber:iq:register\"><username>"
            f"{self.USER}</username><password>{password}</password></query></iq>"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
            for words, answer in (
                (stream, "</stream:features>"),
                (register, "/>"),
                (f"<auth {sasl} mechanism='DIGEST-MD5'/>", "</challenge>"),
                (f"<response {sasl}>{self.RESPONSE}</response>", ">"),
            ):
                wire.sendall(words.encode())
                heard = ""
                while not heard.endswith(answer):
                    heard += wire.recv(65536).decode()
            while "</failure>" not in heard and "</challenge>" not in heard:
                heard += wire.recv(65536).decode()
            return server.verdicts[-1] if server.verdicts else "believed"

    def test_why_the_original_never_did(self):
        """Three faults, each of them enough; without them its hash is right."""
        self.assertEqual(self.let_the_original_try(self.XORED), "base64")
        self.assertEqual(self.let_the_original_try(self.XORED, "base64"), "nul")
        self.assertEqual(self.let_the_original_try(self.XORED, "base64", "nul"), "hash")
        self.assertEqual(self.let_the_original_try(self.REAL, "base64", "nul"), "believed")
