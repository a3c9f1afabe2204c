"""A whole file: from its text to its meaning, with every finding of one run.

The order is that of need, not of the file: the head, then the fields, then all that declares, then rules
and their tests. Nothing depends on where in the file a block stands. A file that speaks of several events is checked
once for each of them, over declarations that all share and with the event's own schema; most speak of payments alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..base.diagnostics import ERROR, WARNING, Diagnostic, Label, RulesetError
from ..base.source import Source
from ..meaning import nodes as n
from ..meaning.promises import NO_PROMISES, Param, Promises
from ..schema.events import EVENTS
from ..schema.fields import Field
from ..syntax.parse import Parsed, parse, parse_bytes
from .models import Beside, none_beside
from .one_event import Run, event_of
from .problems import Problems

MOST_FINDINGS = 200
"""A file with more mistakes than this is a different kind of file."""


@dataclass(frozen=True)
class Checked:
    """`ruleset` is None when there is any error. `diagnostics` are in order of place, errors and warnings. `promises`,
    `params` and `models` (the content of each model's file, by its name) are complete where `ruleset` is."""

    source: Source
    ruleset: n.Ruleset | None
    diagnostics: tuple[Diagnostic, ...]
    promises: Promises = NO_PROMISES
    params: tuple[Param, ...] = ()
    models: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == WARNING)

    def or_raise(self) -> n.Ruleset:
        """The ruleset, or a RulesetError with everything that was found."""
        if self.ruleset is None:
            raise RulesetError(self.diagnostics)
        return self.ruleset


def check_text(
    text: str, name: str = "ruleset.risk", fields: Iterable[Field] = (), beside: Beside = none_beside
) -> Checked:
    """Check the text of one rule file. `fields`: a host's own (`fields_of`), beside the payment's. `beside`: gives the
    content of a model's file. Never raises on any text; ValueError when a host's field is another kind of thing than
    the payment's of the same name."""
    return from_parsed(parse(Source(name, text)), fields, beside)


def check_bytes(name: str, raw: bytes, fields: Iterable[Field] = (), beside: Beside = none_beside) -> Checked:
    """Check the bytes of one rule file (UTF-8), as `check_text`. Never raises on any bytes."""
    return from_parsed(parse_bytes(name, raw), fields, beside)


def from_parsed(parsed: Parsed, fields: Iterable[Field] = (), beside: Beside = none_beside) -> Checked:
    found: list[Diagnostic] = []
    ruleset, promises = None, NO_PROMISES
    params: tuple[Param, ...] = ()
    if not parsed.refused and (parsed.blocks or parsed.mended or not parsed.diagnostics):
        runs, found = _by_event(parsed, tuple(fields), beside)
        ruleset = _whole(runs)
    found = sorted([*parsed.diagnostics, *found], key=lambda d: (d.labels[0].span.start, d.severity, d.code))
    if any(d.severity == ERROR for d in found):
        ruleset = None
    models: Mapping[str, bytes] = {}
    if ruleset is not None:
        promises, params = runs[0].promises, tuple(runs[0].params.declared.values())
        models = runs[0].models.files
    return Checked(parsed.source, ruleset, tuple(_at_most(found, parsed.source)), promises, params, models)


def _whole(runs: list[Run]) -> n.Ruleset | None:
    """What the file means: the rules about payments, with those about other events in them."""
    first, *rest = (run.made for run in runs)
    others = tuple(sorted((x for x in rest if x is not None), key=lambda x: x.event))
    return first and replace(first, others=others)


def _by_event(parsed: Parsed, fields: tuple[Field, ...], beside: Beside) -> tuple[list[Run], list[Diagnostic]]:
    """The file, checked once for each event that it has blocks for, payments first; what was found, each thing once."""
    about = {"payment", *(event_of(b) for b in parsed.blocks)}
    for kind, _ in parsed.broken:  # what it is about is not known, and its `let`s shall not be told for it
        about |= {"claim"} if kind == "liability" else set(EVENTS) if kind == "rule" else set()
    events = [e for e in EVENTS if e in about]
    runs: list[Run] = []
    for event in events:
        runs.append(Run(parsed, Problems(parsed.source), fields, event, tuple(events), runs[:], beside))
        runs[-1].check()
    for name in {x for run in runs for x in run.lets.untold}:
        if all(name in run.lets.untold for run in runs):
            runs[0].lets.tell([name])
    if not parsed.diagnostics and not any(run.problems.errors for run in runs):
        for run in runs:
            run.warn(runs)
    found = {(d.code, d.message, d.labels): d for run in runs for d in run.problems.found}
    return runs, list(found.values())


def _at_most(found: list[Diagnostic], source: Source) -> list[Diagnostic]:
    if len(found) <= MOST_FINDINGS:
        return found
    worst = sorted(found, key=lambda d: d.severity != ERROR)[:MOST_FINDINGS]
    rest = Diagnostic(
        "more-findings",
        f"{len(found) - MOST_FINDINGS} more findings are left out",
        source,
        (Label(found[-1].labels[0].span),),
        ("mend these first, then check again",),
        found[-1].severity if all(d.severity == WARNING for d in found) else ERROR,
    )
    return [*sorted(worst, key=lambda d: d.labels[0].span.start), rest]
