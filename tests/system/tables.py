#!/usr/bin/env python3
"""The codecs csv, feather and parquet in the daemon: beside clients of each form, and beside the library on its store.

tables.py [--only NAME] [-v]; SEED fixes the draw. Runs itself by a Python with pandas 2 and by one with pandas 3; TABLES=3 by the second
alone.
"""

import asyncio
import json
import os
import random
import select
import sys
import threading
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib import each_pandas, resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

if __name__ == "__main__":
    each_pandas.run_by_each()

warnings.filterwarnings("ignore")  # of the library's pydantic, and of what pandas 3 changes
import numpy  # noqa: E402
import pandas  # noqa: E402
import pyarrow  # noqa: E402
import redis.asyncio  # noqa: E402, F401: the library needs it
from cachette import Cachette  # noqa: E402

from lib import frames  # noqa: E402
from lib.frames import Frames, read, same, write  # noqa: E402
from lib.tables import ORIENTS, SEED, Seen, as_json_knows, counted, csv_differs, csv_of_pandas, feather_packings, first_difference, near, once, parquet_packings, plain_json, through  # noqa: E402

suite = Suite("tables")
by_one = once(suite)

TABLE = ",price,size\n0,1.5,10\n1,2.25,20\n"
TABLE_FRAME = pandas.DataFrame({"price": [1.5, 2.25], "size": [10, 20]})
RECORDS = [{"price": 1.5, "size": 10}, {"price": 2.25, "size": 20}]


def serving(over="", with_memcache=False, **config):
    servers.need_daemon()
    return servers.Daemon(config, over=over or None, with_memcache=with_memcache)


def error_of(connection, *words):
    try:
        return "no error but %r" % connection.call(*words)
    except resp.RespError as error:
        return str(error)


def three_routes(**more):
    return [{"prefix": codec + ":", "codec": codec, **more} for codec in ("csv", "feather", "parquet")]


@suite.case
def what_clients_set_is_a_frame():
    with serving("redis", with_memcache=True, client_codec="csv", routes=three_routes()) as server, server.connect() as c, server.store.connect() as store, server.connect_to("memcache") as m:
        for codec in ("csv", "feather", "parquet"):
            for key in (codec + ":k", codec + ":m"):
                if key.endswith("k"):
                    c.call("SET", key, TABLE)
                else:
                    equal(m.raw("set %s 0 0 %d" % (key, len(TABLE)), TABLE), b"STORED\r\n")
                same(read(store.call("GET", key), codec), TABLE_FRAME, key, loose=True)
                equal(c.call("GET", key), TABLE.encode())
                equal(m.raw("get " + key), b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (key.encode(), len(TABLE), TABLE.encode()))
            store.call("SET", codec + ":theirs", write(TABLE_FRAME, codec))
            equal((c.call("GET", codec + ":theirs"), c.call("STRLEN", codec + ":theirs")), (TABLE.encode(), len(TABLE)))
            equal(c.call("SET", codec + ":k", ",a\n0,1\n", "GET"), TABLE.encode())
            equal(c.call("GETDEL", codec + ":k"), b",a\n0,1\n")
        equal(c.call("MSET", "csv:1", TABLE, "parquet:1", TABLE, "plain", "x"), b"OK")
        equal(c.call("MGET", "csv:1", "plain", "parquet:1", "none", "feather:m"), [TABLE.encode(), b"x", TABLE.encode(), None, TABLE.encode()])
        same(read(store.call("GET", "parquet:1"), "parquet"), TABLE_FRAME, "by MSET", loose=True)


@by_one
def what_is_refused_leaves_the_old_value():
    for over in ("", "redis", "memcached"):
        with serving(over, with_memcache=True, client_codec="csv", routes=three_routes()) as server, server.connect() as c, server.connect_to("memcache") as m:
            for codec in ("csv", "feather", "parquet"):
                key = codec + ":k"
                c.call("SET", key, TABLE)
                for bad in ("a,b\n1,2\n1,2,3\n", b"a,b\n1,\xff\n"):
                    why = error_of(c, "SET", key, bad)
                    check(why.startswith("ERR codec '%s': " % codec), "%s", why)
                    check(m.raw("set %s 0 0 %d" % (key, len(bad)), bad).startswith(b"CLIENT_ERROR codec '%s': " % codec.encode()), "by memcached's")
                    check("codec '%s'" % codec in error_of(c, "MSET", key, TABLE + "2,3,4\n", codec + ":l", bad), "MSET")
                for words in (["INCR", key], ["INCRBYFLOAT", key, "1.5"], ["APPEND", key, "2,3,4\n"], ["GETRANGE", key, 0, 3], ["SETRANGE", key, 0, "x"], ["SETBIT", key, 1, 1], ["DECRBY", key, 3]):
                    why = error_of(c, *words)
                    check("codec '%s'" % codec in why, "over %r, %s: %s", over, words, why)
                for line, block in (("incr %s 1" % key, None), ("append %s 0 0 1" % key, "x"), ("prepend %s 0 0 1" % key, "x")):
                    told = m.raw(line, *([block] if block else []))
                    check(b"ERROR" in told and codec.encode() in told, "%s: %s", line, told)
                equal(c.call("MGET", key, codec + ":l"), [TABLE.encode(), None], "over %r" % over)
                check(server.metric("cachetted_conversion_errors_total", codec=codec, direction="encode") >= 3, "counted")


@by_one
def each_clients_form():
    forms = ("csv", "json", "json_columns", "json_split", "arrow", "feather", "parquet", "raw")
    ports = servers.free_ports(len(forms))
    listen = ["127.0.0.1:%d client_codec=%s" % pair for pair in zip(ports, forms)]
    servers.need_daemon()
    with servers.Daemon({"routes": three_routes()}, ["listen.resp=" + ",".join(listen)], ready=False) as server:
        eventually(lambda: "ready" in server.log(), "it starts")
        ends = {form: resp.Connection(("127.0.0.1", port)) for form, port in zip(forms, ports)}
        for codec in ("csv", "feather", "parquet"):
            sent = {
                "csv": TABLE.encode(), "json": json.dumps(RECORDS).encode(), "json_columns": TABLE_FRAME.to_json(orient="columns").encode(), "json_split": TABLE_FRAME.to_json(orient="split").encode(),
                "arrow": write(TABLE_FRAME, "arrow"), "feather": write(TABLE_FRAME, "feather"), "parquet": write(TABLE_FRAME, "parquet"), "raw": write(TABLE_FRAME, codec),
            }  # fmt: skip
            for by, data in sent.items():
                key = "%s:%s" % (codec, by)
                ends[by].call("SET", key, data)
                for form, end in ends.items():
                    got, what = end.call("GET", key), "%s, set as %s, got as %s" % (codec, by, form)
                    if form in ("csv", "arrow", "feather", "parquet"):
                        same(read(got, form), TABLE_FRAME, what, loose=True)
                    elif form == "json":
                        equal(json.loads(got), RECORDS, what)
                    elif form == "raw":
                        same(read(got, codec), TABLE_FRAME, what, loose=True)
                    else:
                        equal(json.loads(got), json.loads(TABLE_FRAME.to_json(orient=ORIENTS[form])), what)
        for form, end in ends.items():
            check(form == "raw" or "codec 'parquet': " in error_of(end, "SET", "parquet:bad", "\xff\n\"x"), "%s", form)
            end.close()


def asked(connection, key):
    said = connection.call("CACHETTE", "EXPLAIN", key)
    said = dict(zip(said[::2], said[1::2])) if isinstance(said, list) else said
    return {k.decode(): v.decode() if isinstance(v, bytes) else v for k, v in said.items()}


@by_one
def what_is_told_of_a_table():
    routes = [*three_routes(), {"prefix": "z:", "codec": "parquet", "table_compression": "zstd"}, {"prefix": "n:", "codec": "feather", "table_compression": "none"}, {"prefix": "s:", "codec": "parquet", "client_codec": "json", "client_integers": "string"}]
    with serving("redis", client_codec="csv", routes=routes) as server, server.connect() as c, server.store.connect() as store:
        for codec in ("csv", "feather", "parquet"):
            c.call("SET", codec + ":k", TABLE)
            said = asked(c, codec + ":k")
            equal((said["codec"], said["rows"], said["columns"], said["schema"]), (codec, "2", "2", "price: double, size: int64"), said)
            check("index" in said and int(said["decoded_bytes"]) > 0, "%s", said)
        c.call("SET", "z:k", TABLE)
        equal((parquet_packings(store.call("GET", "z:k")), "zstd" in asked(c, "z:k")["table_compression"]), ({"ZSTD"}, True))
        c.call("SET", "n:k", "a,b\n" + "1,2\n" * 3000)
        equal(feather_packings(store.call("GET", "n:k")), set())
        frame = pandas.DataFrame({"a": [2**60, 5]}, index=pandas.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["l", None]))
        store.call("SET", "s:k", write(frame, "parquet"))
        equal(json.loads(c.call("GET", "s:k")), [{"a": str(2**60)}, {"a": 5}])
        check("'l'" in asked(c, "s:k")["index"], "%s", asked(c, "s:k"))
        c.call("SET", "s:k", c.call("GET", "s:k"))
        equal(read(store.call("GET", "s:k"), "parquet")["a"].tolist(), [2**60, 5], "back")
        periods = pandas.DataFrame({"p": pandas.period_range("2020-01", periods=2, freq="M")})
        store.call("SET", "parquet:periods", write(periods, "parquet"))
        said, why = asked(c, "parquet:periods"), error_of(c, "GET", "parquet:periods")
        check("pandas.period" in why and said["readable"] == why.removeprefix("ERR "), "%s: %s", why, said)
        equal((said["schema"], said["rows"]), ("p: int64", "2"), "what cannot be shown is told of")
        store.call("SET", "parquet:bad", b"PAR1 no such")
        check("codec 'parquet'" in error_of(c, "GET", "parquet:bad"), "%s", error_of(c, "GET", "parquet:bad"))
        check("readable" in asked(c, "parquet:bad"), "%s", asked(c, "parquet:bad"))
        for policy, want in (("miss", None), ("raw", b"PAR1 no such")):
            c.call("CONFIG", "SET", "on_decode_error", policy)
            equal(c.call("GET", "parquet:bad"), want)


@by_one
def tables_are_counted():
    with serving("redis", client_codec="csv", routes=three_routes(), limits={"table_rows": 100, "table_columns": 10}) as server, server.connect() as c, server.store.connect() as store:
        for codec in ("feather", "parquet"):
            c.call("SET", codec + ":k", TABLE)
            c.call("GET", codec + ":k")
            check("limits.table_rows" in error_of(c, "SET", codec + ":k", "a\n" + "1\n" * 101), "rows")
            check("limits.table_columns" in error_of(c, "SET", codec + ":k", ",".join("abcdefghijkl") + "\n"), "columns")
            store.call("SET", codec + ":l", write(pandas.DataFrame({"a": range(101)}), codec))
            check("limits.table_rows" in error_of(c, "GET", codec + ":l"), "read")
            for direction in ("encode", "decode"):
                check(server.metric("cachetted_conversions_total", codec=codec, direction=direction) >= 1, "%s %s", codec, direction)
            check(server.metric("cachetted_conversion_errors_total", codec=codec, direction="encode") == 2, "%s", codec)
        text = server.scrape()
        for name in ("cachetted_table_rows_total", "cachetted_table_refusals_total"):
            check(servers.metric_sum(text, name, {}) > 0, "%s:\n%s", name, "\n".join(line for line in text.splitlines() if "table" in line))


@by_one
def transactions_of_tables():
    for over in ("", "redis"):
        with serving(over, client_codec="csv", routes=three_routes()) as server, server.connect() as c:
            commands = [["MULTI"], ["SET", "parquet:k", TABLE], ["SET", "feather:k", TABLE], ["SET", "csv:k", "a,b\n1\n1,2,3\n"], ["GET", "parquet:k"], ["MGET", "feather:k", "none"], ["EXEC"]]
            c.send(b"".join(resp.encode(*words) for words in commands))
            done = resp.decode([c.reply(30) for _ in commands][-1])
            equal((done[0], done[1], done[3], done[4]), (b"OK", b"OK", TABLE.encode(), [TABLE.encode(), None]), "over %r" % over)
            check("codec 'csv'" in str(done[2]), "%s", done[2])


@by_one
def a_large_table_beside_small_reads():
    rows = 20000 if servers.sanitized() else 250000  # 10 MB
    frame = pandas.DataFrame({"a": numpy.arange(rows), "b": numpy.arange(rows) / 7, "t": ["text %d" % i for i in range(rows)]})
    text = frame.to_csv().encode()
    for over, codecs in (("", ("feather", "parquet")), ("redis", ("parquet",))):
        with serving(over, client_codec="csv", threads=1, routes=three_routes()) as server, server.connect(120) as c, server.connect(60) as other:
            other.call("SET", "small", "x")
            between = 0
            for codec in codecs:
                c.send(resp.encode("SET", codec + ":k", text) + resp.encode("GET", codec + ":k") + resp.encode("STRLEN", codec + ":k"))
                while not select.select([c.sock], [], [], 0.001)[0]:
                    equal(other.call("GET", "small"), b"x")
                    between += 1
                equal(c.reply(120), b"+OK\r\n")
                got = resp.decode(c.reply(120))
                check(got == text, "%s\n%s", codec, first_difference(got, text))
                equal(resp.decode(c.reply(120)), len(text))
            many = c.call("MGET", "parquet:k", "small", "feather:k")
            check(many == [text, b"x", text if "feather" in codecs else None], "MGET of large ones")
            check(between > 0, "nothing came in between")
            check(server.metric("cachetted_conversions_beside_total") >= len(codecs) * 3, "beside the loop")


@by_one
def many_sessions_at_once():
    """Each with tables of its own, some beside the loop."""
    with serving("redis", with_memcache=True, client_codec="csv", threads=2, routes=three_routes()) as server:
        faults = []

        def work(seed):
            draw = random.Random(seed)
            with server.connect(60) as c:
                for i in range(servers.many(60)):
                    key = "%s:%d" % (draw.choice(("csv", "feather", "parquet")), seed)
                    text = (",n,t\n" + "".join("%d,%d,text %d\n" % (row, row * seed, i) for row in range(draw.choice((1, 10, 100, 10000))))).encode()
                    c.send(resp.encode("SET", key, text) + resp.encode("GET", key) + resp.encode("SET", key, "a,b\n1,2,3,4\n1\n1,2,3,4,5,6,7\n"))
                    replies = [resp.decode(c.reply(60)) for _ in range(3)]
                    if replies[:2] != [b"OK", text]:
                        faults.append("%s: %r" % (key, replies[:2]))

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        equal(faults[:3], [])


# The library


def library(port, codec):
    Cachette._codec = "vanilla"
    Cachette.load_config(lambda: [("backend", "redis"), ("redis_url", "redis://127.0.0.1:%d" % port), ("ttl", 600), ("codec", codec)])
    return Cachette()


@suite.case
def what_the_library_puts():
    """It reads and writes as pandas does by default; cachetted shows that as csv and as records."""
    routes = [*three_routes(client_codec="csv"), *({"prefix": codec + ":j:", "codec": codec, "client_codec": "json"} for codec in ("csv", "feather", "parquet"))]
    with serving("redis", routes=routes) as server, server.connect(60) as c:
        for codec in ("csv", "feather", "parquet"):
            cache, compared = library(server.store.port, codec), 0
            for i, frame in enumerate(near(70, servers.many(60), frames.FLAT_KINDS)):
                key, other = "%s:%d" % (codec, i), "%s:j:%d" % (codec, i)
                try:
                    asyncio.run(cache.put(key, frame))
                    asyncio.run(cache.put(other, frame))
                    fetched = asyncio.run(cache.fetch(key))
                    want = frame.to_csv().encode() if codec == "csv" else fetched.to_csv().encode()
                except (pyarrow.ArrowException, ValueError, OverflowError):
                    continue  # it cannot
                if csv_differs(frame):
                    continue
                got = c.call("GET", key)
                check(got == want, "%s", Seen(frame, "%s\n%s" % (key, first_difference(got, want))))
                equal(len(json.loads(c.call("GET", other))), len(fetched))
                compared += 1
            counted("put by the library, %s" % codec, compared, servers.many(60) * 0.7)


@suite.case
def what_clients_set_for_the_library():
    """CSV, fetched as what pandas reads of it; and records."""
    routes = [*three_routes(client_codec="csv"), *({"prefix": codec + ":j:", "codec": codec, "client_codec": "json"} for codec in ("csv", "feather", "parquet"))]
    with serving("redis", routes=routes) as server, server.connect(60) as c:
        for codec in ("csv", "feather", "parquet"):
            cache, compared, form = library(server.store.port, codec), 0, codec if codec != "csv" else ""
            for i, frame in enumerate(near(71, servers.many(60), ["int", "uint", "bool", "str", "date", "whole_float", "category"])):
                text, key = frame.to_csv().encode(), "%s:%d" % (codec, i)
                try:
                    want = through(csv_of_pandas(text), form) if form else read(text, "csv")
                except (pyarrow.ArrowException, ValueError):
                    continue
                c.call("SET", key, text, "EX", 100)
                same(asyncio.run(cache.fetch(key)), want, Seen(frame, key), loose=True)
                compared += 1
            for i in range(servers.many(20)):
                made = Frames(SEED + 72000 + i, ["int", "bool", "str"])
                frame, key = made.frame(rows=3, plain=True).reset_index(drop=True), "%s:j:%d" % (codec, i)
                if frame.shape[1] and codec != "csv":
                    c.call("SET", key, plain_json(frame, "records"))
                    same(asyncio.run(cache.fetch(key)), through(as_json_knows(frame), codec), Seen(frame, key), loose=True)
                    compared += 1
            counted("set by clients, %s" % codec, compared, servers.many(60) * 0.7)


@by_one
def what_the_library_cannot_do():
    """So that nobody takes these for faults of cachetted."""
    with serving("redis", routes=three_routes(client_codec="csv")) as server, server.connect(60) as c, server.store.connect() as store:
        caches = {codec: library(server.store.port, codec) for codec in ("csv", "feather", "parquet")}

        def fails(act):
            try:
                asyncio.run(act)
            except Exception as error:
                return str(error)
            raise AssertionError("it did not fail")

        twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
        for codec in ("feather", "parquet"):
            check("uplicate" in fails(caches[codec].put(codec + ":k", twice)), "%s", codec)
            check(fails(caches[codec].put(codec + ":k", pandas.DataFrame({"a": [1, "x"]}))), "values of several types")
            c.call("SET", codec + ":k", TABLE)
            store.call("SET", codec + ":k", store.call("GET", codec + ":k")[:-3])
            check(fails(caches[codec].fetch(codec + ":k")) and "codec '%s'" % codec in error_of(c, "GET", codec + ":k"), "what is cut off")
        asyncio.run(caches["csv"].put("csv:k", twice))
        equal((c.call("GET", "csv:k"), list(asyncio.run(caches["csv"].fetch("csv:k")).columns)), (b",a,a\n0,1,2\n", ["a", "a.1"]))
        dates = pandas.DataFrame({"d": pandas.to_datetime(["2026-11-27"])})
        asyncio.run(caches["csv"].put("csv:k", dates))
        check(asyncio.run(caches["csv"].fetch("csv:k"))["d"].tolist() == ["2026-11-27"], "csv keeps no types")
        levels = pandas.DataFrame({"a": [1]}, index=pandas.MultiIndex.from_tuples([("x", 1)]))
        asyncio.run(caches["csv"].put("csv:k", levels))
        check(asyncio.run(caches["csv"].fetch("csv:k")).index.nlevels == 1, "csv keeps one level")
        asyncio.run(caches["parquet"].put("parquet:k", levels))
        equal(asyncio.run(caches["parquet"].fetch("parquet:k")).index.nlevels, 2)
        store.call("SET", "parquet:k", "")
        equal(asyncio.run(caches["parquet"].fetch("parquet:k")), None, "an empty value is none")
        check("codec 'parquet'" in error_of(c, "SET", "parquet:k", ""), "%s", error_of(c, "SET", "parquet:k", ""))


if __name__ == "__main__":
    finish(suite.main())
