#!/usr/bin/env python3
"""The cachette library 0.1.8 with each of its codecs on a store, and Redis and memcached clients on cachetted over the same one,
which converts: drawn objects, both ways.

Needs HOST and PORT of cachetted's Redis port in the environment and where its store is: STORE_PORT, AT_STORE (of a memcached on
port 11211) or STORE_URL and DATABASE. Each codec has a route of its own, by prefix.
"""

import asyncio
import datetime
import decimal
import json
import os
import pickle
import random
import uuid

from cachette_stage import HOST, PORT, Stage  # first: it says where lib is
import redis

from lib.cases import check, equal, finish, long_run
from lib.values import Values, same, untag

SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))
CODECS = ("json", "orjson", "msgpack", "pickle")
RICH = {
    "t": (1, (2, b"\xff")), "s": {1, "a"}, "f": frozenset({3}), "d": datetime.date(2026, 11, 26), "m": decimal.Decimal("1.50"), "u": uuid.UUID(int=7),
    "z": datetime.datetime(2026, 11, 26, 16, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), "n": datetime.datetime(2026, 1, 1, 0, 0, 0, 5), "i": 10**40, 5: bytearray(b"x"),
}  # fmt: skip


def store_settings(_):
    if "STORE_URL" in os.environ:
        return {"backend": "mongodb", "mongodb_url": os.environ["STORE_URL"], "database_name": os.environ["DATABASE"], "table_name": "cachette"}
    if "AT_STORE" in os.environ:
        return {"backend": "memcached", "memcached_host": os.environ["AT_STORE"]}
    return {"backend": "redis", "redis_url": "redis://%s:%s" % (HOST, os.environ["STORE_PORT"])}


suite = Stage("cachette codecs", {"the library on the store": None}, store_settings)
case = suite.everywhere


def routes(client, policy="error"):
    client.config_set("on_decode_error", policy)
    client.config_set("routes", "[%s]" % ", ".join("{prefix: '%s:', codec: %s}" % (codec, codec) for codec in CODECS))


async def library(codec):
    """Over MongoDB it asks the store something at once, in an event loop of its own: not within ours."""
    return await asyncio.to_thread(suite.library, None, codec)


def drawn(codec, draw, depth=3):
    """What the codec holds."""
    if codec == "pickle":
        return Values(draw.randrange(1 << 30)).value()
    plain = (
        None, True, draw.randrange(-(2**63), 2**63), draw.random() * 1e6, draw.randrange(300), "", "grüße \U0001f600 \"\\\n\0",
        "".join(draw.choices("abc é漢", k=draw.randrange(40))),
    )  # fmt: skip
    if depth == 0 or draw.random() < 0.3:
        return draw.choice(plain)
    if draw.random() < 0.5:
        return [drawn(codec, draw, depth - 1) for _ in range(draw.randrange(6))]
    return {"k%d" % i: drawn(codec, draw, depth - 1) for i in range(draw.randrange(6))}


@case
async def each_codec_both_ways(client, _):
    routes(client)
    for codec in CODECS:
        cache, draw, count = await library(codec), random.Random(SEED), 1500 if long_run() else 15 if "STORE_URL" in os.environ else 150
        for n in range(count):
            made, key = drawn(codec, draw), "%s:%d" % (codec, n)
            if isinstance(made, float) and made != made:
                continue
            await cache.put(key, made)
            shown = client.get(key)
            same(untag(json.loads(shown)), made, "%s, seed %d, value %d" % (codec, SEED, n))
            client.set(key + "b", shown, ex=60)
            same(await cache.fetch(key + "b"), made, "%s, seed %d, value %d, back" % (codec, SEED, n))
        print("%s: %d values both ways, seed %d" % (codec, count, SEED))


@case
async def what_json_has_not(client, _):
    routes(client)
    cache = await library("pickle")
    await cache.put("pickle:k", RICH)
    same(untag(json.loads(client.get("pickle:k"))), RICH, "shown")
    client.rename("pickle:k", "pickle:l")
    client.set("pickle:m", client.get("pickle:l"), ex=60)
    same(await cache.fetch("pickle:m"), RICH, "fetched")
    shared = [1]
    await cache.put("pickle:k", [shared, shared])
    equal(client.get("pickle:k"), b"[[1],[1]]")


@case
async def changes_of_a_part(client, _):
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        await cache.put(key, 41)
        equal((client.incr(key), client.incrby(key, 8), client.decr(key)), (42, 50, 49))
        equal(await cache.fetch(key), 49)
        client.set(key, "[1,2]", ex=60)
        client.append(key, "\n")
        client.setrange(key, 1, "7")
        equal((client.getrange(key, 1, 3), client.get(key)), (b"7,2", b"[7,2]"))
        equal(await cache.fetch(key), [7, 2])
        equal(client.getset(key, '"new"'), b"[7,2]")
        client.mset({key + "1": "1", key + "2": '{"a": null}'})
        equal((await cache.fetch(key), await cache.fetch(key + "1"), await cache.fetch(key + "2")), ("new", 1, {"a": None}))


@case
async def what_is_refused_keeps_what_was(client, _):
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        await cache.put(key, ["old"])
        try:
            client.set(key, "no JSON")
            raise AssertionError("it was stored")
        except redis.ResponseError as error:
            check(str(error).startswith("codec '%s': value is not JSON: line 1, column 1" % codec), "%s", error)
        equal(await cache.fetch(key), ["old"])
    await (await library("json")).put("json:d", ["x"])
    try:
        client.set("json:d", '{"$date": "2026-11-26"}')
        raise AssertionError("it was stored")
    except redis.ResponseError as error:
        check("codec 'json'" in str(error), "%s", error)


class Runs:
    def __reduce__(self):
        return os.system, ("touch /tmp/cachetted-was-run",)


@case
async def what_is_no_plain_data(client, _):
    cache = await library("pickle")
    await cache.put("pickle:evil", [Runs()])
    for policy, want in (("miss", None), ("raw", pickle.dumps([Runs()], 4))):
        routes(client, policy)
        got = client.get("pickle:evil")
        check(got == want or (policy == "raw" and b"system" in got), "%s: %r", policy, got)
    routes(client)
    try:
        client.get("pickle:evil")
        raise AssertionError("it was shown")
    except redis.ResponseError as error:
        check("codec 'pickle': refused global 'posix.system'" in str(error), "%s", error)
    check(not os.path.exists("/tmp/cachetted-was-run"), "it was run")
    equal(client.set("pickle:evil", "1", ex=60), True)
    equal(await cache.fetch("pickle:evil"), 1)


if __name__ == "__main__":
    finish(suite.main())
