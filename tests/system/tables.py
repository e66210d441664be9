#!/usr/bin/env python3
"""Tables, beside pandas itself: what it writes is read as the same frame, what we write it reads as it would its own; csv to the byte.
Also what polars and duckdb write, what is bad, and the codecs csv, feather and parquet in the daemon, beside the library on its store.

tables.py [--only NAME] [-v]; SEED fixes the draw. Runs itself by a Python with pandas 2 and by one with pandas 3, which tables2.txt
and tables3.txt list; TABLES=3 by the second alone.
"""

import asyncio
import base64
import concurrent.futures
import datetime
import decimal
import io
import json
import math
import os
import random
import select
import subprocess
import sys
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib import packages, resp, servers  # noqa: E402
from lib.cases import CLOSING, Skip, Suite, Tally, check, equal, eventually, finish, long_run  # noqa: E402


def by(number):
    """Runs this by that pandas: its lines, and what they count."""
    folder = os.path.join(os.environ.get("BUILD", os.path.join(servers.ROOT, "build")), "clients", "tables" + number)
    try:
        python = packages.python(os.path.join(HERE, "tables%s.txt" % number), folder)
    except AssertionError as error:
        raise Skip("pandas %s cannot be installed: %s" % (number, str(error)[-300:])) from None
    done = subprocess.run([python, *sys.argv], env={**os.environ, "TABLES_WITHIN": number}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = done.stdout.rstrip().splitlines()
    closing = CLOSING.match(lines[-1]) if lines else None
    check(closing or "--list" in sys.argv, "pandas %s: ended with %d\n%s", number, done.returncode, done.stdout[-5000:])
    return lines, closing


def by_each():
    numbers = os.environ.get("TABLES", "2,3").split(",")
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor(len(numbers)) as pool:
        runs = [(number, pool.submit(by, number)) for number in numbers]
        for number, run in runs:
            try:
                lines, closing = run.result()
            except Skip as reason:
                tally.skip("pandas " + number, reason)
                continue
            except AssertionError as error:
                tally.bad("pandas " + number, error)
                continue
            for line in lines[:-1] if closing else lines:
                mark = line[:6] if line.startswith(("FAIL  ", "SKIP  ", "      ")) else ""
                print(line if mark == "      " else "%spandas %s: %s" % (mark, number, line[len(mark) :]))
            if closing:
                tally.passed, tally.failed, tally.skipped = tally.passed + int(closing[1]), tally.failed + int(closing[2]), tally.skipped + int(closing[3] or 0)
    if "--list" in sys.argv:
        finish(0)
    finish(tally.close())


if __name__ == "__main__" and "TABLES_WITHIN" not in os.environ:
    by_each()

warnings.filterwarnings("ignore")  # of the library's pydantic, and of what pandas 3 changes
import numpy  # noqa: E402
import pandas  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402
import redis.asyncio  # noqa: E402, F401: the library needs it
from cachette import Cachette  # noqa: E402

from lib import frames  # noqa: E402
from lib.frames import Frames, exactly, read, read_table, same, table_bytes, write  # noqa: E402

suite = Suite("tables")
SEED = int(os.environ.get("SEED") or os.environ.get("ORACLE_SEED") or random.randrange(1 << 30))
COLUMNAR = ("parquet", "feather", "arrow")
ORIENTS = {"client": "records", "json_columns": "columns", "json_split": "split"}
EXACT = 2**53
LATER = os.environ["TABLES_WITHIN"] != "2"


def once(case):
    """A case in which pandas has little part: by one of the two."""
    return suite.case(case) if LATER else case


def many(short):
    return short * 10 if long_run() else max(short // 10, 3) if sanitized() else short


def sanitized():
    return any(kind in servers.daemon_binary() for kind in ("asan", "tsan"))


def run(data, *words, seconds=300):
    servers.need_daemon()
    done = subprocess.run([servers.daemon_binary(), "convert", *words], input=data, capture_output=True, timeout=seconds)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def as_text(data):
    return data.encode() if isinstance(data, str) else data


def convert_all(values, source, to, *words):
    """By one run: the output of each (None: refused), and the error of each."""
    data = b"".join(base64.b64encode(as_text(v)) + b"\n" for v in values)
    status, out, told = run(data, "--lines", "--from", source, "--to", to, *words)
    if status not in (0, 1):
        culprit = smallest_crash(values, source, to, words)
        raise AssertionError("%s to %s, seed %d: status %s: %s\n by %s" % (source, to, SEED, status, told[-2000:], culprit))
    whys = {}
    for line in told.splitlines():
        number, _, why = line.partition("line ")[2].partition(": ")
        whys[int(number) - 1] = why
    made = out.split(b"\n")[:-1]
    equal(len(made), len(values))
    return [None if i in whys else base64.b64decode(line) for i, line in enumerate(made)], whys


def smallest_crash(values, source, to, words):
    """Of those that end it, one at a time."""
    found = [v for v in map(as_text, values) if run(v, "--from", source, "--to", to, *words)[0] not in (0, 1)]
    return "%d of %d, of which the smallest, in base64: %r" % (len(found), len(values), base64.b64encode(min(found, key=len))[:3000]) if found else "none alone"


def convert(value, source, to, *words):
    status, out, told = run(as_text(value), "--from", source, "--to", to, *words)
    equal((status, told), (0, ""), "%s to %s" % (source, to))
    return out


def refused(value, source, to, *words):
    """The text of the refusal that must come."""
    status, out, told = run(as_text(value), "--from", source, "--to", to, *words)
    equal((status, out), (1, b""), told[:300])
    check(told.startswith("cachetted convert: ") and told.count("\n") == 1, "%r", told)
    return told


class Seen:
    """For messages; made only when one is written. Never by repr(): pandas 2 dies of moments far away that have a zone."""

    def __init__(self, frame, what):
        self.frame, self.what = frame, what

    def __str__(self):
        lines = [line[:300] for line in exactly(self.frame.head(3))]
        return "%s, seed %d\n%s" % (self.what, SEED, "\n".join(lines[:10]))


def drawn(seed, count, kinds=frames.COLUMNAR_KINDS, **options):
    return [Frames(SEED + seed * 1000003 + i, kinds).frame(**options) for i in range(count)]


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


def counted(what, compared, least, refused_by_both=0):
    more = ", %d refused" % refused_by_both if refused_by_both else ""
    print("%s: %d frames compared%s, seed %d" % (what, compared, more, SEED))
    check(compared >= least, "%s: but %d compared", what, compared)


# From columns to columns


@suite.case
def columns_to_columns():
    """As Arrow itself would write the table, and so as pandas would read it; each third, and what differs in any way, is read by pandas."""
    for number, source in enumerate(COLUMNAR):
        count = many(120)
        pairs = corpus(number, source, count)
        tables = [read_table(data, source) for _, data in pairs]
        for to in COLUMNAR:
            if to == source:
                continue
            made, whys = convert_all([data for _, data in pairs], source, to)
            compared = 0
            for i, (frame, _) in enumerate(pairs):
                what = "%s to %s, frame %d" % (source, to, i)
                try:
                    mine = table_bytes(tables[i], to)
                except (pyarrow.ArrowException, ValueError, TypeError):
                    continue  # neither can Arrow itself
                check(made[i] is not None, "%s", Seen(frame, "%s: %s" % (what, whys.get(i))))
                try:
                    got, want = read_table(made[i], to), read_table(mine, to)
                    check(got.schema.equals(want.schema), "%s: schema\n got  %s\n want %s", what, got.schema, want.schema)
                    if i % 3 == 0 or not got.schema.equals(want.schema, check_metadata=True) or not got.equals(want):
                        same(read(made[i], to), read(mine, to), what)
                except Exception as error:
                    raise AssertionError("%s\n%s" % (error, Seen(frame, what))) from error
                compared += 1
            counted("%s to %s" % (source, to), compared, count * 0.7)


def texts_of(drawn_frames, write_one):
    """By pandas, which refuses some: pandas 2 moments beyond nanoseconds, among them."""
    texts = []
    for frame in drawn_frames:
        try:
            texts.append(write_one(frame))
        except (ValueError, OverflowError):
            continue
    return texts


@suite.case
def a_form_to_itself():
    for number, source in enumerate(COLUMNAR):
        pairs = corpus(10 + number, source, many(60))
        made, whys = convert_all([data for _, data in pairs], source, source)
        equal(whys, {})
        for i, (frame, data) in enumerate(pairs):
            check(made[i] == data, "%s", Seen(frame, "%s %d" % (source, i)))
        counted("%s to itself" % source, len(pairs), 1)
    for source, texts in (("csv", texts_of(drawn(13, many(60), frames.FLAT_KINDS), lambda f: f.to_csv())), *((form, texts_of((f for f in drawn(14, many(60), SAFE_KINDS, plain=True) if f.shape[1]), lambda f, orient=orient: f.to_json(orient=orient))) for form, orient in ORIENTS.items() if form != "client")):
        made, whys = convert_all(texts, source, source)
        for i, text in enumerate(texts):
            check(made[i] == as_text(text), "%s to itself: %s: %s", source, whys.get(i), text[:500])
        counted("%s to itself" % source, len(texts), 1)


PARQUET_NAMES = {"default": "SNAPPY", "none": "UNCOMPRESSED", "lz4": "LZ4", "zstd": "ZSTD", "snappy": "SNAPPY", "gzip": "GZIP"}
LZ4_FRAME, ZSTD_FRAME = b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"


def parquet_packings(data):
    footer = pyarrow.parquet.ParquetFile(io.BytesIO(data)).metadata
    return {footer.row_group(g).column(c).compression for g in range(footer.num_row_groups) for c in range(footer.num_columns)}


def feather_packings(data):
    return {name for name, magic in (("lz4", LZ4_FRAME), ("zstd", ZSTD_FRAME)) if magic in data}


@suite.case
def compression_within():
    frame = pandas.DataFrame({"n": [7] * 5000, "t": ["text"] * 5000})
    for source in ("csv", "arrow", "feather"):
        data = write(frame, source)
        for packing, name in PARQUET_NAMES.items():
            made = convert(data, source, "parquet", *(["--table-compression", packing] if packing != "default" else []))
            equal(parquet_packings(made), {name}, "%s to parquet, %s" % (source, packing))
            same(read(made, "parquet"), frame, packing, loose=True)
    for source in ("csv", "arrow", "parquet"):
        data = write(frame, source)
        for packing, names in (("default", {"lz4"}), ("none", set()), ("lz4", {"lz4"}), ("zstd", {"zstd"})):
            made = convert(data, source, "feather", *(["--table-compression", packing] if packing != "default" else []))
            equal(feather_packings(made), names, "%s to feather, %s" % (source, packing))
            same(read(made, "feather"), frame, packing, loose=True)
        for packing in ("snappy", "gzip"):  # which feather has not
            equal(feather_packings(convert(data, source, "feather", "--table-compression", packing)), {"lz4"}, packing)


# To text


@suite.case
def columns_to_csv():
    """What to_csv writes of the frame that pandas reads, to the byte. pandas 2 writes some moments otherwise than 3: these are not drawn for it."""
    for number, source in enumerate(COLUMNAR):
        count = many(150)
        pairs = [(frame, written(source, frame, random.Random(i))) for i, frame in enumerate(near(20 + number, count, frames.FLAT_KINDS))]
        pairs = [pair for pair in pairs if pair[1] is not None]
        made, whys = convert_all([data for _, data in pairs], source, "csv")
        compared = 0
        for i, (frame, data) in enumerate(pairs):
            try:
                want = read(data, source).to_csv().encode()
            except (ValueError, OverflowError):
                continue  # pandas 2 and far moments
            if csv_differs(frame):
                continue
            check(made[i] is not None, "%s", Seen(frame, "%s to csv, frame %d: %s" % (source, i, whys.get(i))))
            check(made[i] == want, "%s", Seen(frame, "%s to csv, frame %d\n%s" % (source, i, first_difference(made[i], want))))
            compared += 1
        counted("%s to csv" % source, compared, count * 0.7)


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


@once
def nested_columns_to_csv():
    """Not as pandas writes them, which is numpy's text; but each row is there, and what stands beside is as it should be."""
    pairs = corpus(25, "parquet", many(60), ["list", "struct"])
    for frame, _ in pairs:
        frame.columns = ["c%d" % i for i in range(frame.shape[1])]
        frame["beside"] = range(len(frame))
    made, whys = convert_all([write(frame.reset_index(drop=True), "parquet") for frame, _ in pairs], "parquet", "csv")
    equal(whys, {})
    for i, (frame, _) in enumerate(pairs):
        shown = pandas.read_csv(io.BytesIO(made[i]), index_col=0)
        equal((shown.shape, shown["beside"].tolist()), (frame.shape, list(range(len(frame)))), Seen(frame, made[i][:300]))
    counted("nested to csv", len(pairs), 1)


def agrees(shown, value, texts=False):
    """Whether JSON's value says what the table has. Numbers were read with parse_float=Decimal. `texts`: large integers are such."""
    if value is None or value is pandas.NaT:
        return shown is None
    if isinstance(value, bool):
        return shown is value
    if isinstance(value, int):
        if texts and abs(value) > EXACT:
            return shown == str(value)
        return type(shown) is int and shown == value
    if isinstance(value, float):
        if not math.isfinite(value):
            return shown is None
        return isinstance(shown, (int, decimal.Decimal)) and not isinstance(shown, bool) and (float(shown), math.copysign(1, float(shown))) == (value, math.copysign(1, value))
    if isinstance(value, str):
        return shown == value
    if isinstance(value, (list, tuple)):
        return isinstance(shown, list) and len(shown) == len(value) and all(agrees(s, v, texts) for s, v in zip(shown, value))
    if isinstance(value, dict):
        return isinstance(shown, dict) and list(shown) == list(value) and all(agrees(shown[k], value[k], texts) for k in value)
    if isinstance(value, bytes):
        return isinstance(shown, str) and base64.b64decode(shown, validate=True) == value
    if isinstance(value, decimal.Decimal):
        return isinstance(shown, (str, int, decimal.Decimal)) and decimal.Decimal(shown) == value
    if isinstance(value, datetime.timedelta):
        return isinstance(shown, str) and pandas.Timedelta(shown) == value
    if isinstance(value, datetime.datetime):
        return isinstance(shown, str) and shown[10:11] == "T" and numpy_moment(shown) == numpy_moment(value.isoformat()) and (value.tzinfo is not None) == has_zone(shown)
    if isinstance(value, datetime.date):
        return shown == value.isoformat()
    if isinstance(value, datetime.time):
        return isinstance(shown, str) and datetime.time.fromisoformat(shown) == value
    raise AssertionError("no rule for %r" % (value,))


def has_zone(text):
    return text.endswith("Z") or "+" in text[11:] or "-" in text[11:]


def numpy_moment(text):
    """In nanoseconds since 1970 by UTC, in years where a Timestamp cannot be."""
    text = text.replace("Z", "+00:00")
    base, fraction, zone = text, 0, ""
    for mark in ("+", "-"):
        at = text.find(mark, 11)
        if at >= 0:
            base, zone = text[:at], text[at:]
    if "." in base:
        base, _, digits = base.partition(".")
        fraction = int(digits.ljust(9, "0"))
    offset = 0
    if zone:
        parts = [int(part) for part in zone[1:].split(":")] + [0]
        offset = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (-1 if zone[0] == "-" else 1)
    days, rest = (datetime.datetime.fromisoformat(base) - datetime.datetime(1970, 1, 1)).days, datetime.datetime.fromisoformat(base)
    return (days * 86400 + rest.hour * 3600 + rest.minute * 60 + rest.second - offset) * 10**9 + fraction


def pylist(column):
    """Of a column of Arrow's; durations and moments by which nothing is lost."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        return pylist(column.combine_chunks().dictionary_decode() if column.num_chunks == 1 else column.cast(kind.value_type))
    if pyarrow.types.is_float16(kind) or pyarrow.types.is_float32(kind):
        return [None if v is None else Short(v, kind) for v in column.to_pylist()]
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns" or pyarrow.types.is_duration(kind):
        frame_column = column.to_numpy(zero_copy_only=False) if isinstance(column, pyarrow.Array) else column.to_numpy()
        return [None if numpy.isnat(v) else Count(int(v.astype("int64")), kind) for v in frame_column]
    return column.to_pylist()


class Short:
    """A float16 or float32, for which fewer digits are enough."""

    def __init__(self, value, kind):
        self.count = numpy.dtype("float%d" % kind.bit_width).type(value)

    def says(self, shown):
        if not numpy.isfinite(self.count):
            return shown is None
        return isinstance(shown, (int, decimal.Decimal)) and type(self.count)(float(shown)).tobytes() == self.count.tobytes()


class Count:
    """Of nanoseconds since 1970, or a duration."""

    def __init__(self, count, kind):
        self.count, self.kind = count * frames.UNITS["ns"] // frames.UNITS[kind.unit], kind


def says(shown, value, texts=False):
    if isinstance(value, Short):
        return value.says(shown)
    if isinstance(value, Count):
        if pyarrow.types.is_duration(value.kind):
            return isinstance(shown, str) and duration(shown) == value.count
        return isinstance(shown, str) and numpy_moment(shown) == value.count and (value.kind.tz is not None) == has_zone(shown)
    return agrees(shown, value, texts)


def duration(text):
    """Nanoseconds of an ISO duration as pandas writes it: P1DT2H3M4.5S."""
    negative = text.startswith("-")
    days, _, rest = text.lstrip("-").removeprefix("P").partition("DT")
    hours, _, rest = rest.partition("H")
    minutes, _, seconds = rest.partition("M")
    whole, _, digits = seconds.removesuffix("S").partition(".")
    total = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(whole)
    total = total * 10**9 + int(digits.ljust(9, "0") or 0)
    return -total if negative else total


def index_columns(table):
    """Their fields, as pandas has them in the metadata."""
    told = json.loads(table.schema.metadata[b"pandas"]) if b"pandas" in (table.schema.metadata or {}) else {"index_columns": []}
    return [field for field in told["index_columns"] if isinstance(field, str)]


def json_grid(form, parsed):
    """[(name, its values in order)], the labels or None."""
    if form == "client":
        check(isinstance(parsed, list) and all(list(record) == list(parsed[0]) for record in parsed), "no records")
        return [(name, [record[name] for record in parsed]) for name in (parsed[0] if parsed else [])], None
    if form == "json_columns":
        rows = list(next(iter(parsed.values()))) if parsed else []
        check(all(list(column) == rows for column in parsed.values()), "different labels")
        return [(name, list(column.values())) for name, column in parsed.items()], rows
    equal(list(parsed), ["columns", "index", "data"])
    check(all(len(row) == len(parsed["columns"]) for row in parsed["data"]), "ragged")
    return [(name, [row[i] for row in parsed["data"]]) for i, name in enumerate(parsed["columns"])], parsed["index"]


@suite.case
def columns_to_json():
    for number, source in enumerate(COLUMNAR):
        count = many(100)
        pairs = corpus(30 + number, source, count)
        for form in ORIENTS:
            for words in ([], ["--client-integers", "string"]) if form == "client" else ([],):
                made, whys = convert_all([data for _, data in pairs], source, form, *words)
                compared = doubled = 0
                for i, (frame, data) in enumerate(pairs):
                    table = read_table(data, source)
                    fields = index_columns(table)
                    try:
                        labels = read(data, source).index if form == "json_columns" else None
                        if labels is not None and (labels.nlevels > 1 or distinct(labels) < len(frame)):
                            doubled += 1
                            check(made[i] is not None or "its index" in whys[i], "%s", whys.get(i))
                            continue
                        check(made[i] is not None, "refused: %s", whys.get(i))
                        grid, labels = json_grid(form, json.loads(made[i], parse_float=decimal.Decimal))
                        compare_grid(form, grid, labels, table, fields, bool(words))
                    except Exception as error:
                        raise AssertionError("%s\n%s\n%s" % (error, (made[i] or b"")[:300], Seen(frame, "%s to %s %s, frame %d" % (source, form, words, i)))) from error
                    compared += 1
                counted("%s to %s%s" % (source, ORIENTS[form], ", large integers as text" if words else ""), compared, count * 0.5, doubled)


def distinct(labels):
    """How many there are for JSON, which has null for all that are not finite. pandas 2 dies where it makes objects of moments far away."""
    if labels.dtype.kind == "f":
        return len({label for label in labels if math.isfinite(label)})
    return labels.nunique(dropna=False) if hasattr(labels, "asi8") else len(set(map(str, labels)))


def compare_grid(form, grid, labels, table, fields, texts):
    names = [name for name in table.schema.names if name not in fields]
    if form == "client" and not table.num_rows:
        equal(grid, [])
        return
    equal([name for name, _ in grid], names)
    for name, shown in grid:
        values = pylist(table.column(name))
        equal(len(shown), len(values), name)
        for row, (s, v) in enumerate(zip(shown, values)):
            check(says(s, v, texts), "column %r, row %d: %r does not say %r (%s)", name, row, s, getattr(v, "count", v), table.column(name).type)
    if labels is None or form == "json_columns":
        return
    equal(len(labels), table.num_rows, "labels")
    if len(fields) == 1:
        for s, v in zip(labels, pylist(table.column(fields[0]))):
            check(says(s, v, texts), "label %r does not say %r", s, getattr(v, "count", v))
    elif len(fields) > 1:
        for s, v in zip(labels, zip(*(pylist(table.column(field)) for field in fields))):
            check(isinstance(s, list) and len(s) == len(v) and all(says(x, y, texts) for x, y in zip(s, v)), "label %r does not say %r", s, v)


@suite.case
def labels_in_json():
    frame = pandas.DataFrame({"n": [1, 2]})
    for index, split, labels in (
        (pandas.RangeIndex(5, 9, 2), [5, 7], ["5", "7"]), (pandas.Index(["a", "ü"], name="id"), ["a", "ü"], ["a", "ü"]), (pandas.Index([-1, 2**60]), [-1, 2**60], ["-1", str(2**60)]),
        (pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)]), [["a", 1], ["b", 2]], None),
    ):  # fmt: skip
        data = write(frame.set_index(index), "parquet")
        equal(json.loads(convert(data, "parquet", "json_split")), {"columns": ["n"], "index": split, "data": [[1], [2]]})
        equal(json.loads(convert(data, "parquet", "client")), [{"n": 1}, {"n": 2}])
        if labels:
            equal(json.loads(convert(data, "parquet", "json_columns")), {"n": dict(zip(labels, [1, 2]))})


# From text

HAND_MADE = {
    "quotes": ',a,b\n0,"x, y","say ""hi"""\n1,"two\nlines",\'single\'\n',
    "crlf": ",a,b\r\n0,1,x\r\n1,2,y\r\n",
    "old mac": ",a\r0,1\r1,2\r",
    "blank lines": "\n,a,b\n\n0,1,x\n\n\n1,2,y\n\n",
    "no end": ",a,b\n0,1,x\n1,2,y",
    "na": ",a,b,c,d\n0,NA,x,1,NaN\n1,2.5,null,,N/A\n2,,None,3,#N/A\n3,nan,<NA>,n/a,-NaN\n4,-nan,NULL,1.#IND,#NA\n5,-1.#QNAN,,1.#QNAN,-1.#IND\n",
    "almost na": ",a\n0,na\n1,Nan\n2,none\n3,NONE\n4,N\n",
    "quoted na": ',a,b\n0,"NA",""\n1,"x","1"\n',
    "mixed": ",a,b\n0,1,1\n1,x,1.5\n2,2.5,True\n",
    "whole and real": ",a\n0,1\n1,2.5\n2,-3\n",
    "gaps in integers": ",a\n0,1\n1,\n2,3\n",
    "large": ",a,b,c,d\n0,9223372036854775807,9223372036854775808,18446744073709551615,-9223372036854775808\n1,1,1,1,1\n",
    "beyond": ",a,b,c\n0,18446744073709551616,-9223372036854775809,123456789012345678901234567890\n1,1,1,1\n",
    "large and negative": ",a\n0,9223372036854775808\n1,-1\n",
    "large with gaps": ",a\n0,9223372036854775807\n1,\n",
    "booleans": ",a,b,c,d\n0,True,true,TRUE,True\n1,False,false,FALSE,no\n",
    "booleans with gaps": ",a,b\n0,True,\n1,,False\n2,False,True\n",
    "all gaps": ",a,b\n0,,1\n1,,2\n",
    "reals": ",a,b,c,d\n0,1e5,.5,1.,+3\n1,-1E-5,-.5,-0.0,-0\n2,inf,-inf,Infinity,1\n3,-Infinity,+inf,INF,2\n",
    "no reals": ",a,b,c\n0,1e,0x10,1_000\n1,e5,1.2.3,--1\n",
    "zeros before": ",a,b\n0,007,00.5\n1,010,1\n",
    "blanks about": ",a,b\n0, 1 , x \n1, 2,y\n",
    "blanks before quotes": ',a\n0, "x"\n1,"y" z\n',
    "dates stay text": ",d\n0,2026-11-27\n1,2026-11-28 10:00:00\n",
    "unicode": ",é,漢字\n0,😀,ключ\n1,e\u0301,\u200fאב\n",
    "mark of order": "\ufeff,a\n0,1\n1,2\n",
    "mark and quotes": '\ufeff"i","a"\n0,1\n',
    "named index": "id,a\nx,1\ny,2\n",
    "index of reals": "id,a\n1.5,1\n2.5,2\n",
    "index of gaps": "id,a\n,1\ny,2\n",
    "index of booleans": "id,a\nTrue,1\nFalse,2\n",
    "twice in the index": ",a\nx,1\nx,2\n",
    "twice in the head": ",a,a,b,a\n0,1,2,3,4\n",
    "twice with suffix": ",a,a.1,a\n0,1,2,3\n",
    "no name": ",a,,b,\n0,1,2,3,4\n",
    "names of digits": ",0,1,1.5\n0,a,b,c\n",
    "header alone": ",a,b\n",
    "index alone": "a\n1\n2\n",
    "short rows": ",a,b,c\n0,1\n1,2,3\n2\n",
    "one cell": ",a\n0,1\n",
    "a quote within": ',a\n0,x"y\n1,"x"y"\n',
    "empty texts": ',a,b\n0,"",x\n1,"",y\n',
    "tabs": ",a\tb\n0,x\ty\n",
    "nul": ",a\n0,x\x00y\n",
    "long": ",a\n0,%s\n1,y\n" % ("x" * 100000),
    "percent": ",a,b\n0,5%,$3\n1,6%,\"1,000\"\n",
    "quoted numbers": ',a,b\n0,"1","2.5"\n1,"3","4"\n',
    "index name in quotes": '"my, id","a"\n"x",1\n',
}  # fmt: skip


def csv_of_pandas(text):
    """With the float that is nearest to the digits; by default pandas may miss that by a bit or two."""
    return pandas.read_csv(io.BytesIO(as_text(text)), index_col=0, float_precision="round_trip")


def through(frame, form):
    """As pandas reads again what it writes; but without columns pandas 3 would lose the rows."""
    return frame if not frame.shape[1] else read(write(frame, form), form)


def misread(text):
    """Whether pandas 2 reads otherwise than 3: it ends texts at a NUL, and takes the least integer for none where others are none."""
    return not LATER and ("\0" in text or "-9223372036854775808" in text)


def compare_csv(texts, whats):
    for form in COLUMNAR:
        made, whys = convert_all(texts, "csv", form)
        compared = both = 0
        for i, (text, what) in enumerate(zip(texts, whats)):
            what = "csv to %s, %s, seed %d:\n%r" % (form, what, SEED, text[:600])
            if misread(text):
                continue
            try:
                want = csv_of_pandas(text)
            except (ValueError, pandas.errors.ParserError):
                both += made[i] is None
                continue
            try:
                want = through(want, form)
            except (pyarrow.ArrowException, ValueError, TypeError, OverflowError):
                both += made[i] is None
                continue  # values of several types
            check(made[i] is not None, "%s\n %s", what, whys.get(i))
            got = read(made[i], form)
            if not (want.shape[1] or len(got)):
                continue  # a range, and no columns: pandas 3 loses its own rows
            same(got, want, what, loose=True)
            compared += 1
        yield form, compared, both


@suite.case
def csv_made_by_hand():
    for form, compared, both in compare_csv(list(HAND_MADE.values()), list(HAND_MADE)):
        counted("csv by hand to %s" % form, compared, len(HAND_MADE) * 0.8, both)


@suite.case
def csv_by_pandas():
    texts = [frame.to_csv() for frame in near(40, many(200), [*frames.FLAT_KINDS, "mixed"])]
    for form, compared, both in compare_csv(texts, ["frame %d" % i for i in range(len(texts))]):
        counted("csv to %s" % form, compared, len(texts) * 0.7, both)


SAFE_KINDS = ("int", "bool", "bool_gaps", "str", "whole_float")


@suite.case
def json_to_columns():
    """Both as pandas writes it and as json does."""
    count = many(80)
    made_of = []
    for i in range(count):
        made = Frames(SEED + 50 * 1000003 + i, SAFE_KINDS)
        made_of.append(made.frame(rows=made.random.choice((1, 2, 3, 10)), plain=True))
    made_of = [frame for frame in made_of if frame.shape[1]]
    known = {}
    for form, orient in ORIENTS.items():
        used = [frame.reset_index(drop=True) if form == "client" else frame for frame in made_of]
        for writer in ("pandas", "json"):
            texts = [frame.to_json(orient=orient) if writer == "pandas" else plain_json(frame, orient) for frame in used]
            for to in COLUMNAR if writer == "json" else ("parquet",):
                made, whys = convert_all(texts, form, to)
                for i, frame in enumerate(used):
                    what = "%s by %s to %s, frame %d:\n%s" % (form, writer, to, i, texts[i][:500])
                    check(made[i] is not None, "%s\n %s", what, whys.get(i))
                    key = i, to, form == "client"
                    known[key] = known.get(key) or exactly(through(as_json_knows(frame), to), loose=True)
                    same(read(made[i], to), known[key], what, loose=True)
                counted("%s by %s to %s" % (orient, writer, to), len(used), count * 0.5)


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


@suite.case
def odd_json():
    for form, text, want in (
        ("client", "[]", pandas.DataFrame()), ("client", '[{"a":1},{"b":"x"}]', pandas.DataFrame({"a": [1, None], "b": [None, "x"]})), ("client", '[{"a":null}]', pandas.DataFrame({"a": [None]}, dtype=object)),
        ("client", '[{"a":1.0},{"a":2}]', pandas.DataFrame({"a": [1.0, 2.0]})), ("client", '[{"a":[1,2]},{"a":[]}]', pandas.DataFrame({"a": [[1, 2], []]})),
        ("client", '[{"a":{"x":1}},{"a":{"y":"z"}}]', pandas.DataFrame({"a": [{"x": 1, "y": None}, {"x": None, "y": "z"}]})), ("client", '[{"":1}]', pandas.DataFrame({"": [1]})),
        ("client", '[{"a":18446744073709551615}]', pandas.DataFrame({"a": [2**64 - 1]})), ("client", '[{"a":-0.0}]', pandas.DataFrame({"a": [-0.0]})),
        ("json_columns", '{"a":{"x":1,"y":2},"b":{"y":"t"}}', pandas.DataFrame({"a": [1, 2], "b": [None, "t"]}, index=["x", "y"])),
        ("json_split", '{"data":[[1]],"index":["x"],"columns":["a"]}', pandas.DataFrame({"a": [1]}, index=["x"])),
        ("json_split", '{"columns":[],"index":["x","y"],"data":[]}', pandas.DataFrame(index=["x", "y"])),
    ):  # fmt: skip
        for to in COLUMNAR:
            same(read(convert(text, form, to), to), through(want, to), "%s to %s: %s" % (form, to, text), loose=True)


# By others than pandas


@once
def what_polars_writes():
    import polars

    day, at, zone = datetime.date(2026, 11, 27), datetime.datetime(2026, 11, 27, 10, 30, 0, 123456), datetime.timezone.utc
    frame = polars.DataFrame(
        {
            **{"i%d" % w: polars.Series([1, None, -(1 << (w - 1)), (1 << (w - 1)) - 1], dtype=getattr(polars, "Int%d" % w)) for w in (8, 16, 32, 64)},
            **{"u%d" % w: polars.Series([1, None, 0, (1 << w) - 1], dtype=getattr(polars, "UInt%d" % w)) for w in (8, 16, 32, 64)},
            "f32": polars.Series([1.5, None, -0.0, 3.4e38], dtype=polars.Float32), "f64": [0.1, None, math.inf, 1e300], "b": [True, None, False, True], "s": ["x", None, "", "ü, \"😀\"\n"],
            "bin": [b"x", None, b"", b"\xff\0"], "d": [day, None, datetime.date(1, 1, 1), datetime.date(9999, 12, 31)], "t": [datetime.time(1, 2, 3), None, datetime.time(0), datetime.time(23, 59, 59, 999999)],
            **{"at_" + u: polars.Series([at, None, at, at], dtype=polars.Datetime(u)) for u in ("ms", "us", "ns")}, "zoned": polars.Series([at.replace(tzinfo=zone), None, at.replace(tzinfo=zone), at.replace(tzinfo=zone)], dtype=polars.Datetime("us", "Europe/Berlin")),
            "span": polars.Series([datetime.timedelta(days=1, seconds=5), None, datetime.timedelta(0), datetime.timedelta(-1)], dtype=polars.Duration("us")),
            "dec": polars.Series([decimal.Decimal("1.50"), None, decimal.Decimal("-0.01"), decimal.Decimal("99999.99")], dtype=polars.Decimal(12, 2)),
            "cat": polars.Series(["a", None, "b", "a"], dtype=polars.Categorical), "enum": polars.Series(["a", None, "b", "a"], dtype=polars.Enum(["a", "b", "c"])),
            "list": [[1, None], None, [], [3]], "array": polars.Series([[1, 2], None, [3, 4], [5, 6]], dtype=polars.Array(polars.Int32, 2)), "struct": [{"x": 1, "y": "z"}, None, {"x": None, "y": "w"}, {"x": 3, "y": None}],
            "deep": [[{"k": [1]}], None, [], [{"k": []}]], "null": polars.Series([None] * 4, dtype=polars.Null),
        }
    )  # fmt: skip
    nested, files, frames_of = {"list", "array", "struct", "deep"}, {}, {}
    for rows in (frame, frame.head(0), frame.slice(1, 1)):
        for one in (rows, *(rows.select(name) for name in rows.columns)):
            for form, data in of_polars(one):
                files.setdefault(form, []).append((data, "polars, %s" % one.schema, bool(nested & set(one.columns))))
                frames_of.setdefault(form, []).append(one)
    for form, some in files.items():
        read_by_others(some, form)
        shown, whys = convert_all([data for data, _, _ in some], form, "client")
        equal(whys, {})
        for text, one in zip(shown, frames_of[form], strict=True):
            for s, v in zip(json.loads(text, parse_float=decimal.Decimal), one.to_dicts(), strict=True):
                for name in v:
                    check(polars_agrees(s[name], v[name], one.schema[name], polars), "polars, %s: %r does not say %r", name, s[name], v[name])
    counted("polars", sum(map(len, files.values())), 100)


def polars_agrees(shown, value, kind, polars):
    if kind == polars.Float32 and value is not None:
        return numpy.float32(float(shown)) == numpy.float32(value)
    if isinstance(value, datetime.timedelta):
        return duration(shown) == value // datetime.timedelta(microseconds=1) * 1000
    return agrees(shown, value)


def of_polars(frame):
    out = io.BytesIO()
    for packing in ("zstd", "snappy", "lz4", "uncompressed"):
        out = io.BytesIO()
        frame.write_parquet(out, compression=packing)
        yield "parquet", out.getvalue()
    for packing in ("uncompressed", "lz4", "zstd"):
        out = io.BytesIO()
        frame.write_ipc(out, compression=packing)
        yield "feather", out.getvalue()
    out = io.BytesIO()
    frame.write_ipc_stream(out)
    yield "arrow", out.getvalue()


def read_by_others(files, form):
    """(bytes, what, whether nested types are in it): csv as pandas', and the other columnar forms as Arrow's own."""
    for to in ("csv", *COLUMNAR):
        if to == form:
            continue
        made, whys = convert_all([data for data, _, _ in files], form, to)
        for i, (data, what, nested) in enumerate(files):
            what = "%s, %s to %s" % (what, form, to)
            table = read_table(data, form)
            if to == "csv":
                check(made[i] is not None, "%s: %s", what, whys.get(i))
                want = read(data, form).to_csv().encode()
                check(nested or made[i] == want, "%s\n%s", what, first_difference(made[i], want))
                continue
            try:
                want = read_table(table_bytes(table, to), to)
            except pyarrow.ArrowException:
                continue  # a view within a dictionary, in parquet
            check(made[i] is not None, "%s: %s", what, whys.get(i))
            got = read_table(made[i], to)
            check(got.schema.equals(want.schema) and got.equals(want), "%s\n got  %s\n want %s", what, got.schema, want.schema)


@once
def what_duckdb_writes():
    import duckdb

    base = duckdb.connect()
    types = {
        "TINYINT": "-128", "SMALLINT": "1", "INTEGER": "1", "BIGINT": "9223372036854775807", "UTINYINT": "255", "USMALLINT": "1", "UINTEGER": "1", "UBIGINT": "18446744073709551615", "HUGEINT": "5",
        "FLOAT": "1.5", "DOUBLE": "0.1", "BOOLEAN": "true", "VARCHAR": "'x, ü'", "BLOB": "'\\xAA\\x00'::BLOB", "DATE": "DATE '2026-11-27'", "TIME": "TIME '10:30:00.5'", "TIMESTAMP": "TIMESTAMP '2026-11-27 10:30:00.123456'",
        "TIMESTAMP_S": "'2026-11-27 10:30:00'", "TIMESTAMP_MS": "'2026-11-27 10:30:00.5'", "TIMESTAMP_NS": "'2026-11-27 10:30:00.123456789'", "TIMESTAMPTZ": "TIMESTAMPTZ '2026-11-27 10:30:00+01'",
        "DECIMAL(4,2)": "1.5", "DECIMAL(18,3)": "-1.5", "DECIMAL(38,10)": "12345678901234567890.5", "UUID": "'12345678-1234-1234-1234-123456789012'", "INTEGER[]": "[1, NULL]", "STRUCT(a INTEGER, b VARCHAR)": "{'a': 1, 'b': 'x'}",
        "MAP(VARCHAR, INTEGER)": "MAP {'k': 1}", "ENUM('a', 'b')": "'a'",
    }  # fmt: skip
    folder, files, streams = servers.tempfile.mkdtemp(prefix="cachetted-test-"), [], []
    try:
        for kind, value in types.items():
            nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))
            source = "SELECT i, CAST(CASE WHEN i %% 2 = 0 THEN %s END AS %s) AS v FROM range(5) t(i)" % (value, kind)
            path = os.path.join(folder, "file.parquet")
            for packing in ("snappy", "zstd", "gzip", "uncompressed", "lz4_raw"):
                base.execute("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION %s, ROW_GROUP_SIZE 2048)" % (source, path, packing))
                with open(path, "rb") as file:
                    files.append((file.read(), "duckdb, %s, %s" % (kind, packing), nested))
            streams.append((table_bytes(base.sql(source).to_arrow_table(), "arrow"), "duckdb's arrow, %s" % kind, nested))
    finally:
        servers.shutil.rmtree(folder, ignore_errors=True)
    for form, some in (("parquet", files), ("arrow", streams)):
        read_by_others(some, form)
        shown, whys = convert_all([data for data, _, _ in some], form, "client")
        equal(whys, {})
        for text, (_, what, _) in zip(shown, some):
            rows = json.loads(text)
            equal([(row["i"], row["v"] is None) for row in rows], [(i, i % 2 == 1) for i in range(5)], what)
            check("UUID" not in what or rows[0]["v"] == "12345678-1234-1234-1234-123456789012", "%s: %s", what, rows[0])
    counted("duckdb", len(files) + len(streams), 100)


# What is bad


def changed(draw, data):
    """Cut off, or with bits, bytes or pieces changed."""
    data = bytearray(data)
    way = draw.randrange(8)
    if way == 0:
        return bytes(data[: draw.randrange(len(data))])
    for _ in range(draw.choice((1, 1, 2, 5)) if len(data) > 64 else 1):
        at = draw.randrange(len(data)) if way < 5 else len(data) - 1 - draw.randrange(min(len(data), 600))  # the footer
        kind = draw.randrange(5)
        if kind < 2:
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            data[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 3:
            data[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x80"))
        else:
            piece = draw.randrange(1, 16)
            data[at : at + piece] = b"" if draw.random() < 0.5 else bytes(data[at : at + piece]) * 2
    return bytes(data)


@suite.case
def changed_anywhere():
    """Refused with a word, or a frame; never the end of the process."""
    draw = random.Random(SEED)
    for number, source in enumerate(COLUMNAR):
        pairs = corpus(60 + number, source, many(60))
        values = [changed(draw, data) for _, data in pairs for _ in range(6)]
        for to in ("csv", "client", "json_columns", "parquet" if source != "parquet" else "feather", source):
            made, whys = convert_all(values, source, to)
            check(all(whys.values()), "seed %d: refused without a word", SEED)
            for i, out in enumerate(made):
                if out is None:
                    continue
                try:
                    if to in ("csv",):
                        out.decode()
                    elif to in ORIENTS:
                        json.loads(out)
                    elif to != source:
                        read_table(out, to).validate(full=True)
                except Exception as error:
                    raise AssertionError("seed %d, %s to %s, line %d gave what nobody reads: %s\n%r" % (SEED, source, to, i, error, out[:300])) from error
        print("%s: %d changed files, %d refused, seed %d" % (source, len(values), len(whys), SEED))


@once
def texts_changed_anywhere():
    draw = random.Random(SEED)
    texts = texts_of(drawn(65, many(150), frames.FLAT_KINDS), lambda f: as_text(f.to_csv()))
    jsons = {form: [as_text(frame.to_json(orient=orient)) for frame in drawn(66, many(150), SAFE_KINDS, plain=True)] for form, orient in ORIENTS.items()}
    for source, values in (("csv", texts), *jsons.items()):
        values = [changed(draw, text) for text in values if text for _ in range(3)]
        for to in ("parquet", "arrow", "csv"):
            made, whys = convert_all(values, source, to)
            check(all(whys.values()), "seed %d: refused without a word", SEED)
            for out in made:
                if out is not None and to != "csv":
                    read_table(out, to).validate(full=True)
        print("%s: %d changed texts, %d refused, seed %d" % (source, len(values), len(whys), SEED))


def encrypted():
    import pyarrow.parquet.encryption as encryption

    class Keys(encryption.KmsClient):
        def __init__(self, _):
            encryption.KmsClient.__init__(self)

        def wrap_key(self, key, _):
            return base64.b64encode(key)

        def unwrap_key(self, key, _):
            return base64.b64decode(key)

    factory, out = encryption.CryptoFactory(Keys), io.BytesIO()
    for plain_footer in (False, True):
        config = encryption.EncryptionConfiguration(footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plain_footer)
        out = io.BytesIO()
        properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), config)
        with pyarrow.parquet.ParquetWriter(out, pyarrow.schema([("a", pyarrow.int64())]), encryption_properties=properties) as writer:
            writer.write_table(pyarrow.table({"a": [1, 2]}))
        yield out.getvalue()


def nested_type(depth):
    kind, value = pyarrow.int64(), 1
    for _ in range(depth):
        kind, value = pyarrow.list_(kind), [value]
    return pyarrow.table({"a": pyarrow.array([value], kind)})


@once
def what_is_no_table():
    frame = pandas.DataFrame({"a": [1, 2]})
    bad = (
        ("csv", "a,b\n1,2\n1,2,3\n", "3"), ("csv", b"a,b\n1,\xff\n", "UTF-8"), ("csv", b"a,b\n1,\xed\xa0\x80\n", "UTF-8"), ("csv", 'a,b\n1,"x\n', "quote"), ("csv", "", "csv"),
        ("client", "", "JSON"), ("client", '{"a":1}', "record"), ("client", "[1]", "row 1"), ("client", "[[1]]", "row 1"), ("client", '"x"', "record"), ("client", '[{"a":1},2]', "row 2"), ("client", '[{"a":1}', "JSON"),
        ("client", '[{"a":1},{"a":"x"}]', "'a'"), ("client", '[{"a":true},{"a":1}]', "'a'"), ("client", '[{"a":18446744073709551616}]', "64 bits"), ("client", '[{"a":{"b":1}},{"a":[1]}]', "'a'"),
        ("json_columns", "[]", "object"), ("json_columns", '{"a":1}', "'a'"), ("json_split", "[]", "object"), ("json_split", '{"columns":["a"]}', "data"), ("json_split", '{"columns":["a"],"index":[0],"data":[[1,2]]}', "row 1"),
        ("json_split", '{"columns":["a"],"index":[0,1],"data":[[1]]}', "index"), ("json_split", '{"columns":"a","index":[0],"data":[[1]]}', "columns"),
        ("parquet", b"", "parquet"), ("parquet", b"PAR1", "parquet"), ("parquet", b"PAR1" + b"\xff" * 20 + b"PAR1", "parquet"), ("parquet", write(frame, "feather"), "parquet"), ("feather", write(frame, "parquet"), "feather"),
        ("feather", b"FEA1" + b"\0" * 30, "version 1"), ("feather", b"ARROW1\0\0", "feather"), ("arrow", b"", "arrow"), ("arrow", write(frame, "feather"), "arrow"), ("arrow", b"\xff\xff\xff\xff\xff\xff\xff\x7f", "arrow"),
        *(("parquet", data, "ncrypted") for data in encrypted()),
    )  # fmt: skip
    for source in ("csv", *COLUMNAR, *ORIENTS):
        some = [(value, why) for form, value, why in bad if form == source]
        for to in ("csv", "parquet", source):
            if (source, to) == ("client", "client"):
                continue
            _, whys = convert_all([value for value, _ in some], source, to)
            for i, (value, why) in enumerate(some):
                check(i in whys and why.lower() in whys[i].lower(), "%s, %r: %s", source, value[:60], whys.get(i))
    refused("", "csv", "parquet")


@once
def names_are_told_whole():
    status, out, told = run(",字\né,1\n".encode(), "--from", "csv", "--explain")
    equal((status, told, out.decode().splitlines()[0]), (0, "", "schema\t字: int64"))


@once
def small_values_that_would_become_large():
    """Each took gigabytes, or many seconds, before the limits held for what is not Arrow's own memory."""
    fields = '[{"a":{%s}}' % ",".join('"f%d":0' % i for i in range(2000)) + ",{}" * 300000 + "]"
    check("limits.table_bytes" in refused(fields, "client", "parquet"), "an object of many fields")
    items = pyarrow.LargeListArray.from_arrays(pyarrow.array([0, 1 << 28], "int64"), pyarrow.nulls(1 << 28))
    check("limits.table_bytes" in refused(table_bytes(pyarrow.table({"a": items}), "arrow"), "arrow", "csv"), "a list of nulls")
    many = {"index_columns": ["a"] * 30000, "columns": [{"field_name": "x"}] * 30000}
    named = pyarrow.table({"a": [1]}).replace_schema_metadata({"pandas": json.dumps(many)})
    equal(convert(table_bytes(named, "arrow"), "arrow", "csv"), b",a\n0,1\n")


@once
def what_a_column_cannot_hold():
    for text in ('[{"a":-1},{"a":18446744073709551615}]', '[{"a":9007199254740993},{"a":1.5}]', '[{"a":123456789012345678901}]'):
        check("row " in refused(text, "client", "parquet"), "%s", text)
    mixed = '[{"a":"9007199254740993"},{"a":"abc"}]'
    equal(convert(mixed, "client", "csv", "--client-integers", "string"), b",a\n0,9007199254740993\n1,abc\n")
    periods = pandas.DataFrame({"p": pandas.period_range("2020-01", periods=2, freq="M")})
    check("pandas.period" in refused(write(periods, "parquet"), "parquet", "csv"), "a period as a number")


@once
def limits_are_held():
    """Told by their names, before memory is taken."""
    nothing = pyarrow.table({"a": pyarrow.nulls(10**9)})
    zeros = pyarrow.array(numpy.zeros(2 * 10**6))
    wide = pyarrow.table({"z%d" % i: zeros for i in range(35)})
    text = pyarrow.DictionaryArray.from_arrays(pyarrow.array(numpy.zeros(550000, "int32")), ["x" * 1000])
    flags = pyarrow.table({"b": pyarrow.array(numpy.zeros(5 * 10**6, "bool"))})
    out = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(out, flags.schema) as writer:
        for _ in range(3):
            writer.write_table(flags)
    many_names = pandas.DataFrame({"c%d" % i: [1] for i in range(10500)})
    for what, source, value, limit in (
        ("a million columns", "csv", ",".join("c%d" % i for i in range(10**6)) + "\n" + ",".join(["1"] * 10**6) + "\n", "columns"), ("a million columns", "client", json.dumps([{"c%d" % i: i for i in range(10**6)}]), "columns"),
        ("many columns", "parquet", write(many_names, "parquet"), "columns"), ("many columns", "feather", write(many_names, "feather"), "columns"), ("many columns", "arrow", write(many_names, "arrow"), "columns"),
        ("many rows", "parquet", out.getvalue(), "rows"), ("10^9 nulls", "feather", table_bytes(nothing, "feather", chunksize=10**9), "rows"), ("10^9 nulls", "arrow", table_bytes(nothing, "arrow"), "rows"),
        ("many rows", "csv", "a,b\n" + "1,\n" * 10_000_001, "rows"), ("many rows", "client", "[" + "{}," * 10_000_000 + "{}]", "bytes"),
        ("zeros", "parquet", table_bytes(wide, "parquet", use_dictionary=False, compression="zstd"), "bytes"), ("zeros", "feather", table_bytes(wide, "feather", compression="zstd"), "bytes"),
        ("one text often", "parquet", table_bytes(pyarrow.table({"t": text}), "parquet", store_schema=False), "bytes"), ("one text often", "feather", table_bytes(pyarrow.table({"t": text.dictionary_decode()}), "feather"), "bytes"),
        *(("deep", form, table_bytes(nested_type(40), form), "depth") for form in COLUMNAR), ("deep", "client", '[{"a":' + "[" * 40 + "1" + "]" * 40 + "}]", "depth"),
    ):  # fmt: skip
        begun = time.monotonic()
        for to in ("csv" if source in COLUMNAR else "parquet",):
            told = refused(value, source, to)
            check("limits.table_%s" % limit in told, "%s in %s (%d bytes) to %s: %s", what, source, len(value), to, told)
        check(time.monotonic() - begun < 120, "%s in %s took long", what, source)
    # one dictionary that fits, but not what becomes of it as text
    packed = table_bytes(pyarrow.table({"t": text}), "parquet")
    for to in ("csv", "client"):
        told = refused(packed, "parquet", to)
        check("limits.table_bytes" in told, "%s: %s", to, told)
    for form in COLUMNAR:
        equal(json.loads(convert(table_bytes(nested_type(20), form), form, "client")), nested_type(20).to_pylist())
    peak = servers_peak()
    check(sanitized() or peak < 2500, "%d MiB at the most", peak)


def servers_peak():
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10


# In the daemon

TABLE = ",price,size\n0,1.5,10\n1,2.25,20\n"
TABLE_FRAME = pandas.DataFrame({"price": [1.5, 2.25], "size": [10, 20]})
RECORDS = [{"price": 1.5, "size": 10}, {"price": 2.25, "size": 20}]


def serving(over="", with_memcache=False, **config):
    servers.need_daemon()
    return servers.Daemon(config, over=over or None, with_memcache=with_memcache)


def error_of(connection, *words):
    try:
        return "no error but %r" % connection.call(*words)
    except resp.RespError as error:
        return str(error)


def three_routes(**more):
    return [{"prefix": codec + ":", "codec": codec, **more} for codec in ("csv", "feather", "parquet")]


@suite.case
def what_clients_set_is_a_frame():
    with serving("redis", with_memcache=True, client_codec="csv", routes=three_routes()) as server, server.connect() as c, server.store.connect() as store, server.connect_to("memcache") as m:
        for codec in ("csv", "feather", "parquet"):
            for key in (codec + ":k", codec + ":m"):
                if key.endswith("k"):
                    c.call("SET", key, TABLE)
                else:
                    equal(m.raw("set %s 0 0 %d" % (key, len(TABLE)), TABLE), b"STORED\r\n")
                same(read(store.call("GET", key), codec), TABLE_FRAME, key, loose=True)
                equal(c.call("GET", key), TABLE.encode())
                equal(m.raw("get " + key), b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (key.encode(), len(TABLE), TABLE.encode()))
            store.call("SET", codec + ":theirs", write(TABLE_FRAME, codec))
            equal((c.call("GET", codec + ":theirs"), c.call("STRLEN", codec + ":theirs")), (TABLE.encode(), len(TABLE)))
            equal(c.call("SET", codec + ":k", ",a\n0,1\n", "GET"), TABLE.encode())
            equal(c.call("GETDEL", codec + ":k"), b",a\n0,1\n")
        equal(c.call("MSET", "csv:1", TABLE, "parquet:1", TABLE, "plain", "x"), b"OK")
        equal(c.call("MGET", "csv:1", "plain", "parquet:1", "none", "feather:m"), [TABLE.encode(), b"x", TABLE.encode(), None, TABLE.encode()])
        same(read(store.call("GET", "parquet:1"), "parquet"), TABLE_FRAME, "by MSET", loose=True)


@once
def what_is_refused_leaves_the_old_value():
    for over in ("", "redis", "memcached"):
        with serving(over, with_memcache=True, client_codec="csv", routes=three_routes()) as server, server.connect() as c, server.connect_to("memcache") as m:
            for codec in ("csv", "feather", "parquet"):
                key = codec + ":k"
                c.call("SET", key, TABLE)
                for bad in ("a,b\n1,2\n1,2,3\n", b"a,b\n1,\xff\n"):
                    why = error_of(c, "SET", key, bad)
                    check(why.startswith("ERR codec '%s': " % codec), "%s", why)
                    check(m.raw("set %s 0 0 %d" % (key, len(bad)), bad).startswith(b"CLIENT_ERROR codec '%s': " % codec.encode()), "by memcached's")
                    check("codec '%s'" % codec in error_of(c, "MSET", key, TABLE + "2,3,4\n", codec + ":l", bad), "MSET")
                for words in (["INCR", key], ["INCRBYFLOAT", key, "1.5"], ["APPEND", key, "2,3,4\n"], ["GETRANGE", key, 0, 3], ["SETRANGE", key, 0, "x"], ["SETBIT", key, 1, 1], ["DECRBY", key, 3]):
                    why = error_of(c, *words)
                    check("codec '%s'" % codec in why, "over %r, %s: %s", over, words, why)
                for line, block in (("incr %s 1" % key, None), ("append %s 0 0 1" % key, "x"), ("prepend %s 0 0 1" % key, "x")):
                    told = m.raw(line, *([block] if block else []))
                    check(b"ERROR" in told and codec.encode() in told, "%s: %s", line, told)
                equal(c.call("MGET", key, codec + ":l"), [TABLE.encode(), None], "over %r" % over)
                check(server.metric("cachetted_conversion_errors_total", codec=codec, direction="encode") >= 3, "counted")


@once
def each_clients_form():
    forms = ("csv", "json", "json_columns", "json_split", "arrow", "feather", "parquet", "raw")
    ports = servers.free_ports(len(forms))
    listen = ["127.0.0.1:%d client_codec=%s" % pair for pair in zip(ports, forms)]
    servers.need_daemon()
    with servers.Daemon({"routes": three_routes()}, ["listen.resp=" + ",".join(listen)], ready=False) as server:
        eventually(lambda: "ready" in server.log(), "it starts")
        ends = {form: resp.Connection(("127.0.0.1", port)) for form, port in zip(forms, ports)}
        for codec in ("csv", "feather", "parquet"):
            sent = {
                "csv": TABLE.encode(), "json": json.dumps(RECORDS).encode(), "json_columns": TABLE_FRAME.to_json(orient="columns").encode(), "json_split": TABLE_FRAME.to_json(orient="split").encode(),
                "arrow": write(TABLE_FRAME, "arrow"), "feather": write(TABLE_FRAME, "feather"), "parquet": write(TABLE_FRAME, "parquet"), "raw": write(TABLE_FRAME, codec),
            }  # fmt: skip
            for by, data in sent.items():
                key = "%s:%s" % (codec, by)
                ends[by].call("SET", key, data)
                for form, end in ends.items():
                    got, what = end.call("GET", key), "%s, set as %s, got as %s" % (codec, by, form)
                    if form in ("csv", "arrow", "feather", "parquet"):
                        same(read(got, form), TABLE_FRAME, what, loose=True)
                    elif form == "json":
                        equal(json.loads(got), RECORDS, what)
                    elif form == "raw":
                        same(read(got, codec), TABLE_FRAME, what, loose=True)
                    else:
                        equal(json.loads(got), json.loads(TABLE_FRAME.to_json(orient=ORIENTS[form])), what)
        for form, end in ends.items():
            check(form == "raw" or "codec 'parquet': " in error_of(end, "SET", "parquet:bad", "\xff\n\"x"), "%s", form)
            end.close()


def asked(connection, key):
    said = connection.call("CACHETTE", "EXPLAIN", key)
    said = dict(zip(said[::2], said[1::2])) if isinstance(said, list) else said
    return {k.decode(): v.decode() if isinstance(v, bytes) else v for k, v in said.items()}


@once
def what_is_told_of_a_table():
    routes = [*three_routes(), {"prefix": "z:", "codec": "parquet", "table_compression": "zstd"}, {"prefix": "n:", "codec": "feather", "table_compression": "none"}, {"prefix": "s:", "codec": "parquet", "client_codec": "json", "client_integers": "string"}]
    with serving("redis", client_codec="csv", routes=routes) as server, server.connect() as c, server.store.connect() as store:
        for codec in ("csv", "feather", "parquet"):
            c.call("SET", codec + ":k", TABLE)
            said = asked(c, codec + ":k")
            equal((said["codec"], said["rows"], said["columns"], said["schema"]), (codec, "2", "2", "price: double, size: int64"), said)
            check("index" in said and int(said["decoded_bytes"]) > 0, "%s", said)
        c.call("SET", "z:k", TABLE)
        equal((parquet_packings(store.call("GET", "z:k")), "zstd" in asked(c, "z:k")["table_compression"]), ({"ZSTD"}, True))
        c.call("SET", "n:k", "a,b\n" + "1,2\n" * 3000)
        equal(feather_packings(store.call("GET", "n:k")), set())
        frame = pandas.DataFrame({"a": [2**60, 5]}, index=pandas.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["l", None]))
        store.call("SET", "s:k", write(frame, "parquet"))
        equal(json.loads(c.call("GET", "s:k")), [{"a": str(2**60)}, {"a": 5}])
        check("'l'" in asked(c, "s:k")["index"], "%s", asked(c, "s:k"))
        c.call("SET", "s:k", c.call("GET", "s:k"))
        equal(read(store.call("GET", "s:k"), "parquet")["a"].tolist(), [2**60, 5], "back")
        store.call("SET", "parquet:bad", b"PAR1 no such")
        check("codec 'parquet'" in error_of(c, "GET", "parquet:bad"), "%s", error_of(c, "GET", "parquet:bad"))
        check("readable" in asked(c, "parquet:bad"), "%s", asked(c, "parquet:bad"))
        for policy, want in (("miss", None), ("raw", b"PAR1 no such")):
            c.call("CONFIG", "SET", "on_decode_error", policy)
            equal(c.call("GET", "parquet:bad"), want)


@once
def tables_are_counted():
    with serving("redis", client_codec="csv", routes=three_routes(), limits={"table_rows": 100, "table_columns": 10}) as server, server.connect() as c, server.store.connect() as store:
        for codec in ("feather", "parquet"):
            c.call("SET", codec + ":k", TABLE)
            c.call("GET", codec + ":k")
            check("limits.table_rows" in error_of(c, "SET", codec + ":k", "a\n" + "1\n" * 101), "rows")
            check("limits.table_columns" in error_of(c, "SET", codec + ":k", ",".join("abcdefghijkl") + "\n"), "columns")
            store.call("SET", codec + ":l", write(pandas.DataFrame({"a": range(101)}), codec))
            check("limits.table_rows" in error_of(c, "GET", codec + ":l"), "read")
            for direction in ("encode", "decode"):
                check(server.metric("cachetted_conversions_total", codec=codec, direction=direction) >= 1, "%s %s", codec, direction)
            check(server.metric("cachetted_conversion_errors_total", codec=codec, direction="encode") == 2, "%s", codec)
        text = server.scrape()
        for name in ("cachetted_table_rows_total", "cachetted_table_refusals_total"):
            check(servers.metric_sum(text, name, {}) > 0, "%s:\n%s", name, "\n".join(line for line in text.splitlines() if "table" in line))


@once
def transactions_of_tables():
    for over in ("", "redis"):
        with serving(over, client_codec="csv", routes=three_routes()) as server, server.connect() as c:
            commands = [["MULTI"], ["SET", "parquet:k", TABLE], ["SET", "feather:k", TABLE], ["SET", "csv:k", "a,b\n1\n1,2,3\n"], ["GET", "parquet:k"], ["MGET", "feather:k", "none"], ["EXEC"]]
            c.send(b"".join(resp.encode(*words) for words in commands))
            done = resp.decode([c.reply(30) for _ in commands][-1])
            equal((done[0], done[1], done[3], done[4]), (b"OK", b"OK", TABLE.encode(), [TABLE.encode(), None]), "over %r" % over)
            check("codec 'csv'" in str(done[2]), "%s", done[2])


@once
def a_large_table_beside_small_reads():
    rows = 20000 if sanitized() else 250000  # 10 MB
    frame = pandas.DataFrame({"a": numpy.arange(rows), "b": numpy.arange(rows) / 7, "t": ["text %d" % i for i in range(rows)]})
    text = frame.to_csv().encode()
    for over, codecs in (("", ("feather", "parquet")), ("redis", ("parquet",))):
        with serving(over, client_codec="csv", threads=1, routes=three_routes()) as server, server.connect(120) as c, server.connect(60) as other:
            other.call("SET", "small", "x")
            between = 0
            for codec in codecs:
                c.send(resp.encode("SET", codec + ":k", text) + resp.encode("GET", codec + ":k") + resp.encode("STRLEN", codec + ":k"))
                while not select.select([c.sock], [], [], 0.001)[0]:
                    equal(other.call("GET", "small"), b"x")
                    between += 1
                equal(c.reply(120), b"+OK\r\n")
                got = resp.decode(c.reply(120))
                check(got == text, "%s\n%s", codec, first_difference(got, text))
                equal(resp.decode(c.reply(120)), len(text))
            many = c.call("MGET", "parquet:k", "small", "feather:k")
            check(many == [text, b"x", text if "feather" in codecs else None], "MGET of large ones")
            check(between > 0, "nothing came in between")
            check(server.metric("cachetted_conversions_beside_total") >= len(codecs) * 3, "beside the loop")


@once
def many_sessions_at_once():
    """Each with tables of its own, some beside the loop."""
    import threading

    with serving("redis", with_memcache=True, client_codec="csv", threads=2, routes=three_routes()) as server:
        faults = []

        def work(seed):
            draw = random.Random(seed)
            with server.connect(60) as c:
                for i in range(many(60)):
                    key = "%s:%d" % (draw.choice(("csv", "feather", "parquet")), seed)
                    text = (",n,t\n" + "".join("%d,%d,text %d\n" % (row, row * seed, i) for row in range(draw.choice((1, 10, 100, 10000))))).encode()
                    c.send(resp.encode("SET", key, text) + resp.encode("GET", key) + resp.encode("SET", key, "a,b\n1,2,3,4\n1\n1,2,3,4,5,6,7\n"))
                    replies = [resp.decode(c.reply(60)) for _ in range(3)]
                    if replies[:2] != [b"OK", text]:
                        faults.append("%s: %r" % (key, replies[:2]))

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        equal(faults[:3], [])


# The library


def library(port, codec):
    Cachette._codec = "vanilla"
    Cachette.load_config(lambda: [("backend", "redis"), ("redis_url", "redis://127.0.0.1:%d" % port), ("ttl", 600), ("codec", codec)])
    return Cachette()


@suite.case
def what_the_library_puts():
    """It reads and writes as pandas does by default; cachetted shows that as csv and as records."""
    routes = [*three_routes(client_codec="csv"), *({"prefix": codec + ":j:", "codec": codec, "client_codec": "json"} for codec in ("csv", "feather", "parquet"))]
    with serving("redis", routes=routes) as server, server.connect(60) as c:
        for codec in ("csv", "feather", "parquet"):
            cache, compared = library(server.store.port, codec), 0
            for i, frame in enumerate(near(70, many(60), frames.FLAT_KINDS)):
                key, other = "%s:%d" % (codec, i), "%s:j:%d" % (codec, i)
                try:
                    asyncio.run(cache.put(key, frame))
                    asyncio.run(cache.put(other, frame))
                    fetched = asyncio.run(cache.fetch(key))
                    want = frame.to_csv().encode() if codec == "csv" else fetched.to_csv().encode()
                except (pyarrow.ArrowException, ValueError, OverflowError):
                    continue  # it cannot
                if csv_differs(frame):
                    continue
                got = c.call("GET", key)
                check(got == want, "%s", Seen(frame, "%s\n%s" % (key, first_difference(got, want))))
                equal(len(json.loads(c.call("GET", other))), len(fetched))
                compared += 1
            counted("put by the library, %s" % codec, compared, many(60) * 0.7)


@suite.case
def what_clients_set_for_the_library():
    """CSV, fetched as what pandas reads of it; and records."""
    routes = [*three_routes(client_codec="csv"), *({"prefix": codec + ":j:", "codec": codec, "client_codec": "json"} for codec in ("csv", "feather", "parquet"))]
    with serving("redis", routes=routes) as server, server.connect(60) as c:
        for codec in ("csv", "feather", "parquet"):
            cache, compared, form = library(server.store.port, codec), 0, codec if codec != "csv" else ""
            for i, frame in enumerate(near(71, many(60), ["int", "uint", "bool", "str", "date", "whole_float", "category"])):
                text, key = frame.to_csv().encode(), "%s:%d" % (codec, i)
                try:
                    want = through(csv_of_pandas(text), form) if form else read(text, "csv")
                except (pyarrow.ArrowException, ValueError):
                    continue
                c.call("SET", key, text, "EX", 100)
                same(asyncio.run(cache.fetch(key)), want, Seen(frame, key), loose=True)
                compared += 1
            for i in range(many(20)):
                made = Frames(SEED + 72000 + i, ["int", "bool", "str"])
                frame, key = made.frame(rows=3, plain=True).reset_index(drop=True), "%s:j:%d" % (codec, i)
                if frame.shape[1] and codec != "csv":
                    c.call("SET", key, plain_json(frame, "records"))
                    same(asyncio.run(cache.fetch(key)), through(as_json_knows(frame), codec), Seen(frame, key), loose=True)
                    compared += 1
            counted("set by clients, %s" % codec, compared, many(60) * 0.7)


@once
def what_the_library_cannot_do():
    """So that nobody takes these for faults of cachetted."""
    with serving("redis", routes=three_routes(client_codec="csv")) as server, server.connect(60) as c, server.store.connect() as store:
        caches = {codec: library(server.store.port, codec) for codec in ("csv", "feather", "parquet")}

        def fails(act):
            try:
                asyncio.run(act)
            except Exception as error:
                return str(error)
            raise AssertionError("it did not fail")

        twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
        for codec in ("feather", "parquet"):
            check("uplicate" in fails(caches[codec].put(codec + ":k", twice)), "%s", codec)
            check(fails(caches[codec].put(codec + ":k", pandas.DataFrame({"a": [1, "x"]}))), "values of several types")
            c.call("SET", codec + ":k", TABLE)
            store.call("SET", codec + ":k", store.call("GET", codec + ":k")[:-3])
            check(fails(caches[codec].fetch(codec + ":k")) and "codec '%s'" % codec in error_of(c, "GET", codec + ":k"), "what is cut off")
        asyncio.run(caches["csv"].put("csv:k", twice))
        equal((c.call("GET", "csv:k"), list(asyncio.run(caches["csv"].fetch("csv:k")).columns)), (b",a,a\n0,1,2\n", ["a", "a.1"]))
        dates = pandas.DataFrame({"d": pandas.to_datetime(["2026-11-27"])})
        asyncio.run(caches["csv"].put("csv:k", dates))
        check(asyncio.run(caches["csv"].fetch("csv:k"))["d"].tolist() == ["2026-11-27"], "csv keeps no types")
        levels = pandas.DataFrame({"a": [1]}, index=pandas.MultiIndex.from_tuples([("x", 1)]))
        asyncio.run(caches["csv"].put("csv:k", levels))
        check(asyncio.run(caches["csv"].fetch("csv:k")).index.nlevels == 1, "csv keeps one level")
        asyncio.run(caches["parquet"].put("parquet:k", levels))
        equal(asyncio.run(caches["parquet"].fetch("parquet:k")).index.nlevels, 2)
        store.call("SET", "parquet:k", "")
        equal(asyncio.run(caches["parquet"].fetch("parquet:k")), None, "an empty value is none")
        check("codec 'parquet'" in error_of(c, "SET", "parquet:k", ""), "%s", error_of(c, "SET", "parquet:k", ""))


if __name__ == "__main__":
    finish(suite.main())
