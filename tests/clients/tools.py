#!/usr/bin/env python3
"""redis-cli and redis-benchmark, as people use them. Needs HOST and PORT in the environment."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp  # noqa: E402
from lib.cases import Suite, check, equal, finish  # noqa: E402

HOST, PORT = os.environ["HOST"], os.environ["PORT"]
suite = Suite("tools")


def run(*argv, data=None):
    done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    equal(done.returncode, 0, " ".join(argv) + "\n" + done.stdout.decode(errors="replace")[-2000:])
    return done.stdout.decode()


def cli(*words, data=None):
    return run("redis-cli", "-h", HOST, "-p", PORT, *words, data=data)


@suite.case
def a_first_session():
    equal(cli("set", "greeting", "hello"), "OK\n")
    equal(cli("get", "greeting"), "hello\n")
    equal(cli("expire", "greeting", "100"), "1\n")
    check(int(cli("ttl", "greeting")) > 90)


@suite.case
def resp3():
    equal(cli("-3", "set", "k", "v"), "OK\n")
    equal(cli("-3", "get", "k"), "v\n")
    check("redis_version:7.0.15" in cli("-3", "info", "server"))
    equal(cli("-3", "config", "get", "databases"), "databases 16\n")
    equal(cli("-3", "hello", "3").splitlines()[:2], ["server redis", "version 7.0.15"])


@suite.case
def typed_lines():
    out = cli(data=b'set "a b" "c d"\nget "a b"\nmulti\nincr n\nexec\nnosuch\nselect 2\nget "a b"\n')
    check("c d" in out and "QUEUED" in out and "unknown command" in out, out)


@suite.case
def mass_insertion():
    data = b"".join(resp.encode("SET", "mass:%d" % i, i) for i in range(20000))
    check("errors: 0, replies: 20000" in cli("--pipe", data=data))
    equal(cli("get", "mass:19999"), "19999\n")


@suite.case
def scanning():
    cli("flushall")
    cli(data=b"".join(b"set scan:%d x\n" % i for i in range(500)))
    equal(len(set(cli("--scan", "--pattern", "scan:*").split())), 500)


@suite.case
def database_option():
    equal(cli("-n", "5", "set", "five", "x"), "OK\n")
    equal(cli("get", "five"), "\n")


@suite.case
def raw_output_of_binary():
    cli("set", "b", "\\x00\\xff")
    equal(cli("-x", "set", "c", data=b"\x01\x02\r\n"), "OK\n")
    equal(cli("strlen", "c"), "4\n")


def benchmark(*words):
    out = run("redis-benchmark", "-h", HOST, "-p", PORT, "-n", "20000", "-q", *words)
    check("requests per second" in out and "rror" not in out and "WARNING" not in out, out)


@suite.case
def benchmark_pipelined():
    benchmark("-t", "set,get,incr,mset", "-P", "16")


@suite.case
def benchmark_plain_and_inline():
    benchmark("-t", "ping_inline,ping_mbulk,set,get", "-c", "50")


@suite.case
def benchmark_resp3_random_keys():
    benchmark("-3", "-t", "set,get", "-r", "1000", "-P", "4")


if __name__ == "__main__":
    finish(suite.main())
