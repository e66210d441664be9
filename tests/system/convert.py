#!/usr/bin/env python3
"""`cachetted convert`: what Python pickles, in every protocol, is the same value again when Python reads the tagged JSON;
and no pickle runs anything, whatever it tries.

convert.py [--only NAME] [-v]; SEED fixes the draw
"""

import base64
import collections
import datetime
import decimal
import json
import math
import os
import pickle
import random
import struct
import subprocess
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import servers  # noqa: E402
from lib.cases import Suite, check, equal, finish, long_run  # noqa: E402

suite = Suite("convert")
SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))


def convert(data, *words):
    """Exit status, output and error text."""
    servers.need_daemon()
    argv = [servers.daemon_binary(), "convert", "--from", "pickle", *words]
    done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


# Reading the tagged form, as a client would


def untag(value):
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not next(iter(value)).startswith("$"):
        return {key: untag(item) for key, item in value.items()}
    ((tag, inner),) = value.items()
    return TAGS[tag](inner)


def moment(text):
    return datetime.datetime.fromisoformat(text) if "T" in text else datetime.date.fromisoformat(text)


def pairs(inner):
    return [(untag(key), untag(item)) for key, item in inner]


TAGS = {
    "$binary": lambda inner: base64.b64decode(inner["base64"]),
    "$bytearray": lambda inner: bytearray(base64.b64decode(inner)),
    "$date": moment,
    "$time": datetime.time.fromisoformat,
    "$duration": lambda inner: datetime.timedelta(days=inner[0], microseconds=inner[1]),
    "$zone": lambda inner: datetime.timezone(datetime.timedelta(seconds=inner)),
    "$numberDecimal": decimal.Decimal,
    "$numberDouble": float,
    "$uuid": uuid.UUID,
    "$tuple": lambda inner: tuple(untag(inner)),
    "$set": lambda inner: set(untag(inner)),
    "$frozenset": lambda inner: frozenset(untag(inner)),
    "$map": lambda inner: dict(pairs(inner)),
    "$ordered": lambda inner: collections.OrderedDict(pairs(inner)),
}


def exactly(value):
    """A text that tells apart what == does not: True, 1 and 1.0, NaN from NaN, order, kinds."""
    kind = type(value).__name__
    if isinstance(value, (list, tuple)):
        return "%s[%s]" % (kind, ",".join(map(exactly, value)))
    if isinstance(value, (set, frozenset)):
        return "%s[%s]" % (kind, ",".join(sorted(map(exactly, value))))
    if isinstance(value, dict):
        return "%s[%s]" % (kind, ",".join(exactly(k) + ":" + exactly(v) for k, v in value.items()))
    if isinstance(value, decimal.Decimal):
        return "decimal " + str(value)
    return "%s %r" % (kind, value)


def same(got, made, what):
    """The first place where they differ is told."""
    a, b = exactly(got), exactly(made)
    if a == b:
        return
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    raise AssertionError("%s\n got  ...%s\n want ...%s" % (what, a[max(0, at - 60) : at + 120], b[max(0, at - 60) : at + 120]))


# Values


class Values:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shared = [[1, "shared"], {"shared": (1, 2)}]

    def integer(self):
        bits = self.random.choice((1, 7, 8, 15, 16, 31, 32, 63, 64, 65, 200, 2000, 14000))
        return self.random.choice((-1, 1)) * self.random.getrandbits(bits) + self.random.choice((-1, 0, 1))

    def real(self):
        some = (0.0, -0.0, 1.5, 1e16, 1e-5, 1e22, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan)
        return self.random.choice((*some, self.random.random(), struct.unpack("d", self.random.randbytes(8))[0]))

    def string(self):
        letters = ("abc", " \n\r\t\0\x1f\x7f", "\"\\\\u0041'", "é\xff\xa0", "ключ", "漢字", "😀", "\udc80\udfff", "$")  # halves that make no pair: JSON would
        return "".join(self.random.choice(self.random.choice(letters)) for _ in range(self.random.choice((0, 1, 3, 9, 300))))

    def octets(self):
        return self.random.randbytes(self.random.choice((0, 1, 5, 255, 256, 3000)))

    def zone(self):
        return datetime.timezone(datetime.timedelta(seconds=self.random.choice((0, 3600, -19800, 86399, -86399, 45296))))

    def clock(self, zone=None):
        r = self.random
        return datetime.time(r.randrange(24), r.randrange(60), r.randrange(60), r.choice((0, 5, 999999)), zone)

    def day(self):
        return datetime.date.fromordinal(self.random.choice((1, 3652059, self.random.randrange(1, 3652059))))

    def plain(self):
        """What can be a key, too."""
        r = self.random
        return r.choice((
            lambda: None, lambda: r.random() < 0.5, self.integer, self.real, self.string, self.octets, self.day, self.clock,
            lambda: self.clock(self.zone()), lambda: datetime.datetime.combine(self.day(), self.clock()),
            lambda: datetime.datetime.combine(self.day(), self.clock(self.zone())), lambda: uuid.UUID(int=r.getrandbits(128)),
            lambda: datetime.timedelta(r.randrange(-999999999, 999999999), r.randrange(86400), r.randrange(10**6)), self.zone,
            lambda: decimal.Decimal(r.choice(("0", "-0.00", "1.50", "NaN", "Infinity", "1E+400", "123456789012345678901234567890.5"))),
        ))()  # fmt: skip

    def some(self, depth):
        return [self.value(depth - 1) for _ in range(self.random.choice((0, 1, 2, 5, 20)))]

    def keys(self, depth):
        made = []
        while len(made) < self.random.choice((0, 1, 3, 10)):
            key = self.plain() if self.random.random() < 0.9 else tuple(self.plain() for _ in range(2))
            if key == key and key not in made and not (isinstance(key, decimal.Decimal) and key.is_nan()):
                made.append(key)
        return made

    def value(self, depth=4):
        r = self.random
        if depth == 0 or r.random() < 0.4:
            return self.plain()
        return r.choice((
            lambda: self.some(depth), lambda: self.some(depth), lambda: tuple(self.some(depth)), lambda: set(self.keys(depth)),
            lambda: frozenset(self.keys(depth)), lambda: {key: self.value(depth - 1) for key in self.keys(depth)},
            lambda: {self.string(): self.value(depth - 1) for _ in range(r.randrange(8))}, lambda: bytearray(self.octets()),
            lambda: collections.OrderedDict((key, self.value(depth - 1)) for key in self.keys(depth)), lambda: r.choice(self.shared),
        ))()  # fmt: skip


@suite.case
def every_protocol_and_kind():
    values, compared = Values(SEED), 0
    for turn in range(200 if long_run() else 25):
        batch = [values.value() for _ in range(100)]
        for protocol in range(6):
            status, out, why = convert(pickle.dumps(batch, protocol))
            equal(status, 0, "seed %d, turn %d, protocol %d: %s" % (SEED, turn, protocol, why))
            for made, got in zip(batch, untag(json.loads(out)), strict=True):
                same(got, made, "seed %d, turn %d, protocol %d" % (SEED, turn, protocol))
                compared += 1
    print("every_protocol_and_kind: %d values compared, seed %d" % (compared, SEED))


@suite.case
def by_the_python_implementation_too():
    """Its opcodes differ: no memo by frames, PUT for each."""
    values = Values(SEED + 1)
    for protocol in range(6):
        batch = [values.value() for _ in range(50)]
        status, out, why = convert(pickle._dumps(batch, protocol))
        equal(status, 0, why)
        same(untag(json.loads(out)), batch, "seed %d, protocol %d" % (SEED, protocol))


@suite.case
def the_plain_form():
    value = {"t": (1, 2), 3: b"text", None: b"\xff", "d": datetime.date(2026, 11, 26), (1, 2): {5}, "n": math.nan, "m": decimal.Decimal("1.50")}
    status, out, why = convert(pickle.dumps(value), "--types", "plain")
    equal(status, 0, why)
    equal(json.loads(out), {"t": [1, 2], "3": "text", "null": "/w==", "d": "2026-11-26", "[1,2]": [5], "n": None, "m": "1.50"})


# What tries more


class Runs:
    def __init__(self, callee, *arguments):
        self.reduced = callee, arguments

    def __reduce__(self):
        return self.reduced


def nested(depth):
    return b"]" * depth + b"a" * (depth - 1) + b"."


@suite.case
def hostile_pickles_are_refused_by_name():
    flag = os.path.join(os.environ.get("TMPDIR", "/tmp"), "cachetted-convert-%d" % os.getpid())
    long = struct.pack("<I", 1 << 20) + b"\x7f" * (1 << 20)
    again = b"(]\x94" + b"".join(b"](" + b"h%c" % i * 10 + b"e\x94" for i in range(60)) + b"l."
    for data, why in (
        (pickle.dumps(Runs(os.system, "touch " + flag)), "refused global 'posix.system'"),
        (pickle.dumps([1, {"k": Runs(eval, "1")}]), "refused global 'builtins.eval'"),
        (pickle.dumps(Runs(getattr, "", "join"), 0), "refused global '__builtin__.getattr'"),
        (b"cos\nsystem\n(S'touch %s'\ntR." % flag.encode(), "refused global 'os.system'"),
        (b"(S'touch %s'\nios\nsystem\n." % flag.encode(), "refused global 'os.system'"),
        (b"(cos\nsystem\nS'id'\no.", "refused global 'os.system'"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "refused global 'os.system'"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "refused global 'builtins.eval'"),
        (b"\x80\x04\x8c\x08builtins\x8c\x03set\x93\x8c\x04__x_\x86R.", "something else"),
        (b"cuuid\nUUID\n)R}b.", "a UUID without its number"),
        (b"}}b.", "refused: BUILD"),
        (b"cbuiltins\nset\n.", "does not end with one value"),
        (b"]cbuiltins\nset\na.", "something else"),
        (b"Pid\n.", "a persistent id"), (b"NQ.", "a persistent id"), (b"\x82\x01.", "the extension registry"),
        (b"\x97.", "a buffer out of band"), (b"N)}\x92.", "NEWOBJ_EX"), (b"\x80\x06N.", "protocol 6"), (b"\xff.", "no opcode is 255"),
        (b"", "without STOP"), (b"N", "without STOP"), (b"X\xff\xff\xff\xffabc", "cut off"), (b"\x8e" + b"\xff" * 8 + b"abc", "cut off"),
        (b"r\xff\xff\xff\xff.", "finds something else"), (b"Nr\xff\xff\xff\xff.", "of the memo"), (b"Np99\n.", "of the memo"),
        (b"h\x05.", "of the memo is empty"), (b"e.", "without MARK"), (b"N(.", "does not end"), (b"NN.", "does not end"),
        (b"\x8b" + long + b".", "an integer of 1048576 bytes"), (b"L" + b"9" * 5000 + b"L\n.", "an integer of 5000 digits"),
        (nested(100000), "levels deep"), (again, "over 536870912 bytes as JSON"), (b"I1e5\n.", "something else"), (b"Fx\n.", "something else"),
        (b"(K\x01d.", "something else"), (b"cdatetime\ndate\n(C\x04\x00\x00\x00\x00tR.", "something else"),
        (b"cdatetime\ndatetime\n(C\x0a" + b"\xff" * 10 + b"tR.", "something else"), (b"cdecimal\nDecimal\n(X\x03\0\0\x00abctR.", "something else"),
        (pickle.dumps(3 + 4j), "refused global 'builtins.complex'"), (b"V\\u12\n.", "something else"), (b"S'abc\n.", "something else"),
    ):  # fmt: skip
        status, out, told = convert(data)
        equal((status, out), (1, b""), data[:80])
        check(told.startswith(("cachetted convert: codec 'pickle': ", "cachetted convert: client form 'json': ")) and why in told, "%r: %s", data[:80], told)
    check(not os.path.exists(flag), "it was run")


@suite.case
def what_holds_itself():
    loop = []
    loop.append(loop)
    ring = {"k": ([],)}
    ring["k"][0].append(ring)
    for value in (loop, ring):
        status, _, why = convert(pickle.dumps(value))
        equal(status, 1)
        check("holds itself" in why, why)
    twice = [[1]] * 3
    equal(json.loads(convert(pickle.dumps(twice))[1]), twice)


@suite.case
def cut_off_or_changed_anywhere():
    """An answer or an error, and never an end by a signal."""
    values = Values(SEED + 2)
    draw = random.Random(SEED)
    for _ in range(400 if long_run() else 60):
        data = bytearray(pickle.dumps(values.value(), draw.randrange(6)))
        if draw.random() < 0.5:
            del data[draw.randrange(len(data)) :]
        else:
            data[draw.randrange(len(data))] = draw.randrange(256)
        check(convert(bytes(data))[0] in (0, 1), "%r", bytes(data)[:300])


@suite.case
def opcodes_are_explained():
    status, out, why = convert(pickle.dumps([1, Runs(os.system, "id")], 4), "--explain")
    equal(status, 1)
    check("refused global 'posix.system'" in why, why)
    lines = out.decode().splitlines()
    check(any("STACK_GLOBAL posix.system   <- refused" in line for line in lines), "%s", lines)
    check(lines[0].split() == ["0", "PROTO", "4"] and lines[-1].split()[1] == "STOP", "%s", lines)
    equal(convert(pickle.dumps([1]), "--explain")[0], 0)
    equal(convert(b"", "--to", "nothing")[0], 2)


if __name__ == "__main__":
    finish(suite.main())
