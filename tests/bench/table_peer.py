#!/usr/bin/env python3
"""The peer of codec_bench for tables: the same conversions by pandas, and the inputs of both.

table_peer.py CASE FILE SECONDS: one line of JSON. table_peer.py --make CASE FILE writes the input of that case.
"""
import io

import numpy
import pandas
import peer
import pyarrow

draw = numpy.random.default_rng(20)  # the same inputs in each run


def frame(rows=100_000):
    """Integers, floats and strings: 1 MB as parquet, and 4 to 5 as CSV."""
    words = numpy.array(["north", "south-west", "a longer name of a place", "x", "Lyon", "München"])
    return pandas.DataFrame({
        "id": numpy.arange(rows) * 7, "count": draw.integers(0, 1000, rows), "price": draw.integers(0, 100_000, rows) / 100,
        "share": draw.integers(0, 1000, rows) / 1000, "place": words[draw.integers(0, len(words), rows)],
    })  # fmt: skip


def parquet(df):
    out = io.BytesIO()
    df.to_parquet(out)
    return out.getvalue()


def feather(df):
    out = io.BytesIO()
    df.to_feather(out)
    return out.getvalue()


def arrow(df):
    table, out = pyarrow.Table.from_pandas(df), io.BytesIO()
    with pyarrow.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def read_csv(data):
    return pandas.read_csv(io.BytesIO(data), index_col=0)


CASES = {
    "put-parquet": lambda data: parquet(read_csv(data)),
    "put-feather": lambda data: feather(read_csv(data).reset_index(drop=True)),
    "get-parquet": lambda data: pandas.read_parquet(io.BytesIO(data)).to_csv().encode(),
}
INPUTS = {
    "get-parquet": lambda: parquet(frame()),
    "arrow": lambda: arrow(frame()),
    "stream": lambda: frame(230_000).to_csv().encode(),
}


peer.run(CASES, INPUTS, lambda: frame().to_csv().encode())
