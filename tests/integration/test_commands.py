"""What the body does when it is told to, and what it tells."""

from case import RABBIT, every_server, stays, wait_for

COLORS = ("ff0000", "00ff00", "0000ff")


@every_server(release=(None,))
class Commands:
    def setUp(self):
        super().setUp()
        self.server = self.make_server()
        self.rabbit = self.make_rabbit(self.server).start()
        self.owner = self.meet(self.server, self.rabbit)
        self.bench = self.rabbit.bench()

    def wait_ears(self, left, right):
        wait_for(
            lambda: self.bench.ears() == (left, right) and self.bench.motors_off(),
            30,
            lambda: f"ears at {left} and {right}, not {self.bench.ears()}",
        )

    def test_led(self):
        self.assertEqual(self.owner.ask(RABBIT, "led left green"), "led left green")
        self.assertEqual(self.bench.leds()["left"], "00ff00")
        self.assertEqual(self.owner.ask(RABBIT, "LED tout #102030"), "led tout #102030")
        self.assertEqual(set(self.bench.leds().values()), {"102030"})
        self.assertIn("led ", self.owner.ask(RABBIT, "led ears red"))
        self.assertEqual(set(self.bench.leds().values()), {"102030"})

    def test_one_ear_and_relative(self):
        self.assertEqual(self.owner.ask(RABBIT, "left 5", 30), "left 5")
        self.wait_ears(5, 0)
        self.assertEqual(self.owner.ask(RABBIT, "rechts -3", 30), "rechts 14")
        self.wait_ears(5, 14)
        self.assertEqual(self.owner.ask(RABBIT, "oreilles +1 -2", 30), "oreilles 6 / 12")
        self.wait_ears(6, 12)
        self.assertEqual(self.owner.ask(RABBIT, "gauche home", 30), "gauche 0")
        self.wait_ears(0, 12)

    def test_home_heals(self):
        self.owner.ask(RABBIT, "ears 0 0", 30)
        self.bench.ask("fault left stall")
        self.assertEqual(self.owner.ask(RABBIT, "left 3", 60), "left ? (stuck)")
        self.rabbit.wait_cause("ear-broken")
        self.bench.ask("fault left none")
        self.assertEqual(self.owner.ask(RABBIT, "left 3", 60), "left ? (stuck)")
        self.assertEqual(self.owner.ask(RABBIT, "home", 60), "ears 0 / 0")
        self.wait_ears(0, 0)
        self.assertEqual(self.rabbit.causes(), ["ear-broken"], "told once")

    def test_test(self):
        """It moves every part, answers once when all is done, and leaves things as they were."""
        self.owner.ask(RABBIT, "led all #112233")
        self.owner.ask(RABBIT, "ears 3 10", 30)
        watcher = self.rabbit.bench()
        watcher.watch()
        before = len(self.owner.messages)
        self.assertEqual(self.owner.ask(RABBIT, "test", 90), "tested, ears 3 / 10")
        self.assertEqual(len(self.owner.messages), before + 1)
        self.assertEqual(set(self.bench.leds().values()), {"112233"})
        seen = []
        while len(seen) < 1 or (seen[-1]["which"], seen[-1]["value"]) != ("bottom", "112233"):
            seen.append(watcher.next_change())
        turns = [
            (change["which"], change["value"])
            for change in seen
            if change["what"] == "motor" and change["value"]
        ]
        self.assertEqual(turns[:4], [("left", 1), ("left", -1), ("right", 1), ("right", -1)])
        for led in ("nose", "left", "middle", "right", "bottom"):
            colors = [
                change["value"]
                for change in seen
                if change["what"] == "led" and change["which"] == led
            ]
            self.assertEqual(colors, [*COLORS, "112233"])
        self.assertEqual(self.owner.ask(RABBIT, "test leds", 30), "tested, ears 3 / 10")

    def test_stop(self):
        self.owner.ask(RABBIT, "ears 0 0", 30)
        before = len(self.owner.messages)
        self.owner.say(RABBIT, "test ears")
        wait_for(lambda: not self.bench.motors_off(), 10, "an ear to turn")
        self.owner.say(RABBIT, "halt")
        wait_for(lambda: len(self.owner.bodies(before)) == 2, 10, "two answers")
        answers = self.owner.bodies(before)
        self.assertRegex(answers[0], r"^test stopped, ears \S+ / 0$")
        self.assertRegex(answers[1], r"^angehalten, Ohren \S+ / 0$")
        self.assertTrue(self.bench.motors_off())

    def test_press_stops_what_plays(self):
        self.owner.ask(RABBIT, "ears 0 0", 30)
        before = len(self.owner.messages)
        self.owner.say(RABBIT, "test ears")
        wait_for(lambda: not self.bench.motors_off(), 10, "an ear to turn")
        self.bench.press()
        wait_for(self.bench.motors_off, 1, "the ears to stop at once")
        wait_for(lambda: self.owner.clicks() == ["1"], 10, "the click to be told")
        wait_for(
            lambda: any(body.startswith("test stopped") for body in self.owner.bodies(before)),
            10,
            "the answer",
        )
        stays(self.bench.motors_off, 2, "still ears")
        self.assertEqual(len(self.owner.bodies(before)), 2)

    def test_hand_is_told(self):
        self.owner.ask(RABBIT, "ears 0 0", 30)
        before = len(self.owner.messages)
        self.bench.ask("turn left 4")
        self.bench.ask("turn right -2")
        wait_for(self.owner.hand_moves, 30, "the hand's move")
        self.assertEqual(self.owner.hand_moves(), [("4", "15")])
        self.assertEqual(self.owner.bodies(before), ["My ears were turned to 4 / 15"])
        self.wait_ears(4, 15)
        self.assertIn("A hand turned the ears to 4 / 15, 1 of the owners told", self.rabbit.log())
