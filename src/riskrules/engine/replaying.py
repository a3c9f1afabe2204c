"""A history replayed: the windows of each of its payments, as they were when it was made.

A table is a history by itself: it begins with nothing, each payment sees those before it in the table, and the windows
of a running engine play no part. Rows that do not fit are left out and move nothing.

In order of time, which is how histories are kept, each window takes one pass over a batch of rows. Two
things cannot be had that way, and are worked out payment by payment: rows in order of arrival, where a late one lands
where it belongs in time, and a replay in which what the rules would have stopped does not count, since there
each decision hangs on all before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.calendars import Calendar
from ..bridges.columns import Batch, Column, Flags, Numbers, TableError, Words
from ..bridges.reports import REPORTED
from ..schema.limits import MISSING
from ..state.plan import Plan, Series
from ..state.replay import OutOfOrder, Replay, SeriesRows, Texts
from .history import Replaying, Unread
from .seen import Seen
from .wheres import Mask, Wheres

if TYPE_CHECKING:
    from .serving import Serving

Integers = NDArray[np.int64]


def with_windows(serving: Serving, batches: Iterable[Batch], how: Replaying, unread: Unread) -> Iterator[Batch]:
    """The batches, each with a column for every window that the rules read. TableError for rows that are not in order.
    A row whose id was there before is refused."""
    if how.by_arrival or how.as_decided:
        from .stepping import Stepper

        yield from Stepper(serving, how, unread).batches(batches)
        return
    history = _History(serving, how, unread)
    yield from map(history.replayed, batches)


class _History:
    """A history in order of time, a batch after another."""

    def __init__(self, serving: Serving, how: Replaying, unread: Unread) -> None:
        self._replay = Replay(serving.plan)
        self._rows = RowsOf(serving, how)
        self._names = [r.name for r in serving.plan.readings]
        self._unread = unread

    def replayed(self, batch: Batch) -> Batch:
        rows = self._rows.of(batch)
        good = None if rows.batch.good.all() else np.flatnonzero(rows.batch.good)
        fields = {name: Texts(_only(words.codes, good), words.words) for name, words in rows.fields.items()}
        series = [SeriesRows(_only(s.moves, good), _only(s.times_us, good), _values(s, good)) for s in rows.series]
        since = [_only(s, good) for s in rows.since_us]
        try:
            found = self._replay.feed(_only(rows.times_us, good), fields, series, since)
        except OutOfOrder as error:
            raise _out_of_order(rows.batch, error.row if good is None else int(good[error.row])) from None
        columns: dict[str, Column] = dict(rows.batch.columns)
        for name, values, beyond, known in zip(self._names, found.values, found.beyond, rows.known, strict=True):
            lost = beyond if known else np.ones(len(values), np.bool_)
            values[lost] = MISSING
            self._unread.add(name, int(np.count_nonzero(lost)))
            columns[name] = Numbers(values if good is None else _spread(values, good, rows.batch.rows))
        return replace(rows.batch, columns=columns)


def _only(values: NDArray[Any], rows: Integers | None) -> NDArray[Any]:
    return values if rows is None else values[rows]


def _spread(values: Integers, rows: Integers, count: int) -> Integers:
    column = np.full(count, MISSING, np.int64)
    column[rows] = values
    return column


def _values(series: SeriesRows, good: Integers | None) -> Integers | Texts | None:
    if isinstance(series.values, Texts):
        return Texts(_only(series.values.codes, good), series.values.words)
    return None if series.values is None else _only(series.values, good)


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch, made ready. A series: `series`, and `could`, the rows that enter it but for its `where` (bool[rows]). A
    reading: `since_us` (int64[rows]), and `known`, whether the history has anything for it to read."""

    batch: Batch
    times_us: Integers
    fields: dict[str, Words]
    could: list[Mask]
    series: list[SeriesRows]
    since_us: list[Integers]
    known: list[bool]


class RowsOf:
    """Makes batches ready: which rows enter which series, with what."""

    def __init__(self, serving: Serving, how: Replaying) -> None:
        frame, schema = serving.rules.frame, serving.rules.schema
        self._plan: Plan = serving.plan
        self._how = how
        self.wheres = Wheres(frame, schema, serving.plan)
        self._calendar = Calendar(serving.reader.clock.zone)
        keys = [*(k for s in serving.plan.series for k in s.keys), *(k for x in serving.plan.lookups for k in x.keys)]
        self._key_fields = list(dict.fromkeys(keys))
        self._seen = Seen()

    def of(self, batch: Batch) -> Rows:
        batch = self._seen.checked(batch)
        now = batch.columns["occurred_at"]
        assert isinstance(now, Numbers)
        times = now.values
        fields = {name: _words(batch, name) for name in self._key_fields}
        could = [self._entering(batch, s, fields) for s in self._plan.series]
        masks = self.wheres.masks(batch)
        series = [c._replace(moves=c.moves & mask) for c, mask in zip(could, masks, strict=True)]
        since, known = [], []
        for r in self._plan.readings:
            since.append(times - r.span if isinstance(r.span, int) else self._starts(r.span, times, batch.good))
            reports = self._plan.series[self._plan.lookups[r.lookup].series].event == "report"
            known.append(not reports or self._how.report_delay_us is not None)
        return Rows(batch, times, fields, [c.moves for c in could], series, since, known)

    def _starts(self, unit: str, times: Integers, good: Mask) -> Integers:
        found = times.copy()
        found[good] = self._calendar.starts(unit, times[good])
        return found

    def _entering(self, batch: Batch, series: Series, fields: dict[str, Words]) -> SeriesRows:
        times = batch.columns["occurred_at"]
        assert isinstance(times, Numbers)
        moves, when = batch.good.copy(), times.values
        for key in series.keys:
            moves &= fields[key].codes >= 0
        if series.event == "report":
            moves &= _reported(batch)
            when = when + (self._how.report_delay_us or 0)
        values: Integers | Texts | None = None
        if series.distinct:
            words = _as_words(batch.columns.get(series.of), batch.rows)
            moves &= words.codes >= 0
            values = Texts(words.codes, words.words)
        elif series.of and isinstance(column := batch.columns.get(series.of), Numbers):
            values = column.values
            moves &= values != MISSING
        return SeriesRows(moves, when, values)


def _reported(batch: Batch) -> Mask:
    column = batch.columns.get(REPORTED.name)
    return column.values == 1 if isinstance(column, Flags) else np.zeros(batch.rows, np.bool_)


def _words(batch: Batch, name: str) -> Words:
    column = batch.columns.get(name)
    return column if isinstance(column, Words) else Words(np.full(batch.rows, -1, np.int32), [])


def _as_words(column: Column | None, rows: int) -> Words:
    """A column by its distinct values, as texts."""
    if isinstance(column, Words):
        return column
    if column is None:
        return Words(np.full(rows, -1, np.int32), [])
    missing = column.values == MISSING if isinstance(column, Numbers) else column.values < 0
    distinct, codes = np.unique(column.values, return_inverse=True)
    texts = [str(x) if isinstance(column, Numbers) else str(bool(x)) for x in distinct.tolist()]
    return Words(np.where(missing, -1, codes).astype(np.int32), texts)


def _out_of_order(batch: Batch, row: int) -> TableError:
    return TableError(
        f"{batch.place} {int(batch.numbers[row]):_} is earlier than the one before it, and the windows of a history "
        "are worked out in order of time: sort it by time, or say that its rows are in order of arrival "
        "(`--by-arrival`, `by_arrival=True`)"
    )
