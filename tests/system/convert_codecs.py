#!/usr/bin/env python3
"""The codecs of `cachetted convert`, beside the very libraries: what Python writes is read as the same value, what we write is
what Python writes to the byte, and what one refuses so does the other. Thousands of drawn values a codec.

convert_codecs.py [--only NAME] [-v]; SEED fixes the draw. Runs itself again by a Python that has codecs.txt.
"""

import base64
import json
import os
import pickle
import random
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib import packages, servers  # noqa: E402
from lib.cases import Suite, check, equal, finish  # noqa: E402
from lib.values import Values, same, untag  # noqa: E402

try:
    import msgpack
    import orjson
except ImportError:
    venv = os.path.join(os.environ.get("BUILD", "build"), "clients", "codecs")
    python = packages.python(os.path.join(HERE, "codecs.txt"), venv)
    os.execv(python, [python, *sys.argv])

suite = Suite("convert_codecs")
SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))
BINARY = ("msgpack", "pickle")
DUMPS = {"json": lambda v: json.dumps(v).encode(), "orjson": orjson.dumps, "msgpack": msgpack.dumps, "pickle": pickle.dumps}
LOADS = {"json": json.loads, "orjson": orjson.loads, "msgpack": msgpack.loads, "pickle": pickle.loads}


def convert_all(values, source, to, *words):
    """By one run: the output of each (None: refused), and the error of each."""
    lines = [base64.b64encode(v) if source in BINARY else v for v in values]
    status, told, made, whys = servers.convert_lines(lines, "--from", source, "--to", to, *words)
    check(status in (0, 1), "status %s: %s", status, told[-2000:])
    equal(len(made), len(values))
    made = [None if line is None else base64.b64decode(line) if to in BINARY else line for line in made]
    return made, whys


def dumped(codec, value):
    """What the library writes; None: it refuses."""
    try:
        return DUMPS[codec](value)
    except (TypeError, ValueError, OverflowError):
        return None


def loaded(codec, data):
    """What the library reads, in a list; None: it refuses."""
    try:
        return [LOADS[codec](data)]
    except Exception:  # msgpack has many of its own
        return None


def drawn(seed, count):
    """Of all kinds; half of them such as JSON has, so that each codec can hold many."""
    values = Values(seed)
    return [values.value() if i % 2 else values.json() for i in range(count)]


@suite.case
def what_python_writes_is_read():
    for codec in DUMPS:
        stored = [s for s in (dumped(codec, v) for v in drawn(SEED, servers.many(4000))) if s is not None]
        stored = [(s, loaded(codec, s)) for s in stored]
        shown, whys = convert_all([s for s, _ in stored], codec, "client")
        compared = 0
        for i, (s, value) in enumerate(stored):
            if value is None:  # msgpack's keys
                check(shown[i] is None and "as a key" in whys[i], "seed %d, %s: %r is not refused", SEED, codec, s[:200])
                continue
            check(shown[i] is not None, "seed %d, %s: %r: %s", SEED, codec, s[:200], whys.get(i))
            same(untag(json.loads(shown[i])), value[0], "seed %d, %s, value %d" % (SEED, codec, i))
            compared += 1
        print("%s: %d values compared, seed %d" % (codec, compared, SEED))


def ours_alone(codec, why):
    """Refused by us, though the library writes it."""
    if codec == "msgpack":
        return "only strings and bytes can be" in why  # the library could not read it again
    return codec == "orjson" and "it would round the zone" in why


@suite.case
def what_we_write_is_what_python_writes():
    values = drawn(SEED + 1, servers.many(4000))
    pickled = [pickle.dumps(v) for v in values]
    tagged, whys = convert_all(pickled, "pickle", "client")
    equal(whys, {})
    for codec in ("json", "orjson", "msgpack"):
        for source, inputs in (("pickle", pickled), ("client", tagged)):
            made, whys = convert_all(inputs, source, codec)
            same_bytes = refused = 0
            for i, value in enumerate(values):
                what = "seed %d, %s to %s, value %d" % (SEED, source, codec, i)
                want = dumped(codec, value)
                if made[i] is None and (want is None or ours_alone(codec, whys[i])):
                    refused += 1
                    continue
                check(made[i] is not None, "%s: %s", what, whys.get(i))
                equal(made[i], want, what)
                same_bytes += 1
            print("%s to %s: %d equal to the byte, %d refused by both, seed %d" % (source, codec, same_bytes, refused, SEED))


@suite.case
def pickles_we_write():
    """Equal objects; and equal bytes, where Python itself has but one way to write them."""
    values = drawn(SEED + 2, servers.many(3000))
    pickled = [pickle.dumps(v) for v in values]
    tagged, whys = convert_all(pickled, "pickle", "client")
    equal(whys, {})
    for source, inputs in (("pickle", pickled), ("client", tagged)):
        made, whys = convert_all(inputs, source, "pickle")
        equal(whys, {})
        for i, value in enumerate(values):
            same(pickle.loads(made[i]), value, "seed %d, %s to pickle, value %d" % (SEED, source, i))
    again, whys = convert_all(made, "pickle", "client")
    equal((again, whys), (tagged, {}))
    texts = [json.dumps(Values(SEED + i).json(short=False)).encode() for i in range(servers.many(1000))]
    texts += [json.dumps(shape).encode() for shape in (["ab"] * 1000, list(range(2500)), {"k%d" % i: i for i in range(2000)}, ["x" * 70000, "y" * 65535, {}], [["ab" * 99] * 7] * 999)]
    made, whys = convert_all(texts, "client", "pickle")
    equal(whys, {})
    for text, got in zip(texts, made, strict=True):
        equal(got, pickle.dumps(json.loads(text)), text[:200])
    print("pickle: %d values compared, %d equal to the byte, seed %d" % (2 * len(values), len(texts), SEED))


@suite.case
def what_is_shared_stays_shared():
    twin, loop, ring, knot = [1], [], {}, ([], "t")
    loop.append(loop)
    ring["k"] = [ring, (ring, loop)]
    knot[0].append(knot)
    long_knot = ([], 1, 2, 3, 4)
    long_knot[0].append(long_knot)
    aware = Values(1).zone()
    for value in ([twin, twin, {"a": twin}], loop, ring, knot, long_knot, [knot, long_knot, knot], [aware, aware, "text " * 9, "text " * 9]):
        stored = pickle.dumps(value)
        status, out, why = servers.convert(stored, "--from", "pickle", "--to", "pickle")
        equal(status, 0, why)
        equal(pickle.dumps(pickle.loads(out)), pickle.dumps(pickle.loads(stored)))
    again = pickle.loads(servers.convert(pickle.dumps([twin, twin]), "--from", "pickle", "--to", "pickle")[1])
    check(again[0] is again[1])
    for codec in ("json", "orjson", "msgpack", "client"):
        status, _, why = servers.convert(pickle.dumps(loop), "--from", "pickle", "--to", codec)
        check(status == 1 and "holds itself" in why, "%s: %s", codec, why)


# Reading JSON as Python reads it

ODD = r"""
NaN|-Infinity|Infinity|[NaN,1]|1e400|-1e400|1e-400|123456789012345678901234567890|18446744073709551615|18446744073709551616
-9223372036854775808|-9223372036854775809|"\ud800"|"\ud83d\ude00"|"\ude00\ud83d"|{"a":1,"b":2,"a":3}|"\u0000"|-0|-0.0|1E5|1.0|[1,]||1 2
"a	b"|""|[|{"a"}|01|1.|.5|-|+1|tru|nul|1e|{1:2}|"\x"|"\u12"|"abc|[1 2]|{"a":1,}|{"a" 1}|0.1e1|"\ud800\u0041"|"\ud800\ud800\udc00"
{"$set":1,"a":2}|-NaN|nan|[[]]|[{}]|{"":""}|"\/"|1e+|1e5.|--1|0x1|'a'|{"a":1 "b":2}|[,]|{,}|]|}|"|"\|"\u|"\ud83d\u"|true false|Infinit|-Infinit|1_0
"""


def mutated(draw, text):
    data = bytearray(text)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(data) + 1)
        way = draw.randrange(4)
        if way == 0:
            data[at:at] = draw.choice((b'"', b"\\", b",", b"]", b"}", b"1", b"e9", b"\\ud83d", b"NaN", b" ", b"\xff", b"\xed\xa0\x80", b"{", b"["))
        elif way == 1 and data:
            data[at % len(data)] = draw.randrange(11, 256)
        elif way == 2:
            del data[at : at + draw.randrange(1, 4)]
        elif draw.random() < 0.3:
            del data[at:]
    return bytes(data).replace(b"\n", b" ")


@suite.case
def json_as_python_reads_it():
    """The same value, or refused by both. Surrogate halves that stand side by side are one character in what we show."""
    draw, values = random.Random(SEED), Values(SEED + 3)
    texts = [t.encode() for t in ODD.replace("\n", "|").split("|")]
    texts += [b"9" * 4300, b"9" * 4301, b"\xef\xbb\xbf1", b'"\xff"', b'"\xed\xa0\x80"', b'{"a":"' + b"x" * 5000 + b'\\n"}', b" " * 99 + b"1"]
    texts += [b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500]
    texts += [mutated(draw, json.dumps(values.json(), ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")[:2000]) for _ in range(servers.many(4000))]
    shown, whys = convert_all(texts, "json", "json")
    agreed = 0
    for i, text in enumerate(texts):
        if b"\0" in text[:4]:
            continue  # taken for UTF-16
        value = loaded("json", text)
        what = "seed %d: %r" % (SEED, text[:300])
        if value is None:
            check(shown[i] is None, "%s is read, as %r", what, shown[i])
            check(whys[i].startswith("codec 'json': value is not JSON: line 1, column "), "%s: %s", what, whys[i])
        else:
            check(shown[i] is not None, "%s: %s", what, whys.get(i))
            equal(shown[i], json.dumps(value[0]).encode(), what)
        agreed += 1
    print("json: %d texts read as Python reads them, seed %d" % (agreed, SEED))


@suite.case
def msgpack_as_python_reads_it():
    draw, values = random.Random(SEED), Values(SEED + 4)
    stored = [s for s in (dumped("msgpack", values.json()) for _ in range(servers.many(3000))) if s]
    cut = [bytes(mutated(draw, s[:1000])) for s in stored]
    shown, whys = convert_all(cut, "msgpack", "msgpack")
    for i, s in enumerate(cut):
        value = loaded("msgpack", s)
        what = "seed %d: %r" % (SEED, s[:300])
        if value is None or "extension type" in whys.get(i, ""):
            check(shown[i] is None, "%s is read, as %r", what, shown[i])
        else:
            check(shown[i] is not None, "%s: %s", what, whys.get(i))
            same(msgpack.loads(shown[i]), value[0], what)
    print("msgpack: %d changed values read as Python reads them, seed %d" % (len(cut), SEED))


# What is refused


def nested(opening, closing, depth):
    return opening * depth + closing * depth


@suite.case
def hostile_values_are_refused_in_bounds():
    memo = b"\x80\x04(]\x94" + b"".join(b"(" + b"h%c" % i * 10 + b"l\x94" for i in range(100)) + b"l."
    keys = b"{" + b",".join(b'"k%d":1' % (i % 50000) for i in range(100000)) + b"}"
    for source, to, data, why in (
        ("msgpack", "client", b"\xdd\xff\xff\xff\xff", "cut off"), ("msgpack", "client", b"\xdf\xff\xff\xff\xff\x01", "cut off"),
        ("msgpack", "client", b"\xc6\xff\xff\xff\xff", "cut off"), ("msgpack", "client", b"\xdb\xff\xff\xff\xff", "cut off"),
        ("msgpack", "client", b"\xdd\x00\x10\x00\x00" * 400 + b"\x01" * (1 << 20), "cut off"), ("msgpack", "client", b"\x91" * 100000, "levels deep"),
        ("msgpack", "client", nested(b"\x91", b"", 513) + b"\x01", "levels deep"), ("msgpack", "client", b"", "cut off"), ("msgpack", "client", b"\xc1", "no value begins"),
        ("msgpack", "client", b"\x01\x01", "something follows"), ("msgpack", "client", b"\xd6\xff\0\0\0\1", "extension type -1 (a timestamp)"),
        ("msgpack", "client", b"\xc7\x00\x05", "extension type 5"), ("msgpack", "client", b"\x81\x01\x02", "an integer as a key"), ("msgpack", "client", b"\xa1\xff", "no UTF-8"),
        ("client", "json", nested(b"[", b"]", 2049), "levels deep"), ("client", "json", nested(b"[", b"]", 600), "levels deep"), ("json", "client", nested(b"[", b"]", 100000), "levels deep"),
        ("client", "json", b"[" * 5000000, "levels deep"), ("client", "json", b'{"$set":' * 5000, "levels deep"), ("client", "json", b"9" * 100000, "digits"),
        ("client", "msgpack", b"18446744073709551616", "beyond 64 bits"), ("client", "orjson", b"-9223372036854775809", "beyond 64 bits"),
        ("client", "msgpack", b'"\\ud800"', "surrogate"), ("client", "orjson", b'["\\ud800"]', "surrogate"), ("client", "msgpack", b'{"$map":[[1,2]]}', "only strings and bytes"),
        ("client", "json", b'{"$binary":{"base64":"AA==","subType":"00"}}', "cannot hold bytes"), ("client", "json", b'{"$set":[]}', "cannot hold a set"),
        ("client", "msgpack", b'{"$date":"2026-11-26"}', "cannot hold a date"), ("client", "json", b'{"$map":[[{"$tuple":[]},1]]}', "a tuple cannot be a key"),
        ("client", "pickle", b'{"$date":"2026-02-30"}', "$date holds"), ("client", "pickle", b'{"$set":[[1]]}', "$set holds"), ("client", "pickle", b'{"$binary":{"base64":"A===","subType":"00"}}', "$binary holds"),
        ("client", "pickle", b'{"a":\n {"$uuid":"x"}}', "line 2, column 15: $uuid holds"), ("client", "pickle", b'{"$map":[[1]]}', "$map holds"), ("client", "pickle", b'{"$numberDecimal":"1.5.2"}', "$numberDecimal"),
        ("client", "pickle", b'{"$duration":[1]}', "$duration"), ("client", "pickle", b'{"$zone":86400}', "$zone"), ("client", "pickle", b'{"$numberDouble":"x"}', "$numberDouble"),
        ("pickle", "pickle", b"\x8f(]\x90.", "a list cannot be a key, nor in a set"),
        ("pickle", "pickle", b"}(]K\x01u.", "a list cannot be a key"), ("pickle", "pickle", b"]\x94(]\x94\x85\x94}(h\x02K\x01ue.", "a list cannot be a key"),
        ("pickle", "pickle", b"]" * 600 + b"a" * 599 + b".", "levels deep"),
        ("pickle", "msgpack", memo, "over 536870912 bytes"), ("pickle", "orjson", memo, "over 536870912 bytes"), ("pickle", "pickle", b"X\x01\0\0\0\xff.", "no UTF-8"),
    ):  # fmt: skip
        if data is memo and to == "msgpack" and servers.sanitized():
            continue  # half a gigabyte, byte by byte
        begun = time.monotonic()
        status, out, told = servers.convert(data, "--from", source, "--to", to)
        equal((status, out), (1, b""), data[:80])
        check(told.startswith(("cachetted convert: codec '", "cachetted convert: client form 'json': ")) and why in told, "%r: %s", data[:80], told)
        check(time.monotonic() - begun < 60, "%r took long", data[:80])
    equal(servers.convert(memo, "--from", "pickle", "--to", "pickle")[0], 0, "it is shared in what is written, too")
    equal(len(json.loads(servers.convert(keys, "--to", "json")[1])), 50000)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    check(servers.sanitized() or peak < 1700, "%d MiB at the most", peak)


@suite.case
def cut_off_or_changed_anywhere():
    draw = random.Random(SEED)
    for codec in DUMPS:
        stored = [s for s in (dumped(codec, v) for v in drawn(SEED + 5, servers.many(1500))) if s]
        changed = [mutated(draw, s[:3000]) for s in stored] + [s[: draw.randrange(len(s))] for s in stored]
        changed = [s for s in changed if codec in BINARY or b"\n" not in s]
        for to in ("client", codec):
            _, whys = convert_all(changed, codec, to)
            check(all(why for why in whys.values()), "seed %d: refused without a word", SEED)
        print("%s: %d changed values, %d refused, seed %d" % (codec, len(changed), len(whys), SEED))


@suite.case
def the_plain_form_reads_no_tags():
    text = b'{"$set":[1],"n":1}'
    equal(json.loads(servers.convert(text, "--types", "plain", "--to", "json")[1]), json.loads(text))
    equal(json.loads(servers.convert(b'{"$set":[1]}', "--types", "plain", "--to", "json")[1]), {"$set": [1]})
    equal(json.loads(servers.convert(b'{"$other":[1]}', "--to", "json")[1]), {"$other": [1]})
    equal(servers.convert(b'{"$other":[1]}')[1], b'{"$map":[["$other",[1]]]}\n')


if __name__ == "__main__":
    finish(suite.main())
