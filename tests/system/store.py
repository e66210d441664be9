#!/usr/bin/env python3
"""What a Redis or Valkey server allows, refuses and is asked: its users' rights, its limits and its own settings.

store.py [--only NAME] [-v]. STORE=valkey: a Valkey server (else Redis). What cachetted answers is compared with what the
server answers itself.
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("store")
KIND = servers.store() or "redis"


class Pair:
    """A server, and a cachetted over it. `user` and `rights`: whom cachetted logs in as."""

    def __init__(self, options=(), rights=None, **config):
        servers.need_daemon()
        self.store = servers.STORES[KIND](["--enable-protected-configs", "local", *options])
        user = ""
        if rights:
            user = "eve:secret@"
            self.admin("ACL", "SETUSER", "eve", "on", ">secret", "~*", "&*", *rights)
        url = "%s://%s%s:%d" % (KIND, user, *self.store.address)
        self.daemon = servers.Daemon({"backend": KIND, KIND + "_url": url, "threads": 1, **config}, with_memcache=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.daemon.stop()
        self.store.stop()

    def admin(self, *words):
        with self.store.connect() as connection:
            return connection.call(*words)

    def direct(self, *words):
        with self.store.connect() as connection:
            return connection.raw(*words)

    def ask(self, *words):
        with self.daemon.connect() as connection:
            return connection.raw(*words)

    def ready(self):
        return self.daemon.readiness()[0] == 200

    def memcache(self, *lines):
        with self.daemon.connect_to("memcache") as connection:
            return connection.raw(*lines)

    def calls(self, command):
        """How often the server has run it."""
        for line in self.admin("INFO", "commandstats").decode().splitlines():
            if line.startswith("cmdstat_%s:" % command):
                return int(line.split("calls=")[1].split(",")[0])
        return 0


@suite.case
def a_user_without_transactions():
    """EXEC says so and does nothing; everything else goes on."""
    for rights in (("+@all", "-multi"), ("+@all", "-exec"), ("+get", "+set", "+ping", "+incr", "+command")):
        with Pair(rights=rights) as p:
            eventually(p.ready, "ready")
            with p.daemon.connect() as c:
                c.send(b"".join(resp.encode(*w.split()) for w in ("MULTI", "SET a tx", "INCR n", "EXEC", "GET a", "SET b 1")))
                equal(c.replies(3), b"+OK\r\n+QUEUED\r\n+QUEUED\r\n")
                reply = c.reply()
                check(b"NOPERM" in reply and b"tx" not in reply, "%s: %r", rights, reply)
                equal(c.replies(2), b"$-1\r\n+OK\r\n", rights)


@suite.case
def a_user_who_may_not_ping():
    with Pair(rights=("+@all", "-ping")) as p:
        eventually(p.ready, "ready")
        equal(p.ask("SET", "k", "v"), b"+OK\r\n")


@suite.case
def a_user_who_may_not_ask_for_commands():
    with Pair(rights=("+@all", "-command")) as p:
        eventually(p.ready, "ready")
        equal(p.ask("SET", "k", "v"), b"+OK\r\n")
        reply = p.ask("HSET", "h", "f", "v")
        check(b"does not tell its commands: NOPERM" in reply, "%r", reply)


@suite.case
def why_it_takes_no_connection():
    for options, why in ((["--maxclients", "1"], "max number of clients"), (["--requirepass", "x"], "it asks for a password")):
        with servers.STORES[KIND](options) as store:
            url = "%s://%s:%d/2" % (KIND, *store.address)
            with store.connect() as only, servers.Daemon({"backend": KIND, KIND + "_url": url, "threads": 1}) as daemon:
                only.raw("PING")
                eventually(lambda: why in daemon.readiness()[1], "%s, not %r" % (why, daemon.readiness()))


@suite.case
def a_failing_save_stops_writes_alone():
    """Even for connections that are made meanwhile: the server then refuses PING, and answers reads."""
    with Pair() as p:
        eventually(p.ready, "ready")
        equal(p.ask("SET", "k", "v"), b"+OK\r\n")
        gone = os.path.join(p.store.folder, "gone")
        os.mkdir(gone)
        p.admin("CONFIG", "SET", "save", "3600 1000000")
        p.admin("CONFIG", "SET", "dir", gone)
        os.rmdir(gone)

        def failed():
            if "rdb_bgsave_in_progress:1" not in p.admin("INFO", "persistence").decode():
                p.direct("BGSAVE")
            return "rdb_last_bgsave_status:err" in p.admin("INFO", "persistence").decode()

        eventually(failed, "a save that fails")
        p.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        eventually(lambda: p.ask("GET", "k") == b"$1\r\nv\r\n", "a read")
        eventually(p.ready, "ready")
        for words in (("SET", "k", "w"), ("MSET", "k", "w", "l", "w"), ("INCR", "n"), ("APPEND", "k", "w")):
            equal(p.ask(*words), p.direct(*words), words)
        p.admin("CONFIG", "SET", "save", "")  # or it would not end


@suite.case
def refusals_are_in_its_own_words():
    writes = ("SET k v|SET k v KEEPTTL|MSET k v l w|MSETNX x v|INCR n|INCRBYFLOAT n 1|APPEND k x|SETRANGE k 1 x|SETBIT k 1 1|DEL k|"
              "RENAME k l|EXPIRE k 10|GETEX k EX 10|HSET h f v").split("|")
    for config in ({}, {"ttl": {"default": "60s", "max": "1h"}}):
        with Pair(**config) as p:
            eventually(p.ready, "ready")
            equal(p.ask("SET", "k", "v"), b"+OK\r\n")
            p.admin("CONFIG", "SET", "maxmemory", "1")
            for line in writes:
                wanted = p.direct(*line.split())
                if wanted.startswith(b"-OOM"):
                    equal(p.ask(*line.split()), wanted, line)
            p.admin("CONFIG", "SET", "maxmemory", "0")
            p.admin("SET", "k", "v")
            p.admin("REPLICAOF", servers.HOST, "1")
            for line in writes:
                equal(p.ask(*line.split()), p.direct(*line.split()), line)
            equal(p.ask("GETRANGE", "k", "0", "0"), b"$1\r\nv\r\n")


@suite.case
def reads_of_flagged_values_write_nothing():
    with Pair() as p:
        eventually(p.ready, "ready")
        equal(p.memcache("set f 7 0 5", "hello"), b"STORED\r\n")
        before = p.calls("set")
        equal(p.ask("STRLEN", "f"), b":5\r\n")
        for first in range(-7, 8):
            for last in range(-7, 8):
                equal(p.ask("SET", "plain", "hello"), b"+OK\r\n")
                for words in (("GETRANGE",), ("BITCOUNT",), ("BITPOS", "0"), ("BITPOS", "1")):
                    tail = words[1:] + (str(first), str(last))
                    for unit in ((), ("BIT",)) if words[0] != "GETRANGE" else ((),):
                        asked = [p.ask(words[0], key, *tail, *unit) for key in ("f", "plain")]
                        equal(asked[0], asked[1], words + tail + unit)
            equal(p.ask("BITPOS", "f", "1", str(first)), p.ask("BITPOS", "plain", "1", str(first)), first)
        for at in (0, 1, 4, 39, 40, 4294967295):
            equal(p.ask("GETBIT", "f", str(at)), p.ask("GETBIT", "plain", str(at)), at)
        equal(p.ask("BITCOUNT", "f"), p.ask("BITCOUNT", "plain"))
        equal(p.memcache("set o 7 0 2", "\xff\xff".encode("latin-1")), b"STORED\r\n")
        for words in (("BITPOS", "o", "0"), ("BITPOS", "o", "0", "0"), ("BITPOS", "o", "0", "0", "-1")):
            equal(p.ask(*words), b":16\r\n" if len(words) < 5 else b":-1\r\n", words)
        sets = 15 * 15 + 1  # of `plain`, and `o`
        equal(p.calls("set") - before, sets, "SET was run")


@suite.case
def what_is_sent():
    """Whoever asks for memory to be given back later is obeyed."""
    with Pair() as p:
        eventually(p.ready, "ready")
        for words, command in ((("UNLINK", "k"), "unlink"), (("DEL", "k"), "del")):
            before = p.calls(command)
            p.ask(*words)
            equal(p.calls(command) - before, 1, command)
        with p.store.connect() as monitor:
            monitor.raw("MONITOR")
            p.ask("FLUSHDB", "ASYNC")
            p.ask("FLUSHALL", "ASYNC")
            p.ask("FLUSHALL")
            seen = []
            while len(seen) < 3:
                line = monitor.reply()
                seen += [line.split(b"] ")[1].strip()] if b"FLUSH" in line else []
            equal(seen, [b'"FLUSHDB" "ASYNC"', b'"FLUSHALL" "ASYNC"', b'"FLUSHALL"'])


@suite.case
def what_is_answered_here_waits_for_the_store():
    """Within a transaction, while other requests come and go."""
    with Pair(timeouts={"request": "1m", "stall": "1m"}) as p:
        eventually(p.ready, "ready")
        with p.daemon.connect() as c, p.daemon.connect() as other:
            words = (["MULTI"], ["ECHO", "a" * 100], ["GET", "k"], ["PING", "b" * 100], ["SETRANGE", "k", "900000000", "x"], ["EXEC"])
            a, b = (b"$100\r\n" + letter * 100 + b"\r\n" for letter in (b"a", b"b"))
            for together in (True, False):  # EXEC with all that it executes, or alone
                p.store.signal(19)
                c.send(b"".join(resp.encode(*w) for w in words[: len(words) if together else -1]))
                equal(c.replies(5), b"+OK\r\n" + b"+QUEUED\r\n" * 4)
                if not together:
                    c.send(resp.encode("EXEC"))
                for _ in range(100):
                    equal(other.raw("ECHO", "z" * 20000), b"$20000\r\n" + b"z" * 20000 + b"\r\n")
                p.store.signal(18)
                too_large = other.raw("SETRANGE", "k", "900000000", "x")
                equal(c.reply(), b"*4\r\n" + a + b"$-1\r\n" + b + too_large)


@suite.case
def the_largest_value_with_flags():
    """limits.max_value is about the client's bytes: the envelope around them does not count."""
    with Pair(limits={"max_value": "100KiB"}) as p:
        eventually(p.ready, "ready")
        value = b"x" * (100 << 10)
        equal(p.memcache("set f 7 0 %d" % len(value), value), b"STORED\r\n")
        equal(p.ask("GET", "f"), b"$%d\r\n%s\r\n" % (len(value), value))
        p.admin("SET", "f", value + b"y" * 21)
        check(p.ask("GET", "f").startswith(b"-ERR "), "one that is over it")


@suite.case
def a_smaller_limit_of_words():
    """It would end the connection that others share: what is over its limit is not sent."""
    with Pair(["--proto-max-bulk-len", "1mb"]) as p:
        eventually(p.ready, "ready")
        lost = p.daemon.metric("cachetted_upstream_connects_total", result="lost")
        value = b"x" * ((1 << 20) + 1)
        for words in (("SET", "k", value), ("MSET", "a", "b", "k", value), ("RPUSH", "l", value), ("EVAL", "return 1", "0", value)):
            check(p.ask(*words).startswith(b"-ERR "), words[0])
        with p.daemon.connect() as c:
            c.send(resp.encode("MULTI") + resp.encode("SET", "k", value) + resp.encode("INCR", "n") + resp.encode("EXEC"))
            equal(c.replies(3), b"+OK\r\n+QUEUED\r\n+QUEUED\r\n")
            reply = c.reply()
            check(reply.startswith(b"*2\r\n-ERR ") and reply.endswith(b":1\r\n"), "%r", reply)
        equal(p.ask("SET", "k", value[1:]), b"+OK\r\n")
        equal(p.daemon.metric("cachetted_upstream_connects_total", result="lost"), lost, "connections lost")


@suite.case
def hung_while_nobody_asks():
    with Pair(timeouts={"stall": "1s"}) as p:
        eventually(p.ready, "ready")
        p.store.signal(19)
        eventually(lambda: not p.ready(), "503", 15)
        p.store.signal(18)
        eventually(p.ready, "ready again", 15)


@suite.case
def an_idle_close_is_no_outage():
    with Pair() as p:
        eventually(p.ready, "ready")
        for _ in range(3):
            time.sleep(1.2)  # one that lives on for less than a second is not made again at once
            p.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            eventually(lambda: "lost a connection" in p.daemon.log(), "a word about it")
            equal(p.ask("PING"), b"+PONG\r\n")
            equal(p.ask("DBSIZE"), b":0\r\n")
        check("requests fail" not in p.daemon.log(), p.daemon.log())


@suite.case
def scripts_that_the_server_forgot():
    with Pair() as p:
        eventually(p.ready, "ready")
        p.admin("SCRIPT", "FLUSH")
        equal(p.ask("INCR", "n"), b":1\r\n")
        p.admin("SCRIPT", "FLUSH")
        loads = p.calls("script|load")
        with p.daemon.connect() as c:
            c.send(resp.encode("INCR", "n") * 500)
            replies = resp.split_replies(c.replies(500))[0]
            check(all(r.startswith((b":", b"-NOSCRIPT")) for r in replies), "%r", replies[:3])
        check(p.calls("script|load") - loads <= 5, "it was loaded %d times", p.calls("script|load") - loads)
        eventually(lambda: p.ask("INCR", "n").startswith(b":"), "a sum")


@suite.case
def objects_under_another_eviction():
    with Pair() as p:
        eventually(p.ready, "ready")
        p.admin("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
        p.admin("SET", "s", "hello")
        p.admin("RPUSH", "l", "a")
        for words in (("ENCODING", "s"), ("ENCODING", "l"), ("IDLETIME", "s"), ("FREQ", "s"), ("REFCOUNT", "s"), ("ENCODING", "none")):
            equal(p.ask("OBJECT", *words), p.direct("OBJECT", *words), words)
        check(b"WRONGTYPE" not in p.ask("CACHETTE", "EXPLAIN", "l"), "%r", p.ask("CACHETTE", "EXPLAIN", "l"))


if __name__ == "__main__":
    finish(suite.main())
