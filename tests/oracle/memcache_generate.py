"""Generates sequences of text and meta commands for the memcached oracle: a pure function of the seed.

A sequence uses few keys, so that its commands meet. `generate(seed)` makes it. Where a step's data says `${0}` each
server gets the newest cas that it has shown of the sequence's key 0, and for `${0-}` the oldest.
"""

import dataclasses
import itertools
import random
import re

from lib import memcache, servers, transcript
from oracle import memcache_words as words

TOO_LARGE = 1100000  # over the limit of both servers
TOO_LONG = b"k" * 251  # a key; in a get it makes memcached forget replies that wait to be sent
NEWEST, OLDEST = b"${%d}", b"${%d-}"
LOOKS = ("get", "gat", "touch", "debug")
STALE = re.compile(rb"^ *m[sd] .* I[ \r\n]", re.M)
MARKS = b"hlNRIE"  # flags about what a Redis store does not note of an item


@dataclasses.dataclass
class Step:
    """Whole lines and blocks that one connection sends. A segment ends before it where `begins` says so."""

    connection: int
    data: bytes
    begins: bool = False
    closes: bool = False  # the server closes
    hangs: bool = False  # the server waits for more; the connection is given up
    reads: bool = False  # its replies hold items until they are sent
    counts: bool = False  # memcached pads a number in place only if nothing holds the item
    sleep: float = 0.0  # seconds, after the replies

    def lines(self):
        """As a transcript's."""
        mark = ">>>" if self.connection == 0 else ">>>[b]"
        if self.data.count(b"\n") == self.data.count(b"\r\n") and self.data.endswith(b"\r\n"):
            out = [("%s %s" % (mark, transcript.escape(part))).rstrip() for part in self.data.split(b"\r\n")[:-1]]
        else:
            out = ['%sraw "%s"' % (mark, transcript.escape(self.data))]
        if self.closes or self.hangs:
            out.append("<<<%sclose" % mark[3:] if self.closes else "%sclose" % mark)
        return out + ["!!! sleep %g" % (self.sleep * 1000)] if self.sleep else out


@dataclasses.dataclass
class Sequence:
    seed: int
    steps: list
    keys: list
    mood: str

    def described(self):
        return "%s, keys %s" % (self.mood, " ".join(transcript.escape(key) for key in self.keys))


class Generator:
    """Draws the steps of one sequence.

    Where it counts, no value is empty or blank: memcached reads on behind such a one, into what the memory held before.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed = seed
        self.mood = self.random.choices(list(MOODS), [MOODS[m]["share"] for m in MOODS])[0]
        self.keys = words.key_pool(self.random)
        if MOODS[self.mood].get("binary") and all(map(words.is_text, self.keys)):
            self.keys.append(self.pick(*words.BINARY_KEYS))
        self.connections = 2 if self.chance(0.2) else 1
        self.large = self.chance(0.08)
        self.counting = bool(MOODS[self.mood].get("counting")) or self.chance(0.5)
        self.faults = MOODS[self.mood].get("faults", 0.04)
        self.marks = not servers.over_markless()
        self.flushed = False
        # Over a memcached a stale item gets another cas where a command looks at it that asks for no lease.
        self.careful, self.staled = servers.over_memcached(), False

    def sequence(self):
        steps, count = self.first(), self.random.randint(4, 24)
        while len(steps) < count:
            steps += self.steps()
        if self.chance(0.0012):
            steps += self.expiring() + self.steps() + self.steps()
        return Sequence(self.seed, steps, self.keys, self.mood)

    def first(self):
        """Most sequences find most of their keys there."""
        out = []
        for key in self.keys if self.chance(0.85) else []:
            value = self.pick(*words.NUMBERS) if self.counting else self.value()
            flags, exptime = self.pick(*words.FLAGS), self.pick(*words.TIMES)
            if not words.is_text(key):
                line = b"ms %b %d b F%b T%b q" % (words.encoded(key), len(value), flags, exptime)
            else:
                line = b"set %b %b %b %d noreply" % (key, flags, exptime, len(value))
            out += [Step(0, memcache.storage(line, value))] if self.chance(0.75) else []
        return out

    def steps(self):
        connection = self.random.randrange(self.connections)
        chance = self.random.random()
        if chance < MOODS[self.mood].get("malformed", 0.01):
            data, closes = self.pick(*words.MALFORMED)
            return [Step(connection, data, begins=closes or TOO_LONG in data, closes=closes)]
        if chance > 0.9993:
            return [Step(connection, self.pick(*words.HANGING), begins=True, hangs=True)]
        if chance > 0.9985:
            line = self.pick(b"set %b 0 0 %d", b"append %b 0 0 %d", b"cas %b 0 0 %d 1", b"ms %b %d", b"ms %b %d ME q")
            return [Step(connection, memcache.storage(line % (self.text_key(), TOO_LARGE), b"x" * TOO_LARGE))]
        names, weights = MOODS[self.mood]["commands"]
        name = self.random.choices(names, cum_weights=weights)[0]
        while not self.may_draw(name):
            name = self.random.choices(names, cum_weights=weights)[0]
        step = COMMANDS[name](self)
        step.connection = connection
        self.staled = self.staled or self.careful and STALE.search(step.data) is not None
        if self.chance(0.25) or b"${" in step.data or TOO_LONG in step.data:
            step.begins = True
        return [step]

    def may_draw(self, name):
        if name in ("count", "ma"):
            return self.counting
        if name == "debug" and not self.marks:
            return False
        return not (self.staled and name in LOOKS)

    def expiring(self):
        """Keys that have a second to live, and a sleep that outlives it before anything looks."""
        out = []
        for key in self.keys:
            plain, base = (key, b"") if words.is_text(key) else (words.encoded(key), b" b")
            create = b"ma %b%b N1" if self.counting or not self.marks else b"mg %b%b N1"
            line = self.pick(b"ms %b 1%b T1\r\n1", b"mg %b%b T1", create, b"md %b%b I T1" if self.marks else create)
            if not base and self.chance(0.6):
                line = self.pick(b"set %b 0 1 1%b\r\n1", b"touch %b 1%b", b"replace %b 0 1 1%b\r\n1")
            out.append(Step(0, line % (plain, base) + b"\r\n"))
        out[0].begins = True
        out[-1].sleep = 2.2
        return out

    # What the commands draw from:

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def text_key(self):
        return self.pick(*filter(words.is_text, self.keys))

    def meta_key(self):
        """A key and the flags that say how it is written."""
        key = self.pick(*self.keys)
        if words.is_text(key) and not (self.marks and self.chance(0.15)):
            return key, []
        if len(key) > 186:
            return key, []
        return words.encoded(key), [b"b"]

    def fault(self):
        return self.chance(self.faults)

    def value(self):
        value = words.value(self.random, self.large)
        return value if value.strip() or not self.counting else b"7"

    def time(self):
        return words.time(self.random)

    def cas(self, key):
        """For this key mostly one that was seen."""
        number = self.keys.index(key) if key in self.keys else 0
        return self.pick(
            *[NEWEST % number] * 6, *[OLDEST % number] * 2, b"0", b"18446744073709551615", b"9223372036854775808"
        )

    def shown(self, flags, marks=MARKS):
        """The flags that may be sent: no marks to a Redis store, and nothing quiet where its cas may fit for once."""
        if not self.marks:
            flags = [flag for flag in flags if flag[:1] not in [bytes([letter]) for letter in marks]]
            if any(flag[:1] == b"C" for flag in flags):
                flags = [flag for flag in flags if flag[:1] != b"q"]
        return flags

    def maybe_noreply(self, args):
        return args + [b"noreply"] if self.chance(0.12) else args

    def line(self, args):
        """One line; now and then with a faulty word, blanks too many, in capitals, or ended by a bare line feed."""
        if self.fault():
            args = self.disturbed(args)
        blank = b"  " if self.chance(0.02) else b" "
        return blank.join(args) + (b"\n" if self.chance(0.06) else b"\r\n")

    def disturbed(self, args):
        at = self.random.randrange(len(args))
        kind = self.random.randrange(7)
        if kind == 0:
            return args + [self.pick(b"x", b"0", b"noreply", b"foo bar", b"v v", b"z")]
        if kind == 1 and len(args) > 1:
            return args[:-1]
        if kind == 2:
            return args[:at] + [self.pick(*words.BAD_NUMBERS, TOO_LONG)] + args[at + 1 :]
        if kind == 3:
            return [args[0].upper()] + args[1:]
        if kind == 4:
            return args[:at] + [args[at]] + args[at:]
        if kind == 5:
            return [b""] + args + [b""]
        if args[2:3] and (args[2].startswith(b"C$") or b"-" in args[2]):
            return args  # as a key: a token, which each server has of its own, or a minus (memcache_words.py)
        return args[:1] + args[2:]

    def storage(self, args, at, block):
        """A line whose word number `at` is the length of the block, and the block, both now and then faulty.

        What a faulty line leaves is read as commands, so that block is short and ends in a line.
        """
        kind = self.random.randrange(12) if self.fault() else -1
        refused = kind >= 0 or any(word in words.BAD_NUMBERS for word in args)
        if refused and len(block) > 100:
            block = b"some value"
        args[at] = b"%d" % len(block)
        line, tail = b" ".join(args), b"\r\n"
        if kind == 0:  # the block is longer
            tail = b"xyz\r\n"
        elif kind == 1:  # the block is shorter: what follows is eaten
            args[at] = b"%d" % (len(block) + self.random.randint(1, 4))
            line, tail = b" ".join(args), b"\r\nmn\r\nmn\r\nmn\r\n"
        elif kind == 2:
            tail = b"\n\r\n"
        elif kind == 3:
            tail = b"\rx\r\n"
        elif kind == 4:
            line = b" ".join(args[:at] + [self.pick(b"x", b"-1", b"1.0", b"0x5", b"-")] + args[at + 1 :])
        elif kind == 5:
            line = b" ".join(args[: self.random.randint(1, at)])
        elif kind == 6:
            line = b" ".join([args[0].upper()] + args[1:])
        elif kind == 7:
            line = b" ".join([args[0], TOO_LONG] + args[2:])
        elif kind == 8:
            line += b" x y"
        elif kind == 9:
            line = b" ".join(args[:at] + [self.pick(b"+", b"00") + args[at]] + args[at + 1 :])
        elif kind == 10:
            line = b"  ".join(args) + b"  "
        end = b"\n" if self.chance(0.05) else b"\r\n"
        return line + end + block + tail

    def meta_flags(self, flags, wanted, odds=0.35, tokens=()):
        """flags, some of the letters wanted, some (letter, token) pairs, a few faults, in any order."""
        flags = list(flags) + [bytes([letter]) for letter in wanted if self.chance(odds)]
        flags += [letter + token for letter, token, chance in tokens if self.chance(chance)]
        if self.chance(0.12):
            flags.append(b"O" + self.pick(*words.OPAQUES))
        if self.fault():
            flags.append(
                self.pick(
                    bytes([self.pick(*words.NO_FLAGS)]),
                    bytes([self.pick(*words.VALUE_FLAGS)]),
                    bytes([self.pick(*words.VALUE_FLAGS)]) + self.pick(*words.BAD_NUMBERS),
                    b"O" + b"o" * self.pick(32, 40),
                    b"v",
                    b"k",
                    b"b",
                    b"P",
                    b"Lx",
                    b"noreply",
                )
            )
        self.random.shuffle(flags)
        return flags


def store(g):
    key = g.text_key()
    args = [g.pick(*[b"set"] * 4, b"add", b"replace", b"append", b"prepend"), key]
    args += [words.number(g.random, words.FLAGS, 0.98), g.time(), b""]
    args = g.maybe_noreply(args)
    return Step(0, g.storage(args, 4, g.value()))


def cas(g):
    key = g.text_key()
    args = [b"cas", key, words.number(g.random, words.FLAGS, 0.99), g.time(), b"", g.cas(key)]
    value = g.value()
    if g.fault():
        args[5] = g.pick(b"x", b"-1", b"18446744073709551616", b"1x")
        value = b"7"  # of a refused line it is read as commands
    if g.marks:
        args = g.maybe_noreply(args)
    return Step(0, g.storage(args, 4, value))


def get(g):
    keys = [g.text_key() if g.chance(0.9) else b"absent" for _ in range(g.pick(1, 1, 1, 2, 3, 8))]
    return Step(0, g.line([g.pick(b"get", b"gets")] + keys), reads=True)


def gat(g):
    keys = [g.text_key() for _ in range(g.pick(1, 1, 2, 3))]
    return Step(0, g.line([g.pick(b"gat", b"gats"), g.time()] + keys), reads=True)


def count(g):
    args = [g.pick(b"incr", b"decr"), g.text_key(), words.number(g.random, words.DELTAS)]
    return Step(0, g.line(g.maybe_noreply(args)), counts=True)


def touch(g):
    return Step(0, g.line(g.maybe_noreply([b"touch", g.text_key(), g.time()])), reads=True)


def delete(g):
    args = [b"delete", g.text_key()] + g.pick([], [], [], [b"0"], [b"1"])
    return Step(0, g.line(g.maybe_noreply(args)))


def flush(g):
    # Behind another one a delay would bring back what memcached only hides, until it is a second old.
    args = [b"flush_all"] + g.pick([], [], [b"0"], [b"-1"], *([] if g.flushed else [[b"1000"], [b"100", b"x"]]))
    g.flushed = True
    return Step(0, g.line(g.maybe_noreply(args)))


def other(g):
    return Step(0, g.pick(b"version\r\n", b"version x\n", b"mn\r\n", b"mn x\n", b"verbosity 0\r\n", b"stats reset\r\n"))


def debug(g):
    key, base = g.meta_key()
    return Step(0, g.line([b"me", key] + base), reads=True)


def meta_get(g):
    key, base = g.meta_key()
    flags = g.meta_flags(
        base,
        words.PLAIN_FLAGS,
        g.pick(0.15, 0.4, 0.7),
        (
            (b"N", g.time(), 0.0 if g.counting else 0.25),
            (b"R", words.number(g.random, words.TOKENS_R, 0.97), 0.2),
            (b"T", g.time(), 0.12),
            (g.pick(b"I", b"C1", b"F1", b"D1", b"J1", b"MS", b"P", b"L"), b"", 0.03),
        ),
    )
    flags = [flag for flag in flags if len(flag) < 32]  # one too long counts as a read in memcached, before it says so
    return Step(0, g.line([b"mg", key] + g.shown(flags)), reads=True)


def meta_set(g):
    key, base = g.meta_key()
    mode = g.pick(b"", b"", b"", b"", b"MS", b"ME", b"MA", b"MA", b"MP", b"MR", b"MX", b"Ms")
    plain = key if not base else next(k for k in g.keys if words.encoded(k) == key)
    flags = g.meta_flags(
        base,
        b"ckqtfhlvuI",
        g.pick(0.05, 0.25),
        (
            (b"F", words.number(g.random, words.FLAGS, 0.98), 0.25),
            (b"T", g.time(), 0.3),
            (b"C", g.cas(plain), 0.25),
            (mode, b"", 1.0 if mode and (mode not in (b"MX", b"Ms") or g.chance(0.2)) else 0.0),
            (g.pick(b"D1", b"J1", b"R1", b"P", b"L") if mode else b"N0", b"", 0.03),
        ),
    )
    return Step(0, g.storage([b"ms", key, b""] + g.shown(flags), 2, g.value()))


def meta_delete(g):
    key, base = g.meta_key()
    plain = key if not base else next(k for k in g.keys if words.encoded(k) == key)
    flags = g.meta_flags(
        base,
        b"kqI",
        0.3,
        (
            (b"C", g.cas(plain), 0.25),
            (b"T", g.time(), 0.2),
            (g.pick(b"v", b"t", b"F1", b"N1", b"MS", b"P"), b"", 0.04),
        ),
    )
    line = g.line([b"md", key] + g.shown(flags))
    while b" x" in line:  # a flag that 1.6.18 does not know
        line = line.replace(b" x", b" w")
    return Step(0, line)


def meta_count(g):
    key, base = g.meta_key()
    plain = key if not base else next(k for k in g.keys if words.encoded(k) == key)
    flags = g.meta_flags(
        base,
        b"ckqtv",
        g.pick(0.2, 0.5),
        (
            (b"D", words.number(g.random, words.DELTAS, 0.97), 0.35),
            (b"M", g.pick(b"I", b"D", b"+", b"-", b"D", b"-", b"X", b"incr"), 0.35),
            (b"N", g.time(), 0.3),
            (b"J", words.number(g.random, words.NUMBERS, 0.97), 0.2),
            (b"T", g.time(), 0.12),
            (b"C", g.cas(plain), 0.15),
            (g.pick(b"f", b"s", b"h", b"l", b"I", b"u", b"F1", b"R1", b"P"), b"", 0.04),
        ),
    )
    # 1.6.18 answers a counter that it has made even when told to be quiet (later ones do not), counts before it says that
    # an opaque is too long, and gives T to the old item where the new number is longer.
    if any(flag[:1] == b"N" for flag in flags):
        flags = [flag for flag in flags if flag[:1] != b"q"]
    flags = [flag for flag in flags if flag[:1] != b"T" and len(flag) < 32]
    return Step(0, g.line([b"ma", key] + g.shown(flags, b"E")), counts=True)


def learn(g):
    """What shows a cas together with its key."""
    key, base = g.meta_key()
    if base or g.staled or g.chance(0.3):
        return Step(0, b" ".join([b"mg", key, b"k"] + base + [b"c"]) + b"\r\n", reads=True)
    return Step(0, b"gets %b\r\n" % key, reads=True)


COMMANDS = {
    "store": store,
    "cas": cas,
    "get": get,
    "gat": gat,
    "count": count,
    "touch": touch,
    "delete": delete,
    "flush": flush,
    "other": other,
    "debug": debug,
    "mg": meta_get,
    "ms": meta_set,
    "md": meta_delete,
    "ma": meta_count,
    "learn": learn,
}
# How likely each is at all; a mood multiplies some of them, and says how faulty words, lines and keys are.
WEIGHTS = {
    "store": 10,
    "cas": 2,
    "get": 6,
    "gat": 1.5,
    "count": 4,
    "touch": 1.5,
    "delete": 2,
    "flush": 0.4,
    "other": 0.7,
    "debug": 0.3,
    "mg": 9,
    "ms": 7,
    "md": 3,
    "ma": 4,
    "learn": 3,
}
MOODS = {
    "mixed": {"share": 4},
    "text": {"share": 2, "likely": ("store", "get", "gat", "count", "touch", "delete")},
    "meta": {"share": 3, "likely": ("mg", "ms", "md", "ma")},
    "counters": {"share": 2, "likely": ("count", "ma"), "counting": True},
    "cas": {"share": 2, "likely": ("cas", "learn", "ms", "md")},
    "stale": {"share": 2, "likely": ("mg", "md", "learn")},
    "base64": {"share": 1, "likely": ("mg", "ms", "md", "ma"), "binary": True},
    "faulty": {"share": 2, "faults": 0.3, "malformed": 0.06},
    "malformed": {"share": 1, "faults": 0.15, "malformed": 0.3},
}


def _weigh():
    for mood in MOODS.values():
        weights = [WEIGHTS[c] * (6 if c in mood.get("likely", ()) else 1) for c in WEIGHTS]
        mood["commands"] = (list(WEIGHTS), list(itertools.accumulate(weights)))


_weigh()


def generate(seed):
    return Generator(seed).sequence()
