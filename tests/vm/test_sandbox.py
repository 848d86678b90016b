"""The daemon does all its work in the sandbox of its unit, and nothing else can be done there."""

import os

from guest import run, until
from lib.hook import Hook
from lib.server import DOMAIN
from unit import ADDRESS, SERIAL, BodyTest, configure, journal, said, server, settings, show

CREDENTIAL = "/etc/credstore/nabaztagd.password"


class Sandbox(BodyTest):
    def test_login_report_and_registration(self):
        """A credential, the resolver, TLS, the hook over http, and the state directory."""
        os.makedirs(os.path.dirname(CREDENTIAL), mode=0o700, exist_ok=True)
        with open(CREDENTIAL, "w", encoding="utf-8") as file:
            file.write("carrots-and-hay-3\n")
        self.addCleanup(os.unlink, CREDENTIAL)
        hook, port = Hook(), server().address.split(":")[1]
        text = settings(self.board).replace(server().address, f"{DOMAIN}:{port}")
        text = text.replace(ADDRESS, f"newcomer@{DOMAIN}")
        configure(text + f"[report]\nurl = {hook.url}\n")
        self.start()
        self.wait_online()
        self.assertIn(f"?m={SERIAL}&", hook.requests[0][1])
        self.assertTrue(server().has_account("newcomer"))
        self.assertTrue(journal("REPORTED"), said())

    def test_what_is_forbidden(self):
        """Tried by a shell in the daemon's place, right before it."""
        attempts = (
            "touch /etc/nabaztagd/x",
            "touch /usr/x",
            "ls /root",
            "cat /proc/1/status",
            "cat /proc/cpuinfo",
            "echo 1 >/proc/sys/kernel/sysrq",
            "dd if=/dev/ubda count=1",
            "mknod $STATE_DIRECTORY/x c 1 5",
            "chmod u+s $STATE_DIRECTORY/shell",
            "unshare --user true",
            "mount -t tmpfs x /tmp",
            "hostname x",
            "renice -n -1 $$",
            "kill -0 1",
        )
        script = "/run/attempts"
        with open(script, "w", encoding="utf-8") as file:
            file.write("exec >$STATE_DIRECTORY/told 2>&1\n")
            file.write("cp /bin/true $STATE_DIRECTORY/shell || echo no state\n")
            file.write('[ "$(id -un) $(id -gn)" = "_nabaztagd _nabaztagd" ] || id\n')
            file.write("[ $(stat -c %a $STATE_DIRECTORY/shell) = 700 ] || echo modes\n")
            for attempt in attempts:
                file.write(f"({attempt}) >/dev/null 2>&1 && echo 'allowed: {attempt}'\n")
            file.write("rm -f $STATE_DIRECTORY/shell; echo tried\n")
        self.start(ExecStartPre=f"/bin/sh {script}")
        with open("/var/lib/nabaztagd/told", encoding="utf-8") as file:
            self.assertEqual(file.read(), "tried\n")

    def test_instances(self):
        configure(settings(self.board).replace(f"jid = {ADDRESS}\n", ""))
        with open("/etc/nabaztagd/kitchen.conf", "w", encoding="utf-8") as file:
            file.write("[rabbit]\nserial = 0013d4abcdee\n")
        self.start()
        run("systemctl", "start", "nabaztagd@kitchen")
        self.addCleanup(run, "systemctl", "stop", "nabaztagd@kitchen")
        self.assertEqual(show("ActiveState"), "active")
        until(
            lambda: "kitchen.conf" in run("systemctl", "status", "--no-pager", "nabaztagd@kitchen"),
            5,
            "the other one's status",
        )
        self.assertTrue(os.path.isdir("/var/lib/nabaztagd-kitchen"))
        run("systemctl", "stop", "nabaztagd")
        state = run("systemctl", "is-active", "nabaztagd@kitchen").strip()
        self.assertEqual(state, "active")


class SoftwarePwm(BodyTest):
    keys = "[leds]\ndriver = pwm\n"

    def test_real_time(self):
        self.start()
        threads = ("ps", "-L", "-o", "cls=,rtprio=", "-p", show("MainPID"))
        until(lambda: " FF " in run(*threads), 5, lambda: run(*threads))
