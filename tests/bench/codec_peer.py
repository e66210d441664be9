#!/usr/bin/env python3
"""The peer of codec_bench: the same conversions by the libraries that apps use, and the inputs of both.

codec_peer.py CASE FILE SECONDS: one line of JSON. codec_peer.py --make CASE FILE writes the input of that case.
"""
import json
import pickle
import random
import string

import msgpack
import orjson
import peer

draw = random.Random(20)  # the same inputs in each run


def word(least=3, most=12):
    return "".join(draw.choices(string.ascii_lowercase, k=draw.randrange(least, most)))


def profile():
    """What an app caches: about 1 KB as JSON."""
    return {
        "id": 482193, "name": "Émilie Durand", "email": "emilie.durand@example.org", "active": True, "score": 87.25,
        "tags": [word() for _ in range(8)], "balance": -1204.5, "created": "2026-11-26T16:00:00+01:00", "parent": None,
        "address": {"street": "12 Rue de l'Église", "city": "Lyon", "zip": "69001", "geo": [45.764043, 4.835659]},
        "orders": [{"id": 1000 + i, "total": round(draw.random() * 500, 2), "paid": i % 2 == 0, "item": word(5, 20)} for i in range(8)],
        "note": "said \"yes\",\nthen left", "visits": 1 << 40,
    }  # fmt: skip


def nested(depth=3):
    """Lists, maps, strings, integers and floats, mixed; of six such some megabytes."""
    if depth == 0:
        return draw.choice((draw.randrange(1 << 40), draw.random(), word(5, 40), True, None, draw.randrange(100)))
    if depth % 2:
        return {word(): nested(depth - 1) for _ in range(20)}
    return [nested(depth - 1) for _ in range(25)]


INPUTS = {
    "read-pickle": lambda: pickle.dumps([nested() for _ in range(5)]),
    "get-pickle": lambda: pickle.dumps(profile()),
    "get-msgpack": lambda: msgpack.dumps(profile()),
}
CASES = {
    "put-json": lambda x: json.dumps(json.loads(x)),
    "put-orjson": lambda x: orjson.dumps(orjson.loads(x)),
    "msgpack": lambda x: orjson.dumps(msgpack.loads(msgpack.dumps(orjson.loads(x)))),
    "pickle": lambda x: orjson.dumps(pickle.loads(pickle.dumps(orjson.loads(x)))),
    "put-msgpack": lambda x: msgpack.dumps(orjson.loads(x)),
    "get-msgpack": lambda x: orjson.dumps(msgpack.loads(x)),
    "read-pickle": pickle.loads,
    "get-pickle": lambda x: orjson.dumps(pickle.loads(x)),
}


peer.run(CASES, INPUTS, lambda: orjson.dumps(profile()))
