#!/usr/bin/env python3
"""Plays the transcripts against cachetted and against redis-server, the oracle, and compares byte by byte.

run.py [--only SUBSTR] [--on daemon,redis] [--set path=value] [--record FILE] [--dump-seeds DIR] [FILE...]
Each case counts once for each server that it runs on. --record fills in the replies of a draft from redis-server.
"""

import argparse
import glob
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, resp, servers, transcript  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
REPLY_SECONDS = 10.0
RECORD_SECONDS = 0.2


class Mismatch(Exception):
    pass


class Player:
    """Plays the cases of one file on one server."""

    def __init__(self, server, password):
        self.server = server
        self.password = password
        self.connections = {}

    def play(self, case):
        with self.server.connect() as control:
            if self.password:
                control.call("AUTH", self.password)
            control.call("FLUSHALL")
        metrics = any(step.kind == "metric" for step in case.steps)
        self.before = self.server.scrape() if metrics else ""
        self.connections = {}
        try:
            for index, step in enumerate(case.steps):
                try:
                    getattr(self, "_" + step.kind)(step, case.steps[index:])
                except (Mismatch, resp.Closed, resp.TimedOut, resp.NotResp, OSError) as fault:
                    raise Mismatch("line %d: %s" % (step.line, fault)) from None
            self._nothing_left()
        finally:
            for connection in self.connections.values():
                connection.close()

    def _connection(self, name):
        if name not in self.connections:
            self.connections[name] = self.server.connect(REPLY_SECONDS)
        return self.connections[name]

    def _send(self, step, rest):
        self._connection(step.connection).send(step.data)

    def _sleep(self, step, rest):
        time.sleep(step.number)

    def _metric(self, step, rest):
        want = step.number
        if not servers.metric_known(self.server.scrape(), step.metric):
            raise Mismatch("no metric %s" % step.metric)

        def delta():
            now = servers.metric_sum(self.server.scrape(), step.metric, step.labels)
            return now - servers.metric_sum(self.before, step.metric, step.labels)

        deadline = time.monotonic() + 5
        while delta() != want:
            if time.monotonic() > deadline:
                raise Mismatch("%s%s moved by %g, not %g" % (step.metric, step.labels or "", delta(), want))
            time.sleep(0.01)

    def _expect(self, step, rest):
        connection = self._connection(step.connection)
        if step.how == "":
            self._literal(connection, step.data)
        elif step.how == "any":
            connection.reply()
        elif step.how == "~":
            line = connection.exactly(self._line_length(connection))
            if not re.fullmatch(step.data + rb"\r\n", line, re.S):
                raise Mismatch("got  %s\nwant a match of %s" % (transcript.escape(line), step.data.decode()))
        elif step.how == "~~":
            reply = connection.reply()
            if not re.fullmatch(step.data, reply, re.S):
                raise Mismatch("got  %s\nwant a match of %s" % (shown(reply), step.data.decode()))
        elif step.how == "close":
            left = connection.until_closed()
            connection.close()
            del self.connections[step.connection]
            if left:
                raise Mismatch("closed, but first came %s" % transcript.escape(left))
        elif step.how == "unordered":
            self._unordered(connection, step, rest)

    def _literal(self, connection, want):
        deadline = time.monotonic() + REPLY_SECONDS
        try:
            while len(connection.buf) < len(want) and want.startswith(bytes(connection.buf)):
                connection.fill(deadline)
        except (resp.Closed, resp.TimedOut) as fault:
            raise Mismatch("%s\nwant %s" % (fault, shown(want))) from None
        if not connection.buf.startswith(want):
            try:
                connection.fill(time.monotonic() + 0.1)
            except (resp.Closed, resp.TimedOut):
                pass
            raise Mismatch("got  %s\nwant %s" % (shown(bytes(connection.buf)), shown(want)))
        del connection.buf[: len(want)]

    def _line_length(self, connection):
        deadline = time.monotonic() + REPLY_SECONDS
        while b"\r\n" not in connection.buf:
            connection.fill(deadline)
        return connection.buf.index(b"\r\n") + 2

    def _unordered(self, connection, step, rest):
        """The literal lines that follow, as one reply whose elements may come in any order."""
        want = b""
        for other in rest[1:]:
            if other.kind != "expect" or other.how or other.connection != step.connection:
                break
            want += other.data
            other.kind = "taken"
        got = connection.reply()
        if got.partition(b"\r\n")[0] != want.partition(b"\r\n")[0] or sorted(resp.elements(got)) != sorted(
            resp.elements(want)
        ):
            raise Mismatch("got  %s\nwant %s, in any order" % (shown(got), shown(want)))

    def _taken(self, step, rest):
        """A line that `unordered` has compared already."""

    def _nothing_left(self):
        for name, connection in self.connections.items():
            connection.send(resp.encode("RESET"))
            try:
                self._literal(connection, b"+RESET\r\n")
            except Mismatch as fault:
                raise Mismatch("[%s] more came than the transcript expects:\n%s" % (name, fault)) from None


def shown(data, limit=1500):
    text = transcript.escape(data)
    return text if len(text) <= limit else "%s... (%d bytes)" % (text[:limit], len(data))


def play_file(path, options, tally):
    parsed = transcript.parse(path)
    for kind in options.on.split(","):
        wanted = [
            c
            for c in parsed.cases
            if parsed.only in ("", kind) and c.only in ("", kind) and options.only in "%s: %s" % (parsed.name(), c.name)
        ]
        if not wanted:
            continue
        try:
            server = servers.start(kind, redis=parsed.redis, sets=options.sets + parsed.sets)
        except cases.Skip as reason:
            for case in wanted:
                tally.skip("%s: %s [%s]" % (parsed.name(), case.name, kind), reason)
            continue
        except Exception as fault:  # one file's server that does not start must not hide the other files
            for case in wanted:
                tally.bad("%s: %s [%s]" % (parsed.name(), case.name, kind), fault)
            continue
        with server:
            player = Player(server, parsed.password)
            for case in transcript.parse(path).cases:
                if any(case.line == w.line for w in wanted):
                    play_case(player, parsed, case, kind, tally)


def play_case(player, parsed, case, kind, tally):
    name = "%s: %s [%s]" % (parsed.name(), case.name, kind)
    try:
        player.play(case)
        tally.good(name)
    except Exception as fault:  # whatever a case does, the next one still runs
        ended = player.server.process.poll()
        tally.bad(
            name,
            (
                fault
                if ended is None
                else "%s\nthe server ended with %s:\n%s" % (fault, ended, player.server.log()[-3000:])
            ),
        )


def record(path):
    """Rewrites a draft: each run of sends without an expectation gets what redis-server answers."""
    parsed = transcript.parse(path)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    added = {}
    with servers.start("redis", redis=parsed.redis) as server:
        for case in parsed.cases:
            if "daemon" in (parsed.only, case.only):
                continue
            for step, follower in zip(case.steps, case.steps[1:] + [None]):
                if step.kind == "send" and (follower is None or follower.kind != "expect"):
                    added[step.line] = None
            record_case(server, parsed, case, added)
    out = []
    for number, line in enumerate(lines, 1):
        out.append(line)
        out += added.get(number) or []
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


def record_case(server, parsed, case, added):
    with server.connect() as control:
        if parsed.password:
            control.call("AUTH", parsed.password)
        control.call("FLUSHALL")
    player = Player(server, parsed.password)
    for index, step in enumerate(case.steps):
        if step.kind == "send":
            player._send(step, [])
            if step.line in added:
                added[step.line] = recorded(player, step.connection)
        else:
            getattr(player, "_" + step.kind)(step, case.steps[index:])
    for connection in player.connections.values():
        connection.close()


def recorded(player, name):
    connection = player.connections[name]
    prefix = "<<<" + ("[%s]" % name if name != "main" else "")
    closed = False
    try:
        while True:
            connection.fill(time.monotonic() + RECORD_SECONDS)
    except resp.TimedOut:
        pass
    except resp.Closed:
        closed = True
    out = bytes(connection.buf)
    connection.buf.clear()
    lines = ["%s %s" % (prefix, transcript.escape(part)) for part in out.split(b"\r\n")[:-1]]
    if closed:
        lines.append(prefix + "close")
        del player.connections[name]
    return lines


def dump_seeds(paths, folder):
    """What each case sends, one file a case: seeds for the RESP fuzz target."""
    os.makedirs(folder, exist_ok=True)
    for path in paths:
        parsed = transcript.parse(path)
        for case in parsed.cases:
            data = b"".join(step.data for step in case.steps if step.kind == "send")
            name = re.sub(r"\W+", "_", "%s_%s" % (parsed.name(), case.name))
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose `folder/file: name` contains this")
    parser.add_argument("--on", default="", help="servers: daemon,redis (default: SUBJECT and redis)")
    parser.add_argument("--set", dest="sets", action="append", default=[], help="more --set for the daemon")
    parser.add_argument("--record", action="store_true", help="fill in missing replies from redis-server")
    parser.add_argument("--dump-seeds", metavar="DIR", help="write what each case sends, and stop")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    options.on = options.on or ("daemon,redis" if servers.subject() == "daemon" else servers.subject())
    paths = options.files or sorted(glob.glob(os.path.join(HERE, "*", "*.t")))
    if options.dump_seeds:
        return dump_seeds(paths, options.dump_seeds)
    if options.record:
        return [record(path) for path in paths] and 0
    tally = cases.Tally(options.verbose)
    for path in paths:
        try:
            play_file(path, options, tally)
        except transcript.Malformed as fault:
            tally.bad(path, fault)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
