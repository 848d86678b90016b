"""A private prosody with its own folder, loopback port and certificate."""

import os
import re
from urllib.parse import unquote

from .base import Server

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


def _file_name(name):
    """What prosody calls the file of something that has this name."""
    return re.sub("[^A-Za-z0-9]", lambda match: f"%{ord(match[0]):02x}", name)


class Prosody(Server):
    """`modules`: more of them. `interfaces`: addresses it listens at."""

    name = "prosody"
    offers = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")
    sees = frozenset(
        "rejected register-get register-set registering registered accepted bound".split()
    )
    logs = ("output", "prosody.log")

    def __init__(self, folder, modules=(), interfaces=("127.0.0.1",), **options):
        super().__init__(folder, **options)
        self.interfaces = interfaces
        os.makedirs(os.path.join(self.folder, "data"), mode=0o700)
        self.modules = MODULES + list(modules)

    def _launch(self):
        modules = [name for name in self.modules if self.registration or name != "register"]
        if self.tls:
            modules.append("tls")
        path = self._write(
            "prosody.cfg.lua",
            CONFIG.format(
                folder=self.folder,
                domain=self.domain,
                certificate=self.certificate,
                key=self._key,
                plugins=os.path.dirname(os.path.abspath(__file__)),
                starttls_port="" if self.tls == "direct" else self.port,
                direct_port=self.port if self.tls == "direct" else "",
                modules=_lua_list(modules),
                interfaces=_lua_list(self.interfaces),
                registration=_lua(self.registration),
                require_tls=_lua(self.tls == "starttls"),
                plain=_lua(self.only_plain or not self.tls),
                disabled=_lua_list(
                    ["SCRAM-SHA-1", "SCRAM-SHA-256", "DIGEST-MD5"] if self.only_plain else []
                ),
            ),
        )
        self._run("output", ["prosody", "--config", path, "-F"])

    @property
    def _accounts(self):
        return os.path.join(self.folder, "data", _file_name(self.domain), "accounts")

    def _account_file(self, user):
        return os.path.join(self._accounts, f"{_file_name(user)}.dat")

    def add_account(self, user, password):
        path = self._account_file(user)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'return {{ ["password"] = "{password}" }};\n')

    def accounts(self):
        if not os.path.isdir(self._accounts):
            return set()
        names = os.listdir(self._accounts)
        return {unquote(name[:-4]) for name in names if name.endswith(".dat")}

    def knows(self, user, password):
        with open(self._account_file(user), encoding="utf-8") as file:
            return f'["password"] = "{password}"' in file.read()

    def forget_account(self, user):
        os.unlink(self._account_file(user))
