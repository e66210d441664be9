#!/usr/bin/env python3
"""A million keys: KEYS, FLUSHALL, DBSIZE, mass expiry and table growth in slices, others answered in between.

No time is asserted: a connection that pings while a long command is in flight counts the replies that it gets.
"""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402
from lib.load import fill, pings_until  # noqa: E402

suite = Suite("large")
COUNT = 5_000_000 if long_run() else 1_000_000
LEAST = 5  # round trips of another connection while a command works on COUNT keys: one loop held would give 0 or 1


def one_loop():
    servers.need_daemon()
    return servers.start(config={"threads": 1})


def during(server, waiting, pinging, *words):
    """Sends words on one connection, pings on the other until its reply is there."""
    waiting.send(resp.encode(*words))
    trips, reply = pings_until(pinging, waiting)
    check(trips >= LEAST, "%s: %d round trips on the other connection", words[0], trips)
    return reply


@suite.case
def long_commands_leave_the_loop_to_others():
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, COUNT)
        equal(a.call("DBSIZE"), COUNT)
        equal(during(server, a, b, "KEYS", "nothing*"), b"*0\r\n")
        found = resp.elements(during(server, a, b, "KEYS", "key:1234?"))
        equal(sorted(found), sorted(b"$9\r\nkey:1234%d\r\n" % i for i in range(10)))
        every = resp.elements(during(server, a, b, "KEYS", "*"))
        equal(len(every), COUNT)
        equal(len(set(every)), COUNT)
        equal(during(server, a, b, "CACHETTE", "CLEAR", "nothing"), b":0\r\n")
        a.send(
            resp.encode("FLUSHALL")
            + resp.encode("DBSIZE")
            + resp.encode("EXISTS", "key:1")
            + resp.encode("SET", "key:1", "new")
        )
        equal(b.raw("PING"), b"+PONG\r\n")
        equal(a.replies(4, 60), b"+OK\r\n:0\r\n:0\r\n+OK\r\n")
        equal(b.call("GET", "key:1"), b"new")
        eventually(lambda: server.metric("cachetted_keys") == 1, "the rest is gone", 60)
        print(
            "      longest loop turn of this case: %.1f ms" % (server.metric("cachetted_loop_turn_max_seconds") * 1000)
        )


@suite.case
def requests_behind_a_long_one_wait_for_it():
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, COUNT)
        a.send(resp.encode("KEYS", "nothing*") + resp.encode("SET", "after", "1") + resp.encode("GET", "after"))
        trips, reply = pings_until(b, a)
        equal(reply + a.replies(2), b"*0\r\n+OK\r\n$1\r\n1\r\n")
        check(trips >= LEAST, "%d round trips", trips)


@suite.case
def a_client_that_leaves_during_keys():
    with one_loop() as server, server.connect(120) as b:
        with server.connect(120) as a:
            fill(a, COUNT)
        for _ in range(5):
            with server.connect() as gone:
                gone.send(resp.encode("KEYS", "*"))
        equal(b.raw("PING"), b"+PONG\r\n")
        eventually(lambda: server.metric("cachetted_connections", protocol="resp") == 1, "they are gone", 60)
        equal(b.call("DBSIZE"), COUNT)


@suite.case
def keys_while_others_write():
    """What was there from begin to end is listed, once; what came or went may be."""
    stay = 50_000
    with servers.start(config={"threads": 2}) as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, stay, b"stay:%d")
        stop = threading.Event()

        def write():
            number = 0
            while not stop.is_set():
                fill(b, 5000, b"come" + b"%d:" % number + b"%d")
                b.call("DEL", *("come%d:%d" % (number, i) for i in range(0, 5000, 2)))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(4):
                listed = resp.elements(a.raw("KEYS", "stay:*"))
                equal((len(listed), len(set(listed))), (stay, stay))
        finally:
            stop.set()
            writer.join()


@suite.case
def scan_keeps_its_guarantee_while_the_table_grows():
    """A whole iteration sees each key that was there all the time, while 300,000 others come and go."""
    with servers.start(config={"threads": 2}) as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, 20000, b"stay:%d")
        seen, cursor, turn = set(), b"0", 0
        while True:
            cursor, names = a.call("SCAN", cursor, "COUNT", "200")
            seen.update(n for n in names if n.startswith(b"stay:"))
            if turn < 60:
                fill(b, 5000, b"grow" + b"%d:" % turn + b"%d")
            if turn % 3 == 0 and turn < 60:
                b.call("UNLINK", *("grow%d:%d" % (turn // 2, i) for i in range(5000)))
            turn += 1
            if cursor == b"0":
                break
        equal(len(seen), 20000)


@suite.case
def growth_leaves_the_loop_to_others():
    """While the table grows to COUNT keys, a connection that only pings gets its replies all along."""
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        done = threading.Event()
        faults = []

        def grow():
            try:
                fill(a, COUNT, batch=100)
            except Exception as fault:  # told below
                faults.append(fault)
            done.set()

        thread = threading.Thread(target=grow)
        thread.start()
        trips = 0
        while not done.is_set():
            equal(b.raw("PING"), b"+PONG\r\n")
            trips += 1
        thread.join()
        equal(faults, [])
        check(trips >= COUNT // 10000, "%d round trips", trips)
        equal(a.call("DBSIZE"), COUNT)
        print(
            "      longest loop turn of this case: %.1f ms" % (server.metric("cachetted_loop_turn_max_seconds") * 1000)
        )


@suite.case
def a_million_keys_expire_at_one_instant():
    """They go by themselves, without being asked for, while another connection gets its replies."""
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        at = int((time.time() + 12 + COUNT / 100_000) * 1000)
        words = [b"PXAT", b"%d" % at]
        for first in range(0, COUNT, 50000):
            a.send(b"".join(resp.encode(b"SET", b"key:%d" % i, b"v", *words) for i in range(first, first + 50000)))
            equal(a.replies(50000, 120), b"+OK\r\n" * 50000)
        early = time.time() * 1000 < at
        if early:
            equal(server.metric("cachetted_keys"), COUNT)
        a.call("SET", "stays", "v")
        while time.time() * 1000 < at + 5:
            time.sleep(0.05)
        equal(a.call("GET", "key:5"), None)
        equal(a.call("EXISTS", *("key:%d" % i for i in range(1000))), 0)
        trips = 0
        deadline = time.monotonic() + 120
        while server.metric("cachetted_keys") > 1:
            equal(b.raw("PING"), b"+PONG\r\n")
            trips += 1
            check(time.monotonic() < deadline, "%d keys are left", server.metric("cachetted_keys"))
        equal(a.call("DBSIZE"), 1)
        if early:
            equal(server.metric("cachetted_expiries_total"), COUNT)
        print(
            "      longest loop turn of this case: %.1f ms" % (server.metric("cachetted_loop_turn_max_seconds") * 1000)
        )


@suite.case
def flushexpired_counts():
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, COUNT // 10)
        a.call("SET", "gone", "v", "PX", "1")
        time.sleep(0.02)
        a.send(resp.encode("CACHETTE", "FLUSHEXPIRED"))
        _, reply = pings_until(b, a)
        check(resp.decode(reply) in (0, 1), reply)
        equal(a.call("DBSIZE"), COUNT // 10)


@suite.case
def clear_takes_one_namespace():
    with one_loop() as server, server.connect(120) as a, server.connect(120) as b:
        fill(a, COUNT // 2, b"one:%d")
        fill(a, COUNT // 2, b"two:%d")
        reply = during(server, a, b, "CACHETTE", "CLEAR", "one")
        equal(reply, b":%d\r\n" % (COUNT // 2))
        equal(a.call("DBSIZE"), COUNT // 2)
        equal(a.call("EXISTS", "one:1", "two:1"), 1)


if __name__ == "__main__":
    finish(suite.main())
