"""Hypothesis strategies: what they give fits the engine, stands near the thresholds, moves the windows, and shrinks."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

import riskrules as rr
from riskrules.testing import LawWarning, check_laws, histories, payments

EXAMPLE = Path(__file__).with_name("worked_example")
RULES = rr.loads(
    """ruleset host version 2026.1
  currency CNY
  timezone Asia/Shanghai
  appeal "Call."

list   involved of account
window payers_1d = distinct payer.account by payee.account over 24h
window mobile_1h = sum amount by payer.account over 1h where channel = mobile
window mean_7d   = average amount by payer.account over 7d

rule listed
  "Listed"
  when payee.account in involved
  then reject
  responsible payee.account

rule large
  "Large"
  when amount > 5_000 CNY
  unless payee.merchant is known
  then hold up to 24h
  responsible payer.account

rule young
  "Young"
  when payee.account.age < 90d
  and (payment.memo else "-") contains "loan"
  then delay 24h
  responsible payee.account

rule many_payers
  "Many payers"
  when payers_1d >= 2
  then verify
  responsible payee.account

rule much_by_mobile
  "Much by mobile"
  when mobile_1h > 100 CNY
  then warn

rule above_the_usual
  "Above the usual"
  when mean_7d is known
  and amount > 2 * mean_7d
  then warn
"""
)
LISTS = {"involved": ["6222-1", "6222-2"]}
MANY = settings(
    max_examples=250, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def each(strategy: Any, body: Callable[[Any], None], examples: int = 250) -> None:
    """The body for so many examples, the same in every run."""
    settings(MANY, max_examples=examples)(given(strategy)(body))()


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(RULES, lists=LISTS)


def test_payments_fit_and_stand_near_what_the_rules_compare_with(engine: rr.Engine) -> None:
    """None is refused; each rule without a window fires in one of twenty at least; most amounts are at a threshold or
    one fen beside it, or harmless; what may be missing is missing often, and known often."""
    seen: Counter[str] = Counter()

    def body(payment: dict[str, Any]) -> None:
        decision = engine.decide(payment)
        seen.update(("all", *decision.fired))
        seen["beside"] += payment["amount"] * 100 in (10_000, 499_999, 500_000, 500_001)
        seen["merchant"] += "merchant" in payment["payee"]
        seen["harmless"] += not decision.fired

    each(payments(RULES, lists=LISTS), body)
    assert min(seen[name] for name in ("listed", "large", "young", "harmless")) >= seen["all"] / 20, seen
    assert seen["beside"] > seen["all"] / 2, seen
    assert seen["all"] / 20 < seen["merchant"] < 0.9 * seen["all"], seen


def test_histories_are_in_order_and_move_the_windows() -> None:
    """Every payment can be recorded, each under an id of its own, none before the one before it; the rules on windows
    fire in one of fifty payments at least."""
    seen: Counter[str] = Counter()

    def body(history: list[dict[str, Any]]) -> None:
        engine = rr.Engine(RULES, lists=LISTS)
        moments = [payment["occurred_at"] for payment in history]
        assert moments == sorted(moments)
        assert len({payment["id"] for payment in history}) == len(history)
        for payment in history:
            decision = engine.decide(payment)
            assert engine.record(payment)
            assert not decision.degraded
            seen.update(("all", *decision.fired))

    each(histories(RULES, lists=LISTS, most=12), body, examples=60)
    assert min(seen[x] for x in ("many_payers", "much_by_mobile", "above_the_usual")) >= seen["all"] / 50, seen


def test_a_failure_is_shrunk_to_what_matters(engine: rr.Engine) -> None:
    """The payment that is left is the harmless one but for the amount."""
    quiet = settings(max_examples=500, database=None, derandomize=True)
    held = find(payments(RULES, lists=LISTS), lambda p: engine.decide(p).act == "hold up to 24h", settings=quiet)
    harmless = find(payments(RULES, lists=LISTS), lambda p: True, settings=quiet)
    assert held["amount"] > 5_000
    assert {**held, "amount": 0} == {**harmless, "amount": 0}


def test_what_no_strategy_can_give_is_refused() -> None:
    """A history that is too long, or shorter than its least; and what never happens is not found."""
    for least, most in ((0, 201), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="a history has from 0 to 200 payments"):
            histories(RULES, least=least, most=most)
    with pytest.raises(ValueError, match="at least one account"):
        histories(RULES, keys=0)
    with pytest.raises(NoSuchExample):
        find(payments(RULES), lambda p: "6222-1" in str(p), settings=settings(max_examples=50, database=None))


def worked_example(folder: Path) -> ModuleType:
    """The example's test module, read from the folder."""
    spec = importlib.util.spec_from_file_location("worked_example_policy", folder / "test_policy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_worked_example_holds() -> None:
    """A host's test module and its policy: each of its tests passes."""
    module = worked_example(EXAMPLE)
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        test()


def test_the_worked_example_can_fail(tmp_path: Path) -> None:
    """A limit that looks at the payment alone lets an account send more than its day allows."""
    for name in ("policy.risk", "test_policy.py"):
        (tmp_path / name).write_text((EXAMPLE / name).read_text("utf-8"), "utf-8")
    policy = tmp_path / "policy.risk"
    policy.write_text(policy.read_text("utf-8").replace("paid_1d + amount >", "amount >"), "utf-8")
    module = worked_example(tmp_path)
    with pytest.raises(AssertionError):
        module.test_no_account_sends_more_than_its_day_allows()


def test_laws_are_an_assertion() -> None:
    """Nothing for rules that keep them; the printed counterexample for rules that do not; a warning for a law that was
    never put to the test."""
    law = '\nlaw "more money is never treated more softly"\n  action never falls as amount rises\n'
    text = """ruleset host version 2026.1
  currency CNY
  timezone Asia/Shanghai
  appeal "Call."

rule small
  "Small"
  when amount < 5 CNY
  then hold
  responsible payer.account
"""
    results = check_laws(RULES, examples=200)
    assert [r.passed for r in results] == [True, True]
    with pytest.raises(AssertionError) as caught:
        check_laws(rr.loads(text + law), examples=200)
    assert str(caught.value).split("\n") == [
        'broken: law "more money is never treated more softly"',
        "  host:12",
        "  the action falls, from hold to allow, when `amount` rises from 4.99 CNY to 5.00 CNY",
        "  found after 4 payments, and made as small as it goes; beside rule `small`:",
        "",
        '    test "more money is never treated more softly, 1 of 2"',
        "      given  amount = 4.99 CNY",
        "      expect hold",
        "",
        '    test "more money is never treated more softly, 2 of 2"',
        "      given  amount = 5.00 CNY",
        "      expect allow",
    ]
    with pytest.warns(LawWarning, match='law "it" was not put to the test: no rule reads `payer.account.age`'):
        check_laws(rr.loads(text + '\nlaw "it"\n  action never falls as payer.account.age rises\n'), examples=100)
