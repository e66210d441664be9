#!/usr/bin/env python3
"""redis-py, asyncio, with its default handshake: RESP2 and RESP3. Needs HOST and PORT in the environment."""

import asyncio
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import redis  # noqa: E402
import redis.asyncio  # noqa: E402

from lib.cases import Suite, check, equal, finish  # noqa: E402

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
WAYS = {"defaults": {}, "resp2": {"protocol": 2}, "resp3": {"protocol": 3}}
suite = Suite("redis-py asyncio")


def every_way(body):
    for way, options in WAYS.items():

        async def run(options=options):
            async with redis.asyncio.Redis(host=HOST, port=PORT, **options) as client:
                await client.flushall()
                await body(client)

        def case(run=run):
            asyncio.run(run())

        case.__name__ = "%s, %s" % (body.__name__, way)
        suite.case(case)
    return body


@every_way
async def strings(r):
    equal(await r.ping(), True)
    equal(await r.set("k", "v", ex=100), True)
    equal(await r.get("k"), b"v")
    check(98 <= await r.ttl("k") <= 100)
    equal(await r.set("k", "w", get=True, keepttl=True), b"v")
    check(await r.ttl("k") > 90)
    equal(await r.mget("k", "absent"), [b"w", None])
    equal(await r.incr("n", 5), 5)
    equal(await r.delete("k", "n"), 2)


@every_way
async def many_at_once(r):
    """200 tasks over a pool, each with its own keys."""

    async def one(i):
        for j in range(10):
            key = "k%d:%d" % (i, j)
            await r.set(key, key)
            equal(await r.get(key), key.encode())

    pool = redis.asyncio.BlockingConnectionPool(host=HOST, port=PORT, max_connections=20)
    r = redis.asyncio.Redis(connection_pool=pool)
    await asyncio.gather(*(one(i) for i in range(200)))
    equal(await r.dbsize(), 2000)
    await r.aclose()
    await pool.aclose()


@every_way
async def pipelines_and_transactions(r):
    async with r.pipeline(transaction=False) as pipe:
        for i in range(500):
            pipe.set("k%d" % i, i)
            pipe.get("k%d" % i)
        out = await pipe.execute()
    equal(out[1::2], [b"%d" % i for i in range(500)])
    async with r.pipeline(transaction=True) as pipe:
        equal(await pipe.set("a", 1).incr("a").execute(), [True, 2])
    async with r.pipeline() as pipe:
        await pipe.watch("a")
        await r.set("a", "other")
        pipe.multi()
        pipe.set("a", "lost")
        try:
            await pipe.execute()
            check(False, "a WatchError was expected")
        except redis.WatchError:
            pass
    equal(await r.get("a"), b"other")


@every_way
async def scanning(r):
    await r.mset({"key:%d" % i: i for i in range(300)})
    equal({key async for key in r.scan_iter(match="key:*", count=11)}, {b"key:%d" % i for i in range(300)})


@every_way
async def errors(r):
    try:
        await r.execute_command("NOSUCH")
        check(False, "an error was expected")
    except redis.ResponseError as error:
        check("unknown command" in str(error))
    await r.set("s", "abc")
    try:
        await r.incr("s")
        check(False, "an error was expected")
    except redis.ResponseError as error:
        check("not an integer" in str(error))


@every_way
async def cancelled_requests_do_not_shift_replies(r):
    """A task cancelled while it waits must not leave its reply to the next command."""
    await r.set("mine", "mine")
    for _ in range(20):
        task = asyncio.create_task(r.get("mine"))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        equal(await r.echo("next"), b"next")


if __name__ == "__main__":
    finish(suite.main())
