"""Compares what two servers answered, line by line and block by block, and learns the cas tokens that they showed.

What may differ stands here, each with its reason: everything else is compared byte by byte.
"""

import base64
import re

from lib import memcache, servers
from oracle import memcache_words as words
from oracle.exceptions import Parted

CLOCK_SECONDS = 2  # two servers count their seconds from different moments, and late when the machine is busy
WRAPPED = 2**31  # t of what is expired: memcached shows its time less its uptime, as 32 bits without a sign
DEBUG = re.compile(rb"ME ([^ ]+) exp=-?(\d+) la=(\d+) cas=\d+ fetch=(\w+) cls=\d+ size=\d+")


class Replies:
    """Both servers' replies in one sequence. `seen[side][key]` are the cas tokens that the side has shown of a key."""

    def __init__(self, keys):
        self.raw = [key for key in keys if not words.is_text(key)]
        self.tokens = {}  # of the real server: of the subject. memcached's are unique, so this is a function
        self.seen = ({}, {})
        self.slept = False

    def compare(self, real, subject):
        """None, or the two units where they part."""
        ours, theirs = memcache.units(self._readable(real)), memcache.units(self._readable(subject))
        for a, b in zip(ours, theirs):
            if servers.over_markless() and a != b and a[0].split(b" ")[0] in (b"EX", b"EXISTS"):
                raise Parted  # on a Redis store a cas sees changes, not rewrites
            if a[1] != b[1] or not self._same_line(a[0], b[0]):
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
        if ours[0] in (b"HD", b"VA") and len(ours) + 1 == len(theirs):
            theirs = with_plain_key(ours, theirs)
        elif ours[0] in (b"HD", b"VA") and len(ours) == len(theirs) + 1 and servers.over_memcached():
            ours = with_plain_key(theirs, ours)  # there it is shown as it was asked for
        if len(ours) != len(theirs):
            return False
        if ours[0] == b"VALUE" and len(ours) == 5:
            return ours[:4] == theirs[:4] and self._same_token(ours[4], theirs[4])
        if ours[0] not in (b"HD", b"VA"):
            return a == b
        return all(self._same_word(x, y) for x, y in zip(ours, theirs))

    def _same_word(self, a, b):
        """Of the line of a meta command: its code, a length or a flag."""
        letter, numbers = a[:1], is_number(a[1:]) and is_number(b[1:])
        if letter == b[:1] == b"c" and numbers:
            return self._same_token(a[1:], b[1:])
        if a == b:
            return True
        if letter != b[:1] or letter not in (b"t", b"l") or not numbers:
            return False
        x, y = int(a[1:]), int(b[1:])
        near = abs(x - y) <= CLOCK_SECONDS
        if letter == b"l":
            return near or self.slept  # memcached notes an access at most once a minute
        return near and x >= 0 and y >= 0 or x >= WRAPPED

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


def with_plain_key(ours, theirs):
    """memcached forgets that a key came in base64 where an append or a number of more digits makes a new item."""
    for at, word in enumerate(theirs[:-1]):
        if word[:1] == b"k" and theirs[at + 1] == b"b" and words.encoded(ours[at][1:]) == word[1:]:
            return theirs[:at] + [ours[at]] + theirs[at + 2 :]
    return theirs


def same_debug(a, b):
    """me describes the server's own item: its slab class and size, a cas; 1.6.18 negates what is left of the time."""
    ours, theirs = DEBUG.fullmatch(a), DEBUG.fullmatch(b)
    if not ours or not theirs or ours[4] != theirs[4]:
        return False
    if theirs[1] not in (ours[1], words.encoded(ours[1])):
        if not servers.over_memcached() or ours[1] != words.encoded(theirs[1]):
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
