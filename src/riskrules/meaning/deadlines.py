"""When a party must have paid: from the report, over hours, days, months or business days, with stops of the clock.

A span in business days ends with the last moment of its last day, in the ruleset's own time zone: reported on a Monday,
`within 5 business days` lasts until the midnight after the next Monday. Where the clock stood still on business days
(`claim.clock_stopped_days`), as many more are counted. Every other span is counted from the moment of the report, and
`claim.clock_stopped` is added to it; a month or a year later is the same day and time of day, or the last day of a
month that is shorter. `at most` is counted from the report without stops, and the earlier of the two counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..base.business_days import BusinessDays
from ..base.times import local_instant, local_midnight, local_time
from . import nodes as n
from .losses import Within

REPORTED = "claim.reported_at"
STOPPED = "claim.clock_stopped"
STOPPED_DAYS = "claim.clock_stopped_days"
READ = (REPORTED, STOPPED, STOPPED_DAYS)
"""What a deadline reads of a claim."""


def due_us(within: Within, values: Mapping[str, n.Value | None], zone: ZoneInfo, days: BusinessDays | None) -> int:
    """The first moment that is too late, in microseconds UTC. `days`: the ruleset's calendar, None where no span is
    in business days. CalendarError when it lacks a year."""
    reported = values[REPORTED]
    stopped, stopped_days = values.get(STOPPED) or 0, values.get(STOPPED_DAYS) or 0
    assert isinstance(reported, int) and isinstance(stopped, int) and isinstance(stopped_days, int)
    end = _end(within.span, reported, stopped, stopped_days, zone, days)
    if within.at_most is None:
        return end
    return min(end, _end(within.at_most, reported, 0, 0, zone, days))


def _end(
    span: n.Span, reported: int, stopped: int, stopped_days: int, zone: ZoneInfo, days: BusinessDays | None
) -> int:
    if span.unit == "us":
        return reported + span.amount + stopped
    local = local_time(reported, zone)
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
