"""Windows in this process's memory: exact, bounded, and on disk if a folder is given.

Everything lies in one array, whose size is declared. When there is no more room, the keys that have been longest
without an event go first, by order of arrival and not by any clock, and a reading that such a key could not answer
exactly says so. A key keeps its events for as long as its series looks back, and for `lateness` more: a reading at a
time no older than the key's newest event less `lateness` is answered unless the key had to go.

An id is remembered until events more than `remember_ids` later have been recorded, or `most_ids` others. Within that,
recording an event once more changes nothing. After it, the same event would count again; and a payment recorded so long
ago would, when decided once more, count itself.

One lock a store, held for some microseconds at a time. A fork takes a copy: the child goes on in memory only and leaves
the folder to its parent.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from ..base.fair import FairLock
from ..base.forks import around_forks
from ..kernel import windows_layout as w
from ..schema.kinds import MICROSECOND
from . import arena
from .arena import Integers
from .journal import Journal, Snapshot
from .memory_bound import BoundMemory, Shape
from .memory_desk import MOST_TIME_US, Desk, Kept
from .plan import Plan, Series
from .store import WindowConflict, WindowStoreError

Kernel: TypeAlias = Callable[[Integers, Integers, int, int], int]
"""What records: the store's array, the desk, whether the event is laid out already, whether it moves anything."""
MOST_BYTES = 512 * 1024 * 1024
JOURNAL_BYTES_BEYOND = 64 * 1024 * 1024
"""A journal this much larger than the last snapshot is replaced by one: what a start reads stays in proportion."""
SWEPT_AT_ONCE = 4096
"""Keys looked at while the lock is held when a series is let go of: well under a millisecond."""
DESK_BYTES = 16 * 1024
"""Room for an event that is recorded, to begin with."""


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """What a store holds. `bytes`: ever used of `most_bytes`. `evicted_keys`: let go of for want of room, so far.
    `problem`: why the last snapshot that it took by itself failed, if it did; the journal has all the same."""

    keys: int
    events: int
    ids: int
    bytes: int
    evicted_keys: int
    problem: str = ""


class MemoryWindows:
    """A window store in memory. Safe from many threads."""

    def __init__(
        self,
        *,
        most_keys: int = 1_000_000,
        most_bytes: int = MOST_BYTES,
        lateness: timedelta = timedelta(days=1),
        remember_ids: timedelta = timedelta(days=7),
        most_ids: int = 1_000_000,
        folder: str | Path | None = None,
        sync: Literal["process", "always"] = "process",
    ) -> None:
        """With a folder, it goes on where it was, and `record` returns when the event would outlive this process;
        with `sync="always"`, this machine. ValueError for bounds that cannot be; WindowStoreError when the folder is
        damaged or in use."""
        from ..kernel import windows_rows
        from ..kernel.windows_warm import warm_windows

        if sync not in ("process", "always"):
            raise ValueError(f'`sync` is "process" or "always", not {sync!r}')
        self._rows = windows_rows
        self._warm = warm_windows
        self._lateness_us, self._remember_us = (
            _microseconds(name, value) for name, value in (("lateness", lateness), ("remember_ids", remember_ids))
        )
        self._capacity = arena.within(most_bytes, most_keys, most_ids)
        self.lock = FairLock()
        self._binding = threading.Lock()
        self._series: dict[str, Kept] = {}
        self._bounds: weakref.WeakSet[BoundMemory] = weakref.WeakSet()
        self._journal: Journal | None = None
        self._snapshot_bytes = 0
        self._snapshots: threading.Thread | None = None
        self._snapshot_lock = threading.Lock()
        self._leaving: set[int] = set()
        self.epoch = 0
        self._problem = ""
        self._closed = False
        self._desk = Desk(DESK_BYTES)
        self.in_memory = folder is None
        """Recording takes no more than memory: there is no folder, and it is not closed. Read under the lock."""
        if folder is None:
            self._start(None, arena.new_secret())
        else:
            journal = Journal(Path(folder), sync == "always")
            try:
                journal.recover(self._start, self._apply)
            except BaseException:
                journal.close()
                raise
            self._journal = journal
        _stores.add(self)

    def warm(self) -> None:
        """Compile what reading and recording need, before the first payment and not in front of it."""
        self._warm()

    def bind(self, plan: Plan) -> BoundMemory:
        """A series that no living plan asks for is let go of when the second plan in turn is bound without it, so
        several engines of one store can begin one after the other."""
        self._warm()
        with self._binding:
            with self.lock:
                try:
                    bound = BoundMemory(self, plan, [self._slot(series) for series in plan.series])
                    self._bounds.add(bound)
                finally:
                    self._look_round()
                wanted = {series.identity for living in self._bounds for series in living.plan.series}
                leaving = [x for x in self._series.values() if x.unwanted and x.identity not in wanted]
                for kept in self._series.values():
                    kept.unwanted = kept.identity not in wanted
            for kept in leaving:
                self._let_go(kept)
        return bound

    def snapshot(self) -> None:
        """Write all of it to the folder, so that the next start need not read the journal so far. Payments wait only
        while memory is copied. ValueError without a folder, WindowStoreError when it cannot be written."""
        with self._snapshot_lock:
            with self.lock:
                journal = self._open_journal()
                if journal is None:
                    raise ValueError("a store without a folder has nowhere to write a snapshot; pass folder=")
                try:
                    journal.rotate()
                except OSError as error:
                    raise WindowStoreError(f"the journal in `{journal.folder}` cannot be begun: {error}") from error
                held = [run.copy() for run in arena.runs(self._memory)]
                taken = Snapshot(
                    journal.generation,
                    journal.sequence,
                    {"series": [kept.to_json() for kept in self._series.values()]},
                    held,
                )
            try:
                self._snapshot_bytes = journal.write(taken)
            except OSError as error:
                raise WindowStoreError(f"a snapshot in `{journal.folder}` cannot be written: {error}") from error

    def stats(self) -> MemoryStats:
        with self.lock:
            memory = self._memory
            return MemoryStats(
                keys=int(memory[w.KEYS + w.COUNT]),
                events=int(memory[w.EVENTS]),
                ids=int(memory[w.IDS + w.COUNT]),
                bytes=arena.bytes_used(memory),
                evicted_keys=int(memory[w.EVICTED]),
                problem=self._problem,
            )

    def close(self) -> None:
        """Let go of the folder. What is bound can still be read; nothing can be recorded."""
        thread = self._snapshots
        if thread is not None:
            thread.join()
        with self._snapshot_lock, self.lock:
            self._closed, self.in_memory = True, False
            if self._journal is not None:
                self._journal.close()
                self._journal = None

    # -- series ------------------------------------------------------------------------------------
    def _slot(self, series: Series) -> int:
        """Where the series is, made if need be: known from now on if anything was recorded before."""
        kept = self._series.get(series.identity)
        if kept is not None and series.keep_us <= kept.keep_us:
            return kept.slot
        taken = {other.slot for other in self._series.values()} | self._leaving
        slot = kept.slot if kept else next((x for x in range(w.MOST_SERIES) if x not in taken), None)
        if slot is None:
            raise WindowStoreError(f"the store keeps {w.MOST_SERIES} series already; let go of a ruleset first")
        made = Kept(series.identity, slot, series.event, series.distinct, series.keep_us)
        self._write(b"S" + json.dumps(made.to_json()).encode())
        self._set_series(made)
        return slot

    def _set_series(self, made: Kept) -> None:
        at = int(self._memory[w.SERIES]) + made.slot * w.SERIES_WIDTH
        if made.identity not in self._series:
            newest = int(self._memory[w.NEWEST])
            self._memory[at + w.S_KNOWN] = newest + 1 if newest != w.NEVER else w.NEVER
        self._memory[at + w.S_KEEP] = made.keep_us
        self._memory[at + w.S_DISTINCT] = made.distinct
        self._series[made.identity] = made

    def _look_round(self) -> None:
        """Tell everything bound which series there are. An event that is being laid out for the old ones is laid out
        again: the epoch changes last, so whoever reads the new one lays out for the new series."""
        for living in self._bounds:
            living.see(self._series.values())
        self.epoch += 1

    def _let_go(self, kept: Kept) -> None:
        """A little at a time, so that no payment waits for all of it."""
        with self.lock:
            self._write(b"F" + kept.identity.encode())
            del self._series[kept.identity]
            self._leaving.add(kept.slot)
            self._look_round()
        self._warm(sweeping=True)
        start = 1
        while start:
            with self.lock:
                start = int(self._rows.sweep(self._memory, kept.slot, start, SWEPT_AT_ONCE))
        self._leaving.discard(kept.slot)

    # -- on disk -----------------------------------------------------------------------------------
    def _start(self, snapshot: Snapshot | None, secret: bytes) -> bytes:
        """Begin with what a folder holds, or with nothing; gives the secret."""
        self._warm()
        if snapshot is None:
            self._memory = arena.empty(self._capacity, self._lateness_us, self._remember_us, secret)
            return secret
        self._memory = arena.restored(self._capacity, self._lateness_us, self._remember_us, snapshot.runs)
        for row in snapshot.description["series"]:
            kept = Kept.from_json(row)
            self._series[kept.identity] = kept
        return self._memory[w.SECRET : w.SECRET_LOW + 1].tobytes()

    def _apply(self, payload: bytes) -> None:
        """One frame of the journal. ValueError when it is none."""
        kind, rest = payload[:1], payload[1:]
        if kind == b"S":
            self._set_series(Kept.from_json(json.loads(rest)))
        elif kind == b"F":
            kept = self._series.pop(rest.decode(), None)
            if kept is None:
                raise ValueError("it lets go of a series that is not there")
            self._warm(sweeping=True)
            self._rows.sweep(self._memory, kept.slot, 1, arena.LARGEST_COUNT)
        elif kind == b"R" and len(rest) % w.WORD_BYTES == 0 and len(rest) >= w.E_BODY * w.WORD_BYTES:
            words = np.frombuffer(bytearray(rest), np.int64)
            entries, gaps = int(words[w.E_ENTRIES]), int(words[w.E_GAPS])
            given, all_words = w.event_words(entries, gaps)
            slots = [*words[w.E_BODY : w.E_BODY + entries].tolist(), *words[given - gaps : given].tolist()]
            known = {kept.slot for kept in self._series.values()}
            if entries < 0 or gaps < 0 or all_words != len(words) or not known.issuperset(slots):
                raise ValueError("an event in it does not fit")
            self._rows.record(self._memory, words, 1, 1)
        else:
            raise ValueError("a frame of an unknown kind")

    def _open_journal(self) -> Journal | None:
        if self._closed:
            raise WindowStoreError("the store is closed")
        return self._journal

    def _write(self, payload: bytes) -> None:
        journal = self._open_journal()
        if journal is not None:
            journal.append(payload)
            if journal.size > self._snapshot_bytes + JOURNAL_BYTES_BEYOND and self._snapshots is None:
                self._snapshots = threading.Thread(target=self._take_snapshot, name="riskrules windows snapshot")
                self._snapshots.start()

    def _take_snapshot(self) -> None:
        try:
            self.snapshot()
            self._problem = ""
        except WindowStoreError as error:
            self._problem = str(error)
            self._snapshot_bytes += JOURNAL_BYTES_BEYOND  # tried once more when the journal has grown as much again
        finally:
            self._snapshots = None

    # -- reading and recording, under the lock -------------------------------------------------------
    def read(self, request: Integers) -> int:
        """What a kernel answers: which kinds of answer there are. The caller holds the lock."""
        kinds: int = self._rows.read(self._memory, request)
        return kinds

    def record_words(self, shape: Shape, words: Sequence[int], texts: bytes, epoch: int) -> bool | None:
        """None when the words were laid out before the series changed."""
        with self.lock:
            if epoch != self.epoch:
                return None
            self._desk.lay(shape.packer, 0, words, shape.texts_at, texts)
            return self.record(self._rows.record, self._desk, 0)

    @property
    def memory(self) -> Integers:
        """The array that holds all, the same one for as long as the store lives."""
        return self._memory

    def record(self, kernel: Kernel, desk: Desk, row_at: int) -> bool:
        """Record by the kernel what is on the desk, where the event's own row begins at the byte `row_at`; in the
        journal first, if there is one. WindowConflict for an id that has other content. The caller holds the lock."""
        journal = self._open_journal()
        becomes = kernel(self._memory, desk.words, 0, 0 if journal else 1)
        if becomes == w.CONFLICT:
            raise WindowConflict("an event of this id was recorded before, with other content")
        if becomes == w.SAME:
            return False
        if journal is not None:
            row = row_at // w.WORD_BYTES
            entries, gaps = desk.words[row + w.E_ENTRIES], desk.words[row + w.E_GAPS]
            end = row_at + w.WORD_BYTES * w.event_words(int(entries), int(gaps))[1]
            self._write(b"R" + desk.held[row_at:end])
            kernel(self._memory, desk.words, 1, 1)
        return True

    def before_fork(self) -> None:
        self.lock.acquire()

    def after_fork(self, child: bool) -> None:
        """The child leaves the folder to its parent. Those who stand in line for the lock are not in the child."""
        if child:
            self.lock = FairLock()
            self._binding = threading.Lock()
            self._snapshot_lock = threading.Lock()
            self._snapshots = None
            if self._journal is not None:
                self._journal.close()
                self._journal, self.in_memory = None, True
        else:
            self.lock.release()


def _microseconds(name: str, value: timedelta) -> int:
    held = value // timedelta(microseconds=MICROSECOND)
    if not 0 <= held < MOST_TIME_US:
        raise ValueError(f"`{name}` is {value}; give a span that is not negative")
    return held


_stores: weakref.WeakSet[MemoryWindows] = weakref.WeakSet()
_forking: list[MemoryWindows] = []


def _before_fork() -> None:
    _forking.extend(sorted(_stores, key=id))
    for store in _forking:
        store.before_fork()


def _after_fork(child: bool) -> None:
    while _forking:
        _forking.pop().after_fork(child)


around_forks(_before_fork, _after_fork)
