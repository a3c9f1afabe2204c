"""The table of decisions, and files of it."""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.base.times import format_instant
from riskrules.bridges.arrow import open_table
from riskrules.bridges.columns import TableError, Words
from riskrules.bridges.decisions import MANY_TEXTS, Decided, DecisionTable, Lists, decision_table, text_array
from riskrules.bridges.texts import LaidTexts, read_texts
from riskrules.bridges.writing import write_table
from riskrules.schema.limits import MISSING

ACTIONS = ["allow", "warn", "verify", "delay", "hold", "reject"]
NAMES = ["rule_a", "账户规则", "", 'x"y,z']
Row = dict[str, Any]

names = st.lists(st.sampled_from(NAMES), max_size=3)
rows_of = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1),
            "action": st.sampled_from(ACTIONS),
            "until": st.none() | st.integers(-(10**15), 4 * 10**15),
            "score": st.integers(-(2**62), 2**62),
            "fired": names,
            "responsible": names,
            "measures": names,
        }
    ),
    max_size=20,
)


def lists_of(rows: list[Row], name: str) -> Lists:
    starts = np.cumsum([0, *(len(row[name]) for row in rows)])
    return Lists(starts, np.array([NAMES.index(x) for row in rows for x in row[name]], np.int32), NAMES)


def decided(rows: list[Row]) -> Decided:
    ids = list(dict.fromkeys(row["id"] for row in rows if row["id"] is not None))
    return Decided(
        Words(np.array([-1 if row["id"] is None else ids.index(row["id"]) for row in rows], np.int32), ids),
        np.array([ACTIONS.index(row["action"]) for row in rows], np.int8),
        ACTIONS,
        np.array([MISSING if row["until"] is None else row["until"] for row in rows], np.int64),
        np.array([row["score"] for row in rows], np.int64),
        *(lists_of(rows, name) for name in ("fired", "responsible", "measures")),
    )


def table_of(*parts: list[Row]) -> DecisionTable:
    return decision_table([decided(part) for part in parts], "policy 2026.11", "f00d")



@settings(max_examples=30, deadline=None)
@given(rows_of, rows_of)
def test_every_reader_sees_the_same_decisions(first: list[Row], second: list[Row]) -> None:
    """pyarrow finds a valid table with all rows and the metadata; polars, pandas and DuckDB find the same."""
    table = table_of(first, second)
    arrow = pa.table(table)
    arrow.validate(full=True)
    raw = arrow.set_column(2, "until", arrow["until"].cast(pa.int64()))
    assert raw.to_pylist() == first + second and len(table) == len(first + second)
    assert arrow.schema.metadata == {b"riskrules.ruleset": b"policy 2026.11", b"riskrules.fingerprint": b"f00d"}
    assert str(arrow.schema.field("until").type) == "timestamp[us, tz=UTC]"
    assert pl.DataFrame(table).equals(pl.DataFrame(arrow))
    assert pa.Table.from_pandas(pd.DataFrame.from_arrow(table)).num_rows == arrow.num_rows
    columns = "id, action, epoch_us(until), score, fired, responsible, measures"
    found = duckdb.from_arrow(table).project(columns).fetchall()
    assert found == [tuple(row[name] for name in arrow.column_names) for row in first + second]


def test_no_decisions_are_a_table_too() -> None:
    """A table of no rows has its columns and its metadata."""
    for table in (table_of(), table_of([])):
        arrow = pa.table(table)
        assert arrow.num_rows == 0 and arrow.column_names[:2] == ["id", "action"] and arrow.schema.metadata


def test_words_of_no_row_leave_no_bytes() -> None:
    """Only words that rows have are laid down."""
    array = pa.array(text_array(np.array([1, -1, 1], np.int32), ["never", "é"]))
    assert array.to_pylist() == ["é", None, "é"] and array.buffers()[2].size < 64 + 8


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
@settings(max_examples=30, deadline=None)
@given(first=rows_of, second=rows_of)
def test_a_file_has_every_decision_and_the_same_bytes_each_time(
    tmp_path_factory: Any, ending: str, first: list[Row], second: list[Row]
) -> None:
    """What is written is read back whole; writing again gives the same bytes."""
    path = tmp_path_factory.getbasetemp() / f"out{ending}"
    table, rows = table_of(first, second), first + second
    assert write_table(path, [table]) == len(rows)
    data = path.read_bytes()
    write_table(path, [table_of(first), table_of(second)] if ending != ".parquet" else [table])
    assert path.read_bytes() == data
    written = [{**row, "until": None if row["until"] is None else format_instant(row["until"])} for row in rows]
    if ending == ".parquet":
        arrow = pq.read_table(path)
        assert arrow.equals(pa.table(table)) and arrow.schema.metadata == pa.table(table).schema.metadata
    elif ending == ".jsonl":
        assert [json.loads(line) for line in data.decode().split("\n")[:-1]] == written
    else:
        import csv
        import io

        found = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        plain = dict.fromkeys(("id", "action", "until"), str)
        assert [{k: r[k] or None for k in plain} for r in found] == [{k: r[k] for k in plain} for r in written]
        assert [[json.loads(r["fired"]), int(r["score"])] for r in found] == [[r["fired"], r["score"]] for r in written]


def test_a_failed_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file stands whole in its place, or as it was."""
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(TableError):
        write_table(path, [pa.table({"a": pa.array([b"x"])})])
    with pytest.raises(TableError, match="nothing to write"):
        write_table(path, [])
    with pytest.raises(TableError, match="different columns"):
        write_table(path, [pa.table({"a": [1]}), pa.table({"b": [1]})])
    with pytest.raises(TableError, match="ends in none of"):
        write_table(tmp_path / "out.xlsx", [])
    with pytest.raises(TableError, match="cannot write"):
        write_table(tmp_path / "nowhere" / "out.csv", [table_of()])
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"] and path.read_text() == "before"


@given(
    st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=9), max_size=30),
    st.sampled_from([pa.string(), pa.large_string(), pa.string_view()]),
    st.integers(0, 5),
)
def test_texts_laid_side_by_side_are_the_same_texts(given_texts: list[str | None], kind: Any, cut: int) -> None:
    """Texts of any characters in any layout, cut out of a longer column: by place, in order, by slices, bounded as one
    by one, and written again, in order and out of it."""
    given_texts = [*given_texts, "账户"]
    table = pa.table({"x": pa.array(["x"] * cut + given_texts, kind).slice(cut)})
    (chunk,) = open_table(table).chunks()
    found = read_texts(chunk.columns["x"])
    words = found.words
    assert isinstance(words, LaidTexts)
    distinct = list(dict.fromkeys(x for x in given_texts if x is not None))
    assert list(words) == distinct == [words[i] for i in range(len(words))]
    assert words[-1] == distinct[-1] and words[1:] == distinct[1:]
    with pytest.raises(IndexError):
        words[len(words)]
    for longest in (1, 3, 9):
        assert words.are_within(longest) == all(0 < len(x) <= longest and "\0" not in x for x in distinct)
    for codes, wanted in ((found.codes, given_texts), (np.arange(len(distinct), dtype=np.int32), distinct)):
        assert pa.array(text_array(codes, words)).to_pylist() == wanted


def test_many_texts_are_copied_as_few_are() -> None:
    """By the kernel, which copies many names, as one by one: empty ones, long ones and gaps among them."""
    rng = np.random.default_rng(8)
    words = ["", "a", "账户规则", "x" * 300, *(f"rule_{i}" for i in range(200))]
    codes = rng.integers(-1, len(words), MANY_TEXTS + 7).astype(np.int32)
    codes.flags.writeable = False
    wanted = [None if code < 0 else words[code] for code in codes.tolist()]
    found = pa.array(text_array(codes, words))
    found.validate(full=True)
    assert found.to_pylist() == wanted
    none = np.full(MANY_TEXTS, -1, np.int32)
    assert pa.array(text_array(none, [])).to_pylist() == [None] * MANY_TEXTS
