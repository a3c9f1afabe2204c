"""Windows over a history in time order: each row's count, sum, extreme, number of distinct values or last time.

Rows come in order of time, and so does where their windows begin. So an event enters a window once and leaves it once,
and the events of all keys leave in one order: that in which they came. A reading needs no sorting by key and no list
of events a key, but two places in one sequence of events, `head` and `tail`, and one small state a key. Between
two rows the head moves over what has happened since, the tail over what the window has left behind; then the row reads
its key's state. All large arrays are read from front to end; only the states are met at random, and those of one
reading mostly fit a cache. That is the choice: a pass a reading, each over little memory, instead of one pass
over much. Its price is that each pass reads the keys and the times once more.

Every kernel takes the events (`keys`, `times`, `values`: what has been kept, the oldest first), and of the rows `heads`
(how many of the events came before the row and were due by then), `queries` (the key that is read, -1 for none) and
`since` (the earliest time that is covered). It fills `out` and returns the places from which the next rows go on.

Sums are exact. `total` adds in 64 bits, for callers who know that no sum can leave them; `wide_total` adds the upper
and the lower 32 bits apart, so that neither half can wrap before 2**31 events. Either says BEYOND of what is above
HIGHEST_SUM.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..schema.limits import MISSING
from .compiled import Integer, inner, kernel

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Places = tuple[int, int]

HIGHEST_SUM = 10**18
"""A sum that is larger, either way, is unavailable, in every store: it leaves room to add two of them in 64 bits."""
BEYOND = MISSING + 1
"""Stands in `out` for such a sum. No count, sum or value can be it."""
LOW_BITS = 32
LOW_MASK = 2**LOW_BITS - 1
WIDEST_HALF = 2**29
"""Upper halves from here on are above HIGHEST_SUM whatever the lower ones are: 2**61."""


@kernel
def count(
    keys: Codes,
    times: Integers,
    heads: Codes,
    queries: Codes,
    since: Integers,
    head: Integer,
    tail: Integer,
    counts: Codes,
    out: Integers,
) -> Places:
    """How many events a key has in the window; `counts`: int32, one a key."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            counts[keys[head]] += 1
            head += 1
        while tail < head and times[tail] < since[row]:
            counts[keys[tail]] -= 1
            tail += 1
        out[row] = MISSING if queries[row] < 0 else counts[queries[row]]
    return head, tail


@kernel
def total(
    keys: Codes,
    times: Integers,
    values: Integers,
    heads: Codes,
    queries: Codes,
    since: Integers,
    head: Integer,
    tail: Integer,
    sums: Integers,
    out: Integers,
) -> Places:
    """The sum of a key's values in the window; `sums`: int64, one a key, none of which can leave 64 bits."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            sums[keys[head]] += values[head]
            head += 1
        while tail < head and times[tail] < since[row]:
            sums[keys[tail]] -= values[tail]
            tail += 1
        if queries[row] < 0:
            out[row] = MISSING
        else:
            found = sums[queries[row]]
            out[row] = found if -HIGHEST_SUM <= found <= HIGHEST_SUM else BEYOND
    return head, tail


@kernel
def wide_total(
    keys: Codes,
    times: Integers,
    values: Integers,
    heads: Codes,
    queries: Codes,
    since: Integers,
    head: Integer,
    tail: Integer,
    sums: Integers,
    out: Integers,
) -> Places:
    """The same where a sum could leave 64 bits; `sums`: int64, the upper and the lower half of each key."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            place = 2 * keys[head]
            sums[place] += values[head] >> LOW_BITS
            sums[place + 1] += values[head] & LOW_MASK
            head += 1
        while tail < head and times[tail] < since[row]:
            place = 2 * keys[tail]
            sums[place] -= values[tail] >> LOW_BITS
            sums[place + 1] -= values[tail] & LOW_MASK
            tail += 1
        out[row] = MISSING if queries[row] < 0 else _joined(sums, queries[row])
    return head, tail


@inner
def _joined(sums: Integers, key: Integer) -> Integer:
    high = sums[2 * key] + (sums[2 * key + 1] >> LOW_BITS)
    if high < -WIDEST_HALF or high >= WIDEST_HALF:
        return BEYOND
    found = (high << LOW_BITS) | (sums[2 * key + 1] & LOW_MASK)
    return found if -HIGHEST_SUM <= found <= HIGHEST_SUM else BEYOND


@kernel
def extreme(
    keys: Codes,
    times: Integers,
    values: Integers,
    heads: Codes,
    queries: Codes,
    since: Integers,
    head: Integer,
    tail: Integer,
    sign: Integer,
    ends: Codes,
    links: Codes,
    out: Integers,
) -> Places:
    """The least value of a key in the window with `sign` 1, the greatest with -1.

    A key's candidates are a chain of events, each later and further from the extreme than the one before. `ends`:
    int32, the first and the last of each key's chain, -1 for none; `links`: int32, the event before and the one
    after each event. What has left the window is taken off the front when the key is read, not before."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            key = 2 * keys[head]
            last = ends[key + 1]
            while last >= tail and sign * values[last] >= sign * values[head]:
                last = links[2 * last]
            if last >= tail:
                links[2 * last + 1] = head
                links[2 * head] = last
            else:
                ends[key] = head
                links[2 * head] = -1
            ends[key + 1] = head
            head += 1
        while tail < head and times[tail] < since[row]:
            tail += 1
        if queries[row] < 0:
            out[row] = MISSING
        else:
            first = _first(ends, links, queries[row], tail)
            out[row] = MISSING if first < 0 else values[first]
    return head, tail


@inner
def _first(ends: Codes, links: Codes, key: Integer, tail: Integer) -> Integer:
    """The first event of the key's chain from `tail` on, -1 for none; what is before it leaves the chain."""
    first, last = ends[2 * key], ends[2 * key + 1]
    if last < tail:
        return -1
    while first < tail:
        first = links[2 * first + 1]
    ends[2 * key] = first
    return first


@kernel
def distinct(
    keys: Codes,
    times: Integers,
    twins: Codes,
    heads: Codes,
    queries: Codes,
    since: Integers,
    head: Integer,
    tail: Integer,
    counts: Codes,
    out: Integers,
) -> Places:
    """How many different values a key has in the window; `counts`: int32, one a key.

    `twins`: int32, for each event the one before it and the one after it with the same key and value, negative for
    none. An event brings a new value when its twin before has left, and takes it away when its twin after has not
    come."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            if twins[2 * head] < tail:
                counts[keys[head]] += 1
            head += 1
        while tail < head and times[tail] < since[row]:
            after = twins[2 * tail + 1]
            if after < 0 or after >= head:
                counts[keys[tail]] -= 1
            tail += 1
        out[row] = MISSING if queries[row] < 0 else counts[queries[row]]
    return head, tail


@kernel
def since_last(
    keys: Codes,
    times: Integers,
    heads: Codes,
    queries: Codes,
    since: Integers,
    rows_times: Integers,
    head: Integer,
    latest: Integers,
    out: Integers,
) -> Integer:
    """The time from a key's latest event in the window to the row; `latest`: int64, one a key, MISSING for none.
    Returns the head only: what has left the window is told by its time."""
    for row in range(out.shape[0]):
        while head < heads[row]:
            latest[keys[head]] = times[head]
            head += 1
        out[row] = MISSING
        if queries[row] >= 0:
            found = latest[queries[row]]
            if found != MISSING and found >= since[row]:
                out[row] = rows_times[row] - found
    return head
