"""A TCP proxy between cachetted and its store that can be told to do wrong: hang, close, reset, delay, lie.

Threads: one accepts, two pump each connection. What the store answers passes reply by reply, so that a lie may take the
place of a whole reply or be cut anywhere. `hook(reply, before)` is asked for each: None lets it pass, else the pieces to
send instead, in which CLOSE and RESET end the connection, and SILENCE hangs all of them.
"""

import socket
import struct
import threading
import time

from faults.kinds import kind
from lib import resp, servers

CLOSE, RESET, SILENCE = object(), object(), object()
CHUNK = 65536


class Proxy:
    def __init__(self, target, encrypted=False):
        self.target = target
        self.encrypted = encrypted  # what passes is not read, and no hook is asked
        self.hook = None
        self.delay = 0.0  # seconds that each chunk of replies is late
        self.open_gate = threading.Event()
        self.open_gate.set()  # cleared: nothing passes
        self.links = []
        self.accepted = 0
        self.lock = threading.Lock()
        self.listener = None
        for left in reversed(range(servers.START_TRIES)):
            self.address = (servers.HOST, servers.stable_port())
            try:
                self.listen()
                break
            except OSError:  # somebody else was faster
                if left == 0:
                    raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.open_gate.set()
        self.refuse()
        self.end(CLOSE)

    def listen(self):
        self.listener = socket.create_server(self.address)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        """New connections are refused until listen()."""
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self.listener.close()
        self.listener = None

    def end(self, how):
        """Ends every connection."""
        with self.lock:
            links, self.links = self.links, []
        for link in links:
            link.end(how)

    def half_close(self):
        """The store says that it sends no more, and goes on reading."""
        with self.lock:
            links = list(self.links)
        for link in links:
            link.half_close()

    def inject(self, data):
        """Sent to cachetted on every connection, between two replies."""
        with self.lock:
            links = list(self.links)
        for link in links:
            link.to_client(data)

    def hang(self):
        self.open_gate.clear()

    def release(self):
        self.open_gate.set()

    def replace_one(self, wanted, *pieces):
        """The next reply for which wanted(reply, before) is true becomes these pieces; returns an event that tells."""
        done, lock = threading.Event(), threading.Lock()

        def hook(reply, before):
            with lock:
                if done.is_set() or not wanted(reply, before):
                    return None
                done.set()
            return [piece(reply) if callable(piece) else piece for piece in pieces]

        self.hook = hook
        return done

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                store = connect(self.target)
                store.settimeout(None)
            except OSError:
                client.close()
                continue
            link = Link(self, client, store)
            with self.lock:
                self.links.append(link)
            link.start()


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy, client, store):
        self.proxy = proxy
        self.client = client
        self.store = store
        self.writing = threading.Lock()
        self.muted = self.ended = False
        for sock in (client, store):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self):
        for body in (self._requests, self._replies):
            threading.Thread(target=self._guarded, args=(body,), daemon=True).start()

    def end(self, how):
        with self.writing:
            if self.ended:
                return
            self.ended = True
        if how is RESET:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            shut(self.client, socket.SHUT_RD)  # wakes who reads it, and sends nothing
        else:
            shut(self.client)
        shut(self.store)
        self.client.close()

    def half_close(self):
        with self.writing:
            self.muted = True
            try:
                self.client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def to_client(self, data):
        with self.writing:
            if self.muted or self.ended:
                return
            try:
                self.client.sendall(data)
            except OSError:
                pass

    def _guarded(self, body):
        try:
            body()
        except (OSError, resp.NotResp):
            pass
        self.end(CLOSE)

    def _requests(self):
        while True:
            data = self.client.recv(CHUNK)
            if not data:
                return
            self.proxy.open_gate.wait()
            self.store.sendall(data)

    def _replies(self):
        buf, before = bytearray(), b""
        while True:
            data = self.store.recv(CHUNK)
            if not data:
                return
            self.proxy.open_gate.wait()
            if self.proxy.delay:
                time.sleep(self.proxy.delay)
            if self.proxy.encrypted:
                self.to_client(data)
                continue
            buf += data
            whole, pos = [], 0
            while pos < len(buf):
                end = kind.reply_end(buf, pos)
                if end < 0:
                    break
                reply = bytes(buf[pos:end])
                pos = end
                hook = self.proxy.hook
                pieces = hook(reply, before) if hook else None
                before = reply
                if pieces is None:
                    whole.append(reply)
                    continue
                self.to_client(b"".join(whole))
                whole = []
                for piece in pieces:
                    if piece in (CLOSE, RESET):
                        return self.end(piece)
                    if piece is SILENCE:
                        self.proxy.hang()
                        return self.proxy.open_gate.wait()
                    self.to_client(piece)
            del buf[:pos]
            self.to_client(b"".join(whole))


def connect(target):
    """To (host, port) or a unix socket's path."""
    if not isinstance(target, str):
        return socket.create_connection(target, 5)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(target)
    return sock


def shut(sock, how=socket.SHUT_RDWR):
    try:
        sock.shutdown(how)
    except OSError:
        pass
