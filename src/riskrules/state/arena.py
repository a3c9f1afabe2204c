"""The one array that a memory store is: how it is divided, and what of it has ever been used.

Memory that was never written is not taken from the system, so the array is made at its full size at once and nothing
ever has to grow, move or be measured while a payment waits. The price is that the room for keys, ids and events is
divided when the store is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ..kernel import windows_layout as w

Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many of each a store holds at most. A node holds up to twenty events of a key that has more than four."""

    keys: int
    ids: int
    nodes: int

    @property
    def words(self) -> int:
        return self.begins()[-1]

    def begins(self) -> list[int]:
        """Where series, forgotten, words to work in, key heads, key entries, id heads, id entries and nodes begin, and
        where all ends. Entry 0 of each is never used."""
        lengths = (
            w.MOST_SERIES * w.SERIES_WIDTH,
            w.FORGOTTEN_WORDS,
            w.WORK_WORDS,
            self.keys + 1,
            (self.keys + 1) * w.KEY_WIDTH,
            self.ids + 1,
            (self.ids + 1) * w.ID_WIDTH,
            (self.nodes + 1) * w.NODE_WIDTH,
        )
        begins = [w.CONTROL_WORDS]
        for length in lengths:
            begins.append(begins[-1] + length)
        return begins


def within(most_bytes: int, most_keys: int, most_ids: int) -> Capacity:
    """The division of `most_bytes`: what keys and ids do not need is for events. ValueError when that is too little."""
    for name, value in (("most_keys", most_keys), ("most_ids", most_ids)):
        if not 1 <= value <= LARGEST_COUNT:
            raise ValueError(f"`{name}` is {value:_}; give a number from 1 to {LARGEST_COUNT:_}")
    least = Capacity(most_keys, most_ids, w.FEWEST_NODES).words * w.WORD_BYTES
    if most_bytes < least:
        raise ValueError(
            f"`most_bytes` is {most_bytes:_}, and {most_keys:_} keys and {most_ids:_} ids need {least:_}; "
            "give more bytes, or fewer keys or ids"
        )
    spare = (most_bytes - least) // (w.NODE_WIDTH * w.WORD_BYTES)
    return Capacity(most_keys, most_ids, min(w.FEWEST_NODES + spare, LARGEST_COUNT))


def new_secret() -> bytes:
    """16 bytes that nobody can guess: what a store's digests are keyed with."""
    return os.urandom(16)


def empty(capacity: Capacity, lateness_us: int, remember_us: int, secret: bytes) -> Integers:
    """A store that has recorded nothing. `secret`: 16 bytes."""
    memory = np.zeros(capacity.words, np.int64)
    memory[w.NEWEST] = w.NEVER
    for table, width in ((w.KEYS, w.KEY_WIDTH), (w.IDS, w.ID_WIDTH), (w.NODES, w.NODE_WIDTH)):
        memory[table + w.SIZE] = 1
        memory[table + w.WIDTH] = width
    memory[w.SECRET : w.SECRET_LOW + 1] = np.frombuffer(secret, np.int64)
    _settle(memory, capacity, lateness_us, remember_us)
    forgotten = int(memory[w.FORGOTTEN])
    memory[forgotten : forgotten + w.FORGOTTEN_WORDS] = w.NEVER
    for begins in capacity.begins()[:-1]:
        memory[begins] += 0  # the system gives the first of it now and not in front of a payment: that takes 0.1 ms
    return memory


def _settle(memory: Integers, capacity: Capacity, lateness_us: int, remember_us: int) -> None:
    """Write what is of this store's making and not of what it holds."""
    series, forgotten, work, key_heads, keys, id_heads, ids, nodes, _ = capacity.begins()
    memory[w.SERIES], memory[w.FORGOTTEN], memory[w.WORK] = series, forgotten, work
    memory[w.LATENESS], memory[w.REMEMBER] = lateness_us, remember_us
    for table, heads, entries, most in (
        (w.KEYS, key_heads, keys, capacity.keys),
        (w.IDS, id_heads, ids, capacity.ids),
        (w.NODES, nodes, nodes, capacity.nodes),
    ):
        memory[table + w.HEADS], memory[table + w.ENTRIES], memory[table + w.CAPACITY] = heads, entries, most


def runs(memory: Integers) -> Iterator[Integers]:
    """The words that hold anything: views, always as many and in the same order."""
    yield memory[: w.CONTROL_WORDS]
    for control, length in ((w.SERIES, w.MOST_SERIES * w.SERIES_WIDTH), (w.FORGOTTEN, w.FORGOTTEN_WORDS)):
        yield memory[memory[control] : memory[control] + length]
    for table in (w.KEYS, w.IDS):
        heads, buckets = memory[table + w.HEADS], memory[table + w.SIZE] + memory[table + w.SPLIT]
        yield memory[heads : heads + buckets]
        yield _used(memory, table)
    yield _used(memory, w.NODES)


def _used(memory: Integers, table: int) -> Integers:
    entries, width = memory[table + w.ENTRIES], memory[table + w.WIDTH]
    return memory[entries : entries + (memory[table + w.USED] + 1) * width]


def bytes_used(memory: Integers) -> int:
    """Bytes that were ever written. They are used again, and never given back to the system."""
    return w.WORD_BYTES * (w.WORK_WORDS + sum(len(run) for run in runs(memory)))


def restored(capacity: Capacity, lateness_us: int, remember_us: int, saved: Sequence[Integers]) -> Integers:
    """A store that holds the saved runs. ValueError when they do not fit."""
    control = saved[0]
    memory = empty(capacity, lateness_us, remember_us, control[w.SECRET : w.SECRET_LOW + 1].tobytes())
    for table, most, what in (
        (w.KEYS, capacity.keys, "most_keys"),
        (w.IDS, capacity.ids, "most_ids"),
        (w.NODES, capacity.nodes, "most_bytes"),
    ):
        if control[table + w.USED] > most or control[table + w.SIZE] + control[table + w.SPLIT] > most:
            raise ValueError(f"it holds more than `{what}` allows; open it with at least as much as before")
    memory[: w.CONTROL_WORDS] = control
    _settle(memory, capacity, lateness_us, remember_us)
    for run, values in zip(list(runs(memory))[1:], saved[1:], strict=True):
        if len(run) != len(values):
            raise ValueError("its parts do not belong together")
        run[:] = values
    return memory
