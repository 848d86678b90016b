"""journalctl -x explains, in every language there is, what asks for a person."""

import os
import re
import subprocess

from guest import CHIP, run, until
from lib.hook import Hook
from lib.server import DOMAIN
from unit import ADDRESS, CERTIFICATE, BodyTest, configure, journal, message_id, server, settings

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../systemd")
CATALOGS = {"": "C.UTF-8", ".de": "de_DE.UTF-8", ".fr": "fr_FR.UTF-8", ".it": "it_IT.UTF-8"}
LOST, TAKEN = f"lost@{DOMAIN}", f"taken@{DOMAIN}"
PASSWORD = "/etc/nabaztagd/password"


def catalog(language):
    """{MESSAGE_ID: text}, as its authors wrote it."""
    with open(f"{FOLDER}/nabaztagd{language}.catalog", encoding="utf-8") as file:
        entries = re.split(r"^-- (\w{32})\n", file.read(), flags=re.M)[1:]
    return dict(zip(entries[::2], entries[1::2]))


def explain(text, entry):
    """What is said beside one entry of the journal."""
    return re.sub(r"@(\w+)@", lambda field: entry[field[1]], text).strip()


class Catalog(BodyTest):
    """Everything happens to one rabbit, within one life."""

    def setUp(self):
        super().setUp()
        self.hook = Hook("500")
        self.addCleanup(self.hook.stop)
        run("install", "-m", "600", "-o", "_nabaztagd", "/dev/null", PASSWORD)
        configure("carrots-and-hay\n", PASSWORD)
        self.addCleanup(os.unlink, PASSWORD)
        self.text = settings(self.board, f"[report]\nurl = {self.hook.url}\n")

    def wait(self, name):
        self.entries[name] = until(lambda: journal(name), 30, f"{name} in the journal")[0]

    def reload(self, text):
        configure(text)
        run("systemctl", "reload", "nabaztagd")

    def live(self):
        self.entries = {}
        self.rabbit.ask("fault left stall")
        with_password = self.text.replace("[account]", f"[account]\npassword-file = {PASSWORD}")
        configure(with_password.replace(ADDRESS, LOST))
        self.start()
        for name in ("LOGIN_REJECTED", "REPORT_FAILED", "REGISTERED", "EAR_BROKEN"):
            self.wait(name)
        server().add_account("taken", "somebody-elses")
        self.reload(self.text.replace(ADDRESS, TAKEN))
        self.wait("CONFLICT")
        self.reload(self.text.replace(f"ca-file = {CERTIFICATE}\n", ""))
        self.wait("CERTIFICATE")
        self.reload(self.text + "[body]\nbrightness = bright\n")
        self.wait("CONFIG_REFUSED")
        run("vm-gpio", CHIP, "unplug")
        self.addCleanup(run, "vm-gpio", CHIP, "plug")
        self.wait("BODY_FAILED")

    def test_every_language(self):
        self.live()
        for language, locale in CATALOGS.items():
            told, texts = self.journal_in(locale), catalog(language)
            for name, entry in self.entries.items():
                with self.subTest(name, locale=locale):
                    self.assertIn(explain(texts[message_id(name)], entry), told)

    @staticmethod
    def journal_in(locale):
        """What `journalctl -x` says of the service since its start, without the marks it sets."""
        text = subprocess.run(
            ["journalctl", "--no-pager", "-x", "-u", "nabaztagd"],
            env={"PATH": os.environ["PATH"], "LANG": locale},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        return re.sub(r"^░░ ?", "", text, flags=re.M)
