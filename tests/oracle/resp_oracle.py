#!/usr/bin/env python3
"""The oracle: generated command sequences to cachetted and to redis-server 7.0, the same bytes back from both.

resp_oracle.py [--sequences N] [--seed S] [--one SEED]. A failing sequence is shrunk and printed as a transcript.
What may differ is listed in exceptions.py; what is sent is made in generate.py; play.py compares.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers  # noqa: E402
from oracle.generate import generate  # noqa: E402
from oracle.play import Match  # noqa: E402
from oracle.runner import Oracle, main  # noqa: E402


def start():
    if servers.subject() == "memcached":
        raise cases.Skip("memcached speaks no RESP")
    subject = servers.Redis() if servers.subject() == "redis" else servers.Daemon({"limits": {"max_value": "512MiB"}})
    return servers.Redis(), subject


def step_lines(step):
    mark = ">>>" if step.connection == 0 else ">>>[b]"
    lines = ["%s %s" % (mark, step.shown()) + ("    # iterated to the end" if step.scan else "")]
    return lines + ["!!! sleep %g" % (step.sleep * 1000)] if step.sleep else lines


def kind(difference):
    name = difference.step.args[0].upper() if difference.step and difference.step.args else b""
    return name, difference.real[:24], difference.subject[:24]


ORACLE = Oracle(
    title="oracle",
    real="redis",
    sequences=8000,
    generate=generate,
    start=start,
    match=Match,
    describe=lambda sequence: "RESP3" if sequence.resp3 else "RESP2",
    step_lines=step_lines,
    kind=kind,
)

if __name__ == "__main__":
    sys.exit(main(ORACLE, __doc__))
