"""The rabbit with a platform of its own: a world and a tour like those of world.py and tour.py."""

import re

from lib import violet
from lib.rabbit import Rabbit
from lib.violet import DOMAIN, MAC, Violet
from lib.waiting import wait_for
from tour import Steps
from world import Story

WORDS = {
    "header": "a rabbit opens a stream",
    "register-get": "it asks how to register",
    "register-set": "it wants an account",
    "auth": "it wants to log in",
    "response": "it answers the challenge",
    "restart": "it proved its password and opens its stream anew",
    "sources": "it asks what to show",
    "click": "its button was pressed",
    "ears": "its ears were turned by hand",
}

BOOT = "bind session sources bind session presence unbind".split()

# Four seconds of every LED in turn, then both ears down and up.
DANCE = bytes.fromhex(
    "01010101"
    "000132"  # half a second a frame
    "000704ff00000000" "010703ff80000000" "0107028000ff0000" "01070100ff000000" "0107000080ff0000"
    "0108000a00" "0008010a00" "0413" "0008000000" "0008010000" "0413" "010a04"
)  # fmt: skip


class PlatformWorld(Story):
    quiet = ("bottom",)  # it pulses all the time

    def __init__(self, binary):
        super().__init__()
        self.platform = Violet(resources={"dance.chor": DANCE})
        self.rabbit = Rabbit(binary, self.folder, **self.platform.settings)
        self.bench = None
        self._seen = {"rabbit": 0, "server": 0, "web": 0}

    def prepare(self):
        self.tell("demo", f"{MAC} is new at {DOMAIN}, a platform like OpenJabNab")

    def begin(self):
        self.rabbit.start()
        self.bench = self.rabbit.bench()

    def pump(self):
        """Takes what is new into the story."""
        sources = {
            "rabbit": [re.sub(r"^<\d>", "", line) for _, line in list(self.rabbit.lines)],
            "server": [self._text_of(heard) for heard in list(self.platform.heard)],
            "web": [f"GET {path}" for _, path in list(self.platform.requests)],
        }
        with self._lock:
            for who, things in sources.items():
                for thing in things[self._seen[who] :]:
                    if thing:
                        self.story.put(("hook" if who == "web" else who, thing))
                self._seen[who] = len(things)

    @staticmethod
    def _text_of(heard):
        bound = re.search("<resource>(.*)</resource></bind>", heard.text)
        return f"it is {bound.group(1)} now" if bound else WORDS.get(heard.step)

    def push(self, what, *frames, resource=None):
        self.tell("server", f"I send {what}")
        assert self.platform.push(violet.packet(*frames), resource), "the rabbit is not there"

    def _endings(self):
        return (self.bench and self.bench.close, self.rabbit.destroy, self.platform.stop)


class PlatformTour(Steps):
    def steps(self):
        return [
            ("it finds its servers, registers and boots, step by step as the original", self.boot),
            ("its belly shows the weather: sun", self.weather),
            ("its ears go where the platform wants them", self.ears),
            ("it loads a choreography and dances it, and the sun is back", self.dance),
            ("a press of its button reaches the platform", self.button),
            ("it sleeps when the platform says so", self.sleep),
            ("it wakes up", self.wake),
            ("it goes when told to, with dark LEDs and still ears", self.farewell),
        ]

    def _resource(self, resource):
        rabbit = self.world.platform.rabbits[MAC]
        wait_for(lambda: rabbit.resource == resource, 30, f"the resource {resource}")

    def _led(self, name, color, seconds=10):
        wait_for(lambda: self.world.bench.leds()[name] == color, seconds, f"{name} {color}")

    def boot(self):
        self._resource("idle")
        wait_for(self.world.platform.is_ready, 10, "the end of the boot")
        steps = [step for step in self.world.platform.steps() if step != "unknown"]
        assert steps == violet.STEPS[:7] + BOOT, f"it did {steps}"

    def weather(self):
        self.world.push("the weather: sun", violet.ambient({1: 0}))
        self._led("middle", "ffff00")

    def ears(self):
        self.world.push("ears: 10 and 5", violet.ambient({4: 10, 5: 5}))
        bench = self.world.bench
        wait_for(lambda: bench.ears() == (10, 5) and bench.motors_off(), 40, "ears at 10 and 5")

    def dance(self):
        self.world.push("a dance", violet.program("ID 1\nCH broadcast/dance.chor\n"))
        self._led("right", "00ff00", 20)
        self._led("middle", "ffff00", 60)
        wait_for(self.world.bench.motors_off, 30, "still ears")

    def button(self):
        self.world.tell("tour", "somebody presses its button")
        self.world.bench.press()
        events = self.world.platform.events
        wait_for(lambda: ("click", 1, None) in events, 10, "the click")

    def sleep(self):
        self.world.push("sleep", violet.mode(True))
        self._resource("asleep")
        bench = self.world.bench
        wait_for(lambda: bench.is_dark() and bench.ears() == (10, 10), 40, "a sleeping rabbit")

    def wake(self):
        self.world.push("wake up", violet.mode(False), resource="asleep")
        self._resource("idle")
        self._led("middle", "ffff00", 40)
