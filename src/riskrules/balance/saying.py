"""Figures in words, the same in a sentence, on a terminal and on a page."""

from __future__ import annotations

from ..base.money import format_minor
from .intervals import Rate, Share

NONE = "-"


def percent(value: float | None) -> str:
    """A share to what can be read off it: `41.0%`, `0.37%`, `0.0023%`."""
    if value is None:
        return NONE
    points = 100 * value
    if points == 0 or points >= 99.995:
        return f"{points:.0f}%"
    return f"{points:.{_digits(points)}f}%"


def share_words(share: Share) -> str:
    """`0.37%`."""
    return percent(share.value)


def between(low: float | None, high: float | None) -> str:
    """`0.34–0.41%`."""
    return NONE if low is None or high is None else f"{percent(low).removesuffix('%')}–{percent(high)}"


def rate_words(rate: Rate) -> str:
    """`0.25`, or `-` for each of none."""
    return NONE if rate.value is None else number(rate.value)


def rate_between(rate: Rate) -> str:
    if rate.low is None:
        return NONE
    return f"{number(rate.low)}–{number(rate.high) if rate.high is not None else '…'}"


def number(value: float) -> str:
    """`12`, `1.3`, `0.25`, `0.0007`."""
    if value == 0 or value >= 100:
        return f"{value:_.0f}"
    return f"{value:.{_digits(value)}f}"


def _digits(value: float) -> int:
    """After the point: one, or two below ten, or as many more as it takes to show two that are not zeros."""
    digits = 1 if value >= 10 else 2
    while digits < 6 and round(value, digits) < 10 ** (1 - digits):
        digits += 1
    return digits


def money(minor: int, currency: str) -> str:
    return format_minor(minor, currency)


def payments(count: int, what: str = "payment") -> str:
    """`1 payment`, `1_200 payments`."""
    return f"{count:_} {what}" + ("" if count == 1 else "s")
