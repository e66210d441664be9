#!/usr/bin/env python3
"""The oracle: generated command sequences to cachetted and to redis-server 7.0, the same bytes back from both.

resp_oracle.py [--sequences N] [--seed S] [--one SEED]. A failing sequence is shrunk and printed as a transcript.
What may differ is listed in exceptions.py; what is sent is made in generate.py; play.py compares.
"""

import argparse
import dataclasses
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers, transcript  # noqa: E402
from oracle.generate import generate  # noqa: E402
from oracle.play import Difference, Match  # noqa: E402

SHRUNK = 12  # failures that are shrunk and printed; further ones are only counted
TRIES = 400  # plays that a shrinking may take


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


def report(sequence, difference, original_steps):
    lines = [
        "=== seed %d, %s, %d of %d steps"
        % (sequence.seed, "RESP3" if sequence.resp3 else "RESP2", len(sequence.steps), original_steps)
    ]
    for step in sequence.steps:
        mark = ">>>" if step.connection == 0 else ">>>[b]"
        lines.append("%s %s" % (mark, step.shown()) + ("    # iterated to the end" if step.scan else ""))
        if step.sleep:
            lines.append("!!! sleep %g" % (step.sleep * 1000))
        if step is difference.step:
            break
    if difference.text:
        lines.append("# " + difference.text)
    return "\n".join(lines + ["redis   " + shown(difference.redis), "subject " + shown(difference.subject)])


def kind_of(difference):
    """Failures of one kind are printed once in full."""
    name = difference.step.args[0].upper() if difference.step and difference.step.args else b""
    return name, difference.redis[:24], difference.subject[:24]


def run(options, tally):
    redis = servers.Redis()
    subject = servers.Redis() if servers.subject() == "redis" else servers.Daemon({"limits": {"max_value": "512MiB"}})
    match = Match(redis, subject)
    commands, kinds = 0, {}
    seeds = [options.one] if options.one is not None else range(options.seed, options.seed + options.sequences)
    for seed in seeds:
        sequence = generate(seed)
        commands += len(sequence.steps)
        try:
            difference = differs(match, sequence)
        except Exception as fault:  # a server that died: nothing further can be compared
            tally.bad("seed %d" % seed, "%r\n%s" % (fault, subject.log()[-3000:]))
            break
        if difference is None:
            tally.good("seed %d" % seed)
            continue
        kind = kind_of(difference)
        kinds.setdefault(kind, []).append(seed)
        if len(kinds[kind]) == 1 and len(kinds) <= SHRUNK:
            count = len(sequence.steps)
            tally.bad("seed %d" % seed, report(*shrink(match, sequence, difference), count))
        else:
            tally.failed += 1
    match.close()
    for server in (redis, subject):
        server.stop()
    for (name, ours, theirs), found in sorted(kinds.items(), key=lambda item: -len(item[1]))[:40]:
        print(
            "%5d like seed %d: %s, redis %r, subject %r"
            % (len(found), found[0], name.decode(errors="replace")[:40], ours, theirs)
        )
    return commands


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=100000 if cases.long_run() else 8000)
    parser.add_argument("--seed", type=int, default=os.environ.get("ORACLE_SEED"), help="of the first sequence; the next ones count up (ORACLE_SEED; else drawn)")
    parser.add_argument("--one", type=int, default=None, metavar="SEED", help="play just this sequence")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    tally = cases.Tally()
    begun = time.monotonic()
    print("oracle: seed %d, %d sequences, half of them RESP3" % (options.seed, options.sequences), flush=True)
    try:
        commands = run(options, tally)
    except cases.Skip as reason:
        tally.skip("oracle", reason)
        return tally.close()
    print("oracle: %d commands in %.1f s; repeat with --seed %d" % (commands, time.monotonic() - begun, options.seed))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
