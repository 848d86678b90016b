"""nabaztagctl setup: by its options, by its questions, and what it does to a configuration."""

import difflib
import json
import os
import pty
import pwd
import select
import shutil
import stat
import subprocess

from lib import confine

from case import OWNER, RABBIT, Case, unittest, wait_for

USAGE, DATAERR, NOINPUT, UNAVAILABLE = 64, 65, 66, 69
CANTCREAT, NOPERM, CONFIG = 73, 77, 78
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
INSTALLED = os.path.join(ROOT, "conf/nabaztagd.conf")
PROFILE = os.path.realpath(os.path.join(ROOT, "conf/boards/gpio-sim.conf"))
ANSWERS = ("--account", "a@example.org", "--owner", "b@example.org")


class SetupCase(Case):
    def setUp(self):
        super().setUp()
        self.place = os.path.join(self.folder, "etc")
        os.makedirs(self.place)
        self.path = os.path.join(self.place, "nabaztagd.conf")

    def run_setup(self, *arguments, prefix=(), **options):
        command = [*prefix, self.ctl, "setup", "--config", self.path, *arguments]
        return self.run_tool(*command, **options)

    def setup_json(self, *arguments):
        status, out, err = self.run_setup("--json", *arguments)
        self.assertEqual((status, err, out.count("\n")), (0, "", 1), out)
        return json.loads(out)

    def write(self, text, mode="w"):
        with open(self.path, mode, encoding=None if "b" in mode else "utf-8") as file:
            file.write(text)

    def text(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def check_fails(self, status, text, *arguments, **options):
        """It says why, in both forms, and nothing has changed."""
        before = self.snapshot()
        found, out, err = self.run_setup(*arguments, **options)
        self.assertEqual((found, out), (status, ""), err)
        self.assertIn(text, err)
        found, out, err = self.run_setup("--json", *arguments, **options)
        self.assertEqual((found, err), (status, ""))
        self.assertIn(text, json.loads(out)["error"])
        self.assertEqual(json.loads(out)["status"], status)
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        """All that lies in the folder of the configuration."""
        found = {}
        for folder, _, names in os.walk(self.place):
            for name in names:
                path = os.path.join(folder, name)
                regular = stat.S_ISREG(os.lstat(path).st_mode)
                now = os.stat(path)  # but not when it was read last
                found[path] = (
                    (now.st_ino, now.st_mode, now.st_uid, now.st_gid, now.st_mtime_ns),
                    open(path, "rb").read() if regular else None,
                )
        return found

    def read_back(self):
        """What the daemon makes of it: {(section, key): value}."""
        options = {"capture_output": True, "text": True, "check": False}
        result = subprocess.run([self.binary, "--check", "--config", self.path], **options)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        dump = subprocess.run([self.binary, "--dump-config", "--config", self.path], **options)
        values, section = {}, None
        for line in dump.stdout.splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line and line[0] not in "# ":
                key, _, value = line.partition("=")
                values[section, key.strip()] = value.strip()
        return values

    def check_values(self, account, owner, board, language):
        values = self.read_back()
        found = (
            values["account", "jid"],
            values["access", "owners"],
            values["body", "board"],
            values["rabbit", "language"],
        )
        self.assertEqual(found, (account, owner, board, language))


class Options(SetupCase):
    def test_new_file(self):
        status, out, err = self.run_setup(*ANSWERS, "--board=sim", "--language", "de")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(f"{self.path} is written.\n", out)
        self.assertIn("[account] password-file", out)
        self.check_values("a@example.org", "b@example.org", "sim", "de")
        self.assertEqual(os.listdir(self.place), ["nabaztagd.conf"])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o644)

    def test_json(self):
        expected = {
            "path": self.path,
            "account": "a@example.org",
            "owner": "b@example.org c@example.org",
            "board": PROFILE,
            "language": "it",
            "changed": True,
            "started": False,
        }
        answers = ("--owner", " b@example.org   c@example.org ", "--board", PROFILE)
        result = self.setup_json(*ANSWERS, *answers, "--language", "it")
        notes = result.pop("notes")
        self.assertEqual(result, expected)
        self.assertIn("nabsim is not here", notes[0])
        self.check_values(*(expected[key] for key in ("account", "owner", "board", "language")))

    def test_what_goes_without_saying(self):
        environment = {**os.environ, "LC_ALL": "", "LC_MESSAGES": "fr_CA.UTF-8", "LANG": "it_IT"}
        account = ("--account", "example.org", "--board", "sim")
        self.run_setup(*account, "--owner", "none", env=environment)
        self.check_values("example.org", "", "sim", "fr")
        environment["LC_ALL"] = "pt_BR"
        os.unlink(self.path)
        self.run_setup(*account, "--owner", "", env=environment)
        self.check_values("example.org", "", "sim", "en")

    def test_nobody_to_ask(self):
        self.check_fails(USAGE, "say --account JID", "--owner", "b@example.org")
        self.check_fails(USAGE, "say --owner JID", "--account", "a@example.org")
        self.assertEqual(os.listdir(self.place), [])

    def test_wrong_values(self):
        for option, value, expected in (
            ("--account", "a@example.org/home", "without a resource"),
            ("--account", "", "local@domain or domain"),
            ("--account", "a@b\n[tls]\nmode = off", "local@domain or domain"),
            ("--account", "a" * 184 + "@b", "in lines of 190 bytes"),
            ("--owner", "example.org", "JIDs such as alice@example.org"),
            ("--owner", "b@example.org B@example.org", "only once"),
            ("--owner", "b@example.org\nusers = c@example.org", "JIDs such as"),
            ("--board", "simm", "did you mean sim"),
            ("--board", "boards/sim.conf", "the full path of a profile"),
            ("--board", "/nowhere.conf", "the full path of a profile"),
            ("--language", "pt", "en, fr, de or it"),
            ("--start", "maybe", "yes or no"),
            ("--start", "yes", "is for the service"),
        ):
            with self.subTest(option=option, value=value):
                self.check_fails(USAGE, expected, *ANSWERS, option, value)
                self.check_fails(USAGE, option.strip("-"), *ANSWERS, f"{option}={value}")
        self.assertEqual(os.listdir(self.place), [])

    def test_wrong_options(self):
        self.check_fails(USAGE, "did you mean --account", "--acount", "a@example.org")
        self.check_fails(USAGE, "no option", "--force")
        self.check_fails(USAGE, "wants something behind it", *ANSWERS, "--board")
        self.check_fails(USAGE, "Usage: nabaztagctl setup [OPTION]", *ANSWERS, "now")
        result = subprocess.run(
            [self.ctl, "--instance", "../cellar", "setup", *ANSWERS],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
        self.assertIn("--instance", result.stderr)

    def test_many_owners(self):
        owners = [f"owner-number-{i}@example.org" for i in range(30)]
        self.setup_json(*ANSWERS, "--owner", " ".join(owners))
        self.assertIn("owners =\n    owner-number-0@example.org\n    owner", self.text())
        self.read_back()
        self.assertEqual(self.setup_json()["owner"], " ".join(owners))
        self.setup_json("--owner", "b@example.org")
        self.check_values("a@example.org", "b@example.org", "sim", "en")
        self.assertNotIn("owner-number", self.text())


class Files(SetupCase):
    def test_all_else_is_kept(self):
        shutil.copy(INSTALLED, self.path)
        with open(INSTALLED, encoding="utf-8") as file:
            installed = file.read()
        changed = installed.replace("#mode = required", "mode = optional ")
        friends = "# Friends.\nusers = d@example.org\n    e@example.org"
        changed = changed.replace("#users =", friends)
        self.write(changed)
        self.setup_json(*ANSWERS, "--language", "fr")
        differences = [
            line
            for line in difflib.ndiff(changed.splitlines(), self.text().splitlines())
            if line[0] in "-+"
        ]
        expected = [
            "- #jid =",
            "+ jid = a@example.org",
            "+ language = fr",
            "+ board = sim",
            "- #owners =",
            "+ owners = b@example.org",
        ]
        self.assertEqual(differences, expected)
        self.check_values("a@example.org", "b@example.org", "sim", "fr")
        self.assertEqual(self.read_back()["tls", "mode"], "optional")

    def test_old_answers_stay(self):
        self.setup_json(*ANSWERS, "--language", "de")
        before = self.snapshot()
        status, out, _ = self.run_setup()
        self.assertEqual(status, 0)
        self.assertIn("says all that already", out)
        self.assertFalse(self.setup_json(*ANSWERS)["changed"])
        self.assertEqual(self.snapshot(), before, "it is not even written")
        self.setup_json("--owner", "none")
        self.check_values("a@example.org", "", "sim", "de")

    def test_wrong_old_answers_are_asked_anew(self):
        self.write("[account]\njid = a@b/c\n[access]\nowners = b@example.org\n[body]\nboard = x\n")
        self.check_fails(USAGE, "say --account JID")
        self.assertEqual(self.setup_json("--account", "a@example.org")["board"], "sim")
        self.check_values("a@example.org", "b@example.org", "sim", "en")

    @unittest.skipUnless(os.geteuid() == 0, "owners of files are changed: root")
    def test_owner_and_mode(self):
        self.write("")
        os.chmod(self.path, 0o640)
        os.chown(self.path, 1, 2)
        self.setup_json(*ANSWERS)
        status = os.stat(self.path)
        found = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        self.assertEqual(found, (0o640, 1, 2))

    def test_link(self):
        """What a link leads to is changed; drop-ins are those of the link."""
        elsewhere = os.path.join(self.folder, "elsewhere")
        os.makedirs(elsewhere)
        os.makedirs(self.path + ".d")
        os.symlink(os.path.join(elsewhere, "real.conf"), self.path)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("[tls]\nmode = optional\n")
        with open(self.path + ".d/1.conf", "w", encoding="utf-8") as file:
            file.write("[tls]\nmode = perhaps\n")
        found, _, err = self.run_setup(*ANSWERS)
        self.assertEqual(found, CONFIG)
        self.assertIn(f"{self.path}.d/1.conf:2: [tls] mode: expected", err)
        os.unlink(self.path + ".d/1.conf")
        self.setup_json(*ANSWERS)
        self.assertTrue(os.path.islink(self.path))
        self.assertEqual(os.listdir(elsewhere), ["real.conf"])
        self.check_values("a@example.org", "b@example.org", "sim", "en")

    def test_left_by_one_that_was_killed(self):
        os.makedirs(self.path + ".d")
        os.symlink("nowhere", self.path + ".nabaztagctl-new.d")
        with open(self.path + ".nabaztagctl-new", "w", encoding="utf-8") as file:
            file.write("[half")
        self.setup_json(*ANSWERS)
        self.assertEqual(sorted(os.listdir(self.place)), ["nabaztagd.conf", "nabaztagd.conf.d"])

    def test_drafts_of_a_person(self):
        """They lie beside it, under names that come to mind."""
        os.makedirs(self.path + ".new.d")
        drafts = (self.path + ".new", self.path + ".new.d/1.conf")
        for path in drafts:
            with open(path, "w", encoding="utf-8") as file:
                file.write("[draft]\n")
        before = self.snapshot()
        self.setup_json(*ANSWERS)
        after = self.snapshot()
        self.assertEqual({path: after.pop(path, None) for path in drafts}, before)
        self.assertEqual(list(after), [self.path])

    def test_refused_by_the_daemon(self):
        self.write("[sim]\nsocket = /tmp/bench\n[tls]\nmode = perhaps\n")
        self.check_fails(CONFIG, f"{self.path}:4: [tls] mode: expected", *ANSWERS)
        self.write("[sim]\nsocket = /tmp/bench\n")
        self.check_fails(
            CONFIG, "[sim] socket: expected none, because [body] board is not sim",
            *ANSWERS, "--board", PROFILE,
        )  # fmt: skip
        self.write("[account]\njid = a@example.org\njid = b@example.org\n")
        self.check_fails(CONFIG, "[account] jid: expected only once", *ANSWERS)

    def test_drop_ins(self):
        os.makedirs(self.path + ".d")
        self.write("")
        drop_in = self.path + ".d/10.conf"
        with open(drop_in, "w", encoding="utf-8") as file:
            file.write("[account]\njid = a@example.org\n[access]\nowners = z@example.org\n")
        notes = self.setup_json(*ANSWERS)["notes"]
        self.assertEqual(notes, [f"{drop_in} sets [access] owners as well, and wins."])
        with open(drop_in, "w", encoding="utf-8") as file:
            file.write("[leds]\ndriver = candle\n")
        self.check_fails(CONFIG, f"{drop_in}:2: [leds]", "--board", PROFILE)

    def test_no_text(self):
        for text, why in (
            (b"[account]\n\0jid = a@b\n", "cannot be read"),
            (b"\xff" * 1000, CONFIG),
            (b"#\n" * 500_000, "cannot be read"),
        ):
            self.write(text, "wb")
            if why == CONFIG:
                self.check_fails(CONFIG, f"{self.path}:1: expected at most 190 bytes", *ANSWERS)
            else:
                self.check_fails(CANTCREAT, why, *ANSWERS)

    def test_no_file(self):
        os.mkfifo(self.path)
        self.check_fails(CANTCREAT, "cannot be read", *ANSWERS)
        os.unlink(self.path)
        os.makedirs(self.path)
        self.check_fails(CANTCREAT, "Is a directory", *ANSWERS)
        self.path = os.path.join(self.place, "no/such/folder/nabaztagd.conf")
        self.check_fails(CANTCREAT, "No such file or directory", *ANSWERS)

    @unittest.skipUnless(confine.available(), "namespaces are not available here")
    def test_full_disk(self):
        prefix = confine.command("--full", self.place)
        self.check_fails(CANTCREAT, "No space left on device", *ANSWERS, prefix=prefix)

    @unittest.skipUnless(os.geteuid() == 0, "another user is needed: root")
    def test_another_user(self):
        os.chmod(self.folder, 0o755)
        # The build may lie where others cannot look.
        for program in (self.binary, self.ctl):
            shutil.copy(program, self.folder)
        self.ctl = os.path.join(self.folder, "nabaztagctl")
        self.write("[account]\n")
        nobody = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        self.check_fails(NOPERM, "try: sudo nabaztagctl setup", *ANSWERS, **nobody)
        os.chmod(self.path, 0o600)
        self.check_fails(NOPERM, "may not be read", *ANSWERS, **nobody)
        os.chmod(self.path, 0o644)
        os.chmod(self.place, 0o777)
        self.check_fails(NOPERM, "may not be written", *ANSWERS, **nobody)
        os.chown(self.path, pwd.getpwnam("nobody").pw_uid, nobody["group"])
        self.assertEqual(self.run_setup(*ANSWERS, **nobody)[0], 0)

    def test_no_daemon(self):
        shutil.copy(self.ctl, self.folder)
        self.ctl = os.path.join(self.folder, "nabaztagctl")
        environment = {**os.environ, "PATH": self.place}
        self.check_fails(UNAVAILABLE, "cannot be run", *ANSWERS, env=environment)


class Dialogue(SetupCase):
    """A person at a terminal."""

    def begin(self, *arguments):
        main, other = pty.openpty()
        self.terminal = os.fdopen(main, "r+b", 0)
        self.addCleanup(self.terminal.close)
        self.process = subprocess.Popen(
            [self.ctl, "setup", "--config", self.path, *arguments],
            stdin=other, stdout=other, stderr=other,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        os.close(other)
        self.addCleanup(self.process.wait)
        self._end_with(self.process.kill)

    def read(self, size):
        """What there is to read, b"" in the end."""
        ready, _, _ = select.select([self.terminal], [], [], 20)
        self.assertTrue(ready, "it says nothing more, and does not end")
        try:
            return self.terminal.read(size)
        except OSError:  # Linux's way of saying that the other side was closed
            return b""

    def read_until(self, ending):
        """What it says up to there."""
        said = b""
        while not said.endswith(ending.encode()):
            piece = self.read(1)
            self.assertTrue(piece, f"{ending!r} did not come: {said.decode()}")
            said += piece
        return said.decode().replace("\r", "")

    def answer(self, question, text):
        said = self.read_until(question)
        self.terminal.write(text.encode() + b"\n")
        return said

    def finish(self):
        """Exit status, and what it says in the end."""
        said = b""
        while piece := self.read(4096):
            said += piece
        return self.process.wait(20), said.decode().replace("\r", "")

    def test_questions(self):
        self.begin()
        said = self.answer("Account: ", "a@example.org")
        self.assertIn(f"This writes {self.path}.", said)
        self.answer("Owner [none]: ", "b@example.org")
        said = self.answer("Board [sim]: ", "")
        self.assertIn("\n  sim              A simulated rabbit", said)
        self.answer("Language [en]: ", "fr")
        status, said = self.finish()
        self.assertEqual(status, 0, said)
        self.assertIn(f"{self.path} is written.\n", said)
        self.assertNotIn("systemctl", said, "the service does not read this file")
        self.check_values("a@example.org", "b@example.org", "sim", "fr")

    def test_what_stands_in_brackets(self):
        self.setup_json(*ANSWERS, "--language", "de", "--board", PROFILE)
        self.begin("--language", "it")
        self.answer("Account [a@example.org]: ", "")
        self.answer("Owner [b@example.org]: ", "none")
        self.answer(f"Board [{PROFILE}]: ", "   ")
        self.assertEqual(self.finish()[0], 0)
        self.check_values("a@example.org", "", PROFILE, "it")

    def test_asked_again(self):
        self.begin("--board", "sim", "--language", "en")
        self.answer("Account: ", "")
        said = self.answer("Account: ", "a@example.org/home")
        self.assertIn("That is not it: expected local@domain or domain", said)
        said = self.answer("Account: ", "a" * 2000)
        self.assertIn("without a resource", said)
        said = self.answer("Account: ", " a@example.org ")
        self.assertIn("expected less than 1000 bytes", said)
        self.answer("Owner [none]: ", "")
        self.assertEqual(self.finish()[0], 0)
        self.check_values("a@example.org", "", "sim", "en")

    def test_too_often(self):
        self.begin()
        for _ in range(5):
            self.answer("Account: ", "@")
        status, said = self.finish()
        self.assertEqual(status, DATAERR)
        self.assertIn("nothing was written", said)
        self.assertEqual(os.listdir(self.place), [])

    def test_end_of_input(self):
        self.begin("--account", "a@example.org")
        self.read_until("Owner [none]: ")
        self.terminal.write(b"\x04")
        status, said = self.finish()
        self.assertEqual((status, said), (NOINPUT, "\nNo answer; nothing was written\n"))
        self.assertEqual(os.listdir(self.place), [])

    def test_wrong_option_before_any_question(self):
        self.begin("--language", "pt")
        status, said = self.finish()
        self.assertEqual(status, USAGE)
        self.assertNotIn("Account", said)

    def test_json_asks_nothing(self):
        self.begin("--json")
        status, said = self.finish()
        self.assertEqual(status, USAGE)
        self.assertIn("say --account JID", json.loads(said)["error"])


class Online(SetupCase):
    def test_a_rabbit_set_up(self):
        server = self.make_server()
        rabbit = self.make_rabbit(server, account={"jid": None}, access={"owners": None})
        self.path = rabbit.config_path
        self.setup_json("--account", RABBIT, "--owner", OWNER, "--board", "sim")
        rabbit.start()
        owner = self.meet(server, rabbit)
        owner.say(RABBIT, "home")
        wait_for(lambda: "ears 0 / 0" in owner.bodies(), 20, owner.bodies)


if __name__ == "__main__":
    unittest.main()
