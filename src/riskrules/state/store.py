"""What a window store is asked and what it answers, the same for memory and Redis.

An engine binds a store to a plan, and from then on gives it plain values: texts for keys, microseconds for times,
integers in held units. The store knows no payment, no rule and no field.

Which events a reading covers. Events of a key are in order of their time, and at the same time in order of arrival. A
reading at the time `t` that looks back to `since` covers the events with since <= time <= t that were recorded before
it was asked. So a payment at the very instant of another sees it when it arrived later, and a span of an hour
is half-open in that order: [t - 1h, this payment). The event that has the moment's own id and is recorded already (a
payment decided once more) is never covered.

An answer is exact or it is said to be unavailable; it is never a guess. A key that never had an event answers zero for
count, sum and distinct and None for the others. A store that has let go of a key's events remembers from when on it
knows them all, and a reading that looks back further is unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from ..base.fair import FairRLock
from .plan import Plan

Key = tuple[str, ...]


def key_text(key: Sequence[str]) -> str:
    """Different keys of a series give different texts: it has one part, or each but the last has its length before
    it."""
    if len(key) == 2:
        return f"{len(key[0])}:{key[0]}{key[1]}"
    if len(key) == 1:
        return key[0]
    return "".join([f"{len(part)}:{part}" for part in key])


class WindowStoreError(RuntimeError):
    """An event could not be recorded: the store cannot be reached, is full or is damaged. It was not recorded, or it is
    not known whether it was; recording it once more is safe."""


class WindowConflict(ValueError):
    """The id was recorded before with other content: one of the two is wrong, and neither is guessed."""


class Moment(NamedTuple):
    """A payment about to be decided. `keys`: one a lookup of the plan, None where the payment lacks one of its fields.
    `since_us`: one a reading, the earliest time that it covers."""

    id: str
    time_us: int
    keys: Sequence[Key | None]
    since_us: Sequence[int]


class Entry(NamedTuple):
    """What an event adds to a series (by index). `value`: an integer in held units, at most 2**62 either way; a text
    where the series is distinct; 0 where it keeps no value."""

    series: int
    key: Key
    value: int | str


class Happened(NamedTuple):
    """An event that took place. `content`: 16 bytes that differ when what windows read of the event differs. The ids
    of payments and of reports do not meet."""

    id: str
    event: str
    time_us: int
    content: bytes
    entries: Sequence[Entry]


class Answers(NamedTuple):
    """One value a reading: integers in held units, None for nothing or for what could not be read. `unavailable`: the
    readings (by index) that could not be read, and why, in the words of a sentence: `the store did not answer within
    5 ms`."""

    values: list[int | None]
    unavailable: tuple[int, ...] = ()
    because: str = ""


class Bound(Protocol):
    """A store, bound to a plan. Safe from many threads."""

    def read(self, moment: Moment) -> Answers:
        """Changes nothing, never raises for a store that cannot be reached: its readings are unavailable then.
        A reading whose key is None is None (nothing), and not unavailable. A sum beyond 10**18 either way is
        unavailable."""
        ...

    def record(self, happened: Happened) -> bool:
        """Adds the event to its series, once. True when it did; False when the id was recorded before with the
        same content. WindowConflict or WindowStoreError, and then nothing has changed."""
        ...


Enter: TypeAlias = Callable[[int, int, int, int], int]
"""The kernel for one payment, as `kernel.deciding` gives it."""
LENGTHS_AT = 3
"""Of the words that a `Direct` is told: where the lengths of the texts begin."""


class Direct(Protocol):
    """What a bound store in this process may offer besides, as its attribute `direct`: the same for an engine's own
    payments, each text given once and no objects made. The plan says what a text is for (`plan.asked_texts`,
    `told_texts`), which numbers (`told_numbers`) and which conditions (`told_wheres`) there are. `texts`: one behind
    the other, in UTF-8; the first is the event's id, with its kind of event and a zero character before it. Lengths are
    in bytes, -1 for a text that is not there."""

    def read(self, words: Sequence[int], texts: bytes) -> tuple[Sequence[int], tuple[int, ...], str]:
        """`Bound.read`: a value a reading, MISSING for None; the readings that are unavailable, and why. `words`: the
        time, the lengths of the texts, and since when the readings over a day, a month or a year look back."""
        ...

    def record(self, event: str, words: Sequence[int], texts: bytes) -> bool:
        """`Bound.record`. The last text is the content: one that differs when what tells two events apart does.
        `words`: the time; a bit a condition, the first the lowest, that says whether it holds; the lengths of the
        content and of the texts; the numbers, MISSING for one that is not there, within the bounds of their fields."""
        ...

    def ask(self, enter: Enter, desk: int, payment: int) -> int:
        """Have the kernel for one payment (`kernel.one`) read the windows itself: what it answers. `desk`, `payment`:
        addresses for the kernel."""
        ...

    def tell(self, enter: Enter, desk: int, payment: int, others: FairRLock | None = None) -> int:
        """The same, and have it record the payment, with no other record in between. `layout.NOT_PLAIN` where that
        cannot be done now. `others`: what whoever reads and records in two steps has from the first to the second; they
        are in none of them, or it is not done either."""
        ...


def direct_of(bound: Bound | None) -> Direct | None:
    found: Direct | None = getattr(bound, "direct", None)
    return found


class WindowStore(Protocol):
    """Keeps windows for an engine."""

    def bind(self, plan: Plan) -> Bound:
        """A series that the store has (by identity) goes on with what it holds; one that is new to a store that has
        recorded events knows only what comes from now on, so that readings that look back further are
        unavailable."""
        ...
