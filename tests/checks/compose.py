#!/usr/bin/env python3
"""docker-compose.yml, the Dockerfile and conf/docker.yaml say the same as the docs and as the daemon's own defaults.

Nothing is started: the files are parsed. Needs PyYAML, which Debian gives to the system's own Python.
"""

import os
import re
import shutil
import subprocess
import sys

try:
    import yaml
except ImportError:
    SYSTEM = "/usr/bin/python3"
    if os.path.realpath(sys.executable) == os.path.realpath(SYSTEM) or not os.path.exists(SYSTEM) or "YAML_TRIED" in os.environ:
        yaml = None
    else:
        os.environ["YAML_TRIED"] = "1"
        os.execv(SYSTEM, [SYSTEM, *sys.argv])

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers  # noqa: E402

ROOT = servers.ROOT
SERVICES = ["cachetted", "dynamodb-local", "memcached", "mongo", "prometheus", "redis", "valkey"]
ROW = re.compile(r"^\| `([\w-]+)` \| `([^`]+)` \| ([\d, ]+) \| ([\d, ]*|no) \|", re.M)
DEFAULT = re.compile(r'k(Resp|Memcache|Admin)Default = "127\.0\.0\.1:(\d+)"')

CANNOT_RUN = 77  # tests/run.py: a skip, and under REQUIRE_ALL=1 a failure
UNABLE = []

suite = cases.Suite("compose")


def unable(reason):
    """To be raised by a case that cannot run here; the others still do."""
    UNABLE.append(reason)
    return cases.Skip(reason)


def text(path):
    with open(os.path.join(ROOT, path)) as file:
        return file.read()


def parsed(path):
    if yaml is None:
        raise unable("PyYAML is not installed (Debian: python3-yaml)")
    return yaml.safe_load(text(path))


def compose():
    return parsed("docker-compose.yml")["services"]


def default_ports():
    """The daemon's own: {"resp": 7379, ...}, from src/config/config.h."""
    found = {name.lower(): int(port) for name, port in DEFAULT.findall(text("src/config/config.h"))}
    cases.equal(sorted(found), ["admin", "memcache", "resp"], "default addresses in src/config/config.h")
    return found


def published(service):
    return [str(port).split(":") for port in service.get("ports", [])]


def inside(service):
    """The ports that a service listens on, as the file says."""
    return sorted([int(port[-1]) for port in published(service)] + [int(port) for port in service.get("expose", [])])


def numbers(cell):
    return sorted(int(number) for number in re.findall(r"\d+", cell))


@suite.case
def services_are_the_ones_promised():
    cases.equal(sorted(compose()), SERVICES)


@suite.case
def operations_lists_services_images_and_ports():
    rows = {row[0]: row[1:] for row in ROW.findall(text("docs/operations.md"))}
    have = compose()
    cases.equal(sorted(rows), sorted(have), "the table in docs/operations.md")
    for name, service in have.items():
        image, ports, outside = rows[name]
        cases.equal(service["image"], image, "image of " + name)
        cases.equal(inside(service), numbers(ports), "ports of " + name)
        cases.equal(sorted(int(port[-2]) for port in published(service)), numbers(outside), "published by " + name)


@suite.case
def everything_published_is_on_loopback():
    for name, service in compose().items():
        for port in published(service):
            cases.equal(port[0], "127.0.0.1", "%s publishes %s" % (name, port))


@suite.case
def cachetted_has_its_default_ports():
    defaults = default_ports()
    listen = parsed("conf/docker.yaml")["listen"]
    ports = sorted(int(address.rsplit(":", 1)[1]) for key in ("resp", "memcache", "admin")
                   for address in ([listen[key]] if isinstance(listen.get(key), str) else listen.get(key) or []))
    cases.equal(inside(compose()["cachetted"]), ports, "docker-compose.yml against conf/docker.yaml")
    cases.check(set(ports) <= set(defaults.values()), "%s are not all of the defaults %s", ports, defaults)
    exposed = numbers(re.search(r"^EXPOSE (.*)$", text("Dockerfile"), re.M)[1])
    cases.equal(exposed, sorted(defaults.values()), "EXPOSE in the Dockerfile")
    for path in ("README.md", "docs/operations.md"):
        for name, port in defaults.items():
            cases.check(str(port) in text(path), "%s does not name the %s port %d", path, name, port)


@suite.case
def each_service_has_a_health_check():
    for name, service in compose().items():
        own = "healthcheck" in service or (service.get("build") and "\nHEALTHCHECK " in text("Dockerfile"))
        cases.check(own, "%s has none", name)


@suite.case
def prometheus_scrapes_the_admin_port():
    config = parsed("docker/prometheus.yml")
    targets = [target for job in config["scrape_configs"] for entry in job["static_configs"] for target in entry["targets"]]
    cases.equal(targets, ["cachetted:%d" % default_ports()["admin"]])
    for volume in compose()["prometheus"]["volumes"]:
        source = volume.split(":")[0]
        cases.check(os.path.exists(os.path.join(ROOT, source)), "%s is mounted and is not there", source)
    folder = {volume.split(":")[1].rsplit("/", 1)[1]: volume.split(":")[0] for volume in compose()["prometheus"]["volumes"]}
    for pattern in config["rule_files"]:
        cases.check(pattern.split("/")[0] in folder, "%s is in no folder that is mounted", pattern)


@suite.case
def promtool_takes_the_files():
    if not shutil.which("promtool"):
        raise unable("promtool is not installed")
    for words in (["config", "docker/prometheus.yml"], ["rules", "conf/alerts.yml"]):
        done = subprocess.run(["promtool", "check", *words], cwd=ROOT, capture_output=True, text=True)
        cases.check(done.returncode == 0, "promtool check %s: %s", " ".join(words), done.stdout + done.stderr)


@suite.case
def the_image_has_the_libraries_that_the_daemon_needs():
    program = servers.daemon_binary()
    if not os.path.exists(program) or not shutil.which("dpkg-query") or not shutil.which("objdump"):
        raise unable("needs a built daemon, dpkg and binutils")
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    paths = dict(re.findall(r"^\s*(\S+) => (/\S+)", said, re.M))
    direct = re.findall(r"NEEDED\s+(\S+)", subprocess.run(["objdump", "-p", program], capture_output=True, text=True).stdout)
    stages = re.split(r"^FROM ", text("Dockerfile"), flags=re.M)
    cases.equal(len(stages), 3, "stages of the Dockerfile")
    base = {"libc6", "libgcc-s1", "libstdc++6"}  # in the image, or brought by every library below
    for name in direct:
        if re.match(r"lib(a|t|ub|l)san\.so", name) or name not in paths:
            continue
        owner = owning_package(paths[name])
        cases.check(owner in base or re.search(r"(?<![\w.+-])%s(?![\w.+-])" % re.escape(owner), stages[2]),
                    "the second stage of the Dockerfile does not install %s (%s)", owner, name)


def owning_package(path):
    for candidate in (path, os.path.realpath(path), path.removeprefix("/usr"), os.path.realpath(path).removeprefix("/usr")):
        done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    raise AssertionError("no package owns " + path)


if __name__ == "__main__":
    cases.finish(suite.main() or (CANNOT_RUN if UNABLE else 0))
