"""How a history is replayed, and what could not be read of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..meaning.averages import name_of


@dataclass(frozen=True, slots=True)
class Replaying:
    """How a history is replayed. `by_arrival`: rows are in order of arrival and may be late; else they are in order of
    time. `as_decided`: what the rules hold or reject does not count as done. `report_delay_us`: how long after its
    payment a report comes; None where the history has none. `read_ahead`: a thread of its own reads the next batch and
    works out its windows while this one is decided."""

    by_arrival: bool = False
    as_decided: bool = False
    report_delay_us: int | None = None
    read_ahead: bool = False


class Unread:
    """How many payments could not have a window read, by window; and how many had no score, by model."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.unscored: dict[str, int] = {}
        self._inputs: dict[str, int] = {}

    def add(self, name: str, count: int) -> None:
        """`name`: of an input. The parts of an average are told as one."""
        if count:
            window = name_of(name)
            self.counts[window] = max(self.counts.get(window, 0), self._inputs.get(name, 0) + count)
            self._inputs[name] = self._inputs.get(name, 0) + count

    def no_score(self, name: str, count: int) -> None:
        if count:
            self.unscored[name] = self.unscored.get(name, 0) + count
