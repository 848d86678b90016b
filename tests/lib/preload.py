"""Libraries of ours that a daemon is started with."""

import os
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def preload(rabbit, name, folder, **environment):
    """Makes lib/NAME.c a library and has the rabbit start with it, and with that environment."""
    library = os.path.join(folder, f"{name}.so")
    if not os.path.exists(library):
        source = os.path.join(HERE, f"{name}.c")
        command = ["cc", "-shared", "-fPIC", "-Wall", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
    options = os.environ.get("ASAN_OPTIONS", "")
    rabbit.environment.update(
        LD_PRELOAD=library, ASAN_OPTIONS=options + ":verify_asan_link_order=0", **environment
    )


class FastClock:
    """For a rabbit that is not started yet: how many seconds of its time go by in one."""

    def __init__(self, rabbit, folder, rate=1):
        self._path = os.path.join(folder, "clock")
        self.set_rate(rate)
        preload(rabbit, "fast-clock", folder, FAST_CLOCK=self._path)

    def set_rate(self, rate):
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, struct.pack("q", rate))
        os.close(fd)
