#!/usr/bin/env python3
"""Every test of cachetted, in one order: what `make test` calls. Standard library only.

run.py --build DIR [--long] [--only PART,PART...] [--without PART,PART...] [--list]. One line a group with its counts
and seconds, failures in full; the last line is `N passed, N failed` (`, N skipped`). REQUIRE_ALL=1 makes a skip a
failure. SUBJECT=redis plays transcripts, oracle, clients and system against redis-server instead, which proves those
tests themselves; SUBJECT=memcached plays transcripts, oracle-memcache and clients against memcached, and
SUBJECT=libmemcached plays the ring.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from lib.cases import CLOSING  # noqa: E402

GROUP_SECONDS = 1800
SKIPPED_CHECK = 77
REPLAY_SECONDS = 120


class Result:
    """Counts of one group, and what it said that a reader of the log needs."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lines = []

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def fail(self, name, text):
        self.failed += 1
        self.lines += ["FAIL  " + name] + ["      " + line for line in text.rstrip().splitlines()]

    def skip(self, name, why):
        self.skipped += 1
        self.lines.append("SKIP  %s: %s" % (name, why))


def execute(argv, environment, seconds=GROUP_SECONDS):
    """Exit status (None: it hung and was stopped) and all its output."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        out.seek(0)
        return status, out.read().decode(errors="replace")


def executables(pattern):
    return [p for p in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(p) and os.access(p, os.X_OK)]


def gtest(paths):
    """A group of GoogleTest programs; every test case counts."""

    def run(options, environment):
        result = Result()
        found = paths(options.build)
        if not found:
            result.skip("programs", "none is built")
        for path in found:
            with tempfile.TemporaryDirectory() as folder:
                report = os.path.join(folder, "report.json")
                status, text = execute([path, "--gtest_brief=1", "--gtest_output=json:" + report], environment)
                count_gtest(os.path.relpath(path, options.build), report, status, text, result)
        return result

    return run


def count_gtest(name, report, status, text, result):
    try:
        with open(report) as file:
            suites = json.load(file)["testsuites"]
    except (OSError, ValueError):
        return result.fail(name, "ended with %s and no report:\n%s" % (status, text[-5000:]))
    failed = 0
    for suite in suites:
        for case in suite["testsuite"]:
            full = "%s: %s.%s" % (name, case["classname"], case["name"])
            if case.get("failures"):
                failed += 1
                result.fail(full, "\n".join(f["failure"] for f in case["failures"]))
            elif case["result"] == "SKIPPED":
                result.skip(full, " ".join(s.get("message", "") for s in case.get("skipped", [])) or "see the program")
            elif case["result"] == "COMPLETED":
                result.passed += 1
    if status != 0 and not failed:
        result.fail(name, "ended with %s:\n%s" % (status, text[-5000:]))


def checks(options, environment):
    """tests/checks/*.py: each exits 0 (good), 77 (cannot run here) or otherwise; one with a closing line counts by that."""
    result = Result()
    for path in sorted(glob.glob(os.path.join(HERE, "checks", "*.py"))):
        status, text = execute([sys.executable, path], environment)
        name = os.path.basename(path)
        match = CLOSING.match((text.rstrip().splitlines() or [""])[-1])
        if match:
            result.add(int(match[1]), int(match[2]), int(match[3] or 0))
            result.lines += text.rstrip().splitlines()[:-1]
            if status not in (0, SKIPPED_CHECK) and match[2] == "0":
                result.fail(name, "ended with %s" % status)
        elif status == 0:
            result.passed += 1
        elif status == SKIPPED_CHECK:
            result.skip(name, text.strip())
        else:
            result.fail(name, text)
    return result


def program(path, *arguments, shards=1, **variables):
    """A group that is a program with the closing line of lib/cases.py. `variables` are more of its environment.

    `shards`: so many of it run side by side, each with a share of its cases: where these wait more than they work.
    """

    def run(options, environment):
        result = Result()
        argv = [sys.executable, os.path.join(HERE, path)] + [a.format(build=options.build) for a in arguments]
        parts = [argv + (["--shard", "%d/%d" % (k, shards)] if shards > 1 else []) for k in range(shards)]
        with concurrent.futures.ThreadPoolExecutor(shards) as pool:
            for status, text in pool.map(lambda part: execute(part, {**environment, **variables}), parts):
                count_program(path, status, text, result)
        return result

    return run


def count_program(path, status, text, result):
    lines = text.rstrip().splitlines()
    match = CLOSING.match(lines[-1]) if lines else None
    if not match or status is None or (status == 0) != (match[2] == "0"):
        how = "stopped, it hung" if status is None else "ended with %s" % status
        result.fail(path, "%s:\n%s" % (how, text[-8000:]))
    else:
        result.add(int(match[1]), int(match[2]), int(match[3] or 0))
        result.lines += lines[:-1]


def fuzz_replay(options, environment):
    """Seeds and what earlier fuzzing kept, once through each target, where `make fuzz` has built them."""
    result = Result()
    for target in executables(os.path.join(options.build + "-fuzz", "**", "fuzz_*")):
        name = os.path.basename(target)[len("fuzz_") :]
        folders = [
            f
            for f in (os.path.join(HERE, "fuzz", "seeds", name), os.path.join(options.build + "-fuzz", "corpus", name))
            if os.path.isdir(f)
        ]
        status, text = execute([target, "-runs=0", "-timeout=10"] + folders, environment, REPLAY_SECONDS)
        if status == 0:
            result.passed += 1
        else:
            result.fail("fuzz_" + name, text[-5000:])
    return result


def unit_programs(build):
    contract = os.path.join(build, "tests", "contract") + os.sep
    return [p for p in executables(os.path.join(build, "tests", "**", "*_test")) if not p.startswith(contract)]


# What is played on cachetted over each store, too.
OVER_A_STORE = {
    "transcripts": "transcripts/run.py",
    "oracle": "oracle/resp_oracle.py",
    "oracle-memcache": "oracle/memcache_oracle.py",
    "faults": "faults/run.py",
}
STORES = ("redis", "valkey", "memcached", "memcached3", "mongodb", "dynamodb")
NOT_MADE = {"faults-memcached3", "faults-dynamodb"}  # faults-memcached has those of a ring; the others know streams of replies, not HTTP
# Valkey behind cachetted is another row of the same backend, a ring of three the same backend as one (`ring` and
# faults-memcached have what is a ring's own), and what conversion does over memory it does over the stores.
LONG_ONLY = {
    "faults-valkey", "transcripts-valkey", "transcripts-memcached3", "oracle-memcached3", "oracle-memcache-memcached3",
    "oracle-memcache-compressed", "transcripts-redis-compressed", "transcripts-memcached-compressed",
    "transcripts-mongodb-compressed", "transcripts-dynamodb-compressed",
}  # fmt: skip


def over_stores():
    names = {"%s-%s" % (name, store): (path, store) for store in STORES for name, path in OVER_A_STORE.items()}
    return {
        name: program(path, shards=4 if name.startswith(("faults", "transcripts")) else 1, STORE=store)
        for name, (path, store) in names.items()
        if name not in NOT_MADE
    }


# Where cachetted converts values, it reads and changes parts of them itself: it has to answer as the servers do.
def compressed():
    groups = {
        "oracle-compressed": program("oracle/resp_oracle.py", COMPRESSED="lz4"),
        "oracle-memcache-compressed": program("oracle/memcache_oracle.py", COMPRESSED="zstd"),
    }
    for store in ("", "redis", "memcached", "mongodb", "dynamodb"):
        name = "-".join(filter(None, ("transcripts", store, "compressed")))
        groups[name] = program("transcripts/run.py", shards=4, STORE=store, COMPRESSED="lz4")
    return groups


# Two of these run side by side, in this order, before all others: no case of them goes by how fast something is.
TOGETHER = (
    "system-memory", "clients", "system-large", "contract", "system-dynamodb", "transcripts", "oracle", "ring", "system-conv", "system-tables",
    "system-memcached_sasl", "system-memcached_store", "system-pickle", "unit", "checks"
)  # fmt: skip

GROUPS = {
    "unit": gtest(unit_programs),
    "contract": gtest(lambda build: executables(os.path.join(build, "tests", "contract", "*_test"))),
    "checks": checks,
    "transcripts": program("transcripts/run.py", shards=3),
    "oracle": program("oracle/resp_oracle.py"),
    "oracle-memcache": program("oracle/memcache_oracle.py"),
    **over_stores(),
    **compressed(),
    "ring": program("ring/run.py", "--into", "{build}/clients"),
    "clients": program("clients/run.py", "--into", "{build}/clients"),
    **{
        "system-" + os.path.basename(path)[: -len(".py")]: program(os.path.relpath(path, HERE))
        for path in sorted(glob.glob(os.path.join(HERE, "system", "*.py")))
    },
    "fuzz-replay": fuzz_replay,
}


# Servers that are built here: tests/NAME/build, and the variable that says where. Groups with that name in theirs need them, and
# contract and clients.
BUILT = (("mongo", "MONGO_SERVERS"), ("dynamodb", "DYNAMODB_LOCAL"))


def build_servers(name, folder, environment):
    """Once; whoever needs them and does not find them says so."""
    status, text = execute([os.path.join(HERE, name, "build"), folder], environment)
    if status != 0:
        print("tests/%s/build ended with %s:\n%s" % (name, status, text[-3000:]), flush=True)


def run_group(name, group, options, environment):
    begun = time.monotonic()
    result = group(options, environment)
    if os.environ.get("REQUIRE_ALL") == "1" and result.skipped:
        result.lines.append("REQUIRE_ALL=1: what is skipped here counts as failed")
        result.failed += result.skipped
        result.skipped = 0
    counts = "%6d passed, %d failed" % (result.passed, result.failed) + (
        ", %d skipped" % result.skipped if result.skipped else ""
    )
    closing = "%-20s %-40s %6.1f s\n" % (name, counts, time.monotonic() - begun)
    sys.stdout.write("\n".join([*result.lines, closing]))  # at once: another group may run beside
    sys.stdout.flush()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--long", action="store_true", help="the long forms (as LONG=1)")
    parser.add_argument("--only", default="", help="groups whose name contains one of these, comma-separated")
    parser.add_argument("--without", metavar="PART", help="but not those whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="print the groups and stop")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    parts = options.only.split(",")
    chosen = {name: group for name, group in GROUPS.items() if any(part in name for part in parts)}
    if options.without:
        without = options.without.split(",")
        chosen = {name: group for name, group in chosen.items() if not any(part in name for part in without)}
    if not options.long:
        chosen = {name: group for name, group in chosen.items() if name not in LONG_ONLY or name in parts}
    if options.list:
        print("\n".join(chosen))
        return 0
    environment = {**os.environ, "BUILD": options.build, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("CACHETTED", os.path.join(options.build, "cachetted"))
    for built, variable in BUILT:
        environment.setdefault(variable, os.path.join(os.path.dirname(HERE), "build", built))
        if any("contract" in name or built in name or name == "clients" for name in chosen):
            build_servers(built, environment[variable], environment)
    if options.long:
        environment["LONG"] = "1"
    together = {name: chosen[name] for first in TOGETHER for name in chosen if name.startswith(first)}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda item: run_group(*item, options, environment), together.items()))
    results += [run_group(name, group, options, environment) for name, group in chosen.items() if name not in together]
    if not chosen:
        print("no group matches %r" % options.only)
    passed, failed, skipped = (sum(getattr(r, key) for r in results) for key in ("passed", "failed", "skipped"))
    print("%d passed, %d failed" % (passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
