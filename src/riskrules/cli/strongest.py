"""The strongest decisions of a stream, one for each leading rule: a reason is worth reading once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..schema.fields import Value

if TYPE_CHECKING:
    from ..engine.tables import DecidedBatch

KEPT = 5


Rank = tuple[int, int, int, int]


class Strongest:
    """The KEPT strongest decisions: by action, score and how many rules fired; the earliest where all are equal."""

    def __init__(self) -> None:
        self._best: dict[int, tuple[Rank, dict[str, Value | None]]] = {}

    def add(self, batch: DecidedBatch) -> None:
        """Look at a batch, whose rows follow on those of the batches before."""
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
            if leading not in self._best or rank > self._best[leading][0]:
                self._best[leading] = (rank, batch.batch.values(row))
        self._best = dict(sorted(self._best.items(), key=lambda item: item[1][0], reverse=True)[:KEPT])

    @property
    def found(self) -> list[dict[str, Value | None]]:
        """The payments with their windows as held values by field name, strongest first."""
        return [values for _, values in self._best.values()]
