"""Packages of other people that tests need: installed once under the build folder, from files that pin their versions."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

from lib.cases import Skip

INSTALL_SECONDS = 900


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


def command(argv, missing=None, **options):
    """Runs it to its end; a failure is a fault, or a skip for the reason `missing`."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS,
        **options
    )
    if done.returncode and missing:
        raise Skip(missing)
    if done.returncode:
        raise AssertionError("%s ended with %d:\n%s" % (" ".join(argv), done.returncode, done.stdout[-3000:]))


def python(requirements, folder):
    """A Python that has what the file `requirements` lists, in a virtual environment below `folder`. Programs side by side make it once."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done, mark = installed(folder, [requirements])
        found = os.path.join(folder, "venv", "bin", "python")
        if not done:
            command([sys.executable, "-m", "venv", os.path.join(folder, "venv")])
            command([found, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])
            mark()
        return found
