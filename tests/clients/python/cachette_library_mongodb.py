#!/usr/bin/env python3
"""The cachette library 0.1.8 and cachetted on one MongoDB collection: what one puts the other gets.

Needs HOST and PORT of cachetted's Redis port, MEMCACHE_PORT, and STORE_URL and DATABASE, the store's place, in the
environment. The last cases hold what the library cannot do, and how documents are read that others wrote.
"""

import asyncio
import json
import os
import pickle
import time

from cachette_stage import HOST, PORT, Stage, raises  # first: it says where lib is
import msgpack
import pymongo
import redis
from bson import Binary
from pymemcache.client.base import Client as Memcache

from lib.cases import check, equal, finish

URL, DATABASE = os.environ["STORE_URL"], os.environ["DATABASE"]
MEMCACHE = (HOST, int(os.environ["MEMCACHE_PORT"]))
NEVER = 253402300799
OBJECTS = ({"a": [1, 2, {"b": None}], "ü": "grüße"}, [1.5, True, None, ""], "text", 2**63, {})
suite = Stage(
    "cachette library over mongodb",
    {"on the store": URL},
    lambda url: {"backend": "mongodb", "mongodb_url": url, "database_name": DATABASE, "table_name": "cachette"},
)
case = suite.everywhere
documents = pymongo.MongoClient(URL)[DATABASE]["cachette"]


async def library(*arguments, **named):
    """The library asks the store something at once, in an event loop of its own: not within ours."""
    return await asyncio.to_thread(suite.library, *arguments, **named)


def document(key):
    found = list(documents.find({"key": key}))
    equal(len(found), 1)
    return found[0]


@case
async def what_the_library_puts(client, url):
    cache = await library(url)
    for value in ("v", "grüße", " x\r\n", "x" * 100000, "1"):
        await cache.put("k", value)
        equal(client.get("k"), value.encode())
        equal(Memcache(MEMCACHE).get("k"), value.encode())
        equal(await cache.fetch("k"), value)
    await cache.put("n", 41)
    equal(client.incr("n"), 42)
    equal(await cache.fetch("n"), "42")
    equal(set(document("n")), {"_id", "key", "value", "expires"})


@case
async def what_other_clients_set(client, url):
    cache = await library(url)
    for value in ("v", "grüße", "x" * 100000):
        client.set("k", value)
        equal(await cache.fetch("k"), value)
    client.append("k", "yz")
    equal((await cache.fetch("k"))[-3:], "xyz")
    client.delete("k")
    equal(await cache.fetch("k"), None)
    Memcache(MEMCACHE).set("k", "w", flags=7, noreply=False)
    equal(await cache.fetch("k"), "w")
    client.rename("k", "other")
    equal(await cache.fetch("other"), "w")
    equal(document("other")["flags"], 7)


@case
async def codecs(client, url):
    """Without a codec of its own cachetted gives and takes the library's bytes."""
    for codec, dumps, loads in (
        ("json", lambda o: json.dumps(o).encode(), json.loads),
        ("msgpack", msgpack.dumps, msgpack.loads),
        ("pickle", pickle.dumps, pickle.loads),
    ):
        cache = await library(url, codec)
        for value in OBJECTS:
            await cache.put("k", value)
            stored = client.get("k")
            equal(loads(stored), value, codec)
            equal(stored, dumps(value))
            client.set("other", stored)
            equal(await cache.fetch("other"), value, codec)


@case
async def times_to_live(client, url):
    cache = await library(url, ttl=60)
    await cache.put("k", "v")
    check(58 <= client.ttl("k") <= 60, "%d", client.ttl("k"))
    await cache.put("k", "v", 1000)
    check(998 <= client.ttl("k") <= 1000, "%d", client.ttl("k"))
    client.expire("k", 500)
    left, value = await cache.fetch_with_ttl("k")
    check(498 <= left <= 501, "%d", left)
    equal(value, "v")
    await cache.put("k", "w", 100)  # leaves our expires_ms as it was: it fits no more
    check(98 <= client.ttl("k") <= 100, "%d", client.ttl("k"))
    client.set("k", "v", px=1500)
    check(0 < client.pttl("k") <= 1500, "%d", client.pttl("k"))
    client.persist("k")
    equal(client.ttl("k"), -1)
    equal(document("k")["expires"], NEVER)
    equal(await cache.fetch("k"), "v")


@case
async def the_form_of_a_document(client, url):
    client.set("k", "v", ex=100)
    d = document("k")
    equal(set(d), {"_id", "key", "value", "expires", "expires_ms"})
    equal((type(d["key"]), d["value"], type(d["expires"])), (str, b"v", int))
    equal(-(-d["expires_ms"] // 1000), d["expires"])
    client.set("k", "w")
    equal(set(document("k")), {"_id", "key", "value", "expires"})
    equal((document("k")["expires"], document("k")["_id"]), (NEVER, d["_id"]))
    client.set(b"\xff\xfe", "b")
    equal(document(Binary(b"\xff\xfe"))["value"], b"b")
    index = documents.index_information()["key_1"]
    equal((index["key"], index["unique"]), ([("key", 1)], True))


@case
async def keys_are_found_and_cleared(client, url):
    cache = await library(url)
    for key in ("ns:a", "ns:b", "nsx", "other:a"):
        await cache.put(key, "v")
    equal(sorted(client.scan_iter()), [b"ns:a", b"ns:b", b"nsx", b"other:a"])
    equal(client.execute_command("CACHETTE", "CLEAR", "ns"), 2)
    equal([await cache.fetch(key) for key in ("ns:a", "ns:b", "nsx", "other:a")], [None, None, "v", "v"])
    equal(await cache.clear(key="nsx"), 1)
    equal(client.keys(), [b"other:a"])


@case
async def many_at_once(client, url):
    cache = await library(url)
    await asyncio.gather(*[cache.put("k%d" % i, "v%d" % i) for i in range(50)])
    equal(client.mget(["k%d" % i for i in range(50)]), [b"v%d" % i for i in range(50)])
    client.mset({"m%d" % i: "w%d" % i for i in range(50)})
    equal(await asyncio.gather(*[cache.fetch("m%d" % i) for i in range(50)]), ["w%d" % i for i in range(50)])


# What others may have written:


@case
async def a_document_of_the_wrong_shape(client, url):
    soon = int(time.time()) + 100
    documents.insert_many(
        [
            {"key": "text", "value": "ü", "expires": soon},
            {"key": "number", "value": 5, "expires": soon},
            {"key": "none", "value": None, "expires": soon},
            {"key": "without", "expires": soon},
            {"key": "timeless", "value": b"v"},
            {"key": "worded", "value": b"v", "expires": "tomorrow"},
            {"key": "float", "value": b"v", "expires": soon + 0.5, "more": 1},
            {"key": "over", "value": b"v", "expires": int(time.time())},
        ]
    )
    equal(client.get("text"), "ü".encode())
    equal([client.get(key) for key in ("timeless", "worded", "over", "float")], [None, None, None, b"v"])
    equal(client.exists("text", "number", "none", "without", "timeless", "worded", "float", "over"), 5)
    for key, what in (("number", "an integer"), ("none", "null"), ("without", "nothing")):
        for command in (("GET", key), ("APPEND", key, "x"), ("INCR", key), ("STRLEN", key)):
            error = await raises(redis.ResponseError, asyncio.to_thread(client.execute_command, *command))
            check("has %s as its value" % what in error, "%s", error)
    equal(document("number")["value"], 5)
    equal(client.append("text", "x"), 3)
    equal(document("text")["value"], "üx".encode())
    client.set("number", "now binary")
    equal(document("number")["value"], b"now binary")
    client.set("float", "w")
    equal(document("float")["more"], 1)
    equal(client.execute_command("CACHETTE", "FLUSHEXPIRED"), 1)
    equal(sorted(d["key"] for d in documents.find({"key": {"$in": ["over", "timeless", "worded"]}})), ["timeless", "worded"])
    equal(client.set("timeless", "again", nx=True), True)
    equal(document("timeless")["value"], b"again")


# What the library itself cannot do:


@case
async def it_misses_at_the_very_second(client, url):
    """So does cachetted where it has no milliseconds to go by."""
    documents.insert_one({"key": "k", "value": b"v", "expires": int(time.time())})
    equal([await (await library(url)).fetch("k"), client.get("k")], [None, None])


@case
async def it_reads_an_empty_value_as_none(client, url):
    client.set("k", "")
    check(not await (await library(url)).fetch("k"), "it is told")


@case
async def it_cannot_clear_a_namespace(client, url):
    await raises(NotImplementedError, (await library(url)).clear(namespace="ns"))


@case
async def it_fails_on_vanilla_bytes_that_are_no_text(client, url):
    client.set("k", b"\xff\xfe")
    await raises(UnicodeDecodeError, (await library(url)).fetch("k"))


if __name__ == "__main__":
    finish(suite.main())
