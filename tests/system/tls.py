#!/usr/bin/env python3
"""A store reached by TLS: rediss:// to a real redis-server. (Its faults are in tests/faults.)"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.certificates import path, prepare, tls_options  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("tls")

def tls_port(name, *options):
    """A redis-server whose second port speaks TLS with this certificate."""
    port = servers.free_port()
    return servers.Redis([*tls_options(name, port), *options]), port


def over(port, ca, host="127.0.0.1", ready=True, **tls):
    files = {key: path(name) for key, name in {"ca": ca, **tls}.items()}
    return servers.Daemon({"backend": "redis", "redis_url": "rediss://%s:%d" % (host, port), "tls": files, "threads": 1},
                          ready=ready)


def ready(daemon):
    with daemon.connect() as c:
        return c.raw("SET", "k", "v") == b"+OK\r\n"


@suite.case
def values_go_through_and_back():
    servers.need_daemon()
    prepare()
    server, port = tls_port("good")
    with server:
        for host in ("127.0.0.1", "localhost"):
            with over(port, "ca.pem", host) as daemon:
                eventually(lambda: ready(daemon), "a write is done over " + host)
                with daemon.connect() as c:
                    for size in (0, 1, 1000, 20_000, 3_000_000):
                        value = b"v" * size
                        equal(c.raw("SET", "k", value), b"+OK\r\n")
                        equal(c.raw("GET", "k"), b"$%d\r\n%s\r\n" % (size, value))
                    c.send(b"".join(resp.encode("SET", "key:%d" % i, "value of key:%d" % i) for i in range(500)))
                    equal(c.replies(500), b"+OK\r\n" * 500)
                    equal(c.raw("GET", "key:499"), b"$16\r\nvalue of key:499\r\n")


def refused(name, ca, reason):
    servers.need_daemon()
    prepare()
    server, port = tls_port(name)
    with server, over(port, ca) as daemon:
        def said():
            with daemon.connect() as c:
                return c.raw("GET", "k")
        eventually(lambda: reason in said(), "the error names the certificate: %r" % said())
        check(said().startswith(b"-ERR backend 'redis' is unavailable: 127.0.0.1:%d: certificate" % port), said())


@suite.case
def a_certificate_of_another_authority_is_refused():
    refused("good", "other.pem", b"certificate")


@suite.case
def a_certificate_for_another_name_is_refused():
    refused("elsewhere", "ca.pem", b"certificate: IP address mismatch")


@suite.case
def a_server_may_ask_for_a_certificate():
    servers.need_daemon()
    prepare()
    server, port = tls_port("good", "--tls-auth-clients", "yes")
    with server:
        for tls in ({"cert": "good.pem", "key": "good.key"}, {"cert": "good.both"}):
            with open(path("good.both"), "w") as both:
                both.write(open(path("good.pem")).read() + open(path("good.key")).read())
            with over(port, "ca.pem", **tls) as daemon:
                eventually(lambda: ready(daemon), "a write is done")
        with over(port, "ca.pem") as daemon:
            eventually(lambda: "certificate required" in daemon.readiness()[1], "the reason: %r" % (daemon.readiness(),))


@suite.case
def files_of_no_use_are_named():
    servers.need_daemon()
    prepare()
    for option, tls in (("ca", {"ca": "good.key"}), ("cert", {"cert": "good.key"}), ("key", {"cert": "good.pem"}),
                        ("key", {"cert": "good.pem", "key": "other.key"})):
        with over(1, **{"ca": "ca.pem", **tls}, ready=False) as daemon:
            equal(daemon.wait(), 1)
            named = path(tls.get(option, tls.get("cert")))
            check("tls.%s: '%s'" % (option, named) in daemon.log(), daemon.log())


if __name__ == "__main__":
    finish(suite.main())
