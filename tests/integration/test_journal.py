"""The journal: what a real journald keeps of the rabbit's story."""

import json
import os
import re
import subprocess

from lib import confine

from case import RABBIT, SERIAL, Case, unittest, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
MESSAGE_IDS = os.path.join(HERE, "..", "..", "src", "base", "message-id.h")


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

    def check_id(self, rabbit, cause, name):
        """The entry with this cause has the id of this name in src/base/message-id.h."""
        folder = os.path.join(self.folder, "journal")
        os.mkdir(folder)
        rabbit.start(prefix=confine.command("--journal", folder))

        def find():
            return [entry for entry in self.entries(folder) if entry.get("NAB_CAUSE") == cause]

        wait_for(find, 20, f"{cause} in the journal")
        self.check_stop(rabbit)
        with open(MESSAGE_IDS, encoding="utf-8") as file:
            id = re.search(rf'MESSAGE_{name} +"(\w+)"', file.read()).group(1)
        self.assertEqual(find()[0]["MESSAGE_ID"], id)

    def test_refused_certificate(self):
        rabbit = self.make_rabbit(self.make_server(), tls={"ca-file": None})
        self.check_id(rabbit, "cert-untrusted", "CERTIFICATE")

    def test_conflict(self):
        server = self.make_server()
        server.add_account(SERIAL, "somebody else's")
        rabbit = self.make_rabbit(server, password="forgotten")
        self.check_id(rabbit, "register-conflict", "CONFLICT")

    def test_closed_registration(self):
        rabbit = self.make_rabbit(self.make_server(registration=False))
        self.check_id(rabbit, "register-closed", "REGISTER_FAILED")


if __name__ == "__main__":
    unittest.main()
