"""Tables of other libraries as batches: layouts, worked-out fields, and what a whole row must satisfy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from riskrules.base.times import zone_of
from riskrules.bridges.columns import Batch, TableError
from riskrules.bridges.tables import table_batches
from riskrules.schema.payment import payment_schema

SCHEMA = payment_schema("CNY")
SHANGHAI = zone_of("Asia/Shanghai")
NOON = datetime(2026, 6, 15, 4, tzinfo=UTC)
COLUMNS: dict[str, list[Any]] = {
    "id": ["P1", "P2", "P3"],
    "occurred_at": [NOON, NOON + timedelta(hours=13), NOON + timedelta(days=6)],
    "amount": [Decimal("1.00"), Decimal("2.50"), None],
    "payer.account.id": ["A1", "A2", "A1"],
    "payee.account.opened_at": [NOON - timedelta(days=1), NOON + timedelta(days=1), NOON],
    "on_us": [True, None, False],
}
NAMES = ("amount", "payer.account", "payee.account.age", "payment.on_us", "hour", "weekday")
EXPECTED = [
    {"id": "P1", "amount": 100, "payer.account": "A1", "payee.account.age": 86_400_000_000, "payment.on_us": True,
     "hour": 12, "weekday": "mon"},
    {"id": "P2", "amount": 250, "payer.account": "A2", "payee.account.age": None, "payment.on_us": None,
     "hour": 1, "weekday": "tue"},
    {"id": "P3", "amount": None, "payer.account": "A1", "payee.account.age": 518_400_000_000, "payment.on_us": False,
     "hour": 12, "weekday": "sun"},
]  # fmt: skip


def batches_of(table: object, names: tuple[str, ...] = NAMES, **more: Any) -> list[Batch]:
    return list(table_batches(table, SCHEMA, names, SHANGHAI, **more))


def rows_of(batches: list[Batch]) -> list[dict[str, Any]]:
    rows = [batch.values(row) for batch in batches for row in range(batch.rows)]
    return [{name: value for name, value in row.items() if name != "occurred_at"} for row in rows]


def faults_of(batches: list[Batch]) -> list[tuple[int, str, str]]:
    return [(int(b.numbers[row]), e.field, e.kind) for b in batches for row, e in b.bad()]


FAULTS = [(2, "payee.account.age", "out-of-range"), (3, "amount", "missing")]


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow", "duckdb", "batch", "stream"])
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_each_library_gives_the_same_batches(library: str, rows: int) -> None:
    """A table means the same whoever holds it and however it is cut."""
    arrow = pa.table(COLUMNS)
    table: object = {
        "polars": lambda: pl.DataFrame(COLUMNS),
        "pandas": lambda: pd.DataFrame(arrow.to_pandas(types_mapper=pd.ArrowDtype)),
        "pyarrow": lambda: arrow,
        "duckdb": lambda: duckdb.from_arrow(arrow),
        "batch": lambda: arrow.to_batches()[0],
        "stream": lambda: pa.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches(max_chunksize=2)),
    }[library]()
    found = batches_of(table, rows=rows)
    assert rows_of(found) == EXPECTED
    assert faults_of(found) == FAULTS
    assert [bool(g) for b in found for g in b.good] == [True, False, False]
    assert [b.first_row for b in found] == [sum(b.rows for b in found[:i]) for i in range(len(found))]
    assert all(b.rows <= rows for b in found)


def test_structs_are_paths() -> None:
    """A nested column is the same as one with a dotted name; a gap in a struct is a gap in all that it holds."""
    nested = {name: values for name, values in COLUMNS.items() if "." not in name}
    nested["payer"] = [{"account": {"id": "A1"}}, {"account": {"id": "A2"}}, {"account": {"id": "A1"}}]
    opened = COLUMNS["payee.account.opened_at"]
    nested["payee"] = [{"account": {"opened_at": o}} for o in opened]
    assert rows_of(batches_of(pl.DataFrame(nested))) == EXPECTED
    nested["payer"][1] = None
    found = batches_of(pa.table(nested))
    assert found[0].values(1)["payer.account"] is None
    assert (2, "payer.account.id", "missing") in [
        (int(found[0].numbers[row]), r.error.field, r.error.kind) for r in found[0].refusals for row in r.rows
    ]


def test_a_column_may_be_named_as_the_language_names_the_field() -> None:
    """`payer.account` serves where no `payer.account.id` is; both at once are refused."""
    table = pa.table(COLUMNS).rename_columns(["payer.account" if c == "payer.account.id" else c for c in COLUMNS])
    assert rows_of(batches_of(table)) == EXPECTED
    with pytest.raises(TableError, match="both"):
        batches_of(table.append_column("payer.account.id", pa.array(["A", "B", "C"])))


def test_a_lazy_frame_is_told_to_collect() -> None:
    """polars' lazy frames hold no rows; the error says the call that makes them."""
    with pytest.raises(TableError, match=r"call `\.collect\(\)`"):
        batches_of(pl.LazyFrame(COLUMNS))


@pytest.mark.parametrize("table", [None, 5, "x", [{"id": 1}], pa.array([1, 2]), pl.Series("id", ["a"])])
def test_what_is_no_table_is_refused(table: object) -> None:
    """Only a table with named columns is one."""
    with pytest.raises(TableError):
        batches_of(table)


def test_an_absent_required_column_is_named_with_those_that_are_there() -> None:
    """The error says the column, one of like spelling, and the table's own."""
    table = pa.table(COLUMNS).rename_columns(["amout" if c == "amount" else c for c in COLUMNS])
    with pytest.raises(TableError, match=r"no column `amount`.*did you mean `amout`\?; the columns are `id`"):
        batches_of(table)


def test_two_columns_of_one_name_are_refused() -> None:
    """Which of the two was meant cannot be known."""
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["id", "id"])
    with pytest.raises(TableError, match="two columns named `id`"):
        batches_of(twice)


def test_an_absent_optional_column_is_missing_everywhere() -> None:
    """An optional field without a column has no value and is no error."""
    (batch,) = batches_of(pa.table(COLUMNS), (*NAMES, "payer.party.age", "payee.merchant.age"))
    assert batch.values(0)["payer.party.age"] is None and batch.values(0)["payee.merchant.age"] is None
    assert batch.good[0]


def test_a_known_merchant_needs_its_acquirer() -> None:
    """Where both are read, an instrument without its institution is a bad row, and one that is missing is none."""
    table = pa.table({**COLUMNS, "payee.merchant.id": ["M1", None, "M2"], "payee.merchant.acquirer": ["Q", None, None]})
    names = ("payee.merchant", "payee.merchant.acquirer")
    assert faults_of(batches_of(table, names)) == [(3, "payee.merchant.acquirer", "missing")]
    assert faults_of(batches_of(table, names[:1])) == []
    without = table.drop_columns(["payee.merchant.acquirer"])
    assert [f[0] for f in faults_of(batches_of(without, names))] == [1, 3]


def test_a_payment_in_another_currency_is_bad_also_when_no_rule_reads_the_currency() -> None:
    """Amounts of another currency are never taken for the ruleset's."""
    table = pa.table({**COLUMNS, "currency": ["CNY", "USD", None]})
    assert faults_of(batches_of(table, ("id",))) == [(2, "currency", "wrong-currency")]


def test_a_ruleset_may_declare_a_field_optional() -> None:
    """What a schema says of a field holds for tables too."""
    schema = SCHEMA.with_field(replace(SCHEMA["amount"], optional=True))
    found = list(table_batches(pa.table(COLUMNS), schema, ("amount",), SHANGHAI))
    assert faults_of(found) == []


def test_a_table_of_no_rows_gives_no_batches() -> None:
    """Nothing in, nothing out, and no error."""
    assert batches_of(pa.table(COLUMNS).slice(0, 0)) == []
