"""The conditions that a proposed rule may have, each with limits that can be read aloud, and payments as their codes.

A limit of `2.7381` says how a search went; `2.75` says what is meant. So limits are round from the beginning: counts,
amounts of two digits, whole stretches of days, and multiples of what the account or merchant usually does. Of many,
those are kept that part the payments best, more finely where few honest ones are left. The price is a hundredth of the
fraud at most, and it is known: the figures of a proposal are those of its round limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

import numpy as np

from ..bridges.columns import Batch, Flags
from ..schema.kinds import Kind
from .suggesting_quantities import Floats, Quantity, fraction_of
from .suggesting_search import LEVELS, Codes, Mask
from .tuning_values import decimal, durations, two_digits, written

_COUNTS = (*range(11), 12, 15, *(x * 10**e for e in range(1, 9) for x in (2, 3, 4, 5, 6, 8, 10)))
MULTIPLES = tuple(
    Fraction(x, 100)
    for x in (
        *(5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 75, 80, 90, 100, 110, 125, 140, 150, 160, 175, 180, 190),
        *(200, 210, 220, 225, 230, 240, 250, 260, 270, 275, 280, 290, 300, 325, 350, 375, 400, 450, 500, 600, 700),
        *(800, 1_000, 1_500, 2_000),
    )
)  # fmt: skip
"""Of what a quantity is compared with: below one, shares; above, how many times."""
MOST_FEW = 3
"""Counts that "at most" is said of: what has hardly happened before says something, being below 17 is chance."""
MOST_TESTED = 200_000
"""Payments from which limits are chosen."""


@dataclass(frozen=True, slots=True)
class Step:
    """A condition with its limits, the loosest first: `left op limit`, or `left >= limit * right`. With no limits it is
    a yes/no (`op` "yes" or "no") whose column is named `name`."""

    name: str
    op: str
    left: Quantity | None = None
    right: Quantity | None = None
    limits: tuple[Fraction, ...] = ()

    def needs(self) -> tuple[str, ...]:
        """What must be known beside it."""
        both = (self.left, self.right)
        return tuple(dict.fromkeys(need for q in both if q is not None for need in q.needs))

    def something(self) -> Quantity | None:
        """What must be more than nothing beside it: the left side of a multiple, unless it always is."""
        if self.right is None or self.left is None or self.left.always:
            return None
        return self.left

    def words(self, level: int) -> str:
        """The condition as a rule writes it."""
        if self.left is None:
            return self.name if self.op == "yes" else f"none of ({self.name})"
        limit = self.limits[level - 1]
        if self.right is None:
            return f"{self.left.name} {self.op} {written(limit, self.left.kind)}"
        if limit == 1:
            return f"{self.left.name} >= {self.right.name}"
        times = f"{limit}" if limit.denominator == 1 else f"{decimal(limit * 100)}%"
        return f"{self.left.name} >= {times} * {self.right.name}"

    def spoken(self, level: int) -> str:
        """The condition as one says it."""
        if self.left is None:
            return aloud(self.name) if self.op == "yes" else f"not {aloud(self.name)}"
        limit, name = self.limits[level - 1], aloud(self.left.name)
        if self.right is None:
            return f"{name} at {'least' if self.op == '>=' else 'most'} {written(limit, self.left.kind)}"
        times = "" if limit == 1 else f"{decimal(limit * 100)}% of " if limit < 1 else f"{decimal(limit)} times "
        return f"{name} at least {times}{aloud(self.right.name)}"


def aloud(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def steps_of(
    quantities: Sequence[Quantity], conditions: Sequence[str], sample: dict[str, Floats], fraud: Mask
) -> list[Step]:
    """All steps that part these payments. `sample`: float64[n] by quantity, in natural units (money in minor ones), NaN
    where it is missing; `fraud` bool[n]."""
    found = [Step(name, op) for name in conditions for op in ("yes", "no")]
    for q in quantities:
        values = sample[q.name]
        for op in (">=", "<="):
            if limits := _limits(q.kind, values, fraud, op):
                found.append(Step(q.name, op, q, None, limits))
    for left, right in permutations(quantities, 2):
        if _alike(left, right):
            top, bottom = sample[left.name], sample[right.name]
            kept = _parting(MULTIPLES, _ratio(top, np.ones(1), bottom, np.ones(1)), fraud)
            if kept:
                found.append(Step(f"{left.name}/{right.name}", ">=", left, right, kept))
    return found


def _alike(left: Quantity, right: Quantity) -> bool:
    """Whether comparing the two says something: of one kind, about the same account or merchant."""
    if left.kind != right.kind or left.kind.name == "duration":
        return False
    return (not left.keys or not right.keys or left.keys == right.keys) and (
        not left.family or not right.family or left.family == right.family
    )


def _limits(kind: Kind, values: Floats, fraud: Mask, op: str) -> tuple[Fraction, ...]:
    """Limits that part the values, the loosest first; none below zero."""
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        return ()
    rounded = sorted(set(_round_values(kind, Fraction(float(known.max())))))
    if op == "<=" and kind.name == "count":
        rounded = [x for x in rounded if x <= MOST_FEW]
    if op == ">=":
        return _parting(rounded, values, fraud)
    return tuple(-x for x in _parting([-x for x in reversed(rounded)], -values, fraud))


def _round_values(kind: Kind, most: Fraction) -> Iterator[Fraction]:
    if kind.name == "count":
        yield from (Fraction(x) for x in _COUNTS if x <= most)
    elif kind.name == "duration":
        yield from durations(most)
    else:
        yield from two_digits(kind, most)


def _parting(candidates: Sequence[Fraction], values: Floats, fraud: Mask) -> tuple[Fraction, ...]:
    """Those of the candidates (rising) that part the values: fraud in equal parts, honest payments ever more finely
    towards the few that lie above."""
    known = ~np.isnan(values)
    bad, good = np.sort(values[known & fraud]), np.sort(values[known & ~fraud])
    if not len(bad) or not len(good) or not candidates:
        return ()
    limits = np.array([float(x) for x in candidates])
    below_bad = np.searchsorted(bad, limits, side="left") / len(bad)
    above_good = 1 - np.searchsorted(good, limits, side="left") / len(good)
    tail = -np.log(np.maximum(above_good, 1 / (2 * len(good)))) / np.log(2 * len(good))
    measure = (below_bad + tail) / 2
    kept: list[Fraction] = []
    last = -1.0
    for limit, at, caught in zip(candidates, measure.tolist(), below_bad.tolist(), strict=True):
        if caught < 1 and at > 0 and at - last >= 1 / (LEVELS - 2) and len(kept) < LEVELS - 1:
            kept.append(limit)
            last = at
    return tuple(kept)


def _ratio(top: Floats, top_parts: Floats, bottom: Floats, bottom_parts: Floats) -> Floats:
    """How many times the bottom goes into the top, by which `top >= times * bottom` is read: infinite over nothing. Of
    nothing it is none, although nothing is as much as any share of nothing: a shop's first payment has no reports, and
    all of its reports are fresh. The rule says so by a condition of its own (`Step.something`)."""
    a, b = top * bottom_parts, bottom * top_parts
    with np.errstate(divide="ignore", invalid="ignore"):
        times = a / b
    times[(b <= 0) & (a > 0)] = np.inf
    times[~(a > 0)] = np.nan
    times[np.isnan(b)] = np.nan
    return times


def codes_of(steps: Sequence[Step], batch: Batch, flags: dict[str, Mask]) -> Codes:
    """uint8[steps, rows]: of each step the level up to which it holds, 0 for none. `flags`: `let`s that are conditions,
    bool[rows]."""
    fractions: dict[str, tuple[Floats, Floats]] = {}
    for q in (q for step in steps for q in (step.left, step.right) if q is not None):
        if q.name not in fractions:
            fractions[q.name] = fraction_of(q.node, batch)
    codes = np.zeros((len(steps), batch.rows), np.uint8)
    for place, step in enumerate(steps):
        if step.left is None:
            codes[place] = flags[step.name] if step.op == "yes" else ~flags[step.name]
            continue
        top, bottom = fractions[step.left.name]
        if step.right is not None:
            values = _ratio(top, bottom, *fractions[step.right.name])
        else:
            values = top / bottom if step.op == ">=" else -(top / bottom)
        limits = np.array([float(x if step.op == ">=" else -x) for x in step.limits])
        found = np.searchsorted(limits, values, side="right")
        found[np.isnan(values)] = 0
        codes[place] = found
    return codes


def values_of(q: Quantity, batch: Batch) -> Floats:
    """float64[rows] in natural units (money in minor ones), NaN where it is missing."""
    top, bottom = fraction_of(q.node, batch)
    values: Floats = top / bottom
    return values


def flag_of(name: str, batch: Batch) -> Mask | None:
    """A yes/no field as bool[rows]; None when the batch has no such column."""
    column = batch.columns.get(name)
    return np.asarray(column.values == 1) if isinstance(column, Flags) else None
