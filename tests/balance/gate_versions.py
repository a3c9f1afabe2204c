"""Versions of one ruleset that differ in whom they stop, and histories from seeds, for the error rates of the gate.

Every payment has a lot, drawn evenly from ten thousand and knowing nothing of fraud or people. So a version that stops
other lots, as many, is exactly as good as the one before, and nothing but chance moves its figures; one that stops
thirty lots more of one segment stops 0.3% more of it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import riskrules as rr
from riskrules.balance.gating import Gate

_RULES = """\
ruleset gated version {version}
  title    "Gated"
  currency EUR
  timezone Europe/Brussels
  appeal   "Call."

field payment.lot count, from 0 to 9_999 "drawn for each payment"

rule by_lot
  "Some lots"
  when payment.lot >= {low}
  and  payment.lot < {high}
  then hold up to 24h
  responsible payer.account
{more}
balance
  segment elderly where payer.party.age else 0 >= 60
  segment small   where amount <= 50.00 EUR
  stopped <= 5% of payments
"""
_QUIET = """
rule quietly
  "A little more of the elderly"
  when payer.party.age else 0 >= 60
  and  payment.lot < 30
  then hold up to 24h
  responsible payer.account
"""
OLD = _RULES.format(version="2026.1", low=100, high=300, more="")
NO_WORSE = _RULES.format(version="2026.2", low=300, high=500, more="")
WORSE = _RULES.format(version="2026.3", low=100, high=300, more=_QUIET)
ROWS = 40_000
FRAUD = 0.02


def history(seed: int, rows: int = ROWS) -> pa.Table:
    """A quarter of the payments is by people of sixty and more; 2% are fraud."""
    draw = np.random.default_rng(seed)
    ages = np.where(draw.random(rows) < 0.25, draw.integers(60, 95, rows), draw.integers(18, 60, rows))
    times = np.sort(draw.integers(0, 30 * 86_400, rows)) + 1_767_225_600
    return pa.table(
        {
            "id": [f"P{i}" for i in range(rows)],
            "occurred_at": pa.array(times * 1_000_000, pa.timestamp("us", "UTC")),
            "amount": np.round(draw.lognormal(4, 1, rows) + 0.01, 2),
            "payer.account.id": [f"A{i}" for i in draw.integers(0, rows // 4, rows)],
            "payer.account.institution": ["BANK-A"] * rows,
            "payer.party.age": ages,
            "payment.lot": draw.integers(0, 10_000, rows),
            "is_fraud": draw.random(rows) < FRAUD,
        }
    )


def judged(new: rr.Rules, old: rr.Rules, seed: int, error_rate: float = 0.01, rows: int = ROWS) -> Gate:
    """The gate's answer on the history of a seed."""
    return rr.gate(new, history(seed, rows), label="is_fraud", against=old, error_rate=error_rate)
