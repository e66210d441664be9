#!/usr/bin/env python3
"""How clients send and read: byte by byte, in every split, deep pipelines, half-closed, slow, or gone in the middle."""

import os
import socket
import struct
import sys
import threading
import time
from random import Random

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402
from lib.load import Sender, echo_pairs, pipelined  # noqa: E402

suite = Suite("readers")
SMALL_OUTPUT = 1 << 20

PIPELINE = (
    resp.encode("SET", "k", "v\r\n\x00")
    + b"GET k\r\n"
    + resp.encode("MGET", "k", "absent")
    + b"\r\nPING\n"
    + resp.encode("MULTI")
    + resp.encode("INCR", "n")
    + resp.encode("EXEC")
    + b"*0\r\n"
    + b'SET q "a b"\r\n'
    + resp.encode("GET", "q")
    + resp.encode("DEL", "k", "q", "n")
    + resp.encode("NOSUCH", "x")
)
REPLIES = (
    b"+OK\r\n$4\r\nv\r\n\x00\r\n*2\r\n$4\r\nv\r\n\x00\r\n$-1\r\n+PONG\r\n+OK\r\n+QUEUED\r\n*1\r\n:1\r\n+OK\r\n"
    b"$3\r\na b\r\n:3\r\n-ERR unknown command 'NOSUCH', with args beginning with: 'x' \r\n"
)


@suite.case
def byte_by_byte():
    with servers.start() as server, server.connect() as c:
        for at in range(len(PIPELINE)):
            c.send(PIPELINE[at : at + 1])
        equal(c.exactly(len(REPLIES)), REPLIES)


@suite.case
def every_two_part_split():
    with servers.start() as server, server.connect() as c:
        for at in range(1, len(PIPELINE)):
            c.send(PIPELINE[:at])
            time.sleep(0.0005)
            c.send(PIPELINE[at:])
            equal(c.exactly(len(REPLIES)), REPLIES, "split at %d" % at)


@suite.case
def a_large_value_in_small_pieces():
    value = os.urandom(300000)
    data = resp.encode("SET", "k", value) + resp.encode("GET", "k")
    with servers.start() as server, server.connect() as c:
        for at in range(0, len(data), 777):
            c.send(data[at : at + 777])
        equal(c.reply(), b"+OK\r\n")
        equal(c.reply() == b"$%d\r\n%b\r\n" % (len(value), value), True)


@suite.case
def ten_thousand_deep_pipeline():
    data, want = echo_pairs(b"deep", 10000)
    with servers.start() as server, server.connect() as c:
        equal(pipelined(c, data, 20000) == want, True, "each value echoes its key")


@suite.case
def deep_pipelines_side_by_side():
    """Eight connections, each 10,000 deep, written before anything is read."""
    with servers.start() as server:
        made = [echo_pairs(b"side%d" % i, 10000) for i in range(8)]
        connections = [server.connect() for _ in made]
        senders = [Sender(c, data) for c, (data, _) in zip(connections, made)]
        for connection, (_, want) in zip(connections, made):
            equal(connection.replies(20000, 120) == want, True)
        for sender in senders:
            sender.join()


@suite.case
def a_deep_pipeline_of_large_replies():
    """Far more reply bytes than any buffer, to a client that reads in small bites: all arrive, in order."""
    value = b"x" * 100000
    with servers.start() as server, server.connect() as c:
        for i in range(8):
            c.call("SET", "k%d" % i, b"%d" % i + value)
        sender = Sender(c, b"".join(resp.encode("GET", "k%d" % (i % 8)) for i in range(400)))
        for i in range(400):
            if i % 50 == 0:
                time.sleep(0.02)
            equal(c.reply(60) == b"$%d\r\n%d%b\r\n" % (len(value) + 1, i % 8, value), True, "reply %d" % i)
        sender.join()


@suite.case
def half_closed_client_gets_all_its_replies():
    data, want = echo_pairs(b"half", 2000)
    with servers.start() as server:
        with server.connect() as c:
            c.send(data)
            c.sock.shutdown(socket.SHUT_WR)
            equal(c.until_closed(60) == want, True)
        with server.connect() as other:
            equal(other.call("EXISTS", "half:1999"), 1)


@suite.case
def half_closed_with_replies_beyond_the_socket_buffers():
    servers.need_daemon()  # redis-server drops what it could not write yet
    value = b"x" * 100000
    with servers.start() as server, server.connect() as c:
        c.call("SET", "k", value)
        c.send(resp.encode("GET", "k") * 300)
        c.sock.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        equal(c.until_closed(60) == (b"$100000\r\n" + value + b"\r\n") * 300, True)


@suite.case
def half_closed_in_the_middle_of_a_command():
    with servers.start() as server:
        with server.connect() as c:
            c.send(resp.encode("SET", "whole", "1") + b"*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$5\r\nab")
            c.sock.shutdown(socket.SHUT_WR)
            equal(c.until_closed(), b"+OK\r\n")
        with server.connect() as other:
            equal(other.call("EXISTS", "whole", "half"), 1)


def flood(server, value_size, rounds):
    """A client that sends GETs and reads nothing; true once the server has cut it."""
    with server.connect(60) as setup:
        setup.call("SET", "big", b"x" * value_size)
    c = server.connect(20)
    data = resp.encode("MGET", *["big"] * 20)
    sender = Sender(c, data * rounds)
    return c, sender


@suite.case
def slow_reader_is_cut_at_output_buffer():
    config = {"limits": {"output_buffer": SMALL_OUTPUT}, "timeouts": {"stall": "1s"}}
    words = ["--client-output-buffer-limit", "normal %d 0 0" % SMALL_OUTPUT]
    with servers.start(config=config, redis=words) as server, server.connect() as other:
        c, sender = flood(server, 100000, 100)
        if server.kind == "daemon":
            eventually(
                lambda: server.metric("cachetted_connections_cut_total", reason="output_buffer") == 1, "it is cut"
            )
        else:
            eventually(lambda: other.call("CLIENT", "LIST").count(b"\n") == 1, "it is cut")
        try:
            c.until_closed(20)  # what was on its way, then the end
        except resp.TimedOut:
            check(False, "the connection is still open")
        equal(other.raw("PING"), b"+PONG\r\n")
        equal(len(other.call("GET", "big")), 100000)
        sender.thread.join(20)
        c.close()


@suite.case
def slow_reader_that_goes_on_reading_is_not_cut():
    """Far slower than timeouts.stall for one write of the server's, and for what the system's buffers hold."""
    servers.need_daemon()
    value, want = b"x" * 1000000, 40 * 1000012
    config = {"limits": {"output_buffer": SMALL_OUTPUT}, "timeouts": {"stall": "1s"}}
    with servers.start(config=config) as server, server.connect() as c:
        c.call("SET", "k", value)
        c.send(resp.encode("GET", "k") * 40)
        begun, got = time.monotonic(), 0
        while got < want:
            part = len(c.sock.recv(100000))
            check(part > 0, "cut after %d bytes:\n%s", got, server.log())
            got += part
            if got < 4000000:
                time.sleep(max(0.0, begun + got / 1000000 - time.monotonic()))
        equal(c.raw("PING"), b"+PONG\r\n")


@suite.case
def slow_reader_takes_no_more_than_its_buffer():
    servers.need_daemon()
    with servers.start(config={"limits": {"output_buffer": "8MiB"}, "threads": 1}) as server, server.connect() as other:
        before = server.resident_bytes()
        floods = [flood(server, 10000, 2000) for _ in range(5)]
        time.sleep(0.5)
        equal(other.raw("PING"), b"+PONG\r\n")
        grown = server.resident_bytes() - before
        check(grown < 5 * 2 * (8 << 20) + (16 << 20), "grew by %d bytes", grown)
        for c, _ in floods:
            c.close()


MEGABYTE = b"x" * 1000000
REPLY = b"$1000000\r\n" + MEGABYTE + b"\r\n"


def over_a_store():
    """A daemon whose replies come from a server, each in memory of its own, and which may hold little of them."""
    servers.need_daemon()
    config = {"limits": {"output_buffer": "4MiB"}, "threads": 1, "timeouts": {"request": "30s", "stall": "30s"}}
    server = servers.Daemon(config, over=servers.store() or "redis")
    with server.connect() as c:
        c.call("SET", "big", MEGABYTE)
        c.call("SET", "small", "x")
    return server


def read_slowly(server, c, count, rate):
    """All replies, at so many bytes a second."""
    begun, got, want = time.monotonic(), 0, count * len(REPLY)
    while got < want:
        part = c.sock.recv(min(200000, want - got))
        check(part == (REPLY + REPLY)[got % len(REPLY) :][: len(part)], "cut or wrong after %d bytes:\n%s", got, server.log())
        got += len(part)
        time.sleep(max(0.0, begun + got / rate - time.monotonic()))


@suite.case
def a_store_is_asked_for_no_more_than_is_read():
    """A deep pipeline of large replies: what the store would answer at once stays there until the client takes it."""
    with over_a_store() as server, server.connect(60) as c, server.connect() as other:
        before = server.resident_bytes()
        c.send(resp.encode("GET", "big") * 200)
        most = 0
        for _ in range(100):
            most = max(most, server.resident_bytes() - before)
            equal(other.raw("GET", "small"), b"$1\r\nx\r\n")
            time.sleep(0.01)
        check(most < 4 * (4 << 20), "grew by %d bytes", most)
        read_slowly(server, c, 200, 100e6)
        equal(c.raw("PING"), b"+PONG\r\n")


def ask_for_more_than_was_read(server, count):
    """Small replies first, so that many are asked for at once; then large ones."""
    c = server.connect(60)
    c.send(resp.encode("GET", "small") * 5000)
    c.replies(5000)
    c.send(resp.encode("GET", "big") * count)
    return c


@suite.case
def a_store_answers_more_than_a_client_reads():
    """Who takes nothing of replies that grew is cut early, and what is still under way is thrown away as it comes."""
    with over_a_store() as server, server.connect() as other:
        with ask_for_more_than_was_read(server, 300):
            cut = lambda: server.metric("cachetted_connections_cut_total", reason="output_buffer") == 1
            eventually(cut, "it is cut", 10)  # long before timeouts.stall
            eventually(lambda: server.metric("cachetted_connections", protocol="resp") == 1, "and owes nothing more")
            equal(other.raw("GET", "small"), b"$1\r\nx\r\n")


@suite.case
def a_store_answers_faster_than_a_client_reads():
    """Who reads steadily is not cut, however much waits for it."""
    with over_a_store() as server, ask_for_more_than_was_read(server, 80) as c:
        read_slowly(server, c, 80, 16e6)
        equal(c.raw("PING"), b"+PONG\r\n")
        equal(server.metric("cachetted_connections_cut_total"), 0)


@suite.case
def paused_client_goes_on_when_it_reads():
    """More requests and replies than are let in at once; the client first reads nothing, then everything."""
    value = b"y" * 2000
    with servers.start() as server, server.connect() as c:
        c.call("SET", "k", value)
        sender = Sender(c, resp.encode("GET", "k") * 20000)
        time.sleep(0.3)
        with server.connect() as other:
            equal(other.raw("PING"), b"+PONG\r\n")
        equal(c.replies(20000, 120) == (b"$2000\r\n" + value + b"\r\n") * 20000, True)
        sender.join()


def vanish(server, data, reset):
    c = server.connect()
    c.send(data)
    if reset:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


@suite.case
def clients_that_vanish():
    """Closed or reset in the middle of a command, of a pipeline, of a transaction: nothing is left, others go on."""
    value = b"z" * 50000
    scraps = (
        b"",
        b"*3\r\n$3\r\nSET\r\n$1\r\n",
        resp.encode("GET", "big") * 50,
        resp.encode("MULTI") + resp.encode("SET", "a", "1"),
        resp.encode("WATCH", "big"),
        b"*2\r\n$3\r\nGET\r\n$1000000\r\nabc",
    )
    with servers.start() as server, server.connect() as other:
        other.call("SET", "big", value)
        for turn in range(300 if long_run() else 60):
            vanish(server, scraps[turn % len(scraps)], turn % 4 < 2)
            if turn % 10 == 0:
                equal(other.call("GET", "big") == value, True)
        eventually(lambda: other.call("CLIENT", "LIST").count(b"\n") == 1, "only this connection is left")
        equal(other.call("EXISTS", "a"), 0)
        equal(other.call("DBSIZE"), 1)


@suite.case
def one_busy_connection_starves_nobody():
    """While one connection keeps the server busy with deep pipelines, another one gets its replies in between."""
    data, want = echo_pairs(b"busy", 20000)
    with servers.start(config={"threads": 1}) as server:
        busy, other = server.connect(), server.connect()
        sender = Sender(busy, data * 3)
        done = threading.Event()
        result = []

        def read():
            result.append(busy.replies(120000, 120) == want * 3)
            done.set()

        reader = threading.Thread(target=read)
        reader.start()
        trips = 0
        while not done.is_set():
            equal(other.raw("PING"), b"+PONG\r\n")
            trips += 1
        reader.join()
        sender.join()
        equal(result, [True])
        check(trips >= 3, "%d replies while the other connection was served", trips)


def slow_pair(server, size=5000):
    """Two values whose LCS takes the store some hundredths of a second."""
    random = Random(7)
    with server.connect() as c:
        for key in "ab":
            c.call("SET", key, "".join(random.choice("abcd") for _ in range(size)))
        begun = time.monotonic()
        common = c.raw("LCS", "a", "b", "LEN")
        return common, time.monotonic() - begun


@suite.case
def heavy_requests_leave_turns_to_others():
    """A tick is bounded by time too: others are served between the heavy requests of one pipeline."""
    servers.need_daemon()  # redis-server runs what it has read of a pipeline in one go
    with servers.start(config={"threads": 1}) as server, server.connect(60) as heavy, server.connect(60) as other:
        common, seconds = slow_pair(server)
        heavy.send(resp.encode("LCS", "a", "b", "LEN") * 24)
        time.sleep(seconds / 2)
        for _ in range(3):
            begun = time.monotonic()
            equal(other.raw("INCR", "n")[:1], b":")
            waited = time.monotonic() - begun
            check(waited < 8 * seconds, "waited %g s, one of the heavy ones takes %g s", waited, seconds)
        equal(heavy.replies(24), common * 24)


@suite.case
def what_waits_behind_heavy_requests_is_whole():
    """Requests that wait for a later turn: their words outlive the tick that read them."""
    servers.need_daemon()
    with servers.start(config={"threads": 1}) as server, server.connect(60) as other:
        common, _ = slow_pair(server)
        lcs = resp.encode("LCS", "a", "b", "LEN")
        connections = [server.connect(60) for _ in range(3)]
        want = []
        for i, c in enumerate(connections):
            v = (b"%d" % i) * 300
            c.send(
                lcs * 2
                + resp.encode("SET", b"k%d" % i, v)
                + resp.encode("GET", b"k%d" % i)
                + b"".join([lcs, resp.encode("MSET", b"m%d" % i, v, b"n%d" % i, v + v, b"o%d" % i, b"")])
                + resp.encode("MGET", b"m%d" % i, b"absent", b"n%d" % i)
                + b"".join(resp.encode(*w) for w in (("MULTI",), ("PING", v), ("APPEND", b"m%d" % i, "!"), ("EXEC",)))
                + resp.encode("WATCH", b"m%d" % i)
                + resp.encode("ECHO", v)
                + resp.encode("SET", b"k%d" % i, b"w" + v, "GET")
                + lcs
            )
            bulk = b"$%d\r\n%b\r\n" % (len(v), v)
            want.append(
                common * 2 + b"+OK\r\n" + bulk + common + b"+OK\r\n"
                + b"*3\r\n%b$-1\r\n$%d\r\n%b\r\n" % (bulk, 2 * len(v), v + v)
                + b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n" + bulk + b":%d\r\n" % (len(v) + 1)
                + b"+OK\r\n" + bulk * 2 + common
            )
        for _ in range(50):  # the read buffers are used again meanwhile
            equal(other.call("ECHO", b"z" * 30000), b"z" * 30000)
        for c, expected in zip(connections, want):
            equal(c.exactly(len(expected)), expected)
            c.close()


if __name__ == "__main__":
    finish(suite.main())
