"""Every shipped ruleset that says who bears a loss: random claims are shared to the last minor unit, those of the
United Kingdom and of Singapore as a second program has it that was written from the rules and not from the rulesets.

A long run: `RISKRULES_CLAIMS=100_000 python -m pytest tests/rulesets/test_shipped_losses.py`.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from riskrules.base.resources import folder, ruleset_path
from riskrules.base.source import Source
from riskrules.engine.engine import Engine
from riskrules.engine.inline_tests import harmless
from riskrules.engine.rules import Rules, load, loads
from riskrules.meaning import nodes as n
from riskrules.meaning.allocation import UNCOVERED, Allocation, allocate
from riskrules.schema.errors import PaymentError
from riskrules.syntax.parse import parse
from riskrules.syntax.tree import Token, walk

CLAIMS = int(os.environ.get("RISKRULES_CLAIMS", "10_000"))
SEED = 20_261_122
LEAST_SEEN = 0.002
"""The rarest share of claims that each block, each case and `no block applies` is met by."""
YEARS = (datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(2027, 12, 31, tzinfo=ZoneInfo("UTC")))

NAMES = [
    path.relative_to(folder("rulesets")).as_posix().removesuffix(".risk")
    for path in sorted(folder("rulesets").rglob("*.risk"))
    if re.search(r"(?m)^liability ", path.read_text("utf-8"))
]
FACTS = Path(__file__).resolve().parents[3] / "shared" / "design" / "regulations.md"

Values = dict[str, n.Value | None]


def rules_of(name: str) -> Rules:
    return load(ruleset_path(name))


# -- random claims ----------------------------------------------------------------------------------------------------
class Claims:
    """Claims near those of the inline tests: one of them, with up to three of its inputs drawn anew."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self.rules = rules
        self.chance = random.Random(seed)
        meaning = rules.meaning
        blocks = set(rules.liability_by_name)
        self.bases: list[Values] = [{**harmless(rules, t.of), **dict(t.given)} for t in meaning.tests if t.of in blocks]
        self.bearers = {p.bearer for x in meaning.liabilities for c in x.cases for p in c.parts}
        self.seconds = [
            value for t in meaning.tests for name, value in t.given if name.endswith("_at") and isinstance(value, int)
        ]

    def one(self) -> Values:
        values = dict(self.chance.choice(self.bases))
        for i in self.chance.sample(self.rules.meaning.inputs, min(self.chance.randrange(4), len(values))):
            values[i.name] = self._drawn(i)
        if self.chance.random() < 0.8:
            values["claim.loss"] = self._money()
        return values

    def _drawn(self, i: n.Input) -> n.Value | None:
        chance = self.chance
        if i.optional and i.name not in self.bearers and chance.random() < 0.3:
            return None
        if i.kind.choices:
            return chance.choice(i.kind.choices)
        match i.kind.name:
            case "yes/no":
                return chance.random() < 0.5
            case "money":
                return max(i.lowest, min(i.highest, self._money()))
            case "time":
                near = chance.choice(self.seconds) + chance.randrange(-1, 2) * 1_000_000 if self.seconds else 0
                far = chance.randrange(*(int(x.timestamp()) * 1_000_000 for x in YEARS))
                return near if near and chance.random() < 0.5 else far
            case "duration":
                return chance.choice((398 * 86_400, chance.randrange(800 * 86_400))) * 1_000_000
        return chance.randrange(i.lowest, min(i.highest, 10**6) + 1) if i.kind.numeric else "SOMEBODY"

    def _money(self) -> int:
        chance = self.chance
        edge = chance.choice((1, 50, 100, 5_000, 10_000, 15_000, 100_000, 8_500_000, 8_510_000, 10**12))
        anything = chance.randrange(1, 10 ** chance.randrange(1, 13))
        return max(1, chance.choice((edge + chance.randrange(-2, 3), anything)))


def shared(rules: Rules, values: Values) -> Allocation:
    found = allocate(rules.meaning, values, {name: frozenset() for name in rules.lists})
    assert found is not None
    return found


def by_party(found: Allocation) -> dict[str, int]:
    """What each party bears, those left out that bear nothing."""
    sums: Counter[str] = Counter()
    for portion in found.portions:
        sums[portion.party] += portion.amount_minor
    return {party: amount for party, amount in sums.items() if amount}


# -- the rules of two countries, a second time ------------------------------------------------------------------------
def is_before(time: n.Value | None, year: int, month: int, day: int, zone: str) -> bool:
    start = datetime(year, month, day, tzinfo=ZoneInfo(zone))
    return isinstance(time, int) and time < int(start.timestamp()) * 1_000_000


def all_with(party: str, loss: int) -> dict[str, int]:
    return {party: loss}


def united_kingdom(claim: Mapping[str, Any]) -> dict[str, int]:
    """Half and half above 100 pounds (nothing off for the vulnerable), up to 85,000 pounds. Where the sending firm
    takes no excess though it might, the receiving firm keeps 50 pounds of its half."""
    loss = claim["claim.loss"]
    vulnerable = claim["claim.victim.vulnerable"]
    refused = [
        is_before(claim["occurred_at"], 2024, 10, 7, "Europe/London"),
        is_before(claim["claim.payment_at"], 2024, 10, 7, "Europe/London"),
        claim["claim.rail"] not in {"fps", "chaps"},
        claim["claim.victim.kind"] not in {"consumer", "micro", "charity"},
        not claim["claim.authorised"],
        *(claim[f"claim.{x}"] for x in ("on_us", "cross_border", "civil_dispute", "unlawful", "first_party")),
        *(claim[f"claim.{x}"] for x in ("payee_is_victim", "institution_excluded", "out_of_time")),
        claim["claim.grossly_negligent"] and not vulnerable,
        (claim["claim.since_last_payment"] or 0) > 398 * 86_400 * 1_000_000,
    ]
    if any(refused):
        return all_with("claim.victim", loss)
    if claim["claim.excess_waived"] and not vulnerable:
        paid_back = min(loss, 85_000_00)
        sending = paid_back - max(0, paid_back // 2 - 50_00)
    else:
        paid_back = min(loss if vulnerable else max(0, loss - 100_00), 85_000_00)
        sending = (paid_back + 1) // 2
    parts = {"payer.account": sending, "payee.account": paid_back - sending, "claim.victim": loss - paid_back}
    return {party: amount for party, amount in parts.items() if amount}


def cost_of_a_delay(claim: Mapping[str, Any]) -> dict[str, int]:
    """The bank that made the payer wait bears all of it."""
    early = is_before(claim["occurred_at"], 2024, 10, 30, "Europe/London")
    ours = claim["claim.costs_of_delay"] and not early
    return all_with("payer.account" if ours else "claim.victim", claim["claim.loss"])


def singapore(claim: Mapping[str, Any]) -> dict[str, int]:
    """The waterfall: the financial institution, else the mobile operator for a text, else the consumer."""
    loss, paid_at = claim["claim.loss"], claim["claim.payment_at"]
    phished = (
        claim["claim.protected_account"]
        and claim["claim.singapore_nexus"]
        and claim["claim.phishing"]
        and not claim["claim.authorised"]
        and not claim["claim.malware"]
        and claim["claim.vector"] not in {"call", "in_person", "post"}
    )
    early = [is_before(x, 2024, 12, 16, "Asia/Singapore") for x in (claim["occurred_at"], paid_at)]
    if not phished or any(early):
        return all_with("claim.victim", loss)
    not_yet_due = claim["claim.only_f5_was_missed"] and is_before(paid_at, 2025, 6, 16, "Asia/Singapore")
    if claim["claim.missed_duty.financial_institution"] and not not_yet_due:
        return all_with("payer.account" if claim["payer.wallet"] is None else "payer.wallet", loss)
    if claim["claim.missed_duty.telco"] and claim["claim.vector"] == "sms":
        return all_with("claim.telco", loss)
    return all_with("claim.victim", loss)


SECOND: dict[str, Callable[[Mapping[str, Any]], dict[str, int]]] = {
    "gb/app_reimbursement": united_kingdom,
    "gb/payment_delay": cost_of_a_delay,
    "sg/shared_responsibility": singapore,
}


@pytest.mark.parametrize("name", NAMES)
def test_random_claims_are_shared_to_the_last_unit(name: str) -> None:
    """No share is negative, together they are the loss, and neither another order of the blocks nor a second program
    says otherwise. Each block and each case is met."""
    rules = rules_of(name).on("claim")
    meaning = rules.meaning
    backwards = Rules(replace(meaning, liabilities=meaning.liabilities[::-1]))
    claims = Claims(rules, SEED)
    met: Counter[tuple[str, int | None]] = Counter()
    for _ in range(CLAIMS):
        values = claims.one()
        found = shared(rules, values)
        amounts = [p.amount_minor for p in found.portions]
        assert min(amounts) >= 0, values
        assert sum(amounts) == found.loss_minor == values["claim.loss"], values
        met[(found.liability.name, found.case) if found.liability else (UNCOVERED, None)] += 1
        if len(meaning.liabilities) > 1:
            assert by_party(shared(backwards, values)) == by_party(found), values
        if name in SECOND:
            assert by_party(found) == SECOND[name](values), values
    wanted = {(x.name, i) for x in meaning.liabilities for i in range(len(x.cases))} | {(UNCOVERED, None)}
    assert {one for one in wanted if met[one] < LEAST_SEEN * CLAIMS} == set()


def test_the_second_program_finds_a_slip() -> None:
    """A cap one penny higher, or an excess taken of the vulnerable too, is found among random claims."""
    text = ruleset_path("gb/app_reimbursement").read_text("utf-8")
    slips = [
        ("highest_claim  = 85_000 GBP", "highest_claim = 85_000.01 GBP"),
        ("    excess up to highest_excess where claim.victim.vulnerable = no\n", "    excess up to highest_excess\n"),
        ("borne by payer.account where", "borne by payee.account where"),
        ("= no\n    cap highest_claim\n    share 50%", "= no\n    cap highest_claim\n    share 50.01%"),
    ]
    for right, wrong in slips:
        assert text.count(right) == 1
        rules = loads(text.replace(right, wrong), "slip").on("claim")
        claims = Claims(rules, SEED)
        assert any(by_party(shared(rules, v)) != united_kingdom(v) for v in (claims.one() for _ in range(2_000))), wrong


# -- a claim as a host gives it ---------------------------------------------------------------------------------------
def claim_of(name: str, **changed: object) -> dict[str, Any]:
    """One that the ruleset shares, changed; what is changed to None is left out."""
    no = dict.fromkeys(("on_us", "civil_dispute", "grossly_negligent", "first_party", "unlawful", "out_of_time"), False)
    event: dict[str, Any] = {
        **no,
        "id": "C1",
        "occurred_at": "2026-12-23T09:00:00Z",
        "reported_at": "2026-12-23T09:00:00Z",
        "loss": "1000.01",
        "rail": "fps",
        "authorised": name.startswith("gb/"),
        "phishing": True,
        "vector": "sms",
        "costs_of_delay": True,
        "protected_account": True,
        "singapore_nexus": True,
        "missed_duty": {"financial_institution": True, "telco": False},
        "victim": {"id": "V1", "vulnerable": False, "kind": "consumer"},
        "payer": {"account": {"id": "A1", "institution": "BANK-A"}},
        "payee": {"account": {"id": "A2", "institution": "BANK-B"}},
        **changed,
    }
    return {key: value for key, value in event.items() if value is not None}


def decided(name: str, **changed: object) -> Any:
    return Engine(rules_of(name)).decide(claim_of(name, **changed), event="claim")


@pytest.mark.parametrize("name", SECOND)
def test_a_claim_names_the_institution_that_pays(name: str) -> None:
    """Whoever has a share is named by the institution of the account."""
    shares = {s.party: (s.id, s.amount_minor) for s in decided(name).shares}
    assert shares["payer.account"] == ("BANK-A", 450_01 if name == "gb/app_reimbursement" else 1_000_01)
    assert sum(amount for _, amount in shares.values()) == 1_000_01


@pytest.mark.parametrize("name", SECOND)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"loss": "-1.00"}, "loss"),
        ({"loss": None}, "loss"),
        ({"loss": "0.001"}, "loss"),
        ({"currency": "EUR"}, "currency"),
        ({"payer": {"account": {"id": "A1"}}}, "payer.account.institution"),
        ({"payer": None}, "payer.account.institution"),
    ],
)
def test_a_claim_that_nobody_can_share_is_refused(name: str, changed: dict[str, object], field: str) -> None:
    """A loss that is negative, absent, of too many digits or in another currency, and a party without an institution,
    are errors at their field."""
    with pytest.raises(PaymentError) as refused:
        decided(name, **changed)
    assert refused.value.field == field


JUNE = "2026-06-18T09:00:00Z"


@pytest.mark.parametrize(
    ("name", "changed", "due"),
    [
        # 24, 29, 30, 31 December and 4 January: Boxing Day is made up for on Monday the 28th
        ("gb/app_reimbursement", {}, "2027-01-05T00:00:00+00:00"),
        ("gb/app_reimbursement", {"clock_stopped_days": 1}, "2027-01-06T00:00:00+00:00"),
        ("gb/app_reimbursement", {"reported_at": JUNE}, "2026-06-25T23:00:00+00:00"),
        # 35 business days and no more, however long the clock stood still
        ("gb/app_reimbursement", {"reported_at": JUNE, "clock_stopped_days": 30}, "2026-08-06T23:00Z"),
        ("gb/app_reimbursement", {"reported_at": JUNE, "clock_stopped_days": 31}, "2026-08-06T23:00Z"),
        # September 2026 has 21 business days after its first
        ("sg/shared_responsibility", {"reported_at": "2026-09-01T03:00:00Z"}, "2026-09-30T16:00Z"),
    ],
)
def test_a_claim_says_until_when(name: str, changed: dict[str, object], due: str) -> None:
    """Business days of the country, in its own time zone, looked up by hand."""
    (deadline,) = decided(name, **changed).deadlines
    assert deadline.due == datetime.fromisoformat(due)


@pytest.mark.parametrize("name", ["gb/app_reimbursement", "sg/shared_responsibility"])
def test_a_year_that_the_calendar_lacks_is_an_error(name: str) -> None:
    """A deadline is not guessed."""
    with pytest.raises(PaymentError, match="does not have the year"):
        decided(name, reported_at="2150-01-05T09:00:00Z", occurred_at="2150-01-05T09:00:00Z")


@pytest.mark.parametrize("name", ["gb/app_reimbursement", "sg/shared_responsibility"])
def test_why_says_what_nobody_has_read(name: str) -> None:
    """Each citation that the ruleset marks `unverified` stands so in the explanation, and no other does."""
    decision = decided(name)
    marked = [c for x in rules_of(name).on("claim").meaning.liabilities for c in x.citations if c.unverified]
    lines = [line for line in str(decision.why()).splitlines() if line.strip().startswith("cites")]
    assert marked
    for line in lines:
        assert line.endswith("unverified") == any(c.where in line for c in marked), line


# -- the numbers of the law -------------------------------------------------------------------------------------------
PARAMS = ("money", "duration", "ratio")


def part_of(facts: str, heading: str) -> str:
    """A section of the collection of facts, its emphasis left out."""
    found = re.search(rf"(?ms)^## {heading}.*?(?=^## )", facts)
    assert found is not None
    return found[0].replace("**", "")


def numbers_of(name: str) -> set[str]:
    """What the ruleset's params hold, and its days and times to pay, as the collection of facts writes them."""
    found: set[str] = set()
    for block in parse(Source(name, ruleset_path(name).read_text("utf-8"))).blocks:
        for node in walk(block):
            if isinstance(node, Token):
                found |= {node.text} if node.type == "DATE" else set()
            elif node.kind == "calendar_span" or (block.kind == "param" and node.kind in PARAMS):
                found.add(next(p.text for p in node.parts if isinstance(p, Token)).replace("_", ","))
    return found


@pytest.mark.parametrize(
    ("name", "heading", "numbers"),
    [
        ("gb/app_reimbursement", "2. UK", {"85,000", "100", "5", "35", "2024-10-07"}),
        ("gb/payment_delay", "2. UK", {"2024-10-30", "4"}),
        ("sg/shared_responsibility", "3. SINGAPORE", {"12h", "50,000", "50%", "21", "45", "2024-12-16", "2025-06-16"}),
    ],
)
def test_the_numbers_are_known_facts(name: str, heading: str, numbers: set[str]) -> None:
    """A ruleset's params, days and times to pay are those that are said here, and each stands in the collection of
    facts."""
    assert numbers_of(name) == numbers
    if not FACTS.is_file():
        pytest.skip("the collection of regulatory facts (regulations.md) is not beside this checkout")
    facts = part_of(FACTS.read_text("utf-8"), heading)
    for number in numbers:
        spaced = re.sub(r"(\d)([a-z%])", r"\1 ?\2", number)
        assert re.search(rf"(?<![\d,]){spaced}(?![\d,]\d)", facts), number
