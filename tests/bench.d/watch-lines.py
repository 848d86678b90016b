#!/usr/bin/python3
"""
Looks at lines of the test machine's chip as often as it can while nobody else has anything to do,
and prints each change: "LINE LEVEL µs".

watch-lines.py LINE…
"""

import glob
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from guest import chip  # noqa: E402


def main(lines):
    pattern = f"/sys/devices/platform/gpio-sim.*/{chip()}/sim_gpio"
    files = [os.open(glob.glob(f"{pattern}{line}/value")[0], os.O_RDONLY) for line in lines]
    levels = [os.pread(file, 1, 0) for file in files]
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print("ready", flush=True)
    while True:
        for index, file in enumerate(files):
            level = os.pread(file, 1, 0)
            if level != levels[index]:
                levels[index] = level
                now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                os.write(1, f"{lines[index]} {int(level)} {now}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
