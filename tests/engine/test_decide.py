"""What one decision says, and what an event that does not fit gets instead."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

import riskrules as rr
from riskrules.engine.serving import Serving
from riskrules.engine.shown import shown_duration

from .samples import RULES, payment


@pytest.fixture(scope="module")
def rules() -> rr.Rules:
    return rr.loads(RULES, "sample.risk")


@pytest.fixture(scope="module")
def engine(rules: rr.Rules) -> rr.Engine:
    return rr.Engine(rules, lists={"involved": ["6228480000009999"]})


def test_nothing_fires_is_allow(engine: rr.Engine) -> None:
    """A payment that no rule minds is allowed, and nothing else is said of it."""
    decision = engine.decide(payment())
    assert decision.action == rr.Action.ALLOW
    assert (decision.fired, decision.duties, decision.measures, decision.notices, decision.score) == (
        (),
        (),
        (),
        (),
        0,
    )
    assert decision.until is None


def test_reject_names_duty_measure_notice_and_source(engine: rr.Engine) -> None:
    """A stop says what is done, whose duty it was, who is told and where it is written."""
    decision = engine.decide(payment(payee__account__id="6228480000009999"))
    assert decision.action == rr.Action.REJECT
    assert decision.fired == ("involved_account",)
    assert decision.responsible == ("payee.account=BANK-B",)
    (duty,) = decision.duties
    assert (duty.instrument, duty.id, duty.institution) == ("payee.account", "6228480000009999", "BANK-B")
    assert (duty.role, duty.rule, duty.within, duty.due) == ("account-servicing bank", "involved_account", "", None)
    (measure,) = decision.measures
    assert (measure.verb, measure.scope, measure.lasting, measure.id) == (
        "suspend",
        "non_counter",
        "3d",
        "6228480000009999",
    )
    (notice,) = decision.notices
    assert dict(notice.texts) == {"en": "Do not pay …9999", "zh": "请勿付款"}
    assert decision.citations[0].where == "Art. 1"


def test_delay_ends_when_it_says(engine: rr.Engine) -> None:
    """`until` is the payment's own time plus the action's duration, in UTC."""
    decision = engine.decide(payment(amount="2000.01", payer__account__balance=None))
    assert decision.action == rr.Action.DELAY
    assert decision.until == datetime(2026, 6, 16, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "amount", "action"),
    [
        ("2025-12-31T23:59:59+08:00", "5000.00", rr.Action.ALLOW),
        ("2025-12-31T23:59:59+08:00", "5000.01", rr.Action.DELAY),
        ("2026-01-01T00:00:00+08:00", "2000.00", rr.Action.ALLOW),
        ("2026-01-01T00:00:00+08:00", "2000.01", rr.Action.DELAY),
        ("2025-12-31T16:00:00Z", "2000.01", rr.Action.DELAY),
    ],
)
def test_dated_param_changes_at_local_midnight(engine: rr.Engine, day: str, amount: str, action: rr.Action) -> None:
    """A param's value is the one of the payment's own local day, to the minor unit."""
    assert engine.decide(payment(occurred_at=day, amount=amount, payer__account__balance=None)).action == action


def test_score_reaches_band(engine: rr.Engine) -> None:
    """Scores add up and bands turn them into an action."""
    decision = engine.decide(payment(screen_shared=True))
    assert (decision.action, decision.score) == (rr.Action.VERIFY, 40)


def test_exempt_lifts_below_its_level_only(engine: rr.Engine) -> None:
    """An exempt lifts what lies below its level, score bands among it, and never a reject that it does not name."""
    small = engine.decide(payment(amount="9.00", screen_shared=True, payer__account__balance="10.00"))
    assert (small.action, small.lifted, small.exempts) == (rr.Action.ALLOW, ("drained",), ("small",))
    assert engine.decide(payment(amount="9.00", payee__account__id="6228480000009999")).action == rr.Action.REJECT


def test_division_uses_its_default_at_zero(engine: rr.Engine) -> None:
    """A quotient by zero is its default: nothing is raised and the rule does not fire."""
    assert engine.decide(payment(payer__account__balance="0.00")).action == rr.Action.ALLOW
    assert engine.decide(payment(amount="90.00", payer__account__balance="100.00")).action == rr.Action.VERIFY
    assert engine.decide(payment(amount="89.99", payer__account__balance="100.00")).action == rr.Action.ALLOW


def test_windows_are_missing_unless_given(engine: rr.Engine) -> None:
    """A window that nobody worked out is missing, the decision says so, and one that the host gives is used."""
    without = Serving(engine.rules, engine.lists).prepare().decide
    assert without(payment()).degraded == ("window `payers_1d` was not available",)
    given = engine.decide(payment(), windows={"payers_1d": 25})
    assert (given.act, given.degraded) == ("hold up to 24h", ())
    assert given.notices[0].text == "25 people paid this account today"


def test_money_comes_in_several_spellings(engine: rr.Engine) -> None:
    """One amount is one amount, however exactly it is written."""
    for amount in ("2000.01", Decimal("2000.01"), Decimal("2000.010"), 2000.01):
        assert engine.decide(payment(amount=amount, payer__account__balance=None)).action == rr.Action.DELAY
    assert engine.decide(payment(amount=2000, payer__account__balance=None)).action == rr.Action.ALLOW


BAD = [
    ({"amount": float("nan")}, "amount"),
    ({"amount": float("inf")}, "amount"),
    ({"amount": "1e400"}, "amount"),
    ({"amount": True}, "amount"),
    ({"amount": 0.1 + 0.2}, "amount"),
    ({"amount": "1.005"}, "amount"),
    ({"amount": "１００"}, "amount"),
    ({"amount": "-1.00"}, "amount"),
    ({"amount": "9" * 60}, "amount"),
    ({"amount": None}, "amount"),
    ({"amount": []}, "amount"),
    ({"occurred_at": "2026-06-15T10:00:00"}, "occurred_at"),
    ({"occurred_at": datetime(2026, 6, 15, 10)}, "occurred_at"),  # noqa: DTZ001  # a naive time is the point
    ({"occurred_at": 1781488800}, "occurred_at"),
    ({"occurred_at": "２０２６-06-15T10:00:00Z"}, "occurred_at"),
    ({"currency": "USD"}, "currency"),
    ({"screen_shared": "yes"}, "screen_shared"),
    ({"screen_shared": 1}, "screen_shared"),
    ({"payee__account__id": 42}, "payee.account.id"),
    ({"payee__account__id": ""}, "payee.account.id"),
    ({"payee__account__id": None}, "payee.account.id"),
    ({"payee__account__institution": None}, "payee.account.institution"),
    ({"payee": "6228480000002222"}, "payee"),
    ({"id": None}, "id"),
]


@pytest.mark.parametrize(("changes", "field"), BAD)
def test_what_does_not_fit_names_its_field(engine: rr.Engine, changes: dict[str, object], field: str) -> None:
    """An event that does not fit is refused with the field's path, and never with an account's number."""
    with pytest.raises(rr.PaymentError) as caught:
        engine.decide(payment(**changes))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"at {field}: ")
    assert "6228480000002222" not in str(caught.value)


@pytest.mark.parametrize("event", [None, 7, "payment", [], object()])
def test_what_is_no_event_is_refused(engine: rr.Engine, event: object) -> None:
    """Only a mapping of fields or a model is an event."""
    with pytest.raises(rr.PaymentError):
        engine.decide(event)


def test_host_that_must_answer_gets_a_degraded_decision(rules: rr.Rules) -> None:
    """With on_error the engine answers, and the answer says that it is degraded and why."""
    engine = rr.Engine(rules, lists={"involved": []}, on_error="hold")
    decision = engine.decide(payment(amount=float("nan")))
    assert decision.action == rr.Action.HOLD
    assert decision.id == "P-1"
    assert decision.degraded[0].startswith("the payment could not be read: at amount: ")
    assert json.loads(decision.to_json())["action"] == "hold"
    assert str(decision.why()).startswith("hold")


def test_absent_list_is_an_error_at_the_start(rules: rr.Rules) -> None:
    """An engine without a list that its rules read is refused, not run on an empty one."""
    with pytest.raises(rr.ListError, match="involved"):
        rr.Engine(rules)


def test_why_gives_each_condition_with_its_value(engine: rr.Engine) -> None:
    """The reasons name every condition in the author's words with the value it saw; numbers of accounts are masked."""
    decision = engine.decide(payment(payee__account__id="6228480000009999", amount="3000.00"))
    text = str(decision.why())
    assert "payee.account in involved" in text
    assert "amount > limit_of_day" in text
    assert "amount is 3_000.00 CNY" in text
    assert "BANK-B" in text
    assert "6228480000009999" not in text + decision.to_json() + repr(decision) + repr(decision.duties)
    other = decision.why("many_payers")
    assert [c.held for c in other.rules[0].conditions] == [False]
    with pytest.raises(KeyError):
        decision.why("no_such_rule")


def test_to_json_holds_the_whole_decision(engine: rr.Engine) -> None:
    """The JSON of a decision has its format number, its version, what was done, why and on which values."""
    told = json.loads(engine.decide(payment(amount="3000.00")).to_json())
    assert told["format"] == 2
    assert told["ruleset"]["fingerprint"] == engine.rules.fingerprint
    assert told["act"] == "delay 24h"
    assert told["until"] == "2026-06-16T02:00:00Z"
    assert told["values"]["amount"] == "3_000.00 CNY"
    assert told["responsible"] == ["payer.account=BANK-A"]
    assert told["duties"][0]["institution"] == "BANK-A"


def test_predicate_is_one_rule_alone(engine: rr.Engine) -> None:
    """A rule as a function holds or not by its own conditions, whatever exempts say."""
    drained = engine.predicate("drained")
    assert drained(payment(amount="9.00", payer__account__balance="10.00")) is True
    assert drained(payment()) is False
    with pytest.raises(KeyError):
        engine.predicate("nobody")


def test_a_payment_in_flight_keeps_its_version(rules: rr.Rules) -> None:
    """Under swaps from another thread every decision is wholly of one version or the other."""
    other = rr.loads(RULES.replace("delay 24h", "reject").replace("version 2026.1", "version 2026.2"), "other.risk")
    engine = rr.Engine(rules, lists={"involved": []})
    engine.warm()
    seen: set[tuple[str, str]] = set()
    stop = threading.Event()

    def decide() -> None:
        while not stop.is_set():
            decision = engine.decide(payment(amount="3000.00"))
            seen.add((decision.ruleset.version, str(decision.action)))

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    turns = 0
    while turns < 200 or (len(seen) < 2 and time.monotonic() - began < 60):
        engine.swap(other if turns % 2 == 0 else rules)
        turns += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert seen == {("2026.1", "delay"), ("2026.2", "reject")}


def test_swap_that_fails_leaves_the_old_version(rules: rr.Rules) -> None:
    """A version that cannot be served is refused, and the one before goes on."""
    needs_more = rr.loads(
        RULES.replace("list involved", "list other of account\nlist involved").replace(
            "payee.account in involved\n  then", "payee.account in involved and payer.account in other\n  then"
        ),
        "more.risk",
    )
    engine = rr.Engine(rules, lists={"involved": []})
    with pytest.raises(rr.ListError, match="other"):
        engine.swap(needs_more)
    assert engine.rules is rules
    assert engine.decide(payment()).ruleset.version == "2026.1"


def test_lists_change_as_a_whole(rules: rr.Rules) -> None:
    """New lists take effect at once, and their version follows from their content."""
    engine = rr.Engine(rules, lists={"involved": []})
    assert engine.decide(payment()).action == rr.Action.ALLOW
    engine.use_lists({"involved": ["6228480000002222"]})
    assert engine.decide(payment()).action == rr.Action.REJECT
    assert rr.Lists({"a": ["x", "y"]}).version("a") == rr.Lists({"a": ["y", "x", "x"]}).version("a")


def test_time_may_be_a_datetime_in_any_zone(engine: rr.Engine) -> None:
    """The moment counts, not how its zone is written."""
    moment = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert (
        engine.decide(payment(occurred_at=moment, amount="2000.01", payer__account__balance=None)).action
        == rr.Action.DELAY
    )
    earlier = moment - timedelta(microseconds=1)
    assert (
        engine.decide(payment(occurred_at=earlier, amount="2000.01", payer__account__balance=None)).action
        == rr.Action.ALLOW
    )


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (506_984_000_000, "5d 20h 49m 44s"),
        (90 * 86_400_000_000, "90d"),
        (86_400_000_000, "24h"),
        (90_000_000, "1m 30s"),
        (1_000_001, "1s 1us"),
        (0, "0s"),
    ],
)
def test_durations_are_shown_exactly(microseconds: int, text: str) -> None:
    """A duration that is no whole unit is shown in parts that add up to it."""
    assert shown_duration(microseconds) == text
