"""Many payments: a table or a stream of batches in, decisions out, in the same order.

Work is done a batch at a time, so memory does not grow with the history. A row that does not fit is left out
of the decisions and reported with its place and its error; the others are decided. What is decided for a row is what
`Engine.decide` decides for the same payment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.ahead import ahead
from ..base.times import zone_of
from ..bridges.columns import Batch, Numbers, TableError, Words
from ..bridges.decisions import Decided, DecisionTable, Lists, decision_table
from ..bridges.feeds import ROWS_A_BATCH
from ..bridges.limiting import first_rows
from ..bridges.maps import Map, load_map
from ..bridges.reports import REPORTED
from ..bridges.tables import file_batches, table_batches
from ..kernel.chunk import MOST_ROWS
from ..meaning import nodes as n
from ..schema.fields import Schema
from ..schema.limits import MISSING
from .columns import Feeder
from .duties import Duties, institution_totals, measure_lists, responsible_lists
from .history import Replaying, Unread
from .recording import fields_of

if TYPE_CHECKING:
    from .serving import Serving
    from .watching import Instead


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not decided. `number` counts from one: the line of a text file (`place` "line"), else the row of
    the table ("row"). `field` and `problem` as in PaymentError."""

    number: int
    place: str
    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place} {self.number}: at {self.field}: {self.problem}"


class DecidedBatch:
    """The decisions of one batch. `rows` counts those decided; `act_index` int16[rows] into `acts` (the ruleset's
    actions, rising in strength), `score` int64[rows], `fired` lists of rules; the rest is worked out when read."""

    def __init__(self, serving: Serving, batch: Batch, feeder: Feeder) -> None:
        self.serving = serving
        self.errors = [BadRow(int(batch.numbers[i]), batch.place, e.field, e.problem) for i, e in batch.bad()]
        if self.errors:
            batch = _only_good(batch)
        self.batch = batch
        self.rows = batch.rows
        self.acts = serving.program.acts
        decided = feeder.decide(batch)
        self.act_index: NDArray[np.int16] = decided.acts
        self.score: NDArray[np.int64] = decided.scores
        self.fired = Lists(decided.fired.starts, decided.fired.indices, serving.program.rules)

    @cached_property
    def levels(self) -> NDArray[np.int8]:
        """int8[rows]: the level of each action, allow 0 to reject 5."""
        return np.array([a.level for a in self.acts], np.int8)[self.act_index]

    @cached_property
    def duties(self) -> Duties:
        return Duties.of(self.serving, self.batch, self.fired)

    @cached_property
    def decided(self) -> Decided:
        """The columns of the decision table."""
        durations = np.array([MISSING if a.duration_us is None else a.duration_us for a in self.acts], np.int64)
        ends = durations[self.act_index]
        lasting = bool((durations != MISSING).any())
        now = self.batch.columns["occurred_at"]
        ids = self.batch.columns["id"]
        assert isinstance(now, Numbers)
        assert isinstance(ids, Words)
        return Decided(
            id=ids,
            action=self.levels.astype(np.int32),
            actions=n.LEVELS,
            until_us=np.where(ends == MISSING, MISSING, now.values + np.where(ends == MISSING, 0, ends))
            if lasting
            else ends,
            score=self.score,
            fired=self.fired,
            responsible=responsible_lists(self.duties),
            measures=measure_lists(self.serving, self.fired),
        )

    @property
    def table(self) -> DecisionTable:
        """This batch's decisions as an Arrow table."""
        return _table(self.serving, [self.decided])

    @property
    def action_counts(self) -> Counter[str]:
        """Payments by action, in the language's words without durations."""
        counts = np.bincount(self.levels, minlength=len(n.LEVELS))
        return Counter({word: int(k) for word, k in zip(n.LEVELS, counts, strict=True) if k})

    @property
    def rule_counts(self) -> Counter[str]:
        """Payments by rule that fired."""
        names = self.serving.program.rules
        counts = np.bincount(self.fired.index, minlength=len(names))
        return Counter({name: int(k) for name, k in zip(names, counts, strict=True) if k})

    @property
    def institution_counts(self) -> dict[str, tuple[int, int]]:
        """By institution that has the duty: payments above warn, and their money in minor units (0 where the batch
        has no amounts)."""
        return institution_totals(self.duties, self.batch, self.levels > n.WARN)


class Decisions:
    """All decisions of a table. Speaks Arrow (`__arrow_c_stream__`) with the columns id, action, until, score, fired,
    responsible, measures; `errors` lists the rows that were not decided, `degraded` says which windows could not be
    read and how often."""

    def __init__(self, serving: Serving, batches: Iterable[DecidedBatch], unread: Unread) -> None:
        self.errors: list[BadRow] = []
        self.rows = 0
        self.table = _table(serving, map(self._counted, batches))
        self.degraded = window_notes(unread)

    def _counted(self, batch: DecidedBatch) -> Decided:
        self.errors += batch.errors
        self.rows += batch.rows
        return batch.decided

    def noted(self, *notes: str) -> Decisions:
        """The same with more sentences in `degraded`."""
        self.degraded = (*self.degraded, *notes)
        return self

    def __len__(self) -> int:
        return self.rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self.table.__arrow_c_schema__()

    def __repr__(self) -> str:
        return f"<Decisions of {self.rows} payments, {len(self.errors)} not decided>"


class Deciding:
    """Decides one batch after another. One thread at a time."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._feeder: Feeder | None = None

    def decided(self, batch: Batch) -> DecidedBatch:
        """A batch whose windows and scores are worked out."""
        if self._feeder is None or self._feeder.rows < batch.rows:
            rows = min(MOST_ROWS, max(batch.rows, 1))
            self._feeder = Feeder(self._serving.program, self._serving.lists, rows)
        return DecidedBatch(self._serving, batch, self._feeder)


def filled_batches(
    serving: Serving, batches: Iterable[Batch], how: Replaying | None = None, unread: Unread | None = None
) -> Iterator[Batch]:
    """Batches as they come, each of at most 65,536 payments, the first being the beginning of a history, with columns
    for the windows and scores that the rules read. Memory is that of some batches and of what the windows look back to.
    `unread` is filled on the way."""
    unread = Unread() if unread is None else unread
    if serving.plan.readings:
        from .replaying import with_windows  # loads kernels that only windows need

        batches = with_windows(serving, batches, how or Replaying(), unread)
    if serving.models is not None:
        batches = serving.models.batches(batches, unread)
    return iter(batches)


def decide_batches(
    serving: Serving, batches: Iterable[Batch], how: Replaying | None = None, unread: Unread | None = None
) -> Iterator[DecidedBatch]:
    """Decide batches as `filled_batches` takes them."""
    filled = filled_batches(serving, batches, how, unread)
    return map(Deciding(serving).decided, ahead(filled) if how is not None and how.read_ahead else filled)


def decide_table(
    serving: Serving,
    table: object,
    map: Map | str | Path | None = None,
    how: Replaying | None = None,
    instead: Instead | None = None,
) -> Decisions:
    """`Engine.decide_many`. TableError when the table is none or cannot feed the rules, MapError for a bad map.
    `instead`: what a kill switch answers to every payment."""
    unread, chosen = Unread(), _map(serving, map)
    batches = _batches(serving, table, chosen)
    decided = decide_batches(serving, batches, _reports(how, chosen), unread)
    if instead is not None:
        decided = (answered_batch(batch, instead) for batch in decided)
    found = Decisions(serving, decided, unread)
    return found if instead is None else found.noted(instead.note)


def decide_file(
    serving: Serving,
    path: str | Path,
    map: Map | str | Path | None = None,
    rows: int = ROWS_A_BATCH,
    how: Replaying | None = None,
    unread: Unread | None = None,
    limit: int | None = None,
) -> Iterator[DecidedBatch]:
    """Decide a Parquet, CSV or JSON lines file, a batch at a time; with `limit`, its first payments. TableError as
    `decide_table`."""
    zone, chosen = zone_of(serving.rules.frame.timezone), _map(serving, map)
    rows = min(rows, limit or rows)
    batches = file_batches(path, table_schema(serving), wanted_fields(serving, chosen), zone, chosen, rows)
    chosen_rows = first_rows(batches, limit) if limit else batches
    return decide_batches(serving, chosen_rows, _reports(how, chosen), unread)


def _batches(serving: Serving, table: object, chosen: Map | None) -> Iterator[Batch]:
    schema, zone = table_schema(serving), zone_of(serving.rules.frame.timezone)
    tables = [table] if is_table(table) or not isinstance(table, Iterable) else table
    for one in tables:
        yield from table_batches(one, schema, wanted_fields(serving, chosen), zone, chosen)


def _reports(how: Replaying | None, chosen: Map | None) -> Replaying:
    return replace(how or Replaying(), report_delay_us=chosen.report_delay_us if chosen else None)


def _map(serving: Serving, given: Map | str | Path | None) -> Map | None:
    return load_map(given, serving.rules.schema) if isinstance(given, str | Path) else given


def wanted_fields(serving: Serving, chosen: Map | None = None) -> list[str]:
    """The fields that a table must feed: what the rules read, what its windows are kept by and count; amount and
    currency if it has them; which payments were reported, if the map says so."""
    read = [i.name for i in serving.rules.frame.inputs if i.origin in ("field", "derived")]
    read += [key for lookup in serving.plan.lookups for key in lookup.keys]
    read += fields_of(serving.plan.series)
    reported = chosen is not None and REPORTED.name in chosen.sources
    return list(dict.fromkeys((*read, "amount", "currency", *((REPORTED.name,) if reported else ()))))


def table_schema(serving: Serving) -> Schema:
    """The rules' schema. An amount that no rule or window reads is counted where there is one, and is not asked for."""
    schema = serving.rules.schema.with_field(REPORTED)
    plan = serving.plan
    valued = {plan.lookups[r.lookup].series for r in plan.readings if r.aggregate not in ("count", "since")}
    if any(i.name == "amount" for i in serving.rules.frame.inputs) or any(
        plan.series[s].of == "amount" for s in valued
    ):
        return schema
    return schema.with_field(replace(schema["amount"], optional=True))


def answered_batch(batch: DecidedBatch, instead: Instead) -> DecidedBatch:
    """The batch, each payment with a kill switch's answer and no rule."""
    batch.acts = (instead.act,)
    batch.act_index = np.zeros(batch.rows, np.int16)
    batch.score = np.zeros(batch.rows, np.int64)
    batch.fired = Lists(np.zeros(batch.rows + 1, np.int64), np.zeros(0, np.int32), batch.fired.names)
    return batch


def is_table(thing: object) -> bool:
    return hasattr(thing, "__arrow_c_stream__") or hasattr(thing, "__arrow_c_array__")


def rule_holds(serving: Serving, table: object) -> NDArray[np.bool_]:
    """bool[rows]: whether the only rule of `serving` fired. TableError when a row does not fit."""
    parts = []
    for batch in decide_batches(serving, _batches(serving, table, None)):
        if batch.errors:
            raise TableError(f"{len(batch.errors)} rows do not fit; the first is {batch.errors[0]}")
        parts.append(np.diff(batch.fired.starts) > 0)
    return np.concatenate(parts) if parts else np.zeros(0, np.bool_)


def window_notes(unread: Unread) -> tuple[str, ...]:
    """Which windows could not be read, which models gave no score, and for how many payments."""
    windows = (f"window `{name}` was not available for {count:_} payments" for name, count in unread.counts.items())
    scores = (f"model `{name}` gave no score for {count:_} payments" for name, count in unread.unscored.items())
    return (*windows, *scores)


def _table(serving: Serving, decided: Iterable[Decided]) -> DecisionTable:
    rules = serving.rules
    return decision_table(decided, f"{rules.name} {rules.version}", rules.fingerprint)


def _only_good(batch: Batch) -> Batch:
    rows = np.flatnonzero(batch.good)
    columns = {name: column.take(rows) for name, column in batch.columns.items()}
    return Batch(len(rows), batch.first_row, columns, (), batch.good[rows], batch.numbers[rows], batch.place)
