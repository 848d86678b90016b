#!/usr/bin/python3
"""
Looks at lines of the test machine's chip as often as it can while nobody else has anything to do,
and prints each change: "LINE LEVEL µs". Changes that one look has seen have the same time.

watch-lines.py LINE…

A line that follows another one (a motor that stops at an edge) is named before it: it is read first
and printed last, so that it never seems to have changed first.
"""

import glob
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from guest import chip  # noqa: E402


def clock():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def look(files):
    return [os.pread(file, 1, 0) for file in files]


def main(lines):
    pattern = f"/sys/devices/platform/gpio-sim.*/{chip()}/sim_gpio"
    files = [os.open(glob.glob(f"{pattern}{line}/value")[0], os.O_RDONLY) for line in lines]
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    levels = look(files)
    print("ready", flush=True)
    while True:
        seen = look(files)
        if seen != levels:
            now = clock()
            for line, old, new in reversed(list(zip(lines, levels, seen))):
                if new != old:
                    os.write(1, f"{line} {int(new)} {now}\n".encode())
        levels = seen


if __name__ == "__main__":
    main(sys.argv[1:])
