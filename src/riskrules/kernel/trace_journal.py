"""What the kernels of a trace read and write: payments, the state of accounts, the journal of entries.

An entry is one victim's part of one payment; `funds.result.WAYS` says what each way means. Whether the journal
has room is looked at before a payment, never while one is half done.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .compiled import Integer
from .windows_compiled import apart

Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]

THEFT, MOVED, RETURNED, STOLEN_AGAIN, LEFT, LOST = range(6)

Payments: TypeAlias = tuple[Codes, Codes, Integers, Codes, Integers]
"""source, target, amount, theft (a victim, or NONE), time: one a payment."""
Accounts: TypeAlias = tuple[Integers, Codes, Bytes, Codes, Bytes]
"""balances, stained (lots of stolen money), pooled, home (whose account it is, or NONE), outside."""
Journal: TypeAlias = tuple[Integers, Codes, Codes, Codes, Integers, Codes, Bytes, Integers]
"""row, source, target, victim, amount, hop, way of each entry; and how many there are."""


@apart
def write(
    journal: Journal, row: Integer, source: Integer, target: Integer, victim: Integer, amount: Integer, hop: Integer,
    way: Integer,
) -> None:  # fmt: skip
    rows, sources, targets, victims, amounts, hops, ways, used = journal
    at = used[0]
    rows[at], sources[at], targets[at], victims[at] = row, source, target, victim
    amounts[at], hops[at], ways[at] = amount, hop, way
    used[0] = at + 1
