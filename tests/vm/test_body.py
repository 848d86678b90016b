"""The daemon moves a rabbit whose body is GPIO lines; what is true is told by gpio-rabbit."""

import random
import time

from guest import Lamp, run, until
from unit import ADDRESS, BodyTest, ask, owner, server, show

LEDS = ("nose", "left", "middle", "right", "bottom")
COLOURS = ("red", "green", "blue")
NS_EARS = "{violet:nabaztag:ears}"


class LoginToEar(BodyTest):
    def test_a_new_rabbit_registers_and_moves_its_ears(self):
        self.start()
        self.wait_online()
        self.assertTrue(server().has_account(ADDRESS.split("@")[0]))
        self.ears(3, 10)
        self.wait_home(3, 10)


class Ears(BodyTest):
    def test_forty_moves(self):
        """Short ones: a motor may be on for half of the time."""
        chance, places = random.Random(4), (0, 0)
        self.start_homed()
        for _ in range(40):
            places = [(place + chance.randrange(1, 9)) % 17 for place in places]
            self.ears(*places)

    def test_a_hand(self):
        self.start_homed()
        self.ears(3, 10)
        seen = len(owner().messages)
        self.rabbit.ask("turn left 4")
        self.rabbit.ask("turn right -3")
        self.wait_home(7, 7)
        told = until(lambda: self.told_ears(seen), 10, "the owner to be told")
        self.assertEqual(told, ["7", "7"])
        self.ears(0, 0)

    @staticmethod
    def told_ears(since):
        for _, _, xml in owner().messages[since:]:
            for ears in xml.iter(f"{NS_EARS}ears"):
                return [ears.findtext(f"{NS_EARS}{ear}") for ear in ("left", "right")]
        return None


class EnableLine(BodyTest):
    options = ("--bridge", "in-in-en")
    keys = """
[ear-left]
bridge = in-in-en
enable = ear-left-en
[ear-right]
bridge = in-in-en
enable = ear-right-en
"""

    def test_moves(self):
        chance = random.Random(5)
        self.start_homed()
        for _ in range(3):
            self.ears(chance.randrange(17), chance.randrange(17))


class PhaseEnable(EnableLine):
    options = ("--bridge", "phase-enable")
    board = "/etc/nabaztagd/phase.conf"
    keys = ""

    def setUp(self):
        with open(self.board, "w", encoding="utf-8") as file:
            file.write(PHASE)
        super().setUp()


PHASE = """
[gpio]
chip = nabsim
[ear-left]
bridge = phase-enable
phase = ear-left-fwd
enable = ear-left-en
encoder = ear-left-enc
[ear-right]
bridge = phase-enable
phase = ear-right-fwd
enable = ear-right-en
encoder = ear-right-enc
"""


class Faults(BodyTest):
    def fails_and_heals(self, fault):
        self.start_homed()
        self.rabbit.ask(f"fault left {fault}")
        answer = ask("ears 5 5", r"^ears (\S+) / (\S+)(.*)")
        self.assertEqual(answer.group(2), "5")
        self.assertIn("stuck", answer.group(3))
        self.assertEqual(self.rabbit.motors(), (0, 0))
        self.rabbit.ask("fault left none")
        ask("ears home", r"^ears 0 / 0")
        self.ears(9, 4)

    def test_stall(self):
        self.fails_and_heals("stall")

    def test_encoder_cut(self):
        self.fails_and_heals("encoder")


class Button(BodyTest):
    """The debouncing is far longer than the bounce: here, a simulated finger may be late."""

    options = ("--bounce", "12")
    keys = "[button]\ndebounce = 60ms\n"

    def press(self, times, pause=0.2):
        """The clicks that were told, and the longest pause there really was between presses."""
        seen, pauses, released = len(owner().clicks()), [0], None
        for _ in range(times):
            self.rabbit.ask("press")
            pauses.append(time.monotonic() - released if released else 0)
            time.sleep(0.2)
            released = time.monotonic()
            self.rabbit.ask("release")
            time.sleep(pause)
        time.sleep(1)
        return owner().clicks()[seen:], max(pauses)

    def double(self):
        """A double click; a busy machine may be too slow for one."""
        for _ in range(15):
            clicks, pause = self.press(2)
            if pause < 0.4:
                break
        return clicks

    def test_clicks(self):
        self.start()
        self.wait_online()
        self.assertEqual(self.press(1)[0], ["1"])
        self.assertEqual(self.double(), ["2"])
        self.assertEqual(self.press(2, pause=0.8)[0], ["1", "1"])


class SoftButton(Button):
    options = ("--bounce", "1")
    keys = ""


class WornButton(Button):
    options = ("--bounce", "50")
    keys = "[button]\ndebounce = 100ms\n"


class Sleep(BodyTest):
    options = ("--bounce", "12")

    def hold(self):
        self.rabbit.ask("press")
        time.sleep(1.8)
        self.rabbit.ask("release")

    def test_long_press(self):
        self.start_homed()
        seen = len(owner().clicks())
        self.hold()
        self.wait_home(10, 10)
        self.assertIn("asleep", show("StatusText"))
        until(lambda: set(self.rabbit.bench.leds().values()) == {"000000"}, 3, "darkness")
        run("systemctl", "restart", "nabaztagd")
        self.wait_home(10, 10)
        self.wait_online()
        self.assertIn("asleep", show("StatusText"))
        self.hold()
        self.wait_home()
        self.assertEqual(owner().clicks()[seen:], [], "a long press is no click")


class GpioLeds(BodyTest):
    def test_colours(self):
        self.start()
        self.wait_online()
        until(lambda: self.rabbit.bench.leds()["bottom"] == "00ff00", 5, "green: online")
        for word, colour in (
            ("red", "ff0000"),
            ("#00ff00", "00ff00"),
            ("#ff80ff", "ff00ff"),
            ("off", "000000"),
        ):
            ask(f"nose {word}", "^nose")
            until(lambda: self.rabbit.bench.leds()["nose"] == colour, 3, f"{word}: {colour}")
        ask("nose white", "^nose")
        run("systemctl", "stop", "nabaztagd")
        until(lambda: set(self.rabbit.bench.leds().values()) == {"000000"}, 3, "darkness")


class PwmLeds(BodyTest):
    keys = "[leds]\ndriver = pwm\n"

    def seen(self):
        """How much of the time each colour of the nose is lit, over a while."""
        looks = []
        for _ in range(8):
            time.sleep(0.4)
            colour = self.rabbit.bench.leds()["nose"]
            looks.append([light(int(colour[i : i + 2], 16)) for i in (0, 2, 4)])
        return [sum(channel) / len(looks) for channel in zip(*looks)]

    def test_duties(self):
        self.start()
        self.wait_online()
        for colour in ((0xD0, 0xA0, 0x60), (0x60, 0xFF, 0xC0), (0xFF, 0, 0x80)):
            ask("nose #%02x%02x%02x" % colour, "^nose")
            wanted = [light(level) for level in colour]
            until(lambda: is_near(self.seen(), wanted), 30, f"{colour}: {wanted}")
        ask("nose off", "^nose")
        until(lambda: self.rabbit.bench.leds()["nose"] == "000000", 3, "a dark nose")


def is_near(have, wanted):
    """What is fully on or off is so exactly."""
    return all(abs(h - w) <= (0.08 if 0 < w < 1 else 0) for h, w in zip(have, wanted))


def light(level):
    """Of a colour as people write it, as a part of the whole."""
    return (level / 255) ** 2.2


class ClassLeds(BodyTest):
    """Each LED is three of the kernel's."""

    names = {led: [f"{led}:{colour}" for colour in COLOURS] for led in LEDS}

    def setUp(self):
        self.keys = "[leds]\ndriver = class\n" + "".join(
            f"{led} = {' '.join(names)}\n" for led, names in self.names.items()
        )
        super().setUp()
        self.lamps = {led: [Lamp(name) for name in names] for led, names in self.names.items()}
        for lamps in self.lamps.values():
            for lamp in lamps:
                self.addCleanup(lamp.close)
        run("udevadm", "settle")

    def levels(self, led):
        return [lamp.level() for lamp in self.lamps[led]]

    def test_colours(self):
        self.start()
        self.wait_online()
        until(lambda: self.levels("bottom") == [0, 255, 0], 5, "green: online")
        ask("nose #ff8000", "^nose")
        until(lambda: self.levels("nose")[0] == 255, 3, "a bright red")
        _, green, blue = self.levels("nose")
        self.assertAlmostEqual(green, 255 * light(0x80), delta=2)
        self.assertEqual(blue, 0)
        run("systemctl", "stop", "nabaztagd")
        self.assertEqual(self.levels("nose") + self.levels("bottom"), [0] * 6)
