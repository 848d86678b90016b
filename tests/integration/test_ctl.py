"""nabaztagctl, as people and scripts use it."""

import json
import os
import pty
import pwd
import signal
import subprocess

from buses import BusCase
from case import RABBIT, SERIAL, unittest, wait_for
from lib.hostile import prepare
from lib.listening import Listening
from lib.modes import STREAMS, Mode, false_signature
from lib.peer import PASSWORD, Gone, Peer, mechanisms

USAGE, UNAVAILABLE, IOERR, TEMPFAIL, PROTOCOL, NOPERM, CONFIG = 64, 69, 74, 75, 76, 77, 78


class CtlCase(BusCase):
    def run_ctl(self, *arguments, bus=None, **options):
        return self.run_tool(self.ctl, "--bus", bus or self.bus.address, *arguments, **options)

    def check_says(self, text, *arguments):
        self.assertEqual(self.run_ctl(*arguments), (0, text + "\n", ""))

    def check_fails(self, status, text, *arguments, **options):
        found, out, err = self.run_ctl(*arguments, **options)
        self.assertIn(text, err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertEqual((found, out), (status, ""))
        found, out, err = self.run_ctl("--json", *arguments, **options)
        self.assertEqual((found, err), (status, ""))
        self.assertIn(text, json.loads(out)["error"])
        self.assertEqual(json.loads(out)["status"], status)

    def watch(self, *arguments):
        """A monitor that is listening, and the list its lines go to."""
        process = subprocess.Popen(
            [self.ctl, "--bus", self.bus.address, *arguments, "monitor"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self._end_with(process.kill)
        return process, process.stdout


class Status(CtlCase):
    def test_line(self):
        self.make_idle()
        self.check_says(self.rabbit.status(), "status")

    def test_json(self):
        client = self.make_idle()
        status, out, _ = self.run_ctl("--json", "status")
        self.assertEqual((status, out.count("\n")), (0, 1))
        self.assertEqual(json.loads(out), client.get_all())
        self.assertEqual(self.run_ctl("status", "--json")[1], out)

    def draw(self, **environment):
        """What it prints to a terminal."""
        main, other = pty.openpty()
        with os.fdopen(main, "rb", 0) as terminal:
            subprocess.run(
                [self.ctl, "--bus", self.bus.address, "status"],
                check=True, stdout=other, timeout=20,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            )  # fmt: skip
            os.close(other)
            text = b""
            try:
                while piece := terminal.read(4096):
                    text += piece
            except OSError:
                pass
        return text.decode().replace("\r", "")

    def test_drawing(self):
        self.make_idle()
        self.check_says("nose #ff8000", "nose", "#ff8000")
        self.check_says("ears 0 / 10", "ears", "0", "10")
        self.rabbit.wait_status("ears 0/10")
        drawn = self.draw()
        self.assertIn("\033[38;2;255;128;0m●\033[0m", drawn)
        self.assertIn("nose #ff8000", drawn)
        self.assertIn("│ •   • │ ┃", drawn)
        self.assertTrue(drawn.endswith(self.rabbit.status() + "\n"))
        self.assertNotIn("\033", self.draw(NO_COLOR="1"))
        self.assertEqual(self.draw(LC_ALL="C"), self.rabbit.status() + "\n")

    def test_hostile_text(self):
        """The status names its configuration file, whose name we choose."""
        self.make_bus()
        folder = os.path.join(self.folder, 'a"b\\c\n\033[31m\xe4\x85\udcff')
        os.makedirs(folder)
        rabbit = self.make_rabbit(account={"jid": None})
        os.rename(rabbit.config_path, os.path.join(folder, "rabbit.conf"))
        rabbit.config_path = os.path.join(folder, "rabbit.conf")
        client = self.start(rabbit)
        client.wait("EarStates", ["resting", "resting"])
        status, out, _ = self.run_ctl("--json", "status")
        self.assertEqual((status, out.count("\n")), (0, 1))
        seen = json.loads(out)["Status"]
        self.assertIn('/a"b\\c??[31m\xe4??/', seen)
        self.assertEqual(seen, client.get("Status"))
        status, out, _ = self.run_ctl("status")
        self.assertEqual((status, out), (0, seen + "\n"))
        os.rename(rabbit.config_path, os.path.join(rabbit.folder, "nabaztagd.conf"))

    def test_hostile_server(self):
        """What a server says goes to terminals, programs and systemd: as one clean line."""
        said = 'a"b\\c\nWATCHDOG=trigger\r\t\x7f\x85\x9b31m\u202e\u2028 \U0001f407 %n'

        def script(peer):
            peer.open(mechanisms("SCRAM-SHA-1"))
            peer.expect(rb"<auth[^>]*>")
            text = said.replace("\r", "&#13;")
            peer.send(
                f"<stream:error><conflict xmlns='{STREAMS}'/>"  # after which it waits for long
                f"<text xmlns='{STREAMS}'>{text}</text></stream:error></stream:stream>"
            )
            peer.hold()

        self.make_bus()
        folder = os.path.join(self.folder, "hostile")
        server, rabbit = prepare(Mode("-", None, None, script), folder, self.binary)
        self._end_with(server.stop)
        self._end_with(rabbit.destroy)
        client = self.start(rabbit)
        client.wait("Stage", "wait")
        clean = 'a"b\\c?WATCHDOG=trigger?????31m\u202e\u2028 \U0001f407 %n'
        seen = json.loads(self.run_ctl("--json", "status")[1])
        self.assertEqual(seen, client.get_all())
        for text in (seen["Status"], seen["LastFailure"][1], rabbit.status()):
            self.assertIn(clean, text)
        self.assertEqual(self.run_ctl("status")[1], seen["Status"] + "\n")
        self.assertEqual(json.loads(next(self.watch("--json")[1])), seen)
        told = {note.partition("=")[0] for _, note in rabbit.notes}
        self.assertEqual(told, {"READY", "STATUS"}, "nothing is slipped in")


class Verbs(CtlCase):
    def test_every_one(self):
        self.make_idle()
        bench = self.rabbit.bench()
        self.check_says("ears 3 / 10", "ears", "3", "10")
        self.check_says("left 1", "left", "-2")
        self.check_says("right 12", "right", "+2")
        self.assertEqual(bench.ears(), (1, 12))
        self.check_says("led bottom red", "led", "bottom", "red")
        self.check_says("nose #123456", "nose", "#123456")
        self.assertEqual((bench.leds()["bottom"], bench.leds()["nose"]), ("ff0000", "123456"))
        self.check_says("tested, ears 1 / 12", "test", "leds")
        self.check_says("ears 0 / 0", "home")
        self.check_says("stopped, ears 0 / 0", "stop")
        self.check_says("asleep, ears 10 / 10", "sleep")
        self.check_fails(TEMPFAIL, "say wake first", "nose", "red")
        status, out, _ = self.run_ctl("--json", "wake")
        self.assertEqual((status, json.loads(out)), (0, {"reply": "awake, ears 0 / 0"}))

    def test_wrong_use(self):
        self.make_idle()
        self.check_fails(USAGE, "did you mean status", "statsu")
        self.check_fails(USAGE, "try --help", "somersault")
        self.check_fails(USAGE, "Usage: nabaztagctl ears LEFT RIGHT", "ears")
        self.check_fails(USAGE, "Usage: nabaztagctl home", "home", "now")
        self.check_fails(USAGE, "left 0-16", "left", "17")
        self.check_fails(USAGE, "nose red", "nose", "reddish")
        self.check_fails(USAGE, "too long", "nose", "x" * 2000)
        self.assertEqual(self.run_ctl()[0], USAGE)
        self.assertEqual(self.run_ctl("--what", "status")[0], USAGE)

    def test_help_and_version(self):
        self.make_bus()
        status, out, err = self.run_ctl("--help")
        self.assertEqual((status, err), (0, ""))
        for verb in ("status", "monitor", "reconnect", "ears LEFT RIGHT"):
            self.assertIn(f"\n  {verb} ", out)
        self.assertRegex(self.run_ctl("--version")[1], r"^nabaztagctl [0-9.]+\n$")

    def test_stuck(self):
        self.make_idle()
        self.rabbit.bench().ask("fault left stall")
        found, _, err = self.run_ctl("left", "3")
        self.assertEqual((found, err), (IOERR, "left ? (stuck)\n"))

    def test_not_configured(self):
        self.make_idle()
        for verb in ("reconnect", "register", "report"):
            self.check_fails(CONFIG, "[account] jid", verb)

    def test_no_serial(self):
        """What is kept of it is no serial, and the hook could not be told who reports."""
        self.make_bus()
        rabbit = self.make_rabbit(self.make_server(), self.make_hook(), rabbit={"serial": None})
        rabbit.write("state/serial", "carrots\n")
        client = self.start(rabbit)
        rabbit.wait_status(f"not configured: set [rabbit] serial in {rabbit.config_path}")
        self.assertIn("/state/serial: it does not hold what nabaztagd writes", rabbit.log())
        for verb in ("reconnect", "register", "report"):
            self.check_fails(CONFIG, "not configured", verb)
        rabbit.configure(rabbit={"name": "Bob"})
        rabbit.signal(signal.SIGHUP)
        rabbit.wait_log("was read anew")
        self.check_fails(CONFIG, "not configured", "report")
        rabbit.write("state/serial", f"{SERIAL}\n")
        rabbit.signal(signal.SIGHUP)
        client.wait("Online", True, 30)
        self.assertEqual(client.get("Serial"), SERIAL)
        self.check_says("the hook has taken the report", "report")

    def test_orders(self):
        self.make_bus()
        hook = self.make_hook()
        client = self.start(self.make_rabbit(self.make_server(), hook))
        client.wait("Online", True, 30)
        self.check_says("the hook has taken the report", "report")
        self.assertEqual(len(hook.requests), 1)
        hook.mode = "500"
        self.check_fails(PROTOCOL, "see [report] url", "report")
        self.check_fails(TEMPFAIL, "online", "register")
        self.check_says("logging in anew", "reconnect")
        client.wait("Online", True, 30)


class Absence(CtlCase):
    def test_no_daemon(self):
        self.make_bus()
        address = self.bus.address
        self.check_fails(UNAVAILABLE, f"start it: nabaztagd --bus {address}", "status")
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
        for verb in (["status"], ["home"], ["monitor"]):
            self.check_fails(
                UNAVAILABLE, "systemctl start nabaztagd", *verb, bus="system", env=environment
            )
        self.check_fails(
            UNAVAILABLE, "systemctl start nabaztagd@cellar", "--instance", "cellar", "status",
            bus="system", env=environment,
        )  # fmt: skip

    def test_no_bus(self):
        self.make_bus(started=False)
        self.check_fails(UNAVAILABLE, "There is no bus", "status")
        self.check_fails(UNAVAILABLE, "There is no bus", "status", bus="nonsense")

    def test_instance(self):
        self.make_bus()
        rabbit = self.make_rabbit(account={"jid": None})
        rabbit.start("--bus", self.bus.address, "--instance", "living-room")
        self.bus.wait_name("io.github.nabaztagd.living_room")
        rabbit.wait_status("ears 0/0")
        self.check_says(rabbit.status(), "--instance", "living-room", "status")


class Monitor(CtlCase):
    def test_json(self):
        client = self.make_idle()
        process, lines = self.watch("--json")
        self.assertEqual(json.loads(next(lines))["Ears"], [0, 0], "how it is to begin with")
        client.call("Led", "string:nose", "string:red")
        event = json.loads(next(lines))
        self.assertEqual(event["event"], "Changed")
        self.assertEqual(event["properties"]["Leds"]["nose"], "#ff0000")
        self.assertGreater(event["time"], 1_500_000_000)
        self.rabbit.bench().press()
        event = json.loads(next(lines))
        self.assertEqual((event["event"], event["arguments"]), ("Button", ["click"]))
        self.check_stop(self.rabbit)
        self.assertEqual(json.loads(next(lines))["event"], "Ended")
        self.start(self.rabbit)
        self.assertEqual(json.loads(next(lines))["event"], "Started")
        self.bus.stop()
        for line in lines:
            last = json.loads(line)
        self.assertIn("The bus is gone", last["error"])
        self.assertEqual(process.wait(10), UNAVAILABLE)

    def test_plain(self):
        client = self.make_idle()
        _, lines = self.watch()
        self.assertEqual(next(lines), self.rabbit.status() + "\n")
        client.call("Ears", "uint32:2", "uint32:0")
        heard = []
        while not heard or heard[-1] != "EarStates resting resting":
            heard.append(next(lines).rstrip("\n").partition(" ")[2])
        self.assertIn("EarStates moving resting", heard)
        self.assertIn("Ears 2 0", heard)
        self.rabbit.bench().press()
        self.assertEqual(next(lines).partition(" ")[2], "Button click\n")

    def test_one_of_two(self):
        """What another rabbit on the bus does is its own business."""
        client = self.make_idle()
        second = self.make_rabbit(account={"jid": None})
        second.start("--bus", self.bus.address, "--instance", "second")
        second.wait_status("ears 0/0")
        _, lines = self.watch("--json")
        next(lines)
        second.bench().press()
        second.wait_log("The button was clicked")
        client.call("Led", "string:nose", "string:red")
        self.assertEqual(json.loads(next(lines))["event"], "Changed")


class Impostor(Listening):
    """Says to everybody that it knows the password, and does not."""

    def __init__(self):
        self.listen()

    def serve(self, connection):
        try:
            false_signature(Peer(connection, None))
        except Gone:
            pass


class Doctor(CtlCase):
    """What nabaztagctl adds to `nabaztagd --doctor`; systemd's part is for the test machine."""

    def examine(self, rabbit, healthy, *arguments):
        """The rows of its own, by name."""
        command = ("doctor", "--config", rabbit.config_path, *arguments)
        environment = {**os.environ, **rabbit.environment}
        status, out, err = self.run_ctl("--json", *command, env=environment)
        self.assertEqual((status, err, out.count("\n")), (0 if healthy else 1, "", 1), out)
        answer = json.loads(out)
        self.assertIs(answer["ok"], healthy)
        names = [row["name"] for row in answer["rows"]]
        self.assertEqual(names[:2], ["configuration", "clock"])
        own = answer["rows"][names.index("service") :]
        plain = self.run_ctl(*command, env=environment)
        self.assertEqual(plain[0], status)
        self.assertEqual(len(plain[1].splitlines()), len(names))
        self.assertIn(f"service       {own[0]['seen']}", plain[1])
        for secret in rabbit.secrets():
            self.assertNotIn(secret, out)
        return {row["name"]: row for row in own}

    def test_all_is_well(self):
        self.make_bus()
        rabbit = self.make_rabbit(self.make_server(), self.make_hook())
        self.start(rabbit).wait("Online", True, 30)
        rows = self.examine(rabbit, healthy=True)
        self.assertEqual(list(rows), ["service", "daemon", "login", "credentials", "body"])
        self.assertEqual({row["state"] for row in rows.values()}, {"ok"}, rows)
        self.assertIn(RABBIT, rows["login"]["seen"])

    def test_stopped(self):
        self.make_bus()
        rabbit = self.make_rabbit(self.make_server())
        rows = self.examine(rabbit, healthy=False)
        self.assertEqual(rows["service"]["cause"], "not-running")
        self.assertEqual(rows["service"]["remedy"], f"nabaztagd --bus {self.bus.address}")
        self.assertEqual(rows["daemon"]["state"], "skipped")

    def test_no_bus(self):
        self.make_bus(started=False)
        rows = self.examine(self.make_rabbit(self.make_server()), healthy=False)
        self.assertEqual(rows["service"]["cause"], "no-bus")

    def test_wrong_password(self):
        self.make_bus()
        server = self.make_server()
        server.add_account(SERIAL, "cuckoo-clock-7")
        rabbit = self.make_rabbit(server, password="hay-and-straw-9", account={"register": "no"})
        self.start(rabbit)
        rabbit.wait_log("cause=rejected")
        rows = self.examine(rabbit, healthy=False)
        self.assertEqual(rows["credentials"]["cause"], "rejected")
        self.assertIn("[account] password-file", rows["credentials"]["remedy"])
        self.assertEqual(rows["login"]["cause"], "rejected")

    def test_impostor(self):
        """No password is wrong because a server cannot prove that it knows it."""
        self.make_bus()
        impostor = Impostor()
        self._end_with(impostor.stop)
        rabbit = self.make_rabbit(
            impostor, password=PASSWORD, account={"register": "no"},
            tls={"mode": "off", "ca-file": None}, sasl={"mechanisms": "SCRAM-SHA-1"},
        )  # fmt: skip
        self.start(rabbit)
        rabbit.wait_cause("proof-invalid")
        rows = self.examine(rabbit, healthy=False)
        self.assertEqual(rows["login"]["cause"], "proof-invalid")
        self.assertEqual(rows["credentials"]["state"], "skipped")

    def test_not_configured(self):
        self.make_idle()
        rows = self.examine(self.rabbit, healthy=False)
        self.assertEqual(rows["login"]["cause"], "not-configured")
        self.assertEqual(rows["credentials"]["state"], "skipped")

    def test_broken_ear(self):
        client = self.make_idle()
        self.rabbit.bench().ask("fault left stall")
        self.run_ctl("left", "3")
        client.wait("EarStates", ["broken", "resting"])
        row = self.examine(self.rabbit, healthy=False)["body"]
        self.assertEqual((row["cause"], row["seen"]), ("ear-broken", "the left ear does not turn"))

    def test_configuration_is_needed_no_more_than_the_daemon(self):
        self.make_bus()
        self.check_fails(USAGE, "--config wants something behind it", "doctor", "--config")
        self.check_fails(USAGE, "did you mean --config", "doctor", "--confg", "x")


class Watch(CtlCase):
    def watch_at_terminal(self, *prefix):
        """The terminal's side of it, and the process. `prefix`: a command that runs it."""
        main, other = pty.openpty()
        process = subprocess.Popen(
            [*prefix, self.ctl, "--bus", self.bus.address, "watch"], stdin=other, stdout=other,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        os.close(other)
        terminal = os.fdopen(main, "rb", 0)
        self.addCleanup(terminal.close)
        self._end_with(process.kill)
        return terminal, process

    def wait_shown(self, terminal, text):
        """What stands on the screen once `text` does."""
        shown = b""
        while text not in (screen := shown.decode(errors="replace").rpartition("\033[H")[2]):
            shown += terminal.read(65536)
        return screen

    def test_live(self):
        client = self.make_idle()
        terminal, process = self.watch_at_terminal()
        self.wait_shown(terminal, "ears 0/0")
        client.call("Led", "string:nose", "string:#ff8000")
        self.wait_shown(terminal, "nose #ff8000")
        client.call("Ears", "uint32:0", "uint32:10")
        self.wait_shown(terminal, "│ •   • │ ┃")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), -signal.SIGINT)
        self.assertTrue(terminal.read(65536).decode().endswith("\033[?25h\033[?1049l"))

    def test_daemon_comes_back(self):
        self.make_idle()
        terminal, _ = self.watch_at_terminal()
        self.wait_shown(terminal, "ears 0/0")
        self.check_stop(self.rabbit)
        self.wait_shown(terminal, "nabaztagd has ended")
        self.start(self.rabbit)
        self.wait_shown(terminal, "ears 0/0")

    def test_ends_with_its_terminal(self):
        self.make_idle()
        terminal, process = self.watch_at_terminal("setsid", "--ctty")
        self.wait_shown(terminal, "ears 0/0")
        terminal.close()
        self.assertEqual(process.wait(10), -signal.SIGHUP)

    def test_needs_a_terminal(self):
        self.make_idle()
        self.check_fails(USAGE, "nabaztagctl monitor", "watch")


@unittest.skipUnless(os.geteuid() == 0, "other users are needed: root")
class Policy(CtlCase):
    def test_looking_is_not_acting(self):
        self.make_system_bus()
        rabbit = self.make_rabbit(account={"jid": None})
        self.start(rabbit)
        rabbit.wait_status("ears 0/0")
        # The build may lie where others cannot look.
        self.ctl = os.path.join(self.folder, "ctl")
        source = os.path.join(os.path.dirname(self.binary), "nabaztagctl")
        subprocess.run(["install", "-m", "755", source, self.ctl], check=True)
        nobody = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        status, out, _ = self.run_ctl("status", **nobody)
        self.assertEqual((status, out), (0, rabbit.status() + "\n"))
        for verb in (["home"], ["ears", "3", "10"], ["reconnect"]):
            self.check_fails(NOPERM, "adduser NAME nabaztagd", *verb, **nobody)
        wait_for(lambda: rabbit.bench().ears() == (0, 0), 5, "ears that were left alone")
