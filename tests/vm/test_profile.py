"""nabaztagd --test-body with the profile of the chip, before somebody who sees the truth."""

import os
import re
import signal
import subprocess
import tempfile
import unittest

from guest import Rabbit, motors_are_off, until

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILE = os.path.join(HERE, "..", "..", "conf", "boards", "gpio-sim.conf")
COLOURS = {"red": "ff0000", "green": "00ff00", "blue": "0000ff"}


class TestBody(unittest.TestCase):
    def setUp(self):
        self.rabbit = Rabbit("--persist")
        self.addCleanup(self.rabbit.stop)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = os.path.join(self.folder.name, "nabaztagd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[body]\nboard = {PROFILE}\n")
        self.process = subprocess.Popen(
            ["nabaztagd", "--config", path, "--test-body"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(self.process.stdin.close)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.kill)
        self.text = ""

    def question(self):
        """The next thing that is asked: the sentence before it."""
        while not re.search(r"(\[Y/n\]|happens:) \Z", self.text):
            chunk = os.read(self.process.stdout.fileno(), 4096).decode()
            self.assertTrue(chunk, self.text)
            self.text += chunk
        sentence = re.findall(r"\d+/21   (.*)\.\n", self.text)[-1]
        self.text += "\n"
        return sentence

    def answer(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def look(self, sentence):
        """Fails unless the sentence is true."""
        ears = {"left": 0, "right": 0}
        leds = dict.fromkeys(("nose", "left", "middle", "right", "bottom"), "000000")
        if found := re.fullmatch(r"The (\w+) ear turns (\w+)", sentence):
            ears[found[1]] = 4 if found[2] == "forward" else 0
        elif found := re.fullmatch(r"The (\w+) LED is (\w+)", sentence):
            leds[found[1]] = COLOURS[found[2]]
        self.assertEqual(self.rabbit.ears(), (ears["left"], ears["right"]), sentence)
        until(lambda: self.rabbit.bench.leds() == leds, 3, sentence)

    def test_everything(self):
        for _ in range(20):
            sentence = self.question()
            self.look(sentence)
            self.assertTrue(motors_are_off(), sentence)
            self.answer("")
        self.assertEqual(self.question(), "The button is pressed")
        self.rabbit.press()
        self.text += self.process.stdout.read().decode()
        self.assertEqual(self.process.wait(5), 0, self.text)
        self.assertIn("21 of 21 right.", self.text)

    def test_interrupted(self):
        self.question()
        self.answer("y")
        until(lambda: any(self.rabbit.motors()), 5, "a motor to run")
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(5), 1)
        self.assertTrue(motors_are_off())
