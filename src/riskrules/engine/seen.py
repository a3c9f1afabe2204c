"""The ids of a history: a payment that is there twice is decided and counted once, and one id for two payments is an
error of the later.

Ids are forgotten some time after, so that memory does not grow with the history: they are kept in two halves, and when
the later one is as long as the horizon, the earlier one is dropped. So an id is known for one to two horizons of event
time, and for at most `MOST_IDS` payments.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..base.times import MICROSECOND_UNITS
from ..bridges.columns import Batch, Column, Flags, Numbers, Refusal, Words
from ..schema.errors import PaymentError
from .recording import TOLD_APART_BY

HORIZON_US = 7 * MICROSECOND_UNITS["d"]
MOST_IDS = 4_000_000
"""About 500 MB of ids: more than a week of most gateways."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


class Seen:
    """The ids of one history, in the order of its rows."""

    def __init__(self) -> None:
        self._earlier: dict[str, int] = {}
        self._later: dict[str, int] = {}
        self._began: int | None = None

    def checked(self, batch: Batch) -> Batch:
        """The batch, with rows refused whose id was there before."""
        ids = batch.columns["id"]
        times = batch.columns["occurred_at"]
        assert isinstance(ids, Words)
        assert isinstance(times, Numbers)
        rows = np.flatnonzero(batch.good)
        if not len(rows):
            return batch
        codes = ids.codes[rows]
        names = list(map(list(ids.words).__getitem__, codes.tolist()))
        contents = _contents(batch)[rows].tolist()
        again: list[int] = []
        other: list[int] = []
        new = np.bincount(codes).max() == 1 and self._later.keys().isdisjoint(names)
        if new and self._earlier.keys().isdisjoint(names):
            self._later.update(zip(names, contents, strict=True))
        else:
            self._each(names, contents, rows.tolist(), again, other)
        self._forget(int(times.values[rows].max()))
        return _refused(batch, again, other) if again or other else batch

    def _each(self, names: list[str], contents: list[int], rows: list[int], again: list[int], other: list[int]) -> None:
        for name, content, row in zip(names, contents, rows, strict=True):
            known = self._later.get(name, self._earlier.get(name))
            if known is None:
                self._later[name] = content
            elif known == content:
                again.append(row)
            else:
                other.append(row)

    def _forget(self, now: int) -> None:
        if self._began is None:
            self._began = now
        if now - self._began > HORIZON_US or len(self._later) > MOST_IDS // 2:
            self._earlier, self._later, self._began = self._later, {}, now


def _refused(batch: Batch, again: list[int], other: list[int]) -> Batch:
    said = {
        "the same payment as an earlier row, which is decided and counted": again,
        "an earlier payment with the same id has another time, amount, status or party": other,
    }
    refusals = [Refusal(np.array(x, np.int64), PaymentError("id", why, "not-an-event")) for why, x in said.items() if x]
    good = batch.good.copy()
    good[[*again, *other]] = False
    return replace(batch, good=good, refusals=(*batch.refusals, *refusals))


def _contents(batch: Batch) -> NDArray[np.int64]:
    """int64[rows]: differs, but for one chance in 2**64, when what tells two payments apart differs."""
    mixed = np.zeros(batch.rows, np.uint64)
    for name in TOLD_APART_BY:
        column = batch.columns.get(name)
        if column is not None:
            mixed = (mixed ^ _hashed(column)) * _MIX
            mixed ^= mixed >> np.uint64(29)
    return mixed.view(np.int64)


def _hashed(column: Column) -> NDArray[np.uint64]:
    if isinstance(column, Words):
        words = np.zeros(len(column.words) + 1, np.int64)  # the last is that of a missing one
        words[:-1] = np.fromiter(map(hash, column.words), np.int64, len(column.words))
        return words[column.codes].view(np.uint64)
    assert isinstance(column, Numbers | Flags)
    return column.values.astype(np.int64).view(np.uint64)
