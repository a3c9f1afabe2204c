"""Twelve faults of twelve kinds in one file: all of them in one run, and nothing that only follows from another."""

from __future__ import annotations

import pytest

from riskrules.checker.ruleset import check_text

TWELVE = """\
ruleset twelve version 2026.1
  title    "Twelve faults"
  currency CNY
  timezone Asia/Shangai

source AFL "Anti-Telecom and Online Fraud Law"

param  everyday = 1_000 CNY until 2026-06-30, 2_000 CNY from 2026-07-15
param  large    = 50,000 CNY

list   involved of acount

window payers_1d = distinct payer.account by payee.account over 24 h
window sent_24h  = sum amount by payer.account over 24h

let busy    when sent_24h > large and payers_1d > 5
let known   = payee.party.age else 0 CNY
let circle  when none of (circle, amount > everyday)

rule involved_payee
  "The payee is on the police list"
  cites   LAW "Art. 18"
  when    payee.account in involved
  then    hold
  responsible payee.account
  tell    payer "Do you know the payee, who was paid {payers_1d} times?"

rule old_payee
  "An older person is paid"
  when    payee.party.age >= 60
  then    warn

rule busy_account
  "A busy account is paid"
  when    busy
  and     known > 3
  then    warn

rule strong
  "Much money at once"
  when    amount > large or sent_24h > large
  then    reject
  responsible payee.account

exempt small
  "Small payments"
  when    amount <= everyday
  and     none of (circle, sent_24h > 5 USD)
  lifts   strong
  lifts   involved_payees

bands
  score >= 40 then verify
  score >= 80 then hold
"""
FAULTS = [
    ("unknown-timezone", 4),
    ("param-gap", 8),
    ("comma-in-number", 9),
    ("unknown-kind", 11),
    ("unexpected-word", 13),
    ("unlike-kinds", 17),
    ("let-in-a-circle", 18),
    ("unknown-source", 22),
    ("may-be-missing", 30),
    ("no-or", 41),
    ("unlike-currencies", 48),
    ("unknown-rule", 50),
]


def found(text: str) -> list[tuple[str, int]]:
    return [(d.code, d.line) for d in check_text(text).diagnostics]


def test_all_faults_and_nothing_else() -> None:
    """Faults of the syntax and of the meaning, in different blocks: each is reported once, where it is."""
    assert len(FAULTS) == len(MENDED) == 12
    assert found(TWELVE) == FAULTS


MENDED = [
    ("Asia/Shangai", "Asia/Shanghai"),
    ("2026-07-15", "2026-07-01"),
    ("50,000", "50_000"),
    ("acount", "account"),
    ("24 h", "24h"),
    ("else 0 CNY", "else 0"),
    ("none of (circle, amount", "none of (channel = atm, amount"),
    ("cites   LAW", "cites   AFL"),
    ("payee.party.age >= 60", "payee.party.age is known and payee.party.age >= 60"),
    (" or ", " and "),
    ("5 USD", "5 CNY"),
    ("involved_payees", "involved_payee"),
]


@pytest.mark.parametrize("fault", range(len(MENDED)))
def test_mending_one_leaves_the_others(fault: int) -> None:
    """Each fault is gone when it is mended, and hides or causes none of the others."""
    assert found(_mended(TWELVE, fault)) == [x for i, x in enumerate(FAULTS) if i != fault]


@pytest.mark.parametrize("fault", range(len(MENDED)))
def test_a_fault_alone(fault: int) -> None:
    """Each fault is the only error of a file in which the others are mended."""
    text = TWELVE
    for other in range(len(MENDED)):
        if other != fault:
            text = _mended(text, other)
    assert [(d.code, d.line) for d in check_text(text).errors] == [FAULTS[fault]]


def _mended(text: str, fault: int) -> str:
    wrong, right = MENDED[fault]
    before, after = text.rsplit(wrong, 1)
    return before + right + after


def test_a_slip_hides_nothing_in_its_own_rule() -> None:
    """A rule with a slip in one clause still tells what is wrong with its other clauses, and so does a head."""
    text = """ruleset slips
  currency RMB
  timezone Beijing

rule a
  "a"
  cites N99 "item 1"
  when amount > 5 CNY;
  then hold

rule b
  "b"
  when payee.acount.age < 30
  and payment.memo = USDT
  and payment.in_call = true
  then hold 24h
  measure suspnd payee.account
"""
    found = [(d.code, d.line) for d in check_text(text).errors]
    assert found == [
        ("unexpected-word", 1),
        ("unknown-currency", 2),
        ("unknown-timezone", 3),
        ("no-responsible", 5),
        ("unknown-source", 7),
        ("unknown-sign", 8),
        ("unknown-name", 13),
        ("upper-case-name", 14),
        ("unknown-name", 15),
        ("hold-needs-up-to", 16),
        ("unknown-measure", 17),
    ]
