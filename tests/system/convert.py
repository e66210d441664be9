#!/usr/bin/env python3
"""`cachetted convert`: what Python pickles, in every protocol, is the same value again when Python reads the tagged JSON;
and no pickle runs anything, whatever it tries.

convert.py [--only NAME] [-v]; SEED fixes the draw
"""

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

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import servers  # noqa: E402
from lib.cases import Suite, check, equal, finish, long_run  # noqa: E402
from lib.values import Values, same, untag  # noqa: E402

suite = Suite("convert")
SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))


def convert(data, *words):
    """Exit status, output and error text."""
    servers.need_daemon()
    argv = [servers.daemon_binary(), "convert", "--from", "pickle", *words]
    done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


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
