"""How fast do all typology packs together decide a made-up history, beside peers that only work out their windows?

    python benchmarks/typologies_speed.py [--people 10_000] [--days 45] [--seed 7] [--setting city] [--copies 3]
        [--repeats 3]

The packs of `rulesets/typologies` are put together into one ruleset by their text, each name with its pack's before it.
To have more than 200 rules every rule is there `--copies` times: as it is written, then with its params at the upper
and the lower ends of their `tune`. Windows are there once. Scores of the packs add up, so what is decided is no
policy: this measures speed and nothing else.

The engine reads the table, works out every window and decides by every rule, on one thread, and once more with a second
one that reads ahead. DuckDB and Polars are given the keys as integers, which rows each window counts (its `where`,
already decided), in order of time and, where a window is asked about another account than it is kept by, both in one
table; none of that is timed. They work out the windows and no more: DuckDB with one thread and with all, Polars with
all. Their numbers are compared with the engine's in every row before anything is said. What they take is told by the
clock and as work of processors.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow
import pyarrow.parquet
from contest import timed
from numpy.typing import NDArray

from riskrules import Engine, Lists, Rules, loads
from riskrules.base.resources import folder
from riskrules.base.times import zone_of
from riskrules.bridges.tables import table_batches
from riskrules.engine.history import Replaying
from riskrules.engine.replaying import Rows, RowsOf
from riskrules.engine.serving import Serving
from riskrules.engine.tables import table_schema, wanted_fields
from riskrules.schema.limits import MISSING
from riskrules.state.plan import Reading
from riskrules.state.replay import Replay, Texts
from riskrules.testing.world import SETTINGS, world
from riskrules.testing.world.files import write_world

Integers = NDArray[np.int64]
Peer = Callable[[], dict[int, pl.DataFrame]]
Took = dict[str, float]
ONE, TWO = "engine", "engine, reading ahead"
MEASURES = ("wall_s", "processor_s")
MOST_A_MILLISECOND = 400
WARM_ROWS = 2_000
_NAMED = re.compile(r"^(param|window|let|rule|exempt|list) +(\S+)", re.MULTILINE)
_PARAM = re.compile(r"^(param +\S+ += )(.*?) tune from (.*?) to (.*)$", re.MULTILINE)
_TEST = re.compile(r"^  test .*\n(?:    .*\n)*\n?", re.MULTILINE)
_PLACES = ("", r"\1\4", r"\1\3")
"""What a copy's params are: as they are written, then the ends of their `tune`."""


def blocks_of(text: str) -> list[str]:
    """A ruleset's blocks, each beginning in column one; comments and tests are left out."""
    plain = "\n".join(line for line in _TEST.sub("", text).splitlines() if not line.startswith("#"))
    return [block.rstrip() + "\n" for block in re.split(r"\n(?=\S)", plain) if block.strip()]


def renamed(text: str, names: dict[str, str]) -> str:
    """The text with names replaced, in texts only where they stand in braces. A part of a dotted name is none."""
    parts = re.split(r'("[^"\n]*")', text)
    for place, part in enumerate(parts):
        within = r"(?<=\{)(\w+)(?=\})" if place % 2 else r"(?<![\w.])([a-z]\w*)(?![\w.])"
        parts[place] = re.sub(within, lambda found: names.get(found[1], found[1]), part)
    return "".join(parts)


def all_packs(copies: int) -> str:
    """One ruleset of all packs, every rule `copies` times."""
    head, bands = "", ""
    once: dict[str, str] = {}
    many: list[tuple[str, str]] = []
    for path in sorted((folder("rulesets") / "typologies").glob("*.risk")):
        text = path.read_text("utf-8")
        pack, names = path.stem, {}
        for kind, name in _NAMED.findall(text):
            names[name] = f"{path.stem[:4]}_{name}" if kind != "list" else name
        for block in blocks_of(text):
            kind, name = (block.split(None, 2) + [""])[:2]
            if kind == "ruleset":
                head = head or block.replace(pack, "all_packs", 1)
            elif kind in ("source", "field", "list"):
                once.setdefault(f"{kind} {name}", block)
            elif kind == "window":
                once[f"window {pack} {name}"] = renamed(block, names)
            elif kind == "bands":
                bands = block
            else:
                many.append((pack, renamed(block, names)))
    shared = {name for block in once.values() if block.startswith("window") for name in [block.split()[1]]}
    copied = [head, *once.values()]
    for copy in range(copies):
        for _, block in many:
            again = _PARAM.sub(_PLACES[copy], block) if copy else block
            own = {name for _, other in many for _, name in _NAMED.findall(other)} - shared
            copied.append(renamed(again, {name: f"{name}_{copy}" for name in own}) if copy else again)
    return "\n".join([*copied, bands])


class Asked:
    """What the engine hands to its windows, all batches of a table one after the other, and what they answer."""

    def __init__(self, rules: Rules, table: pyarrow.Table) -> None:
        self.serving = Serving(rules, {name: frozenset[str]() for name in rules.lists})
        self.plan = self.serving.plan
        made, replay = RowsOf(self.serving, Replaying()), Replay(self.plan)
        schema, zone = table_schema(self.serving), zone_of(rules.meaning.timezone)
        self.batches: list[Rows] = []
        self.values: list[list[Integers]] = [[] for _ in self.plan.readings]
        for batch in table_batches(table, schema, wanted_fields(self.serving), zone, None):
            rows = made.of(batch)
            fields = {name: Texts(words.codes, words.words) for name, words in rows.fields.items()}
            found = replay.feed(rows.times_us, fields, rows.series, rows.since_us)
            for column, values in zip(self.values, found.values, strict=True):
                column.append(values)
            self.batches.append(rows)
        self.times = np.concatenate([rows.times_us for rows in self.batches])
        self._numbers: dict[str, int] = {}
        self._codes = {name: self._coded(name) for name in self.batches[0].fields}

    def _coded(self, name: str) -> Integers:
        """A field's texts as numbers that are the same in every field, -1 for none."""
        parts = []
        for rows in self.batches:
            words = rows.fields[name]
            parts.append(self._numbered(words.words)[words.codes])
        return np.concatenate(parts)

    def _numbered(self, words: Sequence[str]) -> Integers:
        return np.array([*(self._numbers.setdefault(word, len(self._numbers)) for word in words), -1], np.int64)

    def key(self, fields: tuple[str, ...]) -> Integers:
        """One number for the fields of a key, -1 where one is missing."""
        found, missing = np.zeros(len(self.times), np.int64), np.zeros(len(self.times), np.bool_)
        for name in fields:
            found = found * (len(self._numbers) + 1) + self._codes[name]
            missing |= self._codes[name] < 0
        return np.where(missing, -1, found)

    def series(self, number: int) -> tuple[NDArray[np.bool_], Integers]:
        """Which rows enter a series, and with what number."""
        moves, values = [], []
        for rows in self.batches:
            one = rows.series[number]
            moves.append(one.moves)
            held = one.values
            if isinstance(held, Texts):
                values.append(self._numbered(held.words)[held.codes])
            else:
                values.append(np.zeros(len(one.moves), np.int64) if held is None else held)
        return np.concatenate(moves), np.concatenate(values)


def frames_of(asked: Asked) -> dict[int, pl.DataFrame]:
    """A table for each lookup, in order of time: who is asked about, what is counted."""
    same = np.diff(asked.times, prepend=MISSING) != 0
    starts = np.flatnonzero(same)
    places = np.arange(len(asked.times)) - np.repeat(starts, np.diff(starts, append=len(asked.times)))
    assert places.max() < MOST_A_MILLISECOND
    assert not (asked.times % 1_000).any()
    order, rows = asked.times + places, np.arange(len(asked.times))
    frames = {}
    for number, lookup in enumerate(asked.plan.lookups):
        series = asked.plan.series[lookup.series]
        moves, values = asked.series(lookup.series)
        key = asked.key(lookup.keys)
        columns = {"k": key, "o": order, "v": values, "counts": moves, "asks": key >= 0, "r": rows}
        if lookup.keys != series.keys:
            none = np.zeros(len(moves), np.bool_)
            entered = {"k": asked.key(series.keys), "o": order, "v": values, "counts": moves, "asks": none, "r": rows}
            columns |= {"counts": none}
            columns = {name: np.concatenate([column, entered[name][moves]]) for name, column in columns.items()}
        frames[number] = pl.DataFrame(columns).filter(pl.col("k") >= 0).sort("o", "k")
    return frames


def _readings_of(asked: Asked, lookup: int) -> Iterator[tuple[int, Reading, int]]:
    """Of a lookup: the places of its readings, they, and how far back each reaches in the order of its table."""
    for place, reading in enumerate(asked.plan.readings):
        if reading.lookup == lookup:
            yield place, reading, int(reading.span) + MOST_A_MILLISECOND - 1


def by_duckdb(asked: Asked, frames: dict[int, pl.DataFrame], connection: duckdb.DuckDBPyConnection) -> Peer:
    """A query for each table, which it has as a table of its own."""
    queries = {}
    for number, frame in frames.items():
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE asked_{number} AS SELECT * FROM frame")  # noqa: S608  # a number
        selected, windows = [], []
        for place, reading, back in _readings_of(asked, number):
            what = {"count": "count(*)", "distinct": "count(DISTINCT v)"}.get(reading.aggregate)
            selected.append(f"{what or f'{reading.aggregate}(v)'} FILTER (WHERE counts) OVER w{place} AS a{place}")
            windows.append(f"w{place} AS (PARTITION BY k ORDER BY o RANGE BETWEEN {back} PRECEDING AND 1 PRECEDING)")
        chosen, windows_of = ", ".join(selected), ", ".join(windows)
        queries[number] = f"SELECT r, asks, {chosen} FROM asked_{number} WINDOW {windows_of}"  # noqa: S608  # from above
    return lambda: {number: connection.sql(query).pl() for number, query in queries.items()}


def by_polars(asked: Asked, frames: dict[int, pl.DataFrame]) -> Peer:
    """Rolling aggregates over each key; for distinct values rolling groups, brought back into the order of the table.
    All at once, so that they run side by side."""
    parts: list[tuple[int, pl.LazyFrame]] = []
    for number, frame in frames.items():
        simple = [pl.col("r"), pl.col("asks")]
        for place, reading, back in _readings_of(asked, number):
            name, window = f"a{place}", f"{back}i"
            if reading.aggregate == "distinct":
                values = pl.col("v").filter("counts").n_unique().alias(name)
                grouped = frame.lazy().rolling("o", period=window, closed="left", group_by="k").agg(values)
                parts.append((number, grouped.sort("o", "k").select(name)))
                continue
            what = pl.col("counts").cast(pl.Int64) if reading.aggregate == "count" else pl.when("counts").then("v")
            rolling = getattr(what, f"rolling_{'sum' if reading.aggregate == 'count' else reading.aggregate}_by")
            simple.append(rolling("o", window_size=window, closed="left").over("k").alias(name))
        parts.append((number, frame.lazy().select(simple)))

    def run() -> dict[int, pl.DataFrame]:
        found: dict[int, list[pl.DataFrame]] = {}
        for (number, _), part in zip(parts, pl.collect_all([lazy for _, lazy in parts]), strict=True):
            found.setdefault(number, []).append(part)
        return {number: pl.concat(each, how="horizontal") for number, each in found.items()}

    return run


def differences(asked: Asked, found: dict[int, pl.DataFrame]) -> list[str]:
    """The windows that do not have the engine's numbers in every row."""
    wrong = []
    for place, reading in enumerate(asked.plan.readings):
        frame = found[reading.lookup].filter("asks").select("r", pl.col(f"a{place}").cast(pl.Int64))
        empty = MISSING if reading.aggregate in ("min", "max") else 0
        given = np.where(asked.key(asked.plan.lookups[reading.lookup].keys) < 0, MISSING, empty)
        given[frame["r"].to_numpy()] = frame[f"a{place}"].fill_null(empty).to_numpy()
        if np.count_nonzero(given != np.concatenate(asked.values[place])):
            wrong.append(reading.name)
    return wrong


def say(took: dict[str, list[Took]], rows: int) -> None:
    """The medians of all repeats, and how long the others took beside the engine in the same repeat."""
    ours = {name: took.pop(name) for name in (ONE, TWO)}
    for name, turns in ours.items():
        wall, work = (statistics.median(one[of] for one in turns) for of in MEASURES)
        each = f"{rows / wall:,.0f} payments a second"
        print(f"  {name}, rules and windows: {wall:.2f} s, {work:.2f} s of processors, {each}")
    for name, turns in took.items():
        wall, work = (statistics.median(one[of] for one in turns) for of in MEASURES)
        clock, beside, worked = (
            statistics.median(b[of] / a[of] for a, b in zip(ours[engine], turns, strict=True))
            for engine, of in ((ONE, "wall_s"), (TWO, "wall_s"), (ONE, "processor_s"))
        )
        print(f"  {name}, windows alone: {wall:.2f} s, {work:.2f} s of processors; as the engine's: "
              f"{clock:.1f} x the time, {beside:.1f} x when it reads ahead, {worked:.1f} x the processors")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--setting", choices=sorted(SETTINGS), default="city")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--copies", type=int, choices=(1, 2, 3), default=3)
    parser.add_argument("--repeats", type=int, default=3)
    asks = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "history.parquet"
        write_world(world(seed=asks.seed, people=asks.people, days=asks.days, setting=asks.setting), path)
        table = pyarrow.parquet.read_table(path)
    table = table.select([name for name in table.column_names if not name.startswith(("label.", "ledger."))])
    rules = loads(all_packs(asks.copies), "all_packs.risk")
    engine = Engine(rules, lists=Lists({name: [] for name in rules.lists}))
    asked = Asked(rules, table)
    frames = frames_of(asked)
    few = {number: frame.head(WARM_ROWS) for number, frame in frames.items()}
    print(f"{len(rules.by_name)} rules, {len(asked.plan.readings)} windows, {table.num_rows:_} payments")
    with duckdb.connect() as connection:
        engine.decide_many(table.slice(0, WARM_ROWS))
        by_polars(asked, few)()
        duck, polars = by_duckdb(asked, frames, connection), by_polars(asked, frames)
        peers = [("DuckDB", 1, duck), ("DuckDB", 2, duck), ("Polars", pl.thread_pool_size(), polars)]
        took: dict[str, list[Took]] = {}
        for _ in range(asks.repeats):
            took.setdefault(ONE, []).append(timed(lambda: engine.decide_many(table)))
            took.setdefault(TWO, []).append(timed(lambda: engine.decide_many(table, read_ahead=True)))
            for name, threads, peer in peers:
                connection.execute(f"SET threads = {threads}")
                given: list[dict[int, pl.DataFrame]] = []
                turn = timed(lambda peer=peer, given=given: given.append(peer()))  # type: ignore[misc]  # called at once
                took.setdefault(f"{name}, {threads} thr.", []).append(turn)
                if wrong := differences(asked, given[0]):
                    print(f"  {name} differs in {', '.join(wrong)}")
                    return 1
    say(took, table.num_rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
