"""The scripted tour: each step does something and checks that it truly happened."""

from lib.rabbit import SERIAL
from lib.server import DOMAIN

REPORT = [("m", SERIAL), ("d", DOMAIN), ("r", "FailureLogin"), ("v", "18673")]


class Steps:
    """A tour of any world; those that derive from it have steps(): (what, function) each."""

    def __init__(self, world):
        self.world = world
        self.done = []

    def run(self):
        """Runs all steps; raises AssertionError at the first that fails."""
        for what, step in self.steps():
            step()
            self.done.append(what)
            self.world.tell("tour", f"✓ {what}")

    def farewell(self):
        status, seconds = self.world.rabbit.stop()
        assert status == 0, f"exit status {status}"
        assert seconds < 3, f"it took {seconds:.1f} s"


class Tour(Steps):
    def steps(self):
        return [
            ("the server rejects a password it no longer knows", self.rejected),
            ("the rabbit reports that to its platform's hook, once", self.reported),
            ("it registers itself anew", self.registered),
            ("it is online", self.online),
            ("it greets its owner", self.greeted),
            ("its ears obey: 3 and 10", self.ears),
            ("its nose turns red", self.nose),
            ("a press of its button reaches its owner", self.button),
            ("it tells how it is", self.status),
            ("it sleeps when told to, dark and with drooping ears", self.sleep),
            ("it wakes up, and its nose is red again", self.wake),
            ("it goes when told to, with dark LEDs and still ears", self.farewell),
        ]

    def _wait(self, predicate, seconds, what):
        return self.world.wait(predicate, seconds, what)

    def _ask(self, text, seconds=20):
        seen = len(self.world.owner.messages)
        self.world.say(text)
        return self._wait(lambda: self.world.owner.bodies(seen), seconds, f"an answer to {text!r}")[
            0
        ]

    def _story(self):
        lines = [
            line.split()[0] for line in self.world.server.witness() if not line.endswith("juliet")
        ]
        return lines[lines.index("rejected") :] if "rejected" in lines else []

    def rejected(self):
        self._wait(self._story, 30, "the rejection")

    def reported(self):
        self._wait(self.world.hook.requests.__len__, 20, "the report")
        reports = self.world.hook.reports()
        assert reports == [REPORT], f"the hook got {reports}"

    def registered(self):
        self._wait(lambda: "registered" in self._story(), 30, "the registration")
        assert self._story().count("rejected") == 1, "rejected more than once"

    def online(self):
        self.world.rabbit.wait_online()
        assert self.world.hook.reasons() == ["FailureLogin"], "reported more than once"

    def greeted(self):
        self._wait(self.world.owner.bodies, 20, "a greeting")

    def ears(self):
        answer = self._ask("ears 3 10", 40)
        assert "3 / 10" in answer, f"it answered {answer!r}"
        bench = self.world.rabbit.bench()
        self._wait(
            lambda: bench.ears() == (3, 10) and bench.motors_off(), 40, "ears at rest at 3 and 10"
        )
        bench.close()

    def nose(self):
        self._ask("nose red")
        bench = self.world.rabbit.bench()
        self._wait(lambda: bench.leds()["nose"] == "ff0000", 5, "a red nose")
        bench.close()

    def button(self):
        bench = self.world.rabbit.bench()
        self.world.tell("tour", "somebody presses its button")
        bench.press()
        bench.close()
        self._wait(lambda: self.world.owner.clicks() == ["1"], 10, "the click")

    def status(self):
        answer = self._ask("status")
        assert "simulated body" in answer, f"it answered {answer!r}"

    def sleep(self):
        answer = self._ask("sleep", 40)
        assert answer == "asleep, ears 10 / 10", f"it answered {answer!r}"
        bench = self.world.rabbit.bench()
        self._wait(lambda: bench.is_dark() and bench.ears() == (10, 10), 10, "a sleeping rabbit")
        bench.close()

    def wake(self):
        answer = self._ask("wake", 40)
        assert answer == "awake, ears 0 / 0", f"it answered {answer!r}"
        bench = self.world.rabbit.bench()
        self._wait(lambda: bench.leds()["nose"] == "ff0000", 10, "a red nose")
        bench.close()
