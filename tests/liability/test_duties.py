"""Whose institution has a duty, until when, and what the customer is owed with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import riskrules as rr
from riskrules.base.resources import folder
from riskrules.checker.ruleset import check_text

SHIPPED = sorted(p.relative_to(folder("rulesets")).as_posix() for p in folder("rulesets").rglob("*.risk"))
WITHOUT_DUTIES = {"cards/chargebacks.risk", "gb/app_reimbursement.risk"}
"""Rulesets that only say who bears a loss."""

RULES = """ruleset duties version 2026.1
  currency CNY
  timezone Asia/Shanghai
  calendar "CN"
  appeal   in zh "请致电{payee.account.institution}" in en "Call {payee.account.institution}"

rule large
  "A large amount"
  when    amount > 50_000 CNY
  then    hold up to 24h
  responsible payee.account within 30m
  reason  in zh "金额 {amount} 转到 {payee.account}" in en "{amount} to {payee.account} is far more than usual"
  tell    payer "Your payment waits."

  test "a large amount"
    given  amount = 50_000.01 CNY
    expect hold up to 24h, responsible payee.account within 30m, no measure, tell payer,
           none of (measure suspend payee.account, tell payee, responsible payee.account within 1h)

rule at_a_merchant
  "Much at one merchant"
  when    payee.merchant is known
  and     amount > 10_000 CNY
  then    verify
  responsible payee within 2 business days
  appeal  "Ask the shop"

  test "a merchant"
    given  payee.merchant = "M1", amount = 10_000.01 CNY
    expect verify, responsible payee.merchant within 2 business days, responsible payee

  test "no merchant"
    given  amount = 10_000.01 CNY, payee.merchant is missing
    expect allow, no responsible, no tell

rule slow_claim on claim
  "Somebody looks at a large claim"
  when    claim.loss > 10_000 CNY
  and     payer.account is known
  then    hold
  responsible payer.account within 3 business days at most 10 business days
  appeal  "Write to us"
"""


def payment(**changed: Any) -> dict[str, Any]:
    return {
        "id": "P-1",
        "occurred_at": "2026-09-29T10:00:00+08:00",
        "amount": "60000.00",
        "payee": {"account": {"id": "6222000000001234", "institution": "BANK-B"}},
        **changed,
    }


def claim(**changed: Any) -> dict[str, Any]:
    return {
        "id": "C-1",
        "occurred_at": "2026-06-20T04:00:00Z",
        "reported_at": "2026-06-15T04:00:00Z",
        "loss": "10000.01",
        "payer": {"account": {"id": "6222000000009999", "institution": "BANK-A"}},
        **changed,
    }


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(rr.loads(RULES))


def test_a_duty_is_whole(engine: rr.Engine) -> None:
    """Institution, its role, the time and its end, the reason and the appeal, in the ruleset's language and in all."""
    (duty,) = engine.decide(payment()).duties
    assert (duty.instrument, duty.id, duty.rule) == ("payee.account", "6222000000001234", "large")
    assert (duty.institution, duty.role) == ("BANK-B", "account-servicing bank")
    assert duty.within == "within 30m"
    assert duty.due is not None
    assert duty.due.isoformat() == "2026-09-29T02:30:00+00:00"
    assert duty.reason == "60_000.00 CNY to …1234 is far more than usual"
    assert duty.appeal == "Call BANK-B"
    assert dict(duty.reasons)["zh"] == "金额 60_000.00 CNY 转到 …1234"
    assert dict(duty.appeals) == {"zh": "请致电BANK-B", "en": "Call BANK-B"}


def test_each_rule_has_its_own_duty(engine: rr.Engine) -> None:
    """A merchant's acquirer beside an account's bank; a rule's own appeal stands for the ruleset's, and its title is
    the reason where it gives none. Holidays are not counted, nor is a weekend that is worked left out."""
    merchant = {
        "account": {"id": "6222000000001234", "institution": "BANK-B"},
        "merchant": {"id": "M1", "acquirer": "ACQ"},
    }
    decision = engine.decide(payment(payee=merchant))
    assert decision.fired == ("large", "at_a_merchant")
    bank, acquirer = decision.duties
    assert (bank.role, acquirer.role) == ("account-servicing bank", "acquirer")
    assert (acquirer.institution, acquirer.reason, acquirer.appeal) == ("ACQ", "Much at one merchant", "Ask the shop")
    assert acquirer.due is not None
    assert acquirer.due.isoformat() == "2026-10-08T16:00:00+00:00"
    assert decision.responsible == ("payee.account=BANK-B", "payee.merchant=ACQ")


def test_a_claims_time_runs_from_its_report(engine: rr.Engine) -> None:
    """And stands still while its clock does, up to the most that the rule allows."""
    stopped = {"clock_stopped_days": 2}
    dues = [engine.decide(claim(**x), event="claim").duties[0].due for x in ({}, stopped, {"clock_stopped_days": 90})]
    assert [d.isoformat()[:10] for d in dues if d] == ["2026-06-18", "2026-06-23", "2026-06-30"]


def test_who_is_not_stopped_is_owed_nothing(engine: rr.Engine) -> None:
    """A payment that no rule minds has no duties."""
    decision = engine.decide(payment(amount="5.00"))
    assert (decision.duties, decision.responsible) == ((), ())


def test_no_text_shows_an_account_in_full(engine: rr.Engine) -> None:
    """Neither a duty's text, nor its representation, nor the reasons, nor the JSON."""
    decision = engine.decide(payment())
    told = json.loads(decision.to_json())
    (duty,) = told["duties"]
    assert duty["id"] == "…1234"
    assert (duty["due"], duty["role"]) == ("2026-09-29T02:30:00Z", "account-servicing bank")
    assert duty["reasons"]["en"] == duty["reason"]
    texts = (decision.to_json(), repr(decision.duties), str(decision.why()), repr(decision))
    assert not any("6222000000001234" in text for text in texts)


def test_why_tells_what_is_owed(engine: rr.Engine) -> None:
    """Who, in which role, until when; the reason where the rule gives one; the appeal."""
    text = str(engine.decide(payment()).why())
    who = "payee.account (…1234): BANK-B, account-servicing bank, within 30m, before 2026-09-29T02:30:00Z"
    assert f"responsible  {who}" in text
    assert "reason       60_000.00 CNY to …1234" in text
    assert "appeal       Call BANK-B" in text


def test_a_year_that_the_calendar_lacks_is_an_error(engine: rr.Engine) -> None:
    """Said when the payment is decided, and only where the day is needed: none is worked out from half the dates."""
    merchant = {"account": {"id": "1", "institution": "BANK-B"}, "merchant": {"id": "M1", "acquirer": "ACQ"}}
    late = payment(occurred_at="2099-03-02T10:00:00+08:00")
    assert engine.decide(late).duties[0].within == "within 30m"
    with pytest.raises(rr.PaymentError, match="the calendar `CN` does not have the year 2099") as caught:
        engine.decide({**late, "payee": merchant})
    assert (caught.value.field, caught.value.kind) == ("occurred_at", "no-calendar")


def test_an_engine_without_its_calendar_does_not_start() -> None:
    """A calendar that nobody keeps is told before the first payment."""
    with pytest.raises(ValueError, match="nobody keeps a calendar for `XX`"):
        rr.Engine(rr.loads(RULES.replace('"CN"', '"XX"')))


def test_saved_rules_of_a_later_year_load(tmp_path: Path) -> None:
    """What the calendar does not know yet is said when it is asked for, and not of the file."""
    later = rr.loads(RULES.replace("  appeal   in", "  in force from 2098-01-01\n  appeal   in"))
    later.save(tmp_path / "later.bin")
    assert rr.load(tmp_path / "later.bin").fingerprint == later.fingerprint


def test_an_institution_that_is_not_named_is_refused(engine: rr.Engine) -> None:
    """An account without its bank is no event to decide; a host that must answer gets a degraded decision, in which no
    rule has spoken and nobody has a duty."""
    nameless = payment(payee={"account": {"id": "6222000000001234"}})
    with pytest.raises(rr.PaymentError) as caught:
        engine.decide(nameless)
    assert caught.value.field == "payee.account.institution"
    held = rr.Engine(engine.rules, on_error="hold").decide(nameless)
    assert (str(held.action), held.duties) == ("hold", ())
    assert "payee.account.institution" in held.degraded[0]


def test_saved_rules_have_the_same_duties(engine: rr.Engine, tmp_path: Path) -> None:
    """A duty's time and texts are part of what is saved, and of the fingerprint."""
    engine.rules.save(tmp_path / "duties.bin")
    again = rr.Engine(rr.load(tmp_path / "duties.bin"))
    assert again.decide(payment()).duties == engine.decide(payment()).duties
    changed = [
        RULES.replace("within 30m\n", "within 31m\n"),
        RULES.replace("at most 10", "at most 11"),
        RULES.replace("far more than usual", "more than usual"),
        RULES.replace("Ask the shop", "Ask the bank"),
        RULES.replace('in en "Call {', 'in en "Ask {'),
    ]
    assert len({rr.loads(t).fingerprint for t in [RULES, *changed]}) == 1 + len(changed)


def test_an_appeal_means_the_same_wherever_it_stands() -> None:
    """In the ruleset's head, or written out in each rule."""
    head = "ruleset x version 2026.1\n  currency CNY\n"
    rule = 'rule r\n  "r"\n  when amount > 5 CNY\n  then verify\n  responsible payee.account\n'
    above = rr.loads(f'{head}  appeal "Call us"\n{rule}')
    inside = rr.loads(f'{head}{rule}  appeal "Call us"\n')
    assert above.fingerprint == inside.fingerprint


def test_inline_tests_pass_and_can_fail() -> None:
    """A time that differs, and what shall not be and is, are each told."""
    assert [r.failures for r in rr.run_tests(rr.loads(RULES))] == [()] * 3
    wrong = RULES.replace("payee.account within 30m, no measure, tell payer", "payee.account within 24h, no tell")
    wrong = wrong.replace("tell payee, responsible payee.account within 1h", "tell payer, responsible payee.account")
    first = rr.run_tests(rr.loads(wrong))[0]
    assert first.failures == (
        "expected responsible payee.account within 24h, got payee.account, payee.account within 30m",
        "expected no tell, got payer",
        "expected no tell payer, and there is one",
        "expected no responsible payee.account, and there is one",
    )


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ('  calendar "CN"\n', "", "no-calendar"),
        ("{amount} to {payee.account}", "{amont} to {payee.account}", "unknown-name"),
        ("{amount} to {payee.account}", "{payer.wallet} to {payee.account}", "may-be-missing"),
        ("Call {payee.account.institution}", "Call {payee.account.instituton}", "unknown-name"),
        ('"Ask the shop"', '""', "empty-text"),
        ("  responsible payee.account within 30m\n", "", "no-responsible"),
        ("within 30m\n", "within 30m\n  responsible payee.account\n", "said-twice"),
        ("within 30m\n", "within 0m\n", "not-a-whole-number"),
    ],
)
def test_slips_are_found(before: str, after: str, code: str) -> None:
    """What would leave a duty without its time, its text or its bearer does not check."""
    assert RULES.count(before) == 1 or before.startswith("within")
    assert code in {d.code for d in check_text(RULES.replace(before, after, 1)).errors}


def test_an_appeal_is_asked_for() -> None:
    """Where a rule bears on a customer and nothing says whom to turn to; where it is said in vain, that is said too."""
    without = "\n".join(line for line in RULES.splitlines() if not line.startswith("  appeal"))
    assert {d.code for d in check_text(without).diagnostics} == {"no-appeal"}
    head = 'ruleset x version 2026.1\n  currency CNY\n  appeal "Call us"\n'
    lone = f'{head}rule r\n  "r"\n  when amount > 5 CNY\n  then warn\n'
    assert [d.code for d in check_text(lone).diagnostics] == ["unused"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_name_who_has_the_duty(name: str) -> None:
    """In the inline tests of a shipped ruleset every decision above warn, and every measure, comes with an institution,
    its role, a reason and an appeal."""
    seen = 0
    for result in rr.run_tests(rr.load(folder("rulesets") / name)):
        decision = result.decision
        if decision.action > rr.Action.WARN or decision.measures:
            seen += 1
            assert decision.duties, result.name
            assert all(d.institution != "unknown" and d.role and d.reason and d.appeal for d in decision.duties)
    assert seen or name in WITHOUT_DUTIES
