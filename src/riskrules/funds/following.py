"""The ledger handed to the kernel, and the kernel's memory: it grows as the trace does, to the limit and no further.

The kernel stops where it would need more than it has, and goes on at the same payment once it has been given twice as
much. At a limit it is not given more, and the trace says where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ledger import Ledger
from .result import Entries, Limits, Method

METHOD_NUMBERS: dict[Method, int] = {
    "direct": 0,
    "fifo": 1,
    "lifo": 2,
    "pro_rata": 3,
    "poison": 4,
    "cn_article_8": 5,
    "pari_passu": 3,  # followed in proportion; only the balances at the end are shared out otherwise
}
FIRST_LOTS = 1 << 12
FIRST_ENTRIES = 1 << 12
DONE, LOTS, ENTRIES = range(3)
_STEP = 2
STORE_COLUMNS = 5
"""victims, amounts, hops, brought, rests."""


@dataclass(frozen=True)
class Followed:
    """What the kernel found up to the payment `stop`. `stopped`: DONE, or the limit that it met (LOTS, ENTRIES).
    `holdings`: account, victim, amount, hop of all that is held; `pooled` by account; `swept` by victim."""

    entries: Entries
    stop: int
    stopped: int
    account: NDArray[np.int32]
    victim: NDArray[np.int32]
    amount: NDArray[np.int64]
    hop: NDArray[np.int32]
    balances: NDArray[np.int64]
    pooled: NDArray[np.int8]
    swept: NDArray[np.int64]


def follow(ledger: Ledger, method: Method, limits: Limits, stop: int) -> Followed:
    """Movements [0, stop) of the ledger."""
    from ..kernel import trace_follow

    accounts, victims = len(ledger.accounts) + 1, len(ledger.victims)
    payments = (ledger.source, ledger.target, ledger.amount, ledger.theft, ledger.at)
    balances = ledger.opening.copy()
    pooled = np.zeros(accounts, np.int8)
    state = (balances, np.zeros(accounts, np.int32), pooled, ledger.home, ledger.outside)
    lists: list[Any] = [np.full(accounts + 1, -1, np.int64) for _ in range(2)] + [np.zeros(accounts + 1, np.int64)]
    lots = min(FIRST_LOTS, limits.lots)
    chains: list[Any] = [np.empty(lots, np.int64), np.empty(lots, np.int64)]
    marks = np.array([-1, 0, 0], np.int64)
    store: list[Any] = [np.empty(lots, np.int64) for _ in range(STORE_COLUMNS)]
    places = min(FIRST_ENTRIES, limits.entries)
    journal: list[Any] = [np.empty(places, kind) for kind in _JOURNAL]
    used, swept = np.zeros(1, np.int64), np.zeros(victims, np.int64)
    row, why = 0, DONE
    while True:
        row, why = trace_follow.follow(
            payments, state, (lists[0], lists[1], lists[2], chains[0], chains[1]),
            (marks, store[0], store[1], store[2], store[3], store[4]), _with(journal, used), swept,
            row, stop, METHOD_NUMBERS[method], victims, limits.smallest_minor, limits.hops,
        )  # fmt: skip
        if why == LOTS and len(store[0]) < limits.lots:
            size = min(_STEP * len(store[0]), limits.lots)
            chains, store = [_grown(a, size) for a in chains], [_grown(a, size) for a in store]
        elif why == ENTRIES and len(journal[0]) < limits.entries:
            size = min(_STEP * len(journal[0]), limits.entries)
            journal = [_grown(a, size) for a in journal]
        else:
            break
    count = int(used[0])
    rows, sources, targets, whose, amounts, hops, ways = (column[:count] for column in journal)
    found = _held(lists, chains, store, balances, method, victims, state[1])
    return Followed(
        Entries(rows, sources, targets, whose, amounts, hops, ways), int(row), int(why), *found, balances, pooled, swept
    )


_JOURNAL = (np.int64, np.int32, np.int32, np.int32, np.int64, np.int32, np.int8)


def _with(journal: list[Any], used: NDArray[np.int64]) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    rows, sources, targets, victims, amounts, hops, ways = journal
    return rows, sources, targets, victims, amounts, hops, ways, used


def _grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger


def _held(
    lists: list[NDArray[Any]], chains: list[NDArray[Any]], store: list[NDArray[Any]], balances: NDArray[np.int64],
    method: Method, clean: int, stained: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:  # fmt: skip
    """What each account's list holds for each victim, in order of accounts and victims. All lists are walked at once,
    a lot of each at a step."""
    accounts = np.flatnonzero(stained)
    lots = lists[0][accounts]
    owners, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    while len(lots):
        owners.append(accounts)
        found.append(lots)
        lots = chains[1][lots]
        accounts, lots = accounts[lots >= 0], lots[lots >= 0]
    owner, lot = np.concatenate(owners), np.concatenate(found)
    kept = store[0][lot] != clean
    owner, lot = owner[kept], lot[kept]
    keys, place = np.unique(owner * (clean + 1) + store[0][lot], return_inverse=True)
    amounts, hops = np.zeros(len(keys), np.int64), np.full(len(keys), np.iinfo(np.int32).max, np.int64)
    np.add.at(amounts, place, balances[owner] if method == "poison" else store[1][lot])
    np.minimum.at(hops, place, store[2][lot])
    account, victim = keys // (clean + 1), keys % (clean + 1)
    return account.astype(np.int32), victim.astype(np.int32), amounts, hops.astype(np.int32)
