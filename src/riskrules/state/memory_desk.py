"""What the ways into a memory store share: where a request is laid out, the store's series, and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from struct import Struct
from typing import get_type_hints

import numpy as np

from ..kernel import windows_layout as w
from .plan import Plan

MOST_TIME_US = 2**60
"""No time is further from 1970, so that no sum of a few of them leaves 64 bits."""
TEXT_BYTES = 4096
"""Room for the texts of a request to begin with."""
OUT_OF_RANGE = "the time of an event is out of range"
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
    """A request as a kernel finds it: words, then the bytes of texts. Used under the store's lock."""

    __slots__ = ("held", "words")

    def __init__(self, size: int) -> None:
        self.held = bytearray(size // w.WORD_BYTES * w.WORD_BYTES)
        self.words = np.frombuffer(self.held, np.int64)

    def lay(self, packer: Struct, at: int, words: Sequence[int], texts_at: int, texts: bytes) -> None:
        """Words to the byte `at`, and texts."""
        end = texts_at + len(texts)
        if end + w.WORD_BYTES > len(self.held):
            self.reserve(2 * end)
        packer.pack_into(self.held, at, *words)
        self.held[texts_at:end] = texts

    def reserve(self, size: int) -> None:
        """A larger desk, on which all else stays, unless this one has as many bytes."""
        if size > len(self.held):
            before = self.held
            self.held = bytearray(size // w.WORD_BYTES * w.WORD_BYTES)
            self.held[: len(before)] = before
            self.words = np.frombuffer(self.held, np.int64)


def plan_words(plan: Plan, slots: Sequence[int]) -> list[int]:
    """A plan as a kernel reads it, see `windows_layout`. `slots`: where its series are in the store."""
    words = [len(plan.lookups), len(plan.readings), *(slots[x.series] for x in plan.lookups)]
    for reading in plan.readings:
        words += (reading.lookup, w.AGGREGATES.index(reading.aggregate))
    return words


def not_available(states: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """The readings that could not be read, of which there is one at least, and why."""
    unavailable = tuple([i for i, state in enumerate(states) if state > w.NOTHING])
    return unavailable, SAID[states[unavailable[0]]]
