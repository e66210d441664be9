"""A ring of three memcacheds of which one or all fail: the others' keys go on, and nothing goes where it does not belong."""

import signal
import time

from faults.of_memcached import WALKS, Cutter, half
from faults.proxy import CLOSE
from faults.stage import PATIENT, TIMEOUTS, fault
from lib import memcache, resp, servers
from lib.cases import check, equal, eventually

SIZE = 3
UNAVAILABLE = "backend 'memcached' is unavailable: "
VALUE = "v:%s"


class Ring:
    """A stage of three servers whose keys are known; its load waits."""

    def __init__(self, stage, keys=300, timeouts=PATIENT, partial="miss", **more):
        self.stage = stage(size=SIZE, timeouts=timeouts, memcached={"partial": partial, **more})
        self.keys = ["key%d" % i for i in range(keys)]

    def __enter__(self):
        s = self.stage.__enter__()
        s.load.pause()
        self.connection = s.daemon.connect(30)
        self.memcache = s.daemon.connect_to("memcache", 30)
        equal(self.connection.raw("FLUSHALL"), b"+OK\r\n")
        self.fill()
        self.of = [[key for key in self.keys if self.has(i, key)] for i in range(SIZE)]
        equal(sum(map(len, self.of)), len(self.keys), "each key is on one server: %s" % [len(keys) for keys in self.of])
        check(all(self.of), "%s", [len(keys) for keys in self.of])
        return self

    def __exit__(self, *what):
        self.connection.close()
        self.memcache.close()
        self.stage.load.lossy = True
        self.stage.load.resume()
        try:
            if what[0] is None:
                self.stage.served()
        finally:
            self.stage.__exit__(*what)

    def fill(self, keys=None):
        for key in keys or self.keys:
            equal(self.connection.raw("SET", key, VALUE % key), b"+OK\r\n")

    def has(self, server, key):
        with self.stage.stores[server].connect() as direct:
            return direct.raw("mg %s" % key) == b"HD\r\n"

    def kill(self, server):
        """And waits until it is noticed."""
        self.stage.stores[server].signal(signal.SIGKILL)
        self.stage.stores[server].wait()
        self.down(server)

    def down(self, server):
        """Each loop has noticed."""
        for c in [self.stage.daemon.connect(30) for _ in range(4)]:
            with c:
                eventually(lambda c=c: self.fails(c.raw("SET", self.of[server][0], "v"), server), "server %d is down" % server)

    def fails(self, reply, server, prefix=b"-ERR "):
        """Whether it is an error that names that server and says why."""
        begin = prefix + UNAVAILABLE.encode() + b"%s:%d: " % (servers.HOST.encode(), self.stage.proxies[server].address[1])
        return reply.startswith(begin) and len(reply) > len(begin) + 5

    def ask(self, *words):
        return self.connection.raw(*words)

    def pick(self, count=2):
        """Some keys of each server in turn."""
        return [keys[i] for i in range(count) for keys in self.of]

    def back(self, *dead):
        for server in dead:
            self.stage.stores[server].restart()
        eventually(lambda: all(self.ask("SET", keys[0], "v") == b"+OK\r\n" for keys in self.of), "all are back")
        self.fill()
        equal(self.connection.call("MGET", *self.keys), [(VALUE % key).encode() for key in self.keys])


def bulk(key):
    value = (VALUE % key).encode()
    return b"$%d\r\n%b\r\n" % (len(value), value)


@fault
def one_of_three_killed_under_load(stage):
    with stage(size=SIZE, lossy=True) as s:
        for store in s.stores:
            store.signal(signal.SIGKILL)
            store.wait()
            s.failing()
            check(s.ready(), "two are enough")
            store.restart()
            s.served()


@fault
def one_of_three_hangs_under_load(stage):
    with stage(size=SIZE, timeouts={**TIMEOUTS, "stall": "1500ms"}) as s:
        for store in s.stores:
            s.loses_a_connection(lambda store=store: store.signal(signal.SIGSTOP))
            s.failing()
            check(s.ready(), "two are enough")
            store.signal(signal.SIGCONT)
            s.served()


@fault
def one_of_three_lies_under_load(stage):
    with stage(size=SIZE) as s:
        for proxy in s.proxies:
            s.proxy = proxy
            for pieces in ((), (b"HD\r\n",), (half, CLOSE), (b"\x00\n",), (lambda reply: reply + reply,)):
                s.once(lambda reply, before: reply.startswith((b"VA ", b"HD O", b"EN O")), *pieces)


@fault
def keys_of_one_that_is_dead(stage):
    """Fail at once with its name; the others' are served, and all is well when it is back."""
    for partial in ("miss", "error"):
        with Ring(stage, partial=partial) as r:
            for dead in range(SIZE):
                r.kill(dead)
                check(r.stage.ready(), "two are enough")
                mine, others = r.of[dead], [key for i, keys in enumerate(r.of) if i != dead for key in keys]
                for words in (
                    ["GET", mine[1]], ["SET", mine[1], "v"], ["SET", mine[1], "v", "GET"], ["GETDEL", mine[1]], ["INCR", mine[1]],
                    ["DECR", mine[1]], ["APPEND", mine[1], "x"], ["TTL", mine[1]], ["EXPIRE", mine[1], "10"], ["STRLEN", mine[1]],
                    ["DEL", mine[1], others[0]], ["MSET", others[0], VALUE % others[0], mine[1], "v"], ["EXISTS", others[0], mine[1]],
                    ["MSETNX", "new", "v", mine[1], "v"], ["RENAME", mine[1], others[0]], ["RENAME", others[0], mine[1]],
                    ["COPY", others[0], mine[1]], ["MGET", *mine[:3]], ["MGET", mine[0]], ["OBJECT", "ENCODING", mine[1]],
                ):
                    reply = r.ask(*words)
                    check(r.fails(reply, dead), "%r to %s", reply, words)
                equal(r.ask("GET", others[0]), bulk(others[0]), "a key that was to be deleted, overwritten or renamed")
                for line in ("get %s", "gets %s", "mg %s v", "delete %s", "incr %s 1", "touch %s 10", "gat 10 %s", "ma %s", "md %s"):
                    reply = r.memcache.raw(line % mine[1])
                    check(r.fails(reply, dead, b"SERVER_ERROR "), "%r to %s", reply, line)
                for line in ("set %s 0 0 1", "add %s 0 0 1", "append %s 0 0 1", "cas %s 0 0 1 5", "ms %s 1"):
                    reply = r.memcache.raw(line % mine[1], "v")
                    check(r.fails(reply, dead, b"SERVER_ERROR "), "%r to %s", reply, line)
                r.connection.send(b"".join(resp.encode("GET", key) for key in r.keys))
                for key in r.keys:
                    reply = r.connection.reply()
                    check(r.fails(reply, dead) if key in mine else reply == bulk(key), "%r of %s", reply, key)
                some_are_there(r, dead, partial)
                r.back(dead)


def some_are_there(r, dead, partial):
    keys = r.pick(3)
    reply = r.ask("MGET", *keys)
    check(reply[:1] == b"*", "%r", reply)
    equal(len(resp.elements(reply)), len(keys))
    for key, one in zip(keys, resp.elements(reply)):
        if key not in r.of[dead]:
            equal(one, bulk(key), key)
        elif partial == "miss":
            equal(one, b"$-1\r\n", key)
        else:
            check(r.fails(one, dead), "%r of %s", one, key)
    for command in (b"get ", b"gets ", b"gat 0 "):
        units = memcache.units(r.memcache.raw(command + b" ".join(key.encode() for key in keys)))
        found = {line.split()[1].decode(): data[:-2].decode() for line, data in units[:-1]}
        equal(found, {key: VALUE % key for key in keys if key not in r.of[dead]}, command)
        if partial == "miss":
            equal(units[-1][0], b"END")
        else:
            check(r.fails(units[-1][0], dead, b"SERVER_ERROR "), "%r", units[-1])


@fault
def a_transaction_over_one_that_is_dead(stage):
    """Each command by itself: an error for those of the dead server."""
    with Ring(stage) as r:
        r.kill(1)
        a, b, c = (keys[3] for keys in r.of)
        words = [
            ["MULTI"], ["SET", a, "new"], ["SET", b, "new"], ["GET", a], ["GETSET", c, "new"], ["INCR", "n"], ["RENAME", a, b],
            ["MGET", a, b, c], ["GET", c], ["EXEC"],
        ]
        r.connection.send(b"".join(resp.encode(*w) for w in words))
        equal(r.connection.replies(9), b"+OK\r\n" + b"+QUEUED\r\n" * 8)
        got = resp.elements(r.connection.reply())
        equal(len(got), 8)
        equal(got[0], b"+OK\r\n")
        check(r.fails(got[1], 1), "%r", got[1])
        equal(got[2], b"$3\r\nnew\r\n")
        equal(got[3], bulk(c))
        check(r.fails(got[5], 1), "%r", got[5])
        equal(got[6], b"*3\r\n$3\r\nnew\r\n$-1\r\n$3\r\nnew\r\n")
        equal(got[7], b"$3\r\nnew\r\n")
        r.back(1)


@fault
def what_concerns_all_servers_while_one_is_dead(stage):
    """A clear error at once, and no half of a list."""
    with Ring(stage) as r:
        for dead in range(SIZE):
            r.kill(dead)
            named = b"%s:%d: " % (servers.HOST.encode(), r.stage.proxies[dead].address[1])
            for words in (*WALKS, ["FLUSHALL"], ["FLUSHDB"]):
                reply = r.ask(*words)
                check(reply.startswith(b"-ERR backend 'memcached' ") and named in reply, "%r to %s", reply, words)
            reply = r.memcache.raw("flush_all")
            check(reply.startswith(b"SERVER_ERROR backend 'memcached' ") and named in reply, "%r", reply)
            key = r.of[(dead + 1) % SIZE][0]
            equal(r.ask("GET", key), bulk(key), "nothing is flushed")
            r.back(dead)
            equal(len(r.connection.call("KEYS", "key*")), len(r.keys))


@fault
def keys_of_one_that_hangs(stage):
    """Those of the others are answered meanwhile; its own, when timeouts.request is over, and later at once."""
    with Ring(stage, timeouts={**TIMEOUTS, "request": "2s", "stall": "4s"}) as r:
        r.stage.stores[2].signal(signal.SIGSTOP)
        slow = [r.stage.daemon.connect(30) for _ in range(4)]
        words = (["GET", r.of[2][0]], ["MGET", *r.pick()], ["GETDEL", r.of[2][1]], ["KEYS", "*"])
        for c, w in zip(slow, words):
            c.send(resp.encode(*w))
        begun, served = time.monotonic(), 0
        while time.monotonic() - begun < 1:
            for key in r.of[0][:10] + r.of[1][:10]:
                equal(r.ask("GET", key), bulk(key))
                served += 1
        print("keys_of_one_that_hangs: %d requests to the others within a second" % served)
        check(r.fails(slow[0].reply(), 2), "GET")
        values = resp.elements(slow[1].reply())
        equal(values, [b"$-1\r\n" if key in r.of[2] else bulk(key) for key in r.pick()])
        check(r.fails(slow[2].reply(), 2), "GETDEL")
        reply = slow[3].reply()
        check(reply.startswith(b"-ERR backend 'memcached' "), "%r", reply)
        r.down(2)
        r.stage.stores[2].signal(signal.SIGCONT)
        r.back()
        for c in slow:
            c.close()


@fault
def keys_of_one_that_takes_connections_and_says_nothing(stage):
    """While it is tried again and again, nobody waits for it."""
    with Ring(stage, timeouts={"request": "1h", "connect": "1s", "stall": "1s"}) as r:
        answered, until = 0, time.monotonic() + 1
        while time.monotonic() < until:
            equal(r.ask("GET", r.of[1][0]), bulk(r.of[1][0]))
            r.ask("MGET", *r.pick())
            answered += 1
        r.stage.stores[1].signal(signal.SIGSTOP)
        eventually(lambda: b"timeouts.connect" in r.ask("GET", r.of[1][0]), "it is known to be down")
        asked, until = 0, time.monotonic() + 4
        while time.monotonic() < until:
            reply = r.ask("GET", r.of[1][asked % 10])
            check(r.fails(reply, 1), "%r", reply)
            reply = r.ask("MGET", *r.pick())
            equal(resp.elements(reply), [b"$-1\r\n" if key in r.of[1] else bulk(key) for key in r.pick()])
            asked += 1
        print("keys_of_one_that_takes_connections_and_says_nothing: %d answers a second, then %d in four" % (answered, asked))
        check(asked > answered, "%d answers a second, then %d in four", answered, asked)
        r.stage.stores[1].signal(signal.SIGCONT)
        r.back()


@fault
def all_of_three_dead(stage):
    with Ring(stage) as r:
        for server in range(SIZE):
            r.kill(server)
        r.stage.not_ready()
        for i, keys in enumerate(r.of):
            check(r.fails(r.ask("GET", keys[0]), i), "GET of server %d", i)
        reply = r.ask("MGET", *r.pick())
        check(any(r.fails(reply, i) for i in range(SIZE)), "%r", reply)
        r.back(*range(SIZE))
        eventually(r.stage.ready, "ready")


@fault
def ejected_and_back(stage):
    """memcached.auto_eject: the keys of a dead server go to the others until it is back, and no other key moves."""
    for distribution in ("ketama", "consistent"):
        with Ring(stage, auto_eject=True, distribution=distribution) as r:
            for dead in range(SIZE):
                mine, others = r.of[dead], [key for i, keys in enumerate(r.of) if i != dead for key in keys]
                r.stage.stores[dead].signal(signal.SIGKILL)
                r.stage.stores[dead].wait()
                eventually(lambda: r.ask("GET", mine[0]) == b"$-1\r\n", "its keys are looked for elsewhere")
                equal(r.connection.call("MGET", *mine), [None] * len(mine))
                equal(r.connection.call("MGET", *others), [(VALUE % key).encode() for key in others], "no other key moves")
                r.fill(mine)
                equal(r.connection.call("MGET", *r.keys), [(VALUE % key).encode() for key in r.keys])
                for key in mine:
                    check(any(r.has(i, key) for i in range(SIZE) if i != dead), "%s is elsewhere", key)
                r.stage.stores[dead].restart()
                eventually(lambda: r.ask("GET", mine[0]) == b"$-1\r\n", "they are looked for where they were")
                equal(r.connection.call("MGET", *mine), [None] * len(mine))
                r.fill(mine)
                check(all(r.has(dead, key) for key in mine), "they are back")
                equal(sorted(r.connection.call("KEYS", "key*")), sorted(key.encode() for key in r.keys), "what is left is hidden")
                equal(r.connection.raw("CACHETTE", "CLEAR", "nosuch"), b":0\r\n")


@fault
def ejected_under_load(stage):
    """What was written before comes back with its server, so that only replies that are no one's key or value count."""
    with stage(size=SIZE, lossy=True, memcached={"auto_eject": True, "distribution": "ketama"}) as s:
        s.load.forgetful = True
        for store in s.stores:
            store.signal(signal.SIGKILL)
            store.wait()
            s.served()
            store.restart()
            time.sleep(0.3)
            s.served()


@fault
def order_while_one_lies(stage):
    """Replies stay in order over three servers, whichever of them ends its connection in between."""
    with Ring(stage) as r:
        keys = r.pick(4)
        for proxy in r.stage.proxies:
            for at in range(4):
                eventually(lambda: all(r.ask("GET", key) == bulk(key) for key in keys[:SIZE]), "served")
                cutter = Cutter(proxy, at, (CLOSE,))
                r.connection.send(b"".join(resp.encode("GET", key) + resp.encode("ECHO", key) for key in keys))
                for key in keys:
                    reply = r.connection.reply()
                    check(reply == bulk(key) or reply.startswith(b"-ERR " + UNAVAILABLE.encode()), "%r of %s", reply, key)
                    equal(r.connection.reply(), b"$%d\r\n%s\r\n" % (len(key), key.encode()))
                check(cutter.cut.is_set(), "it was cut")
                proxy.hook = None
