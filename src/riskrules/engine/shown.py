"""Values and instruments as people read them, with no account or card number in full."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from ..base.hiding import FEWEST_DIGITS, without_card_numbers
from ..base.hiding import masked as masked
from ..base.times import MICROSECOND_UNITS, format_duration, format_instant
from ..meaning import nodes as n
from ..meaning.averages import rounded
from ..meaning.walk import found_in, reads_in
from ..schema.fields import Field
from ..schema.kinds import Kind
from ..schema.values import show

_MASKED = frozenset({"account", "merchant", "wallet", "party"})
_MOST_SHOWN = 200
_FEWEST_OF_AN_INSTITUTION = 13
"""Digits from which an institution's name may be a card number: China's bank codes have twelve."""


def hidden(piece: object, words: str) -> str:
    """The author's words with the account numbers in them masked: whoever a rule names is somebody's customer."""
    texts = [c.value for c in found_in(piece, n.Const) if c.kind.name in _MASKED]
    for member in found_in(piece, n.Member):
        texts += [x for x in member.among if isinstance(member.value, n.Read) and member.value.kind.name in _MASKED]
    for text in texts:
        if isinstance(text, str):
            words = words.replace(f'"{text}"', f'"{masked(text)}"')
    return words


def plain(text: str) -> str:
    """A payment's own text on one line, without characters that could pass for something else, and not endless."""
    cut = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c)[0] in "CZ" and c != " " else c for c in cut)


def shown_text(kind_name: str, text: str) -> str:
    """A payment's own text as anybody may see it: an account masked, and no card number in any other."""
    if kind_name in _MASKED:
        return plain(masked(text))
    fewest = _FEWEST_OF_AN_INSTITUTION if kind_name == "institution" else FEWEST_DIGITS
    return plain(without_card_numbers(text, fewest))


def shown_id(text: str) -> str:
    """The gateway's own name for a payment, which may be shown unless it is a card number."""
    return without_card_numbers(text)


def shown(kind: Kind, value: n.Value | None) -> str:
    """A held value in words: `50_000.00 CNY`, `90d`, `…4711`, `missing`."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return shown_text(kind.name, value)
    return shown_duration(value) if kind.name == "duration" else show(Field("", kind, ""), value)


def shown_reads(piece: object, values: Mapping[str, n.Value | None]) -> tuple[tuple[str, str], ...]:
    """What a piece of meaning reads, by name, in words. An average is one value, rounded."""
    averages = found_in(piece, n.Average)
    parts = {read.name for a in averages for read in (a.total, a.count)}
    found = {r.name: shown(r.kind, values.get(r.name)) for r in reads_in(piece) if r.name not in parts}
    return (*found.items(), *{a.name: shown_average(a, values) for a in averages}.items())


def shown_average(read: n.Average, values: Mapping[str, n.Value | None]) -> str:
    """An average in words, rounded half to even as a person reads it."""
    return shown(read.kind, rounded(read, values))


def shown_duration(duration_us: int) -> str:
    """Exact and readable: `90d`, `24h`, and what is no whole unit in parts, `5d 20h 49m 44s`."""
    whole = format_duration(duration_us)
    if duration_us < 0 or not whole.endswith(("us", "ms", "s", "m")):
        return whole
    parts, rest = [], duration_us
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, rest = divmod(rest, MICROSECOND_UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return " ".join(parts) or whole


def shown_act(act: n.Act) -> str:
    """`hold up to 24h`, as the language writes it."""
    word = n.LEVELS[act.level]
    if act.duration_us is None:
        return word
    length = format_duration(act.duration_us)
    return f"delay {length}" if act.level == n.DELAY else f"{word} up to {length}"


def shown_span(span: n.Span) -> str:
    """`48h`, `6 months`, `5 business days`."""
    if span.unit == "us":
        return format_duration(span.amount)
    unit = span.unit if span.amount != 1 else span.unit.removesuffix("s")
    return f"{span.amount} {unit}"


def shown_within(within: n.Within) -> str:
    """`within 5 business days at most 35 business days`."""
    most = f" at most {shown_span(within.at_most)}" if within.at_most else ""
    return f"within {shown_span(within.span)}{most}"


def shown_instant(us: int | None) -> str | None:
    return None if us is None else format_instant(us)
