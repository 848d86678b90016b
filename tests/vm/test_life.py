"""The service is killed and comes back; several of it live beside each other."""

import json
import os
import stat
import time

from guest import run, until
from lib.bus import BusRabbit, SystemBus
from lib.server import DOMAIN
from test_service import Unit
from unit import ADDRESS, BodyTest, Story, ask, configure, override, owner, server, settings, show

CGROUP = "/sys/fs/cgroup/system.slice/nabaztagd.service"
LATER = 2  # seconds until the next one starts: time to see who stops the motors
KITCHEN, KITCHEN_SERIAL = f"kitchen@{DOMAIN}", "0013d4abcdee"


def kill(signal):
    run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "nabaztagd")


def starve():
    """The kernel finds no memory for the service; what is left of it has as much as it wants."""
    for limit in ("256K", "max"):
        with open(f"{CGROUP}/memory.max", "w", encoding="ascii") as file:
            file.write(limit)


class Deaths(BodyTest):
    """While an ear turns, on a kernel that lets it turn on."""

    options = ("--persist",)

    def dies(self, way, result, **overrides):
        """Of this; the motors rest before the next one starts, which comes online."""
        self.start(RestartSec=LATER, **overrides)
        self.wait_turning()
        story, process, began = Story(), show("MainPID"), time.monotonic()
        way()
        until(lambda: show("MainPID") not in ("0", process), 20, "another process")
        started = int(show("ExecMainStartTimestampMonotonic")) / 1e6
        turned = [ended for _, _, since, ended in self.rabbit.runs() if since < began]
        self.assertTrue(turned)
        self.assertTrue(all(ended and ended < started for ended in turned), (turned, started))
        self.wait_online()
        self.assertEqual((show("NRestarts"), show("Result")), ("1", "success"))
        self.assertIn(f"nabaztagd.service: Failed with result '{result}'.", story.of_systemd())
        return story, process

    def test_killed(self):
        self.dies(lambda: kill("KILL"), "signal")

    def test_hangs(self):
        self.dies(lambda: kill("STOP"), "watchdog", WatchdogSec="2")

    def test_starves(self):
        story, process = self.dies(starve, "oom-kill")
        words = "\n".join(story.lines("_TRANSPORT=kernel"))
        self.assertIn(f"Memory cgroup out of memory: Killed process {process} (nabaztagd)", words)


class Service(Unit):
    def test_again_and_again(self):
        """However often it is killed: it is never given up."""
        override(RestartSec="100ms")
        for _ in range(7):
            process = show("MainPID")
            kill("KILL")
            until(lambda: show("MainPID") not in ("0", process), 10, "another process")
            until(lambda: show("ActiveState") == "active", 10, "it to be ready")

    def test_pynab(self):
        """Who moves the same ears is stopped by us, and stops us."""
        unit = "/run/systemd/system/nabd.service"
        configure("[Service]\nExecStart=/bin/sleep infinity\n", unit)
        self.addCleanup(os.unlink, unit)
        run("systemctl", "daemon-reload")
        for one, other in (("nabd", "nabaztagd"), ("nabaztagd", "nabd")):
            run("systemctl", "start", one)
            until(lambda: show("ActiveState", other) == "inactive", 10, f"the end of {other}")


class Instances(BodyTest):
    """One has a body of lines, the other one a simulated one; both have a server in common."""

    unit = "nabaztagd@kitchen"
    config = "/etc/nabaztagd/kitchen.conf"

    def setUp(self):
        super().setUp()
        text = settings("sim").replace(ADDRESS, KITCHEN).replace("0013d4abcdef", KITCHEN_SERIAL)
        configure(text, self.config)
        self.addCleanup(run, "systemctl", "stop", self.unit)

    def wait_both_online(self):
        for unit, address in (("nabaztagd", ADDRESS), (self.unit, KITCHEN)):
            until(lambda: f"{address} online" in show("StatusText", unit), 30, f"{unit} online")

    def check_state(self, folder, address):
        path = f"/var/lib/{folder}"
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        accounts = [name for name in os.listdir(path) if name.startswith("account-")]
        self.assertEqual([name for name in accounts if name != f"account-{address}"], [])
        self.assertEqual(stat.S_IMODE(os.stat(f"{path}/account-{address}").st_mode), 0o600)

    def test_two(self):
        self.start()
        run("systemctl", "start", self.unit)
        self.wait_both_online()
        self.wait_home()
        self.check_state("nabaztagd-kitchen", KITCHEN)
        rabbits = [BusRabbit(SystemBus(), name) for name in ("main", "kitchen")]
        self.assertEqual([rabbit.get("Jid") for rabbit in rabbits], [ADDRESS, KITCHEN])

        said = run("nabaztagctl", "--instance", "kitchen", "ears", "2", "3")
        self.assertEqual(said, "ears 2 / 3\n")
        self.assertEqual([rabbit.get("Ears") for rabbit in rabbits], [[0, 0], [2, 3]])
        self.assertEqual(self.rabbit.ears(), (0, 0))
        self.ears(1, 1)
        self.assertEqual([rabbit.get("Ears") for rabbit in rabbits], [[1, 1], [2, 3]])
        self.check_doctor()
        self.check_lives_apart()

    def check_doctor(self):
        """It looks into the memory of the one that is meant."""
        answer = json.loads(run("nabaztagctl", "--instance", "kitchen", "--json", "doctor"))
        seen = {row["name"]: row["seen"] for row in answer["rows"]}
        self.assertEqual(seen["account"], f"{KITCHEN} with the password it registered")

    def check_lives_apart(self):
        """Reload, restart and stop of one are nothing to the other."""
        processes = [show("MainPID", unit) for unit in ("nabaztagd", self.unit)]
        registered = len(server().witness("registered"))
        run("systemctl", "reload", self.unit)
        self.wait_both_online()
        self.assertEqual([show("MainPID", unit) for unit in ("nabaztagd", self.unit)], processes)
        run("systemctl", "restart", self.unit)
        self.wait_both_online()
        self.assertEqual(show("MainPID"), processes[0])
        self.assertNotEqual(show("MainPID", self.unit), processes[1])
        self.assertEqual(len(server().witness("registered")), registered, "it knew its password")
        run("systemctl", "stop", "nabaztagd")
        status = show("StatusText", self.unit)
        self.assertIn(f"{KITCHEN} online", status)
        seen = len(owner().messages)
        owner().say(KITCHEN, "status")
        until(lambda: owner().bodies(seen), 20, "an answer of the other one")
