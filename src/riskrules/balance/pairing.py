"""Two versions on the same payments: which changed sides, by segment, with the money.

Paired, a difference is told by the payments on which the versions differ and by nothing else, so that a change of three
in a thousand shows in a sample in which the two figures by themselves lie within each other's noise. Segments are the
new version's; one of the old version's is kept beside them where the new one drops it or draws it otherwise, so that
nobody is lost sight of by a change of words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Numbers
from ..engine.shown import shown_act
from ..meaning import nodes as n
from ..meaning.fingerprint import canonical_piece
from ..schema.limits import MISSING
from .counting import Integers, Sums
from .examples import Example, Sample
from .figures import Figures
from .intervals import GROUPS
from .measuring import Measured, fired_of, groups_of
from .watching import segment_conditions

if TYPE_CHECKING:
    from ..engine.tables import DecidedBatch

Mask = NDArray[np.bool_]
EVERYONE = ""
"""The name of what is not of one segment."""
HONEST_NOW, HONEST_NO_MORE, FRAUD_NOW, FRAUD_NO_MORE, HONEST_SAME, FRAUD_SAME = range(6)
"""Kinds of changing sides: now stopped, no longer stopped, or neither."""
_KINDS = 6


@dataclass(frozen=True, slots=True)
class Sides:
    """Payments of a segment (EVERYONE: all) on which the versions differ in whether they stop: honest and fraud, now
    stopped and no longer, with their money. `honest`, `fraud`: all of them. `old`: the segment is the old version's."""

    segment: str
    old: bool
    honest: int
    honest_now: int
    honest_no_more: int
    fraud: int
    fraud_now: int
    fraud_no_more: int
    honest_now_minor: int
    honest_no_more_minor: int
    fraud_now_minor: int
    fraud_no_more_minor: int

    @property
    def words(self) -> str:
        if self.segment == EVERYONE:
            return "all payments"
        return f"`{self.segment}`" + (" as the old version draws it" if self.old else "")


@dataclass(frozen=True, slots=True)
class Move:
    """Payments of a segment whose action changed from one to another: all, the fraud among them, the money of both."""

    segment: str
    old: bool
    before: str
    after: str
    payments: int
    fraud: int
    amount_minor: int
    fraud_minor: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the same payments by the old and by the new version. `before`: the old one's figures.
    `lost_minor`: by group of payers, the money of fraud that is no longer caught, less what is caught only now.
    Examples: payments whose action changed; honest ones that are stopped only now, by the place in `sides`; fraud that
    is missed only now."""

    payments: int
    changed: int
    left_out: int
    before: Figures
    sides: tuple[Sides, ...]
    moves: tuple[Move, ...]
    lost_minor: tuple[int, ...]
    examples: tuple[Example, ...]
    honest_now: tuple[tuple[Example, ...], ...]
    fraud_no_more: tuple[Example, ...]


class Pair:
    """Adds up what changed between two versions that decide the same batches."""

    def __init__(self, new: Measured, old: Measured) -> None:
        drawn, drawn_before = (segment_conditions(m.version.rules) for m in (new, old))
        kept = [name for name in old.segments if name not in drawn or not _alike(drawn_before[name], drawn[name])]
        self._new, self._old = new, old
        self._segments = [(EVERYONE, False), *((x, False) for x in new.segments), *((x, True) for x in kept)]
        size = len(self._segments)
        self._sides: Integers = np.zeros(size * _KINDS, np.int64)
        self._money = Sums(size * _KINDS)
        self._lost = Sums(2 * GROUPS)
        self._acts: dict[n.Act, int] = {}
        self._moves: dict[int, list[int]] = {}
        self.payments = self.left_out = 0
        self.examples, self.fraud_no_more = Sample(), Sample()
        self.honest_now = [Sample() for _ in range(size)]

    def add(self, new: DecidedBatch, old: DecidedBatch, measured: Mask, fraud: Mask) -> None:
        """Count a batch in, as both decided it. `measured`, `fraud`: bool[rows] of the new version's."""
        rows, before = _side_by_side(new.batch.numbers, old.batch.numbers)
        kept = measured[rows]
        rows, before = rows[kept], before[kept]
        self.payments += len(rows)
        self.left_out += int(np.count_nonzero(measured)) - len(rows)
        if not len(rows):
            return
        stops, stopped = new.levels[rows] >= n.DELAY, old.levels[before] >= n.DELAY
        kinds = np.where(stops == stopped, HONEST_SAME, np.where(stops, HONEST_NOW, HONEST_NO_MORE))
        kinds = np.where(fraud[rows], np.where(kinds == HONEST_SAME, FRAUD_SAME, kinds + FRAUD_NOW), kinds)
        amounts = _amounts(new)[rows]
        acts, acts_before = self._codes(new)[rows], self._codes(old)[before]
        moved = acts != acts_before
        place_of = np.full(new.rows, -1, np.int64)
        place_of[rows] = before
        for place, members in enumerate(self._members(new, old, rows, before)):
            own = members if members is not None else slice(None)
            self._sides[place * _KINDS :][:_KINDS] += np.bincount(kinds[own], minlength=_KINDS)
            self._money.add(place * _KINDS + kinds[own], amounts[own])
            self.honest_now[place].offer(rows[own][kinds[own] == HONEST_NOW], new, fraud, (old, place_of))
            there = moved if members is None else moved & members
            if there.any():
                self._move(place, acts_before[there], acts[there], fraud[rows[there]], amounts[there])
        self.examples.offer(rows[moved], new, fraud, (old, place_of))
        lost = rows[kinds == FRAUD_NO_MORE]
        self.fraud_no_more.offer(lost, new, fraud, (old, place_of))
        groups = groups_of(new)[rows]
        for side, kind in enumerate((FRAUD_NO_MORE, FRAUD_NOW)):
            self._lost.add(side * GROUPS + groups[kinds == kind], amounts[kinds == kind])

    def _members(
        self, new: DecidedBatch, old: DecidedBatch, rows: Integers, before: Integers
    ) -> Iterator[Mask | None]:
        """Which of the rows are in each segment; None for all of them."""
        yield None
        fired = [fired_of(batch, np.ones(batch.rows, np.bool_)) for batch in (new, old)]
        for name, is_old in self._segments[1:]:
            batch, own, place = (old, fired[1], self._old) if is_old else (new, fired[0], self._new)
            inside = np.zeros(batch.rows, np.bool_)
            inside[own.rows[own.index == place.segments[name]]] = True
            yield inside[before if is_old else rows]

    def _codes(self, batch: DecidedBatch) -> Integers:
        table = np.array([self._acts.setdefault(act, len(self._acts)) for act in batch.acts], np.int64)
        codes: Integers = table[batch.act_index]
        return codes

    def _move(self, place: int, before: Integers, after: Integers, fraud: Mask, amounts: Integers) -> None:
        keys, which = np.unique((place << 32) | (before << 16) | after, return_inverse=True)
        places = which.astype(np.int64) * 2 + fraud
        counts, money = np.bincount(places, minlength=2 * len(keys)).tolist(), Sums(2 * len(keys))
        money.add(places, amounts)
        for i, key in enumerate(keys.tolist()):
            found = self._moves.setdefault(key, [0, 0, 0, 0])
            for j, more in enumerate((*counts[2 * i : 2 * i + 2], *money.values[2 * i : 2 * i + 2].tolist())):
                found[j] += more

    # -- what came of it ---------------------------------------------------------------------------
    def changes(self) -> Changes:
        lost = self._lost.values.tolist()
        return Changes(
            payments=self.payments,
            changed=sum(m.payments for m in self._moved() if m.segment == EVERYONE),
            left_out=self.left_out,
            before=self._old.whole(),
            sides=tuple(self._side(place) for place in range(len(self._segments))),
            moves=tuple(self._moved()),
            lost_minor=tuple(a - b for a, b in zip(lost[:GROUPS], lost[GROUPS:], strict=True)),
            examples=self.examples.examples,
            honest_now=tuple(sample.examples for sample in self.honest_now),
            fraud_no_more=self.fraud_no_more.examples,
        )

    def _side(self, place: int) -> Sides:
        counts = self._sides[place * _KINDS :][:_KINDS].tolist()
        money = self._money.values[place * _KINDS :][:_KINDS].tolist()
        name, old = self._segments[place]
        honest = counts[HONEST_NOW] + counts[HONEST_NO_MORE] + counts[HONEST_SAME]
        fraud = counts[FRAUD_NOW] + counts[FRAUD_NO_MORE] + counts[FRAUD_SAME]
        return Sides(
            name, old, honest, counts[HONEST_NOW], counts[HONEST_NO_MORE], fraud, counts[FRAUD_NOW],
            counts[FRAUD_NO_MORE], money[HONEST_NOW], money[HONEST_NO_MORE], money[FRAUD_NOW], money[FRAUD_NO_MORE],
        )  # fmt: skip

    def _moved(self) -> list[Move]:
        """By segment, the largest first."""
        acts = list(self._acts)
        found = []
        for key, (honest, fraud, honest_minor, fraud_minor) in self._moves.items():
            place, before, after = key >> 32, (key >> 16) & 0xFFFF, key & 0xFFFF
            name, old = self._segments[place]
            move = Move(name, old, shown_act(acts[before]), shown_act(acts[after]), honest + fraud, fraud,
                        honest_minor + fraud_minor, fraud_minor)  # fmt: skip
            found.append((place, move))
        return [m for _, m in sorted(found, key=lambda f: (f[0], -f[1].payments, f[1].before, f[1].after))]




def _alike(one: n.Rule, other: n.Rule) -> bool:
    return canonical_piece(one.when) == canonical_piece(other.when)


def _side_by_side(new: Integers, old: Integers) -> tuple[Integers, Integers]:
    """The rows of both that are of one payment."""
    if len(new) == len(old) and (new == old).all():
        rows = np.arange(len(new), dtype=np.int64)
        return rows, rows
    _, rows, before = np.intersect1d(new, old, assume_unique=True, return_indices=True)
    return rows.astype(np.int64), before.astype(np.int64)


def _amounts(batch: DecidedBatch) -> Integers:
    column = batch.batch.columns.get("amount")
    if not isinstance(column, Numbers):
        return np.zeros(batch.rows, np.int64)
    return np.where(column.values == MISSING, 0, column.values)
