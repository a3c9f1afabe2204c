"""The hour and the weekday that a clock in a zone shows, for one instant or for a column of them.

`zoneinfo` is exact and takes about a microsecond; a table of payments has millions. Between two changes of
a zone's rules the hour and the weekday are constant over each quarter of an hour, so one answer a quarter is
kept. A quarter in which they are not constant (clocks that moved at one minute past midnight, a city's own
mean time before zones) is found by asking at both of its ends, and every instant in it is then worked out
by itself. So the answers are `zoneinfo`'s own, for every zone and year.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from .times import MICROSECOND_UNITS, WEEKDAYS, local_time

HOURS = 24

_QUARTER_US = 15 * MICROSECOND_UNITS["m"]
_QUARTERS_A_DAY = 96
_MIXED = 255  # not one answer: 7 * 24 answers fit below it
_MOST_DAYS_KEPT = 8_192  # 22 years of days, under 1 MB; a longer history starts the table afresh


class Clock:
    """A zone's clock. Safe to share between threads: what it keeps is only ever replaced by equal answers."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._days: dict[int, NDArray[np.uint8]] = {}

    def hour(self, instant_us: int) -> int:
        """0 to 23."""
        return self._answer(instant_us) % HOURS

    def weekday(self, instant_us: int) -> str:
        """mon, tue, wed, thu, fri, sat or sun."""
        return WEEKDAYS[self._answer(instant_us) // HOURS]

    def hours(self, instants_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """The hour of each of n instants, int64[n]."""
        return self._answers(instants_us).astype(np.int64) % HOURS

    def weekdays(self, instants_us: NDArray[np.int64]) -> NDArray[np.int32]:
        """The place in WEEKDAYS of each of n instants, int32[n]."""
        return self._answers(instants_us).astype(np.int32) // HOURS

    def _answer(self, instant_us: int) -> int:
        quarter = instant_us // _QUARTER_US
        answer = int(self._day(quarter // _QUARTERS_A_DAY)[quarter % _QUARTERS_A_DAY])
        return self._exact(instant_us) if answer == _MIXED else answer

    def _answers(self, instants_us: NDArray[np.int64]) -> NDArray[np.uint8]:
        if not len(instants_us):
            return np.empty(0, np.uint8)
        quarters = instants_us // _QUARTER_US
        first = int(quarters.min()) // _QUARTERS_A_DAY
        days = (quarters // _QUARTERS_A_DAY - first).astype(np.int32)
        seen = np.zeros(int(days.max()) + 1, np.bool_)
        seen[days] = True
        places = np.flatnonzero(seen)
        table = np.stack([self._day(first + int(day)) for day in places])
        row = np.zeros(len(seen), np.int32)
        row[places] = np.arange(len(places), dtype=np.int32)
        answers: NDArray[np.uint8] = table[row[days], quarters % _QUARTERS_A_DAY]
        for i in np.flatnonzero(answers == _MIXED):
            answers[i] = self._exact(int(instants_us[i]))
        return answers

    def _day(self, day: int) -> NDArray[np.uint8]:
        """The answers of the quarters of a day of UTC, uint8[96]."""
        kept = self._days.get(day)
        if kept is None:
            if len(self._days) >= _MOST_DAYS_KEPT:
                self._days = {}
            starts = range(day * MICROSECOND_UNITS["d"], (day + 1) * MICROSECOND_UNITS["d"], _QUARTER_US)
            pairs = [(self._exact(start), self._exact(start + _QUARTER_US - 1)) for start in starts]
            kept = np.array([a if a == b else _MIXED for a, b in pairs], np.uint8)
            self._days[day] = kept
        return kept

    def _exact(self, instant_us: int) -> int:
        shown = local_time(instant_us, self.zone)
        return shown.weekday() * HOURS + shown.hour
