"""When the local day, month or year began, for one instant or for a column of them.

A day begins at its local midnight, as `times.local_midnight` says, and lasts until the next begins. So each instant
lies in exactly one day, and the start never goes back as time goes on, also where clocks are set back over midnight and
show the evening before once more: windows over `this day` need both.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .times import local_midnight, local_time

UNITS = ("day", "month", "year")


class Calendar:
    """A zone's days, months and years. Safe to share between threads: what it keeps is replaced whole."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._last: dict[str, tuple[int, int]] = {}

    def start(self, unit: str, instant_us: int) -> int:
        """When the day, month or year (`unit`) of the instant began, in microseconds UTC."""
        return self.around(unit, instant_us)[0]

    def around(self, unit: str, instant_us: int) -> tuple[int, int]:
        """The same, and when the one after it begins."""
        found = self._last.get(unit)
        if found is None or not found[0] <= instant_us < found[1]:
            found = self._last[unit] = self._around(unit, instant_us)
        return found

    def starts(self, unit: str, instants_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same for n instants, int64[n]."""
        if not len(instants_us):
            return np.zeros(0, np.int64)
        latest = int(instants_us.max())
        start, end = self._around(unit, int(instants_us.min()))
        bounds = [start]
        while end <= latest:
            bounds.append(end)
            start, end = self._around(unit, end)
        found = np.array(bounds, np.int64)
        return found[np.searchsorted(found, instants_us, side="right") - 1]

    def _around(self, unit: str, instant_us: int) -> tuple[int, int]:
        """The start of the instant's unit and of the one after it."""
        first = _first(unit, local_time(instant_us, self._zone).date())
        while local_midnight(first, self._zone) > instant_us:
            first = _first(unit, first - timedelta(days=1))
        start = local_midnight(first, self._zone)
        while (end := local_midnight(first := _next(unit, first), self._zone)) <= instant_us:
            start = end
        return start, end


def _first(unit: str, day: date) -> date:
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1) if unit == "year" else day


def _next(unit: str, first: date) -> date:
    if unit == "day":
        return first + timedelta(days=1)
    return _first(unit, (first + timedelta(days=32 if unit == "month" else 366)))
