"""Whose duty, for many payments at once: the rules that fired → institutions and measures, by array.

A duty is a pair of an instrument's path and an institution. For each payment and each rule that fired for it, the
first of the rule's instruments that the payment has names the institution; equal pairs of one payment are
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..bridges.columns import Batch, Numbers, Words
from ..bridges.decisions import Lists
from ..meaning import nodes as n
from ..schema.limits import MISSING
from .duty import UNKNOWN_INSTITUTION

if TYPE_CHECKING:
    from .serving import Serving


@dataclass(frozen=True, slots=True)
class Duties:
    """Distinct (payment, duty) pairs, by payment. `row` int64[k]; `duty` int32[k] into `paths` and `institutions`."""

    rows: int
    row: NDArray[np.int64]
    duty: NDArray[np.int32]
    paths: tuple[str, ...]
    institutions: tuple[str, ...]

    @classmethod
    def of(cls, serving: Serving, batch: Batch, fired: Lists) -> Duties:
        """The duties of every payment, from the rules that fired for it."""
        kinds = _kinds(serving)
        if not kinds:
            return cls(batch.rows, np.zeros(0, np.int64), np.zeros(0, np.int32), (), ())
        row = np.repeat(np.arange(batch.rows, dtype=np.int64), np.diff(fired.starts))
        found: dict[tuple[str, str], int] = {}
        rows: list[NDArray[np.int64]] = []
        duties: list[NDArray[np.int32]] = []
        for responsible, rules in kinds.items():
            mine = row[np.isin(fired.index, rules)]
            open_rows = np.unique(mine)
            for instrument in responsible.options:
                if not len(open_rows):
                    break
                last = instrument is responsible.options[-1]
                known = np.ones(len(open_rows), np.bool_) if last else _known(batch, instrument.path, open_rows)
                taken = open_rows[known]
                rows.append(taken)
                duties.append(_numbered(batch, instrument, taken, found))
                open_rows = open_rows[~known]
        pairs = tuple(found)
        all_rows = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        all_duties = np.concatenate(duties) if duties else np.zeros(0, np.int32)
        key = np.unique(all_rows * (len(pairs) + 1) + all_duties)
        paths, institutions = tuple(p for p, _ in pairs), tuple(i for _, i in pairs)
        return cls(batch.rows, key // (len(pairs) + 1), (key % (len(pairs) + 1)).astype(np.int32), paths, institutions)


def _kinds(serving: Serving) -> dict[n.Responsible, list[int]]:
    """Each way of naming who is responsible, with the rules that use it."""
    kinds: dict[n.Responsible, list[int]] = {}
    for index, name in enumerate(serving.program.rules):
        for responsible in serving.rules.by_name[name].responsible:
            kinds.setdefault(responsible, []).append(index)
    return kinds


def _known(batch: Batch, path: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    column = batch.columns.get(path)
    if not isinstance(column, Words):
        return np.zeros(len(rows), np.bool_)
    known: NDArray[np.bool_] = column.codes[rows] >= 0
    return known


def _numbered(
    batch: Batch, instrument: n.Instrument, rows: NDArray[np.int64], found: dict[tuple[str, str], int]
) -> NDArray[np.int32]:
    """The number of each row's (path, institution) in `found`, which grows by those that are new."""
    column = batch.columns.get(instrument.institution)
    if not isinstance(column, Words):
        number = found.setdefault((instrument.path, UNKNOWN_INSTITUTION), len(found))
        return np.full(len(rows), number, np.int32)
    codes = column.codes[rows]
    table = np.zeros(len(column.words) + 1, np.int32)
    for code in np.unique(codes).tolist():
        name = column.words[code] if code >= 0 else UNKNOWN_INSTITUTION
        table[code] = found.setdefault((instrument.path, name), len(found))
    return table[codes]


def responsible_lists(duties: Duties) -> Lists:
    """For each payment `payee.account=BANK-B` and the like."""
    names = [f"{p}={i}" for p, i in zip(duties.paths, duties.institutions, strict=True)]
    if not names:
        return Lists(np.zeros(duties.rows + 1, np.int64), duties.duty, [])
    starts = np.searchsorted(duties.row, np.arange(duties.rows + 1)).astype(np.int64)
    return Lists(starts, duties.duty, names)


def institution_totals(duties: Duties, batch: Batch, stopped: NDArray[np.bool_]) -> dict[str, tuple[int, int]]:
    """By institution: the payments among `stopped` for which it has a duty, and their money in minor units, exact."""
    names = sorted(set(duties.institutions))
    place = {name: i for i, name in enumerate(names)}
    of_duty = np.array([place[i] for i in duties.institutions], np.int64) if names else np.zeros(0, np.int64)
    mine = stopped[duties.row] if len(duties.row) else np.zeros(0, np.bool_)
    pairs = (
        np.unique(duties.row[mine] * (len(names) + 1) + of_duty[duties.duty[mine]])
        if len(duties.row)
        else np.zeros(0, np.int64)
    )
    row, who = pairs // (len(names) + 1), pairs % (len(names) + 1)
    amounts = batch.columns.get("amount")
    totals: dict[str, tuple[int, int]] = {}
    for i, name in enumerate(names):
        rows = row[who == i]
        money = amounts.values[rows] if isinstance(amounts, Numbers) else np.zeros(0, np.int64)
        money = money[money != MISSING]
        if len(rows):
            totals[name] = (len(rows), sum(money.tolist()))
    return totals


def measure_lists(serving: Serving, fired: Lists) -> Lists:
    """For each payment the measures of the rules that fired, `suspend payee.account`, each once."""
    rules = serving.rules
    names: dict[str, int] = {}
    taken = [
        [names.setdefault(f"{m.verb} {m.instrument}", len(names)) for m in rules.by_name[name].measures]
        for name in serving.program.rules
    ]
    payments = len(fired.starts) - 1
    if not names:
        return Lists(np.zeros(payments + 1, np.int64), np.zeros(0, np.int32), [])
    row = np.repeat(np.arange(payments, dtype=np.int64), np.diff(fired.starts))
    keys = [np.zeros(0, np.int64)]
    width = len(names) + 1
    for rule, measures in enumerate(taken):
        if measures:
            mine = row[fired.index == rule]
            keys += [mine * width + m for m in measures]
    key = np.unique(np.concatenate(keys))
    starts = np.searchsorted(key // width, np.arange(payments + 1)).astype(np.int64)
    return Lists(starts, (key % width).astype(np.int32), list(names))
