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
from operator import itemgetter
from typing import Any, TypeAlias

from ..meaning import nodes as n
from ..meaning.frames import bare
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..program.model import Column
from ..schema.errors import PaymentError
from ..schema.fields import Field, Schema
from ..schema.limits import MISSING
from ..state.plan import EVENTS, SETTLED, STATUS, Plan, Series, told_numbers, told_texts, told_wheres, took_effect
from ..state.store import Bound, Direct, Entry, Happened, direct_of
from .coders import coder_of, held_of, time_coder
from .key_texts import KeyTexts
from .reading import EventReader, Raw, Values, unreadable

PARTIES = ("payer.account", "payee.account", "payee.merchant")
TOLD_APART_BY = ("occurred_at", "amount", STATUS, *PARTIES)
"""What must be the same when an id is recorded once more."""

Test: TypeAlias = Callable[[Values], bool]


class Recorder:
    """Reads events of one kind (`event`: payment or report) for a plan, and tells a store of them."""

    def __init__(
        self, frame: n.Frame, schema: Schema, plan: Plan, event: str, bound: Bound | None, decider: EventReader
    ) -> None:
        self._event = event
        self._bound = bound
        series = [(i, s) for i, s in enumerate(plan.series) if s.event == event]
        schema = recorded_schema(schema, event)
        self.reader = EventReader(recorded_frame(frame, schema, _read_of(plan, event)), schema)
        wheres = told_wheres(plan, event)
        self._tests = [test_of(where, schema) for where in wheres]
        self._keys = list(dict.fromkeys(s.keys for _, s in series))
        self._entries = [(i, self._keys.index(s.keys), s.of, s.distinct, wheres.index(s.where)) for i, s in series]
        self._picked: Callable[[Raw], Raw] | None = None
        if event == "payment" and bound is not None:
            self._picked = itemgetter(*(decider.slots[f.name] for f in self.reader.fields))
        direct = direct_of(bound)
        self._direct = None if direct is None else _Directly(self, schema, plan, event, direct)

    def record(self, event: object) -> bool:
        """`Engine.record`. PaymentError naming the field that does not fit."""
        try:
            told = self.told(self.reader.raw(event))
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error
        return self.move(told)

    def told_of(self, taken: Raw, now: int) -> Any:
        """`told`, from what the reader of decisions took out of a payment, and its time."""
        try:
            return None if self._picked is None else self.told(self._picked(taken), now)
        except PaymentError:
            raise
        except Exception as error:
            raise unreadable() from error

    def told(self, raw: Raw, now: int | None = None) -> Any:
        """What `move` wants. `now`: the event's time, where it was read already. PaymentError naming the field that
        does not fit."""
        return self._happened(raw) if self._direct is None else self._direct.told(raw, now)

    def move(self, told: Any) -> bool:
        """Tell the store. Where no rule reads a window there is nothing to move."""
        if self._direct is not None:
            return self._direct.record(*told)
        return self._bound.record(told) if self._bound is not None else True

    def _happened(self, raw: Raw) -> Happened:
        values = self.reader.values(raw)
        now = values["occurred_at"]
        assert isinstance(now, int)
        amount, status, *parties = (values[name] for name in TOLD_APART_BY[1:])
        content = _content(now, MISSING if amount is None else amount, status, parties)
        digest = blake2b(content, digest_size=16).digest()
        return Happened(str(values["id"]), self._event, now, digest, self._moved(values))

    def _moved(self, values: Values) -> list[Entry]:
        held = [test(values) for test in self._tests]
        keys = [tuple([values[name] for name in names]) for names in self._keys]
        entries = []
        for series, key, of, distinct, where in self._entries:
            value = values[of] if of else 0
            if held[where] and value is not None and None not in keys[key]:
                entries.append(Entry(series, keys[key], str(value) if distinct else value))  # type: ignore[arg-type]  # keys are of kinds that are texts, and the value is a number
        return entries

    def bits(self, raw: Raw) -> int:
        """Of each condition, the first the lowest, whether it holds."""
        values = self.reader.values(raw)
        return sum(test(values) << i for i, test in enumerate(self._tests))


class _Directly:
    """The same for a store in this process, which is given texts and numbers and makes its entries itself."""

    def __init__(self, recorder: Recorder, schema: Schema, plan: Plan, event: str, direct: Direct) -> None:
        reader, slots = recorder.reader, recorder.reader.slots
        self.record = direct.record
        self._recorder = recorder
        self._event = event
        self._partners = bool(reader.partners)
        texts, wheres = told_texts(plan, event), told_wheres(plan, event)
        self._texts = KeyTexts(reader, schema, texts, event)
        self._time, self._read_time = slots["occurred_at"], time_coder(schema["occurred_at"])
        self._amount, self._read_amount = slots["amount"], _number_of(schema["amount"])
        self._status, self._read_status = slots[STATUS], held_of(schema[STATUS])
        self._statuses = frozenset(schema[STATUS].kind.choices)
        self._parties = itemgetter(*(slots[name] for name in PARTIES))
        self._read_parties = [held_of(schema[name]) for name in PARTIES]
        self._parties_in_texts = {name for key in texts for name in key}.issuperset(PARTIES)
        names = told_numbers(plan, event)
        self._amount_alone = names == ["amount"]
        self._numbers = [(slots[name], _number_of(schema[name])) for name in names]
        self._by_status = all(where == took_effect(schema) for where in wheres)
        self._every_bit = (1 << len(wheres)) - 1

    def told(self, raw: Raw, now: int | None = None) -> tuple[str, tuple[int, ...], bytes]:
        """What `record` wants. `now`: the event's time, where it was read already."""
        if self._partners:
            self._recorder.reader.check_partners(raw)
        if now is None:
            now = self._read_time(raw[self._time])
        lengths, texts, plain = self._texts.of(raw, now)
        amount, status = self._read_amount(raw[self._amount]), raw[self._status]
        if type(status) is not str or status not in self._statuses:
            status = self._read_status(status)
        parties = self._parties(raw)
        if not plain or not self._parties_in_texts:
            parties = [read(x) for read, x in zip(self._read_parties, parties, strict=True)]
        content = _content(now, amount, status, parties)
        if self._by_status:
            bits = self._every_bit if status is None or status == SETTLED else 0
        else:
            bits = self._recorder.bits(raw)
        numbers = [amount] if self._amount_alone else [read(raw[slot]) for slot, read in self._numbers]
        return self._event, (now, bits, len(content), *lengths, *numbers), texts + content


def _number_of(field: Field) -> Callable[[Any], int]:
    return coder_of(Column(field.name, "number"), field)


def _content(now: int, amount: n.Value, status: object, parties: Iterable[Any]) -> bytes:
    """Different for different values: no text is empty, a status has no space in it, and parties are separated so that
    different ones stay so."""
    payer, payee, merchant = parties
    a, b = payer or "", payee or ""
    told = f"{now} {amount} {status} {len(a)}:{a}{len(b)}:{b}{merchant or ''}"
    return told.encode("utf-8", "surrogatepass")


def test_of(where: n.Condition | None, schema: Schema) -> Test:
    """Whether an event moves the series that are kept where this holds."""
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


def recorded_frame(frame: n.Frame, schema: Schema, names: list[str]) -> n.Frame:
    """The ruleset's frame, reading just these fields."""
    inputs = tuple(
        n.Input(f.name, f.kind, _optional(schema, f.name), "derived" if f.of else "field", f.lowest, f.highest)
        for f in (schema[name] for name in names)
    )
    return replace(bare(frame), inputs=inputs, bands=(), lists=(), windows=())


def _optional(schema: Schema, name: str) -> bool:
    of = schema[name].of
    return _optional(schema, of[1]) if of else schema[name].optional


def recorded_fields(plan: Plan, schema: Schema, event: str) -> list[str]:
    """What is taken out of an event of a kind that is recorded, besides its id."""
    read = [schema[name] for name in _read_of(plan, event)]
    return list(dict.fromkeys(field.of[1] if field.of else field.name for field in read))


def _read_of(plan: Plan, event: str) -> list[str]:
    texts = (name for key in told_texts(plan, event) for name in key)
    return list(dict.fromkeys((*fields_of(s for s in plan.series if s.event == event), *texts, *TOLD_APART_BY)))


def recorders(
    frame: n.Frame, schema: Schema, plan: Plan, bound: Bound | None, decider: EventReader
) -> Mapping[str, Recorder]:
    """One a kind of event. `decider`: what reads payments that are decided."""
    return {event: Recorder(frame, schema, plan, event, bound, decider) for event in EVENTS}
