"""A server of a test's own on a free port, each connection in a thread of its own."""

import socket
import threading


class Listening:
    """`serve(connection)` is its own; connections that are left end with stop()."""

    tls = None
    certificate = None

    def listen(self, host="127.0.0.1"):
        self._connections = []
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        self.address = f"{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def stop(self):
        for end in [self._listener, *self._connections]:
            shut(end)


def shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in it
    except OSError:
        pass
    end.close()
