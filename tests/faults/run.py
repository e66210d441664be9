#!/usr/bin/env python3
"""The store is killed, hung, slow, or lies, while clients of both protocols ask it without a pause.

run.py [--only NAME] [-v]. STORE=valkey or memcached: with such a server (else Redis). Each fault prints how many operations
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
def hangs_beyond_the_request_timeout(stage):
    """Late replies come on a connection that lives on, and are swallowed."""
    with stage(timeouts={**TIMEOUTS, "stall": "1h"}) as s:
        s.store.signal(signal.SIGSTOP)
        eventually(lambda: s.daemon.metric("cachetted_upstream_timeouts_total") > 0, "a request timed out")
        s.failing()
        s.store.signal(signal.SIGCONT)
        s.served()
        equal(s.lost(), 0, "connections lost")
        check(any("timeouts.request" in error for error in s.load.errors()), "%s", s.load.errors())


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
def over_a_unix_socket(stage):
    with stage(way="unix", lossy=True) as s:
        if not kind.memcached:
            s.loses_a_connection(lambda: s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
            s.served()
        s.loses_a_connection(lambda: s.store.signal(signal.SIGSTOP))
        s.not_ready()
        s.store.signal(signal.SIGCONT)
        s.recovers(time.monotonic())
        s.crashes_and_comes_back()


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
        s.not_ready("refused")
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


@fault
def a_reply_too_many(stage):
    """Where nothing is due. (Among replies that are due one too many cannot be told from a right one.)"""
    with stage() as s:
        for text in kind.unasked:
            s.load.pause()
            eventually(lambda: s.daemon.metric("cachetted_upstream_in_flight_requests") == 0, "nothing is due")
            s.loses_a_connection(lambda text=text: s.proxy.inject(text))
            s.load.resume()
            s.served()


@fault
def half_a_reply_too_many(stage):
    """It waits for its end when the next command leaves, whose reply would be taken for that end."""
    with stage() as s:
        s.load.pause()
        eventually(lambda: s.daemon.metric("cachetted_upstream_in_flight_requests") == 0, "nothing is due")
        before = s.lost()
        s.proxy.inject(kind.half_unasked)
        s.load.resume()
        eventually(lambda: s.lost() > before, "a lost connection", 15)
        s.served()


@fault
def a_value_of_512_mb(stage):
    """Over limits.max_value: an error for whoever asked, and all others are served on the same connection."""
    size = 512 << 20
    with stage(allowed=[".*max_value.*"], limits={"max_value": "1MiB"}) as s:
        resident = s.daemon.resident_bytes()
        blocks = [b"x" * (1 << 20)] * (size >> 20)
        done = s.proxy.replace_one(kind.a_value, lambda reply: kind.head_of_value(reply, size), *blocks, b"\r\n")
        eventually(done.is_set, "a value")
        s.served()
        grown = (s.daemon.resident_bytes() - resident) >> 20
        print("a_value_of_512_mb: the daemon grew by %d MiB" % grown)
        check(grown < 200, "grown by %d MiB", grown)
        check(sum(s.load.errors().values()) > 0, "an error for whoever asked")


if __name__ == "__main__":
    if kind.memcached:
        from faults import of_a_crawler, of_a_ring, of_memcached, refused  # noqa: F401  their cases, behind these
    else:
        from faults import of_redis, refused  # noqa: F401
    finish(suite.main())
