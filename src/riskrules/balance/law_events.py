"""A draft as a host would send it: a nested event, with values that a gateway has.

Money and numbers are decimals, times are datetimes of UTC. What is worked out from other fields is left out, and what
every event needs and no rule reads is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ..base.money import write_decimal
from ..engine.reading import EventReader
from ..engine.recording import recorded_fields
from ..engine.rules import Rules
from ..meaning import nodes as n
from ..schema.fields import Field, Schema
from ..schema.values import decimals_of
from ..state.plan import from_meaning as plan_of
from .law_drafts import Draft
from .law_space import NOW

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def given(field: Field, held: n.Value) -> object:
    """A held value as Python programs have it."""
    if isinstance(held, bool | str):
        return held
    match field.kind.name:
        case "money" | "number" | "ratio":
            return Decimal(write_decimal(held, decimals_of(field)))
        case "time":
            return _EPOCH + held * _MICROSECOND
        case "duration":
            return held * _MICROSECOND
    return held


def put(event: dict[str, Any], field: Field, held: n.Value) -> None:
    """Put a value where the event has it."""
    for key in field.path[:-1]:
        event = event.setdefault(key, {})
    event[field.path[-1]] = given(field, held)


def fields_of(draft: Draft, read: Iterable[str]) -> dict[str, n.Value]:
    """The held values of the fields that are read, and no others: those of the draft, else the schema's sample."""
    schema = draft.space.schema
    found: dict[str, n.Value] = {}
    for name in read:
        value = draft.values[name] if name in draft.values else _sample(draft, schema, name)
        if value is not None:
            found[name] = value
    return with_partners(schema, found)


def with_partners(schema: Schema, values: dict[str, n.Value]) -> dict[str, n.Value]:
    """The same, with an institution for every instrument that has none."""
    for name in list(values):
        partner = schema[name].partner
        if partner and partner not in values:
            values[partner] = schema[partner].sample or partner
    return values


def carried(rules: Rules) -> tuple[Field, ...]:
    """The fields of an event that is decided by the rules and recorded in their windows."""
    plan = plan_of(rules.meaning, rules.schema)
    keys = [key for lookup in plan.lookups for key in lookup.keys]
    also = recorded_fields(plan, rules.schema, "payment") if plan.readings else ()
    return tuple(EventReader(rules.meaning, rules.schema, keys, also).fields)


def _sample(draft: Draft, schema: Schema, name: str) -> n.Value | None:
    """Also the beginning of something of which the rules read the age."""
    age = draft.space.ages.get(name)
    if age is None:
        return schema[name].sample
    now, held = draft.values[NOW], draft.values[age]
    assert isinstance(now, int)
    return None if held is None else now - int(held)


def event_of(schema: Schema, values: Mapping[str, n.Value]) -> dict[str, Any]:
    event: dict[str, Any] = {}
    for name, held in values.items():
        put(event, schema[name], held)
    return event
