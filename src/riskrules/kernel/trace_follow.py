"""Stolen money followed through a history of payments, one payment after the other, by every method.

One kernel for all methods: they differ only in which of an account's lots leave with a payment and how they lie in the
account where they arrive. It reads the history once, from front to end; a payment between two accounts that no stolen
money has reached costs two balances and no more.

It writes a journal of entries (`funds.result.WAYS` says what each means) and stops, to be called again at the same
payment, when the store of lots or the journal is too small for all that the next payment can need. Nothing is half
done when it stops.

Nothing wraps: all money together is at most `MOST_MONEY`, so no balance, lot or counter can be more.
"""

from __future__ import annotations

import numpy as np

from .compiled import Integer, kernel
from .trace_journal import (
    LEFT,
    LOST,
    MOVED,
    RETURNED,
    STOLEN_AGAIN,
    THEFT,
    Accounts,
    Integers,
    Journal,
    Payments,
    write,
)
from .trace_lots import (
    FRESH,
    NONE,
    SPARE,
    Lists,
    Store,
    drop_list,
    free_lot,
    link,
    new_lot,
    put_among,
    put_last,
    take_by_age,
    take_parts,
    unlink,
)
from .trace_poison import spread
from .windows_compiled import apart

DIRECT, FIFO, LIFO, PRO_RATA, POISON, CN = range(6)
DONE, LOTS, ENTRIES = range(3)
ROOM = 4
"""Lots and entries that a payment may need beyond those of the account that pays (of lots twice as many, for they may
be laid out anew before the old ones are free): a piece, the theft, what the other account held before, and one over."""


@apart
def matched(lists: Lists, store: Store, times: Integers, account: Integer, amount: Integer) -> Integer:
    """The first lot of the one credit that a payment of this amount takes up whole: the earliest of those that are
    left with just this amount. NONE where there is none, or two of one time."""
    heads, _, _, _, after = lists
    _, _, amounts, _, brought, _ = store
    total: Integer = np.int64(0)
    found: Integer = np.int64(NONE)
    first: Integer = heads[account]
    lot: Integer = first
    while lot >= 0:
        total += amounts[lot]
        following = after[lot]
        if following < 0 or brought[following] != brought[lot]:
            if total == amount:
                if found < 0:
                    found = first
                elif brought[found] >= 0 and times[brought[found]] == times[brought[first]]:
                    return NONE
                else:
                    return found
            first, total = following, np.int64(0)
        lot = following
    return found


@apart
def take_credit(lists: Lists, store: Store, account: Integer, hand: Integer, first: Integer) -> None:
    """Move the lots of one credit into the hand."""
    _, tails, _, _, after = lists
    _, _, _, _, brought, _ = store
    lot, credit = first, brought[first]
    while lot >= 0 and brought[lot] == credit:
        following = after[lot]
        unlink(lists, account, lot)
        link(lists, hand, lot, tails[hand])
        lot = following


@apart
def pool(lists: Lists, store: Store, account: Integer, hand: Integer) -> None:
    """Lay the account's lots together, one a victim, in the order of victims."""
    heads, tails, counts, _, after = lists
    _, victims, amounts, hops, _, _ = store
    lot: Integer = heads[account]
    heads[account], tails[account], counts[account] = NONE, NONE, 0
    while lot >= 0:
        following = after[lot]
        put_among(lists, store, account, victims[lot], amounts[lot], hops[lot], NONE)
        free_lot(lists, store, lot)
        lot = following


@apart
def one_kind(lists: Lists, store: Store, account: Integer) -> bool:
    heads, _, _, _, after = lists
    _, victims, _, _, _, _ = store
    first = heads[account]
    lot = after[first]
    while lot >= 0:
        if victims[lot] != victims[first]:
            return False
        lot = after[lot]
    return True


@apart
def take(
    lists: Lists, store: Store, accounts: Accounts, times: Integers, method: Integer, source: Integer, hand: Integer,
    amount: Integer,
) -> None:  # fmt: skip
    """Move what the method says of the account's lots into the hand. `amount` is at most the balance."""
    balances, _, pooled, _, _ = accounts
    balance = balances[source]
    if amount == balance or method == FIFO:
        take_by_age(lists, store, source, hand, amount, 0)
    elif method == LIFO:
        take_by_age(lists, store, source, hand, amount, 1)
    elif method == CN and not pooled[source]:
        if one_kind(lists, store, source):
            take_by_age(lists, store, source, hand, amount, 0)
            return
        first = matched(lists, store, times, source, amount)
        if first >= 0:
            take_credit(lists, store, source, hand, first)
            return
        pool(lists, store, source, hand)
        pooled[source] = 1
        take_parts(lists, store, source, hand, amount, balance)
    else:
        take_parts(lists, store, source, hand, amount, balance)


@apart
def lose(
    lists: Lists, store: Store, accounts: Accounts, journal: Journal, row: Integer, source: Integer, clean: Integer
) -> None:
    """`direct` cannot say whose money a payment out of a mixture is: no longer followed from here."""
    heads, _, _, _, after = lists
    _, victims, amounts, hops, _, _ = store
    lot: Integer = heads[source]
    while lot >= 0:
        if victims[lot] != clean:
            write(journal, row, source, source, victims[lot], amounts[lot], hops[lot], LOST)
        lot = after[lot]
    drop_list(lists, store, source)
    accounts[1][source] = 0


@apart
def put(
    lists: Lists, store: Store, accounts: Accounts, method: Integer, target: Integer, victim: Integer, amount: Integer,
    hop: Integer, row: Integer, start: Integer,
) -> Integer:  # fmt: skip
    """Add money to an account's list. Gives the lot from which the next search may start."""
    balances, _, pooled, _, _ = accounts
    balances[target] += amount
    if method in (FIFO, LIFO) or (method == CN and not pooled[target]):
        put_last(lists, store, target, victim, amount, hop, row if method == CN else np.int64(NONE))
        return np.int64(NONE)
    return put_among(lists, store, target, victim, amount, hop, start)


@apart
def begin_list(lists: Lists, store: Store, accounts: Accounts, account: Integer, hand: Integer, clean: Integer) -> bool:
    """Whether the account needs a list for what is in the hand; if it has none yet, what it holds becomes its first
    lot."""
    heads, _, _, _, after = lists
    _, victims, _, _, _, _ = store
    if heads[account] >= 0:
        return True
    lot: Integer = heads[hand]
    while lot >= 0 and victims[lot] == clean:
        lot = after[lot]
    if lot < 0:
        return False
    held = accounts[0][account]
    if held:
        link(lists, account, new_lot(lists, store, clean, held, np.int64(0), np.int64(NONE)), np.int64(NONE))
    return True


@apart
def settle(lists: Lists, store: Store, accounts: Accounts, account: Integer, clean: Integer) -> None:
    """After money left: without stolen money an account needs no list."""
    heads, _, _, _, after = lists
    _, victims, _, _, _, _ = store
    _, stained, pooled, _, _ = accounts
    lot: Integer = heads[account]
    while lot >= 0:
        if victims[lot] != clean:
            return
        lot = after[lot]
    drop_list(lists, store, account)
    stained[account] = 0
    pooled[account] = 0


@apart
def arrive(
    lists: Lists, store: Store, accounts: Accounts, journal: Journal, method: Integer, row: Integer, source: Integer,
    target: Integer, hand: Integer, clean: Integer, smallest: Integer, most_hops: Integer, theft: Integer,
) -> None:  # fmt: skip
    """Empty the hand into the account where the payment goes. `theft`: the hand holds what was stolen just now."""
    heads, tails, counts, _, after = lists
    _, victims, amounts, hops, _, _ = store
    balances, stained, _, home, outside = accounts
    listed = not outside[target] and begin_list(lists, store, accounts, target, hand, clean)
    lot: Integer = heads[hand]
    start: Integer = np.int64(NONE)
    heads[hand], tails[hand], counts[hand] = NONE, NONE, 0
    origin = target if theft >= 0 else source
    while lot >= 0:
        victim, amount = victims[lot], amounts[lot]
        hop: Integer = hops[lot] + 1
        following = after[lot]
        free_lot(lists, store, lot)
        lot = following
        if victim != clean:
            way = MOVED
            if home[target] == victim:
                way = RETURNED
            elif outside[target]:
                way = LEFT
            elif amount < smallest or hop > most_hops:
                way = LOST
            if theft < 0 or way != MOVED:
                write(journal, row, origin, target, victim, amount, hop, way)
            if way == MOVED:
                stained[target] = 1
            else:
                victim = clean
        if victim == clean:
            hop = np.int64(0)
        if listed:
            start = put(lists, store, accounts, method, target, victim, amount, hop, row, start)
        elif not outside[target]:
            balances[target] += amount
    if listed and not stained[target]:
        drop_list(lists, store, target)


@apart
def steal(
    lists: Lists, store: Store, journal: Journal, row: Integer, source: Integer, target: Integer, hand: Integer,
    clean: Integer, thief_of: Integer, amount: Integer,
) -> None:  # fmt: skip
    """Turn what is in the hand into one victim's stolen money; what was stolen before is stolen again."""
    heads, _, _, _, after = lists
    _, victims, amounts, hops, _, _ = store
    lot: Integer = heads[hand]
    while lot >= 0:
        if victims[lot] != clean:
            write(journal, row, source, target, victims[lot], amounts[lot], hops[lot] + 1, STOLEN_AGAIN)
        lot = after[lot]
    drop_list(lists, store, hand)
    write(journal, row, source, target, thief_of, amount, 1, THEFT)
    stolen = new_lot(lists, store, thief_of, amount, 0, NONE)
    link(lists, hand, stolen, NONE)


@kernel
def follow(
    payments: Payments, accounts: Accounts, lists: Lists, store: Store, journal: Journal, swept: Integers,
    start: Integer, stop: Integer, method: Integer, clean: Integer, smallest: Integer, most_hops: Integer,
) -> tuple[Integer, Integer]:  # fmt: skip
    """Payments [start, stop). Gives where it stands, and why: DONE, or what is too small (LOTS, ENTRIES).

    `clean`: how many victims there are. The lists have one account more than `accounts`: the hand. A payment takes at
    most what its account's balance holds; the ledger has made sure of it."""
    sources, targets, amounts, thefts, times = payments
    balances, stained, _, _, outside = accounts
    counts = lists[2]
    room, places = store[2].shape[0], journal[0].shape[0]
    hand = outside.shape[0]
    for row in range(start, stop):
        source, target, theft = np.int64(sources[row]), np.int64(targets[row]), np.int64(thefts[row])
        amount = amounts[row]
        if amount == 0 or source == target:
            continue
        if theft < 0 and not stained[source] and not stained[target]:
            if not outside[source]:
                balances[source] -= amount
            if not outside[target]:
                balances[target] += amount
            continue
        if store[0][FRESH] - store[0][SPARE] + 2 * counts[source] + ROOM > room:
            return row, LOTS
        if journal[7][0] + counts[source] + ROOM > places:
            return row, ENTRIES
        if method == POISON:
            spread(
                lists, store, accounts, journal, swept, row, source, target, amount, theft, hand, smallest, most_hops
            )
            continue
        if stained[source]:
            if method == DIRECT and amount < balances[source] and counts[source] > 1:
                lose(lists, store, accounts, journal, row, source, clean)
        if stained[source]:
            take(lists, store, accounts, times, method, source, hand, amount)
            balances[source] -= amount
            settle(lists, store, accounts, source, clean)
        else:
            if not outside[source]:
                balances[source] -= amount
            link(lists, hand, new_lot(lists, store, clean, amount, 0, NONE), NONE)
        if theft >= 0:
            steal(lists, store, journal, row, source, target, hand, clean, theft, amount)
        arrive(
            lists, store, accounts, journal, method, row, source, target, hand, clean, smallest, most_hops, theft
        )
    return stop, DONE
