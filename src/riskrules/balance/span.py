"""Which time is measured. What lies before it is still seen by the windows, as it was in life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from ..base.times import format_instant, instant_of, local_midnight, parse_instant

Moment: TypeAlias = str | date | datetime | None


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Half-open [from_us, until_us), microseconds UTC; None is open."""

    from_us: int | None = None
    until_us: int | None = None

    def __str__(self) -> str:
        begins = f"from {format_instant(self.from_us)} " if self.from_us is not None else ""
        ends = f"until before {format_instant(self.until_us)} " if self.until_us is not None else ""
        return f"{begins}{ends}".strip() or "all of it"


def read_span(since: Moment, until: Moment, zone: ZoneInfo) -> TimeSpan:
    """A date is a local day, and `until` includes it, as everywhere in the language; an instant is itself, and `until`
    ends before it. ValueError for what is neither, or where nothing lies between."""
    begins = _moment(since, zone, 0)
    ends = _moment(until, zone, 1)
    if begins is not None and ends is not None and begins >= ends:
        raise ValueError(f"nothing lies from {since} until {until}")
    return TimeSpan(begins, ends)


def _moment(given: Moment, zone: ZoneInfo, days: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        return instant_of(given)
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given) if len(given) == len("2026-01-31") else given
        except ValueError:
            raise ValueError(f"`{given}` is no date such as 2026-01-31") from None
    if isinstance(given, date):
        return local_midnight(given + timedelta(days=days), zone)
    try:
        return parse_instant(given)
    except ValueError as error:
        raise ValueError(f"`{given}`: {error}; a day is written 2026-01-31") from None
