"""A history of a few thousand payments in which fraud is planted: payers of very different means, and thieves who spend
three to five times what the account usually pays. No single amount tells them apart; its ratio to the mean does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import numpy as np
import pyarrow
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.bool_]

PAYMENTS = 4_000
DAYS = 60
PAYERS = 40
FRAUD = 0.03
NOISE = 0.005
"""Payments that are called fraud and look like any other."""
START = datetime(2026, 1, 1, tzinfo=UTC)

BASE = """ruleset base version 2026.1
  title    "What may be read"
  currency EUR
  timezone UTC
  appeal   "Call."

window mean_30d    = average amount by payer.account over 30d
window number_30d  = count by payer.account over 30d
window largest_30d = max amount by payer.account over 30d
window number_1d   = count by payer.account over 1d

let number_before = number_30d - number_1d

let well_known when
  number_30d >= 5
"""

TUNABLE = """ruleset tunable version 2026.1
  currency EUR
  timezone UTC
  appeal   "Call."

param  times   = 8 tune from 1 to 12
param  enough  = 20 tune from 1 to 30
param  alert   = 900.00 EUR tune from 100 EUR to 5_000 EUR
param  fixed   = 1 EUR

window mean_30d   = average amount by payer.account over 30d
window number_30d = count by payer.account over 30d

rule far_above
  "Far above what this account pays"
  when    amount >= times * (mean_30d else 1_000_000 EUR)
  and     number_30d >= enough
  and     amount >= fixed
  then    hold up to 24h
  responsible payer.account

rule asked_about
  "A question stops nobody"
  when    amount >= alert
  then    verify
  responsible payer.account
"""


def history(seed: int = 1, payments: int = PAYMENTS) -> pyarrow.Table:
    """Payments in order of time, with the column `fraud`."""
    draw = np.random.default_rng(seed)
    seconds = np.sort(draw.integers(0, DAYS * 86_400, payments))
    payer = draw.integers(0, PAYERS, payments)
    means = np.geomspace(10, 2_000, PAYERS)[payer]
    planted = draw.random(payments) < FRAUD
    times = np.where(planted, draw.uniform(3, 5, payments), draw.uniform(0.5, 1.6, payments))
    cents = np.round(means * times * 100).astype(np.int64)
    fraud = planted | (draw.random(payments) < NOISE)
    return pyarrow.table({
        "id": [f"P{i}" for i in range(payments)],
        "occurred_at": [START + timedelta(seconds=int(s)) for s in seconds],
        "amount": [f"{c // 100}.{c % 100:02d}" for c in cents.tolist()],
        "currency": ["EUR"] * payments,
        "payer.account.id": [f"A{p}" for p in payer.tolist()],
        "payer.account.institution": ["BANK"] * payments,
        "fraud": fraud,
    })  # fmt: skip


def fraud_of(table: pyarrow.Table) -> Mask:
    return np.array(table.column("fraud").to_pylist(), np.bool_)


def inside(table: pyarrow.Table, from_us: int | None, until_us: int | None) -> Mask:
    """bool[rows]: payments of a stretch of time."""
    times = [int(t.timestamp() * 1_000_000) for t in table.column("occurred_at").to_pylist()]
    low, high = -(2**62) if from_us is None else from_us, 2**62 if until_us is None else until_us
    return np.array([low <= t < high for t in times], np.bool_)


def relabelled(table: pyarrow.Table, rows: Mask) -> pyarrow.Table:
    """The same payments, of which those of the mask have the opposite label."""
    place = table.column_names.index("fraud")
    return table.set_column(place, "fraud", pyarrow.array(fraud_of(table) ^ rows))
