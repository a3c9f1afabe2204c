"""What each victim may claim of each account, from the journal of a trace: what was brought in, and how low it sank.

Both begin again when the account is empty: money that has all left gives no claim on what comes later. `lowest` is
the lowest intermediate balance: each sum that comes in adds to it, and each payment out cuts it down to what is left in
the account, so that money which the holder pays in afterwards does not fill it up again.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .compiled import Integer, kernel

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Pairs: TypeAlias = tuple[Integers, Integers, Integers]
"""first pair of each account (one more at the end), and by pair (account and victim): brought, lowest."""


@kernel
def claims(
    sources: Codes, targets: Codes, amounts: Integers, outside: Bytes, balances: Integers,
    entry_rows: Integers, entry_pairs: Integers, entry_amounts: Integers, pairs: Pairs, own: Integers, stop: Integer,
) -> None:  # fmt: skip
    """Payments [0, stop). `balances`: the openings, and then the balances at `stop`. Entries in order of rows, each
    with the pair it adds to (an amount below zero where the money did not stay). `own`: of each account, what came in
    that is no victim's, its opening with it."""
    first, brought, lowest = pairs
    entry, entries = 0, entry_rows.shape[0]
    for row in range(stop):
        source, target, amount = sources[row], targets[row], amounts[row]
        if amount == 0 or source == target:
            continue
        if not outside[source]:
            balance = balances[source] - amount
            balances[source] = balance
            for pair in range(first[source], first[source + 1]):
                lowest[pair] = min(lowest[pair], balance)
                if balance == 0:
                    brought[pair] = 0
            if balance == 0:
                own[source] = 0
        if outside[target]:
            continue
        balances[target] += amount
        own[target] += amount
        while entry < entries and entry_rows[entry] < row:
            entry += 1
        while entry < entries and entry_rows[entry] == row:
            pair = entry_pairs[entry]
            brought[pair] += entry_amounts[entry]
            lowest[pair] += entry_amounts[entry]
            own[target] -= entry_amounts[entry]
            entry += 1
