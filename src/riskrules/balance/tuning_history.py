"""A labelled history whose windows have been worked out once, to be decided many times by rules that differ in limits.

Working out the windows takes most of the time of a backtest, and a search for better limits needs hundreds of them.
What is kept is the batches themselves, windows and all, and each candidate is decided by the engine's own kernel: what
is found by a search is what the engine will do, to the last payment. The price is memory, eight bytes for each payment
and window, hence `MOST_CELLS`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Numbers, TableError
from ..bridges.maps import Map
from ..engine.history import Replaying, Unread
from ..engine.rules import Rules
from ..engine.serving import Serving
from ..engine.tables import DecidedBatch, Deciding, decide_batches, window_notes
from ..meaning import nodes as n
from .labelled import labelled_batches, map_of
from .labels import Label, LabelError, fraud_of
from .span import TimeSpan

Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]

MOST_CELLS = 400_000_000
"""Payments times columns that are kept: 3.2 GB. A longer history is searched by its last months."""


@dataclass(frozen=True)
class Past:
    """Payments of a stretch of time with their windows, in order. `fraud` bool[payments]; `amounts` int64[payments], in
    minor units; `times_us` int64[payments]; `skipped`: rows that did not fit; `notes`: windows that could not be
    read."""

    batches: tuple[Batch, ...]
    fraud: Mask
    amounts: Integers
    times_us: Integers
    skipped: int = 0
    notes: tuple[str, ...] = ()

    @property
    def payments(self) -> int:
        return len(self.fraud)

    def of(self, span: TimeSpan) -> Past:
        """Only the payments of the span."""
        bounds = [x for x in (span.from_us, span.until_us) if x is not None]
        if not bounds:
            return self
        low = 0 if span.from_us is None else int(np.searchsorted(self.times_us, span.from_us, side="left"))
        high = self.payments
        if span.until_us is not None:
            high = int(np.searchsorted(self.times_us, span.until_us, side="left"))
        kept, first = [], 0
        for batch in self.batches:
            begin, end = max(low - first, 0), min(high - first, batch.rows)
            if begin < end:
                kept.append(batch if end - begin == batch.rows else _taken(batch, np.arange(begin, end), batch.columns))
            first += batch.rows
        return replace(
            self,
            batches=tuple(kept),
            fraud=self.fraud[low:high],
            amounts=self.amounts[low:high],
            times_us=self.times_us[low:high],
        )


def past_of(
    rules: Rules,
    history: object,
    label: Label,
    given_map: Map | str | Path | None = None,
    lists: Mapping[str, frozenset[str]] | None = None,
    span: TimeSpan | None = None,
) -> Past:
    """The history with the windows that the rules read. Payments before `span` move the windows and are not kept; those
    after it are not read. LabelError, TableError or MapError when the history cannot be used."""
    serving = Serving(rules, lists or {}).prepare()
    chosen, unread, measured = map_of(serving, given_map), Unread(), span or TimeSpan()
    how = Replaying(report_delay_us=chosen.report_delay_us if chosen else None)
    batches = labelled_batches(serving, history, label, chosen, fields=("amount",))
    wanted = {i.name for i in rules.meaning.inputs} | {"amount", "occurred_at"}
    kept: list[Batch] = []
    fraud: list[Mask] = []
    times: list[Integers] = []
    skipped = cells = 0
    for decided in decide_batches(serving, batches, how, unread):
        batch = decided.batch
        skipped += len(decided.errors)
        moments = _numbers(batch, "occurred_at")
        inside = np.ones(batch.rows, np.bool_)
        if measured.from_us is not None:
            inside &= moments >= measured.from_us
        if measured.until_us is not None:
            inside &= moments < measured.until_us
            if batch.rows and moments[0] >= measured.until_us:
                break
        if inside.any():
            fraud.append(fraud_of(batch, label, inside)[inside])
            kept.append(_taken(batch, None if inside.all() else np.flatnonzero(inside), wanted))
            times.append(moments[inside])
            cells += kept[-1].rows * len(kept[-1].columns)
            if cells > MOST_CELLS:
                raise TableError(
                    f"{cells:_} values of windows and fields are more than a search keeps ({MOST_CELLS:_}): give a "
                    "shorter history, or let the ruleset read fewer windows"
                )
    flagged = np.concatenate(fraud) if fraud else np.zeros(0, np.bool_)
    if not len(flagged):
        raise LabelError(f"no payment lies in the time that is searched ({measured})")
    amounts = np.concatenate([_amounts(b) for b in kept])
    return Past(tuple(kept), flagged, amounts, np.concatenate(times), skipped, window_notes(unread))


def need_both(past: Past, label: Label) -> None:
    """LabelError where the payments are all fraud or all honest."""
    if past.payments == 0 or past.fraud.all() or not past.fraud.any():
        raise label.one_sided(bool(past.payments and past.fraud[0]), past.payments)


class Decider:
    """Decides a past by one version after another."""

    def __init__(self, past: Past, lists: Mapping[str, frozenset[str]] | None = None) -> None:
        self.past = past
        self._lists = lists or {}

    def decided(self, rules: Rules) -> Iterator[DecidedBatch]:
        """Batch by batch, in order. The rules must read no window that the past's own rules do not."""
        serving = Serving(rules, self._lists).prepare()
        yield from map(Deciding(serving).decided, self.past.batches)

    def stopped(self, rules: Rules) -> Mask:
        """bool[payments]: whether each is delayed, held or rejected."""
        return np.concatenate([batch.levels >= n.DELAY for batch in self.decided(rules)])

    def fired(self, rules: Rules) -> tuple[Mask, dict[str, Mask]]:
        """Whether each payment is stopped, and by rule on which it fired."""
        stopped: list[Mask] = []
        by_rule: dict[str, list[Mask]] = {name: [] for name in rules.by_name}
        for batch in self.decided(rules):
            stopped.append(batch.levels >= n.DELAY)
            rows = np.repeat(np.arange(batch.rows), np.diff(batch.fired.starts))
            for place, name in enumerate(batch.serving.program.rules):
                met = np.zeros(batch.rows, np.bool_)
                met[rows[batch.fired.index == place]] = True
                by_rule[name].append(met)
        return np.concatenate(stopped), {name: np.concatenate(parts) for name, parts in by_rule.items()}


def _taken(batch: Batch, rows: Integers | None, wanted: Collection[str]) -> Batch:
    """Some rows of a batch (all, if None), and of its columns those that are wanted."""
    columns = {name: column for name, column in batch.columns.items() if name in wanted}
    if rows is None:
        return replace(batch, columns={name: column.alone() for name, column in columns.items()})
    taken = {name: column.take(rows) for name, column in columns.items()}
    return Batch(len(rows), batch.first_row, taken, (), batch.good[rows], batch.numbers[rows], batch.place)


def _numbers(batch: Batch, name: str) -> Integers:
    column = batch.columns[name]
    assert isinstance(column, Numbers)
    return column.values


def _amounts(batch: Batch) -> Integers:
    """What each payment moves; zero where the history has no amounts."""
    if "amount" not in batch.columns:
        return np.zeros(batch.rows, np.int64)
    values = _numbers(batch, "amount")
    return np.where(values < 0, 0, values)
