"""A ruleset with every kind of window, and payments for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

RULES = """
ruleset windows version 2026.11
  title    "What the engine tests of windows"
  currency CNY
  timezone Asia/Shanghai

window payers_1d   = distinct payer.account by payee.account over 24h
window received_1h = sum amount by payee.account over 1h
window sent_today  = sum amount by payer.account over this day
window average_7d  = average amount by payer.account over 7d
window attempts    = count by payer.account over 1h where status in (failed, cancelled)
window reported    = count on report by payee.account over 30d
window since_last  = time since last by (payer.account, payee.account) over 90d
window largest     = max amount by payer.account over 30d

rule many_strangers
  "Many people pay one account"
  when    payers_1d >= 3
  then    hold up to 24h
  responsible payee.account
  tell    payer "{payers_1d} people paid this account."

rule passes_on
  "Sends on what just came in"
  when    received_1h of payer.account >= 1_000 CNY
  and     amount >= 80% * received_1h of payer.account
  then    verify
  responsible payer.account

rule day_limit
  "Too much in a day"
  when    sent_today + amount > 5_000 CNY
  then    reject
  responsible payer.account

rule unusual
  "Far above the average"
  when    average_7d is known
  and     amount > 3 * average_7d
  then    warn
  tell    payer "You mostly pay {average_7d}."

rule tries
  "Failed again and again"
  when    attempts >= 2
  then    verify
  responsible payer.account

rule known_bad
  "Reported before"
  when    reported >= 1
  then    hold
  responsible payee.account

rule first_time
  "Never paid before"
  when    since_last is missing
  and     amount > 2_000 CNY
  then    warn

rule beyond_largest
  "More than ever"
  when    largest is known
  and     amount > 2 * largest
  then    warn
"""
START = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def payment(number: int, payer: str = "a", payee: str = "b", amount: str = "100.00", **more: Any) -> dict[str, Any]:
    when = START + timedelta(minutes=more.pop("minutes", number))
    return {
        "id": f"p{number}", "occurred_at": when, "amount": amount, "currency": "CNY", "channel": "mobile",
        "payer": {"account": {"id": payer, "institution": "BANK-A"}},
        "payee": {"account": {"id": payee, "institution": "BANK-B"}},
        **more,
    }  # fmt: skip
