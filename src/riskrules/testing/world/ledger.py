"""The ledger: whole minor units, and no account that may not be overdrawn ever below nothing.

A day's payments are settled at once: every account's entries in order of time, summed up. Where a payer that may not
be overdrawn would fall below nothing, its first such payment of the day fails, with whatever depends on it, and the sum
is made anew until none is left. So a payment may fail though money came later the same day, and one that failed
because of another failure stays failed: exact in what is settled, sometimes stricter than a bank's own queue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .growing import Array, Growing


@dataclass(frozen=True)
class Settled:
    """int64[n] each: what payer and payee had before and after; `moved` bool[n]: whether the money went."""

    payer_before: Array
    payer_after: Array
    payee_before: Array
    payee_after: Array
    moved: Array


def settle(accounts: Growing, payer: Array, payee: Array, amount: Array, moved: Array, needs: Array) -> Settled:
    """Settle payments in order of time and write the new balances down.

    `moved`: bool[n], payments that do not fail for reasons of their own. `needs`: int64[n], the place of an earlier
    payment of the same call that this one depends on, -1 for none.
    """
    n = len(payer)
    account = np.empty(2 * n, np.int64)
    account[0::2], account[1::2] = payer, payee
    order = np.argsort(account, kind="stable")
    account = account[order]
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    lengths = np.diff(starts, append=2 * n)
    opening = accounts["balance"][account[starts]]
    strict = np.repeat(~accounts["overdraft"][account[starts]], lengths) & (order % 2 == 0)
    payment = order // 2
    sign = np.where(order % 2 == 0, -1, 1)
    moved = moved.copy()
    dependent = np.flatnonzero(needs >= 0)
    while True:
        _fail_dependent(moved, needs, dependent)
        change = np.where(moved, amount, 0)[payment] * sign
        running = np.cumsum(change)
        before_segment = np.concatenate([[0], running[starts[1:] - 1]]) if n else running
        after = running + np.repeat(opening - before_segment, lengths) if n else running
        short = np.flatnonzero(strict & (after < 0) & (change < 0))
        if not len(short):
            break
        _, first = np.unique(account[short], return_index=True)
        moved[payment[short[first]]] = False
    back = np.empty(2 * n, np.int64)
    back[order] = after
    if n:
        accounts["balance"][account[starts]] = after[starts + lengths - 1]
    went = np.where(moved, amount, 0)
    return Settled(back[0::2] + went, back[0::2], back[1::2] - went, back[1::2], moved)


def _fail_dependent(moved: Array, needs: Array, dependent: Array) -> None:
    """Fail what depends on a failed payment. A chain of dependence is a few hops long."""
    while len(dependent):
        lost = dependent[moved[dependent] & ~moved[needs[dependent]]]
        if not len(lost):
            return
        moved[lost] = False
