"""What the rulesets of the European Union, of the card schemes and of China cite: nothing that is not a known
fact, and `unverified` wherever nobody read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from riskrules.base.resources import folder, ruleset_path
from riskrules.base.source import Source
from riskrules.engine.rules import Rules, load
from riskrules.meaning import nodes as n
from riskrules.syntax.parse import parse
from riskrules.syntax.tree import Node, Token, walk

FACTS = Path(__file__).resolve().parents[3] / "shared" / "design" / "regulations.md"
SECTIONS = {
    "eu/": ("## 4. EU",),
    "cards/": ("## 5. CARD SCHEMES",),
    "cn/wallet_losses": ("### 1.5 ",),
    "cn/account_limits": ("### 1.4 ",),
    "cn/": ("## 0. The principles", "## 1. CHINA"),
}
"""By the beginning of a ruleset's name: where the facts of its regime stand."""
UNVERIFIED = {
    "cards/chargebacks": {"acquirer_left_authentication_out", "copied_card", "lost_or_stolen_card"},
    "cards/programmes": set[str](),
    "cn/account_controls": {"atm_transfer_waits"},
    "cn/account_limits": {"too_many_of_one_class"},
    "cn/orders": {"stop", "third_stop"},
    "cn/returns": set[str](),
    "cn/terminals_and_codes": set[str](),
    "cn/wallet_losses": {"wallet_not_proven", "code_on_a_bank_account"},
    "eu/authentication": {"unauthorised", "contactless_payment_is_too_large", "low_risk_transfer"},
    "eu/draft_payment_services": {
        "changed_by_the_fraudster", "deceived_payer", "name_does_not_fit", "suspicious_credit",
    },
    "eu/payee_verification": {"check_was_not_offered"},
}  # fmt: skip
"""By ruleset: the rules and blocks of which nobody read some source; the facts mark them so."""

OWN = {"restrained_for_nothing", "nothing_to_renew", "more_than_was_lost", "more_than_is_frozen"}
"""Rules that no source asks for: they cite none, and say in their page that they are the ruleset's own."""


def clauses(rules: Rules) -> Iterator[tuple[str, tuple[n.Citation, ...]]]:
    for event in rules.events:
        meaning = rules.on(event).meaning
        yield from ((rule.name, rule.citations) for rule in meaning.rules)
        yield from ((block.name, block.citations) for block in meaning.liabilities)


@pytest.mark.parametrize("name", sorted(UNVERIFIED))
def test_what_nobody_read_says_so(name: str) -> None:
    """Each rule and block but the ruleset's own cites something, and exactly those that rest on an unread source say
    `unverified`."""
    cited = dict(clauses(load(ruleset_path(name))))
    assert {one for one, each in cited.items() if not each} == OWN & set(cited)
    assert {one for one, each in cited.items() if any(c.unverified for c in each)} == UNVERIFIED[name]


@pytest.mark.parametrize("name", sorted(UNVERIFIED))
def test_every_number_is_a_known_fact(name: str) -> None:
    """Articles, params and dates of a ruleset stand in the collection of facts, in the section of its regime."""
    if not FACTS.is_file():
        pytest.skip("the collection of regulatory facts (regulations.md) is not beside this checkout")
    every = FACTS.read_text("utf-8")
    starts = next(headings for prefix, headings in SECTIONS.items() if name.startswith(prefix))
    facts = "\n".join(every.partition(f"\n{x}")[2].partition(f"\n{x.partition(' ')[0]} ")[0] for x in starts)
    text = (folder("rulesets") / f"{name}.risk").read_text("utf-8")
    assert facts
    assert unknown(facts, text) == []
    assert unknown(facts, f"{text}\nparam x = 77 EUR\n") == ["77"]
    assert unknown(facts, f'{text}\nrule x "x" in force from 2031-02-03 when amount > 1 then allow\n') == ["2031-02-03"]
    assert unknown(facts, f'{text}\nrule x "x" cites RTS "Art 99" when amount > 1 then allow\n') == ["Art 99"]


def unknown(facts: str, text: str) -> list[str]:
    """Articles, params and dates that the facts do not have."""
    plain = facts.replace("\u202f", " ").replace("*", "").replace(",", "")
    found = []
    for block in parse(Source("shipped.risk", text)).blocks:
        for node in (x for x in walk(block) if isinstance(x, Node)):
            words = [p.text for p in node.parts if isinstance(p, Token)]
            if node.kind == "cites":
                found += [f"Art {x}" for x in re.findall(r"Art (\d+)", words[1]) if not _stands(x, plain)]
            if block.kind == "param" and node.kind in ("money", "bps", "number"):
                number = words[0].replace("_", "")
                found += [] if any(_stands(x, plain) for x in _written(number)) else [number]
        tests = [x for x in walk(block) if isinstance(x, Node) and x.kind == "test"]
        for word in (x for x in walk(block) if isinstance(x, Token) and x.type == "DATE"):
            inside = any(t.start <= word.start < t.end for t in tests)
            found += [] if inside or any(x in plain for x in _dates(word.text)) else [word.text]
    return found


def _stands(number: str, facts: str) -> bool:
    return bool(re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", facts))


def _written(number: str) -> list[str]:
    """How the facts may write it: in thousands, a rate in percent."""
    if not number.endswith("bps"):
        return [number, number.removesuffix("000") + "k"]
    digits = number.removesuffix("bps")
    return [digits, *(f"{Decimal(digits) / 100:.{places}f}" for places in (2, 3))]


def _dates(text: str) -> list[str]:
    """The date and the day after it, for a value that holds until the day before."""
    day = date.fromisoformat(text)
    return [f"{d:{form}}".lstrip("0") for d in (day, day + timedelta(days=1)) for form in ("%Y-%m-%d", "%d %b %Y")]
