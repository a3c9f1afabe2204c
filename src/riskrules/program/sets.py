"""Sets of 64-bit integers, as the points at which membership turns.

A condition on one column, however involved, is a set of that column's values. Numbers, the indices of
words, yes/no and missing (the lowest integer of all) lie on one axis, so one kind of set does for all. A
set is a rising tuple of points: nothing is in it before the first, everything from the first to the
second, nothing from there to the third. The price is that two thousand scattered words make four
thousand points; they are merged in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ..schema.limits import MISSING

Set: TypeAlias = tuple[int, ...]

END = 2**63
NONE: Set = ()
EVERY: Set = (MISSING,)
KNOWN: Set = (MISSING + 1,)
YES: Set = (1,)
"""Of a column that is 0 or 1 and never missing."""
NO: Set = (MISSING, 1)


def between(start: int | None, end: int | None) -> Set:
    """The integers in [start, end) that are not missing; None is open. Either may be any integer at all."""
    first = MISSING + 1 if start is None else max(start, MISSING + 1)
    last = END if end is None else end
    return NONE if first >= min(last, END) else (first,) if last >= END else (first, last)


def of(values: Iterable[int]) -> Set:
    """Just these."""
    points: list[int] = []
    for v in sorted(set(values)):
        if points and points[-1] == v:
            points[-1] = v + 1
        else:
            points += (v, v + 1)
    return tuple(points)


def complement(a: Set) -> Set:
    return a[1:] if a and a[0] == MISSING else (MISSING, *a)


def union(a: Set, b: Set) -> Set:
    return _merged(a, b, 1)


def intersection(a: Set, b: Set) -> Set:
    if a in (EVERY, b):
        return b
    return a if b == EVERY else _merged(a, b, 2)


def _merged(a: Set, b: Set, needed: int) -> Set:
    """Where at least `needed` of the two hold."""
    points: list[int] = []
    i = j = 0
    inside = False
    while i < len(a) or j < len(b):
        at = min(a[i] if i < len(a) else END, b[j] if j < len(b) else END)
        i += i < len(a) and a[i] == at
        j += j < len(b) and b[j] == at
        if ((i & 1) + (j & 1) >= needed) != inside:
            inside = not inside
            points.append(at)
    return tuple(points)


def contains(a: Set, value: int) -> bool:
    return sum(p <= value for p in a) % 2 == 1
