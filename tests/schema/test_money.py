"""Amounts and their texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskrules.base.money import NumeralError, format_minor, known_currency, minor_digits, parse_minor, write_decimal

NOT_NUMBERS = ("", "1e3", "1.", ".5", "+1", "1_000", "1,5", " 1", "1\n", "１２", "--1", "0x1", "nan", "٣")
CURRENCIES = {"JPY": 0, "CNY": 2, "KWD": 3, "CLF": 4}


@pytest.mark.parametrize(("code", "digits"), CURRENCIES.items())
def test_digits_are_the_standards(code: str, digits: int) -> None:
    """A currency has the minor digits that ISO 4217 states."""
    assert minor_digits(code) == digits


@pytest.mark.parametrize("code", ["XAU", "XTS", "XXX", "cny", "CNYY", "", "ABC"])
def test_what_cannot_be_counted_is_refused(code: str) -> None:
    """A code without minor units, or that is none, has no digits."""
    with pytest.raises(ValueError):
        minor_digits(code)


def test_gold_is_known_though_it_cannot_be_counted() -> None:
    """A code may be known without having minor units."""
    assert known_currency("XAU")


@given(st.integers(-(10**18), 10**18), st.sampled_from(sorted(CURRENCIES)))
def test_text_and_back_is_the_same_amount(minor: int, currency: str) -> None:
    """Writing an amount and reading it again gives the same minor units."""
    assert parse_minor(format_minor(minor, currency).removesuffix(f" {currency}").replace("_", ""), currency) == minor
    assert parse_minor(write_decimal(minor, CURRENCIES[currency]), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (12345, "CNY", "123.45 CNY"),
        (5_000_000, "CNY", "50_000.00 CNY"),
        (-500, "CNY", "-5.00 CNY"),
        (-5, "CNY", "-0.05 CNY"),
        (123_456_789, "CNY", "1_234_567.89 CNY"),
        (1234, "JPY", "1_234 JPY"),
        (1, "KWD", "0.001 KWD"),
        (0, "CNY", "0.00 CNY"),
    ],
)
def test_an_amount_is_written_as_the_language_writes_it(minor: int, currency: str, text: str) -> None:
    """Thousands are told apart, and every amount has all the digits of its currency, also a whole one."""
    assert format_minor(minor, currency) == text


@pytest.mark.parametrize("text", list(NOT_NUMBERS))
def test_only_plain_decimals_are_numbers(text: str) -> None:
    """Nothing but ASCII digits, one point and a minus is read."""
    with pytest.raises(NumeralError) as e:
        parse_minor(text, "CNY")
    assert e.value.kind == "wrong-kind"


def test_more_digits_than_the_currency_has_are_refused() -> None:
    """A third decimal of a currency with two is not dropped, even when it is zero."""
    for text in ("1.230", "1.234"):
        with pytest.raises(NumeralError) as e:
            parse_minor(text, "CNY")
        assert e.value.kind == "not-exact"
