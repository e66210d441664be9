#!/usr/bin/env python3
"""limits.max_memory: far more is written than fits; the process stays within 5% of the limit, writes go on or are refused."""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402
from lib.load import fill, pipelined  # noqa: E402

suite = Suite("memory")
LIMIT = (512 if long_run() else 128) << 20
MARGIN = 1.05
ENTRY = 110  # bytes that a key and what belongs to an entry may take, at the least
OOM = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"


def limited(eviction, threads=2, limit=LIMIT):
    servers.need_daemon()
    return servers.start(config={"limits": {"max_memory": limit}, "eviction": eviction, "threads": threads})


def within(server, limit=LIMIT):
    resident = server.resident_bytes()
    check(resident <= limit * MARGIN, "%d MiB resident, the limit is %d MiB", resident >> 20, limit >> 20)


def write(connection, first, count, sizes, chooser):
    data = b"".join(
        resp.encode(b"SET", b"key:%d" % i, b"x" * chooser.choice(sizes)) for i in range(first, first + count)
    )
    return pipelined(connection, data, count)


def filled_far_over(sizes, total):
    """Writes `total` bytes of values; the bound is looked at all along."""
    chooser = random.Random(1)
    with limited("s3fifo") as server, server.connect(120) as c:
        per_turn = max(1, (4 << 20) * len(sizes) // sum(sizes))
        first = 0
        while first * sum(sizes) // len(sizes) < total:
            equal(write(c, first, per_turn, sizes, chooser), b"+OK\r\n" * per_turn, "writes go on")
            first += per_turn
            within(server)
        check(server.metric("cachetted_evictions_total") > 0, "nothing was evicted")
        equal(c.call("EXISTS", "key:%d" % (first - 1)), 1, "the last one written is there")
        kept = c.call("DBSIZE") * (sum(sizes) // len(sizes) + ENTRY)
        check(kept > LIMIT // 2, "too little is kept: %d keys", c.call("DBSIZE"))
        within(server)


@suite.case
def small_values():
    filled_far_over([10, 20, 60, 100], 3 * LIMIT)


@suite.case
def values_of_a_kilobyte():
    filled_far_over([500, 1000, 1500], 5 * LIMIT)


@suite.case
def values_of_very_different_sizes():
    filled_far_over([1, 50, 3000, 40000, 300000], 6 * LIMIT)


@suite.case
def sizes_that_change():
    """The store is filled with one size, then with another: what the allocator keeps must not add up."""
    chooser = random.Random(2)
    with limited("s3fifo") as server, server.connect(120) as c:
        first = 0
        for size in (40, 5000, 200, 100000, 16, 1000):
            per_turn = max(1, (4 << 20) // (size + 60))
            for _ in range(LIMIT * 2 // (4 << 20)):
                equal(write(c, first, per_turn, [size], chooser), b"+OK\r\n" * per_turn)
                first += per_turn
                within(server)


@suite.case
def values_that_grow_in_place():
    with limited("s3fifo") as server, server.connect(120) as c:
        for turn in range(40):
            data = b"".join(resp.encode("APPEND", "grow:%d" % i, b"y" * 5000) for i in range(2000))
            replies = pipelined(c, data, 2000)
            check(b"-" not in replies, "an APPEND failed")
            within(server)
        data = b"".join(resp.encode("SETRANGE", "far:%d" % i, 200000, "z") for i in range(2000))
        check(b"-" not in pipelined(c, data, 2000), "a SETRANGE failed")
        within(server)


@suite.case
def keys_in_use_stay():
    """What is read again and again outlives a scan of keys used once."""
    chooser = random.Random(3)
    with limited("s3fifo") as server, server.connect(120) as c:
        hot = ["hot:%d" % i for i in range(100)]
        c.call("MSET", *[w for key in hot for w in (key, "v" * 1000)])
        first = 0
        while first * 1000 < 4 * LIMIT:
            write(c, first, 2000, [1000], chooser)
            first += 2000
            c.call("MGET", *hot)
        stayed = c.call("EXISTS", *hot)
        check(stayed >= 90, "%d of 100 keys in use are left", stayed)


@suite.case
def without_eviction_writes_are_refused():
    chooser = random.Random(4)
    with limited("none") as server, server.connect(120) as c:
        refused = first = 0
        while not refused and first * 1000 < 3 * LIMIT:
            replies = write(c, first, 2000, [1000], chooser)
            refused = replies.count(OOM)
            equal(replies.count(b"+OK\r\n") + refused, 2000)
            first += 2000
        check(refused, "nothing was refused")
        within(server)
        equal(server.metric("cachetted_evictions_total"), 0)
        big = "v" * 1000000  # what is refused is what does not fit: a few bytes may
        equal(c.raw("SET", "more", big), OOM)
        equal(c.raw("APPEND", "key:0", big), OOM)
        equal(c.raw("SETRANGE", "more", "1000000", "v"), OOM)
        equal(c.call("STRLEN", "key:0"), 1000)
        equal(c.call("EXISTS", "key:0", "key:1"), 2)
        equal(c.call("EXPIRE", "key:0", "100"), 1)
        equal(c.call("DEL", *("key:%d" % i for i in range(5000))), 5000)
        eventually(lambda: c.raw("SET", "more", "v") == b"+OK\r\n", "there is room again")
        check(server.metric("cachetted_errors_total", kind="out_of_memory") >= refused + 3)


def full_without_eviction():
    return servers.start(
        config={"limits": {"max_memory": "64MiB"}, "eviction": "none"},
        redis=["--maxmemory", "64mb", "--maxmemory-policy", "noeviction"],
    )


def refused(c, *words):
    """Fills the server until it refuses words; what it uses for itself comes and goes, so this may take some tries."""
    for number in range(20000):
        reply = c.raw(*words)
        if reply == OOM:
            return
        check(reply[:1] != b"-", "%s: %r", words[0], reply)
        c.raw("DEL", "new")
        for size in (100000, 1000, 50):
            c.raw("SET", "fill:%d" % c.filled, b"x" * size)
            c.filled += 1
    check(False, "%s is never refused", words[0])


@suite.case
def oom_says_what_redis_says():
    """Both servers: the text, for each kind of write."""
    with full_without_eviction() as server, server.connect(120) as c:
        c.filled = 0
        for words in (
            ("SET", "new", "v"),
            ("MSET", "new", "v"),
            ("SETEX", "new", "10", "v"),
            ("GETSET", "new", "v"),
            ("INCRBY", "new", "5"),
            ("SETRANGE", "new", "5", "v"),
            ("SETBIT", "new", "5", "1"),
            ("COPY", "fill:0", "new"),
            ("INCRBYFLOAT", "new", "1"),
        ):
            refused(c, *words)
        equal(c.raw("GET", "new"), b"$-1\r\n")
        equal(c.call("GETDEL", "fill:0") is not None, True)


@suite.case
def oom_while_queueing_aborts_the_transaction():
    with full_without_eviction() as server, server.connect(120) as c:
        c.filled = 0
        for _ in range(1000):  # until the server is full at that very moment
            refused(c, "SET", "new", "v")
            c.call("MULTI")
            if c.raw("SET", "new", "v") == OOM:
                break
            c.call("DISCARD")
        equal(c.raw("EXEC"), b"-EXECABORT Transaction discarded because of previous errors.\r\n")


@suite.case
def expired_keys_make_room_first():
    with limited("none") as server, server.connect(120) as c:
        data = b"".join(resp.encode("SET", "short:%d" % i, b"x" * 1000, "PX", "300") for i in range(LIMIT // 4000))
        pipelined(c, data, LIMIT // 4000)
        eventually(lambda: server.metric("cachetted_keys") == 0, "they expire", 60)
        for turn in range(4):
            fill(c, LIMIT // 16000, b"again%d" % turn + b":%d", b"x" * 1000)
        within(server)


@suite.case
def flush_gives_memory_back_for_new_keys():
    chooser = random.Random(5)
    with limited("none") as server, server.connect(120) as c:
        for turn in range(4):
            replies = write(c, turn * 1000000, LIMIT // 3000, [1000], chooser)
            equal(replies.count(OOM), 0, "turn %d" % turn)
            equal(c.call("FLUSHALL"), b"OK")
            eventually(lambda: server.metric("cachetted_keys") == 0, "the keys go", 60)
            within(server)


if __name__ == "__main__":
    finish(suite.main())
