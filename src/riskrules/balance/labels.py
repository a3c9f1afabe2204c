"""Which payments of a history were fraud: one of its columns, read as yes or no and as nothing else.

A label is known long after its payment, so it never stands among the fields that rules and windows read. What is no
plain answer is refused with its row, because every figure hangs on it: a probability of 0.5 is neither, an empty cell
is no "no", and a column of one value only cannot tell good rules from bad. Where the answers are words of the history's
own, say which of them mean fraud.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..bridges.arrow import open_table
from ..bridges.cells import Read
from ..bridges.columns import UNKNOWN, Batch, Column, Flags, Mask, Numbers, Refusal, TableError
from ..bridges.feeds import ROWS_A_BATCH, ArrowPiece, Piece, cut_chunks
from ..bridges.files import open_history
from ..bridges.maps import meant
from ..bridges.numbers import FLOATS
from ..bridges.reading import Reading
from ..bridges.wiring import shown
from ..schema.errors import PaymentError
from ..schema.fields import Field
from ..schema.kinds import BILLIONTH_DIGITS, NUMBER, YES_NO

Flagged: TypeAlias = NDArray[np.bool_]

LABEL = Field("fraud label", YES_NO, "whether the payment was fraud", optional=True, event="")
"""Stands in a batch beside the payment's own fields. No rule can read it: no name of the language has a space."""

_ONE = 10**BILLIONTH_DIGITS
_AS_NUMBER = Field(LABEL.name, NUMBER, LABEL.text, True, -(2**62), 2**62, event="")
_ANSWERS: dict[str, str | bool] = {
    **{form: True for word in ("yes", "true") for form in (word, word.capitalize(), word.upper())},
    **{form: False for word in ("no", "false") for form in (word, word.capitalize(), word.upper())},
    "1": True, "1.0": True, "0": False, "0.0": False,
}


class LabelError(TableError):
    """A label that cannot be used: no such column, a row that is empty or neither yes nor no, or all rows the same."""


@dataclass(frozen=True, slots=True)
class Label:
    """`column`: its name. `fraud`: which of its words mean fraud, all others meaning none; where there are none, it
    holds yes and no, true and false, or 1 and 0."""

    column: str
    fraud: tuple[str, ...] = ()

    def read(self, piece: Piece) -> Read:
        """Flags[rows], UNKNOWN where a cell is empty, and the cells that are no answer."""
        if isinstance(piece, ArrowPiece) and not self.fraud:
            form = piece.chunk.columns[self.column].format
            if form in FLOATS or form.startswith("d:"):
                return _of_numbers(piece.read(_AS_NUMBER, self.column, Reading()))
        values = dict.fromkeys(self.fraud, True) if self.fraud else _ANSWERS
        how = Reading(values=values, otherwise=False if self.fraud else None, plain_text=piece.place == "line")
        column, refused = piece.read(LABEL, self.column, how)
        return column, [Refusal(r.rows, _no_answer()) for r in refused]

    def refuse(self, place: str, number: int) -> LabelError:
        """For a row that is neither yes nor no."""
        return LabelError(
            f"{place} {number:_} of the label `{self.column}` is neither yes nor no (yes, no, true, false, 1 or 0); "
            "where it holds words of its own, say which mean fraud (`--fraud-is WORD`, `fraud_is=[…]`)"
        )

    def empty(self, place: str, number: int) -> LabelError:
        """For a row without an answer."""
        return LabelError(
            f"{place} {number:_} of the label `{self.column}` is empty, so nobody knows whether it was fraud: "
            "leave such rows out, or measure only the time whose answers are known (`--until DATE`, `until=…`)"
        )

    def one_sided(self, fraud: bool, rows: int) -> LabelError:
        """For a label that has one value in all `rows`."""
        word = "fraud" if fraud else "honest"
        return LabelError(
            f"all {rows:_} payments that are measured are {word} by the label `{self.column}`, so nothing can be said "
            f"of {'honest people' if fraud else 'fraud caught'}: choose another column or a longer time"
        )

    def check_column(self, columns: Collection[str] | None) -> None:
        """LabelError when the table has no such column. `columns`: None where that cannot be known before its rows."""
        if columns is not None and self.column not in columns:
            near = meant(self.column, columns)
            raise LabelError(f"no column `{self.column}` for the label{near}; the columns are {shown(columns)}")


def label_of(given: str | Label, fraud_is: Sequence[str] = ()) -> Label:
    """A label by its column's name. ValueError when that is no name."""
    if isinstance(given, Label):
        return given
    if not isinstance(given, str) or not given:
        raise ValueError("a label is the name of the column that says which payments were fraud")
    if isinstance(fraud_is, str):
        raise ValueError("fraud_is is a list of the words that mean fraud")
    return Label(given, tuple(fraud_is))


def _of_numbers(read: Read) -> Read:
    """One is yes, zero is no, and what lies elsewhere is no answer."""
    column, refused = read
    assert isinstance(column, Numbers)
    bad = [row for refusal in refused for row in refusal.rows.tolist()]
    yes, no = column.values == _ONE, column.values == 0
    present = column.values >= -(2**62)
    neither = present & ~yes & ~no
    neither[bad] = True
    flags = np.where(yes, 1, np.where(no, 0, UNKNOWN)).astype(np.int8)
    rows = np.flatnonzero(neither)
    return Flags(flags), [Refusal(rows, _no_answer())] if len(rows) else []


def _no_answer() -> PaymentError:
    return PaymentError(LABEL.key, "neither yes nor no", "wrong-kind")


@dataclass(frozen=True, slots=True)
class LabelledPiece:
    """Rows of a source, of which the label can be read like any field."""

    piece: Piece
    label: Label

    @property
    def rows(self) -> int:
        return self.piece.rows

    @property
    def numbers(self) -> NDArray[np.int64]:
        return self.piece.numbers

    @property
    def place(self) -> str:
        return self.piece.place

    @property
    def spoiled(self) -> Sequence[tuple[int, PaymentError]]:
        return self.piece.spoiled

    def read(self, f: Field, column: str, how: Reading) -> Read:
        return self.label.read(self.piece) if f.name == LABEL.name else self.piece.read(f, column, how)


def checked(batches: Iterable[Batch], label: Label) -> Iterator[Batch]:
    """The batches. LabelError for the first row whose label is no answer; empty ones are let through."""
    for batch in batches:
        for refusal in batch.refusals:
            if refusal.error.field == LABEL.key:
                raise label.refuse(batch.place, int(batch.numbers[refusal.rows[0]]))
        yield batch


def fraud_of(batch: Batch, label: Label, measured: Mask | None = None) -> Flagged:
    """bool[rows]: which payments were fraud. LabelError for a row without an answer, among those of the mask."""
    flags = flags_of(batch.columns[LABEL.name])
    empty = flags == UNKNOWN if measured is None else (flags == UNKNOWN) & measured
    if empty.any():
        raise label.empty(batch.place, int(batch.numbers[int(np.argmax(empty))]))
    fraud: Flagged = flags == 1
    return fraud


def flags_of(column: Column) -> NDArray[np.int8]:
    assert isinstance(column, Flags)
    return column.values


def read_labels(history: object, column: str | Label, *, fraud_is: Sequence[str] = ()) -> Flagged:
    """bool[rows]: which rows of a table that speaks Arrow, of several, or of a file are fraud. `fraud_is`: the words
    that mean it, where the column holds words of its own. LabelError when it is absent, a row is empty or neither yes
    nor no, or all are the same."""
    label = label_of(column, fraud_is)
    parts = list(label_parts(history, label))
    fraud = np.concatenate(parts) if parts else np.zeros(0, np.bool_)
    if not len(fraud):
        raise LabelError(f"there is no row, so nothing to read from the label `{label.column}`")
    if fraud.all() or not fraud.any():
        raise label.one_sided(bool(fraud[0]), len(fraud))
    return fraud


def label_parts(history: object, label: Label, rows: int = ROWS_A_BATCH) -> Iterator[Flagged]:
    """The same a piece at a time. Whether all are the same is left to whoever puts them together."""
    for piece in _pieces(history, label, rows):
        column, refused = label.read(piece)
        if refused:
            raise label.refuse(piece.place, int(piece.numbers[min(int(r.rows[0]) for r in refused)]))
        flags = flags_of(column)
        if (flags == UNKNOWN).any():
            raise label.empty(piece.place, int(piece.numbers[int(np.argmax(flags == UNKNOWN))]))
        fraud: Flagged = flags == 1
        yield fraud


def _pieces(history: object, label: Label, rows: int) -> Iterator[Piece]:
    if isinstance(history, str | Path):
        opened = open_history(history)
        label.check_column(opened.columns)
        yield from opened.pieces({label.column}, rows)
        return
    for one in tables_of(history):
        table = open_table(one)
        label.check_column(table.columns)
        yield from cut_chunks(table.chunks(), rows)


def tables_of(history: object) -> Iterable[object]:
    """A table by itself, or the tables of an iterable."""
    alone = hasattr(history, "__arrow_c_stream__") or hasattr(history, "__arrow_c_array__")
    return [history] if alone or not isinstance(history, Iterable) else history
