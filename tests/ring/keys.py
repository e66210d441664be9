"""The keys of the ring tests: many kinds, each key different, none that memcached's text protocol would refuse."""

import itertools
import random

LONGEST = 250  # bytes
PRINTED = "".join(chr(code) for code in range(0x21, 0x7F))
LETTERS = "äßéłчключ€漢字😀"


def make_keys(count):
    """The same ones for the same count. What leads a key and is no part of another is its number."""
    draw = random.Random(count)

    def printed(number, length):
        return ("%d/" % number + "".join(draw.choices(PRINTED, k=length)))[:length]

    kinds = (
        lambda number: "k:%d" % number,
        lambda number: "user:%d:profile?lang=en&page=%d#top" % (number, draw.randrange(100)),
        lambda number: printed(number, draw.randint(10, 60)),
        lambda number: printed(number, draw.choice((LONGEST, LONGEST - 1, draw.randint(60, LONGEST)))),
        lambda number: "%d:" % number + "".join(draw.choices(LETTERS, k=draw.randint(1, 40))),
    )
    return [kind(number).encode() for number, kind in zip(range(count), itertools.cycle(kinds))]


def plain(key):
    """The key, or one of ASCII letters in its stead."""
    return key if key.isascii() else key.hex().encode()[:LONGEST]
