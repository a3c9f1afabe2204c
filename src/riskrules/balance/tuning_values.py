"""Round values: which numbers a person would write, and how the language writes them.

Money is in minor units, durations in microseconds, all else in natural units (80% is 4/5).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..base.money import format_minor, minor_digits
from ..schema.kinds import DAY, HOUR, MINUTE, SECOND, Kind

_TWO_DIGITS = (*range(10, 20), 20, 22, 24, 25, 26, 28, 30, 32, 35, 38, *range(40, 100, 5))
_ONE_DIGIT = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
_DURATIONS = (
    *(x * SECOND for x in (1, 2, 5, 10, 20, 30)),
    *(x * MINUTE for x in (1, 2, 5, 10, 15, 20, 30, 45)),
    *(x * HOUR for x in (1, 2, 3, 4, 6, 8, 12, 18)),
    *(x * DAY for x in (1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 30, 45, 60, 75, 90, 120, 150, 180, 270, 365, 730)),
)
_MOST_COUNTS = 41
_PARTS = (Fraction(1, 10), Fraction(1, 20), Fraction(1, 50), Fraction(1, 100), Fraction(1, 200), Fraction(1, 1_000))
"""Steps of a share, the coarsest first."""
_FEWEST_STEPS, _MOST_STEPS = 12, 60


def round_values(kind: Kind, low: Fraction, high: Fraction) -> list[Fraction]:
    """Round values of the kind from `low` to `high`, rising, both ends among them. Some tens at most."""
    between = [x for x in _inner(kind, low, high) if low < x < high]
    return sorted({low, high, *between})


def _inner(kind: Kind, low: Fraction, high: Fraction) -> Iterator[Fraction]:
    if kind.name == "duration":
        yield from (Fraction(x) for x in _DURATIONS)
    elif kind.name == "ratio":
        step = next((s for s in _PARTS if (high - low) / s >= _FEWEST_STEPS), None)
        if step is not None and (high - low) / step <= _MOST_STEPS:
            yield from (step * x for x in range(int(low / step), int(high / step) + 1))
        else:
            yield from two_digits(kind, high)
    elif kind.name == "count" and high - low < _MOST_COUNTS:
        yield from (Fraction(x) for x in range(int(low), int(high) + 1))
    else:
        yield from two_digits(kind, max(abs(low), abs(high)))
        yield from (-x for x in two_digits(kind, max(abs(low), abs(high))) if low < 0)


def two_digits(kind: Kind, most: Fraction) -> Iterator[Fraction]:
    """Values above zero of two digits and zeros, up to `most`; whole ones where the kind is held in whole units."""
    whole = kind.name in ("money", "count")
    for power in range(-6, 16):
        for x in _ONE_DIGIT if kind.name == "count" and power > 0 else _TWO_DIGITS:
            value = x * Fraction(10) ** power
            if value <= most and (not whole or value.denominator == 1):
                yield value


def durations(most: Fraction) -> Iterator[Fraction]:
    yield from (Fraction(x) for x in _DURATIONS if x <= most)


def written(value: Fraction, kind: Kind) -> str:
    """A literal of the kind: `180 EUR`, `275%`, `24h`, `20`."""
    if kind.name == "money":
        one = 10 ** minor_digits(kind.currency)
        if value % one:
            return format_minor(int(value), kind.currency)
        return f"{int(value) // one:_} {kind.currency}"
    if kind.name == "duration":
        for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
            if value % unit == 0:
                return f"{int(value / unit)}{letter}"
        return f"{int(value / SECOND)}s"
    if kind.name == "ratio":
        return f"{decimal(value * 100)}%"
    return f"{int(value):_}" if value.denominator == 1 else decimal(value)


def decimal(value: Fraction) -> str:
    """A fraction whose decimals end, without zeros behind them."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    scaled = int(value * 10**digits)
    whole, rest = divmod(abs(scaled), 10**digits)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}d}" if digits else f"{sign}{whole}"
