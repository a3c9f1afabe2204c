"""A batch's columns → the program's columns, int64[n], one array operation each.

Words are looked up once a distinct word, and an atom that the kernel leaves to the host is asked once for
each distinct text (or pair of texts) in the batch, of the same interpreter that defines it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Column, Flags, Floats, Numbers, Placed, Words
from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..program import model
from ..schema.limits import MISSING

if TYPE_CHECKING:
    from ..kernel.chunk import Chunk

Integers = NDArray[np.int64]


def feed(chunk: Chunk, place: int, column: model.Column, batch: Batch, lists: Mapping[str, frozenset[str]]) -> None:
    """Give the program's column number `place` to the kernel: what `integers_of` says, by the shortest way there is
    from what the batch has."""
    found = None if column.atom is not None else batch.columns.get(column.name)
    if isinstance(found, Floats) and chunk.feed_floats(place, found.floats, found.digits):
        return
    if isinstance(found, Flags):
        chunk.feed_places(place, found.values, np.array([0, 1, MISSING], np.int64))
        return
    told = _by_word(column, batch, lists)
    if told is None:
        chunk.feed(place, np.ascontiguousarray(integers_of(column, batch, lists)))
        return
    words, values = told
    if isinstance(words, Placed):
        chunk.feed_places(place, words.places, np.append(values[words.own], values[-1]))
    else:
        chunk.feed_places(place, words.codes, values)


def integers_of(column: model.Column, batch: Batch, lists: Mapping[str, frozenset[str]]) -> Integers:
    """The program's column for each payment of the batch. An input that the batch lacks (a window) is missing."""
    told = _by_word(column, batch, lists)
    if told is not None:
        words, values = told
        return values[words.codes]
    if column.atom is not None:
        return _atom(column.atom, batch, lists)
    found = batch.columns.get(column.name)
    if isinstance(found, Numbers):
        return found.values
    if isinstance(found, Flags):
        return np.where(found.values < 0, MISSING, found.values.astype(np.int64))
    return np.full(batch.rows, MISSING, np.int64)


def _by_word(
    column: model.Column, batch: Batch, lists: Mapping[str, frozenset[str]]
) -> tuple[Words, Integers] | None:
    """Where the program's column follows from one column of words: that, and the integer of each word, with one more
    for a missing one. Else None."""
    atom = column.atom
    if atom is None:
        found = batch.columns.get(column.name)
        if not isinstance(found, Words):
            return None
        place = {word: i for i, word in enumerate(column.words)}
        other = len(column.words)
        return found, np.array([*(place.get(word, other) for word in found.words), MISSING], np.int64)
    names = [r.name for r in reads_in(atom)]
    if len(names) != 1:
        return None
    words = _words(batch.columns.get(names[0]), batch.rows)
    if isinstance(atom, n.InList) and isinstance(atom.value, n.Read):
        items = lists[atom.list]
        return words, np.array([*((word in items) != atom.negated for word in words.words), False], np.int64)
    answers = [holds(atom, {names[0]: text}, lists) for text in (*words.words, None)]
    return words, np.array(answers, np.int64)


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
