"""Servers that misbehave, one row each, and what a rabbit must make of them."""

import collections
import os
import re
import socket
import statistics
import threading
import time

from . import certificates
from .peer import BIND, DOMAIN, HEADER, JID, PASSWORD, REGISTER, SASL
from .peer import Gone, Peer, WrongProof, features, mechanisms, message
from .rabbit import Rabbit
from .waiting import wait_for

OFTEN = 20_000  # stanzas of a flood
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
EARS_FIRST, EARS_LAST = (3, 10), (12, 5)
MEMORY_LIMIT = 24 * 1024  # kB, whatever a server sends

# Scripts: each plays a server to the first client that comes. What it falls silent after it holds.


def silent(peer):
    peer.hold()


def silent_after_header(peer):
    peer.expect(rb"<stream:stream")
    peer.send(HEADER)
    peer.hold()


def half_header(peer):
    peer.expect(rb"<stream:stream")
    peer.send(HEADER[:60])
    peer.hold()


def silent_after_auth(peer):
    peer.open(mechanisms("SCRAM-SHA-1"))
    peer.hold()


def silent_after_proof(peer):
    peer.begin_scram()
    peer.hold()


def silent_after_success(peer):
    peer.authenticate()
    peer.hold()


def silent_after_bind(peer):
    peer.authenticate()
    peer.open(BIND)
    peer.hold()


def silent_form(peer):
    peer.open(mechanisms("SCRAM-SHA-1"), REGISTER)
    peer.hold()


def silent_submit(peer):
    peer.open(mechanisms("SCRAM-SHA-1"), REGISTER)
    peer.answer('<query xmlns="jabber:iq:register"><username/><password/></query>')
    peer.hold()


def silent_online(peer):
    peer.log_in()
    peer.send(message("ears %d %d" % EARS_FIRST))
    peer.hold()


def proceed_then_silence(peer):
    peer.proceed()
    peer.hold()


def plaintext_with_proceed(peer):
    peer.proceed(HEADER + features(mechanisms("PLAIN")))
    peer.hold()


def plaintext_after_proceed(peer):
    peer.proceed()
    peer.expect(rb"\x16\x03")  # the client has begun the handshake
    peer.send(HEADER + features(mechanisms("PLAIN")))
    peer.hold()


def injected_after_proceed(peer):
    """Features slipped in ahead of TLS in the segment of <proceed/>; TLS itself is honest."""
    peer.proceed(features(mechanisms("PLAIN")))
    peer.secure()
    peer.log_in()
    peer.serve()


def byte_by_byte(peer):
    peer.pace = 1
    peer.log_in()
    peer.send(message("ears %d %d" % EARS_FIRST))
    peer.serve()


def two_in_one(peer):
    peer.log_in()
    peer.send(
        message("nose red") + message("ears %d %d" % EARS_FIRST) + '<presence from="nobody@here"/>'
    )
    peer.serve()


def instead_of_header(data):
    def script(peer):
        peer.expect(rb"<stream:stream[^>]*>")
        peer.send(data)
        peer.hold()

    return script


def online_then(data):
    """Logs the client in, has it turn its ears, then says `data`."""

    def script(peer):
        peer.log_in()
        peer.send(message("ears %d %d" % EARS_FIRST))
        peer.send(data() if callable(data) else data)
        peer.serve()

    return script


def login_features(*content):
    def script(peer):
        peer.open(*content)
        peer.hold()

    return script


def bind_features(*content):
    def script(peer):
        peer.authenticate()
        peer.open(*content)
        peer.hold()

    return script


def bind_answer(content, kind="result"):
    def script(peer):
        peer.authenticate()
        peer.open(BIND)
        peer.answer(content, kind)
        peer.hold()

    return script


def challenge(mechanism, text, times=1):
    def script(peer):
        peer.open(mechanisms(mechanism))
        peer.expect(rb"<auth[^>]*>")
        for _ in range(times):
            peer.say_sasl("challenge", text)
        peer.hold()

    return script


def repeated_proof(peer):
    """A server that answers the proof with one more challenge, without end."""
    peer.begin_scram()
    while True:
        peer.say_sasl("challenge", "r=again,s=QSXCR+Q6sek8bf92,i=4096")
        peer.expect(rb"<response[^>]*>")


def false_signature(peer):
    peer.begin_scram()
    peer.say_sasl("success", "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    peer.hold()


def no_signature(peer):
    peer.begin_scram()
    peer.send(f'<success xmlns="{SASL}"/>')
    peer.hold()


def false_rspauth(peer):
    """DIGEST-MD5 to its end, where the server should prove itself."""
    peer.open(mechanisms("DIGEST-MD5"))
    peer.expect(rb"<auth[^>]*>")
    text = f'realm="{DOMAIN}",nonce="1",qop="auth",charset=utf-8,algorithm=md5-sess'
    peer.say_sasl("challenge", text)
    peer.expect(rb"<response[^>]*>")
    peer.say_sasl("success", "rspauth=" + "0" * 32)
    peer.hold()


def success_twice(peer):
    peer.authenticate()
    peer.send(f'<success xmlns="{SASL}"/>' + HEADER + features(BIND))
    peer.hold()


def trickle(peer):
    """A header of which one byte comes now and then: no silence, and no end."""
    peer.expect(rb"<stream:stream[^>]*>")
    for at in range(len(HEADER)):
        peer.send(HEADER[at])
        time.sleep(0.2)


def flood_before_login(peer):
    peer.expect(rb"<stream:stream[^>]*>")
    peer.send(HEADER)
    while True:
        peer.send("<a xmlns='b'/>" * 1000)


def sasl_failure(condition):
    def script(peer):
        peer.open(mechanisms("SCRAM-SHA-1"), REGISTER)
        peer.expect(rb"<auth[^>]*>")
        peer.refuse(condition)
        peer.hold()

    return script


def stream_error(condition):
    def script(peer):
        peer.open(mechanisms("SCRAM-SHA-1"))
        peer.expect(rb"<auth[^>]*>")
        peer.send(
            f'<stream:error><{condition} xmlns="{STREAMS}"/>'
            f'<text xmlns="{STREAMS}">no</text></stream:error></stream:stream>'
        )
        peer.hold()

    return script


def never_reads(peer):
    peer.log_in()
    peer.send(message("ears %d %d" % EARS_FIRST))
    ping = f'<iq type="get" from="{DOMAIN}" id="{"x" * 400}"><ping xmlns="urn:xmpp:ping"/></iq>'
    peer.never_read(ping * 100)


def reset_at_login(peer):
    peer.expect(rb"<stream:stream[^>]*>")
    peer.reset()


def reset_online(peer):
    peer.log_in()
    peer.send(message("ears %d %d" % EARS_FIRST))
    peer.answer()
    peer.reset()


def end_at_login(peer):
    peer.expect(rb"<stream:stream[^>]*>")
    peer.close()


def end_online(peer):
    peer.log_in()
    peer.send(message("ears %d %d" % EARS_FIRST))
    peer.answer()
    peer.close()


def flood(stanza):
    """Very many of one stanza, then the end."""

    def script(peer):
        peer.log_in()
        peer.send(message("ears %d %d" % EARS_FIRST))
        reader = peer.serve_apart()
        many = (stanza * 100).encode()
        for _ in range(OFTEN // 100):
            peer.send(many)
        peer.say_no_more()
        reader.join()

    return script


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BOMB = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY e0 "ha">' + ENTITIES + "]>"
OPENING = HEADER.partition("?>")[2]
TEXT = "a body without an end "


def body_of(text, size):
    return lambda: f'<message from="{JID}"><body>{text * (size // len(text))}</body></message>'


def attributes(count):
    names = (f" a{n}='1'" for n in range(count))
    return lambda: f"<message{''.join(names)}/>"


def nested(count):
    return lambda: "<message>" + "<a>" * count + "</a>" * count + "</message>"


def many_children(count):
    return lambda: "<message>" + "<a/>" * count + "</message>"


# RFC 6120 6.5 and 4.9.3, word by word.
SASL_CONDITIONS = """aborted account-disabled credentials-expired encryption-required
    incorrect-encoding invalid-authzid invalid-mechanism malformed-request mechanism-too-weak
    not-authorized temporary-auth-failure""".split()
STREAM_CONDITIONS = """bad-format bad-namespace-prefix conflict connection-timeout host-gone
    host-unknown improper-addressing internal-server-error invalid-from invalid-namespace
    invalid-xml not-authorized not-well-formed policy-violation remote-connection-failed reset
    resource-constraint restricted-xml see-other-host system-shutdown undefined-condition
    unsupported-encoding unsupported-feature unsupported-stanza-type unsupported-version""".split()

Mode = collections.namedtuple(
    "Mode",
    "name cause limit script tls account heavy quick",
    defaults=("off", None, False, False),
)
"""
cause: the token the rabbit must log, None when it must get online with this very server.
limit: seconds from its connection to the cause. script: None for a server that accepts nobody.
account: instead of one with a known password.
heavy: keeps a processor busy. quick: ends at once, so it is part of every run of the tests.
"""

FRESH = {"password-file": None, "register": "yes"}


def _modes():
    def mode(name, cause, limit, script, **more):
        yield Mode(name, cause, limit, script, **more)

    quick = {"quick": True}
    heavy = {"heavy": True}
    # Silence
    yield from mode("silent-tcp", "silent-tcp", 12, None)
    yield from mode("silent-from-the-start", "silent-sasl", 12, silent)
    yield from mode("silent-before-tls", "silent-tls", 12, silent, tls="required")
    yield from mode("silent-after-header", "silent-sasl", 12, silent_after_header)
    yield from mode("half-a-header", "silent-sasl", 12, half_header)
    yield from mode("trickle", "silent-sasl", 12, trickle)
    yield from mode("silent-after-auth", "silent-sasl", 12, silent_after_auth)
    yield from mode("silent-after-proof", "silent-sasl", 12, silent_after_proof)
    yield from mode("silent-after-success", "silent-bind", 12, silent_after_success)
    yield from mode("silent-after-bind", "silent-bind", 12, silent_after_bind)
    yield from mode("silent-form", "silent-register", 22, silent_form, account=FRESH)
    yield from mode("silent-submit", "silent-register", 22, silent_submit, account=FRESH)
    yield from mode("silent-online", "ping-timeout", 85, silent_online)
    yield from mode("proceed-then-silence", "silent-tls", 12, proceed_then_silence, tls="required")
    yield from mode(
        "plaintext-with-proceed", "silent-tls", 12, plaintext_with_proceed, tls="required"
    )
    # Strange, but right
    yield from mode("one-byte-at-a-time", None, 10, byte_by_byte, **quick)
    yield from mode("stanzas-in-one-segment", None, 10, two_in_one, **quick)
    # Not XMPP
    words = {
        "garbage": b"\x00\x9c\xff\x13random\x07\xfe",
        "http": "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "ssh": "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        "not-utf-8": HEADER.encode().replace(b"rabbit", b"\xff\xfe"),
        "nul": HEADER.encode().replace(b"rabbit", b"\x00"),
        "doctype": "<!DOCTYPE stream>" + OPENING + features(mechanisms("SCRAM-SHA-1")),
        "entity-bomb": BOMB + OPENING.replace(DOMAIN, "&e9;") + features(mechanisms("&e9;")),
        "external-entity": '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + OPENING
        + features(mechanisms("&x;")),
        "mismatched": HEADER + "<stream:features></stream:futures>",
    }
    for name, data in words.items():
        yield from mode(f"{name}-for-a-header", "protocol", 5, instead_of_header(data), **quick)
    for name, data in {
        "garbage": b"\x00\x9c&&&<<<",
        "not-utf-8": message("\ud8ff").encode("utf-8", "surrogatepass"),
        "nul": message("a\0b"),
        "doctype": "<!DOCTYPE a>",
        "entity": message("&e9;"),
    }.items():
        yield from mode(f"{name}-online", "protocol", 5, online_then(data), **quick)
    yield from mode(
        "plaintext-after-proceed",
        "tls-failed",
        5,
        plaintext_after_proceed,
        tls="required",
        quick=True,
    )
    yield from mode(
        "injected-after-proceed", "protocol", 5, injected_after_proceed, tls="required", quick=True
    )
    # A login that goes wrong
    no_jid = BIND.replace("/>", "></bind>")
    refused = (
        '<error type="cancel"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'
    )
    for name, cause, script in (
        ("empty-features", "no-mechanism", login_features()),
        ("foreign-mechanisms", "no-mechanism", login_features(mechanisms("GSSAPI", "EXTERNAL"))),
        ("no-bind-offered", "protocol", bind_features()),
        ("bind-without-jid", "bind-failed", bind_answer(no_jid)),
        ("bind-empty", "bind-failed", bind_answer("")),
        ("bind-refused", "bind-failed", bind_answer(refused, "error")),
        ("challenge-empty", "protocol", challenge("SCRAM-SHA-1", "")),
        ("challenge-empty-digest", "protocol", challenge("DIGEST-MD5", "")),
        (
            "challenge-without-nonce",
            "protocol",
            challenge(
                "DIGEST-MD5", f'realm="{DOMAIN}",qop="auth",charset=utf-8,algorithm=md5-sess'
            ),
        ),
        ("challenge-without-nonce-scram", "protocol", challenge("SCRAM-SHA-1", "s=QUJD,i=4096")),
        ("challenge-foreign-nonce", "proof-invalid", challenge("SCRAM-SHA-1", "r=x,s=QUJD,i=4096")),
        ("challenges-endless", "proof-invalid", repeated_proof),
        (
            "scram-20000000-iterations",
            "protocol",
            challenge("SCRAM-SHA-1", "r=x,s=QSXCR+Q6sek8bf92,i=20000000"),
        ),
        ("scram-false-signature", "proof-invalid", false_signature),
        ("scram-no-signature", "proof-invalid", no_signature),
        ("digest-false-rspauth", "proof-invalid", false_rspauth),
        ("success-twice", "protocol", success_twice),
    ):
        # After a refusal the rabbit waits longer before it comes again.
        yield from mode(name, cause, 5, script, quick=cause == "protocol")
    for condition in SASL_CONDITIONS:
        cause = "rejected" if condition == "not-authorized" else f"sasl-{condition}"
        yield from mode(f"sasl-{condition}", cause, 5, sasl_failure(condition))
    yield from mode("sasl-nonsense", "sasl-unknown", 5, sasl_failure("x" * 200))
    for condition in STREAM_CONDITIONS:
        yield from mode(f"stream-{condition}", f"stream-{condition}", 5, stream_error(condition))
    for condition in ("conflict", "see-other-host", "system-shutdown"):
        error = f'<stream:error><{condition} xmlns="{STREAMS}"/></stream:error></stream:stream>'
        name = f"stream-{condition}"
        yield from mode(f"{name}-online", name, 5, online_then(error))
    # Too much
    for name, data in (
        ("50-mb-body", body_of(TEXT, 50_000_000)),
        ("50-mb-body-of-lines", body_of("\n", 50_000_000)),
        ("200000-attributes", attributes(200_000)),
        ("20000-nested", nested(20_000)),
        ("1000000-nested", nested(1_000_000)),
        ("1000000-children", many_children(1_000_000)),
        ("endless-name", lambda: "<" + "a" * 50_000_000),
    ):
        yield from mode(name, "too-large", 20, online_then(data), **heavy)
    yield from mode(
        "50-mb-body-for-a-header",
        "too-large",
        12,
        instead_of_header(HEADER + "<a>" + TEXT * 2_500_000),
        heavy=True,
    )
    yield from mode("flood-before-login", "silent-sasl", 12, flood_before_login, **heavy)
    yield from mode("never-reads", "silent-online", 40, never_reads, **heavy)
    for name, stanza in (
        ("messages-of-a-stranger", message("ears 7 7", "romeo@nowhere.test/x")),
        ("messages-of-the-owner", message("status")),
        ("presences", f'<presence from="romeo@nowhere.test/x" to="{JID}"/>'),
        ("subscriptions", f'<presence type="subscribe" from="romeo@nowhere.test" to="{JID}"/>'),
        ("requests", f'<iq type="get" id="1" from="{DOMAIN}"><ping xmlns="urn:xmpp:ping"/></iq>'),
        ("answers", f'<iq type="result" id="1" from="{DOMAIN}"/>'),
        ("unknown-elements", "<a xmlns='b'><c/></a>"),
        ("blanks", " " * 200),
    ):
        yield from mode(f"flood-of-{name}", "eof", 40, flood(stanza), **heavy)
    # An end
    yield from mode("reset-at-login", "eof", 5, reset_at_login, **quick)
    yield from mode("reset-online", "eof", 5, reset_online, **quick)
    yield from mode("end-at-login", "eof", 5, end_at_login, **quick)
    yield from mode("end-online", "eof", 5, end_online, **quick)


MODES = {mode.name: mode for mode in _modes()}


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
