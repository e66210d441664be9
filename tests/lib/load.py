"""What the system tests do with many requests: send from a thread while reading, fill a server with keys, keep pinging."""

import threading

from lib import resp
from lib.cases import equal


class Sender:
    """Sends data from a thread, so that a deep pipeline cannot deadlock with its replies."""

    def __init__(self, connection, data):
        self.fault = None
        self.thread = threading.Thread(target=self._send, args=(connection, data), daemon=True)
        self.thread.start()

    def _send(self, connection, data):
        try:
            connection.sock.setblocking(True)
            connection.sock.sendall(data)
        except OSError as fault:
            self.fault = fault

    def join(self):
        self.thread.join(60)
        if self.fault:
            raise self.fault


def pipelined(connection, data, count, timeout=120.0):
    """Sends data and returns its count replies as one blob."""
    sender = Sender(connection, data)
    blob = connection.replies(count, timeout)
    sender.join()
    return blob


def echo_pairs(prefix, depth):
    """SET key key, GET key, depth times; and the replies that must come."""
    data, want = [], []
    for i in range(depth):
        key = b"%s:%d" % (prefix, i)
        data.append(
            b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n"
            % (len(key), key, len(key), key, len(key), key)
        )
        want.append(b"+OK\r\n$%d\r\n%b\r\n" % (len(key), key))
    return b"".join(data), b"".join(want)


def fill(connection, count, name=b"key:%d", value=b"v", batch=1000, per_command=100):
    """count keys by MSET."""
    sent = 0
    while sent < count:
        data, commands = [], 0
        for first in range(sent, min(sent + batch * per_command, count), per_command):
            words = [b"MSET"]
            for i in range(first, min(first + per_command, count)):
                words += [name % i, value]
            data.append(resp.encode(*words))
            commands += 1
        blob = pipelined(connection, b"".join(data), commands)
        equal(blob, b"+OK\r\n" * commands, "MSET")
        sent += batch * per_command


def pings_until(pinging, waiting):
    """PING round trips on one connection until a reply is there on the other: (how many, that reply)."""
    trips = 0
    waiting.sock.setblocking(False)
    try:
        while True:
            equal(pinging.raw("PING"), b"+PONG\r\n")
            try:
                data = waiting.sock.recv(65536)
            except BlockingIOError:
                trips += 1
                continue
            waiting.buf += data
            break
    finally:
        waiting.sock.settimeout(waiting.timeout)
    return trips, waiting.reply(120)
