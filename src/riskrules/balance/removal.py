"""What only one rule stops: which payments would not be stopped were the rule not there.

Worked out from what fired, without deciding again. A rule that goes takes its own action and its score with it, and
nothing else: which exempts hold does not hang on it, and windows hold what took place. So a payment stays stopped if
another rule that fired stops it, or the bands do with the rest of the score, as far as the exempts that hold let them
act. That is exact, and is tested against deciding without each rule in turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..meaning import nodes as n
from .counting import Integers, Sums
from .figures import Alone
from .watching import EXEMPT

_NEVER = 2**62
_SIDES = 4  # honest and fraud, each no longer stopped or only then stopped


class Removal:
    """Adds up, for every rule, what stops with it. `names`: what `fired.index` points into."""

    def __init__(self, meaning: n.Ruleset, names: Sequence[str]) -> None:
        rules = {r.name: r for r in meaning.rules}
        found = [rules.get(name) for name in names]
        self._stops = np.array([r is not None and r.action is not None and r.action.level >= n.DELAY for r in found])
        self._score = np.array([0 if r is None else r.score or 0 for r in found], np.int64)
        self._matters = self._stops | (self._score != 0)
        below = {EXEMPT + e.name: e.below for e in meaning.exempts}
        self._below = np.array([below.get(name) or 0 for name in names], np.int64)
        self._least = np.array(
            [
                min((b.at_least for b in meaning.bands if b.action.level >= max(n.DELAY, level)), default=_NEVER)
                for level in range(len(n.LEVELS) + 1)
            ],
            np.int64,
        )
        self.payments: Integers = np.zeros(len(names) * _SIDES, np.int64)
        self.money = Sums(len(names) * _SIDES)

    def direct(self, rows: Integers, index: Integers, count: int) -> Integers:
        """How many rules that stop by themselves fired on each payment, int64[count]."""
        return np.bincount(rows[self._stops[index]], minlength=count)

    def add(
        self,
        rows: Integers,
        index: Integers,
        scores: Integers,
        fraud: NDArray[np.bool_],
        amounts: Integers | None,
    ) -> None:
        """Count payments in. `rows`, `index`: each rule that fired and on which of them; the others have a value a
        payment."""
        direct = self.direct(rows, index, len(scores))
        below = np.zeros(len(scores), np.int64)
        lifting = np.flatnonzero(self._below[index])
        np.maximum.at(below, rows[lifting], self._below[index[lifting]])
        least = self._least[below]
        stopped = (direct > 0) | (scores >= least)
        kept = self._matters[index]
        rows, index = rows[kept], index[kept]
        without = (direct[rows] > self._stops[index]) | (scores[rows] - self._score[index] >= least[rows])
        changed = np.flatnonzero(without != stopped[rows])
        rows, index = rows[changed], index[changed]
        places = index * _SIDES + fraud[rows] * 2 + without[changed]
        self.payments += np.bincount(places, minlength=len(self.payments))
        if amounts is not None:
            self.money.add(places, amounts[rows])

    def alone(self, place: int) -> Alone:
        """What came of the rule at a place of `names`."""
        counts = self.payments[place * _SIDES :][:_SIDES].tolist()
        money = self.money.values[place * _SIDES :][:_SIDES].tolist()
        return Alone(counts[0] - counts[1], money[0] - money[1], counts[2] - counts[3], money[2] - money[3])
