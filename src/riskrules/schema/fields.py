"""A field, and a schema: the fields that one event may carry.

A field is named by its path, in the language and in the event alike: `payee.account.opened_at` is
`event["payee"]["account"]["opened_at"]`. The event itself is the payment, so `payment.memo` in the
language is `event["memo"]`, and of a claim `claim.loss` is `event["loss"]`; `amount`, `channel` and the few
other words that every rule uses are bare.
A field of an entity kind (`payee.account`) is known by its id: `event["payee"]["account"]["id"]`.

Required means: an event must carry it when the ruleset reads it. A ruleset may declare a field again
as optional, or with narrower bounds, when its gateway does not always have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .kinds import ENTITIES, Kind

Value: TypeAlias = int | str | bool


@dataclass(frozen=True, slots=True)
class Field:
    """One field. Numeric values lie in [lowest, highest] and texts have at most `longest` characters;
    `sample` is a harmless value (None: missing), all in the held unit of the kind (`schema.kinds`).
    `of`: this field is worked out, never given: (what, from which field), such as ("age", "payee.account.opened_at").
    `partner`: for an instrument, the field that names its institution. `event`: the event that carries it, whose own
    word at the beginning of the name is no key."""

    name: str
    kind: Kind
    text: str
    optional: bool = False
    lowest: int = 0
    highest: int = 0
    longest: int = 0
    sample: Value | None = None
    of: tuple[str, str] | None = None
    partner: str = ""
    event: str = "payment"

    @property
    def path(self) -> tuple[str, ...]:
        """Keys from the event down to the value."""
        parts = tuple(self.name.split("."))
        if parts[0] == self.event and len(parts) > 1:
            parts = parts[1:]
        return (*parts, "id") if self.kind.name in ENTITIES and self.kind.name != "institution" else parts

    @property
    def key(self) -> str:
        """The path with dots, as a map and a message name it: `payer.account.id`."""
        return ".".join(self.path)


class Schema:
    """The fields of one event, by name. Immutable; `with_field` gives another schema."""

    def __init__(self, event: str, fields: Iterable[Field]) -> None:
        self.event = event
        self.fields: dict[str, Field] = {}
        for f in fields:
            assert f.name not in self.fields, f.name
            self.fields[f.name] = f

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields.values())

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def __getitem__(self, name: str) -> Field:
        return self.fields[name]

    def get(self, name: str) -> Field | None:
        return self.fields.get(name)

    def by_key(self, key: str) -> Field | None:
        """The field that an event's path feeds (`payer.account.id` → `payer.account`); None if derived or unknown."""
        return next((f for f in self if f.key == key and f.of is None), None)

    def with_field(self, field: Field) -> Schema:
        return Schema(self.event, {**self.fields, field.name: field}.values())
