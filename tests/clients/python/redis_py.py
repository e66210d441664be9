#!/usr/bin/env python3
"""redis-py, synchronous, with its default handshake: RESP2 and RESP3, its own parser and hiredis.

Needs HOST and PORT in the environment. Every case runs once for each way to connect.
"""

import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import redis  # noqa: E402
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser  # noqa: E402

from lib.cases import Suite, check, equal, finish  # noqa: E402

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
WAYS = {
    "defaults": {},
    "resp2 hiredis": {"protocol": 2, "parser_class": _HiredisParser},
    "resp2 own parser": {"protocol": 2, "parser_class": _RESP2Parser},
    "resp3 hiredis": {"protocol": 3, "parser_class": _HiredisParser},
    "resp3 own parser": {"protocol": 3, "parser_class": _RESP3Parser},
    "decoded": {"decode_responses": True},
    "legacy off": {"protocol": 3, "legacy_responses": False},
}
suite = Suite("redis-py")


def connect(way):
    options = dict(WAYS[way])
    if "parser_class" in options:
        legacy = {k: options.pop(k) for k in ("legacy_responses",) if k in options}
        pool = redis.ConnectionPool(host=HOST, port=PORT, **options)
        return redis.Redis(connection_pool=pool, **legacy)
    return redis.Redis(host=HOST, port=PORT, **options)


def every_way(body):
    """Makes one case a way of the function body(client, text), with an empty database."""
    for way in WAYS:

        def case(way=way):
            with connect(way) as client:
                client.flushall()
                body(client, (lambda s: s) if WAYS[way].get("decode_responses") else (lambda s: s.encode()))

        case.__name__ = "%s, %s" % (body.__name__, way)
        suite.case(case)
    return body


@every_way
def strings(r, text):
    equal(r.ping(), True)
    equal(r.set("k", "v"), True)
    equal(r.get("k"), text("v"))
    equal(r.get("absent"), None)
    equal(r.set("k", "w", nx=True), None)
    equal(r.set("k", "w", xx=True, get=True), text("v"))
    equal(r.append("k", "xyz"), 4)
    equal(r.getrange("k", 1, 2), text("xy"))
    equal(r.setrange("k", 1, "AB"), 4)
    equal(r.strlen("k"), 4)
    equal(r.getdel("k"), text("wABz"))
    equal(r.mset({"a": 1, "b": 2}), True)
    equal(r.mget("a", "absent", "b"), [text("1"), None, text("2")])
    equal(bool(r.msetnx({"b": 3, "c": 4})), False)
    equal(r.delete("a", "b", "absent"), 2)
    equal(r.setbit("bits", 7, 1), 0)
    equal(r.bitcount("bits"), 1)
    equal(r.bitpos("bits", 1), 7)


@every_way
def counters(r, text):
    equal(r.incr("n"), 1)
    equal(r.incr("n", 41), 42)
    equal(r.decr("n", 2), 40)
    equal(float(r.incrbyfloat("f", 1.5)), 1.5)
    r.set("s", "abc")
    try:
        r.incr("s")
        check(False, "an error was expected")
    except redis.ResponseError as error:
        check("not an integer" in str(error), str(error))


@every_way
def expiry(r, text):
    r.set("k", "v", ex=100)
    check(98 <= r.ttl("k") <= 100)
    check(98000 <= r.pttl("k") <= 100000)
    equal(bool(r.persist("k")), True)
    equal(r.ttl("k"), -1)
    equal(r.ttl("absent"), -2)
    equal(bool(r.expireat("k", 4102444800)), True)
    equal(r.expiretime("k"), 4102444800)
    equal(bool(r.expire("k", 10, nx=True)), False)
    equal(r.getex("k", persist=True), text("v"))
    equal(r.ttl("k"), -1)
    equal(bool(r.expire("k", -1)), True)
    equal(r.exists("k"), 0)


@every_way
def keys(r, text):
    names = {text("key:%d" % i) for i in range(200)}
    with r.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.set(name, name)
        check(all(pipe.execute()))
    equal(set(r.scan_iter(match="key:*", count=7)), names)
    equal(set(r.scan_iter(match="key:1?")), {text("key:%d" % i) for i in range(10, 20)})
    equal(set(r.keys("*")), names)
    equal(r.dbsize(), 200)
    equal(r.type("key:1"), text("string"))
    check(r.randomkey() in names)
    equal(r.rename("key:1", "other"), True)
    equal(bool(r.copy("other", "again")), True)
    equal(r.unlink("other", "again"), 2)
    equal(r.touch("key:2", "absent"), 1)


@every_way
def pipelines(r, text):
    with r.pipeline(transaction=False) as pipe:
        for i in range(1000):
            pipe.set("k%d" % i, i).get("k%d" % i)
        out = pipe.execute()
    equal(out[1::2], [text(str(i)) for i in range(1000)])
    with r.pipeline(transaction=False) as pipe:
        pipe.set("s", "abc").incr("s").get("s")
        out = pipe.execute(raise_on_error=False)
    check(isinstance(out[1], redis.ResponseError))
    equal(out[2], text("abc"))


@every_way
def transactions(r, text):
    with r.pipeline() as pipe:
        equal(pipe.set("a", 1).incr("a").get("a").execute(), [True, 2, text("2")])

    def add(pipe):
        value = int(pipe.get("a"))
        pipe.multi()
        pipe.set("a", value + 10)

    r.transaction(add, "a")
    equal(r.get("a"), text("12"))
    with r.pipeline() as pipe:
        pipe.watch("a")
        r.set("a", "other")
        pipe.multi()
        pipe.set("a", "lost")
        try:
            pipe.execute()
            check(False, "a WatchError was expected")
        except redis.WatchError:
            pass
    equal(r.get("a"), text("other"))


@every_way
def contended_counter(r, text):
    """Four threads add by optimistic locking: nothing is lost."""
    r.set("n", 0)

    def add_many():
        for _ in range(25):
            r.transaction(lambda pipe: (lambda v: (pipe.multi(), pipe.set("n", v + 1)))(int(pipe.get("n"))), "n")

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(r.get("n"), text("100"))


@every_way
def the_servers_words(r, text):
    check(r.info()["redis_version"] == "7.0.15")
    equal(r.info("persistence").get("loading", 0), 0)
    check(r.client_id() > 0)
    equal(r.client_setname("bob"), True)
    equal(r.client_getname(), text("bob") if not isinstance(r.client_getname(), str) else "bob")
    check(any(c["name"] == "bob" for c in r.client_list()))
    check("get" in r.command())
    check(r.command_count() > 60)
    check(len(r.time()) == 2)
    equal(str(r.config_get("databases")["databases"]), "16")
    equal(r.echo("x"), text("x"))
    r.lastsave()
    equal(r.slowlog_len() >= 0, True)
    equal(r.wait(0, 0), 0)


@every_way
def large_and_binary(r, text):
    data = bytes(range(256)) * 4096
    if text("a") == "a":
        data = "ä" * 500000
    r.set("big", data)
    equal(r.get("big") == data, True)
    equal(r.strlen("big"), 1048576 if isinstance(data, bytes) else 1000000)


@every_way
def errors(r, text):
    for words, expected in (
        (("NOSUCH", "a"), "unknown command"),
        (("GET",), "wrong number of arguments"),
        (("SET", "k", "v", "EX", "0"), "invalid expire time"),
    ):
        try:
            r.execute_command(*words)
            check(False, "%s: an error was expected", words)
        except redis.ResponseError as error:
            check(expected in str(error), "%s: %s", words, error)
    equal(r.ping(), True)


@suite.case
def databases_and_pools():
    pool = redis.ConnectionPool(host=HOST, port=PORT, db=3, max_connections=5, client_name="pooled")
    a, b = redis.Redis(connection_pool=pool), redis.Redis(host=HOST, port=PORT)
    a.flushall()
    a.set("k", "three")
    equal(b.get("k"), None)
    equal(a.get("k"), b"three")
    equal(a.client_getname(), "pooled" if isinstance(a.client_getname(), str) else b"pooled")
    url = redis.from_url("redis://%s:%d/3?protocol=3" % (HOST, PORT))
    equal(url.get("k"), b"three")
    equal(b.swapdb(0, 3), True)
    equal(b.get("k"), b"three")


@suite.case
def a_lock_by_set_nx():
    r = redis.Redis(host=HOST, port=PORT)
    r.flushall()
    equal(r.set("lock", "me", nx=True, px=60000), True)
    equal(r.set("lock", "you", nx=True, px=60000), None)
    check(r.pttl("lock") > 50000)


@suite.case
def health_check_and_reconnect():
    r = redis.Redis(host=HOST, port=PORT, health_check_interval=1)
    other = redis.Redis(host=HOST, port=PORT)
    equal(r.ping(), True)
    equal(int(other.client_kill_filter(_id=r.client_id())), 1)
    equal(r.ping(), True)


if __name__ == "__main__":
    finish(suite.main())
