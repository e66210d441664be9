"""Stores that cannot be used from the start, without a load: what is asked fails at once, with a reason, and /readyz names
the server."""

import signal
import socket
import threading
import time

from faults.stage import KIND, PASSWORD, PATIENT, config_for, fault, not_ready
from lib import resp, servers
from lib.cases import check, equal, eventually

def unavailable(address, *reasons, url=None, named=None, timeouts=PATIENT, commands=100):
    """A daemon on that store: every request is answered although none may time out for an hour."""
    named = named or "%s:%d" % address
    with servers.Daemon(config_for(address, url, timeouts), with_memcache=True) as daemon:

        text = eventually(lambda: not_ready(daemon, *reasons), "503, and one of %s" % (reasons,), 15)
        check(named in text, text)
        check(PASSWORD not in text and PASSWORD not in daemon.log(), text)
        with daemon.connect(20) as connection:
            words = (["GET", "k"], ["SET", "k", "v"], ["MGET", "a", "b"], ["INCR", "n"], ["DBSIZE"], ["HGET", "h", "f"])
            connection.send(b"".join(resp.encode(*words[i % len(words)]) for i in range(commands)) + resp.encode("PING"))
            replies = resp.split_replies(connection.replies(commands + 1))[0]
            for reply in replies[:-1]:
                check(reply.startswith(b"-ERR backend '%s' is unavailable: " % KIND.encode()), "%r", reply)
                check(PASSWORD.encode() not in reply, "%r", reply)
            equal(replies[-1], b"+PONG\r\n")
            connection.send(resp.encode("MULTI") + resp.encode("SET", "k", "v") + resp.encode("EXEC"))
            replies = resp.split_replies(connection.replies(3))[0]
            check(replies[2].startswith((b"-ERR backend", b"-EXECABORT")), "%r", replies)
        with daemon.connect_to("memcache", 20) as connection:
            for line in ("get k", "mg k v", "delete k", "incr n 1"):
                reply = connection.raw(line)
                check(reply.startswith(b"SERVER_ERROR backend '%s' is unavailable: " % KIND.encode()), "%r", reply)
            reply = connection.raw("set k 0 0 1", "v")
            check(reply.startswith(b"SERVER_ERROR "), "%r", reply)
            equal(connection.raw("mn"), b"MN\r\n")
        equal(daemon.process.poll(), None)


@fault
def nobody_listens(stage):
    unavailable((servers.HOST, servers.stable_port()), "refused")


@fault
def a_host_without_address(stage):
    unavailable(None, "nosuch.invalid", url="%s://nosuch.invalid:6379" % KIND, named="nosuch.invalid")


@fault
def a_socket_that_is_not_there(stage):
    unavailable(None, "no such file", url="unix:///nosuch/store.sock", named="/nosuch/store.sock")


@fault
def a_wrong_password(stage):
    with servers.STORES[KIND](["--requirepass", "the right one"]) as store:
        for user in ("", "eve"):
            url = "%s://%s:%s@%s:%d" % (KIND, user, PASSWORD, *store.address)
            unavailable(store.address, "password", url=url)


@fault
def no_password(stage):
    with servers.STORES[KIND](["--requirepass", "the right one"]) as store:
        unavailable(store.address, "NOAUTH")


@fault
def a_database_that_is_not_there(stage):
    with servers.STORES[KIND](["--databases", "4"]) as store:
        unavailable(store.address, "database", url="%s://%s:%d/7" % (KIND, *store.address))


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
    with servers.STORES[KIND](["--databases", "4"]) as store:
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
            check(connection.raw("SELECT", "2").startswith(b"-ERR backend '%s' is unavailable: " % KIND.encode()), "told")
            store.restart()
            eventually(lambda: connection.raw("SELECT", "2") == b"+OK\r\n", "selected")
            equal(connection.raw("DBSIZE"), b":0\r\n")


class Answering:
    """A server that answers whatever comes with the same bytes, and closes or not."""

    def __init__(self, data, closes=False):
        self.data, self.closes = data, closes
        self.listener = socket.create_server((servers.HOST, 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock):
        try:
            with sock:
                while sock.recv(65536):
                    sock.sendall(self.data)
                    if self.closes:
                        return
        except OSError:
            pass


@fault
def a_web_server(stage):
    with Answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True) as server:
        unavailable(server.address, "no reply")


@fault
def a_memcached(stage):
    with servers.Memcached() as server:
        unavailable(server.address, "no reply")


@fault
def a_server_that_closes_at_once(stage):
    with Answering(b"", True) as server:
        unavailable(server.address, "closed")


@fault
def a_server_that_says_nothing(stage):
    """Here only timeouts.connect can tell."""
    with Answering(b"") as server:
        unavailable(server.address, "no answer", timeouts={**PATIENT, "connect": "300ms"})


@fault
def a_server_without_end(stage):
    """Its greeting never ends: more replies than were asked for."""
    with Answering(b"+PONG\r\n" * 1000) as server:
        unavailable(server.address, "too many", "not ready", "no answer", timeouts={**PATIENT, "connect": "1s"})


@fault
def back_after_a_long_time(stage):
    """However long it was away, it is noticed within about a second."""
    store = servers.STORES[KIND]()
    with servers.Daemon(config_for(store.address)) as daemon, daemon.connect(20) as connection:
        eventually(lambda: daemon.readiness()[0] == 200, "ready")
        store.signal(signal.SIGKILL)
        store.wait()
        eventually(lambda: daemon.readiness()[0] == 503, "503")
        time.sleep(5)
        store.restart()
        back = time.monotonic()
        eventually(lambda: daemon.readiness()[0] == 200, "ready again")
        print("back_after_a_long_time: ready %.2f s after the store was back" % (time.monotonic() - back))
        equal(connection.raw("SET", "k", "v"), b"+OK\r\n")
    store.stop()
