"""Which payments of a batch enter which series: each `where`, asked of all rows at once.

The conditions of windows are compiled as rules are, and the block kernel says for which rows they hold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Words
from ..meaning import nodes as n
from ..meaning.frames import around
from ..program.compile import from_meaning
from ..schema.fields import Schema
from ..state.plan import STATUS, Plan
from .columns import Feeder
from .recording import fields_of, recorded_frame, recorded_schema

Mask = NDArray[np.bool_]
CANCELLED = "cancelled"


class Wheres:
    """The conditions of a plan's series. One thread at a time."""

    def __init__(self, frame: n.Frame, schema: Schema, plan: Plan) -> None:
        self._distinct = list(dict.fromkeys(s.where for s in plan.series if s.where is not None))
        self._of = [None if s.where is None else self._distinct.index(s.where) for s in plan.series]
        rules = tuple(n.Rule(str(i), "", where) for i, where in enumerate(self._distinct))
        frame = recorded_frame(frame, recorded_schema(schema, "report"), fields_of(plan.series))
        self._program = from_meaning(around(replace(frame, in_force=n.InForce()), rules))
        self._feeder = Feeder(self._program, {}) if rules else None

    def masks(self, batch: Batch) -> list[Mask]:
        """bool[rows] for each series of the plan."""
        every = np.ones(batch.rows, np.bool_)
        if self._feeder is None:
            return [every] * len(self._of)
        fired = self._feeder.decide(batch).fired
        rows = np.repeat(np.arange(batch.rows), np.diff(fired.starts))
        found = []
        for rule in range(len(self._distinct)):
            mask = np.zeros(batch.rows, np.bool_)
            mask[rows[fired.indices == self._program.rules.index(str(rule))]] = True
            found.append(mask)
        return [every if i is None else found[i] for i in self._of]

    def masks_if_stopped(self, batch: Batch) -> list[Mask]:
        """The same if every payment of the batch had been stopped: its status is then `cancelled`."""
        cancelled = Words(np.zeros(batch.rows, np.int32), [CANCELLED])
        return self.masks(replace(batch, columns={**batch.columns, STATUS: cancelled}))
