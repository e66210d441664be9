"""The rows of `make bench`: what is measured, against what, and the goal. A row is data; to add one, add it here.

`load` is what the load generator is told (its options without the dashes). Rows that follow each other with the
same subject, peer and number of keys share the servers of a round, and their measurements are interleaved.
"""
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Target:
    """A server in a configuration. `cpus`: how many cores it may use. `store`: the server behind it, shared in a round."""

    kind: str
    settings: tuple = ()
    keys: int = 100_000
    cpus: int = 1
    label: str = ""
    store: "Target | None" = None

    def title(self):
        return self.label or self.kind


@dataclass(frozen=True)
class Row:
    group: str
    name: str
    measure: str  # a function of measures.py
    subject: Target
    peer: Target
    goal: float | None  # the ratio to the peer that is not to be exceeded (None: for the record), or
    limit: bool = False  # with True: the subject's own figure that is not to be exceeded
    load: dict = field(default_factory=dict)
    rounds: int = 0  # 0: as the command line says
    warm: float = 0  # seconds of the same load before each measurement: a JVM compiles what it runs often
    prepare: str = "refresh"  # before each measurement: write every key again (refresh), or once only (once)

    def stage(self):
        return (self.subject, self.peer)


CACHETTED = Target("cachetted")
REDIS = Target("redis-server")
MEMCACHED = Target("memcached", label="memcached -t 1")
MEMCACHE_PORT = (("listen.memcache", "on"),)

RATE = {"mode": "open", "rate": 20_000}
MILLION = 1_000_000


def resp_rows():
    rows = [Row("resp", f"RESP, memory, CPU per operation, depth {depth}", "cpu_per_op", CACHETTED, REDIS, goal,
                load={"depth": depth})
            for depth, goal in ((1, 0.80), (16, 0.55), (64, 0.50))]
    rows.append(Row("resp", "RESP, p99 at 20,000 requests a second", "p99", CACHETTED, REDIS, 1.0, load=RATE, rounds=8))
    rows.append(Row("resp", "RESP, resident bytes a key at {keys} keys", "resident_per_key",
                    replace(CACHETTED, keys=MILLION), replace(REDIS, keys=MILLION), 0.85))
    long_lived = (("ttl.default", 3600),)
    rows.append(Row("resp", "CPU per operation at {keys} keys over 100,000, depth 16", "cpu_per_op",
                    Target("cachetted", long_lived, keys=10 * MILLION, label="cachetted, {keys} keys"),
                    Target("cachetted", long_lived, label="cachetted, 100,000 keys"), 1.6,
                    load={"depth": 16}, prepare="once"))
    rows.append(Row("resp", "two loops over one, CPU per operation, depth 16", "cpu_per_op",
                    Target("cachetted", (("threads", 2),), cpus=2, label="cachetted, two loops"),
                    Target("cachetted", (("threads", 1),), cpus=2, label="cachetted, one loop"), 1.15,
                    load={"depth": 16}))
    many = (("limits.max_connections", 11_000),)
    rows.append(Row("resp", "10,000 idle connections, MiB over none", "idle_mib",
                    Target("cachetted", many, keys=0), replace(REDIS, keys=0), 40, limit=True,
                    load={"connections": 10_000}))
    rows.append(Row("resp", "start to ready, ms", "start_ms", replace(CACHETTED, keys=0), replace(REDIS, keys=0), 30,
                    limit=True, rounds=10))
    return rows


def memcache_rows():
    subject = Target("cachetted", MEMCACHE_PORT)
    text = {"protocol": "text"}
    rows = [Row("memcache", f"memcached text, memory, CPU per operation, depth {depth}", "cpu_per_op", subject,
                MEMCACHED, goal, load={**text, "depth": depth})
            for depth, goal in ((1, 0.90), (16, 0.25), (64, 0.20))]
    rows.append(Row("memcache", "meta mg and ms with v t f, CPU per operation, depth 16", "cpu_per_op", subject,
                    MEMCACHED, 0.3, load={"protocol": "meta", "depth": 16}))
    rows.append(Row("memcache", "get of 100 keys, CPU per key", "cpu_per_value", subject, MEMCACHED, 0.6,
                    load={**text, "multi": 100, "writes": 0, "reads": 1}))
    rows.append(Row("memcache", "memcached text, p99 at 20,000 requests a second", "p99", subject, MEMCACHED, 1.0,
                    load={**text, **RATE}, rounds=8))
    rows.append(Row("memcache", "memcached text, resident bytes a key at {keys} keys", "resident_per_key",
                    replace(subject, keys=MILLION), replace(MEMCACHED, keys=MILLION), 1.0, load=text))
    return rows


def redis_store_rows():
    """The proxy alone, beside twemproxy with the same store. Large values are fewer, so that they fit into memory."""
    store = Target("redis-server", label="the store")
    subject = Target("cachetted", store=store, label="cachetted over redis")
    peer = Target("nutcracker", store=store, label="twemproxy")
    rows = [Row("redis-store", f"RESP, Redis store, CPU per operation, depth {depth}", "cpu_per_op", subject, peer, goal,
                load={"depth": depth})
            for depth, goal in ((1, 0.85), (16, 0.38), (64, 0.20))]
    rows.append(Row("redis-store", "RESP, Redis store, p99 at 20,000 requests a second", "p99", subject, peer, 1.0,
                    load=RATE, rounds=8))
    for name, size, keys, depth in (("1 KiB", 1 << 10, 100_000, 16), ("16 KiB", 16 << 10, 10_000, 16),
                                    ("256 KiB", 256 << 10, 500, 1)):
        rows.append(Row("redis-store", f"RESP, Redis store, values of {name}, CPU per operation, depth {depth}",
                        "cpu_per_op", replace(subject, keys=keys), replace(peer, keys=keys), None,
                        load={"depth": depth, "value-bytes": size}))
    unix = replace(subject, settings=(("store.unix", "on"),), label="cachetted over redis, unix socket")
    rows += [Row("redis-store", f"RESP, Redis store by unix socket, CPU per operation, depth {depth}", "cpu_per_op",
                 unix, subject, None, load={"depth": depth})
             for depth in (1, 16)]
    text = replace(subject, settings=MEMCACHE_PORT, label="cachetted over redis, memcached text")
    rows += [Row("redis-store", f"memcached text, Redis store, CPU per operation, depth {depth}", "cpu_per_op", text,
                 MEMCACHED, None, load={"protocol": "text", "depth": depth})
             for depth in (1, 16)]
    return rows


def memcached_store_rows():
    """The same with memcached as the store: the proxy alone, beside twemproxy."""
    store = Target("memcached", label="the store")
    subject = Target("cachetted", MEMCACHE_PORT, store=store, label="cachetted over memcached")
    peer = Target("nutcracker", store=store, label="twemproxy")
    text = {"protocol": "text"}
    rows = [Row("memcached-store", f"memcached text, memcached store, CPU per operation, depth {depth}", "cpu_per_op",
                subject, peer, goal, load={**text, "depth": depth})
            for depth, goal in ((1, 0.85), (16, 0.35), (64, 0.25))]
    rows.append(Row("memcached-store", "memcached text, memcached store, p99 at 20,000 requests a second", "p99",
                    subject, peer, 1.0, load={**text, **RATE}, rounds=8))
    ring = Target("memcached-ring", label="the stores")
    rows += [Row("memcached-store", f"memcached text, three memcacheds, CPU per operation, depth {depth}", "cpu_per_op",
                 replace(subject, store=ring, label="cachetted over three"),
                 replace(peer, store=ring, label="twemproxy over three"), None, load={**text, "depth": depth})
             for depth in (1, 16)]
    rows += [Row("memcached-store", f"meta, memcached store, CPU per operation, depth {depth}", "cpu_per_op", subject,
                 MEMCACHED, None, load={"protocol": "meta", "depth": depth})
             for depth in (1, 16)]
    over_redis = Target("cachetted", store=Target("redis-server", label="the store"), label="cachetted over redis")
    rows += [Row("memcached-store", f"RESP, memcached store, CPU per operation, depth {depth}", "cpu_per_op",
                 subject, over_redis, None, load={"depth": depth})
             for depth in (1, 16)]
    return rows


def mongodb_store_rows():
    """Beside a program that asks the server itself by the same driver, a command a request, from as many threads."""
    store = Target("mongo-java-server", cpus=2, label="the store")
    subject = Target("cachetted", (("workers.threads", 4),), cpus=2, store=store, label="cachetted over mongodb")
    peer = Target("mongo_peer", (("threads", 4),), cpus=2, store=store, label="a C program, 4 threads")
    alone = replace(peer, settings=(("threads", 1),), label="a C program, 1 thread")
    get, put = {"connections": 64, "writes": 0, "reads": 1}, {"connections": 64, "writes": 1, "reads": 0}
    group = "mongodb-store"
    rows = [
        Row(group, "GET, MongoDB store, time per operation, 64 connections", "time_per_op", subject, peer, 0.25, load=get),
        Row(group, "SET, MongoDB store, time per operation, 64 connections", "time_per_op", subject, peer, 0.33, load=put),
        Row(group, "GET, MongoDB store, time per operation, 64 connections, depth 16", "time_per_op", subject, peer, 0.10,
            load={**get, "depth": 16}),
        Row(group, "GET, MongoDB store, CPU per operation, 64 connections, depth 16", "cpu_per_op", subject, peer, 0.30,
            load={**get, "depth": 16}),
        Row(group, "GET, MongoDB store, p99 of a lone client", "p99", subject, alone, 1.2, load={**get, "connections": 1}),
    ]
    return [replace(row, warm=3) for row in rows]


def dynamodb_store_rows():
    """Beside apps that ask the table themselves by an SDK for Python, a GetItem a request."""
    store = Target("dynamodb-local", cpus=2, label="the store")
    subject = Target("cachetted", keys=10_000, cpus=2, store=store, label="cachetted over dynamodb")
    peer = Target("dynamodb_peer", (("tasks", 64),), keys=10_000, cpus=2, store=store, label="aiobotocore, 64 tasks")
    alone = replace(peer, settings=(("tasks", 0),), label="boto3, one loop")
    get = {"connections": 64, "writes": 0, "reads": 1}
    group = "dynamodb-store"
    rows = [
        Row(group, "GET, DynamoDB store, time per operation, 64 connections", "time_per_op", subject, peer, 0.20, load=get),
        Row(group, "GET, DynamoDB store, time per operation, 64 connections, depth 16", "time_per_op", subject, peer, 0.067,
            load={**get, "depth": 16}),
        Row(group, "GET, DynamoDB store, CPU per operation, 64 connections, depth 16", "cpu_per_op", subject, peer, 0.05,
            load={**get, "depth": 16}),
        Row(group, "GET, DynamoDB store, time per operation, a lone client", "time_per_op", subject, alone, None,
            load={**get, "connections": 1}),
    ]
    return [replace(row, warm=3, prepare="once") for row in rows]


def codec_rows():
    """Conversions of a value, in requests and without a server, beside what an app's libraries take for the same."""
    in_path = Row("codecs", "codec msgpack, GET and SET of 1 KB of JSON, memory, depth 16", "cpu_per_converted",
                  Target("cachetted", (("codec", "msgpack"),), label="cachetted"), Target("codec_peer", label="Python's libraries, alone"), 0.5,
                  load={"case": "msgpack", "depth": 16, "writes": 1, "reads": 1})
    subject, peer = Target("codec_bench", label="cachetted's codecs"), Target("codec_peer", label="Python's libraries")
    return [in_path] + [Row("codecs", name, "cpu_per_conversion", subject, peer, goal, load={"case": case})
            for name, case, goal in (
                ("JSON of 1 KB to orjson's, over orjson.loads and dumps", "put-orjson", 1.0),
                ("JSON of 1 KB to json's, over json.loads and dumps", "put-json", None),
                ("JSON of 1 KB to MessagePack and back", "msgpack", 0.5),
                ("JSON of 1 KB to a pickle and back", "pickle", None),
                ("a pickle of 1 MB, read", "read-pickle", 1.0))]


TABLE_KEYS = "key:0000000000"  # of the stream beside: its keys are longer, and have this before them


def table_rows():
    """A frame of 100,000 rows beside pandas, and requests beside a stream of large tables."""
    bench, pandas = Target("table_bench", label="cachetted's codecs"), Target("table_peer", label="pandas")
    rows = [Row("tables", name, "cpu_per_conversion", bench, pandas, goal, load={"case": case})
            for name, case, goal in (
                ("100,000 rows of CSV to parquet, over read_csv and to_parquet", "put-parquet", 0.6),
                ("parquet to CSV, over read_parquet and to_csv", "get-parquet", 0.3),
                ("CSV to feather, over read_csv and to_feather", "put-feather", None))]
    long_lived = (("ttl.default", 3600), ("limits.output_buffer", "256MiB"))
    arrow = (("codec", "feather"), ("client_codec", "arrow"), ("table_compression", "none"))
    rows.append(Row("tables", "GET of 4 MB of feather as Arrow, over the bytes raw, CPU per operation", "cpu_per_table",
                    Target("cachetted", long_lived + arrow, keys=8, label="cachetted, as Arrow"),
                    Target("cachetted", long_lived + arrow[:1] + (("client_codec", "raw"),), keys=8,
                           label="cachetted, raw"), 1.2,
                    load={"case": "arrow", "connections": 1, "depth": 1, "writes": 0, "reads": 1}, prepare="once"))
    route = (("routes", '[{prefix: "%s", codec: parquet}]' % TABLE_KEYS),)
    rows.append(Row("tables", "p99 of small GETs at 5,000 a second beside a stream of 10 MB tables, over none",
                    "p99_beside", Target("cachetted", long_lived + route, label="cachetted, with the stream"),
                    Target("cachetted", long_lived, label="cachetted, without"), 1.5,
                    load={"mode": "open", "rate": 5_000, "writes": 0, "reads": 1}, rounds=6, prepare="once"))
    return rows


def pickle_store_rows():
    """Beside redis-server with an append-only file: both write every change, and sync once a second."""
    rows = []
    for fsync, goal in (("everysec", 0.80), ("always", None)):
        subject = Target("cachetted", (("backend", "pickle"), ("pickle_path", "cache.pickle"), ("pickle.fsync", fsync)),
                         label=f"cachetted over a pickle file, {fsync}")
        peer = Target("redis-server", (("appendonly", "yes"), ("appendfsync", fsync)),
                      label=f"redis-server --appendonly yes --appendfsync {fsync}")
        rows.append(Row("pickle-store", f"RESP, pickle file, {fsync}, CPU per operation, depth 16", "cpu_per_op", subject,
                        peer, goal, load={"depth": 16}))
        rows.append(Row("pickle-store", f"RESP, pickle file, {fsync}, writes alone, CPU per operation, depth 16",
                        "cpu_per_op", subject, peer, None, load={"depth": 16, "writes": 1, "reads": 0}))
    return rows


GROUPS = {  # name: (title in the docs, rows)
    "resp": ("RESP, memory backend", resp_rows),
    "memcache": ("memcached text and meta, memory backend", memcache_rows),
    "redis-store": ("A Redis server as the store", redis_store_rows),
    "memcached-store": ("memcached as the store", memcached_store_rows),
    "pickle-store": ("A pickle file as the store", pickle_store_rows),
    "mongodb-store": ("MongoDB as the store", mongodb_store_rows),
    "dynamodb-store": ("DynamoDB as the store", dynamodb_store_rows),
    "codecs": ("Codecs", codec_rows),
    "tables": ("Tables", table_rows),
}
