"""Better values for the params that may be tuned: found in one part of a labelled history, judged on a later one.

Only literals of params move, each between the two ends that its author wrote, over round values. What comes out is the
old text with other literals, their difference, the curve of what other values would do, and the inline tests that now
fail because they guard the old limits: whoever signs for the new values writes new ones.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..base.times import zone_of
from ..bridges.maps import Map
from ..checker.models import Beside, none_beside
from ..engine.inline_tests import run_tests
from .curve import CurvePoint, Outcome, frontier, outcome_of
from .labels import Label, label_of
from .span import Moment
from .tuning_history import Decider, need_both, past_of
from .tuning_search import Knob, Search, Setting, knobs_of, loaded, retold, setting_words
from .tuning_spans import Spans, spans_of
from .tuning_values import written

MOST_EVALUATIONS = 600
SECONDS = 600.0


class NothingToTune(ValueError):
    """No param may be tuned, or no values stop so few honest payments."""


@dataclass(frozen=True, slots=True)
class Change:
    """A param and its literal before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Tuned:
    """`text`: the new version. `before`, `after`: outcomes where was searched, and `report_before`, `report_after` in
    the later time (None: nothing lies there). `curve`: what other settings do where was searched. `failing`: inline
    tests that the new version fails, since they guard the old limits. `untouched`: params that `tune` names and whose
    value hangs on the day, which are left as they are. `in_time`: whether the search came to its end."""

    text: str
    changes: tuple[Change, ...]
    spans: Spans
    before: Outcome
    after: Outcome
    report_before: Outcome | None
    report_after: Outcome | None
    curve: tuple[CurvePoint, ...]
    chosen: CurvePoint
    failing: tuple[str, ...]
    untouched: tuple[str, ...]
    evaluations: int
    in_time: bool
    skipped: int
    notes: tuple[str, ...]

    def diff(self, old: str, name: str) -> str:
        """What changes in the text, as a unified diff."""
        before, after = old.splitlines(), self.text.splitlines()
        return "\n".join(difflib.unified_diff(before, after, name, f"{name} (tuned)", lineterm="", n=1))

    def described(self) -> dict[str, object]:
        """As plain values."""
        return {
            "changes": [{"param": c.name, "before": c.before, "after": c.after} for c in self.changes],
            "searched": {"span": str(self.spans.training), "before": self.before.described(),
                         "after": self.after.described()},
            "later": None if self.report_before is None or self.report_after is None else {
                "span": str(self.spans.report), "before": self.report_before.described(),
                "after": self.report_after.described()},
            "curve": [p.described() for p in self.curve],
            "failing_tests": list(self.failing),
            "untouched": list(self.untouched),
            "evaluations": self.evaluations,
            "in_time": self.in_time,
            "bad_rows": self.skipped,
            "notes": list(self.notes),
        }  # fmt: skip


def tune(
    text: str,
    history: object,
    label: str | Label,
    *,
    stop_at_most: Fraction,
    name: str = "ruleset.risk",
    map: Map | str | Path | None = None,
    lists: Mapping[str, frozenset[str]] | None = None,
    since: Moment = None,
    until: Moment = None,
    report_from: Moment = None,
    fraud_is: Sequence[str] = (),
    beside: Beside = none_beside,
    most_evaluations: int = MOST_EVALUATIONS,
    seconds: float = SECONDS,
    told: Callable[[str], None] = lambda line: None,
) -> Tuned:
    """Values for the params of a ruleset that catch most fraud and stop at most a share of honest payments.

    `text`: the ruleset's. `since`, `until`: where is searched; `report_from`: what is reported; see `spans_of`. The
    share holds in the first two thirds of what is searched, in the last third, and in all of it. RulesetError,
    LabelError, TableError, MapError; NothingToTune when no param has `tune`, or none of their values keeps the share.
    """
    rules = loaded(text, name, beside)
    knobs, untouched = knobs_of(rules.params)
    if not knobs:
        raise NothingToTune(_nothing(untouched))
    marked = label_of(label, fraud_is)
    whole = past_of(rules, history, marked, map, lists)
    spans = spans_of(whole, since, until, report_from, zone_of(rules.meaning.timezone))
    past, later = whole.of(spans.training), whole.of(spans.report)
    need_both(past, marked)
    told(f"{past.payments:_} payments are searched, {later.payments:_} are reported")
    search = Search(text, name, beside, knobs, Decider(past, lists), stop_at_most, most_evaluations, seconds, told)
    best = search.run()
    if best is None:
        least = min(search.seen.values(), key=lambda t: t.outcome.friction).outcome
        raise NothingToTune(
            f"no values of these params stop at most {float(stop_at_most):.3%} of honest payments; the least that was "
            f"found is {float(least.friction):.3%}: allow more (`--stop-at-most`), or widen a `tune`"
        )
    changed = retold(text, knobs, best)
    after = loaded(changed, name, beside)
    report = [
        outcome_of(Decider(later, lists).stopped(r), later.fraud, later.amounts) if later.payments else None
        for r in (rules, after)
    ]
    points = {s: CurvePoint(setting_words(knobs, s), t.outcome) for s, t in search.seen.items()}
    return Tuned(
        text=changed,
        changes=tuple(_changes(text, knobs, best)),
        spans=spans,
        before=search.seen[search.present].outcome,
        after=search.seen[best].outcome,
        report_before=report[0],
        report_after=report[1],
        curve=frontier(points.values()),
        chosen=points[best],
        failing=tuple(f"{r.of}: {r.name}" for r in run_tests(after) if not r.passed),
        untouched=untouched,
        evaluations=len(search.seen),
        in_time=not search.ended,
        skipped=whole.skipped,
        notes=whole.notes,
    )


def _changes(text: str, knobs: Sequence[Knob], setting: Setting) -> list[Change]:
    return [
        Change(k.param.name, text[slice(*k.param.places[0])], written(k.choices[place], k.param.kind))
        for k, place in zip(knobs, setting, strict=True)
        if place != k.present
    ]


def _nothing(untouched: Sequence[str]) -> str:
    if untouched:
        names = ", ".join(f"`{name}`" for name in untouched)
        return f"what may be tuned ({names}) has values for several times, and a search moves only one value"
    return "no param may be tuned: say between which values, as in `param alert = 300 EUR tune from 100 EUR to 500 EUR`"
