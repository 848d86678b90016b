"""The platform's failure hook: a small web server that writes down what it is asked."""

import http.server
import threading
import time
from urllib.parse import parse_qsl, urlsplit


class Hook:
    """
    mode: "ok", "500", "slow" (answers long after anybody's patience), "redirects" (to itself, for
    ever), "endless" (a body that never ends), "dead" (nobody listens on its port).
    """

    PATH = "/vl/sendMailXMPP.jsp"

    def __init__(self, mode="ok", on_request=None):
        self.mode = mode
        self.requests = []  # (monotonic time, path with query)
        self._on_request = on_request
        self._closing = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hook._answer(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.PATH}"
        if mode == "dead":
            self._server.server_close()
        else:
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(self, request):
        self.requests.append((time.monotonic(), request.path))
        if self._on_request:
            self._on_request(request.path)
        try:
            getattr(self, "_answer_" + {"500": "error"}.get(self.mode, self.mode))(request)
        except OSError:
            pass

    @staticmethod
    def _head(request, status, **fields):
        request.send_response(status)
        for name, value in fields.items():
            request.send_header(name, value)
        request.end_headers()

    def _answer_ok(self, request):
        self._head(request, 200)
        request.wfile.write(b"ok\n")

    def _answer_error(self, request):
        self._head(request, 500)

    def _answer_slow(self, request):
        self._closing.wait(60)

    def _answer_redirects(self, request):
        self._head(request, 302, Location=self.url + "?again=" + str(len(self.requests)))

    def _answer_endless(self, request):
        self._head(request, 200)
        while not self._closing.wait(0.01):
            request.wfile.write(b"x" * 4096)

    def reports(self):
        """The reports so far, each a list of (name, value) in the order they were sent."""
        return [
            parse_qsl(urlsplit(path).query, keep_blank_values=True)
            for _, path in list(self.requests)
        ]

    def reasons(self):
        return [dict(report).get("r") for report in self.reports()]

    def stop(self):
        self._closing.set()
        if self.mode != "dead":
            self._server.shutdown()
            self._server.server_close()
