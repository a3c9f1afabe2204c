"""What windows mean, by plain lists: the specification that every store and the replay must equal.

Every recorded event and every id is kept for ever. A reading walks over the events of its key. Nothing here is clever:
the one concession to speed is that a key's events are kept in order, so that the walk begins and ends at the edges of
the window. `test_agreement` compares that with the walk over everything. The price is memory without bound, which is
why this is no store for a host.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

from riskrules.state.plan import Plan
from riskrules.state.store import Answers, Happened, Key, Moment, WindowConflict

HIGHEST_SUM = 10**18
"""A sum further from zero than this is unavailable."""


class Kept(NamedTuple):
    """An event as a series keeps it; in order of time, and at the same time of arrival. `name`: what it was, and its
    id."""

    time_us: int
    arrival: int
    value: int | str
    name: tuple[str, str]


class ListWindows:
    """A window store of lists."""

    def __init__(self, bound_type: type[ListBound] | None = None) -> None:
        self.bound_type = bound_type or ListBound
        self.contents: dict[tuple[str, str], bytes] = {}
        self.events: dict[str, dict[Key, list[Kept]]] = {}
        self.known_from_us: dict[str, int] = {}
        self.newest_us: int | None = None

    def bind(self, plan: Plan) -> ListBound:
        for series in plan.series:
            if series.identity not in self.events:
                self.events[series.identity] = {}
                if self.newest_us is not None:
                    self.known_from_us[series.identity] = self.newest_us + 1
        return self.bound_type(self, plan)


class ListBound:
    """The lists, as one plan reads them."""

    def __init__(self, store: ListWindows, plan: Plan) -> None:
        self.store = store
        self.plan = plan

    def record(self, happened: Happened) -> bool:
        store = self.store
        name = (happened.event, happened.id)
        if name in store.contents:
            if store.contents[name] != happened.content:
                raise WindowConflict(f"`{happened.id}` was recorded before with other content")
            return False
        store.contents[name] = happened.content
        arrival = len(store.contents)
        for entry in happened.entries:
            events = store.events[self.plan.series[entry.series].identity]
            insort(events.setdefault(entry.key, []), Kept(happened.time_us, arrival, entry.value, name))
        store.newest_us = happened.time_us if store.newest_us is None else max(store.newest_us, happened.time_us)
        return True

    def read(self, moment: Moment) -> Answers:
        values: list[int | None] = []
        unavailable = []
        for number, reading in enumerate(self.plan.readings):
            series, key = self.plan.lookups[reading.lookup].series, moment.keys[reading.lookup]
            since_us = moment.since_us[number]
            value = None
            if key is not None and since_us < self.known_from_us(series):
                unavailable.append(number)
            elif key is not None:
                value = self.aggregated(reading.aggregate, self.covered(series, key, moment, since_us), moment.time_us)
                if reading.aggregate == "sum" and value is not None and abs(value) > HIGHEST_SUM:
                    value = None
                    unavailable.append(number)
            values.append(value)
        return Answers(values, tuple(unavailable), "the lists do not know it" if unavailable else "")

    def covered(self, series: int, key: Key, moment: Moment, since_us: int) -> Sequence[Kept]:
        """The events that a reading covers, in order."""
        covered = within(self.of(series, key), since_us, moment.time_us)
        own = ("payment", moment.id)
        return [e for e in covered if e.name != own] if own in self.store.contents else covered

    def aggregated(self, aggregate: str, covered: Sequence[Kept], time_us: int) -> int | None:
        """One aggregate of them."""
        match aggregate:
            case "count":
                return len(covered)
            case "sum":
                return sum([int(e.value) for e in covered])
            case "distinct":
                return len({e.value for e in covered})
            case "min":
                return min([int(e.value) for e in covered], default=None)
            case "max":
                return max([int(e.value) for e in covered], default=None)
            case "since":
                return time_us - covered[-1].time_us if covered else None
        raise ValueError(aggregate)

    def known_from_us(self, series: int) -> int:
        """From when on the series has everything."""
        return self.store.known_from_us.get(self.plan.series[series].identity, -(2**63))

    def of(self, series: int, key: Key) -> list[Kept]:
        """All events of a key, in order."""
        return self.store.events[self.plan.series[series].identity].get(key, [])


def within(events: Sequence[Kept], since_us: int, time_us: int) -> Sequence[Kept]:
    """The events, which are in order, with since_us <= time <= time_us."""
    first = bisect_left(events, (since_us,))
    return events[first : bisect_left(events, (time_us + 1,), lo=first)]
