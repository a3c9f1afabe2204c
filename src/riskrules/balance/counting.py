"""What became of payments, added up by group, exactly and in memory that does not grow with them.

A payment is of one of four kinds: honest or fraud, stopped or let through. For each group and kind there is a count,
and the money of each of `GROUPS` groups of payers (by a hash of the account's id), from which intervals are worked out.
Money is added in 64-bit integers as long as a bound of the sum of all of it fits, and in Python's own afterwards:
nothing wraps. The people who were stopped are kept by group as a set, so memory grows with them and not with payments.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Words
from .intervals import GROUPS

Integers: TypeAlias = NDArray[np.int64]

HONEST_PASSED, HONEST_STOPPED, FRAUD_PASSED, FRAUD_STOPPED = range(4)
KINDS = 4
_MOST_SUM = 2**62
_PERSON_BITS = 40  # a million million people


def kinds_of(fraud: NDArray[np.bool_], stopped: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The kind of each payment, int64[n]."""
    return fraud.astype(np.int64) * 2 + stopped


class Sums:
    """Exact sums of money in `size` places."""

    def __init__(self, size: int) -> None:
        self.values: NDArray[Any] = np.zeros(size, np.int64)
        self._bound = 0

    def add(self, places: Integers, amounts: Integers) -> None:
        """Add each amount (not negative) in its place."""
        if not len(places):
            return
        self._bound += int(amounts.max()) * len(amounts)
        if self._bound >= _MOST_SUM and self.values.dtype != np.object_:
            self.values = self.values.astype(np.object_)
        if self.values.dtype == np.object_:
            np.add.at(self.values, places, amounts.astype(np.object_))
        else:
            np.add.at(self.values, places, amounts)

    def grow(self, size: int) -> None:
        """More places, at the end."""
        self.values = np.concatenate([self.values, np.zeros(size - len(self.values), self.values.dtype)])


class Counts:
    """Payments and their money by group and kind, and the honest people stopped by group."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self.payments: Integers = np.zeros(size * KINDS, np.int64)
        self.money = Sums(size * KINDS * GROUPS)
        self.people: list[set[int]] = [set() for _ in range(size)]

    def grow(self, size: int) -> None:
        """Room for more groups."""
        if size > self.size:
            self.payments = np.concatenate([self.payments, np.zeros((size - self.size) * KINDS, np.int64)])
            self.money.grow(size * KINDS * GROUPS)
            self.people += [set() for _ in range(size - self.size)]
            self.size = size

    def add(self, groups: Integers, kinds: Integers, payers: Integers, amounts: Integers | None) -> None:
        """Count payments in: for each its group, its kind, its group of payers, its money in minor units."""
        places = groups * KINDS + kinds
        self.payments += np.bincount(places, minlength=self.size * KINDS)
        if amounts is not None:
            self.money.add(places * GROUPS + payers, amounts)

    def add_people(self, groups: Integers, people: Integers) -> None:
        """People who were stopped though honest, by their numbers, once for each payment."""
        for both in np.unique((groups << _PERSON_BITS) | people).tolist():
            self.people[both >> _PERSON_BITS].add(both & (1 << _PERSON_BITS) - 1)

    def count(self, group: int, kinds: Iterable[int]) -> int:
        """Payments of some kinds."""
        return sum(int(self.payments[group * KINDS + kind]) for kind in kinds)

    def spread(self, group: int, kinds: Iterable[int]) -> list[int]:
        """Their money, by group of payers."""
        rows = [self.money.values[(group * KINDS + kind) * GROUPS :][:GROUPS].tolist() for kind in kinds]
        return [sum(column) for column in zip(*rows, strict=True)]


class People:
    """Numbers for the people who were stopped, by the ids of their accounts, and groups of payers for all."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, payer: Words, rows: Integers) -> Integers:
        """A number for the payer of each of the rows, int64; -1 where it has none."""
        codes = payer.codes[rows]
        place = np.full(len(payer.words) + 1, -1, np.int64)
        for code in np.unique(codes[codes >= 0]).tolist():
            place[code] = self._numbers.setdefault(payer.words[code], len(self._numbers))
        return place[codes]


def payer_groups(payer: Words) -> Integers:
    """The group of payers of each row, int64[rows]; 0 for one without a payer."""
    table = np.array([*(crc32(word.encode("utf-8", "surrogatepass")) % GROUPS for word in payer.words), 0], np.int64)
    return table[payer.codes]
