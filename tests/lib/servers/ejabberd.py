"""A private ejabberd: no epmd, no distribution, no privileges."""

import glob
import json
import os
import subprocess
import urllib.request

from .base import Server

HERE = os.path.dirname(os.path.abspath(__file__))

CONFIG = """
loglevel: info
hosts: [{domain}]
certfiles: ["{pem}"]
listen:
  - port: {port}
    ip: 127.0.0.1
    module: ejabberd_c2s
    {tls}
  - port: {control}
    ip: 127.0.0.1
    module: ejabberd_http
    request_handlers: {{/api: mod_http_api}}
s2s_access: none
auth_method: internal
auth_password_format: plain
disable_sasl_mechanisms: [{disabled}]
registration_timeout: {throttle}
api_permissions:
  tests: {{who: all, what: ["*"]}}
modules:
  {registration}
  mod_admin_extra: {{}}
  mod_caps: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_pubsub: {{plugins: [pep]}}
  mod_roster: {{}}
  mod_stream_mgmt: {{}}
  mod_witness: {{}}
"""


class Ejabberd(Server):
    """`throttle`: seconds between two registrations from one address."""

    name = "ejabberd"
    offers = ("SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "PLAIN")
    sees = frozenset("rejected register-get register-set registered accepted bound".split())
    extra_ports = 1
    logs = ("output", "ejabberd.log")

    def __init__(self, folder, throttle=None, **options):
        super().__init__(folder, **options)
        self.throttle = throttle
        self._to_add = []
        self._added = []  # accounts made here: its witness saw that, too
        subprocess.run(
            ["erlc", "-o", self.folder, os.path.join(HERE, "mod_witness.erl")], check=True
        )

    def _launch(self):
        pem = self._write("server.pem", self._read(self.certificate) + self._read(self._key))
        disabled = [] if not self.only_plain else ["SCRAM-SHA-1", "SCRAM-SHA-256"]
        disabled += [] if not self.only_plain else ["SCRAM-SHA-512", "DIGEST-MD5"]
        tls = {"starttls": "starttls_required: true", "direct": "tls: true", None: "tls: false"}
        config = self._write(
            "ejabberd.yml",
            CONFIG.format(
                domain=self.domain,
                pem=pem,
                port=self.port,
                control=self._extra_ports[0],
                tls=tls[self.tls],
                disabled=", ".join(f'"{name}"' for name in disabled),
                throttle=self.throttle or "infinity",
                registration="mod_register: {}" if self.registration else "",
            ),
        )
        library = os.path.dirname(glob.glob("/usr/lib/*/ejabberd-*")[0])
        self._run(
            "output",
            ["erl", "-noinput", "-noshell", "-start_epmd", "false", "+S", "1:1", "+A", "1"]
            + ["-pa", self.folder, "-mnesia", "dir", f'"{self.folder}/mnesia"', "-s", "ejabberd"],
            HOME=self.folder,
            EJABBERD_CONFIG_PATH=config,
            EJABBERD_LOG_PATH=os.path.join(self.folder, "ejabberd.log"),
            ERL_CRASH_DUMP=os.path.join(self.folder, "crash"),
            ERL_LIBS=library,
            WITNESS_FILE=os.path.join(self.folder, "witness"),
        )

    @staticmethod
    def _read(path):
        with open(path, encoding="ascii") as file:
            return file.read()

    def _listens(self):
        return self._accepts(self.port) and self._accepts(self._extra_ports[0])

    def _started(self):
        while self._to_add:
            self.add_account(*self._to_add.pop(0))

    # Accounts, by its HTTP interface

    def _control(self, command, **arguments):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._extra_ports[0]}/api/{command}",
            json.dumps({"host": self.domain, **arguments}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def add_account(self, user, password):
        if not self._processes:
            self._to_add.append((user, password))
        elif self.has_account(user):
            self._control("change_password", user=user, newpass=password)
        else:
            self._control("register", user=user, password=password)
            self._added.append(f"registered {user}")

    def forget_account(self, user):
        self._control("unregister", user=user)

    def accounts(self):
        return set(self._control("registered_users"))

    def knows(self, user, password):
        return self._control("check_password", user=user, password=password) == 0

    def keeps_message_for(self, user):
        answer = self._control("get_offline_count", user=user)
        return (answer["value"] if isinstance(answer, dict) else answer) > 0

    def _witness(self):
        lines = super()._witness()
        for line in self._added:
            if line in lines:
                lines.remove(line)
        return lines
