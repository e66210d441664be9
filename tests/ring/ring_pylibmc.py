"""A client of memcached by pylibmc, for run.py: asked and answering as ring_libmemcached.cc says.

It knows no `where`, and no list with a unix socket beside others.
"""

import sys

import pylibmc

KEYS_OF_A_CALL = 500
DISTRIBUTIONS = {
    "modula": {"distribution": "modula"},
    "consistent": {"distribution": "consistent"},
    "ketama": {"ketama": True},
    "ketama_weighted": {"ketama_weighted": True},
}


def chunks(keys):
    return (keys[begin : begin + KEYS_OF_A_CALL] for begin in range(0, len(keys), KEYS_OF_A_CALL))


def put(client, tag, keys):
    client.set_behaviors({"_noreply": 1})
    for some in chunks(keys):
        client.set_multi({key: tag + key for key in some})
    client.set_behaviors({"_noreply": 0})
    return (b"+" if value == tag + key else b"not stored" for key, value in zip(keys, fetch(client, tag, keys)))


def fetch(client, tag, keys):
    for some in chunks(keys):
        found = client.get_multi(some)
        yield from (found.get(key, b"") for key in some)


def main():
    distribution, hash_name, *servers = sys.argv[1:]
    client = pylibmc.Client(servers, behaviors={"hash": hash_name, **DISTRIBUTIONS[distribution]})
    while line := sys.stdin.buffer.readline():
        what, tag, count = line.split()
        keys = [sys.stdin.buffer.readline().rstrip(b"\n") for _ in range(int(count))]
        answers = {b"set": put, b"get": fetch}[what](client, tag, keys)
        sys.stdout.buffer.writelines(answer + b"\n" for answer in answers)
        sys.stdout.buffer.flush()


main()
