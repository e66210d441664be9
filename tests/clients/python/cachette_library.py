#!/usr/bin/env python3
"""The cachette library 0.1.8 and cachetted on one Redis server: what one puts the other gets, and clears.

Needs HOST, PORT and MEMCACHE_PORT of cachetted and STORE_PORT of its store in the environment. Every case with a
library runs twice: the library on the store, and on cachetted itself. The last cases hold what the library cannot do.
"""

import asyncio
import datetime
import json
import os
import pickle

from cachette_stage import HOST, PORT, Stage, raises  # first: it says where lib is
import msgpack
from cachette import Cachette
from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pymemcache.client.base import Client as Memcache

from lib.cases import check, equal, finish

STORE_PORT = int(os.environ["STORE_PORT"])
MEMCACHE = (HOST, int(os.environ["MEMCACHE_PORT"]))
URLS = {"on the store": STORE_PORT, "on cachetted": PORT}
OBJECTS = ({"a": [1, 2, {"b": None}], "ü": "grüße"}, [1.5, True, None, ""], "text", 12345678901234567890, {})
suite = Stage("cachette library", URLS, lambda port: {"backend": "redis", "redis_url": "redis://%s:%d" % (HOST, port)})
case, library = suite.everywhere, suite.library


@case
async def what_the_library_puts(client, port):
    cache = library(port)
    for value in ("v", "grüße", " x\r\n", "x" * 100000, "1"):
        await cache.put("k", value)
        equal(client.get("k"), value.encode())
        equal(Memcache(MEMCACHE).get("k"), value.encode())
        equal(await cache.fetch("k"), value)
    await cache.put("n", 41)
    equal(client.incr("n"), 42)
    equal(await cache.fetch("n"), "42")


@case
async def what_a_redis_client_sets(client, port):
    cache = library(port)
    for value in ("v", "grüße", "x" * 100000):
        client.set("k", value)
        equal(await cache.fetch("k"), value)
    client.append("k", "yz")
    equal((await cache.fetch("k"))[-3:], "xyz")
    client.delete("k")
    equal(await cache.fetch("k"), None)


@case
async def what_a_memcached_client_sets(client, port):
    cache, memcache = library(port), Memcache(MEMCACHE)
    memcache.set("k", "v", noreply=False)
    equal(await cache.fetch("k"), "v")
    memcache.set("n", "5", noreply=False)
    equal(memcache.incr("n", 3), 8)
    equal(await cache.fetch("n"), "8")
    memcache.append("k", "w", noreply=False)
    equal(await cache.fetch("k"), "vw")


@case
async def codecs(client, port):
    """Without a codec of its own cachetted gives and takes the library's bytes."""
    for codec, dumps, loads in (
        ("json", lambda o: json.dumps(o).encode(), json.loads),
        ("orjson", None, json.loads),
        ("msgpack", msgpack.dumps, msgpack.loads),
        ("pickle", pickle.dumps, pickle.loads),
    ):
        cache = library(port, codec)
        for value in OBJECTS:
            if codec == "msgpack" and value == OBJECTS[3]:
                value = 2**63
            await cache.put("k", value)
            stored = client.get("k")
            equal(loads(stored), value, codec)
            if dumps:
                equal(stored, dumps(value))
            client.set("other", stored)
            equal(await cache.fetch("other"), value, codec)
            Memcache(MEMCACHE).set("third", stored, noreply=False)
            equal(await cache.fetch("third"), value, codec)


@case
async def times_to_live(client, port):
    cache = library(port, ttl=60)
    await cache.put("k", "v")
    check(58 <= client.ttl("k") <= 60, "%d", client.ttl("k"))
    await cache.put("k", "v", 1000)
    check(998 <= client.ttl("k") <= 1000, "%d", client.ttl("k"))
    client.set("k", "v", px=1)
    await asyncio.sleep(0.02)
    equal(await cache.fetch("k"), None)


@case
async def the_library_clears(client, port):
    """A key, and a namespace by its EVAL."""
    cache = library(port)
    client.mset({"ns:a": "1", "ns:b": "2", "nsx": "3", "other:a": "4"})
    Memcache(MEMCACHE).set("ns:c", "5", noreply=False)
    await cache.clear(namespace="ns")
    equal(sorted(client.keys()), [b"nsx", b"other:a"])
    equal(Memcache(MEMCACHE).get("ns:c"), None)
    equal(await cache.clear(key="nsx"), 1)
    equal(await cache.clear(key="nsx"), 0)
    equal(client.keys(), [b"other:a"])
    await cache.clear(namespace="nosuch")
    equal(await cache.clear(), 0)


@case
async def cachetted_clears(client, port):
    cache = library(port)
    for key in ("ns:a", "ns:b", "nsx", "other:a"):
        await cache.put(key, "v")
    equal(client.execute_command("CACHETTE", "CLEAR", "ns"), 2)
    equal([await cache.fetch(key) for key in ("ns:a", "ns:b", "nsx", "other:a")], [None, None, "v", "v"])
    client.delete("nsx")
    equal(await cache.fetch("nsx"), None)
    Memcache(MEMCACHE).flush_all(noreply=False)
    equal(await cache.fetch("other:a"), None)


@case
async def an_app(client, port):
    """FastAPI, as the library is meant to be used."""
    library(port)
    app = FastAPI()

    @app.get("/put/{key}/{value}")
    async def put(key: str, value: str, cachette: Cachette = Depends()):
        await cachette.put(key, value)

    @app.get("/get/{key}")
    async def get(key: str, cachette: Cachette = Depends()):
        return await cachette.fetch(key)

    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://app") as web:
        await web.get("/put/k/v")
        equal(client.get("k"), b"v")
        client.set("k", "w")
        equal((await web.get("/get/k")).json(), "w")


@case
async def many_at_once(client, port):
    cache = library(port)
    await asyncio.gather(*[cache.put("k%d" % i, "v%d" % i) for i in range(100)])
    equal(client.mget(["k%d" % i for i in range(100)]), [b"v%d" % i for i in range(100)])
    equal(await asyncio.gather(*[cache.fetch("k%d" % i) for i in range(100)]), ["v%d" % i for i in range(100)])


# What the library itself cannot do:


@case
async def it_reads_an_empty_value_as_none(client, port):
    client.set("k", "")
    equal(await library(port).fetch("k"), None)


@case
async def it_fails_on_vanilla_bytes_that_are_no_text(client, port):
    client.set("k", b"\xff\xfe")
    await raises(UnicodeDecodeError, library(port).fetch("k"))


@case
async def its_fetch_with_ttl_always_fails(client, port):
    client.set("k", "v")
    await raises(AttributeError, library(port).fetch_with_ttl("k"))
    await raises(AttributeError, library(port).fetch_with_ttl("absent"))


@case
async def its_clear_of_a_namespace_says_nothing(client, port):
    client.set("ns:a", "v")
    equal(await library(port).clear(namespace="ns"), None)


@case
async def it_writes_msgpack_that_it_cannot_write_or_read(client, port):
    cache = library(port, "msgpack")
    await raises(TypeError, cache.put("k", datetime.datetime.now()))
    await cache.put("k", {1: "a"})
    await raises(ValueError, cache.fetch("k"))


@case
async def it_cannot_read_flags(client, port):
    """A value with flags is in an envelope, on the store; cachetted itself takes it out."""
    Memcache(MEMCACHE).set("k", "v", flags=5, noreply=False)
    equal(client.get("k"), b"v")
    if port == PORT:
        equal(await library(port).fetch("k"), "v")
    else:
        await raises(UnicodeDecodeError, library(port).fetch("k"))


@case
async def it_refuses_its_own_default_codec(client, port):
    try:
        library(port, "vanilla")
    except ValueError as error:
        return check("codec" in str(error), "%s", error)
    raise AssertionError("vanilla was taken")


if __name__ == "__main__":
    finish(suite.main())
