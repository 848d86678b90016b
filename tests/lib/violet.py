"""
A rabbit platform as strict as OpenJabNab is (protocol.md 2, 8 and 11): what one read() returns is
one message, which is matched literally. What it does not know gets no answer; before the login is
over it closes the connection. Written from the specification and not from our client.
"""

import base64
import binascii
import collections
import hashlib
import http.server
import re
import threading
import time
from urllib.parse import parse_qsl, urlsplit

from .listening import Listening, shut

MAC = "f81edfee27c1"
DOMAIN = "almacska"

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
SESSION = "urn:ietf:params:xml:ns:xmpp-session"
PROLOG = "<?xml version='1.0' encoding='UTF-8'?>"
HEADER = (
    PROLOG + "<stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='%s' from='%s' version='1.0' "
    "xml:lang='en'>"
)
HEADER_IDS = ("2173750751", "1331400675")
STRANGER = (
    f"<stream:features><mechanisms xmlns='{SASL}'><mechanism>DIGEST-MD5</mechanism>"
    "<mechanism>PLAIN</mechanism></mechanisms>"
    "<register xmlns='http://violet.net/features/violet-register'/></stream:features>"
)
FRIEND = (
    f"<stream:features><bind xmlns='{BIND}'><required/></bind><unbind xmlns='{BIND}'/>"
    f"<session xmlns='{SESSION}'/></stream:features>"
)
AUTH = f"<auth xmlns='{SASL}' mechanism='DIGEST-MD5'/>"
LAST_RESPONSE = f"<response xmlns='{SASL}'/>"
REGISTER_GET = "<query xmlns='violet:iq:register'/>"
REGISTER_SET = re.compile(
    r'<query xmlns="violet:iq:register"><username>([0-9a-f]*)</username>'
    r"<password>([0-9a-f]*)</password></query>"
)
SESSION_SET = f"<session xmlns='{SESSION}'/>"
SOURCES_GET = (
    '<query xmlns="violet:iq:sources"><packet xmlns="violet:packet" format="1.0"/></query>'
)
VERSION_RESULT = re.compile(
    "<query xmlns='jabber:iq:version'><name>Nabaztag/tag</name><version>.*</version></query>"
)
# A whole element at the top level; for the record alone.
ELEMENT = re.compile(r"<(?!\?|stream:stream|/)([\w:]+)(?:\s[^>]*)?(?:/>|>.*?</\1>)", re.S)

# Where a fault can be set, in the order of a first boot.
STEPS = (
    "header register-get register-set auth response proof restart "
    "bind session sources presence unbind"
).split()


# Packets, as the platform writes them


def frame(kind, payload=b""):
    return bytes([kind]) + len(payload).to_bytes(3, "big") + payload


def packet(*frames):
    return b"\x7f" + b"".join(frames) + b"\xff"


def message(data, sender, to, id="1", ttl=604800):
    """A message with bytes as a packet, whatever they are."""
    return (
        f"<message from='{sender}' to='{to}' id='{id}'>"
        f"<packet xmlns='violet:packet' format='1.0' ttl='{ttl}'>"
        f"{base64.b64encode(data).decode()}</packet></message>"
    )


def ambient(pairs):
    """{service: value}"""
    values = b"".join(bytes(pair) for pair in pairs.items())
    return frame(4, b"\x7f\xff\xff\xfe" + values)


def mode(asleep):
    return frame(11, bytes([asleep]))


def reboot():
    return frame(9)


def program(text):
    """A program of these lines, enciphered."""
    key, cipher = 0x47, bytearray([0])
    for byte in text.encode("latin-1"):
        cipher.append((47 + byte * pow(key, -1, 256)) % 256)
        key = (2 * byte + 1) % 256
    return frame(10, bytes(cipher))


# Passwords and digests


def xor(password, mac):
    """The password as it is on the wire, or back."""
    return "%012x" % (int(password, 16) ^ int(mac, 16))


def digest(user, realm, password, nonce, cnonce, uri, method="AUTHENTICATE"):
    """RFC 2831's response (method "": rspauth); all but the method are bytes."""
    secret = hashlib.md5(b":".join((user, realm, password))).digest()
    a1 = hashlib.md5(b":".join((secret, nonce, cnonce))).hexdigest().encode()
    a2 = hashlib.md5(method.encode() + b":" + uri).hexdigest().encode()
    text = b":".join((a1, nonce, b"00000001", cnonce, b"auth", a2))
    return hashlib.md5(text).hexdigest()


class Refused(Exception):
    """What closes the connection."""


# step: of STEPS, or "click", "ears", "version", "keep-alive", "unknown". whole: how many elements
# it is made of, 0 where one is not whole.
Heard = collections.namedtuple("Heard", "at connection step id text whole")


class Rabbit:
    """What the platform knows of one rabbit. state: as protocol.md 8.5 has them."""

    def __init__(self, password=None):
        self.password, self.resource, self.connection = password, None, None
        self.state = "disconnected"


class Violet(Listening):
    """
    heard: all that was read, one Heard a read(). closings: (connection, why) of those that it
    closed. events: ("click", 1 or 2, …) and ("ears", left, right). rabbits: by MAC.

    realm: None is OpenJabNab. nonces are used up before made ones. bypass: any digest is right and
    there is no rspauth. proof: "challenge", "success" (inside it, as jabberd2) or "none".
    domain_with_port: how locate names the domain. mode, ambient: what the sources say; may change.
    host: where it listens.
    resources: {path: bytes} of the host called broadcast. applications: {name: function}, which
    gets the fields that were asked (a dict from "st" on) and returns a packet, or None for a 404.
    """

    def __init__(
        self,
        domain=DOMAIN,
        realm=None,
        nonces=(),
        bypass=False,
        proof="challenge",
        domain_with_port=False,
        host="127.0.0.1",
        resources=(),
        applications=(),
        ambient={4: 0, 5: 0, 8: 0},
        asleep=False,
    ):
        self.domain, self.realm, self.bypass, self.proof = domain, realm, bypass, proof
        self.ambient, self.asleep, self.resources = dict(ambient), asleep, dict(resources)
        self.applications = dict(applications)
        self.rabbits = collections.defaultdict(Rabbit)
        self.heard, self.closings, self.events, self.requests = [], [], [], []
        self._nonces, self._faults, self._glue = list(nonces), [], ""
        self._count = collections.Counter()
        self._lock = threading.RLock()
        self.web = _Web(self, domain_with_port, host)
        self.listen(host)

    def stop(self):
        self.web.stop()
        super().stop()

    def serve(self, connection):
        _Client(self, connection, self._connections.index(connection) + 1).serve()

    # What a test looks at

    @property
    def locate(self):
        """For [rabbit] locate."""
        return f"http://{self.web.address}/vl"

    @property
    def moved(self):
        """For [rabbit] locate: a redirect leads to where the servers are named."""
        return f"http://{self.web.address}/moved"

    @property
    def settings(self):
        """Those of its rabbit."""
        return {
            "account": {"jid": self.domain, "dialect": "violet", "server": self.address},
            "rabbit": {"serial": MAC, "locate": self.locate},
            "access": {"owners": None},
        }

    def steps(self, connection=None):
        """The steps in their order without keep-alives; of all connections or of one (1, 2, …)."""
        return [
            heard.step
            for heard in list(self.heard)
            if heard.step != "keep-alive" and connection in (None, heard.connection)
        ]

    def texts(self, step):
        return [heard.text for heard in list(self.heard) if heard.step == step]

    def ids(self, connection):
        """Ids of stanzas in their order."""
        return [
            heard.id
            for heard in list(self.heard)
            if heard.id is not None and heard.connection == connection
        ]

    def faults_of_writing(self):
        """Reads that held more than one element, or a part of one."""
        return [
            heard
            for heard in list(self.heard)
            if heard.step != "keep-alive" and heard.whole != ("stream:stream" not in heard.text)
        ]

    def is_ready(self, mac=MAC):
        return self.rabbits[mac].state == "ready"

    # What a test makes it do

    def fault(self, step, what="close", times=1):
        """At this step, "close" or "silent" (no answer, and no more listening), so many times."""
        assert step in STEPS and what in ("close", "silent")
        with self._lock:
            self._faults += [(step, what)] * times

    def push(self, data, resource=None, mac=MAC, ttl=604800):
        """
        Sends bytes as a packet, whatever they are, to the bound resource or another; true when the
        rabbit is there.
        """
        if not self.rabbits[mac].connection:
            return False
        return self.send(self.message(data, resource, mac, ttl), mac)

    def message(self, data, resource=None, mac=MAC, ttl=604800):
        sender = f"net.openjabnab.platform@{self.domain}/services"
        to = f"{mac}@{self.domain}/{resource or self.rabbits[mac].resource}"
        return message(data, sender, to, f"OJaNa-{self.number('OJaNa')}", ttl)

    def send(self, text, mac=MAC):
        """Sends any text to a rabbit that is logged in."""
        connection = self.rabbits[mac].connection
        return bool(connection) and connection.send(text)

    def glue(self, text):
        """Puts text behind the next answer, into the same write."""
        with self._lock:
            self._glue += text

    def hang_up(self, mac=MAC):
        connection = self.rabbits[mac].connection
        if connection:
            connection.close("hung up")

    # For its parts

    def number(self, name):
        with self._lock:
            self._count[name] += 1
            return self._count[name] - 1

    def nonce(self):
        with self._lock:
            return self._nonces.pop(0) if self._nonces else str(1804289383 + self.number("nonce"))

    def take_fault(self, step):
        with self._lock:
            for fault in self._faults:
                if fault[0] == step:
                    self._faults.remove(fault)
                    return fault[1]
        return None

    def take_glue(self):
        with self._lock:
            text, self._glue = self._glue, ""
            return text

    def sources(self):
        return packet(ambient(self.ambient), mode(self.asleep))


class _Client:
    """One connection. Its stage is the step counter of protocol.md 8.2."""

    def __init__(self, server, connection, number):
        self.server, self.socket, self.number = server, connection, number
        self._stage = self._on_header
        self._mac = self._nonce = self._candidate = None
        self._sending = threading.Lock()

    def send(self, text):
        try:
            with self._sending:
                self.socket.sendall(text.encode())
            return True
        except OSError:
            return False

    def _answer(self, text):
        self.send(text + self.server.take_glue())

    def close(self, why):
        self.server.closings.append((self.number, why))
        self._forget()
        shut(self.socket)

    def _forget(self):
        rabbit = self.server.rabbits[self._mac] if self._mac else None
        if rabbit and rabbit.connection is self:
            rabbit.connection, rabbit.state, rabbit.resource = None, "disconnected", None

    def serve(self):
        try:
            while piece := self.socket.recv(65536):
                self._handle(piece.decode("utf-8", "replace"))
        except Refused as reason:
            self.close(str(reason))
        except OSError:
            pass
        self._forget()

    def _handle(self, text):
        if len(text) == 1:  # alone, at any time
            self._note("keep-alive", text)
            self._on_keep_alive()
            return
        step, answer = self._stage(text)
        fault = self.server.take_fault(step)
        if fault == "close":
            raise Refused(f"fault at {step}")
        if fault == "silent":
            self._stage = self._unknown
        elif answer:
            answer()

    def _note(self, step, text, id=None):
        self.server.heard.append(
            Heard(time.monotonic(), self.number, step, id, text, count_elements(text))
        )

    def _known(self, step, text, answer, id=None):
        self._note(step, text, id)
        return step, answer

    def _unknown(self, text):
        """Noted, no more."""
        match = re.match(r"<(?:iq|message|presence)\s[^>]*?\bid=(['\"])(.*?)\1", text)
        self._note("unknown", text, match and match.group(2))
        return "unknown", None

    def _refuse(self, text, why):
        self._note("unknown", text)
        raise Refused(why)

    # The login, step by step

    def _on_header(self, text):
        if not text.startswith(PROLOG):
            self._refuse(text, "no header")

        def answer():
            self._stage = self._on_auth
            self._answer(HEADER % (HEADER_IDS[0], self.server.domain) + STRANGER)

        return self._known("header", text, answer)

    def _on_auth(self, text):
        if text.startswith(AUTH):
            return self._known("auth", text, self._challenge)
        attributes, content = parse_iq(text)
        if attributes and attributes.get("type") == "get" and content == REGISTER_GET:
            return self._known(
                "register-get", text, lambda: self._form(attributes), attributes.get("id")
            )
        return self._refuse(text, "neither auth nor registration")

    def _form(self, attributes):
        self._stage = self._on_register
        self._answer(
            f"<iq type='result' id='{attributes.get('id', '')}'><query xmlns='violet:iq:register'>"
            "<instructions>Choose a username and password</instructions><username/><password/>"
            "</query></iq>"
        )

    def _on_register(self, text):
        attributes, content = parse_iq(text)
        match = REGISTER_SET.search(content) if attributes else None
        if not match or attributes.get("type") != "set":
            self._refuse(text, "no registration")
        mac, wire = match.groups()
        if not (len(mac) == len(wire) == 12):
            self._refuse(text, "username or password of another length")
        rabbit = self.server.rabbits[mac]
        if rabbit.password is not None:
            self._refuse(text, "registration of a rabbit that has a password")

        def answer():
            rabbit.password = xor(wire, mac)
            self._stage = self._on_auth
            self._answer(
                f"<iq type='result'{swapped(attributes)} id='{attributes.get('id', '')}'>"
                f"{content}</iq>"
            )

        return self._known("register-set", text, answer, attributes.get("id"))

    def _challenge(self):
        self._stage = self._on_response
        self._nonce = self.server.nonce()
        realm = f'realm="{self.server.realm}",' if self.server.realm is not None else ""
        text = f'{realm}nonce="{self._nonce}",qop="auth",charset=utf-8,algorithm=md5-sess'
        self._answer(f"<challenge xmlns='{SASL}'>{encode(text)}</challenge>")

    def _on_response(self, text):
        match = re.search(r"<response[^>]*>(.*)</response>", text, re.S)
        fields = self._fields(match.group(1)) if match else None
        if not fields:
            self._refuse(text, "no response of the expected form")
        mac = fields["username"]
        if not re.fullmatch("[0-9a-f]{12}", mac):
            self._refuse(text, "the username is no MAC")
        return self._known("response", text, lambda: self._judge(mac, fields))

    def _fields(self, text):
        try:
            message = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error:
            return None
        realm = f'realm="{re.escape(self.server.realm)}",' if self.server.realm is not None else ""
        match = re.fullmatch(
            rf'username="(?P<username>[^"]*)",{realm}nonce="(?P<nonce>[^"]*)",'
            r'cnonce="(?P<cnonce>[^"]*)",nc=(?P<nc>[^,]*),qop=auth,digest-uri="(?P<uri>[^"]*)",'
            r"response=(?P<response>[^,]*),charset=utf-8",
            message.replace(b"\0", b"").decode("latin-1"),
        )
        return match and match.groupdict()

    def _judge(self, mac, fields):
        rabbit = self.server.rabbits[mac]
        nonce, cnonce, uri = (fields[name].encode() for name in ("nonce", "cnonce", "uri"))
        arguments = (
            mac.encode(),
            (self.server.realm or "").encode(),
            (rabbit.password or "").encode(),
            nonce,
            cnonce + b"\0",
            uri,
        )
        right = rabbit.password is not None and fields["response"] == digest(*arguments)
        if not right and not self.server.bypass:
            self._stage = self._on_header
            self._answer(f"<failure xmlns='{SASL}'><not-authorized/></failure>")
            return
        if rabbit.connection and rabbit.connection is not self:
            rabbit.connection.close("the same rabbit logged in again")
        self._mac, rabbit.connection, rabbit.state = mac, self, "authenticating"
        self._prove(encode(f"rspauth={digest(*arguments, method='')}"))

    def _prove(self, proof):
        how = "none" if self.server.bypass else self.server.proof
        if how == "challenge":
            self._stage = self._on_proof
            self._answer(f"<challenge xmlns='{SASL}'>{proof}</challenge>")
            return
        self._stage = self._on_restart
        self._answer(
            f"<success xmlns='{SASL}'>{proof}</success>"
            if how == "success"
            else f"<success xmlns='{SASL}'/>"
        )

    def _on_proof(self, text):
        if not text.startswith(LAST_RESPONSE):
            self._refuse(text, "no last response")

        def answer():
            self._stage = self._on_restart
            self._answer(f"<success xmlns='{SASL}'/>")

        return self._known("proof", text, answer)

    def _on_restart(self, text):
        if not text.startswith(PROLOG):
            self._refuse(text, "no second header")

        def answer():
            self._stage = self._on_stanza
            self.server.rabbits[self._mac].state = "authenticated"
            self._answer(HEADER % (HEADER_IDS[1], self.server.domain) + FRIEND)

        return self._known("restart", text, answer)

    # The session

    def _on_keep_alive(self):
        if self._mac and self.server.rabbits[self._mac].resource == "streaming":
            number = self.server.number("OJN")
            self.send(
                f"<iq type='get' from='server@{self.server.domain}/idle' "
                f"to='{self._mac}@{self.server.domain}' id='OJN-{number}'>"
                "<query xmlns='jabber:iq:version'/></iq>"
            )

    def _on_stanza(self, text):
        """A message among others wins, then an iq, then presence."""
        if "<message" in text:
            return self._on_message(text)
        if "<iq" in text:
            return self._on_iq(text)
        return self._on_presence(text)

    def _on_message(self, text):
        match = re.search(r"<message([^>]*)>(.*)</message>", text, re.S)
        body = match.group(2) if match else ""
        id = re.search(r"\bid=(['\"])(.*?)\1", match.group(1)) if match else None
        click = re.search(r"<clic>([0-9]+)</clic>", body)
        ears = re.search(r"<left>([0-9]+)</left><right>([0-9]+)</right>", body)
        if body.startswith("<button") and click and int(click.group(1)) in (1, 2):
            event = re.search(r"<event>([0-9]*)</event>|(<event/>)", body)
            number = (event.group(1) or "") if event else None
            self.server.events.append(("click", int(click.group(1)), number))
            return self._known("click", text, None, id and id.group(2))
        if body.startswith("<ears") and ears:
            self.server.events.append(("ears", *map(int, ears.groups())))
            return self._known("ears", text, None, id and id.group(2))
        return self._unknown(text)

    def _on_iq(self, text):
        attributes, content = parse_iq(text)
        if not attributes:
            return self._unknown(text)
        id = attributes.get("id", "")
        if match := re.search(r"<bind[^>]*><resource>([^<]*)</resource></bind>", content):
            return self._known("bind", text, lambda: self._bind(id, match.group(1)), id)
        if content == SESSION_SET:
            text_of_answer = f"<iq type='result'{swapped(attributes)} id='{id}'>{content}</iq>"
            return self._known("session", text, lambda: self._answer(text_of_answer), id)
        if content == SOURCES_GET:
            return self._known("sources", text, lambda: self._sources(attributes), id)
        if match := re.search(r"<unbind[^>]*><resource>([^<]*)</resource></unbind>", content):
            return self._known("unbind", text, lambda: self._unbind(id, match.group(1)), id)
        if VERSION_RESULT.search(content):
            resource = re.search(rf"from='{self._mac}@{self.server.domain}/([^']*)'", text)
            if resource:
                self.server.rabbits[self._mac].resource = resource.group(1)
            return self._known("version", text, None, id)
        return self._unknown(text)

    def _bind(self, id, resource):
        self.server.rabbits[self._mac].resource = resource
        self._answer(
            f"<iq id='{id}' type='result'><bind xmlns='{BIND}'>"
            f"<jid>{self._mac}@{self.server.domain}/{resource}</jid></bind></iq>"
        )

    def _sources(self, attributes):
        ends, id = swapped(attributes, ("from", "to")), attributes.get("id", "")
        self._answer(
            f"<iq{ends} id='{id}' type='result'>"
            "<query xmlns='violet:iq:sources'>"
            "<packet xmlns='violet:packet' format='1.0' ttl='604800'>"
            f"{base64.b64encode(self.server.sources()).decode()}</packet></query></iq>"
        )

    def _unbind(self, id, resource):
        if resource == "boot":
            self.server.rabbits[self._mac].state = "ready"
        self._answer(f"<iq id='{id}' type='result'/>")

    def _on_presence(self, text):
        match = re.search(r"<presence from='(.*)' id='(.*)'></presence>", text)
        if not match:
            return self._unknown(text)
        sender, id = match.groups()
        answer = f"<presence from='{sender}' to='{sender}' id='{id}'/>"
        return self._known("presence", text, lambda: self._answer(answer), id)


def count_elements(text):
    count = 0
    while text:
        match = ELEMENT.match(text)
        if not match:
            return 0
        count, text = count + 1, text[match.end() :].lstrip()
    return count


def encode(text):
    return base64.b64encode(text.encode()).decode()


def parse_iq(text):
    """Attributes and content as protocol.md 8.3 reads them, or (None, "")."""
    match = re.search(r"<iq ([^>]*)>(.*)</iq>", text, re.S)
    if not match:
        return None, ""
    attributes = {}
    for part in match.group(1).split(" "):
        name, equals, value = part.partition("=")
        if name not in ("type", "id", "from", "to") or not equals or len(value) < 2:
            return None, ""
        attributes[name] = value[1:-1]
    return attributes, match.group(2)


def swapped(attributes, order=("to", "from")):
    """to and from of an answer, where the question had them."""
    other = {"to": "from", "from": "to"}
    pairs = [(name, attributes.get(other[name])) for name in order]
    return "".join(f" {name}='{value}'" for name, value in pairs if value is not None)


class _Web:
    """
    locate.jsp, sendMailXMPP.jsp, which forgets the rabbit's password, and the resources. Anything
    else below /vl/ is "404 Not Found" with status 200; /moved/locate.jsp redirects.
    """

    def __init__(self, server, domain_with_port, host):
        self.server, self.domain_with_port = server, domain_with_port
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.server.requests.append((time.monotonic(), self.path))
                status, body = web.answer(urlsplit(self.path))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._httpd = http.server.ThreadingHTTPServer((host, 0), Handler)
        self._httpd.daemon_threads = True
        self.address = f"{host}:{self._httpd.server_port}"
        threading.Thread(target=self._httpd.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self._httpd.shutdown()
        self._httpd.server_close()

    def answer(self, url):
        if url.path == "/moved/locate.jsp":
            return 302, f"/vl/locate.jsp?{url.query}".encode()
        if not url.path.startswith("/vl/"):
            body = self.server.resources.get(url.path.lstrip("/"))
            return (404, b"") if body is None else (200, body)
        fields = parse_qsl(url.query, keep_blank_values=True, encoding="latin-1")
        if url.path == "/vl/locate.jsp" and [name for name, _ in fields] == ["sn", "h", "v"]:
            return 200, self.located().encode()
        if url.path == "/vl/sendMailXMPP.jsp":
            self.server.rabbits[dict(fields).get("m", "").replace(":", "")].password = None
            return 200, b""
        if url.path == "/vl/itmode.jsp":
            return self.ask_application(fields)
        return 200, b"404 Not Found"

    def ask_application(self, fields):
        if [name for name, _ in fields[:5]] != ["sn", "v", "h", "a", "st"]:
            return 400, b""
        application = self.server.applications.get(fields[3][1])
        body = application and application(dict(fields[4:]))
        return (404, b"") if body is None else (200, body)

    def located(self):
        domain = self.server.domain
        if self.domain_with_port:
            domain += f":{self.server.port}"
        return f"ping {self.address}\nbroad {self.address}\nxmpp_domain {domain}\n"
