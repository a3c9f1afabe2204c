"""The money of each account as a list of lots, and the ways to take from it and to put into it.

A lot has a victim (`CLEAN`, one past the last, for money that nobody was robbed of), an amount, the number of transfers
since the theft and the payment that brought it. An account has a list only while stolen money is in it; else its
balance says all there is to say, and most accounts of a history never have one. All lists live in one store, chained
both ways by numbers; the list `hand` (one past the last account) holds what is between two accounts.

By age (`take_oldest`, `take_newest`) the lots leave as they lie, and keep their order where they arrive. In proportion
(`take_parts`) a list has one lot a victim, in the order of victims with `CLEAN` last, so that ties go to the earlier
victim and to the account's own money at the end.

The caller has made sure that the store has room for all that one payment can need. Every number handed on is an int64,
so that each function is compiled once, `apart`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .compiled import Integer
from .trace_parts import part, threshold
from .windows_compiled import apart

Integers = npt.NDArray[np.int64]

Lists: TypeAlias = tuple[Integers, Integers, Integers, Integers, Integers]
"""heads, tails, counts by account; before, after by lot."""
Store: TypeAlias = tuple[Integers, Integers, Integers, Integers, Integers, Integers]
"""marks (FREE, FRESH); victims, amounts, hops, brought (the payment that brought it), rests (for rounding) by lot."""

NONE = -1
CHOSEN = -2
"""In `rests`: this lot's part is rounded up."""
FEW = 400
"""Comparisons up to which picking one by one is quicker than a search over sixty bits."""
FREE, FRESH, SPARE = range(3)
"""Places in `marks`: the first lot of the chain of free ones, the first that was never used, and how many are free."""


@apart
def new_lot(
    lists: Lists, store: Store, victim: Integer, amount: Integer, hop: Integer, by: Integer,
) -> Integer:  # fmt: skip
    """A lot that is in no list yet."""
    _heads, _tails, _counts, _before, after = lists
    marks, victims, amounts, hops, brought, _rests = store
    lot = marks[FREE]
    if lot >= 0:
        marks[FREE] = after[lot]
        marks[SPARE] -= 1
    else:
        lot = marks[FRESH]
        marks[FRESH] += 1
    victims[lot], amounts[lot], hops[lot], brought[lot] = victim, amount, hop, by
    return lot


@apart
def free_lot(lists: Lists, store: Store, lot: Integer) -> None:
    _heads, _tails, _counts, _before, after = lists
    marks, _victims, _amounts, _hops, _brought, _rests = store
    after[lot] = marks[FREE]
    marks[FREE] = lot
    marks[SPARE] += 1


@apart
def link(
    lists: Lists, account: Integer, lot: Integer, at: Integer
) -> None:
    """Put the lot behind the lot `at` of the account's list; NONE: first of all."""
    heads, tails, counts, before, after = lists
    following = heads[account] if at < 0 else after[at]
    before[lot], after[lot] = at, following
    if at < 0:
        heads[account] = lot
    else:
        after[at] = lot
    if following < 0:
        tails[account] = lot
    else:
        before[following] = lot
    counts[account] += 1


@apart
def unlink(
    lists: Lists, account: Integer, lot: Integer
) -> None:
    heads, tails, counts, before, after = lists
    if before[lot] < 0:
        heads[account] = after[lot]
    else:
        after[before[lot]] = after[lot]
    if after[lot] < 0:
        tails[account] = before[lot]
    else:
        before[after[lot]] = before[lot]
    counts[account] -= 1


@apart
def drop_list(
    lists: Lists, store: Store, account: Integer
) -> None:
    """Free every lot of the account."""
    heads, tails, counts, _before, after = lists
    _marks, _victims, _amounts, _hops, _brought, _rests = store
    lot = heads[account]
    while lot >= 0:
        following = after[lot]
        free_lot(lists, store, lot)
        lot = following
    heads[account], tails[account], counts[account] = NONE, NONE, 0


@apart
def take_by_age(
    lists: Lists, store: Store,
    account: Integer, hand: Integer, amount: Integer, newest: Integer,
) -> None:  # fmt: skip
    """Move `amount` of the account's oldest (or newest) lots into the hand, in the order in which they lay."""
    heads, tails, _counts, _before, _after = lists
    _marks, victims, amounts, hops, brought, _rests = store
    left = amount
    while left > 0:
        lot = tails[account] if newest else heads[account]
        at = NONE if newest else tails[hand]
        if amounts[lot] <= left:
            left -= amounts[lot]
            unlink(lists, account, lot)
            link(lists, hand, lot, at)
        else:
            amounts[lot] -= left
            piece = new_lot(lists, store, victims[lot], left, hops[lot], brought[lot]
            )
            link(lists, hand, piece, at)
            left = 0


@apart
def round_up(lists: Lists, store: Store, account: Integer, balance: Integer, units: Integer) -> None:
    """Mark (CHOSEN, in `rests`) the lots with the largest remainders, as many as there are units; of equal ones the
    first in the list. Few are picked out one by one, many by the remainder that divides them from the others."""
    heads, _, counts, _, after = lists
    _, _, _, _, _, rests = store
    if units * counts[account] <= FEW:
        for _ in range(units):
            best: Integer = heads[account]
            lot: Integer = after[best]
            while lot >= 0:
                if rests[lot] > rests[best]:
                    best = lot
                lot = after[lot]
            rests[best] = CHOSEN
        return
    least = threshold(rests, heads[account], after, balance, units)
    left: Integer = units
    other: Integer = heads[account]
    while other >= 0:
        if rests[other] > least:
            rests[other] = CHOSEN
            left -= 1
        other = after[other]
    other = heads[account]
    while other >= 0 and left > 0:
        if rests[other] == least:
            rests[other] = CHOSEN
            left -= 1
        other = after[other]


@apart
def take_parts(
    lists: Lists, store: Store, account: Integer, hand: Integer, amount: Integer, balance: Integer,
) -> None:  # fmt: skip
    """Move `amount` of the account's `balance` into the hand, of every lot its part; what does not come out even goes,
    a unit each, to the largest remainders. Lots of such a list need no payment that brought them, so `brought` holds
    the parts meanwhile."""
    heads, tails, _counts, _before, after = lists
    _marks, victims, amounts, hops, brought, rests = store
    units: Integer = amount
    lot: Integer = heads[account]
    while lot >= 0:
        brought[lot], rests[lot] = part(amount, amounts[lot], balance)
        units -= brought[lot]
        lot = after[lot]
    if units > 0:
        round_up(lists, store, account, balance, units)
    lot = heads[account]
    while lot >= 0:
        following = after[lot]
        taken = brought[lot]
        brought[lot] = NONE
        if rests[lot] == CHOSEN:
            taken += 1
        if taken == amounts[lot]:
            unlink(lists, account, lot)
            link(lists, hand, lot, tails[hand])
        elif taken > 0:
            amounts[lot] -= taken
            piece = new_lot(lists, store, victims[lot], taken, hops[lot], np.int64(NONE))
            link(lists, hand, piece, tails[hand])
        lot = following


@apart
def put_last(
    lists: Lists, store: Store,
    account: Integer, victim: Integer, amount: Integer, hop: Integer, by: Integer,
) -> None:  # fmt: skip
    """Add money as the account's newest lot, or to the newest if that is of the same kind and payment."""
    _heads, tails, _counts, _before, _after = lists
    _marks, victims, amounts, hops, brought, _rests = store
    last = tails[account]
    if last >= 0 and victims[last] == victim and hops[last] == hop and brought[last] == by:
        amounts[last] += amount
        return
    lot = new_lot(lists, store, victim, amount, hop, by)
    link(lists, account, lot, last)


@apart
def put_among(
    lists: Lists, store: Store,
    account: Integer, victim: Integer, amount: Integer, hop: Integer, start: Integer,
) -> Integer:  # fmt: skip
    """Add money to the account's one lot of that victim, and give that lot; it has the smaller number of transfers.
    `start`: a lot of the list to look from, where victims come in order; NONE: from the first."""
    heads, _tails, _counts, before, after = lists
    _marks, victims, amounts, hops, _brought, _rests = store
    at = start if start >= 0 and victims[start] <= victim else heads[account]
    last: Integer = np.int64(NONE)
    while at >= 0 and victims[at] < victim:
        last, at = at, after[at]
    if at >= 0 and victims[at] == victim:
        amounts[at] += amount
        hops[at] = min(hops[at], hop)
        return at
    if last < 0 and at >= 0:
        last = before[at]
    lot = new_lot(lists, store, victim, amount, hop, NONE)
    link(lists, account, lot, last)
    return lot
