#!/usr/bin/env python3
"""The cachette library 0.1.8 and cachetted on one memcached: what one puts the other gets.

Needs HOST, PORT and MEMCACHE_PORT of cachetted and STORE_PORT of its store in the environment. Every case with a library
runs twice: the library on the store, and on cachetted's memcached port. The last cases hold what the library cannot do.
"""

import asyncio
import functools
import json
import os
import pickle
import sys
import warnings

warnings.filterwarnings("ignore")  # the library's pydantic is of another age
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import aiomcache  # noqa: E402
import cachette.backends.memcached  # noqa: E402
import msgpack  # noqa: E402
import redis  # noqa: E402
from cachette import Cachette  # noqa: E402
from pymemcache.client.base import Client as Memcache  # noqa: E402

from lib.cases import Suite, check, equal, finish  # noqa: E402

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
MEMCACHE_PORT, STORE_PORT = int(os.environ["MEMCACHE_PORT"]), int(os.environ["STORE_PORT"])
PORTS = {"on the store": STORE_PORT, "on cachetted": MEMCACHE_PORT}
OBJECTS = ({"a": [1, 2, {"b": None}], "ü": "grüße"}, [1.5, True, None, ""], "text", 12345678901234567890, {})
suite = Suite("cachette library over memcached")


def library(port, codec=None, ttl=60):
    """The library, configured as an app does it. It knows no port but 11211: that of its client is set here."""
    cachette.backends.memcached.Client = functools.partial(aiomcache.Client, port=port)
    Cachette._codec = "vanilla"
    settings = [("backend", "memcached"), ("memcached_host", HOST), ("ttl", ttl)]
    Cachette.load_config(lambda: settings + ([("codec", codec)] if codec else []))
    return Cachette()


def case(body):
    """Makes one case a place for the library of the coroutine function body(client, port), with an empty store."""
    for where, port in PORTS.items():

        def play(port=port):
            with redis.Redis(HOST, PORT) as client:
                client.flushall()
                asyncio.run(body(client, port))

        play.__name__ = "%s, %s" % (body.__name__, where)
        suite.case(play)
    return body


async def raises(kind, awaitable):
    try:
        got = await awaitable
    except kind as error:
        return str(error)
    raise AssertionError("%s was expected, got %r" % (kind.__name__, got))


def others():
    """Clients of cachetted's memcached port and of the store itself."""
    return Memcache((HOST, MEMCACHE_PORT)), Memcache((HOST, STORE_PORT))


@case
async def what_the_library_puts(client, port):
    cache = library(port)
    for value in ("v", "grüße", " x\r\n", "x" * 100000, "1"):
        await cache.put("k", value)
        equal(client.get("k"), value.encode())
        for memcache in others():
            equal(memcache.get("k"), value.encode())
        equal(await cache.fetch("k"), value)
    await cache.put("n", 41)
    equal(client.incr("n"), 42)
    equal(await cache.fetch("n"), "42")
    equal(client.decrby("n", 50), -8)
    equal(await cache.fetch("n"), "-8")


@case
async def what_a_redis_client_sets(client, port):
    """The bytes themselves: no flags, nothing before or behind them."""
    cache = library(port)
    for value in ("v", "grüße", "x" * 100000):
        client.set("k", value)
        equal(await cache.fetch("k"), value)
        equal(others()[1].get("k"), value.encode())
    client.append("k", "yz")
    equal((await cache.fetch("k"))[-3:], "xyz")
    client.setrange("k", 0, "abc")
    equal((await cache.fetch("k"))[:4], "abcx")
    client.incrbyfloat("f", 1.5)
    equal(await cache.fetch("f"), "1.5")
    client.rename("f", "g")
    equal([await cache.fetch("f"), await cache.fetch("g")], [None, "1.5"])
    client.delete("k")
    equal(await cache.fetch("k"), None)


@case
async def what_a_memcached_client_sets(client, port):
    cache = library(port)
    for memcache in others():
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
            others()[0].set("third", stored, noreply=False)
            equal(await cache.fetch("third"), value, codec)


@case
async def times_to_live(client, port):
    cache = library(port, ttl=60)
    await cache.put("k", "v")
    check(58 <= client.ttl("k") <= 60, "%d", client.ttl("k"))
    await cache.put("k", "v", 1000)
    check(998 <= client.ttl("k") <= 1000, "%d", client.ttl("k"))
    client.set("k", "v", ex=1)
    await asyncio.sleep(2.1)
    equal(await cache.fetch("k"), None)


@case
async def clears(client, port):
    """A key by the library, a namespace by cachetted."""
    cache = library(port)
    for key in ("ns:a", "ns:b", "nsx", "other:a"):
        await cache.put(key, "v")
    equal(client.execute_command("CACHETTE", "CLEAR", "ns"), 2)
    equal([await cache.fetch(key) for key in ("ns:a", "ns:b", "nsx", "other:a")], [None, None, "v", "v"])
    equal(await cache.clear(key="nsx"), 1)
    equal(await cache.clear(key="nsx"), 0)
    equal(client.keys(), [b"other:a"])
    equal(await cache.clear(), 0)
    others()[0].flush_all(noreply=False)
    equal(await cache.fetch("other:a"), None)


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
async def its_fetch_with_ttl_always_says_3600(client, port):
    client.set("k", "v", ex=100)
    cache = library(port)
    equal(await cache.fetch_with_ttl("k"), (3600, "v"))
    equal(await cache.fetch_with_ttl("absent"), (0, None))


@case
async def it_clears_no_namespace(client, port):
    client.set("ns:a", "v")
    await raises(NotImplementedError, library(port).clear(namespace="ns"))
    equal(client.get("ns:a"), b"v")


@case
async def it_cannot_read_flags(client, port):
    """Of any value but 0: its client raises. What a Redis client sets has none."""
    others()[0].set("k", "v", flags=5, noreply=False)
    await raises(aiomcache.exceptions.ClientException, library(port).fetch("k"))
    client.set("k", "w")
    equal(await library(port).fetch("k"), "w")


@case
async def it_cannot_use_keys_with_blanks(client, port):
    """cachetted stores these in base64; the library's client refuses them."""
    client.set("a b", "v")
    await raises(aiomcache.exceptions.ValidationException, library(port).fetch("a b"))


if __name__ == "__main__":
    finish(suite.main())
