"""The specification: what a ruleset decides for one payment, in plain Python.

In: a `Ruleset`, the payment's inputs by name (`int`, `str`, `bool`; absent or None is missing) and the
lists. Out: an `Outcome`. Every number is exact (`Fraction` over Python integers), nothing is cached,
nothing is fast. The kernels must give the same answers; where they differ, they are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from . import nodes as n

Values = Mapping[str, n.Value | None]
Lists = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fired`: rules that held and were not lifted. `lifted`: rules that held and were lifted as a whole."""

    action: n.Act
    score: int
    fired: tuple[str, ...]
    lifted: tuple[str, ...]
    exempts: tuple[str, ...]


def decide(ruleset: n.Ruleset, values: Values, lists: Lists) -> Outcome:
    """Decide one payment. `values["occurred_at"]` must be there; it dates params and rules."""
    now = values["occurred_at"]
    assert isinstance(now, int)
    awake = in_force(ruleset.in_force, now)
    held = [r for r in ruleset.rules if awake and holds_whole(r, values, lists, now)]
    exempts = [e for e in ruleset.exempts if awake and holds_whole(e, values, lists, now)]
    named = {name for e in exempts for name in e.lifts}
    below = max((e.below for e in exempts if e.below is not None), default=n.ALLOW)

    fired = [r for r in held if r.name not in named and not (r.action and r.action.level < below)]
    score = sum(r.score or 0 for r in fired)
    acts = [r.action for r in fired if r.action]
    acts += [b.action for b in ruleset.bands if score >= b.at_least and b.action.level >= below]
    return Outcome(
        action=max(acts, key=lambda a: a.strength, default=n.Act(n.ALLOW)),
        score=score,
        fired=tuple(sorted(r.name for r in fired)),
        lifted=tuple(sorted(r.name for r in held if r not in fired)),
        exempts=tuple(sorted(e.name for e in exempts)),
    )


def holds_whole(rule: n.Rule | n.Exempt, values: Values, lists: Lists, now: int) -> bool:
    """In force, its condition holds, and none of its `unless` does."""
    return (
        in_force(rule.in_force, now)
        and holds(rule.when, values, lists)
        and not any(holds(u, values, lists) for u in rule.unless)
    )


def in_force(span: n.InForce, now: int) -> bool:
    return (span.from_us is None or span.from_us <= now) and (span.until_us is None or now < span.until_us)


def holds(c: n.Condition, values: Values, lists: Lists) -> bool:
    """Whether a condition is true. An atom that reads a missing value is false."""
    match c:
        case n.All(parts):
            return all(holds(p, values, lists) for p in parts)
        case n.Any(parts):
            return any(holds(p, values, lists) for p in parts)
        case n.Not(part):
            return not holds(part, values, lists)
        case n.Known(n.Average() as average):
            return quantity(average, values) is not None
        case n.Known(read):
            return values.get(read.name) is not None
        case n.Compare(op, left, right):
            a, b = quantity(left, values), quantity(right, values)
            return a is not None and b is not None and compare(op, a, b)
        case n.Equal(left, right, negated):
            x, y = word(left, values), word(right, values)
            return x is not None and y is not None and (x == y) != negated
        case n.Member(value, among, negated):
            x = word(value, values)
            return x is not None and (x in among) != negated
        case n.InList(value, name, negated):
            x = word(value, values)
            return x is not None and (x in lists[name]) != negated
        case n.Starts(value, text):
            x = word(value, values)
            return isinstance(x, str) and x.startswith(text)
        case n.Contains(value, text):
            x = word(value, values)
            return isinstance(x, str) and text in x


def compare(op: str, a: Fraction, b: Fraction) -> bool:
    return {"=": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def quantity(q: n.Quantity, values: Values) -> Fraction | None:
    """The exact value in the kind's natural unit (money in minor units), or None if something is missing."""
    match q:
        case n.Const(value, _, digits):
            return Fraction(int(value), 10**digits)
        case n.Read(name, kind):
            v = values.get(name)
            return None if v is None else Fraction(int(v), 10**kind.digits)
        case n.Average(_, total, count):
            a, b = quantity(total, values), quantity(count, values)
            return None if a is None or not b else a / b
        case n.Dated(_, _, dated):
            now = values["occurred_at"]
            assert isinstance(now, int)
            (d,) = (d for d in dated if in_force(n.InForce(d.from_us, d.until_us), now))
            return Fraction(d.value, 10**d.digits)
        case n.Arithmetic(op, left, right):
            a, b = quantity(left, values), quantity(right, values)
            if a is None or b is None:
                return None
            return a + b if op == "+" else a - b if op == "-" else a * b
        case n.Quotient(top, bottom, default):
            a, b = quantity(top, values), quantity(bottom, values)
            return quantity(default, values) if a is None or b is None or b == 0 else a / b
        case n.Default(value, default):
            a = quantity(value, values)
            return quantity(default, values) if a is None else a


def word(w: n.Word, values: Values) -> n.Value | None:
    match w:
        case n.Const(value):
            return value
        case n.Read(name):
            return values.get(name)
        case n.Default(value, default):
            x = word(value, values)  # type: ignore[arg-type]  # the checker puts only words in a word's default
            return word(default, values) if x is None else x
