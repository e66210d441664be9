"""Stores that cannot be used from the start, without a load: what is asked fails at once, with a reason, and /readyz names
the server."""

import signal
import socket
import threading
import time

from faults.kinds import kind
from faults.stage import PASSWORD, PATIENT, config_for, fault, not_ready
from lib import resp, servers
from lib.cases import check, equal, eventually


def unavailable(address, *reasons, named=None, timeouts=PATIENT, commands=100, **more):
    """A daemon on that store: every request is answered although none may time out for an hour. `more`: configuration."""
    named = named or "%s:%d" % address
    with servers.Daemon(config_for(address, timeouts=timeouts, **more), with_memcache=True) as daemon:
        text = eventually(lambda: not_ready(daemon, *reasons), "503, and one of %s" % (reasons,), 15)
        check(named in text, text)
        check(PASSWORD not in text and PASSWORD not in daemon.log(), text)
        with daemon.connect(20) as connection:
            words = (["GET", "k"], ["SET", "k", "v"], ["MGET", "a", "b"], ["INCR", "n"], ["DBSIZE"])
            words += (["HGET", "h", "f"],) if kind.scripts else (["GETDEL", "k"], ["RENAME", "k", "l"])
            connection.send(b"".join(resp.encode(*words[i % len(words)]) for i in range(commands)) + resp.encode("PING"))
            replies = resp.split_replies(connection.replies(commands + 1))[0]
            for reply in replies[:-1]:
                check(reply.startswith(b"-ERR backend '%s' is unavailable: " % kind.name.encode()), "%r", reply)
                check(PASSWORD.encode() not in reply, "%r", reply)
            equal(replies[-1], b"+PONG\r\n")
            connection.send(resp.encode("MULTI") + resp.encode("SET", "k", "v") + resp.encode("EXEC"))
            replies = resp.split_replies(connection.replies(3))[0]
            check(replies[2].startswith((b"-ERR backend", b"-EXECABORT", b"*1\r\n-ERR backend")), "%r", replies)
        with daemon.connect_to("memcache", 20) as connection:
            for line in ("get k", "mg k v", "delete k", "incr n 1"):
                reply = connection.raw(line)
                check(reply.startswith(b"SERVER_ERROR backend '%s' is unavailable: " % kind.name.encode()), "%r", reply)
            reply = connection.raw("set k 0 0 1", "v")
            check(reply.startswith(b"SERVER_ERROR "), "%r", reply)
            equal(connection.raw("mn"), b"MN\r\n")
        equal(daemon.process.poll(), None)


@fault
def nobody_listens(stage):
    unavailable((servers.HOST, servers.stable_port()), "refused")


@fault
def a_host_without_address(stage):
    unavailable(("nosuch.invalid", 6379), "nosuch.invalid")


@fault
def a_socket_that_is_not_there(stage):
    unavailable("/nosuch/store.sock", "no such file", named="/nosuch/store.sock")


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
    with Answering(kind.pong * 1000) as server:
        unavailable(server.address, "too many", "not ready", "no answer", "no table", timeouts={**PATIENT, "connect": "1s"})


@fault
def back_after_a_long_time(stage):
    """However long it was away, it is noticed within about a second."""
    store = servers.STORES[kind.name]()
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
