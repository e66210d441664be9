#!/usr/bin/env python3
"""Start, reload and stop: configuration from everywhere, faults that say where, signals, systemd's notify socket, unix sockets."""

import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import resp, servers  # noqa: E402
from lib.cases import Suite, check, equal, eventually, finish  # noqa: E402
from lib.load import Sender  # noqa: E402

suite = Suite("lifecycle")


def case(body):
    def run():
        servers.need_daemon()
        body()

    run.__name__ = body.__name__
    return suite.case(run)


def run_binary(*words, env=None, stdin=None):
    done = subprocess.run(
        [servers.daemon_binary(), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20,
        env={**os.environ, **(env or {})},
    )
    return done.returncode, done.stdout


@case
def sigterm_drains():
    """What has been taken is answered whole and in order; then exit status 0."""
    value = b"x" * 100000
    with servers.Daemon({"threads": 1}) as server:
        c, idle = server.connect(30), server.connect(30)
        c.call("SET", "k", value)
        c.send(resp.encode("GET", "k") * 60)
        eventually(lambda: server.metric("cachetted_requests_total", command="get") >= 1, "requests are taken")
        before = -1.0
        while before != server.metric(
            "cachetted_requests_total", command="get"
        ):  # all that it takes before it is read from
            before = server.metric("cachetted_requests_total", command="get")
            time.sleep(0.1)
        server.signal(signal.SIGTERM)
        blob = c.until_closed(30)
        replies, rest = resp.split_replies(blob)
        equal(rest, b"", "no reply is cut off")
        check(len(replies) >= before, "%d replies for %d requests taken", len(replies), before)
        check(all(r == b"$100000\r\n" + value + b"\r\n" for r in replies))
        equal(idle.until_closed(30), b"")
        equal(server.wait(), 0)


@case
def sigterm_in_the_middle_of_traffic():
    """Clients that keep sending see whole replies in order up to the close, each to its own request."""
    with servers.Daemon({"threads": 2}) as server:
        connections = [server.connect(30) for _ in range(20)]
        data = b"".join(resp.encode("ECHO", i) for i in range(2000))
        want = b"".join(b"$%d\r\n%d\r\n" % (len(str(i)), i) for i in range(2000))
        for c in connections:
            c.sock.settimeout(5)
            c.send(data)
        server.signal(signal.SIGTERM)
        for c in connections:
            blob = c.until_closed(30)
            check(want.startswith(blob), "in order")
            equal(resp.split_replies(blob)[1], b"")
        equal(server.wait(), 0)


@case
def sigterm_answers_what_has_arrived():
    """More than is parsed in one tick, all of it in the daemon's hands or its socket's when the signal comes."""
    with servers.Daemon({"threads": 1}) as server:
        many, cut = server.connect(30), server.connect(30)
        many.call("SET", "n", "0")
        server.signal(signal.SIGSTOP)
        many.send(resp.encode("INCR", "n") * 1500 + b"*2\r\n$4\r\nINCR\r\n$1\r\n")
        cut.send(resp.encode("SET", "k", "v") + b"*1\r\n$4\r\nPI")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        equal(many.until_closed(30), b"".join(b":%d\r\n" % i for i in range(1, 1501)))
        equal(cut.until_closed(30), b"+OK\r\n")
        equal(server.wait(), 0)


@case
def sigterm_loses_no_reply_of_what_ran():
    """A client that sends on while the daemon stops gets a reply for each command that had an effect."""
    for _ in range(3):
        with servers.Daemon({"threads": 1, "timeouts": {"drain": "20s", "stall": "20s"}}) as server:
            slow, many = server.connect(30), server.connect(30)
            slow.call("SET", "k", b"x" * 1000000)
            slow.send(resp.encode("GET", "k") * 60)  # keeps the daemon up while the other one is looked at
            many.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)  # replies wait in the daemon's socket
            sender = Sender(many, resp.encode("INCR", "n") * 100000)
            replies = many.replies(5000)
            server.signal(signal.SIGTERM)
            time.sleep(0.2)
            replies += many.until_closed(30)
            ran = int(server.metric("cachetted_requests_total", command="incr"))
            equal(replies, b"".join(b":%d\r\n" % i for i in range(1, ran + 1)))
            for c in (slow, many):
                c.close()
            equal(server.wait(), 0)
            sender.thread.join(20)


@case
def sigint_stops_too():
    with servers.Daemon() as server:
        server.signal(signal.SIGINT)
        equal(server.wait(), 0)


@case
def drain_has_an_end():
    """A client that never reads cannot hold the shutdown up longer than timeouts.drain."""
    with servers.Daemon({"timeouts": {"drain": "500ms"}}) as server:
        c = server.connect()
        c.call("SET", "k", b"x" * 1000000)
        c.send(resp.encode("GET", "k") * 30)
        time.sleep(0.2)
        server.signal(signal.SIGTERM)
        equal(server.wait(30), 0)


@case
def no_new_connections_while_draining():
    with servers.Daemon({"timeouts": {"drain": "5s"}}) as server:
        c = server.connect()
        c.call("SET", "k", b"x" * 1000000)
        c.send(resp.encode("GET", "k") * 40)
        time.sleep(0.2)
        server.signal(signal.SIGTERM)

        def refused():
            try:
                with server.connect(1) as late:
                    return late.until_closed(5) == b""
            except OSError:
                return True

        eventually(refused, "new connections are refused")
        c.until_closed(30)
        equal(server.wait(), 0)


@case
def sighup_applies_what_changed():
    with servers.Daemon({"ttl": {"default": 100}}) as server, server.connect() as c:
        c.call("SET", "k", "v")
        check(c.call("TTL", "k") in (99, 100))
        server.write_config(
            {
                "ttl": {"default": 5000},
                "limits": {"max_value": "1KiB"},
                "routes": [{"prefix": "s:", "ttl": {"default": 7000}}],
            }
        )
        server.signal(signal.SIGHUP)
        eventually(lambda: server.metric("cachetted_config_reloads_total", result="applied") == 1, "the reload")

        def applied():
            c.call("SET", "k", "v")
            return c.call("TTL", "k") in (4999, 5000)

        eventually(applied, "the new default")
        c.call("SET", "s:k", "v")
        check(c.call("TTL", "s:k") in (6999, 7000))
        equal(c.raw("SET", "k", "x" * 2000)[:4], b"-ERR")
        eventually(lambda: "ttl.default" in server.log(), "the log tells it")


@case
def sighup_with_a_broken_file_keeps_the_old():
    with servers.Daemon({"ttl": {"default": 100}}) as server, server.connect() as c:
        for number, text in enumerate(("ttl: {defualt: 5}\n", "ttl: {default: -1}\n", "ttl: [1\n", "\0\x01")):
            server.write_text(text)
            server.signal(signal.SIGHUP)
            eventually(
                lambda: server.metric("cachetted_config_reloads_total", result="refused") == number + 1, "it is refused"
            )
        os.remove(server.config_path)
        server.signal(signal.SIGHUP)
        eventually(
            lambda: server.metric("cachetted_config_reloads_total", result="refused") == 5, "a missing file is refused"
        )
        c.call("SET", "k", "v")
        check(c.call("TTL", "k") in (99, 100))
        check(
            "cachetted.yaml:1:" in server.log() and "defualt" in server.log() and "default" in server.log(),
            server.log(),
        )


@case
def sighup_says_what_needs_a_restart():
    with servers.Daemon({"threads": 1}) as server, server.connect() as c:
        server.write_config({"threads": 3})
        server.signal(signal.SIGHUP)
        eventually(lambda: server.metric("cachetted_config_reloads_total", result="applied") == 1, "the reload")
        eventually(lambda: "restart" in server.log(), "it says so")
        equal(server.metric("cachetted_loops"), 1)
        equal(c.raw("PING"), b"+PONG\r\n")


@case
def sighup_reports_at_the_more_verbose_level():
    with servers.Daemon({"log": {"level": "error"}}) as server:
        for count, (level, ttl, told) in enumerate((("info", 10, True), ("error", 20, True), ("error", 30, False))):
            before = len(server.log())
            server.write_config({"log": {"level": level}, "ttl": {"default": ttl}})
            server.signal(signal.SIGHUP)
            eventually(lambda: server.metric("cachetted_config_reloads_total", result="applied") == count + 1, "reload")
            if told:
                eventually(lambda: "configuration reloaded" in server.log()[before:], "it is told")
            equal("ttl.default" in server.log()[before:], told)


@case
def admin_is_not_served_on_a_unix_socket():
    status, text = run_binary("--set", "listen.admin=unix:/tmp/cachetted-admin.sock", "--check")
    equal(status, 1, text)
    check("listen.admin: HTTP is not served on a unix socket" in text, text)


@case
def config_set_changes_reloadable_options():
    with servers.Daemon({"ttl": {"default": 100}}) as server, server.connect() as c:
        equal(c.call("CONFIG", "GET", "ttl.default")[:1], [b"ttl.default"])
        equal(c.call("CONFIG", "SET", "ttl.default", "300"), b"OK")
        c.call("SET", "k", "v")
        check(c.call("TTL", "k") in (299, 300))
        for words in (("ttl.default", "-1"), ("ttl.default", "abc"), ("threads", "7"), ("no.such", "1")):
            equal(c.raw("CONFIG", "SET", *words)[:4], b"-ERR")


@case
def a_port_in_use():
    with servers.Daemon() as server:
        for listen in ({"resp": ["%s:%d" % server.address]}, {"admin": "%s:%d" % server.admin}):
            other = servers.Daemon({"listen": listen}, ready=False)
            with other:
                check(other.wait() != 0)
                check("in use" in other.log(), other.log())
                check(str(server.port if "resp" in listen else server.admin[1]) in other.log(), other.log())
        with server.connect() as c:
            equal(c.raw("PING"), b"+PONG\r\n")


@case
def faults_of_a_file_stop_the_start():
    with servers.Daemon() as folder:
        path = os.path.join(folder.folder, "bad.yaml")
        with open(path, "w") as file:
            file.write("threads: many\nlimits:\n  max_conections: 5\n  databases: 0\nttl: {min: 10, max: 5}\n")
        for words in (("--config", path), ("--config", path, "--check")):
            status, text = run_binary(*words)
            equal(status, 1, text)
            for place in (":1:", ":3:", ":4:"):
                check("bad.yaml" + place in text, text)
            check("max_connections" in text and "many" in text, text)
        status, text = run_binary("--config", folder.config_path, "--check")
        equal(status, 0, text)


@case
def files_that_cannot_be_read():
    for path in ("/nonexistent/cachetted.yaml", "/"):
        status, text = run_binary("--config", path)
        check(status not in (0, None) and path in text, text)


@case
def arguments_that_are_wrong():
    for words in (
        ("--no-such",),
        ("--set", "nothing"),
        ("--set", "no.such=1"),
        ("--set", "threads=x"),
        ("--config",),
        ("extra",),
    ):
        status, text = run_binary(*words)
        check(status not in (0, None) and status > 0 and text.strip(), "%s: %s %s", words, status, text)


@case
def what_only_prints():
    for words, expected in (
        (("--version",), "cachetted"),
        (("--help",), "--config"),
        (("--describe-config",), "max_memory"),
        (("--print-config",), "ttl"),
    ):
        status, text = run_binary(*words)
        equal(status, 0, text)
        check(expected in text, text)


@case
def order_of_the_sources():
    """Command line over environment over file over default."""
    file = {"ttl": {"default": 100, "max": 100000}}
    with servers.Daemon(file, env={"CACHETTED_TTL_DEFAULT": "200"}) as server, server.connect() as c:
        c.call("SET", "k", "v")
        check(c.call("TTL", "k") in (199, 200))
    with servers.Daemon(
        file, sets=["ttl.default=300"], env={"CACHETTED_TTL_DEFAULT": "200"}
    ) as server, server.connect() as c:
        c.call("SET", "k", "v")
        check(c.call("TTL", "k") in (299, 300))


@case
def listens_on_what_the_environment_names():
    port = servers.free_port()
    server = servers.Daemon(env={"CACHETTED_LISTEN_RESP": "127.0.0.1:%d" % port}, ready=False)
    with server:
        server.address = (servers.HOST, port)
        check(server.wait_ready(), server.log())


@case
def defaults_without_any_configuration():
    """A plain SET gets 60 seconds, a plain start says so."""
    port, admin = servers.free_port(), servers.free_port()
    server = servers.Daemon(ready=False)
    with server:
        server.process.terminate()
        server.wait()
        server.address = (servers.HOST, port)
        server.spawn(
            [
                servers.daemon_binary(),
                "--set",
                "listen.resp=127.0.0.1:%d" % port,
                "--set",
                "listen.admin=127.0.0.1:%d" % admin,
            ]
        )
        check(server.wait_ready(), server.log())
        with server.connect() as c:
            c.call("SET", "greeting", "hello")
            check(c.call("TTL", "greeting") in (59, 60))
        eventually(lambda: "60" in server.log() and str(port) in server.log(), "the log tells it")


@case
def unix_socket():
    with servers.Daemon(ready=False) as folder:
        path = os.path.join(folder.folder, "resp.sock")
        config = {"listen": {"resp": ["unix:" + path]}}
        for turn in range(2):  # the second start finds the socket file of a killed daemon
            server = servers.Daemon(config, ready=False)
            with server:
                server.address = path
                check(server.wait_ready(), server.log())
                with resp.Connection(path) as a, resp.Connection(path) as b:
                    a.call("SET", "k", "v%d" % turn)
                    equal(b.call("GET", "k"), b"v%d" % turn)
                    check(b"db=0" in a.call("CLIENT", "LIST"))
                server.process.kill()
                server.wait()


@case
def unix_socket_has_the_mode_that_umask_leaves():
    with servers.Daemon(ready=False) as folder:
        path = os.path.join(folder.folder, "resp.sock")
        for mask, mode in ((0o077, 0o700), (0o007, 0o770), (0, 0o777)):
            before = os.umask(mask)
            try:
                server = servers.Daemon({"listen": {"resp": ["unix:" + path]}}, ready=False)
            finally:
                os.umask(before)
            with server:
                server.address = path
                check(server.wait_ready(), server.log())
                equal(oct(os.stat(path).st_mode & 0o777), oct(mode))


@case
def several_listeners():
    port = servers.free_port()
    with servers.Daemon(ready=False) as folder:
        path = os.path.join(folder.folder, "more.sock")
        address = "127.0.0.1:%d" % servers.free_port()
        with servers.Daemon({"listen": {"resp": [address, "[::1]:%d" % port, "unix:" + path]}}, ready=False) as server:
            server.address = (servers.HOST, int(address.split(":")[1]))
            check(server.wait_ready(), server.log())
            with server.connect() as a, resp.Connection(("::1", port)) as b, resp.Connection(path) as c:
                a.call("SET", "k", "v")
                equal(b.call("GET", "k"), b"v")
                equal(c.call("GET", "k"), b"v")


class NotifySocket:
    """What systemd would listen on: the messages so far, in order."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify.sock")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.settimeout(0.02)
        self.lines = []

    def seen(self, word):
        try:
            while True:
                self.lines += self.sock.recv(65536).decode().split("\n")
        except socket.timeout:
            pass
        return sum(line.startswith(word) for line in self.lines)


@case
def tells_systemd():
    """READY only when listening, WATCHDOG from the loops, RELOADING and READY again, STOPPING."""
    with servers.Daemon(ready=False) as folder:
        notify = NotifySocket(folder.folder)
        env = {"NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "400000"}
        with servers.Daemon({"threads": 2}, env=env, ready=False) as server:
            eventually(lambda: notify.seen("READY=1"), "READY=1")
            with server.connect() as c:
                equal(c.raw("PING"), b"+PONG\r\n")
            count = notify.seen("WATCHDOG=1")
            eventually(lambda: notify.seen("WATCHDOG=1") >= count + 3, "WATCHDOG=1 comes again and again")
            server.signal(signal.SIGHUP)
            eventually(lambda: notify.seen("READY=1") == 2, "READY=1 after the reload")
            equal(notify.seen("RELOADING=1"), 1)
            server.signal(signal.SIGTERM)
            equal(server.wait(), 0)
            eventually(lambda: notify.seen("STOPPING=1") == 1, "STOPPING=1")


@case
def starts_again_and_again():
    for _ in range(10):
        with servers.Daemon() as server, server.connect() as c:
            equal(c.raw("SET", "k", "v"), b"+OK\r\n")
            server.signal(signal.SIGTERM)
            equal(server.wait(), 0)


@case
def no_secret_is_shown():
    digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
    config = {"auth": {"required": True, "users": {"default": {"password_sha256": digest}}}, "log": {"level": "trace"}}
    with servers.Daemon(config) as server, server.connect() as c:
        c.raw("AUTH", "not-the-password")
        c.call("AUTH", "secret")
        said = b"".join(
            c.raw(*words)
            for words in (
                ("INFO",),
                ("CONFIG", "GET", "*"),
                ("CACHETTE", "STATUS"),
                ("CLIENT", "LIST"),
                ("SLOWLOG", "GET"),
            )
        )
        said = said.decode(errors="replace") + server.log() + server.scrape()
        check(digest not in said, "the digest is shown")
        check("not-the-password" not in said and "secret" not in said.replace("no_secret", ""), "a password is shown")


if __name__ == "__main__":
    finish(suite.main())
