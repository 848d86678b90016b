#!/usr/bin/python3
"""
Asks a bench socket for the state again and again until stdin ends; then prints the longest it waited and
the most CPU time the daemon's main thread spent in one such wait, both in ms, and how often it asked.

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

    def busy():
        return int(os.pread(usage, 64, 0).split()[0])

    waits, works = [], []
    while not select.select([sys.stdin], [], [], 0.001)[0]:
        worked, began = busy(), time.monotonic()
        bench.sendall(b"state\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += bench.recv(65536)
        waits.append(time.monotonic() - began)
        works.append((busy() - worked) / 1e6)
    print(max(waits) * 1000, max(works), len(waits), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
