"""Rules proposed from a labelled history, by a search that looks at its first two thirds and is checked on the last.

The price of an honest payment falls step by step, and with it more is stopped: at every step the limits of the rules so
far are set anew for the price, and rules are added while any is worth it. The last state that keeps within what may be
stopped is proposed, so one pass also draws the curve. A search finds chance too, and stops a tenth more honest people
elsewhere than where it looked; so what may be stopped has to hold both where it looked and on the third that it did
not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..bridges.columns import Batch
from .curve import Outcome, outcome_of
from .suggesting_quantities import LET, Floats, Readable
from .suggesting_search import Codes, Mask, Rule, Search
from .suggesting_steps import MOST_TESTED, Step, codes_of, flag_of, steps_of, values_of
from .tuning_history import Decider, Integers, Past
from .tuning_spans import SEARCHED

FIRST_PRICE = 1.0
"""Of an honest payment, in frauds."""
NEXT_PRICE = 0.6
LAST_PRICE = 0.025
"""Forty honest people stopped for one fraud: nobody pays more."""
FEWEST_PROVEN = 50
"""Frauds where is checked: with fewer, a rule is not struck for what they say."""
HALVINGS = 3
"""Between the last price that stopped little enough and the first that stopped too much."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is stopped at one price: the rules; shares of honest payments stopped where was searched and where was only
    checked; the outcome of both together."""

    price: float
    rules: tuple[Rule, ...]
    searched: Fraction
    checked: Fraction
    outcome: Outcome

    def keeps(self, stop_at_most: Fraction) -> bool:
        return max(self.searched, self.checked, self.outcome.friction) <= stop_at_most


@dataclass(frozen=True)
class Proposal:
    steps: tuple[Step, ...]
    stages: tuple[Stage, ...]
    chosen: Stage | None
    in_time: bool


def prepared(
    readable: Readable, past: Past, lists: Mapping[str, frozenset[str]], seed: int
) -> tuple[list[Step], Codes]:
    """The steps that part the payments of the past, and their codes."""
    flags = _flags(readable, past, lists)
    chance = np.random.default_rng(seed)
    share = min(1.0, MOST_TESTED / max(past.payments, 1))
    picked = past.fraud | (chance.random(past.payments) < share)
    sample: dict[str, list[Floats]] = {q.name: [] for q in readable.quantities}
    for batch, rows in _with_rows(past):
        for q in readable.quantities:
            sample[q.name].append(values_of(q, batch)[picked[rows]])
    joined = {name: np.concatenate(parts) for name, parts in sample.items()}
    steps = steps_of(readable.quantities, [*flags], joined, past.fraud[picked])
    codes = np.empty((len(steps), past.payments), np.uint8)
    for batch, rows in _with_rows(past):
        codes[:, rows] = codes_of(steps, batch, {name: flag[rows] for name, flag in flags.items()})
    return steps, codes


def _flags(readable: Readable, past: Past, lists: Mapping[str, frozenset[str]]) -> dict[str, Mask]:
    found: dict[str, Mask] = {}
    if readable.conditions:
        _, fired = Decider(past, lists).fired(readable.probe)
        found = {name: fired[LET + name] for name in readable.conditions if LET + name in fired}
    for name in readable.conditions:
        parts = [flag_of(name, batch) for batch in past.batches] if name not in found else []
        if parts and all(p is not None for p in parts):
            found[name] = np.concatenate([p for p in parts if p is not None])
    return found


def _with_rows(past: Past) -> list[tuple[Batch, slice]]:
    first, found = 0, []
    for batch in past.batches:
        found.append((batch, slice(first, first + batch.rows)))
        first += batch.rows
    return found


def proposed(
    steps: Sequence[Step],
    codes: Codes,
    past: Past,
    stop_at_most: Fraction,
    most_rules: int,
    longest: int,
    seconds: float,
    seed: int = 0,
    told: Callable[[Stage], None] = lambda stage: None,
) -> Proposal:
    """Rules that stop at most that share of the honest payments of the past."""
    part = max(1, round(past.payments * SEARCHED))
    search = Search(codes[:, :part], past.fraud[:part], past.amounts[:part].astype(np.float64), seed)
    check = Search(codes[:, part:], past.fraud[part:], past.amounts[part:].astype(np.float64), seed)
    whole = Search(codes, past.fraud, past.amounts.astype(np.float64), seed)
    ends = time.monotonic() + seconds

    def out_of_time() -> bool:
        return time.monotonic() > ends

    def stage(price: float) -> Stage:
        found = _at_price(search, best.rules if best else (), price, most_rules, longest, out_of_time)
        stages.append(_stage(whole, part, past.amounts, price, _proven(check, found, price)))
        told(stages[-1])
        return stages[-1]

    stages: list[Stage] = []
    best: Stage | None = None
    price, dear, cheap = FIRST_PRICE, FIRST_PRICE, 0.0
    while price >= LAST_PRICE and not cheap and not out_of_time():
        made = stage(price)
        if made.keeps(stop_at_most):
            best, dear = made, price
        else:
            cheap = price
        price *= NEXT_PRICE
    for _ in range(HALVINGS if cheap else 0):
        if not out_of_time():
            made = stage((dear * cheap) ** 0.5)
            if not made.keeps(stop_at_most):
                cheap = made.price
            else:
                dear = made.price
                best = made if best is None or made.outcome.worth >= best.outcome.worth else best
    return Proposal(tuple(steps), tuple(stages), best, not out_of_time())


def _at_price(
    search: Search,
    rules: tuple[Rule, ...],
    price: float,
    most_rules: int,
    longest: int,
    out_of_time: Callable[[], bool],
) -> tuple[Rule, ...]:
    price = price / max(int(search.fraud.sum()), 1)
    found = list(rules)
    masks = [search.holds(rule) for rule in found]

    def others(at: int) -> Mask:
        return _any([m for i, m in enumerate(masks) if i != at], len(search.fraud))

    def settle() -> None:
        for at in range(len(found)):
            if not out_of_time():
                rest = others(at)
                found[at] = search.shortened(search.moved(found[at], rest, price), rest, price)
                masks[at] = search.holds(found[at])

    settle()
    while len(found) < most_rules and not out_of_time():
        grown = search.best(_any(masks, len(search.fraud)), price, longest, out_of_time)
        if grown is None:
            break
        found.append(grown.rule)
        masks.append(search.holds(grown.rule))
    settle()
    for at in reversed(range(len(found))):
        if search.worth(found[at], others(at), price) <= 0:
            del found[at], masks[at]
    return tuple(found)


def _proven(check: Search, rules: tuple[Rule, ...], price: float) -> tuple[Rule, ...]:
    """The rules without those that are worth nothing where was not searched, the least worth first."""
    frauds = int(check.fraud.sum())
    kept = list(rules)
    while kept and frauds >= FEWEST_PROVEN:
        masks = [check.holds(rule) for rule in kept]
        size = len(check.fraud)
        worth = [
            check.worth(rule, _any([m for j, m in enumerate(masks) if j != i], size), price / frauds)
            for i, rule in enumerate(kept)
        ]
        least = int(np.argmin(worth))
        if worth[least] > 0:
            break
        del kept[least]
    return tuple(kept)


def _any(masks: Sequence[Mask], size: int) -> Mask:
    found = np.zeros(size, np.bool_)
    for mask in masks:
        found |= mask
    return found


def _stage(whole: Search, part: int, amounts: Integers, price: float, rules: tuple[Rule, ...]) -> Stage:
    stopped = _any([whole.holds(rule) for rule in rules], len(amounts))

    def friction(of: slice) -> Fraction:
        return outcome_of(stopped[of], whole.fraud[of], amounts[of]).friction

    searched, checked = friction(slice(None, part)), friction(slice(part, None))
    return Stage(price, rules, searched, checked, outcome_of(stopped, whole.fraud, amounts))
