"""What a decision read, as the kernel saw it, and the kernel's answer to the same again: for whoever keeps a log.

The kernel sees a payment as one integer a column of the program: numbers as held, a text as its place among those that
the ruleset names, lists and windows as what they said. With these the same version gives the same decision, whatever
became of the lists since; and none of them is a text of the payment's. They are worked out again from what the
decision keeps, so that deciding pays nothing for a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..meaning import nodes as n
from ..meaning.interpreter import in_force
from ..schema.fields import Field
from .coders import held_of
from .shown import hidden, shown_text

if TYPE_CHECKING:
    from ..program.model import Column
    from .decision import Decision
    from .facts import Facts
    from .serving import Serving

ENTITIES = frozenset({"account", "merchant", "wallet", "party"})
"""Kinds of which a value says who somebody is."""


_OF_EVERY_EVENT = frozenset({"id", "occurred_at"})
"""What is known of an event that no rule read."""


class Seen(NamedTuple):
    """What was read of one event. `occurred_us`: its time, None where that was not read. `columns`: the program's
    integers, None where no program decided; then `values` has every input by name, or is None too where no rule did:
    the event could not be read, or a kill switch answered. `entities`: who is in it, each a field, its kind and an id.
    """

    occurred_us: int | None
    columns: list[int] | None
    values: dict[str, n.Value | None] | None
    entities: list[tuple[str, str, str]]


class SeenReader:
    """Gives again what decisions of one version read."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        reader, schema = serving.reader, serving.rules.schema
        self._time = reader.slots["occurred_at"]
        self._read_time = held_of(reader.fields[self._time])
        fields = [schema[name] for name in reader.read if schema[name].kind.name in ENTITIES]
        self._entities = [(f.name, f.kind.name, reader.slots[f.name], held_of(f)) for f in fields]
        self._by_name: dict[str, Field] = {f.name: f for f in schema if f.kind.name in ENTITIES}
        self.has_program = "coder" in vars(serving)
        self._reads_little = {i.name for i in serving.rules.frame.inputs} <= _OF_EVERY_EVENT

    def seen(self, facts: Facts) -> Seen:
        """What the decision with these facts read."""
        raw = facts._raw
        if raw is None:
            return self._of_values(facts)
        now = self._read_time(raw[self._time])
        assert isinstance(now, int)
        entities = [
            (name, kind, str(read(raw[slot]))) for name, kind, slot, read in self._entities if raw[slot] is not None
        ]
        return Seen(now, self.serving.coder.integers(raw, now, facts.before), None, entities)

    def _of_values(self, facts: Facts) -> Seen:
        values = dict(facts.values)
        now = values.get("occurred_at")
        if not isinstance(now, int) or (values.keys() <= _OF_EVERY_EVENT and not self._reads_little):
            return Seen(now if isinstance(now, int) else None, None, None, [])
        entities = [
            (name, field.kind.name, value)
            for name, field in self._by_name.items()
            if isinstance(value := values.get(name), str)
        ]
        if self.has_program:
            return Seen(now, self.serving.coder.integers_of(values), None, entities)
        return Seen(now, None, values, entities)


def outcome_key(decision: Decision) -> tuple[object, ...]:
    """Equal for two decisions of one version that took the same action for the same rules."""
    act = decision._act
    return act.level, act.duration_us, decision._bits, decision._names


def degraded_of(decision: Decision, occurred_us: int | None) -> tuple[str, ...]:
    """`Decision.degraded`, sooner where there plainly is nothing to say. `occurred_us`: the event's time."""
    if decision._degraded is not None or occurred_us is None:
        return decision.degraded
    before, serving = decision.facts.before, decision.facts.serving
    quiet = not (before.unread or before.unscored or serving.switched_off)
    return () if quiet and in_force(serving.rules.frame.in_force, occurred_us) else decision.degraded


def until_us(act: n.Act, occurred_us: int) -> int | None:
    """When a delay or a bounded hold ends."""
    return None if act.duration_us is None else occurred_us + act.duration_us


def act_of(decision: Decision) -> n.Act:
    return decision._act


def columns_told(serving: Serving) -> Iterator[dict[str, object]]:
    """What the integers mean, a column each, for a person: account numbers in a rule's own text are masked."""
    for column in serving.program.columns:
        yield _told(serving, column)


def _told(serving: Serving, column: Column) -> dict[str, object]:
    told: dict[str, object] = {"name": column.name, "coding": column.coding}
    kind = next((i.kind.name for i in serving.rules.frame.inputs if i.name == column.name), "text")
    if column.words:
        told["words"] = [shown_text(kind, word) for word in column.words]
    if column.atom is not None:
        told["atom"] = hidden(column.atom, column.atom.words)
    return told
