"""What every trial of a law shares: payments, who decides, and what is said of a law in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..engine.reading import EventReader
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..meaning.interpreter import Outcome, in_force
from ..meaning.walk import reads_in
from .counterexample import shrunk
from .law_drafts import Draft
from .law_outcomes import Decide, Deciding, Memory
from .law_payments import Payments, Seeded, plots_of
from .law_space import NOW, Space
from .law_windows import fits, relations

EXAMPLES = 2_000
"""Payments that are decided for one law, unless it is broken before."""
NEIGHBOURS = 3
"""Payments that differ from one that was aimed in one field: aiming costs ten times what deciding does."""
MOST_EXAMPLES = 10_000_000
MOST_VARIANTS = 400
"""Rulesets with another score that are kept."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A payment, or two that differ in one field, with which a law is broken. `says`: what is wrong, in a sentence.
    `tests`: a `test` block for each payment; `of`: the rule that they are to be pasted into. `fields`: what matters in
    them, fields, windows and lists by name; a window that has its value only to fit another is not among them.
    `values`: each payment's inputs in held units; `lists`: what these hold."""

    says: str
    of: str
    tests: tuple[str, ...]
    fields: tuple[str, ...]
    values: tuple[dict[str, n.Value | None], ...]
    lists: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class LawResult:
    """One law. `line`: where it stands, 0 for one that every ruleset has. `tried`: payments decided; `met`: how many of
    them (of `never`: how many moves of the field) put it to the test. `warning`: why it was not put to the test."""

    name: str
    line: int
    words: str
    tried: int
    met: int
    broken: Counterexample | None = None
    warning: str = ""

    @property
    def passed(self) -> bool:
        return self.broken is None


class Trial:
    """What the trials of one ruleset's laws share. `deciding`: who decides; by default the interpreter, remembered."""

    def __init__(self, rules: Rules, examples: int, seed: int, deciding: Deciding | None = None) -> None:
        if not 1 <= examples <= MOST_EXAMPLES:
            raise ValueError(f"examples lie between 1 and {MOST_EXAMPLES:_}")
        self.rules = rules
        self.examples = examples
        self.seed = seed
        self.space = Space(rules)
        self.memory = Memory()
        self.deciding = deciding or self.memory.deciding
        self.decides: Decide = self.deciding(rules.meaning)
        self.plots = plots_of(self.space)
        self.relations = relations(self.space)
        self.reader = EventReader(rules.meaning, rules.schema)
        self._variants: dict[tuple[str, int], Decide] = {}

    def payments(self, name: str) -> Payments:
        """Payments of a law's own, so that a law that is added changes nothing for the others."""
        return Payments(self.space, self.memory, Seeded(f"{self.seed} {name}"), self.relations)

    def decide(self, draft: Draft) -> Outcome:
        return self.decides(draft.values, draft.lists)

    def variant(self, rule: str, more: int) -> Decide:
        """What decides where the rule adds so much more to the score; where there is no exempt, for no rule."""
        found = self._variants.get((rule, more))
        if found is None:
            if len(self._variants) >= MOST_VARIANTS:
                self._variants.clear()
            meaning = self.rules.meaning
            other = replace(meaning, exempts=())
            if rule:
                rules = [replace(r, score=(r.score or 0) + more) if r.name == rule else r for r in meaning.rules]
                other = replace(meaning, rules=tuple(rules))
            found = self._variants[rule, more] = self.deciding(other)
        return found

    def awake(self, draft: Draft) -> bool:
        now = draft.values[NOW]
        assert isinstance(now, int)
        return in_force(self.space.meaning.in_force, now)

    def beside(self, names: Iterable[str], outcome: Outcome, draft: Draft) -> str:
        """The rule to paste a test into: the hardest of those that have to do with it, else the one that reads most of
        what is in it."""
        rules = self.rules.by_name
        for concerned in (names, (*outcome.fired, *outcome.lifted)):
            found = sorted((x for x in concerned if x in rules), key=lambda x: (_strength(rules[x]), x))
            if found:
                return found[-1]
        said = set(draft.changes)
        return max(rules, key=lambda name: len(said & {r.name for r in reads_in(rules[name].when)}))


def _strength(rule: n.Rule) -> tuple[int, float]:
    return rule.action.strength if rule.action else (0, 0.0)


def with_neighbours(payments: Payments, draft: Draft, most: int) -> Iterator[Draft]:
    """The draft, and some that differ from it in one field."""
    yield draft
    names = list(payments.space.pools)
    for _ in range(min(NEIGHBOURS, most - 1)):
        name = names[payments.chooser.below(len(names))]
        pool = payments.space.pools[name]
        near = draft.copy()
        near.put(name, pool[payments.chooser.below(len(pool))])
        yield near


def single(trial: Trial, draft: Draft, breaks: Callable[[Draft], bool]) -> Draft:
    """One payment that can be, shrunk to another that can be."""
    return shrunk(draft, lambda d: breaks(d) and fits(d, trial.relations))
