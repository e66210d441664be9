#!/usr/bin/env python3
"""Codecs and compression in the path of requests: what stands in the store, what clients see of it, and that order, old
values and connections are kept whatever is refused. Over a real Redis where the store's bytes matter.

conversions.py [--only NAME] [-v]
"""

import contextlib
import datetime
import json
import os
import pickle
import random
import signal
import socket
import sys
import threading
import time
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402

suite = Suite("conversions")
DATED = {"id": 7, "tags": ["a", "b"], "when": {"$date": "2026-11-26T16:00:00+01:00"}}
LARGE = 300000  # bytes: converted beside the loop


def converting(over="", with_memcache=False, **config):
    servers.need_daemon()
    return servers.Daemon(config, over=over or None, with_memcache=with_memcache)


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def error_of(connection, *words):
    try:
        return "no error but %r" % connection.call(*words)
    except resp.RespError as error:
        return str(error)


@suite.case
def what_python_reads():
    with converting("redis", codec="pickle", routes=[{"prefix": "m:", "codec": "json"}]) as server, server.connect() as c, server.store.connect() as store:
        c.call("SET", "k", compact(DATED))
        there = pickle.loads(store.call("GET", "k"))
        equal((there["id"], there["tags"], there["when"].isoformat()), (7, ["a", "b"], "2026-11-26T16:00:00+01:00"))
        equal(c.call("GET", "k"), compact(DATED))
        store.call("SET", "theirs", pickle.dumps({"n": (1, {2})}, 2))
        equal(json.loads(c.call("GET", "theirs")), {"n": {"$tuple": [1, {"$set": [2]}]}})
        c.call("MSET", "m:1", '{"ä": 1}', "plain", "[1]")
        equal(store.call("GET", "m:1"), b'{"\\u00e4": 1}')
        equal(pickle.loads(store.call("GET", "plain")), [1])
        equal(c.call("MGET", "m:1", "plain", "nothing"), ['{"ä":1}'.encode(), b"[1]", None])


@suite.case
def a_port_and_a_route_have_forms_of_their_own():
    ports = servers.free_ports(2)
    listen = ["127.0.0.1:%d" % ports[0], "127.0.0.1:%d client_codec=raw" % ports[1]]
    routes = [{"prefix": "p:", "client_types": "plain"}, {"prefix": "r:", "client_codec": "json"}]
    servers.need_daemon()
    with servers.Daemon({"codec": "pickle", "routes": routes, "threads": 1}, ["listen.resp=" + ",".join(listen)], ready=False) as server:
        eventually(lambda: "ready" in server.log(), "it starts")
        with resp.Connection(("127.0.0.1", ports[0])) as c, resp.Connection(("127.0.0.1", ports[1])) as raw:
            for key in ("k", "p:k", "r:k"):
                c.call("SET", key, compact(DATED))
            equal(c.call("GET", "p:k"), compact(DATED), "the plain form reads no tags, so that it shows them")
            raw.call("SET", "p:k", pickle.dumps(datetime.date(2026, 11, 26)))
            equal(c.call("GET", "p:k"), b'"2026-11-26"')
            equal(pickle.loads(raw.call("GET", "k"))["id"], 7, "the port's form")
            equal(json.loads(raw.call("GET", "r:k")), DATED, "the route's own wins")
            raw.call("SET", "k", pickle.dumps([1.5]))
            equal(c.call("GET", "k"), b"[1.5]")


@suite.case
def parts_are_of_the_clients_form():
    for config in ({"codec": "msgpack"}, {"codec": "pickle", "compression": {"algorithm": "zstd", "min_size": 1}}):
        with converting("redis", **config) as server, server.connect() as c, server.store.connect() as store:
            c.call("SET", "k", "[10,20]")
            equal(c.call("STRLEN", "k"), 7)
            equal(c.call("GETRANGE", "k", 1, 2), b"10")
            equal(c.call("BITCOUNT", "k"), sum(bin(x).count("1") for x in b"[10,20]"))
            equal(c.call("SETRANGE", "k", 1, "77"), 7)
            equal(c.call("GET", "k"), b"[77,20]")
            equal(c.call("APPEND", "k", "  "), 9)
            equal(c.call("GET", "k"), b"[77,20]")
            check("is not JSON" in error_of(c, "APPEND", "k", "x"), "%s", error_of(c, "APPEND", "k", "x"))
            equal(c.call("GET", "k"), b"[77,20]", "the old value is kept")
            equal(c.call("GETSET", "k", "1"), b"[77,20]")
            equal(c.call("SET", "k", "2", "GET"), b"1")
            equal((c.call("INCR", "k"), c.call("INCRBY", "k", 40), c.call("DECR", "k")), (3, 43, 42))
            equal(c.call("INCRBYFLOAT", "k", "0.5"), b"42.5")
            equal(c.call("GETDEL", "k"), b"42.5")
            equal(c.call("INCR", "new"), 1)
            c.call("SET", "ttl", "5", "EX", 100)
            equal((c.call("INCR", "ttl"), 90 < c.call("TTL", "ttl") <= 100), (6, True))
            check("integer" in error_of(c, "INCR", "list") if c.call("SET", "list", "[]") else "", "a list is no integer")
            c.call("MSET", "a", '"abcd"', "b", '"xbcy"')
            equal(c.call("LCS", "a", "b"), b'"bc"')
            equal(c.call("EXISTS", "a", "b", "k"), 2)
            if "compression" not in config:
                equal(store.call("GET", "ttl"), b"\x06")


@suite.case
def memcached_clients_too():
    with converting("memcached", with_memcache=True, codec="msgpack") as server, server.connect_to("memcache") as m, server.store.connect() as store:
        equal(m.raw("set k 0 0 5", "[1,2]"), b"STORED\r\n")
        equal(store.raw("get k"), b"VALUE k 0 3\r\n\x92\x01\x02\r\nEND\r\n")
        equal(m.raw("get k"), b"VALUE k 0 5\r\n[1,2]\r\nEND\r\n")
        equal(m.raw("mg k s v"), b"VA 5 s5\r\n[1,2]\r\n")
        equal(m.raw("mg k s"), b"HD s5\r\n")
        check(m.raw("set k 0 0 3", "[1,").startswith(b"CLIENT_ERROR codec 'msgpack': value is not JSON: line 1, column 4"))
        equal(m.raw("get k"), b"VALUE k 0 5\r\n[1,2]\r\nEND\r\n")
        equal(m.raw("set n 5 0 2", "10"), b"STORED\r\n")
        equal((m.raw("incr n 5"), m.raw("decr n 6")), (b"15\r\n", b"9\r\n"))
        equal((m.raw("get n"), m.raw("prepend n 0 0 1", "7")), (b"VALUE n 5 1\r\n9\r\nEND\r\n", b"STORED\r\n"))
        equal(m.raw("get n"), b"VALUE n 5 2\r\n79\r\nEND\r\n")
        unique = m.raw("gets k").split()[4].decode()
        equal(m.raw("cas k 0 0 1 %s" % unique, "3"), b"STORED\r\n")
        equal(m.raw("cas k 0 0 1 %s" % unique, "4"), b"EXISTS\r\n")
        equal(m.raw("get k"), b"VALUE k 0 1\r\n3\r\nEND\r\n")


@suite.case
def what_is_refused_stores_nothing():
    with converting(codec="msgpack", routes=[{"prefix": "j:", "codec": "json"}]) as server, server.connect() as c:
        c.call("MSET", "a", "1", "j:b", "2")
        why = error_of(c, "MSET", "a", "5", "j:b", '{"$binary":{"base64":"/w==","subType":"00"}}')
        check(why.startswith("ERR codec 'json': ") and "j:b" in why, "%s", why)
        equal(c.call("MGET", "a", "j:b"), [b"1", b"2"])
        why = error_of(c, "SET", "a", '{"x": [1, 2, }')
        equal(why.split(":")[0:3], ["ERR codec 'msgpack'", " value is not JSON", " line 1, column 14"])
        check("different codecs" in error_of(c, "RENAME", "a", "j:c") and c.call("EXISTS", "a", "j:c") == 1, "renamed")
        equal(c.call("RENAME", "a", "c"), b"OK")
        c.send(b"".join(resp.encode(*w) for w in (["MULTI"], ["SET", "a", "7"], ["SET", "a", "{"], ["INCR", "a"], ["GET", "a"], ["STRLEN", "a"], ["EXEC"])))
        replies = [c.reply() for _ in range(7)]
        done = resp.decode(replies[-1])
        equal((done[0], done[3], done[4]), (b"OK", b"7", 1))
        check("is not JSON" in str(done[1]) and "within MULTI" in str(done[2]), "%s", done)
        equal(server.metric("cachetted_conversion_errors_total", codec="msgpack", direction="encode"), 2)


@suite.case
def what_cannot_be_read():
    for policy in ("error", "miss", "raw"):
        with converting("redis", codec="pickle", on_decode_error=policy, with_memcache=True) as server, server.connect() as c, server.store.connect() as store:
            bad = b"cposix\nsystem\n(S'id'\ntR."
            store.call("SET", "bad", bad)
            c.call("SET", "good", "1")
            told = "ERR codec 'pickle': refused global 'posix.system' at byte 0"
            if policy == "error":
                equal(error_of(c, "GET", "bad"), told)
                many = resp.decode(c.raw("MGET", "good", "bad", "none"))
                equal((many[0], str(many[1]), many[2]), (b"1", told, None))
                with server.connect_to("memcache") as m:
                    check(m.raw("get good bad").startswith(b"SERVER_ERROR codec 'pickle'"), "memcached")
            else:
                want = None if policy == "miss" else bad
                equal(c.call("GET", "bad"), want)
                equal(c.call("MGET", "good", "bad"), [b"1", want])
            equal(error_of(c, "INCR", "bad"), told, "nothing is changed by guess")
            equal(store.call("GET", "bad"), bad)
            said = c.call("CACHETTE", "EXPLAIN", "bad")
            said = dict(zip(said[::2], said[1::2])) if isinstance(said, list) else said
            equal((said[b"codec"], said[b"readable"].decode()), (b"pickle", told[4:]))
            check(server.metric("cachetted_conversion_errors_total", codec="pickle", direction="decode") >= 3, "counted")
            equal(c.call("SET", "bad", "2"), b"OK")
            equal(c.call("GET", "bad"), b"2")


@suite.case
def several_that_cannot_be_read():
    """Each says why in its own words, whatever comes behind it."""
    routes = [{"prefix": "j:", "codec": "json"}, {"prefix": "miss:", "codec": "json", "on_decode_error": "miss"}, {"prefix": "raw:", "codec": "msgpack", "on_decode_error": "raw"}]
    with converting("redis", codec="pickle", with_memcache=True, routes=routes) as server, server.connect() as c, server.store.connect() as store:
        c.call("SET", "good", '"x"')
        store.call("MSET", "bad", b"cposix\nsystem\n(S'id'\ntR.", "j:bad", '{"a": ' + " " * 500, "miss:bad", "{", "raw:bad", b"\xc1")
        told = "ERR codec 'pickle': refused global 'posix.system' at byte 0"
        for keys in (["bad", "j:bad", "good", "miss:bad", "raw:bad", "bad"], ["j:bad", "bad", "miss:bad"], ["raw:bad", "bad", "j:bad", "good"]):
            for key, got in zip(keys, resp.decode(c.raw("MGET", *keys))):
                if key == "j:bad":
                    check(str(got).startswith("ERR codec 'json': value is not JSON: line 1, column 507"), "%s", got)
                else:
                    want = {"bad": told, "good": b'"x"', "miss:bad": None, "raw:bad": b"\xc1"}[key]
                    equal(str(got) if key == "bad" else got, want)
        equal(error_of(c, "LCS", "good", "bad"), told)
        with server.connect_to("memcache") as m:
            check(m.raw("get good bad j:bad miss:bad").startswith(b"SERVER_ERROR codec 'pickle': refused global"), "memcached")


@suite.case
def what_a_reply_repeats_is_kept():
    """The key, and the words of the slow log, of what is converted beside the loop."""
    text = compact(["x" * LARGE])
    with converting(codec="pickle", threads=1, with_memcache=True) as server, server.connect_to("memcache") as m, server.connect() as other:
        for i in range(5):
            key = "key-%d" % i
            equal(m.raw("set %s 0 0 %d" % (key, len(text)), text), b"STORED\r\n")
            for ask, want in (("get %s" % key, b"VALUE %s 0 %d\r\n" % (key.encode(), len(text))), ("mg %s k v O7" % key, b"VA %d k%s O7\r\n" % (len(text), key.encode()))):
                m.send(ask.encode() + b"\r\n")
                other.raw("ECHO", "z" * 20000)
                got = m.reply()
                check(got.startswith(want) and text in got, "%s: %r", ask, got[:60])


@suite.case
def few_bytes_that_stand_for_many():
    """They are converted beside the loop, too."""
    shared = ["x" * 30]
    for _ in range(4):
        shared = [shared] * 12
    pickled = pickle.dumps(shared)
    routes = [{"prefix": "z:", "codec": "none", "compression": {"algorithm": "zstd", "min_size": 1}}]
    with converting("redis", codec="pickle", threads=1, routes=routes) as server, server.connect(60) as c, server.store.connect() as store:
        def beside():
            return server.metric("cachetted_conversions_beside_total")

        store.call("SET", "few", pickled)
        c.call("SET", "z:few", "A" * 1000000)
        for i in range(4):
            c.call("SET", "z:%d" % i, "B" * 100000)
        check(len(pickled) < 1000 and store.call("STRLEN", "z:few") < 1000, "%d", len(pickled))
        before = beside()
        for words, want in (
            (["GET", "few"], compact(shared)), (["STRLEN", "few"], len(compact(shared))), (["GET", "z:few"], b"A" * 1000000),
            (["GETRANGE", "z:few", 5, 7], b"AAA"), (["APPEND", "z:few", "x"], 1000001), (["MGET", "z:0", "few", "none", "z:1"], [b"B" * 100000, compact(shared), None, b"B" * 100000]),
            (["MGET", "z:0", "z:1", "z:2", "z:3"], [b"B" * 100000] * 4), (["SETRANGE", "z:0", 500000, "y"], 500001), (["SETBIT", "z:1", 8 * 500000, 1], 0),
        ):
            got = c.call(*words)
            check(got == want, "%s: %s", words, str(got)[:80])
            before += 1
            equal(beside(), before, words)
        equal(c.call("MGET", "z:2", "z:3"), [b"B" * 100000] * 2)
        equal(beside(), before, "as much as there is room for on the loop")
        c.send(b"".join(resp.encode(*w) for w in (["MULTI"], ["GET", "z:2"], ["GET", "few"], ["GET", "none"], ["EXEC"])))
        equal(resp.decode([c.reply(60) for _ in range(5)][-1]), [b"B" * 100000, compact(shared), None])


@suite.case
def limits_hold_for_what_values_become():
    text = "é" * 500000
    with converting("redis", codec="json", limits={"max_value": "1MiB"}, threads=1, routes=[{"prefix": "z:", "codec": "none", "compression": {"algorithm": "zstd", "min_size": 1}}]) as server, server.connect(60) as c:
        c.call("SET", "k", "1")
        for words in (["SET", "k", '"%s"' % text], ["MSET", "j", "1", "k", '"%s"' % text]):
            check("codec 'json': value of 3000002 bytes is over the limit of 1048576 (limits.max_value)" in error_of(c, *words), "%s", words[0])
        c.call("SET", "e", '"%s"' % ("é" * 170000))
        check("limits.max_value" in error_of(c, "SETRANGE", "e", 340001, "é" * 10000 + '"'), "an edit")
        equal((c.call("GET", "k"), c.call("EXISTS", "j"), c.call("STRLEN", "e")), (b"1", 0, 340002))
        for i in range(600):
            c.send(resp.encode("SET", "z:%d" % i, "A" * (1 << 20)))
        equal(c.replies(600, 60), b"+OK\r\n" * 600)
        many = resp.decode(c.raw("MGET", *("z:%d" % i for i in range(600))))
        equal([v for v in many if isinstance(v, bytes)], [b"A" * (1 << 20)] * 512)
        check("of 512 MiB that the values of one request may become together" in str(many[599]), "%s", many[599])


@suite.case
def a_packed_value_does_not_move_where_nothing_unpacks_it():
    routes = [{"prefix": "z:", "compression": {"algorithm": "zstd", "min_size": 1}}]
    with converting(routes=routes) as server, server.connect() as c:
        c.call("MSET", "z:1", "A" * 5000, "plain", "B" * 50)
        for command in ("RENAME", "COPY"):
            check("compressed" in error_of(c, command, "z:1", "other"), "%s", command)
        equal((c.call("RENAME", "plain", "z:2"), c.call("APPEND", "z:2", "x"), c.call("COPY", "z:1", "z:3")), (b"OK", 51, 1))
        equal(c.call("MGET", "z:2", "z:3"), [b"B" * 50 + b"x", b"A" * 5000])


@suite.case
def numbers_are_counted_whatever_the_clients_form():
    with converting("redis", codec="pickle", client_codec="msgpack") as server, server.connect() as c, server.store.connect() as store:
        for wanted in range(1, 12):
            equal(c.call("INCR", "n"), wanted)
            equal((c.call("GET", "n"), pickle.loads(store.call("GET", "n"))), (bytes([wanted]), wanted))
        c.call("SET", "n", b"\x05")
        equal((c.call("INCRBY", "n", 200), c.call("GET", "n"), c.call("INCRBYFLOAT", "f", "1.5")), (205, b"\xcc\xcd", b"1.5"))
        equal(pickle.loads(store.call("GET", "f")), 1.5)


@suite.case
def what_two_values_have_in_common():
    """Also where the reply waits for one before it, and where what was read was converted beside the loop."""
    text = compact("x" * 70000)
    with converting(codec="json", threads=1) as server, server.connect(60) as c, server.connect() as other:
        c.call("MSET", "a", '"ohmytext"', "b", '"mynewtext"', "large", text, "short", '"xx"')
        wanted = ((["LCS", "a", "b"], b'"mytext"'), (["LCS", "a", "b", "LEN"], 8), (["LCS", "large", "short"], b'"xx"'), (["LCS", "a", "none"], b""))
        for before in ([], ["GET", "large"]):
            for words, want in wanted:
                c.send((resp.encode(*before) if before else b"") + resp.encode(*words))
                other.call("ECHO", "z" * 20000)
                if before:
                    equal(resp.decode(c.reply()), text)
                equal(resp.decode(c.reply()), want)


@suite.case
def large_values_keep_their_order():
    text = compact(["x" * LARGE])
    with converting(codec="pickle", threads=1, compression={"algorithm": "lz4"}) as server, server.connect(60) as c, server.connect() as other:
        commands, wanted = [], []
        for i in range(20):
            commands += [["SET", "k", text], ["STRLEN", "k"], ["SET", "k", "%d" % i], ["INCR", "k"], ["GET", "k"], ["SET", "k", text], ["GET", "k"], ["SETRANGE", "k", 2, "y"], ["GETRANGE", "k", 0, 5]]
            wanted += [b"OK", len(text), b"OK", i + 1, b"%d" % (i + 1), b"OK", text, len(text), b'["yxxx']
        c.send(b"".join(resp.encode(*w) for w in commands))
        for i, want in enumerate(wanted):
            got = resp.decode(c.reply(60))
            check(got == want, "reply %d of %s: %s", i, commands[i][:2], str(got)[:80])
            if i % 40 == 0:
                equal(other.call("PING"), b"PONG")
        many = c.call("MGET", "k", "k", "none", "k")
        equal([v if v is None else len(v) for v in many], [len(text), len(text), None, len(text)])
        c.send(b"".join(resp.encode(*w) for w in (["MULTI"], ["SET", "k", text], ["GET", "k"], ["EXEC"])))
        equal(resp.decode([c.reply(60) for _ in range(4)][-1]), [b"OK", text])
        check(server.metric("cachetted_conversions_beside_total") > 40, "%d beside the loop", server.metric("cachetted_conversions_beside_total"))
        equal(server.metric("cachetted_conversions_waiting"), 0)


@suite.case
def connections_and_the_daemon_end_while_values_are_away():
    text = compact(["x" * 3000000])
    with converting(codec="pickle", threads=2) as server:
        for _ in range(10):
            c = server.connect()
            c.send(resp.encode("SET", "k", text) * 3 + resp.encode("GET", "k") * 3)
            c.close()
        with server.connect(30) as c:
            c.call("SET", "k", text)
            equal(len(c.call("GET", "k")), len(text))
            c.send(resp.encode("SET", "k", text) + resp.encode("GET", "k"))
            server.signal(signal.SIGTERM)
            equal(c.reply(30), b"+OK\r\n")
        equal(server.wait(), 0, "it ends in order")


@suite.case
def counting_by_many_at_once():
    for over in ("", "redis", "memcached"):
        with converting(over, codec="json", threads=2) as server:
            faults = []
            each, clients = (2000, 8) if long_run() else (200, 8)

            def count():
                with server.connect(60) as c:
                    c.send(resp.encode("INCR", "n") * each)
                    told = c.replies(each, 60)
                    if told.count(b":") != each:
                        faults.append(told[:200])

            threads = [threading.Thread(target=count) for _ in range(clients)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            with server.connect() as c:
                equal(faults, [])
                equal(c.call("GET", "n"), b"%d" % (each * clients), "over " + (over or "memory"))


@suite.case
def compression_where_it_pays():
    noise = random.Random(1).randbytes(3000)
    for algorithm in ("zstd", "lz4"):
        with converting("redis", with_memcache=True, compression={"algorithm": algorithm, "min_size": "1KiB"}) as server, server.connect() as c, server.store.connect() as store:
            for key, value in (("text", b"abc" * 5000), ("short", b"a" * 1000), ("noise", noise)):
                c.call("SET", key, value)
                equal(c.call("GET", key), value)
                equal(c.call("STRLEN", key), len(value))
            check(store.call("STRLEN", "text") < 1000 and store.call("GET", "text")[:8] == b"\xffcachet\0", "it is not compressed")
            equal((store.call("GET", "short"), store.call("GET", "noise")), (b"a" * 1000, noise), "these stay plain")
            with server.connect_to("memcache") as m:
                equal(m.raw("set f 77 0 15000", b"abc" * 5000), b"STORED\r\n")
                equal(m.raw("mg f f s"), b"HD f77 s15000\r\n")
                check(store.call("STRLEN", "f") < 1000, "flags beside a compressed value")
                equal(m.raw("append f 0 0 1", "!"), b"STORED\r\n")
                equal(m.raw("mg f f s"), b"HD f77 s15001\r\n")
            before = {k: server.metric("cachetted_conversion_bytes_total", codec=algorithm, direction="encode", side=k) for k in ("before", "after")}
            check(0 < before["after"] < before["before"] / 3, "%s", before)
            server.write_config({**server.config, "compression": {"algorithm": "none"}})
            server.signal(signal.SIGHUP)
            eventually(lambda: c.call("CONFIG", "GET", "compression.algorithm")[1] == b"none", "the reload")
            equal(c.call("GET", "text"), b"abc" * 5000, "what was compressed before is still read")
            damaged = store.call("GET", "text")[:-3]
            store.call("SET", "text", damaged)
            check("damaged" in error_of(c, "GET", "text"), "%s", error_of(c, "GET", "text"))


def envelope(version, codec=0, compression=0, flags=0):
    head = b"\xffcachet\0" + bytes([version, codec, compression, 0]) + flags.to_bytes(4, "big")
    return head + zlib.crc32(head).to_bytes(4, "big")


@suite.case
def what_only_looks_like_an_envelope():
    """Whatever a client sends it gets back, over every store."""
    sent = [envelope(1) + b"x", envelope(1, flags=9), envelope(2, 0, 1) + b"no frame", envelope(2, 4, 0) + b"N.", envelope(1) + envelope(2, 3, 2), envelope(2, 9, 0), b"\xff", b"\xffcachet\0" * 5]
    for over in ("", "redis", "memcached", "mongodb"):
        for compression in ("none", "lz4"):
            with converting(over, with_memcache=True, compression={"algorithm": compression, "min_size": 1}) as server, server.connect() as c, server.connect_to("memcache") as m:
                for value in sent:
                    c.call("SET", "k", value)
                    c.call("MSET", "l", value)
                    equal(c.call("MGET", "k", "l"), [value, value], over)
                    equal(c.call("SET", "k", "", "GET"), value)
                    m.raw("set f 5 0 %d" % len(value), value)
                    equal(m.raw("get f"), b"VALUE f 5 %d\r\n%b\r\nEND\r\n" % (len(value), value), over)
                    equal(c.call("GETDEL", "f"), value)


@suite.case
def large_values_over_every_store():
    """Made beside the loop and handed on: to a table, a connection, a journal, a worker, which may look at them later than their client waits."""
    with servers.Memcached(["-S", "u:secret"]) as sasl:
        for over in ("", "redis", "memcached", "mongodb", "pickle", "sasl"):
            more = sasl.as_store() if over == "sasl" else {"backend": "pickle", "pickle_path": "cache.pickle"} if over == "pickle" else {}
            for compression in ("none", "lz4"):
                with converting("" if more else over, codec="msgpack", compression={"algorithm": compression, "min_size": 1}, **more) as server, server.connect(30) as c, server.connect(30) as d:
                    texts = [compact(["%s%d" % ("x" * n, i) for i in range(3)]) for n in (30, 30000, 70000)]
                    for i in range(20):
                        sent = texts[i % 3 :] + texts[: i % 3]
                        c.send(b"".join(resp.encode("SET", "k%d" % (j % 2), text) for j, text in enumerate(sent)) + resp.encode("GET", "k0"))
                        d.send(resp.encode("MSET", "l", sent[0], "m", sent[1]) + resp.encode("MGET", "l", "m", "none") + resp.encode("SET", "k2", sent[2]) + resp.encode("GETRANGE", "k2", 1, 40000))
                        equal([c.reply(30) for _ in sent], [b"+OK\r\n"] * 3, over)
                        equal(resp.decode(c.reply(30)), sent[2], over)
                        equal(d.reply(30), b"+OK\r\n", over)
                        equal(resp.decode(d.reply(30)), [sent[0], sent[1], None], over)
                        equal((d.reply(30), resp.decode(d.reply(30))), (b"+OK\r\n", sent[2][1:40001]), over)


@suite.case
def anything_at_once():
    """Any command on few keys of any form and size, by connections that may leave at any moment, while codecs change. What is
    answered is not looked at: that nothing is left behind, and under a sanitizer that no memory is misused."""
    draw = random.Random(os.environ.get("ORACLE_SEED"))
    seeds, until = [draw.randrange(1 << 30) for _ in range(5)], time.monotonic() + (45 if long_run() else 5)
    values = ["1", "bad", "[1,2]"] + ['"%s"' % ("a" * n) for n in (5, 200, 70000, LARGE)]

    def some_words(rnd):
        def key():
            return rnd.choice(("", "z:", "m:", "p:")) + "k%d" % rnd.randrange(4)

        k, v = key(), rnd.choice(values)
        return rnd.choice((
            ("SET", k, v), ("GET", k), ("MGET", k, key(), "none"), ("MSET", k, v, key(), v), ("INCR", k), ("APPEND", k, "1"), ("STRLEN", k),
            ("SETRANGE", k, rnd.choice((0, 1, 100000)), "x"), ("GETRANGE", k, 0, 100), ("GETDEL", k), ("SET", k, v, "GET"), ("GETSET", k, v),
            ("CACHETTE", "EXPLAIN", k), ("LCS", "z:none", k), ("RENAME", k, key()), ("COPY", k, key()), ("GETEX", k, "EX", 100),
            ("SETBIT", k, 5, 1), ("INCRBYFLOAT", k, "1.5"), ("WATCH", k), ("MULTI",), ("EXEC",), ("DISCARD",),
        ))  # fmt: skip

    def some_line(rnd):
        k, v = rnd.choice(("", "z:", "m:", "p:")) + "k%d" % rnd.randrange(4), rnd.choice(values)
        return rnd.choice((
            "set %s 1 0 %d\r\n%s" % (k, len(v), v), "append %s 1 0 %d\r\n%s" % (k, len(v), v), "prepend %s 1 0 1 noreply\r\n1" % k, "incr %s 1" % k,
            "ma %s N10 J5 v q" % k, "mg %s v s c t k" % k, "ms %s %d MA\r\n%s" % (k, len(v), v), "get %s" % k, "md %s I T10" % k,
        )).encode() + b"\r\n"  # fmt: skip

    def client(server, seed, memcached):
        rnd = random.Random(seed)
        while time.monotonic() < until:
            with contextlib.suppress(OSError), server.connect_to("memcache" if memcached else "resp", 30) as c:
                asked = [some_line(rnd) if memcached else resp.encode(*some_words(rnd)) for _ in range(rnd.randrange(1, 25))]
                c.send(b"".join(asked))
                if rnd.random() < 0.5:
                    c.sock.shutdown(socket.SHUT_WR)
                    while c.sock.recv(1 << 18):
                        pass

    routes = ["{prefix: 'z:', compression: {algorithm: zstd, min_size: 100}}, {prefix: 'm:', codec: msgpack}, {prefix: 'p:', codec: pickle}", "{prefix: 'z:', codec: json}, {prefix: 'p:', codec: json}"]
    with converting(codec="json", threads=2, with_memcache=True) as server, server.connect(30) as control:
        clients = [threading.Thread(target=client, args=(server, seed, i == 0)) for i, seed in enumerate(seeds)]
        for c in clients:
            c.start()
        while time.monotonic() < until:
            equal(control.call("CONFIG", "SET", "routes", "[%s]" % routes[0]), b"OK")
            time.sleep(0.2)
            equal(control.call("CONFIG", "SET", "routes", "[%s]" % routes[1]), b"OK")
            time.sleep(0.1)
        for c in clients:
            c.join()
        eventually(lambda: server.metric("cachetted_queue_requests") == 0 and server.metric("cachetted_conversions_waiting") == 0, "all is answered", 30)
        equal(control.call("PING"), b"PONG")


@suite.case
def a_reload_while_clients_work():
    with converting(codec="json", threads=2, compression={"algorithm": "lz4", "min_size": 1}) as server:
        stop, faults = threading.Event(), []

        def work(seed):
            draw = random.Random(seed)
            with server.connect(60) as c:
                while not stop.is_set():
                    value = compact(["x" * draw.choice((10, 1000, 200000)), seed])
                    c.send(resp.encode("SET", "k%d" % seed, value) + resp.encode("GET", "k%d" % seed))
                    c.reply(60)
                    if resp.decode(c.reply(60)) != value:
                        faults.append(seed)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        with server.connect() as c:
            for i in range(30):
                server.write_config({**server.config, "routes": [{"prefix": "z%d" % i, "codec": "pickle"}]})
                server.signal(signal.SIGHUP)
                eventually(lambda: b"z%d" % i in c.call("CONFIG", "GET", "routes")[1], "reload %d" % i)
        stop.set()
        for t in threads:
            t.join()
        equal(faults, [])


if __name__ == "__main__":
    finish(suite.main())
