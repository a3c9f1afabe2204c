"""Values and instruments as people read them, with no account or card number in full."""

from __future__ import annotations

from ..base.times import MICROSECOND_UNITS, format_duration, format_instant
from ..meaning import nodes as n
from ..schema.fields import Field
from ..schema.kinds import Kind
from ..schema.values import show

_MASKED = frozenset({"account", "merchant", "wallet", "party"})
_SHOWN_CHARACTERS = 4


def masked(text: str) -> str:
    """The last four characters of an id; a short one is hidden whole."""
    return f"…{text[-_SHOWN_CHARACTERS:]}" if len(text) > 2 * _SHOWN_CHARACTERS else "…"


def shown(kind: Kind, value: n.Value | None) -> str:
    """A held value in words: `50_000 CNY`, `90d`, `…4711`, `missing`."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return masked(value) if kind.name in _MASKED else value
    return shown_duration(value) if kind.name == "duration" else show(Field("", kind, ""), value)


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


def shown_instant(us: int | None) -> str | None:
    return None if us is None else format_instant(us)
