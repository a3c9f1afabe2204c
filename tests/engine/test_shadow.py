"""A shadow: it decides the same payments and changes nothing at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest

import riskrules as rr
from riskrules.engine.copies import copied

from .samples import payment
from .sources import rules_of

WINDOW = "window paid_1d = count by payer.account over 24h"
BY_WINDOW = ("amount > 1000 CNY", "paid_1d >= 3")
LISTS: dict[str, Any] = {"involved": []}


def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def engine() -> Iterator[rr.Engine]:
    made = rr.Engine(rules_of(1, 1_000), lists=LISTS)
    yield made
    made.use_shadow(None)


def test_what_it_finds(engine: rr.Engine) -> None:
    """Every payment is compared, by the pair of actions, with examples."""
    engine.use_shadow(rr.Shadow(rules_of(2, 2_000), budget=1.0))
    amounts = ["500.00", "1500.00", "2500.00"]
    for i in range(300):
        assert engine.decide(payment(id=f"P-{i}", amount=amounts[i % 3])).ruleset.version == "2026.1"
    until(lambda: engine.shadow_report and engine.shadow_report.decided == 300)
    report = engine.shadow_report
    assert report
    assert report.agreed == 200
    assert report.differed == {("verify", "allow"): 100}
    assert (report.errors, report.skipped, report.records_lost, report.waiting) == (0, 0, 0, 0)
    assert len(report.examples) == 100
    assert all(x[1:] == ("verify", "allow") and int(x[0][2:]) % 3 == 1 for x in report.examples)
    assert report.version == "2026.2"
    assert report.busy_s > 0
    engine.use_shadow(None)
    assert engine.shadow_report is None


def test_it_sees_what_the_engine_saw(engine: rr.Engine) -> None:
    """The host may change its event as soon as it has the decision."""
    engine.use_shadow(rr.Shadow(rules_of(2, 1_000), budget=1.0))
    for i in range(100):
        event = payment(id=f"P-{i}", amount="1500.00")
        engine.decide(event)
        event["amount"] = "1.00"
        event["payer"]["account"].clear()
        event.clear()
    until(lambda: engine.shadow_report and engine.shadow_report.decided == 100)
    assert engine.shadow_report
    assert engine.shadow_report.agreed == 100


def test_its_windows_are_its_own(engine: rr.Engine) -> None:
    """They are told what the host records, and the engine's own decisions are those without a shadow."""
    counting = rules_of(1, 1_000, more=WINDOW, replaced=BY_WINDOW)
    with_shadow = rr.Engine(counting, lists=LISTS, shadow=rr.Shadow(counting, 1.0))
    alone = rr.Engine(counting, lists=LISTS)
    try:
        for i in range(40):
            event = payment(id=f"P-{i}", payer__account__id=f"A-{i % 5}")
            acts = [e.process(event).act if i % 2 else e.decide(event).act for e in (with_shadow, alone)]
            assert acts[0] == acts[1]
            if not i % 2:
                assert with_shadow.record(event) == alone.record(event)
        until(lambda: with_shadow.shadow_report and with_shadow.shadow_report.decided == 40)
        report = with_shadow.shadow_report
        assert report
        assert (report.agreed, report.records_lost, report.errors) == (40, 0, 0)
    finally:
        with_shadow.use_shadow(None)


class Breaks:
    """Stands for a challenger that goes wrong in a way that nobody foresaw."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


def test_nothing_that_it_does_reaches_the_engine(engine: rr.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A challenger that fails on each payment is counted, and the engine decides on."""
    narrow = 'field payer.account.balance money, from 0.00 CNY to 1.00 CNY, optional "Narrow"'
    reads = ("amount >", "payer.account.balance else 0 CNY >= 0 CNY and amount >")
    challenger = rules_of(2, more=narrow, replaced=reads)
    engine.use_shadow(rr.Shadow(challenger, budget=1.0))
    for i in range(50):
        assert engine.decide(payment(id=f"P-{i}")).act == "allow"
    until(lambda: engine.shadow_report and engine.shadow_report.errors == 50)
    assert engine.shadow_report
    assert "balance" in engine.shadow_report.problems[-1]
    assert len(engine.shadow_report.problems) == 10
    shadow = engine._watching.watchers.shadow
    assert shadow
    monkeypatch.setattr(shadow, "_serving", Breaks())
    for i in range(50):
        assert engine.decide(payment(id=f"P-{i}")).act == "allow"
    until(lambda: engine.shadow_report and engine.shadow_report.errors == 100)
    assert engine.shadow_report.problems[-1] == "an unforeseen error"
    with pytest.raises(rr.PaymentError):
        engine.decide({})
    assert engine.decide(MappingProxyType(payment())).act == "allow"


def test_what_there_is_no_room_for_is_counted(engine: rr.Engine) -> None:
    """Nothing waits: every payment offered was decided, failed, waits, or was skipped."""
    engine.use_shadow(rr.Shadow(rules_of(2), budget=0.01, most_waiting=20))
    for i in range(5_000):
        engine.decide(payment(id=f"P-{i}"))
        report = engine.shadow_report
        assert report
        assert report.waiting <= 20
    until(lambda: engine.shadow_report and not engine.shadow_report.waiting)
    report = engine.shadow_report
    assert report
    assert report.skipped > 0
    assert report.decided + report.skipped + report.errors == 5_000


def test_it_keeps_within_its_budget(engine: rr.Engine) -> None:
    """Offered more than it can do, it takes its share of a core and no more; one burst is what it may be over."""
    engine.use_shadow(rr.Shadow(rules_of(2), budget=0.05))
    end = time.monotonic() + 2.0
    i = 0
    while time.monotonic() < end:
        i += 1
        engine.decide(payment(id=f"P-{i}"))
    report = engine.shadow_report
    assert report
    assert report.skipped + report.waiting > 0
    assert 0 < report.busy_s <= 0.06 * report.running_s


def test_a_copy_is_deep_enough_and_ends() -> None:
    event = payment()
    made: Any = copied(event)
    assert made == event
    event["payer"]["account"]["id"] = "other"
    assert made["payer"]["account"]["id"] == "6222020000001111"
    event["payer"]["self"] = event
    assert copied(event)
    assert copied(5) == 5
    assert type(copied(MappingProxyType({"a": MappingProxyType({"b": 1})}))["a"]) is dict  # type: ignore[index]  # a dict


@pytest.mark.parametrize("asked", [{"budget": 0}, {"budget": 1.5}, {"most_waiting": 0}])
def test_a_shadow_that_cannot_be(asked: Any) -> None:
    with pytest.raises(ValueError, match="shadow"):
        rr.Shadow(rules_of(2), **asked)
