"""Payments on which a ruleset may break a law: aimed at what its rules and exempts turn on.

A plot is something that could happen in a ruleset: a rule fires, one of its `unless` keeps it from firing, an exempt
lifts it, scores add up to a band. Each payment follows one plot, in turn, so that a thousand payments meet each of some
hundred plots about ten times; what the plot leaves open is as in the harmless payment, or anything worth trying.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..meaning import nodes as n
from ..meaning.interpreter import in_force
from ..meaning.walk import found_in, reads_in
from .law_aims import Aim, Chooser
from .law_drafts import Draft
from .law_outcomes import Memory
from .law_space import NOW, Space
from .law_windows import Relation, mend

SHARES = (0, 0, 4, 2, 1)
"""How much of a payment is left to chance: none of its fields, none, one in four, one in two, all."""
MOST_SCORING = 6
"""Scoring rules that one plot makes fire together."""
MOST_PLOTS = 2_000


class Seeded:
    """Chance from a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  # which payments are tried is no secret

    def below(self, count: int) -> int:
        return int(self._random.random() * count)


@dataclass(frozen=True)
class Plot:
    """What is to happen: conditions, each with whether it is to hold, in the order in which they are aimed at. `when`:
    a moment at which all that takes part is in force, None for any. `name`: of the rule or the exempt."""

    name: str
    goals: tuple[tuple[n.Condition, bool], ...]
    when: int | None = None

    @cached_property
    def reads(self) -> frozenset[str]:
        """The inputs that it hangs on, the payment's time among them where a param or a rule has dates."""
        return _inputs(self.goals) | ({NOW} if self.when is not None else set())

    @cached_property
    def compares(self) -> tuple[tuple[n.Compare, frozenset[str]], ...]:
        """Its comparisons, each with the inputs that it hangs on."""
        return tuple((c, _inputs(c)) for c in found_in(self.goals, n.Compare))


def _inputs(piece: object) -> frozenset[str]:
    names = {r.name for r in reads_in(piece)}
    return frozenset(names | {NOW} if found_in(piece, n.Dated) else names)


def plots_of(space: Space) -> list[Plot]:
    """Everything that could happen, each thing once, the rules first."""
    meaning = space.meaning
    rules = {r.name: r for r in space.rules.meaning.rules}
    found = [_fires(space, r) for r in rules.values()]
    for rule in rules.values():
        for unless in rule.unless:
            found.append(Plot(rule.name, ((rule.when, True), (unless, True)), _moment(space, rule)))
    scoring = [r for r in rules.values() if r.score]
    together = [tuple((scoring[at:] + scoring[:at])[:MOST_SCORING]) for at in range(len(scoring))]
    for exempt in meaning.exempts:
        lifted = [rules[name] for name in exempt.lifts if name in rules]
        lifted += [r for r in rules.values() if exempt.below and r.action and 0 < r.action.level < exempt.below]
        beside: list[tuple[n.Rule, ...]] = [(), *((rule,) for rule in lifted), *together[:1]]
        for some in beside:
            goals = (*(g for r in some for g in _goals(r)), *_goals(exempt))
            found.append(Plot(exempt.name, goals, _moment(space, *some, exempt)))
        for unless in exempt.unless:
            found.append(Plot(exempt.name, ((exempt.when, True), (unless, True)), _moment(space, exempt)))
    for group in together:
        if len(group) > 1:
            found.append(Plot("score", tuple(g for r in group for g in _goals(r)), _moment(space, *group)))
    return found[:MOST_PLOTS]


def _fires(space: Space, rule: n.Rule | n.Exempt) -> Plot:
    return Plot(rule.name, _goals(rule), _moment(space, rule))


def _goals(rule: n.Rule | n.Exempt) -> tuple[tuple[n.Condition, bool], ...]:
    return (*((u, False) for u in rule.unless), (rule.when, True))


def _moment(space: Space, *taking_part: n.Rule | n.Exempt) -> int | None:
    """When all of them are in force; None where the harmless payment's time does, or no time would."""
    spans = [space.meaning.in_force, *(x.in_force for x in taking_part)]
    now = space.benign[NOW]
    assert isinstance(now, int)
    if all(in_force(s, now) for s in spans):
        return None
    return next((x for x in space.pools[NOW] if all(in_force(s, int(x or 0)) for s in spans)), None)  # type: ignore[return-value]  # moments are whole numbers


class Payments:
    """Draws payments of a space. `windows`: what holds between them; `fixed`: what is in lists that do not change."""

    def __init__(
        self,
        space: Space,
        memory: Memory,
        chooser: Chooser,
        windows: tuple[Relation, ...],
        fixed: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.space = space
        self.chooser = chooser
        self.aim = Aim(memory, chooser, fixed)
        self.relations = windows
        self.fixed = {name: frozenset(items) for name, items in (fixed or {}).items()}
        self._open = [s.name for s in space.slots.values() if s.name not in space.ages]

    def payment(self, plot: Plot | None, last: Sequence[n.Condition] = ()) -> Draft:
        """A payment that follows the plot as far as it can and meets the conditions `last`, which win."""
        draft = Draft(self.space, None, self.fixed)
        share = SHARES[self.chooser.below(len(SHARES))]
        if share:
            for name in self._open:
                if not self.chooser.below(share):
                    self._any(draft, name)
        if plot is not None and plot.when is not None:
            draft.put(NOW, plot.when)
        goals = [*(plot.goals if plot is not None else ()), *((c, True) for c in last)]
        for condition, wanted in goals:
            self.aim.at(draft, condition, wanted)
        mend(draft, self.relations)
        for condition, wanted in goals:
            self.aim.again(draft, condition, wanted)
        mend(draft, self.relations)
        return draft

    def _any(self, draft: Draft, name: str) -> None:
        pool = self.space.pools[name]
        draft.put(name, pool[self.chooser.below(len(pool))])

    def following(self, plots: Sequence[Plot]) -> Iterator[Plot | None]:
        """The plots in turn, without end; the harmless payment, with what chance adds to it, among them."""
        while True:
            yield None
            yield from plots
