"""A server that lets anyone in and then sends as fast as it can, to see that nothing gets lost."""

import re
import socket
import threading

HEADER = (
    '<?xml version="1.0"?><stream:stream xmlns="jabber:client" '
    'xmlns:stream="http://etherx.jabber.org/streams" from="rabbit.test" id="1" version="1.0">'
)
LOGIN = (
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>"
)
BIND = "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
JID = "0013d4abcdef@rabbit.test/nabaztagd"
BOUND = (
    "<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    f"<jid>{JID}</jid></bind></iq>"
)


class FloodServer:
    """Sends `count` pings to whoever has logged in; `answered` holds the ids that came back."""

    tls = None
    certificate = None

    def __init__(self, count):
        self._count = count
        self.answered = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            self._connection, _ = self._listener.accept()
            self._log_in()
            threading.Thread(target=self._flood, daemon=True).start()
            self._count_answers()
        except OSError:
            pass

    def _hear(self, pattern):
        """Reads until the pattern is there; returns its match."""
        heard = ""
        while True:
            heard += self._connection.recv(4096).decode("utf-8", "replace")
            found = re.search(pattern, heard)
            if found:
                return found

    def _say(self, text):
        self._connection.sendall(text.encode())

    def _log_in(self):
        self._hear("<stream:stream[^>]*>")
        self._say(HEADER + LOGIN)
        self._hear("</auth>")
        self._say(SUCCESS)
        self._hear("<stream:stream[^>]*>")
        self._say(HEADER + BIND)
        request = self._hear("<iq[^>]* id=[\"']([^\"']+)[\"']")
        self._say(BOUND.format(id=request.group(1)))

    def _flood(self):
        ping = "<iq type='get' id='b{}' from='rabbit.test' to='%s'>" % JID
        ping += "<ping xmlns='urn:xmpp:ping'/></iq>"
        self._say("".join(ping.format(number) for number in range(self._count)))

    def _count_answers(self):
        rest = ""
        while True:
            piece = self._connection.recv(65536).decode("utf-8", "replace")
            if not piece:
                return
            rest, end = rest + piece, 0
            for found in re.finditer("<iq[^>]* id=[\"']b([0-9]+)[\"'][^>]*>", rest):
                self.answered.append(int(found.group(1)))
                end = found.end()
            rest = rest[end:]

    def stop(self):
        self._listener.close()
