"""Columns → codes, and for each code the bits of the terms that it does not rule out.

Values of a column between two points of all the sets that speak of it are alike, so they share a code. A
number's code is found by bisection; a word's or a yes/no's by looking its index up, and there values that no
set tells apart are merged even where they do not lie side by side.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..schema.limits import MISSING
from . import sets
from .conditions import Term
from .layout import MOST_BYTE_CODES, Integers
from .machine import Machine, Pieces
from .model import NUMBER, WORD, Column

Flags = npt.NDArray[np.bool_]


@dataclass
class Coding:
    """How a column is coded. `points` part its axis; `merged` gives the code for each rank among them. `looked_up`:
    the code of each index from missing on, for columns that are not numbers."""

    points: list[int]
    merged: Integers
    codes: int
    looked_up: Integers | None = None
    _members: dict[sets.Set, Flags] = field(default_factory=dict)
    _ranks: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ranks = {p: i + 1 for i, p in enumerate(self.points)} | {MISSING: 0}

    @property
    def paired(self) -> bool:
        """Whether a code needs two bytes."""
        return self.codes > MOST_BYTE_CODES

    def member(self, values: sets.Set) -> Flags:
        """For each code, whether its values are in the set."""
        found = self._members.get(values)
        if found is None:
            by_rank = self._by_rank(values)
            found = self._members[values] = np.zeros(self.codes, np.bool_)
            found[self.merged] = by_rank
        return found

    def _by_rank(self, values: sets.Set) -> Flags:
        flags = np.zeros(len(self.points) + 1, np.bool_)
        ranks = [*(self._ranks[p] for p in values), *([len(flags)] if len(values) % 2 else [])]
        for first, end in zip(ranks[::2], ranks[1::2], strict=True):
            flags[first:end] = True
        return flags

    def merge(self, used: Sequence[sets.Set]) -> None:
        """Give one code to ranks that no set tells apart."""
        alike = np.stack([self._by_rank(s) for s in used]) if used else np.zeros((1, len(self.points) + 1), np.bool_)
        _, merged = np.unique(alike, axis=1, return_inverse=True)
        self.merged = merged.reshape(-1).astype(np.int64)
        self.codes = int(self.merged.max()) + 1


class Pool:
    """Runs of integers of any length, equal ones once. Offsets count from the start of the pool."""

    def __init__(self) -> None:
        self.runs: list[Integers] = []
        self.length = 0
        self._offsets: dict[bytes, int] = {}

    def add(self, run: Integers) -> int:
        key = run.tobytes()
        offset = self._offsets.get(key)
        if offset is None:
            offset = self._offsets[key] = self.length
            self.runs.append(run.reshape(-1))
            self.length += run.size
        return offset


def codings(columns: Sequence[Column], derived: int, terms: dict[int, Term], machine: Machine) -> list[Coding]:
    """How each column is coded, those of the host and then the derived ones."""
    used: list[dict[sets.Set, None]] = [{} for _ in range(len(columns) + derived)]
    for term in terms.values():
        for column, values in term.items():
            used[column][values] = None
    looked = [set[int]() for _ in columns]
    for lookup in machine.lookups:
        looked[lookup.column].update(p for p, _ in lookup.pieces[1])
    made = []
    for i, all_sets in enumerate(used):
        points = {p for s in all_sets for p in s} | (looked[i] if i < len(columns) else set())
        coding = _plain(sorted(points - {MISSING}))
        if i < len(columns) and columns[i].coding != NUMBER:
            if not looked[i]:
                coding.merge(list(all_sets))
            last = len(columns[i].words) if columns[i].coding == WORD else 1
            ranks = [0, *(bisect_right(coding.points, v) for v in range(last + 1))]
            coding.looked_up = coding.merged[ranks]
        made.append(coding)
    return made


def _plain(points: list[int]) -> Coding:
    return Coding(points, np.arange(len(points) + 1, dtype=np.int64), len(points) + 1)


def tables(coded: Sequence[Coding], terms: dict[int, Term], words: int, pool: Pool) -> list[int]:
    """Offsets of each column's table: `words` words of bits for each code. Bits of no term are never set."""
    used: list[dict[sets.Set, list[int]]] = [{} for _ in coded]
    for bit, term in terms.items():
        for column, values in term.items():
            used[column].setdefault(values, []).append(bit)
    some = np.zeros(64 * words, np.bool_)
    some[list(terms)] = True
    offsets = []
    for coding, by_set in zip(coded, used, strict=True):
        flags = np.repeat(some[None, :], coding.codes, axis=0)
        for values, bits in by_set.items():
            flags[:, bits] &= coding.member(values)[:, None]
        packed = np.packbits(flags, axis=1, bitorder="little")
        offsets.append(pool.add(packed.view("<i8").astype(np.int64)))
    return offsets


def numbers_by_code(pieces: Pieces, coding: Coding) -> Integers:
    """The number of a lookup for each code of its column."""
    first, turns = pieces
    points = [p for p, _ in turns]
    values = [first, *(v for _, v in turns)]
    by_rank = [values[bisect_right(points, p)] for p in (MISSING, *coding.points)]
    found = np.zeros(coding.codes, np.int64)
    found[coding.merged] = by_rank
    return found


def places_of(coded: Sequence[Coding]) -> list[int]:
    """Each column's place among the columns coded in as many bytes."""
    counts = {False: 0, True: 0}
    places = []
    for c in coded:
        places.append(counts[c.paired])
        counts[c.paired] += 1
    return places
