"""
A network of its own for a rabbit: two network namespaces joined by a wire that can be pulled, be
made deaf, lose frames and delay them.

    rabbit's namespace  rabbit0 == tap1 ~~~ Wire ~~~ tap0 == world0  the world: this process

Both ends are veth pairs; the wire between them is a thread that carries every frame by hand, since
not every kernel has netem. Everything lies in a user namespace, so that no root is needed.
"""

import array
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time

from .waiting import wait_for

WORLD, RABBIT, MOVED = "10.88.0.1", "10.88.0.2", "10.88.0.77"
WORLD6, RABBIT6 = "fd00:88::1", "fd00:88::2"

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
ETH_P_ALL = 3
PACKET_OUTGOING = 4


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)


def _ip(line):
    _run("ip", *line.split())


def enter():
    """Puts this process, which has one thread so far, into a world without any other network."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {user} 1"),
        ("gid_map", f"0 {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    _run("mount", "--make-rprivate", "/")
    _ip("link set lo up")


def _compute_checksums(interface):
    """A veth leaves checksums to the card; the frames that we carry must have them."""
    siocethtool, tx_checksums, segmentation = 0x8946, 0x17, 0x24
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in (segmentation, tx_checksums):
            value = array.array("B", struct.pack("II", command, 0))
            address = value.buffer_info()[0]
            fcntl.ioctl(
                any_socket, siocethtool, struct.pack("16sP16x", interface.encode(), address)
            )


class Wire:
    """Carries frames between two interfaces."""

    def __init__(self, one, other):
        self.deaf = False  # frames vanish and nobody is told
        self.loss = 0.0  # share of frames that vanish
        self.delay = 0.0  # seconds each frame is on its way
        self.carried = self.lost = 0
        self._random = random.Random(1)
        self._ends = [self._open(one), self._open(other)]
        self._late = []  # heap of (time, number, end, frame)
        self._wake, self._waker = socket.socketpair()
        threading.Thread(target=self._carry, daemon=True).start()

    @staticmethod
    def _open(interface):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.bind((interface, 0))
        end.setblocking(False)
        return end

    def _carry(self):
        while True:
            pause = max(0, self._late[0][0] - time.monotonic()) if self._late else None
            for end in select.select([*self._ends, self._wake], [], [], pause)[0]:
                if end is self._wake:
                    return
                self._take(end)
            while self._late and self._late[0][0] <= time.monotonic():
                _, _, end, frame = heapq.heappop(self._late)
                self._give(end, frame)

    def _take(self, end):
        try:
            frame, address = end.recvfrom(65536)
        except OSError:  # the cable is pulled
            return
        if address[2] == PACKET_OUTGOING:
            return
        other = self._ends[1 - self._ends.index(end)]
        if self.deaf or self._random.random() < self.loss:
            self.lost += 1
        elif self.delay:
            self.carried += 1
            heapq.heappush(self._late, (time.monotonic() + self.delay, self.carried, other, frame))
        else:
            self.carried += 1
            self._give(other, frame)

    @staticmethod
    def _give(end, frame):
        try:
            end.send(frame)
        except OSError:
            pass

    def close(self):
        self._waker.close()


class Network:
    """The rabbit's namespace, its wire and its resolver's configuration. Needs enter() before."""

    def __init__(self, v4=True, v6=False):
        for name in ("world", "rabbit"):
            tap = "tap0" if name == "world" else "tap1"
            _ip(f"link add {name}0 type veth peer name {tap}")
            self._say_nothing(tap)
            _compute_checksums(f"{name}0")
            _ip(f"link set {tap} up")
        self._folder = tempfile.TemporaryDirectory(prefix="nab-net-")
        self._holder = self._hold(WORLD if v4 else WORLD6)
        _ip(f"link set rabbit0 netns {self._holder.pid}")
        _ip("link set world0 up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "set", "rabbit0", "up")
        if v4:
            _ip(f"addr add {WORLD}/24 dev world0")
            self.inside("ip", "addr", "add", f"{RABBIT}/24", "dev", "rabbit0")
        if v6:
            _ip(f"addr add {WORLD6}/64 dev world0 nodad")
            self.inside("ip", "addr", "add", f"{RABBIT6}/64", "dev", "rabbit0", "nodad")
        self.wire = Wire("tap0", "tap1")

    @staticmethod
    def _say_nothing(interface):
        """An end of the wire has no words of its own."""
        path = f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"
        with open(path, "w", encoding="ascii") as file:
            file.write("1")

    def _hold(self, nameserver):
        """A process that does nothing but keep the rabbit's namespaces."""
        for name, text in (
            ("resolv.conf", f"nameserver {nameserver}\n"),
            ("nsswitch.conf", "hosts: files dns\n"),
            ("ready", ""),
        ):
            with open(os.path.join(self._folder.name, name), "w", encoding="ascii") as file:
                file.write(text)
        os.chmod(self._folder.name, 0o755)
        script = (
            'mount --bind "$1/resolv.conf" "$(realpath /etc/resolv.conf)" &&'
            ' mount --bind "$1/nsswitch.conf" "$(realpath /etc/nsswitch.conf)" &&'
            ' echo ready >"$1/ready" && exec sleep infinity'
        )
        holder = subprocess.Popen(
            ["unshare", "-nm", "sh", "-c", script, "sh", self._folder.name],
            stdin=subprocess.DEVNULL,
        )

        def is_ready():
            assert holder.poll() is None, "the rabbit's namespaces cannot be made"
            with open(os.path.join(self._folder.name, "ready"), encoding="ascii") as file:
                return file.read()

        wait_for(is_ready, 10, "the rabbit's namespaces")
        return holder

    def prefix(self):
        """What to put in front of a command that shall run in the rabbit's namespaces."""
        return ["nsenter", f"--target={self._holder.pid}", "--net", "--mount", "--"]

    def inside(self, *command):
        _run(*self.prefix(), *command)

    def pull_cable(self):
        """The rabbit's interface loses its carrier."""
        _ip("link set tap1 down")

    def plug_in(self):
        _ip("link set tap1 up")

    def move(self):
        """The rabbit's address changes, as after a new lease."""
        self.inside("ip", "addr", "add", f"{MOVED}/24", "dev", "rabbit0")
        self.inside("ip", "addr", "del", f"{RABBIT}/24", "dev", "rabbit0")
        # The kernel may have taken the second one along with the first.
        self.inside("ip", "addr", "replace", f"{MOVED}/24", "dev", "rabbit0")

    def close(self):
        self.wire.close()
        self._holder.kill()
        self._holder.wait()
        for name in ("world0", "tap1"):
            subprocess.run(["ip", "link", "del", name], capture_output=True)
        self._folder.cleanup()


SRV, A, AAAA = 33, 1, 28


def _name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


class Resolver:
    """
    The world's name server. `records`: {(name, type): [data]}, where the data of A and AAAA are
    addresses and those of SRV (priority, port, target).
    """

    def __init__(self, records, address=WORLD):
        self.records = records
        self.dead = False  # hears, never answers
        self.delay = 0.0  # seconds before each answer
        self.asked = []  # (name, type)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not self.dead:
                threading.Timer(self.delay, self._answer, (query, client)).start()

    def _answer(self, query, client):
        labels, place = [], 12
        while query[place]:
            size = query[place]
            labels.append(query[place + 1 : place + 1 + size].decode("ascii", "replace"))
            place += 1 + size
        kind = struct.unpack_from(">H", query, place + 1)[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        known = any(other == name for other, _ in self.records)
        found = self.records.get((name, kind), [])
        answer = query[:2] + struct.pack(">HHHHH", 0x8580 if known else 0x8583, 1, len(found), 0, 0)
        answer += query[12 : place + 5]
        for data in found:
            encoded = self._encode(kind, data)
            answer += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(encoded)) + encoded
        try:
            self._socket.sendto(answer, client)
        except OSError:
            pass

    @staticmethod
    def _encode(kind, data):
        if kind == SRV:
            priority, port, target = data
            return struct.pack(">HHH", priority, 0, port) + _name(target)
        return socket.inet_pton(socket.AF_INET6 if kind == AAAA else socket.AF_INET, data)

    def close(self):
        self._socket.close()
