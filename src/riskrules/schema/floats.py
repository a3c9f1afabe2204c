"""Which doubles are which number of units, exactly: where the rounding of a float to whole units turns.

A float stands for the nearest unit of its exact binary value, half to even. That rises with the float, so to ask
whether a float comes to at least so many units is to ask whether it is at least a certain float, and a column of floats
can be compared as it is.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import inf, nextafter


@lru_cache(maxsize=4_096)
def first_float(units: int, digits: int) -> float:
    """The least float that comes to at least so many units of 10**-digits."""
    turn = Fraction(2 * units - 1, 2 * 10**digits)
    reached = units % 2 == 0  # just between two units the even one is taken

    def reaches(value: float) -> bool:
        return value > turn or (reached and value == turn)  # Python compares floats and fractions exactly

    found = turn.numerator / turn.denominator
    while not reaches(found):
        found = nextafter(found, inf)
    while reaches(before := nextafter(found, -inf)):
        found = before
    return found


def last_float(units: int, digits: int) -> float:
    """The greatest float that comes to at most so many units."""
    return nextafter(first_float(units + 1, digits), -inf)
