"""A host's own tests of its policy: what the gateway relies on, for any payment and for any history."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings

import riskrules as rr
from riskrules.testing import check_laws, histories, payments

RULES = rr.load(Path(__file__).with_name("policy.risk"))
LISTS = {"involved": ["6222-1"]}


def test_the_laws_hold():
    check_laws(RULES)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(payments(RULES, lists=LISTS))
def test_who_is_stopped_is_told_why(payment):
    decision = rr.Engine(RULES, lists=LISTS).decide(payment)
    if decision.action >= rr.Action.DELAY:
        assert decision.notices and decision.responsible


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories(RULES, lists=LISTS))
def test_no_account_sends_more_than_its_day_allows(history):
    engine = rr.Engine(RULES, lists=LISTS)
    went, sent = [], {}
    for payment in history:
        if engine.process(payment).action < rr.Action.HOLD:
            went.append(payment)
    for payment in went:
        key = (payment["payer"]["account"]["id"], payment["occurred_at"].date())
        sent[key] = sent.get(key, 0) + payment["amount"]
    assert all(total <= Decimal(5_000) for total in sent.values())
