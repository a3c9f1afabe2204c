"""The payments and rules that the benchmarks share, made from a seed.

A payment is a dict of an id, a time and 40 fields: 20 numbers from 0 to 1, 10 texts of 50 values, 10 yes/no. A rule has
two to five conditions: 55% on a number, 20% that a text is one, 13% that it is one of eight, 12% on a yes/no. The rules
are kept as data, so that each engine can be given them in its own words, and `fired` is what is right, by a loop over
them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Event: TypeAlias = dict[str, Any]
Names: TypeAlias = tuple[list[str], list[str], list[str]]
"""Of numbers, texts and yes/nos."""
NUMBERS, TEXTS, YES_NOS, WORDS = 20, 10, 10, 50
PERCENTS = (2, 5, 10, 20, 50, 80, 90, 95, 98)
BEGAN = datetime(2026, 6, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Condition:
    """`field` is above or below `bound` (sign > or <), is one of `words`, or is yes."""

    field: str
    sign: str = ""
    bound: float = 0.0
    words: tuple[str, ...] = ()

    def holds(self, event: Event) -> bool:
        given = event[self.field]
        if self.sign:
            return bool(given > self.bound if self.sign == ">" else given < self.bound)
        return given in self.words if self.words else bool(given)

    @property
    def written(self) -> str:
        """As an analyst writes it."""
        if self.sign:
            return f"{self.field} {self.sign} {self.bound}"
        if not self.words:
            return self.field
        listed = ", ".join(f'"{word}"' for word in self.words)
        return f"{self.field} in ({listed})" if len(self.words) > 1 else f"{self.field} = {listed}"


Rule: TypeAlias = Sequence[Condition]


def fields(count: int = NUMBERS + TEXTS + YES_NOS) -> Names:
    """The names of numbers, texts and yes/nos: half, a quarter and a quarter of so many."""
    quarter = range(count // 4)
    return [f"n{i}" for i in range(count // 2)], [f"c{i}" for i in quarter], [f"b{i}" for i in quarter]


def make_rules(count: int, seed: int = 7, names: Names | None = None) -> list[Rule]:
    chance = random.Random(seed)
    numbers, texts, yes_nos = names or fields()
    return [[_condition(chance, numbers, texts, yes_nos) for _ in range(chance.randint(2, 5))] for _ in range(count)]


def _condition(chance: random.Random, numbers: list[str], texts: list[str], yes_nos: list[str]) -> Condition:
    kind = chance.random()
    if kind < 0.55:
        return Condition(chance.choice(numbers), chance.choice("<>"), chance.choice(PERCENTS) / 100)
    if kind < 0.88:
        words = chance.sample(range(WORDS), 1 if kind < 0.75 else 8)
        return Condition(chance.choice(texts), words=tuple(f"word{x}" for x in sorted(words)))
    return Condition(chance.choice(yes_nos))


def declared(names: Names | None = None) -> list[str]:
    """The lines of a rule file that declare the fields."""
    numbers, texts, yes_nos = names or fields()
    lines = [f'field {x} number, from 0 to 1 "{x}"' for x in numbers]
    return [*lines, *(f'field {x} text "{x}"' for x in texts), *(f'field {x} yes/no "{x}"' for x in yes_nos)]


def ruleset(rules: Sequence[Rule], names: Names | None = None, first: int = 0) -> str:
    """The rules as a file, numbered from `first`."""
    lines = ["ruleset bench version 2026.1", "  currency CNY", "", *declared(names)]
    for j, rule in enumerate(rules, first):
        lines += rule_lines(j, [condition.written for condition in rule])
    return "\n".join(lines) + "\n"


def rule_lines(number: int, written: Sequence[str]) -> list[str]:
    """One rule, of its conditions. It only warns, so that a payment that is processed is recorded."""
    head = ["", f"rule r{number}", f'  "rule {number}"', "  when " + "\n  and  ".join(written)]
    return [*head, "  then warn", '  tell payer "Is this right?"']


def make_events(count: int, seed: int = 1, names: Names | None = None) -> list[Event]:
    """In order of time, half a minute apart."""
    chance = random.Random(seed)
    numbers, texts, yes_nos = names or fields()
    return [
        {
            "id": f"payment-{i}",
            "occurred_at": (BEGAN + timedelta(seconds=30 * i)).isoformat(),
            **{x: chance.random() for x in numbers},
            **{x: f"word{chance.randrange(WORDS)}" for x in texts},
            **{x: chance.random() < 0.1 for x in yes_nos},
        }
        for i in range(count)
    ]


def fired(rules: Sequence[Rule], event: Event) -> list[bool]:
    """Of each rule, whether it fires."""
    return [all(condition.holds(event) for condition in rule) for rule in rules]
