"""A table's column and a single payment's value are read alike: same held value, or an error of the same kind.

The specification is `read_cell`, one value at a time. Columns are made of every Arrow layout that holds a value,
with gaps, cut out of longer ones, in several chunks, as dictionaries and inside structs.
"""

import time
import warnings
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from riskrules.base.times import zone_of
from riskrules.bridges.arrow import open_table
from riskrules.bridges.cells import read_column, read_objects
from riskrules.bridges.feeds import cut_chunks
from riskrules.bridges.reading import Reading, read_cell
from riskrules.schema.errors import PaymentError
from riskrules.schema.fields import Field
from riskrules.schema.kinds import COUNT, DURATION, NUMBER
from riskrules.schema.payment import payment_schema, plain_field

SCHEMA = payment_schema("CNY")
YEN = payment_schema("JPY")["amount"]
FIELDS = [
    SCHEMA["amount"], SCHEMA["payer.account.balance"], YEN, payment_schema("KWD")["amount"],
    SCHEMA["payer.party.age"], plain_field("payment.total", COUNT, "any count"),
    plain_field("payment.pull", NUMBER, "any number"), SCHEMA["payment.risk_score"],
    SCHEMA["occurred_at"], plain_field("payment.wait", DURATION, "any duration"),
    SCHEMA["payment.on_us"], SCHEMA["channel"], SCHEMA["payer.account"], SCHEMA["payment.memo"],
    replace(SCHEMA["payment.memo"], longest=5), SCHEMA["payer.party.country"], SCHEMA["currency"],
]  # fmt: skip

INT_TYPES = {pa.int8(): 2**7, pa.int16(): 2**15, pa.int32(): 2**31, pa.int64(): 2**63}
UINT_TYPES = {pa.uint8(): 2**8, pa.uint16(): 2**16, pa.uint32(): 2**32, pa.uint64(): 2**64}
EDGES = [0, 1, -1, 150, 151, 10**9, 10**12, 10**12 + 1, 10**13, 10**13 + 1, 10**15, 10**15 + 1, 2**53, 2**62, 2**63 - 1]
FLOAT_EDGES = [0.1 + 0.2, 57.16, 5e-324, -0.0, 1e300, float("nan"), float("inf"), 0.0009765625, 1e13, 1e9, 4.7e9, 0.005]
TEXT_EDGES = [
    "", "a", "mobile", "atm", "12", "12.5", "0.001", "1e5", "-3.10", "9" * 41, "CN", "cn", "CNY", "CNX", "24h", "90d",
    "2026-06-15T04:00:00Z", "2026-06-15T04:00:00", "2026-06-15 04:00:00+08:00", "账户", "é" * 6, "a\0b", "x" * 300,
    "x" * 5000, "exactly twelve", "twelve bytes", "thirteen byte", "true", "false", "中文中文中文", "ab", "b", "abc",
]  # fmt: skip
TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view()]


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, min_size=1, max_size=12)


ints = {t: st.integers(-n, n - 1) | st.sampled_from([e for e in EDGES if -n <= e < n]) for t, n in INT_TYPES.items()}
ints |= {t: st.integers(0, n - 1) | st.sampled_from([e for e in EDGES if 0 <= e < n]) for t, n in UINT_TYPES.items()}
cents = st.integers(-(10**15), 10**15).map(lambda n: n / 100)
halves = st.integers(-(10**12), 10**12).map(lambda n: (2 * n + 1) / (2 * 10**9))  # of the smallest unit
doubles = st.floats() | cents | halves | st.sampled_from(FLOAT_EDGES)
doubles |= st.integers(-(2**40), 2**40).map(lambda n: n / 1024)
texts = st.sampled_from(TEXT_EDGES) | st.text(st.characters(codec="utf-8"), max_size=20)
aware = st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # only bounds


@st.composite
def decimals(draw: st.DrawFn) -> pa.Array:
    """Decimals of 128 and 256 bits of any scale, those near the edge of 64 bits among them."""
    wide = draw(st.booleans())
    scale = draw(st.integers(-2, 30))
    digits = (76 if wide else 38) + min(scale, 0)  # so many and no more when the scale is below zero
    numbers = st.integers(-(10**digits) + 1, 10**digits - 1) | st.integers(-(2**64), 2**64)
    numbers |= st.integers(-(10**6), 10**6)
    given_values = draw(maybe(numbers | numbers.map(lambda n: (abs(n) // 10**20 * 10**20) * (-1 if n < 0 else 1))))
    values = [None if n is None else Decimal((int(n < 0), tuple(map(int, str(abs(n)))), -scale)) for n in given_values]
    return pa.array(values, pa.decimal256(76, scale) if wide else pa.decimal128(38, scale))


@st.composite
def arrays(draw: st.DrawFn) -> pa.Array:
    """One Arrow array of any layout."""
    shape = draw(st.sampled_from(["int", "float", "text", "bool", "decimal", "stamp", "duration", "other"]))
    if shape == "int":
        t = draw(st.sampled_from(sorted(ints, key=str)))
        return pa.array(draw(maybe(ints[t])), t)
    if shape == "float":
        t = draw(st.sampled_from([pa.float64(), pa.float64(), pa.float32(), pa.float16()]))
        if t == pa.float64():
            return pa.array(draw(maybe(doubles)), t)
        width = 32 if t == pa.float32() else 16
        values = draw(maybe(st.floats(width=width) | st.sampled_from([0.5, 1.0, 3.0])))
        numpy_type = np.float32 if width == 32 else np.float16
        return pa.array([None if v is None else numpy_type(v) for v in values], t)
    if shape == "text":
        return pa.array(draw(maybe(texts)), draw(st.sampled_from(TEXT_TYPES)))
    if shape == "bool":
        return pa.array(draw(maybe(st.booleans())), pa.bool_())
    if shape == "decimal":
        return draw(decimals())
    if shape == "stamp":
        unit = draw(st.sampled_from(["s", "ms", "us", "ns"]))
        zone = draw(st.sampled_from([None, "UTC", "Asia/Shanghai", "America/New_York"]))
        if unit == "ns":
            nanoseconds = st.integers(-9 * 10**18, 9 * 10**18) | st.integers(-(2**50), 2**50).map(lambda n: n * 1000)
            return pa.array(draw(maybe(nanoseconds)), pa.int64()).cast(pa.timestamp("ns", zone))
        per = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
        counts = aware.map(lambda d: int(d.timestamp()) * per)
        return pa.array(draw(maybe(counts)), pa.int64()).cast(pa.timestamp(unit, zone))
    if shape == "duration":
        unit = draw(st.sampled_from(["s", "ms", "us", "ns"]))
        counts = st.integers(-1000, 10**9) | st.integers(0, 10**6).map(lambda n: n * 1000)
        return pa.array(draw(maybe(counts)), pa.int64()).cast(pa.duration(unit))
    t = draw(st.sampled_from([pa.date32(), pa.null(), pa.time64("us"), pa.binary(), pa.list_(pa.int64())]))
    values = {pa.date32(): datetime(2026, 1, 1).date(), pa.binary(): b"x", pa.list_(pa.int64()): [1],  # noqa: DTZ001  # a date
              pa.time64("us"): datetime(2026, 1, 1).time()}.get(t)  # noqa: DTZ001  # a time of day  # fmt: skip
    return pa.array([values, None, values], t)


def as_python(array: pa.Array, row: int) -> object:
    """The Python object that a host would hold for the row."""
    value = array[row]
    if not value.is_valid:
        return None
    if array.type in (pa.float32(), pa.float16()):
        return (np.float32 if array.type == pa.float32() else np.float16)(value.as_py())
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        return pd.Timestamp(value.value, unit="ns", tz=array.type.tz)
    if pa.types.is_duration(array.type) and array.type.unit == "ns":
        return np.timedelta64(value.value, "ns")
    return value.as_py()


def outcome_of_one(f: Field, given_value: object, how: Reading) -> object:
    try:
        return read_cell(f, given_value, how)
    except PaymentError as e:
        return e.kind


def outcomes_of_table(table: object, name: str, f: Field, how: Reading, rows: int) -> list[object]:
    found: list[object] = []
    for piece in cut_chunks(open_table(table).chunks(), rows):
        column, refusals = read_column(f, piece.chunk.columns[name], how)
        here = [column[row] for row in range(piece.rows)]
        for refusal in refusals:
            assert refusal.error.field == f.key
            for row in refusal.rows.tolist():
                assert here[row] is None
                here[row] = refusal.error.kind
        found += here
    return found


NO_DICTIONARY = (pa.null(), pa.float16(), pa.string_view())  # pyarrow makes none of these


def wrapped(array: pa.Array, way: str) -> tuple[object, str]:
    """The array as a column of a table, laid out in one of several ways."""
    if way == "slice":
        padding = pa.concat_arrays([array, pa.nulls(3, array.type)])
        long = pa.concat_arrays([padding, array, padding])
        return pa.table({"c": long.slice(len(padding), len(array))}), "c"
    if way == "chunks":
        middle = len(array) // 2
        return pa.table({"c": pa.chunked_array([array[:middle], array[:0], array[middle:]], array.type)}), "c"
    if way == "dictionary" and not pa.types.is_nested(array.type) and array.type not in NO_DICTIONARY:
        return pa.table({"c": pa.concat_arrays([array, array]).dictionary_encode().slice(len(array))}), "c"
    if way == "struct":
        struct = pa.StructArray.from_arrays([array, array], ["id", "other"])
        outer = pa.StructArray.from_arrays([struct], ["account"])
        return pa.table({"payer": pa.concat_arrays([outer.slice(0, 1), outer]).slice(1)}), "payer.account.id"
    return pa.table({"c": array}), "c"


WAYS = ["plain", "slice", "chunks", "dictionary", "struct"]
SEEN: Counter[str] = Counter()
HOWS = [
    Reading(),
    Reading(number_ids=True),
    Reading(unit="minor"),
    Reading(rounding="half even"),
    Reading(unit="h", origin_us=1_767_225_600_000_000),
    Reading(unit="us"),
    Reading(zone=zone_of("America/St_Johns")),
    Reading(values={"1": "mobile", "a": "atm", "true": "12", "0": "2026-06-15T04:00:00Z"}, otherwise="mobile"),
    Reading(values={"1": "mobile", "mobile": "api"}),
    Reading(plain_text=True),
]


def suited(how: Reading, f: Field) -> bool:
    """Whether a map could say this of the field."""
    if how.unit or how.zone or how.rounding:
        wanted = "money" if how.unit == "minor" or how.rounding else "time"
        return f.kind.name == wanted or (f.kind.name == "duration" and how.unit in ("h", "us") and not how.origin_us)
    return True


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(pa.array([1], pa.timestamp("ns")), SCHEMA["occurred_at"], Reading(), "plain", 1)  # wrong in two ways
@example(pa.array([2**63, 2**64 - 1], pa.uint64()), SCHEMA["amount"], HOWS[7], "plain", 1)
@example(pa.array([2**63, 2**64 - 1], pa.uint64()), SCHEMA["id"], Reading(number_ids=True), "dictionary", 2)
@given(arrays(), st.sampled_from(FIELDS), st.sampled_from(HOWS), st.sampled_from(WAYS), st.integers(1, 5))
def test_a_column_is_read_as_each_of_its_values(array: pa.Array, f: Field, how: Reading, way: str, rows: int) -> None:
    """Every row of a column has the held value, or the kind of error, that its value has by itself."""
    if not suited(how, f):
        how = Reading()
    table, name = wrapped(array, way)
    expected = [outcome_of_one(f, as_python(array, row), how) for row in range(len(array))]
    assert outcomes_of_table(table, name, f, how, rows) == expected
    SEEN.update(x if isinstance(x, str) and "-" in x else "missing" if x is None else "held" for x in expected)


def test_the_columns_made_were_of_every_sort() -> None:
    """The generator makes values that are held, gaps, and every kind of error."""
    kinds = ("held", "missing", "wrong-kind", "not-exact", "out-of-range", "too-long", "not-a-choice")
    assert min(SEEN[x] for x in kinds) > 5, SEEN


@settings(max_examples=150, deadline=None)
@given(arrays().filter(lambda a: a.type not in (pa.float16(), pa.decimal256(76, 0))), st.sampled_from(FIELDS))
def test_objects_are_read_as_cells(array: pa.Array, f: Field) -> None:
    """A column of Python values is read like its values, whatever equals whatever else (1, 1.0 and True are three)."""
    values = [as_python(array, row) for row in range(len(array))] + [1, 1.0, True, "1", None, [], {}]
    column, refusals = read_objects(f, values, Reading())
    found: list[object] = [column[row] for row in range(len(values))]
    for refusal in refusals:
        for row in refusal.rows.tolist():
            found[row] = refusal.error.kind
    assert found == [outcome_of_one(f, value, Reading()) for value in values]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | texts, max_size=50), st.sampled_from(["polars", "pandas", "categories"]))
def test_texts_of_other_libraries(values: list[str | None], library: str) -> None:
    """polars' views and categories and pandas' texts are read like Python's."""
    values = [v for v in values if v is None or "\0" not in v]
    memo = SCHEMA["payment.memo"]
    if library == "pandas":
        table: object = pd.DataFrame({"c": pd.Series(values, dtype="str")})
    else:
        table = pl.DataFrame({"c": pl.Series(values, dtype=pl.Utf8 if library == "polars" else pl.Categorical)})
    assert outcomes_of_table(table, "c", memo, Reading(), 7) == [outcome_of_one(memo, v, Reading()) for v in values]


def test_text_that_is_no_utf8_is_refused_by_row() -> None:
    """Bytes that are no text are refused; texts beside them, and characters across two of them, are not joined."""
    halves = [b"\xe8\xb4", b"\xa6", "账".encode(), b"ok", b"\xff"]
    data = b"".join(halves)
    ends = np.cumsum([0, *map(len, halves)]).astype(np.int32)
    array = pa.StringArray.from_buffers(len(halves), pa.py_buffer(ends), pa.py_buffer(data))
    found = outcomes_of_table(pa.table({"c": array}), "c", SCHEMA["payment.memo"], Reading(), 10)
    assert found == ["wrong-kind", "wrong-kind", "账", "ok", "wrong-kind"]
    joined = pa.StringArray.from_buffers(2, pa.py_buffer(ends[:3]), pa.py_buffer(data))
    found = outcomes_of_table(pa.table({"c": joined}), "c", SCHEMA["payment.memo"], Reading(), 10)
    assert found == ["wrong-kind", "wrong-kind"]


@pytest.mark.parametrize("hours", [1, 24 * 400])
def test_local_times_are_zoneinfos_around_every_change(hours: int) -> None:
    """Naive timestamps of a zone are the instants that Python finds for them, also when clocks move."""
    zone = zone_of("America/St_Johns")
    start = datetime(2006, 10, 28, 20)  # noqa: DTZ001  # a local time, near one minute past midnight
    naive = [start + timedelta(minutes=m * hours) for m in range(0, 900, 7)]
    table = pa.table({"c": pa.array(naive, pa.timestamp("us"))})
    how, f = Reading(zone=zone), SCHEMA["occurred_at"]
    assert outcomes_of_table(table, "c", f, how, 1000) == [outcome_of_one(f, n, how) for n in naive]


def test_halves_of_a_unit_are_rounded_as_one_by_one() -> None:
    """Floats at and beside the middle between two units, where a product's own error decides, alone in a column (which
    is then read in few steps) and beside a value that is too large for that."""
    field = plain_field("payment.pull", NUMBER, "any number")
    rng = np.random.default_rng(3)
    near = (2 * rng.integers(-(10**9), 10**9, 8_000) + 1) / (2 * 10**9)
    beside = [np.nextafter(near, 9), np.nextafter(near, -9), rng.random(2_000), [0.0, -0.0, 1e-300]]
    around = np.concatenate([near, *beside])
    wanted = [read_cell(field, value, Reading()) for value in around.tolist()]
    for more in ([], [123_456_789.123_456_789]):
        given_values = pa.array([*around.tolist(), *more], pa.float64())
        (piece,) = cut_chunks(open_table(pa.table({"x": given_values})).chunks(), len(given_values))
        column, refused = read_column(field, piece.chunk.columns["x"], Reading())
        assert not refused
        assert [column[i] for i in range(len(around))] == wanted


def test_a_column_of_nothing_but_halves_is_not_slow() -> None:
    """A score in steps of 1/1024 is a half of a billionth in every other row: each value is worked out once."""
    field = plain_field("payment.pull", NUMBER, "any number")
    steps = (2 * np.random.default_rng(5).integers(0, 512, 60_000) + 1) / 1024
    (piece,) = cut_chunks(open_table(pa.table({"x": pa.array(steps)})).chunks(), len(steps))
    began = time.process_time()
    column, refused = read_column(field, piece.chunk.columns["x"], Reading())
    assert time.process_time() - began < 0.2
    assert not refused
    assert [column[i] for i in range(500)] == [read_cell(field, value, Reading()) for value in steps[:500].tolist()]


def test_a_far_float_is_refused_without_a_warning() -> None:
    """1e308 times a thousand million is more than a float holds."""
    field = plain_field("payment.pull", NUMBER, "any number")
    (piece,) = cut_chunks(open_table(pa.table({"x": [0.5, 1e308]})).chunks(), 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        column, refused = read_column(field, piece.chunk.columns["x"], Reading())
    assert [r.rows.tolist() for r in refused] == [[1]] and column[0] == 500_000_000
