"""A few payments out of many that show what a figure is made of: the same ones in every run, from all over the history.

The first ones would all be of one morning. Those are kept whose row, multiplied by a large odd number, comes out
smallest: as good as drawn by lot, and no run differs from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Numbers, Words
from ..meaning import nodes as n
from ..schema.limits import MISSING
from .watching import EXEMPT, SEGMENT

if TYPE_CHECKING:
    from ..engine.tables import DecidedBatch

MOST_EXAMPLES = 10
_LOT = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Example:
    """One payment. `amount_minor`: None where the history has no amounts. `action` and `rules` that fired: by the
    version that is measured; `action_before`, `rules_before`: by the one that it is compared with, None where there is
    none."""

    id: str
    occurred_at_us: int
    amount_minor: int | None
    fraud: bool
    action: n.Act
    rules: tuple[str, ...]
    action_before: n.Act | None = None
    rules_before: tuple[str, ...] = ()

    @property
    def because(self) -> str:
        """Which rules make the difference, or made the decision."""
        if self.action_before is None:
            return ", ".join(self.rules) or "no rule"
        now, before = set(self.rules), set(self.rules_before)
        words = [f"now {x}" for x in self.rules if x not in before]
        words += [f"no longer {x}" for x in self.rules_before if x not in now]
        return ", ".join(words) or ", ".join(self.rules) or "no rule"


class Sample:
    """At most MOST_EXAMPLES payments of those that are offered, and how many were."""

    def __init__(self) -> None:
        self.offered = 0
        self._kept: list[tuple[int, Example]] = []

    def offer(self, rows: NDArray[np.int64], batch: DecidedBatch, fraud: NDArray[np.bool_],
              before: tuple[DecidedBatch, NDArray[np.int64]] | None = None) -> None:  # fmt: skip
        """Rows of a batch. `before`: the other version's batch, and for each row of this one the row of that."""
        if not len(rows):
            return
        self.offered += len(rows)
        lots = batch.batch.numbers[rows].astype(np.uint64) * _LOT
        for i in np.argsort(lots, kind="stable")[:MOST_EXAMPLES].tolist():
            lot, row = int(lots[i]), int(rows[i])
            if len(self._kept) == MOST_EXAMPLES and lot >= self._kept[-1][0]:
                break
            self._kept.append((lot, example(row, batch, bool(fraud[row]), before)))
            self._kept.sort(key=lambda kept: (kept[0], kept[1].occurred_at_us, kept[1].id))
            del self._kept[MOST_EXAMPLES:]

    @property
    def examples(self) -> tuple[Example, ...]:
        """In order of time."""
        return tuple(sorted((e for _, e in self._kept), key=lambda e: (e.occurred_at_us, e.id)))


def example(
    row: int, batch: DecidedBatch, fraud: bool, before: tuple[DecidedBatch, NDArray[np.int64]] | None
) -> Example:
    columns = batch.batch.columns
    ids, times, amounts = columns["id"], columns["occurred_at"], columns.get("amount")
    assert isinstance(ids, Words)
    assert isinstance(times, Numbers)
    known = isinstance(amounts, Numbers) and amounts.values[row] != MISSING
    then: n.Act | None = None
    fired: tuple[str, ...] = ()
    if before is not None:
        other, place = before
        then, fired = other.acts[other.act_index[place[row]]], fired_on(other, int(place[row]))
    return Example(
        id=ids.words[ids.codes[row]],
        occurred_at_us=int(times.values[row]),
        amount_minor=int(amounts.values[row]) if known and isinstance(amounts, Numbers) else None,
        fraud=fraud,
        action=batch.acts[batch.act_index[row]],
        rules=fired_on(batch, row),
        action_before=then,
        rules_before=fired,
    )


def fired_on(batch: DecidedBatch, row: int) -> tuple[str, ...]:
    """The author's rules that fired on a payment."""
    fired = batch.fired
    names = (fired.names[i] for i in fired.index[fired.starts[row] : fired.starts[row + 1]].tolist())
    return tuple(name for name in names if not name.startswith((SEGMENT, EXEMPT)))
