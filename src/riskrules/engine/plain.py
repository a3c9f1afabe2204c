"""The quick way from a payment to a program's columns: one kernel call instead of a step a column.

Made of the same fields and columns as `coding`, whose answers it must give. What it does not take (an unusual value, or
one that is wrong) `coding` takes from the start, so a payment is never refused or read otherwise for being quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import product
from string import ascii_uppercase
from typing import Any

from ..base.money import currency_codes
from ..kernel import desks as k
from ..meaning import nodes as n
from ..program.model import WORD, YES_NO, Column, Program
from ..schema.fields import Field
from ..schema.kinds import ENTITIES, WORDS, Kind
from ..schema.limits import MISSING
from ..schema.values import decimals_of
from .reading import EventReader, Raw

_WRITTEN: dict[tuple[str, type], Callable[[Any], str]] = {
    ("time", datetime): datetime.isoformat,
    ("money", Decimal): str,
    ("money", float): repr,
}
"""As what a value is read when it is no text: the text that the careful way reads in it, too."""
ANY_TEXT = frozenset({"text", *ENTITIES})


class Plain:
    """For one program and one version of its lists. `plan`: what the kernel goes by. `left`: the columns, by their
    place, that it leaves to others; those of windows are not among them. `has_all`: there are no others. `gathering`:
    how a payment's values are taken out of so many `mappings`."""

    def __init__(
        self, reader: EventReader, program: Program, lists: Mapping[str, frozenset[str]], checked: frozenset[str]
    ) -> None:
        """`checked`: fields that are read anyway where there are windows, besides the payment's time."""
        self._reader = reader
        self._kept: list[object] = []
        rows: list[Sequence[int]] = []
        self.left: list[int] = []
        of_windows: list[tuple[int, int]] = []
        numbers = {name: i for i, name in enumerate(reader.windows)}
        kinds = [(i, f.kind.name) for i, f in enumerate(reader.fields)]
        self._written = [(slot, kind) for slot, kind in kinds if kind in ("time", "money")]
        for place, column in enumerate(program.columns):
            if column.name in reader.windows and column.atom is None:
                of_windows.append((place, numbers[column.name]))
                continue
            made = self._row(place, column, lists)
            if made is None:
                self.left.append(place)
            else:
                rows.append(made)
        coded = {c.name for c in program.columns if c.atom is None}
        for field in reader.fields:
            if field.name in reader.read and field.name not in coded | checked:
                rows.append(self.row_of(-1, reader.slots[field.name], Column(field.name, _coding(field)), field))
        for field in reader.derived:
            if field.name not in coded and field.of and field.of[0] == "age":
                rows.append(self._age(-1, field))
        rows += [(k.PARTNER, a, -1, 0, 0, 0, b, 0, 0) for a, b, _, _ in reader.partners]
        self.has_all = not self.left and not reader.windows  # also those that only a message shows
        mappings = reader.mappings
        currency, fitting, nested = "currency", {reader.frame.currency: 1}, "payment"
        of_payments = nested if reader.frame.event == "payment" else None
        self.gathering, self.mappings = k.gathering_plan(mappings, currency, fitting, of_payments), len(mappings)
        self._kept += (mappings, currency, fitting, nested)
        self.plan = k.plan_of(rows, self.has_all, of_windows)

    def rewritten(self, raw: Raw) -> Raw | None:
        """The same payment with its times and amounts as texts, which is what the kernel reads: None when they are."""
        made: list[Any] | None = None
        for slot, kind in self._written:
            given = raw[slot]
            write = _WRITTEN.get((kind, type(given)))
            if write is not None:
                made = list(raw) if made is None else made
                made[slot] = write(given)
        return None if made is None else tuple(made)

    def _row(self, place: int, column: Column, lists: Mapping[str, frozenset[str]]) -> Sequence[int] | None:
        """None for a column that takes more than a look at one value."""
        slots, fields = self._reader.slots, self._reader.fields
        match column.atom:
            case None:
                slot = slots.get(column.name)
                if slot is not None:
                    return self.row_of(place, slot, column, fields[slot])
                field = next(f for f in self._reader.derived if f.name == column.name)
                return self._age(place, field) if field.of and field.of[0] == "age" else None
            case n.InList(n.Read(name), listed, negated) if name in slots and fields[slots[name]].kind.name in ANY_TEXT:
                field = fields[slots[name]]
                if_missing = 0 if field.optional else k.NOT_OPTIONAL
                items = self._keep(lists[listed])
                return (k.MEMBER, slots[name], place, 0, 1, field.longest, int(negated), items, if_missing)
            case _:
                return None

    def row_of(self, place: int, slot: int, column: Column, field: Field) -> Sequence[int]:
        """How the kernel reads a field: a row of a plan, good for as long as this is kept."""
        if_missing = MISSING if field.optional else k.NOT_OPTIONAL
        if column.coding == YES_NO:
            return (k.YES_NO, slot, place, 0, 1, 0, 0, 0, if_missing)
        if column.coding == WORD:
            words = {word: i for i, word in enumerate(column.words)}
            other = len(words)
            longest = field.longest if field.kind.name in ANY_TEXT else 0
            for word in () if longest else all_of(field.kind):
                words.setdefault(word, other)
            return (k.WORD, slot, place, 0, other, other, longest, self._keep(words), if_missing)
        if field.kind.name == "time":
            return (k.TIME, slot, place, field.lowest, field.highest, 0, 0, 0, if_missing)
        digits = decimals_of(field)
        floats = field.kind.name in ("number", "ratio")
        texts = digits + 1 if field.kind.name == "money" and field.kind.currency else 0
        if field.kind.name == "duration":  # written in many ways
            return (k.NUMBER, slot, place, 1, 0, 1, 0, 0, if_missing)
        return (k.NUMBER, slot, place, field.lowest, field.highest, 10**digits, floats | 2 * texts, 0, if_missing)

    def _age(self, place: int, field: Field) -> Sequence[int]:
        assert field.of is not None
        slot = self._reader.slots[field.of[1]]
        if_missing = MISSING if self._reader.fields[slot].optional else k.NOT_OPTIONAL
        return (k.AGE, slot, place, max(field.lowest, 0), field.highest, 0, 0, 0, if_missing)

    def _keep(self, thing: object) -> Any:
        """Its address; it lives as long as the plan."""
        self._kept.append(thing)
        return k.address_of(thing)


def all_of(kind: Kind) -> Iterable[str]:
    """Every good value of a kind that has few."""
    if kind.name == "country":
        return map("".join, product(ascii_uppercase, repeat=2))
    return currency_codes() if kind.name == "currency" else kind.choices


def _coding(field: Field) -> str:
    if field.kind.name == "yes/no":
        return YES_NO
    return WORD if field.kind.name in WORDS else "number"
