#!/usr/bin/env python3
"""cachetted and other clients of the same memcacheds look for each key on the same server, whatever the ring.

run.py [--into DIR] [--only SUBSTR] [-v]. Over each ring (servers, distribution, hash) each client library writes 10,000
keys, which cachetted reads, and reads 10,000 that cachetted wrote; where these really are is compared with what
libmemcached says. LONG=1: every distribution with every hash. SUBJECT=libmemcached, pylibmc or php-memcached puts that
library in cachetted's place.
"""

import argparse
import collections
import contextlib
import itertools
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from clients.run import php_client, python_client  # noqa: E402
from lib import cases, resp, servers  # noqa: E402
from ring.keys import make_keys, plain  # noqa: E402
from ring.rings import DISTRIBUTIONS, HASHES, Place, Ring, Written  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = 10_000
BURST = 500
REFERENCE = "libmemcached"
WRONG = "a ketama ring read as modula"

# `hashes`: those that it offers. `unix`: takes a socket beside other servers. `ascii`: stores under no other keys.
Client = collections.namedtuple("Client", "prepare hashes unix ascii")


def libmemcached(into):
    build = os.environ.get("BUILD") or os.path.join(servers.ROOT, "build")
    path = os.path.join(build, "tests", "ring", "ring_libmemcached")
    if not os.path.exists(path):
        raise cases.Skip("%s is not built" % path)
    return [path]


CLIENTS = {
    REFERENCE: Client(libmemcached, HASHES, True, False),
    "pylibmc": Client(python_client(os.path.join(HERE, "ring_pylibmc.py")), HASHES[:-1], False, False),
    "php-memcached": Client(php_client(os.path.join(HERE, "ring_php_memcached.php")), HASHES[:-2], True, True),
}


class Cachetted:
    """What is written and read through cachetted."""

    ascii = False

    def __init__(self, ring):
        self.daemon = servers.Daemon({"backend": "memcached", **ring.config()})
        self.connection = self.daemon.connect()

    def close(self):
        self.connection.close()
        self.daemon.stop()

    def set(self, tag, keys):
        for some in bursts(keys):
            self.connection.send(b"".join(resp.encode("SET", key, tag + key) for key in some))
            replies = resp.split_replies(self.connection.replies(len(some)))[0]
            yield from (b"+" if reply == b"+OK\r\n" else reply for reply in replies)

    def get(self, tag, keys):
        for some in bursts(keys):
            yield from (value or b"" for value in self.connection.call("MGET", *some))


class Library:
    """A client library's program: ring_libmemcached.cc tells what it is asked."""

    def __init__(self, name, argv, ring):
        self.ascii = CLIENTS[name].ascii
        self.process = subprocess.Popen(argv + ring.words(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, what, tag, keys):
        self.process.stdin.write(b"%b %b %d\n" % (what, tag, len(keys)) + b"".join(key + b"\n" for key in keys))
        self.process.stdin.flush()
        lines = [self.process.stdout.readline() for _ in keys]
        if not lines[-1]:
            raise AssertionError("the client ended with %d" % self.process.wait())
        return [line[:-1] for line in lines]

    def set(self, tag, keys):
        return self.ask(b"set", tag, keys)

    def get(self, tag, keys):
        return self.ask(b"get", tag, keys)

    def where(self, keys):
        return [int(line) for line in self.ask(b"where", b"-", keys)]


def bursts(keys):
    return (keys[begin : begin + BURST] for begin in range(0, len(keys), BURST))


class Values:
    """What was written: under each key the tag and the key. `answers`: what the writer was told."""

    def __init__(self, tag, keys, answers):
        self.tag = tag
        self.keys = keys
        self.answers = answers

    def wrong(self, reader):
        """The keys that the reader does not find as they were written."""
        each = zip(self.keys, self.answers, list(reader.get(self.tag, self.keys)), strict=True)
        told = "%s: %s when it was set, %s when it was read"
        return [told % tuple(map(brief, one)) for one in each if one[1:] != (b"+", self.tag + one[0])]


def brief(value):
    return cases.brief(value, 60)


class Game:
    """Plays rings. Each comparison has values of its own: what an earlier one left behind is never taken for right."""

    def __init__(self, programs, tally):
        self.programs = programs
        self.tally = tally
        keys = make_keys(2 * KEYS)
        self.theirs, self.ours = keys[::2], keys[1::2]
        self.tags = (b"%d=" % number for number in itertools.count())

    def all_there(self):
        """Whether there are both whom to ask where a key belongs and what is under test."""
        return REFERENCE in self.programs and servers.subject() in ("daemon", *self.programs)

    def library(self, name, ring):
        return Library(name, self.programs[name], ring)

    def subject(self, ring):
        name = servers.subject()
        return Cachetted(ring) if name == "daemon" else self.library(name, ring)

    def play(self, ring):
        names = [name for name in self.programs if ring.suits(name, CLIENTS[name])]
        if servers.subject() not in ("daemon", *names):
            return
        try:
            with contextlib.closing(self.subject(ring)) as subject:
                ours = self.write(subject, self.ours)
                for name in names:
                    self.agrees(ring, name, subject, ours)
            if REFERENCE in self.programs:
                self.places(ring, ours)
        except Exception as fault:  # the other rings are played all the same
            self.tally.bad("ring: " + ring.title(), fault)

    def write(self, writer, keys):
        tag = next(self.tags)
        keys = [plain(key) for key in keys] if writer.ascii else keys
        return Values(tag, keys, list(writer.set(tag, keys)))

    def agrees(self, ring, name, subject, ours):
        """What the library writes the subject reads, and the other way round."""
        with contextlib.closing(self.library(name, ring)) as library:
            theirs = self.write(library, self.theirs)
            wrong = theirs.wrong(subject) + ours.wrong(library)
        self.judge(name + " " + ring.title(), len(theirs.keys) + len(ours.keys), wrong)

    def places(self, ring, ours):
        """What the subject wrote is on the server that libmemcached says, and on no other. Each server has some."""
        with contextlib.closing(self.library(REFERENCE, ring)) as library:
            expected = library.where(ours.keys)
        each = zip(ours.keys, expected, ring.place.holders(ours.tag, ours.keys))
        told = "%s: not on server %d but on %s"
        wrong = [told % (brief(key), right, found) for key, right, found in each if [right] != found]
        idle = set(range(len(ring.place.servers))) - set(expected)
        self.judge("places " + ring.title(), len(ours.keys), wrong + ["server %d has none" % number for number in idle])

    def judge(self, name, count, wrong):
        print("ring: %s: %d of %d agree" % (name, count - len(wrong), count), flush=True)
        if wrong:
            self.tally.bad("ring: " + name, "\n".join(wrong[:3]))
        else:
            self.tally.good("ring: " + name)

    def wrong_ring(self, place):
        """A key that is looked for elsewhere is missed: rings that differ do not agree."""
        try:
            with contextlib.closing(self.subject(Ring(place, "modula"))) as subject:
                with contextlib.closing(self.library(REFERENCE, Ring(place, "ketama"))) as library:
                    agreed = KEYS - len(self.write(library, self.theirs).wrong(subject))
            print("ring: %s: %d of %d agree, as must be" % (WRONG, agreed, KEYS), flush=True)
            cases.check(0 < agreed < KEYS // 2, "it is not told from a right one")
            self.tally.good("ring: " + WRONG)
        except Exception as fault:
            self.tally.bad("ring: " + WRONG, fault)


# A hash in these words is one of keys, and of the points of servers only where it stands before what makes them.
WRITTEN = (
    "{servers} --DISTRIBUTION=consistent",
    "--DISTRIBUTION=consistent {servers}",
    "--HASH=MD5 --DISTRIBUTION=consistent {servers}",
    "{servers} --DISTRIBUTION=consistent --HASH=MD5",
)
SOME = (("modula", "crc"), ("modula", "fnv1_32"), ("consistent", "fnv1a_64"), ("ketama", "md5"), ("ketama", "jenkins"))


def rings_of_three(place):
    every = itertools.product(DISTRIBUTIONS[:-1], HASHES[1:])  # a weighted ring has a hash of its own
    yield from (Ring(place, distribution) for distribution in DISTRIBUTIONS)
    yield from (Ring(place, *each) for each in (every if cases.long_run() else SOME))


def weighted_rings(place):
    """With weights any ring of points is a weighted one; modula knows none."""
    some = ("modula", "consistent", "ketama_weighted")
    yield from (Ring(place, distribution) for distribution in (DISTRIBUTIONS if cases.long_run() else some))
    yield from (Written(place, text) for text in (WRITTEN if cases.long_run() else WRITTEN[:2]))


def rings_with_a_socket(place):
    yield from (Ring(place, distribution) for distribution in ("modula", "ketama", "ketama_weighted"))


PLACES = (
    (rings_of_three, {"name": "over three", "tcp": 3}),
    (weighted_rings, {"name": "over weights of 1, 4 and 2", "tcp": 3, "weights": (1, 4, 2)}),
    (rings_with_a_socket, {"name": "over five and a socket", "tcp": 5, "unix": 1}),
)


def prepared(into, tally):
    """The programs of the client libraries that are here."""
    programs = {}
    for name, client in CLIENTS.items():
        try:
            programs[name] = client.prepare(into)
        except cases.Skip as reason:
            tally.skip(name, reason)
        except Exception as fault:  # an install that fails: the others are played all the same
            tally.bad(name, fault)
    return programs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", default=os.path.join(servers.ROOT, "build", "clients"), help="where to install")
    parser.add_argument("--only", default="", help="rings whose title contains this")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    tally = cases.Tally(options.verbose)
    try:
        if servers.subject() not in ("daemon", *CLIENTS):
            raise cases.Skip("only for cachetted and the client libraries")
        game = Game(prepared(options.into, tally), tally)
        for rings, place in PLACES:
            with Place(**place) as here:
                for ring in rings(here):
                    if options.only in ring.title():
                        game.play(ring)
        if game.all_there() and options.only in WRONG:
            with Place("over three", 3) as here:
                game.wrong_ring(here)
    except cases.Skip as reason:
        tally.skip("ring", reason)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
