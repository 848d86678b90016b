"""What tests about networks share: a rabbit in its own namespaces and a server in the world."""

import os
import time

from lib import confine
from lib.network import AAAA, SRV, WORLD, WORLD6, A, Network, Resolver, enter

from case import DOMAIN, SERIAL, Case, wait_for

PASSWORD = "cuckoo-clock-7"


class NetworkCase(Case):
    def setUp(self):
        if not confine.available():
            self.skipTest("namespaces are not available here")
        if not os.path.exists("/etc/resolv.conf"):
            self.skipTest("there is no /etc/resolv.conf to put another one over")
        enter()
        super().setUp()

    def make_network(self, **options):
        self.network = Network(**options)
        self._end_with(self.network.close)
        self.wire = self.network.wire

    def make_resolver(self, records, **options):
        resolver = Resolver(records, **options)
        self._end_with(resolver.close)
        return resolver

    def make_world_server(self):
        """Listens in the world and knows the rabbit's account."""
        server = self.make_server(interfaces=("*", "::"))
        server.add_account(SERIAL, PASSWORD)
        return server

    def records(self, server, v4=True, v6=False):
        """What DNS says when all is well."""
        host = f"xmpp.{DOMAIN}"
        return {
            (f"_xmpp-client._tcp.{DOMAIN}", SRV): [(1, server.port, host)],
            (host, A): [WORLD] if v4 else [],
            (host, AAAA): [WORLD6] if v6 else [],
        }

    def make_far_rabbit(self, server, by_address=True):
        """A rabbit behind the wire, told where its server is or left to DNS."""
        where = f"{WORLD}:{server.port}" if by_address else None
        return self.make_rabbit(server, password=PASSWORD, account={"server": where})

    def start(self, rabbit):
        return rabbit.start(prefix=self.network.prefix())

    def make_online_pair(self):
        """A rabbit that is online behind the wire, and juliet."""
        self.make_network()
        self.server = self.make_world_server()
        rabbit = self.start(self.make_far_rabbit(self.server))
        return rabbit, self.meet(self.server, rabbit)

    def check_obeys(self, rabbit, owner, colour="red", value="ff0000", timeout=20):
        """A command reaches the body and its answer the owner."""
        self.assertTrue(owner.ask(f"{SERIAL}@{DOMAIN}", f"nose {colour}", timeout))
        wait_for(lambda: rabbit.bench().leds()["nose"] == value, 5, f"a {colour} nose")

    @staticmethod
    def outage(seconds):
        """A predicate that is true when so many seconds are over: an outage is nothing but time."""
        until = time.monotonic() + seconds
        return lambda: time.monotonic() >= until

    def logins(self):
        return len(self.server.witness("bound")) - self.server.witness("bound").count(
            "bound juliet"
        )
