#!/usr/bin/env python3
"""pylibmc (libmemcached) with its defaults and with the behaviours that people turn on. Needs HOST and PORT."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import pylibmc  # noqa: E402

from lib import servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

ADDRESS = "%s:%s" % (os.environ["HOST"], os.environ["PORT"])
WAYS = {
    "defaults": {},
    "tuned": {"cas": True, "tcp_nodelay": True, "no_block": True, "ketama": True, "remove_failed": 4},
}
ALL_BYTES = bytes(range(256))
suite = Suite("pylibmc")


def connect(**behaviors):
    return pylibmc.Client([ADDRESS], behaviors={"cas": True, **behaviors})


def every_way(body):
    """Makes one case a way of the function body(client), with an empty store."""
    for way, behaviors in WAYS.items():

        def case(behaviors=behaviors):
            client = pylibmc.Client([ADDRESS], behaviors=behaviors)
            equal(client.flush_all(), True)
            body(client)
            client.disconnect_all()

        case.__name__ = "%s, %s" % (body.__name__, way)
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
    equal(c.set("k", "v"), True)
    equal(c.get("k"), "v")
    equal(c.get("absent"), None)
    equal(c.get("absent", "d"), "d")
    equal("k" in c, True)
    equal("absent" in c, False)
    equal(c.set("empty", b""), True)
    equal(c.get("empty"), b"")
    equal(c.set_multi({"a": "1", "b": "2"}), [])
    equal(c.get_multi(["a", "absent", "b"]), {"a": "1", "b": "2"})
    equal(c.get_multi(["a", "b"], key_prefix="no:"), {})
    equal(c.delete("a"), True)
    equal(c.delete("a"), False)
    equal(c.delete_multi(["b", "absent"]), False)
    equal(c.get_multi(["a", "b", "k"]), {"k": "v"})


@every_way
def conditional_writes(c):
    equal(c.replace("k", "lost"), False)
    equal(c.append("k", "lost"), False)
    equal(c.prepend("k", "lost"), False)
    equal(c.get("k"), None)
    equal(c.add("k", "one"), True)
    equal(c.add("k", "lost"), False)
    equal(c.add_multi({"k": "lost", "l": "new"}), ["k"])
    equal(c.replace("k", "two"), True)
    equal(c.append("k", ">"), True)
    equal(c.prepend("k", "<"), True)
    equal(c.get_multi(["k", "l"]), {"k": "<two>", "l": "new"})


@every_way
def counters(c):
    raises(pylibmc.NotFound, c.incr, "n")
    raises(pylibmc.NotFound, c.decr, "n")
    c.set("n", 10)
    equal(c.incr("n", 32), 42)
    equal(c.decr("n", 2), 40)
    equal(c.get("n"), 40)
    equal(c.decr("n", 50), 0)
    c.set("m", 1)
    c.incr_multi(["n", "m"], delta=5)
    equal(c.get_multi(["n", "m"]), {"n": 5, "m": 6})
    c.set("s", "abc")
    raises(pylibmc.Error, c.incr, "s")
    equal(c.get("s"), "abc")


@every_way
def kinds_of_values(c):
    """The client keeps the kind in the flags."""
    for value in (7, -7, 2**70, 2.5, "\u00e4", b"bytes", None, [1, {"a": (2, 3)}]):
        c.set("k", value)
        got = c.get("k", "absent")
        equal((got, type(got)), (value, type(value)))


@every_way
def expiry(c):
    now = int(time.time())
    c.set("soon", "v", time=1)
    c.set("never", "v")
    c.set("touched", "v", time=2)
    equal(c.touch("touched", 100), True)
    equal(c.touch("absent", 100), False)
    c.set("then", "v", time=now + 1000)
    c.set("past", "v", time=now - 1000)
    equal(set(c.get_multi(["past", "then"])), {"then"})
    c.set("mark", "v", time=2)
    eventually(lambda: c.get("mark") is None, "seconds pass")
    equal(set(c.get_multi(["soon", "never", "touched", "then"])), {"never", "touched", "then"})
    equal(c.add("soon", "again"), True)


@every_way
def large_and_binary(c):
    big = (ALL_BYTES * 3600)[:900_000]
    equal(c.set("big", big), True)
    equal(c.get("big") == big, True)
    equal(c.set("text", "\u00e4" * 2_000_000, min_compress_len=1000), True)
    equal(c.get("text") == "\u00e4" * 2_000_000, True)
    trap = b"\r\nEND\r\nVALUE k 0 1\r\n" + ALL_BYTES + b"\r\n"
    equal(c.set("trap", trap), True)
    equal(c.get_multi(["trap", "big", "absent"]) == {"trap": trap, "big": big}, True)


@every_way
def many_keys(c):
    values = {"key:%d" % i: "value:%d" % i for i in range(1000)}
    equal(c.set_multi(values), [])
    equal(c.get_multi(list(values) + ["absent:%d" % i for i in range(100)]) == values, True)
    equal(c.delete_multi(list(values)), True)
    equal(c.get_multi(list(values)), {})


@every_way
def keys(c):
    longest = "k" * 250
    equal(c.set(longest, "v"), True)
    equal(c.get(longest), "v")
    raises(Exception, c.get, longest + "k")
    raises(Exception, c.set, longest + "k", "v")
    equal(c.set("\u00e4", "v"), True)
    equal(c.get("\u00e4"), "v")
    equal(c.get(longest), "v")


@suite.case
def compare_and_swap():
    c = connect()
    c.flush_all()
    c.set("k", "v")
    value, token = c.gets("k")
    equal(value, "v")
    equal(c.cas("k", "won", token), True)
    equal(c.cas("k", "lost", token), False)
    equal(c.get("k"), "won")
    equal(c.gets("absent"), (None, None))
    _, token = c.gets("k")
    c.delete("k")
    raises(pylibmc.NotFound, c.cas, "k", "lost", token)


@suite.case
def no_reply():
    c = connect(_noreply=True)
    plain = connect()
    plain.flush_all()
    c.set("k", "1")
    c.add("k", "lost")
    c.append("k", "2")
    c.set("gone", "x")
    c.delete("gone")
    for i in range(500):
        c.set("n%d" % i, i)
    eventually(lambda: plain.get("n499") == 499, "the last write is done")
    equal(plain.get_multi(["k", "gone", "n0"]), {"k": "12", "n0": 0})
    equal(c.get("k"), "12")


@suite.case
def the_servers_words():
    c = connect()
    c.flush_all()
    c.set("k", "v")
    [(name, before)] = c.get_stats()
    check(name.decode().startswith(ADDRESS), repr(name))
    check(before["version"].startswith(b"1.6."), repr(before))
    check(int(before["curr_items"]) >= 1 and int(before["pid"]) > 0, repr(before))
    c.get("k")
    after = dict(c.get_stats()[0][1])
    equal(int(after["get_hits"]) - int(before["get_hits"]), 1)
    equal(c.flush_all(), True)
    equal(c.get("k"), None)


@suite.case
def concurrent():
    """Threads over a pool, each with its own keys, each value being its key."""
    pool = pylibmc.ThreadMappedPool(connect())
    faults = []

    def work(name):
        try:
            for i in range(200):
                key = "%s:%d" % (name, i)
                with pool.reserve() as client:
                    client.set(key, key)
                    equal(client.get(key), key)
                    client.incr("total")
                    client.add("once", name)
        except Exception as fault:  # told to the main thread
            faults.append(fault)
        finally:
            pool.relinquish()

    with pool.reserve() as client:
        client.set("total", 0)
        client.delete("once")
    threads = [threading.Thread(target=work, args=("t%d" % i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(faults, [])
    equal(connect().get("total"), 1600)


@suite.case
def the_binary_protocol_fails_at_once():
    servers.need_daemon()
    c = pylibmc.Client([ADDRESS], binary=True)
    check("TIMEOUT" not in raises(pylibmc.Error, c.set, "k", "v"))
    raises(pylibmc.Error, c.get, "k")


if __name__ == "__main__":
    finish(suite.main())
