"""The rulesets of the European Union, of the card schemes and of Chinese wallets, as a second program has them that was
written from the rules: every combination of what they turn on, each limit met on the line and on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from riskrules.base.resources import ruleset_path
from riskrules.engine.inline_tests import harmless
from riskrules.engine.rules import Rules, load, loads
from riskrules.engine.serving import Serving
from riskrules.meaning.allocation import allocate

LOSS = 123_45
"""Of every claim on a grid, in minor units; more than any excess."""

Grid = Mapping[str, tuple[Any, ...]]
Given = dict[str, Any]


def instant(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


def every(grid: Grid) -> Iterator[Given]:
    for chosen in product(*grid.values()):
        yield dict(zip(grid, chosen, strict=True))


def missing_named(rules: Rules, grid: Grid) -> set[str]:
    """Names on the grid that no rule reads: a grid over them would show nothing."""
    return set(grid) - {i.name for i in rules.meaning.inputs}


# -- who bears the loss -----------------------------------------------------------------------------------------------
def chargebacks(c: Given) -> str:
    reason, eci = c["claim.card.reason"], c["claim.card.eci"]
    if reason in ("10.4", "4837"):
        if c["claim.exemption_taker"] == "acquirer" or c["claim.card.merchant_in_programme"]:
            return "payee.merchant"
        full, attempt = ("05", "06") if reason == "10.4" else ("02", "01")
        shown = reason == "4837" or c["claim.card.cavv"]
        shifts = shown and (eci == full or (eci == attempt and not c["claim.card.prepaid"]))
        return "payer.account" if shifts else "payee.merchant"
    weaker = {
        "10.1": ("claim.card.chip", "claim.card.chip_terminal"),
        "10.2": ("claim.card.prefers_pin", "claim.terminal_takes_pin"),
    }
    if reason not in weaker:
        return "claim.victim"
    card, terminal = (bool(c[name]) for name in weaker[reason])
    return "payee.merchant" if card and not terminal else "payer.account"


def unauthorised(c: Given) -> str:
    if c["claim.authorised"] or c["claim.out_of_time"] or c["claim.first_party"]:
        return "claim.victim"
    if not c["claim.strong_authentication"]:
        acquirer = c["claim.exemption_taker"] == "acquirer" and c["payee.merchant"]
        return "payee.merchant" if acquirer else "payer.account"
    if c["claim.grossly_negligent"]:
        return "claim.victim"
    return "payer.account less 50" if c["claim.instrument_lost"] else "payer.account"


def payee_check(c: Given) -> str:
    paid = c["claim.payment_at"]
    first = "2027-07-09" if c["payer.account.in_euro_area"] is False else "2025-10-09"
    owed = c["claim.rail"] in ("sct", "sct_inst") and paid is not None and paid >= instant(first, "Europe/Brussels")
    return "payer.account" if owed and c["claim.payee_check_offered"] is False else "claim.victim"


def draft(c: Given) -> str:
    if not c["claim.draft_applies"] or c["claim.first_party"]:
        return "claim.victim"
    if c["claim.changed_by_fraudster"]:
        return "payer.account"
    if not c["claim.authorised"] or c["claim.grossly_negligent"]:
        return "claim.victim"
    told = c["claim.police_reported"] and c["claim.told_institution"]
    posed = c["claim.impersonated"] == "own_institution" and c["claim.victim.kind"] == "consumer" and told
    return "payer.account" if posed or c["claim.missed_duty.financial_institution"] else "claim.victim"


def wallets(c: Given) -> str:
    factors = c["claim.factors"]
    if c["claim.funding"] == "wallet_balance":
        operator = "payer.wallet" if c["payer.wallet"] else "payer.account"
        if factors is None or (factors >= 2 and (c["claim.authorised"] or c["claim.customer_caused_it"])):
            return "claim.victim"
        return operator
    if c["claim.funding"] is None:
        return "claim.victim"
    bank = not c["claim.authorised"] if c["claim.quick_pay"] else c["claim.code_level"] == "c"
    return "payer.account" if bank else "claim.victim"


MAYBE = (None, False, True)
SURE = (False, True)
PAID = ("2025-10-08T23:59:59", "2025-10-09T00:00", "2027-07-08T23:59:59", "2027-07-09T00:00")
LOSSES: dict[str, tuple[Callable[[Given], str], Grid]] = {
    "cards/chargebacks": (
        chargebacks,
        {
            "claim.card.reason": ("10.4", "4837", "10.1", "10.2", "13.1", None),
            "claim.card.eci": ("05", "06", "07", "02", "01", "00", None),
            "claim.card.cavv": (None, True),
            "claim.card.prepaid": (None, True),
            "claim.card.merchant_in_programme": (None, True),
            "claim.exemption_taker": (None, "issuer", "acquirer"),
            "claim.card.chip": (None, True),
            "claim.card.chip_terminal": (None, True),
            "claim.card.prefers_pin": (False, True),
            "claim.terminal_takes_pin": (False, True),
        },
    ),
    "eu/authentication": (
        unauthorised,
        {
            "claim.authorised": SURE,
            "claim.out_of_time": SURE,
            "claim.first_party": SURE,
            "claim.grossly_negligent": SURE,
            "claim.strong_authentication": MAYBE,
            "claim.exemption_taker": (None, "issuer", "acquirer"),
            "claim.instrument_lost": MAYBE,
            "payee.merchant": (None, "M1"),
        },
    ),
    "eu/payee_verification": (
        payee_check,
        {
            "claim.rail": ("fps", "sct", "sct_inst"),
            "claim.payment_at": (None, *(instant(x, "Europe/Brussels") for x in PAID)),
            "payer.account.in_euro_area": MAYBE,
            "claim.payee_check_offered": MAYBE,
            "claim.warning_ignored": MAYBE,
        },
    ),
    "eu/draft_payment_services": (
        draft,
        {
            "claim.draft_applies": MAYBE,
            "claim.authorised": SURE,
            "claim.changed_by_fraudster": MAYBE,
            "claim.first_party": SURE,
            "claim.grossly_negligent": SURE,
            "claim.victim.kind": ("consumer", "business"),
            "claim.impersonated": (None, "own_institution", "authority"),
            "claim.police_reported": (None, True),
            "claim.told_institution": (None, True),
            "claim.missed_duty.financial_institution": SURE,
        },
    ),
    "cn/wallet_losses": (
        wallets,
        {
            "claim.funding": (None, "bank_account", "wallet_balance"),
            "claim.factors": (None, 0, 1, 2, 3),
            "claim.authorised": SURE,
            "claim.customer_caused_it": MAYBE,
            "claim.quick_pay": MAYBE,
            "claim.code_level": (None, "b", "c"),
            "payer.wallet": (None, "W1"),
        },
    ),
}


def differences(rules: Rules, second: Callable[[Given], str], grid: Grid) -> tuple[list[Given], Counter[str]]:
    """Claims of which the two say otherwise, and how often the second says what."""
    claims = rules.on("claim")
    lists: dict[str, frozenset[str]] = {name: frozenset() for name in claims.lists}
    wrong, said = [], Counter[str]()
    for given in every(grid):
        found = allocate(claims.meaning, {**harmless(claims), **given, "claim.loss": LOSS}, lists)
        assert found is not None
        sums = Counter({p.party: 0 for p in found.portions})
        for portion in found.portions:
            sums[portion.party] += portion.amount_minor
        party, _, excess = second(given).partition(" less ")
        own = int(excess or 0) * 100
        wanted = {k: v for k, v in ((party, LOSS - own), ("claim.victim" if own else "", own)) if v}
        said[second(given)] += 1
        if {k: v for k, v in sums.items() if v} != wanted:
            wrong.append(given)
    return wrong, said


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_the_second_program_shares_every_loss_alike(name: str) -> None:
    """Whoever bears it by the one bears it by the other, for every claim on the grid; never do two blocks hold."""
    rules, (second, grid) = load(ruleset_path(name)), LOSSES[name]
    assert missing_named(rules.on("claim"), grid) == set()
    wrong, said = differences(rules, second, grid)
    assert wrong == []
    assert len(said) > 1 and min(said.values()) > 5


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("cards/chargebacks", 'claim.card.eci in ("05", "06")', 'claim.card.eci in ("05", "07")'),
        ("eu/authentication", "payers_own_part      = 50 EUR", "payers_own_part = 50.01 EUR"),
        ("eu/payee_verification", "claim.payment_at >= 2027-07-09", "claim.payment_at >= 2027-07-10"),
        ("eu/draft_payment_services", "claim.victim.kind = consumer", "claim.victim.kind != micro"),
        ("cn/wallet_losses", "claim.factors < 2", "claim.factors < 1"),
    ],
)
def test_a_slip_is_found(name: str, right: str, wrong: str) -> None:
    """A ruleset that says something else is told from its second program."""
    text = ruleset_path(name).read_text("utf-8")
    assert text.count(right) == 1
    assert differences(loads(text.replace(right, wrong), name), *LOSSES[name])[0]


# -- which payments are stopped ---------------------------------------------------------------------------------------
def exempt_payment(p: Given) -> bool:
    """Whether strong authentication may be left out, for a payment that claims an exemption."""
    amount, counter = p["amount"], p["payer.account.counts_by"]
    spent, paid = p["payer.account.spent_since_authentication"], p["payer.account.paid_since_authentication"]
    highest, total = {"low_value": (30_00, 100_00), "contactless": (50_00, 150_00)}[p["payment.exemption"]]
    by_value = counter == "value" and spent is not None and spent + amount <= total
    by_number = counter == "number" and paid is not None and paid < 5
    return bool(amount <= highest and (by_value or by_number))


def low_risk_payment(p: Given) -> bool:
    lines = {"card": ("0.0013", "0.0006", "0.0001"), "sct": ("0.00015", "0.0001", "0.00005")}
    rate = p["payment.fraud_rate"]
    highest = next((limit for limit in (100_00, 250_00, 500_00) if p["amount"] <= limit), None)
    if highest is None or rate is None or p["payment.signs_of_risk"] or (p["payment.quarters_above_rate"] or 0) >= 2:
        return False
    line = lines[p["rail"]][(100_00, 250_00, 500_00).index(highest)]
    return Fraction(rate, BILLION) <= Fraction(line)


def below_the_programmes(p: Given) -> bool:
    day = datetime.fromtimestamp(p["occurred_at"] / 1_000_000, ZoneInfo("UTC")).date().isoformat()
    line = Fraction(15 if day >= "2026-04-01" else 22, 1_000)
    bad = p["payee.merchant.visa_frauds"] + p["payee.merchant.visa_disputes"]
    mena = p["payee.merchant.region"] == "mena"
    many = bad > 100 and p["payee.merchant.visa_amount"] > 75_000_00 if mena else bad > 1_500
    chargebacks, before = p["payee.merchant.chargebacks"], p["payee.merchant.settled_last_month"]
    ecm = chargebacks >= 100 and chargebacks >= Fraction(15, 1_000) * before
    return not (ecm or (many and bad >= line * p["payee.merchant.visa_settled"]))


BILLION = 10**9
CENTS = tuple(x + d for x in (100_00, 250_00, 500_00) for d in (0, 1))
RATES = (None, *(x + d for x in (1_300_000, 600_000, 100_000, 150_000, 50_000) for d in (-1, 0, 1)))
PAYMENTS: dict[str, tuple[str, Callable[[Given], bool], Grid]] = {
    "small": (
        "eu/authentication",
        exempt_payment,
        {
            "payment.exemption": ("low_value", "contactless"),
            "amount": (10_00, 30_00, 30_01, 50_00, 50_01),
            "payer.account.counts_by": (None, "value", "number"),
            "payer.account.spent_since_authentication": (None, 0, 70_00, 70_01, 100_00, 100_01, 140_00),
            "payer.account.paid_since_authentication": (None, 0, 4, 5),
        },
    ),
    "low risk": (
        "eu/authentication",
        low_risk_payment,
        {
            "payment.exemption": ("low_risk",),
            "rail": ("card", "sct"),
            "amount": CENTS,
            "payment.fraud_rate": RATES,
            "payment.signs_of_risk": (None, True),
            "payment.quarters_above_rate": (None, 1, 2),
            "payment.exemption_taker": (None, "acquirer"),
        },
    ),
    "programmes": (
        "cards/programmes",
        below_the_programmes,
        {
            "payee.merchant": ("M1",),
            "occurred_at": tuple(instant(x, "UTC") for x in ("2026-03-31T23:59:59", "2026-04-01T00:00")),
            "payee.merchant.region": (None, "mena"),
            "payee.merchant.visa_frauds": (100, 1_499, 1_500),
            "payee.merchant.visa_disputes": (0, 1),
            "payee.merchant.visa_settled": (6_733, 6_734, 68_227, 68_228, 100_066, 100_067),
            "payee.merchant.visa_amount": (75_000_00, 75_000_01),
            "payee.merchant.chargebacks": (0, 99, 100, 300),
            "payee.merchant.settled_last_month": (6_666, 6_667, 20_001),
        },
    ),
}


@pytest.mark.parametrize("name", sorted(PAYMENTS))
def test_the_second_program_lets_the_same_payments_go(name: str) -> None:
    """A payment is allowed by the one if and only if it is by the other; none is refused outright."""
    ruleset, second, grid = PAYMENTS[name]
    rules = load(ruleset_path(ruleset))
    assert missing_named(rules, grid) == set()
    serving = Serving(rules, {})
    said, wrong = Counter[str](), []
    for given in every(grid):
        found = str(serving.interpret_values({**harmless(rules), **given}).act)
        said[found] += 1
        if found != ("allow" if second(given) else "verify"):
            wrong.append(given)
    assert wrong == []
    assert set(said) == {"allow", "verify"} and min(said.values()) >= 10
