"""nabaztagctl setup where it belongs: a real systemd, a chip that tells the board."""

import json

from guest import run
from unit import ADDRESS, CERTIFICATE, OWNER, SERIAL, BodyTest, configure, override, server, show


def setup(*arguments):
    return json.loads(run("nabaztagctl", "--json", "setup", *arguments))


class Setup(BodyTest):
    def test_from_nothing_to_online(self):
        configure(
            f"[account]\n#jid =\nserver = {server().address}\n[tls]\nca-file = {CERTIFICATE}\n"
            f"[rabbit]\nserial = {SERIAL}\n"
        )
        override()
        run("systemctl", "disable", "--now", "nabaztagd")
        self.addCleanup(self.stop)
        self.addCleanup(run, "systemctl", "disable", "nabaztagd")

        made = setup("--account", ADDRESS, "--owner", OWNER, "--start", "yes")
        self.assertEqual((made["board"], made["started"]), ("gpio-sim", True))
        self.assertEqual(made["notes"], [])
        self.assertEqual((show("ActiveState"), show("UnitFileState")), ("active", "enabled"))
        self.wait_home()
        self.wait_online()

        process = show("MainPID")
        self.assertFalse(setup("--start", "yes")["changed"])
        self.assertEqual(show("MainPID"), process, "nothing has changed, so it goes on")
        self.assertTrue(setup("--language", "fr", "--start", "yes")["changed"])
        self.assertNotEqual(show("MainPID"), process)
        self.wait_online()

        process = show("MainPID")
        self.assertTrue(setup("--language", "it", "--start", "no")["changed"])
        self.assertFalse(setup("--start", "yes")["changed"])
        self.assertNotEqual(show("MainPID"), process, "it has not read that file")

    def test_unit_that_fails(self):
        override(ExecStartPre="/bin/false")
        self.addCleanup(self.stop)
        self.addCleanup(run, "systemctl", "disable", "nabaztagd")
        with self.assertRaisesRegex(AssertionError, "is well, but `systemctl restart nabaztagd`"):
            setup("--language", "de", "--start", "yes")
