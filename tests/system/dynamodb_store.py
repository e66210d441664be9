#!/usr/bin/env python3
"""What DynamoDB as the store takes and gives: items byte for byte, batches, changes at once, keys, and what goes wrong: each
fault of the proxy (lib/dynamodb_proxy.py), a server that is killed or hangs, credentials of every source. Over DynamoDB Local.

Cases share one server, each with a table of its own; who stops a server has one for itself.
dynamodb_store.py [--only NAME] [-v]
"""

import concurrent.futures
import contextlib
import functools
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from faults.load import Load  # noqa: E402
from lib import dynamodb_proxy as ddb, memcache, resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402
from lib.load import pipelined  # noqa: E402

suite = Suite("dynamodb store")
NEVER = 253402300799
LATE = 4102444800  # 2100
LONG_AGO = 10**9  # over: but DynamoDB's own sweep leaves alone what is over for more than five years
UNAVAILABLE = b"-ERR backend 'dynamodb' is unavailable: "
DOUBT = b"may or may not have been made"
PATIENT = {"request": "1m", "connect": "10s"}
SECRET = "s3cret/Acc3ss+Key"

# Nothing of what this machine has set for AWS reaches a daemon; nobody asks a metadata service that is not a stub.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
NO_HOME = {"HOME": "/nonexistent"}

_numbers = itertools.count(1)


@functools.cache
def shared_server():
    return servers.DynamoDbLocal()


@contextlib.contextmanager
def store(items=(), daemons=1, proxied=False, own=False, keys=None, secrets=None, env=None, ready=True, made=None, **config):
    """Daemons over a table; gives `.daemon`, `.daemons`, `.proxy`, `.server` and `.table`.

    `items` are there before; `made(table)` makes it in another way. `proxied`: by a proxy with these `secrets`, which must
    see no bad signature. `own`: the server is this case's alone. `keys`: in place of the configured ones.
    """
    servers.need_daemon()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.DynamoDbLocal()) if own else shared_server()
        table = ddb.Table(ddb.Client(server.address), "cachetted-test-%d-%d" % (os.getpid(), next(_numbers)))
        stack.callback(lambda: own or table.describe() and table.drop())
        if made or items:
            (made or ddb.Table.create)(table)
        for item in items:
            table.put(**item)
        base = servers.overlay({**server.as_store(), "table_name": table.name, "threads": 2, "timeouts": PATIENT}, config)
        proxy = stack.enter_context(ddb.Proxy(server.address, secrets)) if proxied else None
        if proxy:
            base["dynamodb_url"] = proxy.url
        if keys is not None:
            rest = {name: value for name, value in base["dynamodb"].items() if name not in ("access_key_id", "secret_access_key")}
            base["dynamodb"] = {**rest, **keys}
        started = []
        for _ in range(daemons):
            started.append(stack.enter_context(servers.Daemon(base, with_memcache=True, env={**NO_HOME, **(env or {})})))
        for daemon in started if ready else ():
            eventually(lambda: daemon.readiness()[0] == 200, "ready (now %s)" % (daemon.readiness(),), 60)
        yield types.SimpleNamespace(server=server, proxy=proxy, daemons=started, daemon=started[0], table=table)
        if proxy:
            equal(proxy.bad_signatures, [])


def calls(daemon, *operations):
    return sum(daemon.metric("cachetted_dynamodb_calls_total", operation=operation) for operation in operations)


def play(client, *lines):
    """The replies to commands that are sent at once."""
    data = b"".join(resp.encode(*(line if isinstance(line, tuple) else line.split())) for line in lines)
    return resp.split_replies(pipelined(client, data, len(lines)))[0]


def bulk(value):
    return b"$%d\r\n%b\r\n" % (len(value), value)


def at_once(clients, play):
    """The results of play(i) of so many threads."""
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return list(pool.map(play, range(clients)))


def walk(client, count=100, *more):
    """The keys of a whole SCAN, as they come."""
    seen, cursor = [], b"0"
    while True:
        cursor, names = client.call("SCAN", cursor, "COUNT", count, *more)
        seen += names
        if cursor == b"0":
            return seen


# The tests themselves


@suite.case
def the_signatures_here_are_those_of_aws():
    """Of its test suite; and the proxy notices a wrong one."""
    secret, scope = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ("20150830", "us-east-1", "service")
    headers = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")]
    form = ("Content-Type", "application/x-www-form-urlencoded")
    for method, more, payload, want in (
        ("GET", [], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", [], b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("POST", [form], b"Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ):
        signed = sorted(name.lower() for name, _ in headers + more)
        equal(ddb.signature(secret, scope, method, "/", headers + more, signed, payload), want)
    with ddb.Proxy(shared_server().address) as proxy:
        client = ddb.Client(proxy.address)
        equal((client.call("ListTables", {})[0], proxy.bad_signatures), (200, []))
        for unsigned in ("host", "x-amz-date", "x-amz-target"):
            equal(client.call("ListTables", {}, unsigned=(unsigned,))[0], 400)
        equal(ddb.Client(proxy.address, secret="another").call("ListTables", {})[0], 400)
        equal(ddb.Client(proxy.address, token="another").call("ListTables", {})[0], 400)
        equal(len(proxy.bad_signatures), 5)


# Items


@suite.case
def items_byte_for_byte():
    every = bytes(range(256))
    with store() as s, s.daemon.connect(30) as client, s.daemon.connect_to("memcache", 30) as other:

        def item(key="k"):
            return {name: value for name, value in s.table.get(key).items() if name != "key"}

        def expiring(value, low, high):
            found = item()
            equal((found["value"], found["expires"]), (value, -(-found["expires_ms"] // 1000)))
            check(low <= found["expires_ms"] - time.time() * 1000 <= high, "%s", found)

        equal(client.raw("SET", "k", every), b"+OK\r\n")
        equal(item(), {"value": every, "expires": NEVER})
        equal(client.raw("GET", "k"), bulk(every))
        equal(client.raw("SET", "k", ""), b"+OK\r\n")
        equal((item(), client.raw("GET", "k")), ({"value": b"", "expires": NEVER}, b"$0\r\n\r\n"))
        equal(client.raw("SET", "k", "v", "EX", "1000"), b"+OK\r\n")
        expiring(b"v", 0, 1_000_000)
        equal(client.raw("SET", "k", "w", "PXAT", "%d123" % LATE), b"+OK\r\n")
        equal(item(), {"value": b"w", "expires": LATE + 1, "expires_ms": LATE * 1000 + 123})
        equal(client.raw("PEXPIRETIME", "k"), b":%d123\r\n" % LATE)
        equal(play(client, "APPEND k x", "SET k wy KEEPTTL"), [b":2\r\n", b"+OK\r\n"])
        equal(item(), {"value": b"wy", "expires": LATE + 1, "expires_ms": LATE * 1000 + 123})
        equal(play(client, "PERSIST k", "TTL k", "INCR n"), [b":1\r\n", b":-1\r\n", b":1\r\n"])
        equal((item(), item("n")), ({"value": b"wy", "expires": NEVER}, {"value": b"1", "expires": NEVER}))
        equal(client.raw("EXPIREAT", "k", LATE), b":1\r\n")
        equal(item(), {"value": b"wy", "expires": LATE, "expires_ms": LATE * 1000})
        equal(other.raw("set k 4294967295 0 2", b"\r\n"), b"STORED\r\n")
        equal(item(), {"value": b"\r\n", "expires": NEVER, "flags": 4294967295})
        equal(other.raw("get k"), b"VALUE k 4294967295 2\r\n\r\n\r\nEND\r\n")
        equal(play(client, "APPEND k x", "GET k"), [b":3\r\n", bulk(b"\r\nx")])
        equal(item()["flags"], 4294967295)
        equal(client.raw("SET", "k", "plain"), b"+OK\r\n")
        equal(item(), {"value": b"plain", "expires": NEVER})
        equal(other.raw("set k 0 1000 1", "v"), b"STORED\r\n")
        expiring(b"v", 0, 1_000_000)
        check("flags" not in item(), "%s", item())
        for commands in (("SET k v", "EXPIRE k -1"), ("SET k v", "SET k w EXAT 1"), ("SET k v", "PEXPIREAT k 1")):
            play(client, *commands)
            equal(play(client, "GET k", "EXISTS k", "TTL k"), [b"$-1\r\n", b":0\r\n", b":-2\r\n"], "%s" % (commands,))
        equal(other.raw("set k 0 -1 1", "v"), b"STORED\r\n")
        equal((other.raw("get k"), client.raw("GET", "k")), (b"END\r\n", b"$-1\r\n"))
        equal(client.raw("SET", "k", "v", "PX", "150"), b"+OK\r\n")
        eventually(lambda: client.raw("GET", "k") == b"$-1\r\n", "it expires by its milliseconds")
        equal(client.raw("SET", "k", "v", "NX"), b"+OK\r\n")


@suite.case
def what_others_planted():
    late, soon = {"value": b"v", "expires": LATE}, int(time.time()) + 1000
    items = [
        {"key": "plain", **late}, {"key": "none", "value": b"v"}, {"key": "over", "value": b"v", "expires": LONG_AGO},
        {"key": "negative", "value": b"v", "expires": -5}, {"key": "worded", "value": b"v", "expires": str(LATE)},
        {"key": "fraction", "value": b"v", "expires": LATE + 0.5}, {"key": "huge", "value": b"v", "expires": 1e30},
        {"key": "never", "value": b"v", "expires": NEVER}, {"key": "text", "value": "täxt", "expires": LATE},
        {"key": "stale", **late, "expires_ms": 5}, {"key": "exact", "value": b"v", "expires": soon, "expires_ms": soon * 1000 - 999},
        {"key": "flags", **late, "flags": 7}, {"key": "minus", **late, "flags": -1}, {"key": "large", **late, "flags": 1 << 40},
        {"key": "wordy", **late, "flags": "many", "expires_ms": "soon"}, {"key": "more", **late, "owner": {"name": ["x"]}},
    ]  # fmt: skip
    with store(items) as s, s.daemon.connect(30) as client, s.daemon.connect_to("memcache", 30) as other:
        for key in ("none", "over", "negative", "worded"):
            equal(play(client, "GET " + key, "EXISTS " + key, "TTL " + key), [b"$-1\r\n", b":0\r\n", b":-2\r\n"], key)
        for key in ("plain", "stale", "flags", "minus", "large", "wordy", "more"):
            equal(play(client, "GET " + key, "PEXPIRETIME " + key), [bulk(b"v"), b":%d000\r\n" % LATE], key)
        equal(client.raw("PEXPIRETIME", "fraction"), b":%d000\r\n" % (LATE + 1))
        equal(client.raw("PEXPIRETIME", "exact"), b":%d\r\n" % (soon * 1000 - 999))
        equal(play(client, "TTL huge", "TTL never", "GET huge"), [b":-1\r\n", b":-1\r\n", bulk(b"v")])
        equal(play(client, "GET text", "STRLEN text"), [bulk("täxt".encode()), b":5\r\n"])
        equal(other.raw("get flags minus large"), b"VALUE flags 7 1\r\nv\r\nVALUE minus 0 1\r\nv\r\nVALUE large 0 1\r\nv\r\nEND\r\n")
        live = b"plain fraction huge never text stale exact flags minus large wordy more".split()
        equal(sorted(client.call("KEYS", "*")), sorted(live))
        equal(client.raw("DBSIZE"), b":%d\r\n" % len(live))
        equal(sorted(walk(client, 5)), sorted(live))
        for key in ("text", "fraction", "stale", "minus", "wordy", "more"):
            size = len(client.call("GET", key)) + 1
            equal(client.raw("APPEND", key, "x"), b":%d\r\n" % size, key)
        for key in ("none", "over", "worded"):
            equal(play(client, "SET %s new NX" % key, "GET " + key, "TTL " + key), [b"+OK\r\n", bulk(b"new"), b":-1\r\n"], key)
        equal(client.raw("INCR", "negative"), b":1\r\n")
        equal(s.table.get("negative"), {"key": "negative", "value": b"1", "expires": NEVER})


@suite.case
def what_cannot_be_read_stays_as_it_is():
    odd = {"number": 7, "list": [b"v"], "map": {"v": b"v"}, "bool": True, "null": None, "set": ddb.Set(["v"])}
    items = [{"key": key, "value": value, "expires": LATE} for key, value in odd.items()] + [{"key": "nothing", "expires": LATE}]
    with store(items) as s, s.daemon.connect(30) as client, s.daemon.connect_to("memcache", 30) as other:
        text = b"-ERR backend 'dynamodb': the item of this key has %b as its value, where binary is due: SET or DEL it\r\n"
        equal(play(client, "GET number", "GET nothing"), [text % b"a number", text % b"nothing"])
        before = s.table.items()
        for key in (*odd, "nothing"):
            for command in "GET %s|GETDEL %s|GETEX %s EX 10|GETEX %s PERSIST|APPEND %s x|INCR %s|STRLEN %s|GETSET %s x".split("|"):
                reply, (head, tail) = client.raw(*(command % key).split()), text.split(b"%b")
                check(reply.startswith(head) and reply.endswith(tail), "%s: %s", command % key, reply)
        equal(client.raw("MGET", "number")[:30], b"*1\r\n-ERR backend 'dynamodb': the"[:30])
        for line in ("get number", "mg number v"):
            check(b"where binary is due" in other.raw(line), "%s", line)
        equal(s.table.items(), before)
        equal(play(client, "SET number v", "GET number", "DEL map nothing", "EXISTS map nothing"),
              [b"+OK\r\n", bulk(b"v"), b":2\r\n", b":0\r\n"])
        equal(client.raw("FLUSHALL"), b"+OK\r\n")
        equal(s.table.items(), [])


# Limits


@suite.case
def keys_at_their_limits():
    with store() as s, s.daemon.connect(30) as client:
        for key in (b"k" * 2048, "é".encode() * 1024, b"a\0b", "\u2028\"\\\t\U0001f600\x7f".encode(), b" ", "\ufffe\uffff".encode()):
            equal(play(client, ("SET", key, "1"), ("INCR", key), ("GET", key)), [b"+OK\r\n", b":2\r\n", bulk(b"2")], repr(key[:20]))
            equal(s.table.get(key.decode())["value"], b"2")
            equal(client.call("KEYS", "*"), [key])
            equal(client.raw("RENAME", key, "other"), b"+OK\r\n")
            equal(play(client, ("DEL", key, "other"), ("EXISTS", key)), [b":1\r\n", b":0\r\n"])
        for key, why in (
            (b"k" * 2049, b"-ERR a key of 2049 bytes: the 'dynamodb' backend has keys of 1 to 2048 bytes\r\n"),
            (b"", b"-ERR a key of 0 bytes: the 'dynamodb' backend has keys of 1 to 2048 bytes\r\n"),
            *((b"k" + odd, b"-ERR a key that is not UTF-8: the 'dynamodb' backend keeps keys as strings\r\n")
              for odd in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3")),
        ):  # fmt: skip
            client.raw("SET", "there", "v")
            for command in (("SET", key, "v"), ("GET", key), ("INCR", key), ("TTL", key), ("RENAME", "there", key), ("EXPIRE", key, "9"),
                            ("SET", key, "v", "NX"), ("MSET", "a", "1", key, "2"), ("GETDEL", key), ("COPY", "there", key)):
                equal(client.raw(*command), why, "%s %r" % (command[0], key[:9]))
            equal(play(client, ("DEL", key), ("EXISTS", key), ("MGET", key, "there")), [b":0\r\n", b":0\r\n", b"*2\r\n$-1\r\n$1\r\nv\r\n"])
            equal([item["key"] for item in s.table.items()], ["there"])
        with s.daemon.connect_to("memcache", 30) as other:
            for line, value in ((b"get \xff", None), (b"set \xff 0 0 1", b"v"), (b"incr \xff 1", None)):
                check(b"a key that is not UTF-8" in other.raw(line, value), "%r", line)
            equal(other.raw("mn"), b"MN\r\n")


@suite.case
def values_at_their_limit():
    room = 409600 - 64 - 1  # of the item's 400 KiB, for a key of one byte
    with store() as s, s.daemon.connect(60) as client:
        for more in ((), ("EX", "1000"), ("NX",)):
            client.raw("SET", "k", "old")
            reply = client.raw("SET", "n" if more == ("NX",) else "k", b"x" * (room + 1), *more)
            why = b"-ERR value of %d bytes: with its key and 64 bytes it is over the 409600 of an item in DynamoDB\r\n"
            equal(reply, why % (room + 1))
            equal(play(client, "GET k", "EXISTS n"), [bulk(b"old"), b":0\r\n"])
        check(b"of an item in DynamoDB" in client.raw("MSET", "a", "1", "k", b"x" * (room + 1)), "MSET")
        equal(play(client, "GET k"), [bulk(b"old")])
        value = os.urandom(room)
        equal(client.raw("SET", "k", value, "PXAT", "%d001" % LATE), b"+OK\r\n")
        equal(client.raw("GET", "k"), bulk(value))
        check(b"of an item in DynamoDB" in client.raw("APPEND", "k", "x"), "APPEND")
        check(b"of an item in DynamoDB" in client.raw("SETRANGE", "k", room, "x"), "SETRANGE")
        check(b"of an item in DynamoDB" in client.raw("RENAME", "k", "kk"), "RENAME to a longer key")
        equal(play(client, "STRLEN k", "EXISTS kk"), [b":%d\r\n" % room, b":0\r\n"])
        with s.daemon.connect_to("memcache", 60) as other:
            equal(other.raw(b"set m 4294967295 1000 %d" % room, value), b"STORED\r\n")
            check(other.raw(b"append m 0 0 1", b"x").startswith(b"SERVER_ERROR"), "append")
            equal(other.raw("get m"), b"VALUE m 4294967295 %d\r\n%b\r\nEND\r\n" % (room, value))


# The table


@suite.case
def a_table_is_made():
    """By whoever comes first, of two that come at once."""
    with store(daemons=2) as s:
        found = s.table.describe()
        equal(found["KeySchema"], [{"AttributeName": "key", "KeyType": "HASH"}])
        equal(found["AttributeDefinitions"], [{"AttributeName": "key", "AttributeType": "S"}])
        equal(found["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
        eventually(lambda: s.table.ttl() == "expires", "its TTL is on", 60)
        for daemon in s.daemons:
            with daemon.connect(30) as client:
                equal(play(client, "SET k v", "GET k"), [b"+OK\r\n", bulk(b"v")])


@suite.case
def requests_wait_for_a_table_in_the_making():
    """As a region takes some seconds to make one."""

    def creating(x):
        answer = x.forward()
        x.send(answer._replace(body=answer.body.replace(b'"ACTIVE"', b'"CREATING"')))

    with contextlib.ExitStack() as stack:
        server = shared_server()
        proxy = stack.enter_context(ddb.Proxy(server.address))
        proxy.always(("CreateTable", "DescribeTable"), creating)
        name = "cachetted-test-%d-%d" % (os.getpid(), next(_numbers))
        base = {**server.as_store(), "table_name": name, "dynamodb_url": proxy.url, "threads": 2, "timeouts": PATIENT}
        daemon = stack.enter_context(servers.Daemon(base, with_memcache=True, env=NO_HOME))
        clients = [stack.enter_context(daemon.connect(60)) for _ in range(4)]
        eventually(lambda: "table '%s' is being made" % name in daemon.readiness()[1], "/readyz tells it", 60)
        for i, client in enumerate(clients):
            client.send(resp.encode("SET", "k%d" % i, "v") + resp.encode("GET", "k%d" % i))
        looks = len(proxy.of("DescribeTable"))
        eventually(lambda: len(proxy.of("DescribeTable")) > looks + 1, "it is looked at again", 60)
        equal(proxy.of("BatchWriteItem"), [])
        proxy.calm()
        for client in clients:
            equal(client.replies(2), b"+OK\r\n" + bulk(b"v"))
        equal(proxy.bad_signatures, [])


@suite.case
def a_table_that_is_there_is_used():
    """With a capacity of its own, and somebody's TTL on another attribute."""

    def made(table):
        table.create(BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 50})
        table.call("UpdateTimeToLive", TimeToLiveSpecification={"Enabled": True, "AttributeName": "other"})

    with store(made=made) as s, s.daemon.connect(30) as client:
        equal(play(client, "SET k v", "GET k", "INCR n"), [b"+OK\r\n", bulk(b"v"), b":1\r\n"])
        equal((s.table.ttl(), s.table.describe()["ProvisionedThroughput"]["ReadCapacityUnits"]), ("other", 50))


@suite.case
def who_may_not_see_its_ttl_can_use_it():
    with store(made=ddb.Table.create, proxied=True, ready=False) as s, s.daemon.connect(60) as client:
        s.proxy.always(("DescribeTimeToLive", "UpdateTimeToLive"), ddb.denied)
        eventually(lambda: s.daemon.readiness()[0] == 200, "ready", 60)
        equal(play(client, "SET k v", "GET k"), [b"+OK\r\n", bulk(b"v")])


@suite.case
def a_table_of_another_shape_is_refused():
    """By the name of its key; and once it is another one, it is taken."""
    for shape in ({"hash_key": "identity"}, {"kind": "B"}, {"range_key": "sorted"}):
        with store(made=lambda table: table.create(**shape), ready=False) as s, s.daemon.connect(60) as client:
            want = ("is unavailable: table '%s' has another shape: " % s.table.name).encode()
            named = shape.get("range_key") or shape.get("hash_key") or "key"
            reply = eventually(lambda: (r := client.raw("GET", "k")) and want in r and r, "the error", 60)
            check(named.encode() in reply.partition(want)[2] and reply.startswith(UNAVAILABLE), "%s", reply)
            eventually(lambda: s.daemon.readiness()[0] == 503 and want.decode() in s.daemon.readiness()[1], "/readyz tells it")
            check(client.raw("SET", "k", "v").startswith(UNAVAILABLE), "SET")
            s.table.drop()
            eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "a good one is made", 60)
            equal(s.table.describe()["KeySchema"], [{"AttributeName": "key", "KeyType": "HASH"}])


@suite.case
def a_table_that_is_dropped_is_made_again():
    with store() as s, s.daemon.connect(60) as client:
        equal(client.raw("SET", "k", "v"), b"+OK\r\n")
        s.table.drop()
        eventually(lambda: client.raw("GET", "k") == b"$-1\r\n", "it is gone", 60)
        eventually(lambda: client.raw("SET", "k", "again") == b"+OK\r\n", "it is there again", 60)
        equal(s.table.get("k")["value"], b"again")
        eventually(lambda: s.table.ttl() == "expires", "with its TTL", 60)


# What travels together


@suite.case
def gets_travel_together():
    with store() as s, s.daemon.connect(60) as client:
        equal(client.raw("MSET", *(word for i in range(200) for word in ("k%d" % i, "v%d" % i))), b"+OK\r\n")
        before = calls(s.daemon, *ddb.READS), s.daemon.metric("cachetted_dynamodb_call_items_total", operation="BatchGetItem")

        def one(i):
            with s.daemon.connect(60) as own:
                for turn in range(5):
                    keys = [(i * 7 + turn * 31 + n) % 250 for n in range(20)]
                    want = [bulk(b"v%d" % k) if k < 200 else b"$-1\r\n" for k in keys]
                    equal(play(own, *("GET k%d" % k for k in keys)), want)

        at_once(32, one)
        made = calls(s.daemon, *ddb.READS) - before[0]
        check(made * 4 <= 32 * 5 * 20, "%d calls for %d GETs", made, 32 * 5 * 20)
        check(s.daemon.metric("cachetted_dynamodb_call_items_total", operation="BatchGetItem") > before[1] + made, "several in each")
        check(s.daemon.metric("cachetted_dynamodb_consumed_capacity_units_total", access="read") > 0, "read capacity")
        check(s.daemon.metric("cachetted_dynamodb_consumed_capacity_units_total", access="write") > 0, "write capacity")
        check(servers.metric_known(s.daemon.scrape(), "cachetted_upstream_duration_seconds"), "its duration")


def batches_are_good(proxy):
    """None with too many parts, or with a key twice."""
    for record in proxy.of(*ddb.BATCHES):
        reads = record.operation == "BatchGetItem"
        keys = [part["key"]["S"] if reads else next(iter(part.values())).get("Item", next(iter(part.values())).get("Key"))["key"]["S"]
                for part in record.parts()]  # fmt: skip
        check(len(keys) == len(set(keys)) <= (100 if reads else 25), "%d keys, %d different", len(keys), len(set(keys)))


@suite.case
def sets_travel_together():
    """A key never twice in one call, and the last one counts."""
    with store(proxied=True) as s:

        def one(i):
            with s.daemon.connect(60) as client:
                for turn in range(4):
                    lines = ["SET k%d-%d %d.%d" % (i, n % 7, turn, n) for n in range(30)] + ["DEL k%d-6" % i]
                    equal(play(client, *lines), [b"+OK\r\n"] * 30 + [b":1\r\n"])
                    last = [max(n for n in range(30) if n % 7 == k) for k in range(6)]
                    want = b"".join(bulk(b"%d.%d" % (turn, n)) for n in last)
                    equal(client.raw("MGET", *("k%d-%d" % (i, k) for k in range(7))), b"*7\r\n" + want + b"$-1\r\n")

        at_once(16, one)
        batches_are_good(s.proxy)
        written = s.proxy.of(*ddb.WRITES)
        check(any(len(r.parts()) > 1 for r in written if r.operation == "BatchWriteItem"), "none of several")
        check(len(written) * 2 <= 16 * 4 * 30, "%d calls for %d SETs", len(written), 16 * 4 * 30)
        check(s.daemon.metric("cachetted_dynamodb_call_items_total", operation="BatchWriteItem") > 0, "items in batches")


@suite.case
def an_mget_of_250_keys():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        equal(client.raw("MSET", *(word for i in range(240) for word in ("k%d" % i, "v%d" % i))), b"+OK\r\n")
        keys = list(range(245)) + [3, 3, 239, 244, 0]
        want = b"".join(bulk(b"v%d" % k) if k < 240 else b"$-1\r\n" for k in keys)
        equal(client.raw("MGET", *("k%d" % k for k in keys)), b"*250\r\n" + want)
        equal(client.raw("EXISTS", *("k%d" % k for k in keys)), b":244\r\n")
        equal(client.raw("DEL", *("k%d" % k for k in keys)), b":240\r\n")
        batches_are_good(s.proxy)


@suite.case
def batches_of_many_bytes():
    """Over what one call may write, and read: DynamoDB leaves the rest for the next one."""
    with store(limits={"output_buffer": "256MiB", "max_value": "1MiB"}) as s, s.daemon.connect(120) as client:
        values = [b"%02d" % i + os.urandom(390_000) for i in range(60)]
        equal(play(client, *(("SET", "k%d" % i, value) for i, value in enumerate(values))), [b"+OK\r\n"] * 60)
        equal(client.raw("MGET", *("k%d" % i for i in range(60))), b"*60\r\n" + b"".join(map(bulk, values)))
        equal(play(client, *("GET k%d" % i for i in range(60))), [bulk(value) for value in values])


@suite.case
def reads_are_consistent_unless_told_otherwise():
    for consistent in (True, False):
        with store(proxied=True, dynamodb={"consistent_read": consistent}) as s, s.daemon.connect(60) as client:
            play(client, "SET k v", "SET l w", "GET k", "MGET k l", "TTL k")
            read = [r.json() if r.operation == "GetItem" else next(iter(r.json()["RequestItems"].values())) for r in s.proxy.of(*ddb.READS)]
            equal({bool(asked.get("ConsistentRead")) for asked in read}, {consistent})
            play(client, "INCR n", "APPEND k x")
            equal(play(client, "INCR n", "GET k")[0], b":2\r\n")


# Nothing is lost


def counts(daemons, total):
    """16 clients count one key so many times."""
    each = total // 80

    def one(i):
        with daemons[i % len(daemons)].connect(300) as connection:
            sums = []
            for _ in range(5):  # so many at once
                connection.send(b"INCR n\r\n" * each)
                sums += [int(reply[1:]) for reply in resp.split_replies(connection.replies(each, 300))[0]]
            return sums

    sums = at_once(16, one)
    equal(sorted(s for part in sums for s in part), list(range(1, each * 80 + 1)))
    for part in sums:
        equal(part, sorted(part))
    with daemons[0].connect(60) as client:
        equal(client.raw("GET", "n"), bulk(b"%d" % (each * 80)))


@suite.case
def no_count_is_lost():
    with store(timeouts={"request": "5m"}) as s:
        counts(s.daemons, min(servers.many(10_000), 10_000))


@suite.case
def nor_by_two_daemons():
    with store(daemons=2, timeouts={"request": "5m"}) as s:
        counts(s.daemons, min(servers.many(1_600), 1_600))
        check(sum(d.metric("cachetted_upstream_retries_total") for d in s.daemons) > 0, "some had to try again")


@suite.case
def one_wins():
    """SET NX of one key, by many at once, again and again."""
    with store(daemons=2) as s:

        def one(i):
            with s.daemons[i % 2].connect(120) as client:
                return [client.raw("SET", "lock%d" % n, str(i), "NX", "PX", "600000") == b"+OK\r\n" for n in range(40)]

        won = at_once(8, one)
        equal([sum(column) for column in zip(*won)], [1] * 40)
        with s.daemon.connect(60) as client:
            equal(play(client, *("GET lock%d" % n for n in range(40))), [bulk(b"%d" % column.index(True)) for column in zip(*won)])


@suite.case
def msetnx_is_all_or_nothing():
    """Of sets that overlap in one key each, one wins, with all its keys, and nothing of the others is there."""
    with store(daemons=2) as s, s.daemon.connect(60) as client:
        for turn in range(10):

            def one(i):
                keys = ["t%d:shared" % turn, *("t%d:%d:%d" % (turn, i, n) for n in range(5))]
                with s.daemons[i % 2].connect(120) as own:
                    return own.raw("MSETNX", *(word for key in keys for word in (key, str(i)))) == b":1\r\n"

            won = at_once(6, one)
            equal(sum(won), 1)
            winner = won.index(True)
            keys = ["t%d:shared" % turn, *("t%d:%d:%d" % (turn, i, n) for i in range(6) for n in range(5))]
            want = [b"%d" % winner] + [b"%d" % i if i == winner else None for i in range(6) for _ in range(5)]
            equal(client.call("MGET", *keys), want)
        play(client, "SET taken v")
        words = [word for n in range(101) for word in ("m%d" % n, "v")]
        check(b"at most 100" in client.raw("MSETNX", *words), "more than a transaction has")
        equal(play(client, ("MSETNX", *words[2:]), "EXISTS m0 m1 m100"), [b":1\r\n", b":2\r\n"])
        equal(client.raw("MSETNX", "a", "1", "a", "2"), b":1\r\n")
        equal(play(client, "GET a", "MSETNX b 1 taken 2", "EXISTS b"), [bulk(b"2"), b":0\r\n", b":0\r\n"])


@suite.case
def appends_are_all_there():
    with store(daemons=2) as s:

        def one(i):
            with s.daemons[i % 2].connect(120) as client:
                return [client.raw("APPEND", "k", chr(ord("a") + i))[:1] for _ in range(40)]

        at_once(8, one)
        with s.daemon.connect(60) as client:
            equal(sorted(client.call("GET", "k")), sorted(b"abcdefgh" * 40))


@suite.case
def a_cas_race_loses_nothing():
    """Counts by gets and cas, through the memcached port."""
    with store(daemons=2) as s:
        with s.daemon.connect_to("memcache", 60) as client:
            equal(client.raw("set n 5 0 1", "0"), b"STORED\r\n")

        def one(i):
            with s.daemons[i % 2].connect_to("memcache", 120) as client:
                done = 0
                while done < 15:
                    line, data = memcache.units(client.raw("gets n"))[0]
                    value = b"%d" % (int(data) + 1)
                    answer = client.raw(b"cas n 5 0 %d %b" % (len(value), line.split()[4]), value)
                    check(answer in (b"STORED\r\n", b"EXISTS\r\n"), "%s", answer)
                    done += answer == b"STORED\r\n"

        at_once(6, one)
        with s.daemon.connect_to("memcache", 60) as client:
            equal(client.raw("get n"), b"VALUE n 5 2\r\n90\r\nEND\r\n")


@suite.case
def replies_and_requests_stay_in_order():
    """Each client reads what it wrote just before, whatever goes together in a batch."""
    with store() as s:

        def one(i):
            with s.daemon.connect(120) as client:
                for turn in range(15):
                    lines, want = [], []
                    for n in range(10):
                        key, value = "k%d-%d" % (i, n % 3), "%d%02d%02d" % (i + 1, turn, n)
                        lines += ["SET %s %s" % (key, value), "GET " + key, "INCR " + key, "APPEND %s x" % key, "GET " + key]
                        more = str(int(value) + 1)
                        want += ["+OK", value, ":" + more, ":%d" % (len(more) + 1), more + "x"]
                        lines += ["SET %s a EX 100" % key, "SET other%d %s" % (i, value), "MGET %s other%d" % (key, i)]
                        lines += ["DEL " + key, "EXISTS " + key]
                        want += ["+OK", "+OK", ["a", value], ":1", ":0"]
                    got = [[v.decode() for v in resp.decode(r)] if r[:1] == b"*" else r.decode().split("\r\n")[1 if r[:1] == b"$" else 0]
                           for r in play(client, *lines)]  # fmt: skip
                    equal(got, want)

        at_once(12, one)


# Commands


@suite.case
def commands_of_one_key():
    with store() as s, s.daemon.connect(60) as client:
        for line, want in (
            ("SET k v XX", b"$-1"), ("SET k v GET", b"$-1"), ("SET k w XX GET", bulk(b"v")), ("GETSET k v", bulk(b"w")),
            ("SETNX k x", b":0"), ("APPEND k w", b":2"), ("SETRANGE k 4 z", b":5"), ("GET k", bulk(b"vw\0\0z")),
            ("GETRANGE k 1 -1", bulk(b"w\0\0z")), ("STRLEN k", b":5"),
            ("SETBIT b 7 1", b":0"), ("GETBIT b 7", b":1"), ("BITCOUNT b", b":1"), ("INCRBY n 5", b":5"), ("DECR n", b":4"),
            ("INCRBYFLOAT n 0.5", bulk(b"4.5")), ("INCR k", b"-ERR value is not an integer or out of range"), ("GETDEL n", bulk(b"4.5")),
            ("GETDEL n", b"$-1"), ("EXISTS n", b":0"), ("TYPE k", b"+string"), ("TYPE n", b"+none"),
            ("SET t v EX 1000", b"+OK"), ("APPEND t w", b":2"), ("EXPIREAT t %d" % LATE, b":1"), ("EXPIRETIME t", b":%d" % LATE),
            ("EXPIREAT t %d NX" % (LATE + 5), b":0"), ("EXPIREAT t %d XX" % (LATE + 5), b":1"), ("EXPIREAT t %d GT" % LATE, b":0"),
            ("EXPIREAT t %d LT" % LATE, b":1"), ("EXPIREAT t %d GT" % (LATE + 9), b":1"), ("EXPIREAT t %d LT" % (LATE + 10), b":0"),
            ("EXPIRETIME t", b":%d" % (LATE + 9)), ("EXPIREAT k %d GT" % LATE, b":0"), ("EXPIREAT k %d XX" % LATE, b":0"),
            ("EXPIREAT k %d LT" % LATE, b":1"), ("PERSIST k", b":1"), ("PERSIST k", b":0"), ("EXPIREAT k %d NX" % LATE, b":1"),
            ("EXPIRE absent 10", b":0"), ("GETEX k PERSIST", bulk(b"vw\0\0z")), ("TTL k", b":-1"),
            ("GETEX k PXAT %d123" % LATE, bulk(b"vw\0\0z")), ("PEXPIRETIME k", b":%d123" % LATE), ("GETEX absent EX 5", b"$-1"),
            ("RENAME absent x", b"-ERR no such key"), ("RENAME k m", b"+OK"), ("EXISTS k", b":0"), ("GET m", bulk(b"vw\0\0z")),
            ("PEXPIRETIME m", b":%d123" % LATE), ("RENAMENX m t", b":0"), ("RENAMENX m k", b":1"), ("COPY k t", b":0"),
            ("COPY k t REPLACE", b":1"), ("PEXPIRETIME t", b":%d123" % LATE), ("RENAME t t", b"+OK"), ("TOUCH k t absent", b":2"),
            ("DEL k t absent", b":2"), ("MGET k t b", b"*3\r\n$-1\r\n$-1\r\n$1\r\n\1\r\n"), ("LCS b b LEN", b":1"),
        ):  # fmt: skip
            reply = client.raw(*line.split())
            equal(reply.removesuffix(b"\r\n"), want.removesuffix(b"\r\n"), line)
        replies = play(client, "MULTI", "SET k 1", "INCR k", "MGET k b", "EXEC")
        equal(resp.decode(replies[-1]), [b"OK", 2, [b"2", b"\1"]])


@suite.case
def memcached_commands():
    with store() as s, s.daemon.connect_to("memcache", 60) as client:
        for line, value, want in (
            ("add k 7 0 1", "v", b"STORED"), ("add k 8 0 1", "w", b"NOT_STORED"), ("get k", None, b"VALUE k 7 1\r\nv\r\nEND"),
            ("replace k 9 0 1", "r", b"STORED"), ("replace absent 9 0 1", "r", b"NOT_STORED"), ("append k 0 0 1", "a", b"STORED"),
            ("prepend k 0 0 1", "p", b"STORED"), ("append absent 0 0 1", "a", b"NOT_STORED"), ("get k", None, b"VALUE k 9 3\r\npra\r\nEND"),
            ("incr k 1", None, b"CLIENT_ERROR cannot increment or decrement non-numeric value"), ("incr absent 1", None, b"NOT_FOUND"),
            ("set n 3 0 1", "8", b"STORED"), ("incr n 5", None, b"13"), ("set n 3 0 1", "8", b"STORED"), ("decr n 30", None, b"0"),
            ("get n", None, b"VALUE n 3 1\r\n0\r\nEND"),
            ("set n 0 0 20", "18446744073709551615", b"STORED"), ("incr n 2", None, b"1"), ("touch n 1000", None, b"TOUCHED"),
            ("gat 0 n", None, b"VALUE n 0 20\r\n1                   \r\nEND"), ("mg n t s", None, b"HD t-1 s20"),
            ("touch absent 5", None, b"NOT_FOUND"),
            ("ma made N0 J7 v", None, b"VA 1\r\n7"), ("ma made D3 v", None, b"VA 2\r\n10"), ("ms k 2 F5", "me", b"HD"),
            ("mg k f v", None, b"VA 2 f5\r\nme"),
            ("delete k", None, b"DELETED"), ("delete k", None, b"NOT_FOUND"), ("mg k v", None, b"EN"), ("cas k 0 0 1 5", "c", b"NOT_FOUND"),
        ):  # fmt: skip
            equal(client.raw(line, value), want + b"\r\n", line)
        client.raw("set k 1 0 1", "v")
        token = memcache.units(client.raw("gets k"))[0][0].split()[4]
        equal(client.raw(b"cas k 1 0 1 %d" % (int(token) + 1), "w"), b"EXISTS\r\n")
        equal(client.raw(b"cas k 2 0 1 %b" % token, "w"), b"STORED\r\n")
        equal(client.raw(b"cas k 3 0 1 %b" % token, "x"), b"EXISTS\r\n")
        equal(client.raw("get k"), b"VALUE k 2 1\r\nw\r\nEND\r\n")
        equal(s.table.get("k"), {"key": "k", "value": b"w", "expires": NEVER, "flags": 2})


# All keys


@suite.case
def a_scan_tells_each_key_once():
    with store([{"key": "over%d" % i, "value": b"v", "expires": LONG_AGO} for i in range(30)]) as s, s.daemon.connect(120) as client:
        keys = [b"k%d" % i for i in range(1500)]
        equal(client.raw("MSET", *(word for key in keys for word in (key, b"v"))), b"+OK\r\n")
        for count in (1, 100, 5000):
            equal(sorted(walk(client, count) if count > 1 else walk(client, count, "MATCH", "k1*")),
                  sorted(k for k in keys if count > 1 or k.startswith(b"k1")))
        equal(sorted(client.call("KEYS", "*")), sorted(keys))
        equal(sorted(client.call("KEYS", "k?2")), sorted(b"k%d2" % i for i in range(1, 10)))
        equal(client.raw("DBSIZE"), b":1500\r\n")
        check(b"-ERR invalid cursor" in client.raw("SCAN", str(1 << 50)), "one that nobody told")
        check(client.call("RANDOMKEY") in keys, "a key")
        equal(client.raw("CACHETTE", "CLEAR", "k1"), b":0\r\n")
        client.raw("MSET", "ns:a", "1", "ns:b", "2", "nt:c", "3", "ns", "4")
        equal(client.raw("CACHETTE", "CLEAR", "ns"), b":2\r\n")
        equal(client.call("MGET", "ns:a", "ns", "nt:c"), [None, b"4", b"3"])
        equal(client.raw("CACHETTE", "FLUSHEXPIRED"), b":30\r\n")
        equal(len(s.table.items()), 1502)
        equal(client.raw("FLUSHALL"), b"+OK\r\n")
        equal(s.table.items(), [])
        equal(play(client, "DBSIZE", "RANDOMKEY", "KEYS *", "SCAN 0"), [b":0\r\n", b"$-1\r\n", b"*0\r\n", b"*2\r\n$1\r\n0\r\n*0\r\n"])


@suite.case
def a_flush_of_several_pages():
    """A Scan gives at most 1 MB."""
    with store(daemons=2) as s, s.daemon.connect(120) as client, s.daemons[1].connect(120) as other:
        for _ in range(2):
            equal(play(client, *(("SET", "k%d" % i, b"x" * 30_000) for i in range(120))), [b"+OK\r\n"] * 120)
            equal(client.raw("DBSIZE"), b":120\r\n")
            equal(len(client.call("KEYS", "*")), 120)
            equal(len(set(walk(client, 50))), 120)
            for c in (client, other):
                c.send(resp.encode("FLUSHDB"))
            equal([c.reply(120) for c in (client, other)], [b"+OK\r\n"] * 2)
            equal((client.raw("DBSIZE"), s.table.items()), (b":0\r\n", []))


@suite.case
def scan_rate_bounds_a_clear():
    """At least so long as its reading takes at that rate, but for a page and a second; and meanwhile others are served."""
    rate, page = 200, 256  # units
    with contextlib.ExitStack() as stack:
        s = stack.enter_context(store(dynamodb={"scan_rate": rate}, timeouts={"request": "5m"}))
        client, other = stack.enter_context(s.daemon.connect(300)), stack.enter_context(s.daemon.connect(60))
        play(client, *(("SET", "ns:%d" % i, b"x" * 60_000) for i in range(100)), "SET k v")
        units = lambda: s.daemon.metric("cachetted_dynamodb_consumed_capacity_units_total", access="read")  # noqa: E731
        before, begun, served = units(), time.monotonic(), 0
        client.send(resp.encode("CACHETTE", "CLEAR", "ns"))
        client.sock.setblocking(False)
        while True:
            equal(other.raw("GET", "k"), bulk(b"v"))
            try:
                client.buf += client.sock.recv(100)
                break
            except BlockingIOError:
                served += 1
        took = time.monotonic() - begun
        equal(bytes(client.buf), b":100\r\n")
        read = units() - before - served - 1  # those GETs: a unit each at most
        check(read > 600 and took >= (read - page - rate) / rate * 0.9, "%g units in %g s", read, took)
        check(served > 0, "others were served meanwhile")


# Faults

ANSWERED = (ddb.throttles, ddb.fails_before, ddb.fails_after, ddb.html)
LOST = (ddb.drops_before, ddb.drops_after, ddb.truncates)


@suite.case
def reads_and_plain_writes_are_tried_again():
    """Nobody notices. (Not too many in all: retries have a quota, which good answers fill again.)"""
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        for fault in ANSWERED + LOST:
            for times in (1, 3):
                value = b"%b-%d" % (fault.__name__.encode(), times)
                for operations, line, want in (
                    (ddb.WRITES, ("SET", "k", value, "EX", "1000"), b"+OK\r\n"), (ddb.READS, "GET k", bulk(value)),
                    (ddb.READS, "MGET k absent k", b"*3\r\n" + bulk(value) + b"$-1\r\n" + bulk(value)),
                    (ddb.READS, "EXISTS k", b":1\r\n"), (ddb.READS, "STRLEN k", b":%d\r\n" % len(value)),
                    (("Scan",), "KEYS *", b"*1\r\n" + bulk(b"k")), (("Scan",), "DBSIZE", b":1\r\n"),
                )[:: 1 if times == 1 else 6]:  # fmt: skip
                    planned = s.proxy.next(operations, fault, times)
                    equal(play(client, line), [want], "%s after %d of %s" % (line, times, fault.__name__))
                    check(planned.done(), "%s was not asked for by %s", operations, line)
                    s.proxy.calm()
        check(s.daemon.metric("cachetted_dynamodb_throttles_total") > 0, "throttles are counted")
        check(s.daemon.metric("cachetted_upstream_retries_total") > 0, "retries are counted")


@suite.case
def a_throttled_store_tells_so():
    """In the end; it is no store that is down."""
    with store(proxied=True, timeouts={"request": "700ms", "connect": "5s"}) as s, s.daemon.connect(60) as client:
        play(client, "SET k v")
        s.proxy.always((*ddb.READS, *ddb.WRITES), ddb.throttles)
        for line in ("GET k", "SET k w", "INCR n"):
            check(play(client, line)[0].startswith(b"-ERR backend 'dynamodb' is throttled"), "%s", line)
        with s.daemon.connect_to("memcache", 60) as other:
            check(other.raw("get k").startswith(b"SERVER_ERROR backend 'dynamodb' is throttled"), "get")
        s.proxy.calm()
        eventually(lambda: play(client, "GET k")[0][:1] == b"$", "served again", 60)
        check(s.daemon.metric("cachetted_dynamodb_throttles_total") > 0, "throttles are counted")


@suite.case
def a_lost_answer_of_a_change_is_told():
    """It may or may not have been made: it is told so, or done exactly once."""
    changes = ("INCR n", "APPEND a x", "SET new v NX", "GETDEL gone", "SET n 7 GET", "EXPIRE a 1000 NX", "RENAME a b", "SETRANGE a 0 zz")
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        for fault in (*ANSWERED[1:], *LOST, ddb.garbage, ddb.conflicts):
            for line in changes:
                planted = [b"+OK\r\n"] * 3
                eventually(lambda: play(client, "SET n 5", "SET a aa", "SET gone g", "DEL new b")[:3] == planted, "served", 60)
                planned = s.proxy.next(("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"), fault)
                reply = play(client, line)[0]
                check(planned.done(), "%s made no such call", line)
                s.proxy.calm()
                told = reply.startswith(UNAVAILABLE) and DOUBT in reply
                check(told or reply[:1] != b"-", "%s after %s: %s", line, fault.__name__, reply)
                check(told or fault is not ddb.drops_after or line.startswith("RENAME"), "%s was answered %s", line, reply)
                eventually(lambda: play(client, "GET n")[0][:1] == b"$", "served", 60)
                n, a, new, gone, b = client.call("MGET", "n", "a", "new", "gone", "b")
                if line == "INCR n":
                    check(n == b"6" if not told else n in (b"5", b"6"), "%s after %s: %s", n, fault.__name__, reply)
                if line == "APPEND a x":
                    check(a == b"aax" if not told else a in (b"aa", b"aax"), "%s after %s: %s", a, fault.__name__, reply)
                if line.startswith("RENAME"):
                    check((a, b) in ((None, b"aa"),) + (((b"aa", None),) if told else ()), "%s after %s: %s", (a, b), fault.__name__, reply)
                if not told and line in ("SET new v NX", "GETDEL gone"):
                    check((new == b"v") if "NX" in line else gone is None, "%s after %s: %s", line, fault.__name__, reply)
        eventually(lambda: s.daemon.readiness()[0] == 200, "ready", 60)


@suite.case
def a_change_is_never_made_twice():
    """Not even where somebody brings the old value back before it could be tried again."""
    with store(proxied=True) as s, s.daemon.connect(60) as client, s.daemon.connect(60) as other:
        equal(play(client, "SET n 5"), [b"+OK\r\n"])
        undone = []

        def meanwhile(x):
            x.forward()
            undone.extend(play(other, "DECR n"))
            x.close()

        s.proxy.next("PutItem", meanwhile)
        reply = play(client, "INCR n")[0]
        equal(undone, [b":5\r\n"])
        check(DOUBT in reply, "%s", reply)
        eventually(lambda: play(client, "GET n") == [bulk(b"5")], "it was done once, and undone", 60)


@suite.case
def what_is_no_answer_of_dynamodb_is_no_success():
    """As where a proxy on the way says 200 by itself."""
    with store(proxied=True, timeouts={"request": "700ms", "connect": "5s"}) as s, s.daemon.connect(60) as client:
        equal(play(client, "SET k v", "SET n 5"), [b"+OK\r\n"] * 2)
        for line in ("SET k w", "INCR n", "GETDEL k", "GETEX k EX 100", "MSETNX a 1 b 2", "GET k", "DEL k", "DBSIZE"):
            s.proxy.always((*ddb.READS, *ddb.WRITES, "Scan"), lambda x: x.reply(200, {"status": "ok"}))
            reply = play(client, line)[0]
            check(reply.startswith(UNAVAILABLE), "%s: %s", line, reply)
            s.proxy.calm()
            eventually(lambda: play(client, "MGET k n a") == [b"*3\r\n" + bulk(b"v") + bulk(b"5") + b"$-1\r\n"], "unchanged", 60)


@suite.case
def each_of_a_group_answers_for_itself():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        s.proxy.next("BatchWriteItem", lambda x: x.refuse(ddb.CORAL + "ValidationException", "of the test"))
        replies = play(client, "MULTI", "SET k v", ("EXISTS", "k" * 3000), ("MGET", "k" * 3000), "EXEC")
        equal(replies[-1], b"*3\r\n-ERR backend 'dynamodb': ValidationException: of the test\r\n:0\r\n*1\r\n$-1\r\n")


@suite.case
def what_was_not_processed_is_asked_again():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        keys = ["k%d" % i for i in range(60)]
        for turn in range(3):
            planned = s.proxy.next("BatchWriteItem", ddb.unprocessed, 5)
            equal(play(client, *("SET %s %s-%d" % (key, key, turn) for key in keys)), [b"+OK\r\n"] * 60)
            check(planned.left < 5, "no batch of writes")
            s.proxy.calm()
            planned = s.proxy.next("BatchGetItem", ddb.unprocessed, 5)
            equal(client.call("MGET", *keys), [b"%s-%d" % (key.encode(), turn) for key in keys])
            check(planned.left < 5, "no batch of reads")
            s.proxy.calm()
        s.proxy.next("BatchWriteItem", ddb.unprocessed, 5)
        equal(client.raw("FLUSHDB"), b"+OK\r\n")
        equal(s.table.items(), [])
        batches_are_good(s.proxy)


@suite.case
def a_transaction_in_the_way_is_waited_for():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        planned = s.proxy.next(("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"), ddb.conflicts, 2)
        equal(play(client, "MSETNX a 1 b 2"), [b":1\r\n"])
        check(planned.done(), "no such calls")
        equal(client.call("MGET", "a", "b"), [b"1", b"2"])


@suite.case
def one_slow_answer_is_waited_for_alone():
    """Others are served meanwhile, and nobody gets it in another's place."""
    short = {"request": "5s", "connect": "5s"}
    with store(proxied=True, timeouts=short) as s, s.daemon.connect(60) as client, s.daemon.connect(60) as other:
        play(client, "SET slow slow", "SET k v")
        until = threading.Event()
        planned = s.proxy.next(ddb.READS, ddb.held(until))
        client.send(resp.encode("GET", "slow"))
        eventually(planned.done, "it is asked for")
        equal(play(other, *("GET k" for _ in range(20))), [bulk(b"v")] * 20)
        check(client.reply(60).startswith(b"-ERR backend 'dynamodb'"), "its time is over")
        until.set()
        eventually(lambda: play(client, "GET slow") == [bulk(b"slow")], "served", 60)
        for i in range(20):
            equal(play(client, "SET k%d v%d" % (i, i), "GET k%d" % i, "GET slow"), [b"+OK\r\n", bulk(b"v%d" % i), bulk(b"slow")])


@suite.case
def garbage_is_an_error_at_most():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        for fault in (ddb.garbage, ddb.another_shape):
            for operations in (ddb.READS, ddb.WRITES, ("Scan",)):
                line = {"GetItem": "GET k", "PutItem": "SET k v", "Scan": "KEYS *"}[operations[0]]
                eventually(lambda: play(client, "SET k v") == [b"+OK\r\n"], "served", 60)
                good = play(client, line)
                planned = s.proxy.next(operations, fault)
                reply = play(client, line, "ECHO e")
                check(planned.done() and reply[1] == bulk(b"e"), "%s", reply)
                check(reply[:1] == good or reply[0].startswith(b"-ERR backend 'dynamodb'"), "%s after %s: %s", line, fault.__name__, reply)
                s.proxy.calm()
        eventually(lambda: play(client, "SET k w", "GET k") == [b"+OK\r\n", bulk(b"w")], "served", 60)


@suite.case
def what_is_denied_is_told():
    """To whoever asked for it, with DynamoDB's reason."""
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        play(client, "SET k v", "SET l w")
        s.proxy.always(("Scan",), ddb.denied)
        reply = play(client, "KEYS *", "GET k")
        check(reply[0].startswith(b"-ERR backend 'dynamodb'") and b"not authorized to perform: dynamodb:Scan" in reply[0], "%s", reply)
        equal(reply[1], bulk(b"v"))
        s.proxy.calm()
        eventually(lambda: play(client, "DBSIZE") == [b":2\r\n"], "allowed", 60)


def goes_and_comes_back(fault, pattern, s, client):
    """Every call gets the fault: the reason is told, at once in the end, and when it is over so is this."""
    pattern = rb"(?:\S+:\d+: )?" + pattern
    eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "served", 60)
    s.proxy.always((), fault)
    reply = eventually(lambda: (r := client.raw("GET", "k")) and re.search(UNAVAILABLE + pattern, r) and r, "the error", 60)
    eventually(lambda: s.daemon.readiness()[0] == 503, "/readyz tells it", 60)
    check(re.search(pattern, s.daemon.readiness()[1].encode()), "%s", s.daemon.readiness()[1])
    for words in (("SET", "k", "w"), ("INCR", "n"), ("KEYS", "*"), ("MGET", "k")):
        check(re.match(UNAVAILABLE + pattern, client.raw(*words)), "%s: %s", words[0], client.raw(*words))
    check(s.daemon.metric("cachetted_upstream_down") > 0, "the gauge")
    s.proxy.calm()
    eventually(lambda: client.raw("GET", "k") == bulk(b"v"), "it recovers alone", 60)
    eventually(lambda: s.daemon.readiness()[0] == 200, "ready", 60)
    return reply


@suite.case
def credentials_that_are_refused():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        goes_and_comes_back(ddb.unknown_key, rb"it refuses the credentials \(UnrecognizedClientException\): ", s, client)
        goes_and_comes_back(ddb.wrong_secret, rb"it refuses the credentials \(InvalidSignatureException\)", s, client)


@suite.case
def clocks_that_differ():
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        for ahead, word in ((1200, b"behind that of DynamoDB"), (-1200, b"ahead of that of DynamoDB")):
            reply = goes_and_comes_back(ddb.clock(ahead), rb"the clock of this machine is \d+ s " + word, s, client)
            check(1100 <= int(re.search(rb"is (\d+) s", reply)[1]) <= 1300, "%s", reply)


@suite.case
def random_faults():
    """Clients of both protocols, whose values echo their keys, see right replies and errors, and one for each request."""
    faults = (*ANSWERED, *LOST, ddb.garbage, ddb.conflicts, ddb.slow(0.05), ddb.no_table)

    def hook(exchange):
        if exchange.operation not in (*ddb.READS, *ddb.WRITES) or random.random() > 0.15:
            return None
        return random.choice(faults + ((ddb.unprocessed,) * 3 if exchange.operation in ddb.BATCHES else ()))

    with store(proxied=True, timeouts={"request": "2s", "connect": "2s"}) as s:
        load = Load(s.daemon, types.SimpleNamespace(allowed=(r"ERR backend 'dynamodb'.+",), scripts=False))
        load.start()
        eventually(load.all_served(), "every client is served", 60)
        s.proxy.hook = hook
        enough = load.checked() + servers.many(2000)
        eventually(lambda: load.checked() > enough or load.wrong(), "enough", 300)
        s.proxy.calm()
        eventually(load.all_served(), "every client is served again", 60)
        load.stop()
        check(not load.wrong(), "%d wrong, the first:\n%s", len(load.wrong()), "\n".join(load.wrong()[:5]))
        equal(s.daemon.process.poll(), None, s.daemon.log()[-3000:])
        check(sum(1 for record in s.proxy.of(*ddb.READS, *ddb.WRITES) if record.fault) > 20, "there were faults")
        batches_are_good(s.proxy)
        print("random_faults: %d operations checked, %d errors" % (load.checked(), sum(load.errors().values())))


# A server that goes away


def away(s, client, other):
    """It is told at once, with its address."""
    eventually(lambda: client.raw("GET", "k").startswith(UNAVAILABLE), "errors", 60)
    eventually(lambda: s.daemon.readiness()[0] == 503, "/readyz tells it", 60)
    named = "127.0.0.1:%d: " % (s.proxy or s.server).address[1]
    check("backend 'dynamodb' is unavailable: " + named in s.daemon.readiness()[1], "%s", s.daemon.readiness()[1])
    for words in (("GET", "k"), ("SET", "k", "w"), ("INCR", "n"), ("KEYS", "*"), ("DEL", "k"), ("DBSIZE",), ("MGET", "k", "l")):
        check(client.raw(*words).startswith(UNAVAILABLE + named.encode()), "%s: %s", words, client.raw(*words))
    for line in ("get k", "incr n 1", "mg k v"):
        check(other.raw(line).startswith(b"SERVER_ERROR " + UNAVAILABLE[5:]), "%s: %s", line, other.raw(line))
    check(s.daemon.metric("cachetted_upstream_down") > 0, "the gauge")


@suite.case
def a_killed_server():
    """What it had is gone with it: the table is made again."""
    with store(own=True, timeouts={"request": "2s", "connect": "1s"}) as s:
        with s.daemon.connect(60) as client, s.daemon.connect_to("memcache", 60) as other:
            for _ in range(2):
                eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "served", 60)
                s.server.signal(signal.SIGKILL)
                s.server.wait()
                away(s, client, other)
                s.server.restart()
                eventually(lambda: client.raw("SET", "k", "again") == b"+OK\r\n", "it is back", 60)
                equal(client.raw("GET", "k"), bulk(b"again"))
                eventually(lambda: s.daemon.readiness()[0] == 200, "ready", 60)
                equal(s.table.get("k")["value"], b"again")


@suite.case
def a_server_that_hangs():
    with store(own=True, timeouts={"request": "500ms", "connect": "300ms"}) as s, s.daemon.connect(60) as client:
        eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "served", 60)
        s.server.signal(signal.SIGSTOP)
        try:
            for _ in range(3):
                check(client.raw("GET", "k").startswith(b"-ERR backend 'dynamodb'"), "an error")
            eventually(lambda: s.daemon.readiness()[0] == 503, "/readyz tells it", 60)
        finally:
            s.server.signal(signal.SIGCONT)
        eventually(lambda: client.raw("GET", "k") == bulk(b"v"), "it goes on", 60)
        for i in range(50):  # no late reply comes for another's
            equal(client.raw("ECHO", str(i)), bulk(b"%d" % i))
            eventually(lambda: client.raw("SET", "k%d" % i, "v%d" % i) == b"+OK\r\n", "a SET", 60)
            eventually(lambda: client.raw("GET", "k%d" % i) == bulk(b"v%d" % i), "a GET", 60)


@suite.case
def refused_for_a_while():
    """Nobody listens, although none may time out for an hour."""
    with store(proxied=True, timeouts={"request": "1h", "connect": "10m"}) as s:
        with s.daemon.connect(120) as client, s.daemon.connect_to("memcache", 120) as other:
            for _ in range(3):
                equal(client.raw("SET", "k", "v"), b"+OK\r\n")
                s.proxy.refuse()
                s.proxy.end()
                eventually(lambda: s.daemon.readiness()[0] == 503, "/readyz tells it", 60)
                away(s, client, other)
                s.proxy.listen()
                eventually(lambda: client.raw("GET", "k") == bulk(b"v"), "it is back", 60)


@suite.case
def connections_that_end_between_two_requests():
    """As those do that were idle for long: nobody notices, and no change is made twice."""
    with store(proxied=True) as s, s.daemon.connect(60) as client:
        for i in range(20):
            s.proxy.end()
            reply = play(client, "INCR n", "SET k v%d" % i, "GET k")
            equal(reply[1:], [b"+OK\r\n", bulk(b"v%d" % i)])
            check(reply[0] == b":%d\r\n" % (i + 1) or DOUBT in reply[0], "%s", reply)
            play(client, "SET n %d" % (i + 1))


@suite.case
def a_region_that_is_nowhere():
    servers.need_daemon()
    keys = {"access_key_id": "AKIDNOWHERE", "secret_access_key": SECRET}
    config = {"backend": "dynamodb", "region": "xx-nowhere-1", "dynamodb": keys, "timeouts": {"request": "1h", "connect": "20s"}}
    with servers.Daemon(config, env=NO_HOME) as daemon, daemon.connect(60) as client:
        eventually(lambda: daemon.readiness()[0] == 503 and "dynamodb.xx-nowhere-1.amazonaws.com" in daemon.readiness()[1], "503", 90)
        reply = client.raw("GET", "k")
        check(reply.startswith(UNAVAILABLE) and b"dynamodb.xx-nowhere-1.amazonaws.com" in reply, "%s", reply)
        check(SECRET not in daemon.log() + daemon.readiness()[1] + daemon.scrape(), "the secret is told")


# Credentials


@contextlib.contextmanager
def folder(**files):
    with tempfile.TemporaryDirectory(prefix="cachetted-aws-") as path:
        for name, text in files.items():
            with open(os.path.join(path, name), "w") as file:
                file.write(text)
        yield path


def told_nowhere(daemon, *secrets):
    """In nothing that anyone can ask for, or that is written."""
    with daemon.connect(60) as client:
        told = b"".join(play(client, "CONFIG GET *", "INFO everything", "CACHETTE STATUS", "CLIENT LIST", "GET k"))
    told = told.decode(errors="replace") + daemon.log() + daemon.readiness()[1] + daemon.scrape()
    for secret in secrets:
        check(secret not in told, "%s is told", secret)


def signs_with(key_id, keys=None, env=None, token=None):
    """A daemon with these settings signs with that key, one of KNOWN."""
    with store(proxied=True, keys=keys or {}, secrets=KNOWN, env=env) as s, s.daemon.connect(60) as client:
        equal(play(client, "SET k v", "GET k"), [b"+OK\r\n", bulk(b"v")])
        equal({record.key_id for record in s.proxy.of(*ddb.READS, *ddb.WRITES)}, {key_id})
        told_nowhere(s.daemon, SECRET, *filter(None, [token]))


FILE = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = %s\n\n# others\n[other]\naws_access_key_id=AKIDOTHER\n" \
    "aws_secret_access_key=%s\naws_session_token = token-of-other==\n" % (SECRET, SECRET)  # fmt: skip
KNOWN = {
    "AKIDCONFIG": (SECRET, None, None), "AKIDTOKEN": (SECRET, "token-of-config==", None), "AKIDENV": (SECRET, None, None),
    "AKIDENVTOKEN": (SECRET, "token-of-env==", None), "AKIDDEFAULT": (SECRET, None, None), "AKIDOTHER": (SECRET, "token-of-other==", None),
}  # fmt: skip


@suite.case
def keys_that_are_configured():
    config = {"access_key_id": "AKIDCONFIG", "secret_access_key": SECRET}
    environment = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": SECRET}
    session = {"AWS_ACCESS_KEY_ID": "AKIDENVTOKEN", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "token-of-env=="}
    with folder(credentials=FILE) as path:
        file = {"AWS_SHARED_CREDENTIALS_FILE": os.path.join(path, "credentials")}
        signs_with("AKIDCONFIG", config, {**environment, **file})
        token = {**config, "access_key_id": "AKIDTOKEN", "session_token": "token-of-config=="}
        signs_with("AKIDTOKEN", token, environment, token="token-of-config==")
        signs_with("AKIDENV", env={**environment, **file})
        signs_with("AKIDENVTOKEN", env=session, token="token-of-env==")
        signs_with("AKIDDEFAULT", env=file)
        signs_with("AKIDOTHER", env={**file, "AWS_PROFILE": "other"}, token="token-of-other==")
        signs_with("AKIDOTHER", {"profile": "other"}, {**file, "AWS_PROFILE": "default"}, token="token-of-other==")
        os.mkdir(os.path.join(path, ".aws"))
        os.rename(file["AWS_SHARED_CREDENTIALS_FILE"], os.path.join(path, ".aws", "credentials"))
        signs_with("AKIDDEFAULT", env={"HOME": path})


@contextlib.contextmanager
def source(kind, issuer):
    """A stub of this kind: it, and what tells a daemon of it."""
    with kind(issuer) as service, folder(identity=ddb.Sts.IDENTITY, authorization=ddb.Container.AUTHORIZATION) as path:
        if kind is ddb.Imds:
            env = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url}
        elif kind is ddb.Container:
            env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + service.PATH}
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = service.AUTHORIZATION
        else:
            env = {"AWS_WEB_IDENTITY_TOKEN_FILE": os.path.join(path, "identity"), "AWS_ROLE_ARN": service.ROLE}
            env["AWS_ENDPOINT_URL_STS"] = service.url
        service.authorization_file = os.path.join(path, "authorization")
        yield service, env


@suite.case
def keys_that_a_service_gives():
    """Each kind; refreshed before they end, so that nothing is ever signed with what is over."""
    for kind in (ddb.Imds, ddb.Container, ddb.Sts):
        issuer = ddb.Issuer(lifetime=20)
        with source(kind, issuer) as (service, env):
            with store(proxied=True, keys={}, secrets=issuer.secrets, env=env) as s, s.daemon.connect(60) as client:

                def others():
                    equal(play(client, "SET k v", "GET k", "INCR n")[:2], [b"+OK\r\n", bulk(b"v")])
                    return len({record.key_id for record in s.proxy.of(*ddb.READS)}) > 1

                eventually(others, "%s: other keys (asked: %s)" % (kind.__name__, service.asked), 120)
                check(issuer.at[1] < issuer.given[0].expires, "%s: they were over before", kind.__name__)
                words = [word for keys in issuer.given for word in (keys.secret, keys.token)]
                told_nowhere(s.daemon, *words, ddb.Sts.IDENTITY, ddb.Container.AUTHORIZATION, ddb.Imds.SESSION)
        refused = [asked for asked in service.asked if asked[2] != 200]
        check(not refused, "%s was asked badly: %s", kind.__name__, refused)


@suite.case
def a_token_of_a_container_in_a_file():
    issuer = ddb.Issuer()
    with source(ddb.Container, issuer) as (service, env):
        env = {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": service.authorization_file}
        del env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        with store(proxied=True, keys={}, secrets=issuer.secrets, env=env) as s, s.daemon.connect(60) as client:
            equal(play(client, "SET k v", "GET k"), [b"+OK\r\n", bulk(b"v")])
            told_nowhere(s.daemon, service.AUTHORIZATION)


@suite.case
def one_source_before_another():
    """A file before web identity, that before a container, that before the machine."""
    issuers = {kind: ddb.Issuer() for kind in (ddb.Sts, ddb.Container, ddb.Imds)}
    with contextlib.ExitStack() as stack, folder(credentials=FILE) as path:
        env = {"AWS_SHARED_CREDENTIALS_FILE": os.path.join(path, "credentials")}
        for kind, issuer in issuers.items():
            env.update(stack.enter_context(source(kind, issuer))[1])
        signs_with("AKIDDEFAULT", env=env)
        for name, kind in (("AWS_SHARED_CREDENTIALS_FILE", ddb.Sts), ("AWS_WEB_IDENTITY_TOKEN_FILE", ddb.Container),
                           ("AWS_CONTAINER_CREDENTIALS_FULL_URI", ddb.Imds)):
            del env[name]
            with store(proxied=True, keys={}, secrets=issuers[kind].secrets, env=env) as s, s.daemon.connect(60) as client:
                equal(play(client, "SET k v", "GET k"), [b"+OK\r\n", bulk(b"v")])


@suite.case
def an_expired_token_is_fetched_again():
    issuer = ddb.Issuer()
    with source(ddb.Imds, issuer) as (_, env):
        with store(proxied=True, keys={}, secrets=issuer.secrets, env=env) as s, s.daemon.connect(60) as client:
            for i, operations in enumerate((ddb.READS, ddb.WRITES, ddb.READS)):
                given = len(issuer.given)
                s.proxy.next(operations, ddb.expired_token)
                equal(play(client, "SET k %d" % i, "GET k", "INCR n"), [b"+OK\r\n", bulk(b"%d" % i), b":%d\r\n" % (i + 1)])
                check(len(issuer.given) > given, "other keys were fetched")
            for _ in range(2):  # as where an operator revokes them
                for key_id in list(issuer.secrets):
                    del issuer.secrets[key_id]
                eventually(lambda: play(client, "GET k") == [bulk(b"2")], "served with others", 60)


@suite.case
def a_service_that_is_away():
    """It is told, and what it gave is used as long as it is good; then it comes back."""
    issuer = ddb.Issuer(lifetime=10)
    with source(ddb.Container, issuer) as (service, env):
        service.fails = 500
        with store(proxied=True, keys={}, secrets=issuer.secrets, env=env, ready=False) as s, s.daemon.connect(60) as client:
            eventually(lambda: s.daemon.readiness()[0] == 503, "503", 60)
            check(client.raw("GET", "k").startswith(UNAVAILABLE), "an error")
            service.fails = None
            eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "served", 60)
            service.fails = 503
            eventually(lambda: client.raw("GET", "k").startswith(UNAVAILABLE), "its keys are over", 120)
            service.fails, issuer.lifetime = None, 3600
            eventually(lambda: client.raw("GET", "k") == bulk(b"v"), "served again", 60)
            told_nowhere(s.daemon, service.AUTHORIZATION, *(keys.secret for keys in issuer.given))


@suite.case
def no_credentials_at_all():
    """It is told so; and whoever writes the file afterwards is served."""
    with folder() as path:
        env = {"AWS_SHARED_CREDENTIALS_FILE": os.path.join(path, "credentials")}
        with store(proxied=True, keys={}, secrets=KNOWN, env=env, ready=False) as s, s.daemon.connect(60) as client:
            eventually(lambda: s.daemon.readiness()[0] == 503 and "is unavailable: no credentials: " in s.daemon.readiness()[1], "503", 60)
            check(b"is unavailable: no credentials: " in client.raw("GET", "k"), "%s", client.raw("GET", "k"))
            equal(s.proxy.records, [])
            with open(env["AWS_SHARED_CREDENTIALS_FILE"] + ".new", "w") as file:
                file.write(FILE)
            os.rename(env["AWS_SHARED_CREDENTIALS_FILE"] + ".new", env["AWS_SHARED_CREDENTIALS_FILE"])
            eventually(lambda: client.raw("SET", "k", "v") == b"+OK\r\n", "served", 60)


@suite.case
def secrets_are_told_nowhere():
    """Not where they are wrong, either."""
    keys = {"access_key_id": "AKIDCONFIG", "secret_access_key": SECRET + "-wrong", "session_token": "token-nobody-knows=="}
    with store(proxied=True, keys=keys, secrets=KNOWN, ready=False, log={"level": "debug"}) as s, s.daemon.connect(60) as client:
        want = b"it refuses the credentials (InvalidSignatureException)"
        reply = eventually(lambda: (r := client.raw("GET", "k")) and want in r and r, "it is refused", 60)
        check(reply.startswith(UNAVAILABLE), "%s", reply)
        told_nowhere(s.daemon, SECRET, "token-nobody-knows")
        check(SECRET not in reply.decode(), "%s", reply)
        check(s.proxy.bad_signatures, "the proxy refused it")
        s.proxy.bad_signatures.clear()


@suite.case
def check_finds_what_needs_no_server():
    servers.need_daemon()
    url = "dynamodb_url=http://127.0.0.1:8000"
    for fault, *sets in (
        (b'The "dynamodb_url" cannot be null when using DynamoDB as backend and no region defined.',),
        (b"table_name", url, "table_name=ab"), (b"table_name", url, "table_name=a b c"), (b"table_name", url, "table_name=" + "x" * 256),
        (b"dynamodb_url", "dynamodb_url=ftp://127.0.0.1/"), (b"dynamodb_url", "dynamodb_url=http://"), (b"region", "region=nowhere at all"),
        (b"region", "region=../x"), (b"secret_access_key", url, "dynamodb.access_key_id=AKID"),
        (b"access_key_id", url, "dynamodb.secret_access_key=" + SECRET), (b"connections", url, "dynamodb.connections=0"),
    ):  # fmt: skip
        argv = [servers.daemon_binary(), "--check", "--set", "backend=dynamodb"]
        for item in sets:
            argv += ["--set", item]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        check(done.returncode != 0 and fault in done.stdout, "%s: %s", sets, done.stdout)
        check(SECRET.encode() not in done.stdout, "%s", done.stdout)


if __name__ == "__main__":
    finish(suite.main())
