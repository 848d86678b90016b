#!/usr/bin/python3
"""
Runs a program in a damaged world of its own, inside new namespaces:

    confine.py --dead-resolver -- COMMAND…     there is no network but DNS, and it never answers
    confine.py --full FOLDER -- COMMAND…       the folder is a file system without a free byte
    confine.py --journal FOLDER -- COMMAND…    stderr goes to a journald that keeps its files there
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib.waiting import wait_for  # noqa: E402

JOURNALD = "/lib/systemd/systemd-journald"


def available():
    return subprocess.run(["unshare", "-rmn", "true"], capture_output=True).returncode == 0


def command(option, *arguments):
    """What to put in front of a command."""
    namespaces = "-rmn" if option == "--dead-resolver" else "-rm"
    return [
        "unshare",
        namespaces,
        "/usr/bin/python3",
        os.path.abspath(__file__),
        option,
        *arguments,
        "--",
    ]


def dead_resolver():
    with tempfile.NamedTemporaryFile("w", suffix=".resolv", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:30 attempts:2\n")
    os.chmod(file.name, 0o644)
    subprocess.run(["mount", "--bind", file.name, os.path.realpath("/etc/resolv.conf")], check=True)
    os.unlink(file.name)
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    request = struct.pack("16sH14x", b"lo", 0)
    flags = struct.unpack("16xH14x", fcntl.ioctl(deaf, siocgifflags, request))[0]
    fcntl.ioctl(deaf, siocsifflags, struct.pack("16sH14x", b"lo", flags | iff_up))
    deaf.bind(("127.0.0.1", 53))
    os.set_inheritable(deaf.detach(), True)  # nobody will ever read from it


def fill(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=700", "full", folder], check=True)
    with open(os.path.join(folder, "ballast"), "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass


def journal(folder):
    """As systemd does for a service: a stream to journald is stderr, the environment names it."""
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    os.makedirs("/run/systemd/journal")
    os.makedirs("/run/log/journal")
    subprocess.run(["mount", "--bind", folder, "/run/log/journal"], check=True)
    null = subprocess.DEVNULL
    command = ["setpriv", "--pdeathsig", "TERM", JOURNALD]
    subprocess.Popen(command, stdin=null, stdout=null, stderr=null)
    wait_for(lambda: os.path.exists("/run/systemd/journal/stdout"), 20, "journald's sockets")
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wait_for(lambda: stream.connect_ex("/run/systemd/journal/stdout") == 0, 20, "journald")
    stream.sendall(b"nabaztagd\n\n6\n0\n0\n0\n0\n")
    status = os.fstat(stream.fileno())
    os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
    os.dup2(stream.fileno(), 2)


def main(option, *arguments):
    damages = {"--dead-resolver": dead_resolver, "--full": fill, "--journal": journal}
    cut = arguments.index("--")
    damages[option](*arguments[:cut])
    os.execvp(arguments[cut + 1], arguments[cut + 1 :])


if __name__ == "__main__":
    main(*sys.argv[1:])
