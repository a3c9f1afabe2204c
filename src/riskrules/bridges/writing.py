"""A table written to Parquet, CSV or JSON lines by the path's ending, chunk by chunk.

The file appears whole or not at all: it is written beside its place and moved there at the end. The same table
gives the same bytes. In CSV a list is written as JSON, which any program can take apart again; a missing value is
an empty cell there, and null in JSON.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import numpy as np

from ..base.times import format_instant
from .arrow import Raw, bits, open_table
from .cells import TEXTS
from .columns import TableError
from .feeds import ROWS_A_BATCH
from .files import ENDINGS, pyarrow_and_parquet
from .numbers import FLOATS, INTEGERS
from .texts import read_texts

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_TRUTHS = {True: "true", False: "false"}
Plain: TypeAlias = Any
"""What JSON can hold: a text, a number, true or false, a list of them, or nothing."""


def write_table(path: str | Path, tables: Iterable[object]) -> int:
    """Write tables that speak Arrow, all of one schema, one after the other. Gives the rows written; an empty
    sequence is an error, since it has no columns. TableError when the ending is none that can be written."""
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise TableError(f"`{path}` ends in none of {', '.join(ENDINGS)}")
    beside = target.with_name(target.name + ".part")
    try:
        if ending == ".parquet":
            rows = _write_parquet(beside, tables)
        else:
            with beside.open("w", encoding="utf-8", newline="") as out:
                rows = _write_csv(out, tables) if ending == ".csv" else _write_json(out, tables)
        os.replace(beside, target)
    except OSError as e:
        raise TableError(f"cannot write `{path}`: {(e.strerror or 'no reason given').lower()}") from None
    finally:
        beside.unlink(missing_ok=True)
    return rows


def _write_parquet(beside: Path, tables: Iterable[object]) -> int:
    arrow, parquet = pyarrow_and_parquet()
    writer: Any = None
    rows = 0
    try:
        for table in tables:
            reader = arrow.RecordBatchReader.from_stream(table)
            if writer is None:
                writer = parquet.ParquetWriter(beside, reader.schema)
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise TableError("nothing to write: no table was given")
    return rows


def _write_csv(out: TextIO, tables: Iterable[object]) -> int:
    writer = csv.writer(out, lineterminator="\n")
    rows = 0
    for names, columns in _chunks(tables):
        if columns is None:
            writer.writerow(names)
            continue
        cells = [_cells(column) for column in columns]
        writer.writerows(zip(*cells, strict=True))
        rows += len(cells[0])
    return rows


def _write_json(out: TextIO, tables: Iterable[object]) -> int:
    rows = 0
    for names, columns in _chunks(tables):
        if columns is None:
            continue
        for record in zip(*columns, strict=True):
            out.write(_ENCODER.encode(dict(zip(names, record, strict=True))) + "\n")
            rows += 1
    return rows


def _chunks(tables: Iterable[object]) -> Iterator[tuple[list[str], list[list[Plain]] | None]]:
    """First the column names alone, then the columns of each chunk. All tables have the same columns."""
    names: list[str] | None = None
    for table in tables:
        opened = open_table(table)
        own = [name for name in opened.formats if "." not in name]
        if names is None:
            names = own
            yield names, None
        elif own != names:
            raise TableError("tables of different columns cannot be written as one")
        for chunk in opened.chunks():
            for start in range(0, chunk.rows, ROWS_A_BATCH):
                length = min(ROWS_A_BATCH, chunk.rows - start)
                yield names, [_plain(name, chunk.columns[name].cut(start, length)) for name in names]
    if names is None:
        raise TableError("nothing to write: no table was given")


def _plain(name: str, raw: Raw) -> list[Plain]:
    """A column's values as JSON can hold them without loss."""
    values: list[Plain]
    form = raw.format
    if form in TEXTS:
        texts = read_texts(raw)
        words = [*texts.words, None]
        return [words[code] for code in texts.codes.tolist()]
    if form in INTEGERS or form in FLOATS:
        values = raw.buffer(1, INTEGERS.get(form) or FLOATS[form]).tolist()
    elif form == "b":
        values = bits(raw.whole(1), raw.offset, raw.length).tolist()
    elif form.startswith("tsu:") and form != "tsu:":
        values = [format_instant(us) for us in np.where(raw.present, raw.buffer(1, "<i8"), 0).tolist()]
    elif form == "+l" and raw.inner is not None:
        offsets = raw.whole(1).view("<i4")[raw.offset : raw.offset + raw.length + 1].tolist()
        low, high = (offsets[0], offsets[-1]) if offsets else (0, 0)
        inside = _plain(name, raw.inner.cut(low, high - low))
        values = [inside[a - low : b - low] for a, b in pairwise(offsets)]
    else:
        raise TableError(f"the column `{name}` is of a kind that can only be written to Parquet")
    return [v if known else None for v, known in zip(values, raw.present.tolist(), strict=True)]


def _cells(column: list[Plain]) -> list[Plain]:
    """A column as the cells of a CSV file. Lists repeat, so each is written out once."""
    if any(isinstance(value, bool) for value in column):
        return [_TRUTHS.get(value, value) for value in column]
    if not any(isinstance(value, list) for value in column):
        return column
    keys = [None if value is None else tuple(value) for value in column]
    written = {key: None if key is None else _ENCODER.encode(list(key)) for key in set(keys)}
    return [written[key] for key in keys]
