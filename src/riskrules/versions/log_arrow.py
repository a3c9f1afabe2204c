"""A log as a table: one row a decision, for whoever asks questions of it in SQL or a data frame.

Columns say what came out and who had the duty; what the rules read stays in the log, as integers whose meaning is
another in each version. Read some thousand lines at a time, so that a log of any size becomes Parquet in flat
memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nanoarrow as na
import numpy as np

from ..bridges.chunked import ChunkedTable
from ..bridges.decisions import Lists, list_array, text_array
from ..bridges.files import pyarrow_and_parquet
from .log_folder import LogError, records_of

ROWS_A_CHUNK = 65_536
_TEXTS = ("id", "id_token", "ruleset", "version", "fingerprint", "event", "action", "act")
_TIMES = ("occurred", "decided", "until")
_LISTS = ("fired", "lifted", "exempts", "responsible", "degraded")
COLUMNS = ("number", *_TEXTS, *_TIMES, "score", *_LISTS)


class LogTable(ChunkedTable):
    """All decisions of a log, for any Arrow reader (`__arrow_c_stream__`). `len` is how many."""

    def __repr__(self) -> str:
        return f"<LogTable of {len(self)} decisions>"


def read_log(folder: str | Path) -> LogTable:
    """A log as a table with the columns of `COLUMNS`: times in UTC to the microsecond, `responsible` as
    `payee.account=BANK-B`, the payment's id and its token. LogError when the log cannot be read."""
    schema = _schema()
    return LogTable(schema, [_chunk(rows, schema) for rows in _rows(Path(folder))], {})


def write_parquet(folder: str | Path, out: str | Path) -> int:
    """The same as a Parquet file, with memory flat; how many decisions. TableError without pyarrow, OSError."""
    arrow, parquet = pyarrow_and_parquet()
    schema = _schema()
    written = 0
    with parquet.ParquetWriter(out, arrow.schema(na.Schema(schema))) as writer:
        for rows in _rows(Path(folder)):
            writer.write_table(arrow.table(LogTable(schema, [_chunk(rows, schema)], {})))
            written += len(rows)
    return written


def _rows(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """The decisions, each with its version's names, some at a time."""
    bases: dict[Any, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for path, place, record in records_of(folder):
        if record["kind"] == "segment":
            bases = {}
        elif record["kind"] == "basis":
            bases[record.get("basis")] = record
        elif record["kind"] == "decision":
            basis = bases.get(record.get("basis"))
            if basis is None:
                raise LogError(f"line {place} of `{path}` names a version that the log does not tell")
            rows.append(_row(record, basis))
            if len(rows) == ROWS_A_CHUNK:
                yield rows
                rows = []
    if rows:
        yield rows


def _row(record: dict[str, Any], basis: dict[str, Any]) -> dict[str, Any]:
    row = {name: record.get(name) for name in ("number", "id", "action", "act", "score", *_LISTS)}
    row |= {name: basis.get(name) for name in ("ruleset", "version", "fingerprint", "event")}
    row |= {name: record.get(f"{name}_us") for name in _TIMES}
    row["id_token"] = (record.get("tokens") or {}).get("id")
    row["responsible"] = [f"{path}={name}" for path, name in record.get("responsible") or ()]
    return row


def _schema() -> Any:
    fields: dict[str, Any] = {"number": na.int64(), **dict.fromkeys(_TEXTS, na.string())}
    fields |= dict.fromkeys(_TIMES, na.timestamp("us", "UTC"))
    fields |= {"score": na.int64(), **dict.fromkeys(_LISTS, na.list_(na.string()))}
    return na.c_schema(na.struct(fields))


def _chunk(rows: Sequence[dict[str, Any]], schema: Any) -> Any:
    children = []
    for name in COLUMNS:
        values = [row[name] for row in rows]
        if name in _TEXTS:
            children.append(_texts(values))
        elif name in _LISTS:
            children.append(_lists(values))
        else:
            children.append(_numbers(values, na.timestamp("us", "UTC") if name in _TIMES else na.int64()))
    return na.c_array_from_buffers(schema, len(rows), [None], null_count=0, children=children)


def _texts(values: Sequence[str | None]) -> Any:
    places: dict[str | None, int] = {None: -1}
    words: list[str] = []
    for value in values:
        if value not in places:
            places[value] = len(words)
            words.append(str(value))
    return text_array(np.array([places[v] for v in values], np.int32), words)


def _lists(values: Sequence[Sequence[str] | None]) -> Any:
    places: dict[str, int] = {}
    index = [places.setdefault(text, len(places)) for value in values for text in value or ()]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(v or ()) for v in values])]).astype(np.int64)
    return list_array(Lists(starts, np.array(index, np.int32), list(places)))


def _numbers(values: Sequence[int | None], kind: Any) -> Any:
    known = np.array([v is not None for v in values], np.bool_)
    held = np.array([0 if v is None else v for v in values], np.int64)
    bitmap = None if known.all() else na.c_buffer(np.packbits(known, bitorder="little"))
    missing = len(values) - int(np.count_nonzero(known))
    return na.c_array_from_buffers(kind, len(values), [bitmap, na.c_buffer(held)], null_count=missing)
