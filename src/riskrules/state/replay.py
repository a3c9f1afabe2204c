"""The windows of a history in order of time, a batch of rows at a time: what a store would answer, without one.

A store is asked about one payment after another; a history is known beforehand and in order, so each window can pass
over it once (`kernel.replay`). The answers are the same to the last unit. What is kept between batches is the events
that a window may still cover and a number for each of their keys; both are let go when they have been left behind, so
memory follows the longest span and not the history. Rows out of order have no such pass: they are refused whole,
before anything has changed, and the caller may ask a store instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernel.replay import BEYOND
from ..kernel.replay_events import BACKWARDS, NO_KEY, goes_back
from ..kernel.replay_warm import warm
from ..schema.limits import MISSING
from .plan import Plan
from .replay_keys import Names, Pairs, Texts
from .replay_readings import ALWAYS, KERNELS, Events, Integers, Reading, reading_of

__all__ = ["OutOfOrder", "Replay", "Replayed", "SeriesRows", "Texts"]

Codes = NDArray[np.int32]


class OutOfOrder(ValueError):
    """A row (of this batch, from zero) lies before one that came earlier; nothing of the batch has been taken."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row} of the batch is earlier than the row before it; sort the history by time")
        self.row = row


class SeriesRows(NamedTuple):
    """What n rows add to one series. `moves` bool[n]: rows whose event enters it, which have its keys and its value and
    repeat no earlier one; `times_us` int64[n]: when, the row's own time or, for reports, a constant delay later;
    `values`: int64[n] in held units, Texts where the series is distinct, None where nothing reads a value."""

    moves: NDArray[np.bool_]
    times_us: Integers
    values: Integers | Texts | None


class Replayed(NamedTuple):
    """One array a reading. `values` int64[n], MISSING for nothing; `beyond` bool[n]: rows whose sum is above 10**18
    either way and therefore unavailable, MISSING in `values`. Arrays of `beyond` without such rows may be one array."""

    values: list[Integers]
    beyond: list[NDArray[np.bool_]]


class Replay:
    """The windows of a plan over one history. Not for use by several threads at once."""

    def __init__(self, plan: Plan) -> None:
        needed = [kernel for reading in plan.readings for kernel in KERNELS[reading.aggregate]]
        warm((*ALWAYS, *needed))
        self._plan = plan
        self._last, self._reach = MISSING, [MISSING] * len(plan.readings)
        self._column_of = _columns(plan)
        self._names: dict[str, Names] = {column: Names() for column in set(self._column_of.values())}
        self._pairs: dict[tuple[str, ...], Pairs] = {}
        self._spaces = [self._space(series.keys) for series in plan.series]
        self._twins = [
            Pairs(space, self._names[self._column_of[series.of]]) if series.distinct else None
            for series, space in zip(plan.series, self._spaces, strict=True)
        ]
        self._readings: list[Reading] = [reading_of(reading.aggregate) for reading in plan.readings]
        self._series_of = [plan.lookups[reading.lookup].series for reading in plan.readings]
        self._events = [
            Events(valued=series.distinct or number in self._summed(), distinct=series.distinct)
            for number, series in enumerate(plan.series)
        ]

    def feed(
        self,
        times_us: Integers,
        fields: Mapping[str, Texts],
        rows: Sequence[SeriesRows],
        since_us: Sequence[Integers],
    ) -> Replayed:
        """The next n rows. `times_us` int64[n]; `fields`: the key fields of the plan; `rows`: one a series;
        `since_us` int64[n]: one a reading.

        A reading of row j covers the events of rows before j, of all batches, with since <= their time <= the row's.
        OutOfOrder when times, or what windows reach back to, decrease. ValueError when a row that moves has no key or
        no value, or an array has another length; then, too, nothing has changed."""
        self._check_shape(len(times_us), fields, rows, since_us)
        if not len(times_us):
            return Replayed([np.empty(0, np.int64) for _ in self._readings], [np.empty(0, np.bool_)] * len(since_us))
        self._check_order(times_us, since_us)
        numbers = self._numbered(fields)
        self._enter(times_us, rows, numbers)
        out = [np.empty(len(times_us), np.int64) for _ in self._readings]
        none_beyond = np.zeros(len(times_us), np.bool_)

        def read(index: int) -> NDArray[np.bool_]:
            lookup = self._plan.lookups[self._plan.readings[index].lookup]
            events, size = self._events[lookup.series], self._spaces[lookup.series].size
            queries = numbers[lookup.keys]
            self._readings[index].read(events, times_us, queries, since_us[index], size, out[index])
            return _beyond(out[index], none_beyond) if self._plan.readings[index].aggregate == "sum" else none_beyond

        beyond = list(map(read, range(len(out))))
        self._last = int(times_us[-1])
        self._reach = [int(since[-1]) for since in since_us]
        self._let_go(since_us)
        return Replayed(out, beyond)

    def _summed(self) -> set[int]:
        """The series whose values are read as numbers."""
        readings = self._plan.readings
        return {self._plan.lookups[r.lookup].series for r in readings if r.aggregate in ("sum", "min", "max")}

    def _space(self, fields: tuple[str, ...]) -> Names | Pairs:
        """What numbers the keys of these fields: (a, b, c) are the pairs of (a, b) with c."""
        columns = tuple(self._column_of[name] for name in fields)
        if len(columns) == 1:
            return self._names[columns[0]]
        if columns not in self._pairs:
            self._pairs[columns] = Pairs(self._space(fields[:-1]), self._names[columns[-1]])
        return self._pairs[columns]

    def _check_shape(
        self, n: int, fields: Mapping[str, Texts], rows: Sequence[SeriesRows], since_us: Sequence[Integers]
    ) -> None:
        if len(since_us) != len(self._readings) or len(rows) != len(self._events):
            raise ValueError("a batch has `rows` for each series and `since_us` for each reading of the plan")
        lengths = {len(each) for each in since_us} | {len(texts.codes) for texts in fields.values()}
        for of in rows:
            lengths |= {len(of.moves), len(of.times_us)}
            if of.values is not None:
                lengths.add(len(of.values.codes if isinstance(of.values, Texts) else of.values))
        if lengths - {n}:
            raise ValueError("the arrays of a batch have different lengths")

    def _check_order(self, times_us: Integers, since_us: Sequence[Integers]) -> None:
        for times, last in zip((times_us, *since_us), (self._last, *self._reach), strict=True):
            if goes_back(times, last):
                back = np.flatnonzero(times[1:] < times[:-1])
                raise OutOfOrder(0 if times[0] < last else int(back[0]) + 1)

    def _numbered(self, fields: Mapping[str, Texts]) -> dict[tuple[str, ...], Codes]:
        """By key fields: a number a row, -1 where a part is missing."""
        numbers: dict[tuple[str, ...], Codes] = {}
        for keys in (*(series.keys for series in self._plan.series), *(lookup.keys for lookup in self._plan.lookups)):
            for name in keys:
                if (name,) not in numbers:
                    numbers[(name,)] = self._names[self._column_of[name]].of(fields[name])
            for last in range(2, len(keys) + 1):
                if keys[:last] not in numbers:
                    space = self._space(keys[:last])
                    assert isinstance(space, Pairs)
                    numbers[keys[:last]] = space.of(numbers[keys[: last - 1]], numbers[keys[last - 1 : last]])
        return numbers

    def _enter(self, times_us: Integers, rows: Sequence[SeriesRows], numbers: Mapping[tuple[str, ...], Codes]) -> None:
        for series, events, twins, of in zip(self._plan.series, self._events, self._twins, rows, strict=True):
            keys = numbers[series.keys]
            values = np.empty(0, np.int64)
            if twins is not None:
                assert isinstance(of.values, Texts)
                pairs = twins.of(keys, self._names[self._column_of[series.of]].of(of.values))
                values = pairs.astype(np.int64)
                values[pairs < 0] = MISSING
            elif events.valued:
                assert isinstance(of.values, np.ndarray)
                values = of.values
            wrong, row = events.enter(of.moves, times_us, of.times_us, keys, values)
            if wrong == BACKWARDS:
                raise OutOfOrder(row)
            if wrong:
                raise ValueError(f"row {row} of the batch moves a window and has no {_WITHOUT[wrong]}")
        for events, twins in zip(self._events, self._twins, strict=True):
            events.commit(0 if twins is None else twins.size)

    def _let_go(self, since_us: Sequence[Integers]) -> None:
        for number, events in enumerate(self._events):
            mine = [index for index, series in enumerate(self._series_of) if series == number]
            events.let_go([self._readings[i] for i in mine], [since_us[i] for i in mine])
        every: list[Names | Pairs] = [
            *(pairs for pairs in self._twins if pairs),
            *self._pairs.values(),
            *self._names.values(),
        ]
        if any(each.crowded for each in every):
            self._forget(every)

    def _forget(self, every: Sequence[Names | Pairs]) -> None:
        """Let those that are crowded give the numbers of keys without events to others. A pair that stays, stays with
        its parts, so pairs come before what they are made of."""
        live = {id(each): np.zeros(each.size, np.bool_) for each in every if each.crowded}
        for events, space, twins in zip(self._events, self._spaces, self._twins, strict=True):
            if id(space) in live:
                live[id(space)][events.keys[: events.end]] = True
            if id(twins) in live:
                live[id(twins)][events.values[: events.end]] = True
        for each in sorted(every, key=_depth, reverse=True):
            if id(each) in live:
                each.forget(live[id(each)])
            if isinstance(each, Pairs):
                each.mark_parts(live.get(id(each.left)), live.get(id(each.right)))


_WITHOUT = {NO_KEY: "key", NO_KEY + 1: "value"}


def _beyond(values: Integers, none: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows whose sum is unavailable (`none` if that is so); they are MISSING from now on."""
    if values.min() > BEYOND:
        return none
    rows: NDArray[np.bool_] = values == BEYOND
    values[rows] = MISSING
    return rows


def _depth(each: Names | Pairs) -> int:
    return 1 + _depth(each.left) if isinstance(each, Pairs) else 0


def _columns(plan: Plan) -> dict[str, str]:
    """For each field the first of those whose texts are numbered together, because one is looked up among the other."""
    column: dict[str, str] = {}
    for series in plan.series:
        for name in (*series.keys, *((series.of,) if series.distinct else ())):
            column.setdefault(name, name)
    for lookup in plan.lookups:
        for mine, theirs in zip(lookup.keys, plan.series[lookup.series].keys, strict=True):
            column.setdefault(mine, mine)
            old, new = column[mine], column[theirs]
            column = {name: new if of == old else of for name, of in column.items()}
    return column
