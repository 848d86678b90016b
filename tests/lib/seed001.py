"""
The server of seed 001, played from a script: its features, its registration form, and a DIGEST-MD5
that believes nothing. It has no TLS.
"""

import base64
import binascii
import re
import secrets
from xml.sax.saxutils import unescape

from .listening import Listening
from .violet import digest

DOMAIN = "almacska"

HEADER = (
    "<?xml version='1.0' encoding='UTF-8'?>"
    '<stream:stream xmlns:stream="http://etherx.jabber.org/streams" xmlns="jabber:client" '
    f'from="{DOMAIN}" id="%s" xml:lang="en" version="1.0">'
)
STRANGER = (
    '<stream:features><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl">'
    "<mechanism>DIGEST-MD5</mechanism><mechanism>PLAIN</mechanism>"
    "<mechanism>ANONYMOUS</mechanism><mechanism>CRAM-MD5</mechanism></mechanisms>"
    '<compression xmlns="http://jabber.org/features/compress"><method>zlib</method></compression>'
    '<auth xmlns="http://jabber.org/features/iq-auth"/>'
    '<register xmlns="http://jabber.org/features/iq-register"/></stream:features>'
)
FRIEND = (
    '<stream:features><compression xmlns="http://jabber.org/features/compress">'
    "<method>zlib</method></compression>"
    '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>'
    '<session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></stream:features>'
)
LEGACY = "<username/><password/><email/><name/>"
FORM = (
    '<x xmlns="jabber:x:data" type="form"><title>XMPP Client Registration</title>'
    "<instructions>Please provide the following information</instructions>"
    '<field var="FORM_TYPE" type="hidden"><value>jabber:iq:register</value></field>'
    '<field var="username" type="text-single" label="Username"><required/></field>'
    '<field var="name" type="text-single" label="Full name"/>'
    '<field var="email" type="text-single" label="Email"/>'
    '<field var="password" type="text-private" label="Password"><required/></field></x>'
)
SASL = 'xmlns="urn:ietf:params:xml:ns:xmpp-sasl"'

# One top-level element, or the header of a stream.
ELEMENT = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(<stream:stream[^>]*>|</stream:stream>|"
    rb"<(\w+)(?:\s[^>]*)?(?:/>|>.*?</\2>))",
    re.S,
)


class Seed001(Listening):
    """
    accounts: passwords by user. verdicts: what it thought of each login, "accepted" or what was
    wrong. registrations: the fields of each, as sent. `nonces` are used up before random ones.
    form_only: its registration has no legacy fields. lenient: kinds of faults it lets pass.
    """

    def __init__(self, nonces=(), form_only=False, lenient=()):
        self.accounts, self.verdicts, self.registrations, self.mechanisms = {}, [], [], []
        self._nonces, self._form_only, self._lenient = list(nonces), form_only, lenient
        self.listen()

    def serve(self, connection):
        _Client(self, connection).serve()

    def nonce(self):
        return self._nonces.pop(0) if self._nonces else secrets.token_urlsafe(30)

    def decode(self, text):
        """Base64 as RFC 4648 wants it; else a fault, unless that is let pass."""
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            if "base64" not in self._lenient:
                raise ValueError("base64") from None
            return base64.b64decode(text + b"=" * (-len(text) % 4))

    def check(self, message, nonce):
        """The user and the rspauth of a good response; else ValueError names the fault."""
        found = re.findall(rb'([a-z-]+)=(?:"([^"]*)"|([^",\s]+))\s*(?:,\s*|$)', message)
        fields = {name: quoted or bare for name, quoted, bare in found}
        if b"\0" in message and "nul" not in self._lenient:
            raise ValueError("nul")
        user, cnonce, uri = (
            fields.get(name, b"") for name in (b"username", b"cnonce", b"digest-uri")
        )
        if fields.get(b"nonce") != nonce or fields.get(b"realm") != DOMAIN.encode():
            raise ValueError("nonce or realm")
        if uri != b"xmpp/" + DOMAIN.encode() or fields.get(b"nc") != b"00000001" or not cnonce:
            raise ValueError("uri, nc or cnonce")
        password = self.accounts.get(user.decode())
        if password is None:
            raise ValueError("no account")
        arguments = (user, DOMAIN.encode(), password.encode(), nonce, cnonce, uri)
        if fields.get(b"response", b"").decode() != digest(*arguments):
            raise ValueError("hash")
        return user.decode(), digest(*arguments, method="")

    def form(self):
        return FORM if self._form_only else LEGACY + FORM


class _Client:
    """One connection."""

    def __init__(self, server, connection):
        self._server, self._connection = server, connection
        self._buffer = b""
        self._user = self._nonce = self._candidate = None

    def _send(self, text):
        self._connection.sendall(text.encode())

    def serve(self):
        try:
            while True:
                match = ELEMENT.match(self._buffer)
                if not match:
                    piece = self._connection.recv(65536)
                    if not piece:
                        break
                    self._buffer += piece
                    continue
                self._buffer = self._buffer[match.end() :]
                self._handle(match.group(1))
        except OSError:
            pass
        self._connection.close()

    def _handle(self, element):
        if element.startswith(b"<stream:stream"):
            self._send(HEADER % secrets.token_hex(3))
            self._send(FRIEND if self._user else STRANGER)
        elif element.startswith(b"<auth"):
            self._on_auth(element)
        elif element.startswith(b"<response"):
            self._on_response(re.sub(rb"^<[^>]*>|</response>$", b"", element))
        elif b"jabber:iq:register" in element:
            self._on_register(element.decode())
        elif element.startswith(b"<iq"):
            self._on_iq(element.decode())

    def _refuse(self, fault):
        self._server.verdicts.append(fault)
        self._send(f"<failure {SASL}><not-authorized/></failure>")

    def _on_auth(self, element):
        mechanism = re.search(rb"mechanism=['\"]([^'\"]*)", element).group(1).decode()
        self._server.mechanisms.append(mechanism)
        if mechanism != "DIGEST-MD5":
            self._refuse(f"mechanism {mechanism}")
            return
        self._nonce = self._server.nonce()
        text = f'realm="{DOMAIN}",nonce="{self._nonce}",qop="auth",charset=utf-8,algorithm=md5-sess'
        self._send(f"<challenge {SASL}>{base64.b64encode(text.encode()).decode()}</challenge>")

    def _on_response(self, text):
        if self._candidate and not text:
            self._user, self._candidate = self._candidate, None
            self._server.verdicts.append("accepted")
            self._send(f"<success {SASL}/>")
            return
        try:
            message = self._server.decode(text)
            self._candidate, proof = self._server.check(message, self._nonce.encode())
        except ValueError as fault:
            self._refuse(str(fault))
            return
        proof = base64.b64encode(f"rspauth={proof}".encode()).decode()
        self._send(f"<challenge {SASL}>{proof}</challenge>")

    def _on_register(self, text):
        number = re.search(r"\bid=['\"]([^'\"]*)", text).group(1)
        if re.search(r"\btype=['\"]get", text):
            self._send(
                f'<iq type="result" id="{number}">\n\t<query xmlns="jabber:iq:register">\n\t\t'
                f"{self._server.form()}\n\t</query>\n</iq>"
            )
            return
        fields = re.findall(r"<(username|password|name|email)>([^<]*)</", text)
        fields += re.findall(r"<field[^>]*var=['\"]([^'\"]*)['\"][^>]*>\s*<value>([^<]*)</", text)
        fields = {name: unescape(value) for name, value in fields}
        self._server.registrations.append(fields)
        self._server.accounts[fields["username"]] = fields["password"]
        self._send(f'<iq type="result" id="{number}" from="{DOMAIN}" to="{DOMAIN}/6b4c6f"/>')

    def _on_iq(self, text):
        number = re.search(r"\bid=['\"]([^'\"]*)", text).group(1)
        if "urn:ietf:params:xml:ns:xmpp-bind" in text:
            self._send(
                f'<iq type="result" id="{number}"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">'
                f"<jid>{self._user}@{DOMAIN}/nabaztagd</jid></bind></iq>"
            )
        elif re.search(r"\btype=['\"](get|set)", text):
            self._send(f'<iq type="result" id="{number}"/>')
