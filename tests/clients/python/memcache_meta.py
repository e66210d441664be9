#!/usr/bin/env python3
"""meta-memcache, which speaks nothing but the meta commands, with its defaults: herd control included.

Needs HOST and PORT in the environment.
"""

import logging
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from meta_memcache import CacheClient, Key, ServerAddress, connection_pool_factory_builder  # noqa: E402
from meta_memcache.configuration import LeasePolicy, RecachePolicy, StalePolicy  # noqa: E402
from meta_memcache.errors import MemcacheServerError  # noqa: E402
from meta_memcache.protocol import Miss, NotStored, RequestFlags, SetMode, Success, Value  # noqa: E402

from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

SERVER = ServerAddress(os.environ["HOST"], int(os.environ["PORT"]))
PATIENT = {"connection_timeout": 10, "recv_timeout": 10}  # its default of a second is short for a busy machine
ALL_BYTES = bytes(range(256))
suite = Suite("meta-memcache")


def connect(**options):
    pools = connection_pool_factory_builder(**PATIENT, **options)
    return CacheClient.cache_client_from_servers([SERVER], pools)


def case(body):
    """Makes one case of the function body(client, key); key(name) belongs to the case alone."""

    def play():
        body(connect(), lambda name="k": "%s:%s" % (body.__name__, name))

    play.__name__ = body.__name__
    suite.case(play)
    return body


def raises(kind, call, *arguments, **named):
    try:
        got = call(*arguments, **named)
    except kind as error:
        return str(error)
    raise AssertionError("%s was expected, got %r" % (kind.__name__, got))


def by_name(found):
    return {key.key: value for key, value in found.items()}


@case
def strings(c, key):
    equal(c.set(key(), "v", ttl=100), True)
    equal(c.get(key()), "v")
    equal(c.get(key("absent")), None)
    equal(c.set(key("empty"), "", ttl=100), True)
    equal(bytes(c.meta_get(Key(key("empty")), RequestFlags(return_value=True)).value), b"")
    c.set(key("l"), 7, ttl=100)
    names = [key("l"), key("absent"), key()]
    equal(by_name(c.multi_get(names)), {names[0]: 7, names[1]: None, names[2]: "v"})
    equal(c.delete(key()), True)
    equal(c.delete(key()), False)
    equal(c.invalidate(key()), True)


@case
def conditional_writes(c, key):
    for mode in (SetMode.REPLACE, SetMode.APPEND, SetMode.PREPEND):
        equal(c.set(key(), "lost", ttl=100, set_mode=mode), False)
    equal(c.get(key()), None)
    equal(c.set(key(), "one", ttl=100, set_mode=SetMode.ADD), True)
    equal(c.refill(key(), "lost", ttl=100), False)
    equal(c.set(key(), "two", ttl=100, set_mode=SetMode.REPLACE), True)
    equal(c.set(key(), ">", ttl=100, set_mode=SetMode.APPEND), True)
    equal(c.set(key(), "<", ttl=100, set_mode=SetMode.PREPEND), True)
    equal(c.get(key()), "<two>")


@case
def compare_and_swap(c, key):
    c.set(key(), "v", ttl=100)
    value, token = c.get_cas(key())
    equal(value, "v")
    equal(c.set(key(), "won", ttl=100, cas_token=token), True)
    equal(c.set(key(), "lost", ttl=100, cas_token=token), False)
    equal(c.get(key()), "won")
    equal(c.set(key("absent"), "lost", ttl=100, cas_token=token), False)
    token = c.set_cas(key(), "again", ttl=100)
    equal(c.get_cas(key()), ("again", token))
    equal(c.delete(key(), cas_token=token + 1), False)
    equal(c.delete(key(), cas_token=token), True)
    c.set(key("n"), 1, ttl=100)
    _, token = c.get_cas(key("n"))
    equal(c.delta(key("n"), 1, cas_token=token + 1), False)
    equal(c.delta(key("n"), 1, cas_token=token), True)
    found = by_name(c.multi_get_cas([key("n"), key("absent")]))
    equal((found[key("n")][0], found[key("absent")]), (2, (None, None)))


@case
def counters(c, key):
    equal(c.delta_and_get(key(), 1), None)
    equal(c.delta(key(), 1), False)
    equal(c.delta_initialize_and_get(key(), 5, initial_value=10, initial_ttl=100), 10)
    equal(c.delta_initialize_and_get(key(), 5, initial_value=10, initial_ttl=100), 15)
    equal(c.delta_and_get(key(), 27), 42)
    equal(c.delta_and_get(key(), -2), 40)
    equal(c.delta_and_get(key(), -50), 0)
    equal(c.delta_initialize(key("m"), 1, initial_value=3, initial_ttl=100), True)
    equal(c.delta(key("m"), 4, refresh_ttl=500), True)
    item = c.meta_get(Key(key("m")), RequestFlags(return_value=True, return_ttl=True))
    equal(item.value in ("7", b"7"), True, repr(item.value))
    check(400 < item.flags.ttl <= 500, str(item.flags.ttl))
    c.set(key("s"), "abc", ttl=100)
    raises(MemcacheServerError, c.delta_and_get, key("s"), 1)
    equal(c.get(key("s")), "abc")


@case
def what_an_item_tells(c, key):
    c.set(key(), b"v", ttl=100)
    ask = RequestFlags(
        return_value=True,
        return_ttl=True,
        return_client_flag=True,
        return_last_access=True,
        return_size=True,
        return_fetched=True,
        return_key=True,
        return_cas_token=True,
    )
    first = c.meta_get(Key(key()), ask)
    check(isinstance(first, Value), repr(first))
    equal((first.value, first.size, first.flags.client_flag, first.flags.fetched), (b"v", 1, 16, False))
    check(95 < first.flags.ttl <= 100 and first.flags.last_access <= 5 and first.flags.cas_token > 0)
    equal(c.meta_get(Key(key()), ask).flags.fetched, True)
    c.set(key("forever"), b"v", ttl=0)
    equal(c.meta_get(Key(key("forever")), ask).flags.ttl, -1)
    check(isinstance(c.meta_get(Key(key()), RequestFlags()), Success))
    check(isinstance(c.meta_get(Key(key("absent")), ask), Miss))
    c.set(key(), b"w", ttl=100)
    untouched = RequestFlags(return_value=True, return_fetched=True, no_update_lru=True)
    equal([c.meta_get(Key(key()), untouched).flags.fetched for _ in range(2)], [False, False])


@case
def expiry(c, key):
    c.set(key("soon"), "v", ttl=1)
    c.set(key("never"), "v", ttl=0)
    c.set(key("then"), "v", ttl=int(time.time()) + 1000)
    for name in ("touched", "got"):
        c.set(key(name), "v", ttl=2)
    equal(c.touch(key("touched"), ttl=100), True)
    equal(c.touch(key("absent"), ttl=100), False)
    equal(c.get(key("got"), touch_ttl=100), "v")
    c.set(key("mark"), "v", ttl=2)
    eventually(lambda: c.get(key("mark")) is None, "seconds pass")
    alive = [name for name in ("soon", "never", "touched", "got", "then") if c.get(key(name)) == "v"]
    equal(alive, ["never", "touched", "got", "then"])


@case
def large_and_binary(c, key):
    big = os.urandom(900_000)
    wide = connect(read_buffer_size=1 << 20)  # its default of 4 KiB needs many seconds to read such a value
    equal(wide.set(key("big"), big, ttl=100), True)
    equal(wide.get(key("big")) == big, True)
    for value in (b"\r\nEN\r\nHD\r\n", ALL_BYTES, {"a": [1, None]}, "\u00e4", 2**62, -1):
        equal(c.set(key(), value, ttl=100), True)
        equal(c.get(key()), value)


@case
def keys(c, key):
    longest = key().ljust(250, "k")
    equal(c.set(longest, "v", ttl=100), True)
    equal(c.get(longest), "v")
    beyond = longest + "k"
    equal(c.set(beyond, "w", ttl=100), True, "the client stores a digest of a key that is too long")
    odd = key("two words, \u00e4")
    equal(c.set(odd, "in base64", ttl=100), True)
    found = by_name(c.multi_get([longest, beyond, odd]))
    equal(found, {longest: "v", beyond: "w", odd: "in base64"})
    equal(c.delete(odd), True)
    equal(c.get(odd), None)


@case
def no_reply(c, key):
    """What is sent quietly is done, in order, and leaves nothing for the next reader."""
    c.set(key(), 1, ttl=100, no_reply=True)
    c.set(key(), "lost", ttl=100, set_mode=SetMode.ADD, no_reply=True)
    c.delta(key(), 41, no_reply=True)
    c.touch(key(), ttl=500, no_reply=True)
    c.touch(key("absent"), ttl=500, no_reply=True)
    equal(c.get(key()), 42)
    c.delete(key(), no_reply=True)
    c.delete(key("absent"), no_reply=True)
    equal(c.get(key()), None)
    for i in range(500):
        c.set(key("n%d" % i), i, ttl=100, no_reply=True)
    equal([c.get(key("n%d" % i)) for i in range(500)], list(range(500)))


@case
def many_keys(c, key):
    values = {key(str(i)): "value %d" % i for i in range(1000)}
    for name, value in values.items():
        c.set(name, value, ttl=100, no_reply=True)
    absent = {key("absent %d" % i): None for i in range(100)}
    equal(by_name(c.multi_get([*values, *absent])) == {**values, **absent}, True)


@case
def a_lease_for_one(c, key):
    """Of those who miss, one is to fill the item; the others wait for it."""
    policy = LeasePolicy(ttl=100, miss_retries=2, miss_retry_wait=0.01)
    other = connect()
    equal(c.get_or_lease(key(), lease_policy=policy), None)
    waits = []

    def fill(seconds):
        waits.append(seconds)
        c.set(key(), "filled", ttl=100)

    equal(other.get_or_lease(key(), lease_policy=policy, lease_wait_fn=fill), "filled")
    equal(len(waits), 1)
    equal(c.get_or_lease(key("lost"), lease_policy=policy), None)
    equal(other.get_or_lease(key("lost"), lease_policy=policy), None, "nobody filled it")


@case
def one_recaches_in_time(c, key):
    c.set(key(), "old", ttl=10)
    early = RecachePolicy(ttl=30)
    equal(c.get(key(), recache_policy=early), None, "the first wins and is to write it anew")
    equal([connect().get(key(), recache_policy=early) for _ in range(3)], ["old"] * 3)
    c.set(key(), "new", ttl=100)
    equal(c.get(key(), recache_policy=early), "new")


@case
def stale_items(c, key):
    stale = StalePolicy(mark_stale_on_deletion_ttl=100, mark_stale_on_cas_mismatch=True)
    other = connect()
    c.set(key(), "old", ttl=1000)
    equal(c.delete(key(), stale_policy=stale), True)
    equal(c.get(key()), None, "the first to read a stale item is to write it anew")
    equal(other.get(key()), "old")
    item = other.meta_get(Key(key()), RequestFlags(return_value=True, return_ttl=True, return_cas_token=True))
    equal((item.flags.stale, item.flags.win), (True, False))
    check(90 < item.flags.ttl <= 100, str(item.flags.ttl))
    c.set(key(), "new", ttl=1000, cas_token=item.flags.cas_token)
    equal(other.get(key()), "new")
    _, token = c.get_cas(key())
    c.delete(key(), stale_policy=stale)
    equal(c.set(key(), "from before it was marked", ttl=1000, cas_token=token, stale_policy=stale), True)
    equal([client.get(key()) for client in (c, other)], [None, "from before it was marked"])


@case
def meta_writes(c, key):
    check(isinstance(c.meta_set(Key(key()), "v", RequestFlags(mode=SetMode.REPLACE.value)), NotStored))
    check(isinstance(c.meta_set(Key(key()), "v", RequestFlags(cache_ttl=100)), Success))
    check(isinstance(c.meta_delete(Key(key())), Success))
    check(isinstance(c.meta_delete(Key(key())), Miss))
    check(isinstance(c.meta_arithmetic(Key(key())), Miss))


@case
def concurrent(c, key):
    """Threads over one pool of connections, each with its own keys, each value being its key."""
    faults = []

    def work(name):
        try:
            for i in range(200):
                mine = key("%s:%d" % (name, i))
                c.set(mine, mine, ttl=100)
                equal(c.get(mine), mine)
                c.delta(key("total"), 1, no_reply=i % 2 == 0)
        except Exception as fault:  # told to the main thread
            faults.append(fault)

    c.set(key("total"), 0, ttl=100)
    threads = [threading.Thread(target=work, args=("t%d" % i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(faults, [])
    eventually(lambda: c.get(key("total")) == 1600, "the last of the quiet ones is done")


if __name__ == "__main__":
    logging.disable()  # the client logs the errors that it raises
    finish(suite.main())
