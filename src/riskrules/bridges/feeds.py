"""From pieces of a table or file to batches: what feeds each field, and what a whole row must satisfy.

A `Feed` says which column, or which constant, a field comes from and how its cells are read. A `Piece` is some
rows of whatever source. This file brings them together and then does what no single column can: fields that
are worked out (ages, the local hour), required fields, an instrument without its institution, a payment in
another currency, rows that the map leaves out.

A row with anything wrong stays in the batch, marked, so that rows keep their places and none is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..base.clocks import Clock
from ..base.times import WEEKDAYS
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema, Value
from ..schema.kinds import Kind
from ..schema.limits import MISSING
from ..schema.values import check_currency, missing, missing_partner, read_age
from .arrow import Chunk
from .cells import Read, read_column
from .columns import UNKNOWN, Batch, Cells, Column, Flags, Mask, Numbers, Refusal, TableError, Words, empty_column
from .reading import AS_IT_IS, Reading

ROWS_A_BATCH = 65_536
"""Rows in a batch unless the caller says otherwise: each column then fits a second-level cache."""

SKIP_KIND = Kind("one of", ("skip", "keep"))

ALWAYS = ("id", "occurred_at")
"""Fields that every batch has, read by the ruleset or not: a decision is told apart by them."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one field is read from: a column, the same held value in every row, or a text and the row's number
    (from one); nothing when it has none of these."""

    field: Field
    column: str
    how: Reading = AS_IT_IS
    constant: Value | None = None
    numbered: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows of the source that are no payments: those whose cell in `column` has one of these texts."""

    column: str
    words: tuple[str, ...]


class Piece(Protocol):
    """Some rows of a source. `numbers` int64[rows]: their rows or lines in it; `spoiled`: rows that could not
    be taken apart at all."""

    @property
    def rows(self) -> int: ...

    @property
    def numbers(self) -> NDArray[np.int64]: ...

    @property
    def place(self) -> str: ...

    @property
    def spoiled(self) -> Sequence[tuple[int, PaymentError]]: ...

    def read(self, f: Field, column: str, how: Reading) -> Read:
        """The field's column from the named one."""


@dataclass(frozen=True, slots=True)
class ArrowPiece:
    """Rows of an Arrow chunk. `first` is the number of its first row, from one."""

    chunk: Chunk
    first: int
    spoiled: Sequence[tuple[int, PaymentError]] = ()
    place: str = "row"

    @property
    def rows(self) -> int:
        return self.chunk.rows

    @property
    def numbers(self) -> NDArray[np.int64]:
        return np.arange(self.first, self.first + self.rows, dtype=np.int64)

    def read(self, f: Field, column: str, how: Reading) -> Read:
        return read_column(f, self.chunk.columns[column], how)


def cut_chunks(chunks: Iterable[Chunk], rows: int) -> Iterator[ArrowPiece]:
    """Chunks in pieces of at most `rows` rows."""
    first = 1
    for chunk in chunks:
        for start in range(0, chunk.rows, rows):
            length = min(rows, chunk.rows - start)
            columns = {name: raw.cut(start, length) for name, raw in chunk.columns.items()}
            yield ArrowPiece(Chunk(length, columns, chunk.array), first)
            first += length


@dataclass(frozen=True)
class Plan:
    """What a batch is made of: the wanted fields, the feeds of all that must be read, the ruleset's clock."""

    schema: Schema
    wanted: tuple[str, ...]
    feeds: tuple[Feed, ...]
    clock: Clock
    skips: tuple[Skip, ...] = ()


def needed_fields(schema: Schema, names: Iterable[str]) -> tuple[Field, ...]:
    """The given fields that must be read for these names: themselves, what ages and hours are worked out from,
    and the two that every batch has."""
    wanted = [*ALWAYS, *names]
    bases = [f.of[1] for name in wanted if (f := schema[name]).of]
    return tuple(schema[name] for name in dict.fromkeys([*wanted, *bases]) if not schema[name].of)


def batches(pieces: Iterable[Piece], plan: Plan) -> Iterator[Batch]:
    """A batch for each piece, in order. A piece whose rows are all left out gives none."""
    first_row = 0
    for piece in pieces:
        work = _Work(plan, piece)
        batch = work.batch(first_row)
        first_row += piece.rows
        if batch.rows:
            yield batch


@dataclass
class _Work:
    """One piece on its way to a batch."""

    plan: Plan
    piece: Piece
    columns: dict[str, Column] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def batch(self, first_row: int) -> Batch:
        n = self.piece.rows
        kept = self._kept()
        good = np.ones(n, np.bool_)
        if self.piece.spoiled:
            spoiled = Cells(self.plan.schema["id"], good)
            spoiled.refuse_each(self.piece.spoiled)
            self.refusals += spoiled.refusals
        sound = good.copy()
        for feed in self.plan.feeds:
            self._feed(feed)
        self._derive()
        self._check_currency()
        self._check_presence(sound)
        for refusal in self.refusals:
            good[refusal.rows] = False
        columns = {name: self.columns[name] for name in self.plan.wanted if name in self.columns}
        if kept is None:
            return Batch(n, first_row, columns, tuple(self.refusals), good, self.piece.numbers, self.piece.place)
        return self._only(kept, columns, good, first_row)

    def _kept(self) -> Mask | None:
        """Rows that no skip of the map leaves out; None when there is no skip."""
        if not self.plan.skips:
            return None
        kept = np.ones(self.piece.rows, np.bool_)
        for skip in self.plan.skips:
            kept &= ~self._matches(skip)
        return kept

    def _matches(self, skip: Skip) -> Mask:
        marker = Field("skip", SKIP_KIND, "")
        how = Reading(values=dict.fromkeys(skip.words, "skip"), otherwise="keep")
        column, refusals = self.piece.read(marker, skip.column, how)
        if refusals or not isinstance(column, Words):
            raise TableError(f"`{skip.column}` holds neither texts nor whole numbers, so no row can be skipped by it")
        place = column.words.index("skip") if "skip" in column.words else len(column.words)
        matches: Mask = column.codes == place
        return matches

    def _feed(self, feed: Feed) -> None:
        if feed.constant is not None:
            self.columns[feed.field.name] = _constant(feed.field, feed.constant, self.piece.rows)
            return
        if feed.numbered is not None:
            words = [f"{feed.numbered}{number}" for number in self.piece.numbers.tolist()]
            self.columns[feed.field.name] = Words(np.arange(self.piece.rows, dtype=np.int32), words)
            return
        if not feed.column:
            self.columns[feed.field.name] = empty_column(feed.field, self.piece.rows)
            return
        self.columns[feed.field.name], refused = self.piece.read(feed.field, feed.column, feed.how)
        self.refusals += refused

    def _derive(self) -> None:
        for name in self.plan.wanted:
            f = self.plan.schema[name]
            if f.of is None or f.of[1] not in self.columns:
                continue
            base, times = self.columns[f.of[1]], self.columns["occurred_at"]
            assert isinstance(base, Numbers), name
            assert isinstance(times, Numbers), name
            self.columns[name] = self._derived(f, base.values, times.values)

    def _derived(self, f: Field, base: NDArray[np.int64], times: NDArray[np.int64]) -> Column:
        known = (base != MISSING) & (times != MISSING)
        assert f.of is not None, f.name
        if f.of[0] == "age":
            cells = Cells(f, known)
            ages = np.where(known, times - np.where(known, base, 0), 0)
            cells.refuse(ages < 0, lambda: _began_after(f))
            column = cells.bound(ages)
            self.refusals += cells.refusals
            return column
        clock, filled = self.plan.clock, np.where(known, base, 0)
        if f.of[0] == "hour":
            return Numbers(np.where(known, clock.hours(filled), MISSING))
        assert f.of[0] == "weekday", f.of
        return Words(np.where(known, clock.weekdays(filled), UNKNOWN).astype(np.int32), list(WEEKDAYS))

    def _check_currency(self) -> None:
        column = self.columns.get("currency")
        if not isinstance(column, Words):
            return
        f = self.plan.schema["currency"]
        currency = next((m.kind.currency for m in self.plan.schema if m.kind.name == "money"), "")
        for code, word in enumerate(column.words):
            try:
                check_currency(f, word, currency)
            except PaymentError as e:
                self._refuse(column.codes == code, e)

    def _check_presence(self, sound: Mask) -> None:
        """Required fields, and the institution of each known instrument. A cell refused before is not missing."""
        known = {feed.field.name: self.columns[feed.field.name].known() for feed in self.plan.feeds}
        refused: dict[str, Mask] = {}
        for refusal in self.refusals:
            refused.setdefault(refusal.error.field, np.zeros(self.piece.rows, np.bool_))[refusal.rows] = True
        for feed in self.plan.feeds:
            f = feed.field
            own = known[f.name]
            if own is None:
                continue
            absent = sound & ~own & ~refused.get(f.key, np.zeros(1, np.bool_))
            if not f.optional:
                self._refuse(absent, missing(f))
            for instrument in self.plan.schema:
                if instrument.partner == f.name and instrument.name in known and f.optional:
                    named = known[instrument.name]
                    self._refuse(absent if named is None else absent & named, missing_partner(instrument, f))

    def _refuse(self, where: Mask, error: PaymentError) -> None:
        rows = np.flatnonzero(where)
        if len(rows):
            self.refusals.append(Refusal(rows, error))

    def _only(self, kept: Mask, columns: dict[str, Column], good: Mask, first_row: int) -> Batch:
        rows = np.flatnonzero(kept)
        place = np.cumsum(kept) - 1
        refusals = (Refusal(place[r.rows[kept[r.rows]]], r.error) for r in self.refusals)
        return Batch(
            len(rows),
            first_row,
            {name: column.take(rows) for name, column in columns.items()},
            tuple(r for r in refusals if len(r.rows)),
            good[rows],
            self.piece.numbers[rows],
            self.piece.place,
        )


def _constant(f: Field, value: Value, rows: int) -> Column:
    if f.kind.numeric:
        return Numbers(np.full(rows, value, np.int64))
    if f.kind.name == "yes/no":
        return Flags(np.full(rows, value, np.int8))
    return Words(np.zeros(rows, np.int32), [str(value)])


def _began_after(f: Field) -> PaymentError:
    try:
        read_age(f, 1, 0)
    except PaymentError as e:
        return e
    raise AssertionError(f.name)
