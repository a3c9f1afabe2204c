"""Which rows of a column are equal: the distinct values of many rows, without sorting.

Texts that are no dictionary yet are the slowest part of reading a table, and each text must become a Python
object only once. Every row gets a 64-bit mark of its bytes; rows meet in a table twice their number, the
first to come keeps its place, and rows that find another mark there try again elsewhere. Equal marks are
then compared byte for byte, so that no coincidence, accidental or made, joins two different texts.

Long texts (over `LONGEST_MARKED` bytes), which are few, go through an ordinary dictionary instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST_MARKED = 128
"""Bytes of a text that are marked and compared in columns of eight: memory is this times the rows of a batch."""

_WORD_BYTES = 8
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_MOST_TRIES = 40  # each try settles at least the rows of one mark, nearly always over half of them
_TAIL_MASKS = np.array([2 ** (8 * n) - 1 for n in range(8)] + [2**64 - 1], np.uint64)


def distinct_marks(marks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each of n rows the first row with the same mark, int64[n]."""
    n = len(marks)
    shift = np.uint64(64 - max(4, (2 * n - 1).bit_length()))
    first = np.arange(n, dtype=np.int64)
    left, own = first.copy(), marks
    table = np.empty(1 << (64 - int(shift)), np.int32)
    for turn in range(_MOST_TRIES):
        place = ((own ^ (own >> np.uint64(29))) * _MIX[turn % 3] + np.uint64(turn)) * _MIX[0]
        place = (place >> shift).view(np.int64)
        table[place[::-1]] = left[::-1]  # written backwards, so that the first row stays
        found = table[place]
        same = marks[found] == own
        if turn == 0:
            np.copyto(first, found, where=same)
        else:
            first[left[same]] = found[same]
        rest = np.flatnonzero(~same)
        if not len(rest):
            return first
        left, own = left[rest], own[rest]
    known: dict[int, int] = {}
    for row in left.tolist():
        first[row] = known.setdefault(int(marks[row]), row)
    return first


def codes_of(first: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """From `first` (each row's first equal): codes int32[n] in order of appearance, and the k first rows."""
    rows = np.flatnonzero(first == np.arange(len(first)))
    number = np.empty(len(first), np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    return number[first], rows


def distinct_texts(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Texts as stretches of `data`: codes int32[n] and the rows that first hold each."""
    n = len(starts)
    first = np.arange(n, dtype=np.int64)
    short = np.flatnonzero(lengths <= LONGEST_MARKED)
    if len(short):
        first[short] = short[_first_equal(data, starts[short], lengths[short])]
    if len(short) < n:
        seen: dict[bytes, int] = {}
        for row in np.flatnonzero(lengths > LONGEST_MARKED).tolist():
            first[row] = seen.setdefault(data[starts[row] : starts[row] + lengths[row]].tobytes(), row)
    return codes_of(first)


def _first_equal(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The first row with equal bytes, for texts of at most LONGEST_MARKED bytes."""
    words = _words(data, starts, lengths)
    marks = lengths.astype(np.uint64)
    if int(lengths.max(initial=0)) < _WORD_BYTES:  # bytes and length together fit: the mark is the text
        for rows, word in words:
            marks[rows] |= word << np.uint64(8)
        return distinct_marks(marks)
    for rows, word in words:
        marks[rows] = _mixed(marks[rows], word)
    first = distinct_marks(marks)
    wrong = lengths[first] != lengths
    for rows, word in words:
        column = word
        if not isinstance(rows, slice):
            column = np.zeros(len(starts), np.uint64)
            column[rows] = word
        wrong |= column[first] != column
    seen: dict[bytes, int] = {}
    for row in np.flatnonzero(wrong).tolist():  # two texts with one mark
        first[row] = seen.setdefault(data[starts[row] : starts[row] + lengths[row]].tobytes(), row)
    return first


def _mixed(marks: NDArray[np.uint64], word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (marks ^ word) * _MIX[0]
    return (mixed ^ (mixed >> np.uint64(32))) * _MIX[1]


def _words(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64] | slice, NDArray[np.uint64]]]:
    """The texts eight bytes at a time, zeros behind the end: for each step the rows that reach it and the bytes."""
    padded = np.concatenate([data, np.zeros(8, np.uint8)])
    everywhere = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
    steps: list[tuple[NDArray[np.int64] | slice, NDArray[np.uint64]]] = []
    shortest = int(lengths.min()) if len(lengths) else 0
    for step in range(0, int(lengths.max(initial=0)), _WORD_BYTES):
        reach: NDArray[np.int64] | slice = slice(None) if step < shortest else np.flatnonzero(lengths > step)
        word = everywhere[starts[reach] + step]
        if step + _WORD_BYTES > shortest:
            word &= _TAIL_MASKS[np.minimum(lengths[reach] - step, _WORD_BYTES)]
        steps.append((reach, word))
    return steps
