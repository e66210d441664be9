#!/usr/bin/env python3
"""The pickle file and its journal under kill -9, damage, a full disk and a second daemon: nothing acknowledged is lost, and
Python can always load the file.

pickle_crash.py [--only NAME] [-v]; KILL_POINTS=N for so many kills, SEED fixes when they come
"""

import contextlib
import glob
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish, long_run  # noqa: E402
from lib.library import Library  # noqa: E402

suite = Suite("pickle crash")
SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
KILL_POINTS = int(os.environ.get("KILL_POINTS") or (200 if long_run() else 10))


class Place:
    """A folder with a pickle file and the daemon on it, which is started again and again."""

    def __init__(self, stack, **options):
        self.stack, self.options = stack, options
        self.folder = stack.enter_context(servers.tempfile.TemporaryDirectory(prefix="cachetted-test-"))
        self.path = os.path.join(self.folder, "cache.pickle")
        self.server = None

    def config(self):
        return servers.overlay({"backend": "pickle", "pickle_path": self.path, "threads": 2}, self.options)

    def start(self):
        self.server = self.stack.enter_context(servers.Daemon(self.config()))
        return self.server.connect()

    def kill(self):
        self.server.process.kill()
        self.server.wait()

    def stop(self):
        self.server.process.terminate()
        equal(self.server.wait(), 0, self.server.log())

    def refused(self, **options):
        """What a daemon says that does not start."""
        config = servers.overlay(self.config(), options)
        with servers.Daemon(config, ready=False) as server:
            check(server.wait() != 0, "it starts")
            return server.log()

    def files(self, part=""):
        return sorted(name for name in os.listdir(self.folder) if part in name)

    def journals(self):
        return sorted(glob.glob(self.path + ".journal-*"), key=lambda name: int(name.rsplit("-", 1)[1]))


@contextlib.contextmanager
def place(**options):
    servers.need_daemon()
    with contextlib.ExitStack() as stack:
        yield Place(stack, **options)


def value(client, key):
    reply = client.raw("GET", key)
    return None if reply == b"$-1\r\n" else reply.split(b"\r\n", 1)[1][:-2]


# kill -9 under load


class Writer(threading.Thread):
    """Writes keys of its own until the connection ends, and knows what was acknowledged and what was asked at most."""

    KEYS = 40

    def __init__(self, server, name, first):
        super().__init__(daemon=True)
        self.server, self.name, self.n = server, name, first
        self.acknowledged, self.asked = {}, {}
        self.count = self.count_asked = 0
        self.strange = None

    def batch(self, draw):
        """Commands, each with what is true once it is acknowledged: key -> value, None: it is gone."""
        batch = []
        for _ in range(draw.randrange(1, 20)):
            self.n += 1
            key, other = ("%s:%d" % (self.name, draw.randrange(self.KEYS)) for _ in range(2))
            kind = draw.randrange(10)
            if kind < 6:
                batch.append((("SET", key, "%d:%s" % (self.n, "x" * draw.choice((1, 10, 100, 5000)))), {key: self.n}))
            elif kind == 6:
                batch.append((("DEL", key), {key: None}))
            elif kind == 7:  # both or none
                pair = [self.name + ":pair", str(self.n), self.name + ":twin", str(self.n)]
                batch.append((("MSET", *pair), {pair[0]: self.n, pair[2]: self.n}))
            elif kind == 8:
                batch.append((("INCR", self.name + ":count"), {}))
            else:
                batch.append((("SET", other, "%d:" % self.n, "EX", "1000"), {other: self.n}))
        return batch

    def run(self):
        draw = random.Random(self.n)
        with contextlib.suppress(OSError, resp.Closed), self.server.connect() as client:
            while True:
                batch = self.batch(draw)
                for _, effect in batch:
                    for key, n in effect.items():
                        self.asked.setdefault(key, []).append(n)
                self.count_asked += sum(words[0] == "INCR" for words, _ in batch)
                client.send(b"".join(resp.encode(*words) for words, _ in batch))
                for words, effect in batch:
                    reply = client.reply()
                    if reply.startswith(b"-"):
                        self.strange = reply
                    self.acknowledged.update(effect)
                    if words[0] == "INCR":
                        self.count = int(reply[1:])

    def check(self, client):
        """Each key has what was acknowledged last, or something that was asked for later."""
        check(self.strange is None, "an error: %r", self.strange)
        for key, asked in self.asked.items():
            got = value(client, key)
            n = None if got is None else int(got.split(b":")[0])
            later = asked
            if key in self.acknowledged:
                last = self.acknowledged[key]
                at = max(i for i, a in enumerate(asked) if a == last) if last is not None else asked.index(None)
                later = asked[at:]
            elif n is None:
                continue
            check(n in later, "%s is %r, acknowledged %r, asked for %r", key, n, self.acknowledged.get(key), later[:5])
        equal(value(client, self.name + ":pair"), value(client, self.name + ":twin"), "a pair")
        count = int(value(client, self.name + ":count") or 0)
        check(count >= self.count, "counted to %d of %d", count, self.count)


def kill_again_and_again(points, always):
    draw = random.Random(SEED)
    fsync = {"fsync": "always" if always else "everysec", "snapshot_interval": "1s", "snapshot_size": "64KiB"}
    with place(pickle=fsync, timeouts={"request": "1m"}) as p, Library(p.path) as library:
        first = 0
        for point in range(points):
            with p.start():
                pass
            writers = [Writer(p.server, "w%d.%d" % (point, i), first) for i in range(3)]
            for writer in writers:
                writer.start()
            time.sleep(draw.uniform(0.02, 1.5))
            p.kill()
            for writer in writers:
                writer.join(20)
                check(not writer.is_alive(), "a writer hangs")
                first = max(first, writer.n)
            if os.path.exists(p.path):
                library.repr("len(load())")
            with p.start() as client:
                for writer in writers:
                    if always:
                        writer.check(client)
                    else:
                        equal(value(client, writer.name + ":pair"), value(client, writer.name + ":twin"), "a pair")
                        check(writer.strange is None, "an error: %r", writer.strange)
                client.raw("FLUSHALL")
            p.stop() if draw.randrange(2) else p.kill()
            if os.path.exists(p.path):
                library.repr("len(load())")


@suite.case
def nothing_acknowledged_is_lost():
    try:
        kill_again_and_again(KILL_POINTS, True)
    except BaseException:
        print("SEED=%d" % SEED)
        raise


@suite.case
def a_pair_is_never_half_there_with_everysec():
    kill_again_and_again(max(KILL_POINTS // 4, 3), False)


@suite.case
def at_most_a_second_is_lost_with_everysec():
    with place() as p:
        with p.start() as client:
            for n in range(2000):
                client.raw("SET", "k%d" % n, "v")
            time.sleep(0.2)
            client.raw("SET", "late", "v")
            p.kill()
        with p.start() as client:
            equal([n for n in range(2000) if value(client, "k%d" % n) != b"v"], [])


@suite.case
def a_kill_while_a_snapshot_is_written():
    """With many keys the snapshot takes a while: each part of it is met."""
    draw = random.Random(SEED)
    with place(pickle={"fsync": "always", "snapshot_interval": "1s"}) as p, Library(p.path) as library:
        with p.start() as client:
            for start in range(0, 100_000, 1000):
                client.raw("MSET", *(w for n in range(start, start + 1000) for w in ("k%d" % n, "v%d" % n)))
            p.stop()
        for _ in range(max(KILL_POINTS // 4, 3)):
            with p.start() as client:
                before = p.journals()[-1]
                client.raw("SET", "again", str(draw.random()))
                eventually(lambda: p.journals()[-1] != before, "one begins")
                time.sleep(draw.uniform(0, 0.06))
                last = value(client, "again")
                p.kill()
            equal(library.eval("len(load())") // 100_000, 1)
            with p.start() as client:
                equal(value(client, "again"), last)
                equal(client.raw("DBSIZE"), b":100001\r\n")
                equal(value(client, "k99999"), b"v99999")
                p.kill()


# What is in the folder


@suite.case
def a_torn_tail_is_cut():
    with place(pickle={"fsync": "always"}) as p:
        with p.start() as client:
            client.raw("SET", "a", "1")
            client.raw("SET", "b", "2")
            p.kill()
        with open(p.journals()[-1], "r+b") as file:
            file.truncate(os.path.getsize(file.name) - 3)
        with p.start() as client:
            equal((value(client, "a"), value(client, "b")), (b"1", None))
            eventually(lambda: "were not written whole before the crash, and were cut" in p.server.log(), "the log tells it")
            eventually(lambda: p.server.metric("cachetted_journal_cut_bytes_total") > 0, "it is counted")


@suite.case
def a_damaged_journal_is_refused_or_set_aside():
    with place(pickle={"fsync": "always"}) as p:
        with p.start() as client:
            for n in range(50):
                client.raw("SET", "k%d" % n, "value")
            p.kill()
        journal = p.journals()[-1]
        with open(journal, "r+b") as file:
            file.seek(os.path.getsize(journal) // 2)
            file.write(b"\xaa\x55\xaa\x55")
        for _ in range(2):  # and again, as systemd starts it anew
            log = p.refused()
            check(journal in log and "on_corrupt: set_aside" in log, log)
        p.options["pickle"]["on_corrupt"] = "set_aside"
        with p.start() as client:
            equal(value(client, "k0"), b"value", "what precedes the damage")
            equal(value(client, "k49"), None)
            equal(len(p.files("journal-1.corrupt-")), 1)
            eventually(lambda: "was set aside as" in p.server.log(), "the log tells it")


@suite.case
def a_corrupt_file_is_refused_or_set_aside():
    with place() as p:
        with p.start() as client:
            client.raw("SET", "k", "v")
            p.stop()
        with open(p.path, "rb") as file:
            good = file.read()
        for bad in (good[: len(good) // 2], b"cos\nsystem\n(S'touch owned'\ntR.", b"\x80\x04}(\x8c\x01kcos\nsystem\nu.", b""):
            with open(p.path, "wb") as file:
                file.write(bad)
            for _ in range(2):
                log = p.refused()
                check(p.path in log and "cannot be read" in log and "on_corrupt: set_aside" in log, log)
            if b"system" in bad and b"}" in bad:
                check("refused global 'os.system'" in log, log)
            with open(p.path, "rb") as file:
                equal(file.read(), bad, "it stays")
        p.options["pickle"] = {"on_corrupt": "set_aside"}
        with p.start() as client:
            equal(value(client, "k"), None)
            client.raw("SET", "k", "w")
            p.stop()
        equal(len(p.files(".corrupt-")), 1)
        check("owned" not in p.files(), "nothing ran")
        with Library(p.path) as library:
            equal(library.fetch("k"), "w")


@suite.case
def a_file_that_is_being_written_is_waited_for():
    with place() as p:
        with p.start() as client:
            client.raw("SET", "k", "v")
            p.stop()
        with open(p.path, "rb") as file:
            good = file.read()
        with open(p.path, "wb") as file:
            file.write(good[:20])
            file.flush()
            threading.Timer(0.3, lambda: (file.write(good[20:]), file.flush())).start()
            with p.start() as client:
                equal(value(client, "k"), b"v")


@suite.case
def a_second_daemon_is_kept_out():
    with place() as p, p.start() as client:
        log = p.refused()
        check("is in use by another cachetted" in log and p.path in log, log)
        client.raw("SET", "k", "v")
        p.kill()
        with p.start():
            pass


@suite.case
def what_python_changed_while_it_was_down_is_merged():
    with place(pickle={"fsync": "always"}) as p, Library(p.path) as library:
        with p.start() as client:
            client.raw("SET", "both", "ours", "EX", "1000")
            client.raw("SET", "later", "ours", "EX", "5000")
            client.raw("SET", "gone", "ours", "EX", "1000")
            p.stop()
        with p.start() as client:
            client.raw("SET", "journal", "ours", "EX", "1000")
            client.raw("SET", "later", "ours again", "EX", "5000")
            client.raw("DEL", "gone")
            p.kill()
        library.put("both", "theirs", 2000)
        library.put("later", "theirs", 100)
        library.put("new", "theirs", 1000)
        with p.start() as client:
            equal([value(client, k) for k in ("both", "later", "gone", "journal", "new")],
                  [b"theirs", b"ours again", None, b"ours", b"theirs"])
            eventually(lambda: "changed by another program while cachetted was down" in p.server.log(), "the log tells it")


@suite.case
def a_missing_folder_and_rights():
    with place() as p:
        log = p.refused(pickle_path=os.path.join(p.folder, "nowhere", "cache.pickle"))
        check("see that the folder exists" in log, log)
        log = p.refused(pickle_path=p.folder)
        check("pickle_path" in log, log)


# The disk


def limit(server, size):
    """No file of that process may grow over so many bytes: as a disk that is full."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def full_disk(always):
    with place(pickle={"fsync": "always" if always else "everysec", "snapshot_interval": "1s"}) as p:
        with p.start() as client:
            client.raw("SET", "large", "x" * 300_000)
            client.raw("SET", "before", "1")
            eventually(lambda: os.path.exists(p.path), "a snapshot")
            limit(p.server, 100_000)

            def fails():
                return client.raw("SET", "filler", "y" * 60_000).startswith(b"-")

            eventually(fails, "writes are refused")
            reply = client.raw("SET", "during", "1")
            check(b"backend 'pickle' refuses writes" in reply, "%r", reply)
            for words in (("DEL", "before"), ("GETDEL", "before"), ("EXPIRE", "before", "5"), ("FLUSHALL",)):
                check(client.raw(*words).startswith(b"-"), "%r is refused", words)
            equal(value(client, "before"), b"1", "reads go on")
            equal(client.raw("EXISTS", "before"), b":1\r\n")
            client.raw("MULTI")
            client.raw("SET", "before", "2")
            check(client.raw("EXEC").startswith(b"-"), "EXEC that writes")
            status, text = p.server.readiness()
            check(status == 503 and "the journal is broken" in text and "File too large" in text, "%r", text)
            eventually(lambda: p.server.metric("cachetted_journal_failures_total") > 0, "it is counted")
            check(p.server.metric("cachetted_journal_refused_requests_total") > 0, "refused ones are counted")
            eventually(lambda: p.server.metric("cachetted_snapshot_failures_total") > 0, "snapshots fail")
            limit(p.server, resource.RLIM_INFINITY)
            eventually(lambda: client.raw("SET", "after", "1") == b"+OK\r\n", "writes are taken again", 30)
            eventually(lambda: p.server.readiness()[0] == 200, "it is ready")
            eventually(lambda: "writes are taken again" in p.server.log(), "and told")
            time.sleep(0.1)
            p.kill()
        with p.start() as client:
            equal([value(client, k) for k in ("before", "during", "after")], [b"1", None, b"1"])
            equal(len(value(client, "large")), 300_000)


@suite.case
def a_full_disk_with_always():
    full_disk(True)


@suite.case
def a_full_disk_with_everysec():
    full_disk(False)


@suite.case
def a_snapshot_that_fails_leaves_the_file():
    """While the journal can be written all goes on."""
    with place(pickle={"fsync": "always", "snapshot_interval": "1s"}) as p, Library(p.path) as library:
        with p.start() as client:
            client.raw("SET", "large", "x" * 300_000)
            eventually(lambda: os.path.exists(p.path), "a snapshot")
            limit(p.server, 200_000)
            client.raw("SET", "k", "v")
            eventually(lambda: p.server.metric("cachetted_snapshot_failures_total") > 0, "the next one fails")
            equal(client.raw("SET", "k", "w"), b"+OK\r\n")
            equal(p.server.readiness()[0], 200)
            eventually(lambda: "no snapshot could be written" in p.server.log(), "the log tells it")
            equal(library.eval("'k' in load(), len(load()['large'][0])"), (False, 300_000))
            p.kill()
        with p.start() as client:
            equal(value(client, "k"), b"w")


@suite.case
def the_end_writes_the_file_and_drops_the_journal():
    with place() as p, Library(p.path) as library:
        with p.start() as client:
            for n in range(1000):
                client.raw("SET", "k%d" % n, "v")
            p.stop()
        equal(library.eval("len(load())"), 1000)
        check(sum(os.path.getsize(name) for name in p.journals()) < 500, "the journal is short")
        equal(p.files(".snapshot"), [])


if __name__ == "__main__":
    finish(suite.main())
