"""The events of a series while a history is replayed, and the readings that pass over them.

A reading keeps a small state a key and its two places in the events; which events they are, and when they may go, is
the series' business. Readings of one series share nothing that they write, so each may have a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..kernel import replay as kernels
from ..kernel.replay_events import enter, goes_back, keep_pairs, link_twins, move_chains_down, number_pairs
from ..schema.limits import MISSING
from .replay_keys import grown

Integers = NDArray[np.int64]
Codes = NDArray[np.int32]

SPARE_EVENTS = 65_536
"""Events that may stay beyond twice those that a window may still cover: a few megabytes, so that a small
history is never moved."""
MOST_EVENTS = 2**31 - 1
"""Places of events are 32 bits, and so many events are 50 GB."""
SAFE_SUM = 2**62
"""Sums that stay below it are added in 64 bits."""


class TooManyEvents(ValueError):
    """The windows of a history reach over more than MOST_EVENTS events."""


class Events:
    """The events of one series that a window may still cover, in order of time, and those that are not due yet."""

    def __init__(self, valued: bool, distinct: bool) -> None:
        self.valued, self.distinct = valued, distinct
        self.keys = np.empty(0, np.int32)
        self.times, self.values = np.empty(0, np.int64), np.empty(0, np.int64)
        self.twins, self._latest = np.empty(0, np.int32), np.empty(0, np.int32)
        self.end = self.due = self._new_end = self._new_due = 0
        self.greatest = self._new_greatest = 0
        self.heads = np.empty(0, np.int32)

    def enter(
        self, moves: NDArray[np.bool_], times_us: Integers, due_us: Integers, keys: Codes, values: Integers
    ) -> tuple[int, int]:
        """Lay down the rows that move; they count from `commit` on. Returns (0, 0), or why not (a word of
        kernel.replay_events) and the row."""
        wanted = self.end + len(moves)
        if wanted > MOST_EVENTS:
            raise TooManyEvents(f"the windows reach over more than {MOST_EVENTS:_} events; shorten their spans")
        self.keys = grown(self.keys, wanted, self.end)
        self.times = grown(self.times, wanted, self.end)
        if self.valued:
            self.values = grown(self.values, wanted, self.end)
        self.heads = np.empty(len(moves), np.int32)
        end, due, greatest, wrong = enter(
            moves, times_us, due_us, keys, values, self.keys, self.times, self.values, self.end, self.due, self.heads
        )
        if wrong:
            return wrong, end
        self._new_end, self._new_due, self._new_greatest = end, due, max(self.greatest, greatest)
        return 0, 0

    def commit(self, pairs: int) -> None:
        """What was laid down is there from now on. `pairs`: how many numbers of (key, value) there are."""
        start, self.end = self.end, self._new_end
        self.due, self.greatest = self._new_due, self._new_greatest
        if self.distinct:
            self.twins = grown(self.twins, 2 * self.end, 2 * start)
            self._latest = grown(self._latest, pairs, len(self._latest), -1)
            link_twins(self.values, start, self.end, self._latest, self.twins)

    def let_go(self, readings: list[Reading], since_us: list[Integers]) -> None:
        """Move down over the events that every reading has left, if they are most. `since_us`: of the last batch."""
        lefts = [reading.left(self, since) for reading, since in zip(readings, since_us, strict=True)]
        tail = min(lefts, default=self.due)
        if tail < max(self.end - tail, SPARE_EVENTS):
            return
        for reading in readings:
            reading.move_down(self, tail)
        for array in (self.keys, self.times, *((self.values,) if self.valued else ())):
            array[: self.end - tail] = array[tail : self.end].copy()
        if self.distinct:
            self.twins[: 2 * (self.end - tail)] = self.twins[2 * tail : 2 * self.end] - tail
            self._latest = np.maximum(self._latest, tail - 1) - tail
        self.end -= tail
        self.due -= tail


class Reading(Protocol):
    """One aggregate over one span for one key."""

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        """Fill `out`, one a row. `queries`: the number of the row's key; `size`: how many numbers there are."""
        ...

    def left(self, events: Events, since_us: Integers) -> int:
        """How many events the reading needs no more."""
        ...

    def move_down(self, events: Events, by: int) -> None:
        """The first `by` events go."""
        ...


class _Passing:
    """What all readings but the last time share: two places."""

    def __init__(self) -> None:
        self._head = self._tail = 0

    def left(self, events: Events, since_us: Integers) -> int:
        return self._tail

    def move_down(self, events: Events, by: int) -> None:
        self._head -= by
        self._tail -= by


class Count(_Passing):
    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros(0, np.int32)

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        self._counts = grown(self._counts, size, len(self._counts))
        self._head, self._tail = kernels.count(
            events.keys, events.times, events.heads, queries, since_us, self._head, self._tail, self._counts, out
        )


class Distinct(_Passing):
    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros(0, np.int32)

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        self._counts = grown(self._counts, size, len(self._counts))
        places = (self._head, self._tail)
        self._head, self._tail = kernels.distinct(
            events.keys, events.times, events.twins, events.heads, queries, since_us, *places, self._counts, out
        )


class Sum(_Passing):
    """In 64 bits as long as the largest value times the number of events says that they suffice, in two halves from
    then on."""

    def __init__(self) -> None:
        super().__init__()
        self._sums = np.zeros(0, np.int64)
        self._wide = False

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        if not self._wide and events.greatest * events.end >= SAFE_SUM:
            halves = np.empty(2 * len(self._sums), np.int64)
            halves[::2], halves[1::2] = self._sums >> kernels.LOW_BITS, self._sums & kernels.LOW_MASK
            self._sums, self._wide = halves, True
        self._sums = grown(self._sums, 2 * size if self._wide else size, len(self._sums))
        add = kernels.wide_total if self._wide else kernels.total
        places = (self._head, self._tail)
        self._head, self._tail = add(
            events.keys, events.times, events.values, events.heads, queries, since_us, *places, self._sums, out
        )


class Extreme(_Passing):
    """The least value with `sign` 1, the greatest with -1."""

    def __init__(self, sign: int) -> None:
        super().__init__()
        self._sign = sign
        self._ends, self._links = np.zeros(0, np.int32), np.zeros(0, np.int32)

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        self._ends = grown(self._ends, 2 * size, len(self._ends), -1)
        self._links = grown(self._links, 2 * events.end, len(self._links), -1)
        of_events = (events.keys, events.times, events.values, events.heads)
        places = (self._head, self._tail)
        self._head, self._tail = kernels.extreme(
            *of_events, queries, since_us, *places, self._sign, self._ends, self._links, out
        )

    def move_down(self, events: Events, by: int) -> None:
        move_chains_down(self._ends, self._links, self._tail, by, self._head)
        super().move_down(events, by)


class SinceLast:
    def __init__(self) -> None:
        self._head = 0
        self._latest = np.zeros(0, np.int64)

    def read(
        self, events: Events, times_us: Integers, queries: Codes, since_us: Integers, size: int, out: Integers
    ) -> None:
        self._latest = grown(self._latest, size, len(self._latest), MISSING)
        of_events = (events.keys, events.times, events.heads)
        self._head = kernels.since_last(*of_events, queries, since_us, times_us, self._head, self._latest, out)

    def left(self, events: Events, since_us: Integers) -> int:
        return int(np.searchsorted(events.times[: self._head], since_us[-1]))

    def move_down(self, events: Events, by: int) -> None:
        self._head -= by


def reading_of(aggregate: str) -> Reading:
    """The reading of an aggregate of `state.plan`."""
    match aggregate:
        case "count":
            return Count()
        case "sum":
            return Sum()
        case "min":
            return Extreme(1)
        case "max":
            return Extreme(-1)
        case "distinct":
            return Distinct()
        case "since":
            return SinceLast()
    raise AssertionError(aggregate)


ALWAYS: tuple[Callable[..., object], ...] = (goes_back, enter, number_pairs, keep_pairs)
KERNELS: dict[str, tuple[Callable[..., object], ...]] = {
    "count": (kernels.count,),
    "sum": (kernels.total, kernels.wide_total),
    "min": (kernels.extreme, move_chains_down),
    "max": (kernels.extreme, move_chains_down),
    "distinct": (kernels.distinct, link_twins),
    "since": (kernels.since_last,),
}
"""What is compiled for every plan, and for each aggregate."""
