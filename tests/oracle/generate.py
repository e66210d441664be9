"""Generates command sequences for the oracle: a pure function of the seed.

A sequence uses few keys, so that its commands meet. `generate(seed)` makes it; each sequence draws a mood (which
commands are likely, one or two connections, RESP2 or RESP3, whether lines are inline or malformed).
"""

import dataclasses
import random

from lib import resp, servers
from oracle import arguments
from oracle.commands import COMMANDS, MOODS, NOT_ON_A_STORE, NOT_QUEUED_COMPRESSED, NOT_QUEUED_ON_REDIS


@dataclasses.dataclass
class Step:
    """One thing sent. `replies` is how many come back; `closes`: the server answers and closes."""

    connection: int
    args: list  # words of the command; empty for raw bytes
    data: bytes
    replies: int = 1
    closes: bool = False
    sleep: float = 0.0  # seconds to wait after this step's reply, before anything else is sent
    scan: bool = False  # iterate the cursor to its end, compare what was seen

    def shown(self):
        return arguments.quote(self.args) if self.args else "raw " + arguments.quote([self.data])


@dataclasses.dataclass
class Sequence:
    seed: int
    resp3: bool
    steps: list
    keys: list
    databases: tuple


class Generator:
    """Draws the steps of one sequence; what a command needs to know of its surroundings is here."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.seed = seed
        draw = self.random.random
        self.keys = arguments.key_pool(self.random)
        self.mood = self.random.choices(list(MOODS), [MOODS[m]["share"] for m in MOODS])[0]
        self.connections = 2 if MOODS[self.mood].get("two") or draw() < 0.15 else 1
        many = MOODS[self.mood].get("databases") or draw() < 0.1
        self.many_databases = many and not servers.over_one_database()  # which has but one
        self.large = self.mood != "lcs" and draw() < 0.08
        self.in_multi = [False] * self.connections
        self.watching = [False] * self.connections
        self.banned = {"lcs"} if self.large else set()  # quadratic
        self.never_queued = set()
        if servers.store():
            self.banned |= NOT_ON_A_STORE
        if servers.over_redis():
            self.never_queued = NOT_QUEUED_ON_REDIS
        if servers.compressed():
            self.never_queued = self.never_queued | NOT_QUEUED_COMPRESSED

    def sequence(self):
        resp3 = self.random.random() < 0.5
        steps = []
        count = self.random.randint(5, 30)
        while len(steps) < count:
            steps += self.steps()
        return Sequence(self.seed, resp3, steps, self.keys, tuple(range(3)) if self.many_databases else (0,))

    def steps(self):
        connection = self.random.randrange(self.connections)
        chance = self.random.random()
        mood = MOODS[self.mood]
        expiring = mood.get("expiring", 0.004)
        if chance < expiring and (not servers.over_memcached() or self.chance(0.03)):
            return self._expiring(connection)
        if expiring <= chance < expiring + mood.get("malformed", 0.001):
            return [self._malformed(connection)]
        args = self.command(connection)
        self._follow(connection, args)
        if args[0] == b"SCAN*":
            return [Step(connection, [b"SCAN"] + args[1:], b"", scan=True)]
        if chance > 1 - mood.get("inline", 0.02):
            line = arguments.inline(self.random, args)
            if line is not None:
                return [self._step(connection, args, line)]
        return [self._step(connection, args)]

    def _step(self, connection, args, line=None):
        return Step(connection, args, line or resp.encode(*args), closes=args[0].upper() == b"QUIT")

    def command(self, connection):
        """Words of the next command; what is begun (WATCH, MULTI) is mostly led to its end."""
        names, weights = MOODS[self.mood]["commands"]
        queueing = self.in_multi[connection]
        if queueing and self.chance(0.2):
            return self.pick([b"EXEC"], [b"EXEC"], [b"EXEC"], [b"EXEC"], [b"exec"], [b"DISCARD"])
        if self.watching[connection] and not queueing and self.chance(0.3):
            return [b"MULTI"]
        while True:
            name = self.random.choices(names, cum_weights=weights)[0]
            make, in_multi = COMMANDS[name]
            if name in self.banned or queueing and (not in_multi or name in self.never_queued):
                continue
            if queueing or name not in ("exec", "discard") or self.chance(0.1):
                break
        args = [resp.to_bytes(a) for a in make(self)]
        if args[0] == b"SCAN*":
            return args
        if queueing and self.chance(0.8):  # a disturbed command would abort most transactions
            return args
        return arguments.disturb(self.random, args)

    def _follow(self, connection, args):
        """Whether this connection is queueing; with too many words these commands change nothing."""
        name = args[0].upper()
        if name == b"QUIT" or name in (b"EXEC", b"DISCARD", b"RESET") and len(args) == 1:
            self.in_multi[connection] = self.watching[connection] = False
        elif name == b"MULTI" and len(args) == 1:
            self.in_multi[connection] = True
        elif name == b"WATCH":
            self.watching[connection] = True

    def _expiring(self, connection):
        """A key that has a millisecond to live, and a sleep that outlives it before anything looks."""
        self.banned.add("dbsize")  # whether it counts what has expired is a matter of chance
        key = self.key()
        value = self.value()
        args = self.random.choice(
            (
                [b"SET", key, value, b"PX", b"1"],
                [b"PSETEX", key, b"1", value],
                [b"PEXPIRE", key, b"1"],
                [b"GETEX", key, b"PX", b"1"],
            )
        )
        self.in_multi = [False] * self.connections
        ended = [self._step(c, [b"DISCARD"]) for c in range(self.connections)]
        last = self._step(connection, args)
        last.sleep = 2.3 if servers.over_memcached() else 0.006  # in whole seconds, and KEYS a second later
        return ended + [last]

    def _malformed(self, connection):
        data, replies, closes = self.random.choice(arguments.MALFORMED)
        if closes:
            self.in_multi[connection] = self.watching[connection] = False
        return Step(connection, [], data, replies, closes)

    # What the commands draw from:

    def key(self):
        return self.random.choice(self.keys)

    def some_keys(self, most=4):
        return [self.key() for _ in range(self.random.randint(1, most))]

    def value(self):
        return arguments.value(self.random, self.large)

    def integer(self):
        return arguments.integer(self.random)

    def small(self):
        return arguments.small(self.random)

    def decimal(self):
        return arguments.decimal(self.random)

    def database(self):
        if self.many_databases:
            return self.random.choice((b"0", b"0", b"1", b"1", b"2", b"2", b"16", b"-1", b"x", b"99999999999"))
        return self.random.choice((b"0", b"0", b"0", b"0", b"16", b"-1", b"x"))

    def seconds(self):
        return arguments.seconds(self.random)

    def time(self, unit):
        """A word of the kind that EX, PX, EXAT or PXAT (or the command of that unit) takes."""
        return arguments.time(self.random, unit)

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)


def generate(seed):
    return Generator(seed).sequence()
