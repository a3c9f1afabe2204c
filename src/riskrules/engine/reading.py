"""An event, read: what the gateway gave → values by name in held units.

Each field that is read becomes a slot. `raw` takes the slots' values out of the nested event as they came, and
`values` reads each by `coders`. `coding` makes the kernel's integers of them by the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import BaseModel

from ..base.clocks import Clock
from ..base.times import zone_of
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema
from ..schema.values import check_currency, missing_partner, read_age, read_value
from .coders import held_of

Raw: TypeAlias = list[Any]
Values: TypeAlias = dict[str, n.Value | None]
Windows: TypeAlias = Mapping[str, n.Value | None]
"""Every window by name, in held units."""

ALWAYS_READ = ("id", "occurred_at")
"""A decision names its payment and its time, whatever the rules read."""


@dataclass
class _Branch:
    """One mapping of the event: the leaves to take from it, and the mappings inside it."""

    leaves: list[tuple[str, int]] = dataclass_field(default_factory=list)
    inner: dict[str, _Branch] = dataclass_field(default_factory=dict)


def unreadable() -> PaymentError:
    """The error for an object of the host's that fails when it is read."""
    return PaymentError("payment", "an object in it cannot be read", "not-an-event")


class EventReader:
    """Reads events for one ruleset and one version of its lists."""

    def __init__(self, meaning: n.Ruleset, schema: Schema, keys: Iterable[str] = ()) -> None:
        """`keys`: the fields that windows are kept by, which are read as well."""
        self.meaning = meaning
        self.clock = Clock(zone_of(meaning.timezone))
        self.derived = [schema[i.name] for i in meaning.inputs if i.origin == "derived"]
        self.windows = {
            i.name: Field(i.name, i.kind, "", True, i.lowest, i.highest) for i in meaning.inputs if i.origin == "window"
        }
        wanted = [i.name for i in meaning.inputs if i.origin == "field"]
        wanted += [f.of[1] for f in self.derived if f.of]
        wanted += [name for name in keys if schema[name].of is None]
        self.fields = [schema[name] for name in dict.fromkeys((*ALWAYS_READ, *wanted))]
        self._held = [(f.name, held_of(f)) for f in self.fields]
        self.slots = {f.name: i for i, f in enumerate(self.fields)}
        self._currency = schema["currency"]
        self._root = self._branches()
        self._nested = [(f.path[0], i) for i, f in enumerate(self.fields) if f.name.startswith("payment.")]
        self.partners = [
            (self.slots[f.name], self.slots[f.partner], f, schema[f.partner])
            for f in self.fields
            if f.partner in self.slots
        ]

    def _branches(self) -> _Branch:
        root = _Branch()
        for slot, f in enumerate(self.fields):
            branch = root
            for key in f.path[:-1]:
                branch = branch.inner.setdefault(key, _Branch())
            branch.leaves.append((f.path[-1], slot))
        return root

    # -- one payment ---------------------------------------------------------------------------
    def raw(self, event: object) -> Raw:
        """The event's own values, a slot each, None where it has none. PaymentError when it is not a mapping."""
        if type(event) is not dict and not isinstance(event, Mapping):
            if not isinstance(event, BaseModel):
                raise PaymentError("payment", "not a mapping of fields, nor a pydantic model", "not-an-event")
            event = event.model_dump(exclude_none=True)
        currency = event.get("currency")
        if currency is not None and not (type(currency) is str and currency == self.meaning.currency):
            check_currency(self._currency, str(read_value(self._currency, currency)), self.meaning.currency)
        found: Raw = [None] * len(self.fields)
        self._gather(event, self._root, found, "")
        nested = event.get("payment") if self.meaning.event == "payment" else None
        if nested is not None:
            self._gather_nested(nested, found)
        return found

    def _gather_nested(self, nested: object, found: Raw) -> None:
        """What rules call `payment.memo` may stand in the event itself or in a `payment` object in it, not in both."""
        if not isinstance(nested, Mapping):
            raise PaymentError("payment", 'not an object with fields, such as {"memo": …}', "wrong-kind")
        for key, slot in self._nested:
            given = nested.get(key)
            if given is not None:
                if found[slot] is not None:
                    raise PaymentError(f"payment.{key}", f"is given twice, here and as `{key}`", "wrong-kind")
                found[slot] = given

    def _gather(self, mapping: Any, branch: _Branch, found: Raw, at: str) -> None:
        get = mapping.get
        for key, slot in branch.leaves:
            found[slot] = get(key)
        for key, inner in branch.inner.items():
            part = get(key)
            if part is None:
                continue
            if type(part) is not dict and not isinstance(part, Mapping):
                example = inner.leaves[0][0] if inner.leaves else next(iter(inner.inner))
                raise PaymentError(f"{at}{key}", f'not an object with fields, such as {{"{example}": …}}', "wrong-kind")
            self._gather(part, inner, found, f"{at}{key}.")

    def name_of(self, event: object) -> str:
        """The payment's id, as far as an event that cannot be read has a good one; else nothing."""
        try:
            return str(read_value(self.fields[0], event["id"])) if isinstance(event, Mapping) else ""
        except Exception:  # noqa: BLE001  # whatever is wrong with the id, the payment is refused already
            return ""

    def values(self, raw: Raw, windows: Windows = MappingProxyType({})) -> Values:
        """Every input by name, in held units, None where missing. PaymentError naming the field that does not fit."""
        values: Values = {name: windows.get(name) for name in self.windows}
        for instrument, institution, field, partner in self.partners:
            if raw[institution] is None and raw[instrument] is not None:
                raise missing_partner(field, partner)
        for (name, held), given in zip(self._held, raw, strict=True):
            values[name] = held(given)
        now = values["occurred_at"]
        assert isinstance(now, int)
        for field in self.derived:
            assert field.of is not None
            since = values[field.of[1]]
            assert since is None or isinstance(since, int)
            values[field.name] = None if since is None else self.worked_out(field, since, now)
        return values

    def worked_out(self, field: Field, since: int, now: int) -> n.Value:
        assert field.of is not None
        what = field.of[0]
        return (
            read_age(field, since, now)
            if what == "age"
            else self.clock.hour(now)
            if what == "hour"
            else self.clock.weekday(now)
        )
