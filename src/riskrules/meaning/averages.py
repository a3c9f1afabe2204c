"""Averages, kept exact: a window of averages is two inputs, its sum and its count.

A store answers whole numbers, and an average of amounts is none. So `average amount by payer.account over 7d` named
`average_7d` is asked for as the inputs `average_7d.sum` and `average_7d.count` (`average_7d.sum of payee.account` for
another key), and read as the exact quotient of the two (`nodes.Average`): a comparison with it multiplies, and nothing
is rounded. The price is a second input for each average.

The one place that rounds is a text for a person. A notice shows money to the currency's own digits, a number or a ratio
to two decimals and a duration to the second, half to even. It says no `about`: a notice may be in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ..schema import kinds as k
from ..schema.kinds import Kind
from . import nodes as n

SUM, COUNT = "sum", "count"
PARTS = (SUM, COUNT)
"""What follows the window's name in the inputs of an average."""

_SHOWN_UNITS = {"number": 10**7, "ratio": 10**7, "duration": k.SECOND}
"""Held units that a text for a person rounds to: hundredths, seconds; all other kinds to one."""


def part_of(name: str, part: str) -> str:
    """The input of one part: `average_7d of payee.account`, `sum` → `average_7d.sum of payee.account`."""
    window, of, keys = name.partition(" of ")
    return f"{window}.{part}{of}{keys}"


def window_of(input_name: str) -> str:
    """The name of the window that an input of origin window belongs to, an average's part or not."""
    return input_name.partition(" of ")[0].partition(".")[0]


def name_of(input_name: str) -> str:
    """What the author calls the window of an input: `mean.sum of payee.account` → `mean of payee.account`."""
    base, of, keys = input_name.partition(" of ")
    return f"{base.partition('.')[0]}{of}{keys}"


def average(name: str, of: Kind) -> n.Average:
    """The average of values of the kind, by the name that the author reads it by. That of counts is a number."""
    kind = k.NUMBER if of == k.COUNT else of
    return n.Average(name, n.Read(part_of(name, SUM), of), n.Read(part_of(name, COUNT), k.COUNT), kind)


def averages_of(ruleset: n.Frame) -> dict[str, n.Average]:
    """Every average that the ruleset's rules read, by the author's name for it."""
    windows = {w.name for w in ruleset.windows if w.aggregate == "average"}
    found = {}
    for one in ruleset.inputs:
        window, dot, rest = one.name.partition(".")
        part, of, keys = rest.partition(" of ")
        if one.origin == "window" and dot and window in windows and part == SUM:
            made = average(f"{window}{of}{keys}", one.kind)
            found[made.name] = made
    return found


def inputs_of(read: n.Average, held: int | None) -> dict[str, n.Value | None]:
    """The two inputs for an average that is given as one value, in the held unit of its kind; None for nothing. An
    amount of money is its own sum over a count of one; 2.5, of counts, is 5 over 2."""
    if held is None:
        return {read.total.name: 0, read.count.name: 0}
    exact = Fraction(held, 10 ** (read.kind.digits - read.total.kind.digits))
    return {read.total.name: exact.numerator, read.count.name: exact.denominator}


def exact_of(read: n.Average, values: Mapping[str, n.Value | None]) -> Fraction | None:
    """The average in held units of its kind, exact; None where it is missing."""
    total, count = values.get(read.total.name), values.get(read.count.name)
    if total is None or not count:
        return None
    return Fraction(int(total) * 10 ** (read.kind.digits - read.total.kind.digits), int(count))


def rounded(read: n.Average, values: Mapping[str, n.Value | None]) -> int | None:
    """The average for a text that a person reads, in held units of its kind; None where it is missing."""
    exact = exact_of(read, values)
    unit = _SHOWN_UNITS.get(read.kind.name, 1)
    return None if exact is None else round(exact / unit) * unit
