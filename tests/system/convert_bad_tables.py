#!/usr/bin/env python3
"""What is no table, or too much of one, in `cachetted convert`: changed in any byte, cut, encrypted, deep, wide, small and about to become large.
Each is refused with a text that says why, or read as what Arrow finds sound.

convert_bad_tables.py [--only NAME] [-v]; SEED fixes the draw. Runs itself by a Python with pandas 2 and by one with pandas 3; TABLES=3 by
the second alone.
"""

import base64
import io
import json
import os
import random
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from lib import each_pandas, servers  # noqa: E402
from lib.cases import Suite, check, equal, finish  # noqa: E402

if __name__ == "__main__":
    each_pandas.run_by_each()

import numpy  # noqa: E402
import pandas  # noqa: E402
import pyarrow  # noqa: E402
import pyarrow.parquet  # noqa: E402

from lib import frames  # noqa: E402
from lib.frames import read, read_table, table_bytes, write  # noqa: E402
from lib.tables import COLUMNAR, ORIENTS, SAFE_KINDS, SEED, as_text, convert, convert_all, corpus, drawn, once, refused, texts_of  # noqa: E402

suite = Suite("convert_bad_tables")
by_one = once(suite)


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
        pairs = corpus(60 + number, source, servers.many(60))
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


@by_one
def texts_changed_anywhere():
    draw = random.Random(SEED)
    texts = texts_of(drawn(65, servers.many(150), frames.FLAT_KINDS), lambda f: as_text(f.to_csv()))
    jsons = {form: [as_text(frame.to_json(orient=orient)) for frame in drawn(66, servers.many(150), SAFE_KINDS, plain=True)] for form, orient in ORIENTS.items()}
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


@by_one
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


@by_one
def names_are_told_whole():
    status, out, told = servers.convert(",字\né,1\n".encode(), "--from", "csv", "--explain")
    equal((status, told, out.decode().splitlines()[0]), (0, "", "schema\t字: int64"))


@by_one
def small_values_that_would_become_large():
    """Each took gigabytes, or many seconds, before the limits held for what is not Arrow's own memory."""
    fields = '[{"a":{%s}}' % ",".join('"f%d":0' % i for i in range(2000)) + ",{}" * 300000 + "]"
    check("limits.table_bytes" in refused(fields, "client", "parquet"), "an object of many fields")
    items = pyarrow.LargeListArray.from_arrays(pyarrow.array([0, 1 << 28], "int64"), pyarrow.nulls(1 << 28))
    check("limits.table_bytes" in refused(table_bytes(pyarrow.table({"a": items}), "arrow"), "arrow", "csv"), "a list of nulls")
    many = {"index_columns": ["a"] * 30000, "columns": [{"field_name": "x"}] * 30000}
    named = pyarrow.table({"a": [1]}).replace_schema_metadata({"pandas": json.dumps(many)})
    equal(convert(table_bytes(named, "arrow"), "arrow", "csv"), b",a\n0,1\n")


def one_batch_often(times):
    """A feather whose footer names its first batch, 16 MB that are little in the file, in place of each other."""
    out, large = io.BytesIO(), pyarrow.record_batch({"z": pyarrow.array(numpy.zeros(2 * 10**6))})
    with pyarrow.ipc.new_file(out, large.schema, options=pyarrow.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(large)
        for _ in range(times - 1):
            writer.write_batch(large.slice(0, 1))
    data = bytearray(out.getvalue())
    begun = 16 + struct.unpack_from("<i", data, 12)[0]  # behind the schema
    at = data.rindex(struct.pack("<q", begun))  # the footer has of each batch: offset, sizes of header and body; 24 bytes
    data[at : at + 24 * times] = data[at : at + 24] * times
    return bytes(data)


@by_one
def a_footer_that_names_a_batch_often():
    equal(len(read(one_batch_often(3), "feather")), 6 * 10**6, "as pandas reads it")
    equal(convert(one_batch_often(3), "feather", "arrow")[-8:], b"\xff\xff\xff\xff\0\0\0\0")
    for to in ("arrow", "csv"):
        told = refused(one_batch_often(40), "feather", to)
        check("limits.table_" in told, "%s", told)
    peak = servers_peak()
    check(servers.sanitized() or peak < 2500, "%d MiB at the most", peak)


@by_one
def what_a_column_cannot_hold():
    for text in ('[{"a":-1},{"a":18446744073709551615}]', '[{"a":9007199254740993},{"a":1.5}]', '[{"a":123456789012345678901}]'):
        check("row " in refused(text, "client", "parquet"), "%s", text)
    mixed = '[{"a":"9007199254740993"},{"a":"abc"}]'
    equal(convert(mixed, "client", "csv", "--client-integers", "string"), b",a\n0,9007199254740993\n1,abc\n")
    periods = pandas.DataFrame({"p": pandas.period_range("2020-01", periods=2, freq="M")})
    check("pandas.period" in refused(write(periods, "parquet"), "parquet", "csv"), "a period as a number")


@by_one
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
    check(servers.sanitized() or peak < 2500, "%d MiB at the most", peak)


def servers_peak():
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10


if __name__ == "__main__":
    finish(suite.main())
