"""Completion of nabaztagctl, by the shells that people type in."""

import os
import pty
import re
import select
import subprocess
import time

from case import Case

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMPLETIONS = os.path.join(ROOT, "completions")
PROMPT = "ready> "


class Shell:
    """A shell at a terminal."""

    def __init__(self, *command, **environment):
        main, other = pty.openpty()
        self.terminal, self.text = main, ""
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, start_new_session=True,
            env={"TERM": "dumb", "LC_ALL": "C.UTF-8", **environment},
        )  # fmt: skip
        os.close(other)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait(self, pattern, timeout=20):
        """Until what was printed since the last wait matches; the match."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.text)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self.text!r}")
            self.text += os.read(self.terminal, 4096).decode()
        self.text = self.text[found.end() :]
        return found

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


class CompletionCase(Case):
    def setUp(self):
        super().setUp()
        folder = os.path.dirname(os.path.abspath(self.binary))
        self.shell = self.make_shell(f"{folder}:{os.environ['PATH']}")
        self._end_with(self.shell.end)
        self.shell.wait(PROMPT)

    def complete(self, typed, pattern):
        self.shell.type(typed + "\t")
        self.shell.wait(pattern)
        self.shell.type("\x15\n")  # the line is given up
        self.shell.wait(PROMPT)


class Completion:
    def test_verb(self):
        self.complete("nabaztagctl stat", "stat.*us ")

    def test_words_of_a_verb(self):
        self.complete("nabaztagctl led mid", "mid.*dle ")
        self.complete("nabaztagctl led nose mag", "mag.*enta ")
        self.complete("nabaztagctl --json test but", "but.*ton ")

    def test_options(self):
        self.complete("nabaztagctl --ins", "--ins.*tance ")
        self.complete("nabaztagctl --bus sys", "sys.*tem ")
        self.complete("nabaztagctl doctor --co", "--co.*nfig ")

    def test_file(self):
        name = os.path.join(self.folder, "a-rabbit.conf")
        open(name, "w", encoding="utf-8").close()
        self.complete(f"nabaztagctl doctor --config {name[:-9]}", r"bit\.conf ")


class Bash(Completion, CompletionCase):
    @staticmethod
    def make_shell(path):
        shell = Shell("bash", "--norc", "--noprofile", "-i", PATH=path, PS1="begin> ")
        shell.type(f". {COMPLETIONS}/nabaztagctl; bind 'set enable-bracketed-paste off'\n")
        shell.type(f"PS1='{PROMPT[:3]}''{PROMPT[3:]}'\n")
        return shell


class Zsh(Completion, CompletionCase):
    @staticmethod
    def make_shell(path):
        shell = Shell("zsh", "-f", "-i", PATH=path)
        shell.type(f"fpath=({COMPLETIONS} $fpath); autoload -U compinit && compinit -u -D\n")
        shell.type("unsetopt zle_bracketed_paste PROMPT_SP; unset zle_bracketed_paste\n")
        shell.type(f"PROMPT='{PROMPT[:3]}''{PROMPT[3:]}'\n")
        return shell
