"""Where a decision can change: the values that a ruleset compares its inputs with.

A comparison is a function of each of its inputs, and where that function is a straight line its zero follows from two
of its values. So a point is found by evaluating the meaning alone, for a comparison of several inputs too, once all
but one of them have values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import floor

from ..meaning import nodes as n
from ..meaning.interpreter import Values, quantity
from ..meaning.walk import found_in, reads_in

STEP = 10**6
"""How far apart the two values are from which a zero follows: any other would do."""
PROBES = (0, 10**6, 10**12)
"""Where a comparison is looked at when nothing is known of its input: a default may make one of them flat."""

At = Callable[[int], Values]
"""The values of a payment in which one input has that value."""


def root(compare: n.Compare, at: At, start: int) -> int | None:
    """The whole number at which both sides meet, or the one just below; None where they never do."""
    first, second = _apart(compare, at(start)), _apart(compare, at(start + STEP))
    if first is None or second is None or first == second:
        return None
    return floor(start - first * STEP / (second - first))


def _apart(compare: n.Compare, values: Values) -> Fraction | None:
    left, right = quantity(compare.left, values), quantity(compare.right, values)
    return None if left is None or right is None else left - right


def roots(compare: n.Compare, at: Callable[[int, int], Values], nows: Iterable[int]) -> set[int]:
    """The points of a comparison of one input. `at`: the values, from that of the input and the payment's time."""
    found: set[int] = set()
    for now in nows:
        for start in PROBES:
            point = root(compare, lambda value, now=now: at(value, now), start)  # type: ignore[misc]  # bound here
            if point is not None:
                found.add(point)
    return found


def changes(pieces: object) -> set[int]:
    """The instants at which params change and rules come into force or go."""
    found: set[int] = set()
    for span in found_in(pieces, n.InForce):
        found |= {x for x in (span.from_us, span.until_us) if x is not None}
    for value in found_in(pieces, n.DatedValue):
        found |= {x for x in (value.from_us, value.until_us) if x is not None}
    return found


def words(pieces: object) -> dict[str, set[str]]:
    """By input, the texts that it is compared with, and some that are nearly the same."""
    found: dict[str, set[str]] = {}
    for atom in found_in(pieces, object):
        if isinstance(atom, n.Equal | n.Member | n.Starts | n.Contains):
            for read in reads_in(atom):
                found.setdefault(read.name, set()).update(_texts(atom))
    return found


def _texts(atom: n.Equal | n.Member | n.Starts | n.Contains) -> set[str]:
    match atom:
        case n.Member(_, among):
            return set(among)
        case n.Starts(_, text):
            return {text, f"{text} and more", text[:-1]} - {""}
        case n.Contains(_, text):
            return {text, f"a {text} b", text[:-1]} - {""}
        case n.Equal():
            return {c.value for c in found_in(atom, n.Const) if isinstance(c.value, str)}
