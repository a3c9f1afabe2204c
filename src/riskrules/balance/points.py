"""The points of the curve: fraud caught against honest payments stopped, as one looks at less and less certain
payments.

Where scores lead to stops, the points are the thresholds that one could set for the score. Elsewhere they are the
rules, the most precise first, each with all before it: what would be stopped if each rule stopped what it fires on. For
that it is kept which sets of rules fired together and how often; of a ruleset with more such sets than `MOST_SETS`
there is no curve, rather than memory without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..meaning import nodes as n
from .counting import Integers, Sums
from .figures import Point

MOST_SETS = 100_000
"""Of rules that fired together: some 30 MB."""
MOST_POINTS = 200
"""Of a curve: more than a picture can show."""
_ROWS_AT_ONCE = 8_192
_FIRST = 2**62


class Curve(Protocol):
    """Adds payments up for the points."""

    of: str

    def add(
        self, rows: Integers, index: Integers, scores: Integers, fraud: NDArray[np.bool_], amounts: Integers,
        measured: NDArray[np.bool_],
    ) -> None: ...  # fmt: skip

    def points(self) -> tuple[Point, ...]: ...


def curve_of(meaning: n.Ruleset, names: Sequence[str]) -> Curve:
    """By scores where they lead to stops, else by rules. `names`: what `fired.index` points into."""
    scored = any(r.score for r in meaning.rules) and any(b.action.level >= n.DELAY for b in meaning.bands)
    return ByScore(meaning, names) if scored else ByRule(meaning, names)


class ByScore:
    """By what would be stopped from which score on, besides what rules stop by themselves."""

    of = "score"

    def __init__(self, meaning: n.Ruleset, names: Sequence[str]) -> None:
        stops = {r.name for r in meaning.rules if r.action is not None and r.action.level >= n.DELAY}
        self._stops = np.array([name in stops for name in names])
        self._found: dict[int, list[int]] = {}

    def add(
        self, rows: Integers, index: Integers, scores: Integers, fraud: NDArray[np.bool_], amounts: Integers,
        measured: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Count payments in, by score."""
        scores = scores.copy()
        scores[rows[self._stops[index]]] = _FIRST
        keys, place = np.unique(scores[measured], return_inverse=True)
        honest, caught, money = _added(place.astype(np.int64), fraud[measured], amounts[measured], len(keys))
        for i, key in enumerate(keys.tolist()):
            _count_in(self._found, key, honest[i], caught[i], money[i])

    def points(self) -> tuple[Point, ...]:
        """From the highest score down; the first is what rules stop by themselves."""
        found = sorted(((k, v) for k, v in self._found.items() if k > 0), reverse=True)
        total, points = [0, 0, 0], []
        for key, counts in found:
            total = [a + b for a, b in zip(total, counts, strict=True)]
            points.append(Point("stopped by a rule" if key == _FIRST else f"score >= {key}", *total))
        step = max(1, -(-len(points) // MOST_POINTS))
        return tuple(p for i, p in enumerate(points) if i % step == 0 or i == len(points) - 1)


class ByRule:
    """By rules that ask or stop, the most precise first."""

    of = "rules"

    def __init__(self, meaning: n.Ruleset, names: Sequence[str]) -> None:
        acting = {r.name for r in meaning.rules if r.action is not None and r.action.level >= n.VERIFY}
        self._names = [name for name in names if name in acting]
        place = {name: i for i, name in enumerate(self._names)}
        self._place = np.array([place.get(name, -1) for name in names], np.int64)
        self._sets: dict[bytes, list[int]] | None = {}

    def add(
        self, rows: Integers, index: Integers, scores: Integers, fraud: NDArray[np.bool_], amounts: Integers,
        measured: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Count payments in, by the set of rules that fired."""
        places = self._place[index]
        kept = places >= 0
        rows, places = rows[kept], places[kept]
        for first in range(0, len(measured), _ROWS_AT_ONCE):
            low, high = np.searchsorted(rows, (first, first + _ROWS_AT_ONCE)).tolist()
            if low < high and self._sets is not None:
                self._count(rows[low:high], places[low:high], fraud, amounts)

    def _count(self, rows: Integers, places: Integers, fraud: NDArray[np.bool_], amounts: Integers) -> None:
        own, position = np.unique(rows, return_inverse=True)
        fired = np.zeros((len(own), len(self._names)), np.bool_)
        fired[position, places] = True
        packed = np.packbits(fired, axis=1)
        keys, place = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_inverse=True)
        honest, caught, money = _added(place.astype(np.int64), fraud[own], amounts[own], len(keys))
        assert self._sets is not None
        for i, key in enumerate(keys.tolist()):
            _count_in(self._sets, key, honest[i], caught[i], money[i])
        if len(self._sets) > MOST_SETS:
            self._sets = None

    def points(self) -> tuple[Point, ...]:
        """One for each rule that fired; none where there were too many sets."""
        if not self._sets:
            return ()
        sets = list(self._sets.values())
        packed = np.array([np.frombuffer(key, np.uint8) for key in self._sets])
        fired = np.unpackbits(packed, axis=1)[:, : len(self._names)].astype(np.bool_)
        counts = np.array([found[:2] for found in sets], np.int64)
        each = fired.T.astype(np.int64) @ counts  # by rule: honest, fraud
        order = sorted(
            (i for i in range(len(self._names)) if each[i].any()),
            key=lambda i: (-each[i, 1] / each[i].sum(), -each[i, 1], self._names[i]),
        )
        left, total, points = np.ones(len(sets), np.bool_), [0, 0, 0], []
        for i in order:
            for j in np.flatnonzero(left & fired[:, i]).tolist():
                total = [a + b for a, b in zip(total, sets[j], strict=True)]
            left &= ~fired[:, i]
            points.append(Point(self._names[i], *total))
        return tuple(points)


def _added(
    place: Integers, fraud: NDArray[np.bool_], amounts: Integers, size: int
) -> tuple[list[int], list[int], list[int]]:
    """By place: honest payments, fraud, and the money of fraud."""
    caught = np.bincount(place[fraud], minlength=size)
    money = Sums(size)
    money.add(place[fraud], amounts[fraud])
    return (np.bincount(place, minlength=size) - caught).tolist(), caught.tolist(), money.values.tolist()


def _count_in(found: dict, key: object, honest: int, fraud: int, money: int) -> None:  # type: ignore[type-arg]  # by score or by set
    counts = found.setdefault(key, [0, 0, 0])
    counts[0] += honest
    counts[1] += fraud
    counts[2] += money
