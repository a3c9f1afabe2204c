"""CSV and JSON lines: what does not fit is told by its line, and everything else is read."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskrules.base.times import zone_of
from riskrules.bridges.columns import TableError
from riskrules.bridges.json_lines import DEEPEST_JSON
from riskrules.bridges.lines import LONGEST_LINE
from riskrules.bridges.tables import file_batches
from riskrules.schema.payment import payment_schema

SCHEMA = payment_schema("CNY")
HEADER = "id,occurred_at,amount,memo,on_us\n"
TIME = "2026-06-15T04:00:00Z"
Told = tuple[list[tuple[int, Any, Any, Any]], list[tuple[int, str, str]]]


def told(path: Path, data: str | bytes, rows: int = 3) -> Told:
    """Good rows as (line, amount, memo, on_us), bad ones as (line, field, kind)."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    good, bad = [], []
    for batch in file_batches(path, SCHEMA, ("amount", "payment.memo", "payment.on_us"), zone_of("UTC"), rows=rows):
        assert batch.place == "line" and batch.rows <= rows
        bad += [(int(batch.numbers[row]), e.field, e.kind) for row, e in batch.bad()]
        for row in range(batch.rows):
            v = batch.values(row)
            if batch.good[row]:
                good.append((int(batch.numbers[row]), v["amount"], v["payment.memo"], v["payment.on_us"]))
        assert batch.bad_count == batch.rows - int(batch.good.sum())
    return good, bad


def test_csv_is_read_and_what_does_not_fit_is_told_by_line(tmp_path: Path) -> None:
    """Each row counts once, as good or as bad; quoted line ends and commas are part of a cell; empty is missing."""
    data = "\ufeff" + HEADER + "".join(
        [
            f"P1,{TIME},1.00,,true\n",
            f'P2,{TIME},2.5,"two\nlines, and a ""quote""",False\r\n',
            f"P3,{TIME},2.505,x,true\n",
            f"P4,{TIME},1,x\n",
            "\n",
            f"P5,{TIME},1,x,true,more\n",
            f"P6,{TIME},,x,true\n",
            f"P7,{TIME},3,x,yes\n",
            f'P8,{TIME},3,"x"y,true\n',
            f"P9,{TIME[:-1]},3,x,true\n",
            f"PA,{TIME},4,last,true",
        ]
    )  # fmt: skip
    good, bad = told(tmp_path / "h.csv", data)
    assert good == [(2, 100, None, True), (3, 250, 'two\nlines, and a "quote"', False), (13, 400, "last", True)]
    assert bad == [
        (5, "amount", "not-exact"), (6, "row", "not-an-event"), (8, "row", "not-an-event"), (9, "amount", "missing"),
        (10, "on_us", "wrong-kind"), (11, "row", "not-an-event"), (12, "occurred_at", "wrong-kind"),
    ]  # fmt: skip


def test_rubbish_spoils_only_its_own_cells(tmp_path: Path) -> None:
    """Bytes that are no text and NULs are refused where they are read, and the rows after them are read."""
    row = f"P1,{TIME},1,%s,true\n".encode()
    data = HEADER.encode() + row % b"\xff\xfe" + row % b"a\0b" + row % "好".encode() + b"\x00\x01\xf0,\n" + row % b"ok"
    good, bad = told(tmp_path / "h.csv", data)
    assert good == [(4, 100, "好", True), (6, 100, "ok", True)]
    assert bad == [(2, "memo", "wrong-kind"), (3, "memo", "wrong-kind"), (5, "row", "not-an-event")]


def test_a_line_without_end_is_refused_and_not_held(tmp_path: Path) -> None:
    """A line of ten megabytes is one bad row, in CSV and in JSON lines."""
    long = "x" * (10 * LONGEST_LINE)
    good, bad = told(tmp_path / "h.csv", f"{HEADER}P1,{TIME},1,{long},true\nP2,{TIME},2,x,true\n")
    assert (good, bad) == ([(3, 200, "x", True)], [(2, "row", "too-long")])
    event = {"id": "P2", "occurred_at": TIME, "amount": 2}
    good, bad = told(tmp_path / "h.jsonl", json.dumps({**event, "memo": long}) + "\n" + json.dumps(event))
    assert (good, bad) == ([(2, 200, None, None)], [(1, "row", "too-long")])


def test_a_quote_that_is_never_closed_loses_no_row_in_silence(tmp_path: Path) -> None:
    """Every line that it swallowed is a bad row of its own; rows before it are read."""
    good, bad = told(tmp_path / "h.csv", f'{HEADER}P1,{TIME},1,x,true\nP2,{TIME},2,"x,true\nP3,{TIME},2,x,true\n')
    assert (good, bad) == ([(2, 100, "x", True)], [(3, "row", "not-an-event"), (4, "row", "not-an-event")])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\n", "no header"),
        (b"id,amount,id\n", "two columns named `id`"),
        (b"id,,amount\n", "no header"),
        (b"\xff\xfei\0d\0", "UTF-16"),
        (b"PAR1\x00\x01\x02\xff\n", "no header"),
        (b'id,"am\n', "no header"),
        (b"x" * (2 * LONGEST_LINE), "too long"),
        (b"id,amount\n", "no column `occurred_at`"),
    ],
)
def test_a_file_without_a_header_is_refused_whole(tmp_path: Path, data: bytes, words: str) -> None:
    """A CSV file must name its columns, each once, before any row is read."""
    with pytest.raises(TableError, match=words):
        told(tmp_path / "h.csv", data)


def test_a_header_alone_is_a_history_of_no_payments(tmp_path: Path) -> None:
    """No rows are no error."""
    assert told(tmp_path / "h.csv", HEADER) == ([], [])
    assert told(tmp_path / "h.jsonl", "") == ([], [])


def test_json_lines_are_read_without_loss_and_closed_where_json_is_open(tmp_path: Path) -> None:
    """Decimals stay exact; NaN, doubled keys, endless nesting and what is no object are refused by line."""
    least = f'"id":"P","occurred_at":"{TIME}"'
    deep = "[" * (DEEPEST_JSON + 1) + "]" * (DEEPEST_JSON + 1)
    lines = [
        f'{{{least},"amount":0.30,"memo":"{"[" * 100}","on_us":true}}',
        f'{{{least},"amount":0.30000000000000001}}',
        f'{{{least},"amount":NaN}}',
        f'{{{least},"amount":-Infinity}}',
        f'{{{least},"amount":1,"amount":2}}',
        f'{{{least},"amount":1,"x":{deep}}}',
        f'{{{least},"amount":1,"x":' + "[" * 100_000,
        "[1]",
        "",
        '{"id":',
        f'{{{least},"amount":1e400}}',
        f'{{{least},"amount":{"9" * 5000}}}',
        f'{{{least},"amount":"1.5"}} trailing',
        f'{{{least},"amount":"1.5","on_us":"true"}}',
        f'{{{least},"amount":true}}',
        f'{{{least},"amount":7,"memo":null,"payer":5}}',
    ]
    good, bad = told(tmp_path / "h.jsonl", "\n".join(lines))
    assert good == [(1, 30, "[" * 100, True), (16, 700, None, None)]
    assert bad == [
        (2, "amount", "not-exact"), *((n, "row", "not-an-event") for n in (3, 4, 5, 6, 7, 8, 10)),
        (11, "amount", "out-of-range"), (12, "amount", "out-of-range"), (13, "row", "not-an-event"),
        (14, "on_us", "wrong-kind"), (15, "amount", "wrong-kind"),
    ]  # fmt: skip


def test_a_path_that_leads_through_no_object_is_refused(tmp_path: Path) -> None:
    """An event whose payer is a number has no payer's account, and says so."""
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps({"id": "P", "occurred_at": TIME, "payer": 5}) + "\n")
    (batch,) = file_batches(path, SCHEMA, ("payer.account",), zone_of("UTC"))
    assert [(e.field, e.kind) for _, e in batch.bad()] == [("payer.account.id", "wrong-kind")]


@given(st.binary(max_size=300), st.sampled_from(["h.csv", "h.jsonl", "h.parquet"]), st.booleans())
def test_rubbish_is_told_and_never_breaks(tmp_path_factory: Any, data: bytes, name: str, header: bool) -> None:
    """Whatever bytes a file holds, it is read, told by row, or refused whole."""
    path = tmp_path_factory.getbasetemp() / name
    with suppress(TableError):
        told(path, HEADER.encode() + data if header and name == "h.csv" else data)


@pytest.mark.parametrize("name", ["none.csv", "none.jsonl", "none.parquet", "h.xlsx", "h"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """An absent file, or an ending that is not known, is an error with the path."""
    with pytest.raises(TableError, match=name):
        list(file_batches(tmp_path / name, SCHEMA, (), zone_of("UTC")))
