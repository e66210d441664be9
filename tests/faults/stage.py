"""What every fault stands on: a store, a proxy before it, cachetted, and clients that never stop asking."""

import os
import signal
import time

from faults.kinds import kind
from faults.load import Load
from faults.proxy import Proxy
from lib import certificates, resp, servers
from lib.cases import Suite, check, equal, eventually

suite = Suite("faults")
PASSWORD = "s3cret-Pass"
TIMEOUTS = {"request": "1s", "connect": "1s", "stall": "3s"}
ENOUGH = 300  # operations, to be worth a verdict
LONG_LIVED = 1.1  # seconds: only a connection that has lived so long is worth another one at once
PATIENT = {"request": "1h", "connect": "10m", "stall": "1h"}  # what comes with these was not waited for


def config_for(address, password=None, timeouts=TIMEOUTS, **more):
    return servers.overlay(kind.config(address, password), {"timeouts": timeouts, "threads": 2, **more})


def not_ready(daemon, *reasons):
    """What /readyz says while it is 503 for one of the reasons, else None."""
    status, text = daemon.readiness()
    return text if status == 503 and any(reason in text for reason in reasons) else None


def name_of(answer):
    return getattr(answer, "__name__", answer)


class Stage:
    """A store, a proxy before it, cachetted, and its clients. Leaving it counts and judges what they were answered.

    `way`: how cachetted reaches the store: "tcp" or "tls", by the proxy, or "unix", past it. `database`: of the URL.
    `options`: more words for the store. `size`: so many stores in a ring, each with a proxy; `store` is the first.
    """

    def __init__(self, name, allowed=(), lossy=False, password=None, way="tcp", database=0, options=(), timeouts=TIMEOUTS,
                 size=1, **config):
        self.name = name
        options, tls_port = list(options), None
        if way == "tls":
            certificates.prepare()
            tls_port = servers.free_port()
            options += certificates.tls_options("good", tls_port)
            config["tls"] = {"ca": certificates.path("ca.pem")}
        self.stores = [kind.server(options, password, way == "unix") for _ in range(size)]
        self.password = password
        self.proxies = [Proxy((servers.HOST, tls_port) if tls_port else s.address, way == "tls") for s in self.stores]
        self.store, self.proxy = self.stores[0], self.proxies[0]
        self.named = "%s:%d" % self.proxy.address
        addresses = [proxy.address for proxy in self.proxies]
        if way == "unix":
            self.named = os.path.join(self.store.folder, kind.socket)
            addresses = [self.named]
        config = config_for(addresses if size > 1 else addresses[0], password, timeouts, **config)
        if way == "tls" or database:
            url = config[kind.name + "_url"].replace("://", "s://" if way == "tls" else "://")
            config[kind.name + "_url"] = "%s/%d" % (url, database)
        self.daemon = servers.Daemon(config, with_memcache=True)
        self.load = Load(self.daemon, kind, allowed, lossy)

    def __enter__(self):
        eventually(self.ready, "ready")
        with self.daemon.connect() as connection:  # once it has what it needs in the store, too
            eventually(lambda: connection.raw("SETNX", "ready", "") == b":1\r\n", "a write")
        self.load.start()
        self.served()
        return self

    def __exit__(self, kind, *unused):
        until = time.monotonic() + 30
        while kind is None and self.load.checked() <= ENOUGH and time.monotonic() < until:  # on a slow machine
            time.sleep(0.05)
        self.load.stop()
        wrong = self.load.wrong()
        ended = self.daemon.process.poll()
        try:
            if kind is None:
                self.judge(wrong, ended)
            elif wrong or ended is not None:
                print("%s: the daemon ended with %s; wrong: %s" % (self.name, ended, wrong[:3]))
                print(self.daemon.log()[-3000:] if ended is not None else "")
        finally:
            for proxy in self.proxies:
                proxy.__exit__()
            self.daemon.stop()
            for store in self.stores:
                if store.process.poll() is None:
                    store.signal(signal.SIGCONT)
                store.stop()

    def judge(self, wrong, ended):
        errors = self.load.errors()
        print(
            "%s: %d operations checked, %d wrong, %d errors (%s)"
            % (
                self.name,
                self.load.checked(),
                len(wrong),
                sum(errors.values()),
                ", ".join("%d %s" % (count, what) for what, count in errors.most_common(4)),
            ),
            flush=True,
        )
        equal(ended, None, "the daemon ended:\n" + self.daemon.log()[-3000:])
        check(not wrong, "%d wrong, the first:\n%s", len(wrong), "\n".join(wrong[:5]))
        check(self.load.checked() > ENOUGH, "only %d operations", self.load.checked())
        if self.password:
            check(self.password not in self.daemon.log(), "the password is in the log")
        with self.daemon.connect() as connection:
            equal(connection.raw("PING"), b"+PONG\r\n")

    # What a fault does and waits for:

    def ready(self):
        return self.daemon.readiness()[0] == 200

    def not_ready(self, reason=""):
        """Waits for /readyz to say so, for that reason; its text names the server and never the password."""
        text = eventually(lambda: not_ready(self.daemon, reason), "503 for `%s` (now %s)" % (reason, self.daemon.readiness()))
        check(self.named in text, "%r does not name %s", text, self.named)
        check(not self.password or self.password not in text and PASSWORD not in text, text)

    def served(self):
        """Waits until every client gets good replies again."""
        eventually(self.load.all_served(), "every client is served", 30)

    def recovers(self, since):
        """Ready and served; `since` is when the store was back, on the clock of monotonic()."""
        eventually(self.ready, "ready again (now %s)" % (self.daemon.readiness(),), 15)
        took = time.monotonic() - since
        self.served()
        print("%s: ready %.2f s after the store was back" % (self.name, took))

    def failing(self):
        """Waits until clients get errors."""
        before = sum(self.load.errors().values())
        eventually(lambda: sum(self.load.errors().values()) > before, "errors", 15)

    def crashes_and_comes_back(self):
        self.store.signal(signal.SIGKILL)
        self.store.wait()
        self.not_ready()
        self.failing()
        self.store.restart()
        self.recovers(time.monotonic())

    def admin(self, *words):
        """A command to the store itself."""
        with self.store.connect() as connection:
            if kind.name == "memcached":
                return connection.raw(*words)
            if self.password:
                connection.call("AUTH", self.password)
            return connection.call(*words)

    def lost(self):
        return self.daemon.metric("cachetted_upstream_connects_total", result="lost")

    def loses_a_connection(self, act):
        before = self.lost()
        act()
        self.has_lost(before)

    def has_lost(self, before):
        """Waits for it, where a connection's loss is told; a driver's is not, unless the server is away."""
        if kind.own_connections:
            eventually(lambda: self.lost() > before, "a lost connection", 15)

    def lie(self, connection, data, count, at, answers, marker):
        """data has count replies; the store's number `at` becomes each of answers in turn. The stream stays in step.

        An answer may be a function of the reply.
        """
        for answer in answers:
            with self.store.connect() as control:
                kind.forget(control)
            left = [at]

            def hook(reply, before, left=left, answer=answer):
                if kind.is_own(reply):
                    return None
                left[0] -= 1
                return ([answer(reply)] if callable(answer) else [answer]) if left[0] == -1 else None

            self.proxy.hook = hook
            try:
                connection.send(data + marker[0])
                connection.replies(count)
                equal(connection.reply(), marker[1], "behind %r with %r" % (data[:200], name_of(answer)))
            except (resp.Closed, resp.TimedOut) as fault:
                raise AssertionError("%s after %r with %r at %d" % (fault, data[:300], name_of(answer), at)) from None
            self.proxy.hook = None
            eventually(self.ready, "ready")

    def once(self, wanted, *pieces):
        """One reply is replaced while clients go on; the connection that it was on ends, and all are served again."""
        before = self.lost()
        done = self.proxy.replace_one(wanted, *pieces)
        eventually(done.is_set, "such a reply")
        self.has_lost(before)
        self.proxy.hook = None
        self.served()


def fault(body):
    """A case; its name is told to the stage that it opens by `stage()`."""

    def stage(**options):
        return Stage(body.__name__, **options)

    def run():
        servers.need_daemon()
        body(stage)

    run.__name__ = body.__name__
    return suite.case(run)
