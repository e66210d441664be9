#!/usr/bin/env python3
"""aiomcache (asyncio) with its defaults, and with flags for objects. Needs HOST and PORT in the environment."""

import asyncio
import os
import pickle
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import aiomcache  # noqa: E402
from aiomcache.exceptions import ClientException, ValidationException  # noqa: E402

from lib.cases import Suite, check, equal, finish  # noqa: E402

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
ALL_BYTES = bytes(range(256))
suite = Suite("aiomcache")


def case(body, **options):
    """Makes one case of the coroutine function body(client), with an empty store."""

    async def run():
        client = aiomcache.Client(HOST, PORT, **options)
        await client.flush_all()
        await body(client)
        await client.close()

    def play():
        asyncio.run(run())

    play.__name__ = body.__name__
    suite.case(play)
    return body


async def raises(kind, awaitable):
    try:
        got = await awaitable
    except kind as error:
        return str(error)
    raise AssertionError("%s was expected, got %r" % (kind.__name__, got))


async def gone(c, key, seconds=10):
    """Waits until the key is not there."""
    deadline = time.monotonic() + seconds
    while await c.get(key) is not None:
        check(time.monotonic() < deadline, "%r never expired", key)
        await asyncio.sleep(0.01)


@case
async def strings(c):
    equal(await c.set(b"k", b"v"), True)
    equal(await c.get(b"k"), b"v")
    equal(await c.get(b"absent"), None)
    equal(await c.get(b"absent", b"d"), b"d")
    equal(await c.set(b"empty", b""), True)
    equal(await c.get(b"empty"), b"")
    await c.set(b"l", b"w")
    equal(await c.multi_get(b"l", b"absent", b"k", b"empty"), (b"w", None, b"v", b""))
    equal(await c.delete(b"k"), True)
    equal(await c.delete(b"k"), False)
    equal(await c.multi_get(b"k", b"l"), (None, b"w"))


@case
async def conditional_writes(c):
    for command in (c.replace, c.append, c.prepend):
        equal(await command(b"k", b"lost"), False)
    equal(await c.get(b"k"), None)
    equal(await c.add(b"k", b"one"), True)
    equal(await c.add(b"k", b"lost"), False)
    equal(await c.replace(b"k", b"two"), True)
    equal(await c.append(b"k", b">"), True)
    equal(await c.prepend(b"k", b"<"), True)
    equal(await c.get(b"k"), b"<two>")


@case
async def compare_and_swap(c):
    await c.set(b"k", b"v")
    value, token = await c.gets(b"k")
    equal(value, b"v")
    check(token > 0)
    equal(await c.cas(b"k", b"won", token), True)
    equal(await c.cas(b"k", b"lost", token), False)
    equal(await c.cas(b"absent", b"lost", token), False)
    equal(await c.get(b"k"), b"won")
    equal(await c.gets(b"absent"), (None, None))


@case
async def counters(c):
    await raises(ClientException, c.incr(b"n"))
    await c.set(b"n", b"10")
    equal(await c.incr(b"n"), 11)
    equal(await c.incr(b"n", 31), 42)
    equal(await c.decr(b"n", 2), 40)
    equal(await c.decr(b"n", 50), 0)
    await c.set(b"n", b"%d" % (2**64 - 1))
    equal(await c.incr(b"n", 2), 1)
    await c.set(b"s", b"abc")
    check("non-numeric" in await raises(ClientException, c.incr(b"s")))
    equal(await c.get(b"s"), b"abc")


@case
async def expiry(c):
    now = int(time.time())
    await c.set(b"soon", b"v", exptime=1)
    await c.set(b"never", b"v")
    await c.set(b"touched", b"v", exptime=2)
    equal(await c.touch(b"touched", 100), True)
    equal(await c.touch(b"absent", 100), False)
    await c.set(b"then", b"v", exptime=now + 1000)
    await c.set(b"past", b"v", exptime=now - 1000)
    equal(await c.multi_get(b"past", b"then"), (None, b"v"))
    await c.set(b"mark", b"v", exptime=2)
    await gone(c, b"mark")
    equal(await c.multi_get(b"soon", b"never", b"touched", b"then"), (None, b"v", b"v", b"v"))


@case
async def large_and_binary(c):
    big = (ALL_BYTES * 3600)[:900_000]
    equal(await c.set(b"big", big), True)
    equal(await c.get(b"big") == big, True)
    trap = b"\r\nEND\r\nVALUE k 0 1\r\n" + ALL_BYTES + b"\r\n"
    equal(await c.set(b"trap", trap), True)
    equal(await c.multi_get(b"trap", b"absent", b"big") == (trap, None, big), True)


@case
async def many_keys(c):
    names = [b"key:%d" % i for i in range(1000)]
    equal(await asyncio.gather(*(c.set(name, b"value " + name) for name in names)), [True] * 1000)
    got = await c.multi_get(*names, *(b"absent:%d" % i for i in range(100)))
    equal(got == tuple(b"value " + name for name in names) + (None,) * 100, True)


@case
async def keys(c):
    longest = b"k" * 250
    equal(await c.set(longest, b"v"), True)
    equal(await c.get(longest), b"v")
    for bad in (longest + b"k", b"two words", b""):
        await raises(ValidationException, c.get(bad))
    equal(await c.set("\u00e4".encode(), b"v"), True)
    equal(await c.multi_get("\u00e4".encode(), longest), (b"v", b"v"))


@case
async def the_servers_words(c):
    version = await c.version()
    check(version.startswith(b"1.6."), repr(version))
    before = await c.stats()
    await c.set(b"new", b"v")
    await c.get(b"new")
    after = await c.stats()
    changed = [int(after[name]) - int(before[name]) for name in (b"total_items", b"cmd_set", b"get_hits")]
    equal(changed, [1, 1, 1])
    equal(after[b"version"], version)
    settings = await c.stats(b"settings")
    check(b"maxconns" in settings and b"item_size_max" in settings, repr(settings))
    await c.flush_all()
    equal(await c.get(b"new"), None)


@case
async def many_at_once(c):
    """200 tasks over a pool, each with its own keys, each value being its key."""
    pooled = aiomcache.Client(HOST, PORT, pool_size=10)

    async def one(i):
        for j in range(10):
            key = b"k%d:%d" % (i, j)
            await pooled.set(key, key)
            equal(await pooled.get(key), key)
            await pooled.incr(b"total")

    await pooled.set(b"total", b"0")
    await asyncio.gather(*(one(i) for i in range(200)))
    equal(await c.get(b"total"), b"2000")
    await pooled.close()


@suite.case
def objects_by_flags():
    async def pack(value):
        return pickle.dumps(value), 2**32 - 1

    async def unpack(value, flags):
        equal(flags, 2**32 - 1)
        return pickle.loads(value)

    async def run():
        client = aiomcache.FlagClient(HOST, PORT, set_flag_handler=pack, get_flag_handler=unpack)
        value = {"list": [1, 2.5, None], "text": "\u00e4" * 1000}
        equal(await client.set(b"object", value), True)
        equal(await client.set(b"plain", b"bytes"), True)
        equal(await client.multi_get(b"object", b"plain"), (value, b"bytes"))
        await client.close()

    asyncio.run(run())


if __name__ == "__main__":
    finish(suite.main())
