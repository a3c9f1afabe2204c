"""Which numbers of a column are equal: the distinct ones of many, without sorting.

Rows meet in a table twice their number: the first to come keeps its place, and rows that find another number there try
again elsewhere. That takes a few steps of NumPy, and no kernel need be compiled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_MOST_TRIES = 40  # each try settles at least the rows of one mark, nearly always over half of them


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
