"""Windows that fit each other, so that no law is broken by a payment that cannot be.

Over a longer time there are at least as many payments as over a shorter one; of nothing the sum is zero and the average
missing. Only what follows from the declarations of two windows of the same key is kept: a sum and a count of different
`where`s are free of each other, as they are in life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..meaning import nodes as n
from ..schema import kinds as k
from ..state.plan import parsed
from .law_drafts import Draft
from .law_space import Space

ROUNDS = 4
"""Times that the relations are gone through: each can make another one fail, and a chain is short."""
CALENDAR = {"day": 1, "month": 2, "year": 3}
ADDS_UP = ("count", "sum", "distinct")


@dataclass(frozen=True, slots=True)
class Relation:
    """`why` for the small and the large slot: least (the large is at least the small), some (where the small is above
    zero or known, the large is at least one), known (where the small is above zero, the large is known), since (the
    same, and the large no longer ago than `most_us`), key (where the small is not as in a harmless payment, the large,
    a key, is known)."""

    why: str
    small: str
    large: str
    most_us: int = 0


def relations(space: Space) -> tuple[Relation, ...]:
    windows = {w.name: w for w in space.meaning.windows}
    read: dict[str, tuple[n.Window, tuple[str, ...]]] = {}
    found: list[Relation] = []
    for name, slot in space.slots.items():
        source = slot.average.total.name if slot.average else name
        if slot.average is None and (name not in space.inputs or space.inputs[name].origin != "window"):
            continue
        window, _, keys = parsed(source)
        read[name] = (windows[window], keys or windows[window].keys)
        found += [Relation("key", name, key) for key in read[name][1] if key in space.slots]
    for a, (small, key) in read.items():
        for b, (large, other) in read.items():
            if a != b and key == other and small.event == large.event and _within(small, large):
                found += _between(a, small, b, large)
    return tuple(found)


def _within(small: n.Window, large: n.Window) -> bool:
    """Whether everything that the small one counts the large one counts too."""
    if large.where is not None and large.where != small.where:
        return False
    if isinstance(small.span, str) and isinstance(large.span, str):
        return CALENDAR[small.span] <= CALENDAR[large.span]
    if isinstance(small.span, int) and isinstance(large.span, int):
        return small.span <= large.span
    return small.span == "day" and isinstance(large.span, int) and large.span > k.DAY + 2 * k.HOUR


def _between(a: str, small: n.Window, b: str, large: n.Window) -> list[Relation]:
    kinds = (small.aggregate, large.aggregate)
    if small.aggregate == large.aggregate and small.aggregate in ADDS_UP and small.of == large.of:
        return [Relation("least", a, b)]
    if kinds == ("distinct", "count"):
        return [Relation("least", a, b)]
    if large.aggregate in ("count", "distinct"):
        return [Relation("some", a, b)]
    if large.aggregate == "since" and small.aggregate in ADDS_UP and isinstance(small.span, int):
        return [Relation("since", a, b, small.span)]
    if large.aggregate in ("average", "min", "max") and small.aggregate in ADDS_UP:
        return [Relation("known", a, b)]
    return []


def mend(draft: Draft, found: Iterable[Relation]) -> None:
    """Raise what is too small, and give what is missing a value."""
    for _ in range(ROUNDS):
        held = [_MENDED[r.why](draft, r) for r in found]  # each is mended, whether one before it held or not
        if all(held):
            return


def fits(draft: Draft, found: Iterable[Relation], free: str = "") -> bool:
    """Whether the windows fit each other; `free` may be anything, because a law moves it and nothing else."""
    copied = draft.copy()  # what does not hold is mended in it, and then nothing more is asked
    return all(r.small == free or r.large == free or _MENDED[r.why](copied, r) for r in found)


def essential(draft: Draft, found: Iterable[Relation]) -> tuple[str, ...]:
    """The fields of a draft that matter: without the windows that are as they are only to fit others."""
    following: set[str] = set()
    for name in {r.large for r in found} & set(draft.changes):
        without = draft.reset(name)
        mend(without, found)
        if without.changes == draft.changes:
            following.add(name)
    return tuple(name for name in draft.fields if name not in following)


def _least(draft: Draft, r: Relation) -> bool:
    small, large = draft.get(r.small), draft.get(r.large)
    if small is None or large is None or int(large) >= int(small):
        return True
    draft.put(r.large, min(int(small), draft.space.slots[r.large].highest))
    return False


def _one(draft: Draft, r: Relation) -> bool:
    if not _positive(draft, r.small) or _positive(draft, r.large):
        return True
    draft.put(r.large, 1)
    return False


def _positive(draft: Draft, name: str) -> bool:
    """Above zero; for what is missing of nothing, known."""
    value = draft.get(name)
    if draft.space.slots[name].sample is None:
        return value is not None
    return value is not None and int(value) > 0


def _known(draft: Draft, r: Relation) -> bool:
    if not _positive(draft, r.small) or draft.get(r.large) is not None:
        return True
    slot = draft.space.slots[r.large]
    pool = [x for x in draft.space.pools[r.large] if x is not None]
    draft.put(r.large, pool[0] if pool else max(slot.lowest, 1))
    return False


def _since(draft: Draft, r: Relation) -> bool:
    value = draft.get(r.large)
    if not _positive(draft, r.small) or (value is not None and int(value) <= r.most_us):
        return True
    draft.put(r.large, min(r.most_us, k.HOUR))
    return False


def _keyed(draft: Draft, r: Relation) -> bool:
    slot = draft.space.slots[r.small]
    if draft.get(r.small) == slot.sample or draft.get(r.large) is not None:
        return True
    draft.put(r.large, next(x for x in draft.space.pools[r.large] if x is not None))
    return False


_MENDED: dict[str, Callable[[Draft, Relation], bool]] = {
    "least": _least,
    "some": _one,
    "known": _known,
    "since": _since,
    "key": _keyed,
}
"""Whether the relation held already; otherwise it is mended."""
