"""The base of tests on a message bus."""

import os
import re

from lib.bus import Bus, BusError, BusRabbit

from case import Case

NAME = "io.github.nabaztagd.main"
POLICY = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../dbus/io.github.nabaztagd.conf"
)


class BusCase(Case):
    def make_bus(self, started=True, **options):
        self.bus = Bus(os.path.join(self.folder, "bus"), **options)
        self._end_with(self.bus.end)
        return self.bus.start() if started else self.bus

    def make_system_bus(self):
        """With the policy that is installed, and an old group of Debian's in place of ours."""
        os.chmod(self.folder, 0o755)
        with open(POLICY, encoding="utf-8") as file:
            rules = re.search(r"<busconfig>(.*)</busconfig>", file.read(), re.S).group(1)
        rules = re.sub(r'<policy user="_nabaztagd">.*?</policy>', "", rules, flags=re.S)
        rules = rules.replace('group="nabaztagd"', 'group="games"')
        # What Debian's system.conf says before anybody else does.
        usual = """<policy context="default"><allow user="*"/><deny own="*"/>
            <deny send_type="method_call"/><allow send_type="signal"/>
            <allow send_requested_reply="true" send_type="method_return"/>
            <allow send_requested_reply="true" send_type="error"/>
            <allow receive_type="method_call"/><allow receive_type="method_return"/>
            <allow receive_type="error"/><allow receive_type="signal"/>
            <allow send_destination="org.freedesktop.DBus"
                   send_interface="org.freedesktop.DBus"/></policy>"""
        self.make_bus(policy=usual + rules, kind="system")

    def start(self, rabbit, *arguments):
        """Starts it on the bus and gives a client of it."""
        rabbit.start("--bus", self.bus.address, "--log-level", "debug", *arguments)
        rabbit.wait_ready()
        self.bus.wait_name(NAME)
        return BusRabbit(self.bus)

    def make_idle(self, **settings):
        """A rabbit without an account, its ears at 0."""
        self.make_bus()
        self.rabbit = self.make_rabbit(account={"jid": None}, **settings)
        client = self.start(self.rabbit)
        client.wait("EarStates", ["resting", "resting"])
        return client

    def check_error(self, name, client, *call, **options):
        with self.assertRaises(BusError) as caught:
            client.call(*call, **options)
        self.assertEqual(caught.exception.name, name)
        return caught.exception.text
