"""The Chinese rulesets on orders, listings, returns and account classes, as a second program has them that was written
from the notices: every combination of what they turn on, each number on the line and on both sides of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from riskrules.base.resources import ruleset_path
from riskrules.engine.engine import Engine
from riskrules.engine.inline_tests import harmless
from riskrules.engine.rules import Rules, load, loads
from riskrules.engine.serving import Serving

SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = ("prefecture", "province", "national")
Given = dict[str, Any]
Outcome = tuple[str, str]
"""The action, and the measures with how long they last: `("allow", "stop for 48h")`."""


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()) * 1_000_000


NOW = instant("2026-06-15T12:00")
DAY = 86_400 * 1_000_000
SECOND = 1_000_000


# -- orders -----------------------------------------------------------------------------------------------------------
FOUR = {
    "order.number_matches": "account_number_does_not_fit",
    "order.name_matches": "account_name_does_not_fit",
    "order.amount_matches": "amount_does_not_fit",
    "order.time_matches": "time_does_not_fit",
}
"""The particulars on which a stop rests, and the rule that refuses where one does not fit."""


def ordered(o: Given) -> Outcome:
    """Notice 86, procedure rules Art 243, AML Law Art 45."""
    kind, earlier = o["order.kind"], o["order.earlier_kind"]
    if kind == "extend" and earlier is None:
        return "reject", ""
    asked = earlier if kind == "extend" else kind
    if asked == "stop":
        fits = o["order.matches"] and all(o[name] for name in FOUR)
        return ("allow", "stop for 48h") if fits and o["order.stops_before"] <= 1 else ("reject", "")
    if asked == "temporary_freeze":
        return ("reject", "") if kind == "extend" else ("allow", "freeze for 48h")
    if asked == "freeze":
        end = o["order.earlier_ends_at"]
        if kind == "extend" and (end is None or end <= NOW):
            return "reject", ""
        long = o["order.major_case"] and o["order.approval_level"] in CITY
        return "allow", "freeze for 1 year" if long else "freeze for 6 months"
    return "allow", ""


# -- listings ---------------------------------------------------------------------------------------------------------
def listed(o: Given) -> Outcome:
    """Notices 261 and 85 for five years, the joint measures of 2024 for two or three."""
    kind, level, grounds = o["order.kind"], o["order.issuer_level"], o["order.grounds"]
    high, wallet = level in CITY, o["order.account.kind"] == "payment"
    if kind in ("list_account", "list_holder"):
        if not high:
            return "reject", ""
        since = o["occurred_at"] >= instant("2017-01-01")
        return "allow", "suspend" if kind == "list_account" else "reverify" if since else ""
    new = o["occurred_at"] >= instant("2024-12-01")
    old = o["occurred_at"] >= instant("2017-01-01") and (not new or o["order.five_years_still_apply"])
    over = o["order.longest_ends_at"] is not None and o["order.longest_ends_at"] <= o["occurred_at"]
    many = max(o["order.accounts_traded"] or 0, o["order.persons_served"] or 0) >= 3
    found, refused = [], not high and grounds != "convicted"
    if grounds == "convicted":
        found += ["restrict for 3 years"] if new and not over else []
    elif grounds is not None and high:
        enough = grounds == "impersonation" or many or level in ("province", "national")
        found += ["suspend for 5 years"] if old else []
        found += ["restrict for 2 years"] if new and enough and not over else []
        refused |= new and not enough and not o["order.five_years_still_apply"]
    suspended, restricted = ("", " on outgoing") if wallet else (" on non_counter", " on non_counter")
    scope = {"suspend": suspended, "restrict": restricted}
    found = [x.replace(" for", f"{scope[x.partition(' ')[0]]} for") for x in found]
    refused |= grounds is None or (new and over)
    return "reject" if refused else "allow", ", ".join(sorted(found))


# -- returns ----------------------------------------------------------------------------------------------------------
def returned(r: Given) -> Outcome:
    """Rules 41, Art 6 to 12."""
    level = r["return.decision_level"] in CITY
    papers = r["return.frozen_by_police"] and r["return.ownership_clear"] and r["return.documents"]
    payee = r["return.to_original_account"] or (r["return.original_account_closed"] and r["return.to_victims_account"])
    cash = not r["return.cash"] or r["return.cash_matches_statement"]
    shared, notice = r["return.method"] == "pro_rata", r["return.notice_began_at"]
    if not (level and papers and payee and cash and r["return.officers"] >= 2) or (shared and notice is None):
        return "reject", ""
    waits = shared and (NOW - notice < 30 * DAY or (r["return.objections"] and not r["return.objections_reviewed"]))
    return "hold" if waits else "allow", ""


# -- account classes --------------------------------------------------------------------------------------------------
def paid(p: Given) -> Outcome:
    """Notices 302 and 16, Announcement 43 Art 11."""
    new, amount = p["occurred_at"] >= instant("2018-01-12"), p["amount"]
    own, year, cls = p["payee.party"] == "P1", p["unbound_year"], p["payer.account.class"]
    if p["payer.account.kind"] == "bank" and cls in ("ii", "iii"):
        day, whole = (10_000_00, 200_000_00)
        if cls == "iii":
            day, whole = (2_000_00, 50_000_00) if new else (5_000_00, 100_000_00)
        over = amount > day or year + amount > whole
        return ("reject" if over and not p["payment.to_bound_account"] else "allow"), ""
    if p["payer.account.kind"] == "payment" and p["payment.funding"] == "wallet_balance" and cls is not None:
        spent = (p["payer.party.spent_since_opening"] or 0) if cls == "i" else p["wallets_year"]
        line = {"i": 1_000_00, "ii": 100_000_00, "iii": 200_000_00}[cls]
        to_own_bank = own and p["payee.account.kind"] == "bank"
        return ("reject" if spent + amount > line and not to_own_bank else "allow"), ""
    return "allow", ""


@dataclass(frozen=True)
class Second:
    """A ruleset's event, and the program that was written a second time."""

    ruleset: str
    event: str
    program: Callable[[Given], Outcome]
    grids: tuple[Mapping[str, tuple[Any, ...]], ...]


SURE = (False, True)
MAYBE = (None, False, True)
EDGES = tuple(instant(x) + d for x in ("2017-01-01", "2024-12-01") for d in (-SECOND, 0))
ORDERS = {
    "order.kind": ("stop", "freeze", "temporary_freeze", "extend", "lift", "query"),
    "order.earlier_kind": (None, "stop", "freeze", "temporary_freeze"),
}
SECONDS = {
    "orders": Second(
        "cn/orders",
        "order",
        ordered,
        (
            {**ORDERS, "order.matches": SURE, **dict.fromkeys(FOUR, SURE), "order.stops_before": (0, 1, 2, 3)},
            {
                **ORDERS,
                "occurred_at": (NOW,),
                "order.earlier_ends_at": (None, NOW - SECOND, NOW, NOW + SECOND),
                "order.major_case": MAYBE,
                "order.approval_level": (None, "county", "prefecture", "province", "national", "court"),
            },
        ),
    ),
    "listings": Second(
        "cn/account_controls",
        "order",
        listed,
        (
            {
                "order.kind": ("list_account", "list_holder", "restrain"),
                "order.issuer_level": ("county", "prefecture", "province", "court"),
                "order.grounds": (None, "convicted", "traded_accounts", "impersonation"),
                "order.account.kind": (None, "payment"),
                "occurred_at": EDGES,
                "order.five_years_still_apply": (None, True),
                "order.longest_ends_at": (None, *EDGES[2:]),
                "order.accounts_traded": (2, 3),
                "order.persons_served": (None, 3),
            },
        ),
    ),
    "returns": Second(
        "cn/returns",
        "return",
        returned,
        (
            {
                "occurred_at": (NOW,),
                "return.decision_level": ("county", *CITY, "court"),
                "return.frozen_by_police": SURE,
                "return.ownership_clear": SURE,
                "return.documents": SURE,
                "return.officers": (1, 2),
                "return.to_original_account": SURE,
                "return.original_account_closed": (None, True),
                "return.to_victims_account": (None, True),
                "return.cash": (None, True),
                "return.cash_matches_statement": (None, True),
            },
            {
                "occurred_at": (NOW,),
                "return.method": (None, "direct", "timestamp", "pro_rata"),
                "return.notice_began_at": (None, *(NOW - 30 * DAY + d for d in (-SECOND, 0, SECOND))),
                "return.objections": (None, 0, 1),
                "return.objections_reviewed": MAYBE,
            },
        ),
    ),
    "classes": Second(
        "cn/account_limits",
        "payment",
        paid,
        (
            {
                "payer.account.kind": ("bank",),
                "payer.account.class": (None, "i", "ii", "iii"),
                "occurred_at": tuple(instant("2018-01-12") + d for d in (-SECOND, 0)),
                "amount": tuple(x + d for x in (2_000_00, 5_000_00, 10_000_00) for d in (0, 1)),
                "unbound_year": (0, *(x - 2_000_00 + d for x in (50_000_00, 100_000_00, 200_000_00) for d in (0, 1))),
                "payment.to_bound_account": MAYBE,
                "payment.funding": ("wallet_balance",),
                "wallets_year": (0,),
                "payee.party": (None,),
            },
            {
                "payer.account.kind": ("payment",),
                "payer.account.class": (None, "i", "ii", "iii"),
                "payer.party": ("P1",),
                "payee.party": (None, "P1", "P2"),
                "payee.account.kind": (None, "bank", "payment"),
                "payment.funding": (None, "bank_account", "wallet_balance"),
                "amount": tuple(x + d for x in (100_00, 1_000_00) for d in (0, 1)),
                "wallets_year": (0, *(x - 100_00 + d for x in (100_000_00, 200_000_00) for d in (0, 1))),
                "payer.party.spent_since_opening": (None, 900_00, 900_01),
                "unbound_year": (0,),
            },
        ),
    ),
}


def every(second: Second) -> Iterator[Given]:
    for grid in second.grids:
        for chosen in product(*grid.values()):
            yield dict(zip(grid, chosen, strict=True))


def compared(rules: Rules, second: Second) -> Iterator[tuple[Given, Outcome, Outcome]]:
    """Everything on the grids, with what the second program says of it and what the ruleset does."""
    own = rules.on(second.event)
    serving = Serving(own, {name: frozenset[str]() for name in own.lists})
    benign = {**harmless(own), "payment.from_bound_account": True}
    for given in every(second):
        values = {**benign, **given}
        decision = serving.interpret_values(values)
        measures = sorted(m.words.replace(" order.account", "") for m in decision.measures)
        yield given, second.program(values), (str(decision.act), ", ".join(measures))


@pytest.mark.parametrize("name", sorted(SECONDS))
def test_the_second_program_decides_alike(name: str) -> None:
    """The same action, and the same measures for the same time, for everything on the grids."""
    second = SECONDS[name]
    rules = load(ruleset_path(second.ruleset))
    read = {i.name for i in rules.on(second.event).meaning.inputs}
    assert {key for grid in second.grids for key in grid} <= read
    found = list(compared(rules, second))
    assert [given for given, wanted, got in found if wanted != got] == []
    said = Counter(wanted for _, wanted, _ in found)
    assert len(said) > 1 and min(said.values()) > 5


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("orders", "stops_of_one_account = 2", "stops_of_one_account = 3"),
        ("orders", "measure freeze order.account for 1 year", "measure freeze order.account for 2 years"),
        ("orders", "occurred_at < order.earlier_ends_at", "occurred_at <= order.earlier_ends_at"),
        ("listings", "traded_from           = 3", "traded_from           = 2"),
        ("listings", "on non_counter for 3 years", "on non_counter for 2 years"),
        ("returns", "notice_lasts      = 30d", "notice_lasts      = 29d"),
        ("classes", "class_ii_per_year     = 200_000 CNY", "class_ii_per_year     = 200_000.01 CNY"),
        ("classes", "payment_i_ever        = 1_000 CNY", "payment_i_ever        = 999.99 CNY"),
    ],
)
def test_a_slip_is_found(name: str, right: str, wrong: str) -> None:
    """A ruleset that says something else is told from its second program."""
    second = SECONDS[name]
    text = ruleset_path(second.ruleset).read_text("utf-8")
    assert text.count(right) == 1
    found = compared(loads(text.replace(right, wrong), name), second)
    assert any(wanted != got for _, wanted, got in found)


# -- through the engine -----------------------------------------------------------------------------------------------
def order(**changed: Any) -> Given:
    """A stop that fits the books."""
    fits = dict.fromkeys((name.removeprefix("order.") for name in (*FOUR, "order.matches")), True)
    return {
        "id": "O-1",
        "occurred_at": "2026-06-15T04:00:00Z",
        "kind": "stop",
        "issuer": "POLICE-1",
        "issuer_level": "prefecture",
        "account": {"id": "6222020200112233445", "institution": "BANK-B"},
        "starts_at": "2026-06-15T04:00:00Z",
        "stops_before": 0,
        **fits,
        **changed,
    }


def test_a_refusal_says_what_does_not_fit_in_both_languages() -> None:
    """One of the four, and no other reason; the account's number is not shown in full."""
    engine = Engine(load(ruleset_path("cn/orders")))
    for name, rule in FOUR.items():
        field = name.removeprefix("order.")
        decision = engine.decide(order(**{field: False, "matches": False}), event="order")
        (duty,) = decision.duties
        assert (str(decision.act), decision.measures, duty.institution) == ("reject", (), "BANK-B")
        assert decision.fired == (duty.rule,) == (rule,)
        assert set(json.loads(decision.to_json())["duties"][0]["reasons"]) == {"zh", "en"}
        assert "6222020200112233445" not in str(decision.why()) + decision.to_json()


def test_a_count_that_nobody_read_is_marked_where_it_decides() -> None:
    """The second stop is carried out, the third is not, and both explanations say `unverified`."""
    engine = Engine(load(ruleset_path("cn/orders")))
    second, third = (engine.decide(order(stops_before=before), event="order") for before in (1, 2))
    assert [m.words for m in second.measures] == ["stop order.account for 48h"]
    assert (third.fired, str(third.act), third.measures) == (("third_stop",), "reject", ())
    assert all("unverified" in str(decision.why()) for decision in (second, third))


def test_working_days_that_are_swapped_count() -> None:
    """Three working days from the eve of the National Day of 2026 end with Saturday 10 October, a working day then."""
    engine = Engine(load(ruleset_path("cn/returns")))
    given = {
        "id": "R-1",
        "occurred_at": "2026-09-30T04:00:00Z",
        "frozen": "100.00",
        "loss": "50.00",
        "amount": "50.00",
        "frozen_by_police": True,
        "ownership_clear": True,
        "decision_level": "prefecture",
        "officers": 2,
        "documents": True,
        "account": {"id": "62220202001199", "institution": "BANK-B"},
        "to_original_account": True,
    }
    (duty,) = engine.decide(given, event="return").duties
    assert duty.due is not None and duty.due.isoformat() == "2026-10-10T16:00:00+00:00"
