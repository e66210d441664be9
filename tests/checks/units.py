#!/usr/bin/env python3
"""The systemd unit: clean for systemd itself, sandboxed to the figure the docs promise, and installed where it points.

Nothing is started: systemd-analyze reads the file with its paths filled in as `meson install` does.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lib import cases, servers  # noqa: E402

ROOT = servers.ROOT
UNIT = os.path.join(ROOT, "systemd", "cachetted.service.in")
EXPOSURE = 1.2  # systemd-analyze security, from 0 (closed) to 10 (open)
SPARE_FILES = 100  # beyond one descriptor for each connection

CANNOT_RUN = 77  # tests/run.py: a skip, and under REQUIRE_ALL=1 a failure
UNABLE = []

suite = cases.Suite("systemd unit")


def unable(reason):
    """To be raised by a case that cannot run here; the others still do."""
    UNABLE.append(reason)
    return cases.Skip(reason)


def template():
    with open(UNIT) as file:
        return file.read()


class Keys(configparser.RawConfigParser):
    """The unit's [Service] keys; of one that is given twice the last counts, which is enough here."""

    def optionxform(self, name):
        return name


def service():
    parser = Keys(strict=False, interpolation=None)
    parser.read_string(template())
    return parser["Service"]


class Rendered:
    """The unit in a folder of its own, with a program at the path that ExecStart names."""

    def __enter__(self):
        if not shutil.which("systemd-analyze"):
            raise unable("systemd-analyze is not installed")
        self.folder = tempfile.TemporaryDirectory(prefix="cachetted-unit-")
        program = os.path.join(self.folder.name, "cachetted")
        shutil.copy(shutil.which("true"), program)
        path = os.path.join(self.folder.name, "cachetted.service")
        with open(path, "w") as file:
            file.write(template().replace("@bindir@", self.folder.name).replace("@sysconfdir@", "/etc"))
        return path

    def __exit__(self, *unused):
        self.folder.cleanup()


def analyze(*words):
    done = subprocess.run(["systemd-analyze", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout + done.stderr


@suite.case
def every_path_is_filled_in():
    names = set(re.findall(r"@(\w+)@", template()))
    cases.equal(names, {"bindir", "sysconfdir"}, "names that systemd/meson.build fills in")


@suite.case
def verify_is_clean():
    with Rendered() as path:
        status, said = analyze("verify", "--man=no", "--recursive-errors=no", path)
        about = [line for line in said.splitlines() if "cachetted" in line]
        cases.check(status == 0 and not about, "systemd-analyze verify: %d\n%s", status, said)


@suite.case
def sandbox_is_as_tight_as_promised():
    with Rendered() as path:
        status, said = analyze("security", "--offline=true", "--no-pager", "--threshold=%d" % round(EXPOSURE * 10), path)
        level = re.search(r"Overall exposure level for cachetted\.service: ([\d.]+)", said)
        cases.check(level, "no exposure level in\n%s", said)
        loose = [line for line in said.splitlines() if line.startswith("\u2717")]
        cases.check(status == 0 and float(level[1]) <= EXPOSURE, "exposure %s, over %.1f:\n%s", level[1], EXPOSURE,
                    "\n".join(loose))


@suite.case
def it_says_what_the_daemon_relies_on():
    have = service()
    for key, value in {"Type": "notify", "NotifyAccess": "main", "DynamicUser": "yes", "RuntimeDirectory": "cachetted",
                       "StateDirectory": "cachetted", "ExecReload": "/bin/kill -HUP $MAINPID"}.items():
        cases.equal(have.get(key), value, key)
    cases.check(have.get("Restart") in ("on-failure", "always", "on-watchdog"), "a stuck loop must be restarted")
    cases.check(int(have["WatchdogSec"]) > 0, "WatchdogSec")
    cases.check("AF_UNIX" in have["RestrictAddressFamilies"].split(), "readiness is told through a unix socket")


@suite.case
def descriptors_suffice_for_max_connections():
    with open(os.path.join(ROOT, "src", "config", "config.h")) as file:
        limit = re.search(r"max_connections = ([\d']+)", file.read())
    cases.check(limit, "src/config/config.h names no default for max_connections")
    cases.check(int(service()["LimitNOFILE"]) >= int(limit[1].replace("'", "")) + SPARE_FILES, "LimitNOFILE is too low")


@suite.case
def install_puts_everything_where_the_unit_points():
    build = os.path.dirname(os.path.abspath(servers.daemon_binary()))
    if not os.path.exists(os.path.join(build, "build.ninja")) or not shutil.which("meson"):
        raise unable("no build folder around %s" % servers.daemon_binary())
    with tempfile.TemporaryDirectory(prefix="cachetted-install-") as top:
        def install():
            done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL, env={**os.environ, "DESTDIR": top})
            cases.check(done.returncode == 0, "meson install: %s", done.stdout + done.stderr)

        install()
        files = [os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names]
        units = [path for path in files if path.endswith("/systemd/system/cachetted.service")]
        cases.equal(len(units), 1, "unit files installed of %s" % files)
        with open(units[0]) as file:
            start = re.search(r"^ExecStart=(\S+) --config (\S+)$", file.read(), re.M)
        cases.check(start and "@" not in start[0], "ExecStart of the installed unit")
        cases.check(os.access(top + start[1], os.X_OK), "%s is not installed", start[1])
        cases.check(os.path.isfile(top + start[2]), "%s is not installed", start[2])
        with open(top + start[2], "w") as file:
            file.write("ttl: 30\n")
        install()
        with open(top + start[2]) as file:
            cases.equal(file.read(), "ttl: 30\n", "the operator's config after a second installation")


if __name__ == "__main__":
    cases.finish(suite.main() or (CANNOT_RUN if UNABLE else 0))
