"""The balance of every account through a history: what it must have begun with, and whether what is stated follows.

Two passes. `openings` finds what each account held before its first payment: from the first balance that is stated, or,
where none is, the least with which no payment overdraws it. `walk` then pays every payment and gives the list of
movements that tracing needs, in which no account ever pays more than it holds:

- a stated balance that does not follow is an error, or (`adjust`) a movement that the history does not show, in or out;
- an account that goes below zero borrows the difference at that moment, and what comes in next repays it first. So
  stolen money that repays an overdraft has left the account, as it has in truth.

`walk` is called twice: to count the movements, and to write them down.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..schema.limits import MISSING
from .compiled import Integer, kernel
from .windows_compiled import apart

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Stated: TypeAlias = tuple[Integers, Integers, Integers, Integers]
"""The payer's balance before and after, the payee's before and after; MISSING where not stated, or all four empty."""
Movements: TypeAlias = tuple[Integers, Codes, Codes, Integers, Bytes, Integers]
"""row, source, target, amount, kind of each movement; and how many there are."""

PAYMENT, APPEARED, VANISHED, LENT, REPAID = range(5)
FOLLOWS, DIFFERS = 0, 1


@apart
def note(balance: Integer, account: Integer, nets: Integers, opening: Integers, known: Bytes) -> None:
    if balance != MISSING and not known[account]:
        opening[account] = balance - nets[account]
        known[account] = 1


@kernel
def openings(
    sources: Codes, targets: Codes, amounts: Integers, outside: Bytes, stated: Stated, opening: Integers, known: Bytes
) -> None:
    """Fill `opening`; `known` says for which accounts a balance was stated, or is 1 before for a given opening."""
    payer_before, payer_after, payee_before, payee_after = stated
    says = payer_before.shape[0] > 0
    nets, lowest = np.zeros(outside.shape[0], np.int64), np.zeros(outside.shape[0], np.int64)
    for row in range(amounts.shape[0]):
        source, target, amount = np.int64(sources[row]), np.int64(targets[row]), amounts[row]
        if says and not outside[source]:
            note(payer_before[row], source, nets, opening, known)
        if says and not outside[target]:
            note(payee_before[row], target, nets, opening, known)
        if source != target:
            nets[source] -= amount
            lowest[source] = min(lowest[source], nets[source])
            nets[target] += amount
        if says and not outside[source]:
            note(payer_after[row], source, nets, opening, known)
        if says and not outside[target]:
            note(payee_after[row], target, nets, opening, known)
    for account in range(outside.shape[0]):
        if outside[account]:
            opening[account] = 0
        elif not known[account]:
            opening[account] = -lowest[account]


@apart
def emit(out: Movements, row: Integer, source: Integer, target: Integer, amount: Integer, kind: Integer) -> None:
    rows, sources, targets, amounts, kinds, used = out
    at = used[0]
    if at < rows.shape[0]:
        rows[at], sources[at], targets[at], amounts[at], kinds[at] = row, source, target, amount, kind
    used[0] = at + 1


@apart
def pay(
    out: Movements, balances: Integers, debts: Integers, outside: Bytes, row: Integer, source: Integer,
    target: Integer, amount: Integer, kind: Integer,
) -> None:  # fmt: skip
    """One movement, with what is lent before it and repaid after it."""
    world = outside.shape[0] - 1
    if not outside[source] and source != target:
        if balances[source] < amount:
            lent = amount - balances[source]
            debts[source] += lent
            balances[source] = amount
            emit(out, row, world, source, lent, LENT)
        balances[source] -= amount
    emit(out, row, source, target, amount, kind)
    if not outside[target] and source != target:
        balances[target] += amount
        if debts[target] > 0 and amount > 0:
            repaid = min(debts[target], amount)
            debts[target] -= repaid
            balances[target] -= repaid
            emit(out, row, target, world, repaid, REPAID)


@apart
def compare(
    out: Movements, balances: Integers, debts: Integers, outside: Bytes, row: Integer, account: Integer,
    stated: Integer, adjust: Integer,
) -> Integer:  # fmt: skip
    """Whether a stated balance follows; with `adjust` it is made to."""
    if stated == MISSING or outside[account]:
        return FOLLOWS
    gap = stated - (balances[account] - debts[account])
    if gap == 0:
        return FOLLOWS
    if not adjust:
        return DIFFERS
    world = outside.shape[0] - 1
    if gap > 0:
        pay(out, balances, debts, outside, row, world, account, gap, APPEARED)
    else:
        pay(out, balances, debts, outside, row, account, world, -gap, VANISHED)
    return FOLLOWS


@kernel
def walk(
    sources: Codes, targets: Codes, amounts: Integers, outside: Bytes, stated: Stated, adjust: Integer,
    balances: Integers, debts: Integers, out: Movements,
) -> tuple[Integer, Integer]:  # fmt: skip
    """All movements. `balances` are the openings, those below zero as `debts`; both end as the closing ones. Where a
    stated balance does not follow: its row and its place among the four; else (-1, -1). The last account is outside:
    the world."""
    payer_before, payer_after, payee_before, payee_after = stated
    says = payer_before.shape[0] > 0
    for row in range(amounts.shape[0]):
        source, target = np.int64(sources[row]), np.int64(targets[row])
        if says:
            if compare(out, balances, debts, outside, row, source, payer_before[row], adjust):
                return row, 0
            if compare(out, balances, debts, outside, row, target, payee_before[row], adjust):
                return row, 2
        pay(out, balances, debts, outside, row, source, target, amounts[row], PAYMENT)
        if says:
            if compare(out, balances, debts, outside, row, source, payer_after[row], adjust):
                return row, 1
            if compare(out, balances, debts, outside, row, target, payee_after[row], adjust):
                return row, 3
    return -1, -1
