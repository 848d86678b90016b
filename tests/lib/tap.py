"""A relay between a rabbit and its server that hears every piece and can hold one back."""

import socket
import threading


class Tap:
    """
    Has the server's address and certificate as far as a rabbit is concerned. `pieces` are what was
    heard: (direction, bytes), direction "to server" or "to rabbit". `on_piece(number, direction,
    bytes)` is called before a piece (1, 2, …) goes on its way; returning False loses it and all
    that would follow on its connection.
    """

    def __init__(self, server, on_piece=None):
        self.server, self.on_piece = server, on_piece
        self.tls, self.certificate = server.tls, server.certificate
        self.pieces = []
        self._lock = threading.Lock()
        self._ends = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                rabbit, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.server.port))
            except OSError:
                rabbit.close()
                continue
            for end in (rabbit, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends += [rabbit, server]
            for arguments in ((rabbit, server, "to server"), (server, rabbit, "to rabbit")):
                threading.Thread(target=self._relay, args=arguments, daemon=True).start()

    def _relay(self, source, target, direction):
        try:
            while True:
                piece = source.recv(65536)
                if not piece or not self._passes(direction, piece):
                    break
                target.sendall(piece)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _passes(self, direction, piece):
        with self._lock:
            self.pieces.append((direction, piece))
            return not self.on_piece or self.on_piece(len(self.pieces), direction, piece)

    def restart(self, on_piece=None):
        """Forgets what was heard and counts from 1 again."""
        with self._lock:
            self.pieces, self.on_piece = [], on_piece

    def heard(self, direction=None):
        """All that was heard, as text."""
        with self._lock:
            return b"".join(
                piece for way, piece in self.pieces if direction in (None, way)
            ).decode()

    def stop(self):
        for end in [self._listener, *self._ends]:
            end.close()
