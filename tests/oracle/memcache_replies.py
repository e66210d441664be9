"""Compares what two servers answered, line by line and block by block, and learns the cas tokens that they showed.

What may differ stands here, each with its reason: everything else is compared byte by byte.
"""

import base64
import re

from lib import memcache
from oracle import memcache_words as words

CLOCK_SECONDS = 1  # two servers count their seconds from different moments
WRAPPED = 2**31  # t of what is expired: memcached shows its time less its uptime, as 32 bits without a sign
DEBUG = re.compile(rb"ME ([^ ]+) exp=-?(\d+) la=(\d+) cas=\d+ fetch=(\w+) cls=\d+ size=\d+")


class Replies:
    """Both servers' replies in one sequence. `seen[side][key]` are the cas tokens that the side has shown of the key."""

    def __init__(self, keys):
        self.raw = [key for key in keys if not words.is_text(key)]
        self.tokens = {}  # of the real server: of the subject. memcached's are unique, so this is a function
        self.seen = ({}, {})
        self.slept = False

    def compare(self, real, subject):
        """None, or the two units where they part."""
        ours, theirs = memcache.units(self._readable(real)), memcache.units(self._readable(subject))
        for a, b in zip(ours, theirs):
            if a != b and not (a[1] == b[1] and self._same_line(a[0], b[0])):
                return joined(a), joined(b)
            self._learn(a[0], b[0])
        if len(ours) != len(theirs):
            rest = min(len(ours), len(theirs))
            return b"".join(map(joined, ours[rest:])), b"".join(map(joined, theirs[rest:]))
        return None

    def _readable(self, blob):
        """With keys encoded that memcached sends as they are: it forgets that an item's key came in base64 where ma or
        mg made it, or an append copied it."""
        for key in self.raw:
            encoded = words.encoded(key)
            blob = blob.replace(b"k" + key, b"k" + encoded + b" b").replace(b"ME " + key, b"ME " + encoded)
        return blob

    def _same_line(self, a, b):
        if a.startswith(b"VERSION ") and b.startswith(b"VERSION 1.6."):
            return True  # each its own
        if a.startswith(b"ME "):
            return same_debug(a, b)
        ours, theirs = a.split(b" "), b.split(b" ")
        if len(ours) != len(theirs) or ours[0] != theirs[0]:
            return False
        if ours[0] == b"VALUE":
            return ours[:4] == theirs[:4] and len(ours) == 5 and self._same_token(ours[4], theirs[4])
        if ours[0] not in (b"HD", b"VA"):
            return False
        return all(x == y or self._same_flag(x, y) for x, y in zip(ours, theirs))

    def _same_flag(self, a, b):
        if a[:1] != b[:1] or not is_number(a[1:]) or not is_number(b[1:]):
            return False
        x, y = int(a[1:]), int(b[1:])
        if a[:1] == b"c":
            return self._same_token(a[1:], b[1:])
        if a[:1] == b"t":
            return abs(x - y) <= CLOCK_SECONDS and x >= 0 and y >= 0 or x >= WRAPPED
        if a[:1] == b"l":  # memcached notes an access at most once a minute
            return self.slept or abs(x - y) <= CLOCK_SECONDS
        return False

    def _same_token(self, a, b):
        """cas: memcached counts all changes, cachetted those of a shard. The same change must have one token each."""
        return is_number(a) and is_number(b) and self.tokens.setdefault(a, b) == b

    def _learn(self, a, b):
        found = token_of(a), token_of(b)
        if found[0] and found[1]:
            self.tokens.setdefault(found[0][1], found[1][1])
            for side, (key, token) in zip(self.seen, found):
                side.setdefault(key, []).append(token)


def joined(unit):
    return unit[0] + b"\r\n" + unit[1] if unit[1] is not None else unit[0] + b"\r\n" * bool(unit[0])


def is_number(text):
    return re.fullmatch(rb"-?\d+", text) is not None


def same_debug(a, b):
    """me describes the server's own item: its slab class and size, a cas; 1.6.18 negates what is left of the time."""
    ours, theirs = DEBUG.fullmatch(a), DEBUG.fullmatch(b)
    if not ours or not theirs or (ours[1], ours[4]) != (theirs[1], theirs[4]):
        return False
    return all(abs(int(ours[i]) - int(theirs[i])) <= CLOCK_SECONDS or int(ours[i]) >= WRAPPED for i in (2, 3))


def token_of(line):
    """The key and cas of a line that has both."""
    parts = line.split(b" ")
    if parts[0] == b"VALUE" and len(parts) == 5:
        return parts[1], parts[4]
    if parts[0] in (b"HD", b"VA"):
        flags = {part[:1]: part[1:] for part in parts[1:]}
        if b"k" in flags and b"c" in flags:
            key = flags[b"k"]
            try:
                return (base64.b64decode(key) if b"b" in parts else key), flags[b"c"]
            except ValueError:
                pass
    return None
