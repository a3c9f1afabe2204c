"""Rulesets with a rule that treats more money more softly, each in another way, among rules that do not.

What is planted hangs on the amount and on one other field, so two fields are what a counterexample may have. The rules
around it rise with the amount, or do not read it, and act less hard than what is planted.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LAW = 'law "more money is never treated more softly"\n  action never falls as amount rises\n'
HEAD = """ruleset planted version 2026.1
  currency CNY
  timezone Asia/Shanghai
  appeal "Call."

field payment.remote yes/no, optional "a remote-control app was open"
field payee.days_traded count, from 0 to 40_000, optional "days with at least one trade"
list  involved of account
param bound = {low} CNY until 2026-01-31, {bound} CNY from 2026-02-01
window payers_1d   = distinct payer.account by payee.account over 24h
window payments_1d = count by payee.account over 24h
window received_1h = sum amount by payee.account over 1h
window mean_7d     = average amount by payer.account over 7d
"""

OTHERS: dict[str, tuple[str, str]] = {
    "payee.account.age": ("payee.account.age < 90d", "payee.account.age"),
    "payment.remote": ("payment.remote else no", "payment.remote"),
    "channel": ("channel = counter", "channel"),
    "list": ("payee.account in involved", "involved"),
    "payers_1d": ("payers_1d >= 20", "payers_1d"),
    "text": ('(payment.memo else "-") contains "loan"', "payment.memo"),
    "country": ('(payee.party.country else "CN") = "VU"', "payee.party.country"),
    "days": ("(payee.days_traded else 100) < 30", "payee.days_traded"),
    "average": ("(mean_7d else 0 CNY) > 70 CNY", "mean_7d"),
    "balance": ("(payer.account.balance else 0 CNY) < -5 CNY", "payer.account.balance"),
    "hour": ("hour >= 23", "occurred_at"),
}
"""By name: a condition that the harmless payment does not meet, and the slot, or the list, that it takes."""

PLANTED = 'rule planted\n  "Planted"\n  when {other}\n  '
ABOVE = 'rule planted_above\n  "Planted above"\n  when {other}\n  '

PLANTS: dict[str, str] = {
    "an upper bound": PLANTED + "and amount < {bound} CNY\n  then hold",
    "a dated bound": PLANTED + "and amount <= bound\n  then hold",
    "an unless": PLANTED + "unless amount >= {bound} CNY\n  then hold",
    "an exact amount": PLANTED + "and amount = {bound} CNY\n  then hold",
    "none of": PLANTED + "and none of (amount > {bound} CNY, amount = 1 CNY)\n  then hold",
    "arithmetic": PLANTED + "and amount * 3 - 7 CNY < {bound} CNY\n  then hold",
    "a let": "let small when amount < {bound} CNY\n\n" + PLANTED + "and small\n  then hold",
    "an exempt": (
        PLANTED + "then hold\n{duty}\n\n"
        'exempt large_ones\n  "Large ones"\n  when amount >= {bound} CNY\n  lifts planted'
    ),
    "a weaker rule above": (
        PLANTED + "and amount < {bound} CNY\n  then hold\n{duty}\n\n"
        + ABOVE + "and amount >= {bound} CNY\n  then delay 48h"
    ),
    "a shorter hold": (
        PLANTED + "and amount < {bound} CNY\n  then hold up to 48h\n{duty}\n\n" + ABOVE + "then hold up to 24h"
    ),
    "a score that is taken away": (
        PLANTED + "score 50\n{duty}\n\n"
        'rule planted_less\n  "Planted less"\n  when amount > {bound} CNY\n  score -20\n\n'
        "bands\n  score >= 50 then hold"
    ),
}  # fmt: skip
"""By name: what is planted. In `hold` and what is like it, its last rule gets its duty."""

DUTY = "  responsible payee.account"
FILLERS = (
    "amount > {a} CNY",
    "amount >= {a} CNY\n  and channel = online",
    "amount > {a} CNY\n  and payers_1d >= {b}",
    "payments_1d > {b}\n  and payee.account.age < {c}d",
    "received_1h + amount > {a} CNY\n  unless payee.merchant is known",
    "amount * 2 > {a} CNY\n  and payment.remote else no",
    "payee.party.type = person\n  and payee.account.age < {c}d",
    "any of (amount > {a} CNY, payers_1d > {b})\n  and payer.party.age is known\n  and payer.party.age > 60",
)


@dataclass(frozen=True)
class Planted:
    """`fields`: the slots that a counterexample may have."""

    text: str
    plant: str
    other: str
    fields: frozenset[str]


def planted(seed: int, fillers: int = 8) -> Planted:
    """A ruleset of so many rules around what is planted."""
    r = random.Random(seed)
    plant, other = list(PLANTS)[seed % len(PLANTS)], r.choice(list(OTHERS))
    condition, slot = OTHERS[other]
    bound = r.choice((50, 800, 1_000, 4_999, 60_000))
    text = HEAD.format(low=bound - 20, bound=bound) + "\n"
    text += PLANTS[plant].format(other=condition, bound=bound, duty=DUTY) + "\n"
    if "bands" not in PLANTS[plant] and "exempt" not in PLANTS[plant]:
        text += DUTY + "\n"
    text += surroundings(r, fillers) + "\n" + LAW
    return Planted(text, plant, other, frozenset({"amount", slot}))


def monotone(seed: int, fillers: int = 8) -> str:
    """A ruleset that keeps the law."""
    r = random.Random(seed)
    return HEAD.format(low=10, bound=20) + surroundings(r, fillers) + "\n" + LAW


def surroundings(r: random.Random, fillers: int) -> str:
    found = ""
    for i in range(fillers):
        when = r.choice(FILLERS).format(a=r.choice((10, 900, 5_000, 70_000)), b=r.randint(1, 30), c=r.randint(1, 200))
        then = r.choice(("warn", "verify", "delay 24h"))
        found += f'\nrule filler_{i}\n  "Filler {i}"\n  when {when}\n  then {then}\n{DUTY if then != "warn" else ""}\n'
    return found
