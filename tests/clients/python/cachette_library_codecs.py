#!/usr/bin/env python3
"""The cachette library 0.1.8 with each of its codecs on a store, and Redis and memcached clients on cachetted over the same one,
which converts: drawn objects, both ways.

Needs HOST, PORT and ADMIN_PORT of cachetted in the environment, and where its memcached port and its store are: MEMCACHE_PORT, and
STORE_PORT, or STORE_URL and DATABASE (MongoDB) or TABLE and REGION (DynamoDB); or AT_DAEMON and AT_STORE (of a memcached on port
11211). Each codec has a route of its own, by prefix. The last cases hold what the library cannot do.
"""

import asyncio
import datetime
import decimal
import functools
import json
import os
import pickle
import random
import tempfile
import time
import urllib.request
import uuid

from cachette_stage import HOST, PORT, Stage, raises  # first: it says where lib is
import botocore.session
import pymongo
import redis
from cachette import Cachette
from pymemcache.client.base import Client as Memcache
from pymemcache.exceptions import MemcacheClientError, MemcacheError

from lib.cases import check, equal, finish, long_run
from lib.servers import metric_sum
from lib.values import Values, same, tagged, untag

SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))
CODECS = ("json", "orjson", "msgpack", "pickle")
RICH = {
    "t": (1, (2, b"\xff")), "s": {1, "a"}, "f": frozenset({3}), "d": datetime.date(2026, 11, 26), "m": decimal.Decimal("1.50"), "u": uuid.UUID(int=7),
    "z": datetime.datetime(2026, 11, 26, 16, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), "n": datetime.datetime(2026, 1, 1, 0, 0, 0, 5), "i": 10**40, 5: bytearray(b"x"),
}  # fmt: skip


def store_settings(_):
    if OVER_DYNAMODB:
        where = {"region": os.environ["REGION"], "table_name": os.environ["TABLE"]}
        return {"backend": "dynamodb", "dynamodb_url": os.environ["STORE_URL"], **where}
    if OVER_MONGODB:
        return {"backend": "mongodb", "mongodb_url": os.environ["STORE_URL"], "database_name": os.environ["DATABASE"], "table_name": "cachette"}
    if "AT_STORE" in os.environ:
        return {"backend": "memcached", "memcached_host": os.environ["AT_STORE"]}
    return {"backend": "redis", "redis_url": "redis://%s:%s" % (HOST, os.environ["STORE_PORT"])}


OVER_MONGODB, OVER_DYNAMODB = "DATABASE" in os.environ, "TABLE" in os.environ  # there a client is made for each request
REFUSES = (TypeError, ValueError, OverflowError)  # what the libraries raise of a value that they do not write
ORIGIN = datetime.datetime(2026, 11, 26, 16, 0, 0, 123)
ENVELOPE = b"\xffcachet\0"
memcache = Memcache(
    (os.environ["AT_DAEMON"], 11211) if "AT_DAEMON" in os.environ else (HOST, int(os.environ["MEMCACHE_PORT"])), default_noreply=False
)
suite = Stage("cachette codecs", {"the library on the store": None}, store_settings)
case = suite.everywhere


def routes(client, policy="error"):
    client.config_set("on_decode_error", policy)
    client.config_set("routes", "[%s]" % ", ".join("{prefix: '%s:', codec: %s}" % (codec, codec) for codec in CODECS))


async def library(codec):
    """Over MongoDB and DynamoDB it asks the store something at once, in an event loop of its own: not within ours."""
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
        cache, draw = await library(codec), random.Random(SEED)
        count = 15 if OVER_DYNAMODB else 1500 if long_run() else 15 if OVER_MONGODB else 150
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


WAS_RUN = os.path.join(tempfile.gettempdir(), "cachetted-was-run-%d" % os.getpid())


class Runs:
    def __reduce__(self):
        return os.system, ("touch " + WAS_RUN,)


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
    check(not os.path.exists(WAS_RUN), "it was run")
    equal(client.set("pickle:evil", "1", ex=60), True)
    equal(await cache.fetch("pickle:evil"), 1)


# Any kind of value in any codec, and memcached clients


def store_documents():
    return pymongo.MongoClient(os.environ["STORE_URL"])[os.environ["DATABASE"]]["cachette"]


@functools.cache
def store_table():
    return botocore.session.get_session().create_client("dynamodb", region_name=os.environ["REGION"], endpoint_url=os.environ["STORE_URL"])


def at_store():
    return Memcache((os.environ["AT_STORE"], 11211), default_noreply=False) if "AT_STORE" in os.environ else redis.Redis(HOST, int(os.environ["STORE_PORT"]))


def put_bytes(key, data):
    """By the store's own client."""
    if OVER_MONGODB:
        item = {"key": key, "value": data, "expires": int(time.time()) + 60}
        return store_documents().update_one({"key": key}, {"$set": item}, upsert=True)
    if OVER_DYNAMODB:
        item = {"key": {"S": key}, "value": {"B": data}, "expires": {"N": "%d" % (time.time() + 60)}}
        return store_table().put_item(TableName=os.environ["TABLE"], Item=item)
    return at_store().set(key, data, 60)


def stored_bytes(key):
    if OVER_DYNAMODB:
        return store_table().get_item(TableName=os.environ["TABLE"], Key={"key": {"S": key}}, ConsistentRead=True)["Item"]["value"]["B"]
    return store_documents().find_one({"key": key})["value"] if OVER_MONGODB else at_store().get(key)


def as_json(value):
    return json.dumps(tagged(value)).encode()


def read(data):
    return untag(json.loads(data))


def refused(act, *words):
    """The text of the error that must come."""
    try:
        got = act(*words)
    except (redis.ResponseError, MemcacheError) as error:
        return str(error)
    raise AssertionError("an error was expected, got %r" % (got,))


def of_library(cache, value):
    """What the library stores, and in a list what it reads of that; None where it refuses to."""
    try:
        data = cache.backend.codec.dumps(value)
    except REFUSES:
        return None, None
    try:
        return data, [cache.backend.codec.loads(data)]
    except Exception:  # msgpack has many of its own
        return data, None


def may_refuse(codec, why):
    """What cachetted alone refuses: orjson rounds a zone with seconds."""
    return codec == "orjson" and "it would round the zone" in why


def mixed(seed, codec):
    """Of all kinds; half of them such as JSON has, so that each codec can hold many."""
    values = Values(seed)
    for i in range(30 if OVER_DYNAMODB else 200 if OVER_MONGODB else 4000 if long_run() else 300):
        value = values.value() if i % 2 else values.json()
        if len(pickle.dumps(value)) < (100000 if OVER_DYNAMODB else 500000):
            yield i, value, ("%s, seed %d, value %d: %r" % (codec, seed, i, value))[:300]


def counted(what, codec, compared, both_refuse):
    print("%s, %s: %d values compared, %d refused by both, seed %d" % (codec, what, compared, both_refuse, SEED))
    check(compared > both_refuse // 4 and compared > 10, "only %d were compared", compared)


@case
async def what_the_library_puts_of_any_kind(client, _):
    routes(client)
    for codec in CODECS:
        cache, compared, both_refuse, key = await library(codec), 0, 0, codec + ":k"
        for _, value, what in mixed(SEED, codec):
            data, want = of_library(cache, value)
            if data is None:
                await raises(REFUSES, cache.put(key, value))
                both_refuse += 1
                continue
            await cache.put(key, value)
            if want is None:  # keys of msgpack
                await raises(Exception, cache.fetch(key))
                check("as a key" in refused(client.get, key) and "as a key" in refused(memcache.get, key), "%s", what)
                both_refuse += 1
                continue
            shown = client.get(key)
            same(read(shown), want[0], what)
            equal(memcache.get(key), shown, what)
            if codec == "pickle":
                same(want[0], value, what)
            compared += 1
        counted("put by the library", codec, compared, both_refuse)


@case
async def what_clients_set_of_any_kind(client, _):
    routes(client)
    for codec in CODECS:
        cache, compared, both_refuse, key = await library(codec), 0, 0, codec + ":k"
        for i, value, what in mixed(SEED + 1, codec):
            _, want = of_library(cache, value)
            setting = memcache.set if i // 2 % 2 else client.set
            client.set(key, '"old"')
            try:
                setting(key, as_json(value))
            except (redis.ResponseError, MemcacheClientError) as error:
                check("codec '%s': " % codec in str(error) and (want is None or may_refuse(codec, str(error))), "%s: %s", what, error)
                equal((await cache.fetch(key), client.get(key)), ("old", b'"old"'), what)
                both_refuse += 1
                continue
            check(want is not None, "%s: the library refuses it, cachetted does not", what)
            same(await cache.fetch(key), want[0], what)
            same(read(client.get(key)), want[0], what)
            if codec == "pickle":
                same(want[0], value, what)
            compared += 1
        counted("set by clients", codec, compared, both_refuse)


@case
async def richer_types_and_every_protocol(client, _):
    routes(client)
    cache = await library("pickle")
    for value in (RICH, ORIGIN, ORIGIN.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))), -(2**4000), {frozenset({1}): ()}, {"$set": [1]}):
        for setting in (client.set, memcache.set):
            setting("pickle:k", "0")
            setting("pickle:k", as_json(value))
            same(await cache.fetch("pickle:k"), value, "%r" % value)
    for protocol in range(6):
        put_bytes("pickle:k", pickle.dumps(RICH, protocol))
        same(read(client.get("pickle:k")), RICH, "protocol %d" % protocol)
        same(read(memcache.get("pickle:k")), RICH, "protocol %d, by memcached's" % protocol)


@case
async def large_values(client, _):
    """Over 64 KiB, which are converted beside the loop."""
    routes(client)
    many = 3000 if OVER_DYNAMODB else 9000  # an item has up to 400 KiB there
    value = {"list": [[i, "text %d" % i, i / 3] for i in range(many)], "text": "grüße \U0001f600" * many}
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        await cache.put(key, value)
        equal((read(client.get(key)), read(memcache.get(key))), (value, value))
        for setting in (client.set, memcache.set):
            setting(key, "1")
            setting(key, json.dumps(value))
            equal((read(client.get(key)), await cache.fetch(key)), (value, value))


@case
async def memcached_clients_change_parts_and_count(client, _):
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        await cache.put(key, 41, 1000)
        equal((memcache.incr(key, 9), memcache.decr(key, 45)), (50, 5))
        same(await cache.fetch(key), 5, codec)
        memcache.append(key, "0")
        memcache.prepend(key, "-")
        same(await cache.fetch(key), -50, codec)
        equal(client.incrbyfloat(key, 0.5), -49.5)
        same(await cache.fetch(key), -49.5, codec)
        check(980 <= client.ttl(key) <= 1000, "%s: %d", codec, client.ttl(key))
        value, token = memcache.gets(key)
        equal((value, memcache.cas(key, "[5]", token), memcache.cas(key, "[6]", token)), (b"-49.5", True, False))
        equal((client.set(key, "1", nx=True), await cache.fetch(key)), (None, [5]))
        check("not JSON" in refused(memcache.append, key, "]") and "not JSON" in refused(memcache.set, key, "[1,"), "it is told")
        check("integer" in refused(client.incr, key), "it is told")
        equal(await cache.fetch(key), [5])


@case
async def several_keys_of_several_codecs(client, _):
    routes(client)
    caches, keys = {codec: await library(codec) for codec in CODECS}, [codec + ":k" for codec in CODECS]
    client.mset({key: json.dumps({"of": key}) for key in keys})
    for codec, cache in caches.items():
        equal(await cache.fetch(codec + ":k"), {"of": codec + ":k"})
        await cache.put(codec + ":k", [codec])
    equal(client.mget([*keys, "json:none"]), [b'["%s"]' % codec.encode() for codec in CODECS] + [None])
    equal(memcache.get_many(keys), {codec + ":k": b'["%s"]' % codec.encode() for codec in CODECS})
    why = refused(client.mset, {"pickle:k": "1", "json:k": "2", "msgpack:k": as_json(ORIGIN)})
    check("codec 'msgpack': " in why and "msgpack:k" in why, "%s", why)
    equal([await cache.fetch(codec + ":k") for codec, cache in caches.items()], [[codec] for codec in CODECS])


def decode_errors():
    with urllib.request.urlopen("http://%s:%s/metrics" % (HOST, os.environ["ADMIN_PORT"]), timeout=10) as answer:
        return metric_sum(answer.read().decode(), "cachetted_conversion_errors_total", {"codec": "pickle", "direction": "decode"})


@case
async def a_hostile_pickle_from_elsewhere(client, _):
    """Put into the store by a plain client. Every way to it is refused, counted, and runs nothing."""
    routes(client)
    cache, key, evil = await library("pickle"), "pickle:k", pickle.dumps({"k": [Runs()]})
    put_bytes(key, evil)
    before = decode_errors()
    check(refused(client.get, key).startswith("codec 'pickle': refused global 'posix.system'"), "%s", refused(client.get, key))
    equal(decode_errors(), before + 2)
    for act in (lambda: memcache.get(key), lambda: client.incr(key), lambda: client.append(key, " "), lambda: client.getrange(key, 0, 1), lambda: client.strlen(key)):
        check("refused global 'posix.system'" in refused(act), "%s", refused(act))
    equal((stored_bytes(key), client.exists(key)), (evil, 1))
    for policy, want in (("miss", None), ("raw", evil)):
        routes(client, policy)
        before = decode_errors()
        equal((client.get(key), memcache.get(key)), (want, want))
        equal(decode_errors(), before + 2, policy)
    routes(client)
    for setting in (client.set, memcache.set):
        put_bytes(key, evil)
        equal(setting(key, '{"$set": [1]}'), True)
        equal((await cache.fetch(key), json.loads(client.get(key))), ({1}, {"$set": [1]}))
    check(not os.path.exists(WAS_RUN), "it was run")


@case
async def what_is_none_of_the_codec(client, _):
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        for data in (b"\xc1", b"plain text", b"\xff\xfe\xfd", pickle.dumps({1})[:-1], b"{ ", b"\x92\x01"):
            put_bytes(key, data)
            await raises(Exception, cache.fetch(key))
            for act in (client.get, memcache.get):
                check("codec '%s': " % codec in refused(act, key), "%s, %r: %s", codec, data, refused(act, key))
            equal(stored_bytes(key), data)
        client.set(key, "[]")
        equal(await cache.fetch(key), [])


# What the library itself cannot do


async def put_and_fetch(cache, key, value):
    await cache.put(key, value)
    return await cache.fetch(key)


@case
async def it_cannot_write_or_read_all_types(client, _):
    """Neither can they be set through cachetted."""
    routes(client)
    for codec, values in (
        ("json", (ORIGIN, {1}, b"x", {(1, 2): 3})),
        ("orjson", ({1}, b"x", 2**64, "\ud800", {(1, 2): 3})),
        ("msgpack", (ORIGIN, {1: "a"}, {1}, 2**64, decimal.Decimal(1), uuid.UUID(int=1))),
    ):
        cache, key = await library(codec), codec + ":k"
        client.set(key, "1")
        for value in values:
            await raises(REFUSES, put_and_fetch(cache, codec + ":other", value))
            for setting in (client.set, memcache.set):
                check("codec '%s': " % codec in refused(setting, key, as_json(value)), "%s: %r", codec, value)
            equal(await cache.fetch(key), 1)
    await (await library("msgpack")).put("msgpack:k", {1: "a"})
    check("an integer as a key" in refused(client.get, "msgpack:k"), "%s", refused(client.get, "msgpack:k"))


@case
async def it_reads_an_empty_value_as_none(client, _):
    """Its MongoDB and DynamoDB backends fail on it. No codec writes it, and nobody can set it; cachetted shows it as it is."""
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        put_bytes(key, b"")
        if OVER_MONGODB or OVER_DYNAMODB:
            await raises(Exception, cache.fetch(key))
        else:
            equal(await cache.fetch(key), None)
        equal((client.get(key), memcache.get(key)), (b"", b""))
        client.set(key, "1")
        check("not JSON" in refused(client.set, key, "") and "not JSON" in refused(memcache.set, key, ""), "it is told")
        equal(await cache.fetch(key), 1)


@case
async def it_cannot_read_flags(client, _):
    """They are in an envelope, with memcached its own; with MongoDB and DynamoDB beside the value, where it does not see them."""
    routes(client)
    for codec in CODECS:
        cache, key = await library(codec), codec + ":k"
        memcache.set(key, "[1]", flags=5)
        equal((client.get(key), memcache.raw_command("mg %s f v" % key, b"\r\n[1]\r\n").split()[-1]), (b"[1]", b"f5"))
        if OVER_MONGODB or OVER_DYNAMODB:
            equal(await cache.fetch(key), [1])
        else:
            await raises(Exception, cache.fetch(key))
        client.set(key, "[2]")
        equal(await cache.fetch(key), [2])


@case
async def it_cannot_read_what_is_compressed(client, _):
    value = {"text": "compress me " * 100, "n": list(range(50))}
    for algorithm in ("zstd", "lz4"):
        made = "{prefix: '%s:', codec: %s, compression: {algorithm: %s, min_size: 1}}"
        client.config_set("routes", "[%s]" % ", ".join(made % (codec, codec, algorithm) for codec in CODECS))
        for codec in CODECS:
            cache, key = await library(codec), codec + ":k"
            for setting in (client.set, memcache.set):
                setting(key, "1")
                setting(key, json.dumps(value))
                equal((read(client.get(key)), read(memcache.get(key))), (value, value))
            stored = stored_bytes(key)
            check(stored.startswith(ENVELOPE) and len(stored) < len(cache.backend.codec.dumps(value)), "%r", stored[:40])
            await raises(Exception, cache.fetch(key))
            put_bytes(key, stored[:-3])
            why = refused(client.get, key)
            check(algorithm in why and "damaged" in why, "%s", why)
            await cache.put(key, value)
            equal(read(client.get(key)), value, "what the library put is read, too")
            client.set(key, "[1]")
            equal(await cache.fetch(key), [1], "what does not shrink is stored bare")
    routes(client)


@case
async def it_may_ask_cachetted_instead_of_the_store(client, _):
    """Where clients see what is stored: the library's own bytes, both ways."""
    draw = random.Random(20261126)
    made = "{prefix: '%s:', codec: %s, client_codec: raw}"
    client.config_set("routes", "[%s]" % ", ".join(made % (codec, codec) for codec in CODECS))
    for codec in CODECS:
        for i in range(5):
            key, values = "%s:%d" % (codec, i), [drawn(codec, draw), drawn(codec, draw)]
            Cachette._codec = "vanilla"
            at_cachetted = {"backend": "redis", "redis_url": "redis://%s:%d" % (HOST, PORT), "ttl": 60, "codec": codec}
            Cachette.load_config(lambda: list(at_cachetted.items()))
            through = Cachette()
            await through.put(key, values[0])
            at_store = await library(codec)
            same(await at_store.fetch(key), values[0], key)
            await at_store.put(key, values[1])
            same(await through.fetch(key), values[1], key)
    routes(client)


if __name__ == "__main__":
    finish(suite.main())
