"""A plan's way into a memory store: plain values laid out as words and texts, and answers as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from struct import Struct
from struct import error as StructError
from typing import TYPE_CHECKING, get_type_hints

import numpy as np

from ..kernel import windows_layout as w
from ..schema.limits import MISSING
from .plan import Plan
from .store import Answers, Happened, Key, Moment

if TYPE_CHECKING:
    from .memory import MemoryWindows

MOST_TIME_US = 2**60
"""No time is further from 1970, so that no sum of a few of them leaves 64 bits."""
MOST_VALUE = 2**62
CONTENT = Struct("=2q")
SAID = {
    w.FORGOT: "the store had to let go of what this key did before",
    w.PURGED: "the store no longer keeps what this key did so long ago",
    w.UNSEEN: "the store has recorded for this window only since later than it looks back",
    w.BEYOND: "the sum is beyond 10**18",
}


@dataclass(slots=True)
class Kept:
    """A series of the store. `unwanted`: no plan asked for it when a plan was last bound."""

    identity: str
    slot: int
    event: str
    distinct: bool
    keep_us: int
    unwanted: bool = False

    def to_json(self) -> dict[str, str | int | bool]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: object) -> Kept:
        """ValueError when it is none."""
        if not isinstance(row, dict) or {x: type(row[x]) for x in row} != get_type_hints(cls):
            raise ValueError("a series in it does not fit")
        kept = cls(**row)
        if not (0 <= kept.slot < w.MOST_SERIES and 0 <= kept.keep_us < MOST_TIME_US):
            raise ValueError("a series in it does not fit")
        return kept


class Desk:
    """What a bound plan hands to the kernel with each moment."""

    __slots__ = ("out", "out_bytes", "plan")

    def __init__(self, plan: list[int], answers: int) -> None:
        self.plan = np.array(plan, np.int64)
        self.out_bytes = bytearray(w.WORD_BYTES * answers)
        self.out = np.frombuffer(self.out_bytes, np.int64)


class BoundMemory:
    """A memory store, bound to a plan. Safe from many threads."""

    def __init__(self, store: MemoryWindows, plan: Plan, slots: list[int]) -> None:
        self.plan = plan
        self._store = store
        self._slots = slots
        self._distinct = [series.distinct for series in plan.series]
        self._gaps: dict[str, tuple[int, ...]] = {}
        lookups, readings = len(plan.lookups), len(plan.readings)
        words = [lookups, readings, *(slots[x.series] for x in plan.lookups)]
        for reading in plan.readings:
            words += (reading.lookup, w.AGGREGATES.index(reading.aggregate))
        self._desk = Desk(words, 2 * readings + lookups)
        self._moment = Struct(f"={w.M_BODY + w.LOOKUP_WIDTH * lookups + readings}q")
        self._answers = Struct(f"={readings}q")
        self._events: dict[int, Struct] = {}

    def see(self, kept: Iterable[Kept]) -> None:
        """Which series of the store this plan does not speak of, a kind of event."""
        own = set(self._slots)
        gaps: dict[str, list[int]] = {}
        for series in kept:
            if series.slot not in own:
                gaps.setdefault(series.event, []).append(series.slot)
        self._gaps = {event: tuple(slots) for event, slots in gaps.items()}

    def read(self, moment: Moment) -> Answers:
        """See `store.Bound`. ValueError for a moment that does not fit the plan."""
        id_bytes = _encoded("payment", moment.id)
        words = [_time(moment.time_us), 0, 0, len(id_bytes)]
        texts = [id_bytes]
        for key in moment.keys:
            if key is None:
                words += (0, 0, -1)
                continue
            held = _key_bytes(key)
            texts.append(held)
            words += (0, 0, len(held))
        words += moment.since_us
        try:
            kinds, out = self._store.read_words(self._moment, words, b"".join(texts), self._desk)
        except StructError as error:
            raise ValueError("a moment does not fit the plan that the store was bound to") from error
        values = self._answers.unpack_from(out)
        if not kinds:
            return Answers(list(values))
        held_values = [None if value == MISSING else value for value in values]
        if not kinds & w.ANY_UNAVAILABLE:
            return Answers(held_values)
        states = self._answers.unpack_from(out, self._answers.size)
        unavailable = tuple(i for i, state in enumerate(states) if state > w.NOTHING)
        return Answers(held_values, unavailable, SAID[states[unavailable[0]]])

    def record(self, happened: Happened) -> bool:
        """See `store.Bound`. ValueError for an event that does not fit the plan."""
        done = None
        while done is None:
            epoch = self._store.epoch
            done = self._store.record_words(*self._laid(happened), epoch)
        return done

    def _laid(self, happened: Happened) -> tuple[Struct, list[int], bytes]:
        """The event as words, as `windows_layout` says, and its texts."""
        entries = happened.entries
        gaps = self._gaps.get(happened.event, ())
        id_bytes = _encoded(happened.event, happened.id)
        if len(happened.content) != CONTENT.size:
            raise ValueError("the content of an event has 16 bytes")
        words = [
            _time(happened.time_us),
            0,
            0,
            len(id_bytes),
            *CONTENT.unpack(happened.content),
            len(entries),
            len(gaps),
        ]
        texts = [id_bytes]
        seen = set()
        for series, key, value in entries:
            if series in seen or not 0 <= series < len(self._slots):
                raise ValueError("an event has at most one entry a series, and only of series of the plan")
            seen.add(series)
            held = _key_bytes(key)
            texts.append(held)
            if self._distinct[series]:
                if not isinstance(value, str):
                    raise ValueError("the value of a series that is distinct is a text")
                text = value.encode("utf-8", "surrogatepass")
                texts.append(text)
                words += (self._slots[series], 0, 0, len(held), 0, 0, len(text))
            else:
                if not isinstance(value, int) or not -MOST_VALUE <= value <= MOST_VALUE:
                    raise ValueError("the value of a series is an integer of at most 2**62 either way")
                words += (self._slots[series], 0, 0, len(held), value, 0, -1)
        words += gaps
        packer = self._events.get(len(words))
        if packer is None:
            packer = self._events[len(words)] = Struct(f"={len(words)}q")
        return packer, words, b"".join(texts)


def _time(time_us: int) -> int:
    if not -MOST_TIME_US < time_us < MOST_TIME_US:
        raise ValueError("the time of an event is out of range")
    return time_us


def _encoded(event: str, name: str) -> bytes:
    """An event's id; those of different kinds of event do not meet."""
    return f"{event}\0{name}".encode("utf-8", "surrogatepass")


def _key_bytes(key: Key) -> bytes:
    """Different keys of a series give different bytes: it has one text, or all have their lengths before them."""
    if len(key) == 1:
        return key[0].encode("utf-8", "surrogatepass")
    return "".join([f"{len(part)}:{part}" for part in key]).encode("utf-8", "surrogatepass")
