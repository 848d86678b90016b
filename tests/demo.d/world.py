"""Everything the demo starts, and the story it tells: who said or saw what, in order."""

import queue
import re
import shutil
import sys
import tempfile
import threading

from lib.hook import Hook
from lib.owner import Owner
from lib.rabbit import OWNER, SERIAL, Rabbit
from lib.server import DOMAIN, Server
from lib.waiting import wait_for

RABBIT = f"{SERIAL}@{DOMAIN}"
PASSWORD = "balcony"

SERVER_WORDS = {
    "rejected": "I turned a login down: {}",
    "register-get": "somebody asks how to register",
    "registering": "{} wants an account",
    "registered": "{} has an account now",
    "accepted": "{} proved the password",
    "bound": "{} is online",
}


class Story:
    """Of any world; those that derive from it have pump() and _endings()."""

    quiet = ()  # LEDs that are not told of line by line

    def __init__(self):
        self.story = queue.SimpleQueue()  # (who, what)
        self.folder = tempfile.mkdtemp(prefix="nab-")
        self._lock = threading.Lock()

    def tell(self, who, what):
        """Adds to the story, after all that happened before."""
        self.pump()
        self.story.put((who, what))

    def end(self):
        """Ends everything that was started; safe at any moment."""
        for end in self._endings():
            try:
                if end:
                    end()
            except Exception as error:  # the others must end too
                print(f"demo: {error}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)


class World(Story):
    def __init__(self, binary):
        super().__init__()
        self.hook = Hook(on_request=lambda path: self.tell("hook", f"GET {path}"))
        self.server = Server(self.folder)
        self.server.add_account("juliet", PASSWORD)
        self.rabbit = Rabbit(binary, self.folder, self.server, self.hook)
        self.owner = self.bench = None
        self._seen = None  # how much of each source is told already; None: nothing is told yet

    def prepare(self):
        """The days before: the rabbit got its account, and then the server lost it."""
        self.server.start()
        self.rabbit.configure(account={"server": self.server.address}, access={"owners": None})
        self.rabbit.start().wait_online()
        self.rabbit.stop()
        self.rabbit.configure(access={"owners": OWNER})
        self.server.forget_account(SERIAL)
        self.tell("demo", f"{SERIAL} had an account at {DOMAIN}; then the server lost its database")

    def begin(self):
        self.owner = Owner(OWNER, PASSWORD, self.server, resource="demo").wait_online()
        self.tell("demo", f"you are {OWNER}, its owner")
        self._seen = {name: len(things) for name, things in self._sources().items()}
        self.rabbit.start()
        self.bench = self.rabbit.bench()

    def _sources(self):
        return {
            "rabbit": [line for _, line in list(self.rabbit.lines)],
            "status": self.rabbit.told("STATUS"),
            "server": self.server.witness(),
            "chat": list(self.owner.messages),
        }

    def pump(self):
        """Takes what is new into the story."""
        with self._lock:
            if self._seen is None:
                return
            for who, things in self._sources().items():
                for thing in things[self._seen[who] :]:
                    text = getattr(self, f"_text_of_{who}")(thing)
                    if text:
                        self.story.put((who, text))
                self._seen[who] = len(things)

    @staticmethod
    def _text_of_rabbit(line):
        return re.sub(r"^<\d>", "", line)

    @staticmethod
    def _text_of_status(text):
        return text

    @staticmethod
    def _text_of_server(line):
        what, _, who = line.partition(" ")
        return SERVER_WORDS.get(what, "").format(who) if who != "juliet" else None

    @staticmethod
    def _text_of_chat(message):
        _, body, xml = message
        click = xml.findtext(".//{violet:nabaztag:button}clic")
        return body + (f"   (<clic>{click}</clic>)" if click else "") if body else None

    # What a person can do

    def say(self, text):
        self.tell("you", text)
        self.owner.say(RABBIT, text)

    def press(self, times=1):
        self.tell("you", "press its button" + (" twice" if times == 2 else ""))
        for _ in range(times):
            self.bench.press()

    def turn(self, which, holes):
        self.tell("you", f"turn its {which} ear by hand")
        self.bench.ask(f"turn {which} {holes}")

    def forget(self):
        """The server loses the rabbit's account again, and restarts."""
        self.tell("demo", "the server loses its database once more")
        self.server.stop()
        self.server.forget_account(SERIAL)
        self.server.start()

    def wait(self, predicate, seconds, what):
        return wait_for(predicate, seconds, what)

    def _endings(self):
        return (
            self.bench and self.bench.close,
            self.owner and self.owner.close,
            self.rabbit.destroy,
            self.server.stop,
            self.hook.stop,
        )
