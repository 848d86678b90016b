"""The two ways to show the story: a live picture in a terminal, plain lines elsewhere."""

import os
import select
import shutil
import sys
import termios
import textwrap
import tty
import unicodedata

import drawing

TINTS = {
    "rabbit": "\x1b[38;2;235;232;225m",
    "status": "\x1b[38;2;140;140;140m",
    "hook": "\x1b[38;2;255;170;80m",
    "server": "\x1b[38;2;120;180;255m",
    "chat": "\x1b[38;2;150;230;150m",
    "you": "\x1b[38;2;255;230;120m",
    "demo": "\x1b[38;2;200;150;230m",
    "tour": "\x1b[38;2;200;150;230m",
}
PLAIN = "\x1b[0m"
HINT = (
    "Enter says it (help, ears 3 10, nose red) · F2 or /press · /double · /turn left 4"
    " · /forget · /quit"
)


class Lines:
    """For pipes and files: a line an event, and a change of an ear or LED but the quiet ones."""

    def __init__(self, quiet=()):
        self._quiet = quiet
        self._shown = {}
        self._waiting = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def show(self, who, what):
        print(f"{who + ':':8} {what}", flush=True)

    def draw(self, state):
        if state is None:
            return
        leds = {name: value for name, value in state["leds"].items() if name not in self._quiet}
        now = {f"{name} led": "#" + value for name, value in leds.items()}
        if not any(state["motors"].values()):
            now["ears"] = f"{state['ears']['left']} / {state['ears']['right']}"
        for name, value in now.items():
            if self._shown.get(name, "#000000") != value:
                self.show("body", f"{name} {value if value != '#000000' else 'dark'}")
        self._shown.update(now)

    def read(self, seconds):
        """A line typed, None when there was none in time. Raises EOFError."""
        if not select.select([0], [], [], seconds)[0]:
            return None
        data = os.read(0, 4096)
        if not data:
            raise EOFError
        self._waiting += data
        if b"\n" not in self._waiting:
            return None
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line.decode("utf-8", "replace").strip()


class Terminal:
    """The picture on the left, the story on the right, below a line to type."""

    def __init__(self):
        self._story = []  # (who, what)
        self._typed = ""
        self._bytes = b""
        self._last = None

    def __enter__(self):
        self._saved = termios.tcgetattr(0)
        tty.setcbreak(0)
        sys.stdout.write("\x1b[?1049h\x1b[2J")
        sys.stdout.flush()
        return self

    def __exit__(self, *_):
        termios.tcsetattr(0, termios.TCSADRAIN, self._saved)
        sys.stdout.write("\x1b[0m\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()

    def show(self, who, what):
        printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in what)
        self._story = [*self._story[-200:], (who, printable)]

    def _story_lines(self, width, height):
        lines = []
        for who, what in self._story:
            for number, part in enumerate(textwrap.wrap(what, max(10, width - 8)) or [""]):
                label = who if number == 0 else ""
                lines.append(f"{TINTS.get(who, '')}{label:7} {part}{PLAIN}")
        return lines[-height:]

    def draw(self, state):
        size = shutil.get_terminal_size()
        left = [""] * (drawing.ROWS + 3)
        if state:
            left = drawing.picture(state) + drawing.legend(state)
        below = size.columns < drawing.COLUMNS + 35
        margin = 0 if below else drawing.COLUMNS + 4
        top = len(left) + 1 if below else 0
        height = max(1, size.lines - 4 - top)
        rows = {
            number + 2: f"  {line}"
            for number, line in enumerate(left)
            if number + 2 < size.lines - 1
        }
        story = self._story_lines(size.columns - margin - 2, height)
        title = " · " + drawing.ears(state) if state else ""
        out = [f"\x1b[?25l\x1b[1;1H\x1b[1m  nabaztagd\x1b[0m · a simulated rabbit{title}\x1b[K"]
        for row in range(2, size.lines - 1):
            out.append(f"\x1b[{row};1H\x1b[K{rows.get(row, '')}")
            if 0 <= row - 2 - top < len(story):
                out.append(f"\x1b[{row};{margin + 1}H{story[row - 2 - top]}")
        out.append(f"\x1b[{size.lines - 1};1H\x1b[K\x1b[2m  {HINT[:size.columns - 3]}\x1b[0m")
        out.append(f"\x1b[{size.lines};1H\x1b[K  › {self._typed[-(size.columns - 6):]}\x1b[?25h")
        frame = "".join(out)
        if frame != self._last:
            sys.stdout.write(frame)
            sys.stdout.flush()
            self._last = frame

    def read(self, seconds):
        """A line typed, None when there was none in time. Raises EOFError."""
        if not select.select([0], [], [], seconds)[0]:
            return None
        self._bytes += os.read(0, 1024)
        for key in (
            b"\x1bOQ",
            b"\x1b[12~",
            b"\x1b[[B",
        ):  # F2 as xterm, rxvt and the Linux console send it
            if key in self._bytes:
                self._bytes = self._bytes.replace(key, b"")
                return "/press"
        if self._bytes.startswith(b"\x1b"):
            self._bytes = b""
        try:
            text, self._bytes = self._bytes.decode(), b""
        except UnicodeDecodeError:
            return None
        return self._type(text)

    def _type(self, text):
        for position, character in enumerate(text):
            if character in "\r\n":
                line, self._typed = self._typed.strip(), text[position + 1 :]
                return line
            if character == "\x04" and not self._typed:
                raise EOFError
            if character in "\x7f\b":
                self._typed = self._typed[:-1]
            elif character == "\x15":
                self._typed = ""
            elif character.isprintable():
                self._typed += character
        return None


def choose(quiet):
    """The live picture when both ends are a terminal that can show it; without: see Lines."""
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return Terminal()
    return Lines(quiet)
