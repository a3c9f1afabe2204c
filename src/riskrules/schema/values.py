"""A host's value in, the held value out: the one place where bad input is refused.

`read_value` takes what Python programs really hold (decimals, floats, texts from JSON, numpy scalars, aware
datetimes, enumerations) and gives the `int`, `str` or `bool` of `schema.kinds`, or a `PaymentError`. Nothing is
guessed and, with one exception, nothing is rounded: a binary float has no exact decimal, so a float given for
a number or a ratio becomes the nearest billionth, half to even. Money is stricter: a float is taken only
where its shortest decimal has no more digits than the currency, which is the number its writer meant.

The checks run in one order for every type: is it a number, is it in any reach (so that no `1e400` is ever
written out), is it exact, is it within the field's own bounds. `bridges` follows the same order for whole
columns, so a table and a single payment give the same error. No message repeats a value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from enum import Enum
from fractions import Fraction
from math import isfinite

from ..base.money import (
    MOST_MINOR_DIGITS,
    NumeralError,
    format_minor,
    known_currency,
    minor_digits,
    read_decimal,
    write_decimal,
)
from ..base.times import InstantError, format_duration, format_instant, instant_of, parse_duration, parse_instant
from .errors import PaymentError
from .fields import Field, Value
from .kinds import ENTITIES
from .limits import HIGHEST_MONEY_MINOR, LONGEST_NUMERAL

FAR_AWAY = HIGHEST_MONEY_MINOR
"""No field of any kind holds a float above this (in units of its last decimal for money, in whole units for the
others). It is below 2**52, so under it every decimal of the allowed digits has a float of its own."""

FAR_DIGITS = 16
"""A decimal with more digits before its point is above FAR_AWAY."""

_EXACT = Context(prec=4 * LONGEST_NUMERAL)  # more digits than any decimal that gets so far has

EXPECTED = {
    "money": "an amount such as 123.45",
    "number": "a number",
    "ratio": "a number such as 0.8 for 80%",
    "count": "a whole number",
    "time": "a time with its zone, such as 2026-06-15T04:00:00Z",
    "duration": "a duration such as 24h",
    "yes/no": "true or false",
    "country": "a country code of two capital letters, such as CN",
    "currency": "an ISO 4217 currency code, such as CNY",
}
"""What a field of each kind takes, as a message says it; a text for all others."""


def read_value(field: Field, given: object) -> Value:
    """The held value of what a host gave. PaymentError at the field's key when it does not fit; None counts as
    missing and is an error here, since only the caller knows whether the field may be left out."""
    if given is None:
        raise missing(field)
    if type(given).__module__ == "numpy":
        given = from_numpy(field, given)
    return _READERS[field.kind.name](field, given)


def missing(field: Field) -> PaymentError:
    """The error for a required field that an event does not carry."""
    return PaymentError(field.key, "is missing, and the ruleset reads it", "missing")


def missing_partner(instrument: Field, partner: Field) -> PaymentError:
    """The error for a known instrument whose institution is not."""
    return PaymentError(partner.key, f"is missing, and `{instrument.key}` is given", "missing")


def check_currency(field: Field, code: str, currency: str) -> None:
    """Refuse a payment in another currency than the ruleset's."""
    if code != currency:
        raise PaymentError(field.key, f"another currency than the ruleset's, which is {currency}", "wrong-currency")


def read_age(field: Field, since_us: int, occurred_us: int) -> int:
    """A derived duration: from `since_us` to the payment. PaymentError when it began after the payment."""
    age_us = occurred_us - since_us
    if age_us < 0:
        base = field.of[1] if field.of else field.key
        raise PaymentError(field.key, f"`{base}` lies after the payment", "out-of-range")
    return in_bounds(field, age_us)


def in_bounds(field: Field, units: int) -> int:
    """The number itself when the field's bounds hold it, else PaymentError with the bound."""
    if units < field.lowest:
        raise PaymentError(field.key, f"below {show(field, field.lowest)}, the lowest that it takes", "out-of-range")
    if units > field.highest:
        raise PaymentError(field.key, f"above {show(field, field.highest)}, the highest that it takes", "out-of-range")
    return units


def show(field: Field, units: int) -> str:
    """A held number as people write it: `50_000.00 CNY`, `0.8`, `90d`, `2026-06-15T04:00:00Z`."""
    kind = field.kind
    if kind.currency:
        return format_minor(units, kind.currency)
    if kind.name == "time":
        return format_instant(units)
    if kind.name == "duration":
        return format_duration(units)
    return write_decimal(units, decimals_of(field), "_", shortest=True)


def decimals_of(field: Field) -> int:
    """Decimal digits of the held unit: the currency's for money (the most of any where the field has none yet),
    9 for number and ratio, 0 for count."""
    if field.kind.name != "money":
        return field.kind.digits
    return minor_digits(field.kind.currency) if field.kind.currency else MOST_MINOR_DIGITS


# -- numbers -----------------------------------------------------------------------------------
def _number(field: Field, given: object) -> int:
    return read_scaled(field, given, decimals_of(field))


def read_scaled(field: Field, given: object, digits: int) -> int:
    """money, number, ratio, count: a Decimal, int, float or decimal text, in units of 10**-digits."""
    if type(given) is int or (isinstance(given, int) and not isinstance(given, bool)):
        return _scaled(field, given, digits)
    if isinstance(given, float):
        return in_bounds(field, _from_float(field, given, digits))
    if isinstance(given, Decimal):
        return in_bounds(field, _from_decimal(field, given, digits))
    if isinstance(given, str) and not isinstance(given, Enum):
        return in_bounds(field, _from_text(field, given, digits))
    raise wrong_kind(field, given)


def _scaled(field: Field, whole: int, digits: int) -> int:
    """A whole number in held units, however long it is."""
    if abs(whole) > FAR_AWAY:
        raise too_far(field)
    return in_bounds(field, int(whole) * int(10**digits))


def _from_float(field: Field, given: float, digits: int) -> int:
    if not isfinite(given):
        raise not_finite(field)
    if abs(given) > FAR_AWAY / (10**digits if field.kind.name == "money" else 1):
        raise too_far(field)
    if field.kind.name == "money":
        return _exactly(field, Decimal(repr(float(given))), digits)
    if field.kind.name == "count":
        if given != int(given):
            raise not_exact(field, digits)
        return int(given)
    return round(Fraction(given) * int(10**digits))


def _from_decimal(field: Field, given: Decimal, digits: int) -> int:
    if not given.is_finite():
        raise not_finite(field)
    if given and given.adjusted() >= FAR_DIGITS:
        raise too_far(field)
    if len(given.as_tuple().digits) > LONGEST_NUMERAL:
        raise too_long(field, LONGEST_NUMERAL)
    return _exactly(field, given, digits)


def _exactly(field: Field, given: Decimal, digits: int) -> int:
    """A finite decimal of bounded size in units of 10**-digits."""
    if not given:
        return 0
    if given.adjusted() < -LONGEST_NUMERAL:
        raise not_exact(field, digits)
    scaled = given.scaleb(digits, context=_EXACT)
    units = int(scaled)
    if units != scaled:
        raise not_exact(field, digits)
    return units


def _from_text(field: Field, given: str, digits: int) -> int:
    if len(given) > LONGEST_NUMERAL:
        raise too_long(field, LONGEST_NUMERAL)
    try:
        if field.kind.name != "count":
            return read_decimal(given, digits)
        one: int = 10**LONGEST_NUMERAL
        whole, rest = divmod(read_decimal(given, LONGEST_NUMERAL), one)  # "12.0" is a count
    except NumeralError as e:
        raise not_exact(field, digits) if e.kind == "not-exact" else wrong_kind(field, given) from None
    if rest:
        raise not_exact(field, digits)
    return whole


# -- time --------------------------------------------------------------------------------------
def _time(field: Field, given: object) -> int:
    try:
        if isinstance(given, datetime):
            instant_us = instant_of(given)
            if getattr(given, "nanosecond", 0):  # of pandas
                raise InstantError("finer than a microsecond", "not-exact")
            return in_bounds(field, instant_us)
        if isinstance(given, str) and not isinstance(given, Enum):
            return in_bounds(field, parse_instant(given))
    except InstantError as e:
        raise PaymentError(field.key, str(e), e.kind) from None
    raise wrong_kind(field, given)


def _duration(field: Field, given: object) -> int:
    if isinstance(given, timedelta):
        if getattr(given, "nanoseconds", 0):
            raise PaymentError(field.key, "finer than a microsecond", "not-exact")
        return in_bounds(field, given // timedelta(microseconds=1))
    if isinstance(given, str) and not isinstance(given, Enum):
        if len(given) > LONGEST_NUMERAL:
            raise too_long(field, LONGEST_NUMERAL)
        try:
            return in_bounds(field, parse_duration(given))
        except ValueError:
            raise wrong_kind(field, given) from None
    raise wrong_kind(field, given)


# -- words and yes/no --------------------------------------------------------------------------
def _yes_no(field: Field, given: object) -> bool:
    if given is True or given is False:
        return given
    raise wrong_kind(field, given)


def _text(field: Field, given: object) -> str:
    """A text of 1 to `longest` characters, without NUL or half a surrogate pair."""
    if isinstance(given, Enum):
        given = given.value
    if not isinstance(given, str):
        raise wrong_kind(field, given)
    text = given if type(given) is str else str.__str__(given)
    if not text:
        raise PaymentError(field.key, "is empty; leave it out where there is none", "missing")
    if len(text) > field.longest:
        raise too_long(field, field.longest)
    if "\0" in text or not _encodes(text):
        raise PaymentError(field.key, "holds a character that is none (NUL or half a surrogate pair)", "wrong-kind")
    return text


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _one_of(field: Field, given: object) -> str:
    given = given.value if isinstance(given, Enum) else given
    if not isinstance(given, str):
        raise wrong_kind(field, given)
    if given not in field.kind.choices:
        raise PaymentError(field.key, f"not one of {', '.join(field.kind.choices)}", "not-a-choice")
    return field.kind.choices[field.kind.choices.index(given)]


def _country(field: Field, given: object) -> str:
    text = _text(field, given)
    if not (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()):
        raise wrong_kind(field, given)
    return text


def _currency(field: Field, given: object) -> str:
    text = _text(field, given)
    if not known_currency(text):
        raise wrong_kind(field, given)
    return text


# -- what is wrong -----------------------------------------------------------------------------
def wrong_kind(field: Field, given: object) -> PaymentError:
    wanted = EXPECTED.get(field.kind.name, "a text")
    return PaymentError(field.key, f"expected {wanted}, not {_described(given)}", "wrong-kind")


def not_finite(field: Field) -> PaymentError:
    return PaymentError(field.key, "not a number, or without end", "wrong-kind")


def too_far(field: Field) -> PaymentError:
    """A number beyond what any field takes, which is never written out in full."""
    low, high = show(field, field.lowest), show(field, field.highest)
    return PaymentError(field.key, f"far outside {low} to {high}", "out-of-range")


def too_long(field: Field, longest: int) -> PaymentError:
    return PaymentError(field.key, f"longer than {longest} characters", "too-long")


def not_exact(field: Field, digits: int) -> PaymentError:
    owner = f"{field.kind.currency} has" if field.kind.currency else "it takes"
    amount = {0: "no decimals", 1: "one decimal"}.get(digits, f"at most {digits} decimals")
    return PaymentError(field.key, f"more decimals than fit: {owner} {amount}", "not-exact")


def _described(given: object) -> str:
    for kinds, words in _DESCRIPTIONS:
        if isinstance(given, kinds):
            return words
    return "something else"


_DESCRIPTIONS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float, Decimal), "a bare number"),
    (str, "this text"),
    (bytes, "bytes"),
    (datetime, "a time"),
    (date, "a date"),
    (timedelta, "a duration"),
    (dict, "an object"),
    ((list, tuple), "a list"),
)


def from_numpy(field: Field, given: object) -> object:
    """A numpy scalar as Python's own value. A 32-bit or 16-bit float is never money: neither has 57.16."""
    name = type(given).__name__
    if name in ("float32", "float16") and field.kind.name == "money":
        raise narrow_float(field)
    item = getattr(given, "item", None)
    if name == "ndarray" or not callable(item):
        return given
    if name == "datetime64":
        return datetime(1970, 1, 1)  # noqa: DTZ001  # stands for a time without a zone, which this always is
    return _from_timedelta64(field, item(), str(getattr(given, "dtype", ""))) if name == "timedelta64" else item()


def _from_timedelta64(field: Field, value: object, dtype: str) -> object:
    """numpy gives nanoseconds as a bare number, which must not pass for one."""
    if not isinstance(value, int):
        return value
    if dtype != "timedelta64[ns]" or field.kind.name != "duration":
        return timedelta.min
    if value % 1_000:
        raise PaymentError(field.key, "finer than a microsecond", "not-exact")
    return timedelta(microseconds=value // 1_000)


def narrow_float(field: Field) -> PaymentError:
    return PaymentError(field.key, "a 32-bit float cannot hold money; give a decimal or a text", "wrong-kind")


_READERS: dict[str, Callable[[Field, object], Value]] = {
    "money": _number,
    "number": _number,
    "ratio": _number,
    "count": _number,
    "time": _time,
    "duration": _duration,
    "yes/no": _yes_no,
    "text": _text,
    "country": _country,
    "currency": _currency,
    "one of": _one_of,
    **dict.fromkeys(ENTITIES, _text),
}
