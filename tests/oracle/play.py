"""Plays one sequence on both servers at once and compares what came back, byte by byte.

Bytes travel in segments: all that one connection sends until another one speaks, a step sleeps, iterates or closes.
A segment is sent cut at random places; its replies are awaited before the next segment leaves, on both servers.
"""

import random
import time

from lib import resp
from oracle import exceptions

SECONDS = 10.0  # for a reply that does not come
MAX_CONNECTIONS = 2


class Difference(Exception):
    """The servers disagree; `step` is None where it is the state in the end."""

    def __init__(self, step, text, real=b"", subject=b""):
        super().__init__(text)
        self.step = step
        self.text = text
        self.real = real
        self.subject = subject


class Side:
    """One server: its connections, reopened when it closes them, and a control connection."""

    def __init__(self, server, protocol="resp", seconds=SECONDS):
        self.server = server
        self.protocol = protocol
        self.seconds = seconds
        self.control = server.connect_to(protocol, seconds)
        self.open = {}

    def connection(self, number):
        if number not in self.open:
            self.open[number] = self.server.connect_to(self.protocol, self.seconds)
        return self.open[number]

    def drop(self, number):
        if number in self.open:
            self.open.pop(number).close()

    def close(self):
        self.control.close()
        for number in list(self.open):
            self.drop(number)


class Match:
    """The two servers, redis-server first."""

    def __init__(self, redis, subject):
        self.sides = (Side(redis), Side(subject))

    def close(self):
        for side in self.sides:
            side.close()

    def play(self, sequence):
        """Raises Difference at the first one that is not listed."""
        cut = random.Random(sequence.seed)
        self._begin(sequence.resp3)
        self.queued = {}
        try:
            for segment in segments(sequence.steps):
                self._segment(segment, cut, sequence.resp3)
            self._compare_state(sequence)
        except exceptions.Parted:
            self._drop_all()
        except Difference:
            self._drop_all()
            raise

    def _drop_all(self):
        for side in self.sides:
            for number in list(side.open):
                side.drop(number)

    def _begin(self, resp3):
        hello = resp.encode("RESET") + (resp.encode("HELLO", "3") if resp3 else b"")
        for side in self.sides:
            side.control.send(resp.encode("FLUSHALL"))
            for connection in side.open.values():
                connection.send(hello)
        for side in self.sides:
            if side.control.reply() != b"+OK\r\n":
                raise Difference(None, "FLUSHALL failed")
            for connection in side.open.values():
                connection.replies(2 if resp3 else 1)
        self.hello = resp3

    def _connection(self, side, number):
        new = number not in side.open
        connection = side.connection(number)
        if new and self.hello:
            connection.raw("HELLO", "3")
        return connection

    def _segment(self, segment, cut, resp3):
        number = segment[0].connection
        if segment[0].scan:
            return self._scan(segment[0], number)
        data = b"".join(step.data for step in segment)
        last = len(segment[-1].data) if segment[-1].closes else 0  # a closing step leaves in one piece
        cuts = chunks(data, last, cut)
        connections = [self._connection(side, number) for side in self.sides]
        for connection in connections:
            try:
                for chunk in cuts:
                    connection.send(chunk)
            except ConnectionError:
                pass  # it closed early: the comparison tells
        closes = segment[-1].closes
        blobs = [self._read(side, number, sum(step.replies for step in segment), closes) for side in self.sides]
        if blobs[0] != blobs[1] or self._tracks(segment):
            self._compare(segment, number, *blobs)
        if closes:
            self.queued.pop(number, None)
        if segment[-1].sleep:
            time.sleep(segment[-1].sleep)

    def _read(self, side, number, count, closes):
        """The replies of a segment, and what became of the connection where that was not expected."""
        connection = side.open[number]
        try:
            if closes:
                blob = connection.until_closed(SECONDS)
                side.drop(number)
                return blob
            return connection.replies(count, SECONDS)
        except resp.Closed as closed:
            side.drop(number)
            return closed.rest + b"(closed)"
        except resp.TimedOut as late:
            side.drop(number)
            return late.rest + (b"(not closed)" if closes else b"(no more came)")
        except resp.NotResp:
            rest = bytes(connection.buf)
            side.drop(number)
            return rest + b"(not RESP)"

    def _tracks(self, segment):
        """Queued commands are remembered, since EXEC's reply is theirs."""
        return (
            any(step.args[:1] and step.args[0].upper() in (b"MULTI", b"EXEC") for step in segment)
            or segment[0].connection in self.queued
        )

    def _compare(self, segment, number, redis, subject):
        ours, rest = resp.split_replies(redis) if b"(not RESP)" not in redis else ([], redis)
        theirs, their_rest = resp.split_replies(subject) if b"(not RESP)" not in subject else ([], subject)
        position = 0
        for step in segment:
            a, b = ours[position : position + step.replies], theirs[position : position + step.replies]
            position += step.replies
            if a != b and not (len(a) == len(b) == 1 and self._listed(step, number, a[0], b[0])):
                raise Difference(step, "", b"".join(a) or rest, b"".join(b) or their_rest)
            self._follow(step, number, a)
        if rest != their_rest:
            raise Difference(segment[-1], "", rest, their_rest)

    def _follow(self, step, number, replies):
        if replies == [b"+QUEUED\r\n"]:
            self.queued.setdefault(number, []).append(step)
        elif step.args and step.args[0].upper() == b"MULTI" and replies == [b"+OK\r\n"]:
            self.queued[number] = []
        elif step.args and step.args[0].upper() in (b"EXEC", b"DISCARD", b"RESET"):
            self.queued.pop(number, None)

    def _listed(self, step, number, redis, subject):
        if step.args and step.args[0].upper() == b"EXEC" and redis[:1] == subject[:1] == b"*":
            a, b, queued = resp.elements(redis), resp.elements(subject), self.queued.get(number, [])
            return len(a) == len(b) == len(queued) and all(
                x == y or exceptions.accepted(s.args, x, y) for s, x, y in zip(queued, a, b)
            )
        return exceptions.accepted(step.args, redis, subject)

    def _scan(self, step, number):
        """Both iterations to their end, as sets; the first reply that is no cursor ends one."""
        found = []
        for side in self.sides:
            connection, cursor, seen = self._connection(side, number), b"0", set()
            while True:
                reply = connection.raw(b"SCAN", cursor, *step.args[1:])
                if reply[:1] != b"*":
                    seen.add(reply)
                    break
                parts = resp.elements(reply)
                seen.update(resp.elements(parts[1]))
                cursor = resp.decode(parts[0])
                if cursor == b"0":
                    break
            found.append(seen)
        if found[0] != found[1]:
            raise Difference(
                step, "what a whole iteration saw", repr(sorted(found[0])).encode(), repr(sorted(found[1])).encode()
            )

    def _compare_state(self, sequence):
        """Keys, values and expiries in every database that the sequence may have touched."""
        asked = [[b"KEYS", b"*"], [b"MGET"] + sequence.keys] + [[b"PEXPIRETIME", key] for key in sequence.keys]
        data = b"".join(
            resp.encode("SELECT", db) + b"".join(resp.encode(*args) for args in asked) for db in sequence.databases
        ) + resp.encode("SELECT", "0")
        count = len(sequence.databases) * (len(asked) + 1) + 1
        for side in self.sides:
            side.control.send(data)
        blobs = [side.control.replies(count, SECONDS) for side in self.sides]
        if blobs[0] == blobs[1]:
            return
        commands = [args for db in sequence.databases for args in [[b"SELECT", b"%d" % db]] + asked] + [
            [b"SELECT", b"0"]
        ]
        for args, a, b in zip(commands, resp.split_replies(blobs[0])[0], resp.split_replies(blobs[1])[0]):
            if a != b and not exceptions.accepted(args, a, b):
                raise Difference(None, "in the end, " + " ".join(map(repr, args)), a, b)


def segments(steps):
    """Runs of steps that may travel together. HTTP travels alone: redis-server then drops replies not yet sent."""
    out, run = [], []
    for step in steps:
        if run and (step.connection != run[0].connection or step.scan or step.data.startswith(b"POST")):
            out.append(run)
            run = []
        run.append(step)
        if step.closes or step.sleep or step.scan:
            out.append(run)
            run = []
    return out + [run] if run else out


def chunks(data, whole, cut):
    """data cut at up to three random places, its last `whole` bytes in one piece."""
    free = len(data) - whole
    if cut.random() < 0.5 or free < 2:
        places = [free] if whole and free else []
    else:
        places = sorted({cut.randrange(1, free) for _ in range(cut.randint(1, 3))} | ({free} if whole else set()))
    ends = places + [len(data)]
    return [data[a:b] for a, b in zip([0] + places, ends) if a < b]
