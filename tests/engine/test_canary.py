"""A canary: the same customers each time, both versions counted, and a halt that lasts when it leaves its band."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import riskrules as rr
from riskrules.engine.canary import Chooser
from riskrules.engine.halting import HALTS, ArmReport, left
from riskrules.schema.payment import payment_schema

from .samples import payment
from .sources import rules_of

STEPS = (1, 5, 25, 50)
WINDOW = "window paid_1d = {what} by payer.account over 24h"


def of_account(number: int, **more: Any) -> dict[str, Any]:
    return payment(id=f"P-{number}", payer__account__id=f"A-{number}", **more)


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_shares_are_nested_and_true() -> None:
    """Whoever is in at one step is in at each larger one; each step has its share of 100,000 accounts, within four
    standard deviations."""
    accounts = [of_account(i) for i in range(100_000)]
    before: set[int] = set()
    for share in STEPS:
        chooser = Chooser("followed", "payer.account", payment_schema("CNY"), share * 100)
        chosen = {i for i, event in enumerate(accounts) if chooser.chooses(event)}
        assert before <= chosen
        expected = share * 1_000
        assert abs(len(chosen) - expected) <= 4 * (expected * (1 - share / 100)) ** 0.5
        before = chosen


def test_the_same_customer_in_every_process() -> None:
    """The choice depends on the ruleset's name and the field's text, and on nothing of a process or a version."""
    chooser = Chooser("followed", "payer.account.id", payment_schema("CNY"), 100)
    places = [chooser.place(f"A-{i}") for i in range(20)]
    script = (
        "from riskrules.engine.canary import Chooser; from riskrules.schema.payment import payment_schema\n"
        "c = Chooser('followed', 'payer.account', payment_schema('CNY'), 100)\n"
        "print([c.place(f'A-{i}') for i in range(20)])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(places)
    other = Chooser("another", "payer.account", payment_schema("CNY"), 100)
    assert [other.place(f"A-{i}") for i in range(20)] != places


def test_without_the_field_the_champion_decides() -> None:
    chooser = Chooser("followed", "payee.merchant", payment_schema("CNY"), 5_000)
    merchants = [payment(payee__merchant={"id": f"M-{i}", "institution": "ACQ"}) for i in range(100)]
    assert 20 < sum(map(chooser.chooses, merchants)) < 80
    for event in (payment(), {}, None, "x", {"payee": None}, {"payee": 5}, {"payee": {"merchant": {"id": 1.5}}}):
        assert not chooser.chooses(event)
    with pytest.raises(ValueError, match=r"`payer\.nothing` is none"):
        Chooser("followed", "payer.nothing", payment_schema("CNY"), 1)


@pytest.mark.parametrize("share", [0, -1, 50.01, 0.001, 100])
def test_a_share_that_cannot_be(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        rr.Canary(rules_of(2), share=share)


def test_each_payment_is_decided_by_one_of_the_two() -> None:
    """By whose the hash says, with that one's own answer; and both are counted."""
    champion, other = rules_of(1), rules_of(2, 2_000)
    canary = rr.Canary(other, share=25, band=rr.Band(stopped=1, errors=1, slower=1_000_000.0))
    engine = rr.Engine(champion, lists={"involved": []}, canary=canary)
    chooser = Chooser("followed", "payer.account", payment_schema("CNY"), 2_500)
    chosen = 0
    for i in range(1_000):
        event = of_account(i, amount="1500.00")
        decision = engine.decide(event) if i % 2 else engine.process(event)
        mine = chooser.chooses(event)
        chosen += mine
        assert decision.ruleset.version == ("2026.2" if mine else "2026.1")
        assert decision.act == ("allow" if mine else "verify")
    report = engine.canary_report
    assert report
    assert (report.canary.payments, report.champion.payments) == (chosen, 1_000 - chosen)
    assert (report.share, report.halted, report.version) == (25.0, "", "2026.2")
    assert report.canary.slow_ns > 0
    engine.use_canary(None)
    assert engine.canary_report is None
    assert {engine.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.1"}


HOLDS = ("then    verify", "then    hold")


def canary_that(leaves: str, **more: Any) -> rr.Canary:
    asked: dict[str, Any] = {"share": 50, "at_least": 100, **more}
    wide = {"stopped": 1.0, "errors": 1.0, "slower": 1e9}
    if leaves == "stopped":
        return rr.Canary(rules_of(2, replaced=HOLDS), band=rr.Band(**{**wide, "stopped": 0.1}), **asked)
    if leaves == "errors":
        more_fields = 'field payer.account.balance money, from 0.00 CNY to 1_000.00 CNY, optional "Narrow"'
        known = ("amount >", "payer.account.balance else 0 CNY >= 0 CNY and amount >")
        rules = rules_of(2, more=more_fields, replaced=known)
        return rr.Canary(rules, band=rr.Band(**{**wide, "errors": 0.01}), **asked)
    return rr.Canary(rules_of(2), band=rr.Band(**{**wide, "slower": 5.0}), **asked)


@pytest.mark.parametrize("leaves", ["stopped", "errors", "slower"])
def test_a_canary_that_leaves_its_band_halts(leaves: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, once it has decided enough; nobody is decided by it any more, nor after a restart, until somebody says
    so. The host is told once, why."""
    told: list[str] = []
    canary = canary_that(leaves, on_halt=told.append)
    champion = rules_of(1)
    engine = rr.Engine(champion, lists={"involved": []}, canary=canary, state=tmp_path)
    if leaves == "slower":
        slow = engine._watching.canary  # what takes long is the version itself
        assert slow
        quick = slow.decide
        monkeypatch.setattr(slow, "decide", lambda *given: (time.sleep(0.002), quick(*given))[1])
    versions = [engine.decide(of_account(i, amount="5000.00")).ruleset.version for i in range(1_200)]
    report = engine.canary_report
    assert report
    assert report.halted
    assert report.share == 0
    first = versions.index("2026.2") if "2026.2" in versions else 0
    assert first < 50
    assert set(versions[600:]) == {"2026.1"}
    assert report.canary.payments + report.canary.errors >= 100
    if leaves == "errors":
        assert report.canary.errors >= 100
        assert set(versions) == {"2026.1"}  # whom the canary fails, the champion decides
    words = {"stopped": "it stopped 100.00%", "errors": "could not decide 100.00%", "slower": "times as long"}
    assert words[leaves] in report.halted
    until(lambda: told and (tmp_path / HALTS).exists())
    assert told == [report.halted]

    again = rr.Engine(champion, lists={"involved": []}, canary=canary, state=tmp_path)
    assert again.canary_report
    assert again.canary_report.halted == report.halted
    assert {again.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.1"}
    again.resume_canary()
    if leaves != "errors":
        assert {again.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.1", "2026.2"}
    third = rr.Engine(champion, lists={"involved": []}, canary=canary, state=tmp_path)
    assert third.canary_report
    assert third.canary_report.halted == ""


def test_a_canary_within_its_band_goes_on() -> None:
    """The same rules under another name of a version: nothing differs, and nothing halts."""
    canary = rr.Canary(rules_of(2), share=50, at_least=100, band=rr.Band(0.01, 0.001, 1_000.0))
    engine = rr.Engine(rules_of(1), lists={"involved": []}, canary=canary)
    for i in range(2_000):
        engine.decide(of_account(i, amount="5000.00" if i % 7 else "5.00"))
    assert engine.canary_report
    assert engine.canary_report.halted == ""
    assert engine.canary_report.canary.payments > 800


def test_what_left_means() -> None:
    """Stops may differ either way, errors and time only for the worse; a difference at the limit is within."""
    canary = rr.Canary(rules_of(2), band=rr.Band(stopped=0.05, errors=0.01, slower=2.0))
    even = ArmReport(1_000, 100, 0, 1_000)
    assert left(canary, even, even) == ""
    assert left(canary, even, ArmReport(1_000, 150, 0, 1_000)) == ""
    assert "stopped 15.10%" in left(canary, even, ArmReport(1_000, 151, 0, 1_000))
    assert "stopped 4.90%" in left(canary, even, ArmReport(1_000, 49, 0, 1_000))
    assert "could not decide" in left(canary, even, ArmReport(985, 98, 15, 1_000))
    assert left(canary, ArmReport(900, 90, 100, 1_000), even) == ""
    assert "2.1 times" in left(canary, even, ArmReport(1_000, 100, 0, 2_100))
    assert left(canary, ArmReport(1_000, 100, 0, 9_000), even) == ""


def test_windows_of_both_are_recorded() -> None:
    """Each event is recorded once, into the windows of both; each decides by its own, and none is short of events."""
    one = rules_of(1, more=WINDOW.format(what="count"), replaced=("amount > 1001 CNY", "paid_1d >= 3"))
    distinct = WINDOW.format(what="distinct payee.account")
    other = rules_of(2, more=distinct, replaced=("amount > 1002 CNY", "paid_1d >= 3"))
    canary = rr.Canary(other, share=50, band=rr.Band(1, 1, 1e9))
    engine = rr.Engine(one, lists={"involved": []}, canary=canary)
    chooser = Chooser("followed", "payer.account", payment_schema("CNY"), 5_000)
    mine = next(f"A-{i}" for i in range(99) if chooser.chooses(payment(payer__account__id=f"A-{i}")))
    not_mine = next(f"A-{i}" for i in range(99) if not chooser.chooses(payment(payer__account__id=f"A-{i}")))
    for account in (mine, not_mine):
        for i in range(6):
            event = payment(id=f"{account}-{i}", payer__account__id=account, payee__account__id=f"P{i % 2}")
            decision = engine.process(event) if i % 2 else engine.decide(event)
            if not i % 2:
                assert engine.record(event)
                assert not engine.record(event)
            # The champion counts payments, the canary the accounts that were paid, of which there are two.
            assert decision.act == ("verify" if account == not_mine and i >= 3 else "allow")
            assert decision.degraded == ()
            assert decision.ruleset.version == ("2026.2" if account == mine else "2026.1")


def test_a_canary_that_cannot_stand_beside_the_champion() -> None:
    engine = rr.Engine(rules_of(1), lists={"involved": []})
    with pytest.raises(ValueError, match="serves already"):
        engine.use_canary(rr.Canary(rules_of(1)))
    by_branch = ("amount >", 'payment.branch = "a" and amount >')
    needs = rules_of(2, more='field payment.branch text "Which"', replaced=by_branch)
    with pytest.raises(ValueError, match=r"requires `payment\.branch`"):
        engine.use_canary(rr.Canary(needs))
    with pytest.raises(ValueError, match="chosen by a field"):
        engine.use_canary(rr.Canary(rules_of(2), by="hour"))
    assert engine.decide(payment()).ruleset.version == "2026.1"
    assert engine.canary_report is None


def test_a_champion_that_changes_keeps_its_canary_until_it_is_the_same() -> None:
    canary = rr.Canary(rules_of(5), share=50)
    engine = rr.Engine(rules_of(1), lists={"involved": []}, canary=canary)
    engine.swap(rules_of(2))
    assert {engine.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.2", "2026.5"}
    assert engine.canary_report
    assert engine.canary_report.champion.payments < 100
    engine.swap(rules_of(5))
    assert engine.canary_report is None
    assert {engine.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.5"}


def test_a_folder_that_cannot_be_read_begins_no_canary(tmp_path: Path) -> None:
    """Nobody knows whether it halted: the careful answer is that it did, and it says so."""
    (tmp_path / HALTS).write_text("{", "utf-8")
    engine = rr.Engine(rules_of(1), lists={"involved": []}, canary=rr.Canary(rules_of(2), share=50), state=tmp_path)
    assert engine.canary_report
    assert "cannot be read" in engine.canary_report.halted
    assert {engine.decide(of_account(i)).ruleset.version for i in range(100)} == {"2026.1"}
