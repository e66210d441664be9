"""For programs that import pandas: each is run by a Python that has pandas 2 and by one that has pandas 3, as
tests/system/tables2.txt and tables3.txt list them. Imports none of it."""

import concurrent.futures
import os
import subprocess
import sys

from lib import packages, servers
from lib.cases import CLOSING, Skip, Tally, check, finish

LATER = os.environ.get("TABLES_WITHIN") != "2"  # it is 3 here


def _by(number):
    """Runs this by that pandas: its lines, and what they count."""
    folder = os.path.join(os.environ.get("BUILD", os.path.join(servers.ROOT, "build")), "clients", "tables" + number)
    try:
        python = packages.python(os.path.join(servers.ROOT, "tests", "system", "tables%s.txt" % number), folder)
    except AssertionError as error:
        raise Skip("pandas %s cannot be installed: %s" % (number, str(error)[-300:])) from None
    done = subprocess.run([python, *sys.argv], env={**os.environ, "TABLES_WITHIN": number}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = done.stdout.rstrip().splitlines()
    closing = CLOSING.match(lines[-1]) if lines else None
    check(closing or "--list" in sys.argv, "pandas %s: ended with %d\n%s", number, done.returncode, done.stdout[-5000:])
    return lines, closing


def run_by_each():
    """Runs the program whose words these are by a Python with pandas 2 and by one with pandas 3, side by side, and ends it; within one of
    them it goes on. TABLES=3 runs it by the second alone."""
    if "TABLES_WITHIN" in os.environ:
        return
    numbers = os.environ.get("TABLES", "2,3").split(",")
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(len(numbers)) as pool:
        runs = [(number, pool.submit(_by, number)) for number in numbers]
        for number, run in runs:
            try:
                lines, closing = run.result()
            except Skip as reason:
                tally.skip("pandas " + number, reason)
                continue
            except AssertionError as error:
                tally.bad("pandas " + number, error)
                continue
            for line in lines[:-1] if closing else lines:
                mark = line[:6] if line.startswith(("FAIL  ", "SKIP  ", "      ")) else ""
                print(line if mark == "      " else "%spandas %s: %s" % (mark, number, line[len(mark) :]))
            if closing:
                tally.passed, tally.failed, tally.skipped = tally.passed + int(closing[1]), tally.failed + int(closing[2]), tally.skipped + int(closing[3] or 0)
    if "--list" in sys.argv:
        finish(0)
    finish(tally.close())
