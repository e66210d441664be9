#!/usr/bin/env python3
"""Installs the real client libraries under --into (first use only) and runs each of their programs against a fresh server.

run.py [--into DIR] [--only SUBSTR]. Versions are pinned in python/*.txt, node/package.json, go/go.mod, java/pom.xml
and ruby/packages.txt; PHP's come with Debian 12. A program prints its failures and ends with `N passed, N
failed`; a missing toolchain is a skip with its reason. SUBJECT=redis and SUBJECT=memcached run the clients of that
server's protocol.
"""

import argparse
import glob
import os
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, packages, servers  # noqa: E402
from lib.packages import command, installed  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM_SECONDS = 300
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
OWN_RELEASE = "bookworm"
DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def sources(language):
    """The files of that folder, without what running them in place leaves."""
    for parent, folders, names in os.walk(os.path.join(HERE, language)):
        folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
        yield from (os.path.join(parent, name) for name in sorted(names))


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise cases.Skip("%s is not installed" % tool)


def python_client(program, pinned="requirements.txt"):
    def prepare(into):
        folder = os.path.join(into, "python" if pinned == "requirements.txt" else os.path.splitext(pinned)[0])
        return [packages.python(os.path.join(HERE, "python", pinned), folder), os.path.join(HERE, "python", program)]

    return prepare


def node_client(program):
    def prepare(into):
        need("node", "npm")
        folder = os.path.join(into, "node")
        files = list(sources("node"))
        done, mark = installed(folder, files)
        if not done:
            for file in files:
                shutil.copy(file, folder)
            command(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], cwd=folder)
            mark()
        return ["node", os.path.join(folder, program)]

    return prepare


def go_client(program):
    def prepare(into):
        need("go")
        folder = os.path.join(into, "go")
        done, mark = installed(folder, list(sources("go")))
        if not done:
            command(["go", "build", "-o", folder + os.sep, "./..."], cwd=os.path.join(HERE, "go"))
            mark()
        return [os.path.join(folder, program)]

    return prepare


def java_client(program):
    def prepare(into):
        need("java", "javac", "mvn")
        folder = os.path.join(into, "java")
        files = list(sources("java"))
        done, mark = installed(folder, files)
        jars = os.path.join(folder, "lib", "*")
        if not done:
            pom = os.path.join(HERE, "java", "pom.xml")
            command(["mvn", "-B", "-q", "-f", pom, MAVEN_COPY, "-DoutputDirectory=" + os.path.dirname(jars)])
            programs = [file for file in files if file.endswith(".java")]
            command(["javac", "-Xlint:all", "-Werror", "-cp", jars, "-d", os.path.join(folder, "classes"), *programs])
            mark()
        return ["java", "-cp", os.pathsep.join([os.path.join(folder, "classes"), jars]), program]

    return prepare


def apt_options(release, state):
    """Words that make apt-get see nothing but another Debian release, from where this machine gets its own."""
    target = ["Created-By: Packages", "Release: " + OWN_RELEASE]
    listed = subprocess.check_output(["apt-get", "indextargets", "--format", "$(REPO_URI)", *target], text=True)
    if not listed:
        raise cases.Skip("apt has no source of " + OWN_RELEASE)
    os.makedirs(os.path.join(state, "lists", "partial"))
    source = os.path.join(state, "apt.list")
    with open(source, "w") as file:
        file.write("deb [signed-by=%s] %s %s main\n" % (DEBIAN_KEYS, listed.splitlines()[0], release))
    options = {
        "Dir::Etc::SourceList": source,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": os.path.join(state, "lists"),
        "Dir::Cache": state,
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    return [word for item in options.items() for word in ("-o", "%s=%s" % item)]


def dalli_client(into):
    """Debian 12's Dalli lacks the meta protocol: a later release's package is unpacked, and runs on this one's Ruby."""
    need("ruby", "apt-get", "dpkg-deb")
    folder = os.path.join(into, "ruby")
    pinned = os.path.join(HERE, "ruby", "packages.txt")
    done, mark = installed(folder, [pinned])
    if not done:
        package, release = open(pinned).read().strip().split("/")
        state = os.path.join(folder, "apt")
        apt = ["apt-get", "-qq", *apt_options(release, state)]
        command([*apt, "update"])
        command([*apt, "download", package], cwd=state)
        archive = glob.glob(os.path.join(state, "*.deb"))[0]
        command(["dpkg-deb", "-x", archive, os.path.join(folder, "root")])
        shutil.rmtree(state)
        mark()
    library = glob.glob(os.path.join(folder, "root", "usr", "share", "rubygems-integration", "all", "gems", "*", "lib"))
    return ["ruby", "-I", library[0], os.path.join(HERE, "ruby", "dalli.rb")]


def php_client(program):
    def prepare(into):
        need("php")
        command(["php", "-r", "exit(extension_loaded('memcached') ? 0 : 1);"], missing="php-memcached is not installed")
        return ["php", os.path.join(HERE, "php", program)]

    return prepare


def tools(into):
    need("redis-cli", "redis-benchmark")
    return [sys.executable, os.path.join(HERE, "tools.py")]


CLIENTS = {
    "redis-py": ("resp", python_client("redis_py.py")),
    "redis-py asyncio": ("resp", python_client("redis_py_asyncio.py")),
    "node-redis": ("resp", node_client("node_redis.mjs")),
    "ioredis": ("resp", node_client("ioredis.mjs")),
    "go-redis": ("resp", go_client("goredis")),
    "redis-cli and redis-benchmark": ("resp", tools),
    "pymemcache": ("memcache", python_client("memcache_pymemcache.py")),
    "pylibmc": ("memcache", python_client("memcache_pylibmc.py")),
    "aiomcache": ("memcache", python_client("memcache_aiomcache.py")),
    "meta-memcache": ("memcache", python_client("memcache_meta.py")),
    "gomemcache": ("memcache", go_client("gomemcache")),
    "xmemcached": ("memcache", java_client("Xmemcached")),
    "spymemcached": ("memcache", java_client("Spymemcached")),
    "dalli": ("memcache", dalli_client),
    "php-memcached": ("memcache", php_client("memcached.php")),
    "memjs": ("memcache", node_client("memjs.mjs")),
    "cachette over redis": ("redis", python_client("cachette_library.py", "library.txt")),
    "cachette over valkey": ("valkey", python_client("cachette_library.py", "library.txt")),
    "cachette over mongodb": ("mongodb", python_client("cachette_library_mongodb.py", "library.txt")),
    "cachette over dynamodb": ("dynamodb", python_client("cachette_library_dynamodb.py", "library.txt")),
    "cachette over memcached": ("memcached", python_client("cachette_library_memcached.py", "library.txt")),
    **{
        "cachette codecs over " + store: (store, python_client("cachette_library_codecs.py", "library.txt"))
        for store in ("redis", "valkey", "memcached", "mongodb", "dynamodb")
    },
}
SUBJECT_SPEAKS = {
    "daemon": ("resp", "memcache", "redis", "valkey", "memcached", "mongodb", "dynamodb"),
    "redis": ("resp",),
    "memcached": ("memcache",),
}


def own_address():
    """A loopback address on which nobody listens."""
    return "127.%d.%d.%d" % tuple(random.randrange(1, 250) for _ in range(3))


def serve_memcached():
    """The library knows port 11211 alone: a memcached and a cachetted over it each have one of their own there."""
    at_store, at_daemon = own_address(), own_address()
    store = servers.Memcached(["-l", at_store + ":11211"])
    daemon = servers.Daemon(store.as_store(), ["listen.memcache=%s:11211" % at_daemon])
    daemon.store = store  # stopped with it
    return daemon, {"HOST": servers.HOST, "PORT": str(daemon.port), "ADMIN_PORT": str(daemon.admin[1]), "AT_STORE": at_store, "AT_DAEMON": at_daemon}


def serve(protocol):
    """A server for a client of that protocol, and where it is. What names a store needs cachetted over it, and both."""
    if protocol == "memcached":
        return serve_memcached()
    if protocol in servers.STORES:
        server = servers.Daemon(with_memcache=True, over=protocol)
        ports = {"PORT": server.port, "ADMIN_PORT": server.admin[1], "MEMCACHE_PORT": server.memcache_address[1], **server.store.as_place()}
    else:
        server = servers.start(with_memcache=protocol == "memcache")
        ports = {"PORT": server.memcache_address[1] if protocol == "memcache" else server.port}
    return server, {"HOST": servers.HOST, **{name: str(port) for name, port in ports.items()}}


def run_client(name, protocol, prepare, into, tally):
    begun = time.monotonic()
    try:
        argv = prepare(into)
        ready = time.monotonic()
        server, where = serve(protocol)
        with server:
            done = subprocess.run(
                argv,
                env={**os.environ, **where},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PROGRAM_SECONDS,
            )
    except cases.Skip as reason:
        return tally.skip(name, reason)
    except Exception as fault:  # an install that fails, a program that hangs: the other clients still run
        return tally.bad(name, fault)
    lines = done.stdout.rstrip().splitlines()
    match = cases.CLOSING.match(lines[-1]) if lines else None
    if not match or done.returncode != (1 if int(match[2]) else 0):
        return tally.bad(name, "ended with %d:\n%s" % (done.returncode, "\n".join(lines[-60:])))
    if len(lines) > 1:
        print("\n".join(lines[:-1]))
    tally.passed += int(match[1])
    tally.failed += int(match[2])
    tally.skipped += int(match[3] or 0)
    print("%s: %s (%.1f s, install %.1f s)" % (name, lines[-1], time.monotonic() - ready, ready - begun), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", default=os.path.join(servers.ROOT, "build", "clients"), help="where to install")
    parser.add_argument("--only", default="", help="clients whose name contains this")
    parser.add_argument("--install", action="store_true", help="install and stop")
    options = parser.parse_args()
    tally = cases.Tally()
    for name, (protocol, prepare) in CLIENTS.items():
        if options.only not in name or protocol not in SUBJECT_SPEAKS[servers.subject()]:
            continue
        if options.install:
            prepare(options.into)
        else:
            run_client(name, protocol, prepare, options.into, tally)
    return 0 if options.install else tally.close()


if __name__ == "__main__":
    sys.exit(main())
