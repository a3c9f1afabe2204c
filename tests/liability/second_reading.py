"""Who bears a loss, worked out a second time: a list of parties and fractions, from a block described as plain data.

It shares no code with the library and knows no language. A made block is both the text that the library reads and the
data that is read here, so the two can differ.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

PARTIES = ("payer.account", "payee.account", "claim.telco", "claim.platform", "payee.merchant", "claim.victim")
RAILS = ("fps", "chaps", "sct", "ach", "card")
VECTORS = ("sms", "call", "email", "app")

Reduction: TypeAlias = tuple[str, int, bool, str | None]


@dataclass
class MadeCase:
    """`when`: (field, wanted) pairs, all of which must fit; None is `otherwise`. `reductions`: (what, minor units, only
    where the victim is not vulnerable, who bears it instead of the victim). `shares`: (percent in hundredths, None for
    the rest, party)."""

    when: tuple[tuple[str, object], ...] | None
    reductions: list[Reduction]
    shares: list[tuple[int | None, str]]


@dataclass
class MadeBlock:
    """A block for one rail, so that no two of a file hold for one claim."""

    name: str
    rail: str
    unless: str | None
    reductions: list[Reduction]
    cases: list[MadeCase] = field(default_factory=list)


def made_block(chance: random.Random, index: int) -> MadeBlock:
    """Shares that come to the whole, in percents of up to two decimals; up to three cases; excess and cap in either
    order."""
    unless = chance.choice([None, "claim.on_us", "claim.civil_dispute"])
    block = MadeBlock(f"block_{index}", RAILS[index], unless, _reductions(chance))
    conditions: list[tuple[tuple[str, object], ...]] = [
        (("vector", chance.choice(VECTORS)),),
        (("missed_duty.telco", True), ("vector", "sms")),
        (("missed_duty.financial_institution", True),),
    ]
    chance.shuffle(conditions)
    for when in conditions[: chance.randint(0, 3)]:
        block.cases.append(MadeCase(when, _reductions(chance) if chance.random() < 0.3 else [], _shares(chance)))
    block.cases.append(MadeCase(None, [], _shares(chance)))
    return block


def _reductions(chance: random.Random) -> list[Reduction]:
    both = [
        ("excess", chance.choice([1, 99, 10_000, 50_000]), chance.random() < 0.5, chance.choice([None, *PARTIES])),
        ("cap", chance.choice([0, 1, 5_000, 8_500_000]), False, None),
    ]
    chance.shuffle(both)
    return both[: chance.randint(0, 2)]


def _shares(chance: random.Random) -> list[tuple[int | None, str]]:
    parties = chance.sample(PARTIES, chance.randint(1, 5))
    cuts = sorted(chance.sample(range(1, 10_000, chance.choice([1, 3, 25, 1])), len(parties) - 1))
    percents: list[int | None] = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    if chance.random() < 0.4 and len(parties) > 1:
        percents[chance.randrange(len(percents))] = None
    return list(zip(percents, parties, strict=True))


def text_of(blocks: list[MadeBlock]) -> str:
    """The file."""
    lines = ["ruleset made version 2026.1", "  currency GBP", "  timezone Europe/London"]
    for block in blocks:
        lines += ["", f"liability {block.name} on claim", '  "made"', f"  when claim.rail = {block.rail}"]
        lines += [f"  unless {block.unless}"] if block.unless else []
        lines += _reduction_lines(block.reductions)
        waterfall = len(block.cases) > 1
        for case in block.cases:
            if case.when is not None:
                words = [_condition(name, wanted) for name, wanted in case.when]
                lines.append("  case " + " and ".join(words))
            elif waterfall:
                lines.append("  otherwise")
            lines += _reduction_lines(case.reductions)
            lines += [f"    share {_percent(p)} {party}" for p, party in case.shares]
    return "\n".join(lines) + "\n"


def _condition(name: str, wanted: object) -> str:
    return f"claim.{name}" if wanted is True else f"claim.{name} = {wanted}"


def _reduction_lines(reductions: list[Reduction]) -> list[str]:
    lines = []
    for what, minor, guarded, who in reductions:
        amount = f"{minor // 100}.{minor % 100:02d} GBP"
        where = f" borne by {who}" if who else ""
        where += " where claim.victim.vulnerable = no" if guarded else ""
        lines.append(f"  excess up to {amount}{where}" if what == "excess" else f"  cap {amount}")
    return lines


def _percent(hundredths: int | None) -> str:
    return "rest" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}%"


def bears(blocks: list[MadeBlock], claim: dict[str, object]) -> list[tuple[str, int]]:
    """(party, minor units), in the order of the file, what stays with the victim last."""
    loss = claim["loss_minor"]
    assert isinstance(loss, int)
    for block in blocks:
        if claim["rail"] == block.rail and not (block.unless and claim[block.unless.removeprefix("claim.")]):
            return _by_block(block, claim, loss)
    return [("claim.victim", loss)]


def _by_block(block: MadeBlock, claim: dict[str, object], loss: int) -> list[tuple[str, int]]:
    case = next(c for c in block.cases if c.when is None or all(claim[name] == wanted for name, wanted in c.when))
    left, victim = loss, 0
    others: list[tuple[str, int]] = []
    for what, minor, guarded, who in case.reductions or block.reductions:
        before = left
        if what == "cap":
            left = minor if left > minor else left
        elif not (guarded and claim["victim.vulnerable"]):
            left = left - minor if left > minor else 0
        if who is None or who == "claim.victim":
            victim += before - left
        elif before > left:
            others.append((who, before - left))
    stated = sum(p for p, _ in case.shares if p is not None)
    exact = [Fraction(left * (10_000 - stated if p is None else p), 10_000) for p, _ in case.shares]
    given = [int(x) for x in exact]
    while sum(given) < left:  # the largest remainder gets the next unit, the first of equal ones
        behind = [x - g for x, g in zip(exact, given, strict=True)]
        given[behind.index(max(behind))] += 1
    found = [(party, amount) for (_, party), amount in zip(case.shares, given, strict=True)]
    return [*found, *others, *([("claim.victim", victim)] if victim else [])]


def made_claim(chance: random.Random, number: int) -> dict[str, object]:
    """Flat, by the names that conditions use."""
    loss = chance.choice([1, 2, 3, 99, 10_000, 10_001, 8_500_000, 8_500_001, chance.randint(1, 10**9)])
    return {
        "id": f"C{number}",
        "loss_minor": loss,
        "rail": chance.choice(RAILS),
        "vector": chance.choice(VECTORS),
        "on_us": chance.random() < 0.1,
        "civil_dispute": chance.random() < 0.1,
        "victim.vulnerable": chance.random() < 0.3,
        "missed_duty.telco": chance.random() < 0.4,
        "missed_duty.financial_institution": chance.random() < 0.3,
    }


def event_of(claim: dict[str, object]) -> dict[str, object]:
    """The claim as a host hands it over."""
    loss = claim["loss_minor"]
    assert isinstance(loss, int)
    return {
        "id": claim["id"],
        "occurred_at": "2026-06-18T04:00:00Z",
        "reported_at": "2026-06-18T04:00:00Z",
        "loss": f"{loss // 100}.{loss % 100:02d}",
        "rail": claim["rail"],
        "vector": claim["vector"],
        "on_us": claim["on_us"],
        "civil_dispute": claim["civil_dispute"],
        "victim": {"id": "VICTIM-000001", "vulnerable": claim["victim.vulnerable"]},
        "missed_duty": {
            "telco": claim["missed_duty.telco"],
            "financial_institution": claim["missed_duty.financial_institution"],
        },
        "telco": "TELCO-1",
        "platform": "PLATFORM-1",
        "payer": {"account": {"id": "A-1", "institution": "BANK-A"}},
        "payee": {
            "account": {"id": "A-2", "institution": "BANK-B"},
            "merchant": {"id": "M-1", "acquirer": "ACQUIRER-1"},
        },
    }
