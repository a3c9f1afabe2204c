"""What happened before a payment: its windows, read from the store for the payment's own keys and time.

Values that the host worked out itself come first; the store is asked for the rest, once a payment. A window that
could not be read has no value, and is told in the decision's notes; one that is kept by a device which the
payment does not name has no value either, and nothing failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from ..base.calendars import Calendar
from ..meaning import nodes as n
from ..meaning.averages import averages_of, inputs_of, name_of
from ..schema.fields import Field, Schema
from ..schema.limits import HIGHEST_NUMBER
from ..schema.values import read_value
from ..state.plan import Plan
from ..state.store import Bound, Key, Moment
from .coders import held_of, time_coder
from .reading import EventReader, Raw

Given: TypeAlias = Mapping[str, object] | None
"""Values of windows by name as the host gives them."""


class Before(NamedTuple):
    """Every window by name, in held units. `unread`: those that could not be read, `because`: why (may be empty)."""

    values: dict[str, n.Value | None]
    unread: tuple[str, ...] = ()
    because: str = ""


class Question(NamedTuple):
    """Values that the host gave, and the moment to ask the store about."""

    given: Mapping[str, n.Value | None]
    moment: Moment | None


NOTHING = Before({})
_NO_QUESTION = Question({}, None)


class WindowReader:
    """Reads the windows of one version of the rules. `bound` is None where there is no store."""

    def __init__(self, reader: EventReader, schema: Schema, plan: Plan, bound: Bound | None) -> None:
        self.bound = bound
        self._fields = reader.windows
        self._averages = [
            (Field(name, average.kind, "", True, -HIGHEST_NUMBER, HIGHEST_NUMBER), average)
            for name, average in averages_of(reader.meaning).items()
        ]
        self._names = [r.name for r in plan.readings]
        names = list(dict.fromkeys(name for lookup in plan.lookups for name in lookup.keys))
        self.checked = frozenset((*names, "id", "occurred_at")) if bound is not None else frozenset[str]()
        self._calendar = Calendar(reader.clock.zone)
        self._id = reader.slots["id"]
        self._time = reader.slots["occurred_at"]
        self._read_id = held_of(reader.fields[self._id])
        self._read_time = time_coder(reader.fields[self._time])
        spans = [r.span for r in plan.readings]
        self._parts = [_part(reader, schema, name) for name in names]
        self._keys = [tuple(names.index(name) for name in lookup.keys) for lookup in plan.lookups]
        self._local = [(i, s) for i, s in enumerate(spans) if isinstance(s, str)]
        self._fixed = [s if isinstance(s, int) else 0 for s in spans]

    def question(self, raw: Raw, given: Given) -> Question:
        """What must be asked of the store, and what the host gave. PaymentError when a given value, a key, the id or
        the time does not fit."""
        if not self._names:
            return _NO_QUESTION
        values = self._given(given) if given else {}
        return Question(values, self._moment(raw) if self.bound is not None else None)

    def _given(self, given: Mapping[str, object]) -> dict[str, n.Value | None]:
        values = {name: _held(field, given.get(name)) for name, field in self._fields.items()}
        for field, average in self._averages:
            held = _held(field, given.get(field.name))
            if held is not None:
                values |= inputs_of(average, int(held))
        return values

    def answer(self, question: Question) -> Before:
        """The windows' values. Asks the store, which never fails here."""
        if not self._names:
            return NOTHING
        given, moment = question
        if self.bound is None or moment is None:
            held = {name: given.get(name) for name in self._names}
            return Before(held, _by_window(name for name, value in held.items() if value is None))
        answers = self.bound.read(moment)
        found: dict[str, n.Value | None] = dict(zip(self._names, answers.values, strict=True))
        for name, value in given.items():
            if value is not None:
                found[name] = value
        if not answers.unavailable:
            return Before(found)
        unread = (self._names[i] for i in answers.unavailable)
        return Before(found, _by_window(x for x in unread if found[x] is None), answers.because)

    def _moment(self, raw: Raw) -> Moment:
        now = self._read_time(raw[self._time])
        since = [now - span for span in self._fixed]
        for i, unit in self._local:
            since[i] = self._calendar.start(unit, now)
        parts = [part(raw, now) for part in self._parts]
        keys: list[Key | None] = []
        for places in self._keys:
            key = tuple([parts[i] for i in places])
            keys.append(None if None in key else key)  # type: ignore[arg-type]  # keys are of kinds that are texts
        return Moment(str(self._read_id(raw[self._id])), now, keys, since)


def _by_window(inputs: Iterable[str]) -> tuple[str, ...]:
    """The windows as their author reads them: the parts of an average are one."""
    return tuple(dict.fromkeys(name_of(x) for x in inputs))


_Part: TypeAlias = Callable[[Raw, int], n.Value | None]


def _part(reader: EventReader, schema: Schema, name: str) -> _Part:
    """What reads one field of a key, from an event and its time."""
    field = schema[name]
    if field.of is not None:  # of the kinds that a key may have, only the weekday is worked out
        return lambda raw, now: reader.worked_out(field, now, now)
    slot, held = reader.slots[name], held_of(field)
    return lambda raw, now: held(raw[slot])


def _held(field: Field, given: object) -> n.Value | None:
    return None if given is None else read_value(field, given)
