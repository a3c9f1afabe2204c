"""Instants, local days and durations, all as whole microseconds.

An instant is microseconds since 1970-01-01T00:00:00Z. A text must say its zone (RFC 3339): guessing one
would move a payment across midnight. Python's `datetime` and `zoneinfo` do the calendar, since both are
exact; the price is their range, the years 1 to 9999, which is far wider than any field's bounds.

Leap seconds do not exist here, as in POSIX time: `23:59:60` is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MICROSECOND_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
"""Fixed-length units as the language writes them. A month or a year has no fixed length."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_US = MICROSECOND_UNITS["d"]
_LONGEST_DURATION_TEXT = 24  # digits of 2**63 and a unit; more cannot be in range
_MOST_ZONES = 64

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
_DURATION = re.compile(r"([0-9]+)(us|ms|s|m|h|d)", re.ASCII)


class InstantError(ValueError):
    """A text that is no instant (`kind` wrong-kind), or one finer than a microsecond (not-exact)."""

    def __init__(self, problem: str, kind: str = "wrong-kind") -> None:
        super().__init__(problem)
        self.kind = kind


def parse_instant(text: str, naive_zone: ZoneInfo | None = None) -> int:
    """An RFC 3339 text in microseconds UTC. A text without a zone is an error unless `naive_zone` is given;
    there, a local time that happened twice is the first of the two."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise InstantError("not an instant such as 2026-06-15T04:00:00Z")
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    fraction = (found[7] or "").ljust(9, "0")
    if fraction[6:] != "000":
        raise InstantError("finer than a microsecond", "not-exact")
    zone = found[8]
    try:
        local = datetime(year, month, day, hour, minute, second, int(fraction[:6]), tzinfo=UTC)
    except ValueError:
        raise InstantError("no such day or time of day") from None
    if zone is None:
        if naive_zone is None:
            raise InstantError("a time without a zone: add the zone, such as Z or +08:00")
        return local_instant(local.replace(tzinfo=None), naive_zone)
    instant = (local - _EPOCH) // _MICROSECOND
    if zone in ("Z", "z"):
        return instant
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise InstantError("no such distance from UTC")
    offset_us = (hours * 60 + minutes) * MICROSECOND_UNITS["m"]
    return instant + offset_us if zone[0] == "-" else instant - offset_us


def instant_of(moment: datetime) -> int:
    """An aware datetime in microseconds UTC. InstantError when it has no zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InstantError("a time without a zone: add the zone, such as Z or +08:00")
    return (moment - _EPOCH) // _MICROSECOND


def local_instant(local: datetime, zone: ZoneInfo) -> int:
    """A naive local time in microseconds UTC. A time that happened twice is the first; one that the clocks
    skipped is read with the distance in force before they moved."""
    return instant_of(local.replace(tzinfo=zone, fold=0))


def format_instant(instant_us: int) -> str:
    """RFC 3339 in UTC, with as many digits of a second as are needed: `2026-06-15T04:00:00Z`."""
    moment = _EPOCH + timedelta(microseconds=instant_us)
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + fraction + "Z"


@lru_cache(maxsize=_MOST_ZONES)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("no such time zone; write one such as Asia/Shanghai") from None


def local_midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local date begins, in microseconds UTC.

    Where midnight happens twice it is the first; where clocks skip it, the first instant after the gap; for a
    date that a place left out altogether (Samoa, 2011-12-30), the instant the next one begins."""
    midnight = datetime.combine(day, time())
    guess = local_instant(midnight, zone)
    if local_time(guess, zone) == midnight:
        return guess
    before, after = guess - 2 * _DAY_US, guess + 2 * _DAY_US
    while after - before > 1:  # the clocks jump over midnight: find the jump
        middle = (before + after) // 2
        if local_time(middle, zone) < midnight:
            before = middle
        else:
            after = middle
    return after


def local_time(instant_us: int, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows, as a naive datetime."""
    return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(zone).replace(tzinfo=None)


def parse_duration(text: str) -> int:
    """`24h`, `90d`, `15m`, `1500ms` in microseconds. ValueError for anything else."""
    found = _DURATION.fullmatch(text) if len(text) <= _LONGEST_DURATION_TEXT else None
    if found is None:
        raise ValueError("not a duration such as 24h, 90d, 15m, 30s or 1500ms")
    return int(found[1]) * MICROSECOND_UNITS[found[2]]


def format_duration(duration_us: int) -> str:
    """The duration in its largest whole unit: 90d is `90d`, 36h `36h`, 1500 ms `1500ms`; nothing is `0s`. Up to two
    days it is hours, `24h`, as people and circulars say."""
    if duration_us == 0:
        return "0s"
    if abs(duration_us) <= 2 * MICROSECOND_UNITS["d"] and duration_us % MICROSECOND_UNITS["h"] == 0:
        return f"{duration_us // MICROSECOND_UNITS['h']}h"
    unit = next(u for u in ("d", "h", "m", "s", "ms", "us") if duration_us % MICROSECOND_UNITS[u] == 0)
    return f"{duration_us // MICROSECOND_UNITS[unit]}{unit}"
