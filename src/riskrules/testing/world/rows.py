"""Payments before they have happened: columns of one length, said by whoever plans them.

Only what differs between plans is here; all else (the device, the memo, whether the payee was saved) is drawn later
from the manner of the payment, for honest and dishonest ones by the same code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from .growing import Array

Rows: TypeAlias = dict[str, Array]

COLUMNS: dict[str, tuple[str, int]] = {
    "time": ("i8", 0),  # microseconds
    "payer": ("i8", 0),  # accounts
    "payee": ("i8", 0),
    "amount": ("i8", 0),  # minor units
    "merchant": ("i8", -1),
    "manner": ("i2", 0),  # into manners.MANNERS
    "payer_device": ("i8", -1),  # -1: the payer's own
    "payee_device": ("i8", -1),
    "payer_region": ("i1", -1),  # where the payer is, -1: at home
    "memo": ("i2", -1),  # into manners.MEMOS; -1: what the manner says, -2: none
    "chain": ("i8", -1),
    "hop": ("i1", -1),
    "typology": ("i1", -1),
    "lookalike": ("i1", -1),
    "scam": ("i1", -1),
    "role": ("i1", -1),  # the payer's role in the chain
    "plan": ("i8", -1),  # a number of its own, where something depends on it
    "parent": ("i8", -1),  # the plan without which this does not happen
    "refund_of": ("i8", -1),  # the number of the payment that is paid back, -1: of none, or none is named
    "refunds_parent": ("?", 0),  # it pays back its parent, and names it
    "refund_elsewhere": ("?", 0),  # paid back to another account than it came from
    "report_after": ("i8", -1),  # microseconds until it is reported; -1: never
    "seller": ("i8", -1),  # the name of who sells; -1: the merchant's own, -2: none given
    "cancelled": ("?", 0),
}


def make_rows(count: int, **given: Any) -> Rows:
    """`count` rows; what is not given holds its default."""
    rows = {name: np.full(count, default, dtype) for name, (dtype, default) in COLUMNS.items()}
    for name, values in given.items():
        rows[name][:] = values
    return rows


def joined(parts: Iterable[Rows]) -> Rows:
    """All rows of the parts, in their order."""
    held = list(parts)
    return {name: np.concatenate([part[name] for part in held]) for name in COLUMNS} if held else make_rows(0)


def chosen(rows: Rows, which: Array) -> Rows:
    """The rows that a mask or places choose."""
    return {name: column[which] for name, column in rows.items()}
