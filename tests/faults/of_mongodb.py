"""What a MongoDB can do wrong alone: its errors, and documents of another shape as its replies."""

import concurrent.futures
import contextlib
import os
import struct
import time

from faults.kinds import kind
from faults.proxy import CLOSE, RESET, Proxy
from faults.stage import TIMEOUTS, fault
from lib import mongo, resp, servers
from lib.cases import check, equal, eventually

def head_of(reply):
    """The bytes before its document: of a message, or of the older form in which a handshake is answered."""
    return 21 if struct.unpack_from("<i", reply, 12)[0] == mongo.OP_MSG else 36


def answer(document):
    """What takes a reply's place, in its message: `document`, or what such a function makes of the reply's."""

    def piece(reply):
        head = head_of(reply)
        body = mongo.encode(document(mongo.decode(reply, head)) if callable(document) else document)
        return struct.pack("<i", head + len(body)) + reply[4:head] + body

    return piece


def error(code, text):
    return answer({"ok": 0.0, "errmsg": text, "code": code})


def of_a_write(reply, before):
    return b"\x10n\0" in reply and b"firstBatch" not in reply


def of_a_change(reply, before):
    """findAndModify's."""
    return b"lastErrorObject" in reply or b"\x03value\0" in reply and b"firstBatch" not in reply


# https://www.mongodb.com/docs/manual/reference/error-codes/
UNAVAILABLE = {
    91: "the server is in quiesce mode and will shut down", 189: "Not primary while writing", 10107: "not primary",
    11600: "interrupted at shutdown", 11602: "interrupted due to repl state change", 13435: "not primary and secondaryOk=false",
    50: "operation exceeded time limit", 262: "operation was interrupted",
}
REFUSED = {13: "not authorized on cachette-db to execute command", 18: "Authentication failed."}
TOO_LARGE = {10334: "object to insert too large", 17280: "key too large to index"}
OTHERS = {8: "unknown error", 26: "ns not found", 20: "Transaction numbers are only allowed on a replica set member", 146: "exceeded memory limit"}


@fault
def errors_of_the_server(stage):
    """Each is told to whoever asked, in the words of its kind and with the server's own, and nobody else notices."""
    kinds = (
        (UNAVAILABLE, "-ERR backend 'mongodb' is unavailable: "), (REFUSED, "-ERR backend 'mongodb' refuses the user of mongodb_url: "),
        (TOO_LARGE, "-ERR too large for the 'mongodb' backend: "), (OTHERS, "-ERR backend 'mongodb': "),
    )
    with stage() as s, s.daemon.connect(20) as connection:
        s.load.pause()
        asked = ((("GET", "k"), kind.a_value), (("SET", "k", "key:1"), of_a_write), (("SET", "k", "key:1", "XX"), of_a_write),
                 (("DEL", "other"), of_a_write), (("GETDEL", "k"), of_a_change))
        for errors, words in kinds:
            for code, text in errors.items():
                for command, wanted in asked:
                    eventually(lambda: connection.raw("SET", "k", "key:0") == b"+OK\r\n", "served")
                    done = s.proxy.replace_one(wanted, error(code, text))
                    reply = connection.raw(*command)
                    check(done.is_set(), "%s has no such reply", command)
                    reads = code not in REFUSED and command[0] == "GET" and reply == b"$5\r\nkey:0\r\n"  # asked once more
                    check(reads or reply.startswith(words.encode()) and text.encode() in reply, "%r to %s with %d", reply, command, code)
                    s.proxy.hook = None
        s.load.resume()
        s.served()


@fault
def a_write_concern_that_is_not_met(stage):
    """The write is done, and yet an error: as the URL wants it."""
    failed = {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting for replication timed out"}
    with stage() as s, s.daemon.connect(20) as connection:
        s.load.pause()
        for words in (("SET", "k", "v"), ("SET", "k", "v", "XX"), ("APPEND", "k", "v"), ("DEL", "k")):
            connection.raw("SET", "k", "v")
            done = s.proxy.replace_one(of_a_write, answer(lambda reply: {**reply, "writeConcernError": failed}))
            reply = connection.raw(*words)
            check(done.is_set() and b"waiting for replication timed out" in reply and reply[:1] == b"-", "%r to %s", reply, words)
        s.proxy.hook = None
        s.load.resume()
        s.served()


@fault
def a_bulk_of_which_a_part_fails(stage):
    """What others got does not hide that nothing came back of this one."""
    duplicate = {"index": mongo.Int32(0), "code": mongo.Int32(11000), "errmsg": "E11000 duplicate key error"}
    patient = {**TIMEOUTS, "request": "20s", "stall": "20s"}  # 60 MiB take a while on a busy machine
    with stage(timeouts=patient, limits={"max_value": "16MiB", "output_buffer": "256MiB"}) as s, s.daemon.connect(20) as connection:
        s.load.pause()
        connection.raw("MSET", "a", "old", "b", "old", "c", "old")
        replies = [answer(lambda reply: {**reply, "n": mongo.Int32(1), "writeErrors": [duplicate]}),
                   error(10107, "not primary")]
        stores = (b"nModified", b"upserted")
        s.proxy.hook = lambda reply, before: [replies.pop(0)(reply)] if replies and of_a_write(reply, before) and (
            len(replies) == 1 or any(word in reply for word in stores)) else None
        connection.send(b"SET a new\r\nSET b new\r\nDEL c\r\n")
        got = [connection.reply() for _ in range(3)]
        s.proxy.hook = None
        for key, reply, done in zip("abc", got, (b"$3\r\nnew\r\n", b"$3\r\nnew\r\n", b"$-1\r\n")):
            check(reply[:1] == b"-" or connection.raw("GET", key) == done, "%s was told of %s", reply, key)
        value = b"v" * (12 << 20)
        seen = []

        def second(reply, before):
            if not of_a_write(reply, before):
                return None
            seen.append(True)
            return [answer(lambda reply: {**reply, "n": mongo.Int32(2), "writeErrors": [duplicate]})(reply)] if len(seen) == 1 else [CLOSE]

        s.proxy.hook = second
        reply = connection.raw("MSET", *(word for i in range(5) for word in (b"large%d" % i, value)))
        check(len(seen) > 1 and reply[:1] == b"-", "%r after %d replies", reply[:100], len(seen))
        s.proxy.hook = None
        connection.raw("DEL", *(b"large%d" % i for i in range(5)))
        s.load.resume()
        s.served()


@fault
def changed_between_look_and_update(stage):
    """An expiry or flags that somebody else writes meanwhile are not lost."""
    with stage() as s, s.daemon.connect(20) as connection, s.daemon.connect_to("memcache", 20) as other:
        s.load.pause()
        later = int(time.time()) + 5000

        def meanwhile(**changes):
            """Directly in the server, when the next look is answered."""
            done = []

            def hook(reply, before):
                if done or b"firstBatch" not in reply or b"key\0\2\0\0\0k\0" not in reply:
                    return None
                done.append(True)
                with mongo.Connection(s.store.address) as direct:
                    update = {"q": {"key": "k"}, "u": {"$set": changes, "$unset": {"expires_ms": ""}}}
                    equal(direct.command("cachette-db", {"update": "cachette", "updates": [update]})["n"], 1)
                return None

            s.proxy.hook = hook
            return done

        def near(reply, seconds):
            return abs(int(reply[1:-2]) - seconds) < 100

        for command, key in (("SET k key:y KEEPTTL", "k"), ("APPEND k z", "k"), ("RENAME k m", "m"), ("GETSET k key:w", None)):
            connection.raw("SET", "k", "key:x", "EX", "1000")
            done = meanwhile(expires=later)
            check(connection.raw(*command.split())[:1] in b"+:$" and done, "%s", command)
            s.proxy.hook = None
            check(key is None or near(connection.raw("TTL", key), 5000), "%s after %s", key and connection.raw("TTL", key), command)
        for old, condition, new in ((1000, "GT", 5000), (8000, "LT", 5000)):
            connection.raw("SET", "k", "key:x", "EX", str(old))
            done = meanwhile(expires=later)
            equal(connection.raw("EXPIRE", "k", "2000" if condition == "GT" else "6000", condition), b":0\r\n", condition)
            check(done and near(connection.raw("TTL", "k"), new), "%s", condition)
            s.proxy.hook = None
        s.proxy.hook = None
        other.raw("set k 1 0 5", "key:x")
        token = int(other.raw("gets k").split()[4])
        meanwhile(flags=2)
        equal(other.raw("cas k 1 0 5 %d" % token, "key:y"), b"EXISTS\r\n")
        s.proxy.hook = None
        s.load.resume()
        s.served()


def batch(*documents, cursor=0):
    return {"cursor": {"firstBatch": list(documents), "id": cursor, "ns": "cachette-db.cachette"}, "ok": 1.0}


# What breaks the rules of a cursor itself (a namespace without a dot, a batch of numbers), or an error without a text, makes libmongoc 1.23 abort: it
# trusts its server. docs/exceptions.md
SHAPES = (
    {}, {"ok": 1.0}, {"ok": 0.0}, {"ok": "yes"}, {"ok": 1.0, "n": "x"}, {"ok": 1.0, "n": -1}, {"ok": 1.0, "n": 1 << 40, "nModified": "x"},
    {"ok": 1.0, "n": 1, "upserted": "no"}, {"ok": 1.0, "n": 1, "upserted": [{"index": 77, "_id": 1}]}, {"ok": 1.0, "n": 0, "writeErrors": "no"},
    {"ok": 1.0, "n": 0, "writeErrors": [{"index": 99, "code": 11000, "errmsg": "dup"}]},
    {"ok": 1.0, "n": 0, "writeErrors": [{"index": -1, "code": "x", "errmsg": "text"}]},
    {"ok": 1.0, "n": 0, "writeErrors": [{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key error"}]},
    {"ok": 1.0, "value": None}, {"ok": 1.0, "value": "x"}, {"ok": 1.0, "value": {}}, {"ok": 1.0, "value": {"key": "other", "value": "text"}},
    {"ok": 1.0, "value": {"key": "k", "value": 7, "expires": {}}}, {"ok": 1.0, "lastErrorObject": 3, "value": {"key": "k", "value": b""}},
    {"ok": 1.0, "cursor": {}}, {"ok": 1.0, "cursor": "x"}, {"ok": 1.0, "cursor": {"id": 0, "ns": "a.b", "firstBatch": "no"}},
    batch(), batch({}), batch({}, {}, {}),
    batch({"key": 1}, {"key": None, "value": b"v"}), batch({"key": "k"}), batch({"key": "k", "value": "text", "expires": "x"}),
    batch({"key": "k", "value": b"v", "expires": -1.5}, {"key": "k", "value": b"w", "expires": 1e300}), batch({"key": "nobody's", "value": b"v"}),
    batch(*[{"key": "k", "value": b"v", "expires": 4102444800}] * 300), batch({"value": b"v", "flags": -1, "expires_ms": "x", "key": "k"}),
    batch({"key": "k", "value": b"v", "flags": 1 << 40, "expires": 4102444800}), batch({"_id": {}}, {"_id": "x"}, {"_id": None}),
    batch(cursor=5), batch({"key": "k", "value": b"v", "expires": 4102444800}, cursor=5), batch({}, cursor=-5),
)  # fmt: skip


@fault
def replies_of_another_shape(stage):
    """Whatever comes where something else is due: one answer all the same, and the requests behind it get theirs."""
    commands = (
        "GET k|SET k v|SET k v GET|SET k v NX EX 10|SET k v XX|SET k v KEEPTTL|MGET k l m|MSET a 1 b 2|MSETNX a 1 b 2|DEL k|DEL k l|"
        "EXISTS k l|INCR n|DECR n|INCRBYFLOAT n 1|APPEND k x|STRLEN k|GETRANGE k 0 1|SETRANGE k 1 x|SETBIT k 1 1|BITCOUNT k|LCS k l|"
        "TTL k|PEXPIRETIME k|EXPIRE k 10|EXPIRE k 10 NX|PERSIST k|GETEX k EX 10|GETDEL n|RENAME n l|COPY n m|RANDOMKEY|KEYS *|SCAN 0|"
        "DBSIZE|TYPE k|OBJECT ENCODING k|FLUSHDB|CACHETTE CLEAR ns|CACHETTE FLUSHEXPIRED|CACHETTE EXPLAIN k"
    ).split("|")
    lines = (
        "get k|gets k l m|gat 10 k l|mg k v t f c s|mg k v N30 R5|set k 5 0 1\r\na|add k 0 0 1\r\na|append k 0 0 1\r\na|"
        "prepend n 0 0 1\r\na|cas k 0 0 1 5\r\na|delete k|incr n 1|decr n 1|touch k 10|ma n N0 v t c|md k C5|md n x|md n I T30|"
        "ms k 1 c\r\na|ms k 1 MA c\r\na|me k|flush_all"
    ).split("|")
    commands = [resp.encode(*line.split()) for line in commands]
    queued = [b"SET k v", b"GET k", b"MGET k l", b"INCR n", b"APPEND k x", b"GETDEL n", b"TTL k"]
    transaction = b"".join(resp.encode(*line.split()) for line in [b"MULTI", *queued, b"EXEC"])

    def play(protocol, played):
        with stage(lossy=True) as s:
            s.load.pause()
            told = 0
            with s.daemon.connect_to(protocol, 30) as connection:
                for i, (data, count, at) in enumerate(played):
                    for shape in SHAPES if os.environ.get("LONG") else SHAPES[i % 4 :: 4]:
                        told += lie(s, protocol, connection, data, count, at, shape)
            check(told > len(played), "only %d replies were others", told)
            s.proxy.hook = None
            s.load.resume()
            s.served()

    single = [(data, 1, 0) for data in commands]
    second = [(data, 1, 1) for data in commands]
    in_transaction = [(transaction, len(queued) + 2, at) for at in range(len(queued) + 4)]
    text = [(line.encode() + b"\r\n", 1, at) for at in (0, 1) for line in lines]
    parts = (("resp", single), ("resp", second), ("resp", in_transaction), ("memcache", text))
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        for part in [pool.submit(play, *part) for part in parts]:
            part.result()


def lie(s, protocol, connection, data, count, at, shape):
    """The store's reply number `at` to what is sent becomes that; whether there was one."""
    marker = (b"mn\r\n", b"MN\r\n") if protocol == "memcache" else (resp.encode("PING"), b"+PONG\r\n")
    left, lied = [at], []

    def hook(reply, before):
        if kind.is_own(reply):
            return None
        left[0] -= 1
        if left[0] != -1:
            return None
        lied.append(True)
        return [answer(shape)(reply)]

    eventually(s.ready, "ready")
    s.proxy.hook = hook
    try:
        connection.send(data + marker[0])
        connection.replies(count)
        equal(connection.reply(), marker[1], "behind %r with %r" % (data[:200], shape))
    except (resp.Closed, resp.TimedOut) as fault:
        raise AssertionError("%s after %r with %r at %d" % (fault, data[:300], shape, at)) from None
    s.proxy.hook = None
    return len(lied)


class ReplicaSet:
    """Two addresses of one server that say of themselves that they are members of a set. (The servers here have no sets.)"""

    def __init__(self, server):
        self.proxies = [Proxy(server.address) for _ in range(2)]
        self.hosts = ["%s:%d" % proxy.address for proxy in self.proxies]
        self.elections = 0
        self.elect(0)
        for proxy, name in zip(self.proxies, self.hosts):
            proxy.hook = lambda reply, before, name=name: self.greeting(reply, name)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for proxy in self.proxies:
            proxy.__exit__()

    def elect(self, number):
        self.primary = number
        self.elections += 1

    def greeting(self, reply, name):
        if b"ismaster" not in reply:
            return None
        leads = self.hosts[self.primary] == name
        role = {
            "ismaster": leads, "secondary": not leads, "setName": "set", "setVersion": mongo.Int32(1), "hosts": self.hosts, "me": name,
            "electionId": mongo.ObjectId(self.elections) if leads else None, "logicalSessionTimeoutMinutes": mongo.Int32(30),
            "primary": self.hosts[self.primary],
        }  # fmt: skip
        return [answer(lambda greeting: {**greeting, **{k: v for k, v in role.items() if v is not None}})(reply)]


@fault
def a_failover(_):
    """What was under way on the old primary, and did not arrive, is done on the new one: nobody gets an error."""
    with servers.JavaMongo() as server, ReplicaSet(server) as members, contextlib.ExitStack() as all_of_them:
        url = "mongodb://%s/?replicaSet=set" % ",".join(members.hosts)
        config = {**kind.config(server.address), "mongodb_url": url, "timeouts": {"request": "10s", "connect": "2s"}}
        config["workers"] = {"threads": 8}  # each of these has a command under way
        daemon = all_of_them.enter_context(servers.Daemon(config))
        words = ["SET a new", "SET b new XX", "INCR n", "APPEND c x", "GET d", "GETDEL e", "DEL f", "EXPIRE g 1000"]
        done = [b"+OK\r\n", b"+OK\r\n", b":11\r\n", b":2\r\n", b"$1\r\nd\r\n", b"$1\r\ne\r\n", b":1\r\n", b":1\r\n"]
        clients = [all_of_them.enter_context(daemon.connect(20)) for _ in words]
        with daemon.connect(20) as connection:
            for new in (1, 0, 1):
                old = members.proxies[members.primary]
                eventually(lambda: connection.raw("MSET", *"a a b b n 10 c c d d e e f f g g".split()) == b"+OK\r\n", "served")
                old.hang()
                for client, command in zip(clients, words):
                    client.send(resp.encode(*command.split()))
                eventually(lambda: daemon.metric("cachetted_workers_in_flight_requests") == len(words), "all are under way")
                members.elect(new)
                old.end(RESET)
                old.release()
                equal([client.reply() for client in clients], done)
                equal(connection.raw("MGET", *"anc"), b"*3\r\n$3\r\nnew\r\n$2\r\n11\r\n$2\r\ncx\r\n")
