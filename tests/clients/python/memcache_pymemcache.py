#!/usr/bin/env python3
"""pymemcache with its defaults: the plain client (which asks for no replies to its writes), the pool and the hash ring.

Needs HOST and PORT in the environment. Every case runs once for each way to connect.
"""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
from pymemcache import HashClient, PooledClient, serde  # noqa: E402
from pymemcache.client.base import Client  # noqa: E402
from pymemcache.exceptions import (  # noqa: E402
    MemcacheClientError,
    MemcacheIllegalInputError,
    MemcacheUnknownCommandError,
)

from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

ADDRESS = (os.environ["HOST"], int(os.environ["PORT"]))
WAYS = {
    "defaults": lambda **options: Client(ADDRESS, **options),
    "pooled": lambda **options: PooledClient(ADDRESS, **options),
    "hash": lambda **options: HashClient([ADDRESS], **options),
}
ALL_BYTES = bytes(range(256))
suite = Suite("pymemcache")


def every_way(body):
    """Makes one case a way of the function body(client), with an empty store."""
    for way, connect in WAYS.items():

        def case(connect=connect):
            client = connect()
            try:
                client.flush_all(noreply=False)
                body(client)
            finally:
                client.close()

        case.__name__ = "%s, %s" % (body.__name__, way)
        suite.case(case)
    return body


def plain(body):
    """One case: body(client) with the plain client, which has commands that the others lack."""

    def case():
        client = Client(ADDRESS)
        client.flush_all(noreply=False)
        body(client)
        client.close()

    case.__name__ = body.__name__
    suite.case(case)
    return body


def raises(kind, call, *arguments, **named):
    try:
        got = call(*arguments, **named)
    except kind as error:
        return str(error)
    raise AssertionError("%s was expected, got %r" % (kind.__name__, got))


@every_way
def strings(c):
    equal(c.set("k", "v", noreply=False), True)
    equal(c.get("k"), b"v")
    equal(c.get("absent"), None)
    equal(c.get("absent", default="d"), "d")
    equal(c.set("empty", b"", noreply=False), True)
    equal(c.get("empty"), b"")
    equal(c.set_many({"a": "1", "b": "2"}, noreply=False), [])
    equal(c.get_many(["a", "absent", "b"]), {"a": b"1", "b": b"2"})
    equal(c.delete("a", noreply=False), True)
    equal(c.delete("a", noreply=False), False)
    equal(c.delete_many(["b", "k", "absent"], noreply=False), True)
    equal(c.get_many(["a", "b", "k", "empty"]), {"empty": b""})


@every_way
def conditional_writes(c):
    equal(c.replace("k", "lost", noreply=False), False)
    equal(c.append("k", "lost", noreply=False), False)
    equal(c.prepend("k", "lost", noreply=False), False)
    equal(c.get("k"), None)
    equal(c.add("k", "one", noreply=False), True)
    equal(c.add("k", "lost", noreply=False), False)
    equal(c.replace("k", "two", noreply=False), True)
    equal(c.append("k", ">", noreply=False), True)
    equal(c.prepend("k", "<", noreply=False), True)
    equal(c.get("k"), b"<two>")


@every_way
def compare_and_swap(c):
    c.set("k", "v", noreply=False)
    value, token = c.gets("k")
    equal(value, b"v")
    equal(c.cas("k", "won", token), True)
    equal(c.cas("k", "lost", token), False)
    equal(c.cas("absent", "lost", token), None)
    equal(c.get("k"), b"won")
    value, token = c.gets("k")
    c.touch("k", 100, noreply=False)
    c.set("k", "won", noreply=False)
    equal(c.cas("k", "lost", token), False, "an equal value that was written anew has another token")
    equal(c.gets("absent"), (None, None))
    c.set("l", "w", noreply=False)
    many = c.gets_many(["k", "absent", "l"])
    equal({key: value for key, (value, _) in many.items()}, {"k": b"won", "l": b"w"})
    equal(c.cas("l", "x", many["l"][1]), True)


@every_way
def counters(c):
    equal(c.incr("n", 1), None)
    equal(c.decr("n", 1), None)
    c.set("n", "10", noreply=False)
    equal(c.incr("n", 32), 42)
    equal(c.decr("n", 2), 40)
    equal(c.decr("n", 50), 0, "never below nought")
    c.set("n", str(2**64 - 1), noreply=False)
    equal(c.incr("n", 2), 1, "around at 64 bits")
    c.set("n", "99", noreply=False)
    equal(c.decr("n", 1), 98)
    equal(c.get("n").strip(), b"98")
    c.set("s", "abc", noreply=False)
    check("non-numeric" in raises(MemcacheClientError, c.incr, "s", 1))
    equal(c.get("s"), b"abc")


@every_way
def expiry(c):
    now = int(time.time())
    c.set("soon", "v", expire=1, noreply=False)
    c.set("never", "v", noreply=False)
    c.set("touched", "v", expire=2, noreply=False)
    equal(c.touch("touched", 100, noreply=False), True)
    equal(c.touch("absent", 100, noreply=False), False)
    c.set("then", "v", expire=now + 1000, noreply=False)
    c.set("past", "v", expire=now - 1000, noreply=False)
    c.set("negative", "v", expire=-1, noreply=False)
    equal(set(c.get_many(["past", "negative", "then"])), {"then"})
    c.set("mark", "v", expire=2, noreply=False)
    eventually(lambda: c.get("mark") is None, "seconds pass")
    equal(set(c.get_many(["soon", "never", "touched", "then"])), {"never", "touched", "then"})
    equal(c.add("soon", "again", noreply=False), True)
    equal(c.touch("never", -1, noreply=False), True)
    equal(c.get("never"), None)


@every_way
def large_and_binary(c):
    big = (ALL_BYTES * 3600)[:900_000]
    equal(c.set("big", big, noreply=False), True)
    equal(c.get("big") == big, True)
    equal(c.append("big", b"tail", noreply=False), True)
    equal(c.get("big") == big + b"tail", True)
    trap = b"\r\nEND\r\nVALUE k 0 1\r\n" + ALL_BYTES + b"\r\n"
    equal(c.set("trap", trap, noreply=False), True)
    equal(c.get_many(["trap", "big", "absent"]) == {"trap": trap, "big": big + b"tail"}, True)


@every_way
def no_reply(c):
    """What is sent without a reply is done, in order, and leaves nothing for the next reader."""
    c.set("k", "1", noreply=True)
    c.add("k", "lost", noreply=True)
    c.replace("k", "5", noreply=True)
    c.append("k", "0", noreply=True)
    c.incr("k", 7, noreply=True)
    c.decr("k", 2, noreply=True)
    equal(c.get("k").strip(), b"55")
    _, token = c.gets("k")
    c.cas("k", "cas", token, noreply=True)
    c.cas("k", "lost", token, noreply=True)
    c.prepend("k", "<", noreply=True)
    c.touch("k", 100, noreply=True)
    c.touch("absent", 100, noreply=True)
    equal(c.get("k"), b"<cas")
    c.set_many({"n%d" % i: str(i) for i in range(500)}, noreply=True)
    equal(len(c.get_many(["n%d" % i for i in range(500)])), 500)
    c.delete("k", noreply=True)
    c.delete_many(["n%d" % i for i in range(499)], noreply=True)
    equal(c.get_many(["k", "n0", "n499"]), {"n499": b"499"})
    c.flush_all(noreply=True)
    equal(c.get("n499"), None)


@every_way
def many_keys(c):
    values = {"key:%d" % i: b"value:%d" % i for i in range(1000)}
    equal(c.set_many(values, noreply=False), [])
    equal(c.get_many(list(values) + ["absent:%d" % i for i in range(100)]) == values, True)


@every_way
def keys(c):
    longest = "k" * 250
    equal(c.set(longest, "v", noreply=False), True)
    equal(c.get(longest), b"v")
    for bad in (longest + "k", "two words", "with\0null", "\u00e4"):
        raises(MemcacheIllegalInputError, c.get, bad)
    equal(c.get(longest), b"v")


def concurrent(way, **options):
    """Threads with keys of their own, each value being its key."""
    client = WAYS[way](**options)
    faults = []

    def work(name):
        try:
            mine = client if way == "pooled" else WAYS[way]()
            for i in range(200):
                key = "%s:%d" % (name, i)
                mine.set(key, key, noreply=False)
                equal(mine.get(key), key.encode())
                got = mine.get_many([key, "%s:%d" % (name, i // 2)])
                check(all(value == name.encode() for name, value in got.items()), str(got))
        except Exception as fault:  # told to the main thread
            faults.append(fault)

    threads = [threading.Thread(target=work, args=("t%d" % i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(faults, [])


@suite.case
def concurrent_with_a_client_each():
    concurrent("defaults")


@suite.case
def concurrent_over_one_pool():
    concurrent("pooled", max_pool_size=8)


@suite.case
def a_contended_counter():
    """Eight threads add by compare and swap and by incr: nothing is lost."""
    with_pool = PooledClient(ADDRESS)
    with_pool.set_many({"cas": "0", "incr": "0"}, noreply=False)
    faults = []

    def work():
        for _ in range(25):
            with_pool.incr("incr", 1)
            while True:
                value, token = with_pool.gets("cas")
                if with_pool.cas("cas", str(int(value) + 1), token):
                    break

    def guarded():
        try:
            work()
        except Exception as fault:  # told to the main thread
            faults.append(fault)

    threads = [threading.Thread(target=guarded) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(faults, [])
    equal(with_pool.get_many(["cas", "incr"]), {"cas": b"200", "incr": b"200"})


@plain
def flags(c):
    for number in (0, 1, 65535, 2**32 - 1):
        equal(c.set("k", "v", flags=number, noreply=False), True)
        equal(c.raw_command("get k", "END\r\n"), b"VALUE k %d 1\r\nv\r\n" % number)
    c.append("k", "w", noreply=False)
    equal(c.raw_command("get k", "END\r\n"), b"VALUE k %d 2\r\nvw\r\n" % (2**32 - 1))
    c.replace("k", "1", flags=7, noreply=False)
    c.incr("k", 1)
    equal(c.raw_command("get k", "END\r\n"), b"VALUE k 7 1\r\n2\r\n")


@plain
def pickled_objects(c):
    for serializer in (serde.pickle_serde, serde.compressed_serde):
        with_objects = Client(ADDRESS, serde=serializer)
        value = {"list": [1, 2.5, None], "text": "\u00e4" * 2000}
        with_objects.set("object", value)
        equal(with_objects.get("object"), value)
        with_objects.set("number", 5)
        equal(with_objects.get("number"), 5)


@plain
def get_and_touch(c):
    c.set("k", "v", expire=2, noreply=False)
    equal(c.raw_command("gat 100 k absent", "END\r\n"), b"VALUE k 0 1\r\nv\r\n")
    check(c.raw_command("gats 100 k", "END\r\n").startswith(b"VALUE k 0 1 "))
    equal(c.raw_command("gat 0 absent", "\r\n"), b"END")
    c.set("mark", "v", expire=2, noreply=False)
    eventually(lambda: c.get("mark") is None, "seconds pass")
    equal(c.get("k"), b"v")
    equal(c.raw_command("gat -1 k", "END\r\n"), b"VALUE k 0 1\r\nv\r\n")
    equal(c.get("k"), None)


@plain
def the_servers_words(c):
    check(c.version().startswith(b"1.6."), repr(c.version()))
    before = c.stats()
    c.set("new", "v", noreply=False)
    equal(c.stats()[b"total_items"] - before[b"total_items"], 1)
    check(before[b"pid"] > 0 and before[b"uptime"] >= 0 and before[b"version"] == c.version(), repr(before))
    check(before[b"limit_maxbytes"] >= 0 and before[b"curr_connections"] > 0, repr(before))
    check(before[b"curr_items"] >= 0 and before[b"bytes"] >= 0 and before[b"evictions"] == 0, repr(before))
    c.get("new")
    c.get("absent")
    after = c.stats()
    equal([after[name] - before[name] for name in (b"cmd_get", b"get_hits", b"get_misses")], [2, 1, 1])
    settings = c.stats("settings")
    check(b"maxconns" in settings and b"item_size_max" in settings, repr(settings))
    c.stats("items")
    equal(c.raw_command("stats reset"), b"RESET")
    equal(c.stats()[b"get_hits"], 0)
    equal(c.raw_command("verbosity 0"), b"OK")


@plain
def flushing(c):
    c.set("k", "v", noreply=False)
    equal(c.flush_all(noreply=False), True)
    equal(c.get("k"), None)
    equal(c.set("k", "w", noreply=False), True)
    equal(c.get("k"), b"w")
    equal(c.flush_all(delay=3, noreply=False), True)
    equal(c.get("k"), b"w")
    eventually(lambda: c.get("k") is None, "the delay passes")


@plain
def errors(c):
    """Each leaves the next command in step."""
    too_long = "k" * 251
    for words, kind in (
        ("nosuch", MemcacheUnknownCommandError),
        ("get", MemcacheUnknownCommandError),
        ("get " + too_long, MemcacheClientError),
        ("get k " + too_long, MemcacheClientError),
        ("delete " + too_long, MemcacheClientError),
        ("incr k notanumber", MemcacheClientError),
        ("touch k notanumber", MemcacheClientError),
        ("set k abc 0 1", MemcacheClientError),
    ):
        raises(kind, c.raw_command, words)
        equal(c.raw_command("mn"), b"MN")


@plain
def meta_commands(c):
    equal(c.raw_command("mn"), b"MN")
    equal(c.raw_command("ms k 1 T100 F5\r\nv"), b"HD")
    equal(c.raw_command("mg k v f t"), b"VA 1 f5 t100")
    c.close()
    equal(c.raw_command("mg absent v"), b"EN")
    equal(c.raw_command("ma n N0 J13 v"), b"VA 2")
    c.close()
    equal(c.raw_command("md k q\r\nmn"), b"MN")
    equal(c.get("k"), None)


if __name__ == "__main__":
    finish(suite.main())
