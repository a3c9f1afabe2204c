"""The first rows of a history: whole batches, and of the last one only its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from .columns import Batch, Refusal


def first_rows(batches: Iterable[Batch], limit: int) -> Iterator[Batch]:
    """At most `limit` rows, those that do not fit among them."""
    left = limit
    for batch in batches:
        yield batch if batch.rows <= left else _beginning(batch, left)
        left -= batch.rows
        if left <= 0:
            return


def _beginning(batch: Batch, rows: int) -> Batch:
    kept = np.arange(rows, dtype=np.int64)
    refusals = (Refusal(r.rows[r.rows < rows], r.error) for r in batch.refusals)
    return Batch(
        rows,
        batch.first_row,
        {name: column.take(kept) for name, column in batch.columns.items()},
        tuple(r for r in refusals if len(r.rows)),
        batch.good[:rows],
        batch.numbers[:rows],
        batch.place,
    )
