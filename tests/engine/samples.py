"""A ruleset and a payment that the engine's tests share."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

RULES = """
ruleset sample version 2026.1
  currency CNY
  timezone Asia/Shanghai

source LAW "A law"

field payment.screen_shared yes/no, optional "a remote-control app was open"

param limit_of_day = 5_000 CNY until 2025-12-31, 2_000 CNY from 2026-01-01

list involved of account

window payers_1d = distinct payer.account by payee.account over 24h

rule involved_account
  "The payee is on the police list"
  cites   LAW "Art. 1"
  when    payee.account in involved
  then    reject
  measure suspend payee.account on non_counter for 3d
  responsible payee.account
  tell    payer in en "Do not pay {payee.account}" in zh "请勿付款"

rule large
  "A large amount"
  when    amount > limit_of_day
  then    delay 24h
  responsible payer.account
  tell    payer "This settles in 24 hours"

rule shared_screen
  "Somebody may be watching"
  when    payment.screen_shared else no
  score   40
  responsible payer.account

rule many_payers
  "Many people pay one account"
  when    payers_1d >= 20
  then    hold up to 24h
  responsible payee
  tell    payer "{payers_1d} people paid this account today"

rule drained
  "Most of the balance leaves"
  when    payer.account.balance is known
  and     (amount / payer.account.balance) else 0% >= 90%
  then    verify
  responsible payer.account

bands
  score >= 40 then verify

exempt small
  "Small amounts stay untouched"
  when    amount <= 10.00 CNY
  lifts   all below hold
"""

PAYMENT: dict[str, Any] = {
    "id": "P-1",
    "occurred_at": "2026-06-15T10:00:00+08:00",
    "amount": "100.00",
    "currency": "CNY",
    "channel": "mobile",
    "payer": {"account": {"id": "6222020000001111", "institution": "BANK-A", "balance": "100000.00"}},
    "payee": {"account": {"id": "6228480000002222", "institution": "BANK-B"}},
}


def payment(**changes: Any) -> dict[str, Any]:
    """The sample payment with some paths changed: `payment(payee__account__id="x")`; None takes a key away."""
    event = deepcopy(PAYMENT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = event
        for key in parents:
            part = part.setdefault(key, {})
        if value is None:
            part.pop(last, None)
        else:
            part[last] = value
    return event
