"""The words that generated commands are made of: keys, values, numbers good and bad, times, malformed input.

Not drawn on purpose: integers with trailing blanks (cachetted takes them, wire.md says so), positive times so short
that they could pass during a sequence, and offsets that would allocate more than 100 KB.
"""

from lib import servers

PLAIN_KEYS = (b"a", b"b", b"c", b"d", b"counter", b"user:1", b"user:2", b"user:10", b"session:x")
ODD_KEYS = (
    b"",
    b"with blank",
    b"new\r\nline",
    b"\x00\xff\xfe",
    b"*",
    b"a[b]c",
    b"{tag}1",
    b"0",
    b"k" * 200,
    "ключ".encode(),
)

TEXTS = (
    b"",
    b"a",
    b"hello",
    b"hello world",
    b"foobar",
    b"ohmytext",
    b"mynewtext",
    b"\x00",
    b"\xff",
    b"\x00\x00\x00",
    b"\xff\xf0\x00",
    b"\xff\xff",
    b"\x80\x01",
    b"line\r\nline",
    "grüße".encode(),
    b"$-1\r\n",
    b"*1\r\n",
    b"x" * 44,
    b"x" * 45,
    b"OK",
    b"nil",
    b"-ERR no",
    b"ab" * 30,
)
INTEGERS = (
    b"0",
    b"1",
    b"-1",
    b"2",
    b"7",
    b"10",
    b"42",
    b"-17",
    b"100",
    b"255",
    b"1000000",
    b"2147483647",
    b"-2147483648",
    b"2147483648",
    b"4294967296",
    b"9223372036854775806",
    b"9223372036854775807",
    b"-9223372036854775807",
    b"-9223372036854775808",
)
NO_INTEGERS = (
    b"",
    b"abc",
    b" 1",
    b"+1",
    b"01",
    b"-0",
    b"00",
    b"1.0",
    b"1e3",
    b"0x10",
    b"-",
    b"--1",
    b"1a",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"9" * 30,
    b"1\x00",
    b"\xd9\xa1",
)
DECIMALS = (
    b"0",
    b"1",
    b"-1",
    b"0.1",
    b"0.2",
    b"0.5",
    b"-0.5",
    b"1.5",
    b"3.0",
    b"10.50",
    b"1e3",
    b"1.0e-3",
    b"5.0e3",
    b"-2.5e-7",
    b"1e-17",
    b"1e-18",
    b"123456789.987654321",
    b"0.30000000000000004",
    b"3.14159265358979323846",
    b"1e18",
    b"1e20",
    b"123456789012345678901234567890",
    b"-0.0",
    b"+1",
    b".5",
    b"5.",
    b"1e100",
    b"1e308",
    b"99999999999999999.5",
    b"0.000000000000000001",
    b"2e-17",
    b"9007199254740993",
    b"1.7976931348623157e308",
)
NO_DECIMALS = (
    b"",
    b"abc",
    b" 1",
    b"1.2.3",
    b"nan",
    b"inf",
    b"-inf",
    b"1e",
    b"1e5000",
    b"--1",
    b"1,5",
    b"e5",
    b"0x",
    b"infinity",
    b"1\x00",
    b"-nan",
    b"1e-5000",
)

FAR = (4102444800, 4102444801, 4102448400, 5000000000, 9999999999)  # absolute, in seconds: long after any run
if servers.over_memcached():  # whose last instant is in 2038, and whose seconds are its own
    FAR = (2100000000, 2100003600, 2110000000, 2140000000)

MALFORMED = (
    (b"*0\r\n", 0, False),
    (b"*-1\r\n", 0, False),
    (b"\r\n", 0, False),
    (b"\n", 0, False),
    (b"   \r\n", 0, False),
    (b"*abc\r\n", 1, True),
    (b"*\r\n", 1, True),
    (b"*1\r\n+PING\r\n", 1, True),
    (b"*1\r\n$abc\r\n", 1, True),
    (b"*1\r\n$-1\r\n", 1, True),
    (b"*2\r\n$4\r\nECHO\r\nhello\r\n", 1, True),
    (b"*99999999999999999999\r\n", 1, True),
    (b"*1\r\n$99999999999999\r\n", 1, True),
    (b"*1\r\n$+4\r\nPING\r\n", 1, True),
    (b"* 1\r\n", 1, True),
    (b"SET a 'b\r\n", 1, True),
    (b'SET a "b\r\n', 1, True),
    (b'GET "a"b\r\n', 1, True),
    (b"*1\r\n\r\n", 1, True),
    (b"*1\r\n$0\r\n\r\n", 1, False),
    (b"*2\r\n$0\r\n\r\n$0\r\n\r\n", 1, False),
    (b"PING\n", 1, False),
    (b"  PING  \r\n", 1, False),
    (b"POST / HTTP/1.1\r\n", 0, True),
    (b"*1\r\n:1\r\n", 1, True),
    (b"$4\r\n", 1, False),
)

MAX_KEY = 65536  # limits.max_key
NO_KEYS = (b"",) if servers.over_memcached() else (b"", b"\x00\xff\xfe") if servers.over_dynamodb() else ()  # the store takes none of these

QUOTED = {10: b"\\n", 13: b"\\r", 9: b"\\t", 34: b'\\"', 92: b"\\\\"}


def key_pool(random):
    keys = random.sample(PLAIN_KEYS, random.randint(1, 4))
    if random.random() < 0.3:
        keys.append(random.choice([key for key in ODD_KEYS if key not in NO_KEYS]))
    return keys


def value(random, large):
    chance = random.random()
    if chance < 0.3:
        return random.choice(INTEGERS)
    if chance < 0.4:
        return random.choice(DECIMALS)
    if chance < 0.47:
        return random.choice(NO_INTEGERS)
    if chance < 0.55:
        return random.randbytes(random.randint(0, 40)).replace(b" ", b"_")
    if large and chance < 0.7:
        return random.randbytes(4) * random.randint(100, 20000)
    return random.choice(TEXTS)


def integer(random):
    chance = random.random()
    if chance < 0.55:
        return b"%d" % random.randint(-20, 100)
    if chance < 0.85:
        return random.choice(INTEGERS)
    return random.choice(NO_INTEGERS)


def small(random):
    """An offset or index: mostly inside a short value."""
    chance = random.random()
    if chance < 0.7:
        return b"%d" % random.randint(-12, 24)
    if chance < 0.8:
        return b"%d" % random.randint(-300, 2000)
    if chance < 0.9:
        return random.choice(
            (b"0", b"-1", b"9223372036854775807", b"-9223372036854775808", b"4294967296", b"2147483648")
        )
    return random.choice(NO_INTEGERS)


def decimal(random):
    chance = random.random()
    if chance < 0.3:
        return random.choice(DECIMALS)
    if chance < 0.6:
        return ("%.*f" % (random.randint(0, 17), random.uniform(-1000, 1000))).encode()
    if chance < 0.7:
        return ("%.*e" % (random.randint(0, 17), random.uniform(-1, 1) * 10 ** random.randint(-20, 30))).encode()
    if chance < 0.85:
        return random.choice(INTEGERS)
    return random.choice(NO_DECIMALS)


def seconds(random):
    return b"%d" % random.choice((100, 1000, 3600, 86400, 2592001, 99999999))


def time(random, unit):
    """unit: ex, px (from now) or exat, pxat (absolute)."""
    chance = random.random()
    if chance < 0.12:
        return random.choice(NO_INTEGERS)
    if chance < 0.2:
        if unit == "px":
            return random.choice((b"9223372036854775807", b"-9223372036854775808"))
        return random.choice(
            (
                b"9223372036854775807",
                b"-9223372036854775808",
                b"9223372036854775",
                b"9223372036854776",
                b"-9223372036854776",
                b"-9223372036854775",
            )
        )
    if chance < 0.32:
        return random.choice((b"0", b"-1", b"-100"))
    if unit == "ex":
        return seconds(random)
    if unit == "px":
        return seconds(random) + random.choice((b"000", b"001", b"499", b"500", b"999"))
    if chance < 0.4:
        return random.choice((b"1", b"100", b"1000000000"))
    if unit == "exat":
        return b"%d" % random.choice(FAR)
    return b"%d%03d" % (random.choice(FAR), random.choice((0, 1, 499, 500, 501, 999)))


def disturb(random, args):
    """Now and then: another case, one word too many, one too few, an odd word, one word doubled."""
    chance = random.random()
    if chance < 0.85 or any(len(word) > MAX_KEY for word in args):  # as a key it would be refused
        return args
    if chance < 0.92:
        return [
            word.swapcase() if index == 0 or word.isupper() and random.random() < 0.7 else word
            for index, word in enumerate(args)
        ]
    if chance < 0.94:
        return args + [random.choice((b"x", b"", b"1", b"NX", b"GET"))]
    if chance < 0.96:
        return args[:-1] if len(args) > 1 else args + [b"x"]
    if chance < 0.98 and len(args) > 1:
        at = random.randrange(1, len(args))
        return args[:at] + [args[at]] + args[at:]
    return args


def inline(random, args):
    """The command as a line, or None where a line cannot say it (a NUL byte) or would be no inline command."""
    if args[0][:1] in (b"*", b"") or any(b"\0" in word for word in args) or sum(map(len, args)) > 12000:
        return None
    words = []
    for word in args:
        plain = word and all(32 < byte < 127 and byte not in b"\"'\\" for byte in word)
        if plain and random.random() < 0.7:
            words.append(word)
        elif b"'" not in word and b"\\" not in word and b"\n" not in word and random.random() < 0.4:
            words.append(b"'" + word + b"'")
        else:
            words.append(quote_word(word))
    return random.choice((b" ", b" ", b"  ", b"\t")).join(words) + random.choice((b"\r\n", b"\r\n", b"\n"))


def quote_word(word):
    return b'"' + b"".join(QUOTED.get(b) or (bytes([b]) if 32 <= b < 127 else b"\\x%02x" % b) for b in word) + b'"'


def quote(words):
    """For print: the words as a transcript's line has them."""
    out = []
    for word in words:
        if len(word) > 80 and len(set(word)) == 1:
            word = quote_word(word[:1])[1:-1]
            out.append('"{{%s*%d}}"' % (word.decode(), len(words[len(out)])))
        elif word and all(32 < byte < 127 and byte not in b"\"'\\{" for byte in word):
            out.append(word.decode())
        else:
            out.append(quote_word(word).decode())
    return " ".join(out)
