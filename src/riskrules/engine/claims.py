"""A file of claims, decided one by one by the interpreter: who bears each loss.

Claims are read as payments are, through the same map and the same refusals, a batch at a time. A claim that does not
fit, or that two blocks share, is told with its place, and the others are decided. Totals are kept by party, exact, so
that memory is that of one batch whatever the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..base.times import zone_of
from ..bridges.maps import Map, load_map
from ..bridges.tables import file_batches
from ..schema.errors import PaymentError
from .decision import Decision
from .reading import ALWAYS_READ
from .serving import Serving

ROWS_A_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a file: its place, counted from one (`place` is "line" or "row"), and its decision; or None and
    what does not fit."""

    place: str
    number: int
    decision: Decision | None
    error: PaymentError | None = None


def decide_claims(serving: Serving, path: str | Path, map: str | Path | None = None) -> Iterator[Claim]:
    """Every claim of a Parquet, CSV or JSON lines file, in its order. `serving`: of the event claim. TableError when
    the file cannot feed the rules at all, MapError for a bad map."""
    schema, frame = serving.rules.schema, serving.rules.frame
    chosen: Map | None = load_map(map, schema) if map is not None else None
    wanted = list(dict.fromkeys((*ALWAYS_READ, *(i.name for i in frame.inputs))))
    for batch in file_batches(path, schema, wanted, zone_of(frame.timezone), chosen, ROWS_A_BATCH):
        refused = dict(batch.bad())
        for row in range(batch.rows):
            number = int(batch.numbers[row])
            if row in refused:
                yield Claim(batch.place, number, None, refused[row])
                continue
            try:
                yield Claim(batch.place, number, serving.interpret_values(batch.values(row)))
            except PaymentError as error:
                yield Claim(batch.place, number, None, error)
