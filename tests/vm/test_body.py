"""The daemon moves a rabbit whose body is GPIO lines; what is true is told by gpio-rabbit."""

import random
import time

from guest import motors_are_off, run, until
from unit import ADDRESS, BodyTest, ask, configure, owner, server, settings, show

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
        chance = random.Random(4)
        self.start_homed()
        for _ in range(40):
            self.ears(chance.randrange(17), chance.randrange(17))

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
    profile = {"bridge": "in-in-en"}

    def test_moves(self):
        chance = random.Random(5)
        self.start_homed()
        for _ in range(8):
            self.ears(chance.randrange(17), chance.randrange(17))


class PhaseEnable(EnableLine):
    options = ("--bridge", "phase-enable")
    profile = {"bridge": "phase-enable"}


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
        for ear, _, began, ended in self.rabbit.runs():
            self.assertLess(ended - began, LONGEST_TRIP)

    def test_belt(self):
        self.fails_and_heals("belt")

    def test_encoder_cut(self):
        self.fails_and_heals("encoder")


LONGEST_TRIP = 12  # seconds of homing: two turns and a bit


class Button(BodyTest):
    options = ("--bounce", "12")

    def press(self, *holds, pause=0.15):
        seen = len(owner().clicks())
        for hold in holds:
            self.rabbit.ask("press")
            time.sleep(hold)
            self.rabbit.ask("release")
            time.sleep(pause)
        time.sleep(1)
        return owner().clicks()[seen:]

    def test_clicks(self):
        self.start()
        self.wait_online()
        self.assertEqual(self.press(0.1), ["1"])
        self.assertEqual(self.press(0.1, 0.1), ["2"])
        self.assertEqual(self.press(0.1, pause=0.8) + self.press(0.1), ["1", "1"])

    def test_long(self):
        self.start()
        self.wait_online()
        self.assertEqual(self.press(2), [], "a long press is no click")
        self.assertEqual(self.press(0.1), ["1"])


class SoftButton(Button):
    options = ("--bounce", "1")


class WornButton(Button):
    options = ("--bounce", "50")

    def setUp(self):
        super().setUp()
        configure(settings(self.board) + "[button]\ndebounce = 60ms\n")


class GpioLeds(BodyTest):
    profile = {"driver": "gpio"}

    def test_colours(self):
        self.start_homed()
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
    profile = {"driver": "pwm"}

    def seen(self, led):
        colour = self.rabbit.bench.leds()[led]
        return [int(colour[i : i + 2], 16) for i in (0, 2, 4)]

    def test_duties(self):
        self.start_homed()
        for colour in ((0xC0, 0x80, 0x40), (0x60, 0xFF, 0xA0), (0xFF, 0, 0x80), (0, 0, 0)):
            ask("nose #%02x%02x%02x" % colour, "^nose")
            time.sleep(0.6)
            for _ in range(3):
                time.sleep(0.3)
                for want, have in zip(colour, self.seen("nose")):
                    self.assertAlmostEqual(have, want, delta=16 if 0 < want < 255 else 0)
