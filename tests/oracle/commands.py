"""The commands that the oracle draws: for each, how its words are made, and whether it may stand inside MULTI.

To add a command: write its row in COMMANDS, give it a weight in WEIGHTS, and if its answer may differ between the two
servers, a row in exceptions.py (such a command stays out of MULTI).
"""

import itertools


def keyed(name, *rest):
    """NAME key words...: each of rest is a generator's method name or a literal word."""
    return lambda g: [name, g.key()] + [getattr(g, r)() if isinstance(r, str) else r for r in rest]


def many(name, most=4):
    return lambda g: [name] + g.some_keys(most)


def plain(*words):
    return lambda g: list(words)


def one_of(*choices):
    return lambda g: list(g.pick(*choices))


def set_options(g):
    args = [b"SET", g.key(), g.value()]
    words = []
    if g.chance(0.25):
        words.append([g.pick(b"NX", b"XX")])
    if g.chance(0.2):
        words.append([b"GET"])
    if g.chance(0.4):
        unit = g.pick("ex", "px", "exat", "pxat")
        words.append([unit.upper().encode(), g.time(unit)])
    elif g.chance(0.15):
        words.append([b"KEEPTTL"])
    if g.chance(0.05):
        words.append(g.pick([b"NX"], [b"XX"], [b"KEEPTTL"], [b"EX", b"100"], [b"PXAT"], [b"PERSIST"], [b"FOO"], [b""]))
    g.random.shuffle(words)
    return args + [w for group in words for w in group]


def getex(g):
    args = [b"GETEX", g.key()]
    if g.chance(0.75):
        unit = g.pick("ex", "px", "exat", "pxat")
        args += g.pick([b"PERSIST"], [unit.upper().encode(), g.time(unit)], [unit.upper().encode(), g.time(unit)])
    if g.chance(0.07):
        args += g.pick([b"PERSIST"], [b"EX", b"100"], [b"NX"], [b"KEEPTTL"], [b"EX"], [b"FOO"])
    return args


def expire(g):
    """GT and LT only with absolute times: from now, the answer would depend on the millisecond."""
    name, unit = g.pick((b"EXPIRE", "ex"), (b"PEXPIRE", "px"), (b"EXPIREAT", "exat"), (b"PEXPIREAT", "pxat"))
    args = [name, g.key(), g.time(unit)]
    options = (b"NX", b"XX", b"GT", b"LT") if unit.endswith("at") else (b"NX", b"XX", b"nx")
    if g.chance(0.4):
        args.append(g.pick(*options))
    if g.chance(0.08):
        args.append(g.pick(*options, b"FOO"))
    return args


def read_expiry(g):
    return [g.pick(b"TTL", b"PTTL", b"EXPIRETIME", b"PEXPIRETIME"), g.key()]


def setex(g):
    return g.pick([b"SETEX", g.key(), g.time("ex"), g.value()], [b"PSETEX", g.key(), g.time("px"), g.value()])


def mset(g):
    args = [g.pick(b"MSET", b"MSET", b"MSETNX")]
    for key in g.some_keys(4):
        args += [key, g.value()]
    return args


def setrange(g):
    offset = b"%d" % g.random.randint(0, 30) if g.chance(0.7) else g.pick(g.small(), b"536870912", b"9999999999")
    if g.large and g.chance(0.3):
        offset = b"%d" % g.random.randint(0, 70000)
    return [b"SETRANGE", g.key(), offset, g.value()]


def bit_offset(g):
    if g.large and g.chance(0.3):
        return b"%d" % g.random.randint(0, 500000)
    if g.chance(0.8):
        return b"%d" % g.random.randint(0, 80)
    return g.pick(b"-1", b"4294967296", b"abc", b"", b"34359738368")


def setbit(g):
    return [
        b"SETBIT",
        g.key(),
        bit_offset(g),
        g.pick(b"0", b"1", b"1", b"0", b"1", b"0", b"1", b"0", b"2", b"-1", b"x"),
    ]


def getbit(g):
    return [b"GETBIT", g.key(), bit_offset(g)]


def bitcount(g):
    args = [b"BITCOUNT", g.key()]
    if g.chance(0.75):
        args += [g.small(), g.small()]
        if g.chance(0.5):
            args.append(g.pick(b"BIT", b"BYTE", b"bit", b"BIT", b"FOO"))
    elif g.chance(0.1):
        args.append(g.small())
    return args


def bitpos(g):
    args = [b"BITPOS", g.key(), g.pick(b"0", b"1") if g.chance(0.85) else g.pick(b"2", b"-1", b"x")]
    for word in (g.small(), g.small(), g.pick(b"BIT", b"BYTE", b"bit", b"FOO")):
        if g.chance(0.3):
            break
        args.append(word)
    return args


def lcs(g):
    args = [b"LCS", g.key(), g.key()]
    words = [
        w
        for w in ([b"LEN"], [b"IDX"], [b"WITHMATCHLEN"], [b"MINMATCHLEN", g.pick(b"0", b"1", b"2", b"4", b"-1", b"x")])
        if g.chance(0.4)
    ]
    g.random.shuffle(words)
    return args + [w for group in words for w in group]


def copy(g):
    args = [b"COPY", g.key(), g.key()]
    words = [w for w in ([b"REPLACE"], [b"DB", g.database()]) if g.chance(0.4)]
    g.random.shuffle(words)
    return args + [w for group in words for w in group] + ([b"FOO"] if g.chance(0.03) else [])


def scan(g):
    args = [b"SCAN*"]
    if g.chance(0.4):
        args += [b"MATCH", g.pick(b"*", b"user:*", b"?", b"[a-c]", b"[^a]*", b"", b"nothing")]
    if g.chance(0.4):
        args += [b"COUNT", g.pick(b"1", b"2", b"10", b"1000")]
    if g.chance(0.2):
        args += [b"TYPE", g.pick(b"string", b"hash", b"STRING")]
    return args


def bad_scan(g):
    return [b"SCAN"] + g.pick(
        [],
        [b"abc"],
        [b"-1x"],
        [b"0", b"COUNT", b"0"],
        [b"0", b"COUNT", b"x"],
        [b"0", b"COUNT", b"-5"],
        [b"0", b"FOO", b"1"],
        [b"0", b"MATCH"],
        [b"99999999999999999999"],
    )


def keys(g):
    return [
        b"KEYS",
        g.pick(
            b"*",
            b"*",
            b"user:*",
            b"user:?",
            b"[a-c]",
            b"[^a]",
            b"[c-a]",
            b"?",
            b"\\*",
            b"*:*",
            b"a\\",
            b"[ab",
            b"",
            b"**",
            b"?*",
            b"[\\a]",
            b"*[0-9]",
            b"c*r",
            b"C*R",
            b"[^",
            b"[]",
            b"[a-]",
        ),
    ]


def unknown(g):
    return [
        g.pick(
            b"NOSUCH",
            b"nosuch",
            b"GET2",
            b"",
            b"x" * 200,
            b"two words",
            b"a\r\nb",
            b"get|set",
            b"config|get",
            b"n\x00l",
        )
    ] + [g.value() for _ in range(g.random.randrange(4))]


def subcommand(g):
    return [
        g.pick(b"CLIENT", b"CONFIG", b"OBJECT", b"COMMAND", b"SLOWLOG", b"MEMORY", b"LATENCY"),
        g.pick(b"NOSUCH", b"", b"a\nb", b"get set", b"x" * 150),
    ] + [g.value() for _ in range(g.random.randrange(2))]


def hello(g):
    good = [[b"2"], [b"3"], [b"2", b"SETNAME", b"bob"], [b"3", b"AUTH", b"default", b"x"], []]
    bad = [
        [b"1"],
        [b"4"],
        [b"x"],
        [b"3", b"FOO"],
        [b"3", b"AUTH", b"a"],
        [b"2", b"SETNAME", b"a b"],
        [b"2", b"SETNAME"],
        [b"3", b"AUTH", b"nobody", b"x"],
        [b"99999999999999999999"],
    ]
    return [b"HELLO"] + (g.random.choice(good) if g.chance(0.6) else g.random.choice(bad))


def client(g):
    return [b"CLIENT"] + g.pick(
        [b"GETNAME"],
        [b"SETNAME", g.pick(b"bob", b"", b"a b", b"x\n", b"\xff", b"al-2")],
        [b"NO-EVICT", g.pick(b"on", b"OFF", b"x")],
        [b"REPLY", g.pick(b"ON", b"x")],
        [b"UNPAUSE"],
        [b"KILL", b"ID", g.pick(b"x", b"0", b"-1", b"999999999")],
        [b"KILL", b"127.0.0.1:1"],
        [b"KILL", b"FOO", b"x"],
        [b"LIST", b"ID", b"999999999"],
        [b"LIST", b"TYPE", b"x"],
        [b"LIST", b"FOO"],
    )


def getkeys(g):
    return [b"COMMAND", b"GETKEYS"] + g.pick(
        [b"GET", b"k"],
        [b"MSET", b"a", b"1", b"b", b"2"],
        [b"MGET", b"a", b"b"],
        [b"PING"],
        [b"NOSUCH", b"x"],
        [b"GET"],
        [b"DEL", b"x", b"y", b"z"],
        [b"COPY", b"a", b"b", b"DB", b"1"],
        [b"LCS", b"a", b"b", b"LEN"],
        [b"EXPIRE", b"k", b"1"],
        [b"SET", b"k"],
        [b"WATCH", b"a", b"b"],
        [b"DBSIZE", b"x"],
        [b"RENAME", b"a", b"b"],
        [b"BITCOUNT", b"k", b"0", b"1"],
        [b"OBJECT", b"ENCODING", b"k"],
        [b"MEMORY", b"USAGE", b"k"],
    )


def flush(g):
    return [g.pick(b"FLUSHDB", b"FLUSHDB", b"FLUSHALL")] + g.pick(
        [], [], [b"SYNC"], [b"ASYNC"], [b"FOO"], [b"SYNC", b"ASYNC"]
    )


def wait(g):
    return [b"WAIT"] + g.pick([b"0", b"0"], [b"x", b"0"], [b"0", b"x"], [b"0", b"-1"], [b"0"])


SERVER_WORDS = one_of(
    [b"READONLY"],
    [b"SLOWLOG", b"RESET"],
    [b"SLOWLOG", b"GET", b"-5"],
    [b"SLOWLOG", b"GET", b"x"],
    [b"LATENCY", b"LATEST"],
    [b"LATENCY", b"HISTORY", b"x"],
    [b"LATENCY", b"RESET"],
    [b"CONFIG", b"GET", b"nosuch"],
    [b"CONFIG", b"GET", b"databases"],
    [b"CONFIG", b"SET", b"nosuch", b"1"],
    [b"CONFIG", b"SET", b"a"],
    [b"TIME"],
    [b"LASTSAVE"],
    [b"COMMAND", b"INFO", b"nosuch"],
    [b"COMMAND", b"DOCS", b"nosuch"],
    [b"COMMAND", b"LIST", b"FILTERBY", b"PATTERN", b"getd*"],
    [b"INFO", b"nosuch"],
    [b"CLIENT", b"ID"],
    [b"AUTH", b"x"],
    [b"AUTH", b"default", b"x"],
    [b"AUTH", b"nobody", b"x"],
    [b"AUTH", b"a", b"b", b"c"],
)


def object_(g):
    return [b"OBJECT", g.pick(b"ENCODING", b"ENCODING", b"IDLETIME", b"FREQ", b"REFCOUNT"), g.key()]


def memory(g):
    return [b"MEMORY", b"USAGE", g.key()] + g.pick(
        [], [b"SAMPLES", b"5"], [b"SAMPLES", b"x"], [b"SAMPLES", b"-1"], [b"FOO"]
    )


# name: (how to make its words, whether it may stand inside MULTI)
COMMANDS = {
    "get": (keyed(b"GET"), True),
    "set": (keyed(b"SET", "value"), True),
    "set options": (set_options, True),
    "getex": (getex, True),
    "getdel": (keyed(b"GETDEL"), True),
    "getset": (keyed(b"GETSET", "value"), True),
    "setnx": (keyed(b"SETNX", "value"), True),
    "setex": (setex, True),
    "append": (keyed(b"APPEND", "value"), True),
    "strlen": (keyed(b"STRLEN"), True),
    "mget": (many(b"MGET"), True),
    "mset": (mset, True),
    "incr": (keyed(b"INCR"), True),
    "decr": (keyed(b"DECR"), True),
    "incrby": (keyed(b"INCRBY", "integer"), True),
    "decrby": (keyed(b"DECRBY", "integer"), True),
    "incrbyfloat": (keyed(b"INCRBYFLOAT", "decimal"), True),
    "getrange": (keyed(b"GETRANGE", "small", "small"), True),
    "substr": (keyed(b"SUBSTR", "small", "small"), True),
    "setrange": (setrange, True),
    "setbit": (setbit, True),
    "getbit": (getbit, True),
    "bitcount": (bitcount, True),
    "bitpos": (bitpos, True),
    "lcs": (lcs, True),
    "del": (many(b"DEL"), True),
    "unlink": (many(b"UNLINK"), True),
    "exists": (many(b"EXISTS"), True),
    "touch": (many(b"TOUCH"), True),
    "type": (keyed(b"TYPE"), True),
    "expire": (expire, True),
    "read expiry": (read_expiry, True),
    "persist": (keyed(b"PERSIST"), True),
    "rename": (keyed(b"RENAME", "key"), True),
    "renamenx": (keyed(b"RENAMENX", "key"), True),
    "copy": (copy, True),
    "move": (keyed(b"MOVE", "database"), True),
    "select": (lambda g: [b"SELECT", g.database()], True),
    "swapdb": (lambda g: [b"SWAPDB", g.database(), g.database()], True),
    "flush": (flush, True),
    "multi": (plain(b"MULTI"), True),
    "exec": (plain(b"EXEC"), True),
    "discard": (plain(b"DISCARD"), True),
    "watch": (many(b"WATCH", 2), True),
    "unwatch": (plain(b"UNWATCH"), True),
    "ping": (one_of([b"PING"], [b"PING", b"x"], [b"ECHO", b"y"]), True),
    "unknown": (unknown, True),
    "subcommand": (subcommand, True),
    "hello": (hello, False),
    "client": (client, False),
    "getkeys": (getkeys, True),
    "wait": (wait, True),
    "server": (SERVER_WORDS, False),
    "object": (object_, False),
    "memory": (memory, False),
    "keys": (keys, False),
    "randomkey": (plain(b"RANDOMKEY"), False),
    "scan": (scan, False),
    "dbsize": (plain(b"DBSIZE"), True),
    "bad scan": (bad_scan, True),
    "reset": (plain(b"RESET"), True),
    "quit": (plain(b"QUIT"), True),
}

# What cachetted refuses where its store is a server, and in MULTI where that is a Redis server: transcripts tell.
NOT_ON_A_STORE = {"move", "swapdb", "watch"}
NOT_QUEUED_ON_REDIS = {"select"}
# What cachetted refuses in MULTI where it converts values.
NOT_QUEUED_COMPRESSED = {"append", "decr", "decrby", "incr", "incrby", "incrbyfloat", "setbit", "setrange"}

# How likely each is at all; a mood multiplies some of them.
WEIGHTS = {
    "get": 10,
    "set": 10,
    "set options": 12,
    "getex": 4,
    "getdel": 2,
    "getset": 2,
    "setnx": 2,
    "setex": 2,
    "append": 3,
    "strlen": 2,
    "mget": 3,
    "mset": 4,
    "incr": 3,
    "decr": 2,
    "incrby": 3,
    "decrby": 2,
    "incrbyfloat": 3,
    "getrange": 3,
    "substr": 1,
    "setrange": 3,
    "setbit": 3,
    "getbit": 2,
    "bitcount": 3,
    "bitpos": 3,
    "lcs": 0.5,
    "del": 4,
    "unlink": 1,
    "exists": 3,
    "touch": 1,
    "type": 2,
    "expire": 8,
    "read expiry": 8,
    "persist": 3,
    "rename": 2,
    "renamenx": 2,
    "copy": 2,
    "move": 1,
    "select": 0.5,
    "swapdb": 0.3,
    "flush": 0.7,
    "multi": 1.5,
    "exec": 1.5,
    "discard": 0.3,
    "watch": 0.7,
    "unwatch": 0.2,
    "ping": 1,
    "unknown": 0.5,
    "subcommand": 0.3,
    "hello": 0.5,
    "client": 0.7,
    "getkeys": 0.3,
    "wait": 0.2,
    "server": 1,
    "object": 0.5,
    "memory": 0.3,
    "keys": 0.7,
    "randomkey": 0.3,
    "scan": 0.4,
    "dbsize": 0.7,
    "bad scan": 0.2,
    "reset": 0.15,
    "quit": 0.08,
}

# A mood: its share of the sequences, what it multiplies, and the odds of inline, malformed and expiring steps.
MOODS = {
    "mixed": {"share": 4},
    "counters": {"share": 2, "likely": ("incr", "decr", "incrby", "decrby", "incrbyfloat", "set", "getset")},
    "bits": {"share": 1.5, "likely": ("setbit", "getbit", "bitcount", "bitpos", "setrange", "getrange", "append")},
    "expiry": {
        "share": 3,
        "likely": ("set options", "expire", "read expiry", "persist", "getex", "rename", "copy"),
        "expiring": 0.02,
    },
    "transactions": {"share": 3, "likely": ("multi", "exec", "watch", "discard", "set", "del", "unwatch"), "two": True},
    "databases": {
        "share": 2,
        "likely": ("select", "swapdb", "move", "copy", "flush", "keys", "dbsize"),
        "databases": True,
    },
    "lcs": {"share": 1, "likely": ("lcs", "set", "append", "mset")},
    "connection": {
        "share": 1,
        "likely": ("hello", "client", "server", "unknown", "subcommand", "getkeys", "reset", "quit", "wait"),
    },
    "inline": {"share": 1, "inline": 0.6},
    "malformed": {"share": 0.7, "malformed": 0.15, "inline": 0.1},
    "listing": {"share": 0.8, "likely": ("keys", "scan", "randomkey", "bad scan", "mset", "del", "rename")},
}


def _weigh():
    for name, mood in MOODS.items():
        weights = [WEIGHTS[c] * (8 if c in mood.get("likely", ()) else 1) for c in WEIGHTS]
        if name == "lcs":
            weights = [0 if c in ("setrange", "setbit") else w for c, w in zip(WEIGHTS, weights)]
        mood["commands"] = (list(WEIGHTS), list(itertools.accumulate(weights)))


_weigh()
