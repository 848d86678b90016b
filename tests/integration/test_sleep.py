"""Sleep and wake, seen by the owner, on the body, and over restarts of everything."""

import signal

from case import RABBIT, every_server, wait_for

FULL = f"{RABBIT}/nabaztagd"


class Watcher:
    """Notes every change of the body from now on."""

    def __init__(self, bench):
        self.bench, self.lights = bench, []
        bench.watch()

    def until_quiet(self, seconds=2):
        """Reads until nothing has changed for so long."""
        self.bench._socket.settimeout(seconds)
        while True:
            try:
                change = self.bench.next_change()
            except TimeoutError:
                return self
            if change and change["what"] == "led" and change["value"] != "000000":
                self.lights.append(change)


@every_server(release=(None,))
class Sleep:
    def setUp(self):
        super().setUp()
        self.server = self.make_server()
        self.rabbit = self.make_rabbit(self.server).start()

    def wait_asleep(self, bench):
        wait_for(
            lambda: bench.is_dark() and bench.ears() == (10, 10) and bench.motors_off(),
            30,
            lambda: f"a dark and still rabbit, not {bench.state()}",
        )

    def fall_asleep(self):
        """Returns the owner and the bench."""
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        owner.resource_of(RABBIT)
        owner.ask(RABBIT, "nose red")
        self.assertEqual(owner.ask(RABBIT, "sleep", 30), "asleep, ears 10 / 10")
        self.wait_asleep(bench)
        return owner, bench

    def test_dark_still_and_away(self):
        owner, bench = self.fall_asleep()
        owner.wait_show(FULL, "xa")
        self.rabbit.wait_status("online, asleep, ears 10/10, simulated body")
        self.assertIn("asleep", owner.ask(RABBIT, "status"))
        for text in ("nose blue", "led all blue", "ears 3 10", "left 3", "home", "test"):
            self.assertEqual(owner.ask(RABBIT, text), "I am asleep; say wake first")
        self.wait_asleep(bench)

        self.assertEqual(owner.ask(RABBIT, "réveil", 30), "réveillé, oreilles 0 / 0")
        owner.wait_show(FULL, "available")
        wait_for(
            lambda: bench.leds()["nose"] == "ff0000", 5, lambda: f"a red nose in {bench.leds()}"
        )
        self.assertNotEqual(bench.leds()["bottom"], "000000")
        self.rabbit.wait_status("online, ears 0/0, simulated body")
        self.assertEqual(owner.ask(RABBIT, "nose off"), "nose off")

    def test_restarted_asleep(self):
        owner, bench = self.fall_asleep()
        bench.close()
        self.check_stop(self.rabbit)
        owner.wait_show(FULL, "unavailable")
        self.rabbit.notes.clear()
        watcher = Watcher(self.rabbit.start().bench())
        self.rabbit.wait_online()
        owner.wait_show(FULL, "xa")
        self.rabbit.wait_status("online, asleep, ears 10/10")
        self.assertEqual(watcher.until_quiet().lights, [])
        self.wait_asleep(self.rabbit.bench())
        self.assertEqual(owner.ask(RABBIT, "wake", 30), "awake, ears 0 / 0")
        owner.wait_show(FULL, "available")

    def test_killed_asleep(self):
        _, bench = self.fall_asleep()
        bench.close()
        self.rabbit.signal(signal.SIGKILL)
        self.rabbit.wait()
        self.rabbit.notes.clear()
        self.rabbit.start().wait_status("online, asleep")
        self.wait_asleep(self.rabbit.bench())

    def test_server_restarted_while_asleep(self):
        owner, bench = self.fall_asleep()
        owner.close()
        watcher = Watcher(self.rabbit.bench())
        self.server.stop()
        wait_for(lambda: not self.rabbit.is_online(), 20, "the rabbit to notice")
        self.server.start()
        self.rabbit.wait_online(60)
        owner = self.make_owner(self.server)
        owner.wait_show(FULL, "xa")
        self.assertEqual(watcher.until_quiet().lights, [])
        self.wait_asleep(bench)

    def test_reloaded_while_asleep(self):
        owner, bench = self.fall_asleep()
        self.rabbit.configure(body={"brightness": "50"})
        self.rabbit.signal(signal.SIGHUP)
        self.rabbit.wait_log("The configuration was read anew")
        self.assertIn("asleep", owner.ask(RABBIT, "status"))
        self.assertEqual(owner.ask(RABBIT, "nose red"), "I am asleep; say wake first")
        self.wait_asleep(bench)

    def test_hand_at_a_sleeper(self):
        """It brings its ear down again and says nothing."""
        owner, bench = self.fall_asleep()
        bench.ask("turn left 5")
        wait_for(lambda: bench.ears() == (15, 10), 10, "the hand to turn the ear")
        self.wait_asleep(bench)
        owner.ask(RABBIT, "status")
        self.assertEqual(owner.hand_moves(), [])
        self.assertNotIn("A hand turned", self.rabbit.log())

    def test_hold(self):
        """The button is a local veto: held it sends the rabbit to sleep, and wakes it."""
        owner, bench = self.meet(self.server, self.rabbit), self.rabbit.bench()
        owner.resource_of(RABBIT)
        bench.hold()
        owner.wait_show(FULL, "xa")
        self.wait_asleep(bench)
        self.assertIn("The button was held: the rabbit falls asleep", self.rabbit.log())
        bench.press()  # a click is nothing to a sleeper
        bench.hold()
        owner.wait_show(FULL, "available")
        self.rabbit.wait_status("online, ears 0/0")
        self.assertEqual(owner.clicks(), [])

    def test_bad_state_file(self):
        self.rabbit.wait_online()
        self.check_stop(self.rabbit)
        path = f"{self.rabbit.state_folder}/sleep"
        with open(path, "w", encoding="utf-8") as file:
            file.write("nabaztagd-sleep 1\nasl")
        self.rabbit.notes.clear()
        self.rabbit.start().wait_online()
        self.assertNotIn("asleep,", self.rabbit.status())
        self.assertEqual(self.rabbit.log().count("whether the rabbit sleeps"), 1)
