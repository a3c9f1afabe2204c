"""Business days of a country, from data that somebody keeps: the `holidays` package (extra `[calendars]`).

A calendar is named as ISO 3166 names a country or a part of one: `GB-ENG`, `CN`, `SG`. `TARGET` are the days on which
the euro's settlement system is open, as the European Central Bank has them. Where a country decides anew
each year which weekends are worked in exchange for which days off (China), the package has those years that were
announced; a year beyond them is refused, since a deadline worked out from half the dates would be wrong. The price of
relying on a package: a day off that a government declares tomorrow is known after the package is updated.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import Any

MOST_BUSINESS_DAYS = 3_000
"""Business days that are counted at most: some twelve years, far above any deadline."""
_MOST_CALENDARS = 64
_MOST_YEARS = 1_024
_LONGEST_NAME = 16
_SYSTEMS = {"TARGET": "ECB"}
"""Calendars of settlement systems, and the name that the package has for each."""


class CalendarError(ValueError):
    """A calendar that nobody keeps, a year that it lacks, or a package that is not installed. One sentence."""


class BusinessDays:
    """The business days of one calendar. CalendarError when there is no such calendar. Safe to share between threads:
    each year is worked out once, from an object of the package's that nobody else holds."""

    def __init__(self, name: str) -> None:
        self.name = name
        days = _kept(name)
        self._first, self._last = int(days.start_year), int(days.end_year)
        self._announced = _announced_years(days)

    def is_business_day(self, day: date) -> bool:
        """CalendarError when the calendar lacks the day's year."""
        return day in self._of(day.year)

    def after(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, which is not counted itself whether it is one or not."""
        if not 0 < count <= MOST_BUSINESS_DAYS:
            raise CalendarError(f"a deadline has from 1 to {MOST_BUSINESS_DAYS:_} business days, not {count:_}")
        year = day.year
        while True:
            days = self._of(year)
            place = bisect_right(days, day) + count - 1
            if place < len(days):
                return days[place]
            count = place - len(days) + 1
            year += 1
            day = date(year - 1, 12, 31)

    def _of(self, year: int) -> tuple[date, ...]:
        known = self._announced is None or year in self._announced
        if not (known and self._first <= year <= self._last):
            raise CalendarError(
                f"the calendar `{self.name}` does not have the year {year}; "
                "update the `holidays` package, or work out the day by hand"
            )
        return _of_year(self.name, year)


@lru_cache(maxsize=_MOST_CALENDARS)
def business_days(name: str) -> BusinessDays:
    """The calendar of that name. CalendarError."""
    return BusinessDays(name)


def is_calendar_name(name: str) -> bool:
    """Whether the text looks like one: `GB`, `GB-ENG`, `TARGET`."""
    if name in _SYSTEMS:
        return True
    country, _, part = name.partition("-")
    shaped = len(name) <= _LONGEST_NAME and name.isascii() and name.upper() == name
    return shaped and len(country) == 2 and country.isalpha() and ("-" not in name or part.isalnum())


@lru_cache(maxsize=_MOST_YEARS)
def _of_year(name: str, year: int) -> tuple[date, ...]:
    days = _kept(name, (year - 1, year, year + 1))  # a day off may be moved over the turn of a year
    first = date(year, 1, 1).toordinal()
    whole = (date.fromordinal(first + i) for i in range(date(year, 12, 31).toordinal() - first + 1))
    return tuple(day for day in whole if days.is_working_day(day))


def _kept(name: str, years: tuple[int, ...] = ()) -> Any:
    if not is_calendar_name(name):
        raise CalendarError(f"`{name}` does not name a calendar; write a country such as `GB-ENG` or `CN`, or `TARGET`")
    try:
        import holidays
    except ImportError:
        raise CalendarError("business days need the `holidays` package: pip install 'riskrules[calendars]'") from None
    if name in _SYSTEMS:
        return holidays.financial_holidays(_SYSTEMS[name], years=years)
    country, _, part = name.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        raise CalendarError(f"nobody keeps a calendar for `{name}`") from None


def _announced_years(days: Any) -> frozenset[int] | None:
    """The years whose exchanged days are known; None for a country that exchanges none."""
    if not getattr(days, "has_substituted_holidays", False):
        return None
    return frozenset(getattr(days, "special_public_holidays", {}))
