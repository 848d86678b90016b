#!/usr/bin/python3
"""
A caller on a message bus that may send values of any type to any method (dbus-send and busctl can
not): sd-bus, by hand. As a program it makes calls for another user:

    caller.py ADDRESS NAME      reads a JSON list of [interface, member, [type, …]], prints the
                                names of the errors, "" for none
"""

import ctypes
import itertools
import json
import subprocess
import sys
from xml.etree import ElementTree

PATH = "/io/github/nabaztagd"
INTERFACE = "io.github.nabaztagd.Rabbit1"
PROPERTIES = "org.freedesktop.DBus.Properties"
TIMEOUT = 60_000_000  # µs

BASIC = {
    "y": ctypes.c_uint8(3), "b": ctypes.c_int(1), "n": ctypes.c_int16(-3), "q": ctypes.c_uint16(3),
    "i": ctypes.c_int32(-3), "u": ctypes.c_uint32(3), "x": ctypes.c_int64(-3),
    "t": ctypes.c_uint64(3), "d": ctypes.c_double(0.5), "h": ctypes.c_int(0),
}  # fmt: skip
TEXTS = {"s": b"carrots", "o": b"/carrots", "g": b"a{sv}"}
# One of each kind, and some that go deep.
EVERY = [
    *BASIC, *TEXTS, "v", "as", "au", "ay", "a(ii)", "a{ss}", "a{sv}", "(u)", "(uu)", "(s)",
    "(sv)", "aas", "((((u))))", "aaaaaaaau", "(ya{s(ubd)}v)",
]  # fmt: skip


class _Error(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("message", ctypes.c_char_p),
        ("need_free", ctypes.c_int),
    ]


def _load():
    library = ctypes.CDLL("libsystemd.so.0")
    for name in ("sd_bus_unref", "sd_bus_message_unref"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


SD = _load()


def check(result):
    if result < 0:
        raise OSError(-result, "sd-bus")
    return result


# Types


def split(signature):
    """Its complete types: "ua{ss}v" has three."""
    types = []
    while signature:
        end = _end_of(signature)
        types.append(signature[:end])
        signature = signature[end:]
    return types


def _end_of(signature):
    if signature[0] == "a":
        return 1 + _end_of(signature[1:])
    if signature[0] not in "({":
        return 1
    depth = 0
    for place, letter in enumerate(signature):
        depth += (letter in "({") - (letter in ")}")
        if not depth:
            return place + 1
    raise ValueError(signature)


def append(message, kind):
    """One value of this type; "v:TYPE" is a variant that holds one of that."""
    letter = ctypes.c_char(kind[0].encode())
    if kind[0] in TEXTS:
        check(SD.sd_bus_message_append_basic(message, letter, ctypes.c_char_p(TEXTS[kind[0]])))
    elif kind[0] in BASIC:
        check(SD.sd_bus_message_append_basic(message, letter, ctypes.byref(BASIC[kind[0]])))
    else:
        contents = {"v": kind[2:] or "u", "a": kind[1:]}.get(kind[0], kind[1:-1])
        letter = ctypes.c_char({"(": b"r", "{": b"e"}.get(kind[0], kind[0].encode()))
        check(SD.sd_bus_message_open_container(message, letter, contents.encode()))
        for part in split(contents):
            append(message, part)
        check(SD.sd_bus_message_close_container(message))


class Caller:
    def __init__(self, address, name):
        self._bus, self._name = ctypes.c_void_p(), name.encode()
        check(SD.sd_bus_new(ctypes.byref(self._bus)))
        check(SD.sd_bus_set_address(self._bus, address.encode()))
        check(SD.sd_bus_set_bus_client(self._bus, 1))
        check(SD.sd_bus_negotiate_fds(self._bus, 1))
        check(SD.sd_bus_start(self._bus))

    def close(self):
        SD.sd_bus_flush_close_unref(self._bus)

    def call(self, interface, member, types, path=PATH, texts=()):
        """Values of these types, the first strings being `texts`: the name of its error, or ""."""
        message, reply, error = ctypes.c_void_p(), ctypes.c_void_p(), _Error()
        words = [self._name, path.encode(), interface.encode(), member.encode()]
        check(SD.sd_bus_message_new_method_call(self._bus, ctypes.byref(message), *words))
        left = list(texts)
        for kind in types:
            if kind == "s" and left:
                text = ctypes.c_char_p(left.pop(0).encode())
                check(SD.sd_bus_message_append_basic(message, ctypes.c_char(b"s"), text))
            else:
                append(message, kind)
        result = SD.sd_bus_call(
            self._bus, message, ctypes.c_uint64(TIMEOUT), ctypes.byref(error), ctypes.byref(reply)
        )
        name = error.name.decode() if error.name else ""
        SD.sd_bus_error_free(ctypes.byref(error))
        SD.sd_bus_message_unref(message)
        SD.sd_bus_message_unref(reply)
        if result < 0 and not name:
            raise OSError(-result, f"{interface}.{member} {types}")
        return name


def call_as(user, groups, address, name, calls):
    """The names of the errors that a user gets; each call is [interface, member, [type, …]]."""
    output = subprocess.run(
        [sys.executable, __file__, address, name],
        input=json.dumps(calls),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        user=user,
        group=user,
        extra_groups=groups,
    ).stdout
    return json.loads(output)


# What an object says of itself


class Description:
    """Methods {name: [type, …]}, properties {name: type} and signals of one interface."""

    def __init__(self, xml, interface=INTERFACE):
        (found,) = [
            element
            for element in ElementTree.fromstring(xml).iter("interface")
            if element.get("name") == interface
        ]
        self.methods = {
            method.get("name"): [
                argument.get("type")
                for argument in method.iter("arg")
                if argument.get("direction") != "out"
            ]
            for method in found.iter("method")
        }
        self.properties = {one.get("name"): one.get("type") for one in found.iter("property")}
        self.signals = [one.get("name") for one in found.iter("signal")]

    def right_calls(self):
        return [[INTERFACE, member, types] for member, types in self.methods.items()]

    def wrong_calls(self):
        """Calls with too few, too many and wrong arguments: (interface, member, types)."""
        for member, right in self.methods.items():
            for types in self._wrong(right):
                yield INTERFACE, member, types
        for member, right in (("Get", ["s", "s"]), ("GetAll", ["s"]), ("Set", ["s", "s", "v"])):
            for types in self._wrong(right):
                yield PROPERTIES, member, types

    def settings(self):
        """Each property is to be set to a value of each type: (types, texts) of a Set()."""
        for name, kind in itertools.product(self.properties, EVERY):
            yield ["s", "s", f"v:{kind}"], [INTERFACE, name]

    @staticmethod
    def _wrong(right):
        yield from (right[:count] for count in range(len(right)))
        yield from ([*right, kind] for kind in EVERY)
        for place, kind in itertools.product(range(len(right)), EVERY):
            if kind != right[place]:
                yield [*right[:place], kind, *right[place + 1 :]]


def main(address, name):
    caller = Caller(address, name)
    print(json.dumps([caller.call(*call) for call in json.load(sys.stdin)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
