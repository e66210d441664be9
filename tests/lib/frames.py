"""DataFrames as Python apps cache them, drawn by chance: each kind of column, index and name that pandas has; and what one
is to the last bit, as a text. With pandas 2 and 3, and pyarrow."""

import datetime
import decimal
import io
import random
import struct

import numpy
import pandas
import pyarrow
import pyarrow.feather
import pyarrow.parquet

PANDAS = int(pandas.__version__.split(".")[0])
WIDTHS = (8, 16, 32, 64)
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "+05:30", "-11:00")
# A "\r" that is alone is not quoted by the csv module before Python 3.13, so that pandas cannot read what it wrote.
LETTERS = ("abcXYZ", "0123456789.-e", " \t", ',"\';|', ("\n", "\r\n"), "é\xff\xa0", "ключ", "漢字", "אבג\u200f", "e\u0301\u0308", "😀🏳\ufe0f", "\\{}[]<>&%")
ODD_TEXTS = ("", "NA", "nan", "NaN", "None", "null", "True", "false", "1", "-0", "1.5", "inf", "2026-11-27", '"', "a,b", "a\nb", "a\r\nb", " x ", "=1+1")
WHOLE = ("int", "uint")
NULLS = (None, numpy.nan)

# What a frame is to the last bit


def exactly(frame, loose=False):
    """A list of texts: the names, the index, each column; it tells apart what assert_frame_equal does not: -0.0 from 0.0, a None from a
    NaN, True from 1, a datetime from a Timestamp, floats that are but close. `loose`: a range is as good as its integers, a None
    among an index's objects as good as a NaN, and of no rows or no columns it is all one which type their labels are of."""
    names = "none" if loose and not frame.shape[1] else _index(frame.columns, True)
    labels = "%r none" % frame.index.name if loose and not len(frame) else _index(frame.index, loose)
    lines = ["%d rows" % len(frame), "columns " + names, "index " + labels]
    return lines + ["column %d: %s" % (i, _values(column.array)) for i, (_, column) in enumerate(frame.items())]


def same(got, want, what, loose=False):
    """The first line of these that differs is told. `want` may be the lines themselves."""
    a, b = exactly(got, loose), want if isinstance(want, list) else exactly(want, loose)
    for x, y in zip(a, b):
        if x != y:
            at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
            at = max(0, at - 150) if at > 300 else 0
            raise AssertionError("%s\n got  %s\n want %s" % (what, x[at : at + 700], y[at : at + 700]))
    if len(a) != len(b):
        raise AssertionError("%s: %d columns, not %d" % (what, len(a) - 3, len(b) - 3))


def _index(index, loose):
    if isinstance(index, pandas.RangeIndex):
        if loose:
            return "%r int64 %r" % (index.name, list(index))
        return "%r range(%d, %d, %d)" % (index.name, index.start, index.stop, index.step)
    if isinstance(index, pandas.MultiIndex):
        return "levels " + "; ".join("%r %s" % (index.names[i], _values(index.get_level_values(i).array)) for i in range(index.nlevels))
    if loose and index.dtype == object:
        index = pandas.Index([None if isinstance(label, float) and label != label else label for label in index], dtype=object, name=index.name)
    return "%r %s" % (index.name, _values(index.array))


def _values(array):
    if isinstance(array, pandas.arrays.NumpyExtensionArray):
        array = array.to_numpy()
    dtype = array.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        return "category%s of %s: %r" % (" ordered" if dtype.ordered else "", _values(dtype.categories.array), array.codes.tolist())
    if isinstance(dtype, numpy.dtype) and dtype.kind in "biufc":
        return "%s %r" % (dtype, array.tolist())
    if hasattr(array, "asi8"):
        return "%s %r" % (dtype, array.asi8.tolist())
    if dtype == object:
        return "object [%s]" % ", ".join(map(_cell, array))
    return "%s%s [%s]" % (dtype, " python" if getattr(dtype, "storage", "") == "python" else "", ", ".join(map(_cell, array)))


def _cell(value):
    if isinstance(value, numpy.ndarray):
        return "array %s[%s]" % (value.dtype, ", ".join(map(_cell, value.tolist() if value.dtype != object else value)))
    if isinstance(value, (list, tuple)):
        return "%s[%s]" % (type(value).__name__, ", ".join(map(_cell, value)))
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (_cell(k), _cell(v)) for k, v in value.items())
    if type(value) in (str, int, bool):
        return repr(value)
    return "%s %r" % (type(value).__name__, value)


# Writing and reading the stored forms, as pandas does


def write(frame, form, **options):
    out = io.BytesIO()
    if form == "arrow":
        table = pyarrow.Table.from_pandas(frame)
        return table_bytes(table, form)
    getattr(frame, "to_" + form)(out, **options)
    return out.getvalue()


def read(data, form):
    if form == "csv":
        return pandas.read_csv(io.BytesIO(data), index_col=0)
    if form == "arrow":
        return to_pandas(read_table(data, form))
    return getattr(pandas, "read_" + form)(io.BytesIO(data))


def to_pandas(table):
    """As pandas' own readers have it done; it has none for a stream."""
    out = io.BytesIO()
    pyarrow.feather.write_feather(table, out, compression="uncompressed")
    return pandas.read_feather(io.BytesIO(out.getvalue()))


def read_table(data, form):
    if form == "arrow":
        return pyarrow.ipc.open_stream(data).read_all()
    return pyarrow.feather.read_table(io.BytesIO(data)) if form == "feather" else pyarrow.parquet.ParquetFile(io.BytesIO(data)).read()


def table_bytes(table, form, **options):
    out = io.BytesIO()
    if form == "arrow":
        with pyarrow.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table, **options)
    elif form == "feather":
        pyarrow.feather.write_feather(table, out, **options)
    else:
        pyarrow.parquet.write_table(table, out, **options)
    return out.getvalue()


# Drawing them


class Frames:
    """`kinds`: the kinds of columns to draw from; default, all. `near`: no moments but those that each pandas writes alike."""

    def __init__(self, seed, kinds=None, near=False):
        self.random, self.near = random.Random(seed), near
        self.kinds = [getattr(self, "column_" + kind) for kind in kinds or KINDS]

    def chance(self, share):
        return self.random.random() < share

    def frame(self, rows=None, plain=False):
        """`plain`: names are texts and the index is the default or one of a single level, as JSON's forms can say."""
        draw = self.random
        if rows is None:
            rows = draw.choice((0, 1, 1, 2, 3, 3, 5, 8, 12, 20, 40)) if draw.random() < 0.985 else draw.choice((200, 1025, 3000))
        count = draw.choice((0, 1, 1, 2, 3, 3, 4, 5, 7)) if plain or draw.random() < 0.997 else 1000
        if count == 1000:
            columns = {i: numpy.arange(i, i + min(rows, 20)) for i in range(count)}
            rows = min(rows, 20)
        else:
            columns = {i: self.column(rows) for i in range(count)}
        frame = pandas.DataFrame(columns, index=pandas.RangeIndex(rows), copy=False)
        frame.columns = self.texts(count) if plain else self.names(count)
        frame.index = self.plain_index(rows) if plain else self.index(rows)
        return frame

    def column(self, rows):
        return pandas.Series(self.random.choice(self.kinds)(rows), copy=False)

    # Values

    def text(self):
        draw = self.random
        if draw.random() < 0.2:
            return draw.choice(ODD_TEXTS)
        some = draw.choices(LETTERS, k=draw.choice((1, 1, 2, 4)))
        return "".join(draw.choice(draw.choice(some)) for _ in range(draw.choice((1, 2, 3, 5, 9, 30 if draw.random() < 0.9 else 700))))

    def gaps(self, values, null=None):
        """Some of them null; or none of them, or all."""
        share = self.random.choice((0, 0, 0.2, 0.2, 0.7, 1 if self.chance(0.3) else 0.5))
        return [null if self.random.random() < share else value for value in values]

    def bits(self, width, signed):
        draw, low = self.random, -(1 << (width - 1)) if signed else 0
        high = (1 << (width - signed)) - 1
        small = draw.randrange(-100 if signed else 0, 101)
        return draw.choice((low, high, small, small, draw.randint(low, high), 0))

    def real(self):
        draw, some = self.random, (0.0, -0.0, 1.5, 1e16, 1e-5, 0.0001, 1e22, 5e-324, 1.7976931348623157e308, 123456789.0, 0.1, 1e15, 123456789012345680.0)
        odd = (numpy.inf, -numpy.inf, numpy.nan, struct.unpack("d", draw.randbytes(8))[0])
        return draw.choice((draw.choice(some), draw.choice(odd), draw.random(), round(draw.uniform(-1e4, 1e4), draw.randrange(5)), float(draw.randrange(-9, 1000))))

    def moments(self, rows, unit):
        """Integers of the unit; None for no moment. All of them at midnight, or on the whole second, or any."""
        draw, one = self.random, UNITS[unit]
        grain = draw.choice((86400 * one, one, 1 if self.near else max(1, one // 1000), 1))
        far = draw.random() < 0.2 and not self.near
        low, high = (-9 * 10**9, 9 * 10**9) if unit == "ns" else (-62 * 10**9, 253 * 10**9)
        low, high = (low, high) if far else (0, 2 * 10**9)
        values = [draw.randint(low * one // grain, high * one // grain) * grain for _ in range(rows)]
        return self.gaps(values)

    def moment_array(self, rows, unit, kind="M8"):
        return numpy.array(["NaT" if m is None else m for m in self.moments(rows, unit)], dtype=object).astype("%s[%s]" % (kind, unit)) if rows else numpy.array([], "%s[%s]" % (kind, unit))

    def unit(self):
        return self.random.choice([unit for unit in UNITS if unit != "ms" or not self.near])  # pandas 2: .504000, 3: .504

    # Kinds of columns

    def column_int(self, rows):
        width = self.random.choice(WIDTHS)
        return numpy.array([self.bits(width, True) for _ in range(rows)], "int%d" % width)

    def column_uint(self, rows):
        width = self.random.choice(WIDTHS)
        return numpy.array([self.bits(width, False) for _ in range(rows)], "uint%d" % width)

    def column_float(self, rows):
        return numpy.array([self.real() for _ in range(rows)], "float64")

    def column_whole_float(self, rows):
        """As a column of integers with gaps is read."""
        return numpy.array(self.gaps([float(self.bits(32, True)) for _ in range(rows)], numpy.nan), "float64")

    def column_float32(self, rows):
        with numpy.errstate(over="ignore"):
            return numpy.array([self.real() for _ in range(rows)], "float64").astype("float32")

    def column_float16(self, rows):
        with numpy.errstate(over="ignore"):
            return numpy.array([self.real() for _ in range(rows)], "float64").astype("float16")

    def column_bool(self, rows):
        return numpy.array([self.chance(0.5) for _ in range(rows)], "bool")

    def column_bool_gaps(self, rows):
        return pandas.Series(self.gaps([self.chance(0.5) for _ in range(rows)]), dtype=object)

    def column_text(self, rows):
        return pandas.Series(self.gaps([self.text() for _ in range(rows)], self.random.choice(NULLS)), dtype=object)

    def column_str(self, rows):
        """pandas 3's own."""
        return pandas.Series(self.gaps([self.text() for _ in range(rows)]), dtype="str" if PANDAS > 2 else object)

    def column_string(self, rows):
        return pandas.array(self.gaps([self.text() for _ in range(rows)], pandas.NA), dtype=self.random.choice(("string[python]", "string[pyarrow]")))

    def column_nullable_int(self, rows):
        width, signed = self.random.choice(WIDTHS), self.chance(0.6)
        values = [self.bits(width, signed) for _ in range(rows)]
        return pandas.array(self.gaps(values), dtype="%snt%d" % ("I" if signed else "UI", width))

    def column_nullable_float(self, rows):
        with numpy.errstate(over="ignore"):
            dtype = self.random.choice(("Float64", "Float32"))
            values = numpy.array([self.real() for _ in range(rows)], dtype.lower())
        values[numpy.isnan(values)] = 7
        nulls = numpy.array([value is None for value in self.gaps(range(rows))], bool)
        return pandas.arrays.FloatingArray(values, nulls)

    def column_boolean(self, rows):
        return pandas.array(self.gaps([self.chance(0.5) for _ in range(rows)]), dtype="boolean")

    def column_datetime(self, rows):
        return self.moment_array(rows, self.random.choice(list(UNITS)))

    def column_zoned(self, rows):
        made = pandas.Series(self.moment_array(rows, self.unit()))
        return made.dt.tz_localize("UTC").dt.tz_convert(self.random.choice(ZONES))

    def column_timedelta(self, rows):
        return self.moment_array(rows, self.unit(), "m8")

    def column_date(self, rows):
        low, high = (1, 3652059) if self.chance(0.2) and not self.near else (719163, 745000)
        return pandas.Series(self.gaps([datetime.date.fromordinal(self.random.randint(low, high)) for _ in range(rows)]), dtype=object)

    def column_time(self, rows):
        one = self.random.choice((10**6, 10**3, 1))
        day = datetime.datetime(2026, 1, 1)
        values = [(day + datetime.timedelta(microseconds=self.random.randrange(86400 * 10**6 // one) * one)).time() for _ in range(rows)]
        return pandas.Series(self.gaps(values), dtype=object)

    def column_decimal(self, rows):
        scale = self.random.choice((0, 2, 2, 6, 18))
        values = [decimal.Decimal(self.bits(self.random.choice((8, 32, 64)), True)).scaleb(-self.random.choice((0, scale))) for _ in range(rows)]
        return pandas.Series(self.gaps(values), dtype=object)

    def column_bytes(self, rows):
        return pandas.Series(self.gaps([self.random.choice((b"", b"abc", b"a'\"\\\n", self.random.randbytes(self.random.randrange(30)))) for _ in range(rows)]), dtype=object)

    def category(self, rows, values, share=0.2):
        """Of values that may not all be used."""
        values = list(dict.fromkeys(values))
        codes = [-1 if not values or self.chance(share) else self.random.randrange(len(values)) for _ in range(rows)]
        return pandas.Categorical.from_codes(codes, values, ordered=self.chance(0.3))

    def column_category(self, rows):
        return self.category(rows, pandas.Index([self.text() for _ in range(self.random.randrange(1, 8))]), self.random.choice((0, 0.2, 1)))

    def column_category_of_others(self, rows):
        kind = self.random.choice((self.column_int, self.column_datetime, self.column_float, self.column_zoned, self.column_bool))
        values = pandas.Index(kind(self.random.randrange(1, 6))).dropna().unique()
        codes = [-1 if not len(values) or self.chance(0.2) else self.random.randrange(len(values)) for _ in range(rows)]
        return pandas.Categorical.from_codes(codes, values, ordered=self.chance(0.3))

    def column_nothing(self, rows):
        return pandas.Series([None] * rows, dtype=object)

    def nested(self, rows, one):
        return pandas.Series(self.gaps([one() for _ in range(rows)]) + [None], dtype=object)[:-1]

    def few(self, one):
        return [one() for _ in range(self.random.choice((0, 1, 2, 4)))]

    def column_list(self, rows):
        draw = self.random
        one = draw.choice((
            lambda: self.bits(64, True), self.text, lambda: draw.choice((None, 1.5, -2.0)), lambda: self.few(lambda: self.bits(8, True)), lambda: self.chance(0.5),
            lambda: datetime.datetime(2026, 1, 1 + draw.randrange(28)), lambda: {"x": self.bits(32, True), "y": self.text()},
        ))  # fmt: skip
        return self.nested(rows, lambda: self.few(one))

    def column_struct(self, rows):
        names = list(dict.fromkeys(self.texts(self.random.randrange(1, 4))))
        ones = [self.random.choice((lambda: self.bits(32, True), self.text, self.real, lambda: self.few(lambda: self.bits(16, True)), lambda: {"in": self.text()})) for _ in names]
        return self.nested(rows, lambda: {name: one() for name, one in zip(names, ones)})

    def column_arrow(self, rows):
        """Of pandas' dtypes that are Arrow's."""
        draw = self.random
        dtype, one = draw.choice((
            (pyarrow.int64(), lambda: self.bits(64, True)), (pyarrow.uint8(), lambda: self.bits(8, False)), (pyarrow.string(), self.text), (pyarrow.large_string(), self.text),
            (pyarrow.float64(), lambda: draw.choice((1.5, -0.0, 1e22))), (pyarrow.bool_(), lambda: self.chance(0.5)), (pyarrow.date32(), lambda: datetime.date(2026, 1, 1 + draw.randrange(28))),
            (pyarrow.timestamp("us", "UTC"), lambda: datetime.datetime(2026, 1, 1, draw.randrange(24), tzinfo=datetime.timezone.utc)), (pyarrow.decimal128(20, 3), lambda: decimal.Decimal(self.bits(32, True)).scaleb(-3)),
            (pyarrow.binary(), lambda: draw.randbytes(3)),
        ))  # fmt: skip
        return pandas.arrays.ArrowExtensionArray(pyarrow.chunked_array([pyarrow.array(self.gaps([one() for _ in range(rows)]), dtype)]))

    def column_mixed(self, rows):
        """What CSV alone can hold."""
        return pandas.Series([self.random.choice((1, 1.5, True, None, "x", datetime.date(2026, 1, 1), -(2**70))) for _ in range(rows)], dtype=object)

    # Names and indexes

    def texts(self, count):
        """Different ones."""
        names = dict.fromkeys(self.text() if self.chance(0.4) else self.random.choice(("price", "size", "a", "b", "c", "name", "index", "level_0", "0")) + str(i) * (i > 2) for i in range(count))
        return list(names) + ["more %d" % i for i in range(count - len(names))]

    def names(self, count):
        draw = self.random
        way = draw.randrange(20)
        if way < 11 or not count:
            made = pandas.Index(self.texts(count))
        elif way < 13:
            made = pandas.RangeIndex(count)
        elif way == 13:
            made = pandas.Index(sorted(draw.sample(range(-50, 5000), count)))
        elif way == 14:
            made = pandas.Index([0.5 + i for i in range(count)])
        elif way == 15:
            made = pandas.date_range("2026-01-01", periods=count, tz=draw.choice((None, "UTC")))
        elif way in (16, 17):
            some = [draw.choice("ab") for _ in range(count)]
            made = pandas.MultiIndex.from_arrays([some, range(count) if draw.random() < 0.5 else self.texts(count)], names=draw.choice(([None, None], ["x", "y"], ["x", None])))
        else:
            made = pandas.Index(self.texts(count), name=draw.choice(("axis", "é", "a,b")))
        return made

    def one_index(self, rows):
        draw = self.random
        way = draw.randrange(9)
        if way < 2:
            made = pandas.Index(numpy.array([draw.randrange(-5, 2**40 if draw.random() < 0.3 else 60) for _ in range(rows)], "int64"))
        elif way < 4:
            made = pandas.Index([self.text() if draw.random() < 0.5 else "key %d" % i for i in range(rows)], dtype=None if rows else object)
        elif way == 4:
            made = pandas.DatetimeIndex(self.moment_array(rows, draw.choice(list(UNITS))))
        elif way == 5:
            made = pandas.DatetimeIndex(self.moment_array(rows, self.unit())).tz_localize("UTC").tz_convert(draw.choice(ZONES))
        elif way == 6:
            made = pandas.Index(self.column_float(rows))
        elif way == 7:
            made = pandas.CategoricalIndex(self.category(rows, pandas.Index(["u", "v", "w"])))
        else:
            made = pandas.Index(["twice"] * rows, dtype=object)
        return made.rename(draw.choice((None, None, "id", "when", self.text())))

    def plain_index(self, rows):
        return pandas.RangeIndex(rows) if self.chance(0.5) else pandas.Index(["key %d" % i for i in range(rows)], dtype=None if rows else object)

    def index(self, rows):
        draw = self.random
        way = draw.randrange(20)
        if way < 6:
            return pandas.RangeIndex(rows)
        if way < 9:
            step = draw.choice((1, 2, -1, 1000))
            start = draw.choice((0, 5, -7))
            return pandas.RangeIndex(start, start + step * rows, step, name=draw.choice((None, "id", "a")))
        if way < 17:
            return self.one_index(rows)
        levels = [self.one_index(rows) for _ in range(draw.choice((2, 2, 3)))]
        levels = [level.rename(None if draw.random() < 0.5 else "level %d" % i) for i, level in enumerate(levels)]
        return pandas.MultiIndex.from_arrays(levels)


KINDS = [name[len("column_") :] for name in vars(Frames) if name.startswith("column_")]
COLUMNAR_KINDS = [kind for kind in KINDS if kind != "mixed"]
FLAT_KINDS = [kind for kind in COLUMNAR_KINDS if kind not in ("list", "struct", "arrow")]
