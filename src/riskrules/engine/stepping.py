"""A history replayed payment by payment, through the same store that serves a gateway.

Each payment is read, decided where that matters, and recorded, before the next is looked at. So rows may come in order
of arrival, late ones among them, and what the rules would have stopped can be left out. It takes some ten times
as long as a replay in order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Column, Numbers, Words
from ..kernel import deciding, warm
from ..meaning import nodes as n
from ..schema.limits import MISSING
from ..state.memory import MemoryWindows
from ..state.plan import Plan
from ..state.replay import SeriesRows, Texts
from ..state.store import Entry, Happened, Key, Moment
from .columns import integers_of
from .history import Replaying, Unread
from .replaying import Rows, RowsOf
from .wheres import Mask

if TYPE_CHECKING:
    from .serving import Serving

LATENESS = timedelta(days=7)
"""How late a row may be, beside the delay of reports, and still be counted exactly by every window."""
MOST_KEYS = 20_000_000
MOST_BYTES = 4 << 30


class Stepper:
    """One history, step by step."""

    def __init__(self, serving: Serving, how: Replaying, unread: Unread) -> None:
        self._serving = serving
        self._how = how
        self._unread = unread
        self._plan = serving.plan
        self._rows = RowsOf(serving, how)
        self._names = [r.name for r in serving.plan.readings]
        lateness = LATENESS + timedelta(microseconds=how.report_delay_us or 0)
        self._bound = MemoryWindows(most_keys=MOST_KEYS, most_bytes=MOST_BYTES, lateness=lateness).bind(serving.plan)
        self._levels = [act.level for act in serving.program.acts]

    def batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        for batch in batches:
            yield self._stepped(self._rows.of(batch))

    def _stepped(self, rows: Rows) -> Batch:
        batch = rows.batch
        found = np.full((len(self._names), batch.rows), MISSING, np.int64)
        good = np.flatnonzero(batch.good)
        steps = _Steps(rows, self._plan, self._rows.wheres.masks_if_stopped(batch) if self._how.as_decided else None)
        judge = _Judge(self._serving, batch, self._names) if self._how.as_decided else None
        unread = [0] * len(self._names)
        for i in good.tolist():
            answers = self._bound.read(steps.moment(i))
            for r, value in enumerate(answers.values):
                if value is not None and rows.known[r]:
                    found[r, i] = value
            for r in answers.unavailable:
                unread[r] += 1
            stopped = judge is not None and judge.level(i, found[:, i]) >= n.HOLD
            for happened in steps.happened(i, stopped):
                self._bound.record(happened)
        columns: dict[str, Column] = dict(batch.columns)
        for r, name in enumerate(self._names):
            self._unread.add(name, unread[r] if rows.known[r] else len(good))
            columns[name] = Numbers(found[r])
        return replace(batch, columns=columns)


class _Steps:
    """The rows of a batch one at a time, as the store wants them."""

    def __init__(self, rows: Rows, plan: Plan, if_stopped: list[Mask] | None) -> None:
        self._plan = plan
        self._if_stopped = if_stopped
        self._series = rows.series
        self._batch = rows.batch
        self._times = rows.times_us.tolist()
        self._since = [s.tolist() for s in rows.since_us]
        ids = rows.batch.columns["id"]
        assert isinstance(ids, Words)
        self._ids = _texts_of(ids)
        texts = {name: _texts_of(words) for name, words in rows.fields.items()}
        self._lookups = [[texts[k] for k in lookup.keys] for lookup in plan.lookups]
        self._keys = [[texts[k] for k in s.keys] for s in plan.series]
        self._could = rows.could

    def moment(self, i: int) -> Moment:
        keys: list[Key | None] = []
        for parts in self._lookups:
            key = tuple([p[i] for p in parts])
            keys.append(None if None in key else key)  # type: ignore[arg-type]  # no part is None here
        return Moment(str(self._ids[i]), self._times[i], keys, [s[i] for s in self._since])

    def happened(self, i: int, stopped: bool) -> list[Happened]:
        """The payment, and its report if there will be one: known from its own time on. A payment that the rules stop
        is cancelled, and nobody reports it."""
        told: dict[str, tuple[int, list[Entry]]] = {}
        for number, (series, rows) in enumerate(zip(self._plan.series, self._series, strict=True)):
            moves = rows.moves[i]
            if stopped and self._if_stopped is not None:
                moves = series.event == "payment" and self._could[number][i] and self._if_stopped[number][i]
            if moves:
                key = tuple([p[i] for p in self._keys[number]])
                entry = Entry(number, key, _value(rows, i))  # type: ignore[arg-type]  # a row that moves has its keys
                told.setdefault(series.event, (int(rows.times_us[i]), []))[1].append(entry)
        if "payment" not in told:
            told["payment"] = (self._times[i], [])
        name = str(self._ids[i])
        return [Happened(name, event, when, b"\0" * 16, entries) for event, (when, entries) in told.items()]


def _value(rows: SeriesRows, i: int) -> int | str:
    if isinstance(rows.values, Texts):
        return str(rows.values.words[rows.values.codes[i]])
    return 0 if rows.values is None else int(rows.values[i])


def _texts_of(words: Words) -> list[str | None]:
    table = [*words.words, None]
    return [table[code] for code in words.codes.tolist()]


class _Judge:
    """Decides single rows of a batch by the row kernel, their windows being known."""

    def __init__(self, serving: Serving, batch: Batch, names: list[str]) -> None:
        warm.warm()
        program = serving.program
        self._program = program
        self._batch, self._models, self._names = batch, serving.models, names
        place = {name: i for i, name in enumerate(names)}
        self._windows = [(c, place[x.name]) for c, x in enumerate(program.columns) if x.name in place]
        columns = [integers_of(column, batch, serving.lists) for column in program.columns]
        self._values = (
            np.ascontiguousarray(np.stack(columns, axis=1)) if columns else np.zeros((batch.rows, 0), np.int64)
        )
        self._out = np.zeros(program.places.length, np.int64)
        scores = () if serving.models is None else serving.models.names
        self._scores = [(c, scores.index(x.name)) for c, x in enumerate(program.columns) if x.name in scores]

    def level(self, i: int, windows: NDArray[np.int64]) -> int:
        """The level of the action of row i. A row that the kernel refuses is refused again, and told, when its batch is
        decided; here it counts as stopped."""
        values = self._values[i]
        for column, reading in self._windows:
            values[column] = windows[reading]
        if self._models is not None and self._scores:
            found = self._models.of_row(self._batch, i, dict(zip(self._names, windows.tolist(), strict=True)))
            for column, model in self._scores:
                values[column] = found[model]
        act = deciding.decide_row(self._program.code, values, self._out)
        return n.REJECT if act < 0 else self._program.acts[act].level
