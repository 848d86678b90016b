"""What all servers have in common: a folder, a free loopback port, a certificate, processes."""

import os
import signal
import socket
import subprocess

from .. import certificates
from ..ports import free_port
from ..waiting import TimeOver, wait_for

DOMAIN = "rabbit.test"


class Server:
    """
    tls: "starttls", "direct" or None. certificate_for: the domain in its certificate.
    only_plain: no other SASL mechanism, offered even without TLS.

    A kind of server defines: name, offers (the mechanisms the rabbit knows, best first), sees (what
    its witness() tells), _launch(), add_account(), forget_account(), accounts() and knows().
    """

    name = None
    offers = ()
    sees = frozenset()
    extra_ports = 0  # it needs besides the one for clients

    def __init__(
        self,
        folder,
        tls="starttls",
        registration=True,
        certificate_for=None,
        expired=False,
        only_plain=False,
        domain=DOMAIN,
    ):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, mode=0o700)
        self.tls, self.registration, self.only_plain = tls, registration, only_plain
        self.domain = domain
        self.certificate, self._key = certificates.make(
            self.folder, "server", certificate_for or domain, expired
        )
        self._processes = []
        self._draw_ports()

    def _draw_ports(self):
        self.port = free_port()
        self._extra_ports = [free_port() for _ in range(self.extra_ports)]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    # The process

    def start(self):
        for _ in range(5):
            self._launch()
            if self._listens():
                self._started()
                return self
            self.stop()
            self._draw_ports()
        raise AssertionError(f"{self.name} does not start:\n" + self.log_tail())

    def _launch(self):
        raise NotImplementedError

    def _started(self):
        """Called when it accepts clients."""

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _run(self, name, command, **environment):
        """Starts one process of the server; what it prints is appended to the file NAME."""
        with open(os.path.join(self.folder, name), "ab") as output:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self.folder,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
            )

    def _is_running(self):
        return all(process.poll() is None for process in self._processes)

    def _accepts(self, port):
        def connects():
            if not self._is_running():
                raise TimeOver(f"{self.name} ended")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            return wait_for(connects, 30, f"{self.name} to listen") and self._is_running()
        except TimeOver:
            return False

    def _listens(self):
        return self._accepts(self.port)

    def stop(self):
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    def hang(self, hangs=True):
        for process in self._processes:
            process.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    def end(self):
        """Stops it for good, without ceremony."""
        for process in self._processes:
            process.kill()
        self.stop()

    # Accounts (ejabberd must be running for all but the first)

    def add_account(self, user, password):
        raise NotImplementedError

    def forget_account(self, user):
        raise NotImplementedError

    def accounts(self):
        """The names of all accounts, a set."""
        raise NotImplementedError

    def knows(self, user, password):
        """Whether this is the user's password."""
        raise NotImplementedError

    def has_account(self, user):
        return user in self.accounts()

    def keeps_message_for(self, user):
        """Whether a message waits for the user. Most keep things in order: nobody need ask."""
        return True

    # What it saw

    def witness(self, what=None):
        """
        What the server saw, oldest first: "rejected not-authorized", "registered NAME", …; of the
        events it can tell these are the words before the space: see `sees`.
        """
        return [line for line in self._witness() if what is None or line.split()[0] == what]

    def _lines(self, name):
        try:
            path = os.path.join(self.folder, name)
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def _witness(self):
        return self._lines("witness")

    logs = ("output",)

    def log_tail(self, lines=25):
        return "\n".join(line for name in self.logs for line in self._lines(name)[-lines:])
