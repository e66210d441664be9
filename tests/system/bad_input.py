#!/usr/bin/env python3
"""Garbage, truncated and altered input: the daemon stays up, other connections are untouched, nothing odd is stored."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402

suite = Suite("bad input")
ROUNDS = 3000 if long_run() else 400

VALID = (
    resp.encode("SET", "k", "v" * 50)
    + resp.encode("GET", "k")
    + resp.encode("MGET", "k", "absent")
    + resp.encode("INCR", "n")
    + b"GET k\r\nSET \"a b\" 'c'\r\n"
    + resp.encode("MULTI")
    + resp.encode("DEL", "k")
    + resp.encode("EXEC")
    + resp.encode("HELLO", "3", "SETNAME", "x")
    + resp.encode("EXPIRE", "n", "100")
)


def altered(chooser, data):
    """A few bytes changed, dropped or doubled."""
    data = bytearray(data)
    for _ in range(chooser.randint(1, 6)):
        at = chooser.randrange(len(data))
        kind = chooser.randrange(4)
        if kind == 0:
            data[at] = chooser.randrange(256)
        elif kind == 1:
            del data[at : at + chooser.randint(1, 8)]
        elif kind == 2:
            data[at:at] = data[at : at + chooser.randint(1, 20)]
        else:
            data[at:at] = chooser.choice(
                (b"\r\n", b"*", b"$", b"-1", b"999999999999", b"\0", b"$-1\r\n", b"*1000000\r\n")
            )
        if not data:
            data = bytearray(b"\n")
    return bytes(data)


def bombard(make):
    """Each input on a connection of its own; a steady one checks its own key all along."""
    seed = random.SystemRandom().randrange(10**9)
    print("      seed %d" % seed)
    chooser = random.Random(seed)
    with servers.start() as server, server.connect() as steady:
        steady.call("SELECT", "9")
        steady.call("SET", "steady", "1")
        for number in range(ROUNDS):
            data = make(chooser)
            with server.connect() as c:
                try:
                    c.send(data)
                    if number % 3 == 0:
                        c.sock.shutdown(1)
                        left = c.until_closed(10)
                        check(b"internal" not in left, left)
                except ConnectionError:
                    pass
            if number % 20 == 0:
                equal(steady.call("GET", "steady"), b"1", "seed %d, input %d: %r" % (seed, number, data[:300]))
        equal(steady.call("INCR", "steady"), 2)
        eventually(lambda: steady.call("CLIENT", "LIST").count(b"\n") == 1, "only the steady one is left", 30)
        equal(server.process.poll(), None)


@suite.case
def random_bytes():
    bombard(lambda chooser: chooser.randbytes(chooser.randint(1, 3000)))


@suite.case
def random_bytes_behind_a_valid_beginning():
    heads = (b"*", b"*3\r\n", b"*2\r\n$3\r\n", b"*1\r\n$", b'SET "', b"$", b"*3\r\n$3\r\nSET\r\n$1\r\nz\r\n")
    bombard(lambda chooser: chooser.choice(heads) + chooser.randbytes(chooser.randint(1, 200)))


@suite.case
def altered_pipelines():
    bombard(lambda chooser: altered(chooser, VALID))


@suite.case
def truncated_pipelines():
    bombard(lambda chooser: VALID[: chooser.randrange(1, len(VALID))])


@suite.case
def other_protocols():
    inputs = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 30\r\n\r\nSET stored-by-http 1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x80\x00\x00\x00" + bytes(20),
        b"EHLO x\r\nMAIL FROM:<a>\r\nQUIT\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"Host: x\r\nSET stored-by-http 1\r\n",
    )
    with servers.start() as server, server.connect() as steady:
        for data in inputs:
            with server.connect() as c:
                c.send(data)
                try:
                    c.sock.shutdown(1)
                except OSError:
                    pass
                c.until_closed(10)
        equal(steady.call("DBSIZE"), 0)
        equal(steady.call("EXISTS", "stored-by-http"), 0)


@suite.case
def the_log_has_samples_of_errors():
    """At level debug, once a second for each kind; no word of the client's beside the command."""
    servers.need_daemon()
    with servers.start(config={"log": {"level": "debug"}}) as server, server.connect() as c:
        for _ in range(100):
            c.send(resp.encode("NOSUCH", "hidden") + resp.encode("GET") + resp.encode("SET", "k", "hidden"))
            c.send(resp.encode("INCR", "k"))
        c.replies(400)
        wanted = ("kind=unknown_command error=\"ERR unknown command 'NOSUCH'\"", "kind=wrong_arity", "kind=not_integer")
        for text in wanted:
            eventually(lambda: text in server.log(), text)
        check("command=incr" in server.log() and c.sock.getsockname()[0] in server.log(), server.log())
        check("hidden" not in server.log(), server.log())
        check(server.log().count("kind=wrong_arity") < 10, server.log())


@suite.case
def announced_but_never_sent():
    """Huge announced sizes take no memory before their bytes come."""
    with servers.start() as server, server.connect() as steady:
        before = server.resident_bytes()
        held = []
        for _ in range(50):
            for data in (b"*1000000\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$60000000\r\nabc"):
                c = server.connect()
                c.send(data)
                held.append(c)
        equal(steady.raw("PING"), b"+PONG\r\n")
        time.sleep(0.2)
        equal(steady.raw("PING"), b"+PONG\r\n")
        if server.kind == "daemon":
            grown = server.resident_bytes() - before
            check(grown < 64 << 20, "grew by %d MiB", grown >> 20)
        for c in held:
            c.close()


@suite.case
def over_the_limits():
    servers.need_daemon()
    config = {"limits": {"max_key": 100, "max_value": "10KiB"}}
    with servers.start(config=config) as server, server.connect() as c:
        for words in (
            ("SET", "k" * 101, "v"),
            ("GET", "k" * 101),
            ("MSET", "a", "1", "k" * 101, "v"),
            ("SET", "k", "v" * 10241),
            ("MSET", "a", "1", "k", "v" * 10241),
            ("APPEND", "k" * 101, "v"),
            ("SETRANGE", "r", "10240", "v"),
            ("SETBIT", "r", "81920", "1"),
            ("RENAME", "a", "k" * 101),
            ("DEL", "k" * 101),
        ):
            with server.connect() as one:
                reply = one.raw(*words)
                check(reply[:1] == b"-", "%s: %r", words[0], reply)
        equal(c.call("DBSIZE"), 0)
        c.call("SET", "k" * 100, "v" * 10240)
        equal(c.raw("APPEND", "k" * 100, "v")[:1], b"-")
        equal(c.call("STRLEN", "k" * 100), 10240)
        with server.connect() as one:
            one.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n")
            equal(one.until_closed(), b"-ERR Protocol error: invalid bulk length\r\n")
        equal(c.call("DBSIZE"), 1)


if __name__ == "__main__":
    finish(suite.main())
