"""What came of a file of claims: totals by party and by block, the first shares, the rows that did not fit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..base.money import format_minor
from .findings import counted
from .terminal import plain

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..engine.claims import Claim
    from ..engine.decision import Decision
    from ..engine.rules import Rules

MOST_SHOWN_CLAIMS = 20
"""Claims whose shares are shown one by one on a terminal; a page shows `MOST_PAGE_CLAIMS`."""
MOST_PAGE_CLAIMS = 200
"""More than a person reads; the file of `--out` has all."""
MOST_ERRORS = 10
UNCOVERED = "(no block applies)"
NOBODY = "(not named)"


class LiabilityTally:
    """Counts as claims come. Victims are totalled together: each is somebody else, and none is named."""

    def __init__(self, rules: Rules, name: str) -> None:
        self.rules = rules
        self.name = name
        self.claims = 0
        self.bad_rows = 0
        self.loss_minor = 0
        self.parties: Counter[tuple[str, str]] = Counter()
        self.amounts: Counter[tuple[str, str]] = Counter()
        self.blocks: Counter[str] = Counter()
        self.first: list[Decision] = []
        self.errors: list[Claim] = []

    @property
    def currency(self) -> str:
        return self.rules.meaning.currency

    def add(self, claim: Claim) -> None:
        decision = claim.decision
        if decision is None:
            self.bad_rows += 1
            if len(self.errors) < MOST_ERRORS:
                self.errors.append(claim)
            return
        self.claims += 1
        self.blocks[decision.liability.name if decision.liability else UNCOVERED] += 1
        for share in decision.shares:
            person = self.rules.schema[share.party].kind.name == "party"
            key = (share.party, "" if person else share.id or NOBODY)
            self.parties[key] += 1
            self.amounts[key] += share.amount_minor
            self.loss_minor += share.amount_minor
        if len(self.first) < MOST_PAGE_CLAIMS:
            self.first.append(decision)

    def totals(self) -> list[tuple[str, str, int, int]]:
        """(party, id, shares, minor units), the largest first."""
        ordered = sorted(self.amounts.items(), key=lambda item: (-item[1], item[0]))
        return [(party, who, self.parties[party, who], amount) for (party, who), amount in ordered]

    def told_errors(self) -> list[str]:
        return [f"{c.place} {c.number}: {c.error}" for c in self.errors]

    def described(self) -> dict[str, object]:
        """The summary as plain values."""
        rules = self.rules
        return {
            "ruleset": {"name": rules.name, "version": rules.version, "fingerprint": rules.fingerprint},
            "claims": self.claims,
            "bad_rows": self.bad_rows,
            "currency": self.currency,
            "loss_minor": self.loss_minor,
            "parties": [
                {"party": party, "id": who or None, "shares": shares, "amount_minor": amount}
                for party, who, shares, amount in self.totals()
            ],
            "blocks": dict(sorted(self.blocks.items())),
            "errors": [
                {"place": c.place, "number": c.number, "field": c.error.field, "problem": c.error.problem}
                for c in self.errors
                if c.error
            ],
        }


def drawn(tally: LiabilityTally) -> RenderableType:
    """The summary as a person reads it."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rules = tally.rules
    head = Text.assemble((f"{rules.name} {rules.version}", "bold"), (f"  fingerprint {rules.fingerprint[:16]}", "dim"))
    said = f"{counted(tally.claims, 'claim')} of {plain(tally.name)}, {format_minor(tally.loss_minor, tally.currency)}"
    parts: list[RenderableType] = [head, Text(f"{said} in all"), Text()]
    shares = Table("claim", "party", "who", "amount", "because", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shares.columns[3].justify = "right"
    for decision in tally.first[:MOST_SHOWN_CLAIMS]:
        for s in share_rows(decision, tally.currency):
            shares.add_row(*(Text(plain(x)) for x in s))
    parts += [shares, Text()] if tally.first else []
    if tally.claims > MOST_SHOWN_CLAIMS:
        more = counted(tally.claims - MOST_SHOWN_CLAIMS, "more claim")
        parts += [Text(f"and {more}; `--out FILE` writes all of them", "dim"), Text()]
    totals = Table("party", "who", "shares", "amount", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for party, who, count, amount in tally.totals():
        totals.add_row(party, Text(plain(who)), f"{count:_}", format_minor(amount, tally.currency))
    parts += [totals, Text()] if tally.claims else []
    if tally.bad_rows:
        parts.append(Text(f"{counted(tally.bad_rows, 'row')} not decided:", style="bold red"))
        parts += [Text(f"  {plain(x)}") for x in tally.told_errors()]
        more_errors = tally.bad_rows - len(tally.errors)
        parts += [Text(f"  and {more_errors:_} more")] if more_errors else []
    return Group(*parts)


def share_rows(decision: Decision, currency: str) -> list[tuple[str, str, str, str, str]]:
    """(claim, party, who, amount, because) of each share, the id of a person masked."""
    from ..engine.shares import shares_told

    told = shares_told(decision.shares, decision.facts.serving.rules.schema)
    return [
        (
            decision.id if i == 0 else "",
            s.party,
            str(shown["id"] or ""),
            format_minor(s.amount_minor, currency),
            s.because,
        )
        for i, (s, shown) in enumerate(zip(decision.shares, told, strict=True))
    ]
