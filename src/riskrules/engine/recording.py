"""An event that took place → what the window store is told of it.

Recording is careful where deciding is quick: whatever a window reads of the event, and what tells one payment from
another (time, amount, parties, status), is read by the rules of the schema or refused, so that a wrong amount
is never added up. The digest of those parties, amount and time is what "the same id with other content" goes by, so it
does not depend on which windows a version of the rules has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..schema.errors import PaymentError
from ..schema.fields import Schema
from ..state.plan import SETTLED, STATUS, Plan, Series, took_effect
from ..state.store import Entry, Happened
from .reading import EventReader, Values, unreadable

TOLD_APART_BY = ("occurred_at", "amount", STATUS, "payer.account", "payee.account", "payee.merchant")
"""What must be the same when an id is recorded once more."""
EVENTS = ("payment", "report")

Test: TypeAlias = Callable[[Values], bool]


class Recorder:
    """Reads events of one kind (`event`: payment or report) for a plan."""

    def __init__(self, meaning: n.Ruleset, schema: Schema, plan: Plan, event: str) -> None:
        self._event = event
        series = [(i, s) for i, s in enumerate(plan.series) if s.event == event]
        schema = recorded_schema(schema, event)
        needed = list(dict.fromkeys((*fields_of([s for _, s in series]), *TOLD_APART_BY)))
        self._reader = EventReader(recorded_meaning(meaning, schema, needed), schema)
        wheres = list(dict.fromkeys(s.where for _, s in series))
        self._tests = [_test(where, schema) for where in wheres]
        self._keys = list(dict.fromkeys(s.keys for _, s in series))
        self._entries = [(i, self._keys.index(s.keys), s.of, s.distinct, wheres.index(s.where)) for i, s in series]

    def happened(self, event: object) -> Happened:
        """PaymentError naming the field that does not fit."""
        try:
            values = self._reader.values(self._reader.raw(event))
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error
        told = repr([values[name] for name in TOLD_APART_BY]).encode("utf-8", "surrogatepass")
        now = values["occurred_at"]
        assert isinstance(now, int)
        content = blake2b(told, digest_size=16).digest()
        return Happened(str(values["id"]), self._event, now, content, self._moved(values))

    def _moved(self, values: Values) -> list[Entry]:
        held = [test(values) for test in self._tests]
        keys = [tuple([values[name] for name in names]) for names in self._keys]
        entries = []
        for series, key, of, distinct, where in self._entries:
            value = values[of] if of else 0
            if held[where] and value is not None and None not in keys[key]:
                entries.append(Entry(series, keys[key], str(value) if distinct else value))  # type: ignore[arg-type]  # keys are of kinds that are texts, and the value is a number
        return entries


def _test(where: n.Condition | None, schema: Schema) -> Test:
    if where is None:
        return lambda values: True
    if where == took_effect(schema):
        return lambda values: values[STATUS] is None or values[STATUS] == SETTLED
    return lambda values: holds(where, values, {})


def fields_of(series: Iterable[Series]) -> list[str]:
    """The fields that the series read of a recorded event."""
    return list(dict.fromkeys(x for s in series for x in (*s.keys, s.of, *(r.name for r in reads_in(s.where))) if x))


def recorded_schema(schema: Schema, event: str) -> Schema:
    """What a recorded event must have. Of a report only its id and its time: it tells of a payment what is known."""
    if event == "payment":
        must = [schema[name] for name in TOLD_APART_BY if not schema[name].optional]
        spared = [f for f in must if f.name not in ("occurred_at", "amount")]
    else:
        spared = [f for f in schema if f.name not in ("id", "occurred_at") and f.of is None]
    return Schema(schema.event, {**schema.fields, **{f.name: replace(f, optional=True) for f in spared}}.values())


def recorded_meaning(meaning: n.Ruleset, schema: Schema, names: list[str]) -> n.Ruleset:
    """The ruleset, reading just these fields and deciding nothing."""
    inputs = tuple(
        n.Input(f.name, f.kind, _optional(schema, f.name), "derived" if f.of else "field", f.lowest, f.highest)
        for f in (schema[name] for name in names)
    )
    return replace(meaning, inputs=inputs, rules=(), exempts=(), bands=(), lists=(), windows=(), tests=())


def _optional(schema: Schema, name: str) -> bool:
    of = schema[name].of
    return _optional(schema, of[1]) if of else schema[name].optional


def recorders(meaning: n.Ruleset, schema: Schema, plan: Plan) -> Mapping[str, Recorder]:
    """One a kind of event."""
    return {event: Recorder(meaning, schema, plan, event) for event in EVENTS}
