"""What a reading covers, and its aggregates.

Few events are looked at one by one. In a tree, children that lie wholly inside are taken as their parent knows them.
Two questions cannot be answered so, and are answered by looking at every event covered, slower and as exact: how many
values differ before an instant that is not the latest, and anything of a key that holds the very event that is decided.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import windows_layout as w
from . import windows_nodes as nodes
from .compiled import Integer
from .windows_compiled import apart

MISSING = MISSING_VALUE
A, B, C, D = w.A, w.B, w.C, w.D
WORK, STACK, N_COUNT, N_LEVEL, BODY = w.WORK, w.STACK, w.N_COUNT, w.N_LEVEL, w.BODY
HELD, KEY_NEWEST, INLINE, ROOT, IN_NODES = w.HELD, w.KEY_NEWEST, w.INLINE, w.ROOT, w.IN_NODES
CHILD_NODE, CHILD_COUNT, CHILD_A, CHILD_WIDTH = w.CHILD_NODE, w.CHILD_COUNT, w.CHILD_A, w.CHILD_WIDTH
CHILD_HIGH, CHILD_LOW, CHILD_MIN, CHILD_MAX, CHILD_LAST = (
    w.CHILD_HIGH,
    w.CHILD_LOW,
    w.CHILD_MIN,
    w.CHILD_MAX,
    w.CHILD_LAST,
)
R_COUNT, R_HIGH, R_LOW, R_MIN, R_MAX, R_DISTINCT, R_LATEST = (
    w.R_COUNT,
    w.R_HIGH,
    w.R_LOW,
    w.R_MIN,
    w.R_MAX,
    w.R_DISTINCT,
    w.R_LATEST,
)
COUNT_OF, SUM_OF, MIN_OF, MAX_OF, DISTINCT_OF = w.COUNT_OF, w.SUM_OF, w.MIN_OF, w.MAX_OF, w.DISTINCT_OF
FINE, NOTHING, BEYOND, HIGHEST_SUM = w.FINE, w.NOTHING, w.BEYOND, w.HIGHEST_SUM
LOW_HALF = nodes.LOW_HALF
NO_ARRIVAL = -1
MOST_LATENT = 2**30
"""High words of a sum beyond this are beyond any sum that is answered."""


@apart
def answer(
    memory: Integers, at: Integer, aggregate: Integer, distinct: Integer, since: Integer, until: Integer, skip: Integer
) -> Any:
    """(value, state) of the key at `at` over events with since <= time <= until, without the one of arrival `skip`."""
    newest = memory[at + KEY_NEWEST]
    result = memory[WORK]
    for word in range(R_LATEST):
        memory[result + word] = 0
    memory[result + R_MIN] = 2**63 - 1
    memory[result + R_MAX] = -(2**63)
    memory[result + R_LATEST] = MISSING
    stride = 3 + distinct
    held = memory[at + HELD]
    run, count, root = at + INLINE, held, 0
    if held == IN_NODES:
        leaf = nodes.node_at(memory, memory[at + ROOT])
        run, count = leaf + BODY, memory[leaf + N_COUNT]
        if memory[leaf + N_LEVEL] > 0:
            root = memory[at + ROOT]
    if root == 0:
        _scan(memory, run, count, stride, since, until, skip)
        if aggregate == DISTINCT_OF:
            memory[result + R_DISTINCT] = _differing(memory, run, count, since, until, skip)
    elif aggregate == DISTINCT_OF and (until < newest or skip != NO_ARRIVAL):
        memory[result + R_DISTINCT] = _differing_in_tree(memory, root, since, until, newest, skip)
    elif aggregate > DISTINCT_OF and skip == NO_ARRIVAL:
        memory[result + R_LATEST] = newest if newest <= until else _latest(memory, root, stride, until)
        memory[result + R_COUNT] = memory[result + R_LATEST] >= since
    else:
        _fold(memory, root, stride, since, until, newest, skip)
    return _said(memory, aggregate, until)


@apart
def _said(memory: Integers, aggregate: Integer, until: Integer) -> Any:
    """The result of a pass as (value, state)."""
    result = memory[WORK]
    count = memory[result + R_COUNT]
    if aggregate == COUNT_OF:
        return count, FINE
    if aggregate == DISTINCT_OF:
        return memory[result + R_DISTINCT], FINE
    if aggregate == SUM_OF:
        low = memory[result + R_LOW]
        high = memory[result + R_HIGH] + (low >> 32)
        if high > MOST_LATENT or high < -MOST_LATENT:
            return MISSING, BEYOND
        total = (high << 32) + (low & LOW_HALF)
        if total > HIGHEST_SUM or total < -HIGHEST_SUM:
            return MISSING, BEYOND
        return total, FINE
    if count == 0:
        return MISSING, NOTHING
    if aggregate == MIN_OF:
        return memory[result + R_MIN], FINE
    if aggregate == MAX_OF:
        return memory[result + R_MAX], FINE
    return until - memory[result + R_LATEST], FINE


@apart
def _scan(
    memory: Integers, run: Integer, count: Integer, stride: Integer, since: Integer, until: Integer, skip: Integer
) -> None:
    """Add a run's events to the result. Of texts, those are counted that are the last of their value."""
    result = memory[WORK]
    for i in range(count):
        event = run + i * stride
        time = memory[event]
        if time > until:
            break
        if time < since or memory[event + B] == skip:
            continue
        memory[result + R_COUNT] += 1
        memory[result + R_LATEST] = time
        if stride == 4:
            memory[result + R_DISTINCT] += memory[event + D] & 1
        else:
            value = memory[event + C]
            memory[result + R_HIGH] += value >> 32
            memory[result + R_LOW] += value & LOW_HALF
            memory[result + R_MIN] = min(memory[result + R_MIN], value)
            memory[result + R_MAX] = max(memory[result + R_MAX], value)


@apart
def _fold(
    memory: Integers, root: Integer, stride: Integer, since: Integer, until: Integer, newest: Integer, skip: Integer
) -> None:
    """The same of a tree. A row's events lie between its own first time and that of the row after it."""
    result = memory[WORK]
    stack = result + STACK
    memory[stack] = root
    memory[stack + 1] = newest
    top = 2
    while top > 0:
        top -= 2
        at = nodes.node_at(memory, memory[stack + top])
        bound = memory[stack + top + 1]
        count = memory[at + N_COUNT]
        if memory[at + N_LEVEL] == 0:
            latest = memory[result + R_LATEST]
            _scan(memory, at + BODY, count, stride, since, until, skip)
            memory[result + R_LATEST] = max(latest, memory[result + R_LATEST])
            continue
        for i in range(count):
            row = at + BODY + i * CHILD_WIDTH
            first = memory[row + CHILD_A]
            after = memory[row + CHILD_WIDTH + CHILD_A] if i + 1 < count else bound
            if first > until or after < since:
                continue
            if first >= since and after <= until and skip == NO_ARRIVAL:
                memory[result + R_COUNT] += memory[row + CHILD_COUNT]
                if stride == 4:
                    memory[result + R_DISTINCT] += memory[row + CHILD_LAST]
                else:
                    memory[result + R_HIGH] += memory[row + CHILD_HIGH]
                    memory[result + R_LOW] += memory[row + CHILD_LOW]
                    memory[result + R_MIN] = min(memory[result + R_MIN], memory[row + CHILD_MIN])
                    memory[result + R_MAX] = max(memory[result + R_MAX], memory[row + CHILD_MAX])
            else:
                memory[stack + top] = memory[row + CHILD_NODE]
                memory[stack + top + 1] = after
                top += 2


@apart
def _latest(memory: Integers, root: Integer, stride: Integer, until: Integer) -> Integer:
    """The time of a tree's last event that is not after `until`."""
    at = nodes.node_at(memory, root)
    while memory[at + N_LEVEL] > 0:
        child = memory[at + N_COUNT] - 1
        while child > 0 and memory[at + BODY + child * CHILD_WIDTH + CHILD_A] > until:
            child -= 1
        at = nodes.node_at(memory, memory[at + BODY + child * CHILD_WIDTH + CHILD_NODE])
    latest = MISSING
    for i in range(memory[at + N_COUNT]):
        if memory[at + BODY + i * stride] <= until:
            latest = memory[at + BODY + i * stride]
    return latest


@apart
def _differing(
    memory: Integers, run: Integer, count: Integer, since: Integer, until: Integer, skip: Integer
) -> Integer:
    """How many values differ among a run's events: few enough to compare each with each."""
    differing = 0
    for i in range(count):
        event = run + 4 * i
        time = memory[event]
        if time < since or time > until or memory[event + B] == skip:
            continue
        new = 1
        for j in range(i):
            other = run + 4 * j
            if (
                memory[other + C] == memory[event + C]
                and memory[other + D] | 1 == memory[event + D] | 1
                and memory[other] >= since
                and memory[other + B] != skip
            ):
                new = 0
        differing += new
    return differing


@apart
def _differing_in_tree(
    memory: Integers, root: Integer, since: Integer, until: Integer, newest: Integer, skip: Integer
) -> Integer:
    """The same of a tree, by a set of the values covered."""
    _fold(memory, root, 4, since, until, newest, NO_ARRIVAL)
    covered = memory[memory[WORK] + R_COUNT]
    size = 2
    while size < 2 * covered:
        size *= 2
    seen = np.zeros(2 * size, np.int64)
    stack = memory[WORK] + STACK
    memory[stack] = root
    top = 1
    differing = 0
    while top > 0:
        top -= 1
        at = nodes.node_at(memory, memory[stack + top])
        count = memory[at + N_COUNT]
        for i in range(count):
            if memory[at + N_LEVEL] > 0:
                row = at + BODY + i * CHILD_WIDTH
                ends = i + 1 < count and memory[row + CHILD_WIDTH + CHILD_A] < since
                if memory[row + CHILD_A] <= until and not ends:
                    memory[stack + top] = memory[row + CHILD_NODE]
                    top += 1
                continue
            event = at + BODY + 4 * i
            if memory[event] < since or memory[event] > until or memory[event + B] == skip:
                continue
            high, low = memory[event + C], memory[event + D] | 1
            place = low >> 1 & (size - 1)
            while seen[2 * place + 1] != 0 and (seen[2 * place] != high or seen[2 * place + 1] != low):
                place = (place + 1) & (size - 1)
            if seen[2 * place + 1] == 0:
                seen[2 * place], seen[2 * place + 1] = high, low
                differing += 1
    return differing
