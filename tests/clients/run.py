#!/usr/bin/env python3
"""Installs the real client libraries under --into (first use only) and runs each of their programs against a fresh server.

run.py [--into DIR] [--only SUBSTR]. Versions are pinned in python/requirements.txt, node/package.json and go/go.mod.
A program prints its failures and ends with `N passed, N failed`; a missing toolchain is a skip with its reason.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL_SECONDS = 900
PROGRAM_SECONDS = 300


def installed(folder, sources):
    """Whether folder was made from these sources; if not it is emptied. Finish with mark()."""
    digest = hashlib.sha256(b"".join(open(source, "rb").read() for source in sources)).hexdigest()
    stamp = os.path.join(folder, "installed-from")
    if os.path.exists(stamp) and open(stamp).read() == digest:
        return True, None
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)

    def mark():
        with open(stamp, "w") as file:
            file.write(digest)

    return False, mark


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise cases.Skip("%s is not installed" % tool)


def command(argv, **options):
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS,
        **options
    )
    if done.returncode:
        raise AssertionError("%s ended with %d:\n%s" % (" ".join(argv), done.returncode, done.stdout[-3000:]))


def python_client(program):
    def prepare(into):
        folder = os.path.join(into, "python")
        requirements = os.path.join(HERE, "python", "requirements.txt")
        done, mark = installed(folder, [requirements])
        python = os.path.join(folder, "venv", "bin", "python")
        if not done:
            command([sys.executable, "-m", "venv", os.path.join(folder, "venv")])
            command([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])
            mark()
        return [python, os.path.join(HERE, "python", program)]

    return prepare


def node_client(program):
    def prepare(into):
        need("node", "npm")
        folder = os.path.join(into, "node")
        names = sorted(os.listdir(os.path.join(HERE, "node")))
        done, mark = installed(folder, [os.path.join(HERE, "node", name) for name in names])
        if not done:
            for name in names:
                shutil.copy(os.path.join(HERE, "node", name), folder)
            command(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], cwd=folder)
            mark()
        return ["node", os.path.join(folder, program)]

    return prepare


def go_client(into):
    need("go")
    folder = os.path.join(into, "go")
    names = sorted(os.listdir(os.path.join(HERE, "go")))
    done, mark = installed(folder, [os.path.join(HERE, "go", name) for name in names])
    binary = os.path.join(folder, "client")
    if not done:
        command(["go", "build", "-o", binary, "."], cwd=os.path.join(HERE, "go"))
        mark()
    return [binary]


def tools(into):
    need("redis-cli", "redis-benchmark")
    return [sys.executable, os.path.join(HERE, "tools.py")]


CLIENTS = {
    "redis-py": python_client("redis_py.py"),
    "redis-py asyncio": python_client("redis_py_asyncio.py"),
    "node-redis": node_client("node_redis.mjs"),
    "ioredis": node_client("ioredis.mjs"),
    "go-redis": go_client,
    "redis-cli and redis-benchmark": tools,
}


def run_client(name, prepare, into, tally):
    begun = time.monotonic()
    try:
        argv = prepare(into)
        ready = time.monotonic()
        with servers.start() as server:
            environment = {**os.environ, "HOST": servers.HOST, "PORT": str(server.port)}
            done = subprocess.run(
                argv,
                env=environment,
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
    for name, prepare in CLIENTS.items():
        if options.only not in name:
            continue
        if options.install:
            prepare(options.into)
        else:
            run_client(name, prepare, options.into, tally)
    return 0 if options.install else tally.close()


if __name__ == "__main__":
    sys.exit(main())
