#!/usr/bin/env python3
"""The store is killed, hung, slow, or lies, while clients of both protocols ask it without a pause.

run.py [--only NAME] [-v]. STORE=valkey, memcached or mongodb: with such a server (else Redis). Each fault prints how many operations
were checked, which errors they got, and how many replies were wrong; one is a failure.
"""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from faults.kinds import all_but_the_end, half, kind  # noqa: E402
from faults.proxy import CLOSE, RESET, SILENCE  # noqa: E402
from faults.stage import TIMEOUTS, fault, suite  # noqa: E402
from lib.cases import check, equal, eventually, finish  # noqa: E402

# The server itself


@fault
def killed_and_restarted(stage):
    with stage(lossy=True) as s:
        for _ in range(3):
            s.crashes_and_comes_back()


@fault
def restarted_at_once(stage):
    """It may be back before anyone asks for its health."""
    with stage(lossy=True) as s:
        for _ in range(5):
            s.store.signal(signal.SIGKILL)
            s.store.wait()
            s.store.restart()
            s.served()


@fault
def hangs_beyond_the_stall_timeout(stage):
    with stage() as s:
        s.loses_a_connection(lambda: s.store.signal(signal.SIGSTOP))
        s.failing()
        s.not_ready()
        s.store.signal(signal.SIGCONT)
        s.recovers(time.monotonic())


@fault
def the_network_hangs(stage):
    with stage() as s:
        s.loses_a_connection(s.proxy.hang)
        s.failing()
        s.proxy.release()
        s.recovers(time.monotonic())


@fault
def slow(stage):
    with stage(timeouts={**TIMEOUTS, "request": "20s", "stall": "20s"}) as s:
        s.proxy.delay = 0.05
        s.served()
        time.sleep(1)
        s.proxy.delay = 0
        s.served()
        equal(sum(s.load.errors().values()), 0, "errors")


# The connection


@fault
def closed(stage):
    with stage() as s:
        for _ in range(10):
            s.loses_a_connection(lambda: s.proxy.end(CLOSE))
            s.served()


@fault
def reset(stage):
    with stage() as s:
        for _ in range(10):
            s.loses_a_connection(lambda: s.proxy.end(RESET))
            s.served()


@fault
def half_closed(stage):
    with stage() as s:
        for _ in range(5):
            s.loses_a_connection(s.proxy.half_close)
            s.served()


@fault
def reconnect_storm(stage):
    with stage() as s:
        accepted = s.proxy.accepted
        until = time.monotonic() + 3
        while time.monotonic() < until:
            s.proxy.end(RESET if int(until * 50) % 2 else CLOSE)
            time.sleep(0.02)
        storm = s.proxy.accepted - accepted
        s.recovers(time.monotonic())
        print("reconnect_storm: %d connections" % storm)


@fault
def refused_for_a_while(stage):
    with stage() as s:
        s.proxy.refuse()
        s.proxy.end(CLOSE)
        s.not_ready(kind.refusal)
        s.failing()
        s.proxy.listen()
        s.recovers(time.monotonic())


# What it answers


@fault
def garbage(stage):
    with stage() as s:
        for text in kind.garbage:
            s.once(kind.a_value, text, b"\r\n")


@fault
def impossible_lengths(stage):
    with stage() as s:
        for text in kind.impossible_lengths:
            s.once(kind.a_value, text)


@fault
def cut_in_a_multi_get(stage):
    with stage() as s:
        for piece in kind.cuts_of_many:
            for how in (CLOSE, RESET):
                s.once(kind.many_values, piece, how)


@fault
def cut_in_a_value(stage):
    with stage() as s:
        for piece in (half, all_but_the_end, lambda reply: reply[:-2], lambda reply: reply[:2]):
            s.once(kind.a_value, piece, CLOSE)


@fault
def silent_in_a_value(stage):
    """Half a reply and nothing more: the stall time-out ends it."""
    with stage() as s:
        def long_value(reply, before):
            return kind.a_value(reply, before) and len(reply) > 10000

        before = s.lost()
        done = s.proxy.replace_one(long_value, half, SILENCE)
        eventually(done.is_set, "a long value")
        eventually(lambda: s.lost() > before, "a lost connection", 15)
        s.proxy.release()
        s.served()


if __name__ == "__main__":
    if kind.own_connections:
        from faults import of_a_stream  # noqa: F401  their cases, behind these
    if kind.name == "memcached":
        from faults import of_a_crawler, of_a_ring, of_memcached, refused  # noqa: F401
    elif kind.name == "mongodb":
        from faults import of_mongodb  # noqa: F401
    else:
        from faults import of_redis, refused  # noqa: F401
    finish(suite.main())
