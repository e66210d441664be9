"""Starts cachetted, redis-server, valkey-server, memcached, a MongoDB or DynamoDB Local on a free loopback port, and stops it by its
process id.

`start(kind, ...)` is what tests call; kind is SUBJECT from the environment unless named. STORE=redis, valkey, memcached,
memcached3 (three in a ring), mongodb (FerretDB), mongodb-java or dynamodb puts such a store behind each cachetted whose test
names no backend; COMPRESSED=lz4 or zstd has each compress. Each server has a temporary folder. Ready means that a first command
was answered. What is still up is killed when the test program ends, and when it dies.
"""

import atexit
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from lib import memcache, resp, sasl
from lib.cases import Skip, long_run

HOST = "127.0.0.1"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_TRIES = 5

# libmongoc would leave a file in /dev/shm behind each daemon that is killed, and whoever gets its process id complains.
os.environ.setdefault("MONGOC_DISABLE_SHM", "1")

_alive = []


def subject():
    """What is under test: `daemon`, or `redis` or `memcached` to prove the tests themselves on the real server."""
    return os.environ.get("SUBJECT", "daemon")


def store():
    """What cachetted keeps its values in: a name in STORES, or "" for its own memory."""
    return os.environ.get("STORE", "")


def compressed():
    """With what each cachetted compresses values, whatever their size, or ""; then parts of a value are read and changed by
    cachetted and not by the store."""
    return os.environ.get("COMPRESSED", "") if subject() == "daemon" else ""


def over_memcached():
    """Whether that is a memcached, or several."""
    return subject() == "daemon" and store().startswith("memcached")


def over_one_database():
    """Whether that has but database 0."""
    return subject() == "daemon" and store().startswith(("memcached", "mongodb", "dynamodb"))


def over_markless():
    """Whether that keeps no marks of an item, and its cas sees changes, not rewrites."""
    return subject() == "daemon" and store().startswith(("redis", "valkey", "mongodb", "dynamodb"))


def over_dynamodb():
    """Whether that has keys of 1 to 2048 bytes of UTF-8, and items of 400 KiB at most."""
    return subject() == "daemon" and store() == "dynamodb"


def over_redis():
    """Whether that speaks RESP."""
    return subject() == "daemon" and store() in ("redis", "valkey")


def daemon_binary():
    return os.environ.get("CACHETTED") or os.path.join(ROOT, "build", "cachetted")


def redis_binary():
    return os.environ.get("REDIS_SERVER") or shutil.which("redis-server")


def valkey_binary():
    return os.environ.get("VALKEY_SERVER") or shutil.which("valkey-server")


def memcached_binary():
    return os.environ.get("MEMCACHED") or shutil.which("memcached")


def mongo_program(name):
    """One of those that tests/mongo/build makes, or None."""
    path = os.path.join(os.environ.get("MONGO_SERVERS") or os.path.join(ROOT, "build", "mongo"), name)
    return path if os.path.exists(path) else None


def dynamodb_program():
    """The one that tests/dynamodb/build makes, or None."""
    path = os.path.join(os.environ.get("DYNAMODB_LOCAL") or os.path.join(ROOT, "build", "dynamodb"), "dynamodb-local")
    return path if os.path.exists(path) else None


def free_ports(n):
    """Different ones."""
    probes = [socket.socket() for _ in range(n)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def free_port():
    return free_ports(1)[0]


def stable_port():
    """A free port below those that the system gives to connections: it stays free while its server is down."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
                return port
            except OSError:
                pass


def need_daemon():
    """Skips where the subject is a real server: the case concerns what only cachetted has."""
    if subject() != "daemon":
        raise Skip("only for cachetted")


def sanitized():
    return any(kind in daemon_binary() for kind in ("build-asan", "build-tsan"))


def many(short, share=3):
    """So many in the long form, and where a sanitizer makes each slow."""
    return short * 10 if long_run() else max(short // share, 3) if sanitized() else short


def convert(data, *words, seconds=300):
    """`cachetted convert`: its status, output and errors."""
    need_daemon()
    done = subprocess.run([daemon_binary(), "convert", *words], input=data, capture_output=True, timeout=seconds)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def convert_lines(lines, *words):
    """The same of many values by one run: its status and errors; of each line what came of it (None: refused), and why."""
    status, out, told = convert(b"".join(line + b"\n" for line in lines), "--lines", *words)
    whys = {}
    for line in told.splitlines():
        number, _, why = line.partition("line ")[2].partition(": ")
        if number.isdigit():
            whys[int(number) - 1] = why
    made = out.split(b"\n")[:-1]
    return status, told, [None if i in whys else line for i, line in enumerate(made)], whys


def _states(pid):
    """Of each of a process's threads, as /proc tells it: one that ended meanwhile has none."""
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
                yield f.read().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            pass


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """A running server. `address` is (host, port), `memcache_address` the one of its memcached port, or None."""

    kind = ""
    memcache_address = None

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cachetted-test-")
        self.process = None
        self.address = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return self.address[1]

    def log_path(self):
        return os.path.join(self.folder, "log")

    def log(self):
        with open(self.log_path(), errors="replace") as file:
            return file.read()

    def connect(self, timeout=10.0, source=None):
        return resp.Connection(self.address, timeout, source)

    def connect_to(self, protocol, timeout=10.0):
        """A connection to the port of this protocol, `resp` or `memcache`."""
        return memcache.Connection(self.memcache_address, timeout) if protocol == "memcache" else self.connect(timeout)

    def spawn(self, argv, env=None):
        with open(self.log_path(), "ab") as log:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=env,
                preexec_fn=_die_with_parent,
            )
        _alive.append(self)

    def answers(self):
        """Whether PING is answered (NOAUTH counts)."""
        with self.connect(2.0) as connection:
            return connection.raw("PING")[:5] in (b"+PONG", b"-NOAU")

    def wait_ready(self, seconds=20.0):
        """True once the server answers, False if the process ended first."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                if self.answers():
                    return True
            except (OSError, resp.Closed, resp.TimedOut):
                pass
            time.sleep(0.005)
        raise AssertionError("%s is not ready after %g s:\n%s" % (self.kind, seconds, self.log()))

    def signal(self, number):
        """A stopped process stands still when this returns: on a busy machine its threads may go on for a while."""
        os.kill(self.pid, number)
        deadline = time.monotonic() + 20
        while number == signal.SIGSTOP and not all(state in "TZ" for state in _states(self.pid)):
            if time.monotonic() > deadline:
                raise AssertionError("%s does not stop" % self.kind)
            time.sleep(0.002)

    def wait(self, seconds=20.0):
        """Its exit status."""
        return self.process.wait(seconds)

    def stop(self):
        if self in _alive:
            _alive.remove(self)
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def resident_bytes(self):
        with open("/proc/%d/status" % self.pid) as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")


class RealServer(Server):
    """A server that is not ours, on a port that stays free while it is down: it can be started again where it was."""

    program = ""

    def __init__(self, options=()):
        if not self.binary():
            raise Skip("%s is not installed" % self.program)
        super().__init__()
        self.options = list(options)

    @staticmethod
    def binary():
        """The path of the program, or None."""
        raise NotImplementedError

    def argv(self):
        raise NotImplementedError

    def environment(self):
        """None: as it is here."""

    def start(self):
        for _ in range(START_TRIES):
            self.settle(stable_port())
            self.spawn(self.argv(), self.environment())
            if self.wait_ready():
                return
        raise AssertionError("%s does not start:\n%s" % (self.program, self.log()))

    def settle(self, port):
        self.address = (HOST, port)

    def restart(self, loaded=True):
        """Starts it where it was, with what it saved, after its process ended. `loaded`: and waits until it answers."""
        _alive.remove(self)
        self.spawn(self.argv(), self.environment())
        if loaded and not self.wait_ready():
            raise AssertionError("%s does not start again:\n%s" % (self.program, self.log()))

    def as_store(self):
        """The configuration of a cachetted that keeps its values here."""
        raise NotImplementedError


    def as_place(self):
        """Where it is, as environment variables for a client program."""
        return {"STORE_PORT": self.port}


class Redis(RealServer):
    """redis-server, nothing persisted. `options` are its command-line words."""

    kind = "redis"
    program = "redis-server"
    binary = staticmethod(redis_binary)

    def __init__(self, options=()):
        super().__init__(options)
        self.start()

    def argv(self):
        options = {
            "--port": str(self.port),
            "--bind": HOST,
            "--protected-mode": "no",
            "--save": "",
            "--appendonly": "no",
            "--dir": self.folder,
        }
        return [self.binary(), *(word for option in options.items() for word in option), *self.options]

    def as_store(self):
        return {"backend": self.kind, self.kind + "_url": "%s://%s:%d" % (self.kind, *self.address)}


class Valkey(Redis):
    """valkey-server, which is redis-server in all that matters here."""

    kind = "valkey"
    program = "valkey-server"
    binary = staticmethod(valkey_binary)


class Memcached(RealServer):
    """memcached with one thread. `options` are its command-line words, but -Y and -S (SASL, and with it the binary
    protocol alone) take `user:password`. `unix`: it listens on a socket in its folder, whose path is its address.

    Its LRU thread is off: it holds items for a moment after a read, and a held one is not counted on in place.
    """

    kind = "memcached"
    program = "memcached"
    binary = staticmethod(memcached_binary)
    WORDS = ("-u", "root", "-t", "1", "-o", "no_lru_maintainer")

    def __init__(self, options=(), unix=False):
        super().__init__(options)
        self.unix = unix
        self.user = self.password = None
        self.sasl = "-S" in self.options
        if self.sasl:
            self.take_user("-S")
            sasl.write(self.folder, self.user, self.password)
        elif "-Y" in self.options:
            users = os.path.join(self.folder, "users")
            with open(users, "w") as file:
                file.write(self.take_user("-Y") + "\n")
            self.options.insert(self.options.index("-Y") + 1, users)
        self.start()

    def take_user(self, option):
        """The `user:password` behind the option, which is taken out."""
        found = self.options.pop(self.options.index(option) + 1)
        self.user, self.password = found.split(":", 1)
        return found

    def settle(self, port):
        self.address = os.path.join(self.folder, "socket") if self.unix else (HOST, port)
        self.memcache_address = self.address

    def argv(self):
        where = ["-s", self.address] if self.unix else ["-l", HOST, "-p", str(self.port)]
        return [self.binary(), *self.WORDS, *where, *self.options]

    def environment(self):
        return {**os.environ, "SASL_CONF_PATH": self.folder} if self.sasl else None

    def connect(self, timeout=10.0, source=None):
        return memcache.Connection(self.address, timeout, source)

    def answers(self):
        with self.connect(2.0) as connection:
            if self.sasl:
                return connection.binary(memcache.VERSION)[0] == 0
            return connection.raw("mn") in (b"MN\r\n", b"CLIENT_ERROR unauthenticated\r\n")

    def host(self):
        """As it stands in a list of servers."""
        return self.address if self.unix else "%s:%d" % self.address

    def as_store(self):
        store = {"backend": "memcached", "memcached_host": self.host()}
        if self.user:
            credentials = {"user": self.user, "password": self.password, "auth": "sasl" if self.sasl else "text"}
            store["memcached"] = credentials
        return store


class FerretDb(RealServer):
    """MongoDB's protocol over SQLite: for small collections, since it looks at all of one for each key.

    FerretDB 1.24 loses updates that come at once, $inc too: one worker sends it one after the other.
    With MONGODB_URL a real MongoDB takes its place, in a database of this test's own.
    """

    kind = "mongodb"
    program = "ferretdb"
    one_at_a_time = True

    def __init__(self, options=()):
        self.url = os.environ.get("MONGODB_URL")
        self.database = "cachetted-test-%d-%d" % (os.getpid(), random.randrange(1 << 30))
        if self.url:
            Server.__init__(self)
        else:
            super().__init__(options)
            self.start()

    @staticmethod
    def binary():
        return mongo_program("ferretdb")

    def argv(self):
        return [self.binary(), str(self.port), self.folder]

    def answers(self):
        with socket.create_connection(self.address, 2.0):
            return True

    def as_store(self):
        url = self.url or "mongodb://%s:%d" % self.address
        patience = {"timeouts": {"request": "60s", "connect": "5s"}}
        if self.one_at_a_time and not self.url:
            patience["workers"] = {"threads": 1}
        return {"backend": "mongodb", "mongodb_url": url, "database_name": self.database, **patience}


    def as_place(self):
        return {"STORE_URL": self.url or "mongodb://%s:%d" % self.address, "DATABASE": self.database}


class JavaMongo(FerretDb):
    """The same by mongo-java-server, which keeps all in memory and uses the index: for load."""

    program = "mongo-java-server"
    one_at_a_time = False

    @staticmethod
    def binary():
        return mongo_program("java")

    def argv(self):
        return [self.binary(), str(self.port)]


class DynamoDbLocal(RealServer):
    """DynamoDB Local, which keeps all in memory. It takes a second to start: see DynamoDbTable.

    It reads the access key and the region of a signature, and does not check it: USER is all tests' key, and the secret.
    """

    kind = "dynamodb"
    program = "dynamodb-local"
    binary = staticmethod(dynamodb_program)
    USER, REGION = "local", "us-east-1"
    SIGNED = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"

    def __init__(self, options=()):
        super().__init__(options)
        self.table = own_table()
        self.start()

    @property
    def url(self):
        return "http://%s:%d" % self.address

    def argv(self):
        return [self.binary(), str(self.port)]

    def answers(self):
        return "TableNames" in self.call("ListTables", 2.0)

    def call(self, action, seconds=10, **body):
        """The answer to an action; attributes are as on the wire."""
        what = {"X-Amz-Target": "DynamoDB_20120810." + action, "Content-Type": "application/x-amz-json-1.0"}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), {**what, "Authorization": self.SIGNED})
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.load(answer)

    def as_store(self):
        credentials = {"access_key_id": self.USER, "secret_access_key": self.USER}
        patience = {"timeouts": {"request": "60s", "connect": "5s"}}
        return {"backend": "dynamodb", "dynamodb_url": self.url, "table_name": self.table, "dynamodb": credentials, **patience}

    def as_place(self):
        """With what the client's SDK looks for."""
        credentials = {"AWS_ACCESS_KEY_ID": self.USER, "AWS_SECRET_ACCESS_KEY": self.USER}
        return {"STORE_URL": self.url, "TABLE": self.table, "REGION": self.REGION, **credentials}


class DynamoDbTable(DynamoDbLocal):
    """A table of its own in the DynamoDB Local that a program's daemons share. With DYNAMODB_URL that server takes its place."""

    _shared = None
    url = None

    def __init__(self, options=()):
        self.url = os.environ.get("DYNAMODB_URL") or self.shared().url
        Server.__init__(self)
        self.table = own_table()

    @classmethod
    def shared(cls):
        if not cls._shared or cls._shared.process.poll() is not None:
            cls._shared = DynamoDbLocal()
        return cls._shared

    def stop(self):
        super().stop()
        try:
            self.call("DeleteTable", TableName=self.table)
        except OSError:  # an answer that is an error is one, too
            pass  # it was never made, or all are gone


def own_table():
    return "cachetted-test-%d-%d" % (os.getpid(), random.randrange(1 << 30))


class MemcachedRing:
    """Three memcacheds as one store. `options` are the words of each; what concerns one of them is asked of `servers`."""

    SIZE = 3

    def __init__(self, options=()):
        self.servers = [Memcached(options) for _ in range(self.SIZE)]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def stop(self):
        for server in self.servers:
            server.stop()

    def as_store(self):
        return {**self.servers[0].as_store(), "memcached_host": ",".join(server.host() for server in self.servers)}


STORES = {
    "redis": Redis,
    "valkey": Valkey,
    "memcached": Memcached,
    "memcached3": MemcachedRing,
    "mongodb": FerretDb,
    "mongodb-java": JavaMongo,
    "dynamodb": DynamoDbLocal,
}
BEHIND = {**STORES, "dynamodb": DynamoDbTable}  # a daemon whose test does not look at its store


class Daemon(Server):
    """cachetted. `config` is a nested dict laid over the test defaults (no TTL, RESP and admin on free ports).

    `with_memcache`: its memcached port listens too. `store` is the server that `over` (default: STORE) puts behind it.
    """

    kind = "daemon"

    def __init__(self, config=None, sets=(), env=None, ready=True, with_memcache=False, over=None):
        super().__init__()
        self.config = config or {}
        self.sets = list(sets)
        self.env = env
        over = over or store()
        self.store = BEHIND[over]() if over and "backend" not in self.config else None
        self.config_path = os.path.join(self.folder, "cachetted.yaml")
        for _ in range(START_TRIES):
            self.address, self.admin, memcache_address = ((HOST, port) for port in free_ports(3))
            self.memcache_address = memcache_address if with_memcache else None
            self.write_config(self.config)
            self.spawn(self.argv(), {**os.environ, **(env or {})})
            if not ready or self.wait_ready():
                return
            if "in use" not in self.log():
                break
        log = self.log()
        self.stop()
        raise AssertionError("cachetted does not start:\n" + log)

    def stop(self):
        super().stop()
        if self.store:
            self.store.stop()

    def argv(self):
        argv = [daemon_binary(), "--config", self.config_path]
        for item in self.sets:
            argv += ["--set", item]
        return argv

    def answers(self):
        if not super().answers():
            return False
        if self.memcache_address:
            self.connect_to("memcache", 2.0).close()
        return not self.store or self.readiness()[0] == 200

    def full_config(self, config):
        memcache_list = ["%s:%d" % self.memcache_address] if self.memcache_address else []
        base = {
            "listen": {"resp": ["%s:%d" % self.address], "memcache": memcache_list, "admin": "%s:%d" % self.admin},
            "ttl": {"default": 0},
            "log": {"level": "info"},
            **(self.store.as_store() if self.store else {}),
            **({"compression": {"algorithm": compressed(), "min_size": 1}} if compressed() else {}),
        }
        return overlay(base, config)

    def write_config(self, config):
        """JSON, which is YAML too. Followed by SIGHUP it is a reload."""
        self.write_text(json.dumps(self.full_config(config), indent=2) + "\n")

    def write_text(self, text):
        with open(self.config_path, "w") as file:
            file.write(text)

    def readiness(self):
        """The status and text of /readyz."""
        try:
            with urllib.request.urlopen("http://%s:%d/readyz" % self.admin, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def scrape(self):
        """The text of /metrics."""
        with urllib.request.urlopen("http://%s:%d/metrics" % self.admin, timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name, **labels):
        """The sum of the series of that name that carry these labels."""
        return metric_sum(self.scrape(), name, labels)


def overlay(base, top):
    """A copy of base with top's leaves over it."""
    out = dict(base)
    for key, value in top.items():
        out[key] = overlay(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


SERIES = re.compile(r"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')


def metric_sum(text, name, labels):
    """Prometheus text: the sum over the series `name` whose labels include `labels`. A series never seen counts 0."""
    total = 0.0
    for line in text.splitlines():
        match = SERIES.match(line)
        if match and match[1] == name:
            have = dict(LABEL.findall(match[2] or ""))
            if all(have.get(key) == value for key, value in labels.items()):
                total += float(match[3])
    return total


def metric_known(text, name):
    return "# TYPE %s " % name in text


def start(kind=None, config=None, redis=(), sets=(), memcached=(), with_memcache=False):
    """A server of the kind: `config` and `sets` are for cachetted, `redis` and `memcached` are those servers' words."""
    kind = kind or subject()
    if kind == "redis":
        return Redis(redis)
    if kind == "memcached":
        if not with_memcache:
            raise Skip("memcached speaks no RESP")
        return Memcached(memcached)
    return Daemon(config, sets, with_memcache=with_memcache)


@atexit.register
def _kill_rest():
    for server in list(_alive):
        if server.process and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        shutil.rmtree(server.folder, ignore_errors=True)
