"""The field of `action never falls as FIELD rises`: how it is moved while all else stays the same.

What follows from the field moves with it: an age with the beginning it is counted from, the time of a payment with its
hour. An hour is moved within its own day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ..base.times import local_instant, local_time
from ..meaning import nodes as n
from ..meaning.walk import found_in
from .law_aims import Chooser, turns
from .law_drafts import Draft
from .law_payments import Plot
from .law_space import HOUR, NOW, WEEKDAY, Slot, Space

MOST_VALUES = 14
"""Values of the field on one payment: those at which the payment's own plot turns, and a few of all others."""
OTHERS = 5


@dataclass(frozen=True)
class Moves:
    """`name`: the slot that moves. `reads`: the inputs that move with it. `continuous`: whether each value between two
    of it is one too."""

    space: Space
    slot: Slot
    name: str
    reads: frozenset[str]
    continuous: bool = True

    @classmethod
    def of(cls, space: Space, field: str) -> Moves | None:
        """None where no rule reads the field."""
        if field == HOUR and HOUR in space.inputs:
            return cls(space, space.slots[NOW], NOW, frozenset({HOUR}), continuous=False)
        if field == NOW:
            clocks = frozenset({NOW, HOUR, WEEKDAY})
            dated = space.changes or clocks & set(space.inputs)
            return cls(space, space.slots[NOW], NOW, clocks) if dated else None
        if field not in space.slots:
            return None
        slot = space.slots[field]
        reads = {i for i, name in space.slot_of.items() if name == field}
        if field in space.ages:
            reads |= {space.ages[field]}
            slot = replace(slot, unit=space.slots[space.ages[field]].unit)
        if not any(r.name in reads for r in found_in((space.meaning.rules, space.meaning.exempts), n.Read)):
            return None
        return cls(space, slot, field, frozenset(reads))

    def moved(self, draft: Draft, value: int) -> Draft:
        other = draft.copy()
        other.put(self.name, value)
        return other

    def without(self, draft: Draft) -> Draft:
        """The draft as if the field had never been put."""
        return draft.reset(self.space.ages.get(self.name, self.name)) if self.continuous else draft

    def values(self, draft: Draft, plot: Plot | None, chooser: Chooser, most: int) -> list[int]:
        """Values to move through, rising."""
        if not self.continuous:
            return self._hours(draft)[:most]
        found: dict[int, None] = {}
        pool = [int(x) for x in self.space.pools[self.name] if x is not None]
        for _ in range(OTHERS):
            found[pool[chooser.below(len(pool))]] = None
        near = self.turning(draft, plot)
        turn = chooser.below(len(near)) if near else 0
        for value in (*near[turn:], *near[:turn]):
            found[value] = None
        return sorted(list(found)[: max(2, min(MOST_VALUES, most))])

    def turning(self, draft: Draft, plot: Plot | None) -> list[int]:
        """The values at and beside which what the plot is made of turns on this payment."""
        found: list[int] = []
        for compare, reads in plot.compares if plot is not None else ():
            if reads & self.reads:
                found += self._turns(draft, compare)
        return [x for x in found if self.slot.lowest <= x <= self.slot.highest]

    def _turns(self, draft: Draft, compare: n.Compare) -> list[int]:
        if self.name == NOW:
            return [int(x) for x in self.space.pools[NOW] if x is not None]
        if self.name in self.space.ages:
            now = draft.values[NOW]
            assert isinstance(now, int)
            return [now - age for age in turns(draft, compare, self.space.ages[self.name])]
        return turns(draft, compare, self.name)

    def _hours(self, draft: Draft) -> list[int]:
        """The payment's own day, hour by hour, as far as its clock shows each hour once."""
        now = draft.values[NOW]
        assert isinstance(now, int)
        day = local_time(now, self.space.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        found = [local_instant(day + timedelta(hours=hour), self.space.zone) for hour in range(24)]
        return [x for x in found if self.space.written(x)]

    def shown(self, value: int, literal: str) -> str:
        """The value in words."""
        return literal if self.continuous else str(self.space.clock.hour(value))
