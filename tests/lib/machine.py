"""The test machine from outside: makes what it consists of, and the daemon built for it."""

import os
import platform
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITES = ("bookworm", "trixie")
SKIPPED = 77  # exit status of what cannot be done here; its last line says why
PARTS = "src conf man systemd dbus completions tests/vm tests/bench.d".split()
PARTS += ["meson.build", "meson_options.txt"]


class Unavailable(Exception):
    """There can be no test machine here; why was said."""


def _run(*command):
    """Runs a command in the tree; whether it went well."""
    result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if result.returncode == SKIPPED:
        raise Unavailable
    return result.returncode == 0


def _is_current(tree):
    """Whether the tree is newer than all that it is made from."""
    if not os.path.exists(tree):
        return False
    made = os.path.getmtime(tree)
    for part in PARTS:
        part = os.path.join(ROOT, part)
        for folder, _, names in [*os.walk(part)] or [("", [], [part])]:
            if any(os.path.getmtime(os.path.join(folder, name)) > made for name in names):
                return False
    return True


def _make_tree(suite):
    tree = os.path.join(ROOT, "build", "vm", f"{suite}.tar")
    os.makedirs(os.path.dirname(tree), exist_ok=True)
    if platform.freedesktop_os_release().get("VERSION_CODENAME") == suite:
        made = _run("tests/vm/tree", "build", tree)
    else:
        made = _is_current(tree) or _run("tests/lib/other-debian", "--tree", tree)
    return os.path.relpath(tree, ROOT) if made else None


def prepare(suite):
    """
    Makes all that the machine needs. Returns the daemon as it is installed on that release (the
    path of a tarball in the repository); None when something cannot be made.
    """
    if not _run("tests/vm/prepare", "kernel") or not _run("tests/vm/prepare", "image", suite):
        return None
    return _make_tree(suite)


def command(suite, limit, *words):
    """What runs a command in the machine."""
    logs = os.path.join("build", "logs", f"vm-{suite}")
    arguments = ["--time", str(limit), "--log", logs, suite, "--"]
    return ["tests/vm/run", *arguments, "env", "PYTHONDONTWRITEBYTECODE=1", *words]
