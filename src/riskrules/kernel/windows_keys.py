"""A key and its events: inline while they are few, then a leaf, then a tree; purged at the old end, or let go of.

What is forgotten is remembered as a time. A key has the earliest time from which it knows all of its events; a key that
was let go of leaves that time in the bucket of its digest, where it can only make other keys answer "unavailable",
never wrongly. Keys go in the order of their latest arrivals, whatever the clocks say.
"""

from __future__ import annotations

import numpy as np

from ..program.layout import Integers
from . import windows_layout as w
from . import windows_nodes as nodes
from . import windows_tables as tables
from .compiled import Integer, inner
from .windows_compiled import apart

KEYS = np.int64(w.KEYS)  # a plain constant would have what is not `apart` compiled for each that it is given
HONESTLY, SILENTLY, NOT_LESS, ONE_LESS = 1, 0, 0, 1
NODES, CAPACITY, COUNT, OLDEST = w.NODES, w.CAPACITY, w.COUNT, w.OLDEST
EVENTS, EVICTED, LATENESS, FORGOTTEN, WORK, PATH = w.EVENTS, w.EVICTED, w.LATENESS, w.FORGOTTEN, w.WORK, w.PATH
HIGH, GROUP, HELD, KEY_NEWEST, KNOWN, INLINE = w.HIGH, w.GROUP, w.HELD, w.KEY_NEWEST, w.KNOWN, w.INLINE
ROOT, VALUES, IN_NODES, INLINE_WORDS = w.ROOT, w.VALUES, w.IN_NODES, w.INLINE_WORDS
SERIES, SERIES_WIDTH, S_KEEP, S_DISTINCT = w.SERIES, w.SERIES_WIDTH, w.S_KEEP, w.S_DISTINCT
FORGOTTEN_WORDS, SPARE_NODES = w.FORGOTTEN_WORDS, w.SPARE_NODES
N_COUNT, N_LEVEL, BODY, BODY_WORDS = w.N_COUNT, w.N_LEVEL, w.BODY, w.BODY_WORDS
CHILD_NODE, CHILD_COUNT, CHILD_WIDTH = w.CHILD_NODE, w.CHILD_COUNT, w.CHILD_WIDTH
B, C, D = w.B, w.C, w.D


@inner
def forgotten(memory: Integers, high: Integer, group: Integer) -> Integer:
    """Where it stands from when on a key that is not there is known."""
    return memory[FORGOTTEN] + ((high ^ (group * tables.SPREAD)) & (FORGOTTEN_WORDS - 1))


@inner
def series_at(memory: Integers, group: Integer) -> Integer:
    return memory[SERIES] + group * SERIES_WIDTH


@apart
def make_room(memory: Integers, stays: Integer) -> None:
    """Let go of keys until there are nodes to spare; of the oldest events of the key that stays when it is alone."""
    while memory[NODES + CAPACITY] - memory[NODES + COUNT] < SPARE_NODES:
        oldest = memory[KEYS + OLDEST]
        if oldest != stays:
            let_go(memory, oldest, HONESTLY)
        else:
            at = tables.place(memory, KEYS, stays)
            _drop_oldest_leaf(memory, at, memory[series_at(memory, memory[at + GROUP]) + S_DISTINCT])


@apart
def let_go(memory: Integers, entry: Integer, honestly: Integer) -> None:
    """Remove a key. SILENTLY when nobody can ask for it any more."""
    at = tables.place(memory, KEYS, entry)
    if honestly == HONESTLY:
        bucket = forgotten(memory, memory[at + HIGH], memory[at + GROUP])
        memory[bucket] = max(memory[bucket], memory[at + KNOWN], memory[at + KEY_NEWEST] + 1)
        memory[EVICTED] += 1
    if memory[at + HELD] == IN_NODES:
        root = memory[at + ROOT]
        memory[EVENTS] -= _size(memory, root)
        nodes.give_tree(memory, root)
        if memory[at + VALUES] != 0:
            nodes.give_tree(memory, memory[at + VALUES])
    else:
        memory[EVENTS] -= memory[at + HELD]
    tables.remove(memory, KEYS, entry)


@apart
def _size(memory: Integers, root: Integer) -> Integer:
    """Events in a tree."""
    at = nodes.node_at(memory, root)
    count = memory[at + N_COUNT]
    if memory[at + N_LEVEL] > 0:
        children, count = count, 0
        for i in range(children):
            count += memory[at + BODY + i * CHILD_WIDTH + CHILD_COUNT]
    return count


@apart
def add_event(memory: Integers, at: Integer, time: Integer, arrival: Integer, value: Integer, low: Integer) -> None:
    """To the key at `at`. An event from before the key knows all is passed over: no reading that it answers covers
    it. There are nodes to spare."""
    if time < memory[at + KNOWN]:
        return
    series = series_at(memory, memory[at + GROUP])
    distinct = memory[series + S_DISTINCT]
    stride = 3 + distinct
    memory[at + KEY_NEWEST] = max(memory[at + KEY_NEWEST], time)
    horizon = memory[at + KEY_NEWEST] - memory[series + S_KEEP] - memory[LATENESS]
    memory[EVENTS] += 1
    low &= ~1  # the lowest bit says which event is the last of its value
    if memory[at + HELD] != IN_NODES:
        if _into_run(memory, at, at + INLINE, at + HELD, stride, INLINE_WORDS, horizon, time, arrival, value, low):
            return
        _move_to_leaf(memory, at, stride)
    root = memory[at + ROOT]
    leaf = nodes.node_at(memory, root)
    if memory[leaf + N_LEVEL] == 0:
        if _into_run(memory, at, leaf + BODY, leaf + N_COUNT, stride, BODY_WORDS, horizon, time, arrival, value, low):
            return
        if distinct:
            _index(memory, at, leaf)
    if distinct:
        low |= _is_last(memory, at, time, arrival, value, low)
    before = memory[NODES + COUNT]
    memory[at + ROOT] = nodes.insert(memory, root, stride, time, arrival, value, low)
    if memory[NODES + COUNT] > before:  # a split: look for what may go, twice as fast as it comes
        for _ in range(2):
            if not _oldest_leaf_is_before(memory, memory[at + ROOT], stride, horizon):
                break
            _drop_oldest_leaf(memory, at, distinct)


@apart
def _into_run(
    memory: Integers,
    at: Integer,
    run: Integer,
    counter: Integer,
    stride: Integer,
    words: Integer,
    horizon: Integer,
    time: Integer,
    arrival: Integer,
    value: Integer,
    low: Integer,
) -> bool:
    """Into a key's only run of events, whose number stands at `counter`, if it has room once the oldest are gone."""
    count = memory[counter]
    if (count + 1) * stride > words:
        gone = 0
        while gone < count and memory[run + gone * stride] < horizon:
            gone += 1
        if gone == 0:
            return False
        memory[at + KNOWN] = max(memory[at + KNOWN], memory[run + (gone - 1) * stride] + 1)
        for word in range(run, run + (count - gone) * stride):
            memory[word] = memory[word + gone * stride]
        memory[EVENTS] -= gone
        count -= gone
        if time < memory[at + KNOWN]:
            memory[counter] = count
            memory[EVENTS] -= 1
            return True
    nodes.insert_event(memory, run, count, stride, time, arrival, value, low)
    memory[counter] = count + 1
    return True


@apart
def _move_to_leaf(memory: Integers, at: Integer, stride: Integer) -> None:
    leaf = nodes.take_node(memory, 0)
    to = nodes.node_at(memory, leaf)
    count = memory[at + HELD]
    for word in range(count * stride):
        memory[to + BODY + word] = memory[at + INLINE + word]
    memory[to + N_COUNT] = count
    memory[at + HELD] = IN_NODES
    memory[at + ROOT] = leaf
    memory[at + VALUES] = 0


@apart
def _index(memory: Integers, at: Integer, leaf: Integer) -> None:
    """A leaf becomes a tree: from now on the last event of each value is known."""
    for i in range(memory[leaf + N_COUNT]):
        event = leaf + BODY + 4 * i
        low = memory[event + D] & ~1
        memory[event + D] = low | _is_last(memory, at, memory[event], memory[event + B], memory[event + C], low)


@apart
def _is_last(memory: Integers, at: Integer, time: Integer, arrival: Integer, high: Integer, low: Integer) -> Integer:
    """1 when no later event of the key has the value; then the one that was the last before is so no longer."""
    known = nodes.seek(memory, memory[at + VALUES], high, low, NOT_LESS)
    if known == 0:
        if memory[at + VALUES] == 0:
            memory[at + VALUES] = nodes.take_node(memory, 0)
        memory[at + VALUES] = nodes.insert(memory, memory[at + VALUES], 4, high, low, time, arrival)
        return 1
    if time < memory[known + C]:
        return 0
    before = nodes.seek(memory, memory[at + ROOT], memory[known + C], memory[known + D], ONE_LESS)
    memory[before + D] &= ~1
    memory[known + C] = time
    memory[known + D] = arrival
    return 1


@apart
def _oldest_leaf_is_before(memory: Integers, root: Integer, stride: Integer, horizon: Integer) -> bool:
    """Whether it can go: all of it lies before the horizon, and it is not the only one."""
    at = nodes.node_at(memory, root)
    if memory[at + N_LEVEL] == 0:
        return False
    while memory[at + N_LEVEL] > 0:
        at = nodes.node_at(memory, memory[at + BODY + CHILD_NODE])
    return bool(memory[at + BODY + (memory[at + N_COUNT] - 1) * stride] < horizon)


@apart
def _drop_oldest_leaf(memory: Integers, at: Integer, distinct: Integer) -> None:
    """The key's earliest events go, and it knows so."""
    stride = 3 + distinct
    path = memory[WORK] + PATH + 64  # beside the path of a value's removal
    depth = 0
    node = memory[at + ROOT]
    leaf = nodes.node_at(memory, node)
    while memory[leaf + N_LEVEL] > 0:
        memory[path + 2 * depth] = node
        memory[path + 2 * depth + 1] = 0
        depth += 1
        node = memory[leaf + BODY + CHILD_NODE]
        leaf = nodes.node_at(memory, node)
    count = memory[leaf + N_COUNT]
    memory[at + KNOWN] = max(memory[at + KNOWN], memory[leaf + BODY + (count - 1) * stride] + 1)
    memory[EVENTS] -= count
    if distinct and memory[at + VALUES] != 0:
        for i in range(count):
            event = leaf + BODY + 4 * i
            if memory[event + D] & 1:
                memory[at + VALUES] = nodes.remove(
                    memory, memory[at + VALUES], memory[event + C], memory[event + D] & ~1
                )
    nodes.give_node(memory, node)
    root = nodes.lift(memory, path, depth, memory[at + ROOT], stride)
    if root == 0:
        memory[at + HELD] = 0
        return
    memory[at + ROOT] = root
    if distinct and memory[at + VALUES] != 0 and memory[nodes.node_at(memory, root) + N_LEVEL] == 0:
        nodes.give_tree(memory, memory[at + VALUES])
        memory[at + VALUES] = 0
