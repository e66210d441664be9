"""The words that generated memcached commands are made of: keys, values, numbers good and bad, flags, malformed lines.

Not drawn on purpose: times so short that they could pass during a sequence, times near an R that is drawn, lines over
2048 bytes (what becomes of them depends on how they arrive), what memcached 1.6.18 lacks (E, md x, the size that ms
returns, N with ms MA and MP), and a minus in what is stored: for numbers from 2^63 on memcached looks for one beyond
the value, in what the memory held before.
"""

import base64

from lib import servers

NO_UTF8 = (b"\xff", b"\xff\xfe")
TEXT_KEYS = (b"a", b"b", b"c", b"n", b"counter", b"user:1", b"user:2", b"0", b"noreply", b"get")
ODD_KEYS = (b"k" * 250, b"x\x01y", b"\xff\xfe", "ключ".encode(), b"tab\tkey", b"${}", b"YQ==")
if servers.over_dynamodb():  # whose keys are UTF-8
    ODD_KEYS = tuple(key for key in ODD_KEYS if key not in NO_UTF8)
BINARY_KEYS = (b"with blank", b"\x00\x01\x02", b"line\r\nend", b"a\x00")  # only base64 can say them
ALL_KEYS = TEXT_KEYS + ODD_KEYS + BINARY_KEYS

TEXTS = (
    b"",
    b"a",
    b"hello",
    b"hello world",
    b"\r\n",
    b"\n",
    b"\r",
    b"a\r\nb",
    b"END\r\n",
    b"VALUE a 0 1\r\nx",
    b"HD c1",
    b"get a",
    b"mg a v",
    b"\x00",
    b"\x00\xff\x80",
    b"STORED",
    b" ",
    b"  x  ",
    b"{}",
    "grüße".encode(),
)
NUMBERS = (
    b"0",
    b"1",
    b"5",
    b"9",
    b"10",
    b"42",
    b"99",
    b"100",
    b"007",
    b"00",
    b"18446744073709551615",
    b"18446744073709551614",
    b"9223372036854775807",
    b"1000000000000",
)
ALMOST_NUMBERS = (
    b" 5",
    b"5 ",
    b"5   ",
    b"+7",
    b"1.5",
    b"1e3",
    b"0x10",
    b"5x",
    b"x5",
    b"5\r\n",
    b"\t5",
    b"18446744073709551616",
    b"9" * 25,
    b"0" * 24 + b"5",
    b"5\x00",
)
BAD_NUMBERS = (b"abc", b"1.5", b"0x10", b"1x", b"++1", b"99999999999999999999", b"1,5", b"noreplyx", b"\xff")
if servers.over_dynamodb():  # a word too many is a key, too
    BAD_NUMBERS = tuple(word for word in BAD_NUMBERS if word not in NO_UTF8)
FLAGS = (b"0", b"0", b"0", b"0", b"1", b"42", b"65535", b"4294967295", b"4294967296", b"4294967338", b"007", b"+3")
TIMES = (b"0", b"0", b"0", b"20", b"100", b"1000", b"2592000", b"+100", b"4294967296", b"4294967396")
ABSOLUTE_TIMES = (b"2147483000", b"2147483647", b"2592001", b"1000000000")
PAST_TIMES = (b"-1", b"-100", b"-2147483648", b"2147483648", b"9223372036854775807")
TOKENS_R = (b"10", b"30", b"500", b"2000", b"0", b"-1")
DELTAS = (b"0", b"1", b"1", b"1", b"2", b"5", b"10", b"95", b"100", b"18446744073709551615", b"+1", b"01")
OPAQUES = (b"1", b"123", b"", b"abc-_/+=!?", b"o" * 31, b"c5", b"q")
PLAIN_FLAGS = b"cfhklqstuv"
VALUE_FLAGS = b"CDFJMNRT"
NO_FLAGS = b"adegijmnopryzwABGHKQSUVWXYZ159-[_\xff"

# (bytes, closes). Each leaves the connection in step.
MALFORMED = (
    (b"\r\n", False),
    (b"\n", False),
    (b"   \r\n", False),
    (b"foo\r\n", False),
    (b"foo bar baz\n", False),
    (b"GET a\r\n", False),
    (b"Get a\r\n", False),
    (b"getx a\r\n", False),
    (b"ge a\r\n", False),
    (b"m\r\n", False),
    (b"mz a\r\n", False),
    (b"mg\r\n", False),
    (b"ms\r\n", False),
    (b"md \r\n", False),
    (b"ma\n", False),
    (b"me\r\n", False),
    (b"get\r\n", False),
    (b"gets \r\n", False),
    (b"gat\r\n", False),
    (b"gat 0\r\n", False),
    (b"gats abc\r\n", False),
    (b"delete\r\n", False),
    (b"incr a\r\n", False),
    (b"decr\r\n", False),
    (b"touch a\r\n", False),
    (b"set\r\n", False),
    (b"set a\r\n", False),
    (b"set a 0 0\r\n", False),
    (b"cas a 0 0 1\r\n", False),
    (b"verbosity\r\n", False),
    (b"verbosity x\r\n", False),
    (b"verbosity 0 0 0 0\r\n", False),
    (b"flush_all x\r\n", False),
    (b"stats foo\r\n", False),
    (b"shutdown\r\n", False),
    (b"shutdown now\r\n", False),
    (b"get\ta\r\n", False),
    (b"get a\r\r\n", False),
    (b"version\r\r\n", False),
    (b"get\x00a\r\n", False),
    (b"gat 0 a\x00b\r\n", False),
    (b"mg a v\x00 k\r\n", False),
    (b"\x01\x02\r\n", False),
    (b"Host: localhost\r\n", False),
    (b"get / HTTP/1.1\r\n", False),
    (b"get " + b"k" * 251 + b"\r\n", False),
    (b"get a " + b"k" * 251 + b" a\r\n", False),
    (b"mg " + b"k" * 251 + b" v q\r\n", False),
    (b"delete " + b"k" * 251 + b" noreply\r\n", False),
    (b"incr " + b"k" * 300 + b" 1\r\n", False),
    (b"set a 0 0 -1\r\n", False),
    (b"set a 0 0 -5 noreply\r\n", False),
    (b"set a 0 0 2147483647\r\n", False),
    (b"set a 0 0 2147483648\r\n", False),
    (b"append a 0 0 x\r\n", False),
    (b"ms a -1\r\n", False),
    (b"ms a 2147483646 q\r\n", False),
    (b"ms a x\r\n", False),
    (b"ms a S5\r\n", False),
    (b"ms a 1 " + b"v " * 40 + b"\r\n", False),
    (b"mg a " + b"v " * 40 + b"\r\n", False),
    (b"set a 0 0 1 " + b"x " * 40 + b"\r\n", False),
    (b"GET / HTTP/1.1\r\n", True),
    (b"POST / HTTP/1.0\r\nHost: a\r\n\r\n", True),
    (b"foo HTTP/\r\n", True),
    (b"quit\r\n", True),
    (b"quit now\r\n", True),
    (b"x" * 2100, True),
    (b"mg a " + b"v" * 2100, True),
)
HANGING = (
    b"set a 0 0 2147483645\r\nabc\r\n",
    b"set a 0 0 99999999999\r\nabc\r\n",
    b"ms a 100 q\r\nget a\r\n",
    b"cas a 0 0 50 1 noreply\r\nabc\r\n",
    b"x" * 2000,
    b"get " + b"x" * 3000,
)


def is_text(key):
    """Whether the key can stand in a line."""
    return not any(byte in b" \r\n\0" for byte in key)


def encoded(key):
    return base64.b64encode(key)


def key_pool(random):
    keys = random.sample(TEXT_KEYS, random.randint(1, 3))
    if random.random() < 0.2:
        keys.append(random.choice(ODD_KEYS))
    if random.random() < 0.15:
        keys.append(random.choice(BINARY_KEYS))
    return keys


def value(random, large):
    chance = random.random()
    if chance < 0.45:
        return random.choice(NUMBERS)
    if chance < 0.55:
        return random.choice(ALMOST_NUMBERS)
    if chance < 0.6:
        return b"%d" % random.getrandbits(random.randint(1, 64))
    if chance < 0.68:
        return random.randbytes(random.randint(0, 40)).replace(b"$", b"_").replace(b"-", b"_")
    if large and chance < 0.75:
        return random.choice((b"x", b"\r\n", b"0")) * random.randint(100, 8000)
    return random.choice(TEXTS)


def time(random):
    chance = random.random()
    if chance < 0.8:
        return random.choice(TIMES)
    if chance < 0.9:
        return random.choice(PAST_TIMES)
    if chance < 0.96:
        return random.choice(ABSOLUTE_TIMES)
    return random.choice(BAD_NUMBERS)


def number(random, good, odds=0.93):
    return random.choice(good) if random.random() < odds else random.choice(BAD_NUMBERS)
