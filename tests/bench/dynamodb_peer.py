#!/usr/bin/env python3
"""What `make bench` compares cachetted over DynamoDB with: an app that asks the table itself, a GetItem or PutItem a request.

So many tasks of one client of aiobotocore; `--tasks 0`: one loop by boto3. Prints one line of JSON like loadgen's.
"""
import argparse
import asyncio
import json
import random
import sys
import time

import boto3
import botocore.exceptions
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

TABLE = "cachette"
NEVER = "253402300799"  # seconds
BATCH = 25  # items that one request may write
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "local", "aws_secret_access_key": "local"}


class Load:
    """What is asked, and what came of it."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.hits = self.misses = self.writes = 0
        self.latencies = []
        self.begin()

    def begin(self):
        self.begun, self.cpu = time.monotonic(), time.process_time()
        self.end = self.begun + self.options.seconds

    def key(self, number):
        return {"S": "key:%06d" % number}

    def item(self, number):
        key = self.key(number)
        value = (key["S"].encode() * (self.options.value_bytes // len(key["S"]) + 1))[: self.options.value_bytes]
        return {"key": key, "value": {"B": value}, "expires": {"N": NEVER}}

    def requests(self):
        """Each drawn one, until the time is over: (whether it writes, its arguments)."""
        while time.monotonic() < self.end:
            writes = self.random.randrange(self.options.reads + self.options.writes) < self.options.writes
            number = self.random.randrange(self.options.keys)
            begun = time.perf_counter()
            yield writes, {"Item": self.item(number)} if writes else {"Key": {"key": self.key(number)}}
            self.latencies.append((time.perf_counter() - begun) * 1e6)

    def count(self, answer):
        good = "Item" in answer and len(answer["Item"]["value"]["B"]) == self.options.value_bytes
        self.hits += good
        self.misses += not good

    def batches(self):
        """Those that write each key once."""
        for first in range(0, self.options.keys, BATCH):
            numbers = range(first, min(first + BATCH, self.options.keys))
            yield {TABLE: [{"PutRequest": {"Item": self.item(number)}} for number in numbers]}

    def run(self, client):
        """By boto3."""
        self.begin()
        for writes, arguments in self.requests():
            if writes:
                client.put_item(TableName=TABLE, **arguments)
                self.writes += 1
            else:
                self.count(client.get_item(TableName=TABLE, **arguments))

    async def task(self, client):
        for writes, arguments in self.requests():
            if writes:
                await client.put_item(TableName=TABLE, **arguments)
                self.writes += 1
            else:
                self.count(await client.get_item(TableName=TABLE, **arguments))

    async def tasks(self):
        options = self.options
        config = AioConfig(max_pool_connections=options.tasks)
        async with get_session().create_client("dynamodb", endpoint_url=options.url, config=config, **KEYS) as client:
            self.begin()
            await asyncio.gather(*[self.task(client) for _ in range(options.tasks)])

    def told(self):
        seconds, cpu = time.monotonic() - self.begun, time.process_time() - self.cpu
        ops = self.hits + self.misses + self.writes
        if not ops:
            return {"ops": 0, "hits": 0, "misses": 0, "seconds": seconds, "own_cpu_seconds": cpu}
        ordered = sorted(self.latencies)
        latency = {"p%g" % percent: ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] for percent in (50, 99, 99.9)}
        return {
            "ops": ops, "hits": self.hits, "misses": self.misses, "seconds": seconds, "ops_per_sec": ops / seconds,
            "own_cpu_seconds": cpu, "own_cpu_us_per_op": cpu / ops * 1e6, "latency_us": {**latency, "max": ordered[-1]},
            "send_lag_us": {"p99": 0},
        }  # fmt: skip


def preload(load, client):
    """As the library makes the table, where there is none."""
    try:
        client.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        )  # fmt: skip
    except client.exceptions.ResourceInUseException:
        pass
    for batch in load.batches():
        while batch:
            batch = client.batch_write_item(RequestItems=batch)["UnprocessedItems"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--tasks", type=int, default=64)
    for name, default in (("keys", 10_000), ("writes", 0), ("reads", 1), ("value-bytes", 100), ("seed", 1)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--preload", action="store_true", help="write each key once instead")
    options = parser.parse_args()
    client = boto3.client("dynamodb", endpoint_url=options.url, **KEYS)
    load = Load(options)
    if options.preload:
        preload(load, client)
    elif options.tasks:
        asyncio.run(load.tasks())
    else:
        load.run(client)
    print(json.dumps(load.told()))


if __name__ == "__main__":
    try:
        main()
    except botocore.exceptions.BotoCoreError as error:
        sys.exit("dynamodb_peer: %s" % error)
