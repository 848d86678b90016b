"""The table of servers that misbehave, one row each, and the scripts they play."""

import collections
import threading
import time

from . import violet
from .listening import Listening
from .peer import (
    BIND,
    DOMAIN,
    HEADER,
    JID,
    PLATFORM,
    REGISTER,
    SASL,
    features,
    mechanisms,
    message,
)

OFTEN = 20_000  # stanzas of a flood
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
EARS_FIRST, EARS_LAST = (3, 10), (12, 5)

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
    proof = peer.begin_scram()
    peer.say_sasl("success", proof, f'<success xmlns="{SASL}"/>' + HEADER + features(BIND))
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


def packet(data, sender=PLATFORM):
    return violet.message(data, sender, JID)


def platform(*packets):
    """The rabbit's platform sends these, then its owner has it turn its ears."""

    def script(peer):
        peer.log_in()
        for data in packets:
            peer.send(packet(data))
        peer.send(message("ears %d %d" % EARS_FIRST))
        peer.serve()

    return script


def program(text):
    return violet.packet(violet.program(text))


class Web(Listening):
    """Answers with what never ends, `pause` seconds after each kilobyte."""

    def __init__(self, pause):
        self._pause = pause
        self.is_over = threading.Event()
        self.listen()

    def serve(self, connection):
        connection.recv(4096)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(bytes(1000))
                time.sleep(self._pause)
        except OSError:
            self.is_over.set()


def endless_download(pause):
    """The owner has to wait until the rabbit has had enough."""

    def script(peer):
        peer.log_in()
        web = Web(pause)
        peer.send(packet(program(f"CH http://127.0.0.1:{web.port}/a.chor\nWT 1\n")))
        reader = peer.serve_apart()
        web.is_over.wait()
        web.stop()
        peer.send(message("ears %d %d" % EARS_FIRST))
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
    "name cause limit script tls account heavy quick told",
    defaults=("off", None, False, False, None),
)
"""
cause: the token the rabbit must log, None when it must get online with this very server.
limit: seconds from its connection to the cause. script: None for a server that accepts nobody.
account: instead of one with a known password.
heavy: keeps a processor busy. quick: ends at once, so it is part of every run of the tests.
told: what the log must say once; without it and a cause nothing may be amiss in it.
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
    # A platform
    broken = (b"\x7f\x04\xff\xff\xff\x00\xff", b"\x7f\x0a\x00\x00\x09\x00\xff")
    unknown = (violet.packet(violet.frame(12, b"?")), b"\x7f\xff", b"", b"?")
    asleep, awake = violet.packet(violet.mode(True)), violet.packet(violet.mode(False))
    for name, told, packets in (
        ("lengths", "is not obeyed", broken),
        ("types", "is not obeyed", unknown),
        ("commands", None, (program("XX\nYY 1\n" * 100), violet.packet(violet.ambient({77: 1})))),
        ("waits", None, (program("WT 99999999999999999999\n"), program("WT 4294967295\n" * 100))),
        ("ears", None, (violet.packet(violet.ambient({4: 255, 5: 255})),)),
        ("urls", None, (program(f"CH http://127.0.0.1/{'a' * 8000}\nCU {'b' * 8000}\n"),)),
        ("hosts", None, (program("CH file:///etc/passwd\nCU http://169.254.169.254/\n" * 50),)),
        ("crowd", "is dropped", (program("WT 600000\n"), *[program("WT 1\n")] * 500)),
        ("sleepless", None, (asleep, awake) * 100),
    ):
        yield from mode(f"platform-{name}", None, 10, platform(*packets), quick=True, told=told)
    yield from mode("platform-fast-download", None, 10, endless_download(0), quick=True)
    yield from mode("platform-slow-download", None, 10, endless_download(0.1))
    for name, data, told in (
        ("packets", packet(violet.packet(violet.ambient({1: 0}))), None),
        ("programs", packet(program("WT 1\n")), None),
        ("junk-packets", packet(b"junk"), "is not obeyed"),
        ("packets-of-a-stranger", packet(b"", "romeo@nowhere.test/x"), "is not obeyed"),
    ):
        yield from mode(f"flood-of-{name}", "eof", 40, flood(data), told=told, **heavy)
    # An end
    yield from mode("reset-at-login", "eof", 5, reset_at_login, **quick)
    yield from mode("reset-online", "eof", 5, reset_online, **quick)
    yield from mode("end-at-login", "eof", 5, end_at_login, **quick)
    yield from mode("end-online", "eof", 5, end_online, **quick)


MODES = {mode.name: mode for mode in _modes()}
