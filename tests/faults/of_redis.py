"""What Redis and Valkey servers can do wrong alone: their own errors, transactions, databases, types of replies."""

import concurrent.futures
import hashlib
import os
import signal
import time

from faults.kinds import all_but_the_end, half, kind
from faults.proxy import CLOSE, RESET, Proxy
from faults.refused import unavailable
from faults.stage import LONG_LIVED, PASSWORD, PATIENT, config_for, fault
from lib import resp, servers
from lib.cases import Skip, check, equal, eventually


def a_transaction(reply, before):
    return reply[:1] == b"*" and b"QUEUED" in before


def queued(reply, before):
    return reply == b"+QUEUED\r\n"


def asked(reply, before):
    """Any reply but to what cachetted asks by itself."""
    return reply != b"+PONG\r\n"


@fault
def clients_killed_under_load(stage):
    with stage() as s:
        for _ in range(5):
            s.loses_a_connection(lambda: s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
            s.served()


@fault
def password_changed(stage):
    with stage(password=PASSWORD, allowed=["NOAUTH .*"]) as s:
        s.admin("CONFIG", "SET", "requirepass", "another")
        s.password = "another"
        s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        s.not_ready("password")
        s.failing()
        s.admin("CONFIG", "SET", "requirepass", PASSWORD)
        s.password = PASSWORD
        s.recovers(time.monotonic())


@fault
def misconf(stage):
    """It cannot save, and takes no writes until it can."""
    with stage(allowed=["MISCONF .*", "EXECABORT .*"]) as s:
        gone = os.path.join(s.store.folder, "gone")
        os.mkdir(gone)
        s.admin("CONFIG", "SET", "save", "3600 1000000")
        s.admin("CONFIG", "SET", "dir", gone)
        os.rmdir(gone)

        def saved(how):
            if "rdb_bgsave_in_progress:1" not in s.admin("INFO", "persistence").decode():
                try:
                    s.admin("BGSAVE")
                except resp.RespError:
                    pass
            time.sleep(0.05)
            return "rdb_last_bgsave_status:" + how in s.admin("INFO", "persistence").decode()

        try:
            eventually(lambda: saved("err"), "a save that fails", 10)
        except AssertionError:
            raise Skip("no save fails here") from None
        eventually(lambda: s.load.errors()["MISCONF"] > 20, "MISCONF")
        check(s.ready(), "reads go on")
        s.admin("CONFIG", "SET", "dir", s.store.folder)
        eventually(lambda: saved("ok"), "a save")
        s.served()


@fault
def out_of_memory(stage):
    with stage(allowed=["OOM .*", "EXECABORT .*"]) as s:
        s.admin("CONFIG", "SET", "maxmemory-policy", "noeviction")
        s.admin("CONFIG", "SET", "maxmemory", "1")
        eventually(lambda: s.load.errors()["OOM"] > 20, "OOM")
        check(s.ready(), "reads go on")
        s.admin("CONFIG", "SET", "maxmemory", "0")
        s.served()


@fault
def read_only(stage):
    with stage(lossy=True, allowed=["READONLY .*", "MASTERDOWN .*", "EXECABORT .*", "UNBLOCKED .*"]) as s:
        s.admin("REPLICAOF", servers.HOST, "1")
        eventually(lambda: s.load.errors()["READONLY"] > 20, "READONLY")
        s.admin("CONFIG", "SET", "replica-serve-stale-data", "no")
        eventually(lambda: s.load.errors()["MASTERDOWN"] > 20, "MASTERDOWN")
        s.admin("REPLICAOF", "NO", "ONE")
        eventually(s.ready, "ready")
        s.served()


@fault
def loading(stage):
    """It answers that it loads its data, first on connections that are there, then on new ones."""
    text = b"-LOADING %s is loading the dataset in memory\r\n" % kind.name.encode()
    with stage(lossy=True, allowed=["LOADING .*", "EXECABORT .*"]) as s:
        s.proxy.hook = lambda reply, before: [text]
        eventually(lambda: s.load.errors()["LOADING"] > 20, "LOADING")
        s.proxy.end(CLOSE)
        s.not_ready("LOADING")
        s.failing()
        s.proxy.hook = None
        s.recovers(time.monotonic())


@fault
def loading_a_large_file(stage):
    """It has data to load, which takes a while: its reads and writes are refused until it is done, and none is lost."""
    keys = 10_000
    options = ["--key-load-delay", "100", "--loading-process-events-interval-bytes", "1024"]
    with stage(options=options, allowed=["LOADING .*", "EXECABORT .*"]) as s:
        s.load.pause()
        s.admin("EVAL", "for i = 1, %d do redis.call('SET', 'old:' .. i, i) end" % keys, "0")
        s.admin("SAVE")
        s.store.signal(signal.SIGKILL)
        s.store.wait()
        s.load.resume()
        s.store.restart(loaded=False)
        s.not_ready("LOADING")
        s.failing()
        eventually(lambda: "\nloading:0" in s.admin("INFO", "persistence").decode(), "loaded", 60)
        s.recovers(time.monotonic())
        with s.daemon.connect() as connection:
            equal(connection.call("GET", "old:%d" % keys), b"%d" % keys)


@fault
def over_tls(stage):
    with stage(way="tls", lossy=True) as s:
        for act in (lambda: s.proxy.end(CLOSE), lambda: s.proxy.end(RESET), s.proxy.half_close, lambda: s.proxy.inject(b"+OK")):
            s.loses_a_connection(act)
            s.served()
        s.loses_a_connection(s.proxy.hang)
        s.failing()
        s.proxy.release()
        s.recovers(time.monotonic())
        s.crashes_and_comes_back()


@fault
def in_another_database(stage):
    """Every connection is made anew in the database of its URL, or in the one that its clients have selected."""
    with stage(database=5) as s, s.daemon.connect(20) as connection:
        for _ in range(3):
            equal(connection.raw("SELECT", "3"), b"+OK\r\n")
            time.sleep(LONG_LIVED)
            s.loses_a_connection(lambda: s.proxy.end(CLOSE))
            eventually(lambda: connection.raw("SET", "k", "in 3") == b"+OK\r\n", "served")
            equal(connection.raw("GET", "k"), b"$4\r\nin 3\r\n")
            s.served()
        keyspace = s.admin("INFO", "keyspace").decode()
        check("db5:" in keyspace and "db3:keys=1," in keyspace and "db0:" not in keyspace, keyspace)


@fault
def cut_in_a_transaction(stage):
    with stage() as s:
        for how in (CLOSE, RESET):
            s.once(queued, b"+QUEUED\r\n", how)
            s.once(queued, b"+QUE", how)
            s.once(a_transaction, how)
            s.once(a_transaction, half, how)
            s.once(a_transaction, all_but_the_end, how)


@fault
def what_changes_is_not_sent_twice(stage):
    """The store does it, and its reply is lost: an error for the client, which alone knows whether to repeat it."""
    count = "return redis.call('INCR', KEYS[1])"
    writes = (  # and how it is seen that it was done once
        (["INCR", "n"], ["GET", "n"], b"11"),
        (["INCRBYFLOAT", "n", "1"], ["GET", "n"], b"11"),
        (["EVAL", count, "1", "n"], ["GET", "n"], b"11"),
        (["EVALSHA", hashlib.sha1(count.encode()).hexdigest(), "1", "n"], ["GET", "n"], b"11"),
        (["BITFIELD", "n", "INCRBY", "u8", "8", "1"], ["GET", "n"], b"11"),
        (["APPEND", "n", "1"], ["GET", "n"], b"101"),
        (["HINCRBY", "h", "n", "1"], ["HGET", "h", "n"], b"1"),
        (["RPUSH", "l", "x"], ["LLEN", "l"], 1),
        (["SPOP", "s"], ["SCARD", "s"], 2),
    )
    with stage(timeouts=PATIENT) as s, s.daemon.connect(20) as connection:
        s.load.pause()
        for words, look, once in writes:
            s.admin("FLUSHALL")
            s.admin("SET", "n", "10")
            s.admin("SADD", "s", "a", "b", "c")
            s.admin("SCRIPT", "LOAD", count)
            time.sleep(LONG_LIVED)
            done = s.proxy.replace_one(asked, CLOSE)
            reply = connection.raw(*words)
            check(done.is_set(), "it was not asked: %s", words)
            s.proxy.hook = None
            eventually(lambda: connection.raw("GET", "absent") == b"$-1\r\n", "served")
            equal(s.admin(*look), once, "%s, answered with %r" % (words, reply))
            check(reply.startswith(b"-ERR backend"), "%r to %s", reply, words)
        for words in (["GET", "n"], ["MGET", "n", "n"], ["TTL", "n"], ["HLEN", "h"]):  # reads are sent once more
            time.sleep(LONG_LIVED)
            done = s.proxy.replace_one(asked, CLOSE)
            reply = connection.raw(*words)
            check(done.is_set() and reply[:1] != b"-", "%r to %s", reply, words)
            s.proxy.hook = None
        s.load.lossy = True
        s.load.resume()
        s.served()


@fault
def replies_of_another_type(stage):
    """Whatever comes where something else is due: an answer all the same, and the requests behind it get theirs."""
    answers = (
        b"+OK\r\n",
        b"+QUEUED\r\n",
        b"+\r\n",
        b":1\r\n",
        b":-9223372036854775808\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$3\r\nabc\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*1\r\n$1\r\na\r\n",
        b"*2\r\n*2\r\n:1\r\n*0\r\n$-1\r\n",
        b"*9\r\n" + b"$1\r\na\r\n" * 9,
        b"-ERR no\r\n",
        b"-\r\n",
        b"-NOSCRIPT No matching script.\r\n",
        b"-WRONGTYPE Operation against a key\r\n",
        b"-ERR value is not an integer or out of range\r\n",
        b"-EXECABORT Transaction discarded\r\n",
        b"_\r\n",
        b"#t\r\n",
        b",1.5\r\n",
        b"%1\r\n$1\r\na\r\n:1\r\n",
        b"~1\r\n:1\r\n",
        b"(123456789012345678901234567890\r\n",
        b"=5\r\ntxt:a\r\n",
        b"!5\r\nERR a\r\n",
    )
    commands = (
        "GET k|SET k v|SET k v GET|SET k v NX EX 10|MGET k l m|MSET a 1 b 2|MSETNX a 1 b 2|DEL k l|EXISTS k l|INCR n|INCRBYFLOAT n 1|"
        "APPEND k x|STRLEN k|GETRANGE k 0 1|SETRANGE k 1 x|SETBIT k 1 1|BITCOUNT k|LCS k l|TTL k|PEXPIRETIME k|EXPIRE k 10|"
        "EXPIRE k 10 NX|PERSIST k|GETEX k EX 10|GETDEL k|RENAME k l|COPY k m|RANDOMKEY|KEYS *|SCAN 0|SCAN 0 TYPE string|DBSIZE|"
        "TYPE k|OBJECT ENCODING k|FLUSHDB|HGETALL h|CACHETTE CLEAR ns|CACHETTE EXPLAIN k"
    ).split("|")
    lines = (
        "get k|gets k l m|gat 10 k l|mg k v t f c s|set k 5 0 1\r\na|add k 0 0 1\r\na|append k 0 0 1\r\na|cas k 0 0 1 5\r\na|delete k|"
        "incr n 1|touch k 10|ma n N0 v t c|md k C5|ms k 1 c\r\na|flush_all"
    ).split("|")
    commands = [resp.encode(*line.split()) for line in commands]
    queued = [b"SET k v", b"GET k", b"MGET k l", b"INCR n", b"APPEND k x", b"HGETALL h", b"TTL k"]
    transaction = b"".join(resp.encode(*line.split()) for line in [b"MULTI", *queued, b"EXEC"])

    def lies(protocol, version, played):
        """`played`: bytes, the count of replies to them, and which one is replaced."""
        with stage(timeouts=PATIENT, lossy=True) as s:
            s.load.pause()
            with s.daemon.connect_to(protocol, 20) as connection:
                if version:
                    connection.raw("HELLO", version)
                for data, count, at in played:
                    marker = (b"mn\r\n", b"MN\r\n") if protocol == "memcache" else (resp.encode("PING"), b"+PONG\r\n")
                    s.lie(connection, data, count, at, answers[only_in_3:] if version == "3" else answers, marker)
            s.load.resume()
            s.served()

    only_in_3 = 0 if os.environ.get("LONG") else answers.index(b"_\r\n")
    single = [(data, 1, 0) for data in commands]
    in_transaction = [(transaction, len(queued) + 2, at) for at in range(len(queued) + 2)]
    parts = [("resp", version, played) for version in "23" for played in (single[::2], single[1::2], in_transaction)]
    parts.append(("memcache", None, [(line.encode() + b"\r\n", 1, 0) for line in lines]))
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:  # what takes time is to connect again after each
        for part in [pool.submit(lies, *part) for part in parts]:
            part.result()


@fault
def no_table_of_commands(stage):
    """What comes for COMMAND when a connection is made is no table: it is not believed, and the connection made again."""
    for answer in (b"*0\r\n", b"*1\r\n$1\r\na\r\n", b"+OK\r\n", b":1\r\n"):
        with servers.STORES[kind.name]() as store, Proxy(store.address) as proxy:
            told = proxy.replace_one(lambda reply, before: len(reply) > 10000, answer)
            with servers.Daemon(config_for(proxy.address)) as daemon, daemon.connect() as connection:
                eventually(lambda: told.is_set() and daemon.readiness()[0] == 200, "ready")
                check("no table of commands" in daemon.log(), "%r: %s", answer, daemon.log())
                equal(connection.raw("HSET", "h", "f", "v"), b":1\r\n")


@fault
def attributes(stage):
    """RESP3 lets a server put attributes before any reply: they are no reply, and nobody gets another one for them."""
    attribute = b"|1\r\n+ttl\r\n*1\r\n:7\r\n"
    with stage(timeouts=PATIENT) as s:
        s.load.pause()
        with s.daemon.connect() as connection, s.daemon.connect() as other:
            for c in (connection, other):
                c.raw("HELLO", "3")
            s.proxy.hook = lambda reply, before: [attribute + reply]
            for c, key in ((connection, "h"), (other, "i")):
                words = (["HSET", key, "f", key], ["GET", "absent"], ["MULTI"], ["SET", "k", key], ["GET", "k"], ["EXEC"])
                c.send(b"".join(resp.encode(*w) for w in [*words, ["HGET", key, "f"]]))
            for c, key in ((connection, b"h"), (other, b"i")):
                equal(c.reply(), attribute + b":1\r\n")
                equal(c.reply(), b"_\r\n")
                equal(c.replies(3), b"+OK\r\n+QUEUED\r\n+QUEUED\r\n")
                equal(c.reply(), b"*2\r\n+OK\r\n$1\r\n%s\r\n" % key)
                equal(c.reply(), attribute + b"$1\r\n%s\r\n" % key)
            equal(s.lost(), 0, "connections lost")
            s.proxy.hook = None
        s.load.resume()
        s.served()


@fault
def values_over_the_limit_that_others_have_stored(stage):
    """However they are asked for, they are not kept: an error that names server and limit, and the connection goes on."""
    script = "return {1, redis.call('GET', 'large'), {'k'}}"
    asked = (["GET", "huge"], ["GET", "large"], ["MGET", "k", "large", "k"], ["GETRANGE", "large", "0", "-1"], ["EVAL", script, "0"])
    sizes = {"huge": 512 << 20, "large": (64 << 20) + 21}  # an envelope has 20 bytes
    with stage(timeouts=PATIENT) as s, s.daemon.connect(60) as connection, s.daemon.connect_to("memcache", 60) as other:
        for key, size in sizes.items():
            s.admin("SETRANGE", key, str(size - 1), "x")
        s.admin("SET", "k", "v")
        resident = s.daemon.resident_bytes()

        def too_large(key):
            return b"%s: a value of %d bytes, over the limit of 67108864 (limits.max_value)\r\n" % (s.named.encode(), sizes[key])

        connection.send(b"".join(resp.encode(*words) + resp.encode("INCR", "asked") for words in asked))
        for i, words in enumerate(asked):
            equal(connection.reply(), b"-ERR " + too_large("huge" if "huge" in words else "large"), words)
            equal(connection.reply(), b":%d\r\n" % (i + 1))
        for line in (b"get large", b"gets k large", b"mg large v", b"gat 0 large"):
            other.send(line + b"\r\nmn\r\n")
            equal(other.reply(), b"SERVER_ERROR " + too_large("large"), line)
            equal(other.reply(), b"MN\r\n", line)
        transaction = (["MULTI"], ["GET", "large"], ["INCR", "done"], ["EXEC"], ["GET", "done"])
        connection.send(b"".join(resp.encode(*words) for words in transaction))
        equal(connection.replies(3), b"+OK\r\n+QUEUED\r\n+QUEUED\r\n")
        equal(connection.reply(), b"-ERR " + too_large("large"))
        equal(connection.reply(), b"$1\r\n1\r\n")
        grown = (s.daemon.resident_bytes() - resident) >> 20
        print("values_over_the_limit_that_others_have_stored: the daemon grew by %d MiB" % grown)
        check(grown < 150, "grown by %d MiB", grown)
        equal(s.lost(), 0, "connections lost")
        equal(sum(s.load.errors().values()), 0, "errors")


# A server that cannot be used from the start


@fault
def a_wrong_password(stage):
    with servers.STORES[kind.name](["--requirepass", "the right one"]) as store:
        for user in ("", "eve"):
            url = "%s://%s:%s@%s:%d" % (kind.name, user, PASSWORD, *store.address)
            unavailable(store.address, "password", **{kind.name + "_url": url})


@fault
def no_password(stage):
    with servers.STORES[kind.name](["--requirepass", "the right one"]) as store:
        unavailable(store.address, "NOAUTH")


@fault
def a_database_that_is_not_there(stage):
    with servers.STORES[kind.name](["--databases", "4"]) as store:
        url = "%s://%s:%d/7" % (kind.name, *store.address)
        unavailable(store.address, "database", **{kind.name + "_url": url})


@fault
def a_select_beyond_the_servers_databases(stage):
    """The server says which it has; who asked for another one stays where it was, and so does what is pipelined."""
    words = (
        ("SET", "k", "zero"), ("SELECT", "3"), ("SET", "k", "three"), ("SELECT", "9"), ("GET", "k"), ("SELECT", "4"),
        ("INCR", "n"), ("SELECT", "0"), ("GET", "k"), ("EXISTS", "n"), ("SELECT", "9"), ("DBSIZE",),
    )
    refused = b"-ERR DB index is out of range\r\n"
    want = (
        b"+OK\r\n+OK\r\n+OK\r\n" + refused + b"$5\r\nthree\r\n" + refused
        + b":1\r\n+OK\r\n$4\r\nzero\r\n:0\r\n" + refused + b":1\r\n"
    )
    with servers.STORES[kind.name](["--databases", "4"]) as store:
        with servers.Daemon(config_for(store.address)) as daemon, daemon.connect(20) as connection:
            eventually(lambda: daemon.readiness()[0] == 200, "ready")
            for hello in (("HELLO", "2"), ("HELLO", "3")):
                connection.call(*hello)
                connection.send(b"".join(resp.encode(*w) for w in words))
                equal(connection.replies(len(words)), want)
                connection.call("FLUSHALL")
            store.signal(signal.SIGKILL)
            store.wait()
            eventually(lambda: daemon.readiness()[0] == 503, "503")
            check(connection.raw("SELECT", "2").startswith(b"-ERR backend '%s' is unavailable: " % kind.name.encode()), "told")
            store.restart()
            eventually(lambda: connection.raw("SELECT", "2") == b"+OK\r\n", "selected")
            equal(connection.raw("DBSIZE"), b":0\r\n")


@fault
def a_memcached(stage):
    with servers.Memcached() as server:
        unavailable(server.address, "no reply")
