"""Which accounts to stop now: all the stolen money that is left and none besides, the most urgent first."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from order_model import engine

from riskrules.funds.freezing import ASSUMED, ELSEWHERE, HERE, REACTION_US, UNKNOWN_RESIDENCE_US, Plan, stop_plan
from riskrules.funds.order_book import OrderBook
from riskrules.funds.orders import FITS, Transfer, fit_of
from riskrules.funds.result import Theft
from riskrules.funds.return_basis import frozen_from_trace
from riskrules.funds.returns import Victim, divided
from riskrules.funds.tracing import trace
from riskrules.funds.transfers import Transfer as Row

MINUTE = 60_000_000
BEGUN = 1_781_496_000_000_000


def rows(*moved: tuple[str, int, str | None, str | None, int]) -> list[Row]:
    return [
        Row(name, BEGUN + at * MINUTE, payer, payee, amount, payee_institution=f"BANK-{payee}" if payee else None)
        for name, at, payer, payee, amount in moved
    ]


CASE = rows(
    ("t", 0, "V", "M1", 100_000),
    ("a", 10, "M1", "M2", 60_000),
    ("clean", 20, "X", "M2", 5_000),
    ("b", 40, "M2", "S", 10_000),
    ("t2", 45, "W", "M2", 30_000),
    ("later", 50, "M1", None, 40_000),
)
THEFTS = [Theft("t", "V"), Theft("t2", "W")]


def plan_at(minute: int, history: list[Row] = CASE) -> Plan:
    ids = {row.id for row in history}
    found = trace(history, [t for t in THEFTS if t.payment in ids], currency="CNY", method="fifo")
    return stop_plan(found, BEGUN + minute * MINUTE)


def test_the_plan_says_how_much_how_long_and_why() -> None:
    """At 45 minutes: M2 has 800 of stolen money beside 50 of its own, and money lay there for 30 minutes before; M1's
    400 was to go after 10; the shop's time is the middle of the others'."""
    plan = plan_at(45)
    found = {t.account: t for t in plan.targets}
    assert {name: (t.amount_minor, t.balance_minor) for name, t in found.items()} == {
        "M2": (80_000, 85_000), "M1": (40_000, 40_000), "S": (10_000, 10_000),
    }  # fmt: skip
    assert found["M2"].victims == (("V", 50_000), ("W", 30_000))
    assert (found["M2"].residence_us, found["M2"].seen, found["M2"].left_us) == (30 * MINUTE, HERE, 30 * MINUTE)
    assert (found["M1"].residence_us, found["M1"].seen, found["M1"].left_us) == (10 * MINUTE, HERE, 0)
    assert (found["S"].residence_us, found["S"].seen) == (10 * MINUTE, ELSEWHERE)
    assert found["M1"].urgency == 40_000 * 60 * MINUTE // REACTION_US
    assert [t.account for t in plan.targets] == ["M1", "M2", "S"]
    assert plan.recoverable_minor == 130_000
    arrival = found["M2"].arrival
    assert arrival is not None
    assert (arrival.payment, arrival.amount_minor, arrival.stolen_minor) == ("t2", 30_000, 30_000)


def test_what_is_not_known_yet_does_not_count_and_what_has_left_is_said() -> None:
    """The cash-out at 50 minutes changes nothing before it; after it the account is no target and the sum is told."""
    assert plan_at(49).recoverable_minor == 130_000
    after = plan_at(50)
    assert {t.account for t in after.targets} == {"M2", "S"}
    assert after.beyond == ("400.00 CNY has left what the history shows, as cash or to outside",)
    first = plan_at(0)
    assert [(t.account, t.amount_minor, t.seen) for t in first.targets] == [("M1", 100_000, ASSUMED)]
    assert first.targets[0].left_us == UNKNOWN_RESIDENCE_US
    assert plan_at(-1).targets == ()


def test_an_order_of_the_plan_is_carried_out_by_the_books() -> None:
    """What the plan names is what the institution's books have: whole transfer, time and name; the freeze that follows
    keeps the traced money and leaves the account's own free."""
    plan = plan_at(45)
    target = next(t for t in plan.targets if t.account == "M2")
    order = target.order(id="O1", case="C1", issuer="POLICE", issuer_level="county", at_us=plan.at_us, holder="Li Si")
    freeze = target.order(id="O2", case="C1", issuer="POLICE", issuer_level="county", at_us=plan.at_us, kind="freeze")
    transfers = [Transfer(r.amount_minor, r.at_us) for r in CASE if r.payee == "M2"]
    fit = fit_of(order, "LI SI", transfers)
    assert fit == FITS
    book = OrderBook(engine(), "CNY")
    outcome = book.give(order, plan.at_us, fit=fit)
    assert outcome.carried_out
    frozen = book.give(freeze, plan.at_us, traced_minor=target.amount_minor)
    assert (frozen.held_minor, target.balance_minor) == (80_000, 85_000)
    message = target.message("CNY", outcome)
    for said in ("To BANK-M2:", "stop account M2", "800.00 CNY of stolen", "300.00 CNY came on 2026-06-15T04:45:00Z",
                 "payment t2", "must all match", "ends on 2026-06-17T04:45:00Z"):  # fmt: skip
        assert said in message


@pytest.mark.parametrize("method", ["fifo", "lifo", "pro_rata", "pari_passu", "cn_article_8"])
def test_the_plan_is_all_the_stolen_money_that_is_held_and_no_more(method: str) -> None:
    """On random histories at random moments: by account never above the balance, in sum what the trace holds."""
    source, seen = random.Random(31), Counter[str]()
    for _ in range(40):
        names = [f"A{i}" for i in range(5)]
        moved: list[tuple[str, int, str | None, str | None, int]] = [("t", 0, "V", "A0", 1_000)]
        have = {"A0": 1_000}
        for number in range(12):
            payer = source.choice([*names, None])
            payee = source.choice([n for n in [*names, None] if n != payer])
            most = 500 if payer is None else have.get(payer, 0)
            if most <= 0:
                continue
            amount = source.randrange(1, most + 1)
            have[payer or ""] = have.get(payer or "", 0) - amount
            have[payee or ""] = have.get(payee or "", 0) + amount
            moved.append((f"p{number}", number + 1, payer, payee, amount))
        found = trace(rows(*moved), [Theft("t", "V")], currency="CNY", method=method)  # type: ignore[arg-type]  # the parameters are methods
        at_us = BEGUN + source.randrange(0, 15) * MINUTE
        plan = stop_plan(found, at_us)
        assert plan.recoverable_minor == sum(h.amount_minor for h in found.where(at_us))
        assert all(0 < t.amount_minor <= t.balance_minor for t in plan.targets)
        urgencies = [t.urgency for t in plan.targets]
        assert urgencies == sorted(urgencies, reverse=True)
        seen[f"{min(len(plan.targets), 3)} targets"] += 1
        seen.update(t.seen for t in plan.targets)
    assert min(seen[x] for x in (HERE, ELSEWHERE, ASSUMED, "1 targets", "2 targets")) > 0


def test_from_the_theft_to_the_money_back() -> None:
    """One case all the way: three victims and a mule with money of its own; traced by Art. 8, stopped, frozen
    for no more than what is stolen, and divided to the cent."""
    history = [
        Row("own", BEGUN, None, "M", 30_000),
        Row("v1", BEGUN + MINUTE, "A1", "M", 100_000),
        Row("v2", BEGUN + 2 * MINUTE, "A2", "M", 50_000),
        Row("o1", BEGUN + 3 * MINUTE, "M", "X", 120_000),
        Row("v3", BEGUN + 4 * MINUTE, "A3", "M", 70_000),
        Row("o2", BEGUN + 5 * MINUTE, "M", "X", 90_000),
    ]
    thefts = [Theft("v1", "V1"), Theft("v2", "V2"), Theft("v3", "V3")]
    found = trace(history, thefts, currency="CNY", method="cn_article_8", outside=["X"])
    now = BEGUN + 6 * MINUTE
    (target,) = stop_plan(found, now).targets
    assert (target.account, target.amount_minor, target.balance_minor) == ("M", 40_000, 40_000)
    book = OrderBook(engine(), "CNY")
    order = target.order(id="F", case="C", issuer="POLICE", issuer_level="county", at_us=now, kind="freeze")
    held = book.give(order, now, traced_minor=target.amount_minor).held_minor
    assert held == 40_000
    frozen = frozen_from_trace(found.where(now), {"M": held}, order="F")
    victims = [Victim(f"V{i}", loss, f"A{i}", "BANK-A") for i, loss in ((1, 100_000), (2, 50_000), (3, 70_000))]
    division = divided(frozen, victims, "CNY")
    assert {line.victim: line.amount_minor for line in division.lines} == {"V1": 18_182, "V2": 9_091, "V3": 12_727}
    assert all(line.basis == "in proportion" for line in division.lines)
