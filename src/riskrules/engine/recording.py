"""An event that took place → what the window store is told of it.

Recording is careful where deciding is quick: whatever a window reads of the event, and what tells one payment from
another (time, amount, parties, status), is read by the rules of the schema or refused, so that a wrong amount
is never added up. The digest of those parties, amount and time is what "the same id with other content" goes by, so it
does not depend on which windows a version of the rules has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..schema.errors import PaymentError
from ..schema.fields import Schema
from ..state.plan import STATUS, Plan, Series
from ..state.store import Entry, Happened
from .reading import EventReader, Values

TOLD_APART_BY = ("occurred_at", "amount", STATUS, "payer.account", "payee.account", "payee.merchant")
"""What must be the same when an id is recorded once more."""
EVENTS = ("payment", "report")

Test: TypeAlias = Callable[[Values], bool]


class Recorder:
    """Reads events of one kind (`event`: payment or report) for a plan."""

    def __init__(self, meaning: n.Ruleset, schema: Schema, plan: Plan, event: str) -> None:
        self._event = event
        self._series = [(i, s) for i, s in enumerate(plan.series) if s.event == event]
        schema = recorded_schema(schema, event)
        needed = list(dict.fromkeys((*fields_of([s for _, s in self._series]), *TOLD_APART_BY)))
        self._reader = EventReader(recorded_meaning(meaning, schema, needed), schema)
        tests: dict[n.Condition | None, Test] = {}
        self._entries = [(i, s.keys, s.of, s.distinct, tests.setdefault(s.where, _test(s))) for i, s in self._series]

    def happened(self, event: object) -> Happened:
        """PaymentError naming the field that does not fit."""
        try:
            values = self._reader.values(self._reader.raw(event))
        except PaymentError:
            raise
        except Exception as error:
            raise PaymentError("payment", "an object in it cannot be read", "not-an-event") from error
        told = repr([values.get(name) for name in TOLD_APART_BY]).encode("utf-8", "surrogatepass")
        now, name = values["occurred_at"], values["id"]
        assert isinstance(now, int)
        content = hashlib.blake2b(told, digest_size=16).digest()
        return Happened(str(name), self._event, now, content, self._moved(values))

    def _moved(self, values: Values) -> list[Entry]:
        entries = []
        answers: dict[int, bool] = {}
        for series, keys, of, distinct, test in self._entries:
            key = tuple([values[k] for k in keys])
            value = values[of] if of else 0
            if value is None or None in key:
                continue
            held = answers.get(id(test))
            if held is None:
                held = answers[id(test)] = test(values)
            if held:
                entries.append(Entry(series, key, str(value) if distinct else int(value)))  # type: ignore[arg-type]  # keys are of kinds that are texts
        return entries


def _test(series: Series) -> Test:
    where = series.where
    if where is None:
        return lambda values: True
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
