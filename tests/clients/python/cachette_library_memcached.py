#!/usr/bin/env python3
"""The cachette library 0.1.8 and cachetted on one memcached: what one puts the other gets.

Needs HOST and PORT of cachetted's Redis port in the environment, AT_STORE and AT_DAEMON, the addresses where the
memcached and cachetted's memcached port listen on 11211, the one port that the library knows. Every case runs twice: the
library on the memcached, and on cachetted itself. The last cases hold what the library cannot do.
"""

import asyncio
import json
import os
import pickle

from cachette_stage import HOST, PORT, Stage, raises  # first: it says where lib is
import aiomcache
import msgpack
from pymemcache.client.base import Client as Memcache

from lib.cases import check, equal, finish

STORE, DAEMON = os.environ["AT_STORE"], os.environ["AT_DAEMON"]
HOSTS = {"on the store": STORE, "on cachetted": DAEMON}
OBJECTS = ({"a": [1, 2, {"b": None}], "ü": "grüße"}, [1.5, True, None, ""], "text", 2**63, {})
suite = Stage("cachette library over memcached", HOSTS, lambda host: {"backend": "memcached", "memcached_host": host})
case, library = suite.everywhere, suite.library


@case
async def what_the_library_puts(client, host):
    cache = library(host)
    for value in ("v", "grüße", " x\r\n", "x" * 100000, "1"):
        await cache.put("k", value)
        equal(client.get("k"), value.encode())
        equal(Memcache((DAEMON, 11211)).get("k"), value.encode())
        equal(Memcache((STORE, 11211)).get("k"), value.encode())
        equal(await cache.fetch("k"), value)
    await cache.put("n", 41)
    equal(client.incr("n"), 42)
    equal(await cache.fetch("n"), "42")


@case
async def what_other_clients_set(client, host):
    cache = library(host)
    for value in ("v", "grüße", "x" * 100000):
        client.set("k", value)
        equal(await cache.fetch("k"), value)
    client.append("k", "yz")
    equal((await cache.fetch("k"))[-3:], "xyz")
    client.delete("k")
    equal(await cache.fetch("k"), None)
    Memcache((DAEMON, 11211)).set("k", "w", noreply=False)
    equal(await cache.fetch("k"), "w")
    client.rename("k", "other")
    equal(await cache.fetch("other"), "w")


@case
async def codecs(client, host):
    """Without a codec of its own cachetted gives and takes the library's bytes."""
    for codec, dumps, loads in (
        ("json", lambda o: json.dumps(o).encode(), json.loads),
        ("msgpack", msgpack.dumps, msgpack.loads),
        ("pickle", pickle.dumps, pickle.loads),
    ):
        cache = library(host, codec)
        for value in OBJECTS:
            await cache.put("k", value)
            stored = client.get("k")
            equal(loads(stored), value, codec)
            equal(stored, dumps(value))
            client.set("other", stored)
            equal(await cache.fetch("other"), value, codec)


@case
async def times_to_live(client, host):
    cache = library(host, ttl=60)
    await cache.put("k", "v")
    check(58 <= client.ttl("k") <= 60, "%d", client.ttl("k"))
    await cache.put("k", "v", 1000)
    check(998 <= client.ttl("k") <= 1000, "%d", client.ttl("k"))
    client.expire("k", 500)
    check(498 <= client.ttl("k") <= 500, "%d", client.ttl("k"))
    equal(await cache.fetch("k"), "v")


@case
async def keys_are_found_and_cleared(client, host):
    cache = library(host)
    for key in ("ns:a", "ns:b", "nsx", "other:a"):
        await cache.put(key, "v")
    equal(sorted(client.scan_iter()), [b"ns:a", b"ns:b", b"nsx", b"other:a"])
    equal(client.execute_command("CACHETTE", "CLEAR", "ns"), 2)
    equal([await cache.fetch(key) for key in ("ns:a", "ns:b", "nsx", "other:a")], [None, None, "v", "v"])
    equal(await cache.clear(key="nsx"), 1)
    equal(client.keys(), [b"other:a"])


@case
async def many_at_once(client, host):
    cache = library(host)
    await asyncio.gather(*[cache.put("k%d" % i, "v%d" % i) for i in range(100)])
    equal(client.mget(["k%d" % i for i in range(100)]), [b"v%d" % i for i in range(100)])
    equal(await asyncio.gather(*[cache.fetch("k%d" % i) for i in range(100)]), ["v%d" % i for i in range(100)])


# What the library itself cannot do:


@case
async def it_reads_an_empty_value_as_none(client, host):
    client.set("k", "")
    equal(await library(host).fetch("k"), None)


@case
async def it_tells_one_ttl_for_all(client, host):
    client.set("k", "v", ex=100)
    equal(await library(host).fetch_with_ttl("k"), (3600, "v"))


@case
async def it_cannot_clear_a_namespace(client, host):
    await raises(NotImplementedError, library(host).clear(namespace="ns"))


@case
async def it_cannot_read_flags(client, host):
    """Its client raises an error on any flag that is not 0."""
    Memcache((DAEMON, 11211)).set("k", "v", flags=5, noreply=False)
    await raises(Exception, library(host).fetch("k"))


@case
async def it_fails_on_vanilla_bytes_that_are_no_text(client, host):
    client.set("k", b"\xff\xfe")
    await raises(UnicodeDecodeError, library(host).fetch("k"))


@case
async def it_cannot_use_keys_with_blanks(client, host):
    """cachetted stores these in base64; the library's client refuses them."""
    client.set("a b", "v")
    await raises(aiomcache.exceptions.ValidationException, library(host).fetch("a b"))


@case
async def what_takes_cachetted_several_steps(client, host):
    """Leaves nothing but the value: no flags, nothing before or behind it."""
    cache = library(host)
    await cache.put("k", 41)
    equal(client.decrby("k", 50), -9)
    equal(await cache.fetch("k"), "-9")
    client.incrbyfloat("k", 1.5)
    equal(await cache.fetch("k"), "-7.5")
    client.append("k", "yz")
    client.setrange("k", 0, "+")
    client.rename("k", "l")
    equal([await cache.fetch("k"), await cache.fetch("l")], [None, "+7.5yz"])


if __name__ == "__main__":
    finish(suite.main())
