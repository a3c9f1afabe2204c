"""Comparisons that cut one input's range: `amount * 2 >= 50_000 CNY`, `age else 0d < limit_by_date`.

Most comparisons read one input and rise or fall with it in a straight line. Then no arithmetic is left
to do for a payment: the comparison holds on a stretch of the input's whole numbers, whose ends are
exact. Everything else is worked out step by step (`meaning.lowering`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from . import nodes as n

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
Line = tuple[Fraction, Fraction]
"""(slope, start): the value is `slope * x + start`, where x is the input as it is held."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the input is known, the comparison holds in the half-open [start, end) of held whole numbers, None
    is open (or, `outside`, everywhere else). Where it is missing, it is `missing`. Within [from_us, until_us)."""

    from_us: int | None
    until_us: int | None
    start: int | None
    end: int | None
    outside: bool = False
    missing: bool = False


def reads_of(q: n.Quantity | n.Word) -> Iterator[n.Read]:
    """Every input that the value reads, as often as it is written."""
    match q:
        case n.Read():
            yield q
        case n.Average(_, total, count):
            yield total
            yield count
        case n.Arithmetic(_, left, right):
            yield from reads_of(left)
            yield from reads_of(right)
        case n.Quotient(top, bottom, _):
            yield from reads_of(top)
            yield from reads_of(bottom)
        case n.Default(value, _):
            yield from reads_of(value)


def cuts_of(c: n.Compare) -> list[Cut] | None:
    """The cuts of a comparison, one for each span of time in which no param changes; None if it reads more than one
    input, or not in a straight line."""
    if len({r.name for q in (c.left, c.right) for r in reads_of(q)}) > 1:
        return None
    cuts = []
    for at, until in spans_of(c):
        left, right = _line(c.left, at), _line(c.right, at)
        if left is None or right is None:
            return None
        cuts.append(_cut(c, at, until, left[0] - right[0], left[1] - right[1]))
    return cuts


def spans_of(c: n.Compare) -> list[tuple[int | None, int | None]]:
    """Half-open spans that cover all time, within each of which every param in the comparison has one value."""
    days = sorted(
        {d.from_us for q in (c.left, c.right) for x in dated_of(q) for d in x.values if d.from_us is not None}
    )
    return list(zip([None, *days], [*days, None], strict=True))


def dated_of(q: n.Quantity) -> Iterator[n.Dated]:
    match q:
        case n.Dated():
            yield q
        case n.Arithmetic(_, left, right):
            yield from dated_of(left)
            yield from dated_of(right)
        case n.Quotient(top, bottom, _):
            yield from dated_of(top)
            yield from dated_of(bottom)
        case n.Default(value, _):
            yield from dated_of(value)


def _cut(c: n.Compare, at: int | None, until: int | None, slope: Fraction, start: Fraction) -> Cut:
    """Where `slope * x + start` compares with zero as the comparison says."""
    missing = _missing(c, at)
    if slope == 0:
        holds = _holds(c.op, start)
        return Cut(at, until, None, None, not holds, missing)
    op = c.op if slope > 0 else FLIPPED[c.op]
    bottom = slope.numerator * start.denominator
    top = -start.numerator * slope.denominator
    if bottom < 0:
        top, bottom = -top, -bottom
    floor, ceiling = top // bottom, -(-top // bottom)
    match op:
        case "<":
            return Cut(at, until, None, ceiling, missing=missing)
        case "<=":
            return Cut(at, until, None, floor + 1, missing=missing)
        case ">":
            return Cut(at, until, floor + 1, None, missing=missing)
        case ">=":
            return Cut(at, until, ceiling, None, missing=missing)
    return Cut(at, until, ceiling, floor + 1, op == "!=", missing)


def _holds(op: str, difference: Fraction) -> bool:
    return {
        "=": difference == 0,
        "!=": difference != 0,
        "<": difference < 0,
        "<=": difference <= 0,
        ">": difference > 0,
        ">=": difference >= 0,
    }[op]


def _line(q: n.Quantity, at: int | None) -> Line | None:
    """The straight line that the value follows where the one input is known; None if it follows none."""
    match q:
        case n.Const(value, _, digits):
            return Fraction(0), Fraction(int(value), 10**digits)
        case n.Average():
            return None
        case n.Read(_, kind):
            return Fraction(1, 10**kind.digits), Fraction(0)
        case n.Dated(_, _, values):
            d = in_force_at(values, at)
            return Fraction(0), Fraction(d.value, 10**d.digits)
        case n.Default(value, _):
            return _line(value, at)
        case n.Arithmetic(op, left, right):
            a, b = _line(left, at), _line(right, at)
            if a is None or b is None:
                return None
            if op == "*":
                return (a[0] * b[1] + a[1] * b[0], a[1] * b[1]) if a[0] == 0 or b[0] == 0 else None
            return (a[0] + b[0], a[1] + b[1]) if op == "+" else (a[0] - b[0], a[1] - b[1])
        case n.Quotient(top, bottom, default):
            a, b = _line(top, at), _line(bottom, at)
            if a is None or b is None or b[0] != 0:
                return None
            return (a[0] / b[1], a[1] / b[1]) if b[1] else _line(default, at)


def in_force_at(values: tuple[n.DatedValue, ...], at: int | None) -> n.DatedValue:
    """The value in force from `at` on; None is the beginning of time."""
    if at is None:
        return next(d for d in values if d.from_us is None)
    return next(d for d in values if (d.from_us is None or d.from_us <= at) and (d.until_us is None or at < d.until_us))


def _missing(c: n.Compare, at: int | None) -> bool:
    """Whether the comparison holds where its input is missing, by way of its defaults."""
    left, right = _without(c.left, at), _without(c.right, at)
    return left is not None and right is not None and _holds(c.op, left - right)


def _without(q: n.Quantity, at: int | None) -> Fraction | None:
    match q:
        case n.Read():
            return None
        case n.Default(value, default):
            found = _without(value, at)
            return Fraction(int(default.value), 10**default.digits) if found is None else found
        case n.Arithmetic(op, left, right):
            a, b = _without(left, at), _without(right, at)
            if a is None or b is None:
                return None
            return a + b if op == "+" else a - b if op == "-" else a * b
        case n.Quotient(top, bottom, default):
            a, b = _without(top, at), _without(bottom, at)
            return Fraction(int(default.value), 10**default.digits) if a is None or not b else a / b
    line = _line(q, at)
    assert line is not None
    return line[1]
