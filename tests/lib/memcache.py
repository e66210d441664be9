"""memcached's text and meta replies as bytes: where one ends, and a socket that hands out each reply's exact bytes.

Nothing is decoded on the way: tests compare what was on the wire. Of the binary protocol there is what is needed to ask
a server that speaks no other (memcached -S). One thread per connection.
"""

import struct
import time

from lib import resp

LISTS = (b"VALUE ", b"STAT ", b"ITEM ", b"key=")  # lines of a reply that goes on until END

HEADER = struct.Struct(">BBHBBHIIQ")  # magic, opcode, key, extras, type, status, body, opaque, cas
GET, SET, VERSION, SASL_AUTH = 0x00, 0x01, 0x0B, 0x21


def block_size(line):
    """The length of the data block that follows a reply's line, or None."""
    words = line.split(b" ")
    at = {b"VALUE": 3, b"VA": 1}.get(words[0])
    if at is None or len(words) <= at or not words[at].isdigit():
        return None
    return int(words[at])


def units(blob):
    """(line, data block or None) in turn; what is no whole line or block in the end stands as it is."""
    out, pos = [], 0
    while pos < len(blob):
        newline = blob.find(b"\r\n", pos)
        if newline < 0:
            return out + [(blob[pos:], None)]
        line, pos = blob[pos:newline], newline + 2
        size = block_size(line)
        data = None if size is None else blob[pos : pos + size + 2]
        pos += len(data or b"")
        out.append((line, data))
    return out


def reply_end(buf, pos=0):
    """Offset one past the reply that starts at pos, or -1 while it is incomplete."""
    while True:
        newline = buf.find(b"\r\n", pos)
        if newline < 0:
            return -1
        line, pos = bytes(buf[pos:newline]), newline + 2
        size = block_size(line)
        if size is not None:
            pos += size + 2
            if pos > len(buf):
                return -1
        if not line.startswith(LISTS):
            return pos


def storage(line, value):
    """A command line with its data block."""
    return b"%b\r\n%b\r\n" % (line, value)


class Connection(resp.Connection):
    """A blocking socket with memcached's framing."""

    def replies(self, count, timeout=None):
        return b"".join(self._reply(timeout) for _ in range(count))

    def _reply(self, timeout):
        deadline = time.monotonic() + (timeout or self.timeout)
        end = reply_end(self.buf)
        while end < 0:
            self.fill(deadline)
            end = reply_end(self.buf)
        return self.exactly(end)

    def raw(self, line, value=None):
        """Sends one command, with its data block if there is one, and returns the reply's bytes."""
        line = resp.to_bytes(line)
        self.send(line + b"\r\n" if value is None else storage(line, resp.to_bytes(value)))
        return self.reply()

    def binary(self, opcode, key=b"", value=b"", extras=b""):
        """Sends one request of the binary protocol and returns the reply's status (0: all well) and body."""
        key, value = resp.to_bytes(key), resp.to_bytes(value)
        body = extras + key + value
        self.send(HEADER.pack(0x80, opcode, len(key), len(extras), 0, 0, len(body), 0, 0) + body)
        reply = HEADER.unpack(self.exactly(HEADER.size))
        return reply[5], self.exactly(reply[6])

    def authenticate_by_sasl(self, user, password):
        """As `memcached -S` wants it."""
        status, text = self.binary(SASL_AUTH, "PLAIN", "\0%s\0%s" % (user, password))
        if status:
            raise AssertionError("authentication: %d %r" % (status, text))

    def authenticate(self, user_and_password):
        """As `memcached -Y` wants it: a first set whose value is the user, a blank and the password."""
        words = resp.to_bytes(user_and_password)
        answer = self.raw(b"set auth 0 0 %d" % len(words), words)
        if answer != b"STORED\r\n":
            raise AssertionError("authentication: %r" % answer)
