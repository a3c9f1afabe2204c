"""Stretches of time in a meaning: how long something lasts, and until when somebody has to act."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the calendar, as written: 48h, 6 months, 5 business days. `unit` is one of
    us, months, years, business days; for `us` the amount is microseconds."""

    amount: int
    unit: str
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """A time to act or to pay, from the moment that `meaning.deadlines` names. `at_most`: the longest that stops of
    the clock can make of it (None: no limit)."""

    span: Span
    at_most: Span | None = None
