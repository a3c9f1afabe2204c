"""Until when a share is to be paid: against a counter that walks from day to day, and days that somebody looked up."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from riskrules.base.business_days import BusinessDays, CalendarError, business_days
from riskrules.meaning import nodes as n
from riskrules.meaning.deadlines import due_us
from riskrules.meaning.nodes import Within

LONDON = ZoneInfo("Europe/London")

WORKED_WEEKENDS = {
    2025: ("01-26", "02-08", "04-27", "09-28", "10-11"),
    2026: ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
}
"""Weekends that China worked in exchange for days off, as the State Council announced them."""
DAYS_OFF_2026 = (
    "2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23",
    "2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02",
    "2026-10-05", "2026-10-06", "2026-10-07",
)  # fmt: skip
"""Week days of 2026 that China has off."""
ENGLAND_2026 = {"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25",
                "2026-12-28"}  # fmt: skip
"""Bank holidays of England on week days."""


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment(instant_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)


def business(amount: int) -> n.Span:
    return n.Span(amount, "business days")


@pytest.mark.parametrize("year", sorted(WORKED_WEEKENDS))
def test_chinas_exchanged_weekends_are_worked(year: int) -> None:
    """A weekend that is worked is a business day, and every other weekend of the year is none."""
    worked = {date.fromisoformat(f"{year}-{day}") for day in WORKED_WEEKENDS[year]}
    calendar = business_days("CN")
    days = [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
    assert {d for d in days if d.weekday() > 4 and calendar.is_business_day(d)} == worked


def test_the_days_off_are_those_announced() -> None:
    """China's and England's week days without business in 2026 are just those that were announced."""
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
    weekdays = [d for d in days if d.weekday() < 5]
    assert {str(d) for d in weekdays if not business_days("CN").is_business_day(d)} == set(DAYS_OFF_2026)
    assert {str(d) for d in weekdays if not business_days("GB-ENG").is_business_day(d)} == ENGLAND_2026


def test_counting_is_walking() -> None:
    """The nth business day after a day is the one that a walk finds, over weekends and turns of the year."""
    chance = random.Random(11)
    for _ in range(400):
        name = chance.choice(["CN", "GB-ENG", "SG"])
        calendar = business_days(name)
        start, count = date(2024, 1, 1) + timedelta(days=chance.randrange(800)), chance.randint(1, 60)
        day, left = start, count
        while left:
            day += timedelta(days=1)
            left -= calendar.is_business_day(day)
        assert calendar.after(start, count) == day


def test_a_deadline_in_business_days_ends_with_its_day() -> None:
    """Reported on the Thursday before Easter, five business days last until the midnight after Monday week."""
    reported = us(datetime(2026, 4, 2, 23, 30, tzinfo=LONDON))
    due = due_us(Within(business(5)), {"claim.reported_at": reported}, LONDON, business_days("GB-ENG"))
    assert moment(due) == datetime(2026, 4, 14, 0, 0, tzinfo=LONDON)


def test_stops_of_the_clock_move_the_deadline_up_to_its_limit() -> None:
    """Days on which the clock stood are counted in addition, and `at most` bounds the whole."""
    reported = us(datetime(2026, 6, 1, 12, tzinfo=LONDON))
    days = business_days("GB-ENG")

    def due(stopped: int, within: Within) -> date:
        values: dict[str, n.Value | None] = {"claim.reported_at": reported, "claim.clock_stopped_days": stopped}
        return (moment(due_us(within, values, LONDON, days)).astimezone(LONDON) - timedelta(seconds=1)).date()

    bounded = Within(business(5), business(35))
    assert due(0, bounded) == date(2026, 6, 8)
    assert due(3, bounded) == date(2026, 6, 11)
    assert due(30, bounded) == due(31, bounded) == due(900, bounded) == days.after(date(2026, 6, 1), 35)
    assert due(31, Within(business(5))) == days.after(date(2026, 6, 1), 36)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (n.Span(48 * 3_600_000_000, "us"), "2026-02-02T10:00:00+00:00"),
        (n.Span(1, "months"), "2026-02-28T10:00:00+00:00"),
        (n.Span(13, "months"), "2027-02-28T10:00:00+00:00"),
        (n.Span(2, "years"), "2028-01-31T10:00:00+00:00"),
    ],
)
def test_other_spans_count_from_the_moment(span: n.Span, expected: str) -> None:
    """Hours from the report; a month later is the same day and time, or the last of a shorter month. Hours on which the
    clock stood come on top."""
    reported = us(datetime(2026, 1, 31, 10, tzinfo=UTC))
    hour = 3_600_000_000
    assert moment(due_us(Within(span), {"claim.reported_at": reported}, LONDON, None)).isoformat() == expected
    stopped = {"claim.reported_at": reported, "claim.clock_stopped": hour}
    assert moment(due_us(Within(span), stopped, LONDON, None)) - timedelta(hours=1) == datetime.fromisoformat(expected)


def test_a_year_that_nobody_announced_is_refused() -> None:
    """China says each year which weekends it works, so a later year has no business days yet."""
    with pytest.raises(CalendarError, match="does not have the year 2098"):
        business_days("CN").after(date(2098, 1, 1), 1)
    announced = max(y for y in range(2020, 2098) if _known(business_days("CN"), y))
    with pytest.raises(CalendarError, match=f"year {announced + 1}"):
        business_days("CN").after(date(announced, 12, 28), 10)


def _known(calendar: BusinessDays, year: int) -> bool:
    try:
        calendar.is_business_day(date(year, 6, 1))
    except CalendarError:
        return False
    return True


@pytest.mark.parametrize("name", ["", "gb", "England", "GB-", "XX", "GB-QQ", "GB/ENG", "../CN"])
def test_a_calendar_that_nobody_keeps_is_refused(name: str) -> None:
    """In a sentence, whatever the name."""
    with pytest.raises(CalendarError):
        business_days(name)


def test_target_days_are_the_settlement_systems() -> None:
    """Of the week days of 2026 the euro's settlement system is closed on its own five and no others; a Belgian holiday
    is a day like any other."""
    closed = {"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25"}
    first = date(2026, 1, 1).toordinal()
    weekdays = [d for i in range(365) if (d := date.fromordinal(first + i)).weekday() < 5]
    assert {str(d) for d in weekdays if not business_days("TARGET").is_business_day(d)} == closed
    assert business_days("TARGET").is_business_day(date(2026, 7, 21))
    assert not business_days("BE").is_business_day(date(2026, 7, 21))
