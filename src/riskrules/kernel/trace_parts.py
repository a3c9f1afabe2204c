"""Exact parts of a payment in proportion, in 64 bits.

A part is `amount * share // whole`, whose product needs up to 120 bits. Where it fits 63 the machine divides; else it
is built up bit by bit, which needs no wider number: every remainder stays below `whole`, and `whole` is at most
2**60 (`funds.ledger` refuses a history with more money in it), so that no step reaches 2**62.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compiled import Integer, inner
from .windows_compiled import apart

Integers = npt.NDArray[np.int64]

MOST_MONEY = 2**60
"""Minor units in one trace, all openings and payments together."""
_BITS = 60
_WORD = 2**63 - 1
_NARROW = 2**31


@inner
def part(amount: Integer, share: Integer, whole: Integer) -> tuple[Integer, Integer]:
    """(amount * share // whole, its remainder). 0 <= amount, share <= whole; 0 < whole <= MOST_MONEY."""
    if (amount | share) < _NARROW or share == 0 or amount <= _WORD // share:
        product, divisor = np.uint64(amount) * np.uint64(share), np.uint64(whole)  # without signs it divides quicker
        fits = product // divisor
        return np.int64(fits), np.int64(product - fits * divisor)
    quotient, rest = np.int64(0), np.int64(0)
    for bit in range(_BITS, -1, -1):
        quotient, rest = 2 * quotient, 2 * rest
        if (amount >> bit) & 1:
            rest += share
        while rest >= whole:
            rest -= whole
            quotient += 1
    return quotient, rest


@apart
def threshold(rests: Integers, first: Integer, following: Integers, whole: Integer, units: Integer) -> Integer:
    """The least remainder of which at most `units` of the list's are larger: these get one unit each, and those equal
    to it get what is left over, in their order. The list starts at `first` and goes on by `following`, to -1."""
    low, high = np.int64(-1), whole
    while high - low > 1:
        middle = (low + high) // 2
        larger = 0
        at = first
        while at >= 0:
            if rests[at] > middle:
                larger += 1
            at = following[at]
        if larger <= units:
            high = middle
        else:
            low = middle
    return high
