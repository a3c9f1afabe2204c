"""The way of an engine into a memory store: a payment's texts and numbers once each, and the kernels do the rest.

`BoundMemory` takes what any store takes, which costs Python a list of keys, of times and of entries a payment. Here
they are laid out once, when the plan is bound, and a payment is one `struct` of integers and one piece of bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from ..base.fair import FairRLock
from ..kernel import windows_layout as w
from ..program.layout import ASKING, NOT_PLAIN, TELLING
from .memory_desk import MOST_TIME_US, OUT_OF_RANGE, TEXT_BYTES, Desk, Kept, not_available, plan_words
from .plan import EVENTS, Plan, asked_texts, told_numbers, told_texts, told_wheres
from .store import Enter

if TYPE_CHECKING:
    from .memory import MemoryWindows


def fits(plan: Plan) -> bool:
    """The conditions of each kind of event have a bit each."""
    return all(len(told_wheres(plan, event)) <= w.MOST_BITS for event in EVENTS)


class DirectMemory:
    """A memory store for the payments of one engine, whose plan `fits`. Safe from many threads. What it is given
    `store.Direct` says."""

    def __init__(self, store: MemoryWindows, plan: Plan, slots: Sequence[int]) -> None:
        from ..kernel import windows_direct  # Numba is not loaded before there is a store
        from ..kernel.compiled import pointer

        self._store = store
        self._memory = store.memory
        self._kernels = windows_direct
        texts, times = asked_texts(plan), [r for r in plan.readings if isinstance(r.span, str)]
        words = plan_words(plan, slots)
        words += [len(texts), len(times), *(texts.index(x.keys) for x in plan.lookups)]
        words += [-1 - times.index(r) if isinstance(r.span, str) else r.span for r in plan.readings]
        given, answers, end = w.direct_moment(len(plan.lookups), len(plan.readings), len(texts), len(times))
        self._given_at, self._answers_at, self._texts_at = (w.WORD_BYTES * x for x in (given, answers, end))
        self._desk = Desk(self._texts_at + TEXT_BYTES)
        self._desk.words[: len(words)] = words
        self._given = Struct(f"={w.G_LENGTHS + len(texts) + len(times)}q")
        self._answers = Struct(f"={len(plan.readings)}q")
        self._told = {event: _Told(plan, slots, event) for event in EVENTS}
        self._question = np.zeros(end, np.int64)
        self._question[: len(words)] = words
        self._way = np.zeros(w.W_WORDS, np.int64)
        self._way_at: int = self._way.ctypes.data
        self._way[w.W_KERNEL], self._way[w.W_MEMORY] = pointer(windows_direct.enter), self._memory.ctypes.data
        self._way[w.W_QUESTION] = self._question.ctypes.data
        self._way[w.W_TIMES], self._way[w.W_ANSWERS] = given + w.G_LENGTHS + len(texts), answers
        self._show()

    def see(self, kept: Iterable[Kept], own: frozenset[int]) -> None:
        """Which series of the store the plan does not speak of. Under the store's lock."""
        for event, told in self._told.items():
            told.lay([x.slot for x in kept if x.event == event and x.slot not in own])
        self._show()

    def _show(self) -> None:
        """Where a payment is laid out by the kernel that decides it: a place of its own, which stays as it is."""
        told, way = self._told["payment"], self._way
        given, texts = told.given_at // w.WORD_BYTES, told.texts_at // w.WORD_BYTES
        self._event = np.zeros(texts + TEXT_BYTES // w.WORD_BYTES, np.int64)
        self._event[:given] = told.desk.words[:given]
        lengths = given + w.T_GIVEN
        self._event[lengths : lengths + told.counts[0]] = -1  # of those that the kernel does not lay out: not there
        way[w.W_EVENT], way[w.W_GIVEN] = self._event.ctypes.data, given
        way[w.W_TEXTS], way[w.W_ROOM] = told.texts_at, TEXT_BYTES - w.WORD_BYTES

    def ask(self, enter: Enter, desk: int, payment: int) -> int:
        """See `store.Direct`."""
        with self._store.lock:
            return enter(ASKING, desk, payment, self._way_at)

    def tell(self, enter: Enter, desk: int, payment: int, others: FairRLock | None = None) -> int:
        """See `store.Direct`. Whoever has `others` asks the store before it lets go of it, so under the store's lock
        nobody comes to have it unseen."""
        store = self._store
        lock = store.lock
        if lock.line or not lock.try_it(False):
            lock.wait()
        try:
            if store.in_memory and (others is None or not others.owner):
                return enter(TELLING, desk, payment, self._way_at)
            return NOT_PLAIN
        finally:
            if lock.line:
                lock.hand_over()
            else:
                lock.let_go()

    def read(self, words: Sequence[int], texts: bytes) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """See `store.Direct`. ValueError for a time that is out of range."""
        if not -MOST_TIME_US < words[0] < MOST_TIME_US:
            raise ValueError(OUT_OF_RANGE)
        store, desk, answers = self._store, self._desk, self._answers
        with store.lock:
            desk.lay(self._given, self._given_at, words, self._texts_at, texts)
            kinds = self._kernels.read(self._memory, desk.words)
            values = answers.unpack_from(desk.held, self._answers_at)
            if not kinds & w.ANY_UNAVAILABLE:
                return values, (), ""
            states = answers.unpack_from(desk.held, self._answers_at + answers.size)
        return values, *not_available(states)

    def record(self, event: str, words: Sequence[int], texts: bytes) -> bool:
        """See `store.Direct`. ValueError for a time that is out of range."""
        if not -MOST_TIME_US < words[0] < MOST_TIME_US:
            raise ValueError(OUT_OF_RANGE)
        told = self._told[event]
        with self._store.lock:
            told.desk.lay(told.given, told.given_at, words, told.texts_at, texts)
            return self._store.record(self._kernels.record, told.desk, told.row_at)


class _Told:
    """An event's place to be laid out in."""

    def __init__(self, plan: Plan, slots: Sequence[int], event: str) -> None:
        texts, numbers, wheres = told_texts(plan, event), told_numbers(plan, event), told_wheres(plan, event)
        self._words: list[int] = []
        for i, series in enumerate(plan.series):
            if series.event == event:
                value = w.NO_VALUE
                if series.of:
                    value = -2 - texts.index((series.of,)) if series.distinct else numbers.index(series.of)
                self._words += (slots[i], texts.index(series.keys), value, wheres.index(series.where))
        self.counts = len(texts), len(numbers), len(self._words) // w.T_COLUMNS
        self.given = Struct(f"={w.T_GIVEN + len(texts) + len(numbers)}q")
        self.desk = Desk(TEXT_BYTES)
        self.lay([])

    def lay(self, gaps: list[int]) -> None:
        given, row, end = w.direct_event(*self.counts, len(gaps))
        self.given_at, self.row_at, self.texts_at = (w.WORD_BYTES * x for x in (given, row, end))
        self.desk.reserve(self.texts_at + TEXT_BYTES)
        words = [*self.counts, len(gaps), *self._words, *gaps]
        self.desk.words[: len(words)] = words
