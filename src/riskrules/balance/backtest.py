"""A ruleset tried on a history whose outcome is known: what it stops, whom, and how sure one can be of that.

The history is replayed as `decide` replays it, once, in batches, so that memory does not grow with it. A label is
looked at when a payment is decided: rules and windows never see it, but for reports, which come as late as the map
says. What lies before the measured time still fills the windows, as it did in life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.ahead import ahead
from ..base.times import format_instant, zone_of
from ..bridges.columns import Numbers, TableError
from ..bridges.maps import Map
from ..engine.decision import Version
from ..engine.history import Replaying
from ..engine.shown import shown_act
from ..engine.tables import BadRow, DecidedBatch, Deciding, filled_batches
from ..meaning import nodes as n
from ..state.lists import Lists
from .examples import Example
from .figures import Figures, Group, Point, RuleFigures
from .intervals import CONFIDENCE, Rate, Share
from .labelled import labelled_streams, map_of
from .labels import Label, LabelError, fraud_of, label_of
from .measuring import Measured
from .pairing import Changes, Pair
from .span import Moment, TimeSpan, read_span
from .watching import Watched, told_of, watching

if TYPE_CHECKING:
    from ..engine.rules import Rules

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Backtest:
    """Plain values, and nothing that changes. Money is in minor units of `currency`; `all`: of every payment measured.

    `rules`: those that fired, what hangs on them alone first; `curve`: fraud caught against honest payments stopped, by
    `curve_of` (score, or rules); `changes`: against the other version, if one was given. `stopped_honest` (by segment,
    "" for all) and `missed_fraud`: examples. `notes`: what was measured only in part, in sentences."""

    ruleset: Version
    history: str
    label: str
    currency: str
    span: TimeSpan
    decided: int
    bad_rows: int
    errors: tuple[BadRow, ...]
    all: Figures
    actions: tuple[Group, ...]
    segments: tuple[Group, ...]
    months: tuple[Group, ...]
    rules: tuple[RuleFigures, ...]
    never_fired: tuple[str, ...]
    curve: tuple[Point, ...]
    curve_of: str
    notes: tuple[str, ...]
    stopped_honest: tuple[tuple[str, tuple[Example, ...]], ...]
    missed_fraud: tuple[Example, ...]
    against: Backtest | None = None
    changes: Changes | None = None

    def segment(self, name: str) -> Figures:
        """KeyError when the ruleset has no such segment."""
        return {g.name: g.figures for g in self.segments}[name]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the same by name. A share is {"part", "whole", "value", "low", "high"}, a rate {"count", "per",
        …}."""
        plain = plain_values(self)
        assert isinstance(plain, dict)
        return {"confidence": CONFIDENCE, **plain}


def backtest(
    rules: Rules,
    history: object,
    *,
    label: str | Label,
    fraud_is: Sequence[str] = (),
    map: Map | str | Path | None = None,
    lists: Mapping[str, Iterable[str]] | None = None,
    since: Moment = None,
    until: Moment = None,
    against: Rules | None = None,
    by_arrival: bool = False,
    as_if_in_force: bool = False,
    progress: Progress | None = None,
) -> Backtest:
    """Measure a ruleset on a history: by rule, action, segment and month.

    `history`: the path of a Parquet, CSV or JSON lines file, a table that speaks Arrow, or an iterable of such tables,
    in order of time (of arrival with `by_arrival`, which takes far longer). `label`: the column that says which
    payments were fraud; `fraud_is`: its words for fraud, where it does not hold yes and no. `map`: which column feeds
    which field. `lists`: every list that is read. `since`, `until`: measure this time only; the windows see what came
    before it. `against`: another version, decided on the same payments. `progress` is told how many payments were
    decided.

    LabelError when the label cannot be used, TableError or MapError when the history cannot, ListError for a list that
    is not given, ValueError for a span with nothing in it.
    """
    wanted = label_of(label, fraud_is)
    span = read_span(since, until, zone_of(rules.meaning.timezone))
    given = lists if isinstance(lists, Lists) else Lists(lists)
    versions = [watching(r, told_of(r, as_if_in_force), given) for r in (rules, *([against] if against else []))]
    name = Path(history).name if isinstance(history, str | Path) else "a table"
    return measure(versions, history, wanted, map, span, by_arrival=by_arrival, name=name, progress=progress)


def measure(
    versions: Sequence[Watched],
    history: object,
    label: Label,
    given_map: Map | str | Path | None,
    span: TimeSpan,
    *,
    by_arrival: bool = False,
    name: str = "a table",
    progress: Progress | None = None,
) -> Backtest:
    """`backtest` of a version, or of a new and an old one, that are ready."""
    measured = [Measured(version) for version in versions]
    pair = Pair(measured[0], measured[1]) if len(measured) > 1 else None
    for batches in _decided(measured, history, label, given_map, by_arrival):
        seen = []
        for one, batch in zip(measured, batches, strict=True):
            mask = _within(batch, span)
            fraud = fraud_of(batch.batch, label, mask)
            one.add(batch, mask, fraud)
            seen.append((mask, fraud))
        if pair is not None:
            pair.add(batches[0], batches[1], *seen[0])
        if progress is not None:
            progress(measured[0].decided + measured[0].bad_rows)
    found = [_backtest(one, label, span, name) for one in measured]
    if pair is None:
        return found[0]
    return replace(found[0], against=found[1], changes=pair.changes())


def _decided(
    measured: Sequence[Measured], history: object, label: Label, given_map: Map | str | Path | None, by_arrival: bool
) -> Iterator[tuple[DecidedBatch, ...]]:
    """Each batch as every version decides it."""
    servings = [one.version.serving for one in measured]
    schemas = [s.rules.schema for s in servings]
    maps = [map_of(s, given_map, schemas[0] if i else schemas[-1]) for i, s in enumerate(servings)]
    streams = labelled_streams(servings, history, label, maps)
    filled = []
    for one, serving, chosen, stream in zip(measured, servings, maps, streams, strict=True):
        how = Replaying(by_arrival=by_arrival, report_delay_us=chosen.report_delay_us if chosen else None)
        filled.append(filled_batches(serving, stream, how, one.unread))
    deciding = [Deciding(serving) for serving in servings]
    beside = zip(*filled, strict=True)  # which go through the history side by side, so in one thread
    for batches in ahead(beside) if isinstance(history, str | Path) else beside:  # what is the caller's stays in his
        yield tuple(each.decided(batch) for each, batch in zip(deciding, batches, strict=True))


def _within(batch: DecidedBatch, span: TimeSpan) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    times = batch.batch.columns["occurred_at"]
    assert isinstance(times, Numbers)
    within = np.ones(batch.rows, np.bool_)
    if span.from_us is not None:
        within &= times.values >= span.from_us
    if span.until_us is not None:
        within &= times.values < span.until_us
    return within


def _backtest(one: Measured, label: Label, span: TimeSpan, name: str) -> Backtest:
    whole = one.whole()
    if not whole.payments:
        why = "no payment could be decided"
        if one.decided:
            why = f"none of the {one.decided:_} payments lies in the time to measure ({span})"
        first = f"; the first row that does not fit is {one.errors[0]}" if one.errors else ""
        raise TableError(why + first)
    if whole.fraud.part in (0, whole.payments):
        raise label.one_sided(bool(whole.fraud.part), whole.payments)
    return Backtest(
        ruleset=one.version.rules.version_of,
        history=name,
        label=label.column,
        currency=one.version.rules.meaning.currency,
        span=span,
        decided=one.decided,
        bad_rows=one.bad_rows,
        errors=tuple(one.errors),
        all=whole,
        actions=one.actions(),
        segments=one.by_segment(),
        months=one.by_month(),
        rules=one.by_rule(),
        never_fired=one.never_fired(),
        curve=one.curve.points(),
        curve_of=one.curve.of,
        notes=one.notes(),
        stopped_honest=tuple((k, v.examples) for k, v in one.stopped_honest.items()),
        missed_fraud=one.missed_fraud.examples,
    )


def plain_values(value: object) -> object:
    """The same in dictionaries, lists, texts and numbers."""
    if isinstance(value, Share | Rate):
        return {**{f.name: getattr(value, f.name) for f in fields(value)}, "value": value.value}
    if isinstance(value, TimeSpan):
        return {"from": _instant(value.from_us), "until": _instant(value.until_us)}
    if isinstance(value, n.Act):
        return shown_act(value)
    if isinstance(value, Example):
        made = {f.name: plain_values(getattr(value, f.name)) for f in fields(value) if f.name != "occurred_at_us"}
        return {"occurred_at": _instant(value.occurred_at_us), **made, "because": value.because}
    if is_dataclass(value):
        return {f.name: plain_values(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [plain_values(x) for x in value]
    return value


def _instant(instant_us: int | None) -> str | None:
    return None if instant_us is None else format_instant(instant_us)


__all__ = ["Backtest", "LabelError", "backtest", "measure"]
