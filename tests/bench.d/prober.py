#!/usr/bin/python3
"""
Asks a bench socket for the state again and again until stdin ends; then prints the longest it
waited in all, the longest without the time in which the daemon's main thread was ready and waited
for a processor, and the most time that thread was at work within one wait, all in ms.

prober.py SOCKET PID"""

import os
import select
import socket
import sys
import time


def main(path, pid):
    bench = socket.socket(socket.AF_UNIX)
    bench.connect(path)
    usage = os.open(f"/proc/{pid}/task/{pid}/schedstat", os.O_RDONLY)

    def spent():
        worked, waited = os.pread(usage, 64, 0).split()[:2]
        return int(worked) / 1e9, int(waited) / 1e9

    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # our own delays are not its
    except PermissionError:
        pass
    waits, own, works = [], [], []
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        (worked, ready), began = spent(), time.monotonic()
        bench.sendall(b"state\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += bench.recv(65536)
        waits.append(time.monotonic() - began)
        now_worked, now_ready = spent()
        own.append(waits[-1] - (now_ready - ready))
        works.append(now_worked - worked)
    print(max(waits) * 1000, max(own) * 1000, max(works) * 1000, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
