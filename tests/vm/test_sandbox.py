"""The daemon does all its work in the sandbox of its unit, and nothing else can be done there."""

import grp
import json
import os
import pkgutil
import pwd
import re
import shutil
import stat
import subprocess

from guest import chip, run, until
from lib.hook import Hook
from lib.network import SRV, A, Resolver
from lib.server import DOMAIN
from test_service import Unit
from unit import (
    ADDRESS,
    SERIAL,
    BodyTest,
    configure,
    journal,
    override,
    said,
    server,
    settings,
    show,
)

HERE = os.path.dirname(os.path.abspath(__file__))
ATTEMPTS = "/run/attempts.py"
UNIT = "/lib/systemd/system/nabaztagd.service"
CREDENTIAL = "/etc/credstore/nabaztagd.password"
STATE = "/var/lib/nabaztagd"
NAMESERVER = "127.0.0.1"
EXPOSURE = 1.7  # at the most, as systemd-analyze counts

# Lines of the unit, and what shows that they are in force: attempts (attempts.py) with what comes
# of them in the daemon's place ("|": or) and what comes of them outside; None: that is of no use.
IN_FORCE = {
    "User": {"who it is": ("_nabaztagd _nabaztagd", "root root"), "kill 1": ("EPERM", "ok")},
    "StateDirectory": {"own file": ("0o600", None)},
    "StateDirectoryMode": {"state folder": ("0o700", None)},
    "UMask": {"own file": ("0o600", "0o644")},
    "LoadCredential": {"credential": ("ok", None), "credstore": ("EACCES", "ok")},
    "OOMScoreAdjust": {"oom_score_adj": ("-500", None)},
    "LimitRTPRIO": {"real time, 10": ("ok", "ok"), "real time, 11": ("EPERM", "ok")},
    "LimitCORE": {"core": ("(0, 0)", None)},
    "DevicePolicy": {
        "null": ("ok", "ok"),
        "random": ("ok", "ok"),
        "disk": ("EPERM", "ok"),
        "uleds": ("EPERM", "ok"),
        "memory": ("EPERM", "ENXIO"),  # this kernel has none
    },
    "DeviceAllow": {"chip": ("ok", "ok")},
    "ProtectSystem": {"usr": ("EROFS", "ok"), "etc": ("EROFS", "ok"), "var": ("EROFS", "ok")},
    "ProtectHome": {"home": ("EACCES", "ok"), "root's": ("EACCES", "ok")},
    "PrivateTmp": {"tmp": ("ENOENT", "ok"), "var/tmp": ("ENOENT", "ok")},
    "ProtectProc": {"process 1": ("ENOENT", "ok")},
    "ProcSubset": {"cpuinfo": ("ENOENT", "ok"), "sysctl": ("ENOENT", "ok")},
    "ReadOnlyPaths": {"tunable": ("EROFS", "ok"), "device": ("ok", "ok")},
    # This kernel has no modules at all.
    "ProtectKernelModules": {"modules": ("EACCES", "ok"), "init_module": ("EPERM", "ENOSYS")},
    "ProtectKernelLogs": {"kmsg": ("EACCES", "ok"), "syslog": ("EPERM", "ok")},
    "ProtectControlGroups": {"cgroup": ("EROFS", "ok")},
    "ProtectClock": {"clock": ("EPERM", "EFAULT")},  # a clock is set to nothing
    "ProtectHostname": {"host name": ("EPERM", "ok")},
    "NoNewPrivileges": {"set-uid program": ("{uid}", "0")},
    "PrivateUsers": {"shadow's group": ("65534", "42")},
    "RestrictSUIDSGID": {"set-uid": ("EPERM", "ok"), "set-gid": ("EPERM", "ok")},
    "RemoveIPC": {"shared memory": ("ok", None)},  # and then see test_lines()
    "KeyringMode": {"session keyring": ("_ses", None)},
    # UNIX, INET, INET6, NETLINK; of the others this kernel has PACKET, not BLUETOOTH.
    "RestrictAddressFamilies": {"families": ("1 2 10 16", "1 2 10 16 17")},
    "RestrictNamespaces": {
        f"{name} namespace": ("EPERM", "ok")
        for name in ("mount", "cgroup", "uts", "ipc", "user", "pid", "net")
    },
    "LockPersonality": {"personality": ("EPERM", "ok")},
    "MemoryDenyWriteExecute": {
        "writable code": ("EPERM|EACCES", "ok"),
        "code that was written": ("EPERM|EACCES", "ok"),
    },
    "SystemCallFilter": {
        "device node": ("EPERM", "ok"),
        "mount": ("EPERM", "ENOENT"),
        "ptrace": ("EPERM", "ok"),
        "chown": ("EPERM", "ok"),
        "priority": ("EPERM", "ok"),
        "processors": ("EPERM", "ok"),
        "real time, 10": ("ok", "ok"),
    },
    "SystemCallErrorNumber": {"ptrace": ("EPERM", "ok")},
}

# What test_daemon_itself() sees of the daemon's process.
SEEN = {"SupplementaryGroups", "CapabilityBoundingSet", "NoNewPrivileges", "PrivateMounts"}

# What is no fence, and the test that shows what it does; or why nothing can.
ELSEWHERE = {
    "Type": "test_service.Service.test_ready_and_status",
    "ExecStart": "test_service.Service.test_ready_and_status",
    "ExecStopPost": "test_safety.Ends.test_killed_and_nothing_stops_the_motors",
    "ExecReload": "test_service.Service.test_reload",
    "Restart": "test_life.Deaths",
    "RestartSec": "test_life.Deaths",
    "RestartPreventExitStatus": "test_damage.Configuration.test_random_bytes",
    "WatchdogSec": "test_life.Deaths.test_hangs",
    "TimeoutStopSec": "test_service.Unit.check_stop",  # 3 s are enough
    "SystemCallArchitectures": "this kernel knows no calls but those of x86_64",
}


def put(path, mode=0o666):
    """A file that everybody might use, were there no sandbox."""
    with open(path, "a", encoding="utf-8") as file:
        file.write("carrots\n")
    os.chmod(path, mode)


def lay_out():
    """What is tried."""
    shutil.copy(os.path.join(HERE, "attempts.py"), ATTEMPTS)
    for folder in ("usr/local", "etc/nabaztagd", "var/lib", "home", "root", "tmp", "var/tmp"):
        put(f"/{folder}/attempt")
    os.chmod("/root", 0o755)
    os.makedirs("/usr/lib/modules/attempt", exist_ok=True)
    os.makedirs("/sys/fs/cgroup/attempt", exist_ok=True)
    for path in (
        "/dev/kmsg",
        "/dev/ubda",
        "/dev/uleds",
        "/sys/devices/platform/uevent",
        "/sys/fs/cgroup/attempt/cgroup.max.depth",
        "/sys/module/gpio_sim/parameters/persist",
    ):
        os.chmod(path, 0o666)
    if not os.path.exists("/dev/attempt-mem"):
        os.mknod("/dev/attempt-mem", stat.S_IFCHR, os.makedev(1, 1))
        os.chmod("/dev/attempt-mem", 0o666)
        os.symlink(f"/dev/{chip()}", "/dev/attempt-chip")
    shutil.copy("/usr/bin/id", "/usr/local/bin/set-uid-id")
    os.chmod("/usr/local/bin/set-uid-id", 0o4755)


def set_credential(test):
    os.makedirs(os.path.dirname(CREDENTIAL), mode=0o700, exist_ok=True)
    put(CREDENTIAL, 0o600)
    test.addCleanup(os.unlink, CREDENTIAL)


def read_told(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Fences(Unit):
    @classmethod
    def setUpClass(cls):
        lay_out()

    def test_lines(self):
        run("systemctl", "stop", "nabaztagd")
        set_credential(self)
        override(ExecStartPre=f"/usr/bin/python3 {ATTEMPTS} {STATE}/told")
        self.addCleanup(override)
        run("systemctl", "start", "nabaztagd")
        inside = read_told(f"{STATE}/told")
        run("systemctl", "stop", "nabaztagd")
        until(lambda: not os.path.exists("/dev/shm/attempt"), 5, "nothing to be left behind")
        run("/usr/bin/python3", ATTEMPTS, "/run/told")
        outside = read_told("/run/told")
        uid = str(pwd.getpwnam("_nabaztagd").pw_uid)
        for line, attempts in IN_FORCE.items():
            for attempt, (wanted, free) in attempts.items():
                with self.subTest(line, attempt=attempt):
                    self.assertIn(inside[attempt], wanted.format(uid=uid).split("|"))
                    if free is not None:
                        self.assertEqual(outside[attempt], free)

    def test_no_line_is_forgotten(self):
        with open(UNIT, encoding="utf-8") as file:
            service = file.read().partition("[Service]")[2].partition("[Install]")[0]
        keys = set(re.findall(r"^(\w+)=", service, re.M))
        self.assertEqual(keys, set(IN_FORCE) | SEEN | set(ELSEWHERE))
        for name in filter(lambda text: text.startswith("test_"), ELSEWHERE.values()):
            self.assertTrue(pkgutil.resolve_name(name))

    def test_daemon_itself(self):
        """The ways of the process that is the daemon, not of one in its place."""
        process = show("MainPID")
        with open(f"/proc/{process}/status", encoding="ascii") as file:
            status = dict(re.findall(r"^(\w+):\t(.*)$", file.read(), re.M))
        self.assertIn(str(grp.getgrnam("gpio").gr_gid), status["Groups"].split())
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        for kind in ("mnt", "uts", "user"):
            spaces = [os.readlink(f"/proc/{which}/ns/{kind}") for which in (1, process)]
            self.assertNotEqual(*spaces)

    def test_credential_is_nobody_elses(self):
        run("systemctl", "stop", "nabaztagd")
        set_credential(self)
        run("systemctl", "start", "nabaztagd")
        path = "/run/credentials/nabaztagd.service/nabaztagd.password"
        run("cat", path)
        result = subprocess.run(["cat", path], user="games", capture_output=True, check=False)
        self.assertNotEqual(result.returncode, 0)

    def test_exposure(self):
        for unit in ("nabaztagd", "nabaztagd@kitchen"):
            text = run("systemd-analyze", "security", "--no-pager", unit)
            found = re.search(r"exposure level for \S+: ([0-9.]+)", text)
            self.assertLessEqual(float(found[1]), EXPOSURE)


class AtWork(BodyTest):
    def test_everything(self):
        """A credential, the resolver, TLS, the hook over http, the state, the chip and the bus."""
        set_credential(self)
        hook, port = Hook(), int(server().address.split(":")[1])
        self.addCleanup(hook.stop)
        self.serve_names(port)
        text = settings(self.board).replace(f"server = {server().address}\n", "")
        text = text.replace(ADDRESS, f"newcomer@{DOMAIN}")
        configure(text + f"[report]\nurl = {hook.url}\n")
        self.start()
        self.wait_online()
        self.assertIn((f"_xmpp-client._tcp.{DOMAIN}", SRV), self.names.asked)
        self.assertIn((f"xmpp.{DOMAIN}", A), self.names.asked)
        self.assertIn(f"?m={SERIAL}&", hook.requests[0][1])
        self.assertTrue(server().knows("newcomer", "carrots"))
        self.assertTrue(journal("REPORTED"), said())
        self.wait_home()
        self.assertEqual(run("nabaztagctl", "ears", "2", "3"), "ears 2 / 3\n")
        self.assertEqual(self.rabbit.ears(), (2, 3))
        run("nabaztagctl", "report")
        self.assertEqual(len(hook.requests), 2)

    def serve_names(self, port):
        """Nobody is told by /etc/hosts where the server is."""
        records = {
            (f"_xmpp-client._tcp.{DOMAIN}", SRV): [(1, port, f"xmpp.{DOMAIN}")],
            (f"xmpp.{DOMAIN}", A): ["127.0.0.1"],
        }
        self.names = Resolver(records, NAMESERVER)
        self.addCleanup(self.names.close)
        with open("/etc/resolv.conf", "w", encoding="utf-8") as file:
            file.write(f"nameserver {NAMESERVER}\n")
        self.addCleanup(os.unlink, "/etc/resolv.conf")


class SoftwarePwm(BodyTest):
    keys = "[leds]\ndriver = pwm\n"

    def test_real_time(self):
        self.start()
        threads = ("ps", "-L", "-o", "cls=,rtprio=", "-p", show("MainPID"))
        until(lambda: " FF " in run(*threads), 5, lambda: run(*threads))
