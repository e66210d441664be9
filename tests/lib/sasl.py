"""What `memcached -S` needs: memcached.conf and the user database that it names, made by Debian's saslpasswd2.

The folder goes to memcached as SASL_CONF_PATH. (Debian builds it without MEMCACHED_SASL_PWDB, the plain list of users.)
"""

import os
import shutil
import socket
import subprocess

from lib.cases import Skip

CONFIGURATION = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: %s
mech_list: plain
"""
PATH = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin"  # an account's own may lack these


def write(folder, user, password):
    """Writes both files. The user belongs to this machine's name, where memcached looks it up."""
    tool = shutil.which("saslpasswd2", path=PATH)
    if not tool:
        raise Skip("saslpasswd2 is not installed (Debian: sasl2-bin)")
    users = os.path.join(folder, "sasldb")
    words = [tool, "-p", "-c", "-f", users, "-a", "memcached", "-u", socket.gethostname(), user]
    subprocess.run(words, input=password.encode(), check=True, timeout=60)
    with open(os.path.join(folder, "memcached.conf"), "w") as file:
        file.write(CONFIGURATION % users)
