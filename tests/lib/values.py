"""Values as Python apps cache them: drawn by chance, read from the tagged form of JSON, and compared to the last bit."""

import base64
import collections
import datetime
import decimal
import math
import random
import struct
import uuid

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


# Writing it, as a client would


def written(seconds):
    return int(seconds) if seconds == int(seconds) else seconds


def tagged(value):
    """What json.dumps writes as the tagged form; untag(tagged(value)) is the value again."""
    made = WRITERS.get(type(value))
    return made(value) if made else value


def tagged_float(value):
    if math.isfinite(value):
        return value
    return {"$numberDouble": "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}


def tagged_map(value):
    names = all(type(key) is str for key in value)
    if names and not (len(value) == 1 and next(iter(value)).startswith("$")):
        return {key: tagged(item) for key, item in value.items()}
    return {"$map": tagged_pairs(value)}


def tagged_pairs(value):
    return [[tagged(key), tagged(item)] for key, item in value.items()]


WRITERS = {
    float: tagged_float,
    bytes: lambda value: {"$binary": {"base64": base64.b64encode(value).decode(), "subType": "00"}},
    bytearray: lambda value: {"$bytearray": base64.b64encode(value).decode()},
    datetime.date: lambda value: {"$date": value.isoformat()},
    datetime.datetime: lambda value: {"$date": value.isoformat()},
    datetime.time: lambda value: {"$time": value.isoformat()},
    datetime.timedelta: lambda value: {"$duration": [value.days, value.seconds * 10**6 + value.microseconds]},
    datetime.timezone: lambda value: {"$zone": written(value.utcoffset(None).total_seconds())},
    decimal.Decimal: lambda value: {"$numberDecimal": str(value)},
    uuid.UUID: lambda value: {"$uuid": str(value)},
    list: lambda value: [tagged(item) for item in value],
    tuple: lambda value: {"$tuple": [tagged(item) for item in value]},
    set: lambda value: {"$set": [tagged(item) for item in value]},
    frozenset: lambda value: {"$frozenset": [tagged(item) for item in value]},
    dict: tagged_map,
    collections.OrderedDict: lambda value: {"$ordered": tagged_pairs(value)},
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

    def json(self, depth=4, short=True):
        """Such as JSON has. `short`: also texts of which Python itself has one copy for all."""
        r = self.random
        name = lambda: "".join(r.choices("abcxyzéключ漢😀 \"\\", k=r.randrange(2, 20)))  # noqa: E731
        if depth == 0 or r.random() < 0.3:
            return r.choice((None, True, False, r.getrandbits(63), -r.getrandbits(30), r.getrandbits(7), self.real(), self.string() if short else name()))
        if r.random() < 0.5:
            return [self.json(depth - 1, short) for _ in range(r.choice((0, 1, 2, 5)))]
        return {self.string() if short else name(): self.json(depth - 1, short) for _ in range(r.choice((0, 1, 2, 17 if depth == 1 else 4)))}
