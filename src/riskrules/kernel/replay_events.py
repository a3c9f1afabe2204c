"""What a replay keeps between rows: events in order of time, and numbers for pairs of keys.

Events lie in one sequence a series, the oldest first, in arrays with room at their end. When the front has been left by
all windows the rest moves down; places that were remembered move with it, and one that falls below zero says
"long gone" everywhere, so nothing has to be cleared.

A pair (account and merchant, key and value) gets a number from a table twice its number of entries, so that states
a key can be arrays whatever the key is. The mark of a pair is mixed with a number that nobody outside knows: a
history cannot be written so that its pairs all meet in one place.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..schema.limits import MISSING
from .compiled import Integer, inner, kernel

Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

BACKWARDS, NO_KEY, NO_VALUE = 1, 2, 3
"""Why rows could not enter: an event before an earlier one, without a key, without a value."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


@kernel
def goes_back(times: Integers, before: Integer) -> bool:
    """Whether a time is less than the one in front of it (`before` for the first)."""
    back = np.int64(0)
    for row in range(times.shape[0]):
        back |= np.int64(times[row] < before)
        before = times[row]
    return bool(back != 0)


@kernel
def enter(
    moves: Flags,
    rows_times: Integers,
    rows_due: Integers,
    rows_keys: Codes,
    rows_values: Integers,
    keys: Codes,
    times: Integers,
    values: Integers,
    end: Integer,
    due: Integer,
    heads: Codes,
) -> tuple[Integer, Integer, Integer, Integer]:
    """Lay the rows that move behind the `end` events that there are, at the times `rows_due`.

    `rows_values` and `values` are empty for a series without values. Fills `heads`: for each row, how many events
    came before it and are due by its time; `due`: how many that were for the row before. Returns the new end, the
    new due, the greatest value either way, and 0; or, in place of the last, why a row could not enter, with the row
    first: then nothing that counts has changed."""
    greatest = np.int64(0)
    valued = rows_values.shape[0] > 0
    for row in range(moves.shape[0]):
        while due < end and times[due] <= rows_times[row]:
            due += 1
        heads[row] = due
        if moves[row]:
            if end > 0 and rows_due[row] < times[end - 1]:
                return row, due, greatest, BACKWARDS
            if rows_keys[row] < 0:
                return row, due, greatest, NO_KEY
            times[end] = rows_due[row]
            keys[end] = rows_keys[row]
            if valued:
                value = rows_values[row]
                if value == MISSING:
                    return row, due, greatest, NO_VALUE
                values[end] = value
                greatest = max(greatest, abs(value))
            end += 1
    return end, due, greatest, np.int64(0)


@kernel
def link_twins(pairs: Integers, start: Integer, end: Integer, latest: Codes, twins: Codes) -> None:
    """For the events from `start` to `end`: the one before with the same pair (key and value), and of that the one
    after. `latest`: int32, the last event of each pair, negative for none."""
    for i in range(start, end):
        before = latest[pairs[i]]
        twins[2 * i] = before
        twins[2 * i + 1] = -1
        if before >= 0:
            twins[2 * before + 1] = i
        latest[pairs[i]] = i


@kernel
def move_chains_down(ends: Codes, links: Codes, tail: Integer, by: Integer, end: Integer) -> None:
    """Let the first `by` of `end` events go from the chains of `replay.extreme`, all of them before `tail`."""
    for key in range(ends.shape[0] // 2):
        first, last = ends[2 * key], ends[2 * key + 1]
        if last < tail:
            ends[2 * key], ends[2 * key + 1] = -1, -1
        else:
            while first < tail:
                first = links[2 * first + 1]
            ends[2 * key], ends[2 * key + 1] = first - by, last - by
    for i in range(2 * by, 2 * end):
        links[i - 2 * by] = links[i] - by


@inner
def _place(table: Marks, mark: Integer, seed: Integer) -> Integer:
    """Where the mark is, or where it belongs."""
    mixed = (mark ^ seed) * _MIX
    mixed = (mixed ^ (mixed >> _HALF)) * _MIX
    last = table.shape[0] - 1
    place = np.int64(mixed >> _HALF) & last
    while table[place] != mark and table[place] != ~np.uint64(0):
        place = (place + 1) & last
    return place


@kernel
def number_pairs(
    left: Codes,
    right: Codes,
    seed: Integer,
    table: Marks,
    numbers: Codes,
    parts: Codes,
    free: Codes,
    ready: Integer,
    size: Integer,
    out: Codes,
) -> tuple[Integer, Integer]:
    """Each row's number for (left, right), -1 where one of them is -1; new pairs take the last of the `ready` free
    numbers, and when there is none the next from `size` on.

    `table` (a power of two long, all ones where empty) and `numbers`: where pairs are found. `parts`: left and right by
    number. Returns ready and size as they are then."""
    for row in range(left.shape[0]):
        if left[row] < 0 or right[row] < 0:
            out[row] = -1
            continue
        mark = (np.uint64(left[row]) << _HALF) | np.uint64(right[row])
        place = _place(table, mark, seed)
        if table[place] != mark:
            if ready > 0:
                ready -= 1
                number = np.int64(free[ready])
            else:
                number = size
                size += 1
            table[place] = mark
            numbers[place] = number
            parts[2 * number] = left[row]
            parts[2 * number + 1] = right[row]
        out[row] = numbers[place]
    return ready, size


@kernel
def keep_pairs(live: Flags, seed: Integer, table: Marks, numbers: Codes, parts: Codes, free: Codes) -> Integer:
    """Fill the empty `table` with the pairs whose number is `live`, list the other numbers in `free`, and return how
    many those are."""
    ready = 0
    for number in range(live.shape[0] - 1, -1, -1):
        if live[number]:
            mark = (np.uint64(parts[2 * number]) << _HALF) | np.uint64(parts[2 * number + 1])
            place = _place(table, mark, seed)
            table[place] = mark
            numbers[place] = number
        else:
            free[ready] = number
            ready += 1
    return ready
