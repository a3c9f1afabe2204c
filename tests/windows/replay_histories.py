"""Small histories for the tests of replay, and the meaning of their windows by plain lists.

Everything that makes replay hard is common here: ties, windows that begin exactly at an event, rows without a key, rows
that move nothing, reports that fall due at the instant of a payment, keys that are looked up among those of another
field, sums near the highest. `seen` counts how often, and a test looks at the counts.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskrules.schema.limits import MISSING
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.replay import Replay, SeriesRows, Texts

PAYER, PAYEE, DEVICE = "payer.account", "payee.account", "payer.device"
FIELDS = (PAYER, PAYEE, DEVICE)
HOUR, DAY, WEEK = 4, 10, 40
"""Spans, in microseconds: rows are a few of these apart, so that every boundary is met."""
HIGHEST_SUM = 10**18


def _series(name: str, keys: tuple[str, ...], of: str = "amount", distinct: bool = False) -> Series:
    return Series(name, "report" if name == "reports" else "payment", keys, of, distinct, None, WEEK)


PLAN = Plan(
    (
        _series("sent", (PAYER,)),
        _series("pair", (PAYER, PAYEE)),
        _series("payers", (PAYEE,), PAYER, distinct=True),
        _series("reports", (PAYEE,), ""),
        _series("three", (PAYER, PAYEE, DEVICE)),
        _series("devices", (PAYER,), DEVICE, distinct=True),
    ),
    (
        Lookup(0, (PAYER,)),
        Lookup(0, (PAYEE,)),
        Lookup(1, (PAYER, PAYEE)),
        Lookup(1, (PAYEE, PAYER)),
        Lookup(2, (PAYEE,)),
        Lookup(3, (PAYEE,)),
        Lookup(3, (PAYER,)),
        Lookup(4, (PAYER, PAYEE, DEVICE)),
        Lookup(5, (PAYEE,)),
    ),
    (
        Reading("sent", 0, "count", HOUR),
        Reading("sent_sum", 0, "sum", DAY),
        Reading("sent_this_day", 0, "sum", "day"),
        Reading("sent of payee", 1, "sum", WEEK),
        Reading("min", 0, "min", DAY),
        Reading("max", 0, "max", WEEK),
        Reading("max of payee", 1, "max", HOUR),
        Reading("pair", 2, "count", WEEK),
        Reading("pair_last", 2, "since", DAY),
        Reading("pair back", 3, "min", WEEK),
        Reading("payers", 4, "distinct", DAY),
        Reading("payers_this_day", 4, "distinct", "day"),
        Reading("reports", 5, "count", WEEK),
        Reading("reports of payer", 6, "since", WEEK),
        Reading("three", 7, "sum", WEEK),
        Reading("devices of payee", 8, "distinct", WEEK),
    ),
)


@dataclass
class History:
    """n rows. `keys`: codes by field, -1 missing; `words`: one sequence for all of a field; `moves`: a series."""

    times: NDArray[np.int64]
    keys: dict[str, NDArray[np.int32]]
    words: dict[str, list[str]]
    amounts: NDArray[np.int64]
    moves: list[NDArray[np.bool_]]
    delay: int

    def due(self, series: int) -> NDArray[np.int64]:
        return self.times + self.delay if PLAN.series[series].event == "report" else self.times

    def since(self, reading: Reading) -> NDArray[np.int64]:
        if isinstance(reading.span, int):
            return self.times - reading.span
        return self.times // DAY * DAY


def history(seed: int, rows: int) -> History:
    """Ties, few or many keys, and amounts small or near the highest sum, as the seed has it."""
    chance = random.Random(seed)
    steps = [chance.choice((0, 0, 0, 1, 1, 2, HOUR, DAY, chance.randrange(3 * WEEK))) for _ in range(rows)]
    times = np.cumsum(np.array(steps, np.int64)) + chance.choice((0, -(10**6), 10**15))
    several = chance.choice((1, 2, 3, 8))
    keys = {f: np.array([chance.randrange(-1, several) for _ in range(rows)], np.int32) for f in FIELDS}
    highest = chance.choice((3, 1000, 10**17, 2**62))
    lowest = chance.choice((-highest, highest // 2))
    amounts = np.array([chance.randint(lowest, highest) for _ in range(rows)], np.int64)
    moves = []
    for series in PLAN.series:
        there = np.array([chance.random() < 0.8 for _ in range(rows)], np.bool_)
        for name in (*series.keys, *((series.of,) if series.distinct else ())):
            there &= keys[name] >= 0
        moves.append(there)
    shared = [f"account {i}" for i in range(several)]
    words = {PAYER: shared, PAYEE: shared[::-1], DEVICE: [f"device {i}" for i in range(several)]}
    return History(times, keys, words, amounts, moves, chance.choice((0, 1, HOUR, DAY, 2 * WEEK)))


def replayed(of: History, cuts: list[int], fresh_words: bool = False) -> list[list[int | str | None]]:
    """By reading: the replayed values, None for nothing, "beyond" for an unavailable sum. The batches end at `cuts`.
    `fresh_words`: each batch has words of its own, and only those that it needs."""
    replay = Replay(PLAN)
    found: list[list[int | str | None]] = [[] for _ in PLAN.readings]
    for start, end in zip([0, *cuts], [*cuts, len(of.times)], strict=True):
        piece = slice(start, end)
        fields = {f: _texts(of.keys[f][piece], of.words[f], fresh_words) for f in FIELDS}
        rows = []
        for number, series in enumerate(PLAN.series):
            values = fields[series.of] if series.distinct else of.amounts[piece] if series.of else None
            rows.append(SeriesRows(of.moves[number][piece], of.due(number)[piece], values))
        values, beyond = replay.feed(of.times[piece], fields, rows, [of.since(r)[piece] for r in PLAN.readings])
        for column, given, lost in zip(found, values, beyond, strict=True):
            assert (given[lost] == MISSING).all()
            said = zip(given.tolist(), lost.tolist(), strict=True)
            column += ["beyond" if gone else None if value == MISSING else value for value, gone in said]
    return found


def _texts(codes: NDArray[np.int32], words: list[str], fresh: bool) -> Texts:
    if not fresh:
        return Texts(codes, words)
    used = sorted(set(codes.tolist()) - {-1})
    place = {code: number for number, code in enumerate(used)} | {-1: -1}
    return Texts(np.array([place[code] for code in codes.tolist()], np.int32), [words[code] for code in used])


def by_lists(of: History, seen: Counter[str]) -> list[list[int | str | None]]:
    """The same, each row by a walk over all rows before it."""
    return [_by_list(of, reading, seen) for reading in PLAN.readings]


def _by_list(of: History, reading: Reading, seen: Counter[str]) -> list[int | str | None]:
    lookup = PLAN.lookups[reading.lookup]
    series = PLAN.series[lookup.series]
    entered = _keys(of, series.keys)
    asked = _keys(of, lookup.keys)
    due, since, moves = of.due(lookup.series).tolist(), of.since(reading).tolist(), of.moves[lookup.series].tolist()
    times, amounts = of.times.tolist(), of.amounts.tolist()
    found: list[int | str | None] = []
    for row, (time, key) in enumerate(zip(times, asked, strict=True)):
        before = [i for i in range(row) if moves[i] and entered[i] == key] if key else []
        covered = [i for i in before if since[row] <= due[i] <= time]
        seen["without a key"] += key is None
        seen["boundary"] += any(due[i] == since[row] for i in covered)
        seen["tie"] += any(due[i] == time for i in covered)
        seen["left"] += any(due[i] < since[row] for i in before)
        seen["not due yet"] += any(due[i] > time for i in before)
        found.append(None if key is None else _aggregate(of, series, reading, covered, amounts, due, time))
        seen["beyond"] += found[-1] == "beyond"
        seen["several"] += len(covered) > 1
    return found


def _keys(of: History, fields: tuple[str, ...]) -> list[tuple[str, ...] | None]:
    rows = zip(*([of.words[f][c] if c >= 0 else "" for c in of.keys[f].tolist()] for f in fields), strict=True)
    return [row if all(row) else None for row in rows]


def _aggregate(
    of: History, series: Series, reading: Reading, covered: list[int], amounts: list[int], due: list[int], time: int
) -> int | str | None:
    match reading.aggregate:
        case "count":
            return len(covered)
        case "sum":
            total = sum(amounts[i] for i in covered)
            return total if abs(total) <= HIGHEST_SUM else "beyond"
        case "distinct":
            return len({of.keys[series.of][i] for i in covered})
        case "since":
            return time - max(due[i] for i in covered) if covered else None
    return (min if reading.aggregate == "min" else max)((amounts[i] for i in covered), default=None)
