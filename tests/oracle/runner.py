"""What every oracle does with its sequences: play them on both servers, shrink what differs, print it, count.

A protocol's oracle (resp_oracle.py, memcache_oracle.py) fills in an Oracle and calls main().
"""

import argparse
import dataclasses
import os
import random
import time
from typing import Callable

from lib import cases, servers, transcript
from oracle.play import Difference

SHRUNK = 12  # failures that are shrunk and printed; further ones are only counted
TRIES = 400  # plays that a shrinking may take
# Sequences, else 1000: of stores whose code is nearly that of another one, or that are slow.
OVER_A_STORE = {"memcached3": 500, "valkey": 500, "mongodb": 400, "dynamodb": 300}


@dataclasses.dataclass
class Oracle:
    """A protocol: how its sequences are made, played and shown."""

    title: str
    real: str  # the name of the server that is right
    sequences: int
    generate: Callable  # a seed to a sequence with `seed` and `steps`
    start: Callable  # nothing to (the real server, the subject)
    match: Callable  # these two to what plays
    describe: Callable  # a sequence to a few words
    step_lines: Callable  # a step to a transcript's lines
    kind: Callable  # a Difference to a tuple whose first is a name: one of each kind is printed in full


def differs(match, sequence):
    """The Difference that the sequence shows, or None."""
    try:
        match.play(sequence)
    except Difference as difference:
        return difference
    return None


def shrink(match, sequence, difference):
    """Drops steps as long as the servers still disagree: halves first, then single steps."""
    tries = TRIES
    size = max(len(sequence.steps) // 2, 1)
    while size:
        at = 0
        while at < len(sequence.steps) and tries:
            tries -= 1
            shorter = dataclasses.replace(sequence, steps=sequence.steps[:at] + sequence.steps[at + size :])
            found = differs(match, shorter) if shorter.steps else None
            if found:
                sequence, difference = shorter, found
            else:
                at += size
        size //= 2
    return sequence, difference


def shown(data, limit=700):
    text = transcript.escape(data)
    return text if len(text) <= limit else "%s... (%d bytes)" % (text[:limit], len(data))


def listed(oracle, sequence, last=None):
    """The sequence as a transcript, up to the step `last`."""
    lines = []
    for step in sequence.steps:
        lines += oracle.step_lines(step)
        if step is last:
            break
    return lines


def report(oracle, sequence, difference, original_steps):
    head = "=== seed %d, %s, %d of %d steps"
    lines = [head % (sequence.seed, oracle.describe(sequence), len(sequence.steps), original_steps)]
    lines += listed(oracle, sequence, difference.step)
    if difference.text:
        lines.append("# " + difference.text)
    lines.append("%-9s %s" % (oracle.real, shown(difference.real)))
    return "\n".join(lines + ["subject   " + shown(difference.subject)])


def run(oracle, options, tally):
    real, subject = oracle.start()
    match = oracle.match(real, subject)
    commands, kinds = 0, {}
    seeds = [options.one] if options.one is not None else range(options.seed, options.seed + options.sequences)
    for seed in seeds:
        sequence = oracle.generate(seed)
        commands += len(sequence.steps)
        try:
            difference = differs(match, sequence)
            if difference is None:
                tally.good("seed %d" % seed)
                continue
            kind = oracle.kind(difference)
            kinds.setdefault(kind, []).append(seed)
            if len(kinds[kind]) == 1 and len(kinds) <= SHRUNK:
                tally.bad("seed %d" % seed, report(oracle, *shrink(match, sequence, difference), len(sequence.steps)))
            else:
                tally.failed += 1
        except Exception as fault:  # a server that died: nothing further can be compared
            steps = "\n".join(listed(oracle, sequence))
            tally.bad("seed %d" % seed, "%r\n%s\n%s" % (fault, steps, subject.log()[-3000:]))
            break
    match.close()
    for server in (real, subject):
        server.stop()
    for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1]))[:40]:
        print(
            "%5d like seed %d: %s, %s %r, subject %r"
            % (len(found), found[0], kind[0].decode(errors="replace")[:40], oracle.real, *kind[1:])
        )
    return commands


def main(oracle, doc):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    sequences = OVER_A_STORE.get(servers.store(), 1000) if servers.store() else oracle.sequences
    parser.add_argument("--sequences", type=int, default=sequences if not cases.long_run() else 100000)
    parser.add_argument(
        "--seed",
        type=int,
        default=os.environ.get("ORACLE_SEED"),
        help="of the first sequence; the next ones count up (ORACLE_SEED; else drawn)",
    )
    parser.add_argument("--one", type=int, default=None, metavar="SEED", help="play just this sequence")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    tally = cases.Tally()
    begun = time.monotonic()
    title = oracle.title + (" over " + servers.store() if servers.store() else "")
    print("%s: seed %d, %d sequences" % (title, options.seed, options.sequences), flush=True)
    try:
        commands = run(oracle, options, tally)
    except cases.Skip as reason:
        tally.skip(title, reason)
        return tally.close()
    print(
        "%s: %d commands in %.1f s; repeat with --seed %d"
        % (title, commands, time.monotonic() - begun, options.seed)
    )
    return tally.close()
