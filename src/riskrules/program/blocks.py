"""Terms once more, as tests of one byte each for the block kernel.

Over a block of payments a table per code would be read at random; a test of a stretch of codes reads in
order, 64 payments an instruction. Most sets are one stretch. Any other is worked out once in each block
for all terms that use it, as a byte of yes/no (a "mark"): from a few stretches, or by a table where there are many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import sets
from .conditions import Term
from .layout import FROM_BYTES, FROM_MARKS, FROM_PAIRS
from .tables import Coding, Flags, Pool

MOST_STRETCHES = 16
"""Stretches above which a mark is read from a table: a stretch costs about 0.03 ns a payment, a table about 0.6."""

Row = tuple[int, ...]


class Blocks:
    """Collects marks and tests. `columns`: how many of `coded` are the host's."""

    def __init__(self, coded: Sequence[Coding], columns: int, pool: Pool) -> None:
        self.coded = coded
        self.columns = columns
        self.derived = len(coded) - columns
        self.pool = pool
        self.places = places_of(coded[:columns])
        self.marks: list[Row] = []
        self.terms: list[Row] = []
        self.tests: list[Row] = []
        self._tests: dict[tuple[int, sets.Set], tuple[Row, float]] = {}

    def add(self, terms: dict[int, Term]) -> None:
        """Write the terms in order of their bits. The tests that fewest codes pass come first."""
        for bit, term in sorted(terms.items()):
            tests = sorted((self._test(c, v) for c, v in sorted(term.items())), key=lambda t: t[1])
            self.terms.append((bit, len(self.tests), len(self.tests) + len(tests)))
            self.tests += [t[0] for t in tests]

    def _test(self, column: int, values: sets.Set) -> tuple[Row, float]:
        key = (column, values)
        if key not in self._tests:
            self._tests[key] = self._new_test(column, values)
        return self._tests[key]

    def _new_test(self, column: int, values: sets.Set) -> tuple[Row, float]:
        coding = self.coded[column]
        member = coding.member(values)
        share = float(member.mean())
        stretches = stretches_of(member)
        if column >= self.columns:
            row = (FROM_MARKS, column - self.columns, *_first_and_further(stretches[0]))
        elif len(stretches) == 1:
            row = (FROM_PAIRS if coding.paired else FROM_BYTES, self.places[column])
            row += _first_and_further(stretches[0])
        else:
            row = (FROM_MARKS, self.derived + len(self.marks), 1, 0)
            self.marks.append(self._mark(column, member, stretches))
        return row, share

    def _mark(self, column: int, member: Flags, stretches: list[tuple[int, int]]) -> Row:
        if len(stretches) > MOST_STRETCHES:
            return column, self.pool.add(member.astype(np.int64)), len(member), 1
        return column, self.pool.add(np.array(stretches, np.int64).reshape(-1)), len(stretches), 0


def stretches_of(member: Flags) -> list[tuple[int, int]]:
    """First and last code of each stretch of codes that are in."""
    turns = np.flatnonzero(np.diff(np.concatenate(([False], member, [False]))))
    return [(int(a), int(b) - 1) for a, b in zip(turns[::2], turns[1::2], strict=True)]


def _first_and_further(stretch: tuple[int, int]) -> Row:
    return stretch[0], stretch[1] - stretch[0]


def places_of(coded: Sequence[Coding]) -> list[int]:
    """Each column's place among the columns coded in as many bytes."""
    counts = {False: 0, True: 0}
    places = []
    for c in coded:
        places.append(counts[c.paired])
        counts[c.paired] += 1
    return places
