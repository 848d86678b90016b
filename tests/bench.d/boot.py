#!/usr/bin/python3
"""
Runs in a test machine that has booted with the service enabled (tests/vm/guest/vm-install), for
tests/bench: how long the boot had to wait for it, and how long it takes beside a service with the
same fences that loads the same libraries and does nothing. Prints a JSON object for each figure.
"""

import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..")]

from guest import run  # noqa: E402
from lib.measure import boot_row, tell  # noqa: E402

UNIT = "/lib/systemd/system/nabaztagd.service"
PEER = "/run/systemd/system/peer.service"
TURNS = 15


def boot():
    time = run("systemd-analyze", "time")
    tell(*boot_row(time, run("systemd-analyze", "blame", "--no-pager")))


def make_peer():
    with open(UNIT, encoding="utf-8") as file:
        text = re.sub(r"^Exec\w+=.*\n", "", file.read(), flags=re.M)
    with open(PEER, "w", encoding="utf-8") as file:
        file.write(text.replace("[Service]\n", "[Service]\nExecStart=/usr/bin/libraries\n"))
    run("systemctl", "daemon-reload")


def start(unit):
    """ms from the start to READY."""
    run("systemctl", "start", unit)
    times = [
        int(run("systemctl", "show", "--value", "-p", f"{what}TimestampMonotonic", unit))
        for what in ("InactiveExit", "ActiveEnter")
    ]
    run("systemctl", "stop", unit)
    return (times[1] - times[0]) / 1000


def starts():
    make_peer()
    run("systemctl", "stop", "nabaztagd")
    times = {"nabaztagd": [], "peer": []}
    for _ in range(TURNS):
        for unit, list_of in times.items():
            list_of.append(start(unit))
    ours, theirs = (statistics.median(list_of) for list_of in times.values())
    tell(
        f"start to READY, median of {TURNS}",
        ours,
        "ms",
        f"the same fences and libraries without it {theirs:.0f} ms",
        f"<= 1.4 x those ({1.4 * theirs:.0f})",
        ours <= 1.4 * theirs,
    )


if __name__ == "__main__":
    boot()
    starts()
