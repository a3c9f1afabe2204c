"""A world written to files as it comes: the history as Parquet, CSV or JSON lines, the reports as JSON lines.

A history in Parquet needs pyarrow. Columns keep the paths of an event as names; JSON lines are the events themselves, a
label among the other values. A file appears whole or not at all, and the same world gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ...base.money import minor_digits, write_decimal
from ...base.times import format_instant
from ...bridges.columns import UNKNOWN, Column, Flags, TableError, Words
from ...bridges.files import pyarrow_and_parquet
from ...schema.kinds import BILLIONTH_DIGITS
from ...schema.limits import MISSING
from .making import World

ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")
REPORT_ENDINGS = (".jsonl", ".ndjson")
MONEY = frozenset({"amount", "ledger.payer_after", "ledger.payee_after"}) | {
    f"{side}.{name}" for side in ("payer", "payee") for name in ("account.balance", "party.income")
}
TIMES = frozenset({"occurred_at", "limit_raised_at", "payer.credentials_changed_at", "label.reported_at",
                   "payee.merchant.onboarded_at"}) | {
    f"{side}.{name}.opened_at" for side in ("payer", "payee") for name in ("account", "wallet")
}  # fmt: skip
RATIOS = frozenset({"risk_score"})
_PRECISION = 18  # digits of a decimal that fit 64 bits

Writer = Callable[[dict[str, Column]], None]


def write_world(
    made: World, path: Path, reports: Path | None = None, written: Callable[[int], object] = lambda _: None
) -> int:
    """Write a world's history, and its reports beside it if a place is given. `written` is told the payments of each
    day as it is done. Gives the number of payments. TableError for an ending that cannot be written."""
    total = 0
    with ExitStack() as stack:
        write = stack.enter_context(history_writer(path, made.currency))
        told = stack.enter_context(_replaced(reports)) if reports else None
        for day in made.history():
            for batch in day.batches():
                write(batch)
            if told is not None:
                told.writelines(_line(report) for report in day.reports)
            total += day.rows
            written(day.rows)
    return total


@contextmanager
def history_writer(path: Path, currency: str) -> Iterator[Writer]:
    """A function that writes batches, one after the other, all of the same columns."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise TableError(f"`{path}` ends in none of {', '.join(ENDINGS)}")
    digits = minor_digits(currency)
    if ending == ".parquet":
        with _parquet(path, digits) as write:
            yield write
        return
    with _replaced(path) as out:
        yield _csv(out, digits) if ending == ".csv" else _json_lines(out, digits)


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """A text file beside its place, moved there when all went well."""
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as out:
            yield out
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _parquet(path: Path, digits: int) -> Iterator[Writer]:
    _, parquet = pyarrow_and_parquet()
    beside = path.with_name(path.name + ".part")
    writer: Any = None

    def write(batch: dict[str, Column]) -> None:
        nonlocal writer
        table = arrow_table(batch, digits)
        writer = writer or parquet.ParquetWriter(
            beside, table.schema, compression="zstd", compression_level=1, write_statistics=False
        )
        writer.write_table(table)

    try:
        yield write
        if writer is not None:
            writer.close()
            writer = None
            os.replace(beside, path)
    finally:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)


def arrow_table(batch: dict[str, Column], digits: int = 2) -> Any:
    """A batch as a pyarrow table: texts as dictionaries, money and ratios as decimals, times in UTC."""
    arrow, _ = pyarrow_and_parquet()
    return arrow.table({name: _array(arrow, name, column, digits) for name, column in batch.items()})


def _array(arrow: Any, name: str, column: Column, digits: int) -> Any:
    if isinstance(column, Words):
        codes = arrow.array(column.codes, mask=column.codes == UNKNOWN)
        words = arrow.DictionaryArray.from_arrays(codes, arrow.array(column.words, arrow.string()))
        return words.cast(arrow.string()) if name == "id" else words
    if isinstance(column, Flags):
        return arrow.array(column.values == 1, mask=column.values == UNKNOWN)
    absent = column.values == MISSING
    if name in MONEY or name in RATIOS:
        kind = arrow.decimal128(_PRECISION, digits if name in MONEY else BILLIONTH_DIGITS)
        values = np.where(absent, 0, column.values)
        halves = np.stack([values, values >> 63], axis=1)  # decimal128: low, then high, 64 bits each
        known = arrow.array(~absent).buffers()[1]
        return arrow.Array.from_buffers(kind, len(values), [known, arrow.py_buffer(halves)])
    kind = arrow.timestamp("us", "UTC") if name in TIMES else arrow.int64()
    return arrow.array(np.where(absent, 0, column.values), mask=absent).cast(kind)


def _csv(out: TextIO, digits: int) -> Writer:
    writer = csv.writer(out, lineterminator="\n")
    started = False

    def write(batch: dict[str, Column]) -> None:
        nonlocal started
        if not started:
            writer.writerow(batch)
            started = True
        writer.writerows(zip(*(texts_of(name, column, digits, "") for name, column in batch.items()), strict=True))

    return write


def texts_of(name: str, column: Column, digits: int, none: str) -> list[str]:
    """A cell's text for each row, `none` where there is no value."""
    if isinstance(column, Words):
        words = [*column.words, none]
        return [words[code] for code in column.codes.tolist()]  # UNKNOWN is -1: the last
    if isinstance(column, Flags):
        words = ["false", "true", none]
        return [words[value] for value in column.values.tolist()]
    write = _writing(name, digits)
    distinct, places = np.unique(column.values, return_inverse=True)
    texts = [none if value == MISSING else write(value) for value in distinct.tolist()]
    return [texts[place] for place in places.tolist()]


def _writing(name: str, digits: int) -> Callable[[int], str]:
    if name in MONEY:
        return lambda value: write_decimal(value, digits)
    if name in RATIOS:
        return lambda value: write_decimal(value, BILLIONTH_DIGITS)
    return format_instant if name in TIMES else str


def _json_lines(out: TextIO, digits: int) -> Writer:
    def write(batch: dict[str, Column]) -> None:
        out.writelines(_line(event) for event in events(batch, digits))

    return write


def _line(event: dict[str, object]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"


def events(batch: dict[str, Column], digits: int = 2) -> Iterator[dict[str, object]]:
    """Each payment of a batch as a gateway would hand it over: nested, amounts and times as text, nothing for what is
    not known."""
    paths = [tuple(name.split(".")) for name in batch]
    cells = [_cells(name, column, digits) for name, column in batch.items()]
    for row in zip(*cells, strict=True):
        event: dict[str, Any] = {}
        for path, value in zip(paths, row, strict=True):
            if value is None:
                continue
            here = event
            for part in path[:-1]:
                here = here.setdefault(part, {})
            here[path[-1]] = value
        yield event


def _cells(name: str, column: Column, digits: int) -> list[object]:
    if isinstance(column, Words):
        words = [*column.words, None]
        return [words[code] for code in column.codes.tolist()]
    if isinstance(column, Flags):
        return [(False, True, None)[value] for value in column.values.tolist()]
    if name in MONEY or name in RATIOS or name in TIMES:
        return [text or None for text in texts_of(name, column, digits, "")]
    return [None if value == MISSING else value for value in column.values.tolist()]
