"""The first rows of a history as Python values, column by column: what a draft of a map looks at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from ..bridges.columns import TableError
from ..bridges.csv_lines import CsvRows
from ..bridges.drafts import SAMPLE_ROWS
from ..bridges.files import ENDINGS, pyarrow_and_parquet
from ..bridges.json_lines import DEEPEST_JSON, json_pieces
from ..bridges.lines import TextLines, open_file

Rows = dict[str, list[object]]


def sample(path: str) -> Rows:
    """Columns by name, dots between the parts of a nested one, each with its first values. TableError when the file
    cannot be read, or holds nothing."""
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise TableError(f"`{path}` ends in none of {', '.join(ENDINGS)}")
    if ending == ".parquet":
        return _of_parquet(path)
    with open_file(path) as stream:
        if ending == ".csv":
            return _of_csv(CsvRows(TextLines(stream)))
        names = _names(islice(stream, SAMPLE_ROWS))
        stream.seek(0)
        piece = next(json_pieces(TextLines(stream), SAMPLE_ROWS), None)
    if piece is None or not names:
        raise TableError(f"`{path}` holds no JSON objects, one a line")
    return {name: list(piece.cells(name)) for name in names}


def _of_csv(rows: CsvRows) -> Rows:
    piece = next(rows.pieces(SAMPLE_ROWS), None)
    return {name: [] if piece is None else list(piece.cells(name)) for name in rows.columns}


def _names(lines: Iterable[bytes]) -> list[str]:
    """The paths that lead to a value in any of the events. A line that is none says nothing."""
    found: dict[str, None] = {}
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            found.update(dict.fromkeys(_paths(event, "", 0)))
    return list(found)


def _paths(value: object, prefix: str, depth: int) -> list[str]:
    if not isinstance(value, dict) or depth > DEEPEST_JSON:
        return [prefix]
    inside = ((f"{prefix}.{key}" if prefix else key, inner) for key, inner in value.items())
    return [path for name, inner in inside for path in _paths(inner, name, depth + 1)]


def _of_parquet(path: str) -> Rows:
    arrow, parquet = pyarrow_and_parquet()
    open_file(path).close()
    try:
        with parquet.ParquetFile(path) as file:
            batches = list(islice(file.iter_batches(batch_size=SAMPLE_ROWS), 1))
            table = arrow.Table.from_batches(batches, file.schema_arrow)
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise TableError(f"`{path}` is no Parquet file, or a damaged one") from error
    while any(arrow.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return {name: table.column(name).to_pylist() for name in table.column_names}
