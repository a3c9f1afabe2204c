"""Why a payment was decided so: every condition, its value and its truth, in the author's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.money import format_minor
from ..meaning import nodes as n
from ..meaning.averages import name_of
from ..meaning.interpreter import holds, in_force
from ..meaning.walk import found_in, reads_in
from .duty import Duty
from .shares import cited_by
from .shown import hidden, masked, shown_act, shown_reads, shown_text

if TYPE_CHECKING:
    from ..meaning.losses import Liability
    from .decision import Decision
    from .rules import Rules


@dataclass(frozen=True, slots=True)
class ConditionWhy:
    """One condition: the author's words, whether it held, and the inputs it read, shown. `depth` counts from 0.
    `unread`: it hangs on a window that could not be read, so that nobody knows."""

    words: str
    held: bool
    values: tuple[tuple[str, str], ...]
    depth: int
    unless: bool = False
    unread: bool = False

    @property
    def answer(self) -> str:
        return "?" if self.unread else "yes" if self.held else "no"


@dataclass(frozen=True, slots=True)
class RuleWhy:
    """One rule or exempt: whether all of it held, and what became of it (fired, lifted, did not fire). `reason` and
    `appeal`, of a rule that fired: what it owes the customer, "" where it says nothing of its own."""

    name: str
    text: str
    outcome: str
    does: str
    conditions: tuple[ConditionWhy, ...]
    citations: tuple[str, ...]
    responsible: tuple[str, ...]
    reason: str = ""
    appeal: str = ""

    @property
    def owed(self) -> tuple[tuple[str, str], ...]:
        """Who is responsible, the reason and the appeal, each with its word."""
        texts = [("reason", self.reason), ("appeal", self.appeal)]
        return (*(("responsible", x) for x in self.responsible), *(x for x in texts if x[1]))


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of one decision. `str()` gives them as text for a terminal."""

    headline: str
    rules: tuple[RuleWhy, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [self.headline]
        for rule in self.rules:
            lines.append("")
            lines.append(f"{rule.name} {rule.outcome}{f': {rule.does}' if rule.does else ''}")
            lines.append(f"  {rule.text}")
            width = max((len(_lead(c)) + len(c.words) for c in rule.conditions), default=0)
            for c in rule.conditions:
                left = f"{_lead(c)}{c.words}"
                values = ", ".join(f"{name} is {value}" for name, value in c.values)
                lines.append(f"  {c.answer:3} {left:<{min(width, 60)}}  {values}".rstrip())
            lines += [f"  {word:<11}  {text}" for word, text in rule.owed]
            lines += [f"  cites        {c}" for c in rule.citations]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)


def _lead(c: ConditionWhy) -> str:
    return "  " * c.depth + ("unless " if c.unless else "")


def why_of(
    rules: Rules,
    decision: Decision,
    values: Mapping[str, n.Value | None],
    lists: Mapping[str, frozenset[str]],
    asked: str | None,
) -> Why:
    names = [asked] if asked is not None else [*decision.exempts, *decision.fired, *decision.lifted]
    if asked is None and rules.liability_by_name and "occurred_at" in values:
        names = [*([decision.liability.name] if decision.liability else rules.liability_by_name), *names]
    told = []
    for name in names:
        if block := rules.liability_by_name.get(name):
            told.append(_liability_why(block, decision))
            continue
        rule = rules.by_name.get(name) or rules.exempt_by_name[name]
        told.append(_rule_why(rule, decision, values, lists))
    until = f", until {decision.until:%Y-%m-%dT%H:%M:%SZ}" if decision.until else ""
    score = f", score {decision.score}" if decision.score else ""
    headline = f"{decision.act}{until}{score}  ({decision.ruleset.name} {decision.ruleset.version})"
    if not told:
        headline += "\nno rule fired"
    return Why(headline, tuple(told), decision.degraded)


def _rule_why(
    rule: n.Rule | n.Exempt,
    decision: Decision,
    values: Mapping[str, n.Value | None],
    lists: Mapping[str, frozenset[str]],
) -> RuleWhy:
    outcome = (
        "fired" if rule.name in decision.fired
        else "held and was lifted" if rule.name in decision.lifted
        else "exempts" if rule.name in decision.exempts
        else "did not fire"
    )  # fmt: skip
    now = values.get("occurred_at")
    conditions: list[ConditionWhy] = []
    if isinstance(now, int):  # a payment that could not be read has no time, and no values to show
        seen = _Seen(values, lists, frozenset(decision.facts.before.unread))
        conditions += _conditions(rule.when, seen, 0)
        for u in rule.unless:
            conditions += _conditions(u, seen, 0, unless=True)
    if isinstance(now, int) and not in_force(rule.in_force, now):
        conditions.insert(0, ConditionWhy("in force", False, (), 0))
    does: list[str] = []
    duties = tuple(d for d in decision.duties if d.rule == rule.name) if outcome == "fired" else ()
    if isinstance(rule, n.Rule):
        does += [shown_act(rule.action)] if rule.action else []
        does += [f"score {rule.score}"] if rule.score is not None else []
        does += [m.words for m in rule.measures]
    else:
        does += [f"lifts {name}" for name in rule.lifts]
        does += [f"lifts all below {n.LEVELS[rule.below]}"] if rule.below is not None else []
    cited = tuple(_cited(c) for c in rule.citations)
    return RuleWhy(
        rule.name, rule.text, outcome, ", ".join(does), tuple(conditions), cited, tuple(_duty(d) for d in duties),
        duties[0].reason if duties and isinstance(rule, n.Rule) and rule.reason else "",
        duties[0].appeal or "" if duties else "",
    )  # fmt: skip


def _duty(duty: Duty) -> str:
    """`payee.account (…1234): BANK-B, account-servicing bank, within 24h, before 2026-06-16T04:00:00Z`."""
    said = f"{duty.instrument} ({masked(duty.id or '')}): {shown_text('institution', duty.institution)}, {duty.role}"
    return f"{said}, {duty.within}, before {duty.due:%Y-%m-%dT%H:%M:%SZ}" if duty.due else said


def _cited(c: n.Citation) -> str:
    return f"{c.source} {c.where} ({c.title})" + (", unverified" if c.unverified else "")


def _liability_why(block: Liability, decision: Decision) -> RuleWhy:
    """A block that says who bears a loss: its conditions, its cases up to the one that was taken, and the shares."""
    facts = decision.facts
    now = facts.values.get("occurred_at")
    taken = decision.liability is block
    conditions: list[ConditionWhy] = []
    if isinstance(now, int):
        seen = _Seen(facts.values, facts.serving.lists, frozenset())
        cases = block.cases[: (facts.allocation.case or 0) + 1] if taken and facts.allocation else ()
        conditions += _conditions(block.when, seen, 0)
        for u in block.unless:
            conditions += _conditions(u, seen, 0, unless=True)
        for case in cases:
            conditions += _conditions(case.when, seen, 0)
        if not in_force(block.in_force, now):
            conditions.insert(0, ConditionWhy("in force", False, (), 0))
    currency = decision.facts.serving.rules.frame.currency
    told = [(s.party, format_minor(s.amount_minor, currency), s.because) for s in decision.shares if taken]
    bearing = [f"{party} bears {amount} ({because})" for party, amount, because in told]
    due = [f"{d.words}, before {d.due:%Y-%m-%dT%H:%M:%SZ}" for d in decision.deadlines if taken]
    taken_citations = cited_by(facts.allocation) if taken and facts.allocation else block.citations
    cited = tuple(_cited(c) for c in taken_citations)
    outcome = "says who bears the loss" if taken else "does not apply"
    return RuleWhy(block.name, block.text, outcome, "; ".join([*bearing, *due]), tuple(conditions), cited, ())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the decision was made on. `unread`: the windows that could not be read."""

    values: Mapping[str, n.Value | None]
    lists: Mapping[str, frozenset[str]]
    unread: frozenset[str]

    def hangs(self, c: n.Condition) -> bool:
        """Whether the answer hangs on one of them: it says neither what happens without it nor asks for that."""
        if not self.unread or found_in(c, n.Known):
            return False
        spared = {r.name for r in reads_in(tuple(found_in(c, n.Default)))}
        return any(name_of(r.name) in self.unread for r in reads_in(c) if r.name not in spared)


def _conditions(c: n.Condition, seen: _Seen, depth: int, unless: bool = False) -> Iterator[ConditionWhy]:
    """The condition and, below it, its parts. The parts of a rule's own `and` stand at depth 0."""
    if isinstance(c, n.All) and depth == 0 and not unless:
        for part in c.parts:
            yield from _group(part, seen, depth, unless) if isinstance(part, n.All) else _conditions(part, seen, depth)
        return
    yield from _group(c, seen, depth, unless)


def _group(c: n.Condition, seen: _Seen, depth: int, unless: bool) -> Iterator[ConditionWhy]:
    parts = _parts(c)
    read = () if parts else shown_reads(c, seen.values)
    unread = not parts and seen.hangs(c)
    held = not unread and holds(c, seen.values, seen.lists)
    yield ConditionWhy(hidden(c, c.words or _described(c)), held, read, depth, unless, unread)
    for part in parts:
        yield from _group(part, seen, depth + 1, False)


def _parts(c: n.Condition) -> tuple[n.Condition, ...]:
    match c:
        case n.All(parts) | n.Any(parts):
            return parts
        case n.Not(n.All(parts) | n.Any(parts)):
            return parts
    return ()


def _described(c: n.Condition) -> str:
    return {n.All: "all of", n.Any: "any of", n.Not: "none of"}.get(type(c), "condition")
