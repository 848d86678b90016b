"""The journal: what a real journald keeps of the rabbit's story."""

import json
import os
import subprocess

from lib import confine

from case import RABBIT, Case, unittest, wait_for


@unittest.skipUnless(confine.available(), "namespaces are not available here")
class Journal(Case):
    def entries(self, folder):
        output = subprocess.run(
            ["journalctl", "-D", folder, "-o", "json", "--no-pager", "SYSLOG_IDENTIFIER=nabaztagd"],
            capture_output=True,
            text=True,
        ).stdout
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    def test_fields_and_message_ids(self):
        server = self.make_server()
        hook = self.make_hook()
        folder = os.path.join(self.folder, "journal")
        os.mkdir(folder)
        rabbit = self.make_rabbit(server, hook, password="forgotten")
        rabbit.start(prefix=confine.command("--journal", folder))
        rabbit.wait_online()
        self.check_stop(rabbit)
        wait_for(
            lambda: any(entry["MESSAGE"] == "Stopping" for entry in self.entries(folder)),
            10,
            "the last line in the journal",
        )
        story = self.entries(folder)
        rejected = next(entry for entry in story if entry.get("NAB_CAUSE") == "rejected")
        self.assertEqual(rejected["NAB_JID"], RABBIT)
        self.assertEqual(rejected["PRIORITY"], "4")
        self.assertIn("rejected", rejected["MESSAGE"])
        self.assertNotIn("cause=", rejected["MESSAGE"], "the cause is a field in the journal")
        ids = [entry.get("MESSAGE_ID") for entry in story]
        self.assertNotIn(None, ids, "every line has a MESSAGE_ID")
        self.assertEqual(len(set(ids)), len(ids), "no two kinds of events share one")
        for secret in rabbit.secrets():
            self.assertNotIn(secret, json.dumps(story))


if __name__ == "__main__":
    unittest.main()
