"""Networks that misbehave, as far as a run takes seconds; slow_network.py has the others."""

import socket

from lib.network import AAAA, SRV, WORLD, WORLD6, A

from case import DOMAIN, RABBIT, wait_for
from networks import NetworkCase

DEAD = "10.88.0.200"  # nobody has this address


class Cable(NetworkCase):
    def test_pulled_for_five_seconds(self):
        rabbit, owner = self.make_online_pair()
        self.network.pull_cable()
        owner.say(RABBIT, "nose blue")
        wait_for(self.outage(5), 10)
        self.assertTrue(rabbit.is_online(), "five seconds are no reason to leave")
        self.network.plug_in()
        wait_for(lambda: rabbit.bench().leds()["nose"] == "0000ff", 30, "what was said meanwhile")
        self.check_obeys(rabbit, owner)
        self.assertEqual(self.logins(), 1, "it stayed in its session")

    def test_body_lives_while_it_is_pulled(self):
        rabbit, _ = self.make_online_pair()
        rabbit.wait_status("ears 0/0")
        self.network.pull_cable()
        rabbit.bench().press()
        rabbit.wait_log("The button was clicked", 5)
        self.check_stop(rabbit)


class Latency(NetworkCase):
    def test_two_seconds(self):
        self.make_network()
        self.server = self.make_world_server()
        self.wire.delay = 1.0  # each way
        rabbit = self.start(self.make_far_rabbit(self.server))
        rabbit.wait_online(60)
        self.assertEqual(rabbit.causes(), [], "it was in with its first attempt")
        owner = self.meet(self.server, rabbit)
        self.check_obeys(rabbit, owner)


class Names(NetworkCase):
    def setUp(self):
        super().setUp()
        self.make_network(v6=True)
        self.server = self.make_world_server()

    def test_by_srv(self):
        resolver = self.make_resolver(self.records(self.server))
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_online()
        self.assertIn((f"_xmpp-client._tcp.{DOMAIN}", SRV), resolver.asked)

    def test_dead_resolver_that_comes_back(self):
        resolver = self.make_resolver(self.records(self.server))
        resolver.dead = True
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_ready()
        bench = rabbit.bench()
        bench.ask("turn right 2")
        wait_for(lambda: bench.ears()[1] == 2, 5, "the body to live meanwhile")
        rabbit.wait_cause("dns", 45)
        resolver.dead = False
        rabbit.wait_online(45)

    def test_slow_resolver(self):
        resolver = self.make_resolver(self.records(self.server))
        resolver.delay = 1.5  # it asks again after 2 s
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_online(40)
        self.assertEqual(rabbit.causes(), [], "slow is not dead")

    def test_unknown_name(self):
        self.make_resolver({})
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_cause("dns")

    def check_first_dead(self, port, address):
        """Two SRV records; the first leads to `port` at `address`."""
        records = self.records(self.server)
        records[(f"_xmpp-client._tcp.{DOMAIN}", SRV)] = [
            (1, port, f"first.{DOMAIN}"),
            (2, self.server.port, f"xmpp.{DOMAIN}"),
        ]
        records[(f"first.{DOMAIN}", A)] = [address]
        self.make_resolver(records)
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_online(40)
        self.assertEqual(rabbit.causes(), [], "the second was tried in the same attempt")

    def test_first_srv_record_refuses(self):
        with socket.socket() as nobody:
            nobody.bind((WORLD, 0))  # not listening
            self.check_first_dead(nobody.getsockname()[1], WORLD)

    def test_first_srv_record_is_unreachable(self):
        self.check_first_dead(5222, DEAD)

    def test_first_srv_record_is_silent(self):
        # The world has this address but its frames get lost: neither answer nor refusal.
        self.network.inside(
            "ip", "neigh", "add", DEAD, "lladdr", "02:00:00:00:00:99", "dev", "rabbit0"
        )
        self.check_first_dead(5222, DEAD)

    def test_first_srv_record_has_no_address(self):
        records = self.records(self.server)
        records[(f"_xmpp-client._tcp.{DOMAIN}", SRV)] = [
            (1, 5222, f"gone.{DOMAIN}"),
            (2, self.server.port, f"xmpp.{DOMAIN}"),
        ]
        self.make_resolver(records)
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_online(40)

    def test_broken_ipv6_beside_ipv4(self):
        records = self.records(self.server)
        records[(f"xmpp.{DOMAIN}", AAAA)] = ["fd00:88::dead"]
        self.make_resolver(records)
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        rabbit.wait_online(40)


class Version6(NetworkCase):
    def test_nothing_else(self):
        self.make_network(v4=False, v6=True)
        self.server = self.make_world_server()
        self.make_resolver(self.records(self.server, v4=False, v6=True), address=WORLD6)
        rabbit = self.start(self.make_far_rabbit(self.server, by_address=False))
        self.check_obeys(rabbit, self.meet(self.server, rabbit))
