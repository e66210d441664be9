#!/usr/bin/env python3
"""The store is killed, hung, slow, or lies, while clients of both protocols ask it without a pause.

run.py [--only NAME] [-v]. STORE=valkey: with a Valkey server (else Redis). Each fault prints how many operations were
checked, which errors they got, and how many replies were wrong; one is a failure.
"""

import hashlib
import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from faults.load import Load  # noqa: E402
from faults.proxy import CLOSE, RESET, SILENCE, Proxy  # noqa: E402
from lib import resp, servers  # noqa: E402
from lib.cases import Skip, Suite, check, equal, eventually, finish  # noqa: E402

KIND = servers.store() or "redis"
suite = Suite("faults")
PASSWORD = "s3cret-Pass"
TIMEOUTS = {"request": "1s", "connect": "1s", "stall": "3s"}
LONG_LIVED = 1.1  # seconds: only a connection that has lived so long is worth another one at once
PATIENT = {"request": "1h", "connect": "10m", "stall": "1h"}  # what comes with these was not waited for


def config_for(address, url=None, timeouts=TIMEOUTS, **more):
    url = url or "%s://%s:%d" % (KIND, *address)
    return {"backend": KIND, KIND + "_url": url, "timeouts": timeouts, "threads": 2, **more}


def not_ready(daemon, *reasons):
    """What /readyz says while it is 503 for one of the reasons, else None."""
    status, text = daemon.readiness()
    return text if status == 503 and any(reason in text for reason in reasons) else None


class Stage:
    """A store, a proxy before it, cachetted, and its clients. Leaving it counts and judges what they were answered."""

    def __init__(self, name, allowed=(), lossy=False, password=None, timeouts=TIMEOUTS, **config):
        self.name = name
        options = ["--enable-protected-configs", "local"] + (["--requirepass", password] if password else [])
        self.store = servers.STORES[KIND](options)
        self.password = password
        self.proxy = Proxy(self.store.address)
        url = "%s://:%s@%s:%d" % (KIND, password, *self.proxy.address) if password else None
        config = config_for(self.proxy.address, url, timeouts, **config)
        self.daemon = servers.Daemon(config, with_memcache=True)
        self.load = Load(self.daemon, allowed, lossy)

    def __enter__(self):
        eventually(self.ready, "ready")
        self.load.start()
        self.served()
        return self

    def __exit__(self, kind, *unused):
        self.load.stop()
        wrong = self.load.wrong()
        ended = self.daemon.process.poll()
        try:
            if kind is None:
                self.judge(wrong, ended)
            elif wrong or ended is not None:
                print("%s: the daemon ended with %s; wrong: %s" % (self.name, ended, wrong[:3]))
                print(self.daemon.log()[-3000:] if ended is not None else "")
        finally:
            self.proxy.__exit__()
            self.daemon.stop()
            self.store.signal(signal.SIGCONT)
            self.store.stop()

    def judge(self, wrong, ended):
        errors = self.load.errors()
        print(
            "%s: %d operations checked, %d wrong, %d errors (%s)"
            % (
                self.name,
                self.load.checked(),
                len(wrong),
                sum(errors.values()),
                ", ".join("%d %s" % (count, what) for what, count in errors.most_common(4)),
            ),
            flush=True,
        )
        equal(ended, None, "the daemon ended:\n" + self.daemon.log()[-3000:])
        check(not wrong, "%d wrong, the first:\n%s", len(wrong), "\n".join(wrong[:5]))
        check(self.load.checked() > 300, "only %d operations", self.load.checked())
        if self.password:
            check(self.password not in self.daemon.log(), "the password is in the log")
        with self.daemon.connect() as connection:
            equal(connection.raw("PING"), b"+PONG\r\n")

    # What a fault does and waits for:

    def ready(self):
        return self.daemon.readiness()[0] == 200

    def not_ready(self, reason=""):
        """Waits for /readyz to say so, for that reason; its text names the server and never the password."""
        text = eventually(lambda: not_ready(self.daemon, reason), "503 for `%s` (now %s)" % (reason, self.daemon.readiness()))
        named = "%s:%d" % self.proxy.address
        check(named in text, "%r does not name %s", text, named)
        check(not self.password or self.password not in text and PASSWORD not in text, text)

    def served(self):
        """Waits until every client gets good replies again."""
        eventually(self.load.all_served(), "every client is served", 30)

    def recovers(self, since):
        """Ready and served; `since` is when the store was back, on the clock of monotonic()."""
        eventually(self.ready, "ready again", 15)
        took = time.monotonic() - since
        self.served()
        print("%s: ready %.2f s after the store was back" % (self.name, took))

    def failing(self):
        """Waits until clients get errors."""
        before = sum(self.load.errors().values())
        eventually(lambda: sum(self.load.errors().values()) > before, "errors", 15)

    def admin(self, *words):
        """A command to the store itself."""
        with self.store.connect() as connection:
            if self.password:
                connection.call("AUTH", self.password)
            return connection.call(*words)

    def lost(self):
        return self.daemon.metric("cachetted_upstream_connects_total", result="lost")

    def loses_a_connection(self, act):
        before = self.lost()
        act()
        eventually(lambda: self.lost() > before, "a lost connection", 15)

    def lie(self, connection, data, count, at, answers, marker):
        """data has count replies; the store's number `at` becomes each of answers in turn. The stream stays in step."""
        for answer in answers:
            with self.store.connect() as control:
                control.send(b"".join(map(resp.encode, ("FLUSHALL",))) + resp.encode("SET", "n", "1"))
                control.replies(2)
            left = [at]

            def hook(reply, before, left=left, answer=answer):
                left[0] -= 1
                return [answer] if left[0] == -1 else None

            self.proxy.hook = hook
            try:
                connection.send(data + marker[0])
                connection.replies(count)
                equal(connection.reply(), marker[1], "behind %r with %r" % (data[:200], answer))
            except (resp.Closed, resp.TimedOut) as fault:
                raise AssertionError("%s after %r with %r at %d" % (fault, data[:300], answer, at)) from None
            self.proxy.hook = None
            eventually(self.ready, "ready")

    def once(self, wanted, *pieces):
        """One reply is replaced while clients go on; the connection that it was on ends, and all are served again."""
        before = self.lost()
        done = self.proxy.replace_one(wanted, *pieces)
        eventually(done.is_set, "such a reply")
        eventually(lambda: self.lost() > before, "a lost connection", 15)
        self.proxy.hook = None
        self.served()


def fault(body):
    """A case; its name is told to the stage that it opens by `stage()`."""

    def stage(**options):
        return Stage(body.__name__, **options)

    def run():
        servers.need_daemon()
        body(stage)

    run.__name__ = body.__name__
    return suite.case(run)


# The server itself


@fault
def killed_and_restarted(stage):
    with stage(lossy=True) as s:
        for _ in range(3):
            s.store.signal(signal.SIGKILL)
            s.store.wait()
            s.not_ready()
            s.failing()
            s.store.restart()
            s.recovers(time.monotonic())


@fault
def restarted_at_once(stage):
    """It may be back before anyone asks for its health."""
    with stage(lossy=True) as s:
        for _ in range(5):
            s.store.signal(signal.SIGKILL)
            s.store.wait()
            s.store.restart()
            s.served()


@fault
def hangs_beyond_the_request_timeout(stage):
    """Late replies come on a connection that lives on, and are swallowed."""
    with stage(timeouts={**TIMEOUTS, "stall": "1h"}) as s:
        s.store.signal(signal.SIGSTOP)
        eventually(lambda: s.daemon.metric("cachetted_upstream_timeouts_total") > 0, "a request timed out")
        s.failing()
        s.store.signal(signal.SIGCONT)
        s.served()
        equal(s.lost(), 0, "connections lost")
        check(any("timeouts.request" in error for error in s.load.errors()), "%s", s.load.errors())


@fault
def hangs_beyond_the_stall_timeout(stage):
    with stage() as s:
        s.loses_a_connection(lambda: s.store.signal(signal.SIGSTOP))
        s.failing()
        s.not_ready()
        s.store.signal(signal.SIGCONT)
        s.recovers(time.monotonic())


@fault
def the_network_hangs(stage):
    with stage() as s:
        s.loses_a_connection(s.proxy.hang)
        s.failing()
        s.proxy.release()
        s.recovers(time.monotonic())


@fault
def slow(stage):
    with stage() as s:
        s.proxy.delay = 0.05
        s.served()
        time.sleep(1)
        s.proxy.delay = 0
        s.served()
        equal(sum(s.load.errors().values()), 0, "errors")


@fault
def clients_killed_under_load(stage):
    with stage() as s:
        for _ in range(5):
            s.loses_a_connection(lambda: s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
            s.served()


@fault
def password_changed(stage):
    with stage(password=PASSWORD, allowed=["NOAUTH .*"]) as s:
        s.admin("CONFIG", "SET", "requirepass", "another")
        s.password = "another"
        s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        s.not_ready("password")
        s.failing()
        s.admin("CONFIG", "SET", "requirepass", PASSWORD)
        s.password = PASSWORD
        s.recovers(time.monotonic())


@fault
def misconf(stage):
    """It cannot save, and takes no writes until it can."""
    with stage(allowed=["MISCONF .*", "EXECABORT .*"]) as s:
        gone = os.path.join(s.store.folder, "gone")
        os.mkdir(gone)
        s.admin("CONFIG", "SET", "save", "3600 1000000")
        s.admin("CONFIG", "SET", "dir", gone)
        os.rmdir(gone)

        def saved(how):
            if "rdb_bgsave_in_progress:1" not in s.admin("INFO", "persistence").decode():
                try:
                    s.admin("BGSAVE")
                except resp.RespError:
                    pass
            time.sleep(0.05)
            return "rdb_last_bgsave_status:" + how in s.admin("INFO", "persistence").decode()

        try:
            eventually(lambda: saved("err"), "a save that fails", 10)
        except AssertionError:
            raise Skip("no save fails here") from None
        eventually(lambda: s.load.errors()["MISCONF"] > 20, "MISCONF")
        check(s.ready(), "reads go on")
        s.admin("CONFIG", "SET", "dir", s.store.folder)
        eventually(lambda: saved("ok"), "a save")
        s.served()


@fault
def out_of_memory(stage):
    with stage(allowed=["OOM .*", "EXECABORT .*"]) as s:
        s.admin("CONFIG", "SET", "maxmemory-policy", "noeviction")
        s.admin("CONFIG", "SET", "maxmemory", "1")
        eventually(lambda: s.load.errors()["OOM"] > 20, "OOM")
        check(s.ready(), "reads go on")
        s.admin("CONFIG", "SET", "maxmemory", "0")
        s.served()


@fault
def read_only(stage):
    with stage(lossy=True, allowed=["READONLY .*", "MASTERDOWN .*", "EXECABORT .*", "UNBLOCKED .*"]) as s:
        s.admin("REPLICAOF", servers.HOST, "1")
        eventually(lambda: s.load.errors()["READONLY"] > 20, "READONLY")
        s.admin("CONFIG", "SET", "replica-serve-stale-data", "no")
        eventually(lambda: s.load.errors()["MASTERDOWN"] > 20, "MASTERDOWN")
        s.admin("REPLICAOF", "NO", "ONE")
        eventually(s.ready, "ready")
        s.served()


@fault
def loading(stage):
    """It answers that it loads its data, first on connections that are there, then on new ones."""
    text = b"-LOADING %s is loading the dataset in memory\r\n" % KIND.encode()
    with stage(lossy=True, allowed=["LOADING .*", "EXECABORT .*"]) as s:
        s.proxy.hook = lambda reply, before: [text]
        eventually(lambda: s.load.errors()["LOADING"] > 20, "LOADING")
        s.proxy.end(CLOSE)
        s.not_ready("LOADING")
        s.failing()
        s.proxy.hook = None
        s.recovers(time.monotonic())


# The connection


@fault
def closed(stage):
    with stage() as s:
        for _ in range(10):
            s.loses_a_connection(lambda: s.proxy.end(CLOSE))
            s.served()


@fault
def reset(stage):
    with stage() as s:
        for _ in range(10):
            s.loses_a_connection(lambda: s.proxy.end(RESET))
            s.served()


@fault
def half_closed(stage):
    with stage() as s:
        for _ in range(5):
            s.loses_a_connection(s.proxy.half_close)
            s.served()


@fault
def reconnect_storm(stage):
    with stage() as s:
        accepted = s.proxy.accepted
        until = time.monotonic() + 3
        while time.monotonic() < until:
            s.proxy.end(RESET if int(until * 50) % 2 else CLOSE)
            time.sleep(0.02)
        storm = s.proxy.accepted - accepted
        s.recovers(time.monotonic())
        print("reconnect_storm: %d connections" % storm)


@fault
def refused_for_a_while(stage):
    with stage() as s:
        s.proxy.refuse()
        s.proxy.end(CLOSE)
        s.not_ready("refused")
        s.failing()
        s.proxy.listen()
        s.recovers(time.monotonic())


# What it answers


def a_value(reply, before):
    return reply[:1] == b"$" and b"key:" in reply[:30]


def many_values(reply, before):
    return reply[:1] == b"*" and b"QUEUED" not in before and reply.count(b"key:") > 2


def a_transaction(reply, before):
    return reply[:1] == b"*" and b"QUEUED" in before


def queued(reply, before):
    return reply == b"+QUEUED\r\n"


def half(reply):
    return reply[: len(reply) // 2]


def all_but_the_end(reply):
    return reply[:-1]


@fault
def garbage(stage):
    with stage() as s:
        for text in (b"\x00\xff garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n\r\n", b"key:x\r\n", b"\x16\x03\x01\x02\x00"):
            s.once(a_value, text, b"\r\n")


@fault
def impossible_lengths(stage):
    texts = (b"$99999999999999\r\n", b"$-7\r\n", b"*-7\r\n", b"*99999999999999\r\n", b"$1x\r\n", b"$\r\n", b"*4294967297\r\n")
    with stage() as s:
        for text in texts:
            s.once(a_value, text)


@fault
def cut_in_a_multi_get(stage):
    with stage() as s:
        for piece in (half, all_but_the_end, b"*3\r\n", lambda reply: reply[:1]):
            for how in (CLOSE, RESET):
                s.once(many_values, piece, how)


@fault
def cut_in_a_transaction(stage):
    with stage() as s:
        for how in (CLOSE, RESET):
            s.once(queued, b"+QUEUED\r\n", how)
            s.once(queued, b"+QUE", how)
            s.once(a_transaction, how)
            s.once(a_transaction, half, how)
            s.once(a_transaction, all_but_the_end, how)


@fault
def what_changes_is_not_sent_twice(stage):
    """The store does it, and its reply is lost: an error for the client, which alone knows whether to repeat it."""
    count = "return redis.call('INCR', KEYS[1])"
    writes = (  # and how it is seen that it was done once
        (["INCR", "n"], ["GET", "n"], b"11"),
        (["INCRBYFLOAT", "n", "1"], ["GET", "n"], b"11"),
        (["EVAL", count, "1", "n"], ["GET", "n"], b"11"),
        (["EVALSHA", hashlib.sha1(count.encode()).hexdigest(), "1", "n"], ["GET", "n"], b"11"),
        (["BITFIELD", "n", "INCRBY", "u8", "8", "1"], ["GET", "n"], b"11"),
        (["APPEND", "n", "1"], ["GET", "n"], b"101"),
        (["HINCRBY", "h", "n", "1"], ["HGET", "h", "n"], b"1"),
        (["RPUSH", "l", "x"], ["LLEN", "l"], 1),
        (["SPOP", "s"], ["SCARD", "s"], 2),
    )
    with stage(timeouts=PATIENT) as s, s.daemon.connect(20) as connection:
        s.load.pause()
        for words, look, once in writes:
            s.admin("FLUSHALL")
            s.admin("SET", "n", "10")
            s.admin("SADD", "s", "a", "b", "c")
            s.admin("SCRIPT", "LOAD", count)
            time.sleep(LONG_LIVED)
            done = s.proxy.replace_one(lambda reply, before: True, CLOSE)
            reply = connection.raw(*words)
            check(done.is_set(), "it was not asked: %s", words)
            s.proxy.hook = None
            eventually(lambda: connection.raw("GET", "absent") == b"$-1\r\n", "served")
            equal(s.admin(*look), once, "%s, answered with %r" % (words, reply))
            check(reply.startswith(b"-ERR backend"), "%r to %s", reply, words)
        for words in (["GET", "n"], ["MGET", "n", "n"], ["TTL", "n"], ["HLEN", "h"]):  # reads are sent once more
            time.sleep(LONG_LIVED)
            done = s.proxy.replace_one(lambda reply, before: True, CLOSE)
            reply = connection.raw(*words)
            check(done.is_set() and reply[:1] != b"-", "%r to %s", reply, words)
            s.proxy.hook = None
        s.load.lossy = True
        s.load.resume()
        s.served()


@fault
def cut_in_a_value(stage):
    with stage() as s:
        for piece in (half, all_but_the_end, lambda reply: reply[:-2], lambda reply: reply[:2]):
            s.once(a_value, piece, CLOSE)


@fault
def silent_in_a_value(stage):
    """Half a reply and nothing more: the stall time-out ends it."""
    with stage() as s:
        def long_value(reply, before):
            return a_value(reply, before) and len(reply) > 10000

        before = s.lost()
        done = s.proxy.replace_one(long_value, half, SILENCE)
        eventually(done.is_set, "a long value")
        eventually(lambda: s.lost() > before, "a lost connection", 15)
        s.proxy.release()
        s.served()


@fault
def a_reply_too_many(stage):
    """Where nothing is due. (Among replies that are due one too many cannot be told from a right one.)"""
    with stage() as s:
        for text in (b"+OK\r\n", b"$3\r\nabc\r\n", b"*0\r\n", b"-ERR who asked\r\n", b":1\r\n:2\r\n"):
            s.load.pause()
            eventually(lambda: s.daemon.metric("cachetted_upstream_in_flight_requests") == 0, "nothing is due")
            s.loses_a_connection(lambda text=text: s.proxy.inject(text))
            s.load.resume()
            s.served()


@fault
def half_a_reply_too_many(stage):
    """It waits for its end when the next command leaves, whose reply would be taken for that end."""
    with stage() as s:
        s.load.pause()
        eventually(lambda: s.daemon.metric("cachetted_upstream_in_flight_requests") == 0, "nothing is due")
        before = s.lost()
        s.proxy.inject(b"$3\r\na")
        s.load.resume()
        eventually(lambda: s.lost() > before, "a lost connection", 15)
        s.served()


@fault
def replies_of_another_type(stage):
    """Whatever comes where something else is due: an answer all the same, and the requests behind it get theirs."""
    answers = (
        b"+OK\r\n",
        b"+QUEUED\r\n",
        b"+\r\n",
        b":1\r\n",
        b":-9223372036854775808\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$3\r\nabc\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*1\r\n$1\r\na\r\n",
        b"*2\r\n*2\r\n:1\r\n*0\r\n$-1\r\n",
        b"*9\r\n" + b"$1\r\na\r\n" * 9,
        b"-ERR no\r\n",
        b"-\r\n",
        b"-NOSCRIPT No matching script.\r\n",
        b"-WRONGTYPE Operation against a key\r\n",
        b"-ERR value is not an integer or out of range\r\n",
        b"-EXECABORT Transaction discarded\r\n",
        b"_\r\n",
        b"#t\r\n",
        b",1.5\r\n",
        b"%1\r\n$1\r\na\r\n:1\r\n",
        b"~1\r\n:1\r\n",
        b"(123456789012345678901234567890\r\n",
        b"=5\r\ntxt:a\r\n",
        b"!5\r\nERR a\r\n",
    )
    commands = (
        "GET k|SET k v|SET k v GET|SET k v NX EX 10|MGET k l m|MSET a 1 b 2|MSETNX a 1 b 2|DEL k l|EXISTS k l|INCR n|INCRBYFLOAT n 1|"
        "APPEND k x|STRLEN k|GETRANGE k 0 1|SETRANGE k 1 x|SETBIT k 1 1|BITCOUNT k|LCS k l|TTL k|PEXPIRETIME k|EXPIRE k 10|"
        "EXPIRE k 10 NX|PERSIST k|GETEX k EX 10|GETDEL k|RENAME k l|COPY k m|RANDOMKEY|KEYS *|SCAN 0|SCAN 0 TYPE string|DBSIZE|"
        "TYPE k|OBJECT ENCODING k|FLUSHDB|HGETALL h|CACHETTE CLEAR ns|CACHETTE EXPLAIN k"
    ).split("|")
    lines = (
        "get k|gets k l m|gat 10 k l|mg k v t f c s|set k 5 0 1\r\na|add k 0 0 1\r\na|append k 0 0 1\r\na|cas k 0 0 1 5\r\na|delete k|"
        "incr n 1|touch k 10|ma n N0 v t c|md k C5|ms k 1 c\r\na|flush_all"
    ).split("|")
    commands = [resp.encode(*line.split()) for line in commands]
    queued = [b"SET k v", b"GET k", b"MGET k l", b"INCR n", b"APPEND k x", b"HGETALL h", b"TTL k"]
    transaction = b"".join(resp.encode(*line.split()) for line in [b"MULTI", *queued, b"EXEC"])
    with stage(timeouts=PATIENT, lossy=True) as s:
        s.load.pause()
        marker = resp.encode("PING"), b"+PONG\r\n"
        for version in ("2", "3"):
            with s.daemon.connect(20) as connection:
                connection.raw("HELLO", version)
                for data in commands:
                    s.lie(connection, data, 1, 0, answers, marker)
                for at in range(len(queued) + 2):
                    s.lie(connection, transaction, len(queued) + 2, at, answers, marker)
        with s.daemon.connect_to("memcache", 20) as connection:
            for line in lines:
                s.lie(connection, line.encode() + b"\r\n", 1, 0, answers, (b"mn\r\n", b"MN\r\n"))
        s.load.resume()
        s.served()


@fault
def a_value_of_512_mb(stage):
    """Over limits.max_value: an error for whoever asked, and all others are served on the same connection."""
    size = 512 << 20
    with stage(allowed=["ERR .*max_value.*", ".*too large.*"], limits={"max_value": "1MiB"}) as s:
        resident = s.daemon.resident_bytes()
        blocks = [b"x" * (1 << 20)] * (size >> 20)
        done = s.proxy.replace_one(a_value, b"$%d\r\n" % size, *blocks, b"\r\n")
        eventually(done.is_set, "a value")
        s.served()
        grown = (s.daemon.resident_bytes() - resident) >> 20
        print("a_value_of_512_mb: the daemon grew by %d MiB" % grown)
        check(grown < 200, "grown by %d MiB", grown)
        check(sum(s.load.errors().values()) > 0, "an error for whoever asked")


# From the start, without a load: what is asked fails at once, with a reason, and /readyz names the server.


def unavailable(address, *reasons, url=None, named=None, timeouts=PATIENT, commands=100):
    """A daemon on that store: every request is answered although none may time out for an hour."""
    named = named or "%s:%d" % address
    with servers.Daemon(config_for(address, url, timeouts), with_memcache=True) as daemon:

        text = eventually(lambda: not_ready(daemon, *reasons), "503, and one of %s" % (reasons,), 15)
        check(named in text, text)
        check(PASSWORD not in text and PASSWORD not in daemon.log(), text)
        with daemon.connect(20) as connection:
            words = (["GET", "k"], ["SET", "k", "v"], ["MGET", "a", "b"], ["INCR", "n"], ["DBSIZE"], ["HGET", "h", "f"])
            connection.send(b"".join(resp.encode(*words[i % len(words)]) for i in range(commands)) + resp.encode("PING"))
            replies = resp.split_replies(connection.replies(commands + 1))[0]
            for reply in replies[:-1]:
                check(reply.startswith(b"-ERR backend '%s' is unavailable: " % KIND.encode()), "%r", reply)
                check(PASSWORD.encode() not in reply, "%r", reply)
            equal(replies[-1], b"+PONG\r\n")
            connection.send(resp.encode("MULTI") + resp.encode("SET", "k", "v") + resp.encode("EXEC"))
            replies = resp.split_replies(connection.replies(3))[0]
            check(replies[2].startswith((b"-ERR backend", b"-EXECABORT")), "%r", replies)
        with daemon.connect_to("memcache", 20) as connection:
            for line in ("get k", "mg k v", "delete k", "incr n 1"):
                reply = connection.raw(line)
                check(reply.startswith(b"SERVER_ERROR backend '%s' is unavailable: " % KIND.encode()), "%r", reply)
            reply = connection.raw("set k 0 0 1", "v")
            check(reply.startswith(b"SERVER_ERROR "), "%r", reply)
            equal(connection.raw("mn"), b"MN\r\n")
        equal(daemon.process.poll(), None)


@fault
def nobody_listens(stage):
    unavailable((servers.HOST, servers.stable_port()), "refused")


@fault
def a_host_without_address(stage):
    unavailable(None, "nosuch.invalid", url="%s://nosuch.invalid:6379" % KIND, named="nosuch.invalid")


@fault
def a_socket_that_is_not_there(stage):
    unavailable(None, "no such file", url="unix:///nosuch/store.sock", named="/nosuch/store.sock")


@fault
def a_wrong_password(stage):
    with servers.STORES[KIND](["--requirepass", "the right one"]) as store:
        for user in ("", "eve"):
            url = "%s://%s:%s@%s:%d" % (KIND, user, PASSWORD, *store.address)
            unavailable(store.address, "password", url=url)


@fault
def no_password(stage):
    with servers.STORES[KIND](["--requirepass", "the right one"]) as store:
        unavailable(store.address, "NOAUTH")


@fault
def a_database_that_is_not_there(stage):
    with servers.STORES[KIND](["--databases", "4"]) as store:
        unavailable(store.address, "database", url="%s://%s:%d/7" % (KIND, *store.address))


class Answering:
    """A server that answers whatever comes with the same bytes, and closes or not."""

    def __init__(self, data, closes=False):
        self.data, self.closes = data, closes
        self.listener = socket.create_server((servers.HOST, 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock):
        try:
            with sock:
                while sock.recv(65536):
                    sock.sendall(self.data)
                    if self.closes:
                        return
        except OSError:
            pass


@fault
def a_web_server(stage):
    with Answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True) as server:
        unavailable(server.address, "no reply")


@fault
def a_memcached(stage):
    with servers.Memcached() as server:
        unavailable(server.address, "no reply")


@fault
def a_server_that_closes_at_once(stage):
    with Answering(b"", True) as server:
        unavailable(server.address, "closed")


@fault
def a_server_that_says_nothing(stage):
    """Here only timeouts.connect can tell."""
    with Answering(b"") as server:
        unavailable(server.address, "no answer", timeouts={**PATIENT, "connect": "300ms"})


@fault
def a_server_without_end(stage):
    """Its greeting never ends: more replies than were asked for."""
    with Answering(b"+PONG\r\n" * 1000) as server:
        unavailable(server.address, "too many", "not ready", "no answer", timeouts={**PATIENT, "connect": "1s"})


@fault
def back_after_a_long_time(stage):
    """However long it was away, it is noticed within about a second."""
    store = servers.STORES[KIND]()
    with servers.Daemon(config_for(store.address)) as daemon, daemon.connect(20) as connection:
        eventually(lambda: daemon.readiness()[0] == 200, "ready")
        store.signal(signal.SIGKILL)
        store.wait()
        eventually(lambda: daemon.readiness()[0] == 503, "503")
        time.sleep(5)
        store.restart()
        back = time.monotonic()
        eventually(lambda: daemon.readiness()[0] == 200, "ready again")
        print("back_after_a_long_time: ready %.2f s after the store was back" % (time.monotonic() - back))
        equal(connection.raw("SET", "k", "v"), b"+OK\r\n")
    store.stop()


if __name__ == "__main__":
    finish(suite.main())
