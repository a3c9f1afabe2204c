"""A greedy search for rules: one rule after another, each the best conjunction of a few conditions beside those before
it.

Trees were the other way: a boosted forest finds much the same, and gives hundreds of leaves with limits such as 2.7381
that nobody can read aloud. Here every limit is a readable one from the start (`suggesting_steps`), so that a condition
is a byte a payment, `codes[condition, payment] >= level`, and what a rule would stop is counted by histograms. A rule
is grown by a beam: from the best conditions, with one more each time. What a rule is worth is the fraud that no rule
before it stops (half by number, half by money) less the price of the honest payments that it adds. The price is what
makes one pass stop little or much; `suggesting` looks for the one that keeps within what may be stopped.

The search may use floats and a sample: it only proposes. What a proposal does is counted afterwards by the engine, on
all payments and to the cent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Rule: TypeAlias = tuple[tuple[int, int], ...]
"""Conditions in order of their place: (place in `codes`, level)."""

LEVELS = 64
"""Limits that one condition chooses from, and one more: codes are below this."""
MOST_CONDITIONS = 4
"""A rule of more is no longer read aloud in one breath."""
BEAM = 8
"""Rules that each leniency keeps from one length to the next; twice as many found nothing better and took twice as
long."""
LENIENCIES = (1.0, 0.2, 0.03)
"""Shares of the price at which unfinished rules are ranked: what is too broad yet may become good by one more
condition."""
FEWEST_FRAUDS = 20
"""A rule that adds less fraud than this in training has found chance."""
MOST_SAMPLED = 40_000
"""Honest payments by which an unfinished rule is judged; a finished one is by all."""
COST_OF_A_CONDITION = 0.0002
"""Of all fraud: a condition that brings less is left out, and the rule is shorter."""


@dataclass(frozen=True, slots=True)
class Found:
    """A rule, and what it adds to those before it: its worth (share of fraud less price), honest payments, frauds."""

    rule: Rule
    worth: float
    honest: int
    frauds: int


class Search:
    """`codes` uint8[conditions, payments]; `fraud` bool[payments]; `amounts` of money, any unit."""

    def __init__(self, codes: Codes, fraud: Mask, amounts: Floats, seed: int = 0) -> None:
        self.codes = codes
        self.fraud = fraud
        money = np.where(fraud, amounts, 0.0)
        whole = float(money.sum())
        self.value: Floats = fraud / (2 * fraud.sum()) + (money / (2 * whole) if whole else fraud / (2 * fraud.sum()))
        self.honest = int(np.count_nonzero(~fraud))
        self._chance = np.random.default_rng(seed)

    def holds(self, rule: Rule) -> Mask:
        """bool[payments]: where every condition of the rule does."""
        met = np.ones(len(self.fraud), np.bool_)
        for place, level in rule:
            met &= self.codes[place] >= level
        return met

    def best(self, stopped: Mask, price: float, longest: int, out_of_time: Callable[[], bool]) -> Found | None:
        """The rule worth most beside what is `stopped` already; None when none is worth anything. `price`: of one
        honest payment, as a share of all fraud."""
        open_rows = np.flatnonzero(~stopped)
        best: Found | None = None
        frontier: list[Rule] = [()]
        seen: set[Rule] = set()
        for length in range(1, longest + 1):
            ranked: dict[float, list[tuple[float, Rule]]] = {share: [] for share in LENIENCIES}
            for rule in frontier:
                if out_of_time():
                    return best
                rows = self._rows(rule, open_rows)
                gains = self._gains(rows)
                best = self._finished(rule, gains, price, length, stopped, best)
                if length < longest:
                    self._unfinished(rule, gains, price, ranked)
            frontier = []
            for each in ranked.values():
                each.sort(key=lambda item: (-item[0], item[1]))
                taken: set[float] = set()
                for worth, rule in each:
                    if len(taken) == BEAM:
                        break
                    if worth not in taken and rule not in seen:
                        taken.add(worth)
                        seen.add(rule)
                        frontier.append(rule)
        return best

    def _rows(self, rule: Rule, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        for place, level in rule:
            rows = rows[self.codes[place, rows] >= level]
        return rows

    def _gains(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """By condition and level, of these rows where it holds: value of fraud, honest payments, frauds; each
        float64[conditions, LEVELS]."""
        fraud = self.fraud[rows]
        bad, good = rows[fraud], rows[~fraud]
        scale = 1.0
        if len(good) > MOST_SAMPLED:
            scale = len(good) / MOST_SAMPLED
            good = np.sort(self._chance.choice(good, MOST_SAMPLED, replace=False))
        of_bad, of_good = self.codes[:, bad], self.codes[:, good]
        value = self.value[bad]
        found = [np.empty((len(self.codes), LEVELS)) for _ in range(3)]
        for place in range(len(self.codes)):
            found[0][place] = np.bincount(of_bad[place], value, LEVELS)
            found[1][place] = np.bincount(of_good[place], minlength=LEVELS)
            found[2][place] = np.bincount(of_bad[place], minlength=LEVELS)
        found[1] *= scale
        return _above(found[0]), _above(found[1]), _above(found[2])

    def _finished(
        self,
        rule: Rule,
        gains: tuple[Floats, Floats, Floats],
        price: float,
        length: int,
        stopped: Mask,
        best: Found | None,
    ) -> Found | None:
        """The better of `best` and the rule with one more condition, counted on all payments."""
        worth = _worth(gains, price) - COST_OF_A_CONDITION * length
        order = np.argsort(-worth, axis=None)[:3]
        for flat in order.tolist():
            place, level = divmod(flat, LEVELS)
            if worth[place, level] <= (0.0 if best is None else best.worth):
                break
            longer = _with(rule, place, level)
            met = self.holds(longer) & ~stopped
            honest, frauds = int(np.count_nonzero(met & ~self.fraud)), int(np.count_nonzero(met & self.fraud))
            exact = float(self.value[met].sum()) - price * _charged(honest) - COST_OF_A_CONDITION * len(longer)
            if frauds >= FEWEST_FRAUDS and exact > (0.0 if best is None else best.worth):
                best = Found(longer, exact, honest, frauds)
        return best

    def _unfinished(
        self,
        rule: Rule,
        gains: tuple[Floats, Floats, Floats],
        price: float,
        ranked: dict[float, list[tuple[float, Rule]]],
    ) -> None:
        places = {place for place, _ in rule}
        for share, found in ranked.items():
            worth = _worth(gains, price * share)
            levels = worth.argmax(axis=1)
            values = worth[np.arange(len(worth)), levels]
            for place in np.argsort(-values, kind="stable")[: 2 * BEAM].tolist():
                if values[place] > 0 and place not in places:
                    found.append((float(values[place]), _with(rule, place, int(levels[place]))))

    def shortened(self, rule: Rule, others: Mask, price: float) -> Rule:
        """The rule without conditions whose absence costs nothing. `others`: what all other rules stop."""
        for condition in rule:
            shorter = tuple(c for c in rule if c != condition)
            if shorter and self.worth(shorter, others, price) >= self.worth(rule, others, price):
                return self.shortened(shorter, others, price)
        return rule

    def moved(self, rule: Rule, others: Mask, price: float) -> Rule:
        """The rule with each limit where it is worth most beside the other rules."""
        best = rule
        for at, (place, level) in enumerate(rule):
            rest = (*best[:at], *best[at + 1 :])
            rows = np.flatnonzero(self.holds(rest) & ~others)
            codes, fraud = self.codes[place, rows], self.fraud[rows]
            value = _above(np.bincount(codes[fraud], self.value[rows[fraud]], LEVELS).astype(np.float64))
            honest = _above(np.bincount(codes[~fraud], minlength=LEVELS).astype(np.float64))
            worth = value - price * (honest + np.sqrt(honest))
            worth[0] = -np.inf
            if worth.max() > worth[level] + 1e-9:
                best = (*best[:at], (place, int(worth.argmax())), *best[at + 1 :])
        return best

    def worth(self, rule: Rule, others: Mask, price: float) -> float:
        met = self.holds(rule) & ~others
        honest = int(np.count_nonzero(met & ~self.fraud))
        return float(self.value[met].sum()) - price * _charged(honest) - COST_OF_A_CONDITION * len(rule)


def _above(counts: Floats) -> Floats:
    """By level, what has this level or a higher one."""
    sums: Floats = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    return sums


def _charged(honest: int) -> float:
    """Honest payments that are reckoned with: those seen and the noise of their number, as few say little."""
    return honest + float(np.sqrt(honest))


def _worth(gains: tuple[Floats, Floats, Floats], price: float) -> Floats:
    value, honest, frauds = gains
    worth: Floats = value - price * (honest + np.sqrt(honest))
    worth[frauds < FEWEST_FRAUDS] = -np.inf
    worth[:, 0] = -np.inf
    return worth


def _with(rule: Rule, place: int, level: int) -> Rule:
    """The rule with one more condition; a tighter limit of one that it has replaces it."""
    return tuple(sorted({**dict(rule), place: max(level, dict(rule).get(place, 0))}.items()))
