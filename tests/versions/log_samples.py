"""Rules of every kind, payments and claims for them, and logs of what was decided."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import riskrules as rr
from riskrules.engine.decision import Decision
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog

RULES = """
ruleset logged version 2026.1
  currency CNY
  timezone Asia/Shanghai

source LAW "A law"

list involved of account
list bad_words of text

window payers_1d   = distinct payer.account by payee.account over 24h
window sent_7d     = sum amount by payer.account over 7d
window average_7d  = average amount by payer.account over 7d
window since_last  = time since last by payer.account over 90d

rule involved_account
  "The payee is on the police list"
  cites   LAW "Art. 1"
  when    payee.account in involved
  then    reject
  measure suspend payee.account on non_counter for 3d
  responsible payee.account
  tell    payer in en "Do not pay {payee.account}" in zh "请勿付款"

rule named
  "One account that the rule names"
  when    payee.account = "6228480000003333"
  then    verify
  responsible payee.account

rule large
  "A large amount"
  when    amount > 20_000 CNY
  and     payment.memo is known
  then    delay 24h
  responsible payer.account
  tell    payer "This settles in 24 hours: {payment.memo}"

rule refund
  "The memo speaks of a refund"
  when    payment.memo is known
  and     payment.memo contains "refund"
  score   30
  responsible payer.account

rule prefix
  "A range of accounts"
  when    payee.account starts with "62284"
  score   20
  responsible payer.account

rule many_payers
  "Many people pay one account"
  when    payers_1d >= 4
  then    hold up to 24h
  responsible payee.account

rule far_above
  "Far above the average"
  when    average_7d is known
  and     amount > 3 * average_7d
  and     sent_7d > 1_000 CNY
  then    warn
  tell    payer "You mostly pay {average_7d}."

rule hurried
  "Two within a minute"
  when    since_last is known
  and     since_last < 60s
  score   30
  responsible payer.account

rule drained
  "Most of the balance leaves"
  when    payer.account.balance is known
  and     (amount / payer.account.balance) else 0% >= 90%
  then    verify
  responsible payer.account

bands
  score >= 50 then hold up to 2h
  score >= 30 then verify

exempt small
  "Small amounts stay untouched"
  when    amount <= 10.00 CNY
  lifts   all below hold

liability shared on claim
  "The banks share"
  cites   LAW "Art. 2"
  when    claim.authorised
  loss    claim.loss
  excess  up to 100 CNY
  share   50% payer.account
  share   rest payee.account

rule victim_listed on claim
  "The victim is known"
  when    payee.account is known
  and     payee.account in involved
  then    hold up to 48h
  responsible payee.account
"""

ACCOUNTS = [f"62284800000{number:05d}" for number in range(40)]
INVOLVED = ("6228480000000007", "6228480000000011")
BEGUN = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
SECRET = b"only for the tests of logs......"


def payments(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Payments in order of time: about one in thirty cannot be read."""
    draw = random.Random(seed)
    now = BEGUN
    for number in range(count):
        now += timedelta(seconds=draw.choice((1, 30, 600, 7200)))
        payment: dict[str, Any] = {
            "id": f"P{seed}-{number}",
            "occurred_at": now.isoformat(),
            "amount": f"{draw.choice((5, 100, 900, 21_000, 90_000)) + draw.randrange(100) / 100:.2f}",
            "currency": "CNY",
            "payer": {"account": {"id": draw.choice(ACCOUNTS), "institution": "BANK-A"}},
            "payee": {"account": {"id": draw.choice(ACCOUNTS), "institution": draw.choice(("BANK-B", "BANK-C"))}},
        }
        if draw.random() < 0.3:
            payment["memo"] = draw.choice(("a refund", "rent", "退款 refund"))
        if draw.random() < 0.4:
            payment["payer"]["account"]["balance"] = f"{draw.randrange(1, 100_000)}.00"
        if draw.random() < 1 / 30:
            payment["amount"] = "much"
        yield payment


def claims(count: int, seed: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(seed)
    for number in range(count):
        yield {
            "id": f"C{seed}-{number}",
            "occurred_at": (BEGUN + timedelta(hours=number)).isoformat(),
            "loss": f"{draw.randrange(1, 500_000)}.00",
            "currency": "CNY",
            "authorised": draw.random() < 0.8,
            "victim": {"party": {"id": draw.choice(ACCOUNTS)}},
            "payer": {"account": {"id": draw.choice(ACCOUNTS), "institution": "BANK-A"}},
            "payee": {"account": {"id": draw.choice(ACCOUNTS), "institution": "BANK-B"}},
        }


def rules(text: str = RULES) -> rr.Rules:
    return rr.loads(text, "logged.risk")


def engine(of: rr.Rules | None = None) -> rr.Engine:
    lists = {"involved": INVOLVED, "bad_words": ["rent"]}
    return rr.Engine(of or rules(), lists=lists, on_error="hold")


def decisions(count: int, seed: int, by: rr.Engine | None = None) -> Iterator[Decision]:
    """Decided and recorded, so that windows move; one in twenty a claim."""
    by = by or engine()
    told = claims(count // 20 + 1, seed)
    for number, payment in enumerate(payments(count, seed)):
        yield by.decide(next(told), event="claim") if number % 20 == 19 else by.process(payment)


def written(folder: Path, count: int, seed: int = 1, key: SigningKey | None = None, **options: Any) -> SigningKey:
    """A closed log of so many decisions; the key that signed it."""
    key = key or SigningKey.new()
    with DecisionLog(folder, key=key, secret=SECRET, **options) as log:
        for decision in decisions(count, seed):
            log.append(decision)
    return key
