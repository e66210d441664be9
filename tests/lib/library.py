"""The cachette library in a process of its own, on a pickle file: `Library(path).put("k", {"a": 1})`.

Installed on first use, where the clients' tests have it. Expressions are Python's, and so are the results.
"""

import ast
import json
import os
import subprocess
import sys

from lib.cases import Skip
from lib.servers import ROOT, _die_with_parent

WORKER = """
import asyncio, json, sys, time, datetime, decimal, uuid, collections, pickle
from cachette.backends.pickle import PickleBackend, Value
backend = PickleBackend(pickle_path=sys.argv[1], ttl=1000)
run = asyncio.run
def load():
    with open(sys.argv[1], "rb") as file:
        return {key: (value.data, value.expires) for key, value in pickle.load(file).items()}
def dump(values, protocol=None):
    with open(sys.argv[1], "wb") as file:
        pickle.dump({key: Value(data=data, expires=expires) for key, (data, expires) in values.items()}, file, protocol)
for line in sys.stdin:
    try:
        answer = repr(eval(json.loads(line)))
    except Exception as error:
        answer = "!%s: %s" % (type(error).__name__, error)
    print(json.dumps(answer), flush=True)
"""


def python():
    """The interpreter that has the library."""
    from clients.run import python_client

    build = os.environ.get("BUILD") or os.path.join(ROOT, "build")
    try:
        return python_client("-", "library.txt")(os.path.join(build, "clients"))[0]
    except AssertionError as error:
        raise Skip("the library cannot be installed: %s" % str(error)[-300:])


class Library:
    """`path`: of the pickle file."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [python(), "-W", "ignore", "-c", WORKER, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
            preexec_fn=_die_with_parent,
        )

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def repr(self, expression):
        """What the expression is there, as repr() writes it."""
        self.process.stdin.write(json.dumps(expression) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer.startswith("!"):
            raise AssertionError("the library: %s" % answer[1:])
        return answer

    def eval(self, expression):
        """The same, where it is a literal."""
        return ast.literal_eval(self.repr(expression))

    def put(self, key, value, ttl=1000):
        """`value`: a literal, or an Expression."""
        text = value if isinstance(value, Expression) else repr(value)
        self.repr("run(backend.put(%r, %s, %d))" % (key, text, ttl))

    def fetch(self, key):
        return self.eval("run(backend.fetch(%r))" % key)

    def load(self):
        """The whole file: {key: (data, expires)}."""
        return self.eval("load()")


class Expression(str):
    """The text of what no literal writes."""
