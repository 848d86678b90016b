"""A server that plays the login up to one point and then falls silent."""

import threading

from .listening import Listening

MECHANISMS = (
    '<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl">'
    "<mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
)
FEATURES = {
    "tls": '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>',
    "sasl": MECHANISMS,
    "register": MECHANISMS + '<register xmlns="http://jabber.org/features/iq-register"/>',
}
HEADER = (
    '<?xml version="1.0"?><stream:stream xmlns="jabber:client" '
    'xmlns:stream="http://etherx.jabber.org/streams" '
    'from="rabbit.test" id="1" version="1.0">'
)
# What the client's last word is before the silence.
LAST_WORD = {"connection": None, "tls": b"<starttls", "sasl": b"<auth", "register": b"<iq"}


class SilentServer(Listening):
    """
    stage: "connection" (not one byte is sent), "tls" (silent after <proceed/>), "sasl", "register".
    """

    def __init__(self, stage):
        self._stage = stage
        self._reached = threading.Event()
        self.listen()

    def serve(self, connection):
        heard = b""
        greeted = False
        last_word = LAST_WORD[self._stage]
        while last_word is None or last_word not in heard:
            if last_word is None:
                self._reached.set()
            try:
                piece = connection.recv(4096)
            except OSError:
                return
            if not piece:
                return
            heard += piece
            if last_word and not greeted and b"<stream:stream" in heard:
                greeted = True
                connection.sendall(
                    f"{HEADER}<stream:features>{FEATURES[self._stage]}</stream:features>".encode()
                )
        if self._stage == "tls":
            connection.sendall(b'<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>')
        self._reached.set()

    def wait_reached(self, timeout=10):
        assert self._reached.wait(timeout), f"no client came as far as {self._stage}"
