"""A private jabberd2, the server of seed 000: a router, a session manager, a client connector."""

import glob
import os
import re
import sqlite3
import subprocess

from ..waiting import TimeOver, wait_for
from .base import Server

HERE = os.path.dirname(os.path.abspath(__file__))

ROUTER = """
<router>
  <id>router</id>
  <log type="stdout"/>
  <local>
    <ip>127.0.0.1</ip><port>{router}</port><users>{folder}/users.xml</users><secret>s</secret>
  </local>
  <io><max_fds>256</max_fds></io>
  <aci><acl type="all"><user>jabberd</user></acl></aci>
</router>
"""

USERS = "<users><user><name>jabberd</name><secret>secret</secret></user></users>\n"

TO_ROUTER = """
  <router>
    <ip>127.0.0.1</ip><port>{router}</port><user>jabberd</user><pass>secret</pass>
    <retry><init>20</init><lost>3</lost><sleep>1</sleep></retry>
  </router>
  <log type="stdout"/>
"""

SQLITE = "<sqlite><dbname>{folder}/accounts.db</dbname><busy-timeout>2000</busy-timeout>"

CLIENTS = (
    """
<c2s>
  <id>c2s</id>"""
    + TO_ROUTER
    + """
  <local>
    <id realm="{domain}" {identity}>{domain}</id>
    <ip>127.0.0.1</ip>
    {ports}
  </local>
  <io>
    <max_fds>256</max_fds>
    <limits><bytes>0</bytes><stanzas>0</stanzas><connects>0</connects></limits>
  </io>
  <authreg>
    <path>{library}</path>
    <module>sqlite</module>
    <mechanisms><traditional/><sasl>{mechanisms}</sasl></mechanisms>
    <ssl-mechanisms><traditional/><sasl>{mechanisms}</sasl></ssl-mechanisms>
    """
    + SQLITE
    + """<password_type><plaintext/></password_type></sqlite>
  </authreg>
</c2s>
"""
)

SESSIONS = (
    """
<sm>
  <id>sm</id>"""
    + TO_ROUTER
    + """
  <local><id>{domain}</id></local>
  <storage>
    <path>{library}</path>
    <driver>sqlite</driver>
    """
    + SQLITE
    + """</sqlite>
  </storage>
  <modules>
    <path>{library}</path>
    {chains}
  </modules>
  <discovery>
    <identity><category>server</category><type>im</type><name>jabberd2</name></identity>
  </discovery>
  <user><auto-create/></user>
</sm>
"""
)

# Which modules look at what, in this order. As Debian has it, but that disco does not answer for
# the clients ("pkt-user").
CHAINS = {
    "in-sess": "validate privacy roster iq-vcard iq-ping iq-private disco offline presence deliver",
    "in-router": "session validate presence privacy",
    "out-router": "privacy",
    "pkt-sm": "iq-ping iq-time iq-version disco presence",
    "pkt-user": "roster presence iq-vcard deliver offline",
    "pkt-router": "session disco",
    "user-load": "active roster privacy",
    "user-create": "active",
    "user-delete": "active offline privacy roster iq-private iq-vcard",
    "disco-extend": "iq-version",
}

# Of its database what these modules use.
OWNED = '"collection-owner" TEXT NOT NULL, "object-sequence" INTEGER PRIMARY KEY'
TABLES = {
    "authreg": '"username" TEXT NOT NULL, "realm" TEXT NOT NULL, "password" TEXT',
    "active": f'{OWNED}, "time" INTEGER NOT NULL DEFAULT 0',
    "logout": f'{OWNED}, "time" INTEGER NOT NULL DEFAULT 0',
    "roster-items": f'{OWNED}, "jid" TEXT NOT NULL, "name" TEXT, "to" BOOLEAN NOT NULL, '
    '"from" BOOLEAN NOT NULL, "ask" INTEGER NOT NULL',
    "roster-groups": f'{OWNED}, "jid" TEXT NOT NULL, "group" TEXT NOT NULL',
    "queue": f'{OWNED}, "xml" TEXT NOT NULL',
    "private": f'{OWNED}, "ns" TEXT, "xml" TEXT',
    "vcard": f'{OWNED}, "fn" TEXT, "nickname" TEXT',
    "privacy-default": f'{OWNED}, "default" TEXT',
    "privacy-items": f'{OWNED}, "list" TEXT NOT NULL, "type" TEXT, "value" TEXT, "deny" BOOL, '
    '"order" INTEGER, "block" INTEGER',
}

# Lines of c2s's log, and what they witness.
EVENTS = (
    (re.compile(r"^witness (.*)"), "{}"),
    (re.compile(r"\] created user: user=([^;]+);"), "registered {}"),
    (re.compile(r"authentication succeeded: ([^ @]+)"), "accepted {}"),
    (re.compile(r"\] bound: jid=([^@]+)@"), "bound {}"),
)


class Jabberd2(Server):
    name = "jabberd2"
    offers = ("DIGEST-MD5", "PLAIN")
    sees = frozenset("rejected register-get register-set registered accepted bound".split())
    extra_ports = 1
    logs = ("router", "sm", "c2s")

    def __init__(self, folder, **options):
        super().__init__(folder, **options)
        with self._database() as database:
            for table, columns in TABLES.items():
                database.execute(f'CREATE TABLE "{table}" ({columns})')
        self._witness_library = os.path.join(self.folder, "witness.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", self._witness_library]
            + [os.path.join(HERE, "jabberd2-witness.c"), "-ldl"],
            check=True,
        )

    def _launch(self):
        pem = self._write("server.pem", self._read(self.certificate) + self._read(self._key))
        identity = 'register-enable="mu"' if self.registration else ""
        if self.tls == "starttls":
            identity += f' pemfile="{pem}" require-starttls="mu"'
        ports = f"<port>{self.port}</port>"
        if self.tls == "direct":
            ports = f"<port>0</port><ssl-port>{self.port}</ssl-port><pemfile>{pem}</pemfile>"
        values = {
            "folder": self.folder,
            "router": self._extra_ports[0],
            "domain": self.domain,
            "identity": identity,
            "ports": ports,
            "library": glob.glob("/usr/lib/*/jabberd2")[0],
            "mechanisms": "<plain/>" if self.only_plain else "<plain/><digest-md5/>",
            "chains": "\n    ".join(
                f'<chain id="{chain}">'
                + "".join(f"<module>{module}</module>" for module in modules.split())
                + "</chain>"
                for chain, modules in CHAINS.items()
            ),
        }
        self._write("users.xml", USERS)
        programs = (("router", ROUTER), ("sm", SESSIONS), ("c2s", CLIENTS))
        for program, config in programs:
            path = self._write(f"{program}.xml", config.format(**values))
            preload = {"LD_PRELOAD": self._witness_library} if program == "c2s" else {}
            self._run(program, [f"jabberd2-{program}", "-c", path], **preload)
            if program == "router" and not self._accepts(self._extra_ports[0]):
                return

    @staticmethod
    def _read(path):
        with open(path, encoding="ascii") as file:
            return file.read()

    def _listens(self):
        # c2s listens once the router knows it; sm must have its domain as well.
        return super()._listens() and self._serves()

    def _serves(self):
        try:
            return wait_for(
                lambda: any(f"[{self.domain}] online" in line for line in self._lines("router")),
                20,
                "jabberd2's session manager",
            )
        except TimeOver:
            return False

    # Accounts, in its database

    def _database(self):
        return sqlite3.connect(os.path.join(self.folder, "accounts.db"), timeout=10)

    def _query(self, text, *values):
        with self._database() as database:
            return database.execute(text, values).fetchall()

    def add_account(self, user, password):
        self._query("DELETE FROM authreg WHERE username = ?", user)
        self._query("INSERT INTO authreg VALUES (?, ?, ?)", user, self.domain, password)
        owner = f"{user}@{self.domain}"
        self._query('DELETE FROM active WHERE "collection-owner" = ?', owner)
        self._query('INSERT INTO active ("collection-owner", "time") VALUES (?, 1)', owner)

    def forget_account(self, user):
        self._query("DELETE FROM authreg WHERE username = ?", user)
        for table in TABLES:
            if table != "authreg":
                self._query(
                    f'DELETE FROM "{table}" WHERE "collection-owner" = ?', f"{user}@{self.domain}"
                )

    def accounts(self):
        return {row[0] for row in self._query("SELECT username FROM authreg")}

    def knows(self, user, password):
        rows = self._query("SELECT password FROM authreg WHERE username = ?", user)
        return rows == [(password,)]

    def _witness(self):
        found = []
        for line in self._lines("c2s"):
            for pattern, what in EVENTS:
                match = pattern.search(line)
                if match:
                    found.append(what.format(match.group(1)))
        return found
