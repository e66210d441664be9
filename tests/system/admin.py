#!/usr/bin/env python3
"""The admin port: /metrics as Prometheus reads it and as promtool checks it, /healthz, /readyz, and what else may come."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Skip, Suite, check, equal, eventually, finish  # noqa: E402

suite = Suite("admin")


def case(body):
    def run():
        servers.need_daemon()
        with servers.Daemon() as server, server.connect() as c:
            body(server, c)

    run.__name__ = body.__name__
    return suite.case(run)


def fetch(server, path, method="GET"):
    request = urllib.request.Request("http://%s:%d%s" % (*server.admin, path), method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Content-Type", ""), error.read().decode()


def traffic(c):
    c.call("MSET", "a", "1", "b", "2")
    c.call("MGET", "a", "b", "absent")
    c.raw("GET")
    c.raw("NOSUCH")
    c.call("SET", "e", "v", "EX", "100")
    c.call("GET", "a")


@case
def promtool_finds_nothing(server, c):
    if not shutil.which("promtool"):
        raise Skip("promtool is not installed")
    traffic(c)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=server.scrape(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    equal((done.returncode, done.stdout), (0, ""))


@case
def the_text_is_what_prometheus_reads(server, c):
    traffic(c)
    status, kind, text = fetch(server, "/metrics")
    equal(status, 200)
    check(kind.startswith("text/plain; version=0.0.4"), kind)
    for line in text.splitlines():
        check(
            re.fullmatch(
                r"# (HELP|TYPE) cachetted_\w+ .+|cachetted_\w+(\{[^}]*\})? -?[0-9.e+\-]+|cachetted_\w+(\{[^}]*\})? \+?(Inf|NaN)",
                line,
            ),
            line,
        )


@case
def counters_count(server, c):
    text = server.scrape()
    equal(servers.metric_sum(text, "cachetted_hits_total", {"protocol": "resp"}), 0)
    traffic(c)
    eventually(lambda: server.metric("cachetted_hits_total", protocol="resp") == 3, "hits")
    equal(server.metric("cachetted_misses_total", protocol="resp"), 1)
    equal(server.metric("cachetted_requests_total", command="mget"), 1)
    equal(server.metric("cachetted_requests_total", command="set"), 1)
    equal(server.metric("cachetted_errors_total", kind="wrong_arity"), 1)
    equal(server.metric("cachetted_errors_total", kind="unknown_command"), 1)
    equal(server.metric("cachetted_keys"), 3)
    equal(server.metric("cachetted_keys_expiring"), 1)
    equal(server.metric("cachetted_connections", protocol="resp"), 1)
    equal(server.metric("cachetted_request_duration_seconds_count", command="mget"), 1)
    equal(server.metric("cachetted_build_info"), 1)
    check(server.metric("cachetted_read_bytes_total", protocol="resp") > 100)
    check(server.metric("cachetted_written_bytes_total", protocol="resp") > 100)
    check(abs(server.metric("cachetted_memory_bytes", kind="resident") - server.resident_bytes()) < 16 << 20)


@case
def health_and_readiness(server, c):
    equal(fetch(server, "/healthz")[0], 200)
    equal(fetch(server, "/readyz")[0], 200)
    equal(fetch(server, "/readyz", "HEAD")[0], 200)
    equal(fetch(server, "/")[0], 200)


@case
def what_is_not_there(server, c):
    equal(fetch(server, "/nosuch")[0], 404)
    equal(fetch(server, "/metrics/..%2f..%2fetc/passwd")[0], 404)
    equal(fetch(server, "/metrics", "POST")[0], 405)
    equal(fetch(server, "/metrics", "DELETE")[0], 405)


@case
def no_longer_ready_while_draining(server, c):
    c.call("SET", "k", b"x" * 1000000)
    c.send(resp.encode("GET", "k") * 40)
    seen = []

    def poll():
        try:
            seen.append(fetch(server, "/readyz")[0])
        except OSError:
            return True
        return seen[-1] == 503

    server.process.terminate()
    eventually(poll, "503 or gone")
    c.until_closed(30)
    equal(server.wait(), 0)


@case
def scrapes_do_not_hold_requests_up(server, c):
    """Four scrapers without a pause, and a client that always gets its replies."""
    stop = threading.Event()
    counts = []

    def scrape():
        while not stop.is_set():
            counts.append(len(server.scrape()))

    threads = [threading.Thread(target=scrape) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(3000):
        equal(c.raw("ECHO", i), b"$%d\r\n%d\r\n" % (len(str(i)), i))
    stop.set()
    for thread in threads:
        thread.join()
    check(counts and min(counts) > 1000)


@case
def clients_that_say_nonsense_or_nothing(server, c):
    held = []
    for data in (
        b"",
        b"GET",
        b"\0\xff\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
    ):
        sock = socket.create_connection(server.admin, 10)
        sock.sendall(data)
        held.append(sock)
    eventually(lambda: fetch(server, "/healthz")[0] == 200, "it still answers", 30)
    equal(c.raw("PING"), b"+PONG\r\n")
    for sock in held:
        sock.close()


if __name__ == "__main__":
    finish(suite.main())
