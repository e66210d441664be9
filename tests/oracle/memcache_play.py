"""Plays one memcached sequence on both servers at once and compares what came back.

Bytes travel in segments, cut at random places. Behind each goes a read of an absent key with an opaque of its own: what
comes before its answer is the segment's, however many replies that are.
"""

import random
import re
import time

from lib import resp, servers
from oracle import memcache_words as words
from oracle.exceptions import Parted
from oracle.memcache_generate import Step
from oracle.memcache_replies import Replies
from oracle.play import Difference, Side, chunks

CONTROL = -1  # the number of the connection that asks for what is stored
SECONDS = 3.0  # for a reply that does not come
HANG_SECONDS = 0.03  # to see that nothing comes
NO_TOKEN = b"18446744073709551615"  # sent where no cas was seen yet
REFUSED = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
QUIET = re.compile(rb" (noreply|q)\b")
VALUE = re.compile(rb"^(\d{19,20}) *\r$", re.M)
PLACE = re.compile(rb"\$\{(\d+)(-?)\}")


def written(key):
    """The key and what flag it needs in a meta command."""
    return key if words.is_text(key) else words.encoded(key) + b" b"


def is_large(blob):
    return any(2**63 <= int(number) < 2**64 for number in VALUE.findall(blob))


# memcached only hides what is over a second old, until it is asked for; a flush_all with a delay would show it again.
EMPTY = b"flush_all\r\n" + b"".join(b"md %b q\r\n" % written(key) for key in words.ALL_KEYS)


class Match:
    """The two servers, memcached first."""

    def __init__(self, real, subject):
        self.sides = tuple(Side(server, "memcache", SECONDS) for server in (real, subject))
        self.serial = 0

    def close(self):
        for side in self.sides:
            side.close()

    def play(self, sequence):
        """Raises Difference at the first one that is not listed."""
        cut = random.Random(sequence.seed)
        self.keys = sequence.keys
        self.quiet_counts = False
        self.replies = Replies(self.keys)
        try:
            self._begin()
            for segment in segments(sequence.steps):
                self._segment(segment, cut)
            self._compare_state()
        except Parted:
            self._drop_all()
        except Difference:
            self._drop_all()
            raise

    def _drop_all(self):
        for side in self.sides:
            for number in list(side.open):
                side.drop(number)

    def _begin(self):
        blobs = self._both(EMPTY)
        if not all(blob.startswith(b"OK\r\n") for blob in blobs):
            raise Difference(None, "flush_all failed", *blobs)

    def _mark(self):
        self.serial += 1
        return b"mg _absent_ O%d\r\n" % self.serial, b"EN O%d\r\n" % self.serial

    def _both(self, data):
        """What each server answers to data on the connection that no step uses."""
        ask, answer = self._mark()
        for side in self.sides:
            self._send(side.connection(CONTROL), [data, ask])
        return [self._answered(side, CONTROL, Step(CONTROL, data), answer) for side in self.sides]

    def _send(self, connection, pieces):
        try:
            for piece in pieces:
                connection.send(piece)
        except ConnectionError:
            pass  # it closed early: the comparison tells

    def _read(self, connection, answer):
        deadline = time.monotonic() + SECONDS
        while not connection.buf.endswith(answer):
            connection.fill(deadline)
        blob = bytes(connection.buf[: -len(answer)])
        connection.buf.clear()
        return blob

    def _segment(self, segment, cut):
        number, last = segment[0].connection, segment[-1]
        ends = last.closes or last.hangs
        self.quiet_counts = self.quiet_counts or any(step.counts and QUIET.search(step.data) for step in segment)
        ask, answer = self._mark()
        datas = [self._filled(segment, seen) for seen in self.replies.seen]
        state = cut.getstate()
        for side, data in zip(self.sides, datas):
            cut.setstate(state)  # tokens may differ in length: the same draws, not the same places
            pieces = [data] if ends else chunks(data, 0, cut)
            self._send(side.connection(number), pieces + ([] if ends else [ask]))
        blobs = [self._answered(side, number, last, answer) for side in self.sides]
        if last.sleep:
            time.sleep(last.sleep)
            self.replies.slept = True
        found = self.replies.compare(*blobs)
        if found:
            if any(part == REFUSED and self._has_large(side) for side, part in zip(self.sides, found)):
                raise Parted
            if self.quiet_counts and any(map(is_large, found)):  # one has refused it without a word
                raise Parted
            raise Difference(last, "", *found)

    def _has_large(self, side):
        """Whether a number from 2^63 on is stored: memcached refuses it where a minus lies behind it in memory, be that a
        byte of an address."""
        ask, answer = self._mark()
        lines = b"".join(b"mg %b v\r\n" % written(key) for key in self.keys)
        self._send(side.connection(CONTROL), [lines + ask])
        return is_large(self._answered(side, CONTROL, Step(CONTROL, lines), answer))

    def _filled(self, segment, seen):
        def token(match):
            tokens = seen.get(self.keys[int(match[1])])
            return NO_TOKEN if not tokens else tokens[0 if match[2] else -1]

        return PLACE.sub(token, b"".join(step.data for step in segment))

    def _answered(self, side, number, last, answer):
        connection = side.open[number]
        try:
            if last.closes:
                blob = connection.until_closed(SECONDS)
                side.drop(number)
                return blob
            if last.hangs:
                connection.fill(time.monotonic() + HANG_SECONDS)
                return bytes(connection.buf) + b"(answered)"
            return self._read(connection, answer)
        except resp.Closed as closed:
            side.drop(number)
            return closed.rest + b"(closed)"
        except resp.TimedOut as late:
            side.drop(number)
            if last.hangs:
                return late.rest
            return late.rest + (b"(not closed)" if last.closes else b"(no more came)")

    def _compare_state(self):
        """Every key: its value, flags, time, cas and, where there are any, marks."""
        hit = b"" if servers.over_markless() else b" h"
        lines = [b"mg %b k v f t s%b c\r\n" % (written(key), hit) for key in self.keys]
        lines += [b"gets %b\r\n" % key for key in self.keys if words.is_text(key)]
        for line in lines:
            found = self.replies.compare(*self._both(line))
            if found and self.quiet_counts and any(map(is_large, found)):
                raise Parted  # one of them has refused it, see _has_large
            if found:
                raise Difference(None, "in the end, " + repr(line), *found)


def segments(steps):
    """Runs of steps that may travel together."""
    out, run = [], []
    for step in steps:
        held = step.counts and any(s.reads for s in run)
        if run and (step.begins or held or step.connection != run[0].connection):
            out.append(run)
            run = []
        run.append(step)
        if step.closes or step.hangs or step.sleep:
            out.append(run)
            run = []
    return out + [run] if run else out
