"""A private prosody with its own folder, loopback port and certificate."""

import os
import socket
import subprocess

from . import certificates
from .ports import free_port
from .waiting import TimeOver, wait_for

DOMAIN = "rabbit.test"

CONFIG = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
plugin_paths = {{ "{plugins}" }}
run_as_root = true
interfaces = {{ {interfaces} }}
c2s_ports = {{ {starttls_port} }}
c2s_direct_tls_ports = {{ {direct_port} }}
s2s_ports = {{ }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s", "s2s_auth_certs" }}
authentication = "internal_plain"
storage = "internal"
allow_registration = {registration}
c2s_require_encryption = {require_tls}
allow_unencrypted_plain_auth = {plain}
disable_sasl_mechanisms = {{ {disabled} }}
witness_file = "{folder}/witness"
log = {{ {{ levels = {{ min = "debug" }}, to = "file", filename = "{folder}/prosody.log" }} }}
ssl = {{ certificate = "{certificate}", key = "{key}" }}
VirtualHost "{domain}"
"""

MODULES = [
    "roster",
    "saslauth",
    "disco",
    "ping",
    "register",
    "pep",
    "blocklist",
    "carbons",
    "smacks",
    "posix",
    "witness",
]


def _lua(value):
    return "true" if value else "false"


def _lua_list(names):
    return ", ".join(f'"{name}"' for name in names)


class Server:
    """
    tls: "starttls", "direct" or None. certificate_for: the domain in its certificate.
    only_plain: no other SASL mechanism, offered even without TLS. modules: more of them.
    interfaces: addresses it listens at.
    """

    def __init__(
        self,
        folder,
        tls="starttls",
        registration=True,
        certificate_for=DOMAIN,
        expired=False,
        only_plain=False,
        modules=(),
        interfaces=("127.0.0.1",),
    ):
        self.folder = os.path.join(folder, "prosody")
        os.makedirs(os.path.join(self.folder, "data"), mode=0o700)
        self.tls, self.registration, self.only_plain = tls, registration, only_plain
        self.modules = MODULES + list(modules)
        self.interfaces = interfaces
        self.certificate, self._key = certificates.make(
            self.folder, "server", certificate_for, expired
        )
        self.port = free_port()
        self._process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        for _ in range(5):
            self._launch()
            if self._listens():
                return self
            self.stop()
            self.port = free_port()
        raise AssertionError("prosody does not start:\n" + self.log_tail())

    def _launch(self):
        modules = [name for name in self.modules if self.registration or name != "register"]
        if self.tls:
            modules.append("tls")
        path = os.path.join(self.folder, "prosody.cfg.lua")
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                CONFIG.format(
                    folder=self.folder,
                    domain=DOMAIN,
                    certificate=self.certificate,
                    key=self._key,
                    plugins=os.path.join(os.path.dirname(os.path.abspath(__file__)), "prosody"),
                    starttls_port="" if self.tls == "direct" else self.port,
                    direct_port=self.port if self.tls == "direct" else "",
                    modules=_lua_list(modules),
                    interfaces=_lua_list(self.interfaces),
                    registration=_lua(self.registration),
                    require_tls=_lua(self.tls == "starttls"),
                    plain=_lua(self.only_plain),
                    disabled=_lua_list(
                        ["SCRAM-SHA-1", "SCRAM-SHA-256", "DIGEST-MD5"] if self.only_plain else []
                    ),
                )
            )
        with open(os.path.join(self.folder, "output"), "ab") as output:
            self._process = subprocess.Popen(
                ["prosody", "--config", path, "-F"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _listens(self):
        def connects():
            if self._process.poll() is not None:
                raise TimeOver("prosody ended")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        try:
            return wait_for(connects, 20, "prosody to listen") and self._process.poll() is None
        except TimeOver:
            return False

    def stop(self):
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _account_file(self, user):
        return os.path.join(
            self.folder, "data", DOMAIN.replace(".", "%2e"), "accounts", f"{user}.dat"
        )

    def add_account(self, user, password):
        path = self._account_file(user)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'return {{ ["password"] = "{password}" }};\n')

    def has_account(self, user):
        return os.path.exists(self._account_file(user))

    def forget_account(self, user):
        os.unlink(self._account_file(user))

    def witness(self, what=None):
        """What the server saw, oldest first: "rejected not-authorized", "registered NAME", …"""
        try:
            with open(os.path.join(self.folder, "witness"), encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if what is None or line.split()[0] == what]

    def log_tail(self, lines=25):
        text = []
        for name in ("output", "prosody.log"):
            try:
                with open(
                    os.path.join(self.folder, name), encoding="utf-8", errors="replace"
                ) as file:
                    text += file.read().splitlines()[-lines:]
            except FileNotFoundError:
                pass
        return "\n".join(text)
