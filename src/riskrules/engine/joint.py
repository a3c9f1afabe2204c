"""Recording for two versions that share a store: each event once, into the windows of both.

A store takes an id once, so what one version records the other cannot record again. While a canary decides beside
the champion, events are therefore read and recorded by what the windows of both need together.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..schema.fields import Schema
from ..state.plan import Plan, Series
from ..state.store import WindowStore
from .reading import EventReader
from .recording import Recorder, recorded_fields, recorders
from .serving import Serving


def joint_recorders(champion: Serving, other: Serving, store: WindowStore | None) -> Mapping[str, Recorder]:
    """What records for both. ValueError where they read one field in two ways; WindowStoreError as `bind`."""
    plan = joined(champion.plan, other.plan)
    if store is None or plan.series == champion.plan.series:
        return champion.recorders
    schema = joined_schema(champion.rules.schema, other.rules.schema)
    frame = champion.rules.frame
    reader = EventReader(frame, schema, (), recorded_fields(plan, schema, "payment"))
    return recorders(frame, schema, plan, store.bind(plan), reader)


def joined(one: Plan, other: Plan) -> Plan:
    """The series of both, each kept for as long as the longer of the two asks."""
    found: dict[str, Series] = {}
    for series in (*one.series, *other.series):
        known = found.get(series.identity)
        if known is None or known.keep_us < series.keep_us:
            found[series.identity] = series
    return Plan(tuple(found.values()), (), ())


def joined_schema(one: Schema, other: Schema) -> Schema:
    """The fields of both. ValueError where they disagree."""
    for field in other:
        known = one.get(field.name)
        if known is not None and (known.kind, known.of, known.path) != (field.kind, field.of, field.path):
            raise ValueError(f"`{field.name}` is {known.kind} in one version and {field.kind} in the other")
    return Schema(one.event, {**other.fields, **one.fields}.values())
