"""One version of a ruleset, measured on the batches that it decided.

Everything is added up batch by batch; only sums, the people who were stopped and a few examples stay. What a payment
truly was is looked at here and nowhere before: the decision is made by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.calendars import Calendar
from ..base.times import local_time, zone_of
from ..bridges.columns import Column, Flags, Numbers, Words
from ..engine.history import Unread
from ..meaning import nodes as n
from ..schema.limits import MISSING
from .counting import Counts, Integers, People, kinds_of, payer_groups
from .examples import Sample
from .figures import Figures, Group, RuleFigures, figures_of
from .intervals import GROUPS
from .labelled import PAYER
from .points import curve_of
from .removal import Removal
from .watching import SEGMENT, Watched

if TYPE_CHECKING:
    from ..engine.tables import BadRow, DecidedBatch

Mask = NDArray[np.bool_]
ERRORS_KEPT = 10


@dataclass(frozen=True, slots=True)
class Fired:
    """What fired on a batch, a pair for each rule and payment: the payment's row and the rule's place in the names."""

    rows: Integers
    index: Integers


class Measured:
    """Adds a version's batches up."""

    def __init__(self, version: Watched) -> None:
        meaning = version.serving.rules.meaning
        self.version = version
        self.names = version.names
        self.unread = Unread()
        self.decided = self.payments = self.bad_rows = self.outside = self.no_amount = self.no_payer = 0
        self.errors: list[BadRow] = []
        self.never_fed: set[str] | None = None
        self.base = Counts(1 + len(n.LEVELS))
        self.by_name = Counts(len(self.names))
        self.months = Counts()
        self.removal = Removal(meaning, self.names)
        self.curve = curve_of(meaning, self.names)
        self.segments = {s.name: self.names.index(SEGMENT + s.name) for s in version.rules.promises.segments}
        self.stopped_honest = {name: Sample() for name in ("", *self.segments)}
        self.missed_fraud = Sample()
        self._month_places: dict[int, int] = {}
        self._calendar = Calendar(zone_of(meaning.timezone))
        self._people = People()

    def add(self, batch: DecidedBatch, measured: Mask, fraud: Mask) -> None:
        """Count a batch in: bool[rows] each, which of its payments are measured and which were fraud."""
        self.decided += batch.rows
        self.bad_rows += len(batch.errors)
        self.errors += batch.errors[: ERRORS_KEPT - len(self.errors)]
        self._look_at_fields(batch)
        rows = np.flatnonzero(measured)
        if not len(rows):
            return
        self.payments += len(rows)
        times = _numbers(batch.batch.columns["occurred_at"])
        self._look_at_force(times[rows])
        fired, levels = fired_of(batch, measured), batch.levels
        amounts = self._amounts(batch, rows)
        words, groups = payer_of(batch), groups_of(batch)
        kinds = kinds_of(fraud, levels >= n.DELAY)
        months = self._months(times[rows])
        own = np.zeros(len(rows), np.int64)
        for counts, place in ((self.base, own), (self.base, 1 + levels[rows].astype(np.int64)), (self.months, months)):
            counts.add(place, kinds[rows], groups[rows], amounts[rows])
        self.by_name.add(fired.index, kinds[fired.rows], groups[fired.rows], amounts[fired.rows])
        self._add_people(words, rows, fired, months, levels, fraud)
        self.removal.add(fired.rows, fired.index, batch.score, fraud, amounts)
        self.curve.add(fired.rows, fired.index, batch.score, fraud, amounts, measured)
        self._add_examples(batch, measured, fired, fraud)

    def _add_people(
        self, payer: Words, rows: Integers, fired: Fired, months: Integers, levels: NDArray[np.int8], fraud: Mask
    ) -> None:
        unlucky = (levels >= n.DELAY) & ~fraud
        places = np.flatnonzero(unlucky[rows])
        stopped = rows[places]
        self.no_payer += int(np.count_nonzero(payer.codes[rows] < 0))
        person = np.full(len(levels), -1, np.int64)
        person[stopped] = self._people.numbers(payer, stopped)
        known = person[stopped] >= 0
        stopped, places = stopped[known], places[known]
        self.base.add_people(np.zeros(len(stopped), np.int64), person[stopped])
        self.base.add_people(1 + levels[stopped].astype(np.int64), person[stopped])
        self.months.add_people(months[places], person[stopped])
        pairs = person[fired.rows] >= 0
        self.by_name.add_people(fired.index[pairs], person[fired.rows[pairs]])

    def _add_examples(self, batch: DecidedBatch, measured: Mask, fired: Fired, fraud: Mask) -> None:
        stops = batch.levels >= n.DELAY
        unlucky = measured & stops & ~fraud
        self.stopped_honest[""].offer(np.flatnonzero(unlucky), batch, fraud)
        self.missed_fraud.offer(np.flatnonzero(measured & fraud & ~stops), batch, fraud)
        if unlucky.any():
            for name, place in self.segments.items():
                own = fired.rows[fired.index == place]
                self.stopped_honest[name].offer(own[unlucky[own]], batch, fraud)

    def _amounts(self, batch: DecidedBatch, rows: Integers) -> Integers:
        """int64[rows of the batch], zero where there is none."""
        column = batch.batch.columns.get("amount")
        if not isinstance(column, Numbers):
            self.no_amount += len(rows)
            return np.zeros(batch.rows, np.int64)
        absent = column.values == MISSING
        self.no_amount += int(np.count_nonzero(absent[rows]))
        return np.where(absent, 0, column.values)

    def _months(self, times: Integers) -> Integers:
        starts = self._calendar.starts("month", times)
        distinct, place = np.unique(starts, return_inverse=True)
        own = [self._month_places.setdefault(start, len(self._month_places)) for start in distinct.tolist()]
        self.months.grow(len(self._month_places))
        return np.array(own, np.int64)[place]

    def _look_at_force(self, times: Integers) -> None:
        span = self.version.serving.rules.meaning.in_force
        outside = np.zeros(len(times), np.bool_)
        if span.from_us is not None:
            outside |= times < span.from_us
        if span.until_us is not None:
            outside |= times >= span.until_us
        self.outside += int(np.count_nonzero(outside))

    def _look_at_fields(self, batch: DecidedBatch) -> None:
        columns = batch.batch.columns
        inputs = self.version.rules.meaning.inputs
        empty = {i.name for i in inputs if i.origin in ("field", "derived") and _nothing(columns.get(i.name))}
        self.never_fed = empty if self.never_fed is None else self.never_fed & empty

    # -- what came of it ---------------------------------------------------------------------------
    def whole(self) -> Figures:
        return figures_of(self.base, 0)

    def actions(self) -> tuple[Group, ...]:
        """Those that were taken, the hardest first."""
        places = [(word, 1 + level) for level, word in reversed(tuple(enumerate(n.LEVELS)))]
        return tuple(
            Group(word, figures_of(self.base, place, (self.base, 0)))
            for word, place in places
            if self.base.count(place, range(4))
        )

    def by_segment(self) -> tuple[Group, ...]:
        """As they were declared."""
        return tuple(Group(name, figures_of(self.by_name, place)) for name, place in self.segments.items())

    def by_month(self) -> tuple[Group, ...]:
        zone = zone_of(self.version.rules.meaning.timezone)
        return tuple(
            Group(f"{local_time(start, zone):%Y-%m}", figures_of(self.months, place))
            for start, place in sorted(self._month_places.items())
        )

    def by_rule(self) -> tuple[RuleFigures, ...]:
        """Those that fired, by how much of what was stopped hangs on them alone."""
        found = []
        for place, name in enumerate(self.names):
            rule = self.version.rules.by_name.get(name)
            if rule is not None and self.by_name.count(place, range(4)):
                figures = figures_of(self.by_name, place, (self.base, 0))
                action = n.LEVELS[rule.action.level] if rule.action else ""
                found.append(RuleFigures(name, rule.text, action, rule.score, figures, self.removal.alone(place)))
        return tuple(sorted(found, key=lambda r: (-r.alone.payments, -r.figures.payments, r.name)))

    def never_fired(self) -> tuple[str, ...]:
        fired = {name for place, name in enumerate(self.names) if self.by_name.count(place, range(4))}
        return tuple(sorted(set(self.version.rules.by_name) - fired))

    def notes(self) -> tuple[str, ...]:
        """What could not be measured, or only in part, in sentences."""
        from ..engine.tables import window_notes

        notes = list(window_notes(self.unread))
        if self.never_fed:
            names = ", ".join(f"`{x}`" for x in sorted(self.never_fed))
            notes.insert(0, f"nothing feeds {names}, so it is missing in every payment")
        if self.outside:
            notes.append(
                f"{self.outside:_} payments lie outside the time in which the ruleset is in force, so nothing stops "
                "them; decide as if it had been by `--as-if-in-force` (`as_if_in_force=True`)"
            )
        if self.no_amount:
            notes.append(f"{self.no_amount:_} payments have no amount, and their money counts as nothing")
        if self.no_payer:
            notes.append(f"{self.no_payer:_} payments have no payer's account, and nobody is counted for them")
        empty = [name for name, place in self.segments.items() if not self.by_name.count(place, range(4))]
        notes += [f"nobody is in segment `{name}`" for name in empty]
        return tuple(notes)



def fired_of(batch: DecidedBatch, measured: Mask) -> Fired:
    """What fired on the payments of the mask."""
    rows = np.repeat(np.arange(batch.rows, dtype=np.int64), np.diff(batch.fired.starts))
    index = batch.fired.index.astype(np.int64)
    if measured.all():
        return Fired(rows, index)
    kept = measured[rows]
    return Fired(rows[kept], index[kept])


def payer_of(batch: DecidedBatch) -> Words:
    """The account that pays, where the history has one."""
    payer = batch.batch.columns.get(PAYER)
    return payer if isinstance(payer, Words) else Words(np.full(batch.rows, -1, np.int32), [])


def groups_of(batch: DecidedBatch) -> Integers:
    """The group of payers of each payment; one without a payer is a payer by itself."""
    payer = payer_of(batch)
    return np.where(payer.codes >= 0, payer_groups(payer), batch.batch.numbers % GROUPS)


def _numbers(column: Column) -> Integers:
    assert isinstance(column, Numbers)
    return column.values


def _nothing(column: Column | None) -> bool:
    if column is None:
        return True
    if isinstance(column, Numbers):
        return bool((column.values == MISSING).all())
    return bool(((column.values if isinstance(column, Flags) else column.codes) < 0).all())
