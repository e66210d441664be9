#!/usr/bin/env python3
"""Plays the transcripts against cachetted and the oracle, redis-server or memcached, and compares byte by byte.

run.py [--only SUBSTR] [--on daemon,redis,memcached] [--set path=value] [--record FILE] [--dump-seeds DIR] [FILE...]
Each case counts once for each server that it runs on. With STORE=redis, valkey, memcached or memcached3 that is cachetted
over such a store alone. --record fills in the replies of a draft from the real server.
"""

import argparse
import glob
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, memcache, resp, servers, transcript  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
REPLY_SECONDS = 10.0
RECORD_SECONDS = 0.2


class Mismatch(Exception):
    pass


class Player:
    """Plays the cases of one file on one server."""

    def __init__(self, server, protocol, password):
        self.server = server
        self.protocol = protocol
        self.password = password
        self.over = transcript.FAMILIES[servers.store()] if server.kind == "daemon" else ""
        self.connections = {}
        self.captured = {}

    def empty(self):
        """No key is left, and no delayed flush_all either. Connections are opened anew."""
        self.connections = {}
        self.captured = {}
        with self.server.connect_to(self.protocol) as control:
            if self.protocol == "memcache":
                if self.password:
                    control.authenticate(self.password)
                if control.raw("flush_all") != b"OK\r\n":
                    raise Mismatch("flush_all failed")
                return
            if self.password:
                control.call("AUTH", self.password)
            control.call("FLUSHALL")

    def play(self, case):
        self.empty()
        steps = [step.over(self.over) for step in case.steps]
        metrics = any(step.kind == "metric" for step in steps)
        self.before = self.server.scrape() if metrics else ""
        try:
            for index, step in enumerate(steps):
                try:
                    getattr(self, "_" + step.kind)(step, steps[index:])
                except (Mismatch, resp.Closed, resp.TimedOut, resp.NotResp, OSError) as fault:
                    raise Mismatch("line %d: %s" % (step.line, fault)) from None
            self._nothing_left()
        finally:
            for connection in self.connections.values():
                connection.close()

    def _connection(self, step):
        if step.connection not in self.connections:
            self.connections[step.connection] = self.server.connect_to(step.protocol, REPLY_SECONDS)
        return self.connections[step.connection]

    def _send(self, step, rest):
        self._connection(step).send(self._filled(step))

    def _close(self, step, rest):
        self._connection(step).close()
        del self.connections[step.connection]

    def _filled(self, step):
        return transcript.fill_in(step.data, self.captured) if step.protocol == "memcache" else step.data

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
        connection = self._connection(step)
        if step.how == "":
            self._literal(connection, self._filled(step))
        elif step.how == "any":
            connection.reply()
        elif step.how == "~":
            line = connection.exactly(self._line_length(connection))
            match = re.fullmatch(step.data + rb"\r\n", line, re.S)
            if not match:
                raise Mismatch("got  %s\nwant a match of %s" % (transcript.escape(line), step.data.decode()))
            self.captured.update(match.groupdict())
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
            ask, answers = resp.encode("RESET"), [b"+RESET\r\n"]
            if isinstance(connection, memcache.Connection):
                ask, answers = b"mn\r\n", [b"MN\r\n"] + [b"CLIENT_ERROR unauthenticated\r\n"] * bool(self.password)
            connection.send(ask)
            try:
                line = connection.exactly(self._line_length(connection))
            except (resp.Closed, resp.TimedOut) as fault:
                raise Mismatch("[%s] after the transcript: %s" % (name, fault)) from None
            if line not in answers:
                raise Mismatch("[%s] more came than the transcript expects:\n%s" % (name, shown(line)))


def shown(data, limit=1500):
    text = transcript.escape(data)
    return text if len(text) <= limit else "%s... (%d bytes)" % (text[:limit], len(data))


def play_file(path, options, tally):
    parsed = transcript.parse(path)
    for kind in options.on.split(","):
        if kind not in ("daemon", transcript.PROTOCOLS[parsed.protocol]):
            continue
        wanted = [
            c
            for c in parsed.cases
            if parsed.plays(c, kind, servers.store(), servers.compressed()) and options.only in "%s: %s" % (parsed.name(), c.name)
        ]
        if not wanted:
            continue
        try:
            server = start(kind, parsed, options.sets)
        except cases.Skip as reason:
            for case in wanted:
                tally.skip("%s: %s [%s]" % (parsed.name(), case.name, kind), reason)
            continue
        except Exception as fault:  # one file's server that does not start must not hide the other files
            for case in wanted:
                tally.bad("%s: %s [%s]" % (parsed.name(), case.name, kind), fault)
            continue
        with server:
            player = Player(server, parsed.protocol, parsed.password)
            for case in transcript.parse(path).cases:
                if any(case.line == w.line for w in wanted):
                    play_case(player, parsed, case, kind, tally)


def start(kind, parsed, sets=()):
    return servers.start(
        kind,
        redis=parsed.redis,
        memcached=parsed.memcached,
        sets=list(sets) + parsed.sets,
        with_memcache=parsed.protocol == "memcache",
    )


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
    """Rewrites a draft: each run of sends without an expectation gets what the real server answers."""
    parsed = transcript.parse(path)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    added = {}
    with start(transcript.PROTOCOLS[parsed.protocol], parsed) as server:
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
    player = Player(server, parsed.protocol, parsed.password)
    player.empty()
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
    lines = [("%s %s" % (prefix, transcript.escape(part))).rstrip() for part in out.split(b"\r\n")[:-1]]
    if closed:
        lines.append(prefix + "close")
        del player.connections[name]
    return lines


def dump_seeds(paths, folder):
    """What each case sends in its file's protocol, one file a case: seeds for that protocol's fuzz target."""
    os.makedirs(folder, exist_ok=True)
    for path in paths:
        parsed = transcript.parse(path)
        for case in parsed.cases:
            sends = [step for step in case.steps if step.kind == "send" and step.protocol == parsed.protocol]
            data = b"".join(step.data for step in sends)
            name = re.sub(r"\W+", "_", "%s_%s" % (parsed.name(), case.name))
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cases whose `folder/file: name` contains this")
    parser.add_argument("--on", default="", help="servers (default: SUBJECT and the real ones)")
    parser.add_argument("--set", dest="sets", action="append", default=[], help="more --set for the daemon")
    parser.add_argument("--record", action="store_true", help="fill in missing replies from the real server")
    parser.add_argument("--dump-seeds", metavar="DIR", help="write what each case sends, and stop")
    parser.add_argument("--shard", default="0/1", help="K/N: every Nth file, from the Kth on")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if not options.on and servers.subject() == "daemon":
        options.on = "daemon" if servers.store() else "daemon,redis,memcached"
    options.on = options.on or servers.subject()
    paths = options.files or sorted(glob.glob(os.path.join(HERE, "*", "*.t")))
    if options.dump_seeds:
        return dump_seeds(paths, options.dump_seeds)
    if options.record:
        return [record(path) for path in paths] and 0
    tally = cases.Tally(options.verbose)
    first, step = map(int, options.shard.split("/"))
    for path in paths[first::step]:
        try:
            play_file(path, options, tally)
        except transcript.Malformed as fault:
            tally.bad(path, fault)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
