"""A rabbit platform over the servers of today: packets in messages and IQs, events back."""

import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from case import DOMAIN, RABBIT, every_server, wait_for  # noqa: E402
from lib import violet  # noqa: E402

PLATFORM = f"romeo@{DOMAIN}"
PACKET = "violet:packet"
SUN, CLOUDS = violet.ambient({1: 0}), violet.ambient({1: 1})


def encode(*frames):
    return base64.b64encode(violet.packet(*frames)).decode()


@every_server(release=(None,))
class Platform:
    platforms = PLATFORM

    def setUp(self):
        super().setUp()
        self.server = self.make_server()
        settings = {"violet": {"platforms": self.platforms}}
        self.rabbit = self.make_rabbit(self.server, **settings).start()
        self.owner = self.meet(self.server, self.rabbit)
        self.rabbit.wait_status("ears 0/0")
        self.platform = self.make_owner(self.server, "romeo")
        self.bench = self.rabbit.bench()

    def push(self, sender, *frames):
        sender.send_raw(violet.message(violet.packet(*frames), sender.jid, RABBIT))

    def ask(self, sender, *frames):
        """Type of the answer, and its error's condition."""
        full = self.owner.resource_of(RABBIT)
        kind, answer = sender.query(
            full, PACKET, "packet", "set", format="1.0", ttl="600", text=encode(*frames)
        )
        conditions = answer.findall("./{jabber:client}error/*")
        return kind, [condition.tag.rpartition("}")[2] for condition in conditions]

    def wait_led(self, name, color):
        wait_for(lambda: self.bench.leds()[name] == color, 10, f"{name} to be {color}")

    def test_packets(self):
        """Weather, a turn of the ears, sleep and waking; life is the platform's until it goes."""
        self.push(self.platform, SUN)
        self.wait_led("left", "ffff00")
        self.assertEqual(self.ask(self.platform, CLOUDS), ("result", []))
        self.wait_led("left", "0000ff")
        self.push(self.platform, violet.ambient({4: 10, 5: 5}))
        wait_for(lambda: self.bench.ears() == (10, 5), 20, "the ears to go")
        self.push(self.platform, violet.mode(True))
        self.rabbit.wait_status("asleep")
        self.push(self.platform, violet.program("ID 1\nWT 600000\n"))  # waits
        self.push(self.platform, violet.mode(False))
        wait_for(lambda: "asleep" not in self.rabbit.status(), 10, "the rabbit to wake up")

    def test_events(self):
        self.bench.press()
        wait_for(lambda: self.platform.clicks() == ["1"], 10, "the click")
        self.push(self.platform, violet.program("ID 7\nWT 600000\n"))
        wait_for(lambda: self.rabbit.is_online(), 10, "the program")
        self.bench.ask("turn left 4")
        wait_for(lambda: self.platform.hand_moves() == [("4", "0")], 30, "the ears")
        self.bench.press()
        wait_for(lambda: len(self.platform.clicks()) == 2, 10, "the second click")
        path = ".//{violet:nabaztag:button}event"
        events = [
            found.text for _, _, xml in self.platform.messages for found in xml.iterfind(path)
        ]
        self.assertEqual(events, ["7"])

    def test_stranger(self):
        """The owner is no platform: refused, told once, and nothing shows."""
        self.push(self.owner, SUN)
        self.rabbit.wait_log("sends packets and is not obeyed")
        kind, conditions = self.ask(self.owner, SUN)
        self.assertEqual((kind, conditions), ("error", ["service-unavailable"]))
        self.assertEqual(self.bench.leds()["left"], "000000")
        self.assertEqual(self.rabbit.log().count("sends packets"), 1)


@every_server(release=("starttls", None))
class Domain(Platform):
    """Everybody of the domain is let in; the last one is told."""

    platforms = f"*@{DOMAIN}"

    test_packets = None
    test_stranger = None

    def test_events(self):
        self.push(self.platform, SUN)
        self.wait_led("left", "ffff00")
        self.bench.press()
        wait_for(lambda: self.platform.clicks() == ["1"], 10, "the click")
