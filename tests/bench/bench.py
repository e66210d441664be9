#!/usr/bin/env python3
"""`make bench`: CPU, latency and memory of cachetted beside its peers, as ratios taken in the same run.

Starts every server itself, reads their CPU time and resident size from /proc, interleaves the rows, and prints the
table; --write-docs puts it into docs/performance.md. Needs Python 3.11 and nothing else.
"""
import argparse
import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace

import measures
import report
import rows as table
import servers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BYTES_PER_KEY = 400  # a cautious guess, for whether a number of keys fits into memory


@dataclass
class Result:
    row: table.Row
    subject: table.Target
    peer: table.Target
    pairs: list = field(default_factory=list)
    beside: dict = field(default_factory=dict)  # target: what the store behind it used, in the unit of the measure
    error: str = ""

    @property
    def ratios(self):
        return [a / b for a, b in self.pairs]

    @property
    def ratio(self):
        return measures.median(self.ratios)

    @property
    def subject_median(self):
        return measures.median([a for a, _ in self.pairs])

    @property
    def peer_median(self):
        return measures.median([b for _, b in self.pairs])


    def store_median(self, target):
        return measures.median(self.beside[target]) if self.beside.get(target) else None


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.seconds = arguments.seconds
        self.cpus = measures.usable_cpus()
        alone = len(self.cpus) > 1
        real_time = os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR)  # then spinning would be throttled
        self.generator = measures.Generator(self.find("loadgen"), [self.cpus[-1]] if alone else None,
                                            spin=alone and not real_time)
        self.live = {}
        self.store_used = None  # by the store behind what is measured, in the unit of the measure
        self.disturbance = 0.0  # most of a core that other processes used during a run

    def find(self, kind):
        build = self.arguments.build
        codec_peer = os.path.join(ROOT, "tests", "bench", "codec_peer.py")
        table_peer = os.path.join(ROOT, "tests", "bench", "table_peer.py")
        dynamodb_peer = os.path.join(ROOT, "tests", "bench", "dynamodb_peer.py")
        places = {"cachetted": [f"{build}/cachetted", f"{build}/src/cachetted"],
                  "loadgen": [f"{build}/tests/bench/loadgen"], "mongo_peer": [f"{build}/tests/bench/mongo_peer"],
                  "codec_bench": [f"{build}/tests/bench/codec_bench"], "codec_peer": [codec_peer],
                  "table_bench": [f"{build}/tests/bench/codec_bench"], "table_peer": [table_peer],
                  "mongo-java-server": [f"{build}/mongo/java"], "dynamodb_peer": [dynamodb_peer],
                  "dynamodb-local": [f"{build}/dynamodb/dynamodb-local"]}
        kind = {"memcached-ring": "memcached"}.get(kind, kind)
        if kind == "loadgen" and self.arguments.loadgen:
            return os.path.abspath(self.arguments.loadgen)
        for path in places.get(kind, []):
            if os.access(path, os.X_OK):
                return os.path.abspath(path)
        built = {"mongo-java-server": "mongo", "dynamodb-local": "dynamodb"}.get(kind)
        if built:
            subprocess.run([os.path.join(ROOT, "tests", built, "build"), f"{build}/{built}"], check=False)
        for path in places.get(kind, []):
            if os.access(path, os.X_OK):
                return os.path.abspath(path)
        path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"  # nutcracker's
        found = shutil.which(kind, path=path) if kind not in places else None
        if found is None:
            raise servers.ServerError(f"{kind} is not there (looked in {', '.join(places.get(kind, ['PATH']))})")
        return found

    def make(self, target, store=None):
        cpus = set(self.cpus[:target.cpus]) if self.generator.cpus else None
        return servers.KINDS[target.kind](self.find(target.kind), dict(target.settings), cpus, store)

    def start(self, target, store=None):
        server = self.make(target, store)
        server.start()
        return server

    def running(self, target, row):
        """The server of this round for `target`, started and filled at its first use."""
        if target not in self.live:
            store = self.running(target.store, row) if target.store else None
            self.live[target] = self.start(target, store)
            if row.prepare == "once":
                self.live[target].preload(self.generator, row, target.keys)
        return self.live[target]

    def stop_all(self):
        """Stops the last first: the system hands out first what was freed last, so the first server of the next round,
        which is the other side's, gets the memory that the first of this round had."""
        for server in reversed(self.live.values()):
            server.stop()
        self.live.clear()

    def fitting(self, target):
        """The target with as many keys as memory holds."""
        most = int(measures.memory_available() * 0.8 / BYTES_PER_KEY)
        if target.keys <= most:
            return target
        print(f"  only {most:,} keys instead of {target.keys:,}: memory is short")
        return replace(target, keys=most)

    def measure_stage(self, stage):
        """Rounds of all rows of a stage, subject and peer in turn.

        Each round has servers of its own: the physical memory that a process happens to get can make it a fifth slower
        for all its life, so one process for each side would measure luck.
        """
        results = [self.result_for(row) for row in stage]
        for turn in range(max(self.rounds_of(row) for row in stage)):
            try:
                for result in results:
                    if not result.error and turn < self.rounds_of(result.row):
                        self.measure_pair(result, turn)
            finally:
                self.stop_all()
        return results

    def result_for(self, row):
        subject, peer = row.subject, row.peer
        if self.arguments.noise:
            peer = subject if subject.kind == peer.kind else peer
            subject = replace(peer, label=peer.title() + " again")
        return Result(row, self.fitting(subject), self.fitting(peer))

    def rounds_of(self, row):
        return 1 if self.arguments.quick else row.rounds or self.arguments.rounds

    def measure_pair(self, result, turn):
        """Measures both; who is first changes with each round."""
        row, values = result.row, {}
        measure = getattr(measures, row.measure)
        measures.wait_until_quiet(self.arguments.patience)
        pair = (result.subject, result.peer)
        try:
            for target in pair if turn % 2 == 0 else pair[::-1]:
                self.store_used = None
                value, detail = measure(self, target, row)
                values[target] = value
                if self.store_used is not None:
                    result.beside.setdefault(target, []).append(self.store_used)
                name = row.name.format(keys=f"{result.subject.keys:,}")
                title = target.title().format(keys=f"{target.keys:,}")
                print(f"  {turn + 1}  {name}: {title} {report.number(value, row.measure)}  {detail}", flush=True)
        except (servers.ServerError, measures.MeasureError) as fault:
            result.error = str(fault)
            print(f"  {turn + 1}  {row.name}: {fault}", flush=True)
            return
        result.pairs.append((values[result.subject], values[result.peer]))

    def versions(self, results):
        targets = [target for result in results for target in (result.subject, result.peer)]
        kinds = dict.fromkeys(target.kind for target in [*targets, *(t.store for t in targets if t.store)])
        known = []
        for kind in kinds:
            try:
                known.append(servers.KINDS[kind](self.find(kind)).version())
            except servers.ServerError:
                known.append(f"{kind} (not there)")
        return known


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", choices=[*table.GROUPS, "all"], default="all", help="which group of rows (all)")
    parser.add_argument("--only", metavar="REGEX", help="only rows whose name matches")
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, measures little")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of each row (4; even numbers are fair to both)")
    parser.add_argument("--seconds", type=float, default=5, help="load of each measurement (5)")
    parser.add_argument("--patience", type=float, default=30, metavar="S",
                        help="wait so long before each pair for other processes to be quiet (30)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="DIR", help="build folder (build)")
    parser.add_argument("--loadgen", metavar="FILE", help="the load generator, when it is not in the build folder")
    parser.add_argument("--real-time", action="store_true",
                        help="for a busy machine: servers and generator run before all else (SCHED_FIFO; root only)")
    parser.add_argument("--noise", action="store_true",
                        help="put the peer in cachetted's place: how far from 1.0 is chance?")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.rounds, arguments.patience = min(arguments.seconds, 1), 1, 0
    if arguments.write_docs and (arguments.quick or arguments.only or arguments.noise):
        parser.error("--write-docs is for whole measurements: without --quick, --only and --noise")
    return arguments


def prepare_process(arguments):
    """Limits and priority, which the servers and the generator inherit; a SIGTERM stops them too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if arguments.real_time:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            sys.exit("bench: --real-time is not permitted to this user")


def main():
    arguments = parse_arguments()
    prepare_process(arguments)
    try:
        bench = Bench(arguments)
    except servers.ServerError as fault:
        sys.exit(f"bench: {fault}")
    sections, failed = {}, False
    for group in table.GROUPS if arguments.rows == "all" else [arguments.rows]:
        title, make_rows = table.GROUPS[group]
        chosen = [row for row in make_rows() if not arguments.only or re.search(arguments.only, row.name)]
        results = []
        for _, stage in itertools.groupby(chosen, key=table.Row.stage):
            results += bench.measure_stage(list(stage))
        if not results:
            continue
        failed = failed or any(result.error for result in results)
        versions = bench.versions(results)
        priority = ", real-time" if arguments.real_time else ""
        settings = (f"{arguments.rounds} rounds of {arguments.seconds:g} s{priority}, "
                    f"other processes used at most {100 * bench.disturbance:.0f}% of a core")
        print(f"\n{title}: {', '.join(versions)}; {settings}\n\n{report.terminal(results)}\n", flush=True)
        sections[title] = report.section(title, results, versions, settings)
    if arguments.write_docs:
        report.write_docs(os.path.join(ROOT, "docs", "performance.md"), sections)
    return 1 if failed or not sections else 0


if __name__ == "__main__":
    sys.exit(main())
