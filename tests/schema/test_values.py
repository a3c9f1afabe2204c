"""What a host may give, and what is refused."""

import enum
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskrules.schema.errors import PaymentError
from riskrules.schema.fields import Field
from riskrules.schema.kinds import NUMBER
from riskrules.schema.limits import LONGEST_NUMERAL
from riskrules.schema.payment import payment_schema, plain_field
from riskrules.schema.values import check_currency, missing_partner, read_age, read_value, show

SCHEMA = payment_schema("CNY")
BALANCE = SCHEMA["payer.account.balance"]
NUMBER_FIELD = plain_field("payment.pull", NUMBER, "a number of either sign", optional=True)
NUMBER_OF_ACCOUNT = "622848-7788"


class Channel(enum.Enum):
    MOBILE = "mobile"


class Level(str, enum.Enum):  # noqa: UP042  # hosts write it so, and it must be read
    TWO = "ii"


def refused(f: Field, given_value: object) -> str:
    with pytest.raises(PaymentError) as e:
        read_value(f, given_value)
    assert e.value.field == f.key
    assert NUMBER_OF_ACCOUNT not in str(e.value)
    assert e.value.problem[0].islower() or e.value.problem[0] == "`"
    assert not e.value.problem.endswith(".")
    return e.value.kind


@pytest.mark.parametrize(
    ("name", "given_value", "held"),
    [
        ("amount", Decimal("123.45"), 12345),
        ("amount", Decimal("57.1600"), 5716),
        ("amount", Decimal("1E+3"), 100_000),
        ("amount", 7, 700),
        ("amount", "0.05", 5),
        ("amount", 57.16, 5716),
        ("amount", -0.0, 0),
        ("amount", np.float64(57.16), 5716),
        ("amount", np.int16(3), 300),
        ("payer.account.balance", "-3.10", -310),
        ("payer.party.age", 61.0, 61),
        ("payer.party.age", "61.0", 61),
        ("payment.risk_score", "0.8", 800_000_000),
        ("payment.risk_score", 1, 1_000_000_000),
        ("payment.risk_score", 0.1 + 0.2, 300_000_000),
        ("occurred_at", "2026-06-15T12:00:00+08:00", 1_781_496_000_000_000),
        ("occurred_at", datetime(2026, 6, 15, 4, tzinfo=UTC), 1_781_496_000_000_000),
        ("occurred_at", datetime(2026, 6, 15, 12, tzinfo=timezone(timedelta(hours=8))), 1_781_496_000_000_000),
        ("occurred_at", pd.Timestamp("2026-06-15T04:00:00Z"), 1_781_496_000_000_000),
        ("payment.on_us", np.True_, True),
        ("channel", Channel.MOBILE, "mobile"),
        ("payer.account.class", "iii", "iii"),
        ("payer.wallet.level", Level.TWO, "ii"),
        ("payer.account", np.str_("A1"), "A1"),
        ("payer.party.country", "CN", "CN"),
        ("currency", "XAU", "XAU"),
    ],
)
def test_what_a_host_gives_is_held(name: str, given_value: object, held: object) -> None:
    """Each usual Python value has one held value, of the very type."""
    value = read_value(SCHEMA[name], given_value)
    assert value == held and type(value) is type(held)


@pytest.mark.parametrize(
    ("name", "given_value", "kind"),
    [
        ("amount", None, "missing"),
        ("amount", True, "wrong-kind"),
        ("amount", np.True_, "wrong-kind"),
        ("amount", math.nan, "wrong-kind"),
        ("amount", math.inf, "wrong-kind"),
        ("amount", Decimal("NaN"), "wrong-kind"),
        ("amount", Decimal("sNaN"), "wrong-kind"),
        ("amount", "1e2", "wrong-kind"),
        ("amount", "１２", "wrong-kind"),
        ("amount", "12 CNY", "wrong-kind"),
        ("amount", [1], "wrong-kind"),
        ("amount", np.arange(2), "wrong-kind"),
        ("amount", np.float32(57.5), "wrong-kind"),
        ("amount", Channel.MOBILE, "wrong-kind"),
        ("amount", 0.1 + 0.2, "not-exact"),
        ("amount", 5e-324, "not-exact"),
        ("amount", Decimal("0.001"), "not-exact"),
        ("amount", Decimal("1E-400000"), "not-exact"),
        ("amount", "0.001", "not-exact"),
        ("amount", "0.100", "not-exact"),
        ("amount", -1, "out-of-range"),
        ("amount", 10**15, "out-of-range"),
        ("amount", 10**400, "out-of-range"),
        ("amount", 1e300, "out-of-range"),
        ("amount", 2.0**53, "out-of-range"),
        ("amount", Decimal("1e400"), "out-of-range"),
        ("amount", Decimal("1e999999"), "out-of-range"),
        ("amount", "9" * (LONGEST_NUMERAL + 1), "too-long"),
        ("amount", Decimal("0." + "1" * 50), "too-long"),
        ("payer.party.age", 1.5, "not-exact"),
        ("payer.party.age", "1.5", "not-exact"),
        ("payer.party.age", 151, "out-of-range"),
        ("payment.risk_score", Decimal("0.1234567891"), "not-exact"),
        ("payment.risk_score", "80%", "wrong-kind"),
        ("payment.risk_score", 1.1, "out-of-range"),
        ("occurred_at", datetime(2026, 6, 15), "wrong-kind"),  # noqa: DTZ001  # a naive time is what is tried
        ("occurred_at", pd.NaT, "wrong-kind"),
        ("occurred_at", pd.Timestamp("2026-06-15T04:00:00.000000001Z"), "not-exact"),
        ("occurred_at", date(2026, 6, 15), "wrong-kind"),
        ("occurred_at", np.datetime64("2026-06-15"), "wrong-kind"),
        ("occurred_at", np.datetime64("2026-06-15", "ns"), "wrong-kind"),
        ("occurred_at", 1_781_496_000, "wrong-kind"),
        ("occurred_at", "2026-06-15T04:00:00", "wrong-kind"),
        ("occurred_at", "1800-01-01T00:00:00Z", "out-of-range"),
        ("payment.on_us", 1, "wrong-kind"),
        ("payment.on_us", "yes", "wrong-kind"),
        ("channel", "fax", "not-a-choice"),
        ("channel", 1, "wrong-kind"),
        ("payer.account", "", "missing"),
        ("payer.account", 12345, "wrong-kind"),
        ("payer.account", b"A1", "wrong-kind"),
        ("payer.account", NUMBER_OF_ACCOUNT * 100, "too-long"),
        ("payer.account", NUMBER_OF_ACCOUNT + "\0", "wrong-kind"),
        ("payer.account", NUMBER_OF_ACCOUNT + "\ud800", "wrong-kind"),
        ("payer.party.country", "cn", "wrong-kind"),
        ("payer.party.country", "ÄÖ", "wrong-kind"),
        ("currency", "CNX", "wrong-kind"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, given_value: object, kind: str) -> None:
    """Nothing near a value is taken for it; the error has its kind and never repeats what was given."""
    assert refused(SCHEMA[name], given_value) == kind


@pytest.mark.parametrize(
    ("given_value", "held"),
    [("24h", 86_400_000_000), (timedelta(days=2), 172_800_000_000), (np.timedelta64(5, "s"), 5_000_000),
     (np.timedelta64(3_000, "ns"), 3), (pd.Timedelta("1s"), 1_000_000)],
)  # fmt: skip
def test_durations(given_value: object, held: int) -> None:
    """A duration is a timedelta of any library or a text with its unit."""
    assert read_value(replace(SCHEMA["payer.account.age"], of=None), given_value) == held


def test_durations_that_are_none() -> None:
    """A bare number says no unit, and a nanosecond is finer than what is held."""
    age = replace(SCHEMA["payer.account.age"], of=None)
    given = [24, "24", np.timedelta64(1, "ns"), pd.Timedelta(1, "ns"), timedelta(-1), np.timedelta64("NaT")]
    assert [refused(age, g) for g in given] == [
        "wrong-kind", "wrong-kind", "not-exact", "not-exact", "out-of-range", "wrong-kind",
    ]  # fmt: skip


@given(st.integers(-(10**15), 10**15))
def test_every_amount_in_reach_may_be_a_float(minor: int) -> None:
    """The float nearest to any amount of whole minor units is read as that amount."""
    assert read_value(BALANCE, float(Decimal(minor) / 100)) == minor


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_float_is_money_only_if_its_shortest_decimal_is(x: float) -> None:
    """A float is read as the number that Python shows for it, or not at all."""
    try:
        held = read_value(BALANCE, x)
    except PaymentError:
        fits = math.isfinite(x) and abs(x) <= 10**13 and Decimal(repr(x)) * 100 % 1 == 0
        assert not fits
    else:
        assert Fraction(int(held), 100) == Fraction(repr(x))


@given(st.floats(-1e9, 1e9) | st.integers(-(10**9) * 1024, 10**9 * 1024).map(lambda n: n / 1024))
def test_a_float_number_is_the_nearest_billionth(x: float) -> None:
    """The held billionth is nearest to the exact binary value, the even one of two."""
    assert read_value(NUMBER_FIELD, x) == round(Fraction(x) * 10**9)


@given(st.decimals(-(10**9), 10**9, places=9))
def test_a_decimal_number_is_exact(x: Decimal) -> None:
    """A decimal of nine places is held exactly, as a text too."""
    assert Fraction(int(read_value(NUMBER_FIELD, x)), 10**9) == Fraction(x)
    assert read_value(NUMBER_FIELD, f"{x:f}") == read_value(NUMBER_FIELD, x)


def test_bounds_are_shown() -> None:
    """A refusal for a bound says the bound, as people write it."""
    with pytest.raises(PaymentError, match="above 150, the highest"):
        read_value(SCHEMA["payer.party.age"], 151)
    assert show(SCHEMA["payment.risk_score"], 500_000_000) == "0.5"
    assert show(SCHEMA["payer.account.age"], 7_776_000_000_000) == "90d"
    assert show(BALANCE, -310) == "-3.10 CNY"


def test_an_age_before_birth_is_bad_input() -> None:
    """What was opened after the payment has no age."""
    age = SCHEMA["payee.account.age"]
    assert read_age(age, 5, 7) == 2
    with pytest.raises(PaymentError) as e:
        read_age(age, 7, 5)
    assert e.value.kind == "out-of-range" and "`payee.account.opened_at`" in e.value.problem


def test_another_currency_is_refused() -> None:
    """Amounts are held in the ruleset's currency, so another one cannot be read."""
    check_currency(SCHEMA["currency"], "CNY", "CNY")
    with pytest.raises(PaymentError) as e:
        check_currency(SCHEMA["currency"], "USD", "CNY")
    assert e.value.kind == "wrong-currency"


def test_an_instrument_names_its_institution() -> None:
    """The error for a missing institution is at the institution and names the instrument."""
    error = missing_partner(SCHEMA["payee.merchant"], SCHEMA["payee.merchant.acquirer"])
    assert error.field == "payee.merchant.acquirer" and "`payee.merchant.id`" in error.problem


@given(st.from_type(object) | st.text() | st.binary() | st.floats() | st.integers() | st.decimals() | st.datetimes())
def test_nothing_but_a_payment_error_comes_out(anything: object) -> None:
    """Whatever is given to whatever field, the answer is a held value or a PaymentError."""
    for f in SCHEMA:
        try:
            value = read_value(f, anything)
        except PaymentError:
            continue
        assert type(value) in (int, str, bool)
        if f.kind.numeric:
            assert f.lowest <= int(value) <= f.highest
