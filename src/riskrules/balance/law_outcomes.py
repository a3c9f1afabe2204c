"""Decisions of the reference interpreter, remembered: thousands of payments a second without a meaning of our own.

A law is tried on payments that differ in a few fields, with values from small pools, so a condition meets the same
values again and again. What the interpreter said of a condition is kept by the values that it read, and what it made
of the rules that held by which they were. Nothing here says what a condition means, nor how rules make an action: only
the interpreter does, once for each case. The price is memory, which is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.interpreter import Lists, Outcome, Values, holds, in_force
from ..meaning.interpreter import decide as interpret
from ..meaning.walk import found_in, reads_in

Truth: TypeAlias = Callable[[Values, Lists], bool]
Decide: TypeAlias = Callable[[Values, Lists], Outcome]
Deciding: TypeAlias = Callable[[n.Ruleset], Decide]
"""Makes what decides by a ruleset. A test hands over one with a fault."""

MOST_KEPT = 4_000
"""Answers kept of one condition, or of one ruleset; beyond that it forgets them and begins anew."""
NOW = "occurred_at"
ALWAYS = n.All(())


class Memory:
    """Remembers, for one run over rulesets that share their conditions. One thread at a time."""

    def __init__(self) -> None:
        self._truths: dict[int, tuple[n.Condition, Truth]] = {}
        self._wholes: dict[tuple[int, int, n.InForce], tuple[n.Rule | n.Exempt, Truth]] = {}

    def deciding(self, ruleset: n.Ruleset) -> Decide:
        """`interpreter.decide` of the ruleset, remembered."""
        rules = [(self.whole(r), replace(r, when=ALWAYS, unless=(), in_force=n.InForce())) for r in ruleset.rules]
        exempts = [(self.whole(e), replace(e, when=ALWAYS, unless=(), in_force=n.InForce())) for e in ruleset.exempts]
        whether = [(i, truth) for i, (truth, _) in enumerate(rules)]
        whether += [(-1 - i, truth) for i, (truth, _) in enumerate(exempts)]
        known: dict[tuple[int, ...], Outcome] = {}

        def decide(values: Values, lists: Lists) -> Outcome:
            now = values[NOW]
            assert isinstance(now, int)
            held: tuple[int, ...] = ()
            if in_force(ruleset.in_force, now):
                held = tuple([i for i, truth in whether if truth(values, lists)])
            outcome = known.get(held)
            if outcome is None:
                _make_room(known)
                bare = replace(
                    ruleset,
                    in_force=n.InForce(),
                    rules=tuple(rules[i][1] for i in held if i >= 0),
                    exempts=tuple(exempts[-1 - i][1] for i in held if i < 0),
                )
                outcome = known[held] = interpret(bare, {NOW: now}, {})
            return outcome

        return decide

    def whole(self, rule: n.Rule | n.Exempt) -> Truth:
        """Whether a rule holds: in force, its condition met and none of its `unless`. Once for all that share these."""
        key = (id(rule.when), id(rule.unless), rule.in_force)
        found = self._wholes.get(key)
        if found is None:
            found = self._wholes[key] = (rule, self._whole(rule))
        return found[1]

    def _whole(self, rule: n.Rule | n.Exempt) -> Truth:
        when = self.truth(rule.when)
        lifted = _joined([self.truth(u) for u in rule.unless], every=False)
        span = rule.in_force

        def holds_now(values: Values, lists: Lists) -> bool:
            now = values[NOW]
            assert isinstance(now, int)
            return in_force(span, now) and when(values, lists) and not lifted(values, lists)

        if found_in(rule, n.InList):
            return holds_now
        return _remembered(holds_now, (rule.when, rule.unless), span != n.InForce())

    def truth(self, condition: n.Condition) -> Truth:
        """`interpreter.holds` of a condition, remembered."""
        found = self._truths.get(id(condition))
        if found is None:
            found = self._truths[id(condition)] = (condition, self._made(condition))
        return found[1]

    def _made(self, condition: n.Condition) -> Truth:
        match condition:
            case n.All(parts):
                return _joined([self.truth(p) for p in parts], every=True)
            case n.Any(parts):
                return _joined([self.truth(p) for p in parts], every=False)
            case n.Not(part):
                other = self.truth(part)
                return lambda values, lists: not other(values, lists)
            case n.InList():
                return lambda values, lists: holds(condition, values, lists)
        return _remembered(lambda values, lists: holds(condition, values, lists), condition)


def _joined(truths: list[Truth], *, every: bool) -> Truth:
    """All of them, or any: as soon as one says so."""

    def joined(values: Values, lists: Lists) -> bool:
        for truth in truths:
            if truth(values, lists) != every:
                return not every
        return every

    return joined


def _remembered(truth: Truth, piece: object, dated: bool = False) -> Truth:
    """By the values that the piece reads; one value stands for itself, several for their tuple."""
    dated = dated or bool(found_in(piece, n.Dated))
    names = list(dict.fromkeys([r.name for r in reads_in(piece)] + [NOW] * dated))
    known: dict[object, bool] = {}
    if len(names) == 1:
        (name,) = names

        def one(values: Values, lists: Lists) -> bool:
            key = values.get(name)
            answer = known.get(key)
            if answer is None:
                _make_room(known)
                answer = known[key] = truth(values, lists)
            return answer

        return one

    def several(values: Values, lists: Lists) -> bool:
        key = tuple([values.get(name) for name in names])
        answer = known.get(key)
        if answer is None:
            _make_room(known)
            answer = known[key] = truth(values, lists)
        return answer

    return several


def _make_room(known: dict[object, bool] | dict[tuple[int, ...], Outcome]) -> None:
    if len(known) >= MOST_KEPT:
        known.clear()
