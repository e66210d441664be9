"""As much of MongoDB's wire protocol as tests need: a command goes out, its reply comes back. Standard library only.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ (OP_MSG), https://bsonspec.org/spec.html
"""

import itertools
import socket
import struct

OP_MSG = 2013
_ids = itertools.count(1)


class Int32(int):
    """A number of 32 bits: others have 64."""


class ObjectId(int):
    """Its last bytes are that number."""


class Uuid(bytes):
    """Binary of another subtype."""


def encode(document):
    body = b"".join(_element(name, value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def _element(name, value):
    name = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + name + bytes([value])
    if isinstance(value, ObjectId):
        return b"\x07" + name + value.to_bytes(12, "big")
    if isinstance(value, Int32):
        return b"\x10" + name + struct.pack("<i", value)
    if isinstance(value, int):
        return b"\x12" + name + struct.pack("<q", value)
    if isinstance(value, float):
        return b"\x01" + name + struct.pack("<d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"\x02" + name + struct.pack("<i", len(text) + 1) + text + b"\0"
    if isinstance(value, bytes):
        subtype = b"\4" if isinstance(value, Uuid) else b"\0"
        return b"\x05" + name + struct.pack("<i", len(value)) + subtype + value
    if isinstance(value, dict):
        return b"\x03" + name + encode(value)
    if isinstance(value, list):
        return b"\x04" + name + encode({str(i): item for i, item in enumerate(value)})
    if value is None:
        return b"\x0a" + name
    raise TypeError(type(value))


def decode(data, at=0):
    """A document that begins there. What has no Python form here is its bytes."""
    end = at + struct.unpack_from("<i", data, at)[0] - 1
    at += 4
    document = {}
    while at < end:
        kind = data[at]
        name_end = data.index(b"\0", at + 1)
        name = data[at + 1 : name_end].decode()
        at = name_end + 1
        document[name], at = _value(kind, data, at)
    return document


def _value(kind, data, at):
    if kind in (0x03, 0x04):
        size = struct.unpack_from("<i", data, at)[0]
        inner = decode(data, at)
        return (list(inner.values()) if kind == 0x04 else inner), at + size
    if kind == 0x02:
        size = struct.unpack_from("<i", data, at)[0]
        return data[at + 4 : at + 3 + size].decode(), at + 4 + size
    if kind == 0x05:
        size = struct.unpack_from("<i", data, at)[0]
        return data[at + 5 : at + 5 + size], at + 5 + size
    if kind == 0x08:
        return bool(data[at]), at + 1
    if kind == 0x0A:
        return None, at
    if kind == 0x10:
        return Int32(*struct.unpack_from("<i", data, at)), at + 4
    form, size = {0x01: ("<d", 8), 0x12: ("<q", 8)}.get(kind, (None, 12 if kind == 0x07 else 8))
    return (struct.unpack_from(form, data, at)[0] if form else data[at : at + size]), at + size


class Connection:
    def __init__(self, address, timeout=10.0):
        self.socket = socket.create_connection(address, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def exactly(self, size):
        data = b""
        while len(data) < size:
            got = self.socket.recv(size - len(data))
            if not got:
                raise EOFError("the server closed")
            data += got
        return data

    def command(self, database, command):
        """The reply, which may tell an error."""
        body = struct.pack("<IB", 0, 0) + encode({**command, "$db": database})
        self.socket.sendall(struct.pack("<iiii", len(body) + 16, next(_ids), 0, OP_MSG) + body)
        size = struct.unpack("<iiii", self.exactly(16))[0]
        return decode(self.exactly(size - 16), 5)
