"""Taint by touch: a list says only whose money has reached the account, and its whole balance is tainted for each.

Amounts of several victims overlap, so nothing is divided and nothing rounded. What becomes tainted without having been
stolen is added up in `swept`, a number a victim, so that the sums can still be checked.
"""

from __future__ import annotations

import numpy as np

from .compiled import Integer
from .trace_journal import LEFT, LOST, MOVED, RETURNED, STOLEN_AGAIN, THEFT, Accounts, Integers, Journal, write
from .trace_lots import NONE, Lists, Store, drop_list, link, new_lot
from .windows_compiled import apart


@apart
def spread(
    lists: Lists, store: Store, accounts: Accounts, journal: Journal, swept: Integers, row: Integer, source: Integer,
    target: Integer, amount: Integer, theft: Integer, hand: Integer, smallest: Integer, most_hops: Integer,
) -> None:  # fmt: skip
    """`poison`: a list says only whose money has touched the account; the whole balance is tainted for each.
    The balances are those before the payment; it changes them."""
    heads, tails, _counts, _before, after = lists
    _, victims, _, hops, _, _ = store
    balances, stained, _, home, outside = accounts
    if theft >= 0:
        lot = heads[source]
        while lot >= 0:
            write(journal, row, source, target, victims[lot], amount, hops[lot] + 1, STOLEN_AGAIN)
            lot = after[lot]
        write(journal, row, source, target, theft, amount, 1, THEFT)
        link(lists, hand, new_lot(lists, store, theft, 0, 1, NONE), NONE)
    else:
        lot = heads[source]
        while lot >= 0:
            link(lists, hand, new_lot(lists, store, victims[lot], 0, hops[lot] + 1, NONE), tails[hand])
            lot = after[lot]
    if not outside[source]:
        balances[source] -= amount
        if balances[source] == 0:
            drop_list(lists, store, source)
            stained[source] = 0
    origin = target if theft >= 0 else source
    held: Integer = balances[target]
    if not outside[target]:
        balances[target] = held + amount
        lot = heads[target]
        while lot >= 0:  # what it brings is tainted for all of these, unless it is so already
            swept[victims[lot]] += amount
            lot = after[lot]
    carried: Integer = heads[hand]
    at: Integer = heads[target]
    last: Integer = np.int64(NONE)
    while carried >= 0:
        victim, hop = victims[carried], hops[carried]
        while at >= 0 and victims[at] < victim:
            last, at = at, after[at]
        known = at >= 0 and victims[at] == victim and not outside[target]
        way = MOVED
        if home[target] == victim:
            way = RETURNED
        elif outside[target]:
            way = LEFT
        elif not known and (amount < smallest or hop > most_hops):
            way = LOST
        if theft < 0 or way != MOVED:
            write(journal, row, origin, target, victim, amount, hop, way)
        if known:
            swept[victim] -= amount
            hops[at] = min(hops[at], hop)
        elif way == MOVED:
            swept[victim] += held
            lot = new_lot(lists, store, victim, 0, hop, NONE)
            link(lists, target, lot, last)
            last = lot
            stained[target] = 1
        carried = after[carried]
    drop_list(lists, store, hand)
