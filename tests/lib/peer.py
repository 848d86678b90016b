"""One end of a scripted XMPP connection: what a server's script says and waits for."""

import base64
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import threading

from .rabbit import OWNER, SERIAL
from .server import DOMAIN

RABBIT = f"{SERIAL}@{DOMAIN}"
JID = f"{RABBIT}/nabaztagd"
PASSWORD = "cuckoo-clock-7"
ITERATIONS = 4096

HEADER = (
    '<?xml version="1.0"?><stream:stream xmlns="jabber:client" '
    'xmlns:stream="http://etherx.jabber.org/streams" '
    f'from="{DOMAIN}" id="1" version="1.0">'
)
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
STARTTLS = '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>'
PROCEED = '<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'
BIND = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>'
REGISTER = '<register xmlns="http://jabber.org/features/iq-register"/>'
REQUEST = re.compile(rb"""<iq\b(?=[^>]*\bid=["']([^"']*))(?=[^>]*\btype=["'](?:get|set))[^>]*>""")


def mechanisms(*names):
    offered = "".join(f"<mechanism>{name}</mechanism>" for name in names)
    return f'<mechanisms xmlns="{SASL}">{offered}</mechanisms>'


def features(*content):
    return f"<stream:features>{''.join(content)}</stream:features>"


PLATFORM = f"platform@{DOMAIN}"


def message(body, sender=OWNER + "/lab"):
    return f'<message from="{sender}" to="{JID}" type="chat"><body>{body}</body></message>'


class Gone(Exception):
    """The client closed the connection."""


class WrongProof(Exception):
    """The client does not know the password."""


class Peer:
    """
    Waits as long as it takes: whoever plays a script ends it with close(). `pace`: the bytes of
    each segment sent, None for as they come.
    """

    def __init__(self, connection, certificate):
        self._socket = connection
        self._certificate = certificate
        self._heard = b""
        self._sending = threading.Lock()
        self.pace = None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # Bytes

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        pace = self.pace or max(len(data), 1)
        try:
            with self._sending:
                for at in range(0, len(data), pace):
                    self._socket.sendall(data[at : at + pace])
        except OSError as error:
            raise Gone from error

    def _receive(self):
        try:
            piece = self._socket.recv(65536)
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        self._heard += piece

    def expect(self, pattern):
        """Waits for a regular expression, forgets all up to its end, returns the match."""
        while True:
            found = re.search(pattern, self._heard, re.S)
            if found:
                self._heard = self._heard[found.end() :]
                return found
            self._receive()

    def peek(self, *words):
        """Waits for the first of some words, which stays unread, and returns it."""
        while True:
            found = re.search(b"|".join(words), self._heard)
            if found:
                return found.group(0)
            self._receive()

    def hold(self):
        """Says nothing any more, listens to the end."""
        while True:
            self._heard = b""
            self._receive()

    def never_read(self, data):
        """Sends the same again and again and takes nothing, until the client goes."""
        while True:
            self.send(data)

    def reset(self):
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self):
        for end in (lambda: self._socket.shutdown(socket.SHUT_RDWR), self._socket.close):
            try:
                end()
            except OSError:
                pass

    # The stages of an honest server, one after another

    def open(self, *content):
        """Answers the header of a stream with ours and the features."""
        self.expect(rb"<stream:stream[^>]*>")
        self.send(HEADER + features(*content))

    def proceed(self, extra=""):
        self.open(STARTTLS)
        self.expect(rb"<starttls[^>]*>")
        self.send(PROCEED + extra)

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._certificate)
        try:
            self._socket = context.wrap_socket(self._socket, server_side=True)
        except OSError as error:
            raise Gone from error

    def _sasl(self, element):
        text = self.expect(rb"<%s[^>]*>([^<]*)<" % element).group(1)
        return base64.b64decode(text).decode()

    def say_sasl(self, element, text, behind=""):
        """`behind` comes in the same segment."""
        data = base64.b64encode(text.encode()).decode()
        self.send(f'<{element} xmlns="{SASL}">{data}</{element}>{behind}')

    def begin_scram(self, password=PASSWORD, opened=False):
        """Up to the client's proof, which must be right; returns the server's own."""
        if not opened:
            self.open(mechanisms("SCRAM-SHA-1"))
        bare = self._sasl(b"auth").partition(",,")[2]
        nonce = re.search("r=(.*)", bare).group(1) + base64.b64encode(os.urandom(9)).decode()
        salt = os.urandom(16)
        first = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
        self.say_sasl("challenge", first)
        final, _, proof = self._sasl(b"response").rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, ITERATIONS)
        key = hmac.digest(salted, b"Client Key", "sha1")
        signed = f"{bare},{first},{final}".encode()
        signature = hmac.digest(hashlib.sha1(key).digest(), signed, "sha1")
        expected = bytes(a ^ b for a, b in zip(key, signature))
        if base64.b64decode(proof) != expected:
            raise WrongProof
        server_key = hmac.digest(salted, b"Server Key", "sha1")
        return "v=" + base64.b64encode(hmac.digest(server_key, signed, "sha1")).decode()

    def refuse(self, condition):
        self.send(f'<failure xmlns="{SASL}"><{condition}/><text>no</text></failure>')

    def authenticate(self):
        self.say_sasl("success", self.begin_scram())

    def answer(self, content="", kind="result"):
        """Answers the next request of the client."""
        identity = self.expect(REQUEST.pattern).group(1).decode()
        self.send(f'<iq type="{kind}" id="{identity}">{content}</iq>')

    def register(self):
        """From the request for the form to the answer; returns the password of the account."""
        self.answer('<query xmlns="jabber:iq:register"><username/><password/></query>')
        submit = self.expect(REQUEST.pattern + rb".*?<password>([^<]*)</password>")
        self.send(f'<iq type="result" id="{submit.group(1).decode()}"/>')
        return submit.group(2).decode()

    def bind(self):
        self.open(BIND)
        self.answer(BIND.replace("/>", f"><jid>{JID}</jid></bind>"))

    def log_in(self):
        self.authenticate()
        self.bind()

    def serve(self):
        """An honest session to its end; every request gets an empty result."""
        while True:
            self.answer()

    def serve_apart(self):
        """The same beside the script, which goes on sending. Returns the thread."""

        def serve():
            try:
                self.serve()
            except Gone:
                pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return thread

    def say_no_more(self):
        self._socket.shutdown(socket.SHUT_WR)
