#!/usr/bin/env python3
"""Tables in `cachetted convert`, beside pandas itself: what it writes is read as the same frame, what we write it reads as it would its own;
csv to the byte. Also what polars and duckdb write.

convert_tables.py [--only NAME] [-v]; SEED fixes the draw. Runs itself by a Python with pandas 2 and by one with pandas 3; TABLES=3 by the
second alone.
"""

import base64
import datetime
import decimal
import io
import json
import math
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib import each_pandas, servers  # noqa: E402
from lib.cases import Suite, check, equal, finish  # noqa: E402

if __name__ == "__main__":
    each_pandas.run_by_each()

import numpy  # noqa: E402
import pandas  # noqa: E402
import pyarrow  # noqa: E402

from lib import frames  # noqa: E402
from lib.each_pandas import LATER  # noqa: E402
from lib.frames import Frames, exactly, read, read_table, same, table_bytes, write  # noqa: E402
from lib.tables import COLUMNAR, ORIENTS, PARQUET_NAMES, SAFE_KINDS, SEED, Seen, as_json_knows, as_text, convert, convert_all, corpus, counted, csv_differs, csv_of_pandas, drawn, feather_packings, first_difference, near, once, parquet_packings, plain_json, texts_of, through, written  # noqa: E402

suite = Suite("convert_tables")
by_one = once(suite)
EXACT = 2**53


# From columns to columns


@suite.case
def columns_to_columns():
    """As Arrow itself would write the table, and so as pandas would read it; each third, and what differs in any way, is read by pandas."""
    for number, source in enumerate(COLUMNAR):
        count = servers.many(120)
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


@suite.case
def a_form_to_itself():
    for number, source in enumerate(COLUMNAR):
        pairs = corpus(10 + number, source, servers.many(60))
        made, whys = convert_all([data for _, data in pairs], source, source)
        equal(whys, {})
        for i, (frame, data) in enumerate(pairs):
            check(made[i] == data, "%s", Seen(frame, "%s %d" % (source, i)))
        counted("%s to itself" % source, len(pairs), 1)
    for source, texts in (("csv", texts_of(drawn(13, servers.many(60), frames.FLAT_KINDS), lambda f: f.to_csv())), *((form, texts_of((f for f in drawn(14, servers.many(60), SAFE_KINDS, plain=True) if f.shape[1]), lambda f, orient=orient: f.to_json(orient=orient))) for form, orient in ORIENTS.items() if form != "client")):
        made, whys = convert_all(texts, source, source)
        for i, text in enumerate(texts):
            check(made[i] == as_text(text), "%s to itself: %s: %s", source, whys.get(i), text[:500])
        counted("%s to itself" % source, len(texts), 1)


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
        count = servers.many(150)
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


@by_one
def nested_columns_to_csv():
    """Not as pandas writes them, which is numpy's text; but each row is there, and what stands beside is as it should be."""
    pairs = corpus(25, "parquet", servers.many(60), ["list", "struct"])
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
        count = servers.many(100)
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
    texts = [frame.to_csv() for frame in near(40, servers.many(200), [*frames.FLAT_KINDS, "mixed"])]
    for form, compared, both in compare_csv(texts, ["frame %d" % i for i in range(len(texts))]):
        counted("csv to %s" % form, compared, len(texts) * 0.7, both)


@suite.case
def json_to_columns():
    """Both as pandas writes it and as json does."""
    count = servers.many(80)
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


@by_one
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


@by_one
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


if __name__ == "__main__":
    finish(suite.main())
