#!/usr/bin/env python3
"""The cachette library 0.1.8 and cachetted on one DynamoDB table: what one puts the other gets.

Needs HOST and PORT of cachetted's Redis port, MEMCACHE_PORT, and STORE_URL, TABLE and REGION, the store's place, in the
environment, with what botocore looks for. The last cases hold what the library cannot do, and how items are read that others wrote.
"""

import asyncio
import json
import os
import pickle
import time

from cachette_stage import HOST, PORT, Stage, raises  # first: it says where lib is
import botocore.session
import msgpack
import redis
from pymemcache.client.base import Client as Memcache

from lib.cases import check, equal, finish

URL, TABLE, REGION = os.environ["STORE_URL"], os.environ["TABLE"], os.environ["REGION"]
MEMCACHE = (HOST, int(os.environ["MEMCACHE_PORT"]))
NEVER = 253402300799
OBJECTS = ({"a": [1, 2, {"b": None}], "ü": "grüße"}, [1.5, True, None, ""], "text", 2**63, {})
suite = Stage(
    "cachette library over dynamodb",
    {"on the store": URL},
    lambda url: {"backend": "dynamodb", "dynamodb_url": url, "region": REGION, "table_name": TABLE},
)
case = suite.everywhere
dynamodb = botocore.session.get_session().create_client("dynamodb", region_name=REGION, endpoint_url=URL)


async def library(*arguments, **named):
    """The library asks the store something at once, in an event loop of its own: not within ours."""
    return await asyncio.to_thread(suite.library, *arguments, **named)


def item(key):
    """As it stands there: {name: {type: value}}."""
    return dynamodb.get_item(TableName=TABLE, Key={"key": {"S": key}}, ConsistentRead=True).get("Item")


def put_item(key, **attributes):
    dynamodb.put_item(TableName=TABLE, Item={"key": {"S": key}, **attributes})


def seconds(n):
    return {"N": str(n)}


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
    await cache.put("schlüssel", "v")
    equal(client.get("schlüssel"), b"v")


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
    equal(item("other")["flags"], {"N": "7"})


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
    await cache.put("k", "w", 100)
    check(98 <= client.ttl("k") <= 100, "%d", client.ttl("k"))
    client.set("k", "v", px=1500)
    check(0 < client.pttl("k") <= 1500, "%d", client.pttl("k"))
    client.persist("k")
    equal(client.ttl("k"), -1)
    equal(item("k")["expires"], seconds(NEVER))
    equal(await cache.fetch("k"), "v")


@case
async def the_form_of_an_item(client, url):
    client.set("k", "v", ex=100)
    i = item("k")
    equal(set(i), {"key", "value", "expires", "expires_ms"})
    equal((i["key"], i["value"]), ({"S": "k"}, {"B": b"v"}))
    equal(-(-int(i["expires_ms"]["N"]) // 1000), int(i["expires"]["N"]))
    client.set("k", "w")
    equal(item("k"), {"key": {"S": "k"}, "value": {"B": b"w"}, "expires": seconds(NEVER)})
    cache = await library(url)
    await cache.put("k", "x")
    equal(set(item("k")), {"key", "value", "expires"})
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    equal((table["KeySchema"], table["AttributeDefinitions"]),
          ([{"AttributeName": "key", "KeyType": "HASH"}], [{"AttributeName": "key", "AttributeType": "S"}]))


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
    await asyncio.gather(*[cache.put("k%d" % i, "v%d" % i) for i in range(30)])
    equal(client.mget(["k%d" % i for i in range(30)]), [b"v%d" % i for i in range(30)])
    client.mset({"m%d" % i: "w%d" % i for i in range(30)})
    equal(await asyncio.gather(*[cache.fetch("m%d" % i) for i in range(30)]), ["w%d" % i for i in range(30)])


# What others may have written:


@case
async def an_item_of_the_wrong_shape(client, url):
    soon = int(time.time()) + 100
    put_item("text", value={"S": "ü"}, expires=seconds(soon))
    put_item("number", value={"N": "5"}, expires=seconds(soon))
    put_item("none", value={"NULL": True}, expires=seconds(soon))
    put_item("without", expires=seconds(soon))
    put_item("timeless", value={"B": b"v"})
    put_item("worded", value={"B": b"v"}, expires={"S": "tomorrow"})
    put_item("float", value={"B": b"v"}, expires=seconds(soon + 0.5))
    put_item("over", value={"B": b"v"}, expires=seconds(int(time.time())))
    equal(client.get("text"), "ü".encode())
    equal([client.get(key) for key in ("timeless", "worded", "over", "float")], [None, None, None, b"v"])
    equal(client.exists("text", "number", "none", "without", "timeless", "worded", "float", "over"), 5)
    for key, what in (("number", "a number"), ("none", "null"), ("without", "nothing")):
        for command in (("GET", key), ("APPEND", key, "x"), ("INCR", key), ("STRLEN", key)):
            error = await raises(redis.ResponseError, asyncio.to_thread(client.execute_command, *command))
            check("has %s as its value" % what in error, "%s", error)
    equal(item("number")["value"], {"N": "5"})
    client.set("number", "now binary")
    equal(item("number")["value"], {"B": b"now binary"})
    equal(client.set("timeless", "again", nx=True), True)
    equal(item("timeless")["value"], {"B": b"again"})


# What the library itself does otherwise, or cannot:


@case
async def it_still_has_what_is_over_at_the_very_second(client, url):
    """cachetted goes by the rule of the library's other backends."""
    put_item("k", value={"B": b"v"}, expires=seconds(int(time.time()) + 1))
    cache = await library(url)
    while client.get("k") is not None:
        time.sleep(0.01)
    begun = time.time()
    got = await cache.fetch("k")
    check(got == "v" or int(time.time()) > int(begun), "%r", got)
    time.sleep(1.1)
    equal(await cache.fetch("k"), None)


@case
async def it_reads_an_empty_value(client, url):
    client.set("k", "")
    equal((await (await library(url)).fetch("k"), item("k")["value"]), ("", {"B": b""}))


@case
async def it_cannot_clear_a_namespace(client, url):
    await raises(NotImplementedError, (await library(url)).clear(namespace="ns"))


@case
async def it_fails_on_vanilla_bytes_that_are_no_text(client, url):
    client.set("k", b"\xff\xfe")
    await raises(UnicodeDecodeError, (await library(url)).fetch("k"))


if __name__ == "__main__":
    finish(suite.main())
