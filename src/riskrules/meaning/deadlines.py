"""When a party must have paid, or an institution acted: over hours, days, months or business days, with clock stops.

A claim's time runs from its report (`claim.reported_at`), that of any other event from the event itself
(`occurred_at`). A span in business days ends with the last moment of its last day, in the ruleset's own time zone:
reported on a Monday, `within 5 business days` lasts until the midnight after the next Monday. Every other span is
counted from the very moment; a month or a year later is the same day and time of day, or the last day of a month that
is shorter.

Only a claim's clock can be stopped. Where it stood still on business days (`claim.clock_stopped_days`), as many more
are counted; `claim.clock_stopped` is added to every other span. `at most` is counted without stops, and the earlier of
the two counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..base.business_days import BusinessDays
from ..base.times import local_instant, local_midnight, local_time
from . import nodes as n

REPORTED = "claim.reported_at"
STOPPED = "claim.clock_stopped"
STOPPED_DAYS = "claim.clock_stopped_days"
READ = {"claim": (REPORTED, STOPPED, STOPPED_DAYS)}
"""What a deadline reads, by event; of the others `occurred_at` alone, which every event has."""


def begins(event: str) -> str:
    """The input from which the time runs."""
    return READ.get(event, ("occurred_at",))[0]


def counts_business_days(within: n.Within | None) -> bool:
    return within is not None and any(s.unit == "business days" for s in (within.span, within.at_most) if s)


def is_dated(rule: n.Rule) -> bool:
    """Whether one of its duties has a time that a calendar may lack, which is then to be known when it is decided."""
    return any(counts_business_days(named.within) for named in rule.responsible)


def due_us(
    within: n.Within,
    values: Mapping[str, n.Value | None],
    zone: ZoneInfo,
    days: BusinessDays | None,
    event: str = "claim",
) -> int:
    """The first moment that is too late, in microseconds UTC. `days`: the ruleset's calendar, None where no span is
    in business days. CalendarError when it lacks a year."""
    start = values[begins(event)]
    stopped, stopped_days = values.get(STOPPED) or 0, values.get(STOPPED_DAYS) or 0
    assert isinstance(start, int) and isinstance(stopped, int) and isinstance(stopped_days, int)
    end = _end(within.span, start, stopped, stopped_days, zone, days)
    if within.at_most is None:
        return end
    return min(end, _end(within.at_most, start, 0, 0, zone, days))


def _end(span: n.Span, start: int, stopped: int, stopped_days: int, zone: ZoneInfo, days: BusinessDays | None) -> int:
    if span.unit == "us":
        return start + span.amount + stopped
    local = local_time(start, zone)
    if span.unit == "business days":
        assert days is not None
        last = days.after(local.date(), span.amount + stopped_days)
        return local_midnight(last + timedelta(days=1), zone)
    return local_instant(_later(local, span.amount * (12 if span.unit == "years" else 1)), zone) + stopped


def _later(local: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return local.replace(tzinfo=None, year=year, month=month + 1, day=min(local.day, last))
