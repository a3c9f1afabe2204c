"""A batch's columns → the program's columns, int64[n], one array operation each.

Words are looked up once a distinct word, and an atom that the kernel leaves to the host is asked once for
each distinct text (or pair of texts) in the batch, of the same interpreter that defines it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Column, Flags, Floats, Numbers, Placed, Words
from ..kernel.chunk import MOST_ROWS, ByPlace, Chunk, Decided
from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..program import model
from ..schema.limits import MISSING

Integers = NDArray[np.int64]
_NO_YES = ("no", "yes")
_FLAGS = np.array([0, 1, MISSING], np.int64)
"""What the program has for each of them, and for a missing one."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands for each place of `words` (of a dictionary, if `own` is one's). Both are held, so that no others can
    have their place in memory."""

    words: Sequence[str]
    own: NDArray[np.int32] | None
    by_place: ByPlace


class Feeder:
    """A program's kernel for batches of up to `rows` payments, and what feeds it. What follows from a column's words is
    kept for the next batch that has the very same, as those of one table do. One thread at a time."""

    def __init__(self, program: model.Program, lists: Mapping[str, frozenset[str]], rows: int = MOST_ROWS) -> None:
        self.rows = rows
        self._chunk = Chunk(program, rows)
        self._columns = program.columns
        self._lists = lists
        self._last: list[_Known | None] = [None] * len(program.columns)

    def decide(self, batch: Batch) -> Decided:
        """What the program says of each payment of the batch."""
        for place in range(len(self._columns)):
            self._feed(place, batch)
        return self._chunk.decide(batch.rows)

    def _feed(self, place: int, batch: Batch) -> None:
        """Give the program's column number `place` to the kernel: what `integers_of` says, by the shortest way there is
        from what the batch has."""
        chunk, column = self._chunk, self._columns[place]
        found = batch.columns.get(column.name) if column.atom is None else None
        if isinstance(found, Floats) and chunk.feed_floats(place, found.floats, found.digits):
            return
        if isinstance(found, Flags):
            chunk.feed_places(place, found.values, self._by_place(place, _NO_YES, None))
            return
        words = _words_of(column, batch)
        if words is None:
            chunk.feed(place, np.ascontiguousarray(integers_of(column, batch, self._lists)))
        elif isinstance(words, Placed):
            chunk.feed_places(place, words.places, self._by_place(place, words.words, words.own))
        else:
            chunk.feed_places(place, words.codes, self._by_place(place, words.words, None))

    def _by_place(self, place: int, words: Sequence[str], own: NDArray[np.int32] | None) -> ByPlace:
        """What stands for each place of a column's words, worked out unless the last batch had the same."""
        known = self._last[place]
        if known is None or known.words is not words or known.own is not own:
            values = _FLAGS if words is _NO_YES else _each_word(self._columns[place], words, self._lists)
            if own is not None:
                values = np.append(values[own], values[-1])
            known = self._last[place] = _Known(words, own, self._chunk.by_place(place, values))
        return known.by_place


def integers_of(column: model.Column, batch: Batch, lists: Mapping[str, frozenset[str]]) -> Integers:
    """The program's column for each payment of the batch. An input that the batch lacks (a window) is missing."""
    words = _words_of(column, batch)
    if words is not None:
        return _each_word(column, words.words, lists)[words.codes]
    if column.atom is not None:
        return _atom(column.atom, batch, lists)
    found = batch.columns.get(column.name)
    if isinstance(found, Numbers):
        return found.values
    if isinstance(found, Flags):
        return np.where(found.values < 0, MISSING, found.values.astype(np.int64))
    return np.full(batch.rows, MISSING, np.int64)


def _words_of(column: model.Column, batch: Batch) -> Words | None:
    """The one column of words that the program's column follows from; None where there is no such one."""
    if column.atom is None:
        found = batch.columns.get(column.name)
        return found if isinstance(found, Words) else None
    names = [r.name for r in reads_in(column.atom)]
    return _words(batch.columns.get(names[0]), batch.rows) if len(names) == 1 else None


def _each_word(column: model.Column, words: Sequence[str], lists: Mapping[str, frozenset[str]]) -> Integers:
    """The program's column for each word of the column that it follows from, with one more for a missing one."""
    atom = column.atom
    if atom is None:
        place = {word: i for i, word in enumerate(column.words)}
        other = len(column.words)
        return np.array([*(place.get(word, other) for word in words), MISSING], np.int64)
    if isinstance(atom, n.InList) and isinstance(atom.value, n.Read):
        items = lists[atom.list]
        return np.array([*((word in items) != atom.negated for word in words), False], np.int64)
    name = next(r.name for r in reads_in(atom))
    return np.array([holds(atom, {name: text}, lists) for text in (*words, None)], np.int64)


def _atom(atom: n.Atom, batch: Batch, lists: Mapping[str, frozenset[str]]) -> Integers:
    """One that reads several columns."""
    names = [r.name for r in reads_in(atom)]
    columns = [_words(batch.columns.get(name), batch.rows) for name in names]
    match atom, columns:
        case n.Equal(n.Read(), n.Read(), negated), [left, right]:
            return _same(left, right, negated)
    # one answer for each combination of distinct texts that the batch has
    sizes = [len(c.words) + 1 for c in columns]
    combined = np.zeros(batch.rows, np.int64)
    for c, size in zip(columns, sizes, strict=True):
        combined = combined * size + (c.codes.astype(np.int64) + 1)
    present, inverse = np.unique(combined, return_inverse=True)
    texts = [(None, *c.words) for c in columns]
    answers = []
    for one in present.tolist():
        picked = [t[k] for t, k in zip(texts, _apart(one, sizes), strict=True)]
        answers.append(holds(atom, dict(zip(names, picked, strict=True)), lists))
    found: Integers = np.array(answers, np.int64)[inverse]
    return found


def _apart(combined: int, sizes: list[int]) -> list[int]:
    parts: list[int] = []
    for size in reversed(sizes):
        combined, part = divmod(combined, size)
        parts.append(part)
    return parts[::-1]


def _same(left: Words, right: Words, negated: bool) -> Integers:
    """Whether two columns hold the same text, by giving both one numbering."""
    place = {word: i for i, word in enumerate(left.words)}
    renumbered = np.array([*(place.get(word, -2) for word in right.words), -1], np.int64)[right.codes]
    codes = left.codes.astype(np.int64)
    known = (codes >= 0) & (renumbered != -1)
    same: Integers = (known & ((codes == renumbered) != negated)).astype(np.int64)
    return same


def _words(column: Column | None, rows: int) -> Words:
    if isinstance(column, Words):
        return column
    assert column is None, "an atom of the host reads words"
    return Words(np.full(rows, -1, np.int32), [])
