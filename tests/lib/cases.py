"""The small case runner of the black-box tests: register functions, run them, print failures and the closing line.

A program ends with `N passed, N failed` (`, N skipped` if any), which tests/run.py reads. A skip prints its reason.
"""

import argparse
import os
import re
import sys
import time
import traceback

CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


class Skip(Exception):
    """Raised by a case that cannot run here; the text is the reason."""


class Tally:
    """Counts of one program."""

    def __init__(self, verbose=False):
        self.passed = 0
        self.failed = 0
        self.skipped = 0
        self.verbose = verbose

    def good(self, name):
        self.passed += 1
        if self.verbose:
            print("ok    " + name, flush=True)

    def bad(self, name, why):
        self.failed += 1
        print("FAIL  " + name, flush=True)
        for line in str(why).rstrip().splitlines():
            print("      " + line, flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print("SKIP  %s: %s" % (name, why), flush=True)

    def close(self):
        """Prints the closing line; returns the exit status."""
        line = "%d passed, %d failed" % (self.passed, self.failed)
        if self.skipped:
            line += ", %d skipped" % self.skipped
        print(line, flush=True)
        return 1 if self.failed else 0


class Suite:
    """Cases by decorator: @suite.case; run with suite.main()."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def case(self, function):
        self.cases.append(function)
        return function

    def main(self, argv=None):
        parser = argparse.ArgumentParser(description="black-box cases of " + self.name)
        parser.add_argument("--only", default="", help="run the cases whose name contains this")
        parser.add_argument("--shard", default="0/1", help="K/N: every Nth of them, from the Kth on")
        parser.add_argument("--list", action="store_true", help="print the names and stop")
        parser.add_argument("-v", "--verbose", action="store_true", help="print each passed case with its seconds")
        options = parser.parse_args(argv)
        first, step = map(int, options.shard.split("/"))
        chosen = [c for c in self.cases if options.only in c.__name__][first::step]
        if options.list:
            for case in chosen:
                print(case.__name__)
            return 0
        tally = Tally(options.verbose)
        for case in chosen:
            begun = time.monotonic()
            try:
                case()
                tally.good("%s (%.1f s)" % (case.__name__, time.monotonic() - begun))
            except Skip as reason:
                tally.skip(case.__name__, reason)
            except Exception:  # a case may fail in any way; the others still run
                tally.bad("%s: %s" % (self.name, case.__name__), traceback.format_exc())
        return tally.close()


def check(condition, text="", *values):
    if not condition:
        raise AssertionError(text % values if values else text)


def equal(got, want, what=""):
    if got != want:
        raise AssertionError("%s\n got  %s\n want %s" % (what, brief(got), brief(want)))


def brief(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else "%s... (%d characters)" % (text[:limit], len(text))


def eventually(probe, what, seconds=10.0):
    """Polls until probe() is true; a generous bound against a hang, not a measured time."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("never came true: %s (last: %s)" % (what, brief(value)))
        time.sleep(0.005)


def long_run():
    """True under `make test-long`."""
    return os.environ.get("LONG") == "1"


def finish(status):
    sys.stdout.flush()
    sys.exit(status)
