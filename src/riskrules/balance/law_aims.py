"""Make a condition hold, or not hold, by changing as little of a payment as it takes.

Payments drawn at random meet a rule of four conditions once in thousands of times. So a payment is aimed: each atom of
a condition is met by one of the values worth trying, found by asking the interpreter. Nothing is proved: where two
conditions pull at one field the later one wins, and whoever aims looks at what came out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ..meaning import nodes as n
from ..meaning.interpreter import word
from ..meaning.walk import reads_in
from . import law_points as points
from .law_drafts import Draft
from .law_outcomes import Memory, Truth
from .law_space import NOW, Space, held_in

MOST_TRIED = 40
"""Values of one input that are tried for one atom."""


class Chooser(Protocol):
    """Where chance comes from: a seeded generator, or a property test that wants to shrink."""

    def below(self, count: int) -> int:
        """A number from 0, the simplest, to count - 1."""


class Aim:
    """Aims drafts at conditions. `fixed`: lists whose contents are given, so that a value is moved into them and out
    of them; the others are filled as it takes."""

    def __init__(self, memory: Memory, chooser: Chooser, fixed: dict[str, tuple[str, ...]] | None = None) -> None:
        self.memory = memory
        self.chooser = chooser
        self.fixed = fixed or {}
        self._atoms: dict[int, _Atom] = {}

    def at(self, draft: Draft, condition: n.Condition, wanted: bool = True) -> None:
        """Change the draft so that the condition is as wanted, if that can be done."""
        self._aim(draft, condition, wanted)

    def again(self, draft: Draft, condition: n.Condition, wanted: bool = True) -> None:
        """The same for a condition that may have been undone since."""
        if self.memory.truth(condition)(draft.values, draft.lists) != wanted:
            self._aim(draft, condition, wanted)

    def _aim(self, draft: Draft, condition: n.Condition, wanted: bool) -> None:
        match condition:
            case n.Not(part):
                self._aim(draft, part, not wanted)
            case n.All(parts) | n.Any(parts) if parts:
                if isinstance(condition, n.All) == wanted:
                    for part in parts:
                        self._aim(draft, part, wanted)
                else:
                    self._aim(draft, parts[self.chooser.below(len(parts))], wanted)
            case n.InList():
                self._aim_list(draft, condition, wanted)
            case n.All() | n.Any():
                return
            case _:
                self._aim_atom(draft, condition, wanted)

    def _aim_list(self, draft: Draft, atom: n.InList, wanted: bool) -> None:
        inside = wanted != atom.negated
        value = word(atom.value, draft.values)
        if value is None and wanted:
            for read in reads_in(atom.value):
                draft.put(read.name, next(x for x in draft.space.pools[read.name] if x is not None))
            value = word(atom.value, draft.values)
        if not isinstance(value, str):
            return
        if atom.list in self.fixed:
            self._move(draft, atom, inside)
        else:
            held = draft.lists[atom.list]
            draft.lists[atom.list] = held | {value} if inside else held - {value}

    def _move(self, draft: Draft, atom: n.InList, inside: bool) -> None:
        """Give the field a value that is in the list, or one that is not."""
        held = self.fixed[atom.list]
        for read in reads_in(atom.value):
            pool = draft.space.pools[read.name]
            choices = list(held) if inside else [x for x in pool if isinstance(x, str) and x not in held]
            if choices and (draft.get(read.name) in held) != inside:
                draft.put(read.name, choices[self.chooser.below(len(choices))])

    def _aim_atom(self, draft: Draft, atom: n.Condition, wanted: bool) -> None:
        """One of the values under which the atom is as wanted. One that is so already may stay."""
        known = self._atoms.get(id(atom))
        if known is None:
            known = self._atoms[id(atom)] = _Atom(draft.space, atom, self.memory.truth(atom))
        truth, names = known.truth, known.names
        if (truth(draft.values, draft.lists) == wanted and self.chooser.below(3)) or not names:
            return
        turn = self.chooser.below(len(names)) if len(names) > 1 else 0
        for name in (*names[turn:], *names[:turn]):
            before = draft.changes.get(name, draft.space.slots[name].sample)
            for value in self._candidates(draft, known, name):
                draft.put(name, value)
                if truth(draft.values, draft.lists) == wanted:
                    return
            draft.put(name, before)

    def _candidates(self, draft: Draft, atom: _Atom, name: str) -> Iterator[n.Value | None]:
        """Values of one slot, those at which the atom turns first, begun anywhere among them."""
        for values in (atom.turns(draft, name), draft.space.pools[name]):
            turn = self.chooser.below(len(values)) if len(values) > 1 else 0
            yield from (*values[turn:], *values[:turn])[:MOST_TRIED]


class _Atom:
    """What is known of an atom whatever the payment is. `names`: the slots that it reads."""

    def __init__(self, space: Space, condition: n.Condition, truth: Truth) -> None:
        self.condition = condition
        self.truth = truth
        self.names = tuple(dict.fromkeys(space.slot_of[r.name] for r in reads_in(condition) if r.name in space.slot_of))
        self._still: list[int] | None = None
        if isinstance(condition, n.Compare) and len(self.names) == 1:
            slot = space.slots[self.names[0]]
            self._still = space.around(slot, space.turning(condition))
            if slot.name == NOW:
                self._still = [x for x in self._still if space.written(x)]

    def turns(self, draft: Draft, name: str) -> Sequence[n.Value | None]:
        """The values of a slot at and beside which the atom turns, everything else being as it is in the draft."""
        if self._still is not None:
            return self._still
        if isinstance(self.condition, n.Compare):
            return turns(draft, self.condition, name)
        if len(self.names) > 1:
            return [draft.get(x) for x in self.names if x != name]
        return ()


def turns(draft: Draft, compare: n.Compare, name: str) -> list[int]:
    """The values of one of several slots at and beside which the comparison turns, the others as they are."""
    space, values = draft.space, draft.values
    slot = space.slots[name]
    if name == NOW or not slot.kind.numeric:
        return []

    def at(value: int) -> dict[str, n.Value | None]:
        return {**values, **held_in(slot, value)}

    found = points.root(compare, at, points.PROBES[1])
    return [] if found is None else space.around(slot, {found})
