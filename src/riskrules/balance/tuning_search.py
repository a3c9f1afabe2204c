"""The search for better values of params: from param to param, over round values, within bounds.

A candidate is the ruleset's own text with other literals, checked and decided by the engine over windows that were
worked out once. The search climbs at one price of an honest payment after another and remembers every outcome, since
the best that keeps within what may be stopped may lie on the way; the last climb is among those that keep within it.
The price of moving one param at a time is that two that only help together may be missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from ..base.diagnostics import RulesetError
from ..checker.models import Beside
from ..checker.ruleset import check_text
from ..engine.rules import Rules, loads
from ..meaning.promises import Param
from .curve import Outcome, outcome_of
from .tuning_history import Decider
from .tuning_spans import SEARCHED
from .tuning_values import round_values, written

PRICES = (2.0, 1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.015)
"""Of an honest payment, in frauds: for each a best setting is looked for, from the dearest on."""
FIRST_LOOK = 5
"""Values of a param that are tried before its neighbourhood."""
NEIGHBOURS = (-1, 1, -2, 2)
ROUNDS = 2
"""Times that all params are gone through at one price."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A param with its choices, rising, among them its present value."""

    param: Param
    choices: tuple[Fraction, ...]
    present: int


Setting: TypeAlias = tuple[int, ...]
"""A place among its choices for each knob."""


def knobs_of(params: Sequence[Param]) -> tuple[tuple[Knob, ...], tuple[str, ...]]:
    """What may be tuned, and the names of those whose value hangs on the day."""
    knobs, untouched = [], []
    for param in params:
        if param.tune is None:
            continue
        if len(param.values) != 1:
            untouched.append(param.name)
            continue
        low, high = (Fraction(int(end.value), 10**end.digits) for end in param.tune)
        now = Fraction(param.values[0].value, 10 ** param.values[0].digits)
        choices = sorted({now, *round_values(param.kind, low, high)})
        knobs.append(Knob(param, tuple(choices), choices.index(now)))
    return tuple(knobs), tuple(untouched)


def retold(text: str, knobs: Sequence[Knob], setting: Setting) -> str:
    """The text with the literals of a setting; those that stay are not touched."""
    edits = [
        (*knob.param.places[0], written(knob.choices[place], knob.param.kind))
        for knob, place in zip(knobs, setting, strict=True)
        if place != knob.present
    ]
    for start, end, literal in sorted(edits, reverse=True):
        text = text[:start] + literal + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class Tried:
    outcome: Outcome
    most_stopped: Fraction


class Search:
    """Goes through settings; `seen` is every one that was decided. `present`: the setting as it stands."""

    def __init__(
        self,
        text: str,
        name: str,
        beside: Beside,
        knobs: Sequence[Knob],
        decider: Decider,
        stop_at_most: Fraction,
        most_evaluations: int,
        seconds: float,
        told: Callable[[str], None],
    ) -> None:
        self.seen: dict[Setting, Tried] = {}
        self.present: Setting = tuple(k.present for k in knobs)
        self.ended = False
        self._text, self._name, self._beside, self._knobs = text, name, beside, knobs
        self._decider, self._allowed, self._most, self._told = decider, stop_at_most, most_evaluations, told
        self._part = max(1, round(decider.past.payments * SEARCHED))
        self._ends = time.monotonic() + seconds

    def run(self) -> Setting | None:
        """The best setting that keeps within what may be stopped; None where there is none."""
        self._tried(self.present)
        for price in PRICES:
            good = partial(self._net, price)
            self._climb(max(self.seen, key=good), good)
            best = self._best()
            if best is not None:
                self._told(told_so_far(len(self.seen), self.seen[best].outcome))
        begin = self._best() or min(self.seen, key=lambda s: self.seen[s].most_stopped)
        self._climb(begin, self._within)
        return self._best()

    def _best(self) -> Setting | None:
        kept = [s for s, t in self.seen.items() if t.most_stopped <= self._allowed]
        return max(kept, key=lambda s: (self.seen[s].outcome.worth, -self.seen[s].outcome.friction)) if kept else None

    def _net(self, price: float, setting: Setting) -> float:
        o = self._tried(setting).outcome
        return float(o.worth) - price * o.honest_stopped / max(o.fraud, 1)

    def _within(self, setting: Setting) -> float:
        """Its worth if it keeps the share; below zero by how far it does not."""
        tried = self._tried(setting)
        over = float(tried.most_stopped - self._allowed)
        return -over if over > 0 else float(tried.outcome.worth)

    def _climb(self, setting: Setting, good: Callable[[Setting], float]) -> None:
        """Moves one param after another to where it is best, until none is better elsewhere."""
        for _ in range(ROUNDS):
            before = setting
            for at in range(len(self._knobs)):
                setting = self._moved(setting, at, good)
            if setting == before or self._out():
                return

    def _moved(self, setting: Setting, at: int, good: Callable[[Setting], float]) -> Setting:
        """The setting with one param at the best of its places that were looked at: some far apart, then neighbours."""
        choices = len(self._knobs[at].choices)
        best, looks = good(setting), _spread(choices)
        while looks:
            began = setting
            for place in looks:
                other = (*setting[:at], place, *setting[at + 1 :])
                if not 0 <= place < choices or self._out():
                    continue
                if (found := good(other)) > best:
                    best, setting = found, other
            near = [setting[at] + step for step in NEIGHBOURS]
            looks = near if setting != began or looks != near else []
        return setting

    def _out(self) -> bool:
        self.ended = self.ended or len(self.seen) >= self._most or time.monotonic() > self._ends
        return self.ended

    def _tried(self, setting: Setting) -> Tried:
        if setting not in self.seen:
            rules = loaded(retold(self._text, self._knobs, setting), self._name, self._beside)
            stopped, past = self._decider.stopped(rules), self._decider.past
            parts = [
                outcome_of(stopped[of], past.fraud[of], past.amounts[of])
                for of in (slice(None), slice(None, self._part), slice(self._part, None))
            ]
            self.seen[setting] = Tried(parts[0], max(o.friction for o in parts))
        return self.seen[setting]


def _spread(choices: int) -> list[int]:
    """Some places, evenly from the first to the last."""
    if choices <= FIRST_LOOK:
        return list(range(choices))
    return [round(i * (choices - 1) / (FIRST_LOOK - 1)) for i in range(FIRST_LOOK)]


def loaded(text: str, name: str, beside: Beside) -> Rules:
    checked = check_text(text, name, beside=beside)
    if checked.ruleset is None:
        raise RulesetError(checked.diagnostics)
    names = {m.file for m in checked.ruleset.models}
    return loads(text, name, models={file: beside(file) for file in names})


def setting_words(knobs: Sequence[Knob], setting: Setting) -> str:
    each = [f"{k.param.name} = {written(k.choices[p], k.param.kind)}" for k, p in zip(knobs, setting, strict=True)]
    return ", ".join(each)


def told_so_far(tried: int, o: Outcome) -> str:
    return (
        f"{tried} settings tried; the best stops {float(o.friction):.3%} of honest payments and catches "
        f"{float(o.caught_share):.1%} of frauds, {float(o.money_share):.1%} of their money"
    )
