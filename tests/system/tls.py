#!/usr/bin/env python3
"""A store reached by TLS: rediss:// to a real redis-server, with certificates made for the occasion."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Skip, Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("tls")

FOLDER = tempfile.TemporaryDirectory(prefix="cachetted-tls-")


def path(name):
    return os.path.join(FOLDER.name, name)


def openssl(*words):
    try:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=FOLDER.name)
    except FileNotFoundError:
        raise Skip("openssl is not installed")


def authority(name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", name + ".key",
            "-out", name + ".pem")


def certificate(name, names):
    """One that `ca` has signed, for these names."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
    with open(path(name + ".ext"), "w") as file:
        file.write("subjectAltName=" + names + "\n")
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", name + ".ext", "-out", name + ".pem")


def tls_port(name):
    """A redis-server whose second port speaks TLS with this certificate."""
    port = servers.free_port()
    server = servers.Redis(["--tls-port", str(port), "--tls-cert-file", path(name + ".pem"), "--tls-key-file",
                            path(name + ".key"), "--tls-ca-cert-file", path("ca.pem"), "--tls-auth-clients", "no"])
    return server, port


def over(port, ca, host="127.0.0.1"):
    return servers.Daemon({"backend": "redis", "redis_url": "rediss://%s:%d" % (host, port), "tls": {"ca": path(ca)},
                           "threads": 1})


def prepare():
    servers.need_daemon()
    if not os.path.exists(path("ca.pem")):
        authority("ca")
        authority("other")
        certificate("good", "IP:127.0.0.1,DNS:localhost")
        certificate("elsewhere", "DNS:elsewhere.example")


def ready(daemon):
    with daemon.connect() as c:
        return c.raw("SET", "k", "v") == b"+OK\r\n"


@suite.case
def values_go_through_and_back():
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
def a_file_without_certificates_is_named():
    prepare()
    daemon = servers.Daemon({"backend": "redis", "redis_url": "rediss://127.0.0.1:1", "tls": {"ca": path("good.key")}},
                            ready=False)
    with daemon:
        equal(daemon.wait(), 1)
        check("tls.ca: '%s'" % path("good.key") in daemon.log(), daemon.log())


if __name__ == "__main__":
    finish(suite.main())
