"""Instants, local days, durations, and a zone's clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskrules.base.clocks import Clock
from riskrules.base.times import (
    MICROSECOND_UNITS,
    InstantError,
    format_duration,
    format_instant,
    instant_of,
    local_instant,
    local_midnight,
    local_time,
    parse_duration,
    parse_instant,
    zone_of,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = sorted(z for z in available_timezones() if "/" in z)
FROM_1870, TO_2200 = -3_155_760_000_000_000, 7_258_118_400_000_000
instants = st.integers(FROM_1870, TO_2200)


@given(instants)
def test_instant_and_back(us: int) -> None:
    """An instant's text reads as the same instant, and Python's own parser agrees."""
    text = format_instant(us)
    assert parse_instant(text) == us
    assert instant_of(datetime.fromisoformat(text)) == us


@given(instants, st.integers(-23 * 60, 23 * 60))
def test_every_distance_from_utc_reads_as_python_reads_it(us: int, minutes: int) -> None:
    """Zones of a text move the instant exactly as `datetime` moves it."""
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    text = format_instant(us)[:-1] + offset
    assert parse_instant(text) == us - minutes * 60_000_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-06-15T04:00:00", "wrong-kind"),
        ("2026-06-15", "wrong-kind"),
        ("2026-02-30T00:00:00Z", "wrong-kind"),
        ("2026-06-15T24:00:00Z", "wrong-kind"),
        ("2026-06-15T23:59:60Z", "wrong-kind"),
        ("0000-01-01T00:00:00Z", "wrong-kind"),
        ("2026-06-15T04:00:00+24:00", "wrong-kind"),
        ("２０26-06-15T04:00:00Z", "wrong-kind"),
        ("2026-06-15T04:00:00Z ", "wrong-kind"),
        ("2026-06-15T04:00:00.1234567Z", "not-exact"),
    ],
)
def test_what_is_no_instant_is_refused(text: str, kind: str) -> None:
    """A text without a zone, of a day that is none, or finer than a microsecond is not read."""
    with pytest.raises(InstantError) as e:
        parse_instant(text)
    assert e.value.kind == kind


def test_zeros_below_a_microsecond_are_no_loss() -> None:
    """Nine digits whose last three are zero are whole microseconds."""
    assert parse_instant("1970-01-01T00:00:00.000001000Z") == 1


@given(st.dates(date(1871, 1, 1), date(2199, 1, 1)), st.sampled_from(ZONES))
def test_midnight_begins_the_day(day: date, name: str) -> None:
    """At a date's midnight the clock shows that date or, where it was left out, a later one; and a microsecond
    earlier an earlier one."""
    zone = zone_of(name)
    start = local_midnight(day, zone)
    assert local_time(start, zone).date() >= day
    if local_time(start, zone) != datetime.combine(day, datetime.min.time()):
        assert local_time(start - 1, zone).date() < day


@pytest.mark.parametrize(
    ("name", "day", "starts"),
    [
        ("Asia/Shanghai", date(2026, 6, 15), "2026-06-14T16:00:00Z"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z"),  # midnight skipped: the day begins at one
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00:00Z"),  # midnight twice: the first
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z"),  # no such day: where the next begins
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30:00Z"),  # clocks went from 23:30 to 00:30
    ],
)
def test_strange_midnights(name: str, day: date, starts: str) -> None:
    """Days whose midnight was skipped, doubled or never came begin where their first moment is."""
    assert format_instant(local_midnight(day, zone_of(name))) == starts


@given(st.lists(instants, min_size=1, max_size=40), st.sampled_from(ZONES))
def test_a_clock_shows_what_zoneinfo_shows(times: list[int], name: str) -> None:
    """Hour and weekday of a column, and of single instants, are those of `zoneinfo`, for every zone and year."""
    clock, zone = Clock(zone_of(name)), ZoneInfo(name)
    shown = [(EPOCH + timedelta(microseconds=us)).astimezone(zone) for us in times]
    assert clock.hours(np.array(times, np.int64)).tolist() == [s.hour for s in shown]
    assert clock.weekdays(np.array(times, np.int64)).tolist() == [s.weekday() for s in shown]
    assert [clock.hour(us) for us in times] == [s.hour for s in shown]
    assert [clock.weekday(us) for us in times] == [s.strftime("%a").lower() for s in shown]


@pytest.mark.parametrize(
    "name", ["America/St_Johns", "Australia/Lord_Howe", "Africa/Monrovia", "Asia/Kathmandu", "Asia/Shanghai"]
)
def test_a_clock_is_exact_around_every_change_since_1990(name: str) -> None:
    """Within two hours of each change of a zone's clock since 1990, every minute shows the right hour: also in
    St John's, whose clocks moved at one minute past midnight."""
    zone = zone_of(name)
    start, end = parse_instant("1990-01-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")
    times = range(start, end, 8 * MICROSECOND_UNITS["h"])
    ahead = [local_time(us, zone) - (EPOCH + timedelta(microseconds=us)).replace(tzinfo=None) for us in times]
    changes = [times[i] for i in range(1, len(times)) if ahead[i] != ahead[i - 1]]
    minutes = [us + m * MICROSECOND_UNITS["m"] for us in changes for m in range(-10 * 60, 2 * 60)]
    expected = [local_time(us, zone).hour for us in minutes]
    assert Clock(zone).hours(np.array(minutes, np.int64)).tolist() == expected
    assert len(changes) > 40 or name not in ("America/St_Johns", "Australia/Lord_Howe")


def test_a_clock_of_no_instants_is_empty() -> None:
    """Nothing in, nothing out."""
    assert len(Clock(zone_of("UTC")).hours(np.empty(0, np.int64))) == 0


def test_a_doubled_local_time_is_the_first_and_a_skipped_one_moves_on() -> None:
    """Local times read as `zoneinfo` reads them with fold=0."""
    zone = zone_of("Europe/London")
    assert format_instant(local_instant(datetime(2026, 10, 25, 1, 30), zone)) == "2026-10-25T00:30:00Z"  # noqa: DTZ001  # a local time
    assert format_instant(local_instant(datetime(2026, 3, 29, 1, 30), zone)) == "2026-03-29T01:30:00Z"  # noqa: DTZ001  # a local time


@given(st.integers(0, 2**62))
def test_duration_and_back(us: int) -> None:
    """A duration's text reads as the same duration."""
    assert parse_duration(format_duration(us)) == us


@pytest.mark.parametrize(
    ("us", "text"),
    [(0, "0s"), (86_400_000_000 * 90, "90d"), (900_000_000, "15m"),
     (172_800_000_000, "48h"), (1_500_000, "1500ms"), (1, "1us")],
)  # fmt: skip
def test_a_duration_is_written_in_its_largest_whole_unit(us: int, text: str) -> None:
    """The unit is the largest that divides the duration, but hours up to two days."""
    assert format_duration(us) == text


@pytest.mark.parametrize("text", ["", "24", "h", "1.5h", "-1h", "1 h", "1H", "１h", "1mo", "9" * 30 + "h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A duration is digits and a unit of fixed length."""
    with pytest.raises(ValueError):
        parse_duration(text)


def test_an_unknown_zone_is_refused() -> None:
    """A zone must have a name that the zone database knows, and no path leads out of it."""
    for name in ("Mars/Olympus", "", "../../etc/passwd", "/etc/passwd"):
        with pytest.raises(ValueError):
            zone_of(name)
