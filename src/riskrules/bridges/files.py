"""A history in a file: Parquet, CSV or JSON lines by its ending, in batches, with memory flat.

Parquet needs pyarrow (170 MB), which is therefore an extra; CSV and JSON lines need nothing. pyarrow only opens
the file and hands Arrow memory on; every value is converted by this package, as for any other table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .arrow import Chunk, open_table
from .cells import TEXTS
from .columns import TableError
from .csv_lines import CsvRows
from .feeds import Piece, cut_chunks
from .json_lines import json_pieces
from .lines import TextLines, open_file

INSTALL_FILES = "Parquet needs pyarrow: install it with `pip install 'riskrules[files]'`"
ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class History:
    """A file about to be read. `columns`: its column names with dots (None for JSON lines, whose events may differ).
    `plain_text`: its cells are text, an empty one missing. `pieces(columns, rows)`: its rows, from the start."""

    columns: list[str] | None
    plain_text: bool
    pieces: Callable[[Collection[str], int], Iterator[Piece]]


def open_history(path: str | Path) -> History:
    """A history by the file's ending. TableError when it cannot be read as that."""
    ending = Path(path).suffix.lower()
    if ending == ".parquet":
        return _parquet(path)
    if ending == ".csv":
        with open_file(path) as stream:
            columns = CsvRows(TextLines(stream)).columns
        return History(columns, True, lambda _, rows: _csv_pieces(path, rows))
    if ending in (".jsonl", ".ndjson"):
        open_file(path).close()
        return History(None, False, lambda _, rows: _json_pieces(path, rows))
    raise TableError(f"`{path}` ends in none of {', '.join(ENDINGS)}")


def _csv_pieces(path: str | Path, rows: int) -> Iterator[Piece]:
    with open_file(path) as stream:
        yield from CsvRows(TextLines(stream)).pieces(rows)


def _json_pieces(path: str | Path, rows: int) -> Iterator[Piece]:
    with open_file(path) as stream:
        yield from json_pieces(TextLines(stream), rows)


def pyarrow_and_parquet() -> tuple[Any, Any]:
    """pyarrow and its Parquet part. TableError that says how to install them when they are absent."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise TableError(INSTALL_FILES) from None
    return pyarrow, pyarrow.parquet


def _parquet(path: str | Path) -> History:
    arrow, parquet = pyarrow_and_parquet()
    open_file(path).close()
    try:
        schema = parquet.read_schema(path)
    except (arrow.ArrowException, OSError, ValueError):
        raise TableError(f"`{path}` is no Parquet file, or a damaged one") from None
    table = open_table(schema.empty_table())
    texts = [name for name, form in table.formats.items() if form in TEXTS]

    def pieces(columns: Collection[str], rows: int) -> Iterator[Piece]:
        wanted = [name for name in table.columns if name in columns]
        yield from cut_chunks(_row_groups(path, wanted, [t for t in texts if t in wanted], rows), rows)

    return History(table.columns, False, pieces)


def _row_groups(path: str | Path, columns: list[str], texts: list[str], rows: int) -> Iterator[Chunk]:
    """Record batches of the wanted columns. Texts come as dictionaries, as Parquet mostly stores them."""
    arrow, parquet = pyarrow_and_parquet()
    try:
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(batch_size=rows, columns=columns):
                yield from open_table(batch).chunks()
    except (arrow.ArrowException, OSError):
        raise TableError(f"`{path}` is damaged: it cannot be read to its end") from None
