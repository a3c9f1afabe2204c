"""Pieces of meaning in the analyst's words: thresholds, dates, windows, effects, and what changed in a condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from ..base.money import write_decimal
from ..base.times import local_time, zone_of
from ..engine.shown import shown, shown_act, shown_span, shown_within
from ..meaning import nodes as n
from ..meaning.fingerprint import canonical_piece
from ..schema.kinds import Kind

BLANK = n.Const(0, Kind("number"))


def value_words(kind: Kind, value: n.Value, digits: int = 0) -> str:
    """`300_000.00 CNY`, `80%`, `90d`, `"T1"`."""
    if isinstance(value, int) and not isinstance(value, bool):
        if kind.name == "ratio":
            return write_decimal(value * 100, digits, "_", shortest=True) + "%"
        if kind.name == "number" or (kind.name == "count" and digits):
            return write_decimal(value, digits, "_", shortest=True)
    if kind.name == "text" and isinstance(value, str):
        return f'"{shown(kind, value)}"'
    return shown(kind, value)


def dated_words(kind: Kind, values: tuple[n.DatedValue, ...], zone: str) -> str:
    """`5_000.00 CNY until 2018-01-11, 2_000.00 CNY from 2018-01-12`."""
    return ", ".join(
        value_words(kind, v.value, v.digits) + in_force_words(n.InForce(v.from_us, v.until_us), zone) for v in values
    )


def in_force_words(span: n.InForce, zone: str) -> str:
    """` from 2018-01-12 until 2018-12-31`, both days included; nothing where there is no end."""
    words = ""
    if span.from_us is not None:
        words += f" from {local_time(span.from_us, zone_of(zone)).date()}"
    if span.until_us is not None:
        words += f" until {(local_time(span.until_us, zone_of(zone)) - timedelta(microseconds=1)).date()}"
    return words


def window_words(window: n.Window) -> str:
    """`sum amount by payee.account over 1h where channel = mobile`."""
    aggregate = "time since last" if window.aggregate == "since" else window.aggregate
    of = f" {window.of}" if window.of else ""
    event = "" if window.event == "payment" else f" on {window.event}"
    keys = window.keys[0] if len(window.keys) == 1 else f"({', '.join(window.keys)})"
    span = shown_span(n.Span(window.span, "us")) if isinstance(window.span, int) else f"this {window.span}"
    where = f" where {words_of(window.where)}" if window.where is not None else ""
    return f"{aggregate}{of}{event} by {keys} over {span}{where}"


def words_of(condition: n.Condition) -> str:
    """The author's own."""
    return condition.words or "a condition"


def effects_of(rule: n.Rule) -> dict[str, str]:
    """What a rule does and says, by the clause that says it."""
    found = {
        "then": shown_act(rule.action) if rule.action else "",
        "score": "" if rule.score is None else str(rule.score),
        **{f"measure {m.words}": m.words for m in rule.measures},
        **{f"responsible {r.name}": shown_within(r.within) if r.within else "at once" for r in rule.responsible},
        **{f"tell {t.to} in {language}": text for t in rule.notices for language, text in _texts(t.texts)},
        **{f"reason in {language}": text for language, text in _texts(rule.reason)},
        **{f"appeal in {language}": text for language, text in _texts(rule.appeal)},
    }
    return {name: words for name, words in found.items() if words}


def cites(piece: n.Rule | n.Exempt) -> dict[str, str]:
    """What is cited, by source and place."""
    unread = ", unverified"
    return {f'cites {c.source} "{c.where}"': c.title + (unread if c.unverified else "") for c in piece.citations}


def _texts(texts: n.Texts) -> Iterator[tuple[str, str]]:
    for language, template in texts:
        pieces = (x if isinstance(x, str) else f"{{{x.name}}}" for x in template)
        yield language, f'"{"".join(pieces)}"'


def condition_changes(
    before: tuple[n.Condition, ...], after: tuple[n.Condition, ...], clause: str, zone: str
) -> list[str]:
    """Lines that say how the conditions that are joined by `and` changed. Two of the same form are one that changed."""
    old, new = ([p for c in side for p in _parts(c)] for side in (before, after))
    old, new = _without(old, new), _without(new, old)
    lines = []
    for part in old:
        twin = next((x for x in new if _form(x) == _form(part)), None)
        if twin is None:
            lines.append(f"no longer {clause} `{words_of(part)}`")
            continue
        new.remove(twin)
        lines.append(_changed(part, twin, zone))
    return lines + [f"now {clause} `{words_of(part)}`" for part in new]


def _changed(before: n.Condition, after: n.Condition, zone: str) -> str:
    if words_of(before) != words_of(after):
        return f"`{words_of(before)}` became `{words_of(after)}`"
    moved = [
        f"{_constant(a, zone)} → {_constant(b, zone)}"
        for a, b in zip(_constants(before), _constants(after), strict=True)
        if a != b
    ]
    return f"in `{words_of(before)}`: {', '.join(moved)}"


def _constant(given: n.Const | n.Dated | tuple[str, ...], zone: str) -> str:
    if isinstance(given, n.Const):
        return value_words(given.kind, given.value, given.digits)
    return dated_words(given.kind, given.values, zone) if isinstance(given, n.Dated) else f"({', '.join(given)})"


def _constants(piece: object) -> list[n.Const | n.Dated | tuple[str, ...]]:
    """What is written as a value, in order."""
    if isinstance(piece, n.Const | n.Dated):
        return [piece]
    own: list[n.Const | n.Dated | tuple[str, ...]] = [piece.among] if isinstance(piece, n.Member) else []
    return own + [x for inner in _inside(piece) for x in _constants(inner)]


def _inside(piece: object) -> list[Any]:
    if isinstance(piece, tuple):
        return list(piece)
    if is_dataclass(piece) and not isinstance(piece, n.Read | Kind):
        return [getattr(piece, f.name) for f in fields(piece) if f.compare]
    return []


def _form(piece: object) -> object:
    """The same for two pieces that differ in values alone."""
    if isinstance(piece, n.Const | n.Dated):
        return "value"
    if isinstance(piece, n.Member):
        return ("Member", _form(piece.value), piece.negated)
    if isinstance(piece, tuple) or (is_dataclass(piece) and not isinstance(piece, n.Read | Kind)):
        return (type(piece).__name__, *map(_form, _inside(piece)))
    return piece


def _parts(condition: n.Condition) -> Iterator[n.Condition]:
    if isinstance(condition, n.All):
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition


def _without(some: list[n.Condition], others: list[n.Condition]) -> list[n.Condition]:
    """Those of which the others have none like it."""
    there = {canonical_piece(x) for x in others}
    return [x for x in some if canonical_piece(x) not in there]
