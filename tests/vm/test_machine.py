"""The test machine itself: systemd, the chip, and the rabbit's body on its lines."""

import time
import unittest

from guest import Rabbit, lines_of, monitor, motors_are_off, run, set_line, set_low, until, value


class Machine(unittest.TestCase):
    def test_systemd_is_running(self):
        with open("/run/vm/state", encoding="utf-8") as file:
            self.assertEqual(file.read().strip(), "running")
        self.assertEqual(run("systemctl", "--failed", "--plain", "--no-legend"), "")

    def test_chip_has_the_lines_of_a_rabbit(self):
        self.assertIn("[nabsim] (24 lines)", run("gpiodetect"))
        names = lines_of("gpiochip0")
        for name in ("ear-left-fwd", "ear-right-rev", "ear-left-enc", "button", "led-nose-blue"):
            self.assertIn(name, names)


class Body(unittest.TestCase):
    def setUp(self):
        self.rabbit = Rabbit()
        self.addCleanup(self.rabbit.stop)

    def test_motor_turns_the_encoder(self):
        with monitor(line=4, edges=68) as edges:
            with set_line(0):
                events = edges.wait(20)
        falling = [usec for usec, rising in events if not rising]
        self.assertEqual(len(events), 68)
        self.assertEqual(len(falling), 34, "they alternate")
        gaps = sorted(b - a for a, b in zip(falling, falling[1:]))
        self.assertTrue(all(gap > 2.5 * gaps[-4] for gap in gaps[-1:]), f"no gap: {gaps}")
        self.assertAlmostEqual((falling[17] - falling[0]) / 1e6, 4.0, delta=0.4)
        until(lambda: self.rabbit.state()["motors"]["left"] == 0, 2, "the motor to stop")

        holes = [change["value"] for change in self.rabbit.changes if change["what"] == "ear"]
        self.assertGreaterEqual(len(holes), 33)
        self.assertTrue(all((b - a) % 17 == 1 for a, b in zip(holes, holes[1:])), holes)

    def test_backward_and_the_other_ear(self):
        before = self.rabbit.state()
        with monitor(line=5, edges=10) as edges:
            with set_line(3):
                edges.wait(10)
                self.assertEqual(self.rabbit.state()["motors"], {"left": 0, "right": -1})
        after = self.rabbit.state()
        self.assertEqual(after["ears"]["left"], before["ears"]["left"], "the other one rests")
        self.assertIn((before["ears"]["right"] - after["ears"]["right"]) % 17, range(4, 8))

    def test_button_bounces(self):
        with monitor(line=6, edges=5) as edges:
            self.rabbit.ask("press")
            events = edges.wait(5)
        self.assertEqual([rising for _, rising in events], [False, True, False, True, False])
        self.assertLess(events[-1][0] - events[0][0], 50_000)

    def test_faults_and_a_hand(self):
        self.rabbit.ask("fault left stall")
        before = self.rabbit.state()["angles"]["left"]
        with set_line(0):
            until(lambda: self.rabbit.state()["motors"]["left"] == 1, 2, "the motor to run")
            self.assertEqual(self.rabbit.state()["angles"]["left"], before)
        self.rabbit.ask("fault left none")
        with monitor(line=4, edges=8) as edges:
            self.rabbit.ask("turn left 5")
            self.assertEqual(len(edges.wait(10)), 8)

    def test_chip_comes_back(self):
        run("vm-gpio", "nabsim", "unplug")
        self.addCleanup(run, "vm-gpio", "nabsim", "plug")
        self.assertNotIn("nabsim", run("gpiodetect"))
        run("vm-gpio", "nabsim", "plug")
        with monitor(line=4, edges=6) as edges:
            with set_line(0):
                self.assertEqual(len(edges.wait(10)), 6)

    def test_leds_are_seen(self):
        with set_line(7):
            until(lambda: self.rabbit.bench.leds()["nose"] == "ff0000", 2, "a red nose")
        until(lambda: self.rabbit.bench.leds()["nose"] == "000000", 2, "a dark nose")


class Bridges(unittest.TestCase):
    def turns(self, rabbit, *lines):
        with set_line(*lines):
            time.sleep(0.1)
            return rabbit.motors()

    def make(self, *options):
        rabbit = Rabbit(*options)
        self.addCleanup(rabbit.stop)
        return rabbit

    def test_enable(self):
        rabbit = self.make("--bridge", "in-in-en")
        self.assertEqual(self.turns(rabbit, 0), (0, 0))
        self.assertEqual(self.turns(rabbit, 22), (0, 0))
        self.assertEqual(self.turns(rabbit, 0, 22), (1, 0))
        self.assertEqual(self.turns(rabbit, 1, 3, 22, 23), (-1, -1))

    def test_phase(self):
        rabbit = self.make("--bridge", "phase-enable")
        self.assertEqual(self.turns(rabbit, 0, 2), (0, 0))
        self.assertEqual(self.turns(rabbit, 0, 22), (1, 0))
        self.assertEqual(self.turns(rabbit, 22, 23), (-1, -1))

    def test_levels_outlive_their_holder(self):
        rabbit = self.make("--persist")
        with set_line(0) as holder:
            until(lambda: rabbit.motors() == (1, 0), 2, "the motor to run")
            holder.kill()
            self.assertTrue(value(0))
            self.assertEqual(rabbit.motors(), (1, 0))
            set_low(0)
            self.assertTrue(motors_are_off())
