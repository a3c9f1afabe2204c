"""riskrules on the shared table: a `Decision` a row, as a table. A child of `table.py`.

Besides: the kernel alone, on a chunk whose columns are coded already; a profile; a plain pass over the memory of the
same table, a sum of each column; two threads that decide half each, by one engine; a stream of ten such tables, cut in
batches.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from contest import take_turns, timed
from timing import resident_mb
from workload import make_rules, ruleset
from workload_columns import LISTED, ROWS_A_DIGEST, Bits, Columns, digest, make_columns, payments

import riskrules as rr
from riskrules.kernel.chunk import Chunk
from riskrules.program.model import Column
from riskrules.schema.limits import MISSING

BILLIONTHS = 9
PROFILED = 9
"""Functions that a profile names."""


@cache
def engine(count: int) -> rr.Engine:
    return rr.Engine(rr.loads(ruleset(make_rules(count)), "bench.risk"))


def bits(decisions: rr.Decisions, count: int) -> Bits:
    """Of each rule, on which rows it fired."""
    answered = pa.table(decisions)
    assert not decisions.errors
    found = np.zeros((count, answered.num_rows), np.bool_)
    names = pa.array([f"r{j}" for j in range(count)])
    first = 0
    for chunk in answered["fired"].chunks:
        rules = pc.index_in(chunk.flatten().cast(pa.string()), names).to_numpy()
        found[rules, first + pc.list_parent_indices(chunk).to_numpy()] = True
        first += len(chunk)
    return found


def kernel(count: int, columns: Columns) -> tuple[Callable[[], object], Callable[[], object], int]:
    """The kernel on a chunk of the table: what codes its columns, what decides then, and how many rows that are. The
    columns are given as an engine gives them: floats as they are, texts and yes/nos by their places."""
    program = engine(count).rules.program
    rows = min(ROWS_A_DIGEST, len(next(iter(columns.values()))))
    chunk = Chunk(program, rows)

    def feeding(c: int, column: Column) -> Callable[[], object]:
        if column.name not in columns:
            instants = np.arange(rows, dtype=np.int64)
            return lambda: chunk.feed(c, instants)
        values = columns[column.name][:rows]
        if values.dtype == np.float64:
            return lambda: chunk.feed_floats(c, values, BILLIONTHS)
        listed = [0, 1]
        if column.words:
            place = {word: i for i, word in enumerate(column.words)}
            listed = [place.get(word, len(place)) for word in LISTED]
        by_place, places = np.array([*listed, MISSING], np.int64), values.astype(np.uint8)
        known = chunk.by_place(c, by_place)
        return lambda: chunk.feed_places(c, places, known)

    feeds = [feeding(c, column) for c, column in enumerate(program.columns)]
    return lambda: [feed() for feed in feeds], lambda: chunk.decide(rows), rows


def plain_pass(table: pl.DataFrame) -> Callable[[], object]:
    """A sum of every column that rules read; of texts, of their codes."""
    kept = table.drop("id", "occurred_at")
    columns = [(x.to_physical() if x.dtype == pl.Enum else x).to_arrow() for x in kept.get_columns()]
    buffers = [np.frombuffer(x.buffers()[1], np.uint8 if pa.types.is_boolean(x.type) else x.type.to_pandas_dtype())
               for x in columns]  # fmt: skip
    return lambda: [buffer.sum() for buffer in buffers]


def profile(call: Callable[[], object]) -> dict[str, float]:
    """Seconds of processor that one call spends in each of the functions that take most, and in all others."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(call)
    own: dict[str, float] = {}
    for (file, _, name), (_, _, seconds, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]  # not in the stubs
        module = Path(file).stem if "riskrules" in file else "elsewhere"
        own[f"{module}.{name}"] = own.get(f"{module}.{name}", 0.0) + seconds
    most = sorted(own, key=lambda name: -own[name])[:PROFILED]
    return {**{name: own[name] for name in most}, "all others": sum(own.values()) - sum(own[name] for name in most)}


def main() -> None:
    rows = int(sys.argv[1])
    columns = make_columns(rows)
    tables = {texts: payments(columns, texts) for texts in ("dictionary", "plain")}

    def batches(times: int) -> Iterator[pl.DataFrame]:
        table = tables["dictionary"]
        for _ in range(times):
            yield from table.iter_slices(ROWS_A_DIGEST)

    def halves(count: int) -> list[Callable[[], object]]:
        table, decide = tables["dictionary"], engine(count).decide_many
        return [lambda: decide(table[: rows // 2]), lambda: decide(table[rows // 2 :])]

    def one_thread(count: int) -> object:
        return [half() for half in halves(count)]

    def two_threads(count: int) -> object:
        with ThreadPoolExecutor(2) as pool:
            return [done.result() for done in [pool.submit(half) for half in halves(count)]]

    def stream(count: int, times: int) -> dict[str, float]:
        """Each answer is let go before the next batch comes; the most memory that was held meanwhile."""
        most = 0.0

        def run() -> None:
            nonlocal most
            for batch in batches(times):
                engine(count).decide_many(batch)
                most = max(most, resident_mb())

        return {**timed(run), "most_mb": most}

    def turn(line: str) -> object:
        asked, *what = line.split()
        count = int(asked)
        engine(count).warm(tables=True)
        match what:
            case [("dictionary" | "plain") as texts, "answers"]:
                table = tables[texts]
                return digest(rows, lambda piece: bits(engine(count).decide_many(table[piece]), count))
            case [("dictionary" | "plain") as texts, "time"]:
                return timed(lambda: engine(count).decide_many(tables[texts]))
            case ["kernel"]:
                code, decide, decided_rows = kernel(count, columns)
                code()
                decide()
                took = {"code_s": timed(code)["processor_s"], "decide_s": timed(decide)["processor_s"]}
                return {**took, "rows": decided_rows}
            case ["profile"]:
                return profile(lambda: engine(count).decide_many(tables["dictionary"]))
            case ["pass"]:
                return timed(plain_pass(tables["dictionary"]))
            case ["one"]:
                return timed(lambda: one_thread(count))
            case ["two"]:
                return timed(lambda: two_threads(count))
            case ["stream", times]:
                return stream(count, int(times))
        raise ValueError(line)

    take_turns(turn)


if __name__ == "__main__":
    main()
