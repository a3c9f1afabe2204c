"""The strongest decisions of a stream, one for each combination of rules: a reason is worth reading once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..engine.tables import DecidedBatch

KEPT = 5


Rank = tuple[int, int, int, int]


class Strongest:
    """The KEPT strongest decisions: by action, score and how many rules fired; the earliest where all are equal."""

    def __init__(self) -> None:
        self._best: dict[tuple[int, ...], tuple[Rank, str]] = {}

    def add(self, batch: DecidedBatch) -> None:
        """Look at a batch, whose rows follow on those of the batches before."""
        ids = batch.batch.columns["id"]
        starts, index = batch.fired.starts, batch.fired.index
        counts = np.diff(starts)
        earliest = -batch.batch.numbers
        order = np.lexsort((earliest, counts, batch.score, batch.levels))
        seen: set[tuple[int, ...]] = set()
        for row in order[::-1].tolist():
            if len(seen) == KEPT or not counts[row]:
                break
            rules = tuple(index[starts[row] : starts[row + 1]].tolist())
            if rules in seen:
                continue
            seen.add(rules)
            rank = (int(batch.levels[row]), int(batch.score[row]), len(rules), int(earliest[row]))
            found = (rank, str(ids[row]))
            self._best[rules] = max(found, self._best.get(rules, found))
        self._best = dict(sorted(self._best.items(), key=lambda item: item[1], reverse=True)[:KEPT])

    @property
    def ids(self) -> list[str]:
        """The payments, strongest first."""
        return [payment for _, payment in self._best.values()]
