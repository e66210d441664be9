"""What the faults have to know of a store's kind: where its replies end, what they look like, how it is started and asked.

`kind` is the one of STORE (default: Redis). A reply is what the store sends as one; `before` is the reply before it on the
same connection.
"""

import struct

from lib import memcache, mongo, resp, servers

NAME = (servers.store() or "redis").removesuffix("3")


def half(reply):
    return reply[: len(reply) // 2]


def all_but_the_end(reply):
    return reply[:-1]


class Redis:
    allowed = ()  # errors that it may answer at any time
    own_connections = True  # replies come in the order of the requests, on connections that cachetted itself keeps
    scripts = True
    refusal = "refused"  # in what is told where nobody listens
    reply_end = staticmethod(resp.reply_end)
    garbage = (b"\x00\xff garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n\r\n", b"key:x\r\n", b"\x16\x03\x01\x02\x00")
    impossible_lengths = (
        b"$99999999999999\r\n", b"$-7\r\n", b"*-7\r\n", b"*99999999999999\r\n", b"$1x\r\n", b"$\r\n", b"*4294967297\r\n",
    )
    cuts_of_many = (half, all_but_the_end, b"*3\r\n", lambda reply: reply[:1])
    unasked = (b"+OK\r\n", b"$3\r\nabc\r\n", b"*0\r\n", b"-ERR who asked\r\n", b":1\r\n:2\r\n")
    half_unasked = b"$3\r\na"
    socket = "store.sock"
    pong = b"+PONG\r\n"

    def __init__(self, name):
        self.name = name

    def is_own(self, reply):
        """Whether it is to what cachetted asks by itself."""
        return reply == self.pong

    def a_value(self, reply, before):
        return reply[:1] == b"$" and b"key:" in reply[:30]

    def many_values(self, reply, before):
        return reply[:1] == b"*" and b"QUEUED" not in before and reply.count(b"key:") > 2

    def head_of_value(self, reply, size):
        return b"$%d\r\n" % size

    def server(self, options, password, unix):
        more = ["--requirepass", password] if password else []
        return servers.STORES[self.name](["--enable-protected-configs", "local", *options, *more, "--unixsocket", self.socket])

    def config(self, address, password=None):
        """`address`: (host, port) or a socket's path."""
        who = ":%s@" % password if password else ""
        url = "unix://%s%s" % (who, address) if isinstance(address, str) else "%s://%s%s:%d" % (self.name, who, *address)
        return {"backend": self.name, self.name + "_url": url}

    def forget(self, connection):
        """Nothing is stored but a number, `n`."""
        connection.send(resp.encode("FLUSHALL") + resp.encode("SET", "n", "1"))
        connection.replies(2)


USER = "eve"


class Memcached:
    allowed = ()
    own_connections = True
    scripts = False
    refusal = "refused"
    name = "memcached"
    garbage = (
        b"\x00\xff garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n\r\n", b"key:x\r\n", b"\x16\x03\x01\x02\x00\n",
        b"\x81\x00\x00\x00\x00\x00\x00\x81\x00\x00\x00\x00\n", b"VALUE k 0 1\r\nv\r\n", b"va 1\r\nv\r\n", b"x" * 5000 + b"\r\n",
    )
    impossible_lengths = (
        b"VA 99999999999999\r\n", b"VA 99999999999999999999999\r\n", b"VA -7\r\n", b"VA 1x\r\n", b"VA \r\n", b"VA\r\n",
        b"VA 4294967297\r\n", b"VA 1\r\nabc\r\n",
    )
    cuts_of_many = (half, all_but_the_end, lambda reply: reply[: reply.index(b"\n") + 1], lambda reply: reply[:1])
    unasked = (
        b"MN\r\n", b"HD OAB\r\n", b"VA 3 f0 OAB\r\nabc\r\n", b"END\r\n", b"SERVER_ERROR who asked\r\n", b"key=a exp=-1 la=1\n",
        b"EN\r\nEN\r\n",
    )
    half_unasked = b"VA 3"
    socket = "socket"
    pong = b"MN\r\n"

    def is_own(self, reply):
        """MN, and a greeting's."""
        return reply == self.pong or reply.startswith((b"VERSION ", b"STAT ", b"STORED\r\n"))

    def reply_end(self, buf, pos=0):
        newline = buf.find(b"\n", pos)
        if newline < 0:
            return -1
        head = bytes(buf[pos : pos + 5])
        if head == b"STAT ":
            return buf.find(b"\nEND\r\n", newline) + 6 if buf.find(b"\nEND\r\n", newline) >= 0 else -1
        if not head.startswith(b"VA "):
            return newline + 1
        end = newline + 1 + int(bytes(buf[pos:newline]).split()[1]) + 2
        return end if end <= len(buf) else -1

    def a_value(self, reply, before):
        return reply.startswith(b"VA ") and b"\nkey:" in reply[:80]

    def many_values(self, reply, before):
        """One of those that come together."""
        return self.a_value(reply, b"") and self.a_value(before, b"")

    def head_of_value(self, reply, size):
        line = reply[: reply.index(b"\r\n") + 2].split(b" ", 2)
        return b"VA %d %b" % (size, line[2])

    def server(self, options, password, unix):
        more = ["-Y", "%s:%s" % (USER, password)] if password else []
        return servers.Memcached([*options, *more], unix=unix)

    def config(self, address, password=None):
        """`address`: (host, port), a socket's path, or a list of these."""
        several = address if isinstance(address, list) else [address]
        hosts = ",".join(a if isinstance(a, str) else "%s:%d" % a for a in several)
        who = {"user": USER, "password": password} if password else {}
        return {"backend": "memcached", "memcached_host": hosts, "memcached": {"partial": "error", **who}}

    def forget(self, connection):
        connection.send(b"flush_all\r\n" + memcache.storage(b"set n 0 0 1", b"1"))
        connection.replies(2)


class Mongodb:
    """By its driver, which connects anew by itself and asks again what only reads."""

    own_connections = False
    scripts = False
    refusal = "connect"
    name = "mongodb"
    # mongo-java-server's, where a collection's index and its first document come at once.
    allowed = ("ERR backend 'mongodb': Unknown error: null",)
    garbage = (
        b"\x00\xff garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n\r\n", b"key:x\r\n", b"\x16\x03\x01\x02\x00",
        b"\x10\0\0\0" + b"\xff" * 12, struct.pack("<iiii", 16, 1, 1, mongo.OP_MSG),
    )
    impossible_lengths = tuple(
        struct.pack("<iiiiIBi", size, 1, 1, mongo.OP_MSG, 0, 0, inner) + b"\x10ok\0\1\0\0\0\0"
        for size, inner in ((-1, 9), (0, 9), (15, 9), (1 << 30, 9), (0x7FFFFFFF, 9), (35, -1), (35, 4), (35, 100), (35, 0x7FFFFFFF))
    )
    cuts_of_many = (half, all_but_the_end, lambda reply: reply[:16], lambda reply: reply[:1])

    def is_own(self, reply):
        """To ping, hello, and what is asked about the index."""
        return b"firstBatch" not in reply and b"\x10n\0" not in reply or b"$cmd.listIndexes" in reply

    def reply_end(self, buf, pos=0):
        size = struct.unpack_from("<i", buf, pos)[0] if len(buf) - pos >= 4 else len(buf) + 1
        return pos + size if pos + size <= len(buf) else -1

    def a_value(self, reply, before):
        return b"firstBatch" in reply and b"key:" in reply

    def many_values(self, reply, before):
        return b"firstBatch" in reply and reply.count(b"key:") > 2

    def server(self, options, password, unix):
        return servers.JavaMongo(options)

    def config(self, address, password=None):
        return {"backend": self.name, "mongodb_url": "mongodb://%s:%d" % address}


kind = {"memcached": Memcached, "mongodb": Mongodb}.get(NAME, lambda: Redis(NAME))()
