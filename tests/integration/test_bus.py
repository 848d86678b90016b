"""The rabbit on a message bus of its own: what it shows, what it does, what it tells."""

import os
import pwd
import re
import signal
import subprocess

from lib.bus import EVERYTHING, INTERFACE, PATH, PROPERTIES, BusRabbit
from lib.caller import Caller

from buses import NAME, BusCase
from case import RABBIT, SERIAL, unittest, wait_for

ERROR = "io.github.nabaztagd.Error."
FREEDESKTOP = "org.freedesktop.DBus.Error."
INVALID = FREEDESKTOP + "InvalidArgs"
DARK = dict.fromkeys(("nose", "left", "middle", "right", "bottom"), "#000000")


class Properties(BusCase):
    def test_idle(self):
        client = self.make_idle()
        seen = client.get_all()
        self.assertEqual(seen["Leds"], DARK)
        self.assertEqual(seen["Ears"], [0, 0])
        self.assertEqual(seen["EarStates"], ["resting", "resting"])
        self.assertEqual(seen["LastFailure"], ["", "", 0])
        self.assertEqual(seen["BodyFault"], ["", ""])
        self.assertEqual(
            {name: seen[name] for name in ("Online", "Asleep", "Stage", "Jid", "Serial", "Board")},
            {
                "Online": False,
                "Asleep": False,
                "Stage": "idle",
                "Jid": "",
                "Serial": SERIAL,
                "Board": "simulated body",
            },
        )
        self.assertEqual(seen["Status"], self.rabbit.status())
        self.assertIn(seen["Version"], self.rabbit.log())
        self.assertEqual(len(seen), 13, "a property that no test knows")
        for name, value in seen.items():
            self.assertEqual(client.get(name), value)

    def test_online(self):
        self.make_bus()
        server = self.make_server()
        client = self.start(self.make_rabbit(server))
        monitor = self.bus.watch()
        client.wait("Online", True, 30)
        self.assertEqual(client.get("Stage"), "online")
        self.assertEqual(client.get("Jid"), RABBIT)
        self.assertEqual(client.get("Leds")["bottom"], "#00ff00")
        server.stop()
        monitor.wait_change("Online", False)
        client.wait("Online", False)
        cause, text, when = client.get("LastFailure")
        self.assertIn(cause, self.rabbits[0].causes())
        self.assertTrue(text)
        self.assertGreater(when, 1_500_000_000_000_000)
        self.assertTrue(monitor.told("Failure"))
        wait_for(lambda: client.get("Stage") == "wait", 15, "it to wait")

    def test_changes(self):
        client = self.make_idle()
        monitor = self.bus.watch()
        client.call("Ears", "uint32:3", "uint32:10")
        client.call("Led", "string:nose", "string:red")
        monitor.wait_change("Ears", [3, 10])
        monitor.wait_change("EarStates", ["moving", "moving"])
        monitor.wait_change("EarStates", ["resting", "resting"])
        monitor.wait_change("Leds", {**DARK, "nose": "#ff0000"})
        self.assertEqual(monitor.changes("Leds"), [{**DARK, "nose": "#ff0000"}], "told once")
        self.assertEqual(monitor.changes("Ears")[-1], [3, 10])

    def test_introspection(self):
        client = self.make_idle()
        seen = self.bus.busctl("introspect", NAME, PATH, "io.github.nabaztagd.Rabbit1")
        rows = re.findall(r"^\.(\w+) +(method|property|signal) +(\S+) +(\S+)", seen, re.M)
        kinds = [kind for _, kind, _, _ in rows]
        self.assertEqual(
            {kind: kinds.count(kind) for kind in kinds}, {"method": 11, "property": 13, "signal": 3}
        )
        self.assertIn(("Ears", "method", "uu", "s"), rows)
        xml = self.bus.busctl("introspect", "--xml-interface", NAME, PATH)
        for name in ("left", "right", "where", "color", "cause", "reply"):
            self.assertIn(f'name="{name}"', xml)
        self.assertEqual(client.call("Ping", interface="org.freedesktop.DBus.Peer"), None)

    def test_properties_cannot_be_set(self):
        client = self.make_idle()
        for name in ("Asleep", "Version"):
            error = self.check_error(
                "org.freedesktop.DBus.Error.PropertyReadOnly", client,
                "Set", "string:io.github.nabaztagd.Rabbit1", f"string:{name}",
                "variant:boolean:true", interface=PROPERTIES,
            )  # fmt: skip
            self.assertIn(name, error)


class Methods(BusCase):
    def test_every_command(self):
        client = self.make_idle()
        bench = self.rabbit.bench()
        self.assertEqual(client.call("Ears", "uint32:3", "uint32:10"), "ears 3 / 10")
        self.assertEqual(bench.ears(), (3, 10))
        self.assertEqual(client.call("Home"), "ears 0 / 0")
        self.assertEqual(client.call("Led", "string:left", "string:#123456"), "led left #123456")
        self.assertEqual(bench.leds()["left"], "123456")
        self.assertEqual(client.call("Test", "string:leds"), "tested, ears 0 / 0")
        self.assertEqual(client.call("Stop"), "stopped, ears 0 / 0")
        self.assertEqual(client.call("Sleep"), "asleep, ears 10 / 10")
        self.assertTrue(client.get("Asleep"))
        wait_for(bench.is_dark, 5, "the dark")
        self.assertEqual(client.call("Wake"), "awake, ears 0 / 0")
        self.assertEqual(client.call("Command", "string:Nase grün!"), "nase grun")
        self.assertEqual(bench.leds()["nose"], "00ff00")
        self.assertEqual(client.call("Command", "string:left +2"), "left 2")
        self.assertIn("not configured", client.call("Command", "string:status"))
        self.assertIn("says ears", self.rabbit.log())

    def test_stop_answers_those_who_wait(self):
        client = self.make_idle()
        test = subprocess.Popen(
            ["dbus-send", f"--bus={self.bus.address}", "--print-reply=literal",
             "--reply-timeout=60000", f"--dest={NAME}", PATH,
             "io.github.nabaztagd.Rabbit1.Test", "string:ears"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        client.wait("EarStates", ["moving", "resting"])
        self.assertRegex(client.call("Stop"), "^stopped, ears ")
        self.assertRegex(test.communicate(timeout=20)[0], "^ *test stopped, ears ")

    def test_refusals(self):
        client = self.make_idle()
        for call in (
            ("Ears", "uint32:17", "uint32:0"),
            ("Ears", "uint32:4294967295", "uint32:0"),
            ("Led", "string:ear", "string:red"),
            ("Led", "string:nose", "string:reddish"),
            ("Led", "string:nose", "string:red green"),
            ("Led", "string:", "string:"),
            ("Test", "string:patience"),
            ("Command", "string:"),
            ("Command", "string:dance " + "x" * 5000),
            ("Command", "string:\u001b[31m"),
        ):
            with self.subTest(call):
                self.assertTrue(self.check_error(ERROR + "Usage", client, *call))
        self.assertIn("ears", self.check_error(ERROR + "Usage", client, "Command", "string:eers 1"))
        self.rabbit.bench().ask("fault left stall")
        text = self.check_error(ERROR + "Stuck", client, "Ears", "uint32:3", "uint32:10")
        self.assertEqual(text.strip(), "ears ? / 10 (stuck)")
        self.assertEqual(client.get("EarStates"), ["broken", "resting"])
        self.assertRegex(self.check_error(ERROR + "Stuck", client, "Sleep"), "^ *asleep, ears ")
        self.check_error(ERROR + "Asleep", client, "Ears", "uint32:3", "uint32:10")
        self.check_error(ERROR + "Asleep", client, "Command", "string:nose red")

    def test_wrong_types(self):
        """Whatever is sent to whatever there is, it is told so and nothing comes of it."""
        client = self.make_idle()
        description = client.describe()
        caller = Caller(self.bus.address, NAME)
        self.addCleanup(caller.close)
        for call in description.wrong_calls():
            found = caller.call(*call)
            if call[0] == INTERFACE:
                self.assertEqual(found, INVALID, call)
            else:  # sd-bus answers by itself, and looks at what is asked for first
                self.assertTrue(found.startswith(FREEDESKTOP), (call, found))
        for types, texts in description.settings():
            found = caller.call(PROPERTIES, "Set", types, texts=texts)
            self.assertEqual(found, FREEDESKTOP + "PropertyReadOnly", (types, texts))
        for name, interface, member, path in (
            ("UnknownMethod", INTERFACE, "Explode", PATH),
            ("UnknownMethod", INTERFACE.replace("1", "9"), "Home", PATH),
            ("UnknownObject", INTERFACE, "Home", PATH + "/ears"),
        ):
            self.assertEqual(caller.call(interface, member, [], path), FREEDESKTOP + name)
        self.assertNotIn("on the bus says", self.rabbit.log())
        self.assertEqual(client.call("Home"), "ears 0 / 0")

    def test_hostile_texts(self):
        client = self.make_idle()
        caller = Caller(self.bus.address, NAME)
        self.addCleanup(caller.close)
        methods = client.describe().methods
        speaking = {member: types for member, types in methods.items() if "s" in types}
        self.assertEqual(set(speaking), {"Command", "Led", "Test"})
        for text in ("%s%n%x", "x" * 200_000, "\u0085\u009b31m\u2028", "ears\t3\r\n" * 99):
            for member, types in speaking.items():
                found = caller.call(INTERFACE, member, types, texts=[text] * 2)
                self.assertEqual(found, ERROR + "Usage", (member, text[:20]))
        self.assertEqual(client.call("Home"), "ears 0 / 0")

    def test_too_many_wait(self):
        client = self.make_idle()
        send = ["dbus-send", f"--bus={self.bus.address}", "--type=method_call", f"--dest={NAME}",
                PATH, "io.github.nabaztagd.Rabbit1.Test", "string:ears"]  # fmt: skip
        for _ in range(16):
            subprocess.run(send, check=True)
        self.check_error(ERROR + "Busy", client, "Test", "string:ears")
        client.call("Command", "string:status")
        self.rabbit.bench().press()
        wait_for(lambda: "moving" not in client.get("EarStates"), 15, "rest")
        self.assertRegex(client.call("Home"), "ears 0 / 0")

    def test_not_configured(self):
        client = self.make_idle()
        for method in ("Reconnect", "Register", "Report"):
            self.check_error(ERROR + "NotConfigured", client, method)

    def test_reconnect(self):
        self.make_bus()
        server = self.make_server()
        rabbit = self.make_rabbit(server)
        client = self.start(rabbit)
        client.wait("Online", True, 30)
        monitor = self.bus.watch()
        client.call("Reconnect")
        monitor.wait_change("Online", False)
        monitor.wait_change("Online", True, 30)
        self.check_error(ERROR + "Online", client, "Register")
        server.stop()
        client.wait("Stage", "wait", 30)
        server.start()
        client.call("Reconnect")
        client.wait("Online", True, 30)

    def test_register(self):
        self.make_bus()
        server, hook = self.make_server(registration=False), self.make_hook()
        client = self.start(self.make_rabbit(server, hook))
        client.wait("Stage", "wait", 30)
        self.assertEqual(client.get("LastFailure")[0], "register-closed")
        before = len(hook.requests)
        client.call("Register")
        wait_for(lambda: len(hook.requests) == before + 1, 20, "the report of the second refusal")
        self.assertIn("FailureRegister1", hook.requests[-1][1])

    def test_register_forbidden(self):
        self.make_bus()
        client = self.start(self.make_rabbit(self.make_server(), account={"register": "no"}))
        self.assertIn("register", self.check_error(ERROR + "NotConfigured", client, "Register"))

    def test_report(self):
        self.make_bus()
        hook = self.make_hook()
        client = self.start(self.make_rabbit(self.make_server(), hook))
        client.wait("Online", True, 30)
        client.call("Report")
        self.assertEqual(len(hook.requests), 1)
        self.assertIn("r=FailureLogin", hook.requests[0][1])
        self.assertTrue(client.get("Online"), "it was a test")
        hook.mode = "500"
        self.assertIn("500", self.check_error(ERROR + "HookFailed", client, "Report"))


class Signals(BusCase):
    def test_button(self):
        client = self.make_idle()
        monitor, bench = self.bus.watch(), self.rabbit.bench()
        bench.press()
        monitor.wait_told("Button", ["click"])
        bench.press()
        bench.press()
        monitor.wait_told("Button", ["double-click"])
        bench.hold()
        monitor.wait_told("Button", ["long-press"])
        monitor.wait_change("Asleep", True)
        self.assertTrue(client.get("Asleep"))

    def test_ears(self):
        self.make_idle()
        monitor, bench = self.bus.watch(), self.rabbit.bench()
        bench.ask("turn left 4")
        wait_for(lambda: monitor.told("EarsMoved"), 20, "the hand to be told")
        self.assertEqual(monitor.told("EarsMoved"), [[4, 0]])


class Buses(BusCase):
    def test_none(self):
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.start("--bus", "none", "--log-level", "debug").wait_ready()
        rabbit.wait_status("ears 0/0")
        self.assertNotIn("bus", rabbit.log().lower())

    def test_missing_then_there(self):
        self.make_bus(started=False)
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.start("--bus", self.bus.address, "--log-level", "debug")
        rabbit.wait_status("ears 0/0")
        lines = [line for line in rabbit.log().splitlines() if "bus" in line.lower()]
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("debug: No bus"), lines)
        self.bus.start()
        self.bus.wait_name(NAME, 30)

    def test_goes_and_comes_back(self):
        client = self.make_idle()
        self.bus.stop()
        self.rabbit.wait_log("No bus (")
        self.assertEqual(self.rabbit.bench().ask("press"), {"ok": True})
        self.rabbit.bench().ask("release")
        self.rabbit.wait_log("The button was clicked")
        self.bus.start()
        self.bus.wait_name(NAME, 30)
        self.assertEqual(client.call("Ears", "uint32:3", "uint32:10"), "ears 3 / 10")
        self.assertEqual(client.get("Ears"), [3, 10])

    def test_goes_while_somebody_waits(self):
        client = self.make_idle()
        send = ["dbus-send", f"--bus={self.bus.address}", "--type=method_call", f"--dest={NAME}",
                PATH, "io.github.nabaztagd.Rabbit1.Test", "string:ears"]  # fmt: skip
        subprocess.run(send, check=True)
        client.wait("EarStates", ["moving", "resting"])
        self.bus.stop()
        self.rabbit.wait_log("No bus (")
        self.rabbit.bench().press()
        self.rabbit.wait_log("The button was clicked")
        self.bus.start()
        self.bus.wait_name(NAME, 30)

    def test_hangs(self):
        """Neither the body nor the end wait for a bus that does not answer."""
        self.make_idle()
        self.bus.hang()
        self.rabbit.bench().press()
        self.rabbit.wait_log("The button was clicked")
        self.check_stop(self.rabbit)

    def test_falls_behind(self):
        """A bus that did not listen for a while learns how things are in the end."""
        client = self.make_idle()
        monitor, bench = self.bus.watch(), self.rabbit.bench()
        self.bus.hang()
        bench.ask("turn left 4")
        self.rabbit.wait_log("A hand turned the ears to 4 / 0", 20)
        self.bus.hang(False)
        monitor.wait_change("Ears", [4, 0])
        monitor.wait_told("EarsMoved", [4, 0])
        self.assertEqual(client.get("Ears"), [4, 0])

    def test_name_is_taken(self):
        self.make_idle()
        second = self.make_rabbit(account={"jid": None})
        second.start("--bus", self.bus.address)
        second.wait_log("does not give us the name io.github.nabaztagd.main")
        second.wait_status("ears 0/0")
        self.check_stop(self.rabbit)
        self.bus.wait_name(NAME)

    def test_policy_comes_late(self):
        """As while the package is being installed."""
        nobody = EVERYTHING.replace('<allow own="*"/>', '<deny own="*"/>')
        self.make_bus(policy=nobody)
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.start("--bus", self.bus.address)
        rabbit.wait_status("ears 0/0")
        self.bus.change_policy(EVERYTHING)
        self.bus.wait_name(NAME, 5)
        self.assertNotIn("The bus", rabbit.log())

    def test_instances(self):
        self.make_idle()
        second = self.make_rabbit(account={"jid": None})
        second.start("--bus", self.bus.address, "--instance", "living-room")
        self.bus.wait_name("io.github.nabaztagd.living_room")
        self.assertEqual(BusRabbit(self.bus, "living_room").get("Stage"), "idle")

    def test_leaves_at_the_end(self):
        self.make_idle()
        self.rabbit.signal(signal.SIGTERM)
        self.rabbit.wait()
        wait_for(lambda: NAME not in self.bus.names(), 5, "the name to be gone")

    def test_user_bus(self):
        self.make_bus()
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.environment["DBUS_SESSION_BUS_ADDRESS"] = self.bus.address
        rabbit.start("--bus", "user")
        self.bus.wait_name(NAME)

    def test_system_bus_is_the_default(self):
        self.make_bus()
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.environment["DBUS_SYSTEM_BUS_ADDRESS"] = self.bus.address
        rabbit.start("--bus", "system")
        self.bus.wait_name(NAME)


@unittest.skipUnless(os.geteuid() == 0, "other users are needed: root")
class Policy(BusCase):
    """The policy that is installed, with an old group of Debian's in place of ours."""

    def setUp(self):
        super().setUp()
        self.make_system_bus()
        self.rabbit = self.make_rabbit(account={"jid": None})
        self.start(self.rabbit)

    def test_root_acts(self):
        self.assertEqual(BusRabbit(self.bus).call("Home"), "ears 0 / 0")

    def test_others_only_look(self):
        client = BusRabbit(self.bus, user="nobody", groups=[])
        self.assertEqual(client.get("Stage"), "idle")
        self.assertEqual(len(client.get_all()), 13)
        for call in (("Home",), ("Command", "string:status"), ("Ears", "uint32:1", "uint32:1")):
            self.check_error("org.freedesktop.DBus.Error.AccessDenied", client, *call)
        self.assertNotIn("says", self.rabbit.log())

    def test_the_group_acts(self):
        client = BusRabbit(self.bus, user="nobody", groups=["games"])
        self.assertEqual(client.call("Led", "string:nose", "string:red"), "led nose red")

    def test_nobody_else_has_the_name(self):
        with self.assertRaises(subprocess.CalledProcessError):
            self.bus.busctl(
                "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "RequestName", "su", "io.github.nabaztagd.mallory", "0",
                user="nobody", group=pwd.getpwnam("nobody").pw_gid, extra_groups=[],
            )  # fmt: skip
