#!/usr/bin/env python3
"""What memcached as the store takes and gives: sizes, keys, times, flags, and counts that many change at once.

memcached_store.py [--only NAME] [-v]
"""

import base64
import concurrent.futures
import contextlib
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import memcache, resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, finish, long_run  # noqa: E402

suite = Suite("memcached store")
MONTH = 30 * 24 * 3600


class Store:
    """One or several memcacheds, and as many daemons over them."""

    def __init__(self, options=(), size=1, daemons=1, **config):
        servers.need_daemon()
        self.servers = [servers.Memcached(options) for _ in range(size)]
        hosts = {"backend": "memcached", "memcached_host": ",".join(s.host() for s in self.servers)}
        config = servers.overlay({"threads": 2, "timeouts": {"request": "1m", "stall": "1m"}}, config)
        self.daemons = [servers.Daemon({**hosts, **config}, with_memcache=True) for _ in range(daemons)]
        self.daemon = self.daemons[0]
        self.resp = self.daemon.connect(60)
        self.memcache = self.daemon.connect_to("memcache", 60)
        self.direct = self.servers[0].connect(60)
        for daemon in self.daemons:
            while daemon.readiness()[0] != 200:
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for one in (self.resp, self.memcache, self.direct):
            one.close()
        for one in self.daemons + self.servers:
            one.stop()

    def ask(self, *words):
        return self.resp.raw(*words)


def bulk(value):
    return b"$%d\r\n%b\r\n" % (len(value), value)


# Sizes


@suite.case
def values_up_to_the_item_size():
    """Learnt from the server; what is over it is refused before it is sent, and the old value stays."""
    for option, size in ((None, 1 << 20), ("512k", 512 << 10), ("3m", 3 << 20)):
        with Store(["-I", option] if option else []) as s:
            largest = size - 63 - 1  # of a key with one byte
            for n in (largest, largest // 2, 0):
                value = os.urandom(n)
                equal(s.ask("SET", "k", value), b"+OK\r\n", "%d of %d" % (n, size))
                equal(s.ask("GET", "k"), bulk(value))
                equal(s.memcache.raw("set k 5 0 %d" % n, value), b"STORED\r\n", "%d of %d" % (n, size))
                equal(s.memcache.raw("get k"), b"VALUE k 5 %d\r\n%b\r\nEND\r\n" % (n, value))
            equal(s.memcache.raw("set k 5 0 3", "old"), b"STORED\r\n")
            for n in (largest + 1, size, size + 1):
                value = b"x" * n
                for words in (["SET", "k", value], ["SET", "k", value, "GET"], ["MSET", "l", "v", "k", value], ["GETSET", "k", value]):
                    reply = s.ask(*words)
                    check(reply.startswith(b"-ERR ") and b"%d" % size in reply, "%r to %s of %d", reply, words[0], n)
                for line in ("set k 5 0 %d", "add k2 5 0 %d", "ms k %d", "replace k 5 0 %d"):
                    reply = s.memcache.raw(line % n, value)
                    check(reply.startswith(b"SERVER_ERROR "), "%r to %s of %d", reply, line, n)
                equal(s.memcache.raw("append k 0 0 %d" % n, value), b"NOT_STORED\r\n")
                equal(s.memcache.raw("get k"), b"VALUE k 5 3\r\nold\r\nEND\r\n", "the old value")
                equal(s.ask("EXISTS", "l", "k2"), b":0\r\n", "nothing else was stored")
            for words in (["APPEND", "k", b"x" * largest], ["SETRANGE", "k", largest, "x"], ["SETBIT", "k", largest * 8, "1"]):
                reply = s.ask(*words)
                check(reply[:1] == b"-", "%r to %s", reply, words[0])
                equal(s.ask("GET", "k"), b"$3\r\nold\r\n", words[0])
            equal(s.daemon.metric("cachetted_upstream_connects_total", result="lost"), 0, "connections lost")


@suite.case
def values_over_max_value():
    """That others have stored: an error that names the limit, and the connection goes on."""
    with Store(["-I", "8m"], limits={"max_value": "1MiB"}) as s:
        value = b"x" * (2 << 20)
        equal(s.direct.raw("set k 0 0 %d" % len(value), value), b"STORED\r\n")
        for words in (["GET", "k"], ["GETDEL", "k"], ["GETRANGE", "k", "0", "1"], ["INCRBYFLOAT", "k", "1"], ["RENAME", "k", "l"], ["MGET", "k"]):
            reply = s.ask(*words)
            check(reply.startswith(b"-ERR ") and b"1048576" in reply, "%r to %s", reply, words)
        check(s.memcache.raw("get k").startswith(b"SERVER_ERROR "), "memcached")
        equal(s.ask("STRLEN", "k"), b":%d\r\n" % len(value))
        equal(s.daemon.metric("cachetted_upstream_connects_total", result="lost"), 0, "connections lost")


# Keys


@suite.case
def keys_that_memcached_would_refuse():
    """Are stored in base64, where any client finds them with the flag b."""
    random.seed(7)
    keys = [b"a b", b" ", b"\x00", b"\r\n", b"tab\tbed", b"\x7f", b"x\x1f", bytes(range(33)), b"b " * 93, b"\n" * 186]
    keys += [b" " + os.urandom(random.randrange(1, 186)) for _ in range(200)]
    with Store() as s:
        for key in keys:
            coded = base64.b64encode(key)
            equal(s.ask("SET", key, b"of:" + key), b"+OK\r\n", key)
            equal(s.ask("GET", key), bulk(b"of:" + key))
            want = b"VA %d\r\nof:%b\r\n" % (3 + len(key), key)
            equal(s.direct.raw(b"mg %b b v" % coded), want, key)
            equal(s.memcache.raw(b"mg %b b v" % coded), want, key)
            equal(s.memcache.raw(b"mg %b b k v" % coded).split(b"\r\n")[0], b"VA %d k%b b" % (3 + len(key), coded))
            equal(s.memcache.raw(b"ms %b 3 b" % coded, "new"), b"HD\r\n")
            equal(s.ask("GET", key), bulk(b"new"))
        found = {key for key in s.resp.call("KEYS", "*")}
        equal(found, set(keys))
        equal(s.resp.call("DEL", *keys), len(set(keys)))


@suite.case
def keys_that_do_not_fit():
    with Store() as s:
        longest, coded = b"k" * 250, b"k k" * 62
        equal(s.ask("SET", longest, "v"), b"+OK\r\n")
        equal(s.direct.raw(b"mg %b v" % longest), b"VA 1\r\nv\r\n")
        equal(s.ask("SET", coded, "v"), b"+OK\r\n")
        for key, limit in ((b"k" * 251, b"250"), (coded + b"k", b"186"), (b" " * 250, b"186"), (b"", b"250")):
            for words in (["SET", key, "v"], ["GET", key], ["MGET", "a", key], ["MSET", "a", "v", key, "v"], ["INCR", key], ["DEL", key, "a"],
                          ["RENAME", longest, key], ["GETDEL", key], ["APPEND", key, "x"]):
                reply = s.ask(*words)
                check(reply.startswith(b"-ERR key of %d bytes" % len(key)) and limit in reply, "%r to %s", reply, words)
        equal(s.ask("EXISTS", "a", longest), b":1\r\n", "nothing was stored or removed")
        for key in (b"k" * 251, coded + b"k"):
            reply = s.memcache.raw(b"mg %b b v" % base64.b64encode(key))
            check(reply.startswith((b"CLIENT_ERROR ", b"SERVER_ERROR ")), "%r", reply)
        check(s.memcache.raw(b"get " + b"k" * 251).startswith(b"CLIENT_ERROR "), "memcached's own limit")
        equal(s.memcache.raw("mn"), b"MN\r\n")


# Times, flags, cas


@suite.case
def times_over_30_days():
    """Which memcached takes for an instant."""
    with Store() as s:
        for seconds in (10, 100, MONTH - 1, MONTH, MONTH + 1, 2 * MONTH, 10 * 365 * 24 * 3600):
            for form in ("EX", "EXAT", "PX"):
                now = int(time.time())
                words = ["SET", "k", "v", form, {"EX": seconds, "EXAT": now + seconds, "PX": seconds * 1000}[form]]
                equal(s.ask(*words), b"+OK\r\n")
                near(s, lambda: s.resp.call("TTL", "k"), seconds, words)
                near(s, lambda: int(s.direct.raw("mg k t").split(b"t")[1]), seconds, words)
                equal(s.ask("SET", "k", "w"), b"+OK\r\n")
                equal(s.ask("TTL", "k"), b":-1\r\n")
                equal(s.ask("EXPIRE", "k", seconds), b":1\r\n")
                near(s, lambda: s.resp.call("TTL", "k"), seconds, "EXPIRE")
                equal(s.ask("APPEND", "k", "x"), b":2\r\n")
                equal(s.ask("INCRBYFLOAT", "n", "1")[:1], b"$")
                near(s, lambda: s.resp.call("TTL", "k"), seconds, "APPEND")
                equal(s.ask("SETRANGE", "k", "0", "y"), b":2\r\n")
                near(s, lambda: s.resp.call("TTL", "k"), seconds, "SETRANGE")
                equal(s.ask("RENAME", "k", "l"), b"+OK\r\n")
                near(s, lambda: s.resp.call("TTL", "l"), seconds, "RENAME")
            now = int(time.time())
            equal(s.memcache.raw("set k 0 %d 1" % (seconds if seconds <= MONTH else now + seconds), "v"), b"STORED\r\n")
            near(s, lambda: s.resp.call("TTL", "k"), seconds, "memcached")
            equal(s.ask("PERSIST", "k"), b":1\r\n")
            equal(s.ask("TTL", "k"), b":-1\r\n")


def near(s, ask, want, what):
    """An instant is a whole second, rounded up; the server's clock, which ticks, may be behind when it tells what is left."""
    behind = max(0, int(time.time()) - int(s.direct.raw("stats").split(b"STAT time ")[1].split()[0]))
    got = ask()
    check(want - 2 <= got <= want + 1 + behind, "%s: %d, not %d, with a clock %d s behind", what, got, want, behind)


@suite.case
def flags_and_cas():
    """Are memcached's own, through either port."""
    with Store() as s:
        for flags in (0, 1, 65536, 4294967295):
            equal(s.memcache.raw("set k %d 0 2" % flags, "10"), b"STORED\r\n")
            equal(s.direct.raw("get k"), b"VALUE k %d 2\r\n10\r\nEND\r\n" % flags)
            equal(s.ask("INCR", "k"), b":11\r\n")
            equal(s.ask("DECR", "k"), b":10\r\n")
            equal(s.ask("INCRBYFLOAT", "k", "1"), b"$2\r\n11\r\n")
            equal(s.ask("APPEND", "k", "2"), b":3\r\n")
            equal(s.ask("SETRANGE", "k", "0", "3"), b":3\r\n")
            equal(s.ask("RENAME", "k", "l"), b"+OK\r\n")
            equal(s.ask("EXPIRE", "l", "100"), b":1\r\n")
            equal(s.memcache.raw("get l"), b"VALUE l %d 3\r\n312\r\nEND\r\n" % flags, "flags stay")
            equal(s.ask("SET", "l", "v"), b"+OK\r\n")
            equal(s.memcache.raw("get l"), b"VALUE l 0 1\r\nv\r\nEND\r\n", "SET has none")
        cas = s.memcache.raw("gets l").split()[4]
        equal(s.direct.raw("gets l").split()[4], cas, "the server's own")
        for change in (["SET", "l", "w"], ["APPEND", "l", "x"], ["SETRANGE", "l", "0", "y"], ["GETSET", "l", "z"]):
            cas = s.memcache.raw("gets l").split()[4]
            check(s.ask(*change)[:1] != b"-", "%s", change)
            equal(s.memcache.raw(b"cas l 0 0 1 " + cas, "c"), b"EXISTS\r\n", change)
        cas = s.memcache.raw("gets l").split()[4]
        equal(s.memcache.raw(b"cas l 7 0 1 " + cas, "c"), b"STORED\r\n")
        equal(s.direct.raw("get l"), b"VALUE l 7 1\r\nc\r\nEND\r\n")


@suite.case
def stale_items():
    """What takes several steps is done at once, and the token for the one who brings a value anew is not used up."""
    with Store() as s:
        for words, want in (
            (["GETDEL", "k"], b"$2\r\n10\r\n"), (["SET", "k", "v", "GET"], b"$2\r\n10\r\n"), (["INCRBYFLOAT", "k", "1"], b"$2\r\n11\r\n"),
            (["DECR", "k"], b":9\r\n"), (["SETRANGE", "k", "0", "9"], b":2\r\n"), (["RENAME", "k", "l"], b"+OK\r\n"),
            (["EXPIRE", "k", "10", "NX"], b":0\r\n"), (["COPY", "k", "m"], b":1\r\n"), (["MSETNX", "k", "1", "j", "2"], b":0\r\n"),
            (["SET", "k", "v", "NX", "GET"], b"$2\r\n10\r\n"), (["GET", "k"], b"$2\r\n10\r\n"), (["STRLEN", "k"], b":2\r\n"),
        ):
            s.ask("FLUSHALL")
            equal(s.direct.raw("ms k 2 T100", "10"), b"HD\r\n")
            equal(s.direct.raw("md k I T30"), b"HD\r\n")
            equal(s.ask(*words), want, words)
            equal(s.ask("GET", "absent"), b"$-1\r\n")
            time.sleep(0.01)
            left = s.direct.raw("mg k v")
            check(left == b"EN\r\n" or b" Z" not in left, "%r after %s", left, words)


# Many at once


def together(clients, work):
    """Runs work(number) in so many threads; the first fault is raised."""
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work, number) for number in range(clients)]:
            done.result()


CLIENTS, ROUNDS = 16, 10_000


@suite.case
def nothing_counted_is_lost():
    """16 clients of two daemons, 10,000 counts of every kind on one key."""
    start = 5_000_000_000
    with Store(daemons=2) as s:
        equal(s.ask("SET", "n", start), b"+OK\r\n")
        plus = [["INCR", "n"], ["INCRBY", "n", "7"], ["DECR", "n"], ["DECRBY", "n", "-5"], ["INCRBYFLOAT", "n", "2"], ["INCRBYFLOAT", "n", "-1"]]
        by = [1, 7, -1, 5, 2, -1]
        sums = [0] * CLIENTS

        def count(number):
            daemon, chance = s.daemons[number % 2], random.Random(number)
            with daemon.connect(60) as connection, daemon.connect_to("memcache", 60) as other:
                for _ in range(ROUNDS // CLIENTS // 5):
                    burst = [chance.randrange(len(plus)) for _ in range(4)]
                    connection.send(b"".join(resp.encode(*plus[i]) for i in burst))
                    for i in burst:
                        reply = connection.reply()
                        check(reply[:1] in b":$", "%r to %s", reply, plus[i])
                        sums[number] += by[i]
                    line, one = chance.choice((("incr n 3", 3), ("decr n 2", -2), ("ma n D4 v", 4), ("ma n MD v", -1)))
                    reply = other.raw(line)
                    check(reply[:1].isdigit() or reply[:2] == b"VA", "%r to %s", reply, line)
                    sums[number] += one

        together(CLIENTS, count)
        equal(s.ask("GET", "n"), bulk(b"%d" % (start + sum(sums))))


@suite.case
def nothing_appended_is_lost():
    with Store(["-I", "2m"], daemons=2) as s:
        pieces = ROUNDS // CLIENTS

        def append(number):
            daemon = s.daemons[number % 2]
            with daemon.connect(60) as connection, daemon.connect_to("memcache", 60) as other:
                for i in range(0, pieces, 5):
                    words = [resp.encode("APPEND", "k", "%d:%d;" % (number, i + j)) for j in range(4)]
                    connection.send(b"".join(words))
                    lengths = [int(connection.reply()[1:-2]) for _ in words]
                    equal(lengths, sorted(set(lengths)), "lengths grow")
                    piece = "%d:%d;" % (number, i + 4)
                    reply = other.raw("append k 0 0 %d" % len(piece), piece)
                    equal(reply, b"STORED\r\n")

        together(CLIENTS, append)
        got = s.resp.call("GET", "k").decode().split(";")[:-1]
        equal(len(got), CLIENTS * pieces)
        for number in range(CLIENTS):
            mine = [int(one.split(":")[1]) for one in got if one.startswith("%d:" % number)]
            equal(mine, list(range(pieces)), "in order, each once")


@suite.case
def nothing_written_in_ranges_is_lost():
    """Each client has its own bytes and bits of one value."""
    with Store(daemons=2) as s:
        width = 8
        rounds = ROUNDS // CLIENTS // 10

        def write(number):
            with s.daemons[number % 2].connect(60) as connection:
                for i in range(rounds):
                    equal(connection.raw("SETRANGE", "k", number * width, b"%03d:%04d" % (number, i))[:1], b":")
                    equal(connection.raw("SETBIT", "bits", number * rounds + i, "1"), b":0\r\n")

        together(CLIENTS, write)
        equal(s.ask("GET", "k"), bulk(b"".join(b"%03d:%04d" % (n, rounds - 1) for n in range(CLIENTS))))
        equal(s.ask("BITCOUNT", "bits"), b":%d\r\n" % (CLIENTS * rounds))


@suite.case
def one_of_many_wins():
    """SET NX, GETDEL, MSETNX, RENAMENX: of many who try, one."""
    with Store(size=3, daemons=2) as s:
        won = []

        def try_all(number):
            with s.daemons[number % 2].connect(60) as connection:
                for i in range(50):
                    if connection.raw("SET", "lock:%d" % i, number, "NX") == b"+OK\r\n":
                        won.append(("set", i))
                    if connection.raw("GETDEL", "given:%d" % i) != b"$-1\r\n":
                        won.append(("getdel", i))

        for i in range(50):
            s.ask("SET", "given:%d" % i, "v")
        together(CLIENTS, try_all)
        equal(sorted(won), sorted([("set", i) for i in range(50)] + [("getdel", i) for i in range(50)]))


# Lists of keys


def scan(connection, *more):
    """All replies of a scan, in turn."""
    cursor, found = b"0", []
    while True:
        cursor, keys = connection.call("SCAN", cursor, *more)
        found += keys
        if cursor == b"0":
            return found


@suite.case
def scan_tells_all_that_stays():
    """20,000 keys, while others come, change and go; over one and over three servers."""
    count = 20_000
    for size in (1, 3):
        with Store(size=size, daemons=2) as s:
            stays = {b"stays:%d" % i for i in range(count)}
            for first in range(0, count, 1000):
                s.resp.call("MSET", *(word for i in range(first, first + 1000) for word in ("stays:%d" % i, "v")))
            stop = threading.Event()

            def write(number):
                chance = random.Random(number)
                with s.daemons[number % 2].connect(60) as connection:
                    while not stop.is_set():
                        words = [["SET", "stays:%d" % chance.randrange(count), "w"] for _ in range(20)]
                        words += [["SET", "goes:%d" % chance.randrange(5000), "w"], ["DEL", "goes:%d" % chance.randrange(5000)]] * 10
                        connection.send(b"".join(resp.encode(*w) for w in words))
                        connection.replies(len(words))

            threads = [threading.Thread(target=write, args=(n,), daemon=True) for n in range(4)]
            for thread in threads:
                thread.start()
            try:
                for more in (["COUNT", "1000"], ["COUNT", "7777", "MATCH", "stays:*"]):
                    with s.daemons[1].connect(60) as connection:
                        found = scan(connection, *more)
                    equal(len(stays - set(found)), 0, "keys that were not told")
                    others = {key for key in found if not key.startswith((b"stays:", b"goes:"))}
                    equal(others, set(), "keys that nobody wrote")
                for _ in range(3):
                    equal(len(stays - set(s.resp.call("KEYS", "stays:*"))), 0, "keys that KEYS did not tell")
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            found = scan(s.resp, "COUNT", "100", "MATCH", "stays:*")
            equal(sorted(found), sorted(stays), "each once, where nobody writes")


@suite.case
def clear_of_a_namespace():
    """Among others, while these are written; the daemon does not grow by the list."""
    count = 200_000 if long_run() else 20_000
    for size in (1, 3):
        with Store(size=size, daemons=1) as s:
            for server in s.servers:
                with server.connect(60) as direct:
                    direct.raw("cache_memlimit 1024")
            pad = "x" * 200
            for space in ("ns", "other"):
                for first in range(0, count, 1000):
                    s.resp.call("MSET", *(w for i in range(first, first + 1000) for w in ("%s:%s:%d" % (space, pad, i), "v")))
            s.ask("MSET", "nsx", "v", "ns", "v", "Ns:a", "v")
            before = s.daemon.resident_bytes()
            most = [before]
            done = threading.Event()

            def watch():
                while not done.is_set():
                    most[0] = max(most[0], s.daemon.resident_bytes())
                    time.sleep(0.002)

            watcher = threading.Thread(target=watch)
            watcher.start()
            with s.daemon.connect(60) as other, s.daemon.connect(60) as lister:
                s.resp.send(resp.encode("CACHETTE", "CLEAR", "ns") + resp.encode("GET", "nsx"))
                lister.send(resp.encode("KEYS", "none*"))
                for i in range(500):
                    equal(other.raw("SET", "other:%s:%d" % (pad, i), "w"), b"+OK\r\n")
                equal(lister.reply(), b"*0\r\n")
                equal(s.resp.reply(), b":%d\r\n" % count)
                equal(s.resp.reply(), b"$1\r\nv\r\n")
            done.set()
            watcher.join()
            grown = (most[0] - before) >> 20
            print("clear_of_a_namespace: %d of %d servers, the daemon grew by %d MiB" % (count, size, grown))
            check(grown < 40, "grown by %d MiB", grown)
            equal(s.ask("CACHETTE", "CLEAR", "ns"), b":0\r\n")
            equal(s.ask("CACHETTE", "CLEAR", "nosuch"), b":0\r\n")
            equal(s.ask("EXISTS", "nsx", "ns", "Ns:a"), b":3\r\n")
            equal(s.ask("CACHETTE", "CLEAR", "other"), b":%d\r\n" % count)
            equal(sorted(s.resp.call("KEYS", "*")), [b"Ns:a", b"ns", b"nsx"])


@suite.case
def many_lists_at_once():
    """Of long keys, so that no buffer holds a list, while a namespace of them is cleared: a memcached has one crawler, and
    waits with locks held for whoever does not read."""
    count, pad = 120_000, b"x" * 220
    with Store(timeouts={"request": "20s", "stall": "5s"}) as s:
        for first in range(0, count, 5000):
            lines = [b"ms many:%b:%d 1 q\r\nv\r\n" % (pad, i) for i in range(first, first + 5000)]
            s.direct.send(b"".join(lines) + b"mn\r\n")
            equal(s.direct.reply(), b"MN\r\n")
        with contextlib.ExitStack() as stack:
            listers = [stack.enter_context(s.daemon.connect(60)) for _ in range(6)]
            s.resp.send(resp.encode("CACHETTE", "CLEAR", "many"))
            for lister in listers:
                lister.send(resp.encode("KEYS", "none*"))
            for lister in listers:
                equal(lister.reply(), b"*0\r\n")
            equal(s.resp.reply(), b":%d\r\n" % count)
        equal(s.ask("DBSIZE"), b":0\r\n")


@suite.case
def many_scans_at_once():
    """Each hears of every key; what they are told from is made once for all, not once for each."""
    count, pad, scanners = 100_000, b"x" * 220, 40
    with Store(timeouts={"request": "20s", "stall": "5s"}) as s:
        for first in range(0, count, 5000):
            lines = [b"ms many:%b:%d 1 q\r\nv\r\n" % (pad, i) for i in range(first, first + 5000)]
            s.direct.send(b"".join(lines) + b"mn\r\n")
            equal(s.direct.reply(), b"MN\r\n")
        before = s.daemon.resident_bytes()
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(s.daemon.connect(60)) for _ in range(scanners)]
            for connection in connections:
                connection.send(resp.encode("SCAN", "0", "COUNT", "100"))
            for connection in connections:
                reply = connection.reply()
                check(reply.count(b"many:") >= 100, "%r", reply[:200])
            grown = s.daemon.resident_bytes() - before
            check(grown < 256 << 20, "%d scans took %d MiB", scanners, grown >> 20)
        equal(len(set(scan(s.resp, "COUNT", "4000"))), count)


# Order


@suite.case
def order_over_three_servers():
    """What a session has sent takes effect in order, whichever servers it goes to: compared with a dictionary."""
    chance = random.Random(11)
    with Store(size=3) as s:
        keys = ["k%d" % i for i in range(6)]
        for _ in range(60):
            s.ask("FLUSHALL")
            held, words, want = {}, [], []
            for _ in range(chance.randrange(1, 120)):
                one, answer = draw(chance, keys, held)
                words.append(one)
                want.append(answer)
            in_transaction = chance.random() < 0.3
            data = b"".join(resp.encode(*w) for w in words)
            if in_transaction:
                s.resp.send(resp.encode("MULTI") + data + resp.encode("EXEC"))
                s.resp.replies(len(words) + 1)
                got = resp.elements(s.resp.reply())
            else:
                s.resp.send(data)
                got = resp.split_replies(s.resp.replies(len(words)))[0]
            for i, (reply, answer) in enumerate(zip(got, want)):
                equal(reply, answer, "number %d of %s" % (i, words[: i + 1]))


def draw(chance, keys, held):
    """A command and its right reply; held is changed as it changes the store."""
    key, other, value = chance.choice(keys), chance.choice(keys), b"%d" % chance.randrange(1000)
    old = held.get(key)
    what = chance.choice(("SET", "GET", "INCR", "DECR", "GETSET", "RENAME", "MGET", "APPEND", "GETDEL", "DEL", "MSET", "INCRBYFLOAT", "STRLEN"))
    nil = b"$-1\r\n"
    shown = nil if old is None else bulk(old)
    if what == "SET":
        held[key] = value
        return ["SET", key, value], b"+OK\r\n"
    if what == "GET":
        return ["GET", key], shown
    if what in ("INCR", "DECR", "INCRBYFLOAT"):
        number = int(old or 0) + (-1 if what == "DECR" else 1)
        if not -(2**63) <= number < 2**63 or old is not None and b"%d" % int(old) != old:
            return ["GET", key], shown
        held[key] = b"%d" % number
        return ([what, key, "1"], bulk(held[key])) if what == "INCRBYFLOAT" else ([what, key], b":%d\r\n" % number)
    if what == "GETSET":
        held[key] = value
        return ["GETSET", key, value], shown
    if what == "RENAME":
        if old is None:
            return ["RENAME", key, other], b"-ERR no such key\r\n"
        del held[key]
        held[other] = old
        return ["RENAME", key, other], b"+OK\r\n"
    if what == "MGET":
        return ["MGET", *keys], b"*%d\r\n" % len(keys) + b"".join(bulk(held[k]) if k in held else nil for k in keys)
    if what == "APPEND":
        if len(old or b"") > 12:
            return ["STRLEN", key], b":%d\r\n" % len(old)
        held[key] = (old or b"") + b"1"
        return ["APPEND", key, "1"], b":%d\r\n" % len(held[key])
    if what in ("GETDEL", "DEL"):
        held.pop(key, None)
        return [what, key], shown if what == "GETDEL" else b":%d\r\n" % (old is not None)
    if what == "MSET":
        held[key] = held[other] = value
        return ["MSET", key, value, other, value], b"+OK\r\n"
    return ["STRLEN", key], b":%d\r\n" % len(old or b"")


# Lists of servers


def checked(host, **more):
    """What --check says of it: its status and its text."""
    words = [servers.daemon_binary(), "--check", "--set", "backend=memcached", "--set", "memcached_host=" + host]
    for name, value in more.items():
        words += ["--set", "memcached.%s=%s" % (name, value)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    return done.returncode, done.stdout


@suite.case
def lists_that_do_not_parse():
    """Are named, at the start and by --check."""
    servers.need_daemon()
    for host in ("", ",", "a:b", "a:99999", "a:-1", "--SERVER=", "--SERVER=a:x", "--NOSUCH=1", "--DISTRIBUTION=ketama", "--SERVER=a --HASH=nosuch",
                 "--SERVER=a --DISTRIBUTION=nosuch", "--SERVER=a extra", "a:11211:x", "a b"):
        status, text = checked(host)
        check(status != 0, "%r was taken: %s", host, text)
        check("memcached_host" in text, "%r: %s", host, text)
        check(not host.strip(",") or host in text or host.split("=")[0].strip("-") in text, "%r is not named: %s", host, text)
    for name, value in (("distribution", "nosuch"), ("hash", "nosuch"), ("partial", "perhaps"), ("auto_eject", "2"), ("auth", "none")):
        status, text = checked("a", **{name: value})
        check(status != 0 and name in text and value in text, "%s=%s: %s", name, value, text)


@suite.case
def max_memory_is_the_servers():
    words = ["--set", "backend=memcached", "--set", "memcached_host=127.0.0.1", "--set", "limits.max_memory=1GiB"]
    done = subprocess.run([servers.daemon_binary(), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    equal(done.returncode, 1)
    check("with 'memcached' set -m on the servers" in done.stdout + done.stderr, done.stderr)


@suite.case
def lists_that_parse():
    """With ports, weights, sockets, and libmemcached's own words."""
    with servers.Memcached() as a, servers.Memcached() as b, servers.Memcached(unix=True) as c:
        for host, distribution in (
            (a.host(), None), ("%s,%s" % (a.host(), b.host()), None), ("%s, %s" % (a.host(), b.host()), None),
            ("%s:3,%s:1" % (a.host(), b.host()), "ketama_weighted"), ("%s,%s,%s" % (a.host(), b.host(), c.host()), "consistent"),
            (c.host(), None), ("--SERVER=" + a.host(), None), ("--SERVER=%s --SERVER=%s" % (a.host(), b.host()), None),
            ("--SERVER=%s/?3 --SERVER=%s/?1 --DISTRIBUTION=consistent" % (a.host(), b.host()), None),
            ('--SOCKET="%s"' % c.host(), None), ("--server=%s" % a.host(), None),
        ):
            for server in (a, b, c):
                with server.connect() as direct:
                    direct.raw("flush_all")
            more = {"memcached": {"distribution": distribution}} if distribution else {}
            with servers.Daemon({"backend": "memcached", "memcached_host": host, **more}) as daemon, daemon.connect() as connection:
                deadline = time.monotonic() + 10
                while daemon.readiness()[0] != 200 and time.monotonic() < deadline:
                    time.sleep(0.01)
                for i in range(100):
                    equal(connection.raw("SET", "k%d" % i, "v"), b"+OK\r\n", host)
                equal(connection.raw("DBSIZE"), b":100\r\n", host)
                there = []
                for server in (a, b, c):
                    with server.connect() as direct:
                        there.append(sum(direct.raw("mg k%d" % i) == b"HD\r\n" for i in range(100)))
                equal(sum(there), 100, host)
                used = [server.host() in host for server in (a, b, c)]
                equal([n > 0 for n in there], used, "%s: %s" % (host, there))


if __name__ == "__main__":
    finish(suite.main())
