"""Comparisons of numbers, lowered to steps of whole-number arithmetic, with proof that none overflows.

The specification is exact: `80% * received / limit` is a fraction of two whole numbers. So each quantity
is held as `factor * top / bottom`, where `factor` is a fraction known beforehand and `top` and `bottom`
(above zero) are whole numbers worked out for each payment; a comparison multiplies crosswise. Nothing is
rounded, and no step divides. A missing value is a yes/no step beside the number; the number itself then
stands at the field's lowest, so that it keeps its bounds.

The bounds of every step follow from the bounds of the inputs, in unbounded Python integers. A step
that fits 64 bits is worked out in 64, any other in 128, and a comparison that would need more than that is
refused (`TooLarge`) when the rules are checked. The price is that bounds are of intervals: `a - a` is
thought to vary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from ..schema.limits import EARLIEST_US, LATEST_US
from . import linear
from . import nodes as n

MOST_BITS = 127
"""Bits of a whole number, its sign apart, that the kernels can hold."""
NARROW_BITS = 63
MOST_STEPS = 20_000
"""Steps of one ruleset: what a decision may cost (about 5 ns each) and what a table of them may take."""

ARITHMETIC = ("add", "subtract", "multiply", "signed", "select")
COMPARISONS = ("<", "<=", "=")
NOW = "occurred_at"


class TooLarge(ValueError):
    """A comparison whose exact working needs more than 127 bits."""

    def __init__(self, compare: n.Compare, bits: int) -> None:
        super().__init__(f"a comparison needs numbers of {bits} bits, and {MOST_BITS} is the most there is")
        self.compare = compare
        self.bits = bits


class TooMuchArithmetic(ValueError):
    """A ruleset whose comparisons need more steps than a decision may take."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `args` are the numbers of earlier steps. The value lies in [lowest, highest]; yes/no is 0 or 1.

    const (`value`: the number) · load (an input's name) · known (an input's name) · dated (`value`: the spans
    and their numbers) · add, subtract, multiply · signed (the first, negated if the second is below zero) · select
    (the second if the first is yes, else the third) · <, <=, = · and, or, not · test (a place for the
    program's own yes/no steps; `value` is theirs).
    """

    op: str
    args: tuple[int, ...]
    value: object
    lowest: int
    highest: int

    @property
    def bits(self) -> int:
        return max(self.lowest.bit_length(), self.highest.bit_length())


@dataclass(frozen=True, slots=True)
class Ratio:
    """`factor * top / bottom`; `bottom` None is one; `known` None is always known. Steps by number."""

    factor: Fraction
    top: int
    bottom: int | None = None
    known: int | None = None


class Graph:
    """The steps of a ruleset, each once however often it is written."""

    def __init__(self, inputs: Mapping[str, n.Input]) -> None:
        self.inputs = inputs
        self.steps: list[Step] = []
        self._numbers: dict[tuple[str, tuple[int, ...], object], int] = {}

    # -- steps ---------------------------------------------------------------------------------
    def step(self, op: str, args: tuple[int, ...] = (), value: object = None, low: int = 0, high: int = 1) -> int:
        """The number of the step, made if it is new."""
        key = (op, args, value)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.steps)
            self.steps.append(Step(op, args, value, low, high))
        return number

    def const(self, value: int) -> int:
        return self.step("const", (), value, value, value)

    def load(self, name: str) -> int:
        if name == NOW and name not in self.inputs:
            return self.step("load", (), name, EARLIEST_US, LATEST_US)
        i = self.inputs[name]
        return self.step("load", (), name, i.lowest, i.highest)

    def plus(self, a: int, b: int) -> int:
        x, y = self.steps[a], self.steps[b]
        if x.op == y.op == "const":
            return self.const(x.lowest + y.lowest)
        a, b = min(a, b), max(a, b)
        return self.step("add", (a, b), None, x.lowest + y.lowest, x.highest + y.highest)

    def minus(self, a: int, b: int) -> int:
        x, y = self.steps[a], self.steps[b]
        return self.step("subtract", (a, b), None, x.lowest - y.highest, x.highest - y.lowest)

    def times(self, a: int, b: int | None) -> int:
        if b is None:
            return a
        x, y = self.steps[a], self.steps[b]
        if x.op == y.op == "const":
            return self.const(x.lowest * y.lowest)
        for one, other in ((x, b), (y, a)):
            if one.op == "const" and one.lowest == 1:
                return other
        corners = [p * q for p in (x.lowest, x.highest) for q in (y.lowest, y.highest)]
        return self.step("multiply", (min(a, b), max(a, b)), None, min(corners), max(corners))

    def scaled(self, a: int, by: int) -> int:
        return self.times(a, self.const(by))

    def signed(self, a: int, by: int) -> int:
        x, sign = self.steps[a], self.steps[by]
        if sign.lowest >= 0:
            return a
        if a == by:
            return self.step("signed", (a, by), None, 0, max(-x.lowest, x.highest))
        high = max(-x.lowest, x.highest, x.lowest, -x.highest)
        return self.step("signed", (a, by), None, -high, high)

    def select(self, condition: int | None, yes: int, no: int) -> int:
        if condition is None or yes == no:
            return yes
        x, y = self.steps[yes], self.steps[no]
        return self.step("select", (condition, yes, no), None, min(x.lowest, y.lowest), max(x.highest, y.highest))

    def both(self, a: int | None, b: int | None) -> int | None:
        if a is None or b is None or a == b:
            return a if b is None else b
        return self.step("and", (min(a, b), max(a, b)))

    def any_of(self, parts: list[int]) -> int:
        whole = parts[0]
        for p in parts[1:]:
            whole = whole if whole == p else self.step("or", (min(whole, p), max(whole, p)))
        return whole

    def negated(self, a: int) -> int:
        s = self.steps[a]
        return s.args[0] if s.op == "not" else self.step("not", (a,))

    # -- quantities ----------------------------------------------------------------------------
    def ratio(self, q: n.Quantity) -> Ratio:
        match q:
            case n.Const(value, _, digits):
                return self._constant(Fraction(int(value), 10**digits))
            case n.Read(name, kind):
                known = None if name == NOW else self.step("known", (), name)
                return Ratio(Fraction(1, 10**kind.digits), self.load(name), None, known)
            case n.Average(_, total, count):
                return self._average(self.ratio(total), self.ratio(count))
            case n.Dated(_, _, values):
                return self._dated(values)
            case n.Arithmetic(op, left, right):
                a, b = self.ratio(left), self.ratio(right)
                return self._product(a, b) if op == "*" else self._sum(a, b, 1 if op == "+" else -1)
            case n.Quotient(top, bottom, default):
                return self._quotient(self.ratio(top), self.ratio(bottom), self.ratio(default))
            case n.Default(value, default):
                return self._default(self.ratio(value), self.ratio(default))

    def _constant(self, value: Fraction) -> Ratio:
        return Ratio(value, self.const(1)) if value else Ratio(Fraction(1), self.const(0))

    def _dated(self, values: tuple[n.DatedValue, ...]) -> Ratio:
        digits = max(d.digits for d in values)
        numbers = [d.value * 10 ** (digits - d.digits) for d in values]
        spans = tuple((d.from_us, d.until_us, v) for d, v in zip(values, numbers, strict=True))
        return Ratio(Fraction(1, 10**digits), self.step("dated", (), spans, min(numbers), max(numbers)))

    def _sum(self, a: Ratio, b: Ratio, sign: int) -> Ratio:
        factor, p, q = _common(a.factor, b.factor * sign)
        x, y, bottom = self.scaled(a.top, p), self.scaled(b.top, abs(q)), a.bottom
        if a.bottom != b.bottom:
            x, y = self.times(x, b.bottom), self.times(y, a.bottom)
            bottom = b.bottom if a.bottom is None else self.times(a.bottom, b.bottom)
        top = self.minus(x, y) if q < 0 else self.plus(x, y)
        return Ratio(factor, top, bottom, self.both(a.known, b.known))

    def _product(self, a: Ratio, b: Ratio) -> Ratio:
        bottom = b.bottom if a.bottom is None else self.times(a.bottom, b.bottom)
        return Ratio(a.factor * b.factor, self.times(a.top, b.top), bottom, self.both(a.known, b.known))

    def _quotient(self, a: Ratio, b: Ratio, default: Ratio) -> Ratio:
        divisor = self.steps[b.top]
        if divisor.lowest == divisor.highest == 0:
            return default
        known = self.both(a.known, b.known)
        if divisor.lowest <= 0 <= divisor.highest:
            zero = self.step("=", (min(b.top, self.const(0)), max(b.top, self.const(0))))
            known = self.both(known, self.negated(zero))
        top = self.signed(self.times(a.top, b.bottom), b.top)
        bottom = self.times(self.signed(b.top, b.top), a.bottom)
        return self._chosen(Ratio(a.factor / b.factor, top, bottom, known), default)

    def _average(self, total: Ratio, count: Ratio) -> Ratio:
        """Where the count is zero the average is not known, and what it is then worked out as does not matter."""
        zero = self.step("=", (min(count.top, self.const(0)), max(count.top, self.const(0))))
        known = self.both(self.both(total.known, count.known), self.negated(zero))
        top, bottom = self.signed(total.top, count.top), self.signed(count.top, count.top)
        return Ratio(total.factor / count.factor, top, bottom, known)

    def _default(self, value: Ratio, default: Ratio) -> Ratio:
        return value if value.known is None else self._chosen(value, default)

    def _chosen(self, value: Ratio, default: Ratio) -> Ratio:
        """`value` where it is known, else the default, which is a constant."""
        factor, p, q = _common(value.factor, default.factor)
        top = self.select(value.known, self.scaled(value.top, p), self.scaled(default.top, q))
        bottom = None if value.bottom is None else self.select(value.known, value.bottom, self.const(1))
        return Ratio(factor, top, bottom)

    # -- comparisons ---------------------------------------------------------------------------
    def compare(self, c: n.Compare) -> int:
        """The yes/no step that says whether the comparison holds. Raises `TooLarge`."""
        first = len(self.steps)
        a, b = self.ratio(c.left), self.ratio(c.right)
        _, p, q = _common(a.factor, b.factor)
        x, y = self.scaled(a.top, p), self.scaled(b.top, q)
        if a.bottom != b.bottom:
            x, y = self.times(x, b.bottom), self.times(y, a.bottom)
        op, x, y = (c.op.replace(">", "<"), y, x) if c.op[0] == ">" else (c.op, x, y)
        if op in ("=", "!="):
            same = self.step("=", (min(x, y), max(x, y)))
            holds = same if op == "=" else self.negated(same)
        else:
            holds = self.step(op, (x, y))
        bits = max((s.bits for s in self.steps[first:]), default=0)
        if bits > MOST_BITS:
            raise TooLarge(c, bits)
        if len(self.steps) > MOST_STEPS:
            raise TooMuchArithmetic(f"the rules need more than {MOST_STEPS:_} steps of arithmetic, the most there are")
        whole = self.both(self.both(holds, a.known), b.known)
        assert whole is not None
        return whole


def bounds_of(compare: n.Compare, inputs: Mapping[str, n.Input]) -> int:
    """Bits that the exact working of the comparison may need, the sign apart. A comparison of one input with
    what is written out needs no arithmetic at all: 63. Raises `TooLarge` above `MOST_BITS`."""
    if linear.cuts_of(compare) is not None:
        return NARROW_BITS
    graph = Graph(inputs)
    graph.compare(compare)
    return max(s.bits for s in graph.steps)


def _common(a: Fraction, b: Fraction) -> tuple[Fraction, int, int]:
    """A fraction above zero of which both are whole multiples, and the multiples."""
    bottom = lcm(a.denominator, b.denominator)
    p, q = a.numerator * (bottom // a.denominator), b.numerator * (bottom // b.denominator)
    whole = gcd(p, q)
    return Fraction(whole, bottom), p // whole, q // whole
