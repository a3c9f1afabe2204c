"""One payment in the making: the harmless one, and what is changed in it.

It is exactly the payment that a `test` with these `given`s and `with`s means, so a counterexample can be pasted as it
is. What follows from other fields follows here too: the hour from the time, an age from the time and the beginning, an
institution from its instrument.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..meaning import nodes as n
from .law_space import HOUR, NOW, WEEKDAY, Space, held_in


class Draft:
    """A payment of a space. `changes`: by slot, what is not as in the harmless payment. `lists`: what they hold.
    `values`: every input, in held units, as the interpreter takes it."""

    __slots__ = ("changes", "lists", "space", "values")

    def __init__(
        self,
        space: Space,
        changes: Mapping[str, n.Value | None] | None = None,
        lists: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.space = space
        self.values = dict(space.benign)
        self.changes: dict[str, n.Value | None] = {}
        self.lists: dict[str, frozenset[str]] = dict.fromkeys((name for name, _ in space.meaning.lists), frozenset())
        self.lists |= lists or {}
        self._derive()
        if changes:
            for name in sorted(changes, key=lambda name: name != NOW):
                self.put(name, changes[name])

    def copy(self) -> Draft:
        other = object.__new__(Draft)
        other.space, other.values = self.space, dict(self.values)
        other.changes, other.lists = dict(self.changes), dict(self.lists)
        return other

    def get(self, name: str) -> n.Value | None:
        """The value of a slot. That of an average only if it was put."""
        slot = self.space.slots[name]
        if slot.average is not None:
            return self.changes.get(name)
        return self.values[name]

    def put(self, name: str, value: n.Value | None) -> None:
        """Give a slot a value. All that follows from it follows."""
        space, slot = self.space, self.space.slots[name]
        if value == self._unsaid(name):
            self.changes.pop(name, None)
        else:
            self.changes[name] = value
        if name == NOW:
            self.values[NOW] = value
            self._derive()
        elif slot.base:
            self.values[name] = value
            self._derive_age(name)
        else:
            self.values.update(held_in(slot, value))
            if slot.partner and value is not None and self.values[slot.partner] is None:
                self.put(slot.partner, slot.partner)
            if name in space.ages:
                self._begins(name, value)

    def reset(self, name: str) -> Draft:
        """The same without this change."""
        return Draft(self.space, {x: v for x, v in self.changes.items() if x != name}, self.lists)

    @property
    def fields(self) -> tuple[str, ...]:
        """What is not as in the harmless payment: slots, and lists that hold something."""
        return (*self.changes, *(name for name, held in self.lists.items() if held))

    def _unsaid(self, name: str) -> n.Value | None:
        """What the slot is where nothing is said of it."""
        slot = self.space.slots[name]
        if not slot.base:
            return slot.sample
        now, since = self.values[NOW], self.space.since(slot.base)
        assert isinstance(now, int)
        return None if since is None else max(0, now - since)

    def _derive(self) -> None:
        now, space = self.values[NOW], self.space
        assert isinstance(now, int)
        if HOUR in self.values:
            self.values[HOUR] = space.clock.hour(now)
        if WEEKDAY in self.values:
            self.values[WEEKDAY] = space.clock.weekday(now)
        for age in space.ages.values():
            self._derive_age(age)

    def _derive_age(self, name: str) -> None:
        """An age that was put keeps its value when the payment's time moves; any other counts from the sample."""
        now, base = self.values[NOW], self.space.slots[name].base
        assert isinstance(now, int)
        if name in self.changes:
            age = self.changes[name]
            since = None if age is None else now - int(age)
        else:
            since = self.space.since(base)
        self.values[name] = max(0, now - since) if since is not None else None
        if base in self.values:
            self.values[base] = since

    def _begins(self, base: str, value: n.Value | None) -> None:
        """A beginning that was put by itself: its age follows."""
        now, age = self.values[NOW], self.space.ages[base]
        assert isinstance(now, int)
        self.changes.pop(base, None)
        self.put(age, None if value is None else max(0, now - int(value)))
