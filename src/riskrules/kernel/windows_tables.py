"""The tables of keys and of ids: hashing that grows a bucket at a time, and an order from oldest to latest.

Linear hashing (Litwin, 1980): each entry beyond the number of buckets splits one bucket, in turn, so there is no moment
at which the whole table moves and a payment waits. Entries are chained, so removal leaves nothing behind. The price is
one more jump a search than open addressing. Digests are keyed, so chains cannot be made long on purpose.
"""

from __future__ import annotations

from ..program.layout import Integers
from . import windows_layout as w
from .compiled import Integer, inner
from .windows_compiled import apart

HEADS, ENTRIES, WIDTH, CAPACITY, SIZE, SPLIT = w.HEADS, w.ENTRIES, w.WIDTH, w.CAPACITY, w.SIZE, w.SPLIT
USED, FREE, COUNT, OLDEST, LATEST = w.USED, w.FREE, w.COUNT, w.OLDEST, w.LATEST
NEXT, HIGH, LOW, GROUP, OLDER, NEWER, HELD, FREED = w.NEXT, w.HIGH, w.LOW, w.GROUP, w.OLDER, w.NEWER, w.HELD, w.FREED
SPREAD = 0x1E3779B97F4A7C15
"""An odd number that tells one key's groups apart."""


@inner
def place(memory: Integers, table: Integer, entry: Integer) -> Integer:
    return memory[table + ENTRIES] + entry * memory[table + WIDTH]


@inner
def _head(memory: Integers, table: Integer, low: Integer, group: Integer) -> Integer:
    mixed = low ^ (group * SPREAD)
    size = memory[table + SIZE]
    bucket = mixed & (size - 1)
    if bucket < memory[table + SPLIT]:
        bucket = mixed & (2 * size - 1)
    return memory[table + HEADS] + bucket


@apart
def find(memory: Integers, table: Integer, high: Integer, low: Integer, group: Integer) -> Integer:
    """The entry's number, 0 when there is none."""
    entry = memory[_head(memory, table, low, group)]
    while entry != 0:
        at = place(memory, table, entry)
        if memory[at + LOW] == low and memory[at + HIGH] == high and memory[at + GROUP] == group:
            return entry
        entry = memory[at + NEXT]
    return 0


@apart
def add(memory: Integers, table: Integer, high: Integer, low: Integer, group: Integer) -> Integer:
    """A new entry's number, the latest in order. There is room, and no such entry yet."""
    entry = memory[table + FREE]
    if entry != 0:
        memory[table + FREE] = memory[place(memory, table, entry) + NEXT]
    else:
        memory[table + USED] += 1
        entry = memory[table + USED]
    memory[table + COUNT] += 1
    buckets = memory[table + SIZE] + memory[table + SPLIT]
    if memory[table + COUNT] > buckets and buckets < memory[table + CAPACITY]:
        _split(memory, table)
    at = place(memory, table, entry)
    head = _head(memory, table, low, group)
    memory[at + NEXT] = memory[head]
    memory[head] = entry
    memory[at + HIGH] = high
    memory[at + LOW] = low
    memory[at + GROUP] = group
    _enter(memory, table, entry, at)
    return entry


@apart
def _split(memory: Integers, table: Integer) -> None:
    """One more bucket, with its share of the bucket whose turn it is."""
    size = memory[table + SIZE]
    stays = memory[table + HEADS] + memory[table + SPLIT]
    goes = stays + size
    entry = memory[stays]
    memory[stays] = 0
    memory[goes] = 0
    while entry != 0:
        at = place(memory, table, entry)
        after = memory[at + NEXT]
        head = goes if (memory[at + LOW] ^ (memory[at + GROUP] * SPREAD)) & size != 0 else stays
        memory[at + NEXT] = memory[head]
        memory[head] = entry
        entry = after
    memory[table + SPLIT] += 1
    if memory[table + SPLIT] == size:
        memory[table + SIZE] = 2 * size
        memory[table + SPLIT] = 0


@apart
def remove(memory: Integers, table: Integer, entry: Integer) -> None:
    at = place(memory, table, entry)
    before = _head(memory, table, memory[at + LOW], memory[at + GROUP])
    while memory[before] != entry:
        before = place(memory, table, memory[before]) + NEXT
    memory[before] = memory[at + NEXT]
    _leave(memory, table, at)
    memory[at + NEXT] = memory[table + FREE]
    memory[at + HELD] = FREED
    memory[table + FREE] = entry
    memory[table + COUNT] -= 1


@apart
def touch(memory: Integers, table: Integer, entry: Integer) -> None:
    """The entry becomes the latest in order."""
    if memory[table + LATEST] != entry:
        at = place(memory, table, entry)
        _leave(memory, table, at)
        _enter(memory, table, entry, at)


@apart
def _enter(memory: Integers, table: Integer, entry: Integer, at: Integer) -> None:
    latest = memory[table + LATEST]
    memory[at + OLDER] = latest
    memory[at + NEWER] = 0
    if latest != 0:
        memory[place(memory, table, latest) + NEWER] = entry
    else:
        memory[table + OLDEST] = entry
    memory[table + LATEST] = entry


@apart
def _leave(memory: Integers, table: Integer, at: Integer) -> None:
    older, newer = memory[at + OLDER], memory[at + NEWER]
    if older != 0:
        memory[place(memory, table, older) + NEWER] = newer
    else:
        memory[table + OLDEST] = newer
    if newer != 0:
        memory[place(memory, table, newer) + OLDER] = older
    else:
        memory[table + LATEST] = older
