"""What happened before a payment: its windows, read from the store for the payment's own keys and time.

Values that the host worked out itself come first; the store is asked for the rest, once a payment. A window that
could not be read has no value, and is told in the decision's notes; one that is kept by a device which the
payment does not name has no value either, and nothing failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from ..base.calendars import Calendar
from ..meaning import nodes as n
from ..meaning.averages import averages_of, inputs_of, name_of
from ..schema.fields import Field, Schema
from ..schema.limits import HIGHEST_NUMBER, MISSING
from ..schema.values import missing, read_value
from ..state.plan import Plan, asked_texts
from ..state.store import LENGTHS_AT, Bound, Direct, Key, Moment, direct_of
from .coders import held_of, time_coder
from .key_texts import KeyTexts, part_of
from .reading import EventReader, Raw
from .recording import Recorder

Given: TypeAlias = Mapping[str, object] | None
"""Values of windows, and scores of models, by name as the host gives them."""


class Before:
    """Every window that the rules read, then every score of a model. `names`, and of each its value in held units,
    MISSING where there is none. `unread`: windows that could not be read, `because`: why (may be empty). `unscored`:
    models that gave no score, and why."""

    __slots__ = ("because", "held", "names", "unread", "unscored")

    def __init__(
        self,
        names: Sequence[str],
        held: Sequence[int],
        unread: tuple[str, ...] = (),
        because: str = "",
        unscored: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.names = names
        self.held = held
        self.unread = unread
        self.because = because
        self.unscored = unscored

    @property
    def values(self) -> dict[str, n.Value | None]:
        """By name, None where there is none."""
        return {name: None if x == MISSING else x for name, x in zip(self.names, self.held, strict=True)}


Question: TypeAlias = tuple[int, Mapping[int, int], Any, Any]
"""The payment's time, values of windows that the host gave (by their place among the names), what must be asked of the
store, and what it must be told when the payment is recorded."""


NOTHING = Before((), ())


class WindowReader:
    """Reads the windows of one version of the rules. `bound` is None where there is no store."""

    def __init__(self, reader: EventReader, schema: Schema, plan: Plan, bound: Bound | None) -> None:
        self._fields = reader.windows
        self._averages = [
            (Field(name, average.kind, "", True, -HIGHEST_NUMBER, HIGHEST_NUMBER), average)
            for name, average in averages_of(reader.frame).items()
        ]
        self._scores = [MISSING] * len(reader.frame.models)
        self._windows = len(plan.readings)
        self.names = (*(r.name for r in plan.readings), *(m.name for m in reader.frame.models))
        self._places = {name: i for i, name in enumerate(self.names)}
        names = list(dict.fromkeys(name for lookup in plan.lookups for name in lookup.keys))
        self.checked = frozenset((*names, "id", "occurred_at")) if bound is not None else frozenset[str]()
        needed = [schema[x] for x in names if not schema[x].optional and schema[x].of is None]
        self._required = [(reader.slots[f.name], f) for f in needed]
        self._time = reader.slots["occurred_at"]
        self._read_time = time_coder(reader.fields[self._time])
        self._way = _way(reader, schema, plan, bound) if bound is not None else None

    def question(
        self, raw: Raw, given: Given, recorder: Recorder | None = None, now: int | None = None
    ) -> Question:
        """PaymentError when a given value, a key, the id or the time does not fit. With the recorder of a payment that
        is about to be recorded as well, what is told of it must fit too, and is part of the question. `now`: the
        payment's time, where it was read already."""
        if now is None:
            now = self._read_time(raw[self._time])
        if not self.names:
            return now, {}, None, None
        values = self._given(given) if given else {}
        for slot, field in self._required if recorder is not None else ():
            if raw[slot] is None:  # what is recorded may lack it, what is decided may not
                raise missing(field)
        told = None if recorder is None else recorder.told_of(raw, now)
        return now, values, None if self._way is None else self._way.asked(raw, now, told), told

    def _given(self, given: Mapping[str, object]) -> dict[int, int]:
        values = {name: _held(field, given.get(name)) for name, field in self._fields.items()}
        for field, average in self._averages:
            held = _held(field, given.get(field.name))
            if held is not None:
                values |= inputs_of(average, int(held))
        return {self._places[name]: int(value) for name, value in values.items() if value is not None}

    def answer(self, question: Question) -> Before:
        """The windows' values. Asks the store, which never fails here."""
        if not self.names:
            return NOTHING
        _, given, asked, _ = question
        if asked is None:
            held: Sequence[int] = [given.get(i, MISSING) for i in range(len(self.names))]
            return Before(self.names, held, self._by_window(i for i in range(self._windows) if held[i] == MISSING))
        assert self._way is not None
        held, unavailable, because = self._way.answer(asked)
        if self._scores:
            held = [*held, *self._scores]
        if given:
            held = [given.get(i, value) for i, value in enumerate(held)]
        if not unavailable:
            return Before(self.names, held)
        return Before(self.names, held, self._by_window(i for i in unavailable if held[i] == MISSING), because)

    def _by_window(self, places: Iterable[int]) -> tuple[str, ...]:
        """The windows as their author reads them: the parts of an average are one."""
        return tuple(dict.fromkeys(name_of(self.names[i]) for i in places))


Answer: TypeAlias = tuple[Sequence[int], Sequence[int], str]
"""A value a reading, MISSING where there is none; the readings that could not be read, and why."""


class _Asking(Protocol):
    """The way to a store: what must be asked of it, which can fail with the payment, and the answer, which cannot."""

    def asked(self, raw: Raw, now: int, told: Any) -> tuple[Any, ...]: ...

    def answer(self, asked: Any) -> Answer: ...


def _way(reader: EventReader, schema: Schema, plan: Plan, bound: Bound) -> _Asking:
    direct = direct_of(bound)
    return _Moments(reader, schema, plan, bound) if direct is None else _Directly(reader, schema, plan, direct)


class _Directly:
    def __init__(self, reader: EventReader, schema: Schema, plan: Plan, direct: Direct) -> None:
        self._read = direct.read
        keys = asked_texts(plan)
        self._texts = KeyTexts(reader, schema, keys, "payment")
        self._of_told = slice(LENGTHS_AT, LENGTHS_AT + 1 + len(keys))
        self._start = Calendar(reader.clock.zone).start
        self._units = [r.span for r in plan.readings if isinstance(r.span, str)]

    def asked(self, raw: Raw, now: int, told: Any) -> tuple[Any, ...]:
        lengths: Sequence[int]
        if told is None:
            lengths, texts, _ = self._texts.of(raw, now)
        else:
            _, words, texts = told
            lengths = words[self._of_told]
        since = [self._start(unit, now) for unit in self._units] if self._units else ()
        return (now, *lengths, *since), texts

    def answer(self, asked: Any) -> Answer:
        return self._read(*asked)


class _Moments:
    def __init__(self, reader: EventReader, schema: Schema, plan: Plan, bound: Bound) -> None:
        self._bound = bound
        names = list(dict.fromkeys(name for lookup in plan.lookups for name in lookup.keys))
        self._parts = [part_of(reader, schema, name) for name in names]
        self._keys = [tuple(names.index(name) for name in lookup.keys) for lookup in plan.lookups]
        self._spans = [r.span for r in plan.readings]
        self._start = Calendar(reader.clock.zone).start
        self._id = reader.slots["id"]
        self._read_id = held_of(reader.fields[self._id])

    def asked(self, raw: Raw, now: int, told: Any) -> Moment:
        found = [part(raw, now) for part in self._parts]
        keys: list[Key | None] = []
        for places in self._keys:
            key = tuple([found[i] for i in places])
            keys.append(None if None in key else key)  # type: ignore[arg-type]  # keys are of kinds that are texts
        since = [now - span if isinstance(span, int) else self._start(span, now) for span in self._spans]
        return Moment(str(self._read_id(raw[self._id])), now, keys, since)

    def answer(self, asked: Moment) -> Answer:
        answers = self._bound.read(asked)
        return [MISSING if x is None else x for x in answers.values], answers.unavailable, answers.because


def _held(field: Field, given: object) -> n.Value | None:
    return None if given is None else read_value(field, given)
