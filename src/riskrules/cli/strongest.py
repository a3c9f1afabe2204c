"""The strongest decisions of a stream, one for each leading rule: a reason is worth reading once."""

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
        self._best: dict[int, tuple[Rank, str]] = {}

    def add(self, batch: DecidedBatch) -> None:
        """Look at a batch, whose rows follow on those of the batches before."""
        ids = batch.batch.columns["id"]
        starts, index = batch.fired.starts, batch.fired.index
        counts = np.diff(starts)
        earliest = -batch.batch.numbers
        order = np.lexsort((earliest, counts, batch.score, batch.levels))
        seen: set[int] = set()
        for row in order[::-1].tolist():
            if len(seen) == KEPT or not counts[row]:
                break
            leading = int(index[starts[row]])  # of those that fired, the one with the strongest action
            if leading in seen:
                continue
            seen.add(leading)
            rank = (int(batch.levels[row]), int(batch.score[row]), int(counts[row]), int(earliest[row]))
            found = (rank, str(ids[row]))
            self._best[leading] = max(found, self._best.get(leading, found))
        self._best = dict(sorted(self._best.items(), key=lambda item: item[1], reverse=True)[:KEPT])

    @property
    def ids(self) -> list[str]:
        """The payments, strongest first."""
        return [payment for _, payment in self._best.values()]
