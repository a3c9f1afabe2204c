"""How fast are ten exact windows over a history of five million payments, beside Polars and DuckDB?

    python benchmarks/windows_replay.py [--rows 5_000_000] [--repeats 3] [--handbook transactions.parquet] [--json]

All three give the same numbers, which is checked row for row. They take turns, warm from the first 100,000 rows, and
the median counts: by the clock, where the others use all processors and replay has one thread, and by the work of
processors. Keys are dictionary codes for all three: for replay with the texts beside them, as a table's dictionary has
them, for the others as integers.

A window covers the payments before the row, also those at its very instant that came earlier. A RANGE frame has all
rows of an instant or none, so the others order by a number that is different in each row: the time in microseconds,
which are whole seconds here, plus the row's place among those of its second. A frame from a span and the greatest such
place back, to one before the row, is then exactly the window, in one frame and for every aggregate. The number, and one
integer for a pair of keys, are made beforehand and not timed.

With `--handbook`, also the windows of "Reproducible Machine Learning for Credit Card Fraud Detection" over its own
history: a customer's payments and mean over 1, 7 and 30 days, a terminal's payments, and its frauds as they were
reported seven days later.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from contest import timed
from numpy.typing import NDArray
from timing import Row, ratio_row, say

from riskrules.schema.limits import MISSING
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.replay import Replay, SeriesRows, Texts

Integers = NDArray[np.int64]
Side = Callable[[], list[Integers]]
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
MOST_A_SECOND = 100_000
ROWS_A_BATCH, WARM_ROWS = 65_536, 100_000
ACCOUNTS, MERCHANTS, DAYS = 200_000, 20_000, 120
PAYER, MERCHANT = "payer.account", "payee.merchant"
OURS = "replay, one thread"


@dataclass
class History:
    """`codes` and `words` by key field; `amounts` in minor units; `reported`: rows that are reported later."""

    times: Integers
    codes: dict[str, NDArray[np.int32]]
    words: dict[str, list[str]]
    amounts: Integers
    reported: NDArray[np.bool_]
    delay: int = 0

    def first(self, rows: int) -> History:
        """Its beginning."""
        codes = {name: column[:rows] for name, column in self.codes.items()}
        return History(self.times[:rows], codes, self.words, self.amounts[:rows], self.reported[:rows], self.delay)

    def order(self) -> Integers:
        """The time, and the place of the row within its second."""
        starts = np.flatnonzero(np.diff(self.times, prepend=MISSING) != 0)
        places = np.arange(len(self.times)) - np.repeat(starts, np.diff(starts, append=len(self.times)))
        assert places.max() < MOST_A_SECOND
        assert not (self.times % SECOND_US).any()
        return self.times + places


def made(rows: int, seed: int) -> History:
    """A history of accounts and merchants, a few of which have most of the payments, over four months."""
    random = np.random.default_rng(seed)

    def keys(many: int, steepness: float) -> NDArray[np.int32]:
        weights = np.cumsum(1 / np.arange(1, many + 1) ** steepness)
        ranks = np.searchsorted(weights / weights[-1], random.random(rows))
        return random.permutation(many)[np.minimum(ranks, many - 1)].astype(np.int32)

    times = np.sort(random.integers(0, DAYS * 86_400, rows)) * SECOND_US
    codes = {PAYER: keys(ACCOUNTS, 0.8), MERCHANT: keys(MERCHANTS, 0.9)}
    words = {PAYER: [f"ACC{i:08}" for i in range(ACCOUNTS)], MERCHANT: [f"MER{i:06}" for i in range(MERCHANTS)]}
    return History(times, codes, words, random.integers(1, 5_000_00, rows), np.zeros(rows, np.bool_))


def _series(keys: tuple[str, ...], of: str = "amount", event: str = "payment") -> Series:
    return Series(f"{event} {of} by {keys}", event, keys, of, of == PAYER, None, 90 * DAY_US)


TEN = Plan(
    (_series((PAYER,)), _series((MERCHANT,)), _series((PAYER, MERCHANT)), _series((MERCHANT,), PAYER)),
    (Lookup(0, (PAYER,)), Lookup(1, (MERCHANT,)), Lookup(2, (PAYER, MERCHANT)), Lookup(3, (MERCHANT,))),
    (
        Reading("payer_count_1d", 0, "count", DAY_US),
        Reading("payer_sum_1d", 0, "sum", DAY_US),
        Reading("payer_count_7d", 0, "count", 7 * DAY_US),
        Reading("payer_sum_30d", 0, "sum", 30 * DAY_US),
        Reading("payer_max_7d", 0, "max", 7 * DAY_US),
        Reading("merchant_count_1h", 1, "count", HOUR_US),
        Reading("merchant_sum_1d", 1, "sum", DAY_US),
        Reading("merchant_min_7d", 1, "min", 7 * DAY_US),
        Reading("pair_count_30d", 2, "count", 30 * DAY_US),
        Reading("merchant_payers_1d", 3, "distinct", DAY_US),
    ),
)
BOOK = Plan(
    (_series((PAYER,)), _series((MERCHANT,)), _series((MERCHANT,), "", "report")),
    (Lookup(0, (PAYER,)), Lookup(1, (MERCHANT,)), Lookup(2, (MERCHANT,))),
    tuple(
        Reading(f"{name}_{days}d", lookup, aggregate, days * DAY_US)
        for name, lookup, aggregate, spans in (
            ("customer_count", 0, "count", (1, 7, 30)),
            ("customer_sum", 0, "sum", (1, 7, 30)),
            ("terminal_count", 1, "count", (1, 7, 30)),
            ("terminal_frauds", 2, "count", (7, 14, 30)),
        )
        for days in spans
    ),
)


def by_replay(of: History, plan: Plan) -> list[Integers]:
    """Batch by batch, put together."""
    replay = Replay(plan)
    found: list[list[Integers]] = [[] for _ in plan.readings]
    for start in range(0, len(of.times), ROWS_A_BATCH):
        piece = slice(start, start + ROWS_A_BATCH)
        times, amounts = of.times[piece], of.amounts[piece]
        fields = {name: Texts(codes[piece], of.words[name]) for name, codes in of.codes.items()}
        rows = [
            SeriesRows(of.reported[piece], times + of.delay, None)
            if series.event == "report"
            else SeriesRows(np.ones(len(times), np.bool_), times, fields[series.of] if series.distinct else amounts)
            for series in plan.series
        ]
        since = [times - reading.span for reading in plan.readings if isinstance(reading.span, int)]
        for column, values in zip(found, replay.feed(times, fields, rows, since).values, strict=True):
            column.append(values)
    return [np.concatenate(column) for column in found]


def _name(keys: tuple[str, ...]) -> str:
    return "_".join(key.rpartition(".")[2] for key in keys)


def frame_of(of: History, plan: Plan) -> pl.DataFrame:
    """What Polars and DuckDB read: one integer a key, the amount, and the order."""
    columns: dict[str, Integers | NDArray[np.int32]] = {"o": of.order(), "amount": of.amounts}
    columns["reported"], columns["one"] = of.reported.astype(np.int64), np.ones(len(of.times), np.int64)
    for keys in {lookup.keys for lookup in plan.lookups}:
        number = of.codes[keys[0]].astype(np.int64)
        for key in keys[1:]:
            number = number * len(of.words[key]) + of.codes[key]
        columns[_name(keys)] = number
    return pl.DataFrame(columns)


def by_duckdb(connection: duckdb.DuckDBPyConnection, of: History, plan: Plan) -> list[Integers]:
    """One SELECT over a table of its own: windows with the same key share one sort."""
    columns = []
    for reading in plan.readings:
        lookup = plan.lookups[reading.lookup]
        reports = plan.series[lookup.series].event == "report"
        what = {"count": "count(*)", "distinct": f"count(DISTINCT {_name((PAYER,))})"}.get(reading.aggregate)
        what = "sum(reported)" if reports else what or f"{reading.aggregate}(amount)"
        start, end = f"{_span(reading) + MOST_A_SECOND - 1}", "1"
        if reports:  # from the first place of one second to the last of another
            start = f"({_span(reading) + of.delay} + o % {SECOND_US})"
            end = f"({of.delay - MOST_A_SECOND + 1} + o % {SECOND_US})"
        empty = "NULL" if reading.aggregate in ("min", "max") else "0"
        frame = f"PARTITION BY {_name(lookup.keys)} ORDER BY o RANGE BETWEEN {start} PRECEDING AND {end} PRECEDING"
        columns.append(f"coalesce({what} OVER ({frame}), {empty})::BIGINT AS {reading.name}")
    query = f"SELECT {', '.join(columns)} FROM history ORDER BY o"  # noqa: S608  # names and numbers from above
    found = pl.from_arrow(connection.sql(query).to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    return [_filled(found[reading.name]) for reading in plan.readings]


def by_polars(frame: pl.DataFrame, plan: Plan, delay: int) -> list[Integers]:
    """Over one key the rolling aggregates, which are fastest there; for pairs and for distinct values rolling groups,
    brought back into the order of the rows. All in one go, so that they run side by side."""
    simple, parts = [], []
    for reading in plan.readings:
        lookup = plan.lookups[reading.lookup]
        key, series = _name(lookup.keys), plan.series[lookup.series]
        if series.event == "report":
            upto, after = (_rolling("reported", "sum", s, key) for s in (_span(reading) + delay, delay - SECOND_US))
            simple.append((upto.fill_null(0) - after.fill_null(0)).alias(reading.name))
        elif len(lookup.keys) > 1 or series.distinct:
            counted = pl.col(_name((PAYER,))).n_unique() if series.distinct else pl.len()
            period = f"{_span(reading) + MOST_A_SECOND - 1}i"
            rolling = frame.lazy().rolling("o", period=period, closed="left", group_by=key)
            parts.append(rolling.agg(counted.alias(reading.name)).sort("o").select(reading.name))
        elif reading.aggregate == "count":
            simple.append(_rolling("one", "sum", _span(reading), key).fill_null(0).alias(reading.name))
        else:
            values = _rolling("amount", reading.aggregate, _span(reading), key)
            simple.append((values.fill_null(0) if reading.aggregate == "sum" else values).alias(reading.name))
    by_name = {column.name: column for part in pl.collect_all([frame.lazy().select(simple), *parts]) for column in part}
    return [_filled(by_name[reading.name]) for reading in plan.readings]


def _rolling(column: str, aggregate: str, span_us: int, key: str) -> pl.Expr:
    window = f"{span_us + MOST_A_SECOND - 1}i"
    rolling = getattr(pl.col(column), f"rolling_{aggregate}_by")
    made: pl.Expr = rolling("o", window_size=window, closed="left").over(key)
    return made


def _span(reading: Reading) -> int:
    assert isinstance(reading.span, int)
    return reading.span


def _filled(column: pl.Series) -> Integers:
    return column.cast(pl.Int64).fill_null(MISSING).to_numpy()


def sides_of(of: History, plan: Plan) -> dict[str, Side]:
    """Who works the windows out, all with their tables ready."""
    frame = frame_of(of, plan)
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute("CREATE TABLE history AS SELECT * FROM frame")
    return {
        OURS: lambda: by_replay(of, plan),
        "DuckDB": lambda: by_duckdb(connection, of, plan),
        "Polars": lambda: by_polars(frame, plan, of.delay),
    }


def compare(title: str, of: History, plan: Plan, repeats: int) -> list[Row]:
    """Check and time; AssertionError where one gives another number."""
    for side in sides_of(of.first(WARM_ROWS), plan).values():
        side()
    sides = sides_of(of, plan)
    expected: list[Integers] = []
    found: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            given: list[list[Integers]] = []
            found[name].append(timed(lambda side=side, given=given: given.append(side())))  # type: ignore[misc]  # called at once
            expected = expected or given[0]
            for reading, want, got in zip(plan.readings, expected, given[0], strict=True):
                wrong = int(np.count_nonzero(want != got))
                assert not wrong, f"{name}: {reading.name} differs in {wrong:_} rows"
    return rows_of(f"{title}, {len(plan.readings)} exact windows", len(of.times) * len(plan.readings), found)


def rows_of(question: str, values: int, found: dict[str, list[dict[str, float]]]) -> list[Row]:
    """Of the clock, and of the processors' work."""
    told: dict[str, float] = {}
    rows: list[Row] = []
    for name, took in found.items():
        told[f"{name}, s"] = statistics.median(one["wall_s"] for one in took)
        told[f"{name}, s of processors"] = statistics.median(one["processor_s"] for one in took)
        told[f"{name}, ns a value"] = told[f"{name}, s"] / values * 1e9
    memory = max(one["resident_mb"] for took in found.values() for one in took)
    for what, measure, told_as in (
        ("by the clock", "wall_s", "s"),
        ("by processors", "processor_s", "s of processors"),
    ):
        best = min(("DuckDB", "Polars"), key=lambda name: told[f"{name}, {told_as}"])
        ratios = [theirs[measure] / mine[measure] for mine, theirs in zip(found[OURS], found[best], strict=True)]
        more = {"told": told, "memory_mb": memory} if not rows else {}
        rows.append(ratio_row(question, f"x the best peer's rate, {what}", ratios, 5, "more", **more))
    return rows


def handbook(path: Path) -> History:
    """The book's own history: customers as payers, terminals as merchants, frauds reported a week later."""
    table = pl.read_parquet(path)
    codes, words = {}, {}
    for name, column in ((PAYER, "CUSTOMER_ID"), (MERCHANT, "TERMINAL_ID")):
        distinct, numbers = np.unique(table[column].cast(pl.Int64).to_numpy(), return_inverse=True)
        codes[name], words[name] = numbers.astype(np.int32), [str(text) for text in distinct.tolist()]
    amounts = (table["TX_AMOUNT"].cast(pl.Float64) * 100).round().cast(pl.Int64).to_numpy()
    times = table["TX_TIME_SECONDS"].cast(pl.Int64).to_numpy() * SECOND_US
    assert (np.diff(times) >= 0).all()
    return History(times, codes, words, amounts, table["TX_FRAUD"].to_numpy() == 1, 7 * DAY_US)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--handbook", type=Path)
    parser.add_argument("--quick", action="store_true", help="100,000 payments, one repeat")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows, repeats = (100_000, 1) if asked.quick else (asked.rows, asked.repeats)
    found = compare(f"a history of {rows:,} payments", made(rows, asked.seed), TEN, repeats) if rows else []
    if asked.handbook is not None:
        found += compare("the handbook's history", handbook(asked.handbook), BOOK, repeats)
    say(found, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
