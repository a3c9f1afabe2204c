"""The smallest payment that still breaks a law: nothing in it that does not matter.

Each change from the harmless payment is taken back if the law stays broken without it, and what is left is made as
plain as can be written. Of a pair, the two values are drawn together until they are neighbours, so that they stand on
the two sides of the number that is to blame. Every step asks whoever decides again, so what comes out breaks the law
for certain. Greedy, and bounded: another payment may have one field less.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from ..meaning import nodes as n
from .counterexample_text import literal
from .law_drafts import Draft
from .law_space import MILLISECOND_US, NOW, Slot, Space

Breaks = Callable[[Draft], bool]
MOST_ROUNDS = 6
"""Times that all changes are gone through. Each round takes at least one away, or is the last."""
MOST_PLAINER = 60
"""Plainer values that are tried for one slot."""
MOST_ROUNDED = 40
"""Values worth trying of which rounder ones are tried too."""


def shrunk(draft: Draft, breaks: Breaks) -> Draft:
    """The draft with as little in it as breaks the law. It must break it now."""
    for _ in range(MOST_ROUNDS):
        before = (dict(draft.changes), dict(draft.lists))
        draft = _fewer(draft, breaks)
        draft = _plainer(draft, breaks)
        if (draft.changes, draft.lists) == before:
            return draft
    return draft


def _fewer(draft: Draft, breaks: Breaks) -> Draft:
    """Without each change, each two of them, and each item of a list, that it does not take. Two at once, because of
    two windows that must fit each other neither can go alone."""
    for gone in (*((name,) for name in draft.changes), *combinations(draft.changes, 2)):
        if all(name in draft.changes for name in gone):
            without = _reset(draft, gone)
            if breaks(without):
                draft = without
    for name, held in draft.lists.items():
        for item in sorted(held):
            without = Draft(draft.space, draft.changes, {**draft.lists, name: draft.lists[name] - {item}})
            if breaks(without):
                draft = without
    return draft


def _reset(draft: Draft, gone: tuple[str, ...]) -> Draft:
    """The draft without these changes. What was in a list stays in it, under its harmless name."""
    lists = dict(draft.lists)
    for name in gone:
        value, sample = draft.changes[name], draft.space.slots[name].sample
        for listed, held in lists.items():
            if value in held and isinstance(sample, str):
                lists[listed] = held - {str(value)} | {sample}
    return Draft(draft.space, {x: v for x, v in draft.changes.items() if x not in gone}, lists)


def _plainer(draft: Draft, breaks: Breaks) -> Draft:
    """With the shortest values that do."""
    for name, value in list(draft.changes.items()):
        slot = draft.space.slots[name]
        if value is None or slot.kind.name == "yes/no":
            continue
        for other in _plain(draft.space, slot, value):
            changed = Draft(draft.space, {**draft.changes, name: other}, draft.lists)
            if breaks(changed):
                draft = changed
                break
    return draft


def _plain(space: Space, slot: Slot, value: n.Value) -> list[n.Value]:
    """Values that are plainer than this one, the plainest first."""
    found = [x for x in space.pools[slot.name] if x is not None]
    if slot.kind.numeric and slot.name != NOW:
        unit = slot.unit if slot.kind.name == "duration" else 1
        for held in [int(value), *(int(x) for x in found[:MOST_ROUNDED])]:
            for power in range(len(str(abs(held)))):
                step = 10**power * unit
                found += [held - held % step, held - held % step + step]
        found = [x for x in dict.fromkeys(found) if slot.lowest <= int(x) <= slot.highest]
    limit = _length(space, slot, value)
    plainer = [x for x in dict.fromkeys(found) if _length(space, slot, x) < limit]
    return sorted(plainer, key=lambda x: _length(space, slot, x))[:MOST_PLAINER]


def _length(space: Space, slot: Slot, value: n.Value) -> tuple[int, int, int]:
    """How much there is to read: digits that are not zero, those behind a point thrice, characters, and the size."""
    text = literal(space, slot.kind, value)
    if not slot.kind.numeric:
        return (0, len(text), 0)
    digits = [sum(c in "123456789" for c in part) for part in text.partition(".")]
    return (digits[0] + 3 * digits[2], len(text), abs(int(value)))


def neighbours(
    slot: Slot, low: int, high: int, act: Callable[[int], n.Act], broken: Callable[[n.Act, n.Act], bool]
) -> tuple[int, int]:
    """Two values between these, as near to each other as can be written, that break the law as these do."""
    unit = slot.unit
    if slot.kind.name == "duration" and (low % unit or high % unit):
        unit = MILLISECOND_US
    first, last = act(low), act(high)
    while high - low > unit:
        middle = low + (high - low) // (2 * unit) * unit
        if middle in (low, high):
            break
        between = act(middle)
        if broken(between, last):
            low, first = middle, between
        elif broken(first, between):
            high, last = middle, between
        else:
            break
    return low, high
