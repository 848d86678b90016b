"""
The violet dialect against a platform that is as strict as OpenJabNab: the whole boot, byte by byte,
what heals a login, and what a closing or silent server does.
"""

import base64
import os
import signal
import sys
import time
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from case import OWNER, RABBIT, Case, unittest, wait_for  # noqa: E402
from lib import violet  # noqa: E402
from lib.ports import free_port  # noqa: E402
from lib.preload import FastClock  # noqa: E402
from lib.violet import DOMAIN, MAC, Violet  # noqa: E402
from test_doctor import DoctorCase  # noqa: E402

BOOT = "bind session sources bind session presence unbind".split()
LOGIN = "header auth response proof restart".split()
# Its nose is of a colour that nothing else has, for half a second.
NOD = bytes.fromhex("01010101" "00010a" "0007041234560000" "320a04")
FASTER = 8
FIRST = "header register-get register-set auth response proof restart".split()


class VioletCase(Case):
    def make_platform(self, **options):
        platform = Violet(**options)
        self._end_with(platform.stop)
        return platform

    def make_violet(self, platform, password=None, **settings):
        settings = {**platform.settings, "sasl": {"plaintext": "yes"}, **settings}
        return self.make_rabbit(password=password, **settings)

    def boot(self, platform, rabbit):
        rabbit.start()
        wait_for(lambda: platform.rabbits[MAC].resource == "idle", 20, "the rabbit to be idle")
        wait_for(platform.is_ready, 10, "the rabbit to be ready")
        return rabbit

    @staticmethod
    def steps(platform, connection=None):
        """Without libstrophe's own second header, which the platform passes over."""
        return [step for step in platform.steps(connection) if step != "unknown"]


class Boot(VioletCase):
    def test_first(self):
        """It asks where the servers are, registers, logs in on the same stream, becomes idle."""
        platform = self.make_platform()
        self.boot(platform, self.make_violet(platform))
        self.assertEqual(self.steps(platform), FIRST + BOOT)
        self.assertEqual([path for _, path in platform.requests], [self.located()])
        self.assertRegex(platform.rabbits[MAC].password, "^[0-9a-f]{12}$")

    @staticmethod
    def located():
        return f"/vl/locate.jsp?sn={MAC}&h=4&v=18673"

    def test_bytes(self):
        """What it says is what the original says."""
        platform = self.make_platform()
        self.boot(platform, self.make_violet(platform))
        jid = f"{MAC}@{DOMAIN}"
        header = (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            f"<stream:stream to='{DOMAIN}' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n"
        )
        self.assertEqual(platform.texts("header"), [header])
        self.assertTrue(platform.texts("restart")[0].startswith(header))
        bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>%s</resource></bind></iq>"
        self.assertEqual(
            platform.texts("bind"),
            [
                f"<iq from=\"{jid}/\" to=\"{DOMAIN}\" type='set' id='1'>" + bind % "boot",
                f"<iq from=\"{jid}/boot\" to=\"{DOMAIN}\" type='set' id='4'>" + bind % "idle",
            ],
        )
        self.assertEqual(
            platform.texts("presence"), [f"<presence from='{jid}/idle' id='6'></presence>"]
        )
        self.assertEqual(platform.ids(1), ["1", "2", "1", "2", "3", "4", "5", "6", "7"])
        self.assertEqual(
            [h.text for h in platform.faults_of_writing() if h.step != "unknown"], []
        )

    def test_second(self):
        """The stored password is enough the next time."""
        platform = self.make_platform()
        rabbit = self.boot(platform, self.make_violet(platform))
        rabbit.stop()
        wait_for(lambda: not platform.is_ready(), 10, "the rabbit to be gone")
        self.boot(platform, rabbit)
        self.assertEqual(self.steps(platform, 2), LOGIN + BOOT)

    def test_bypass(self):
        platform = self.make_platform(bypass=True)
        platform.rabbits[MAC].password = "0" * 12
        self.boot(platform, self.make_violet(platform, password="1" * 12))

    def test_realm(self):
        platform = self.make_platform(realm=DOMAIN, proof="success")
        self.boot(platform, self.make_violet(platform))

    def test_port_of_locate(self):
        """The domain's name and port come from locate.jsp alone."""
        platform = self.make_platform(domain="localhost", domain_with_port=True)
        account = {"jid": "localhost", "dialect": "violet"}
        rabbit = self.make_violet(platform, account=account)
        self.boot(platform, rabbit)

    def test_asleep(self):
        platform = self.make_platform(asleep=True)
        rabbit = self.make_violet(platform).start()
        wait_for(lambda: platform.rabbits[MAC].resource == "asleep", 20, "the rabbit to sleep")
        wait_for(platform.is_ready, 10, "the rabbit to be ready")
        rabbit.wait_status("asleep")


class Life(VioletCase):
    """What the platform sends is seen on the bench."""

    def setUp(self):
        super().setUp()
        self.platform = self.make_platform(resources={"nod.chor": NOD})
        self.rabbit = self.boot(self.platform, self.make_violet(self.platform))
        self.bench = self.rabbit.bench()

    def push(self, *frames, resource=None):
        self.assertTrue(self.platform.push(violet.packet(*frames), resource))

    def led(self, name):
        return self.bench.state()["leds"][name]

    def wait_led(self, name, color, timeout=10):
        wait_for(lambda: self.led(name) == color, timeout, f"{name} to be {color}")

    def test_ambient(self):
        self.push(violet.ambient({1: 0}))  # sun
        self.wait_led("left", "ffff00")
        self.push(violet.ambient({0: 1}))
        self.wait_led("left", "000000")

    def test_ears(self):
        self.push(violet.ambient({4: 10, 5: 5}))
        wait_for(
            lambda: self.bench.state()["ears"] == {"left": 10, "right": 5}, 20, "the ears to go"
        )

    def test_two_in_one(self):
        """Two messages in one segment, the second with two frames, which run last to first."""
        sun, fog = violet.ambient({1: 0}), violet.ambient({1: 2})
        ears = violet.packet(violet.ambient({4: 10, 5: 5}))
        both = self.platform.message(ears) + self.platform.message(violet.packet(fog, sun))
        self.assertTrue(self.platform.send(both))
        self.wait_led("middle", "0000ff")  # the sun would have no blue
        wait_for(
            lambda: self.bench.state()["ears"] == {"left": 10, "right": 5}, 20, "the ears to go"
        )

    def test_program(self):
        """A choreography is downloaded and seen; then life goes on."""
        self.push(violet.ambient({1: 0}))
        self.wait_led("left", "ffff00")
        self.push(violet.program("ID 7\nCH broadcast/nod.chor\n"))
        self.wait_led("nose", "123456")
        self.wait_led("left", "ffff00")
        self.assertIn("/nod.chor", [path for _, path in self.platform.requests])

    def test_click_ends_program(self):
        self.push(violet.program("ID 2147483\nCH broadcast/nod.chor\nWT 600000\n"))
        self.wait_led("nose", "123456")
        self.bench.ask("press")
        self.bench.ask("release")
        wait_for(lambda: ("click", 1, "2147483") in self.platform.events, 5, "the click")

    def test_click(self):
        self.bench.ask("press")
        self.bench.ask("release")
        wait_for(lambda: ("click", 1, None) in self.platform.events, 5, "the click")

    def test_click_behind_a_message(self):
        """The owner is told first; what waits for that to be read apart does not wait for more."""
        self.rabbit.wait_status("ears 0/0")
        self.rabbit.configure(access={"owners": OWNER})
        self.rabbit.signal(signal.SIGHUP)
        self.rabbit.wait_log("was read anew")
        me = f"{MAC}@{DOMAIN}/idle"
        self.platform.send(
            f"<presence from='{OWNER}/x' to='{me}'/><iq type='get' from='{DOMAIN}' to='{me}' "
            "id='v'><query xmlns='jabber:iq:version'/></iq>"
        )
        wait_for(lambda: "version" in self.platform.steps(), 10, "its version, behind the presence")
        self.bench.ask("press")
        self.bench.ask("release")
        wait_for(lambda: ("click", 1, None) in self.platform.events, 3, "the click")
        steps = self.platform.steps()
        self.assertEqual(steps[steps.index("version") :], ["version", "unknown", "click"])
        self.assertIn("<body>Click!</body>", self.platform.texts("unknown")[-1])

    def test_hand(self):
        self.rabbit.wait_status("ears 0/0")
        self.push(violet.ambient({6: 1}))  # mail: violet in the middle, at times
        self.bench.ask("turn left 4")
        self.wait_led("nose", "ff8000")
        wait_for(lambda: self.platform.events, 20, "the ears")
        self.assertEqual(self.platform.events[0], ("ears", 4, 0))
        self.wait_led("nose", "000000")
        self.wait_led("middle", "ff00ff")

    def test_sleep_and_wake(self):
        self.push(violet.mode(True))
        wait_for(lambda: self.platform.rabbits[MAC].resource == "asleep", 10, "sleep")
        self.rabbit.wait_status("asleep")
        self.push(violet.mode(False), resource="asleep")
        wait_for(lambda: self.platform.rabbits[MAC].resource == "idle", 10, "waking")
        steps = "bind session presence unbind".split()
        self.assertEqual(self.steps(self.platform), FIRST + BOOT + steps + steps)

    def test_streaming(self):
        self.push(violet.program("ST http://127.0.0.1/a.mp3\n"))
        wait_for(lambda: self.platform.rabbits[MAC].resource == "streaming", 10, "streaming")
        # Each keep-alive is answered with a question for the version.
        wait_for(lambda: "version" in self.platform.steps(), 15, "its version")
        self.bench.ask("press")
        self.bench.ask("release")
        wait_for(lambda: self.platform.rabbits[MAC].resource == "idle", 10, "idle")

    def test_busy(self):
        """Ten packets that wait make it busy."""
        self.push(violet.program("WT 600000\n"))
        for _ in range(10):
            self.push(violet.program("WT 1\n"))
            time.sleep(0.02)
        wait_for(lambda: self.platform.rabbits[MAC].resource == "busy", 10, "busy")
        self.bench.ask("press")
        self.bench.ask("release")
        wait_for(lambda: self.platform.rabbits[MAC].resource == "idle", 10, "idle")

    def wait_new_boot(self):
        wait_for(lambda: len(self.steps(self.platform, 2)) == len(LOGIN + BOOT), 20, "a new boot")

    def test_reboot(self):
        self.push(violet.reboot())
        self.wait_new_boot()
        self.assertEqual(sum("locate" in path for _, path in self.platform.requests), 2)

    def test_reboot_that_wants_an_answer(self):
        """It ends the stream on which that would have gone."""
        frames = base64.b64encode(violet.packet(violet.reboot())).decode()
        self.platform.send(
            f"<iq type='set' id='reboot' from='net.violet.platform@{DOMAIN}/services' "
            f"to='{MAC}@{DOMAIN}/idle'><packet xmlns='violet:packet' format='1.0' ttl='604800'>"
            f"{frames}</packet></iq>"
        )
        self.wait_new_boot()
        self.assertIsNone(self.rabbit.process.poll())
        self.assertNotIn("reboot", self.platform.ids(1) + self.platform.ids(2))

    def test_junk(self):
        """Packets that are none do nothing and are told once."""
        for junk in (b"\xde\xad\xbe\xef", b"\x7f\x04\xff\xff\xff\xff", b"", b"\x7f\xff"):
            self.platform.push(junk)
        self.push(violet.ambient({1: 0}))
        self.wait_led("left", "ffff00")
        self.rabbit.wait_log("it is broken, or too long")
        self.assertEqual(self.rabbit.log().count("it is broken, or too long"), 1)

    def test_stranger(self):
        """Only the platform is obeyed."""
        frames = base64.b64encode(violet.packet(violet.ambient({1: 0}))).decode()
        self.platform.send(
            f"<message from='mallory@{DOMAIN}/x' to='{MAC}@{DOMAIN}/idle' id='1'>"
            f"<packet xmlns='violet:packet' format='1.0'>{frames}</packet></message>"
        )
        self.rabbit.wait_log("sends packets and is not obeyed")
        self.assertEqual(self.led("left"), "000000")


class Interactive(VioletCase):
    """An application of the platform is asked what comes next."""

    def setUp(self):
        super().setUp()
        self.asked, self.answers = [], {}
        self.platform = self.make_platform(applications={"quiz": self.application})
        self.rabbit = self.boot(self.platform, self.make_violet(self.platform))
        self.rabbit.wait_status("ears 0/0")
        self.bench = self.rabbit.bench()

    def application(self, fields):
        self.asked.append(fields)
        text = self.answers.get(fields["st"])
        return None if text is None else violet.packet(violet.program(text))

    def begin(self, **answers):
        self.answers = {"start": "ID 1\nIC cookie=7\n", "done": "WT 600000\n", **answers}
        self.push("IS quiz\n")
        self.wait_resource("itmode")

    def push(self, text):
        self.assertTrue(self.platform.push(violet.packet(violet.program(text))))

    def wait_resource(self, resource):
        wait_for(lambda: self.platform.rabbits[MAC].resource == resource, 10, resource)

    def wait_asked(self, *questions):
        wait_for(lambda: self.asked == list(questions), 10, lambda: f"not {self.asked}")

    def click(self):
        self.bench.ask("press")
        self.bench.ask("release")

    def test_whole(self):
        """It begins, asks when a program is over and when a person clicks, and ends."""
        self.begin(btn="IE\n")
        asked = [{"st": "start"}, {"st": "done", "c": "7"}]
        self.wait_asked(*asked)
        self.click()
        asked.append({"st": "btn", "pos": "0", "idx": "0", "btn": "1", "c": "7"})
        self.wait_asked(*asked)
        self.wait_resource("idle")
        self.assertEqual(self.platform.events, [], "it is the application's alone")
        self.click()
        wait_for(lambda: self.platform.events == [("click", 1, None)], 10, "the click")
        self.assertEqual(len(self.asked), 3)

    def test_ears(self):
        self.begin(ear="WT 600000\n")
        wait_for(
            lambda: self.bench.state()["ears"] == {"left": 3, "right": 3}, 20, "the ears to go"
        )
        self.rabbit.wait_status("ears 3/3")
        self.bench.ask("turn right 5")
        wait_for(lambda: len(self.asked) == 3, 20, "the ears")
        ears = {"st": "ear", "pos": "0", "idx": "0", "el": "0", "er": "1", "c": "7"}
        self.assertEqual(self.asked[2], ears)

    def test_others_wait(self):
        """What is not for it waits, and it shows no weather, until it is over."""
        self.begin(btn="IE\n")
        self.platform.push(violet.packet(violet.ambient({1: 0})), resource="idle")
        self.platform.push(violet.packet(violet.program("ID 9\nWT 600000\n")), resource="itmode")
        self.wait_asked({"st": "start"}, {"st": "done", "c": "7"})
        self.assertEqual(self.bench.state()["leds"]["left"], "000000")
        self.click()
        wait_for(lambda: self.bench.state()["leds"]["left"] == "ffff00", 10, "the weather")

    def test_no_answer(self):
        """An application that does not answer lets the rabbit go, and that is told once."""
        self.begin()
        self.wait_asked({"st": "start"}, {"st": "done", "c": "7"})
        self.click()
        self.wait_resource("idle")
        self.rabbit.wait_log("interactive mode is over")
        self.assertEqual(self.rabbit.log().count("interactive mode is over"), 1)

    def test_sleep(self):
        self.begin()
        self.platform.push(violet.packet(violet.mode(True)), resource="urgent")
        self.wait_resource("asleep")
        self.rabbit.wait_status("ears 10/10", 20)
        self.platform.push(violet.packet(violet.mode(False)), resource="asleep")
        self.wait_resource("idle")

    def test_state(self):
        """What its name is made of does not matter; who asks for the state is told it in UTF-8."""
        self.answers = {"start": "WT 600000\n"}
        self.platform.applications["caf\xe9 <&"] = self.application
        self.push("IS caf\xe9 <&\n")
        self.wait_resource("itmode")
        me = f"{MAC}@{DOMAIN}/itmode"
        self.platform.send(
            f"<iq type='set' from='net.openjabnab.platform@{DOMAIN}/services' to='{me}' id='s'>"
            "<command xmlns='http://jabber.org/protocol/commands' node='getrunningstate' "
            "action='execute'/></iq>"
        )
        wait_for(lambda: "gItApp" in " ".join(self.platform.texts("unknown")), 10, "the state")
        self.assertIn("<value>café &lt;&amp;</value>", " ".join(self.platform.texts("unknown")))

    def test_another(self):
        """Whom nobody knows takes the place of the one before, and lets the rabbit go."""
        self.begin()
        self.platform.push(violet.packet(violet.program("IS nobody\n")), resource="itmode")
        self.wait_resource("idle")
        wait_for(
            lambda: self.bench.state()["ears"] == {"left": 0, "right": 0}, 20, "the ears to go up"
        )


class Healing(VioletCase):
    def test_wrong_password(self):
        """Rejected: the hook hears of it, forgets the password, and the rabbit registers anew."""
        platform = self.make_platform()
        rabbit = self.boot(platform, self.make_violet(platform))
        rabbit.stop()
        platform.rabbits[MAC].password = "0123456789ab"
        self.boot(platform, rabbit)
        self.assertEqual(self.steps(platform, 2), "header auth response".split())
        self.assertEqual(self.steps(platform, 3), FIRST + BOOT)
        hooks = [path for _, path in platform.requests if "sendMail" in path]
        self.assertEqual(
            hooks, [f"/vl/sendMailXMPP.jsp?m={MAC}&d={DOMAIN}&r=FailureLogin&v=18673"]
        )

    def test_unknown_password(self):
        """The platform has a password and the rabbit has none: it closes; the hook heals that."""
        platform = self.make_platform()
        platform.rabbits[MAC].password = "0123456789ab"
        self.boot(platform, self.make_violet(platform))
        self.assertTrue(any("r=FailureLogin" in path for _, path in platform.requests))

    def test_hook_of_a_stranger(self):
        """Whoever a redirect led to may not send the report to what only this machine reaches."""
        platform = self.make_platform()
        platform.rabbits[MAC].password = "0123456789ab"
        rabbit = self.make_violet(platform, rabbit={"serial": MAC, "locate": platform.moved})
        rabbit.start().wait_cause("hook-failed")
        self.assertIn("the address 127.0.0.1 may not be connected to", rabbit.log())
        self.assertFalse(any("sendMail" in path for _, path in platform.requests))

    def test_hang_up(self):
        """A server that closes finds the rabbit again, which asks anew where it is."""
        platform = self.make_platform()
        rabbit = self.boot(platform, self.make_violet(platform))
        platform.hang_up()
        rabbit.wait_cause("eof")
        wait_for(platform.is_ready, 20, "the rabbit to be back")
        self.assertEqual(sum("locate" in path for _, path in platform.requests), 2)


class Reload(VioletCase):
    def test_dialects(self):
        """Another dialect is taken up with another configuration, and left again."""
        platform, server = self.make_platform(), self.make_server()
        rabbit = self.make_rabbit(server, rabbit={"serial": MAC})
        standard = {section: dict(keys) for section, keys in rabbit.settings.items()}
        rabbit.start()
        owner = self.meet(server, rabbit)
        rabbit.configure(tls={"ca-file": None}, **{**platform.settings, "access": {}})
        rabbit.signal(signal.SIGHUP)
        wait_for(platform.is_ready, 20, "the rabbit to be ready")
        bench = rabbit.bench()
        platform.push(violet.packet(violet.ambient({1: 0})))
        wait_for(lambda: bench.state()["leds"]["left"] == "ffff00", 10, "the weather")
        rabbit.configure(
            account={"dialect": None, **standard["account"]},
            rabbit={"locate": None, "name": "Bob"},
            tls=standard["tls"],
        )
        rabbit.signal(signal.SIGHUP)
        wait_for(lambda: not platform.is_ready(), 10, "the rabbit to leave")
        self.assertIn("online", owner.ask(RABBIT, "status", 30))
        answer = owner.query(owner.resource_of(RABBIT), "http://jabber.org/protocol/disco#info")[1]
        self.assertIn('name="Bob"', ElementTree.tostring(answer, "unicode"))
        self.assertNotIn("restarted", rabbit.log())

    def test_again(self):
        """After a connection of another kind and one of the same it still knows where to go."""
        platform = self.make_platform()
        rabbit = self.boot(platform, self.make_violet(platform))
        rabbit.configure(rabbit={"version": "18674"})
        rabbit.signal(signal.SIGHUP)
        wait_for(lambda: self.steps(platform, 2) == LOGIN + BOOT, 20, "a new boot")
        rabbit.configure(access={"users": f"romeo@{DOMAIN}"})
        rabbit.signal(signal.SIGHUP)
        wait_for(lambda: rabbit.log().count("was read anew") == 2, 10, "the second reload")
        platform.hang_up()
        wait_for(lambda: self.steps(platform, 3) == LOGIN + BOOT, 20, "the rabbit to be back")
        self.assertIn("v=18674", platform.requests[-1][1])


class Doctor(VioletCase, DoctorCase):
    """nabaztagd --doctor knows where the platform's servers are."""

    def rows(self, rabbit, healthy):
        return {row["name"]: row for row in self.examine(rabbit, healthy)}

    def test_good(self):
        platform = self.make_platform(domain="localhost", domain_with_port=True)
        account = {"jid": "localhost", "dialect": "violet"}
        rows = self.rows(self.make_violet(platform, account=account), healthy=True)
        self.assertIn(f"the server is localhost:{platform.port}", rows["locate"]["seen"])
        self.assertIn(f"the hook is at {platform.web.address}", rows["locate"]["seen"])
        self.assertIn(f"127.0.0.1:{platform.port} answers", rows["tcp"]["seen"])
        self.assertIn("DIGEST-MD5", rows["mechanisms"]["seen"])
        for name in ("locate", "dns", "tcp", "tls", "mechanisms", "registration", "hook"):
            self.assertEqual(rows[name]["state"], "ok", rows[name])
        self.assertNotIn(MAC, platform.rabbits, "it was registered")
        self.assertFalse(any("m=" in path for _, path in platform.requests), "it was reported")

    def test_hook_of_a_stranger(self):
        """As the daemon does it."""
        platform = self.make_platform(domain="localhost", domain_with_port=True)
        rabbit = self.make_violet(
            platform,
            account={"jid": "localhost", "dialect": "violet"},
            rabbit={"serial": MAC, "locate": platform.moved},
        )
        rows = self.rows(rabbit, healthy=False)
        self.assertEqual(rows["locate"]["state"], "ok")
        self.assertEqual(rows["hook"]["cause"], "hook-failed")
        self.assertIn("the address 127.0.0.1 may not be connected to", rows["hook"]["seen"])
        self.assertFalse(any("sendMail" in path for _, path in platform.requests))

    def test_no_answer(self):
        platform = self.make_platform()
        rabbit = {"serial": MAC, "locate": f"http://127.0.0.1:{free_port()}/vl"}
        rows = self.rows(self.make_violet(platform, rabbit=rabbit), healthy=False)
        self.assertEqual(rows["locate"]["state"], "failed")
        self.assertEqual(rows["locate"]["cause"], "unreachable")
        self.assertEqual(rows["dns"]["state"], "skipped")


class Steps(VioletCase):
    """It closes at each step once; the rabbit gets there all the same."""


def closing(step):
    def test(self):
        platform = self.make_platform()
        platform.fault(step)
        self.boot(platform, self.make_violet(platform))

    return test


class Silence(VioletCase):
    """It falls silent at each step once; after 12 s the rabbit comes anew. In fast time."""

    def fall_silent(self, step):
        platform = self.make_platform()
        platform.fault(step, "silent")
        rabbit = self.make_violet(platform)
        FastClock(rabbit, self.folder, FASTER)
        return platform, rabbit


def falling_silent(step):
    def test(self):
        platform, rabbit = self.fall_silent(step)
        self.boot(platform, rabbit)
        # What it has said of its password decides whether that is tried before it registers.
        self.assertRegex(" ".join(rabbit.causes()), "^silent-[a-z]+( rejected)?$")

    return test


def needing_no_answer(step):
    def test(self):
        """Servers that do not answer to it are lived with."""
        platform, rabbit = self.fall_silent(step)
        rabbit.start().wait_online()
        wait_for(lambda: step in platform.steps(), 10, step)
        wait_for(lambda: "keep-alive" in [heard.step for heard in platform.heard], 10, "patience")
        self.assertEqual(rabbit.causes(), [])
        platform.hang_up()
        wait_for(platform.is_ready, 20, "the rabbit to be back")

    return test


for _step in violet.STEPS:
    _name = f"test_{_step.replace('-', '_')}"
    setattr(Steps, _name, closing(_step))
    _making = needing_no_answer if _step in ("presence", "unbind") else falling_silent
    setattr(Silence, _name, _making(_step))


if __name__ == "__main__":
    unittest.main()
