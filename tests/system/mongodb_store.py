#!/usr/bin/env python3
"""What MongoDB as the store takes and gives: counts that many change at once, order, the unique index, what expires, a
server that is killed or hangs. Over mongo-java-server, but where FerretDB is named.

mongodb_store.py [--only NAME] [-v]
"""

import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import mongo, resp, servers  # noqa: E402
from lib.cases import Skip, Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("mongodb store")
DATABASE = "cachette-db"


@contextlib.contextmanager
def store(kind="mongodb-java", documents=(), indexes=(), daemons=1, **config):
    """A server with these documents and indexes, and as many daemons over it; gives it, the first, and a `do`."""
    servers.need_daemon()
    if os.environ.get("MONGODB_URL"):
        raise Skip("the server is stopped and looked into, which a real one elsewhere is not")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.STORES[kind]())

        def do(**command):
            with mongo.Connection(server.address) as connection:
                return connection.command(DATABASE, command)

        if documents:
            equal(do(insert="cachette", documents=list(documents))["ok"], 1)
        for index in indexes:
            equal(do(createIndexes="cachette", indexes=[index])["ok"], 1)
        base = servers.overlay({**server.as_store(), "database_name": DATABASE, "threads": 2}, config)
        started = []
        for _ in range(daemons):
            started.append(stack.enter_context(servers.Daemon(base, with_memcache=True)))
            eventually(lambda: started[-1].readiness()[0] == 200, "ready", 30)
        if kind != "mongodb":  # it fails where an index and the first document come at once
            indexes_now = lambda: do(listIndexes="cachette")["cursor"]["firstBatch"]  # noqa: E731
            eventually(lambda: any(i["name"] == "key_1" for i in indexes_now()), "the index is made", 30)
        yield server, started[0] if daemons == 1 else started, do


def found(do, **where):
    return do(find="cachette", filter=where, batchSize=1000)["cursor"]["firstBatch"]


def soon():
    return int(time.time()) + 1000


# Nothing is lost


def at_once(clients, play):
    """The results of play(i) of so many threads."""
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return list(pool.map(play, range(clients)))


def counts(daemons, words):
    """16 clients count one key 10,000 times in all."""
    each = 10_000 // 16

    def play(i):
        with daemons[i % len(daemons)].connect(120) as connection:
            sums = []
            for _ in range(5):  # so many at once
                connection.send(b"".join(words + b"\r\n" for _ in range(each // 5)))
                sums += [int(reply[1:]) for reply in resp.split_replies(connection.replies(each // 5, 120))[0]]
            return sums

    sums = at_once(16, play)
    equal(sorted(s for part in sums for s in part), list(range(1, 10_001)))
    for part in sums:
        equal(part, sorted(part))


@suite.case
def no_count_is_lost():
    with store(timeouts={"request": "2m"}) as (_, daemon, _do), daemon.connect() as client:
        counts([daemon], b"INCR n")
        equal(client.raw("GET", "n"), b"$5\r\n10000\r\n")
        check(daemon.metric("cachetted_workers_batches_total") > 0, "batches")


@suite.case
def nor_by_two_daemons():
    with store(daemons=2, timeouts={"request": "2m"}) as (_, daemons, _do), daemons[0].connect() as client:
        counts(daemons, b"INCR n")
        equal(client.raw("GET", "n"), b"$5\r\n10000\r\n")
        check(sum(d.metric("cachetted_upstream_retries_total") for d in daemons) > 0, "some had to try again")


@suite.case
def one_wins():
    """SET NX of one key, by many at once, again and again."""
    with store(daemons=2) as (_, daemons, _do):

        def play(i):
            with daemons[i % 2].connect(60) as client:
                return [client.raw("SET", "lock%d" % n, str(i), "NX", "PX", "60000") == b"+OK\r\n" for n in range(40)]

        won = at_once(8, play)
        equal([sum(column) for column in zip(*won)], [1] * 40)


@suite.case
def appends_are_all_there():
    with store() as (_, daemon, _do):

        def play(i):
            with daemon.connect(60) as client:
                return [client.raw("APPEND", "k", chr(ord("a") + i))[:1] for _ in range(50)]

        at_once(8, play)
        with daemon.connect() as client:
            value = client.raw("GET", "k").split(b"\r\n")[1]
            equal(sorted(value), sorted(b"abcdefgh" * 50))


# Order


@suite.case
def replies_and_requests_stay_in_order():
    """Each client reads what it wrote just before, whatever goes together in a batch."""
    with store() as (_, daemon, _do):

        def play(i):
            with daemon.connect(60) as client:
                for turn in range(20):
                    lines, want = [], []
                    for n in range(10):
                        key, value = "k%d-%d" % (i, n % 3), "%d-%d-%d" % (i, turn, n)
                        lines += ["SET %s %s" % (key, value), "GET %s" % key, "APPEND %s x" % key, "GET %s" % key]
                        want += ["+OK", value, ":%d" % (len(value) + 1), value + "x"]
                        lines += ["DEL %s" % key, "EXISTS %s" % key]
                        want += [":1", ":0"]
                    client.send("".join(line + "\r\n" for line in lines).encode())
                    got = [r.decode().split("\r\n")[1 if r[:1] == b"$" else 0] for r in resp.split_replies(client.replies(len(lines)))[0]]
                    equal(got, want)

        at_once(12, play)


# The unique index


def duplicates():
    late = soon()
    return [
        {"key": "a", "value": b"older", "expires": late},
        {"key": "a", "value": b"newest", "expires": late + 5},
        {"key": "a", "value": b"oldest", "expires": late - 5},
        {"key": "b", "value": b"only", "expires": late},
    ]


def duplicates_go(kind):
    """And nothing else does: keys of other types are no duplicates of each other."""
    keys = [1, 2, mongo.Uuid(b"\xff" * 16)]
    keys += [b"\xff" * 16] if kind != "mongodb" else []  # for FerretDB's index these two are one
    others = [{"key": key, "value": b"v", "expires": soon()} for key in keys]
    with store(kind, duplicates() + others) as (_, daemon, do), daemon.connect() as client:
        equal(client.raw("MGET", "a", "b"), b"*2\r\n$6\r\nnewest\r\n$4\r\nonly\r\n")
        equal(client.raw("SET", "a", "x", "NX"), b"$-1\r\n")
        eventually(lambda: len(found(do, key="a")) == 1, "one is left")
        equal(len(found(do)), 2 + len(others))
        equal([i.get("unique") for i in do(listIndexes="cachette")["cursor"]["firstBatch"] if i["name"] == "key_1"], [True])


@suite.case
def of_duplicates_the_one_that_lives_longest_stays():
    duplicates_go("mongodb-java")


@suite.case
def also_on_ferretdb():
    duplicates_go("mongodb")


@suite.case
def without_the_index():
    """Somebody's own index stands in its way: what depends on the old value is refused, with the server's reason."""
    own = {"key": {"key": 1}, "name": "key_1"}
    with store("mongodb", duplicates()[3:], [own]) as (_, daemon, do), daemon.connect() as client:
        for command in (("SET", "k", "v", "NX"), ("INCR", "n"), ("APPEND", "b", "x"), ("RENAME", "b", "c")):
            reply = client.raw(*command)
            check(b"needs the unique index on key: " in reply, "%s", reply)
        equal(client.raw("SET", "k", "v"), b"+OK\r\n")
        equal(client.raw("MGET", "k", "b"), b"*2\r\n$1\r\nv\r\n$4\r\nonly\r\n")
        do(insert="cachette", documents=[{"key": "two", "value": b"%d" % i, "expires": soon() + i} for i in range(2)])
        equal(client.raw("SET", "two", "same"), b"+OK\r\n")
        equal(client.raw("GET", "two"), b"$4\r\nsame\r\n")
        equal(client.raw("DEL", "two"), b":1\r\n")
        equal(found(do, key="two"), [])
        equal(client.raw("DEL", "k", "absent"), b":1\r\n")
        eventually(lambda: "the unique index on key cannot be made" in daemon.log(), "the log says so")
        equal(len(found(do, key="b")), 1)


@suite.case
def a_dropped_collection_gets_its_index_again():
    with store() as (_, daemon, do), daemon.connect() as client:
        equal(client.raw("SET", "k", "v"), b"+OK\r\n")
        equal(do(drop="cachette")["ok"], 1)
        equal(client.raw("SET", "k", "w"), b"+OK\r\n")
        names = lambda: [i["name"] for i in do(listIndexes="cachette")["cursor"]["firstBatch"]]  # noqa: E731
        eventually(lambda: "key_1" in names(), "the index")
        equal(client.raw("SET", "k", "x", "NX"), b"$-1\r\n")
        equal(len(found(do)), 1)


# Documents that others made


@suite.case
def what_cannot_be_read_stays_as_it_is():
    number = {"key": "n", "value": 7, "expires": soon()}
    with store(documents=[number, {"key": "none", "expires": soon()}]) as (_, daemon, do), daemon.connect() as client:
        before = found(do)
        for command in ("GET n", "GETDEL n", "GETEX n EX 10", "GETEX none PERSIST", "APPEND n x", "INCR n", "GETDEL none"):
            reply = client.raw(*command.split())
            check(b"as its value, where binary is due" in reply and not reply.startswith(b"-ERR ERR"), "%s: %s", command, reply)
        equal(client.raw("MGET", "n")[:30], b"*1\r\n-ERR backend 'mongodb': the"[:30])
        equal(found(do), before)


@suite.case
def binary_of_another_kind_can_be_changed():
    with store(documents=[{"key": "k", "value": mongo.Uuid(b"0123456789abcdef"), "expires": soon()}]) as (_, daemon, _do):
        with daemon.connect() as client:
            equal(client.raw("APPEND", "k", "x"), b":17\r\n")
            equal(client.raw("GET", "k"), b"$17\r\n0123456789abcdefx\r\n")
            equal(daemon.metric("cachetted_upstream_retries_total"), 0)


# What expires


@suite.case
def sweeps_delete_what_has_expired():
    over = int(time.time()) - 5
    old = [{"key": "old%d" % i, "value": b"v", "expires": over} for i in range(2500)]
    odd = [{"key": "odd", "value": b"v"}, {"key": "worded", "value": b"v", "expires": "never"}]
    live = [{"key": "live", "value": b"v", "expires": soon()}]
    with store(documents=old + odd + live, mongodb={"sweep": "200ms"}) as (_, daemon, do), daemon.connect() as client:
        equal(client.raw("DBSIZE"), b":1\r\n")
        eventually(lambda: sorted(d["key"] for d in found(do)) == ["live", "odd", "worded"], "the rest is gone", 20)
        eventually(lambda: daemon.metric("cachetted_expiries_total") == 2500, "they are counted")
        check(daemon.metric("cachetted_store_sweeps_total") >= 1, "sweeps")
        equal(client.raw("SET", "k", "v", "PX", "100"), b"+OK\r\n")
        eventually(lambda: not found(do, key="k"), "ours go too", 30)


@suite.case
def flushexpired_tells_how_many():
    over = int(time.time()) - 5
    old = [{"key": "old%d" % i, "value": b"v", "expires": over} for i in range(1200)]
    with store(documents=old, mongodb={"sweep": "0"}) as (_, daemon, do), daemon.connect(60) as client:
        equal(client.raw("CACHETTE", "FLUSHEXPIRED"), b":1200\r\n")
        equal(found(do), [])


# All keys


@suite.case
def a_scan_tells_each_key_once():
    with store() as (_, daemon, _do), daemon.connect(60) as client:
        keys = [b"k%d" % i for i in range(1500)] + [b"\xff%d" % i for i in range(300)]
        client.send(b"".join(b"SET %s v\r\n" % k for k in keys))
        client.replies(len(keys), 60)
        seen, cursor = [], b"0"
        while True:
            cursor, *names = [w for w in client.raw("SCAN", cursor, "COUNT", "100").split(b"\r\n")[2:] if w[:1] not in b"$*"]
            seen += names
            if cursor == b"0":
                break
        equal(sorted(seen), sorted(keys))
        check(b"-ERR invalid cursor" in client.raw("SCAN", str(1 << 50)), "one that nobody told")
        equal(client.raw("CACHETTE", "CLEAR", "k1"), b":0\r\n")
        client.raw("MSET", "ns:a", "1", "ns:b", "2", "nt:c", "3", b"ns:\xff", "4")
        equal(client.raw("CACHETTE", "CLEAR", "ns"), b":3\r\n")
        equal(client.raw("FLUSHALL"), b"+OK\r\n")
        equal(client.raw("DBSIZE"), b":0\r\n")


@suite.case
def a_scan_goes_past_what_is_no_key():
    others = [{"key": mongo.Uuid(bytes([i]) * 2), "value": b"v", "expires": soon()} for i in range(5)]
    ours = [{"key": b"\xff" + bytes([i]), "value": b"v", "expires": soon()} for i in range(5)]
    with store("mongodb", documents=others + ours) as (_, daemon, _do), daemon.connect(60) as client:
        seen, cursor = [], b"0"
        for _ in range(30):
            cursor, *names = [w for w in client.raw("SCAN", cursor, "COUNT", "1").split(b"\r\n")[2:] if w[:1] not in b"$*"]
            seen += names
            if cursor == b"0":
                break
        equal((cursor, len(seen)), (b"0", 5))
        equal(client.raw("KEYS", "*")[:4], b"*5\r\n")


@suite.case
def two_flushes_at_once():
    with store() as (_, daemon, _do), daemon.connect(60) as client, daemon.connect(60) as other:
        for _ in range(3):
            client.send(b"".join(b"SET k%d v\r\n" % i for i in range(10000)))
            client.replies(10000, 60)
            for c in (client, other):
                c.send(b"FLUSHALL\r\n")
            equal([c.reply() for c in (client, other)], [b"+OK\r\n"] * 2)
            equal(client.raw("DBSIZE"), b":0\r\n")


# Bad input


@suite.case
def what_is_too_large_is_refused_before():
    limits = {"limits": {"max_value": "64MiB", "output_buffer": "64MiB"}, "timeouts": {"request": "1m"}}
    with store(**limits) as (_, daemon, _do), daemon.connect(60) as client:
        equal(client.raw("SET", "k", "old"), b"+OK\r\n")
        check(b"over the 16777216 of a document" in client.raw("SET", "k", b"x" * (16 << 20)), "the value's limit")
        equal(client.raw("GET", "k"), b"$3\r\nold\r\n")
        equal(client.raw("SET", "k", b"x" * (15 << 20)), b"+OK\r\n")
        check(b"over the 16777216 of a document" in client.raw("APPEND", "k", b"x" * (2 << 20)), "both together")
        equal(client.raw("STRLEN", "k"), b":%d\r\n" % (15 << 20))
        long = b"k" * 1013
        for command in (("SET", long, "v"), ("GET", long), ("INCR", long), ("TTL", long), ("RENAME", "k", long)):
            check(b"a key of 1013 bytes" in client.raw(*command), "%s", command[0])
        equal(client.raw("DEL", long), b":0\r\n")
        equal(client.raw("MGET", long, "absent"), b"*2\r\n$-1\r\n$-1\r\n")
        equal(client.raw("SET", long[1:], "v"), b"+OK\r\n")
        equal(client.raw("SET", b"a\0b", "v"), b"+OK\r\n")
        equal(client.raw("GET", b"a\0b"), b"$1\r\nv\r\n")


@suite.case
def check_finds_what_needs_no_server():
    servers.need_daemon()
    for fault, url, more in (
        (b"the driver cannot parse it", "mongodb://127.0.0.1:notaport/", ()),
        (b"the driver cannot parse it", "mongodb://u:p%ss@127.0.0.1/", ()),
        (b"does not begin with", "mongo://127.0.0.1/", ()),
        (b"must have %", "mongodb://u:p%ss:word@127.0.0.1/", ()),
        (b"cannot parse it", "mongodb://u:p/%ss@127.0.0.1/", ()),
        (b"cannot parse it", "mongodb://u:*@127.0.0.1:notaport/", ()),
        (b"w=0 is not possible", "mongodb://127.0.0.1/?w=0", ()),
        (b"/nosuch.pem: No such file", "mongodb://127.0.0.1/?tls=true&tlsCAFile=/nosuch.pem", ()),
        (b"database_name", "mongodb://127.0.0.1/", ("database_name=a.b",)),
        (b"table_name", "mongodb://127.0.0.1/", ("table_name=system.x",)),
    ):
        argv = [servers.daemon_binary(), "--check", "--set", "backend=mongodb", "--set", "mongodb_url=" + url]
        for item in more:
            argv += ["--set", item]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        check(done.returncode != 0 and fault in done.stdout, "%s: %s", url, done.stdout)
        check(b"%ss" not in done.stdout, "%s", done.stdout)


# A server that goes away


@suite.case
def a_killed_server():
    timeouts = {"request": "2s", "connect": "300ms"}
    with store(timeouts=timeouts) as (server, daemon, _do), daemon.connect(30) as client:
        equal(client.raw("SET", "k", "v"), b"+OK\r\n")
        server.signal(signal.SIGKILL)
        server.wait()
        eventually(lambda: b"-ERR backend 'mongodb' is unavailable: " in client.raw("GET", "k"), "errors")
        eventually(lambda: daemon.readiness()[0] == 503, "/readyz tells it")
        check("backend 'mongodb' is unavailable: " in daemon.readiness()[1], "%s", daemon.readiness()[1])
        begun = daemon.metric("cachetted_workers_requests_total")
        for command in (("GET", "k"), ("SET", "k", "w"), ("INCR", "n"), ("KEYS", "*"), ("DEL", "k")):
            reply = client.raw(*command)
            check(reply.startswith(b"-ERR backend 'mongodb' is unavailable: "), "%s", reply)
        check(daemon.metric("cachetted_workers_requests_total") >= begun + 5, "they ran, and failed at once")
        eventually(lambda: daemon.metric("cachetted_upstream_down") > 0, "the gauge")
        server.restart()
        eventually(lambda: client.raw("SET", "k", "again") == b"+OK\r\n", "it is back", 30)
        equal(client.raw("GET", "k"), b"$5\r\nagain\r\n")
        eventually(lambda: client.raw("SET", "k", "x", "NX") == b"$-1\r\n", "with its index", 30)


@suite.case
def a_server_that_hangs():
    timeouts = {"request": "500ms", "connect": "300ms"}
    with store(timeouts=timeouts) as (server, daemon, _do), daemon.connect(30) as client:
        equal(client.raw("SET", "k", "v"), b"+OK\r\n")
        server.signal(signal.SIGSTOP)
        try:
            for _ in range(3):
                check(client.raw("GET", "k").startswith(b"-ERR backend 'mongodb' is unavailable: "), "an error")
            eventually(lambda: daemon.readiness()[0] == 503, "/readyz tells it", 30)
        finally:
            server.signal(signal.SIGCONT)
        eventually(lambda: client.raw("GET", "k") == b"$1\r\nv\r\n", "it goes on", 30)
        for i in range(50):  # no late reply comes for another's
            equal(client.raw("ECHO", str(i)), b"$%d\r\n%d\r\n" % (len(str(i)), i))
            client.raw("SET", "k%d" % i, "v%d" % i)
            equal(client.raw("GET", "k%d" % i).split(b"\r\n")[1], b"v%d" % i)


@suite.case
def a_password_is_told_nowhere():
    """A server that knows no users refuses; neither log nor reply nor page shows the password."""
    servers.need_daemon()
    with servers.STORES["mongodb-java"]() as server:
        url = "mongodb://app:hunter2@%s:%d/?authSource=admin" % server.address
        config = {"backend": "mongodb", "mongodb_url": url, "timeouts": {"request": "2s", "connect": "1s"}}
        with servers.Daemon(config) as daemon, daemon.connect(30) as client:
            replies = [client.raw("GET", "k"), client.raw("CONFIG", "GET", "*"), client.raw("INFO")]
            eventually(lambda: daemon.readiness()[0] == 503, "/readyz tells it")
            check(replies[0].startswith(b"-ERR backend 'mongodb'"), "%s", replies[0])
            told = b"".join(replies).decode() + daemon.log() + daemon.readiness()[1] + daemon.scrape()
            check("hunter2" not in told, "it is shown")


if __name__ == "__main__":
    finish(suite.main())
