"""
Power cuts: kill -9 at every piece of the conversation and at every change of a state file.
Afterwards the rabbit always gets in, with one account, and reports nothing that is no news.
"""

import contextlib
import os

from lib.preload import preload
from lib.tap import Tap

from case import DOMAIN, every_server, wait_for

MANY = 80  # more steps than any of these stories has


def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


@contextlib.contextmanager
def cut_number(number, tap):
    """Says in a failure which cut it was; the first one is enough."""
    try:
        yield
    except AssertionError as error:
        last = tap.pieces[-1] if tap.pieces else None
        raise AssertionError(f"after cut {number} (last heard: {last}): {error}") from error


class Cuts:
    def setUp(self):
        super().setUp()
        self.server, self.hook = self.make_server(), self.make_hook()
        self.tap = Tap(self.server)
        self._end_with(self.tap.stop)
        self.known = self.server.accounts()

    def make_user(self, number):
        """A rabbit of its own for each cut: its user name and itself."""
        user = f"0013d4{number:06x}"
        account = {"jid": f"{user}@{DOMAIN}"}
        return user, self.make_rabbit(self.tap, self.hook, account=account)

    def forget(self, user, rabbit):
        """The rabbit's earlier life: it had an account, and then the server lost it."""
        rabbit.start().wait_online()
        rabbit.wait_log("Greeted")  # that is over: each life after it has the same changes
        self.check_stop(rabbit)
        rabbit.notes.clear()
        self.server.forget_account(user)

    def check_life_after(self, user, rabbit, registrations, reports):
        """Power is back."""
        self.assertEqual(rabbit.wait(), -9)
        self.tap.restart()
        rabbit.environment.clear()
        rabbit.notes.clear()
        rabbit.start().wait_online(60)
        self.assertEqual(self.server.accounts() - self.known, {user})
        self.assertEqual(self.server.witness().count(f"registered {user}"), registrations)
        self.assertLessEqual(len(self.hook.requests), reports)
        self.end_life(rabbit)

    def end_life(self, rabbit):
        self.check_stop(rabbit)
        self.known = self.server.accounts()
        self.hook.requests.clear()

    def wait_cut_or(self, rabbit, is_done, timeout=40):
        """Waits until the power was cut (True) or the story came to its end without that."""
        wait_for(
            lambda: rabbit.process.poll() is not None or is_done(),
            timeout,
            lambda: f"a power cut or the end of the story; STATUS is {rabbit.status()!r}",
        )
        return rabbit.process.poll() is not None

    # The conversation

    def cut_conversation(self, prepare=None):
        """Kills it at piece 1, 2, … of what it and its server say; how many cuts there were."""
        for number in range(1, MANY):
            user, rabbit = self.make_user(number)
            if prepare:
                prepare(user, rabbit)

            kills = []

            def kill_at(seen, _direction, _piece):
                if seen == number:
                    rabbit.process.kill()
                    kills.append(seen)
                return seen < number

            with cut_number(number, self.tap):
                self.tap.restart(kill_at)
                rabbit.start()
                self.wait_cut_or(rabbit, rabbit.is_online)
                self.tap.restart()  # from here on nothing is cut any more
                if not kills:
                    self.end_life(rabbit)
                    return number - 1
                self.check_life_after(user, rabbit, *((2, 2) if prepare else (1, 0)))
        raise AssertionError("the story has no end")

    # The state files

    def run_with_cut(self, rabbit, number, is_done):
        preload(
            rabbit,
            "power-cut",
            self.folder,
            POWER_CUT_FOLDER=rabbit.state_folder,
            POWER_CUT_AT=str(number),
            POWER_CUT_TRACE=os.path.join(rabbit.folder, "trace"),
        )
        rabbit.start()
        return self.wait_cut_or(rabbit, is_done)

    def cut_state(self, prepare=None):
        """Kills it at change 1, 2, … of its state files; the changes of an undisturbed life."""
        for number in range(1, MANY):
            user, rabbit = self.make_user(number)
            if prepare:
                prepare(user, rabbit)

            def is_done():
                return rabbit.is_online() and "Greeted" in rabbit.log()

            with cut_number(number, self.tap):
                if not self.run_with_cut(rabbit, number, is_done):
                    self.end_life(rabbit)
                    return read_lines(os.path.join(rabbit.folder, "trace"))
                self.check_life_after(user, rabbit, *((2, 2) if prepare else (1, 0)))
        raise AssertionError("the story has no end")


def expected_changes(name):
    """How a file is replaced: everything of it on the disk before it gets its name."""
    return [
        f"unlink {name}.new",
        f"open {name}.new",
        f"write {name}.new",
        f"fsync {name}.new",
        f"rename {name}",
        "fsync ",
    ]


@every_server(None)
class FirstLife(Cuts):
    """No account, no password."""

    def test_cut_in_the_conversation(self):
        self.assertGreater(self.cut_conversation(), 12)

    def test_cut_at_a_state_file(self):
        changes = self.cut_state()
        account = changes[0].split()[1].removesuffix(".new")
        self.assertEqual(changes[:6], expected_changes(account), "the pending password")
        self.assertEqual(changes[6:12], expected_changes(account), "the stored one")
        self.assertEqual(changes[12:], expected_changes("greeted"))


@every_server(None, release=(None,))
class Forgotten(Cuts):
    """It has a password that the server does not know any more."""

    def test_cut_in_the_conversation(self):
        self.assertGreater(self.cut_conversation(self.forget), 16)

    def test_cut_at_a_state_file(self):
        changes = self.cut_state(self.forget)
        self.assertGreaterEqual(len(changes), 12)
