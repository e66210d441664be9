#!/usr/bin/env python3
"""The memcached oracle: generated text and meta commands to cachetted and memcached 1.6.18, the same bytes from both.

memcache_oracle.py [--sequences N] [--seed S] [--one SEED]. A failing sequence is shrunk and printed as a transcript.
What may differ is listed in memcache_replies.py; what is sent is made in memcache_generate.py; memcache_play.py plays.
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers  # noqa: E402
from oracle.memcache_generate import Sequence, Step, generate  # noqa: E402
from oracle.memcache_play import Match  # noqa: E402
from oracle.runner import Oracle, main  # noqa: E402
TOKEN = re.compile(rb"c[1-9]\d*")  # a cas: each server has its own


def start():
    if servers.subject() == "redis":
        raise cases.Skip("redis-server speaks no memcached protocol")
    if servers.subject() == "memcached":
        return servers.Memcached(), servers.Memcached()
    subject = servers.Daemon({"limits": {"max_value": "1MiB"}}, with_memcache=True)  # as memcached's -I has it
    return servers.Memcached(), subject


def kind(difference):
    """What kind of reply it was, and the words that only one of the two has."""
    ours, theirs = difference.real.split(), difference.subject.split()
    return b" ".join(ours[:1]), odd_words(ours, theirs), odd_words(theirs, ours)


def odd_words(mine, others):
    odd = [word for word in mine if word not in others and not TOKEN.fullmatch(word)]
    return re.sub(rb"\d+", b"1", b" ".join(odd))[:24]


ORACLE = Oracle(
    title="memcache oracle",
    real="memcached",
    sequences=6000,
    generate=generate,
    start=start,
    match=Match,
    describe=Sequence.described,
    step_lines=Step.lines,
    kind=kind,
)

if __name__ == "__main__":
    sys.exit(main(ORACLE, __doc__))
