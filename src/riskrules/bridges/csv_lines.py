"""CSV as RFC 4180 has it: commas, double quotes, a header with a name for each column, UTF-8.

Every cell is text and an empty one is missing. A row with another number of cells than the header, a stray
quote or an endless line is refused by the line it starts at, and the rows after it are read. A quote that is
never closed takes what follows into its cell, up to the limit of one cell (131,072 characters), and is then
refused as one row whose message says how far it reached.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter

import numpy as np

from ..schema.errors import PaymentError
from .columns import TableError
from .lines import ROW, TextLines, TextPiece, too_long_line

MOST_CSV_COLUMNS = 10_000


class CsvRows:
    """A CSV file being read. `columns` is its header; `pieces` gives its rows, once."""

    def __init__(self, lines: TextLines) -> None:
        self._lines = lines
        self._reader = csv.reader(iter(lines), strict=True)
        self.columns = self._header()

    def _header(self) -> list[str]:
        try:
            header = next(self._reader, None)
        except csv.Error:
            raise TableError("no CSV: its first line is no header of column names") from None
        if header is None:
            raise TableError("an empty file; a CSV file starts with a header of column names")
        if self._lines.too_long or len(header) > MOST_CSV_COLUMNS:
            raise TableError("a header too long to be column names")
        if not header or any(not name or not name.isprintable() for name in header):
            raise TableError("no CSV: its first line is no header of column names in UTF-8")
        twice = next((name for name in header if header.count(name) > 1), None)
        if twice is not None:
            raise TableError(f"two columns named `{twice}`")
        return header

    def pieces(self, rows: int) -> Iterator[TextPiece]:
        """The rows in pieces of at most `rows`."""
        records: list[Sequence[str]] = []
        numbers: list[int] = []
        spoiled: list[tuple[int, PaymentError]] = []
        blank = [""] * len(self.columns)
        for number, record in self._records():
            if isinstance(record, PaymentError):
                spoiled.append((len(records), record))
                records.append(blank)
            else:
                records.append(record)
            numbers.append(number)
            if len(records) == rows:
                yield self._piece(records, numbers, spoiled)
                records, numbers, spoiled = [], [], []
        if records:
            yield self._piece(records, numbers, spoiled)

    def _piece(
        self, records: list[Sequence[str]], numbers: list[int], spoiled: list[tuple[int, PaymentError]]
    ) -> TextPiece:
        def cells(column: str) -> list[str]:
            return list(map(itemgetter(self.columns.index(column)), records))

        return TextPiece(len(records), np.array(numbers, np.int64), spoiled, cells)

    def _records(self) -> Iterator[tuple[int, Sequence[str] | PaymentError]]:
        """Each record or what is wrong with it, and the line that it starts at. Empty lines are none."""
        width, too_long, reader = len(self.columns), self._lines.too_long, self._reader
        while True:
            start = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield from self._each(start, _broken(start, reader.line_num))
                continue
            if too_long and not too_long.isdisjoint(range(start, reader.line_num + 1)):
                yield start, too_long_line()
            elif len(record) == width:
                yield start, record
            elif record:
                problem = f"{len(record)} cells where the header has {width}"
                yield from self._each(start, PaymentError(ROW, problem, "not-an-event"))

    def _each(self, start: int, error: PaymentError) -> Iterator[tuple[int, PaymentError]]:
        """The error for every line that was read for one record: what a stray quote swallows is counted."""
        for line in range(start, max(start, self._reader.line_num) + 1):
            yield line, error


def _broken(start: int, end: int) -> PaymentError:
    reach = f", or one that is never closed; it was read to line {end}" if end > start else ""
    return PaymentError(ROW, f"no CSV: a quote in the wrong place{reach}", "not-an-event")
