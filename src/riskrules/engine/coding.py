"""An event's own values → the kernel's integers: one step a column, each the quickest that its column allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..program.model import HOST, Column, Program
from ..schema.errors import PaymentError
from ..schema.fields import Field
from ..schema.limits import MISSING
from ..schema.values import missing_partner
from .coders import Coder, coder_of, member_coder, time_coder
from .reading import EventReader, Raw, Windows

Step: TypeAlias = Callable[[Raw, int, Windows], int]


class EventCoder:
    """Codes events for one program and one version of its lists."""

    def __init__(self, reader: EventReader, program: Program, lists: Mapping[str, frozenset[str]]) -> None:
        self._reader = reader
        self._lists = lists
        self._columns = program.columns
        self._time_slot = reader.slots["occurred_at"]
        self._time = time_coder(reader.fields[self._time_slot])
        self._steps = [self._step(c) for c in program.columns]
        coded = {c.name for c in program.columns if c.coding != HOST}
        self._unread = [(i, coder_of(_as_column(f), f)) for i, f in enumerate(reader.fields) if f.name not in coded]

    def integers(self, raw: Raw, windows: Windows = None) -> list[int]:
        """The program's columns. PaymentError naming the field that does not fit."""
        for instrument, institution, field, partner in self._reader.partners:
            if raw[institution] is None and raw[instrument] is not None:
                raise missing_partner(field, partner)
        for slot, check in self._unread:
            check(raw[slot])
        now = self._time(raw[self._time_slot])
        return [step(raw, now, windows) for step in self._steps]

    def _step(self, column: Column) -> Step:
        if column.atom is not None:
            return self._atom_step(column.atom)
        if column.name in self._reader.windows:
            return _window_step(column.name, self._reader.windows[column.name])
        slot = self._reader.slots.get(column.name)
        if slot is None:
            field = next(f for f in self._reader.derived if f.name == column.name)
            return self._derived_step(column, field)
        code = coder_of(column, self._reader.fields[slot])
        if column.name == "occurred_at":
            return lambda raw, now, windows: now
        return lambda raw, now, windows: code(raw[slot])

    def _atom_step(self, atom: n.Atom) -> Step:
        match atom:
            case n.InList(n.Read(name), listed, negated) if name in self._reader.slots:
                slot = self._reader.slots[name]
                code = member_coder(self._reader.fields[slot], self._lists[listed], negated)
                return lambda raw, now, windows: code(raw[slot])
        return lambda raw, now, windows: int(holds(atom, self._reader.values(raw, windows), self._lists))

    def _derived_step(self, column: Column, field: Field) -> Step:
        assert field.of is not None
        base = self._reader.slots[field.of[1]]
        code = time_coder(self._reader.fields[base])

        def step(raw: Raw, now: int, windows: Windows) -> int:
            since = code(raw[base])
            return MISSING if since == MISSING else column.value(self._reader.worked_out(field, since, now))

        return step

    def beyond(self, column: int) -> PaymentError:
        """The error for a column whose value the kernel refused as beyond the bounds of its arithmetic."""
        name = self._columns[column].name
        return PaymentError(name, "outside the bounds that the ruleset was checked for", "out-of-range")

    def integers_of(self, values: Mapping[str, n.Value | None]) -> list[int]:
        """The program's columns from inputs in held units: for tests, and for tables row by row."""
        return [
            c.value(values.get(c.name)) if c.atom is None else int(holds(c.atom, values, self._lists))
            for c in self._columns
        ]


def _window_step(name: str, field: Field) -> Step:
    code: Coder = coder_of(_as_column(field), field)

    def step(raw: Raw, now: int, windows: Windows) -> int:
        return code(windows.get(name)) if windows else MISSING

    return step


def _as_column(field: Field) -> Column:
    """A column that would hold the field, for a field that no condition reads and that must fit all the same."""
    kind = field.kind
    return Column(field.name, "yes/no" if kind.name == "yes/no" else "number" if kind.numeric else "word")
