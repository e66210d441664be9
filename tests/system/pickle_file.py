#!/usr/bin/env python3
"""The pickle file as the store, beside the cachette library: each reads what the other wrote, and objects stay what they
are.

pickle_file.py [--only NAME] [-v]
"""

import contextlib
import os
import pickle
import pickletools
import sys
import time
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402
from lib.library import Expression, Library  # noqa: E402

suite = Suite("pickle file")
NEVER = 253402300799


class Place:
    """A folder with a pickle file, and whoever uses it."""

    def __init__(self, stack):
        self.stack = stack
        self.folder = stack.enter_context(servers.tempfile.TemporaryDirectory(prefix="cachetted-test-"))
        self.path = os.path.join(self.folder, "cache.pickle")
        self.library = stack.enter_context(Library(self.path))
        self.server = None

    def start(self, **options):
        config = {"backend": "pickle", "pickle_path": self.path, "threads": 2}
        self.server = self.stack.enter_context(servers.Daemon(servers.overlay(config, options), with_memcache=True))
        return self.server.connect()

    def stop(self):
        """As SIGTERM does it: what is in memory is in the file then."""
        self.server.process.terminate()
        equal(self.server.wait(), 0, self.server.log())
        return self.library

    def files(self):
        return sorted(os.listdir(self.folder))


@contextlib.contextmanager
def place():
    servers.need_daemon()
    with contextlib.ExitStack() as stack:
        yield Place(stack)


def value(client, key):
    reply = client.raw("GET", key)
    return None if reply == b"$-1\r\n" else reply.split(b"\r\n", 1)[1][:-2]


# What clients write, the library reads


@suite.case
def the_library_reads_what_clients_set():
    with place() as p, p.start() as client:
        before = time.time()
        client.raw("SET", "text", "h\u00e9llo", "EX", "100")
        client.raw("SET", "bytes", b"\xff\x00\x80", "EX", "100")
        client.raw("SET", "digits", "42", "EX", "100")
        client.raw("SET", "empty", "", "EX", "100")
        client.raw("SET", "large", "x" * 300_000, "EX", "100")
        client.raw("SET", "ms", "v", "PX", "100500")
        client.raw("SET", "for ever", "v")
        client.raw("SET", b"\xff\xfe", "under no text", "EX", "100")
        library = p.stop()
        file = library.load()
        fetched = {k: library.fetch(k) for k in ("text", "bytes", "digits", "empty", "for ever")}
        equal(
            fetched,
            {"text": "h\u00e9llo", "bytes": b"\xff\x00\x80", "digits": "42", "empty": "", "for ever": "v"},
        )
        equal(file["large"][0], "x" * 300_000)
        equal(file["for ever"][1], NEVER)
        equal(file[b"\xff\xfe"][0], "under no text")
        check(before + 99 <= file["text"][1] <= time.time() + 101, "expires %r", file["text"][1])
        check(file["ms"][1] >= before + 100.5, "it is rounded up: %r", file["ms"][1])
        equal(len(file), 8)


@suite.case
def a_snapshot_by_time_is_seen():
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        client.raw("SET", "k", "v", "EX", "100")
        eventually(lambda: os.path.exists(p.path), "there is a file")
        equal(p.library.fetch("k"), "v")
        client.raw("SET", "k", "w", "EX", "100")
        eventually(lambda: p.library.fetch("k") == "w", "it is renewed")
        client.raw("DEL", "k")
        eventually(lambda: p.library.load() == {}, "and emptied")


@suite.case
def memcached_flags_are_kept():
    with place() as p, p.start() as client:
        with p.server.connect_to("memcache") as other:
            equal(other.raw("set k 4000000000 100 1\r\nv"), b"STORED\r\n")
        data = p.stop().load()["k"][0]
        equal((type(data), data[:8], data[-1:]), (bytes, b"\xffcachet\0", b"v"))
        client = p.start()
        with p.server.connect_to("memcache") as other:
            equal(other.raw("get k"), b"VALUE k 4000000000 1\r\nv\r\nEND\r\n")
        equal(value(client, "k"), b"v")


# What the library put, clients read


OBJECTS = {
    "int": (Expression("5"), b"5"),
    "negative": (Expression("-70000"), b"-70000"),
    "huge": (Expression("2**70"), b"1180591620717411303424"),
    "bool": (Expression("True"), b"true"),
    "none": (Expression("None"), b"null"),
    "float": (Expression("1.5"), b"1.5"),
    "list": (Expression("[1, 'x', {'a': None}]"), b'[1,"x",{"a":null}]'),
    "tuple": (Expression("(1, (2,))"), b'{"$tuple":[1,{"$tuple":[2]}]}'),
    "set": (Expression("{1}"), b'{"$set":[1]}'),
    "datetime": (Expression("datetime.datetime(2024, 1, 2)"), b'{"$date":"2024-01-02T00:00:00"}'),
    "decimal": (Expression("decimal.Decimal('1.50')"), b'{"$numberDecimal":"1.50"}'),
    "uuid": (Expression("uuid.UUID(int=5)"), b'{"$uuid":"00000000-0000-0000-0000-000000000005"}'),
    "text": (Expression("'h\\xe9'"), "h\u00e9".encode()),
    "bytes": (Expression("b'\\xff'"), b"\xff"),
    "bytes that are text": (Expression("b'abc'"), b"abc"),
    "ordered": (Expression("collections.OrderedDict(a=[1])"), None),
    "nested": (Expression("[[[[[[1], {2: (3,)}]]]]]"), None),
    "lone surrogate": (Expression("'\\ud800'"), None),
    "shared": (Expression("(lambda x: [x, x])([1])"), b"[[1],[1]]"),
    "long": (Expression("list(range(3000))"), None),
}


def in_every_protocol(body):
    """A case for each protocol that Python writes."""
    for protocol in range(6):

        def play(protocol=protocol):
            body(protocol)

        play.__name__ = "%s_%d" % (body.__name__, protocol)
        suite.case(play)
    return body


@in_every_protocol
def clients_read_what_the_library_put_by_protocol(protocol):
    with place() as p:
        values = "{%s}" % ", ".join("%r: (%s, 9999999999)" % (k, v) for k, (v, _) in OBJECTS.items())
        p.library.repr("dump(%s, %d)" % (values, protocol))
        reprs = p.library.repr("sorted(load().items())")
        with p.start() as client:
            for key, (_, shown) in OBJECTS.items():
                if shown is not None:
                    equal(value(client, key), shown, key)
            client.raw("SET", "one", "more", "EX", "100")
        p.stop()
        equal(p.library.repr("[i for i in sorted(load().items()) if i[0] != 'one']"), reprs, "written back as they were")
        check(p.library.eval("(lambda x: x[0] is x[1])(load()['shared'][0])"), "shared as before")


@suite.case
def a_list_within_itself():
    with place() as p:
        p.library.repr("[x := [1], x.append(x), dump({'loop': (x, 9999999999), 'other': ('v', 9999999999)})][2]")
        with p.start() as client:
            equal(value(client, "other"), b"v")
            check(client.raw("GET", "loop").startswith(b"-"), "it has no JSON")
            client.raw("SET", "k", "v")
        p.stop()
        check(p.library.eval("(lambda x: x[1] is x and x[0] == 1)(load()['loop'][0])"), "it is as it was")


@suite.case
def an_object_of_an_unknown_class_is_kept_and_not_shown():
    with place() as p:
        p.library.repr("dump({'x': (collections.Counter('aab'), 9999999999), 'f': (time.sleep, 9999999999)})")
        with p.start() as client:
            for key, name in (("x", b"collections.Counter"), ("f", b"time.sleep")):
                reply = client.raw("GET", key)
                check(reply.startswith(b"-") and name in reply, "refused by name: %r", reply)
            client.raw("SET", "k", "v")
        p.stop()
        equal(p.library.repr("load()['x'][0]"), "Counter({'a': 2, 'b': 1})")


@suite.case
def integers_are_counted_on_and_stay_integers():
    """Whatever codec and compression are for other stores."""
    with place() as p:
        p.library.put("n", 5)
        p.library.put("m", 250)
        p.library.put("text", "7")
        p.library.put("list", [1])
        p.library.put("bool", True)
        with p.start(codec="msgpack", compression={"algorithm": "zstd", "min_size": 1}) as client:
            equal(client.raw("INCRBY", "n", "10"), b":15\r\n")
            equal(client.raw("DECR", "n"), b":14\r\n")
            equal(client.raw("INCR", "text"), b":8\r\n")
            for key in ("list", "bool"):
                equal(client.raw("INCR", key), b"-ERR value is not an integer or out of range\r\n")
            with p.server.connect_to("memcache") as other:
                equal(other.raw("incr m 10"), b"260\r\n")
                equal(other.raw("decr m 1000"), b"0\r\n")
                equal(other.raw("incr m 18446744073709551615"), b"18446744073709551615\r\n")
            for words in (("APPEND", "n", "x"), ("SETRANGE", "n", "0", "x"), ("STRLEN", "list"), ("GETRANGE", "n", "0", "1"),
                          ("SETBIT", "n", "0", "1"), ("INCRBYFLOAT", "n", "1")):
                reply = client.raw(*words)
                check(reply.startswith(b"-ERR the value is a Python "), "%r: %r", words, reply)
            equal(client.raw("RENAME", "n", "renamed"), b"+OK\r\n")
            equal(client.raw("COPY", "renamed", "copied"), b":1\r\n")
            equal(client.raw("MULTI"), b"+OK\r\n")
            client.raw("INCR", "copied")
            client.raw("GET", "copied")
            equal(client.raw("EXEC"), b"*2\r\n:15\r\n$2\r\n15\r\n")
        file = p.stop().load()
        equal({k: v[0] for k, v in file.items()},
              {"renamed": 14, "copied": 15, "m": 2**64 - 1, "text": "8", "list": [1], "bool": True})


@suite.case
def no_client_makes_an_object():
    """What looks like an object in the table, an envelope with a pickle, is bytes to Python when a client wrote it."""
    evil = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."
    with place() as p:
        p.library.put("made", [1])
        with p.start():
            pass
        p.stop()
        with p.start(pickle={"fsync": "always"}) as client:
            with open(p.path, "rb") as file:
                check(b"cachet\0" not in file.read(), "objects stand bare in the file")
            head = bytes.fromhex("ff63616368657400") + b"\x02\x04\0\0\0\0\0\0"
            forged = head + zlib.crc32(head).to_bytes(4, "big") + evil
            client.raw("SET", "forged", forged)
            client.raw("APPEND", "appended", forged)
            equal(value(client, "forged"), forged)
        p.server.process.kill()
        p.server.wait()
        with p.start() as client:
            equal(value(client, "forged"), forged)
        p.stop()
        with open(p.path, "rb") as file:
            names = [argument for opcode, argument, _ in pickletools.genops(file) if isinstance(argument, str)]
        check("system" not in names, "no opcode names it")
        file = p.library.load()
        check(isinstance(file["forged"][0], bytes) and isinstance(file["appended"][0], bytes), "they are bytes")
        with p.start() as client:
            equal(value(client, "forged"), forged)


# Time to live


@suite.case
def time_to_live_both_ways():
    with place() as p:
        p.library.put("k", "v", 500)
        p.library.repr("dump({**load(), 'never': ('v', %d), 'gone': ('v', int(time.time()) - 5)})" % NEVER)
        with p.start() as client:
            check(495_000 < int(client.raw("PTTL", "k")[1:]) <= 500_000, "PTTL")
            equal(client.raw("TTL", "never"), b":-1\r\n")
            equal(client.raw("EXISTS", "gone"), b":0\r\n")
            client.raw("PEXPIRE", "k", "200000")
            client.raw("PERSIST", "never")
            client.raw("EXPIRE", "never", "300")
        file = p.stop().load()
        check(199 <= file["k"][1] - time.time() <= 201, "EXPIRE is in the file")
        check(298 <= file["never"][1] - time.time() <= 301, "and of what had none")
        check("gone" not in file, "what has expired is left out")


@suite.case
def milliseconds_outlive_a_crash():
    with place() as p, p.start(pickle={"fsync": "always"}) as client:
        at = str(int(time.time() * 1000) + 123_456)
        client.raw("SET", "k", "v", "PXAT", at)
        p.server.process.kill()
        p.server.wait()
        with p.start() as again:
            equal(again.raw("PEXPIRETIME", "k"), b":%s\r\n" % at.encode())


# The library puts while the daemon runs


@suite.case
def what_the_library_puts_meanwhile_is_imported():
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        client.raw("SET", "ours", "1", "EX", "100")
        eventually(lambda: os.path.exists(p.path), "a snapshot")
        p.library.put("theirs", {"a": [1]}, 1000)
        eventually(lambda: value(client, "theirs") == b'{"a":[1]}', "it is read")
        equal(value(client, "ours"), b"1")
        p.library.put("ours", "2", 1000)
        eventually(lambda: value(client, "ours") == b"2", "the later expiry wins")
        client.raw("SET", "ours", "3", "EX", "5000")
        p.library.put("other", "x", 1000)
        eventually(lambda: value(client, "other") == b"x", "another one")
        equal(value(client, "ours"), b"3", "and what the library only read before is no news")
        eventually(lambda: p.server.metric("cachetted_imported_keys_total") == 3, "three keys came")
        file = p.stop().load()
        equal({k: v[0] for k, v in file.items()}, {"ours": "3", "theirs": {"a": [1]}, "other": "x"})


@suite.case
def what_was_deleted_does_not_come_back():
    """The library writes what it read before, our deleted keys too."""
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        for key in ("gone", "shorter", "other"):
            client.raw("SET", key, "1", "EX", "1000")
        eventually(lambda: os.path.exists(p.path) and len(p.library.load()) == 3, "a snapshot")
        client.raw("DEL", "gone")
        client.raw("SET", "shorter", "2", "EX", "50")
        p.library.put("new", "x")
        eventually(lambda: value(client, "new") == b"x", "it is imported")
        equal(client.raw("EXISTS", "gone"), b":0\r\n")
        equal(value(client, "shorter"), b"2")


@suite.case
def what_is_written_into_a_file_that_was_just_replaced_is_not_lost():
    """The library opened it before the snapshot took its place, and writes after."""
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        client.raw("SET", "k", "v", "EX", "1000")
        eventually(lambda: os.path.exists(p.path), "a snapshot")
        p.library.repr("[old := load(), f := open(sys.argv[1], 'r+b')]")
        inode = os.stat(p.path).st_ino
        client.raw("SET", "j", "w", "EX", "1000")
        eventually(lambda: os.stat(p.path).st_ino != inode, "it is replaced")
        p.library.repr("[f.truncate(), [pickle.dump({k: Value(data=d, expires=e) for k, (d, e) in [*old.items(), "
                       "('late', ('x', int(time.time()) + 1000))]}, f)], f.close()]")
        eventually(lambda: value(client, "late") == b"x", "it is imported")
        eventually(lambda: "late" in p.library.load(), "and in the file")
        equal([value(client, k) for k in "kj"], [b"v", b"w"])


@suite.case
def a_file_that_is_removed_comes_back():
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        client.raw("SET", "k", "v", "EX", "100")
        eventually(lambda: os.path.exists(p.path), "a snapshot")
        os.unlink(p.path)
        eventually(lambda: os.path.exists(p.path), "it is written again")
        equal(p.library.fetch("k"), "v")
        equal(value(client, "k"), b"v")


@suite.case
def a_file_that_cannot_be_read_meanwhile_is_set_aside():
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        client.raw("SET", "k", "v", "EX", "100")
        eventually(lambda: os.path.exists(p.path), "a snapshot")
        with open(p.path, "wb") as file:
            file.write(b"no pickle")
        eventually(lambda: any(".corrupt-" in name for name in p.files()), "it is set aside")
        equal(p.library.fetch("k"), "v")
        equal(value(client, "k"), b"v")
        eventually(lambda: p.server.metric("cachetted_corrupt_files_total") == 1, "it is counted")
        eventually(lambda: "set aside as" in p.server.log(), "and told")


@suite.case
def both_write_all_the_time():
    """Each key has one writer; every last word is there in the end."""
    with place() as p, p.start(pickle={"snapshot_interval": "1s"}) as client:
        last = {}
        until = time.monotonic() + 6
        for n in range(1_000_000):
            if time.monotonic() > until:
                break
            client.raw("SET", "c%d" % (n % 50), str(n), "EX", "1000")
            last["c%d" % (n % 50)] = str(n)
            if n % 40 == 0 and os.path.exists(p.path):
                p.library.put("l%d" % (n // 40 % 5), n, 1000 + n)
                last["l%d" % (n // 40 % 5)] = n
                time.sleep(0.01)
        file = p.stop().load()
        equal({k: v for k, (v, _) in file.items() if k.startswith("c")}, {k: v for k, v in last.items() if k.startswith("c")})
        lost = [k for k in last if k.startswith("l") and file.get(k, (None,))[0] != last[k]]
        check(len(lost) <= 1, "of the library's own at most one is lost, written while the file was replaced: %r", lost)


@suite.case
def a_link_stays_a_link_and_rights_stay():
    with place() as p:
        real = os.path.join(p.folder, "real")
        os.symlink(real, p.path)
        p.library.put("k", "v")
        os.chmod(real, 0o640)
        with p.start() as client:
            client.raw("SET", "j", "w")
        p.stop()
        check(os.path.islink(p.path), "the link")
        equal(os.stat(real).st_mode & 0o777, 0o640)
        equal(p.library.fetch("j"), "w")


@suite.case
def one_database():
    with place() as p, p.start() as client:
        equal(client.raw("SELECT", "1"), b"-ERR DB index is out of range\r\n")
        check(client.raw("MOVE", "k", "1").startswith(b"-"), "MOVE")


if __name__ == "__main__":
    finish(suite.main())
