"""Literals: what an author writes for a value, as the whole number or text that stands for it.

Nothing is rounded: a literal with more digits than its kind holds is a finding, with the digits named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ..base.money import minor_digits
from ..base.times import local_instant, local_midnight, zone_of
from ..meaning.nodes import Const, Span
from ..schema import kinds as k
from ..schema.limits import HIGHEST_COUNT, HIGHEST_MONEY_MINOR, HIGHEST_NUMBER
from ..syntax.quoting import quoted
from ..syntax.tree import Node, Token
from .problems import Problems

PLAIN = k.Kind("plain number")
"""A bare number such as 20 or 0.5: it takes the kind of what it stands beside (count, number)."""

UNITS_US = {"ms": 1_000, "s": k.SECOND, "m": k.MINUTE, "h": k.HOUR, "d": k.DAY}
MOST_DECIMALS = 9
"""Numbers and ratios are held in billionths."""
EARLIEST_YEAR, LATEST_YEAR = 1870, 2199
"""The years that a field of the kind time can hold (`schema.limits`). A day outside of them compares with nothing, and
the calendar itself ends at 9999-12-31, where many people write `for ever`."""
MOST_SPAN_UNITS = 1_000
"""Months, years or business days in a span. No measure lasts longer."""
LONGEST_LITERAL_US = 1000 * 366 * k.DAY
"""A thousand years: far above any duration, and far below what 64 bits hold."""


_OTHER_CODES = {"RMB": "CNY", "CNH": "CNY", "UKP": "GBP", "STG": "GBP", "NTD": "TWD"}
"""What people write for a currency, and its ISO 4217 code."""


def token(node: Node, index: int = 0) -> Token:
    part = node.parts[index]
    assert isinstance(part, Token)
    return part


def unquoted(t: Token) -> str:
    return t.text[1:-1]


def counted_currency(code: str) -> bool:
    """Whether amounts of the currency can be counted: ISO 4217 states no minor unit for gold or for testing."""
    try:
        minor_digits(code)
    except ValueError:
        return False
    return True


def not_counted(problems: Problems, at: Token) -> None:
    other = _OTHER_CODES.get(at.text)
    problems.error(
        "unknown-currency",
        f"{quoted(at.text)} is not a currency that has minor units",
        at,
        help=(f"write `{other}`" if other else "write an ISO 4217 code, such as `CNY`, `GBP` or `EUR`",),
    )


def decimal(text: str) -> tuple[int, int]:
    """`1_000.50` as (100050, 2); trailing zeros after the point are dropped."""
    whole, _, fraction = text.replace("_", "").partition(".")
    fraction = fraction.rstrip("0")
    return int(whole + fraction), len(fraction)


@dataclass(frozen=True)
class Literals:
    """Reads literal nodes for one ruleset: its currency bounds money, its time zone dates."""

    problems: Problems
    timezone: str

    def const(self, node: Node) -> Const | None:
        """The literal's value, or None after a finding. A bare number has the kind PLAIN."""
        match node.kind:
            case "money":
                return self._money(node)
            case "ratio" | "bps":
                return self._ratio(node)
            case "number":
                return self._number(node)
            case "duration":
                value = self._duration_us(token(node))
                return None if value is None else Const(value, k.DURATION)
            case "calendar_span":
                self.problems.error(
                    "not-an-exact-span",
                    f"{self.problems.shown(node)} has no fixed length, so it cannot be compared",
                    node,
                    help=(_days_instead(node),),
                )
                return None
            case "text":
                return Const(unquoted(token(node)), k.TEXT)
            case "yes" | "no":
                return Const(node.kind == "yes", k.YES_NO)
            case "date" | "instant":
                value = self.instant_us(token(node))
                return None if value is None else Const(value, k.TIME)
        raise AssertionError(node.kind)

    def _money(self, node: Node) -> Const | None:
        number, currency = token(node, 0), token(node, 1)
        if not counted_currency(currency.text):
            not_counted(self.problems, currency)
            return None
        digits = minor_digits(currency.text)
        value, decimals = decimal(number.text)
        written = len(number.text.partition(".")[2])
        if written > digits:
            self.problems.error(
                "too-many-digits",
                f"`{number.text}` has {written} digits after the point, "
                f"and amounts in {currency.text} have {digits or 'none'}",
                number,
                help=(f"write `{_cut(number.text, digits)} {currency.text}`",),
            )
            return None
        minor = value * 10 ** (digits - decimals)
        return self._bounded(node, Const(minor, k.Kind("money", currency=currency.text)), HIGHEST_MONEY_MINOR)

    def _ratio(self, node: Node) -> Const | None:
        t = token(node)
        text, shift = (t.text.removesuffix("bps"), 4) if node.kind == "bps" else (t.text.removesuffix("%"), 2)
        value, decimals = decimal(text)
        return self._scaled(node, value, decimals + shift, k.RATIO)

    def _number(self, node: Node) -> Const | None:
        value, decimals = decimal(token(node).text)
        if decimals == 0:
            return self._bounded(node, Const(value, PLAIN), HIGHEST_COUNT)
        return self._scaled(node, value, decimals, PLAIN)

    def _scaled(self, node: Node, value: int, decimals: int, kind: k.Kind) -> Const | None:
        while decimals and value % 10 == 0:
            value, decimals = value // 10, decimals - 1
        if decimals > MOST_DECIMALS:
            self.problems.error(
                "too-many-digits",
                f"{self.problems.shown(node)} is finer than a billionth",
                node,
                help=("write fewer digits after the point",),
            )
            return None
        return self._bounded(node, Const(value, kind, decimals), HIGHEST_NUMBER // 10 ** (MOST_DECIMALS - decimals))

    def _bounded(self, node: Node, const: Const, highest: int) -> Const | None:
        assert isinstance(const.value, int)
        if abs(const.value) <= highest:
            return const
        self.problems.error(
            "number-too-large",
            f"{self.problems.shown(node)} is larger than any value it could be compared with",
            node,
            help=("write a smaller number",),
        )
        return None

    def _duration_us(self, t: Token) -> int | None:
        unit = t.text.lstrip("0123456789")
        value = int(t.text[: -len(unit)]) * UNITS_US[unit]
        if value <= LONGEST_LITERAL_US:
            return value
        self.problems.error(
            "number-too-large",
            f"`{t.text}` is longer than a thousand years",
            t,
            help=("write a shorter duration, such as `90d`",),
        )
        return None

    def span(self, node: Node) -> Span | None:
        """A stretch for `for`, `per` or `within`, where months, years and business days are allowed."""
        words = self.problems.words(node)
        if node.kind == "duration":
            value = self._duration_us(token(node))
            if value == 0:
                self.problems.error(
                    "not-a-whole-number", f"`{words}` is no time at all", node, help=("write a span such as `24h`",)
                )
            return Span(value, "us", words) if value else None
        number, unit = node.parts
        assert isinstance(number, Token) and isinstance(unit, Node)
        value, decimals = decimal(number.text)
        if decimals or not 0 < value <= MOST_SPAN_UNITS:
            self.problems.error(
                "not-a-whole-number",
                f"`{words}` needs a whole number from 1 to {MOST_SPAN_UNITS:_}",
                number,
                help=("write a span such as `6 months`",),
            )
            return None
        return Span(value, unit.kind.replace("_", " "), words)

    def day(self, t: Token) -> date | None:
        try:
            day = date.fromisoformat(t.text)
        except ValueError:
            self._no_such(t, "a day of the calendar", "`2026-12-01`")
            return None
        return day if self._in_reach(t, day.year) else None

    def instant_us(self, t: Token) -> int | None:
        """A date is its first moment, a date with a time that moment, both in the ruleset's time zone."""
        if "T" not in t.text:
            day = self.day(t)
            return None if day is None else self.midnight_us(day)
        try:
            local = datetime.fromisoformat(t.text)
        except ValueError:
            self._no_such(t, "a moment of the calendar", "`2026-12-01T14:30`")
            return None
        return local_instant(local, zone_of(self.timezone)) if self._in_reach(t, local.year) else None

    def _no_such(self, t: Token, what: str, example: str) -> None:
        self.problems.error("no-such-date", f"`{t.text}` is not {what}", t, help=(f"write it as {example}",))

    def _in_reach(self, t: Token, year: int) -> bool:
        if EARLIEST_YEAR <= year <= LATEST_YEAR:
            return True
        self.problems.error(
            "date-out-of-reach",
            f"`{t.text}` lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}",
            t,
            help=("leave the date out where there is no end, or write a nearer one",),
        )
        return False

    def midnight_us(self, day: date) -> int:
        return local_midnight(day, zone_of(self.timezone))


def _days_instead(node: Node) -> str:
    """What to compare with in the place of months, years or business days."""
    whole = decimal(token(node).text)[0]
    unit = node.parts[1]
    assert isinstance(unit, Node)
    if unit.kind == "business_days" or not 0 < whole <= MOST_SPAN_UNITS:
        return "write it in days, such as `90d`"
    least, most = (days_of_months(whole * (12 if unit.kind == "years" else 1), end) for end in (min, max))
    return f"write it in days: they are `{least}d` at least and `{most}d` at most"


def days_of_months(count: int, end: Callable[[Iterable[int]], int]) -> int:
    """The days of so many months: the fewest (`end` min) or the most (max)."""
    starts = [(year, month) for year in range(2001, 2005) for month in range(1, 13)]
    later = ((divmod(year * 12 + month - 1 + count, 12), date(year, month, 1)) for year, month in starts)
    return end((date(year, month + 1, 1) - first).days for (year, month), first in later)


def fixed_instead(node: Node) -> str:
    """The fixed time that is never longer than months, years or business days, as one word; "" where there is none."""
    whole = decimal(token(node).text)[0]
    unit = node.parts[1]
    assert isinstance(unit, Node)
    if not 0 < whole <= MOST_SPAN_UNITS:
        return ""
    if unit.kind == "business_days":
        return f"{24 * whole}h"
    return f"{days_of_months(whole * (12 if unit.kind == 'years' else 1), min)}d"


def _cut(number: str, digits: int) -> str:
    whole, _, fraction = number.partition(".")
    return f"{whole}.{fraction[:digits]}" if digits else whole
