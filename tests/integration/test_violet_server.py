"""
The strict rabbit server itself: it takes what the original firmware sent, byte by byte, and nothing
that OpenJabNab would not take. No rabbit of ours is in this.
"""

import base64
import os
import socket
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib import violet  # noqa: E402
from lib.violet import DOMAIN, MAC, Violet  # noqa: E402
from lib.waiting import wait_for  # noqa: E402

PASSWORD, WIRE = "4e532621736a", "b64df9cf54ab"
NONCE = "x2jfh4LLT1dA+WZJaB/Gzv/Q5TB3oeehJIPXq2P8"
J = f"{MAC}@{DOMAIN}"

# What the original said in its first boot, and the answers that OpenJabNab gives.
HEADER = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<stream:stream to='almacska' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n"
)
REGISTER_GET = "<iq type='get' id='1'><query xmlns='violet:iq:register'/></iq>"
REGISTER_SET = (
    "<iq to='almacska' type='set' id='2'><query xmlns=\"violet:iq:register\">"
    "<username>f81edfee27c1</username><password>b64df9cf54ab</password></query></iq>"
)
AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='DIGEST-MD5'/>"
RESPONSE = (
    "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "dXNlcm5hbWU9ImY4MWVkZmVlMjdjMSIscmVhbG09ImFsbWFjc2thIixub25jZT0ieDJqZmg0TExUMWRBK1daSmFC"
    "L0d6di9RNVRCM29lZWhKSVBYcTJQOCIsY25vbmNlPSI5NjA3NTgwNTg0NDA1ACIsbmM9MDAwMDAwMDEscW9wPWF1"
    "dGgsZGlnZXN0LXVyaT0ieG1wcC9hbG1hY3NrYSIscmVzcG9uc2U9Yjk4YjYwMTQzMDdkMTE0ODA4MTk5ZTc4ZGRh"
    "NjQ4ZDcsY2hhcnNldD11dGYtOA=</response>"
)
LAST_RESPONSE = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
RSPAUTH = "rspauth=4d6467c4d8c758fd37cfa83d1815477c"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
FAILURE = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"


def bind(resource, id, previous=""):
    return (
        f'<iq from="{J}/{previous}" to="almacska" type=\'set\' id=\'{id}\'>'
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        f"<resource>{resource}</resource></bind></iq>"
    )


def bound(resource, id):
    return (
        f"<iq id='{id}' type='result'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        f"<jid>{J}/{resource}</jid></bind></iq>"
    )


SESSION = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"


def session(resource, id):
    return f"<iq from='{J}/{resource}' to='almacska' type='set' id='{id}'>{SESSION}</iq>"


def session_result(resource, id):
    return f"<iq type='result' to='{J}/{resource}' from='almacska' id='{id}'>{SESSION}</iq>"


SOURCES = (
    f"<iq from='{J}/boot' to='net.violet.platform@almacska/sources' type='get' id='3'>"
    '<query xmlns="violet:iq:sources"><packet xmlns="violet:packet" format="1.0"/></query></iq>'
)
SOURCES_RESULT = (
    f"<iq from='net.violet.platform@almacska/sources' to='{J}/boot' id='3' type='result'>"
    "<query xmlns='violet:iq:sources'><packet xmlns='violet:packet' format='1.0' ttl='604800'>"
    "fwQAAAp////+BAAFAAgACwAAAQD/</packet></query></iq>"
)
PRESENCE = f"<presence from='{J}/idle' id='6'></presence>"
PRESENCE_ECHO = f"<presence from='{J}/idle' to='{J}/idle' id='6'/>"
PING = f"<iq from='{J}/idle' to='almacska' type='get' id='8'><ping xmlns='urn:xmpp:ping'/></iq>"
UNBIND = (
    f"<iq from='{J}/boot' to='almacska' type='set' id='7'>"
    "<unbind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>boot</resource></unbind></iq>"
)
UNBOUND = "<iq id='7' type='result'/>"

BOOT = [
    (bind("boot", 1), bound("boot", 1)),
    (session("boot", 2), session_result("boot", 2)),
    (SOURCES, SOURCES_RESULT),
    (bind("idle", 4, "boot"), bound("idle", 4)),
    (session("idle", 5), session_result("idle", 5)),
    (PRESENCE, PRESENCE_ECHO),
    (UNBIND, UNBOUND),
]


class Wire:
    """One connection of a rabbit that says what it is told to."""

    def __init__(self, test, server):
        self._test = test
        self._socket = socket.create_connection(("127.0.0.1", server.port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        test.addCleanup(self._socket.close)

    def say(self, text):
        self._socket.sendall(text.encode() if isinstance(text, str) else text)

    def hear(self, expected):
        """Exactly this comes next."""
        heard = b""
        while len(heard) < len(expected):
            piece = self._socket.recv(len(expected) - len(heard))
            if not piece:
                break
            heard += piece
        self._test.assertEqual(heard.decode(), expected)

    def hear_until(self, end):
        heard = ""
        while not heard.endswith(end):
            piece = self._socket.recv(65536)
            self._test.assertTrue(piece, f"closed after {heard!r}")
            heard += piece.decode()
        return heard

    def hear_end(self):
        try:
            self._test.assertEqual(self._socket.recv(65536), b"")
        except ConnectionResetError:
            pass

    def ask(self, text, expected):
        self.say(text)
        self.hear(expected)


class ServerCase(unittest.TestCase):
    def make_server(self, password=PASSWORD, **options):
        server = Violet(**{"realm": DOMAIN, "nonces": [NONCE] * 4, **options})
        self.addCleanup(server.stop)
        server.rabbits[MAC].password = password
        return server

    def open(self, server):
        wire = Wire(self, server)
        wire.say(HEADER)
        self.assertIn("<mechanism>DIGEST-MD5</mechanism>", wire.hear_until("</stream:features>"))
        return wire

    def authenticate(self, wire):
        wire.say(AUTH)
        wire.hear_until("</challenge>")
        wire.say(RESPONSE)

    def log_in(self, server):
        """Up to the features of the second stream."""
        wire = self.open(server)
        self.authenticate(wire)
        wire.hear_until("</challenge>")
        wire.ask(LAST_RESPONSE, SUCCESS)
        wire.say(HEADER)
        self.assertIn("<unbind xmlns=", wire.hear_until("</stream:features>"))
        return wire

    def boot(self, server):
        wire = self.log_in(server)
        for said, answer in BOOT:
            wire.ask(said, answer)
        return wire

    def check_silence(self, wire, text):
        """No answer: the next one is to what is said afterwards."""
        wire.say(text)
        wait_for(lambda: self.server.heard[-1].text == text, 5, f"{text} to be read")
        wire.ask(PRESENCE, PRESENCE_ECHO)


class Original(ServerCase):
    """As the firmware is."""

    def test_first_boot(self):
        server = self.make_server(password=None)
        wire = self.open(server)
        wire.say(REGISTER_GET)
        self.assertIn("<username/><password/>", wire.hear_until("</iq>"))
        wire.say(REGISTER_SET)
        result = wire.hear_until("</iq>")
        self.assertTrue(result.startswith("<iq type='result' from='almacska' id='2'>"), result)
        self.assertEqual(server.rabbits[MAC].password, PASSWORD)
        wire.say(AUTH)
        challenge = wire.hear_until("</challenge>")
        self.assertEqual(
            base64.b64decode(challenge.split(">")[1].split("<")[0]).decode(),
            f'realm="almacska",nonce="{NONCE}",qop="auth",charset=utf-8,algorithm=md5-sess',
        )
        wire.say(RESPONSE)
        proof = wire.hear_until("</challenge>").split(">")[1].split("<")[0]
        self.assertEqual(base64.b64decode(proof).decode(), RSPAUTH)
        wire.ask(LAST_RESPONSE, SUCCESS)
        wire.say(HEADER)
        wire.hear_until("</stream:features>")
        self.assertFalse(server.is_ready())
        for said, answer in BOOT:
            wire.ask(said, answer)
        self.assertTrue(server.is_ready())
        self.assertEqual(server.rabbits[MAC].resource, "idle")
        self.assertEqual(
            server.steps(),
            "header register-get register-set auth response proof restart bind session sources "
            "bind session presence unbind".split(),
        )
        self.assertEqual(server.ids(1), [*"12", *"1234567"])
        self.assertEqual(server.faults_of_writing(), [])
        self.assertEqual(server.closings, [])

    def test_events(self):
        server = self.make_server()
        wire = self.boot(server)
        head = f"<message from='{J}/idle' to='int@xmpp.objects.violet.net/int' id='8'>"
        for body in (
            '<button xmlns="violet:nabaztag:button"><clic>1</clic></button>',
            '<button xmlns="violet:nabaztag:button"><clic>2</clic><event>123456</event></button>',
            '<button xmlns="violet:nabaztag:button"><clic>1</clic><event/></button>',
            '<ears xmlns="violet:nabaztag:ears"><left>3</left><right>14</right></ears>',
        ):
            count = len(server.events)
            wire.say(f"{head}{body}</message>")
            wait_for(lambda: len(server.events) > count, 5, body)
        self.assertEqual(
            server.events,
            [("click", 1, None), ("click", 2, "123456"), ("click", 1, ""), ("ears", 3, 14)],
        )

    def test_pushes(self):
        server = self.make_server()
        self.assertFalse(server.push(b""))
        wire = self.boot(server)
        rain = violet.packet(violet.ambient({1: 3}))
        self.assertTrue(server.push(rain))
        wire.hear(
            f"<message from='net.openjabnab.platform@almacska/services' to='{J}/idle' "
            "id='OJaNa-0'><packet xmlns='violet:packet' format='1.0' ttl='604800'>"
            "fwQAAAZ////+AQP/</packet></message>"
        )
        server.push(bytes.fromhex("deadbeef"), resource="urgent", ttl=1)
        heard = wire.hear_until(">3q2+7w==</packet></message>")
        self.assertIn(f"to='{J}/urgent' id='OJaNa-1'", heard)
        server.push(rain + rain)
        wire.hear_until(f">{base64.b64encode(rain + rain).decode()}</packet></message>")
        server.glue("<iq/>")
        wire.ask(PRESENCE, PRESENCE_ECHO + "<iq/>")

    def test_packets(self):
        for data, vector in (
            (violet.packet(violet.ambient({4: 10, 5: 5})), "7f040000087ffffffe040a0505ff"),
            (violet.packet(violet.mode(True)), "7f0b00000101ff"),
            (violet.packet(violet.reboot()), "7f09000000ff"),
            (violet.packet(violet.program("MU a\n")), "7f0a00000600fafe8f505dff"),
        ):
            self.assertEqual(data.hex(), vector)

    def test_keep_alive(self):
        server = self.make_server()
        wire = self.boot(server)
        wire.say(" ")
        wait_for(lambda: server.heard[-1].step == "keep-alive", 5, "the keep-alive")
        wire.ask(bind("streaming", 8, "idle"), bound("streaming", 8))
        wire.ask(
            " ",
            f"<iq type='get' from='server@almacska/idle' to='{J}' id='OJN-0'>"
            "<query xmlns='jabber:iq:version'/></iq>",
        )
        wire.say(
            f"<iq from='{J}/streaming' to='server@almacska/idle' type='result' id='OJN-0'>"
            "<query xmlns='jabber:iq:version'><name>Nabaztag/tag</name>"
            "<version>18673</version></query></iq>"
        )
        wait_for(lambda: server.steps()[-1] == "version", 5, "the version")

    def test_second_login(self):
        server = self.make_server()
        first = self.boot(server)
        self.boot(server)
        first.hear_end()
        self.assertEqual(server.closings, [(1, "the same rabbit logged in again")])
        self.assertTrue(server.is_ready())


class OpenJabNab(ServerCase):
    """The login without a realm, of a rabbit called 0019db01dbd7."""

    USER, SECRET, URI = "0019db01dbd7", "2097b6826465", "xmpp/ojn.example.org"
    CNONCE, GOOD = "0123456789528", "00d3c3475ec01d608ba3abec1d8a64ea"

    def make_ojn(self, **options):
        options = {"domain": "ojn.example.org", "realm": None, "nonces": [], **options}
        server = self.make_server(**options)
        server.rabbits[self.USER].password = self.SECRET
        return server

    def respond(self, server, hash=GOOD, nul="\0", form="{user},{nonce},{rest}"):
        wire = self.open(server)
        wire.say(AUTH)
        challenge = wire.hear_until("</challenge>")
        self.assertEqual(
            base64.b64decode(challenge.split(">")[1].split("<")[0]).decode(),
            'nonce="1804289383",qop="auth",charset=utf-8,algorithm=md5-sess',
        )
        text = form.format(
            user=f'username="{self.USER}"',
            nonce='nonce="1804289383"',
            rest=f'cnonce="{self.CNONCE}{nul}",nc=00000001,qop=auth,digest-uri="{self.URI}",'
            f"response={hash},charset=utf-8",
        )
        encoded = base64.b64encode(text.encode()).decode()
        wire.say(f"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{encoded}</response>")
        return wire

    def test_nul_in_the_hash(self):
        for nul in ("\0", ""):
            proof = self.respond(self.make_ojn(), nul=nul).hear_until("</challenge>")
            self.assertEqual(
                base64.b64decode(proof.split(">")[1].split("<")[0]).decode(),
                "rspauth=e7f7f4fd2c390f6348231e87541f4565",
            )

    def test_no_nul_in_the_hash(self):
        clean = violet.digest(
            *(
                text.encode()
                for text in (self.USER, "", self.SECRET, "1804289383", self.CNONCE, self.URI)
            )
        )
        self.assertNotEqual(clean, self.GOOD)
        for nul in ("\0", ""):
            server = self.make_ojn()
            wire = self.respond(server, hash=clean, nul=nul)
            wire.hear(FAILURE)
            self.assertEqual(server.rabbits[self.USER].state, "disconnected")
            wire.say(HEADER)  # on the same connection
            wire.hear_until("</stream:features>")

    def test_forms(self):
        for form in (
            '{user},realm="",{nonce},{rest}',
            "{user}, {nonce},{rest}",
            "{nonce},{user},{rest}",
            "{user},{nonce},maxbuf=4096,{rest}",
            "charset=utf-8,{user},{nonce},{rest}",
        ):
            with self.subTest(form):
                server = self.make_ojn()
                self.respond(server, form=form).hear_end()
                self.assertEqual(server.closings[-1][1], "no response of the expected form")

    def test_bypass(self):
        server = self.make_ojn(bypass=True)
        wire = self.respond(server, hash="0" * 32)
        wire.hear(SUCCESS)
        wire.say(HEADER)
        wire.hear_until("</stream:features>")
        self.assertEqual(server.rabbits[self.USER].state, "authenticated")

    def test_proof_inside_success(self):
        wire = self.respond(self.make_ojn(proof="success"))
        proof = base64.b64encode(b"rspauth=e7f7f4fd2c390f6348231e87541f4565").decode()
        wire.hear(f"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{proof}</success>")
        wire.say(HEADER)
        wire.hear_until("</stream:features>")

    def test_no_proof(self):
        wire = self.respond(self.make_ojn(proof="none"))
        wire.hear(SUCCESS)


class Deviations(ServerCase):
    """What OpenJabNab does not take."""

    def setUp(self):
        self.server = self.make_server()

    def test_other_headers(self):
        for header in (
            '<?xml version="1.0"?><stream:stream to="almacska" xml:lang="en">',
            HEADER[len("<?xml version='1.0' encoding='UTF-8'?>") :],
            "\n" + HEADER,
        ):
            wire = Wire(self, self.server)
            wire.say(header)
            wire.hear_end()

    def test_other_auths(self):
        for auth in (
            AUTH.replace("'", '"'),
            AUTH.replace("DIGEST-MD5", "PLAIN"),
            "<auth mechanism='DIGEST-MD5' xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "</stream:stream>",
        ):
            with self.subTest(auth):
                wire = self.open(self.server)
                wire.say(auth)
                wire.hear_end()

    def test_other_last_response(self):
        wire = self.open(self.server)
        self.authenticate(wire)
        wire.hear_until("</challenge>")
        wire.say(LAST_RESPONSE.replace("'", '"'))
        wire.hear_end()

    def test_fragments_of_the_login(self):
        wire = self.open(self.server)
        wire.say(AUTH[:20])
        wire.hear_end()
        self.assertEqual(len(self.server.faults_of_writing()), 1)

    def test_registration_with_a_password(self):
        wire = self.open(self.server)
        wire.say(REGISTER_GET)
        wire.hear_until("</iq>")
        wire.say(REGISTER_SET)
        wire.hear_end()
        self.assertEqual(
            self.server.closings, [(1, "registration of a rabbit that has a password")]
        )
        url = f"http://{self.server.web.address}/vl/sendMailXMPP.jsp"
        with urllib.request.urlopen(f"{url}?m={MAC}&d=almacska&r=FailureLogin&v=18673") as answer:
            self.assertEqual(answer.read(), b"")
        self.assertIsNone(self.server.rabbits[MAC].password)
        wire = self.open(self.server)
        wire.say(REGISTER_GET)
        wire.hear_until("</iq>")
        wire.say(REGISTER_SET)
        wire.hear_until("</iq>")
        self.assertEqual(self.server.rabbits[MAC].password, PASSWORD)

    def test_other_registrations(self):
        for first, second in (
            (REGISTER_GET.replace("violet:iq:register", "jabber:iq:register"), None),
            (REGISTER_GET.replace("<iq ", "<iq xmlns='jabber:client' "), None),
            (REGISTER_GET, REGISTER_SET.replace('"', "'")),
            (REGISTER_GET, REGISTER_SET.replace(MAC, MAC.upper())),
            (REGISTER_GET, REGISTER_SET.replace("</username>", "</username><name>x</name>")),
        ):
            with self.subTest(second or first):
                server = self.make_server(password=None)
                wire = self.open(server)
                wire.say(first)
                if second:
                    wire.hear_until("</iq>")
                    wire.say(second)
                wire.hear_end()
                self.assertIsNone(server.rabbits[MAC].password)

    def test_wrong_password(self):
        self.server.rabbits[MAC].password = WIRE
        wire = self.open(self.server)
        self.authenticate(wire)
        wire.hear(FAILURE)

    def test_other_stanzas(self):
        wire = self.boot(self.server)
        for text in (
            session("idle", 8).replace(SESSION, SESSION.replace("'", '"')),
            session("idle", 8).replace("<iq ", "<iq xmlns='jabber:client' "),
            session("idle", 8).replace(" type=", "  type="),
            SOURCES.replace('"', "'"),
            f"<presence from='{J}/idle' id='8'/>",
            f"<presence id='8' from='{J}/idle'></presence>",
            "<presence/>",
            PING,
            PING.replace("><ping xmlns='urn:xmpp:ping'/></iq>", "/>"),
            "<message><body>hello</body></message>",
            "<message><button><clic>3</clic></button></message>",
            "<message> <button><clic>1</clic></button></message>",
            "<r xmlns='urn:xmpp:sm:3'/>",
            "</stream:stream>",
        ):
            with self.subTest(text):
                self.check_silence(wire, text)
        self.assertEqual(self.server.events, [])
        self.assertEqual(self.server.closings, [])

    def test_two_stanzas_in_one_write(self):
        wire = self.boot(self.server)
        self.check_silence(wire, session("idle", 8) + session("idle", 9))
        self.check_silence(wire, session("idle", 8) + "<message><body/></message>")
        # the first of two binds is seen, the second is not
        wire.ask(bind("busy", 8) + bind("asleep", 9), bound("busy", 8))
        self.assertEqual(len(self.server.faults_of_writing()), 3)

    def test_fragmented_stanza(self):
        wire = self.boot(self.server)
        text = session("idle", 8)
        count = len(self.server.heard)
        wire.say(text[:40])
        wait_for(lambda: len(self.server.heard) > count, 5, "the first half")
        self.check_silence(wire, text[40:])
        self.assertEqual(len(self.server.faults_of_writing()), 2)


class Options(ServerCase):
    def test_faults(self):
        said = {
            "header": [HEADER],
            "auth": [AUTH],
            "response": [RESPONSE],
            "proof": [LAST_RESPONSE],
            "restart": [HEADER],
        }
        said.update(zip("bind session sources".split(), ([said] for said, _ in BOOT)))
        said.update(presence=[PRESENCE], unbind=[UNBIND])
        for what in ("close", "silent"):
            for step in said:
                with self.subTest(step, what=what):
                    self.check_fault(step, what)

    def check_fault(self, step, what):
        server = self.make_server()
        server.fault(step, what)
        wire = Wire(self, server)
        script = [(HEADER, "</stream:features>"), (AUTH, "</challenge>")]
        script += [(RESPONSE, "</challenge>"), (LAST_RESPONSE, SUCCESS)]
        script += [(HEADER, "</stream:features>"), *BOOT]
        for text, answer in script:
            wire.say(text)
            wait_for(lambda: server.heard and server.heard[-1].text == text, 5, text)
            if server.steps()[-1] == step:
                break
            wire.hear_until(answer)
        self.assertEqual(server.steps()[-1], step)
        if what == "close":
            wire.hear_end()
            self.assertEqual(server.closings, [(1, f"fault at {step}")])
        else:
            wire.say(PRESENCE)
            wait_for(lambda: server.steps()[-1] == "unknown", 5, "no more listening")
            self.assertEqual(server.closings, [])
        self.boot(server)  # the next one is served

    def test_sources(self):
        server = self.make_server(asleep=True, ambient={1: 3})
        wire = self.log_in(server)
        for said, answer in BOOT[:2]:
            wire.ask(said, answer)
        wire.say(SOURCES)
        text = wire.hear_until("</iq>").split("</packet>")[0].rsplit(">", 1)[1]
        self.assertEqual(base64.b64decode(text).hex(), "7f040000067ffffffe01030b00000101ff")

    def get(self, server, path):
        with urllib.request.urlopen(f"http://{server.web.address}{path}") as answer:
            return answer.read().decode()

    def test_web(self):
        server = self.make_server(resources={"ojn_local/a.chor": b"chor"})
        address = server.web.address
        self.assertEqual(server.locate, f"http://{address}/vl")
        question = f"/vl/locate.jsp?sn={MAC}&h=4&v=18673"
        self.assertEqual(
            self.get(server, question),
            f"ping {address}\nbroad {address}\nxmpp_domain almacska\n",
        )
        self.assertEqual(self.get(server, "/vl/locate.jsp?sn=1"), "404 Not Found")
        self.assertEqual(self.get(server, "/vl/other.jsp"), "404 Not Found")
        self.assertEqual(self.get(server, "/ojn_local/a.chor"), "chor")
        with self.assertRaises(urllib.error.HTTPError):
            self.get(server, "/ojn_local/b.chor")
        self.assertEqual(server.requests[0][1], question)
        ported = self.make_server(domain_with_port=True)
        self.assertIn(f"xmpp_domain almacska:{ported.port}\n", self.get(ported, question))


if __name__ == "__main__":
    unittest.main()
