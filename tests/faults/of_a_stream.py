"""What can go wrong on a connection of cachetted's own, on which the replies come in the order of the requests."""

import signal
import time

from faults.kinds import kind
from faults.stage import TIMEOUTS, fault
from lib.cases import check, equal, eventually


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
def over_a_unix_socket(stage):
    with stage(way="unix", lossy=True) as s:
        if kind.name != "memcached":
            s.loses_a_connection(lambda: s.admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
            s.served()
        s.loses_a_connection(lambda: s.store.signal(signal.SIGSTOP))
        s.not_ready()
        s.store.signal(signal.SIGCONT)
        s.recovers(time.monotonic())
        s.crashes_and_comes_back()


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
