"""Propose rules: from the text of a base ruleset and a labelled history to the text of a draft.

The history is replayed once by the engine, with every window of the base. What is proposed is then decided by the
engine over the same payments, so that the figures in the draft are those of the draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..base.times import zone_of
from ..bridges.maps import Map
from ..checker.models import Beside, none_beside
from ..engine.inline_tests import run_tests
from ..engine.rules import loads
from .curve import CurvePoint, Outcome, frontier, outcome_of
from .labels import Label, label_of
from .span import Moment
from .suggesting import Stage, prepared, proposed
from .suggesting_draft import RESPONSIBLE, THEN, Proposed, Told, drafted, proposed_rules
from .suggesting_quantities import readable
from .suggesting_tests import Example, Examples
from .tuning_history import Decider, Mask, Past, need_both, past_of
from .tuning_spans import Spans, spans_of

MOST_RULES = 30
MOST_CONDITIONS = 4
SECONDS = 900.0
"""After so long a search ends with what it has."""


class NothingFound(ValueError):
    """No rule is worth its honest payments, or none may be read."""


@dataclass(frozen=True)
class Suggested:
    """`text`: the draft. `rules` as proposed, with what is `told` of each; `found`, `later`: all of them together,
    where was searched and after it (None: nothing lies there). `curve`: of the search, in the time that was searched.
    `in_time`: whether the search came to its end."""

    text: str
    rules: tuple[Proposed, ...]
    told: Mapping[str, Told]
    spans: Spans
    found: Outcome
    later: Outcome | None
    curve: tuple[CurvePoint, ...]
    in_time: bool
    skipped: int
    notes: tuple[str, ...]


def suggest(
    base: str,
    history: object,
    label: str | Label,
    *,
    stop_at_most: Fraction,
    most_rules: int = MOST_RULES,
    most_conditions: int = MOST_CONDITIONS,
    map: Map | str | Path | None = None,
    lists: Mapping[str, frozenset[str]] | None = None,
    since: Moment = None,
    until: Moment = None,
    report_from: Moment = None,
    name: str = "proposals",
    then: str = THEN,
    responsible: str = RESPONSIBLE,
    seconds: float = SECONDS,
    seed: int = 0,
    fraud_is: Sequence[str] = (),
    beside: Beside = none_beside,
    told: Callable[[str], None] = lambda line: None,
) -> Suggested:
    """Rules that stop at most a share of honest payments, in the words of the base ruleset.

    `base`: its text; windows, `let`s and the fields that its rules read are what proposals read. `since`, `until`: what
    is searched; `report_from`: what is counted afterwards; see `spans_of` for what is taken without them. The same seed
    gives the same proposals, unless time runs out. RulesetError, LabelError, TableError, MapError; NothingFound when no
    rule is worth proposing.
    """
    can = readable(base, f"{name}.risk", beside)
    if not can.quantities and not can.conditions:
        raise NothingFound("the ruleset has no window, no `let` and no amount that a rule could read")
    marked = label_of(label, fraud_is)
    whole = past_of(can.probe, history, marked, map, lists)
    spans = spans_of(whole, since, until, report_from, zone_of(can.probe.meaning.timezone))
    past, later = whole.of(spans.training), whole.of(spans.report)
    need_both(past, marked)
    told(f"{past.payments:_} payments are searched, {later.payments:_} are counted afterwards")
    steps, codes = prepared(can, past, lists or {}, seed)
    told(f"{len(steps):_} conditions of {len(can.quantities)} quantities")

    def on_stage(stage: Stage) -> None:
        o = stage.outcome
        shares = f"{float(o.friction):.3%} of honest payments and {float(o.caught_share):.1%} of frauds"
        told(f"{len(stage.rules)} rules stop {shares}")

    result = proposed(steps, codes, past, stop_at_most, most_rules, most_conditions, seconds, seed, on_stage)
    if result.chosen is None or not result.chosen.rules:
        raise NothingFound("no rule is worth the honest payments that it stops, in the time that was searched")
    rules = proposed_rules(steps, result.chosen.rules)
    currency = can.probe.meaning.currency
    bare = loads(drafted(base, rules, name, then=then, responsible=responsible))
    stopped, fired = Decider(past, lists).fired(bare)
    found = outcome_of(stopped, past.fraud, past.amounts)
    last: Outcome | None = None
    fired_later: dict[str, Mask] | None = None
    if later.payments:
        stopped_later, fired_later = Decider(later, lists).fired(bare)
        last = outcome_of(stopped_later, later.fraud, later.amounts)
    figures = {
        r.name: Told(
            outcome_of(fired[r.name], past.fraud, past.amounts),
            None if fired_later is None else outcome_of(fired_later[r.name], later.fraud, later.amounts),
            outcome_of(_alone(r.name, fired), past.fraud, past.amounts),
        )
        for r in rules
    }
    made = Examples(bare, {r.name: r.conditions for r in rules}, seed)
    tests = {r.name: made.of(r.name, _begun(r.name, fired), past) for r in rules}
    head = _head(spans, past, found, later, last, currency, stop_at_most)

    def text(kept: Mapping[str, Sequence[Example]]) -> str:
        return drafted(base, rules, name, head, figures, kept, currency, then, responsible)

    points = [CurvePoint(f"{len(s.rules)} rules", s.outcome) for s in result.stages]
    return Suggested(
        text(_passing(text(tests), tests)), rules, figures, spans, found, last, frontier(points), result.in_time,
        whole.skipped, whole.notes,
    )  # fmt: skip


def _alone(rule: str, fired: Mapping[str, Mask]) -> Mask:
    """What only this rule stops."""
    alone = fired[rule].copy()
    for name, mask in fired.items():
        if name != rule:
            alone &= ~mask
    return alone


def _begun(rule: str, fired: Mapping[str, Mask]) -> list[int]:
    """The payments that tests begin from."""
    alone = _alone(rule, fired)
    rows: list[int] = np.flatnonzero(alone if alone.any() else fired[rule]).tolist()
    return rows


def _passing(text: str, tests: Mapping[str, Sequence[Example]]) -> dict[str, list[Example]]:
    """The tests that pass as the engine runs them, which is more than the conditions: bounds of fields, for one."""
    passed = {(r.of, r.name) for r in run_tests(loads(text)) if r.passed}
    return {rule: [t for t in each if (rule, t.name) in passed] for rule, each in tests.items()}


def _head(
    spans: Spans, past: Past, found: Outcome, later: Past, last: Outcome | None, currency: str, stop_at_most: Fraction
) -> list[str]:
    """What stands at the top of the draft."""
    lines = [
        "Rules proposed by a search in a labelled history (`riskrules suggest`). Nobody has read them yet. An analyst",
        "reads each one, gives it a name and a text, changes or strikes it, and signs for what stays; nothing applies",
        "them by itself. The figures are of one history and one time.",
        "",
        f"Searched {spans.training}, {past.payments:_} payments, to stop at most {float(stop_at_most):.3%} of honest:",
        f"  {told_of(found)}",
    ]
    if last is not None:
        lines += [f"Counted later, where no search looked: {spans.report}, {later.payments:_} payments:"]
        lines += [f"  {told_of(last)}"]
    return lines


def told_of(o: Outcome) -> str:
    """An outcome's shares in a line."""
    return (
        f"{float(o.friction):.3%} of honest payments stopped; {float(o.caught_share):.1%} of frauds caught, "
        f"{float(o.money_share):.1%} of their money; {float(o.precision):.1%} of what is stopped is fraud"
    )
