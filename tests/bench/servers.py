"""The servers that `make bench` measures: started here on free loopback ports, stopped by their process id.

To add one: a subclass of Server with `command()`, `version()` and the protocols it speaks, and its row in KINDS.
"""
import glob
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from lib import packages  # noqa: E402

CLOCK_TICK = os.sysconf("SC_CLK_TCK")
PROBES = {  # protocol: what is sent to learn that a server is ready, and how the reply begins
    "resp": (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    "text": (b"version\r\n", b"VERSION "),
    "meta": (b"mn\r\n", b"MN\r\n"),
}


class ServerError(Exception):
    """A server that did not start, or ended."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process. `settings` are options of its kind; `cpus` is the set of cores it may run on. `store`: another one,
    running, that it keeps its values in."""

    name = "server"
    protocols = ("resp",)
    more_environment = {}

    def __init__(self, binary, settings=None, cpus=None, store=None):
        self.binary = binary
        self.store = store
        self.settings = dict(settings or {})
        self.cpus = cpus
        self.process = None
        self.ports = {}

    def command(self):
        raise NotImplementedError

    def start(self):
        """Starts the process; returns the seconds from then to the first good reply."""
        self.ports = {protocol: free_port() for protocol in self.protocols}
        self.directory = tempfile.TemporaryDirectory(prefix="cachetted-bench-")
        self.log = open(os.path.join(self.directory.name, "log"), "w+b")
        command = self.command()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CACHETTED_")} | self.more_environment
        own_cpus = os.sched_getaffinity(0)
        if self.cpus:
            os.sched_setaffinity(0, self.cpus)  # inherited by the child
        began = time.perf_counter()
        try:
            self.process = subprocess.Popen(command, cwd=self.directory.name, stdin=subprocess.DEVNULL,
                                            stdout=self.log, stderr=self.log, env=environment)
        finally:
            os.sched_setaffinity(0, own_cpus)
        self.wait_until_ready(began + 10)
        return time.perf_counter() - began

    def wait_until_ready(self, deadline):
        for protocol in self.protocols:
            while not self.replies(protocol):
                if self.process.poll() is not None or time.perf_counter() > deadline:
                    self.fail("ended" if self.process.returncode is not None else "is not ready after 10 s")
                time.sleep(0.0002)

    def replies(self, protocol):
        return self.answers(*PROBES[protocol], protocol)

    def answers(self, request, expected, protocol):
        try:
            with socket.create_connection(("127.0.0.1", self.ports[protocol]), timeout=5) as connection:
                connection.sendall(request)
                return connection.recv(512).startswith(expected)
        except OSError:
            return False

    def fail(self, what):
        status = self.process.returncode
        self.log.seek(0)
        text = self.log.read().decode(errors="replace").strip().splitlines()[-8:]
        self.stop()
        raise ServerError(f"{self.name} {what} (exit status {status}): " + " | ".join(text))

    def preload(self, generator, row, keys):
        """Every key is written."""
        generator.preload(self.ports[row.load.get("protocol", "resp")], row, keys)

    def load(self, generator, row, options):
        """One timed run; the generator's result."""
        return generator.run(self.ports[row.load.get("protocol", "resp")], options)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process is not None:
            self.log.close()
            self.directory.cleanup()
        self.process = None

    def cpu_seconds(self):
        """CPU time of all threads, by the scheduler's own clock (nanoseconds), else in clock ticks."""
        tasks = f"/proc/{self.process.pid}/task"
        total = 0
        try:
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
        except (OSError, IndexError, ValueError):
            total = 0
        return total / 1e9 if total else self.cpu_ticks() / CLOCK_TICK

    def cpu_ticks(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # utime, stime

    def resident_bytes(self):
        for source, field in (("smaps_rollup", "Rss:"), ("status", "VmRSS:")):
            try:
                with open(f"/proc/{self.process.pid}/{source}") as file:
                    for line in file:
                        if line.startswith(field):
                            return int(line.split()[1]) * 1024
            except OSError:
                continue
        raise ServerError(f"{self.name}: resident size is not readable")

    def version(self):
        done = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        text = done.stdout + done.stderr
        found = re.search(r"\d+\.\d+(\.\d+)?", text)
        return f"{self.name} {found.group(0) if found else '?'}"


class Cachetted(Server):
    """Settings are paths of its configuration; `listen.memcache` set to anything turns that port on, and `store.unix`
    takes the unix socket of the store."""

    name = "cachetted"

    def __init__(self, binary, settings=None, cpus=None, store=None):
        super().__init__(binary, settings, cpus, store)
        if self.settings.pop("listen.memcache", None):
            self.protocols = ("resp", "text", "meta")

    def command(self):
        if "text" in self.ports:
            self.ports["meta"] = self.ports["text"]
        values = {"listen.resp": f"127.0.0.1:{self.ports['resp']}", "listen.admin": f"127.0.0.1:{free_port()}",
                  "listen.memcache": f"127.0.0.1:{self.ports['text']}" if "text" in self.ports else "",
                  "threads": 1, **self.store_settings(), **self.settings}
        return [self.binary] + [word for path, value in values.items() for word in ("--set", f"{path}={value}")]

    def wait_until_ready(self, deadline):
        """Over MongoDB also until its index is there: mongo-java-server fails where that and the first document come at
        once. Over DynamoDB until its table is."""
        super().wait_until_ready(deadline)
        if not isinstance(self.store, (JavaMongo, DynamoDbLocal)):
            return
        first = b"*3\r\n$5\r\nSETNX\r\n$5\r\nready\r\n$1\r\n1\r\n"
        while not self.answers(first, b":", "resp"):
            if time.perf_counter() > deadline:
                self.fail("has no index or table after 10 s")
            time.sleep(0.01)

    def store_settings(self):
        unix = self.settings.pop("store.unix", None)
        return self.store.as_store(unix) if self.store else {}


class Redis(Server):
    """Settings are options of its own."""

    name = "redis-server"

    def socket_path(self):
        return os.path.join(self.directory.name, "socket")

    def as_store(self, unix):
        """The settings of a cachetted that keeps its values here."""
        url = f"unix://{self.socket_path()}" if unix else f"redis://127.0.0.1:{self.ports['resp']}"
        return {"backend": "redis", "redis_url": url}

    def addresses(self):
        return [f"127.0.0.1:{self.ports['resp']}"]

    def command(self):
        options = {"port": self.ports["resp"], "bind": "127.0.0.1", "save": "", "appendonly": "no", "maxclients": 11000,
                   "dir": self.directory.name, "unixsocket": self.socket_path(), **self.settings}
        return [self.binary] + [word for name, value in options.items() for word in ("--" + name, str(value))]


class Twemproxy(Server):
    """nutcracker before Redis or memcached servers, whose protocol it speaks."""

    name = "twemproxy"

    def __init__(self, binary, settings=None, cpus=None, store=None):
        super().__init__(binary, settings, cpus, store)
        self.protocols = store.protocols[:1] if store else ("resp",)

    def wait_until_ready(self, deadline):
        """It does not know memcached's `version`: a get does."""
        if self.protocols == ("resp",):
            return super().wait_until_ready(deadline)
        while not self.answers(b"get nothing\r\n", b"END\r\n", "text"):
            if self.process.poll() is not None or time.perf_counter() > deadline:
                self.fail("is not ready")
            time.sleep(0.0002)

    def command(self):
        path = os.path.join(self.directory.name, "nutcracker.yml")
        redis = self.protocols == ("resp",)
        with open(path, "w") as file:
            file.write(f"pool:\n  listen: 127.0.0.1:{self.ports[self.protocols[0]]}\n  redis: {str(redis).lower()}\n"
                       "  hash: fnv1a_64\n  distribution: ketama\n  preconnect: true\n  server_connections: 1\n"
                       "  servers:\n" + "".join(f"   - {address}:1\n" for address in self.store.addresses()))
        return [self.binary, "-c", path, "-a", "127.0.0.1", "-s", str(free_port())]


class Memcached(Server):
    name = "memcached"
    protocols = ("text", "meta")

    def command(self):
        self.ports["meta"] = self.ports["text"]
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        return [self.binary, "-l", "127.0.0.1", "-p", str(self.ports["text"]), "-U", "0", "-t", "1", "-m", "4096",
                "-c", "11000", *user]

    def as_store(self, unix):
        return {"backend": "memcached", "memcached_host": ",".join(self.addresses())}

    def addresses(self):
        return [f"127.0.0.1:{self.ports['text']}"]


class MemcachedRing(Server):
    """Three memcacheds, of which a proxy makes one."""

    name = "memcached"
    protocols = ("text", "meta")
    as_store = Memcached.as_store

    def start(self):
        self.servers = [Memcached(self.binary, self.settings, self.cpus) for _ in range(3)]
        return max(server.start() for server in self.servers)

    def stop(self):
        for server in self.servers:
            server.stop()

    def cpu_seconds(self):
        return sum(server.cpu_seconds() for server in self.servers)

    def addresses(self):
        return [address for server in self.servers for address in server.addresses()]


class JavaMongo(Server):
    """mongo-java-server, which keeps all in memory and looks keys up by the index."""

    name = "mongo-java-server"
    protocols = ("mongo",)

    def command(self):
        return [self.binary, str(self.ports["mongo"])]

    def replies(self, protocol):
        try:
            socket.create_connection(("127.0.0.1", self.ports[protocol]), timeout=5).close()
            return True
        except OSError:
            return False

    def url(self):
        return f"mongodb://127.0.0.1:{self.ports['mongo']}"

    def as_store(self, unix):
        return {"backend": "mongodb", "mongodb_url": self.url()}

    def version(self):
        jars = glob.glob(os.path.join(os.path.dirname(self.binary), "lib", "mongo-java-server-core-*.jar"))
        return f"{self.name} {re.search(r'core-(.*)[.]jar', jars[0])[1] if jars else '?'}"


class DynamoDbLocal(JavaMongo):
    """DynamoDB Local, in memory."""

    name = "DynamoDB Local"
    protocols = ("http",)
    more_environment = {"JAVA_FLAGS": ""}  # for load

    def preload(self, generator, row, keys):
        """Whoever is measured before it does."""

    def command(self):
        return [self.binary, str(self.ports["http"])]

    def url(self):
        return f"http://127.0.0.1:{self.ports['http']}"

    def as_store(self, unix):
        """Its first thousands of requests take it long."""
        return {"backend": "dynamodb", "dynamodb_url": self.url(), "dynamodb.access_key_id": "local",
                "dynamodb.secret_access_key": "local", "timeouts.request": "60s"}

    def version(self):
        jars = glob.glob(os.path.join(os.path.dirname(self.binary), "lib", "DynamoDBLocal-*.jar"))
        return f"{self.name} {re.search(r'Local-(.*)[.]jar', jars[0])[1] if jars else '?'}"


class MongoPeer(Server):
    """Not a server: a program that asks the store itself, and so is its own load."""

    name = "mongo_peer"
    protocols = ()
    used = 0.0  # seconds of CPU

    def start(self):
        return 0.0

    def stop(self):
        pass

    def cpu_seconds(self):
        return self.used

    def preload(self, generator, row, keys):
        self.run({"keys": keys, "value-bytes": row.load.get("value-bytes", 100)}, "--preload")

    def load(self, generator, row, options):
        known = ("seconds", "keys", "seed", "writes", "reads", "value-bytes")
        result = self.run({name: options[name] for name in known if name in options})
        generator.judge(result)
        return {**result, "own_cpu_seconds": 0.0}  # that is the CPU of what is measured

    def run(self, options, *words):
        options = {"url": self.store.url(), **self.settings, **options}
        command = [*self.program(), *words, *(word for name, value in options.items() for word in (f"--{name}", str(value)))]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise ServerError(done.stderr.strip() or f"it ended with {done.returncode}")
        result = json.loads(done.stdout)
        self.used += result["own_cpu_seconds"]
        return result

    def program(self):
        return [self.binary]

    def version(self):
        done = subprocess.run(["pkg-config", "--modversion", "libmongoc-1.0"], capture_output=True, text=True)
        return f"libmongoc {done.stdout.strip() or '?'}"


class DynamoDbPeer(MongoPeer):
    """The same by an SDK for Python, in an environment of its own."""

    name = "dynamodb_peer"

    def program(self):
        folder = os.path.join(ROOT, "build", "clients", "dynamodb")
        return [packages.python(os.path.join(ROOT, "tests", "bench", "dynamodb.txt"), folder), self.binary]

    def version(self):
        code = ("import sys, aiobotocore as a, boto3 as b; "
                "print(f'Python {sys.version.split()[0]}, aiobotocore {a.__version__}, boto3 {b.__version__}')")
        return subprocess.run([self.program()[0], "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class CodecBench:
    """Not a server either: a program that converts one value again and again. Its inputs are the peer's."""

    name = "codec_bench"

    def __init__(self, binary, settings=(), cpus=None, store=None):
        self.binary = binary
        self.cpus = cpus

    def peer(self):
        """Python's libraries, in an environment that the tests have, too."""
        folder = os.path.join(ROOT, "build", "clients", "codecs")
        python = packages.python(os.path.join(ROOT, "tests", "system", "codecs.txt"), folder)
        return [python, os.path.join(ROOT, "tests", "bench", "codec_peer.py")]

    def command(self):
        return [self.binary]

    def convert(self, case, seconds):
        pin = ["taskset", "-c", ",".join(map(str, sorted(self.cpus)))] if self.cpus else []
        with tempfile.NamedTemporaryFile() as value:
            subprocess.run([*self.peer(), "--make", case, value.name], check=True)
            done = subprocess.run([*pin, *self.command(), case, value.name, str(seconds)], capture_output=True, text=True)
        if done.returncode != 0:
            raise ServerError(f"{self.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def version(self):
        done = subprocess.run(["pkg-config", "--modversion", "simdjson"], capture_output=True, text=True)
        return f"simdjson {done.stdout.strip() or '?'}"


class CodecPeer(CodecBench):
    name = "codec_peer"

    def command(self):
        return self.peer()

    def version(self):
        code = "import sys, orjson, msgpack; print('Python', sys.version.split()[0] + ', orjson', orjson.__version__ + ', msgpack', '%d.%d.%d' % msgpack.version)"
        return subprocess.run([self.peer()[0], "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class TableBench(CodecBench):
    """The same program with tables; its peer is pandas."""

    name = "table_bench"

    def __init__(self, binary, settings=(), cpus=None, store=None):
        super().__init__(binary, settings, cpus, store)
        beside = os.path.join(os.path.dirname(binary), "cachetted-tables.so")  # a program looks for it where it is itself
        if self.name == "table_bench" and not os.path.lexists(beside):
            os.symlink(os.path.join("..", "..", "cachetted-tables.so"), beside)

    def peer(self):
        folder = os.path.join(ROOT, "build", "clients", "tables3")
        python = packages.python(os.path.join(ROOT, "tests", "system", "tables3.txt"), folder)
        return [python, os.path.join(ROOT, "tests", "bench", "table_peer.py")]

    def version(self):
        return "Apache Arrow as the peer has it"


class TablePeer(TableBench):
    name = "table_peer"

    def command(self):
        return self.peer()

    def version(self):
        code = "import sys, pandas, pyarrow; print('Python', sys.version.split()[0] + ', pandas', pandas.__version__ + ', pyarrow', pyarrow.__version__)"
        return subprocess.run([self.peer()[0], "-c", code], capture_output=True, text=True, check=True).stdout.strip()


KINDS = {"cachetted": Cachetted, "redis-server": Redis, "memcached": Memcached,
         "memcached-ring": MemcachedRing, "nutcracker": Twemproxy,
         "mongo-java-server": JavaMongo, "mongo_peer": MongoPeer, "dynamodb-local": DynamoDbLocal,
         "dynamodb_peer": DynamoDbPeer, "codec_bench": CodecBench,
         "codec_peer": CodecPeer, "table_bench": TableBench, "table_peer": TablePeer}
