"""Clients of both protocols that never stop asking, and know what may be answered: values echo their key.

A key belongs to one client, which remembers every value that it may hold: the last one acknowledged, and those whose
write got an error, since such a write may have been done, or be done late. Each reply must be one of these or an error
that the fault explains; each pipeline ends in an ECHO of its own, so that none too many or too few goes unnoticed.
"""

import collections
import random
import re
import threading
import time

from lib import memcache, resp

REPLY_SECONDS = 30.0  # a reply that takes longer counts as missing
DEPTHS = (1, 1, 2, 4, 8, 16, 32)
PAUSE = 0.002  # seconds between two pipelines of a client
UNAVAILABLE = r"ERR backend '(?:redis|valkey|memcached|mongodb)' is unavailable: .+"


class Wrong(Exception):
    """A reply that must not be."""


class Op:
    """What is sent, how many replies it has, and what checks them."""

    def __init__(self, data, check, replies=1):
        self.data = data
        self.check = check
        self.replies = replies


class Client(threading.Thread):
    """One connection. Subclasses draw the operations of their protocol."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.number = number
        self.random = random.Random()
        self.keys = [b"%s%d:%d" % (self.name_of_keys, number, i) for i in range(12)]
        self.possible = {key: {None} for key in self.keys}
        self.doubtful = collections.defaultdict(set)
        self.fates = {}  # of each value: for the text of a failure
        self.flying = set()  # keys and values of the writes of this pipeline that are not answered yet
        self.early = []  # of these, what reads have seen
        self.counts = 0  # that were sent
        self.base = self.highest = (number + 1) * 10**9  # of the counter
        self.checked = self.good_since = 0
        self.errors = collections.Counter()
        self.wrong = []
        self.idle = threading.Event()

    def run(self):
        try:
            with self.connect() as connection:
                while not self.load.stopping.is_set():
                    if self.load.paused.is_set():
                        self.idle.set()
                        time.sleep(PAUSE)
                        continue
                    self.idle.clear()
                    self.pipeline(connection)
                    time.sleep(PAUSE)
        except Exception as fault:  # whatever ends a client is a finding
            self.wrong.append("%s ended: %s: %s" % (self.name, type(fault).__name__, str(fault)[:600]))
        self.idle.set()

    def pipeline(self, connection):
        ops = [self.random.choice(self.ops())(self) for _ in range(self.random.choice(DEPTHS))]
        ops.append(self.marker())
        connection.send(b"".join(op.data for op in ops))
        for op in ops:
            replies = [connection.reply(REPLY_SECONDS) for _ in range(op.replies)]
            try:
                op.check(*replies)
            except Wrong as fault:
                self.wrong.append("%s: %s to %r" % (self.name, fault, op.data[:300]))
            self.checked += 1
        for key, value in self.early:  # a read that was sent once more, and so came behind a write: that must have failed
            if value not in self.doubtful[key]:
                self.wrong.append("%s: a read of %r got %r, written behind it" % (self.name, key, value and value[:60]))
        self.flying, self.early = set(), []
        if connection.buf:
            self.wrong.append("%s: more came than was asked for: %r" % (self.name, bytes(connection.buf[:300])))
            connection.buf.clear()

    def ops(self):
        return self.OPS

    # What is known of the keys:

    def new_value(self, key):
        padding = self.random.choice((0, 0, 0, 10, 200, 20000))
        return b"key:%b:%x" % (key, self.random.getrandbits(48)) + b"." * padding

    def flies(self, key, value):
        self.flying.add((key, value))
        return value

    def wrote(self, key, value, done):
        self.flying.discard((key, value))
        self.fates[value and value[:60]] = "%s as number %d" % ("done" if done else "error", len(self.fates))
        if done:
            self.possible[key] = {value} | self.doubtful[key]
        else:
            self.doubtful[key].add(value)
            self.possible[key].add(value)

    def may_be(self, key, value):
        lost = value is None and self.load.lossy
        if value and self.load.forgetful and value.startswith(b"key:%b:" % key):
            return
        if not lost and value not in self.possible[key]:
            if (key, value) in self.flying:
                return self.early.append((key, value))
            fate = self.fates.get(value and value[:60], "never written")
            now = sorted(self.fates.get(v and v[:60], "absent") for v in self.possible[key])
            raise Wrong("got %r for %r (%s; expected one of %s)" % (value and value[:60], key, fate, now))

    def counted(self, text):
        """None is counted twice, even where its answer was lost."""
        number = int(text)
        if number > self.base + self.counts:
            raise Wrong("counter at %d after %d counts from %d on" % (number, self.counts, self.base))
        if number > self.base:
            if number <= self.highest and not self.load.lossy:
                raise Wrong("counter at %d after %d" % (number, self.highest))
            self.highest = number
        elif not self.load.lossy or number > 10**6:
            raise Wrong("counter of %d at %d" % (self.base, number))

    def good(self):
        self.good_since += 1

    def is_error(self, text):
        """Whether it is an error that may be; what is none of them is wrong."""
        match = self.load.allowed.match(text.decode(errors="replace"))
        if not match:
            raise Wrong("the error %r" % text)
        reason = match[0].partition("unavailable: ")[2] or match[0].split(" ")[0]
        self.errors[re.sub(r"^[\w.:/-]*?\d+: |\d+", "", reason)[:70]] += 1


class RespClient(Client):
    name_of_keys = b"r"

    def __init__(self, load, number):
        super().__init__(load, number)
        self.name = "RESP client %d" % number
        self.resp3 = number % 2 == 1

    def connect(self):
        connection = self.load.daemon.connect(REPLY_SECONDS)
        if self.resp3:
            connection.call("HELLO", "3")
        connection.call("SET", self.counter(), self.base)
        return connection

    def value_of(self, reply):
        """A reply's value, or Wrong where it is no string; an error that may be is told by Refused."""
        self.refused(reply)
        if reply in (b"$-1\r\n", b"_\r\n"):
            return None
        if reply[:1] != b"$":
            raise Wrong("got %r" % reply[:200])
        return reply[reply.index(b"\r\n") + 2 : -2]

    def refused(self, reply):
        if reply[:1] == b"-":
            self.is_error(reply[1:-2])
            raise Refused

    def tolerant(self, check, failed=lambda: None):
        """A check to which an error that may be is no fault."""

        def body(*replies):
            try:
                check(*replies)
                self.good()
            except Refused:
                failed()

        return body

    def marker(self):
        text = b"echo:%x" % self.random.getrandbits(64)

        def check(reply):
            if reply != b"$%d\r\n%b\r\n" % (len(text), text):
                raise Wrong("got %r" % reply[:300])

        return Op(resp.encode("ECHO", text), check)

    def exactly(self, want):
        def check(reply):
            self.refused(reply)
            if reply != want:
                raise Wrong("got %r" % reply[:300])

        return check

    def set(self):
        key = self.random.choice(self.keys)
        value = self.flies(key, self.new_value(key))
        ok = self.exactly(b"+OK\r\n")

        def check(reply):
            ok(reply)
            self.wrote(key, value, True)

        return Op(resp.encode("SET", key, value), self.tolerant(check, lambda: self.wrote(key, value, False)))

    def get(self):
        key = self.random.choice(self.keys)
        return Op(resp.encode("GET", key), self.tolerant(lambda reply: self.may_be(key, self.value_of(reply))))

    def mget(self):
        keys = self.random.choices(self.keys, k=self.random.randint(1, 6))

        return Op(resp.encode("MGET", *keys), self.tolerant(lambda reply: self.values(reply, keys)))

    def values(self, reply, keys):
        self.refused(reply)
        values = resp.elements(reply)
        if len(values) != len(keys):
            raise Wrong("got %r" % reply[:300])
        for key, value in zip(keys, values):
            self.part(lambda key=key, value=value: self.may_be(key, self.value_of(value)))

    def delete(self):
        key = self.random.choice(self.keys)
        self.flies(key, None)

        def check(reply):
            self.refused(reply)
            if reply not in (b":0\r\n", b":1\r\n"):
                raise Wrong("got %r" % reply[:300])
            self.wrote(key, None, True)

        return Op(resp.encode("DEL", key), self.tolerant(check, lambda: self.wrote(key, None, False)))

    def counter(self):
        return b"counter:r%d" % self.number

    def count(self, reply):
        self.refused(reply)
        if reply[:1] != b":":
            raise Wrong("got %r" % reply[:300])
        self.counted(reply[1:-2])

    def incr(self):
        self.counts += 1
        return Op(resp.encode("INCRBY", self.counter(), 1), self.tolerant(self.count))

    def incr_by_script(self):
        self.counts += 1
        words = ["EVAL", "return redis.call('INCRBY', KEYS[1], 1)", 1, self.counter()]
        return Op(resp.encode(*words), self.tolerant(self.count))

    def start_counter(self):
        """Where it was lost, it begins anew at its base; NX leaves it where it is."""
        return Op(resp.encode("SETNX", self.counter(), self.base), self.tolerant(self.refused))

    def transaction(self):
        key = self.random.choice(self.keys)
        value = self.flies(key, self.new_value(key))
        self.counts += 1
        commands = [["MULTI"], ["SET", key, value], ["GET", key], ["INCR", self.counter()], ["MGET", key, key], ["EXEC"]]

        def check(*replies):
            if replies[:-1] != (b"+OK\r\n",) + (b"+QUEUED\r\n",) * 4:
                raise Wrong("got %r" % (replies,))
            self.refused(replies[-1])
            parts = resp.elements(replies[-1]) if replies[-1][:1] == b"*" else []
            if len(parts) != 4:
                raise Wrong("got %r" % replies[-1][:300])
            self.part(lambda: self.exactly(b"+OK\r\n")(parts[0]))
            self.wrote(key, value, parts[0] == b"+OK\r\n")
            self.part(lambda: self.may_be(key, self.value_of(parts[1])))
            self.part(lambda: self.count(parts[2]))
            self.part(lambda: self.values(parts[3], [key, key]))

        data = b"".join(resp.encode(*words) for words in commands)
        return Op(data, self.tolerant(check, lambda: self.wrote(key, value, False)), len(commands))

    def part(self, check):
        """One of several replies in one, which may be an error of its own."""
        try:
            check()
        except Refused:
            pass

    def hash(self):
        """Commands that are only passed on."""
        key = b"hash:r%d:%d" % (self.number, self.random.randrange(4))
        value = self.new_value(key)

        def check(made, got):
            if made[:1] == b"-":
                self.is_error(made[1:-2])
            elif made not in (b":0\r\n", b":1\r\n"):
                raise Wrong("got %r" % made[:300])
            found = self.value_of(got)
            if found is None and (self.load.lossy or made[:1] == b"-"):
                return
            if found is None or not found.startswith(b"key:%b:" % key):
                raise Wrong("got %r for %r" % (found and found[:200], key))

        return Op(resp.encode("HSET", key, "f", value) + resp.encode("HGET", key, "f"), self.tolerant(check), 2)

    def script(self):
        key = self.random.choice(self.keys)
        words = ["EVAL", "return {KEYS[1], redis.call('GET', KEYS[1])}", 1, key]

        def check(reply):
            self.refused(reply)
            parts = resp.elements(reply)
            if resp.decode(parts[0]) != key:
                raise Wrong("got %r" % reply[:300])
            if len(parts) == 2:
                self.may_be(key, self.value_of(parts[1]))

        return Op(resp.encode(*words), self.tolerant(check))

    # What a store without scripts needs several steps for:

    def exchange(self):
        key = self.random.choice(self.keys)
        value = self.flies(key, self.new_value(key))

        def check(reply):
            self.may_be(key, self.value_of(reply))
            self.wrote(key, value, True)

        return Op(resp.encode("SET", key, value, "GET"), self.tolerant(check, lambda: self.wrote(key, value, False)))

    def take(self):
        key = self.random.choice(self.keys)
        self.flies(key, None)

        def check(reply):
            self.may_be(key, self.value_of(reply))
            self.wrote(key, None, True)

        return Op(resp.encode("GETDEL", key), self.tolerant(check, lambda: self.wrote(key, None, False)))

    def incr_by_steps(self):
        self.counts += 1

        def check(reply):
            self.counted(self.value_of(reply))

        return Op(resp.encode("INCRBYFLOAT", self.counter(), 1), self.tolerant(check))

    OPS = [set, set, set, get, get, get, get, mget, mget, delete, incr, start_counter, transaction]
    BY_SCRIPT = [incr_by_script, hash, script]
    BY_STEPS = [exchange, take, incr_by_steps]

    def ops(self):
        return self.OPS + (self.BY_SCRIPT if self.load.kind.scripts else self.BY_STEPS)


class Refused(Exception):
    """An error that may be."""


class MemcacheClient(Client):
    name_of_keys = b"m"

    def __init__(self, load, number):
        super().__init__(load, number)
        self.name = "memcached client %d" % number
        self.flags = 1000 + number

    def connect(self):
        return self.load.daemon.connect_to("memcache", REPLY_SECONDS)

    def failed(self, reply):
        """Whether it is an error that may be."""
        if not reply.startswith((b"SERVER_ERROR ", b"CLIENT_ERROR ", b"ERROR")):
            return False
        text = reply[:-2].removeprefix(b"SERVER_ERROR ")
        self.is_error(text if not text.startswith(b"backend ") else b"ERR " + text)
        return True

    def marker(self):
        text = b"%x" % self.random.getrandbits(64)

        def check(reply):
            if not self.failed(reply) and reply != b"EN O%b\r\n" % text:
                raise Wrong("got %r" % reply[:300])

        return Op(b"mg absent O%b\r\n" % text, check)

    def set(self):
        key = self.random.choice(self.keys)
        value = self.flies(key, self.new_value(key))

        def check(reply):
            failed = self.failed(reply)
            if not failed and reply != b"STORED\r\n":
                raise Wrong("got %r" % reply[:300])
            self.wrote(key, value, not failed)
            self.good_since += not failed

        return Op(memcache.storage(b"set %b %d 0 %d" % (key, self.flags, len(value)), value), check)

    def get(self):
        keys = list(dict.fromkeys(self.random.choices(self.keys, k=self.random.randint(1, 5))))

        def check(reply):
            if self.failed(reply):
                return
            units, found = memcache.units(reply), {}
            for line, data in units[:-1]:
                words = line.split(b" ")
                if words[0] != b"VALUE" or words[2] != b"%d" % self.flags:
                    raise Wrong("got %r" % reply[:300])
                found[words[1]] = data[:-2]
            some = self.failed(units[-1][0] + b"\r\n")  # of the keys are there
            if not some and units[-1][0] != b"END" or set(found) - set(keys):
                raise Wrong("got %r" % reply[:300])
            for key in found if some else keys:
                self.may_be(key, found.get(key))
            self.good_since += not some

        return Op(b"get %b\r\n" % b" ".join(keys), check)

    def meta_get(self):
        key, opaque = self.random.choice(self.keys), self.random.getrandbits(31)

        def check(reply):
            if self.failed(reply):
                return
            line, data = memcache.units(reply)[0]
            if line == b"EN k%b O%d" % (key, opaque):
                return self.may_be(key, None)
            if line != b"VA %d k%b O%d f%d" % (len(data or b"") - 2, key, opaque, self.flags):
                raise Wrong("got %r" % reply[:300])
            self.may_be(key, data[:-2])
            self.good()

        return Op(b"mg %b v k O%d f\r\n" % (key, opaque), check)

    def incr(self):
        """Made at its base where it is not there."""
        self.counts += 1

        def check(reply):
            if self.failed(reply):
                return
            line, data = memcache.units(reply)[0]
            if data is None or not line.startswith(b"VA "):
                raise Wrong("got %r" % reply[:300])
            self.counted(data[:-2])
            self.good()

        return Op(b"ma counter:m%d v N0 J%d\r\n" % (self.number, self.base + 1), check)

    def delete(self):
        key = self.random.choice(self.keys)
        self.flies(key, None)

        def check(reply):
            failed = self.failed(reply)
            if not failed and reply not in (b"DELETED\r\n", b"NOT_FOUND\r\n"):
                raise Wrong("got %r" % reply[:300])
            self.wrote(key, None, not failed)

        return Op(b"delete %b\r\n" % key, check)

    OPS = [set, set, get, get, get, meta_get, meta_get, incr, delete]


class Load:
    """All clients. `lossy`: the store may forget. `allowed`: errors that the fault explains, beside unavailable."""

    def __init__(self, daemon, kind, allowed=(), lossy=False, resp_clients=6, memcache_clients=2):
        self.daemon = daemon
        self.kind = kind
        self.lossy = lossy
        self.forgetful = False  # what a key held once may come back
        self.allowed = re.compile("|".join((UNAVAILABLE, *kind.allowed, *allowed)), re.S)
        self.stopping = threading.Event()
        self.paused = threading.Event()
        self.clients = [RespClient(self, n) for n in range(resp_clients)]
        self.clients += [MemcacheClient(self, n) for n in range(memcache_clients)]

    def start(self):
        for client in self.clients:
            client.start()

    def stop(self):
        self.stopping.set()
        for client in self.clients:
            client.join(2 * REPLY_SECONDS)
            if client.is_alive():
                client.wrong.append("%s is not answered" % client.name)

    def pause(self):
        """Returns when no client waits for a reply; resume() goes on."""
        self.paused.set()
        for client in self.clients:
            client.idle.wait(REPLY_SECONDS)

    def resume(self):
        for client in self.clients:
            client.idle.clear()
        self.paused.clear()

    def checked(self):
        return sum(client.checked for client in self.clients)

    def errors(self):
        return sum((client.errors for client in self.clients), collections.Counter())

    def wrong(self):
        return [text for client in self.clients for text in client.wrong]

    def all_served(self):
        """A probe: whether by now every client was served well since this was called."""
        before = [client.good_since for client in self.clients]
        return lambda: all(c.good_since > n + 3 or not c.is_alive() for c, n in zip(self.clients, before))
