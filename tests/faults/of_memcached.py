"""What a memcached can do wrong alone: replies of other tokens, or of commands that have none; its own errors."""

import concurrent.futures
import contextlib
import os
import re
import signal
import threading
import time

from faults.kinds import USER, all_but_the_end, half, kind
from faults.proxy import CLOSE, RESET
from faults.refused import Answering, unavailable
from faults.stage import LONG_LIVED, PASSWORD, PATIENT, config_for, fault
from lib import memcache, resp, servers
from lib.cases import check, equal, eventually

TOKEN = re.compile(rb" O(\S\S)(?=[ \r])")


def token_of(reply):
    found = TOKEN.search(reply[: reply.find(b"\n") + 1])
    return found and found[1]


def same(reply):
    return reply


def of_another_token(reply):
    token = token_of(reply)
    return reply.replace(b" O" + token, b" O" + (b"xy" if token != b"xy" else b"yx"), 1)


def without_token(reply):
    return TOKEN.sub(b"", reply, 1)


def answers_a_key(reply, before):
    return token_of(reply) is not None


def done(reply, before):
    return reply.startswith(b"HD O")


def missed(reply, before):
    return reply.startswith((b"EN O", b"NF O", b"NS O"))


def counted(reply, before):
    return reply.startswith(b"VA ") and b"\nkey:" not in reply[:80]


@fault
def out_of_memory(stage):
    """-M: it refuses what it has no room for. (The old value is gone then: memcached wants nobody to read it.)"""
    with stage(options=["-M", "-m", "8"], allowed=["OOM .*", "out of memory.*"], lossy=True) as s:
        with s.store.connect() as direct:
            block, i = b"x" * 20000, 0
            while direct.raw("set fill:%d 0 0 %d" % (i, len(block)), block) == b"STORED\r\n":
                i += 1
        eventually(lambda: s.load.errors()["OOM"] > 5, "OOM")
        check(s.ready(), "reads go on")
        equal(s.lost(), 0, "connections lost")
        equal(s.admin("cache_memlimit 128"), b"OK\r\n")
        s.served()


@fault
def password_changed(stage):
    with stage(password=PASSWORD) as s:
        users = os.path.join(s.store.folder, "users")

        def change(password):
            with open(users, "w") as file:
                file.write("%s:%s\n" % (USER, password))
            s.store.signal(signal.SIGHUP)
            eventually(lambda: takes(s.store, password), "the server takes it")

        change("another")
        s.proxy.end(CLOSE)
        s.not_ready("it refuses user '%s' or the password" % USER)
        s.failing()
        change(PASSWORD)
        s.recovers(time.monotonic())


def takes(store, password):
    with store.connect() as connection:
        words = "%s %s" % (USER, password)
        return connection.raw("set auth 0 0 %d" % len(words), words) == b"STORED\r\n"


# Which reply is to which command


@fault
def replies_lost(stage):
    with stage() as s:
        for wanted in (kind.a_value, done, missed, counted):
            s.once(wanted)


@fault
def replies_doubled(stage):
    with stage() as s:
        for wanted in (kind.a_value, done, missed, counted):
            s.once(wanted, same, same)


@fault
def replies_of_another_token(stage):
    with stage() as s:
        for wanted in (kind.a_value, done, missed, counted):
            for piece in (of_another_token, without_token):
                s.once(wanted, piece)


@fault
def replies_in_another_order(stage):
    """One waits until the next one of its connection has passed."""
    with stage() as s:
        for wanted in (kind.a_value, done, counted):
            before, held, lock = s.lost(), {}, threading.Lock()

            def hook(reply, _, wanted=wanted, held=held, lock=lock):
                with lock:
                    if not held and wanted(reply, b""):
                        held[threading.get_ident()] = reply
                        return []
                    late = held.get(threading.get_ident())
                    if late is None:
                        return None
                    held[threading.get_ident()] = None
                    return [reply, late]

            s.proxy.hook = hook
            eventually(lambda before=before: s.lost() > before, "a lost connection", 15)
            s.proxy.hook = None
            s.served()


@fault
def replies_injected(stage):
    """Between two replies, while others are due: whatever it is, nobody else gets another one's reply."""
    with stage(allowed=["(ERR |CLIENT_ERROR )?.*who asked", "(ERR )?ERROR"]) as s:
        for text in (
            b"HD OAB\r\n", b"HD\r\n", b"EN\r\n", b"EN OAB\r\n", b"VA 7 f0 OAB\r\nkey:any\r\n", b"VA 7\r\nkey:any\r\n", b"MN\r\n",
            b"END\r\n", b"OK\r\n", b"STORED\r\n", b"VERSION 1.6.18\r\n", b"STAT pid 1\r\nEND\r\n", b"ME k size=1\r\n", b"BUSY no\r\n",
            b"SERVER_ERROR who asked\r\n", b"CLIENT_ERROR who asked\r\n", b"ERROR\r\n", b"key=a exp=-1\n",
        ):
            for pieces in ((text, same), (same, text)):
                s.once(answers_a_key, *pieces)


@fault
def replies_of_another_shape(stage):
    """Whatever comes where something else is due: an answer all the same, and the requests behind it get theirs.

    Each comes with the token of the reply whose place it takes, and without one.
    """
    answers = (
        b"HD{}\r\n", b"EN{}\r\n", b"NF{}\r\n", b"NS{}\r\n", b"EX{}\r\n", b"VA 0{}\r\n\r\n", b"VA 3{}\r\nabc\r\n",
        b"VA 3 f0 c1 t-1 s3 W X Z h1 l9{}\r\nabc\r\n", b"VA 3 f99999999999 cx tx s-1{}\r\nabc\r\n",
        b"VA 20{}\r\n18446744073709551615\r\n", b"ME k size=3 la=1 exp=-1{}\r\n", b"MN{}\r\n", b"OK{}\r\n", b"END{}\r\n",
        b"BUSY currently processing crawler request{}\r\n", b"STORED{}\r\n", b"STAT curr_items 1\r\nEND\r\n",
        b"key=k exp=-1 la=1 cas=1 fetch=no cls=1 size=60\n", b"key=%%% exp=x\n", b"SERVER_ERROR out of memory storing object{}\r\n",
        b"SERVER_ERROR object too large for cache{}\r\n", b"SERVER_ERROR no{}\r\n", b"ERROR{}\r\n",
        b"CLIENT_ERROR cannot increment or decrement non-numeric value{}\r\n", b"CLIENT_ERROR bad data chunk{}\r\n",
    )
    commands = (
        "GET k|SET k v|SET k v GET|SET k v NX EX 10|SET k v KEEPTTL|MGET k l m|MSET a 1 b 2|MSETNX a 1 b 2|DEL k l|EXISTS k l|INCR n|"
        "DECR n|INCRBYFLOAT n 1|APPEND k x|STRLEN k|GETRANGE k 0 1|SETRANGE k 1 x|SETBIT k 1 1|BITCOUNT k|LCS k l|TTL k|PEXPIRETIME k|"
        "EXPIRE k 10|EXPIRE k 10 NX|PERSIST k|GETEX k EX 10|GETDEL n|RENAME n l|COPY n m|RANDOMKEY|KEYS *|SCAN 0|SCAN 0 TYPE string|"
        "DBSIZE|TYPE k|OBJECT ENCODING k|OBJECT IDLETIME k|FLUSHDB|CACHETTE CLEAR ns|CACHETTE EXPLAIN k"
    ).split("|")
    lines = (
        "get k|gets k l m|gat 10 k l|mg k v t f c s h l|mg k v N30 R5|set k 5 0 1\r\na|add k 0 0 1\r\na|append k 0 0 1\r\na|"
        "prepend n 0 0 1\r\na|cas k 0 0 1 5\r\na|delete k|incr n 1|decr n 1|touch k 10|ma n N0 v t c|md k C5|md n x|md n I T30|"
        "ms k 1 c\r\na|ms k 1 MA c\r\na|me k|flush_all"
    ).split("|")
    commands = [resp.encode(*line.split()) for line in commands]
    queued = [b"SET k v", b"GET k", b"MGET k l", b"INCR n", b"APPEND k x", b"GETDEL n", b"TTL k"]
    transaction = b"".join(resp.encode(*line.split()) for line in [b"MULTI", *queued, b"EXEC"])

    def put(answer, with_token):
        def answer_to(reply):
            token = token_of(reply)
            return answer.replace(b"{}", b" O" + token if token and with_token else b"")

        answer_to.__name__ = repr(answer)  # for the text of a failure
        return answer_to

    lies = [put(answer, True) for answer in answers]
    lies += [put(answer, False) for answer in answers]

    def play(protocol, played):
        with stage(timeouts=PATIENT, lossy=True) as s:
            s.load.pause()
            with s.daemon.connect_to(protocol, 20) as connection:
                for i, (data, count, at) in enumerate(played):
                    some = lies if os.environ.get("LONG") else lies[i % 8 :: 8]
                    marker = (b"mn\r\n", b"MN\r\n") if protocol == "memcache" else (resp.encode("PING"), b"+PONG\r\n")
                    s.lie(connection, data, count, at, some, marker)
            s.load.resume()
            s.served()

    single = [(data, 1, 0) for data in commands]
    lists = (b"KEYS", b"SCAN", b"DBSIZE", b"RANDOMKEY", b"CLEAR")  # which end by timeouts.stall alone: crawler_lies
    second = [(data, 1, 1) for data in commands if not any(word in data for word in lists)]  # of those that have one
    in_transaction = [(transaction, len(queued) + 2, at) for at in range(len(queued) + 4)]
    parts = [("resp", played) for played in (single[::2], single[1::2], second[::2], second[1::2], in_transaction)]
    parts.append(("memcache", [(line.encode() + b"\r\n", 1, 0) for line in lines]))
    parts.append(("memcache", [(line.encode() + b"\r\n", 1, 1) for line in lines]))
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:  # what takes time is to connect again after each
        for part in [pool.submit(play, *part) for part in parts]:
            part.result()


# Cut between the replies of one request


CUTS = ((CLOSE,), (RESET,), (half, CLOSE), (all_but_the_end, RESET))


class Cutter:
    """Replaces the reply of that number, from 0 on, of those that have a token."""

    def __init__(self, proxy, at, pieces):
        self.left, self.pieces, self.proxy = at, pieces, proxy
        self.cut = threading.Event()
        proxy.hook = self.hook

    def hook(self, reply, before):
        if token_of(reply) is None or self.cut.is_set():
            return None
        if self.left > 0:
            self.left -= 1
            return None
        self.cut.set()
        return [piece(reply) if callable(piece) else piece for piece in self.pieces]


def try_again(s, connection, key):
    """Until the store answers."""
    s.proxy.hook = None
    eventually(lambda: connection.raw("TTL", key)[:1] == b":", "served")


@fault
def cut_in_each_place_of_a_multi_get(stage):
    """What was answered is there, the rest is an error, and no value is another key's."""
    keys = [b"k%d" % i for i in range(8)]
    values = [b"$%d\r\nkey:%b%b\r\n" % (4 + len(key) + size, key, b"." * size) for key, size in zip(keys, (0, 3000) * 4)]
    with stage(timeouts=PATIENT) as s, s.daemon.connect(20) as connection, s.daemon.connect_to("memcache", 20) as other:
        s.load.pause()
        for key, value in zip(keys, values):
            equal(connection.raw("SET", key, value[value.index(b"\n") + 1 : -2]), b"+OK\r\n")
        errors = there = 0
        for at in range(len(keys)):
            for pieces in CUTS:
                try_again(s, connection, keys[0])
                cutter = Cutter(s.proxy, at, pieces)
                reply = connection.raw("MGET", *keys)
                check(cutter.cut.is_set(), "nothing was cut at %d", at)
                got = resp.elements(reply) if reply[:1] == b"*" else [reply] * len(keys)
                equal(len(got), len(keys))
                for one, value in zip(got, values):
                    check(one == value or one.startswith(b"-ERR backend 'memcached' is unavailable: "), "%r at %d", one, at)
                errors += sum(one[:1] == b"-" for one in got)
                there += sum(one[:1] == b"$" for one in got)
                try_again(s, connection, keys[0])
                cutter = Cutter(s.proxy, at, pieces)
                units = memcache.units(other.raw(b"get " + b" ".join(keys)))
                for line, data in units[:-1]:
                    equal(b"$%d\r\n%b" % (len(data) - 2, data), values[keys.index(line.split()[1])], line)
                last = units[-1][0]
                check(last.startswith(b"SERVER_ERROR ") or last == b"END" and len(units) == len(keys) + 1, "%r", units)
        print("cut_in_each_place_of_a_multi_get: %d values and %d errors" % (there, errors))
        check(there > 0 and errors > 0, "%d values, %d errors", there, errors)
        s.proxy.hook = None
        s.load.resume()
        s.served()


@fault
def cut_in_each_place_of_a_transaction(stage):
    """An error for each command whose reply was lost, and the others' replies; what was told to be done was done once."""
    words = ["MULTI", "SET a new", "GET b", "INCR n", "MGET b c", "APPEND c x", "GETSET d new", "GET b", "EXEC"]
    data = b"".join(resp.encode(*line.split()) for line in words)
    want = [b"+OK\r\n", b"$1\r\nb\r\n", b":11\r\n", None, b":2\r\n", b"$1\r\nd\r\n", b"$1\r\nb\r\n"]
    with stage(timeouts=PATIENT) as s, s.daemon.connect(20) as connection:
        s.load.pause()
        told = errors = 0
        for at in range(10):
            for pieces in CUTS:
                try_again(s, connection, "a")
                equal(connection.raw("MSET", *"a a b b c c d d n 10".split()), b"+OK\r\n")
                cutter = Cutter(s.proxy, at, pieces)
                connection.send(data)
                equal(connection.replies(8), b"+OK\r\n" + b"+QUEUED\r\n" * 7)
                got = resp.elements(connection.reply())
                check(cutter.cut.is_set(), "nothing was cut at %d", at)
                equal(len(got), 7, "%s at %d" % (got, at))
                for i, (one, wanted) in enumerate(zip(got, want)):
                    for part, right in zip(resp.elements(one), (b"b", b"c")) if one[:1] == b"*" else ():
                        check(part[:1] == b"-" or resp.decode(part) == right, "%r", one)
                    good = one == wanted or wanted is None and one[:1] == b"*"
                    check(good or one.startswith(b"-ERR backend 'memcached' is unavailable: "), "%r of %s at %d", one, words[i + 1], at)
                    told, errors = told + good, errors + (not good)
                try_again(s, connection, "a")
                now = dict(zip("acdn", (resp.decode(connection.raw("GET", key)) for key in "acdn")))
                undone = {"a": b"a", "c": b"c", "d": b"d", "n": b"10"}
                for key, i, after in (("a", 0, b"new"), ("c", 4, b"cx"), ("d", 5, b"new"), ("n", 2, b"11")):
                    check(now[key] == after or got[i][:1] == b"-" and now[key] == undone[key], "%s at %d: %s %s", key, at, now, got)
        print("cut_in_each_place_of_a_transaction: %d replies and %d errors" % (told, errors))
        s.load.resume()
        s.served()


@fault
def what_changes_is_not_sent_twice(stage):
    """The store does it, and its reply is lost: an error for the client, which alone knows whether to repeat it."""
    writes = (  # which reply is lost, how it is seen that it was done once, or (0 of two) not at all
        ("INCR n", 0, "n", b"11"),
        ("DECR n", 1, "n", b"9"),
        ("DECR n", 0, "n", b"10"),
        ("INCRBYFLOAT n 1", 1, "n", b"11"),
        ("APPEND n 1", 0, "n", b"101"),
        ("SETRANGE n 0 2", 1, "n", b"20"),
        ("GETSET n 12", 1, "n", b"12"),
        ("RENAME n m", 1, "m", b"10"),
    )
    lines = (("incr n 1", 0, "n", b"11"), ("ma n D5", 0, "n", b"15"), ("append n 0 0 1\r\n1", 0, "n", b"101"))
    loops = 2
    with stage(timeouts=PATIENT) as s, contextlib.ExitStack() as all_of_them:
        s.load.pause()
        both = [[all_of_them.enter_context(s.daemon.connect_to(p, 20)) for _ in range(loops)] for p in ("resp", "memcache")]
        cut_at = [time.monotonic()] * loops

        def cut(i, at):
            """Of the connection of that loop, once it has lived long enough."""
            time.sleep(max(0, cut_at[i % loops] + LONG_LIVED - time.monotonic()))
            cut_at[i % loops] = time.monotonic()
            return Cutter(s.proxy, at, (CLOSE,))

        for i, (words, at, key, once) in enumerate(writes + lines):
            connection, other = both[0][i % loops], both[1][i % loops]
            with s.store.connect() as control:
                kind.forget(control)
                control.raw("set n 0 0 2", "10")
            cutter = cut(i, at)
            reply = other.raw(words) if (words, at, key, once) in lines else connection.raw(*words.split())
            check(cutter.cut.is_set(), "it was not asked: %s", words)
            try_again(s, connection, "absent")
            got = memcache.units(s.admin("mg %s v" % key))[0][1]
            equal(got and got[:-2].rstrip(), once, "%s, answered with %r" % (words, reply))
            check(reply.startswith((b"-ERR backend", b"SERVER_ERROR backend")), "%r to %s", reply, words)
        for i, words in enumerate((["GET", "n"], ["MGET", "n", "n"], ["TTL", "n"], ["STRLEN", "n"])):  # reads are sent once more
            cutter = cut(i, 0)
            reply = both[0][i % loops].raw(*words)
            check(cutter.cut.is_set() and reply[:1] != b"-", "%r to %s", reply, words)
            s.proxy.hook = None
        s.load.lossy = True
        s.load.resume()
        s.served()


# A server that cannot be used from the start


@fault
def a_wrong_password(stage):
    with servers.Memcached(["-Y", USER + ":the right one"]) as store:
        unavailable(store.address, "it refuses user '%s' or the password" % USER, password=PASSWORD)


@fault
def no_password(stage):
    with servers.Memcached(["-Y", USER + ":the right one"]) as store:
        unavailable(store.address, "it asks for a user and a password")


@fault
def a_password_that_nobody_asks_for(stage):
    """Is shown to no client of a server without users."""
    with servers.Memcached() as store, servers.Daemon(config_for(store.address, PASSWORD), with_memcache=True) as daemon:
        eventually(lambda: daemon.readiness()[0] == 200, "ready")
        with daemon.connect() as connection, store.connect() as direct:
            connection.send(b"".join(resp.encode("GET", key) for key in ("cachetted", "cachetted:credentials")))
            equal(connection.replies(2), b"$-1\r\n" * 2)
            equal(connection.raw("KEYS", "*"), b"*0\r\n")
            for line in ("mg cachetted v", "mg cachetted:credentials v"):
                equal(direct.raw(line), b"EN\r\n")


@fault
def a_redis(stage):
    with servers.Redis() as server:
        unavailable(server.address, "no reply")


@fault
def no_connection_left(stage):
    with servers.Memcached(["-c", "16"]) as store:
        others, refused = [], 0
        while refused < 5:  # one that was closed before may leave its place but now
            others.append(store.connect())
            refused = refused + 1 if b"ERROR Too many" in others[-1].raw("mn") else 0
            time.sleep(0.02)
        unavailable(store.address, "Too many open connections")
        for other in others:
            other.close()


@fault
def one_that_is_too_old(stage):
    """Without meta commands."""
    with Answering(b"VERSION 1.5.6\r\nERROR\r\nSTAT item_size_max 1048576\r\nEND\r\n") as server:
        unavailable(server.address, "it is too old: version 1.5.6")
