"""The kinds of value that the language knows, and the whole number that stands for each.

Everything below the edge of the library is a Python `int`, `str` or `bool`, so that the reference
interpreter, the kernels and a saved log hold exactly the same thing. The price is one conversion at
the edge (`schema.values`), which is also the one place where bad input is refused.

| kind | held as |
|---|---|
| money | whole minor units of the ruleset's currency (`int`) |
| count | `int` |
| number, ratio | billionths (`int`): 0.8 and 80% are both 800_000_000 |
| time | microseconds since 1970-01-01T00:00:00Z (`int`) |
| duration | microseconds (`int`) |
| yes/no | `bool` |
| text, country, currency, one of, account, merchant, wallet, institution, party | `str` |
"""

from __future__ import annotations

from dataclasses import dataclass

BILLIONTH_DIGITS = 9
MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NUMERIC = frozenset({"money", "number", "count", "ratio", "time", "duration"})
ENTITIES = frozenset({"account", "merchant", "wallet", "institution", "party"})
ROLES = {"account": "account-servicing bank", "merchant": "acquirer", "wallet": "wallet operator"}
"""What the institution of an instrument is to it: whose account, whose merchant, whose wallet."""
WORDS = frozenset({"text", "country", "currency", "one of"}) | ENTITIES
KIND_NAMES = NUMERIC | WORDS | {"yes/no"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. `choices` only for `one of`, `currency` (ISO 4217 code) only for money."""

    name: str
    choices: tuple[str, ...] = ()
    currency: str = ""

    @property
    def numeric(self) -> bool:
        """Held as an `int` and ordered."""
        return self.name in NUMERIC

    @property
    def digits(self) -> int:
        """Decimal digits below one natural unit: 9 for number and ratio (held in billionths), else 0."""
        return BILLIONTH_DIGITS if self.name in ("number", "ratio") else 0

    def __str__(self) -> str:
        if self.name == "one of":
            return f"one of ({', '.join(self.choices)})"
        return f"money in {self.currency}" if self.currency else self.name


COUNT = Kind("count")
NUMBER = Kind("number")
RATIO = Kind("ratio")
TEXT = Kind("text")
YES_NO = Kind("yes/no")
TIME = Kind("time")
DURATION = Kind("duration")
