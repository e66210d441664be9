"""memcached's text and meta replies as bytes: where one ends, and a socket that hands out each reply's exact bytes.

Nothing is decoded on the way: tests compare what was on the wire. One thread per connection.
"""

import time

from lib import resp

LISTS = (b"VALUE ", b"STAT ", b"ITEM ", b"key=")  # lines of a reply that goes on until END


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

    def authenticate(self, user_and_password):
        """As `memcached -Y` wants it: a first set whose value is the user, a blank and the password."""
        words = resp.to_bytes(user_and_password)
        answer = self.raw(b"set auth 0 0 %d" % len(words), words)
        if answer != b"STORED\r\n":
            raise AssertionError("authentication: %r" % answer)
