"""What the programs about tables share: frames drawn for them, what pandas makes of these, and how a difference is told."""

import base64
import io
import json
import os
import random

import pandas
import pyarrow
import pyarrow.parquet

from lib import frames, servers
from lib.cases import check, equal
from lib.each_pandas import LATER
from lib.frames import Frames, exactly, read, table_bytes, write

SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))
COLUMNAR = ("parquet", "feather", "arrow")
SAFE_KINDS = ("int", "bool", "bool_gaps", "str", "whole_float")
ORIENTS = {"client": "records", "json_columns": "columns", "json_split": "split"}


def once(suite):
    """A case in which pandas has little part: by one of the two."""
    return suite.case if LATER else lambda case: case


def as_text(data):
    return data.encode() if isinstance(data, str) else data


class Seen:
    """For messages; made only when one is written. Never by repr(): pandas 2 dies of moments far away that have a zone."""

    def __init__(self, frame, what):
        self.frame, self.what = frame, what

    def __str__(self):
        lines = [line[:300] for line in exactly(self.frame.head(3))]
        return "%s, seed %d\n%s" % (self.what, SEED, "\n".join(lines[:10]))


def drawn(seed, count, kinds=frames.COLUMNAR_KINDS, **options):
    return [Frames(SEED + seed * 1000003 + i, kinds).frame(**options) for i in range(count)]


def near(seed, count, kinds):
    return [Frames(SEED + seed * 1000003 + i, kinds, near=not LATER).frame() for i in range(count)]


def csv_differs(frame):
    """Whether pandas writes what it should not: of categories that are moments with a zone, no zone; or what we do not write:
    columns of several levels, and those that are called by moments, have the text of their name as their one header."""
    if frame.columns.nlevels > 1 or isinstance(frame.columns, pandas.DatetimeIndex):
        return True
    return any(isinstance(kind, pandas.CategoricalDtype) and isinstance(kind.categories.dtype, pandas.DatetimeTZDtype) for kind in frame.dtypes)


def first_difference(got, want):
    at = next((i for i, (x, y) in enumerate(zip(got, want)) if x != y), min(len(got), len(want)))
    return " got  ...%r\n want ...%r" % (got[max(0, at - 100) : at + 100], want[max(0, at - 100) : at + 100])


def counted(what, compared, least, refused_by_both=0):
    more = ", %d refused" % refused_by_both if refused_by_both else ""
    print("%s: %d frames compared%s, seed %d" % (what, compared, more, SEED))
    check(compared >= least, "%s: but %d compared", what, compared)


PARQUET_NAMES = {"default": "SNAPPY", "none": "UNCOMPRESSED", "lz4": "LZ4", "zstd": "ZSTD", "snappy": "SNAPPY", "gzip": "GZIP"}
LZ4_FRAME, ZSTD_FRAME = b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"


def parquet_packings(data):
    footer = pyarrow.parquet.ParquetFile(io.BytesIO(data)).metadata
    return {footer.row_group(g).column(c).compression for g in range(footer.num_row_groups) for c in range(footer.num_columns)}


def feather_packings(data):
    return {name for name, magic in (("lz4", LZ4_FRAME), ("zstd", ZSTD_FRAME)) if magic in data}


def csv_of_pandas(text):
    """With the float that is nearest to the digits; by default pandas may miss that by a bit or two."""
    return pandas.read_csv(io.BytesIO(as_text(text)), index_col=0, float_precision="round_trip")


def through(frame, form):
    """As pandas reads again what it writes; but without columns pandas 3 would lose the rows."""
    return frame if not frame.shape[1] else read(write(frame, form), form)


def as_json_knows(frame):
    """Of which types are but numbers, booleans and text, and a null is a null."""
    columns = {}
    for name, column in frame.items():
        values = [None if v is None or v is pandas.NA or v != v else v for v in column.tolist()]
        there = [v for v in values if v is not None]
        if not there:
            columns[name] = pandas.Series([None] * len(values), dtype=object)
        elif all(type(v) is int for v in there):
            kind = "uint64" if max(there) > 2**63 - 1 else "int64"
            columns[name] = pandas.Series(values, dtype=kind)
        elif all(isinstance(v, float) for v in there):
            columns[name] = pandas.Series(values, dtype="float64")
        elif all(isinstance(v, bool) for v in there):
            columns[name] = pandas.Series(values, dtype="bool" if len(there) == len(values) else object)
        else:
            columns[name] = pandas.Series(values, dtype="str" if LATER else object)
    made = pandas.DataFrame(columns)
    return made.set_index(frame.index) if len(made.columns) else pandas.DataFrame(index=frame.index)


def plain_json(frame, orient):
    values = [[None if v is None or v is pandas.NA or v != v else v for v in column.tolist()] for _, column in frame.items()]
    names, labels = list(frame.columns), frame.index.tolist()
    if orient == "records":
        return json.dumps([dict(zip(names, row)) for row in zip(*values)])
    if orient == "columns":
        return json.dumps({name: dict(zip(map(str, labels), column)) for name, column in zip(names, values)}, ensure_ascii=False)
    return json.dumps({"columns": names, "index": labels, "data": [list(row) for row in zip(*values)] if values else [[] for _ in labels]}, indent=1)


def convert_all(values, source, to, *words):
    """By one run: the output of each (None: refused), and the error of each."""
    lines = [base64.b64encode(as_text(v)) for v in values]
    status, told, made, whys = servers.convert_lines(lines, "--from", source, "--to", to, *words)
    if status not in (0, 1):
        culprit = smallest_crash(values, source, to, words)
        raise AssertionError("%s to %s, seed %d: status %s: %s\n by %s" % (source, to, SEED, status, told[-2000:], culprit))
    equal(len(made), len(values))
    return [None if line is None else base64.b64decode(line) for line in made], whys


def smallest_crash(values, source, to, words):
    """Of those that end it, one at a time."""
    found = [v for v in map(as_text, values) if servers.convert(v, "--from", source, "--to", to, *words)[0] not in (0, 1)]
    return "%d of %d, of which the smallest, in base64: %r" % (len(found), len(values), base64.b64encode(min(found, key=len))[:3000]) if found else "none alone"


def convert(value, source, to, *words):
    status, out, told = servers.convert(as_text(value), "--from", source, "--to", to, *words)
    equal((status, told), (0, ""), "%s to %s" % (source, to))
    return out


def refused(value, source, to, *words):
    """The text of the refusal that must come."""
    status, out, told = servers.convert(as_text(value), "--from", source, "--to", to, *words)
    equal((status, out), (1, b""), told[:300])
    check(told.startswith("cachetted convert: ") and told.count("\n") == 1, "%r", told)
    return told


def written(source, frame, draw):
    """Its bytes, by some of pandas' ways to write it; None: it cannot."""
    try:
        if source == "parquet":
            rows = draw.choice(({}, {}, {"row_group_size": 2}, {"row_group_size": 100}))
            more = draw.choice(({}, {"data_page_version": "2.0"}, {"use_dictionary": False}, {"version": "1.0"}, {"write_batch_size": 3}))
            return write(frame, source, compression=draw.choice(("snappy", "zstd", "gzip", None, "lz4", "brotli")[: 5 if draw.random() < 0.9 else 6]), **rows, **more)
        if source == "feather":
            return write(frame, source, compression=draw.choice(("lz4", "zstd", "uncompressed")), **draw.choice(({}, {}, {"chunksize": 2})))
        return table_bytes(pyarrow.Table.from_pandas(frame), source, **draw.choice(({}, {}, {"max_chunksize": 2})))
    except (pyarrow.ArrowException, ValueError, TypeError, OverflowError):
        return None


def corpus(seed, source, count, kinds=frames.COLUMNAR_KINDS, **options):
    """Frames, and what pandas writes of them."""
    draw = random.Random(SEED + seed)
    pairs = [(frame, written(source, frame, draw)) for frame in drawn(seed, count, kinds, **options)]
    pairs = [pair for pair in pairs if pair[1] is not None]
    check(len(pairs) > count * 0.8, "pandas writes but %d of %d as %s", len(pairs), count, source)
    return pairs


def texts_of(drawn_frames, write_one):
    """By pandas, which refuses some: pandas 2 moments beyond nanoseconds, among them."""
    texts = []
    for frame in drawn_frames:
        try:
            texts.append(write_one(frame))
        except (ValueError, OverflowError):
            continue
    return texts
