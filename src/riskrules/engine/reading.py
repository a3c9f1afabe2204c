"""An event, read: what the gateway gave → values by name in held units.

Each field that is read becomes a slot. `raw` takes the slots' values out of the nested event as they came, and
`values` reads each by `coders`. `coding` makes the kernel's integers of them by the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from ..base.clocks import Clock
from ..base.times import zone_of
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema
from ..schema.values import check_currency, missing_partner, read_age, read_value
from .coders import held_of

Raw: TypeAlias = Sequence[Any]
Values: TypeAlias = dict[str, n.Value | None]
Windows: TypeAlias = Mapping[str, n.Value | None]
"""Every window, and every score of a model, by name in held units."""

ALWAYS_READ = ("id", "occurred_at")
"""A decision names its payment and its time, whatever the rules read."""


class _Inner(NamedTuple):
    """A mapping inside the event: the number of the one that it is in (0 is the event), its key, the keys of its
    leaves, whose slots come next, and its path in words."""

    above: int
    key: str
    keys: tuple[str, ...]
    path: str


def unreadable() -> PaymentError:
    """The error for an object of the host's that fails when it is read."""
    return PaymentError("payment", "an object in it cannot be read", "not-an-event")


class EventReader:
    """Reads events for one ruleset and one version of its lists."""

    def __init__(self, frame: n.Frame, schema: Schema, keys: Iterable[str] = (), also: Iterable[str] = ()) -> None:
        """`keys`: the fields that windows are kept by, which are read as well. `also`: fields that `raw` takes out, for
        whoever records the event, and that nobody reads here."""
        self.frame = frame
        self.clock = Clock(zone_of(frame.timezone))
        self.derived = [schema[i.name] for i in frame.inputs if i.origin == "derived"]
        self.windows = {
            i.name: Field(i.name, i.kind, "", True, i.lowest, i.highest)
            for origin in ("window", "model")
            for i in frame.inputs
            if i.origin == origin
        }
        wanted = [i.name for i in frame.inputs if i.origin == "field"]
        wanted += [f.of[1] for f in self.derived if f.of]
        wanted += [name for name in keys if schema[name].of is None]
        self.read = tuple(dict.fromkeys((*ALWAYS_READ, *wanted)))
        self.fields, self._keys, self._inner = _slots([schema[name] for name in dict.fromkeys((*self.read, *also))])
        self.slots = {f.name: i for i, f in enumerate(self.fields)}
        self._held = [(name, self.slots[name], held_of(schema[name])) for name in self.read]
        self._nested = [(f.path[0], i) for i, f in enumerate(self.fields) if f.name.startswith("payment.")]
        self._of_payments = frame.event == "payment"
        self._absent = [(None,) * len(inner.keys) for inner in self._inner]
        self._currency = schema["currency"]
        self.partners = [
            (self.slots[f.name], self.slots[f.partner], f, schema[f.partner])
            for f in self.fields
            if f.name in self.read and f.partner in self.read
        ]

    # -- one payment ---------------------------------------------------------------------------
    def raw(self, event: object) -> Raw:
        """The event's own values, a slot each, None where it has none. PaymentError when it is not a mapping. The same
        is taken out of dicts by the kernel, which is quicker."""
        if type(event) is not dict and not isinstance(event, Mapping):
            if not isinstance(event, BaseModel):
                raise PaymentError("payment", "not a mapping of fields, nor a pydantic model", "not-an-event")
            event = event.model_dump(exclude_none=True)
        found = tuple(map(event.get, self._keys))
        if self._inner:
            found = self._gather(event, found)
        currency = event.get("currency")
        if currency is not None and not (type(currency) is str and currency == self.frame.currency):
            check_currency(self._currency, str(read_value(self._currency, currency)), self.frame.currency)
        nested = event.get("payment") if self._of_payments else None
        return found if nested is None else self._with_nested(nested, list(found))

    def _with_nested(self, nested: object, found: list[Any]) -> Raw:
        """What rules call `payment.memo` may stand in the event itself or in a `payment` object in it, not in both."""
        if not isinstance(nested, Mapping):
            raise PaymentError("payment", 'not an object with fields, such as {"memo": …}', "wrong-kind")
        for key, slot in self._nested:
            given = nested.get(key)
            if given is not None:
                if found[slot] is not None:
                    raise PaymentError(f"payment.{key}", f"is given twice, here and as `{key}`", "wrong-kind")
                found[slot] = given
        return tuple(found)

    def _gather(self, event: Mapping[Any, Any], found: tuple[Any, ...]) -> tuple[Any, ...]:
        mappings: list[Mapping[Any, Any] | None] = [event]
        for inner, absent in zip(self._inner, self._absent, strict=True):
            above = mappings[inner.above]
            part = None if above is None else above.get(inner.key)
            mappings.append(part)
            if part is None:
                found += absent
            elif type(part) is dict or isinstance(part, Mapping):
                found += tuple(map(part.get, inner.keys))
            else:
                raise self._no_mapping(inner)
        return found

    def _no_mapping(self, inner: _Inner) -> PaymentError:
        path = inner.path
        example = inner.keys[0] if inner.keys else next(x.key for x in self._inner if x.path.startswith(f"{path}."))
        return PaymentError(path, f'not an object with fields, such as {{"{example}": …}}', "wrong-kind")

    def name_of(self, event: object) -> str:
        """The payment's id, as far as an event that cannot be read has a good one; else nothing."""
        try:
            return str(read_value(self.fields[self.slots["id"]], event["id"])) if isinstance(event, Mapping) else ""
        except Exception:  # noqa: BLE001  # whatever is wrong with the id, the payment is refused already
            return ""

    def values(self, raw: Raw, windows: Windows = MappingProxyType({})) -> Values:
        """Every input by name, in held units, None where missing. PaymentError naming the field that does not fit."""
        values: Values = {name: windows.get(name) for name in self.windows}
        self.check_partners(raw)
        for name, slot, held in self._held:
            values[name] = held(raw[slot])
        now = values["occurred_at"]
        assert isinstance(now, int)
        for field in self.derived:
            assert field.of is not None
            since = values[field.of[1]]
            assert since is None or isinstance(since, int)
            values[field.name] = None if since is None else self.worked_out(field, since, now)
        return values

    @property
    def mappings(self) -> list[tuple[int, str, tuple[str, ...]]]:
        """The event and each mapping in it: the one that it is in, its key there, and the keys of its slots."""
        return [(0, "", self._keys), *((x.above, x.key, x.keys) for x in self._inner)]

    def check_partners(self, raw: Raw) -> None:
        """PaymentError for an instrument whose institution is missing."""
        for instrument, institution, field, partner in self.partners:
            if raw[institution] is None and raw[instrument] is not None:
                raise missing_partner(field, partner)

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


def _slots(fields: Sequence[Field]) -> tuple[list[Field], tuple[str, ...], list[_Inner]]:
    """The fields in the order of their slots, those of one mapping side by side and the event's own first; the keys of
    these; and the mappings inside the event, each behind the one that it is in."""
    paths: list[tuple[str, ...]] = [()]
    for field in fields:
        for length in range(1, len(field.path)):
            if field.path[:length] not in paths:
                paths.append(field.path[:length])
    paths.sort(key=len)
    ordered: list[Field] = []
    inner: list[_Inner] = []
    own: tuple[str, ...] = ()
    for path in paths:
        leaves = [f for f in fields if f.path[:-1] == path]
        keys = tuple(f.path[-1] for f in leaves)
        if path:
            inner.append(_Inner(paths.index(path[:-1]), path[-1], keys, ".".join(path)))
        else:
            own = keys
        ordered += leaves
    return ordered, own, inner
