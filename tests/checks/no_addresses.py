#!/usr/bin/env python3
"""No file of the repository names a package registry's host or a folder of somebody's machine.

Lock files keep names, versions and digests, never the address something was downloaded from.
"""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCKS = re.compile(r"(^|/)(package-lock\.json|npm-shrinkwrap\.json|go\.(sum|mod|work)|requirements[^/]*\.txt|"
                   r"[^/]+\.(lock|wrap)|pnpm-lock\.yaml)$")
REGISTRY = re.compile(r"\b((registry|index|proxy|sum|repo\d*|deb|files|static|security)\.[a-z0-9-]+\."
                      r"(org|com|io|dev|net)|pypi\.[a-z]{2,}|crates\.[a-z]{2})\b")
INDEX = re.compile(r"--(extra-)?index-url|--find-links|--registry|^\s*(registry|index-url)\s*=|GOPROXY=", re.M)
FOLDER = re.compile(r"(?<![\w.@/*+-])/(?:home|Users|work|root)/[\w.-]")

CANNOT_RUN = 77  # tests/run.py: a skip, and under REQUIRE_ALL=1 a failure
UNABLE = []

suite = cases.Suite("no addresses")


def unable(reason):
    """To be raised by a case that cannot run here; the others still do."""
    UNABLE.append(reason)
    return cases.Skip(reason)


def texts():
    """(path, text) of each file that is tracked or would be."""
    if not os.path.exists(os.path.join(ROOT, ".git")):
        raise unable("not a git work tree")
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True).stdout.decode()
    for path in sorted(set(filter(None, listed.split("\0")))):
        full = os.path.join(ROOT, path)
        if not os.path.isfile(full):
            continue
        with open(full, "rb") as file:
            data = file.read()
        if b"\0" not in data[:8192]:
            yield path, data.decode("utf-8", "replace")


def places(path, text, pattern):
    for match in pattern.finditer(text):
        yield "%s:%d: %s" % (path, text.count("\n", 0, match.start()) + 1, match[0].strip())


def none(found):
    found = list(found)
    cases.check(not found, "%s", "\n".join(found))


@suite.case
def no_registry_host():
    none(place for path, text in texts() for place in places(path, text, REGISTRY))


@suite.case
def no_folder_of_a_machine():
    own = {ROOT, os.path.expanduser("~")}
    own = [re.escape(folder) + r"(?![\w.-])" for folder in own if folder.count("/") > 1]
    pattern = re.compile("|".join([FOLDER.pattern, *own]))
    none(place for path, text in texts() for place in places(path, text, pattern))


@suite.case
def lock_files_keep_no_addresses():
    found = []
    for path, text in texts():
        if not LOCKS.search(path):
            continue
        if path.endswith(".json"):
            found += ["%s: %s" % (path, where) for where in resolved(json.loads(text))]
        else:
            found += places(path, text, re.compile("://"))
        found += places(path, text, INDEX)
    none(found)


@suite.case
def installers_are_not_pointed_elsewhere():
    none(place for path, text in texts() if os.path.basename(path) in (".npmrc", "pip.conf", ".yarnrc", "go.env")
         for place in places(path, text, INDEX))


def resolved(node, where=""):
    """The places in an npm lock file that say where a package came from."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "resolved" and isinstance(value, str) and "://" in value:
                yield "%s/%s" % (where, key)
            else:
                yield from resolved(value, "%s/%s" % (where, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from resolved(value, "%s/%d" % (where, index))


if __name__ == "__main__":
    cases.finish(suite.main() or (CANNOT_RUN if UNABLE else 0))
