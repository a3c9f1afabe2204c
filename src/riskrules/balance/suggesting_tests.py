"""Inline tests for proposed rules: on the line of each limit, and one step beyond it.

A draft that nobody has read needs them more than any other rule: they show the reader what a limit means, and once the
rule is signed for, no limit moves unnoticed. They begin from payments of the history on which the rule fired, with
other values in place of theirs, and each is asked of the interpreter: on the line this rule fires and no other, beyond
it none does. Where the search finds no such payment in `TRIES`, the limit has no test, and its reader is none the
worse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TypeAlias

import numpy as np

from ..base.money import format_minor
from ..engine.inline_tests import harmless
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..meaning.averages import exact_of, inputs_of
from ..meaning.interpreter import holds_whole, quantity
from ..schema.kinds import DAY, HOUR, MINUTE, SECOND, Kind
from .suggesting_quantities import Quantity, atoms_of
from .suggesting_steps import Step
from .tuning_history import Past

TRIES = 400
"""Payments that are made up for one test."""
EXAMPLES = 40
"""Payments of the history that they begin from."""
SCALE = 10_000
"""Counts are made this large where a share of them is tested: a hundredth of a percent then is one."""

Given: TypeAlias = dict[str, int]
"""Held values by the name that a test gives."""
Atoms: TypeAlias = Mapping[str, n.Read | n.Average]


@dataclass(frozen=True, slots=True)
class Example:
    """A test: its name, what is given, and whether the rule fires."""

    name: str
    given: tuple[tuple[str, str], ...]
    fires: bool


class Examples:
    """Makes tests for the rules of one draft. `named`: the steps and levels of each."""

    def __init__(self, rules: Rules, named: Mapping[str, Sequence[tuple[Step, int]]], seed: int) -> None:
        self._rules, self._named = rules, named
        self._chance = np.random.default_rng(seed)
        self._harmless = harmless(rules)
        self._words = {i.name for i in rules.meaning.inputs if not i.kind.numeric and i.origin != "window"}
        self._flags = {i.name for i in rules.meaning.inputs if i.kind.name == "yes/no"}

    def of(self, rule: str, rows: Sequence[int], past: Past) -> list[Example]:
        """`rows`: of the past, on which the rule fires and, if there are such, no other."""
        conditions = self._named[rule]
        quantities = list({q.name: q for s, _ in conditions for q in (s.left, s.right) if q is not None}.values())
        atoms = {a.name: a for q in quantities for a in atoms_of(q.node)}
        picked = self._chance.permutation(np.array(rows, np.int64))[:EXAMPLES]
        begun = [_held(past, int(row), list(atoms.values())) for row in np.sort(picked)]
        made = []
        guards = _guards(conditions)
        for step, level in [*conditions, *((step, 1) for step, _ in guards)]:
            if step.left is None:
                continue
            for beyond in (False, True):
                if step.right is not None and step.limits[level - 1] == 1 and not beyond and len(conditions) > 1:
                    continue  # no number is written there
                nothing = next((q for guard, q in guards if guard is step), None)
                given = self._search(rule, (step, level), beyond, begun, atoms, nothing)
                if given is not None:
                    name = _test_name(step, beyond)
                    made.append(Example(name, self._written(rule, given, atoms), not beyond))
        return made

    def _search(
        self,
        rule: str,
        condition: tuple[Step, int],
        beyond: bool,
        begun: Sequence[Given],
        atoms: Atoms,
        nothing: Quantity | None,
    ) -> Given | None:
        """`nothing`: what has to be nothing for the condition to matter."""
        step, level = condition
        others = [c for c in self._named[rule] if c != condition and c[0].left is not None]
        assert step.left is not None
        limit = step.limits[level - 1]
        shares_of_counts = step.right is not None and step.left.kind.name == "count" and limit.denominator > 1
        for attempt in range(TRIES if begun else 0):
            given = dict(begun[int(self._chance.integers(len(begun)))])
            if (shares_of_counts or attempt > TRIES // 2) and attempt % 4:
                given = {k: v * SCALE if _is_count(atoms[k]) else v for k, v in given.items()}
            wanted = self._wanted(step, limit, beyond, given)
            if wanted is None or (nothing is not None and not _put(nothing.node, given, 0)):
                continue
            if not _put(step.left.node, given, wanted) or not all(_met(*other, given) for other in others):
                continue
            if self._fired(rule, given, atoms) == (set() if beyond else {rule}):
                return given
        return None

    def _wanted(self, step: Step, limit: Fraction, beyond: bool, given: Given) -> int | None:
        """What the left side has to be, in held units; the right side is put into `given`."""
        assert step.left is not None
        if step.right is None:
            unit = SECOND if step.left.kind.name == "duration" else 1
            away = 0 if not beyond else -unit if step.op == ">=" else unit
            held = limit * 10**step.left.kind.digits + away
            return int(held) if held.denominator == 1 and held >= 0 else None
        base = self._base(step.right, given, limit)
        if base is None or not _put(step.right.node, given, base):
            return None
        line = limit * base
        wanted = ceil(line) - 1 if beyond else ceil(line)
        least_move = 1 if limit.denominator == 1 else Fraction(1, SCALE)
        if wanted < 0 or (line - wanted > base * least_move if beyond else line != wanted):
            return None
        return wanted

    def _base(self, q: Quantity, given: Given, limit: Fraction) -> int | None:
        """What a multiple is taken of: near what it was."""
        was = _value(q.node, given)
        if was is None or was <= 0:
            return None
        near = int(was * self._chance.uniform(0.6, 1.4))
        if q.kind.name == "count":
            return max(limit.denominator, near - near % limit.denominator)
        return max(1, near)

    def _fired(self, tested: str, given: Given, atoms: Atoms) -> set[str]:
        """The rules that fire when this is given in a test of one of them."""
        words, flags = dict.fromkeys(self._known(tested), "M1"), dict.fromkeys(self._yes(tested), True)
        values: dict[str, n.Value | None] = {**self._harmless, **words, **flags}
        for name, held in given.items():
            atom = atoms[name]
            values.update(inputs_of(atom, held) if isinstance(atom, n.Average) else {name: held})
        now = values["occurred_at"]
        assert isinstance(now, int)
        rules = self._rules.meaning.rules
        return {rule.name for rule in rules if holds_whole(rule, values, {}, now)}

    def _known(self, rule: str) -> list[str]:
        needs = dict.fromkeys(need for step, _ in self._named[rule] for need in step.needs())
        return [need for need in needs if need in self._words]

    def _yes(self, rule: str) -> list[str]:
        return [s.name for s, _ in self._named[rule] if s.left is None and s.op == "yes" and s.name in self._flags]

    def _written(
        self, rule: str, given: Given, atoms: Atoms
    ) -> tuple[tuple[str, str], ...]:
        words = [(name, '"M1"') for name in self._known(rule)]
        words += [(name, "yes") for name in self._yes(rule)]
        return (*words, *((name, _literal(held, atoms[name].kind)) for name, held in given.items()))


def _guards(conditions: Sequence[tuple[Step, int]]) -> list[tuple[Step, Quantity]]:
    """What must be more than nothing, as steps, and what each is compared with."""
    plain = {s.left.name for s, _ in conditions if s.left and not s.right and s.op == ">="}
    found: dict[str, tuple[Step, Quantity]] = {}
    for step, _ in conditions:
        some = step.something()
        if some is not None and step.right is not None and some.name not in plain and some.kind.name == "count":
            found.setdefault(some.name, (Step(some.name, ">=", some, None, (Fraction(1),)), step.right))
    return [*found.values()]


def _met(step: Step, level: int, given: Given) -> bool:
    """Whether a comparison holds, but for what must be more than nothing beside it."""
    assert step.left is not None
    left, limit = _value(step.left.node, given), step.limits[level - 1]
    right = Fraction(1) if step.right is None else _value(step.right.node, given)
    if left is None or right is None:
        return False
    return left <= limit if step.op == "<=" else left >= limit * right


def _test_name(step: Step, beyond: bool) -> str:
    side = "one step beyond" if beyond else "on the line"
    if step.right is None:
        return f"{step.name} {'at least' if step.op == '>=' else 'at most'}: {side}"
    assert step.left is not None
    return f"{step.left.name} to {step.right.name}: {side}"


def _put(node: n.Quantity, given: Given, held: int) -> bool:
    """Give the value to what it is worked out from: all of it to the first part of a sum or difference, and of a
    quotient to its top, whose bottom stays what it is. False where that cannot be."""
    match node:
        case n.Read(name):
            given[name] = held
            return True
        case n.Average(name, kind=kind):
            given[name] = held
            return not kind.digits
        case n.Arithmetic(op, left, right):
            return op != "*" and _put(left, given, held) and _put(right, given, 0)
        case n.Quotient(top, bottom):
            parts = _value(bottom, given)
            if parts is None or parts < 1:
                return False
            return _put(bottom, given, int(parts)) and _put(top, given, held * int(parts))
        case n.Default(value):
            return _put(value, given, held)
    return False


def _value(node: n.Quantity, given: Given) -> Fraction | None:
    """What a value is by what is given, in held units of money and counts."""
    values: dict[str, n.Value | None] = dict(given)
    for atom in atoms_of(node):
        if isinstance(atom, n.Average):
            values.update(inputs_of(atom, given[atom.name]))
    return quantity(node, values)


def _is_count(atom: n.Read | n.Average) -> bool:
    return isinstance(atom, n.Read) and atom.kind.name == "count"


def _held(past: Past, row: int, atoms: Sequence[n.Read | n.Average]) -> Given:
    """The values of one payment, averages to the whole minor unit."""
    for batch in past.batches:
        if row < batch.rows:
            break
        row -= batch.rows
    values = {name: batch.columns[name][row] for name in batch.columns}
    given: Given = {}
    for atom in atoms:
        if isinstance(atom, n.Average):
            exact = exact_of(atom, values)
            given[atom.name] = 0 if exact is None else round(exact)
        else:
            value = values.get(atom.name)
            given[atom.name] = int(value) if isinstance(value, int) else 0
    return given


def _literal(held: int, kind: Kind) -> str:
    if kind.name == "money":
        return format_minor(held, kind.currency)
    if kind.name == "duration":
        for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
            if held % unit == 0:
                return f"{held // unit}{letter}"
        return f"{held // SECOND}s"
    if kind.digits:
        value = Fraction(held, 10**kind.digits)
        return f"{float(value * 100):g}%" if kind.name == "ratio" else f"{float(value):g}"
    return f"{held:_}"
