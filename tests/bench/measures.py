"""How a figure is taken: each function measures one target once and returns a number (smaller is better).

`cpu_*` and `p99` use the server of the round; the others start one of their own.
"""
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace

import rows as table

UNITS = {  # measure: (unit, decimals)
    "cpu_per_op": ("us", 3),
    "cpu_per_value": ("us", 3),
    "time_per_op": ("us", 2),
    "p99": ("us", 0),
    "resident_per_key": ("bytes", 1),
    "idle_mib": ("MiB", 1),
    "start_ms": ("ms", 1),
    "cpu_per_conversion": ("us", 2),
    "cpu_per_converted": ("us", 2),
    "cpu_per_table": ("us", 0),
    "p99_beside": ("us", 0),
}


GENERATOR_LAG_US = 100  # sent later than this at p99, the generator was disturbed: once more
VOID_LAG_US = 1000  # and if it stays so late, latencies say nothing about the server


class MeasureError(Exception):
    """A measurement that means nothing."""


class Generator:
    """Runs the load generator on its own core."""

    def __init__(self, binary, cpus, spin):
        self.binary = binary
        self.cpus = cpus
        self.spin = spin
        self.seed = 0

    def command(self, port, options):
        words = [self.binary, "--port", str(port)]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        if options.get("mode") == "open" and self.spin:
            words.append("--spin")
        return ["taskset", "-c", ",".join(map(str, sorted(self.cpus))), *words] if self.cpus else words

    def run(self, port, options):
        done = subprocess.run(self.command(port, options), capture_output=True, text=True)
        if done.returncode != 0:
            raise MeasureError(done.stderr.strip() or f"loadgen ended with {done.returncode}")
        result = json.loads(done.stdout)
        self.judge(result)
        return result

    def judge(self, result):
        reads = result["hits"] + result["misses"]
        if result["misses"] * 1000 > reads:
            raise MeasureError(f"{result['misses']} of {reads} reads missed keys that were stored")

    def preload(self, port, row, keys):
        protocol, size = row.load.get("protocol", "resp"), row.load.get("value-bytes", 100)
        depth = max(1, min(64, (1 << 16) // size))
        load = {name: row.load[name] for name in ("value-file",) if name in row.load} or {"value-bytes": size}
        self.run(port, {"mode": "preload", "protocol": protocol, "keys": keys, "depth": depth, **load})


def run_load(bench, server, row, target):
    """One timed run: (the generator's result, CPU seconds of the server). Notes what other processes used."""
    if row.prepare == "refresh":
        server.preload(bench.generator, row, target.keys)
        time.sleep(0.1)
    bench.generator.seed += 1
    options = {"seconds": bench.seconds, "keys": target.keys, "seed": bench.generator.seed, **row.load}
    if row.warm:
        server.load(bench.generator, row, {**options, "seconds": row.warm})
    store_before = server.store.cpu_seconds() if server.store else 0.0
    before, machine_before = server.cpu_seconds(), machine_busy_seconds()
    result = server.load(bench.generator, row, options)
    time.sleep(0.05)  # the server closes the connections: that too is its CPU time
    cpu, machine = server.cpu_seconds() - before, machine_busy_seconds() - machine_before
    store = server.store.cpu_seconds() - store_before if server.store else 0.0
    others = max(0.0, machine - cpu - store - result["own_cpu_seconds"]) / result["seconds"]
    result["others"] = others
    result["store_us_per_op"] = store / result["ops"] * 1e6 if server.store else None
    bench.disturbance = max(bench.disturbance, others)
    return result, cpu


def describe(result, cpu):
    store = result["store_us_per_op"]
    return (f"{result['ops_per_sec']:,.0f}/s, server {100 * cpu / result['seconds']:.0f}% busy, "
            + (f"store {store:.3f} us/op, " if store is not None else "") +
            f"loadgen {result['own_cpu_us_per_op']:.3f} us/op, others {100 * result['others']:.0f}%")


def cpu_per_op(bench, target, row):
    result, cpu = run_load(bench, bench.running(target, row), row, target)
    bench.store_used = result["store_us_per_op"]
    return cpu / result["ops"] * 1e6, describe(result, cpu)


def cpu_per_converted(bench, target, row):
    """Of a request whose value goes through a codec, over what Python's libraries take for half of there and back."""
    if target.kind == "codec_peer":
        us, note = cpu_per_conversion(bench, target, row)
        return us / 2, note
    with tempfile.NamedTemporaryFile() as value:
        subprocess.run([*bench.make(row.peer).peer(), "--make", row.load["case"], value.name], check=True)
        load = {name: given for name, given in row.load.items() if name != "case"} | {"value-file": value.name}
        return cpu_per_op(bench, target, replace(row, load=load))


def cpu_per_table(bench, target, row):
    """Of a request whose value is a table: the peer of table_bench makes it, and it is stored as it is sent."""
    peer = bench.make(table.Target("table_peer")).peer()
    with tempfile.NamedTemporaryFile() as value:
        subprocess.run([*peer, "--make", row.load["case"], value.name], check=True)
        load = {name: given for name, given in row.load.items() if name != "case"} | {"value-file": value.name}
        return cpu_per_op(bench, target, replace(row, load=load))


def p99_beside(bench, target, row):
    """p99, where the target has a route for tables while another session writes and reads tables of 10 MB.

    That session's client shares the server's core, as on the generator's it would hold that up; at the lowest priority,
    as it would have a machine of its own.
    """
    server = bench.running(target, row)
    if "routes" not in dict(target.settings):
        return p99(bench, target, row)
    peer = bench.make(table.Target("table_peer")).peer()
    with tempfile.NamedTemporaryFile() as value:
        subprocess.run([*peer, "--make", "stream", value.name], check=True)
        stream = {"connections": 1, "depth": 1, "writes": 1, "reads": 1, "keys": 4, "key-bytes": 24,
                  "value-file": value.name, "seconds": 3600}
        bench.generator.run(server.ports["resp"], {"mode": "preload", **stream})
        beside = subprocess.Popen(Generator(bench.generator.binary, bench.cpus[:target.cpus], spin=False).command(
            server.ports["resp"], stream), stdout=subprocess.DEVNULL, preexec_fn=lambda: os.nice(19))
        try:
            return p99(bench, target, row)
        finally:
            beside.terminate()
            beside.wait()


def time_per_op(bench, target, row):
    """What passes by the clock: the inverse of the throughput."""
    result, cpu = run_load(bench, bench.running(target, row), row, target)
    return result["seconds"] / result["ops"] * 1e6, describe(result, cpu)


def cpu_per_value(bench, target, row):
    result, cpu = run_load(bench, bench.running(target, row), row, target)
    return cpu / result["values"] * 1e6, describe(result, cpu)


def p99(bench, target, row):
    """Taken again, up to five times, when the generator was held up: the attempt that was held up least counts."""
    attempts = []
    while len(attempts) < 5 and (not attempts or attempts[-1]["send_lag_us"]["p99"] > GENERATOR_LAG_US):
        attempts.append(run_load(bench, bench.running(target, row), row, target)[0])
    result = min(attempts, key=lambda attempt: attempt["send_lag_us"]["p99"])
    latency, lag = result["latency_us"], result["send_lag_us"]
    if lag["p99"] > VOID_LAG_US:
        raise MeasureError(f"the generator was held up by {lag['p99']:,.0f} us: too busy a machine for latencies")
    return latency["p99"], (f"p50 {latency['p50']:.0f}, p99.9 {latency['p99.9']:.0f}, max {latency['max']:.0f} us; "
                            f"sent late by {lag['p99']:.0f} us at p99, others {100 * result['others']:.0f}%")


def resident_per_key(bench, target, row):
    server = bench.start(target)
    try:
        time.sleep(0.3)
        empty = server.resident_bytes()
        server.preload(bench.generator, row, target.keys)
        time.sleep(1)
        full = server.resident_bytes()
    finally:
        server.stop()
    return (full - empty) / target.keys, f"{empty / 2**20:.1f} MiB empty, {full / 2**20:.1f} MiB full"


def idle_mib(bench, target, row):
    server = bench.start(target)
    try:
        time.sleep(0.3)
        empty = server.resident_bytes()
        command = bench.generator.command(server.ports["resp"], {"mode": "idle", **row.load})
        pipe = subprocess.PIPE
        holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        ready = holder.stdout.readline()
        if ready:
            time.sleep(3)  # buffers that a server gives back after a moment do not count
            full = server.resident_bytes()
        _, errors = holder.communicate()
        if not ready or holder.returncode != 0:
            raise MeasureError(errors.strip())
    finally:
        server.stop()
    return (full - empty) / 2**20, f"{empty / 2**20:.1f} MiB without, {full / 2**20:.1f} MiB with"


def cpu_per_conversion(bench, target, row):
    """Of a program that converts the same value again and again, and says what processor time it used for each."""
    def own_seconds():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    begun, machine, own = time.monotonic(), machine_busy_seconds(), own_seconds()
    result = bench.make(target).convert(row.load["case"], bench.seconds)
    others = max(0.0, machine_busy_seconds() - machine - own_seconds() + own) / (time.monotonic() - begun)
    bench.disturbance = max(bench.disturbance, others)
    return result["us"], f"{result['values']:,} conversions, others {100 * others:.0f}%"


def start_ms(bench, target, row):
    server = bench.make(target)
    try:
        seconds = server.start()
    finally:
        server.stop()
    return seconds * 1e3, ""


def machine_busy_seconds():
    """CPU time that all processes of the machine (and its host, as steal) have used."""
    with open("/proc/stat") as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(patience, share=0.15, sample=0.3):
    """Waits until other processes use less than `share` of a core, `patience` seconds at most."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = machine_busy_seconds()
        time.sleep(sample)
        if machine_busy_seconds() - before <= share * sample:
            return


def memory_available():
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def median(values):
    return statistics.median(values)


def usable_cpus():
    return sorted(os.sched_getaffinity(0))
