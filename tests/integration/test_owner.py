"""The owner speaks with the rabbit, by two independent clients."""

import subprocess

from case import DOMAIN, OWNER, PASSWORD, RABBIT, Case, every_server, wait_for

FULL = f"{RABBIT}/nabaztagd"


@every_server(release=(None,))
class Owners:
    def setUp(self):
        super().setUp()
        self.server = self.make_server()
        self.rabbit = self.make_rabbit(self.server).start()

    def test_ears_end_to_end(self):
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        answer = owner.ask(RABBIT, "ears 3 10", timeout=30)
        self.assertIn("3 / 10", answer)
        wait_for(
            lambda: bench.ears() == (3, 10) and bench.motors_off(),
            30,
            lambda: f"the ears to rest at 3 and 10; they are at {bench.ears()}",
        )
        self.rabbit.wait_status("online, ears 3/10, simulated body")
        self.assertEqual(self.rabbit.status(), f"{RABBIT} online, ears 3/10, simulated body")

    def test_nose(self):
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        owner.ask(RABBIT, "nose red")
        wait_for(
            lambda: bench.leds()["nose"] == "ff0000", 5, lambda: f"a red nose in {bench.leds()}"
        )
        owner.ask(RABBIT, "/Nose #00ff00!")
        wait_for(
            lambda: bench.leds()["nose"] == "00ff00", 5, lambda: f"a green nose in {bench.leds()}"
        )

    def test_status_and_help(self):
        owner = self.meet(self.server, self.rabbit)
        status = owner.ask(RABBIT, "status")
        self.assertRegex(status, r"ears \S+ ?/ ?\S+")
        self.assertIn("simulated body", status)
        help_text = owner.ask(RABBIT, "help")
        for command in ("ears", "nose", "status", "help"):
            self.assertIn(command, help_text)

    def test_unknown_word_gets_the_nearest_command(self):
        owner = self.meet(self.server, self.rabbit)
        answer = owner.ask(RABBIT, "noze red")
        self.assertIn("nose", answer)
        self.assertNotIn("\n", answer.strip())

    def test_one_answer_a_message(self):
        owner = self.meet(self.server, self.rabbit)
        before = len(owner.messages)
        for text in ("status", "help", "gibberish", "nose"):
            owner.ask(RABBIT, text)
        self.assertEqual(len(owner.messages) - before, 4)

    def test_click_and_double_click(self):
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        before = len(owner.messages)
        bench.press()
        wait_for(lambda: owner.clicks() == ["1"], 10, lambda: f"one click, not {owner.clicks()}")
        self.assertEqual(len(owner.bodies(before)), 1, "the click comes with words")
        bench.press()
        bench.press()
        wait_for(
            lambda: owner.clicks() == ["1", "2"],
            10,
            lambda: f"a double click, not {owner.clicks()}",
        )

    def test_stranger_gets_nothing(self):
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        stranger = self.make_owner(self.server, "romeo")
        stranger.say(RABBIT, "nose blue")
        wait_for(lambda: "romeo@" in self.rabbit.log(), 10, "a line about the stranger")
        owner.ask(RABBIT, "status")  # by now the stranger's message is dealt with
        self.assertEqual(stranger.messages, [])
        self.assertNotEqual(bench.leds()["nose"], "0000ff")

    def test_greeted_once_in_its_life(self):
        owner = self.meet(self.server, self.rabbit)
        self.check_stop(self.rabbit)
        self.rabbit.notes.clear()
        self.rabbit.start().wait_online()
        owner.ask(RABBIT, "status")
        self.assertEqual(len(owner.bodies()), 2, owner.bodies())

    def test_presence(self):
        owner = self.meet(self.server, self.rabbit)
        self.assertEqual(owner.resource_of(RABBIT), FULL)
        self.check_stop(self.rabbit)
        wait_for(lambda: (FULL, "unavailable") in owner.presences, 5, "the rabbit's farewell")

    def test_answers_to_iqs(self):
        self.rabbit.wait_online()
        owner = self.make_owner(self.server)
        self.assertEqual(owner.query(FULL, "urn:xmpp:ping", "ping")[0], "result")
        kind, answer = owner.query(FULL, "jabber:iq:version")
        self.assertEqual(kind, "result")
        self.assertEqual(answer.findtext(".//{jabber:iq:version}name"), "nabaztagd")
        kind, answer = owner.query(FULL, "http://jabber.org/protocol/disco#info")
        self.assertEqual(kind, "result")
        disco = "{http://jabber.org/protocol/disco#info}"
        identity = answer.find(f".//{disco}identity")
        self.assertEqual((identity.get("category"), identity.get("type")), ("client", "bot"))
        features = {feature.get("var") for feature in answer.iterfind(f".//{disco}feature")}
        self.assertLessEqual(
            {"urn:xmpp:ping", "jabber:iq:version", "http://jabber.org/protocol/disco#info"},
            features,
        )
        for kind in ("get", "set"):
            kind, answer = owner.query(FULL, "urn:example:nonsense", kind=kind)
            self.assertEqual(kind, "error")
            self.assertIsNotNone(
                answer.find(".//{urn:ietf:params:xml:ns:xmpp-stanzas}service-unavailable")
            )

    def test_bodiless_and_error_messages_are_left_alone(self):
        owner = self.meet(self.server, self.rabbit)
        before = len(owner.messages)
        owner.send_raw(
            f'<message to="{RABBIT}" type="chat">'
            '<active xmlns="http://jabber.org/protocol/chatstates"/></message>'
        )
        owner.send_raw(f'<message to="{FULL}" type="error"><body>nose red</body></message>')
        owner.ask(RABBIT, "status")
        self.assertEqual(len(owner.messages) - before, 1)

    def test_delayed_command_is_ignored(self):
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        owner.send_raw(
            f'<message to="{RABBIT}" type="chat"><body>nose blue</body>'
            '<delay xmlns="urn:xmpp:delay" stamp="2020-01-01T00:00:00Z"/></message>'
        )
        owner.ask(RABBIT, "status")
        self.assertNotEqual(bench.leds()["nose"], "0000ff")

    def test_owner_who_comes_later_gets_the_click(self):
        self.rabbit.wait_online()
        owner = self.meet(self.server, self.rabbit)
        owner.resource_of(RABBIT)
        self.rabbit.bench().press()
        wait_for(lambda: owner.clicks() == ["1"], 10, lambda: f"one click, not {owner.clicks()}")


class AnotherClient(Case):
    """go-sendxmpp; its newer versions do not log in to jabberd2."""

    def test_nose(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        bench = rabbit.bench()
        subprocess.run(
            ["go-sendxmpp", "-u", OWNER, "-p", PASSWORD, "-j", server.address, "-n", RABBIT],
            input="nose red\n",
            text=True,
            check=True,
            capture_output=True,
            timeout=20,
            env={"HOME": self.folder, "PATH": "/usr/bin:/bin"},
        )
        wait_for(
            lambda: bench.leds()["nose"] == "ff0000", 10, lambda: f"a red nose in {bench.leds()}"
        )


@every_server(release=(None,))
class Directed:
    def test_clicks_go_nowhere_without_an_owner_online(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server).start()
        rabbit.wait_online()
        rabbit.bench().press()
        rabbit.wait_log("The button was clicked")
        owner = self.meet(server, rabbit)
        owner.ask(f"{RABBIT}", "status")
        self.assertEqual(owner.clicks(), [], f"{DOMAIN} kept an old click")
