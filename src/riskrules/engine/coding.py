"""An event's own values → the kernel's integers: one step a column, each the quickest that its column allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.interpreter import holds
from ..meaning.walk import reads_in
from ..program.model import HOST, Column, Program
from ..schema.errors import PaymentError
from ..schema.fields import Field
from ..schema.limits import MISSING
from .before import Before
from .coders import Coder, coder_of, held_of, member_coder, time_coder
from .reading import EventReader, Raw

Step: TypeAlias = Callable[[Raw, int, Before], int]


class EventCoder:
    """Codes events for one program and one version of its lists."""

    def __init__(
        self,
        reader: EventReader,
        program: Program,
        lists: Mapping[str, frozenset[str]],
        checked: frozenset[str] = frozenset(),
    ) -> None:
        """`checked`: fields that were read before an event comes here."""
        self._reader = reader
        self._lists = lists
        self._columns = program.columns
        self._width = len(program.columns)
        self._direct: list[tuple[int, int, Coder]] = []
        self._steps: list[tuple[int, Step]] = []
        self._windows: list[tuple[int, int]] = []
        places = {name: i for i, name in enumerate(reader.windows)}
        for place, column in enumerate(program.columns):
            self._plan(place, column, places)
        coded = {c.name for c in program.columns if c.coding != HOST}
        self._unread = [
            (i, coder_of(_as_column(f), f))
            for i, f in enumerate(reader.fields)
            if f.name in reader.read and f.name not in coded | checked
        ]
        derived = [f for f in reader.derived if f.name not in coded and f.of and f.of[0] == "age"]
        self._also = [self._derived_step(_as_column(f), f) for f in derived]

    def integers(self, raw: Raw, now: int, before: Before) -> list[int]:
        """The program's columns, from an event, its time and its windows. PaymentError naming the field that does not
        fit, also one that no column holds: a decision must not fail when its reasons are read."""
        self._reader.check_partners(raw)
        for slot, check in self._unread:
            check(raw[slot])
        codes = [0] * self._width
        for place, slot, coder in self._direct:
            codes[place] = coder(raw[slot])
        for place, step in self._steps:
            codes[place] = step(raw, now, before)
        if self._windows:
            held = before.held
            for place, i in self._windows:
                codes[place] = held[i]
        for step in self._also:
            step(raw, now, before)
        return codes

    def steps(self, places: Iterable[int]) -> list[tuple[int, Step]]:
        """Of some columns what works each of them out by itself."""
        steps = dict(self._steps)
        steps |= {place: _of_slot(slot, coder) for place, slot, coder in self._direct}
        return [(place, steps[place]) for place in places]

    def by_windows(self, places: Iterable[int]) -> bool:
        """Whether what works out any of some columns reads a window."""
        atoms = (self._columns[place].atom for place in places)
        return any(read.name in self._reader.windows for atom in atoms for read in reads_in(atom))

    def _plan(self, place: int, column: Column, windows: Mapping[str, int]) -> None:
        """A column that is one slot's value goes straight to its coder; any other takes a step of its own."""
        slot = self._reader.slots.get(column.name)
        if column.atom is not None:
            self._plan_atom(place, column.atom)
        elif column.name == "occurred_at":
            self._steps.append((place, lambda raw, now, before: now))
        elif slot is not None:
            self._direct.append((place, slot, coder_of(column, self._reader.fields[slot])))
        elif column.name in windows:
            self._windows.append((place, windows[column.name]))
        else:
            field = next(f for f in self._reader.derived if f.name == column.name)
            self._steps.append((place, self._derived_step(column, field)))

    def _plan_atom(self, place: int, atom: n.Atom) -> None:
        reader, lists = self._reader, self._lists
        match atom:
            case n.InList(n.Read(name), listed, negated) if name in reader.slots:
                slot = reader.slots[name]
                self._direct.append((place, slot, member_coder(reader.fields[slot], lists[listed], negated)))
            case _ if all(r.name in reader.slots for r in reads_in(atom)):
                self._steps.append((place, self._atom_step(atom)))
            case _:
                self._steps.append(
                    (place, lambda raw, now, before: int(holds(atom, reader.values(raw, before.values), lists)))
                )

    def _atom_step(self, atom: n.Atom) -> Step:
        """The atom, from just the fields that it reads."""
        reader, lists = self._reader, self._lists
        slots = [(r.name, reader.slots[r.name]) for r in reads_in(atom)]
        reads = [(name, slot, held_of(reader.fields[slot])) for name, slot in slots]

        def step(raw: Raw, now: int, before: Before) -> int:
            return int(holds(atom, {name: held(raw[slot]) for name, slot, held in reads}, lists))

        return step

    def _derived_step(self, column: Column, field: Field) -> Step:
        assert field.of is not None
        base = self._reader.slots[field.of[1]]
        code = time_coder(self._reader.fields[base])

        def step(raw: Raw, now: int, before: Before) -> int:
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


def _of_slot(slot: int, coder: Coder) -> Step:
    return lambda raw, now, before: coder(raw[slot])


def _as_column(field: Field) -> Column:
    """A column that would hold the field, for a field that no condition reads and that must fit all the same."""
    kind = field.kind
    return Column(field.name, "yes/no" if kind.name == "yes/no" else "number" if kind.numeric else "word")
