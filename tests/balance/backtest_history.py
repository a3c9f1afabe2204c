"""A made-up history of some thousand payments with a label, a ruleset of every sort of rule, and the figures by hand.

The figures are worked out here from the decisions of `Engine.decide_many` alone, one payment after another, in plain
Python: a second opinion that shares nothing with what it checks but the engine.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

import riskrules as rr
from riskrules.meaning import nodes as n

RULES = """\
ruleset measured version 2026.1
  title    "Measured"
  currency EUR
  timezone Europe/Brussels
  appeal   "Call."

field payment.lot   count, from 0 to 9_999  "drawn for each payment"
field payment.risk  count, from 0 to 100    "how it looks"

window sent_1d = sum amount by payer.account over 24h
window paid_7d = count by payee.account over 7d

rule by_amount
  "Very large"
  when amount > 900.00 EUR
  then hold up to 24h
  responsible payer.account

rule by_window
  "Much in a day"
  when sent_1d > 300.00 EUR
  and  payment.risk > 50
  then delay 2h
  responsible payer.account

rule looks_bad
  "Looks bad"
  when payment.risk >= 90
  score 60
  responsible payer.account

rule looks_odd
  "Looks odd"
  when payment.risk >= 60
  score 30
  responsible payer.account

rule new_shop
  "Hardly anybody paid it"
  when paid_7d <= 3
  score 40
  responsible payer.account

rule trusted_hour
  "At an hour at which nothing happens"
  when payment.lot < 3_000
  score -30

rule ask
  "Asked"
  when amount > 500.00 EUR
  then verify
  responsible payer.account

rule never
  "Never"
  when payment.risk > 99
  and  payment.lot > 9_998
  then reject
  responsible payer.account

exempt soft
  "Small ones are not delayed"
  when amount <= 30.00 EUR
  lifts all below hold

exempt named
  "Lots that are checked elsewhere"
  when payment.lot > 9_000
  lifts by_amount

bands
  score >= 90 then hold
  score >= 60 then delay 12h
  score >= 30 then verify

balance
  segment small where amount <= 100.00 EUR
  segment risky where payment.risk >= 50
  stopped <= 20% of payments
  caught  >= 10% of fraud amount
"""
START = datetime(2026, 1, 20, tzinfo=UTC)
ROWS = 4_000


def history(seed: int = 1, rows: int = ROWS) -> pa.Table:
    """Payments of two months, fraud more often where they look risky."""
    draw = random.Random(seed)
    times = sorted(START + timedelta(seconds=draw.randrange(45 * 86_400)) for _ in range(rows))
    risk = [draw.randrange(101) for _ in range(rows)]
    cents = [int(draw.paretovariate(1.1) * 1_500) % 200_000 + 1 for _ in range(rows)]
    return pa.table(
        {
            "id": [f"P{i}" for i in range(rows)],
            "occurred_at": pa.array(times, pa.timestamp("us", "UTC")),
            "amount": [c / 100 for c in cents],
            "payer.account.id": [f"A{draw.randrange(300)}" for _ in range(rows)],
            "payer.account.institution": ["BANK-A"] * rows,
            "payee.account.id": [f"S{draw.randrange(400)}" for _ in range(rows)],
            "payee.account.institution": ["BANK-B"] * rows,
            "payment.lot": [draw.randrange(10_000) for _ in range(rows)],
            "payment.risk": risk,
            "is_fraud": [int(draw.random() < (0.3 if r > 80 else 0.02)) for r in risk],
        }
    )


def without(rules: rr.Rules, name: str) -> rr.Rules:
    """The same without one rule; an exempt that named it names nothing else."""
    meaning = rules.meaning
    exempts = tuple(replace(e, lifts=tuple(x for x in e.lifts if x != name)) for e in meaning.exempts)
    return rr.Rules(replace(meaning, rules=tuple(r for r in meaning.rules if r.name != name), exempts=exempts))


@dataclass
class ByHand:
    """Counts of payments: all, fraud, stopped, caught, and the money of each in cents; honest people stopped."""

    payments: int = 0
    fraud: int = 0
    stopped: int = 0
    caught: int = 0
    amount: int = 0
    fraud_amount: int = 0
    stopped_amount: int = 0
    caught_amount: int = 0
    people: set[str] = field(default_factory=set)

    def add(self, amount: int, fraud: bool, stopped: bool, payer: str) -> None:
        self.payments += 1
        self.amount += amount
        self.fraud += fraud
        self.fraud_amount += amount * fraud
        self.stopped += stopped
        self.stopped_amount += amount * stopped
        self.caught += fraud and stopped
        self.caught_amount += amount * (fraud and stopped)
        if stopped and not fraud:
            self.people.add(payer)


@dataclass(frozen=True)
class Decided:
    """What the engine said of each payment, beside what it was."""

    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, rules: rr.Rules, table: pa.Table) -> Decided:
        decisions = pa.table(rr.Engine(rules).decide_many(table)).to_pylist()
        were = [{f"was.{k}": v for k, v in row.items()} for row in table.to_pylist()]
        return cls([{**a, **b} for a, b in zip(decisions, were, strict=True)])

    @staticmethod
    def stopped(row: dict[str, Any]) -> bool:
        return n.LEVELS.index(row["action"]) >= n.DELAY

    def by_hand(self, where: Any = lambda row: True) -> ByHand:
        found = ByHand()
        for row in self.rows:
            if where(row):
                cents = round(row["was.amount"] * 100)
                found.add(cents, bool(row["was.is_fraud"]), self.stopped(row), row["was.payer.account.id"])
        return found

    def alone(self, other: Decided) -> Counter[str]:
        """What this stops and the other does not, less the reverse: payments and cents, of honest and of fraud."""
        counts: Counter[str] = Counter()
        for mine, its in zip(self.rows, other.rows, strict=True):
            sign = self.stopped(mine) - self.stopped(its)
            kind = "fraud" if mine["was.is_fraud"] else "honest"
            counts[kind] += sign
            counts[f"{kind}_minor"] += sign * round(mine["was.amount"] * 100)
        return counts
