#!/usr/bin/env python3
"""Many connections: 10,000 at once, one too many, churn, idle ones, a client killed by another."""

import os
import resource
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Skip, Suite, check, equal, eventually, finish, long_run  # noqa: E402

suite = Suite("connections")
MANY = 10000
PER_ADDRESS = 2500  # connections from one source address


def raise_file_limit(files):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise Skip("only %d files may be open here" % hard)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def source(number):
    return ("127.0.0.%d" % (1 + number // PER_ADDRESS), 0)


@suite.case
def ten_thousand_connections():
    """All open at once, each with keys of its own; every reply belongs to its connection."""
    raise_file_limit(MANY + 200)
    limit = MANY + 50
    with servers.start(config={"limits": {"max_connections": limit}}, redis=["--maxclients", str(limit)]) as server:
        connections = [server.connect(60, source(i)) for i in range(MANY)]
        for i, c in enumerate(connections):
            c.send(resp.encode("SET", "k%d" % i, i) + resp.encode("GET", "k%d" % i))
        for i, c in enumerate(connections):
            equal(c.replies(2, 60), b"+OK\r\n$%d\r\n%d\r\n" % (len(str(i)), i))
        equal(connections[0].call("DBSIZE"), MANY)
        if server.kind == "daemon":
            equal(server.metric("cachetted_connections", protocol="resp"), MANY)
        for c in connections[::2]:
            c.close()
        for i, c in list(enumerate(connections))[1::2]:
            c.send(resp.encode("GET", "k%d" % i))
        for i, c in list(enumerate(connections))[1::2]:
            equal(c.reply(60), b"$%d\r\n%d\r\n" % (len(str(i)), i))
        for c in connections:
            c.close()
        with server.connect() as last:
            eventually(lambda: last.call("CLIENT", "LIST").count(b"\n") == 1, "all are gone", 30)


@suite.case
def one_connection_too_many():
    with servers.start(config={"limits": {"max_connections": 50}}, redis=["--maxclients", "50"]) as server:
        held = []
        eventually(lambda: _hold(server, held, 50), "fifty connections")  # the readiness probe may still be closing
        for _ in range(3):
            with server.connect() as refused:
                equal(refused.until_closed(), b"-ERR max number of clients reached\r\n")
        if server.kind == "daemon":
            check(server.metric("cachetted_connections_rejected_total", protocol="resp") >= 3)
        for c in held:
            equal(c.raw("PING"), b"+PONG\r\n")
        held.pop().close()
        eventually(lambda: _hold(server, held, 50), "a place is free again")


def _hold(server, held, count):
    while len(held) < count:
        c = server.connect()
        c.send(resp.encode("PING"))
        try:
            if c.reply() != b"+PONG\r\n":
                c.close()
                return False
        except resp.Closed:
            return False
        held.append(c)
    return True


@suite.case
def refused_clients_that_spoke_first_get_the_text_too():
    """The refusal must not be lost to a reset when the client's command was already under way."""
    with servers.start(config={"limits": {"max_connections": 2}}, redis=["--maxclients", "2"]) as server:
        held = []
        eventually(lambda: _hold(server, held, 2), "two connections")
        for _ in range(20):
            with server.connect() as refused:
                try:
                    refused.send(resp.encode("PING"))
                except ConnectionError:
                    pass
                equal(refused.until_closed(), b"-ERR max number of clients reached\r\n")


@suite.case
def churn():
    rounds = 20000 if long_run() else 3000
    with servers.start() as server, server.connect() as steady:
        for i in range(rounds):
            with server.connect(10, source(i)) as c:
                equal(c.raw("ECHO", i), b"$%d\r\n%d\r\n" % (len(str(i)), i))
        eventually(lambda: steady.call("CLIENT", "LIST").count(b"\n") == 1, "all are gone")
        if server.kind == "daemon":
            check(server.metric("cachetted_connections_total", protocol="resp") >= rounds)


@suite.case
def idle_connections_are_closed():
    with servers.start(config={"timeouts": {"idle": "1s"}}, redis=["--timeout", "1"]) as server:
        idle, busy = server.connect(), server.connect()
        equal(idle.raw("PING"), b"+PONG\r\n")
        idle.send(b"")
        closed = []

        def probe():
            equal(busy.raw("PING"), b"+PONG\r\n")
            try:
                idle.fill(time.monotonic() + 0.05)
            except resp.TimedOut:
                pass
            except resp.Closed:
                closed.append(True)
            return closed

        eventually(probe, "the idle one is closed", 30)
        equal(bytes(idle.buf), b"")
        equal(busy.raw("PING"), b"+PONG\r\n")
        if server.kind == "daemon":
            check(server.metric("cachetted_connections_cut_total", reason="idle") >= 1)


@suite.case
def a_client_kills_others():
    with servers.start() as server:
        killer = server.connect()
        victims = [server.connect() for _ in range(3)]
        ids = [v.call("CLIENT", "ID") for v in victims]
        equal(killer.call("CLIENT", "KILL", "ID", ids[0]), 1)
        equal(victims[0].until_closed(), b"")
        address = "%s:%d" % victims[1].sock.getsockname()
        equal(killer.call("CLIENT", "KILL", address), b"OK")
        equal(victims[1].until_closed(), b"")
        equal(killer.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), 1)
        equal(victims[2].until_closed(), b"")
        equal(killer.raw("PING"), b"+PONG\r\n")
        killer.send(resp.encode("CLIENT", "KILL", "ID", killer.call("CLIENT", "ID"), "SKIPME", "no"))
        equal(killer.until_closed(), b":1\r\n")


@suite.case
def client_list_tells_of_each():
    with servers.start() as server:
        connections = [server.connect() for _ in range(5)]
        for i, c in enumerate(connections):
            c.call("CLIENT", "SETNAME", "name%d" % i)
            c.call("SELECT", i)
        lines = connections[0].call("CLIENT", "LIST").decode().splitlines()
        equal(len(lines), 5)
        fields = [dict(word.split("=", 1) for word in line.split(" ")) for line in lines]
        equal(sorted((f["name"], f["db"]) for f in fields), [("name%d" % i, str(i)) for i in range(5)])
        equal({f["addr"] for f in fields}, {"%s:%d" % c.sock.getsockname() for c in connections})
        equal(len({f["id"] for f in fields}), 5)
        check(all(f["laddr"] == "%s:%d" % server.address for f in fields))


if __name__ == "__main__":
    finish(suite.main())
