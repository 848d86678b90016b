"""Boards: their profiles, what is wrong with them, and the test of a body part by part."""

import glob
import os
import signal
import subprocess

from lib.bench import Bench

from case import Case, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = sorted(glob.glob(os.path.join(HERE, "..", "..", "conf", "boards", "*.conf")))

HEAD = "[gpio]\nchip = c\n"
EAR = "[ear-left]\nforward = 1\nbackward = 2\nencoder = 3\n"

# A profile, and all that --check says: the line, and the sentence.
WRONG = [
    (
        "[ear-left]\nforward = 1\nbackward = c:2\nencoder = c:3\n",
        ["2: [ear-left] forward: expected CHIP:1, because [gpio] chip is not set"],
    ),
    (
        HEAD + "[ear-left]\nforward = 1\nencoder = 3\n",
        ["4: [ear-left] forward: expected `backward` as well, because of bridge = in-in"],
    ),
    (
        HEAD + "[ear-right]\nbridge = in-in-en\nforward = 1\nbackward = 2\nencoder = 3\n",
        ["5: [ear-right] forward: expected `enable` as well, because of bridge = in-in-en"],
    ),
    (
        HEAD + "[ear-right]\nbridge = phase-enable\nphase = 1\nenable = 2\nbackward = 4\n",
        [
            "7: [ear-right] backward: expected none, because of bridge = phase-enable",
            "7: [ear-right] backward: expected `encoder` as well; without it nobody knows where "
            "the ear is",
        ],
    ),
    (
        HEAD + EAR + "[button]\nline = c:3,pull-up\n",
        [
            "8: [button] line: expected a line of its own, not `3`, which is the left ear's "
            "encoder"
        ],
    ),
    (
        HEAD + EAR + "[leds]\ndriver = gpio\nnose = 4 5 6\nleft = 6 7 8\n",
        [
            "10: [leds] left: expected a line of its own, not `6`, which is the nose LED's blue",
        ],
    ),
    (
        HEAD + EAR + "[leds]\ndriver = pmw\nnose = 4 5 6\n",
        ["8: [leds] driver: expected a driver that there is, not `pmw`; did you mean `pwm`?"],
    ),
    (
        HEAD + EAR + "[leds]\ndriver = apa102\ndata = 2\nclock = 9\nnose = 0\n",
        [
            "9: [leds] data: expected a line of its own, not `2`, which is the left ear's motor, "
            "backward"
        ],
    ),
    (HEAD, ["CONFIG: [body] board: expected a board with an ear, the button or LEDs"]),
    (
        HEAD + "[account]\njid = a@b\n",
        ["3: [account]: expected a section that a board profile may have"],
    ),
    (
        HEAD + EAR + "[ear-rihgt]\nforward = 5\n",
        ["7: [ear-rihgt]: expected a known section; did you mean [ear-right]?"],
    ),
    (
        HEAD + "[ear-left]\nforward = 1 2\n",
        [
            "4: [ear-left] forward: expected a line such as 17, GPIO17 or "
            "CHIP:17,active-low,pull-up, not `1 2`"
        ],
    ),
]


class Boards(Case):
    def make_board(self, text):
        rabbit = self.make_rabbit(sim={"socket": None})
        self.board = rabbit.write("board.conf", text)
        rabbit.configure(body={"board": self.board})
        return rabbit

    def test_every_profile_is_clean(self):
        self.assertGreaterEqual(len(PROFILES), 6)
        for path in PROFILES:
            if path.endswith("/template.conf"):  # says nothing until it is filled in
                continue
            with self.subTest(os.path.basename(path)):
                rabbit = self.make_rabbit(body={"board": path}, sim={"socket": None})
                result = rabbit.run("--check")
                self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_wrong_profiles(self):
        for text, problems in WRONG:
            with self.subTest(problems[0]):
                rabbit = self.make_board(text)
                with open(rabbit.config_path, encoding="utf-8") as file:
                    number = file.read().splitlines().index(f"board = {self.board}") + 1
                expected = [
                    problem.replace("CONFIG", f"{rabbit.config_path}:{number}")
                    if problem.startswith("CONFIG")
                    else f"{self.board}:{problem}"
                    for problem in problems
                ]
                result = rabbit.run("--check")
                self.assertEqual(result.stdout.splitlines(), expected)
                self.assertEqual(result.returncode, 1)
                self.assertEqual(rabbit.run().returncode, 78, "it does not start at all")

    def test_a_board_that_is_not_here(self):
        """The profile is good, but there is no such chip: it lives without a body."""
        rabbit = self.make_board(HEAD.replace("= c", "= no-such-chip") + EAR)
        self.assertEqual(rabbit.run("--check").returncode, 0)
        self.assertEqual(rabbit.run("--test-body").returncode, 1)
        self.assertEqual(rabbit.run("--motors-off").returncode, 69)
        rabbit.start().wait_status("no-such-chip")
        faults = [line for line in rabbit.log().splitlines() if "cause=gpio-missing" in line]
        self.assertEqual(len(faults), 1, rabbit.log())
        self.check_stop(rabbit)

    def test_dump_config_tells_where_board_values_come_from(self):
        rabbit = self.make_board(HEAD + EAR)
        rabbit.configure(**{"ear-left": {"encoder": "30"}})
        result = rabbit.run("--dump-config")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"# {self.board}:2\nchip = c\n", result.stdout)
        self.assertIn(f"# {self.board}:4\nforward = 1\n", result.stdout)
        self.assertRegex(result.stdout, rf"# {rabbit.config_path}:\d+\nencoder = 30\n")

    def test_a_wrong_board_is_refused_by_a_reload(self):
        rabbit = self.make_rabbit().start()
        rabbit.wait_ready()
        board = rabbit.write("board.conf", HEAD + EAR + "enable = 4\n")
        rabbit.configure(body={"board": board}, sim={"socket": None})
        rabbit.signal(signal.SIGHUP)
        rabbit.wait_log(f"{board}:7: [ear-left] enable: expected none, because of bridge = in-in")
        rabbit.wait_log("the old one stays")


class TestBody(Case):
    def test_a_script_of_answers(self):
        rabbit = self.make_rabbit()
        result = rabbit.run("--test-body", answers="y\n\nY\nn\ny\nn\n", timeout=60)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("Each part of the simulated body moves in turn", result.stdout)
        self.assertIn("Not right: the right ear turns forward.", result.stdout)
        self.assertIn("Not right: the nose LED is red.", result.stdout)
        self.assertIn("Given up: 15 of 21 were not tried.\n4 of 21 right.\n", result.stdout)

    def test_all_right(self):
        """A person at a terminal, whose finger is the bench's."""
        rabbit = self.make_rabbit()
        ours, terminal = os.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen(
            [rabbit.binary, "--config", rabbit.config_path, "--test-body"],
            stdin=terminal,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(process.kill)
        os.close(terminal)
        wait_for(lambda: os.path.exists(rabbit.bench_path), 10, "the bench")
        bench = Bench(rabbit.bench_path)
        os.write(ours, b"n\n")  # before anything is asked: no answer
        text = b""
        while b"21/21" not in text:
            chunk = os.read(process.stdout.fileno(), 4096)
            self.assertTrue(chunk, text)
            text += chunk
            if text.endswith(b"[Y/n] "):
                os.write(ours, b"y\n")
        bench.press()
        text += process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(10), 0, text)
        self.assertIn(b"21 of 21 right.", text)

    def test_signals_stop_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.end_by(number)

    def end_by(self, number):
        rabbit = self.make_rabbit()
        process = subprocess.Popen(
            [rabbit.binary, "--config", rabbit.config_path, "--test-body"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(process.kill)
        self.addCleanup(process.stdin.close)
        wait_for(lambda: os.path.exists(rabbit.bench_path), 10, "the bench")
        bench = Bench(rabbit.bench_path)
        wait_for(lambda: bench.state()["motors"]["left"] == 1, 10, "a motor")
        process.send_signal(signal.SIGTSTP)  # a process that sleeps would let the motors run
        bench.state()
        bench.watch()
        process.send_signal(number)
        self.assertEqual(process.wait(3), 1)
        motors = {"left": 1, "right": 1}
        while change := bench.next_change():
            if change["what"] == "motor":
                motors[change["which"]] = change["value"]
        self.assertEqual(motors, {"left": 0, "right": 0})
