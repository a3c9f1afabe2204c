"""What victims and institutions report, as events of the language's own kind `report`, in order of time.

A report names the payment it is about and what its victim knows; most come late and some never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ...base.times import format_instant
from .labels import SCAM

REPORTER = ("institution", "victim")


@dataclass
class Reports:
    """Reports that are still to come."""

    waiting: list[tuple[int, int, dict[str, object]]] = field(default_factory=list)
    told: int = 0

    def add(self, at: int, number: int, event: dict[str, object]) -> None:
        heappush(self.waiting, (at, number, event))

    def until(self, moment: int | None) -> Iterator[dict[str, object]]:
        """Those that are due before a moment, or all that are left."""
        while self.waiting and (moment is None or self.waiting[0][0] < moment):
            at, _, event = heappop(self.waiting)
            self.told += 1
            yield {"id": f"R{self.told:09d}", "occurred_at": format_instant(at), **event}


def reporter_of(typology: int) -> str:
    return REPORTER[typology == SCAM]
