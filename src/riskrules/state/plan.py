"""What windows need kept and what a decision asks of it, worked out once a ruleset.

Windows that count the same events by the same keys share one series: `count`, `sum amount` and `average amount` of
an account over an hour, a day and a month are one sequence of (time, amount) a key. Counting needs no value of
its own, so it joins the series of `amount`, which every payment has; thereby a ruleset that adds a sum finds the
history that its count has kept. The price is eight bytes an event for a ruleset that only counts.

An event enters a series when all its keys are there, the value too, and the `where` holds. Payments that did not take
effect stay out unless the `where` itself speaks of `status`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..meaning import nodes as n
from ..meaning.averages import window_of
from ..meaning.fingerprint import canonical_piece
from ..meaning.walk import reads_in
from ..schema import kinds as k
from ..schema.fields import Schema

STATUS = "status"
SETTLED = "settled"
EVENTS = ("payment", "report")
"""What windows count."""
LONGEST_US = {"day": 2 * k.DAY, "month": 33 * k.DAY, "year": 368 * k.DAY}
"""Upper bounds of what `this day`, `this month` and `this year` reach back, with room for zones that skip or repeat
a day."""


@dataclass(frozen=True, slots=True)
class Series:
    """A sequence of events a key. `identity` follows from what is kept and not from names, so two versions of a
    ruleset share it. `of` names the field whose value is kept ("" for none); `distinct`: values are texts that are
    counted when they differ, else integers in held units. `keep_us`: the longest that any window looks back."""

    identity: str
    event: str
    keys: tuple[str, ...]
    of: str
    distinct: bool
    where: n.Condition | None
    keep_us: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """One series (by index) for one key; `keys` are fields of the payment that is decided."""

    series: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One input of origin window. `aggregate`: count, sum, min, max, distinct or since; `span` in microseconds, or
    day, month, year. `lookup` is an index."""

    name: str
    lookup: int
    aggregate: str
    span: int | str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a ruleset asks of a window store."""

    series: tuple[Series, ...]
    lookups: tuple[Lookup, ...]
    readings: tuple[Reading, ...]


def from_meaning(meaning: n.Frame, schema: Schema) -> Plan:
    """The plan of a ruleset. Windows that no rule reads are not kept."""
    windows = {w.name: w for w in meaning.windows}
    series: dict[str, Series] = {}
    lookups: dict[tuple[str, tuple[str, ...]], Lookup] = {}
    order: list[str] = []
    readings = []
    for one in meaning.inputs:
        if one.origin != "window":
            continue
        name, part, keys = parsed(one.name)
        window = windows[name]
        made = _series(window, schema)
        known = series.get(made.identity)
        if known is None:
            order.append(made.identity)
        if known is None or known.keep_us < made.keep_us:
            series[made.identity] = made
        place = (made.identity, keys or window.keys)
        lookups.setdefault(place, Lookup(order.index(made.identity), place[1]))
        readings.append(Reading(one.name, list(lookups).index(place), part or window.aggregate, window.span))
    return Plan(tuple(series[x] for x in order), tuple(lookups.values()), tuple(readings))


def asked_texts(plan: Plan) -> list[tuple[str, ...]]:
    """The different keys that a payment is asked by, as fields, in order."""
    return list(dict.fromkeys(lookup.keys for lookup in plan.lookups))


def told_texts(plan: Plan, event: str) -> list[tuple[str, ...]]:
    """The different keys and texts that events of a kind are kept by, as fields, in order; for payments, behind those
    that they are asked by, so that what is given to record one does to ask for it too."""
    mine = [s for s in plan.series if s.event == event]
    asked = asked_texts(plan) if event == "payment" else []
    return list(dict.fromkeys((*asked, *(s.keys for s in mine), *((s.of,) for s in mine if s.distinct))))


def told_numbers(plan: Plan, event: str) -> list[str]:
    """The fields whose numbers are kept of events of a kind, in order."""
    return list(dict.fromkeys(s.of for s in plan.series if s.event == event and s.of and not s.distinct))


def told_wheres(plan: Plan, event: str) -> list[n.Condition | None]:
    """The different conditions under which events of a kind are kept, in order."""
    return list(dict.fromkeys(s.where for s in plan.series if s.event == event))


def parsed(name: str) -> tuple[str, str, tuple[str, ...]]:
    """(window, part, keys) of an input: `avg_7d.sum of (payer.account, payee.account)`. `part`: of an average, which is
    read as its sum and its count (`meaning.averages`). No keys: the window's own."""
    base, _, keys = name.partition(" of ")
    return window_of(name), base.partition(".")[2], tuple(keys.strip("()").split(", ")) if keys else ()


def _series(window: n.Window, schema: Schema) -> Series:
    where = window.where
    if window.event == "payment" and (where is None or all(r.name != STATUS for r in reads_in(where))):
        effect = took_effect(schema)
        where = effect if where is None else n.All((effect, where))
    of = window.of
    if not of and window.event == "payment" and not schema["amount"].optional:
        of = "amount"
    distinct = window.aggregate == "distinct"
    keep = LONGEST_US[window.span] if isinstance(window.span, str) else window.span
    described = repr((window.event, window.keys, of, distinct, canonical_piece(where)))
    identity = hashlib.sha256(described.encode()).hexdigest()
    return Series(identity, window.event, window.keys, of, distinct, where, keep)


def took_effect(schema: Schema) -> n.Condition:
    """`status` is missing or settled."""
    read = n.Read(STATUS, schema[STATUS].kind)
    words = "status is missing or settled"
    return n.Equal(n.Default(read, n.Const(SETTLED, read.kind), read.kind), n.Const(SETTLED, read.kind), words=words)
