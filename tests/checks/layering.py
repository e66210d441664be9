#!/usr/bin/env python3
"""The include rule of docs/architecture.md over src/, protocol/, backends/ and tables/; prints file:line of each offence.

core <- {protocol, codecs, metrics, config} <- {pipeline, backends} <- server <- main; codecs <- tables, which alone knows
Arrow. Layers side by side do not know each other, of protocols backends may include only the framing half, and no file of ours is found by a relative path.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = (".h", ".cc", ".def", ".inc")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LAYERS = ("core", "protocol", "codecs", "metrics", "config", "pipeline", "backends", "tables", "server", "main")
ARROW = re.compile(r"^(arrow|parquet)/")
FRAME = re.compile(r"^protocol/[^/]+/frame\.h$")

SIDE = {"core"}
MAY_INCLUDE = {
    "core": set(),
    "protocol": SIDE,
    "codecs": SIDE,
    "metrics": SIDE,
    "config": SIDE,
    "pipeline": SIDE | {"codecs", "metrics", "config"},
    "backends": SIDE | {"codecs", "metrics", "config"},
    "tables": {"codecs"},
    "server": set(LAYERS) - {"main", "tables"},
    "main": set(LAYERS) - {"tables"},
}
CORE_MAY_NOT = re.compile(
    r"^(uv|spdlog/|fmt/|yaml-cpp/|prometheus/|CLI/|openssl/|absl/|civetweb|systemd/|sys/socket|netinet/)"
)


def layer_of(path):
    """Of a path relative to the root or to src/; None where it is none of ours."""
    path = path[len("src/") :] if path.startswith("src/") else path
    head, _, rest = path.partition("/")
    if not rest:
        return "main" if head in ("main.cc", "main.h") else None
    return head if head in LAYERS and head != "main" else None


def resolve(included, includer):
    """Where an include leads, relative to the root, or None for another library's."""
    for folder in ("", "src", os.path.dirname(includer)):
        candidate = os.path.normpath(os.path.join(folder, included))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None


# A backend that is another one and more, and which.
BUILT_ON = {("pickle", "memory")}


def offence(includer, quote, included):
    """Why this include is not allowed, or None."""
    layer = layer_of(includer)
    target = resolve(included, includer)
    if target is None:
        if layer == "core" and CORE_MAY_NOT.match(included):
            return "core uses no I/O and no third-party library"
        if layer != "tables" and ARROW.match(included):
            return "the module of tables alone uses Arrow"
        return "no such file" if quote == '"' else None
    if ".." in included.split("/"):
        return "no relative path"
    there = layer_of(target)
    if there is None:
        return "%s is of no layer" % target
    if there == layer:
        parts, theirs = includer.split("/"), target.split("/")
        if (
            layer == "backends"
            and len(theirs) > 2
            and len(parts) > 2
            and parts[1] != theirs[1]
            and theirs[1] not in ("upstream", "workers")
            and (parts[1], theirs[1]) not in BUILT_ON
        ):
            return "one backend does not know another"
        return None
    if there in MAY_INCLUDE[layer] or (layer in ("pipeline", "backends") and FRAME.match(target)):
        return None
    return "%s may not include %s" % (layer, there)


def main():
    faults, files = [], 0
    for top in ("src", "protocol", "backends", "tables"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), ROOT)
                if not name.endswith(SOURCES):
                    continue
                files += 1
                if layer_of(path) is None:
                    faults.append("%s:1: is of no layer" % path)
                    continue
                with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                    for number, line in enumerate(file, 1):
                        match = INCLUDE.match(line)
                        why = offence(path, match[1], match[2]) if match else None
                        if why:
                            faults.append("%s:%d: %s: %s" % (path, number, line.strip(), why))
    print("\n".join(faults) or "%d files keep to the layers" % files)
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
