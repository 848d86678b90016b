"""The test machine from outside: makes what it consists of, and the daemon built for it."""

import concurrent.futures
import os
import platform
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITES = ("bookworm", "trixie")
SKIPPED = 77  # exit status of what cannot be done here; its last line says why
PARTS = "src conf man systemd dbus completions tests/vm tests/bench.d".split()
PARTS += ["meson.build", "meson_options.txt"]
SUM = re.compile(r"^(\d+) passed, (\d+) failed, 0 skipped$", re.M)


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
    """Makes all that the machine needs; whether it could be made."""
    return _run("tests/vm/prepare", "kernel") and _run("tests/vm/prepare", "image", suite)


def userland(suite):
    """The path of the tarball with the Debian that its image was made from."""
    command = ["tests/vm/prepare", "userland", suite]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return result.stdout.strip()


def prepare_tree(suite):
    """
    The same, and the daemon as it is installed on that release. Returns the path of its tarball, in
    the repository; None when something cannot be made.
    """
    return _make_tree(suite) if prepare(suite) else None


def command(suite, limit, *words):
    """What runs a command in the machine, which ends with the thread that asked for it."""
    logs = os.path.join("build", "logs", f"vm-{suite}")
    run = ["setpriv", "--pdeathsig", "TERM", "tests/vm/run", "--time", str(limit), "--log", logs]
    return [*run, suite, "--", "env", "PYTHONDONTWRITEBYTECODE=1", *words]


def _run_suite(suite, limit, words):
    """Runs the tests of one suite and returns the exit status and the output."""
    if not words:
        return 1, "what it needs could not be made\n"
    result = subprocess.run(
        command(suite, limit, *words),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


def _report(suite, status, text):
    """The tests that passed and failed."""
    if status == SKIPPED:
        print(text)
        raise Unavailable
    print(f"Debian {suite} on the test machine:\n{SUM.sub('', text).rstrip()}", flush=True)
    found = SUM.findall(text)
    passed, failed = map(int, found[-1]) if found else (0, 0)
    return passed, failed or int(status != 0)


def run_suites(commands, limit):
    """
    Runs tests, which end with their sum, on a machine each at the same time: `commands` has the
    words of each suite, or None where something could not be made. Ends with the sum of all and
    returns the exit status.
    """
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = pool.map(lambda one: _run_suite(one[0], limit, one[1]), commands.items())
    sums = [_report(suite, *result) for suite, result in zip(commands, results)]
    passed, failed = map(sum, zip(*sums))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return int(failed > 0)
