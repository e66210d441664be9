"""Certificates made for the occasion, with openssl."""

import os
import subprocess
import tempfile

from lib.cases import Skip

FOLDER = tempfile.TemporaryDirectory(prefix="cachetted-tls-")


def path(name):
    return os.path.join(FOLDER.name, name)


def openssl(*words):
    try:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=FOLDER.name)
    except FileNotFoundError:
        raise Skip("openssl is not installed")


def authority(name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", name + ".key",
            "-out", name + ".pem")


def certificate(name, names):
    """One that `ca` has signed, for these names."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
    with open(path(name + ".ext"), "w") as file:
        file.write("subjectAltName=" + names + "\n")
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", name + ".ext", "-out", name + ".pem")


def tls_options(name, port):
    """Words for a redis-server whose port `port` speaks TLS with this certificate."""
    return ["--tls-port", str(port), "--tls-cert-file", path(name + ".pem"), "--tls-key-file", path(name + ".key"),
            "--tls-ca-cert-file", path("ca.pem"), "--tls-auth-clients", "no"]


def prepare():
    """`good` for loopback and `elsewhere` for another name, signed by `ca`; `other` is another authority."""
    if not os.path.exists(path("ca.pem")):
        authority("ca")
        authority("other")
        certificate("good", "IP:127.0.0.1,DNS:localhost")
        certificate("elsewhere", "DNS:elsewhere.example")
