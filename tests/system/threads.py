#!/usr/bin/env python3
"""Two loops and more: no reply goes astray, and what is atomic in one command or one EXEC is so across loops."""

import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402
from lib.load import echo_pairs, pipelined  # noqa: E402

suite = Suite("threads")
ROUNDS = 2000 if long_run() else 200


def two_loops(threads=2):
    return servers.start(config={"threads": threads})


def side_by_side(*bodies):
    """Runs each body in a thread of its own; the first fault is raised."""
    faults = []

    def guard(body):
        try:
            body()
        except Exception as fault:  # handed to the caller's thread
            faults.append(fault)

    threads = [threading.Thread(target=guard, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


@suite.case
def each_connection_sees_its_own_keys():
    with two_loops() as server:

        def client(number):
            def run():
                with server.connect(60) as c:
                    for turn in range(ROUNDS // 10):
                        data, want = echo_pairs(b"own%d:%d" % (number, turn), 100)
                        equal(pipelined(c, data, 200) == want, True)

            return run

        side_by_side(*(client(i) for i in range(16)))
        with server.connect() as c:
            equal(c.call("DBSIZE"), 16 * (ROUNDS // 10) * 100)


@suite.case
def four_loops_and_64_connections():
    with two_loops(4) as server:
        connections = [server.connect(60) for _ in range(64)]
        made = [echo_pairs(b"c%d" % i, 50) for i in range(64)]
        for _ in range(5):
            for c, (data, _want) in zip(connections, made):
                c.send(data)
            for c, (_data, want) in zip(connections, made):
                equal(c.replies(100, 60) == want, True)
        if server.kind == "daemon":
            equal(server.metric("cachetted_loops"), 4)


@suite.case
def counters_lose_nothing():
    with two_loops() as server:

        def add():
            with server.connect(60) as c:
                c.send(resp.encode("INCR", "n") * 2000)
                c.replies(2000, 60)

        side_by_side(*[add] * 8)
        with server.connect() as c:
            equal(c.call("GET", "n"), b"16000")


@suite.case
def optimistic_locking_across_loops():
    with two_loops() as server:
        aborted = []

        def add():
            with server.connect(60) as c:
                done = 0
                while done < ROUNDS:
                    c.call("WATCH", "n")
                    value = int(c.call("GET", "n") or 0)
                    c.call("MULTI")
                    c.call("SET", "n", value + 1)
                    if c.call("EXEC") is not None:
                        done += 1
                    else:
                        aborted.append(1)

        side_by_side(*[add] * 4)
        with server.connect() as c:
            equal(c.call("GET", "n"), b"%d" % (4 * ROUNDS))


def writer_and_readers(server, write, read, readers=3):
    stop = threading.Event()

    def writing():
        try:
            with server.connect(60) as c:
                for turn in range(ROUNDS * 10):
                    write(c, turn)
        finally:
            stop.set()

    def reading():
        with server.connect(60) as c:
            while not stop.is_set():
                read(c)

    side_by_side(writing, *[reading] * readers)


KEYS = ["k%d" % i for i in range(24)]


@suite.case
def mset_is_seen_whole():
    with two_loops() as server:

        def write(c, turn):
            c.call("MSET", *[w for key in KEYS for w in (key, turn)])

        def read(c):
            equal(len(set(c.call("MGET", *KEYS))), 1, "values of one MSET")

        writer_and_readers(server, write, read)


@suite.case
def exec_is_seen_whole():
    """The writer moves an amount between keys in a transaction; readers see the sum unchanged, in MGET and in MULTI."""
    with two_loops() as server:
        with server.connect() as c:
            c.call("MSET", *[w for key in KEYS for w in (key, 100)])

        def write(c, turn):
            a, b = KEYS[turn % 24], KEYS[(turn * 7 + 5) % 24]
            c.send(
                resp.encode("MULTI") + resp.encode("DECRBY", a, 3) + resp.encode("INCRBY", b, 3) + resp.encode("EXEC")
            )
            c.replies(4)

        def read(c):
            equal(sum(map(int, c.call("MGET", *KEYS))), 2400, "MGET")
            c.send(resp.encode("MULTI") + b"".join(resp.encode("GET", key) for key in KEYS) + resp.encode("EXEC"))
            c.replies(25)
            equal(sum(map(int, resp.decode(c.reply()))), 2400, "EXEC")

        writer_and_readers(server, write, read)


@suite.case
def rename_is_seen_whole():
    """A key that is renamed to and fro is in exactly one place."""
    with two_loops() as server:
        with server.connect() as c:
            c.call("SET", "here", "v")

        def write(c, turn):
            c.call("RENAME", *(("here", "there") if turn % 2 == 0 else ("there", "here")))

        def read(c):
            equal(c.call("EXISTS", "here", "there"), 1)
            equal(sorted(c.call("MGET", "here", "there"), key=str), sorted([b"v", None], key=str))

        writer_and_readers(server, write, read)


@suite.case
def msetnx_has_one_winner():
    with two_loops() as server:
        barrier = threading.Barrier(6)
        wins = []

        def race():
            with server.connect(60) as c:
                for turn in range(ROUNDS):
                    barrier.wait(60)
                    if c.call("MSETNX", "a%d" % turn, id(c), "b%d" % turn, id(c)):
                        wins.append(turn)

        side_by_side(*[race] * 6)
        equal(sorted(wins), list(range(ROUNDS)))


@suite.case
def getdel_has_one_winner():
    with two_loops() as server:
        taken = []
        with server.connect() as c:
            for turn in range(ROUNDS * 10):
                c.call("SET", "job%d" % turn, turn)

        def take():
            with server.connect(60) as c:
                for turn in range(ROUNDS * 10):
                    value = c.call("GETDEL", "job%d" % turn)
                    if value is not None:
                        taken.append(int(value))

        side_by_side(*[take] * 4)
        equal(sorted(taken), list(range(ROUNDS * 10)))


@suite.case
def everything_at_once():
    """Writers, listings, flushes of another database, swaps, scrapes and clients that come and go: every loop stays in step."""
    with two_loops() as server:
        stop = threading.Event()

        def own_keys(number):
            def run():
                try:
                    with server.connect(60) as c:
                        for turn in range(ROUNDS // 4):
                            data, want = echo_pairs(b"all%d:%d" % (number, turn), 50)
                            equal(pipelined(c, data, 100) == want, True)
                finally:
                    if number == 0:
                        stop.set()

            return run

        def repeat(*commands):
            def run():
                with server.connect(60) as c:
                    while not stop.is_set():
                        for words in commands:
                            check(not isinstance(resp.decode(c.raw(*words)), resp.RespError), " ".join(map(str, words)))

            return run

        def come_and_go():
            while not stop.is_set():
                with server.connect(60) as c:
                    equal(c.raw("PING"), b"+PONG\r\n")

        def scrape():
            while not stop.is_set():
                if server.kind == "daemon":
                    server.scrape()

        side_by_side(
            *(own_keys(i) for i in range(4)),
            come_and_go,
            scrape,
            repeat(("KEYS", "all1:*"), ("DBSIZE",), ("SCAN", "0", "COUNT", "50"), ("RANDOMKEY",)),
            repeat(("SELECT", "1"), ("MSET", "x", "1", "y", "2"), ("FLUSHDB",), ("SWAPDB", "1", "2")),
            repeat(
                ("SET", "p", "v", "PX", "1"),
                ("GET", "p"),
                ("EXPIRE", "p", "100"),
                ("COPY", "p", "q", "REPLACE"),
                ("DEL", "p", "q"),
            ),
            repeat(("CLIENT", "LIST"), ("INFO",), ("CONFIG", "GET", "databases"), ("CLIENT", "ID"))
        )


@suite.case
def connections_are_shared_out():
    servers.need_daemon()
    with two_loops() as server:
        held = [server.connect() for _ in range(20)]
        for i, c in enumerate(held):
            equal(c.call("CLIENT", "ID") > 0, True)
        for c in held[::2]:
            c.close()
        eventually(lambda: server.metric("cachetted_connections", protocol="resp") == 10, "ten are left")
        for c in held[1::2]:
            equal(c.raw("PING"), b"+PONG\r\n")


if __name__ == "__main__":
    finish(suite.main())
