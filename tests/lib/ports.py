"""Free loopback ports, below those that the kernel gives to outgoing connections."""

import random
import socket


def free_port():
    for port in random.sample(range(12000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free loopback port")
