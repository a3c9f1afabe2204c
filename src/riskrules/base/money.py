"""Money as whole minor units: the digits a currency has, and decimal text to and from them.

ISO 4217 decides how many minor digits a currency has (CNY 2, JPY 0, KWD 3), and the `iso4217` package
carries its table. A code for which the standard states none (gold, XAU; testing, XTS) is refused: there is
nothing to count in. Nothing here rounds: a text with more digits than asked for is an error, also where
the surplus digits are zeros, so that a column in the wrong unit is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import iso4217

_NUMERAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_MOST_CODES = 512  # ISO 4217 has under 200; the cache cannot grow with what a stranger sends


MOST_MINOR_DIGITS = 4
"""Of any currency in ISO 4217."""


class NumeralError(ValueError):
    """A text that is no decimal number (`kind` wrong-kind), or one with too many decimals (not-exact)."""

    def __init__(self, problem: str, kind: str) -> None:
        super().__init__(problem)
        self.kind = kind


def known_currency(code: str) -> bool:
    """Whether ISO 4217 has the code (upper case, such as CNY)."""
    return code in iso4217.raw_table


def currency_codes() -> Iterable[str]:
    """Every code that ISO 4217 has."""
    return iter(iso4217.raw_table)


@lru_cache(maxsize=_MOST_CODES)
def minor_digits(code: str) -> int:
    """Minor digits of an ISO 4217 code. ValueError when there is no such code, or it has no minor unit."""
    if not known_currency(code):
        raise ValueError("not an ISO 4217 currency code")
    digits = iso4217.raw_table[code]["CcyMnrUnts"]
    if not (isinstance(digits, str) and digits.isdigit()):
        raise ValueError("ISO 4217 states no minor unit for this code, so amounts in it cannot be counted")
    return int(digits)


def is_numeral(text: str) -> bool:
    """Whether a text is a plain decimal: ASCII digits, an optional minus, at most one point between digits."""
    return _NUMERAL.fullmatch(text) is not None


def read_decimal(text: str, digits: int) -> int:
    """A decimal text in units of 10**-digits: ("123.45", 2) is 12345. NumeralError unless it is ASCII digits
    with an optional minus and at most `digits` decimals. The caller bounds the length."""
    if not is_numeral(text):
        raise NumeralError("not a plain decimal number such as 123.45", "wrong-kind")
    whole, _, decimals = text.partition(".")
    if len(decimals) > digits:
        raise NumeralError(f"{len(decimals)} decimals where at most {digits} are possible", "not-exact")
    return int(whole + decimals.ljust(digits, "0"))


def write_decimal(units: int, digits: int, separator: str = "", shortest: bool = False) -> str:
    """The text of `units` of 10**-digits: (12345, 2) is "123.45". `separator` goes between thousands;
    `shortest` leaves out zeros at the end (8 * 10**8, 9 digits: "0.8")."""
    one: int = 10**digits
    whole, rest = divmod(abs(units), one)
    shown = f"{whole:_}".replace("_", separator)
    decimals = f"{rest:0{digits}d}" if digits else ""
    if shortest:
        decimals = decimals.rstrip("0")
    return ("-" if units < 0 else "") + shown + ("." + decimals if decimals else "")


def parse_minor(text: str, currency: str) -> int:
    """ "123.45" in a currency's minor units. NumeralError or ValueError as above."""
    return read_decimal(text, minor_digits(currency))


def format_minor(minor: int, currency: str) -> str:
    """An amount with all its minor digits: `123.45 CNY`, `50_000.00 CNY`, `50_000 JPY`."""
    return f"{write_decimal(minor, minor_digits(currency), '_')} {currency}"


def in_proportion(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in parts that sum to it, in proportion to the weights, by largest remainder: each part rounded down,
    and the units that are left go one each to the largest remainders, equal ones to the earlier. All zero where no
    weight is above zero."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts
