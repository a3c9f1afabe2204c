"""How far a figure of a sample may lie from the truth, and whether two of one sample differ by more than its noise.

- A share of payments: Wilson's interval, which stays between nothing and all and holds for small counts.
- Persons per fraud: the two counts as independent Poisson counts, so that the one, given both, is binomial: Wilson
  again.
- A share of money: payments of one payer are alike and a few large ones weigh most, so payers are put into `GROUPS`
  groups by a hash and the share is a ratio of sums over groups, with the normal interval of a ratio estimator
  (Student's t). Groups instead of payers keep memory flat; independent payers give the same spread in expectation.
- Two versions on the same payments: only payments that changed sides say anything. Counts: the exact sign test of
  McNemar. Money: every group's difference with its sign drawn at random, from a fixed seed.
- Several questions at once: Holm, so that the chance of even one false alarm is what is stated.

Intervals are of 95%. They are statements about noise and hold no money: amounts stay whole minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUPS = 256
"""Of payers: a standard error from as many is itself right to some 5%."""
CONFIDENCE = 0.95
_Z = 1.959963984540054  # the normal distribution's 97.5% point
_T = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
    2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
    2.0452, 2.0423,
)  # fmt: skip
"""Student's 97.5% points for 1 to 30 degrees of freedom; beyond, an expansion is right to four digits."""
FLIPS = 9_999
"""Random signs of the test for money: the smallest probability it can tell is 1 in 10,000."""
_SEED = 20_261_122
_FLIPS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, both whole numbers (payments, or minor units), and the 95% interval of the share; None where
    there is nothing to take a share of, or too little to say how far off it may be."""

    part: int
    whole: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` for each of `per`, with its 95% interval; None where `per` is zero."""

    count: int
    per: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return self.count / self.per if self.per else None


def share(part: int, whole: int) -> Share:
    """A share of independent payments, with Wilson's interval."""
    if not whole:
        return Share(part, whole)
    return Share(part, whole, *wilson(part, whole))


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's 95% interval. `whole` is above zero."""
    p, square = part / whole, _Z * _Z
    middle = (p + square / (2 * whole)) / (1 + square / whole)
    half = _Z * sqrt(p * (1 - p) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return (0.0 if part == 0 else max(0.0, middle - half)), (1.0 if part == whole else min(1.0, middle + half))


def rate(count: int, per: int) -> Rate:
    """How many for each, both counts of independent events."""
    if not per:
        return Rate(count, per)
    low, high = wilson(count, count + per)
    return Rate(count, per, low / (1 - low), high / (1 - high) if high < 1 else None)


def money_share(parts: Sequence[int], wholes: Sequence[int]) -> Share:
    """A share of money from its sums over groups of payers, in minor units: the ratio estimator's interval. None where
    fewer than two groups have money; where nothing or all is the part, Wilson's for as many payments as groups."""
    part, whole = sum(parts), sum(wholes)
    filled = sum(1 for x in wholes if x)
    if not whole or filled < 2:
        return Share(part, whole)
    if part in (0, whole):
        return Share(part, whole, *wilson(0 if part == 0 else filled, filled))
    ratio = part / whole
    squares = fsum(((y - ratio * x) / whole) ** 2 for y, x in zip(parts, wholes, strict=True) if x)
    half = student(filled - 1) * sqrt(squares * filled / (filled - 1))
    return Share(part, whole, max(0.0, ratio - half), min(1.0, ratio + half))


def student(freedom: int) -> float:
    """The 97.5% point of Student's t."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    z, v = _Z, freedom
    return z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v * v)


def sign_test(worse: int, better: int) -> float:
    """The probability of at least as many for the worse, were either as likely: McNemar's exact test, one-sided."""
    flips = worse + better
    if not flips:
        return 1.0
    if worse * 2 <= flips:  # the other tail is the shorter sum
        return 1.0 - _tail(better + 1, flips) if better < flips else 1.0
    return _tail(worse, flips)


def _tail(least: int, flips: int) -> float:
    """P(at least `least` heads of `flips`), where `least` is above the half: each term is smaller than the last."""
    term = exp(lgamma(flips + 1) - lgamma(least + 1) - lgamma(flips - least + 1) - flips * log(2))
    total, k = term, least
    while k < flips and term > total * 1e-17:
        term *= (flips - k) / (k + 1)
        total += term
        k += 1
    return min(1.0, total)


def flip_test(lost: Sequence[int]) -> float:
    """The probability that the losses of groups (in minor units, below zero where something was won) sum to at least
    what they do, were each as likely to be won: one-sided, by signs drawn from a fixed seed."""
    moved = [x for x in lost if x]
    total = sum(moved)
    if not moved or total <= 0:
        return 1.0
    largest = sum(abs(x) for x in moved)
    values: NDArray[Any] = np.array(moved, np.int64 if largest < 2**62 else np.object_)
    draw = np.random.default_rng(_SEED)
    as_much, left = 1, FLIPS
    while left:
        count = min(left, _FLIPS_AT_ONCE)
        signs = draw.integers(0, 2, (count, len(moved)), dtype=np.int8).astype(np.int64) * 2 - 1
        as_much += int(np.count_nonzero((signs * values).sum(axis=1) >= total))
        left -= count
    return as_much / (FLIPS + 1)


def holm(probabilities: Sequence[float]) -> list[float]:
    """Each probability adjusted for all being asked at once: below the error rate exactly where Holm refuses."""
    order = sorted(range(len(probabilities)), key=lambda i: probabilities[i])
    adjusted = [1.0] * len(probabilities)
    least = 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, probabilities[i] * (len(probabilities) - rank)))
        adjusted[i] = least
    return adjusted


def least_seen(better: int, error_rate: float) -> int:
    """The smallest number for the worse that the sign test would not put down to noise, against `better`."""
    low, high = better, better + 1
    while sign_test(high, better) > error_rate:
        low, high = high, better + 2 * (high - better)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sign_test(middle, better) > error_rate else (low, middle)
    return high
