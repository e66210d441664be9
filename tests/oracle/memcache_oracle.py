#!/usr/bin/env python3
"""The memcached oracle: generated text and meta commands to cachetted and to memcached 1.6.18, the same bytes from both.

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
TOKEN = re.compile(rb"c\d+")  # a cas: each server has its own


def start():
    if servers.subject() == "redis":
        raise cases.Skip("redis-server speaks no memcached protocol")
    if servers.subject() == "memcached":
        return servers.Memcached(), servers.Memcached()
    subject = servers.Daemon({"limits": {"max_value": "1MiB"}}, with_memcache=True)  # as memcached's -I has it
    return servers.Memcached(), subject


def kind(difference):
    name = difference.step.data.lstrip().partition(b" ")[0].strip() if difference.step else b"in the end"
    ours, theirs = ([w for w in reply.split() if not TOKEN.fullmatch(w)] for reply in (difference.real, difference.subject))
    return name, odd_words(ours, theirs), odd_words(theirs, ours)


def odd_words(mine, others):
    return b" ".join(re.sub(rb"\d+", b"1", word) for word in mine if word not in others)[:24]


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
