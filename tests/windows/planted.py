"""Stores with one bug each, of the kind that somebody might well make.

Some wrap a store and spoil what goes in or comes out, so they can be put around any; others are the reference with one
line wrong, for what no wrapper reaches. The first line of the docstring of each says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from unicodedata import normalize

from reference import Kept, ListBound

from riskrules.state.plan import Plan
from riskrules.state.store import Answers, Bound, Happened, Key, Moment, WindowConflict, WindowStore


class Wrapped:
    """A store that passes everything on."""

    def __init__(self, inner: WindowStore) -> None:
        self.inner = inner

    def bind(self, plan: Plan) -> Bound:
        self.plan = plan
        self.bound = self.inner.bind(plan)
        return self

    def read(self, moment: Moment) -> Answers:
        return self.bound.read(moment)

    def record(self, happened: Happened) -> bool:
        return self.bound.record(happened)


class SinceExcluded(Wrapped):
    """An event at the very beginning of the window is not covered."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(since_us=[s + 1 for s in moment.since_us]))


class SinceEarly(Wrapped):
    """An event a microsecond before the window is covered."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(since_us=[s - 1 for s in moment.since_us]))


class TiesExcluded(Wrapped):
    """What happened at the same instant is not covered, though it came first."""

    def read(self, moment: Moment) -> Answers:
        answers = super().read(moment._replace(time_us=moment.time_us - 1))
        values = [
            v + 1 if v is not None and r.aggregate == "since" else v
            for v, r in zip(answers.values, self.plan.readings, strict=True)
        ]
        return answers._replace(values=values)


class OwnIdCounted(Wrapped):
    """A payment that is decided once more sees itself."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(id=f"not {moment.id}"))


class OwnReportLeftOut(Wrapped):
    """A report with the id of the payment is taken for the payment."""

    def record(self, happened: Happened) -> bool:
        return super().record(happened._replace(event="payment"))


class DuplicatesCounted(Wrapped):
    """What is recorded once more is counted once more."""

    def record(self, happened: Happened) -> bool:
        first = super().record(happened)
        if not first:
            super().record(happened._replace(id=f"{happened.id} again {id(happened)}"))
        return first


class DuplicateSaysRecorded(Wrapped):
    """What is recorded once more is said to have been recorded now."""

    def record(self, happened: Happened) -> bool:
        super().record(happened)
        return True


class ConflictPassedOver(Wrapped):
    """Other content under the same id is taken for a duplicate."""

    def record(self, happened: Happened) -> bool:
        try:
            return super().record(happened)
        except WindowConflict:
            return False


class ConflictMoves(Wrapped):
    """Other content under the same id is an error, and moves the windows all the same."""

    def record(self, happened: Happened) -> bool:
        try:
            return super().record(happened)
        except WindowConflict:
            super().record(happened._replace(id=f"{happened.id} other {id(happened)}"))
            raise


class LateAtTheEnd(Wrapped):
    """A late event is put where it arrives, and not where it belongs."""

    newest_us = -(2**62)

    def record(self, happened: Happened) -> bool:
        self.newest_us = max(self.newest_us, happened.time_us)
        return super().record(happened._replace(time_us=self.newest_us))


class LateDropped(Wrapped):
    """An event that is older than another is left out."""

    newest_us = -(2**62)

    def record(self, happened: Happened) -> bool:
        late = happened.time_us < self.newest_us
        self.newest_us = max(self.newest_us, happened.time_us)
        return super().record(happened._replace(entries=[]) if late else happened)


class PairEitherWay(Wrapped):
    """A pair is the same in both orders."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(keys=[None if k is None else tuple(sorted(k)) for k in moment.keys]))

    def record(self, happened: Happened) -> bool:
        return super().record(_keyed(happened, lambda k: tuple(sorted(k))))


class KeysRunTogether(Wrapped):
    """The parts of a key are put together without a mark between them."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(keys=[None if k is None else ("".join(k),) for k in moment.keys]))

    def record(self, happened: Happened) -> bool:
        return super().record(_keyed(happened, lambda k: ("".join(k),)))


class KeysNormalised(Wrapped):
    """Texts that look the same are the same key."""

    def read(self, moment: Moment) -> Answers:
        return super().read(moment._replace(keys=[None if k is None else _normal(k) for k in moment.keys]))

    def record(self, happened: Happened) -> bool:
        return super().record(_keyed(happened, _normal))


class UnknownIsZero(Wrapped):
    """What is not known is said to be nothing."""

    def read(self, moment: Moment) -> Answers:
        answers = super().read(moment)
        return Answers([0 if n in answers.unavailable else v for n, v in enumerate(answers.values)])


class MissingKeyIsUnavailable(Wrapped):
    """A reading whose key the payment lacks is said to be a failure of the store."""

    def read(self, moment: Moment) -> Answers:
        answers = super().read(moment)
        lacking = [n for n, r in enumerate(self.plan.readings) if moment.keys[r.lookup] is None]
        return Answers(answers.values, (*answers.unavailable, *lacking), "a key is missing")


class OneInFiveHundredTorn(Wrapped):
    """One event in five hundred is said to be recorded and reaches only its first series."""

    count = 0

    def record(self, happened: Happened) -> bool:
        self.count += 1
        lost = self.count % 500 == 0
        return super().record(happened._replace(entries=happened.entries[:1]) if lost else happened)


class ReportsEarly(Wrapped):
    """A report counts from an hour before it was made."""

    def record(self, happened: Happened) -> bool:
        shift = 3_600_000_000 if happened.event == "report" else 0
        return super().record(happened._replace(time_us=happened.time_us - shift))


def _keyed(happened: Happened, change: Callable[[Key], Key]) -> Happened:
    return happened._replace(entries=[e._replace(key=change(e.key)) for e in happened.entries])


def _normal(key: Key) -> Key:
    return tuple(normalize("NFC", part) for part in key)


class SumWraps(ListBound):
    """A sum wraps at 64 bits before it is looked at."""

    def aggregated(self, aggregate: str, covered: Sequence[Kept], time_us: int) -> int | None:
        value = super().aggregated(aggregate, covered, time_us)
        return None if value is None else (value + 2**63) % 2**64 - 2**63


class SumThroughDoubles(ListBound):
    """A sum goes through doubles."""

    def aggregated(self, aggregate: str, covered: Sequence[Kept], time_us: int) -> int | None:
        if aggregate == "sum":
            return int(sum(float(e.value) for e in covered))
        return super().aggregated(aggregate, covered, time_us)


class DistinctCountsRuns(ListBound):
    """Distinct counts a text once for each run of it."""

    def aggregated(self, aggregate: str, covered: Sequence[Kept], time_us: int) -> int | None:
        if aggregate == "distinct":
            return sum(1 for n, e in enumerate(covered) if n == 0 or covered[n - 1].value != e.value)
        return super().aggregated(aggregate, covered, time_us)


class SinceTheFirst(ListBound):
    """The time since the last event is that since the first."""

    def aggregated(self, aggregate: str, covered: Sequence[Kept], time_us: int) -> int | None:
        if aggregate == "since" and covered:
            return time_us - covered[0].time_us
        return super().aggregated(aggregate, covered, time_us)


class WindowStays(ListBound):
    """A window that has emptied keeps what it held for a second more."""

    def covered(self, series: int, key: Key, moment: Moment, since_us: int) -> Sequence[Kept]:
        covered = super().covered(series, key, moment, since_us)
        return covered or super().covered(series, key, moment, since_us - 1_000_000)


class NewerSeen(ListBound):
    """A moment in the past sees what came after it."""

    def covered(self, series: int, key: Key, moment: Moment, since_us: int) -> Sequence[Kept]:
        newest = max((e.time_us for e in self.of(series, key)), default=moment.time_us)
        return super().covered(series, key, moment._replace(time_us=max(newest, moment.time_us)), since_us)


class PurgedEarly(ListBound):
    """What no window at the newest event covers is let go, though a late one would."""

    def record(self, happened: Happened) -> bool:
        new = super().record(happened)
        for entry in happened.entries if new else ():
            events = self.of(entry.series, entry.key)
            oldest = events[-1].time_us - self.plan.series[entry.series].keep_us
            del events[: next(n for n, e in enumerate(events) if e.time_us >= oldest)]
        return new


class NewSeriesKnowsAll(ListBound):
    """A series that a later version of the rules brings answers as if it had been kept all along."""

    def known_from_us(self, series: int) -> int:
        return -(2**63)


WRAPPED = (
    SinceExcluded, SinceEarly, TiesExcluded, OwnIdCounted, OwnReportLeftOut, DuplicatesCounted, DuplicateSaysRecorded,
    ConflictPassedOver, ConflictMoves, LateAtTheEnd, LateDropped, PairEitherWay, KeysRunTogether, KeysNormalised,
    UnknownIsZero, MissingKeyIsUnavailable, OneInFiveHundredTorn, ReportsEarly,
)  # fmt: skip
REWRITTEN = (
    SumWraps, SumThroughDoubles, DistinctCountsRuns, SinceTheFirst, WindowStays, NewerSeen, PurgedEarly,
    NewSeriesKnowsAll,
)  # fmt: skip
