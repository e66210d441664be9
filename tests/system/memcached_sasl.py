#!/usr/bin/env python3
"""memcached behind SASL: what it does, what it refuses so that no TTL is lost, and servers that refuse, die, hang and return.

memcached_sasl.py [--only NAME] [-v].
"""

import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("memcached_sasl")
KEYS = ["key:%d" % i for i in range(60)]
PATIENT = {"request": "10s", "connect": "5s"}  # a password takes the server a moment, and on a busy machine a long one
USER, PASSWORD = "app", "s3cret-Pass"
WITH_SASL = b" is not supported by the 'memcached' backend with SASL"


class Ring:
    """So many memcacheds behind SASL, and a cachetted over them."""

    def __init__(self, count=1, options=(), user=None, password=None, memcached=(), **config):
        servers.need_daemon()
        self.stores = [servers.Memcached(["-S", "%s:%s" % (USER, PASSWORD), *options]) for _ in range(count)]
        account = {"auth": "sasl", "user": user or USER, "password": password or PASSWORD}
        config = {
            "backend": "memcached",
            "memcached_host": ",".join("%s:%d" % s.address for s in self.stores),
            "memcached": {**account, **dict(memcached)},
            "threads": 2,
            "timeouts": PATIENT,
            **config,
        }
        self.daemon = servers.Daemon(config, with_memcache=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for store in self.stores:
            if store.process.poll() is None:
                store.signal(signal.SIGCONT)
            store.stop()
        self.daemon.stop()

    def connect(self):
        return self.daemon.connect()

    def ask(self, *words):
        with self.connect() as connection:
            return connection.raw(*words)

    def memcache(self, *lines):
        with self.daemon.connect_to("memcache") as connection:
            return connection.raw(*lines)

    def ready(self):
        return self.daemon.readiness()[0] == 200

    def fill(self):
        """Every key has itself as value; returns which are at the server that is asked to go first."""
        with self.connect() as connection:
            for key in KEYS:
                equal(connection.raw("SET", key, key), b"+OK\r\n")

    def lost(self, connection):
        """The keys that cannot be read, and the errors."""
        replies = {key: connection.raw("GET", key) for key in KEYS}
        for key, reply in replies.items():
            right = resp.encode(key)[4:]
            check(reply in (right, b"$-1\r\n") or reply.startswith(b"-ERR backend 'memcached' is unavailable"), "%r", reply)
        return {key: reply for key, reply in replies.items() if reply.startswith(b"-")}


@suite.case
def strings_and_counters():
    with Ring() as ring, ring.connect() as c:
        equal(c.call("SET", "k", "41"), b"OK")
        equal(c.call("INCR", "k"), 42)
        equal(c.call("DECRBY", "k", "40"), 2)
        equal(c.raw("GET", "k"), b"$2\r\n2 \r\n", "as memcached's own decr leaves it")
        equal(c.call("INCR", "k"), 3)
        check(WITH_SASL in c.raw("DECRBY", "k", "5"), "no sign can be written")
        equal(c.call("INCRBY", "k", "0"), 3)
        equal(c.call("DECR", "below"), -1)
        equal(c.call("SET", "k", "abc", "GET"), b"3 ")
        equal(c.call("APPEND", "k", "def"), 6)
        equal(c.call("STRLEN", "k"), 6)
        equal(c.call("GETRANGE", "k", "1", "-2"), b"bcde")
        equal(c.call("GETDEL", "k"), b"abcdef")
        equal(c.call("GET", "k"), None)
        equal(c.call("MSET", "a", "1", "b", "2"), b"OK")
        equal(c.call("MSETNX", "b", "1", "c", "2"), 0)
        equal(c.call("MGET", "a", "b", "c"), [b"1", b"2", None])
        equal(c.call("EXISTS", "a", "b", "c"), 2)
        equal(c.call("DEL", "a", "c"), 1)
        equal(c.call("DBSIZE") >= 1, True)
        equal(c.raw("INCR", "text"), b":1\r\n")
        c.call("SET", "text", "text")
        equal(c.raw("INCR", "text"), b"-ERR value is not an integer or out of range\r\n")
        for command in (("MULTI",), ("SET", "m", "1"), ("INCR", "m")):
            c.raw(*command)
        equal(c.raw("EXEC"), b"*2\r\n+OK\r\n:2\r\n")
        check(c.raw("WATCH", "k").startswith(b"-ERR"), "not isolated")


@suite.case
def memcached_clients():
    with Ring() as ring, ring.daemon.connect_to("memcache") as c:
        equal(c.raw("set k 5 0 2", "10"), b"STORED\r\n")
        equal(c.raw("decr k 1"), b"9\r\n")
        equal(c.raw("get k"), b"VALUE k 5 2\r\n9 \r\nEND\r\n")
        equal(c.raw("incr none 1"), b"NOT_FOUND\r\n")
        equal(c.raw("append k 0 0 1", "x"), b"STORED\r\n")
        equal(c.raw("incr k 1"), b"10\r\n", "what is behind a blank does not count")
        equal(c.raw("set k 0 0 1", "x"), b"STORED\r\n")
        check(c.raw("incr k 1").startswith(b"CLIENT_ERROR cannot increment"), "no number")
        equal(c.raw("append none 0 0 1", "x"), b"NOT_STORED\r\n")
        equal(c.raw("add k 0 0 1", "x"), b"NOT_STORED\r\n")
        equal(c.raw("replace none 0 0 1", "x"), b"NOT_STORED\r\n")
        cas = c.raw("gets k").split()[4]
        equal(c.raw(b"cas k 0 0 1 1" + cas, "x"), b"EXISTS\r\n")
        equal(c.raw(b"cas k 7 0 1 " + cas, "y"), b"STORED\r\n")
        equal(c.raw(b"cas k 7 0 1 0", "z"), b"EXISTS\r\n")
        equal(c.raw("get k none"), b"VALUE k 7 1\r\ny\r\nEND\r\n")
        token = c.raw("ms k 1 c", "z").split()[1][1:]
        equal(c.raw(b"md k C1" + token), b"EX\r\n")
        equal(c.raw(b"md k C" + token), b"HD\r\n")
        equal(c.raw("ms k 1", "5"), b"HD\r\n")
        equal(c.raw("ma k v"), b"VA 1\r\n6\r\n")
        check(WITH_SASL in c.raw("mg k t v"), "no TTL is told that is not known")
        equal(c.raw("touch k 100"), b"TOUCHED\r\n")
        equal(c.raw("gat 100 k"), b"VALUE k 0 1\r\n6\r\nEND\r\n")
        equal(c.raw("touch k -1"), b"TOUCHED\r\n")
        equal(c.raw("get k"), b"END\r\n")
        equal(c.raw("set " + "k" * 250 + " 0 0 1", "1"), b"STORED\r\n")


@suite.case
def what_would_lose_a_ttl_is_refused():
    with Ring() as ring, ring.connect() as c:
        c.call("SET", "n", "41", "EX", "2")
        c.call("SET", "text", "ab", "EX", "2")
        c.call("SET", "float", "1.5", "EX", "2")
        for command in (
            "TTL n", "PTTL n", "EXPIRETIME n", "INCRBYFLOAT float 1", "SETRANGE text 0 x", "SETBIT text 1 1",
            "SET text new KEEPTTL", "SET text new KEEPTTL GET", "RENAME text other", "COPY text other", "EXPIRE text 9 NX",
            "EXPIRE text 9 GT", "PERSIST text", "DECRBY n 42", "KEYS *", "SCAN 0", "RANDOMKEY", "CACHETTE CLEAR ns",
            "OBJECT ENCODING n",
        ):
            reply = c.raw(*command.split())
            check(reply.startswith(b"-ERR command '") and WITH_SASL in reply, "%s: %r", command, reply)
        equal(c.call("MGET", "n", "text", "float"), [b"41", b"ab", b"1.5"])
        equal(c.call("INCR", "n"), 42)
        equal(c.call("APPEND", "text", "c"), 3)
        time.sleep(3.1)
        equal(c.call("MGET", "n", "text", "float"), [None, None, None], "each still had its TTL")
        equal(c.call("SET", "fresh", "1", "KEEPTTL"), b"OK")
        equal(c.call("EXPIRE", "fresh", "-1"), 1)
        equal(c.call("GET", "fresh"), None)
        c.call("SET", "k", "v", "EX", "1")
        equal(c.call("GETEX", "k", "EX", "100"), b"v")
        time.sleep(2.1)
        equal(c.call("GETEX", "k", "PXAT", "1"), b"v")
        equal(c.call("GET", "k"), None)


@suite.case
def a_ttl_of_over_thirty_days():
    with Ring() as ring, ring.connect() as c:
        for words in (("EX", "2592000"), ("EX", "2592001"), ("EX", "99999999999"), ("EXAT", str(int(time.time()) + 9))):
            equal(c.call("SET", "k", "v", *words), b"OK")
            equal(c.call("GET", "k"), b"v", words)


@suite.case
def too_large_or_a_key_that_cannot_be():
    with Ring(options=["-I", "512k", "-m", "64"]) as ring, ring.connect() as c:
        equal(c.call("SET", "k", "old"), b"OK")
        for command in (("SET", "k", "x" * 524_288), ("MSET", "a", "1", "k", "x" * 600_000), ("APPEND", "k", "x" * 524_288)):
            reply = c.raw(*command)
            check(reply.startswith(b"-ERR "), "%r", reply[:200])
        equal(c.call("GET", "k"), b"old")
        equal(c.call("EXISTS", "a"), 0, "nothing was sent")
        equal(c.call("SET", "k", "x" * (524_288 - 63 - 1)), b"OK")
        equal(len(c.call("GET", "k")), 524_224)
        for key in ("", "k" * 251):
            check(c.raw("SET", key, "v").startswith(b"-ERR a key of %d bytes" % len(key)), key)
            check(c.raw("GET", key).startswith(b"-ERR a key of %d bytes" % len(key)), key)
        equal(c.call("MGET", "", "k" * 251), [None, None])
        equal(c.call("SET", "k" * 250, "v"), b"OK")
        equal(c.call("SET", "blank \r\n\0", "v"), b"OK")
        equal(c.call("GET", "blank \r\n\0"), b"v")


@suite.case
def a_wrong_password_names_the_user_alone():
    with Ring(password="wr0ng-Pass") as ring:
        reply = eventually(
            lambda: (lambda r: r if b"it refuses user 'app'" in r else None)(ring.ask("GET", "k")), "the reason")
        check(reply.startswith(b"-ERR backend 'memcached' is unavailable: 127.0.0.1:%d: " % ring.stores[0].port), "%r", reply)
        status, text = ring.daemon.readiness()
        equal(status, 503)
        for told in (reply.decode(), text, ring.daemon.log(), ring.daemon.scrape(), ring.ask("INFO").decode()):
            check("wr0ng" not in told, told)
        eventually(lambda: "it refuses user 'app'" in ring.daemon.log(), "the operator is told")
        begin = time.monotonic()
        for _ in range(50):
            check(ring.ask("SET", "k", "v").startswith(b"-ERR backend 'memcached' is unavailable"))
        check(time.monotonic() - begin < 1, "at once")


@suite.case
def one_of_three_dies_and_returns():
    with Ring(3) as ring, ring.connect() as c:
        ring.fill()
        equal(ring.lost(c), {})
        dead = ring.stores[1]
        dead.process.kill()
        dead.process.wait()
        lost = ring.lost(c)
        check(0 < len(lost) < len(KEYS), "%d", len(lost))
        begin = time.monotonic()
        equal(set(ring.lost(c)), set(lost))
        check(time.monotonic() - begin < 0.5, "at once")
        for reply in ring.lost(c).values():
            check(b"127.0.0.1:%d: " % dead.port in reply, "%r", reply)
        equal(c.call("MGET", *KEYS), [None if k in lost else k.encode() for k in KEYS], "memcached.partial: miss")
        name = next(iter(lost))
        check(c.raw("MGET", name).startswith(b"-ERR backend 'memcached' is unavailable"), "none answers")
        check(c.raw("SET", name, "v").startswith(b"-ERR backend 'memcached' is unavailable"))
        check(c.raw("FLUSHALL").startswith(b"-ERR backend 'memcached' is unavailable"))
        equal(ring.daemon.readiness()[0], 200, "what the others have is served")
        dead.restart()
        begin = time.monotonic()
        eventually(lambda: c.raw("SET", name, name) == b"+OK\r\n", "it is found again")
        check(time.monotonic() - begin < 1, "soon")
        equal(c.call("GET", name), name.encode())


@suite.case
def partial_errors_where_they_are_wanted():
    with Ring(3, memcached={"partial": "error"}) as ring, ring.connect() as c:
        ring.fill()
        ring.stores[0].process.kill()
        ring.stores[0].process.wait()
        lost = ring.lost(c)
        check(len(lost) > 0)
        values = resp.elements(c.raw("MGET", *KEYS))
        for key, value in zip(KEYS, values):
            wanted = b"-ERR backend 'memcached' is unavailable: 127.0.0.1:" if key in lost else resp.encode(key)[4:]
            check(value.startswith(wanted), "%s: %r", key, value)


@suite.case
def keys_of_a_dead_server_go_to_the_others():
    with Ring(3, memcached={"auto_eject": True, "distribution": "ketama"}) as ring, ring.connect() as c:
        ring.fill()
        ring.stores[0].process.kill()
        ring.stores[0].process.wait()
        eventually(lambda: not ring.lost(c), "all can be asked")
        missing = [k for k, v in zip(KEYS, c.call("MGET", *KEYS)) if v is None]
        check(0 < len(missing) < len(KEYS), "%d", len(missing))
        ring.fill()
        equal(c.call("MGET", *KEYS), [k.encode() for k in KEYS])


@suite.case
def one_of_two_hangs():
    with Ring(2, timeouts={"request": "500ms", "connect": "300ms"}, workers={"threads": 2}) as ring, ring.connect() as c:
        ring.fill()
        hung = ring.stores[0]
        hung.signal(signal.SIGSTOP)
        time.sleep(0.1)  # it is not there at once
        begin = time.monotonic()
        lost = ring.lost(c)
        check(0 < len(lost) < len(KEYS), "%d", len(lost))
        check(time.monotonic() - begin < 2, "one wait for the first, none for the others: %g", time.monotonic() - begin)
        begin = time.monotonic()
        for _ in range(5):
            equal(set(ring.lost(c)), set(lost))
        check(time.monotonic() - begin < 0.5, "no worker waits for it: %g", time.monotonic() - begin)
        hung.signal(signal.SIGCONT)
        eventually(lambda: not ring.lost(c), "it is found again")  # ready it is as long as one lives
        for _ in range(3):
            equal(ring.lost(c), {}, "and no reply is another one's")


@suite.case
def a_restart_is_no_fault_of_reads():
    with Ring() as ring, ring.connect() as c:
        ring.fill()
        store = ring.stores[0]
        for _ in range(3):
            store.process.kill()
            store.process.wait()
            store.restart()
            eventually(lambda: not ring.lost(c), "a read finds the new one", 2)
            equal(c.call("SET", "k", "v"), b"OK")
            time.sleep(1.1)  # a connection that was idle is looked at before a write
            store.process.kill()
            store.process.wait()
            store.restart()
            eventually(ring.ready, "it is found")
            equal(c.call("SET", "k", "v"), b"OK")


@suite.case
def requests_of_one_connection_run_in_order():
    with Ring(3, workers={"threads": 3, "max_batch": 16}) as ring:
        errors = []

        def client(number):
            try:
                with ring.connect() as c:
                    for round in range(20):
                        commands, expected = [], b""
                        for i in range(40):
                            key, value = "%d:%d" % (number, i % 7), "%d:%d:%d" % (number, round, i)
                            commands += [("SET", key, value), ("GET", key), ("APPEND", key, "!"), ("MGET", key, key)]
                            expected += b"+OK\r\n" + resp.encode(value)[4:]
                            expected += b":%d\r\n" % (len(value) + 1) + b"*2\r\n" + resp.encode(value + "!")[4:] * 2
                        c.send(b"".join(resp.encode(*command) for command in commands))
                        equal(c.replies(len(commands), 30), expected)
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        run_all(client, 6)
        equal(errors, [])


@suite.case
def no_update_is_lost():
    with Ring(workers={"threads": 4}) as ring:
        clients, rounds = 6, 100
        taken, errors = [], []

        def client(number):
            try:
                with ring.connect() as c:
                    for i in range(rounds):
                        c.call("INCR", "sum")
                        c.call("DECRBY", "other", "3") if i % 2 else c.call("INCRBY", "other", "7")
                        c.call("APPEND", "text", "%d;" % number)
                        taken.append(c.call("SET", "swap", "%d:%d" % (number, i), "GET"))
                        taken.append(c.call("GETDEL", "swap"))
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        with ring.connect() as c:
            c.call("SET", "other", "100000")
            run_all(client, clients)
            equal(errors, [])
            equal(int(c.call("GET", "sum")), clients * rounds)
            equal(int(c.call("GET", "other")), 100_000 + clients * rounds // 2 * 4)
            pieces = c.call("GET", "text").decode().split(";")[:-1]
            equal(sorted(pieces), sorted(str(n) for n in range(clients) for _ in range(rounds)))
            seen = [v for v in taken + [c.call("GET", "swap")] if v is not None]
            equal(sorted(seen), sorted(b"%d:%d" % (n, i) for n in range(clients) for i in range(rounds)), "each once")


@suite.case
def it_stops_while_a_server_hangs():
    with Ring(timeouts={"request": "2s", "drain": "200ms"}, workers={"threads": 2, "queue": 50}) as ring:
        ring.fill()
        ring.stores[0].signal(signal.SIGSTOP)
        time.sleep(0.1)
        connections = [ring.connect() for _ in range(4)]
        for c in connections:
            c.send(resp.encode("GET", "key:1") * 200)
        refused = connections[0]
        eventually(lambda: ring.daemon.metric("cachetted_workers_refused_total") > 0, "a full queue refuses")
        time.sleep(0.1)
        begin = time.monotonic()
        ring.daemon.signal(signal.SIGTERM)
        equal(ring.daemon.wait(), 0)
        check(time.monotonic() - begin < 5, "%g s", time.monotonic() - begin)
        del refused


@suite.case
def metrics_tell_of_the_workers():
    with Ring() as ring, ring.connect() as c:
        c.send(resp.encode("GET", "k") * 200)
        c.replies(200)
        run = eventually(lambda: ring.daemon.metric("cachetted_workers_requests_total"), "they are counted")
        batches = ring.daemon.metric("cachetted_workers_batches_total")
        check(run >= 200 and batches < run / 2, "%g in %g", run, batches)
        check(ring.daemon.metric("cachetted_workers_wait_seconds_count") >= 200)
        eventually(lambda: ring.daemon.metric("cachetted_upstream_connections") > 0, "and connections")


def run_all(client, count):
    threads = [threading.Thread(target=client, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    finish(suite.main())
