"""A rabbit meets a server that misbehaves (modes.py) and then an honest one."""

import collections
import os
import re
import socket
import statistics
import threading
import time

from . import certificates
from .modes import EARS_FIRST, EARS_LAST, MODES
from .peer import (
    DOMAIN,
    PASSWORD,
    PLATFORM,
    REGISTER,
    Gone,
    Peer,
    WrongProof,
    mechanisms,
    message,
)
from .rabbit import Rabbit
from .waiting import wait_for

__all__ = ["MEMORY_LIMIT", "MODES", "check_end", "play", "prepare"]

MEMORY_LIMIT = 24 * 1024  # kB, whatever a server sends


class HostileServer:
    """Plays a script to its first client and is honest to all who come later."""

    def __init__(self, folder, mode):
        os.makedirs(folder)
        self._mode = mode
        self._password = PASSWORD
        self._pair = certificates.make(folder, "server", DOMAIN)
        self.certificate = self._pair[0]
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8 if mode.script else 0)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.peers = []
        self.began = None  # when the first client came
        self.trouble = None  # what broke a script
        self.seen_through = threading.Event()  # the client has named the cause
        threading.Thread(target=self._serve, daemon=True).start()

    def _be_full(self):
        """A queue of connections without room lets no other come as far as to be accepted."""
        fillers = [socket.socket() for _ in range(2)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(self._listener.getsockname())
        self.began = time.monotonic()
        self.seen_through.wait()
        self._listener.listen(8)
        self._listener.accept()[0].close()
        for filler in fillers:
            filler.close()
        self.peers.append(Peer(socket.socket(), self._pair))

    def _serve(self):
        if not self._mode.script:
            self._be_full()
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.began = self.began or time.monotonic()
            peer = Peer(connection, self._pair)
            self.peers.append(peer)
            script = self._mode.script if len(self.peers) == 1 else self._be_honest
            threading.Thread(target=self._play, args=(script, peer), daemon=True).start()

    def _play(self, script, peer):
        try:
            script(peer)
        except Gone:
            pass
        except Exception as error:  # the script is wrong, not the rabbit
            self.trouble = error
        finally:
            peer.close()

    def _be_honest(self, peer):
        if self._mode.tls != "off":
            peer.proceed()
            peer.secure()
        peer.open(mechanisms("SCRAM-SHA-1"), REGISTER)
        if peer.peek(b"<auth", b"<iq") == b"<iq":
            self._password = peer.register()
            peer.hold()
        try:
            peer.say_sasl("success", peer.begin_scram(self._password, opened=True))
        except WrongProof:  # it asked to be registered, but never was
            peer.refuse("not-authorized")
            peer.hold()
        peer.bind()
        peer.send(message("ears %d %d" % EARS_LAST))
        peer.serve()

    def stop(self):
        for end in [self._listener, *self.peers]:
            end.close()


class Watcher:
    """Asks the body how it is, again and again, and remembers how long it took to answer."""

    def __init__(self, bench):
        self._bench = bench
        self._stop = threading.Event()
        self.delays = []
        self.turned = False  # a motor was seen running
        self.state = None
        self.broken = None
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._stop.wait(0.02):
            began = time.monotonic()
            try:
                self.state = self._bench.state()
            except (OSError, ValueError) as error:
                self.broken = error
                return
            self.delays.append(time.monotonic() - began)
            self.turned = self.turned or any(self.state["motors"].values())

    def stop(self):
        self._stop.set()
        self._thread.join(10)
        self._bench.close()

    def worst(self):
        return max(self.delays)

    def usual_worst(self):
        """99 of 100 answers were faster."""
        return statistics.quantiles(self.delays, n=100)[98] if len(self.delays) > 1 else 0


def ears_at(watcher, place):
    ears = watcher.state and watcher.state["ears"]
    return (
        ears
        and (ears["left"], ears["right"]) == place
        and not any(watcher.state["motors"].values())
    )


Figures = collections.namedtuple("Figures", "cause seconds memory processor bench")


def memory_of(process):
    """The most that was resident, in kB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"^VmHWM:\s+(\d+)", file.read(), re.M).group(1))


def processor_of(process):
    """Seconds of processor time."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def prepare(mode, folder, binary):
    """The server and the rabbit of one mode, the latter not started."""
    server = HostileServer(os.path.join(folder, "server"), mode)
    rabbit = Rabbit(
        binary,
        folder,
        server,
        password=PASSWORD,
        account={"register": "no", **(mode.account or {})},
        tls={"mode": mode.tls, **({"ca-file": None} if mode.tls == "off" else {})},
        sasl={"mechanisms": "SCRAM-SHA-1 DIGEST-MD5"},
        violet={"platforms": PLATFORM},
        access={"fetch": "127.0.0.1"},
    )
    return server, rabbit


def wait_cause(mode, server, rabbit):
    """The seconds from the first connection to the cause, which must be the right one."""
    wait_for(lambda: server.began, 10, "the rabbit to come")
    causes = wait_for(rabbit.causes, mode.limit, lambda: f"a cause; {rabbit.status()!r}")
    when = next(when for when, line in rabbit.lines if "cause=" in line)
    if causes[0] != mode.cause:
        raise AssertionError(f"cause={causes[0]} in place of {mode.cause}")
    return when - server.began


def check_body(watcher, seconds):
    """While the server was hostile for a while, the ears went where they had to go."""
    places = ((0, 0), EARS_FIRST)  # home, or where the owner sent them meanwhile
    if seconds > 8 and not any(ears_at(watcher, place) for place in places):
        raise AssertionError(f"the body stood still: {watcher.state}")


def check_log(mode, rabbit):
    """Strangers cannot fill it."""
    if mode.told and rabbit.log().count(mode.told) != 1:
        raise AssertionError(f"{mode.told!r} is not told once:\n{rabbit.log()[-3000:]}")
    amiss = re.findall(r"^(?:warning|err)\w*:.*", rabbit.log(), re.M)
    if amiss and not mode.told and not mode.cause:
        raise AssertionError(f"it is told that {amiss[0]}")


def play(mode, server, rabbit, slow=1):
    """
    Runs one mode to its end: the rabbit has met the hostile server and then logs in to an honest
    one, which has it turn its ears. Raises AssertionError; returns Figures.
    """
    rabbit.start().wait_ready()
    watcher = Watcher(rabbit.bench())
    try:
        if mode.cause:
            seconds = wait_cause(mode, server, rabbit)
            server.seen_through.set()
            check_body(watcher, seconds)
            rabbit.wait_online(50)
            wait_for(lambda: ears_at(watcher, EARS_LAST), 20, lambda: f"ears, {watcher.state}")
        else:
            rabbit.wait_online(mode.limit)
            seconds = time.monotonic() - server.began
            wait_for(lambda: ears_at(watcher, EARS_FIRST), 20, lambda: f"ears, {watcher.state}")
    finally:
        watcher.stop()
    check_log(mode, rabbit)
    if not watcher.turned:
        raise AssertionError("the ears never moved")
    if server.trouble:
        raise AssertionError(f"the script broke: {server.trouble!r}")
    if watcher.broken:
        raise AssertionError(f"the bench broke: {watcher.broken!r}")
    if watcher.usual_worst() > 0.1 * slow:
        raise AssertionError(f"the bench took {watcher.usual_worst():.3f} s to answer")
    cause = mode.cause or "-"
    return Figures(
        cause, seconds, memory_of(rabbit.process), processor_of(rabbit.process), watcher.worst()
    )


def check_end(rabbit, limit=3):
    """SIGTERM ends it well and in time, and nothing in its log tells of a mistake of ours."""
    status, seconds = rabbit.stop()
    if status or seconds > limit:
        raise AssertionError(f"ended with {status} after {seconds:.1f} s")
    for sign in ("AddressSanitizer", "LeakSanitizer", "runtime error:", PASSWORD):
        if sign in rabbit.log():
            raise AssertionError(f"{sign} in its log:\n{rabbit.log()[-3000:]}")
