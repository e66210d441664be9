"""RESP as bytes: encode commands, find where a reply ends, and a socket that hands out each reply's exact bytes.

Nothing is decoded on the way: tests compare what was on the wire. `decode` is for the few that need a value.
One thread per connection.
"""

import socket
import time

LINE_TYPES = b"+-:_,#("
BLOB_TYPES = b"$=!"
SEQUENCE_TYPES = b"*~>"


class Closed(Exception):
    """The peer closed before a whole reply was there; `.rest` holds what had arrived."""

    def __init__(self, rest=b""):
        super().__init__("connection closed after %r" % rest[-200:])
        self.rest = rest


class TimedOut(Exception):
    """Nothing whole arrived in time; `.rest` holds what had arrived."""

    def __init__(self, rest=b""):
        super().__init__("timed out after %r" % rest[-200:])
        self.rest = rest


class NotResp(Exception):
    """The bytes are no RESP reply."""


def to_bytes(arg):
    if isinstance(arg, bytes):
        return arg
    return str(arg).encode()


def encode(*args):
    """One command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        arg = to_bytes(arg)
        parts.append(b"$%d\r\n%b\r\n" % (len(arg), arg))
    return b"".join(parts)


def reply_end(buf, pos=0):
    """Offset one past the reply that starts at pos, or -1 while it is incomplete. RESP2 and RESP3, nested."""
    pos, pending = scan(buf, pos, 1)
    return -1 if pending else pos


def scan(buf, pos, pending):
    """Passes over up to `pending` replies from pos on; returns where it stopped and how many are still missing there."""
    size = len(buf)
    while pending:
        newline = buf.find(b"\r\n", pos)
        if newline < 0:
            break
        kind = buf[pos]
        end = newline + 2
        more = 0
        if kind in BLOB_TYPES:
            length = _count(buf, pos, newline)
            end += length + 2 if length >= 0 else 0
            if end > size:
                break
        elif kind in SEQUENCE_TYPES:
            more = max(_count(buf, pos, newline), 0)
        elif kind == 0x25:  # % map
            more = 2 * _count(buf, pos, newline)
        elif kind == 0x7C:  # | attribute: belongs to the reply after it
            more = 2 * _count(buf, pos, newline) + 1
        elif kind not in LINE_TYPES:
            raise NotResp(bytes(buf[pos : pos + 80]))
        pos = end
        pending += more - 1
    return pos, pending


def _count(buf, pos, newline):
    try:
        return int(buf[pos + 1 : newline])
    except ValueError:
        raise NotResp(bytes(buf[pos : pos + 80])) from None


def split_replies(blob):
    """The whole replies in blob, and what is left over."""
    out, pos = [], 0
    while pos < len(blob):
        end = reply_end(blob, pos)
        if end < 0:
            break
        out.append(bytes(blob[pos:end]))
        pos = end
    return out, bytes(blob[pos:])


def elements(reply):
    """The raw elements of an array, set, push or map reply (a map's keys and values in turn)."""
    newline = reply.index(b"\r\n")
    return split_replies(reply[newline + 2 :])[0]


class RespError(Exception):
    """An error reply, as decode returns it."""


def decode(reply):
    """A reply's value: bytes, int, float, None, bool, list, dict, or a RespError (returned, not raised)."""
    newline = reply.index(b"\r\n")
    kind, head = reply[:1], reply[1:newline]
    if kind == b"+":
        return head
    if kind == b"-":
        return RespError(head.decode(errors="replace"))
    if kind in (b":", b"("):
        return int(head)
    if kind == b"_" or head == b"-1" and kind in (b"$", b"*"):
        return None
    if kind == b",":
        return float(head)
    if kind == b"#":
        return head == b"t"
    if kind == b"$":
        return reply[newline + 2 : -2]
    if kind == b"=":
        return reply[newline + 6 : -2]
    if kind == b"!":
        return RespError(reply[newline + 2 : -2].decode(errors="replace"))
    values = [decode(part) for part in elements(reply)]
    if kind == b"%":
        return dict(zip(values[::2], values[1::2]))
    return values


class Connection:
    """A blocking socket with a framer. `address` is (host, port) or a unix socket's path."""

    def __init__(self, address, timeout=10.0, source=None):
        self.timeout = timeout
        self.buf = bytearray()
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(timeout)
            self.sock.connect(address)
        else:
            self.sock = socket.create_connection(address, timeout, source_address=source)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def fill(self, deadline):
        """Reads once into the buffer; raises Closed or TimedOut."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(bytes(self.buf))
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(262144)
        except socket.timeout:
            raise TimedOut(bytes(self.buf)) from None
        except ConnectionError:
            data = b""
        finally:
            self.sock.settimeout(self.timeout)
        if not data:
            raise Closed(bytes(self.buf))
        self.buf += data

    def reply(self, timeout=None):
        """The next reply's exact bytes."""
        return self.replies(1, timeout)

    def replies(self, count, timeout=None):
        """The next count replies as one blob; linear however many there are, and however large."""
        deadline = time.monotonic() + (timeout or self.timeout)
        pos, pending = scan(self.buf, 0, count)
        while pending:
            self.fill(deadline)
            pos, pending = scan(self.buf, pos, pending)
        out = bytes(self.buf[:pos])
        del self.buf[:pos]
        return out

    def exactly(self, size, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        while len(self.buf) < size:
            self.fill(deadline)
        out = bytes(self.buf[:size])
        del self.buf[:size]
        return out

    def until_closed(self, timeout=None):
        """Everything up to the peer's close."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                self.fill(deadline)
        except Closed:
            out = bytes(self.buf)
            self.buf.clear()
            return out

    def raw(self, *args):
        """Sends one command and returns the reply's bytes."""
        self.send(encode(*args))
        return self.reply()

    def call(self, *args):
        """Sends one command and returns the decoded reply; an error reply is raised."""
        value = decode(self.raw(*args))
        if isinstance(value, RespError):
            raise value
        return value
