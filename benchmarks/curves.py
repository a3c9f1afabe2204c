"""How does the cost grow: with rules, fields, rows, keys of windows, threads? Measured here, drawn as `curves.svg`.

    python benchmarks/curves.py [--points N] [--draw] [NAME …]

A benchmark asks about one size; a curve shows where a cost comes from and how far it carries. Each curve is a process
of its own, so that memory is its own. `NAME` measures only these, the rest staying as they are in `curves.json`;
`--points N` stops after the first N sizes of each; `--draw` only draws anew. Times are of the processor, medians of
repeats; of threads, by the clock. Memory is what the process holds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
from contest import timed
from curves_picture import Curve, Panel, drawn
from one_payment import python
from run import machine
from timing import in_turn, resident_mb
from workload import Event, Rule, fields, fired, make_events, make_rules, ruleset
from workload_columns import ROWS_A_DIGEST, make_columns, payments

import riskrules as rr
from riskrules.engine.rules import Rules
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.store import Entry, Happened, Moment

HERE = Path(__file__).resolve().parent
DATA, PICTURE = HERE / "curves.json", HERE / "curves.svg"
USUAL_RULES, USUAL_EVENTS, REPEATS = 200, 500, 5
RULES = (10, 30, 100, 300, 1_000, 3_000, 10_000)
RULES_A_FILE = 3_000
"""A file may have some more; more rules than that are put together here from several, as no file can."""
FIELDS = (12, 20, 40, 100, 200)
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
KEYS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
THREADS = (1, 2, 4, 8)
MOST_PYTHON = 3_000
"""Rules of the generated function; compiling more takes minutes."""
ROWS_OF_THREADS, DECISIONS_OF_THREADS = 200_000, 20_000
CALLS_AT_A_SIZE = 2_000
WINDOW_BYTES = 16 * 2**30
DAY_US = 86_400_000_000


def over(call: Callable[[Event], object], events: Sequence[Event]) -> Callable[[int], object]:
    return lambda i: call(events[i % len(events)])


def loaded(rules: Sequence[Rule]) -> rr.Rules:
    """All of the rules as one ruleset."""
    starts = range(0, len(rules), RULES_A_FILE)
    parts = [rr.loads(ruleset(rules[i : i + RULES_A_FILE], first=i), f"part{i}.risk") for i in starts]
    if len(parts) == 1:
        return parts[0]
    assert len({part.meaning.inputs for part in parts}) == 1
    return Rules(replace(parts[0].meaning, rules=tuple(rule for part in parts for rule in part.meaning.rules)))


def of_rules(sizes: Sequence[int]) -> list[Panel]:
    ours, theirs = Curve("riskrules"), Curve("a generated Python function")
    events = make_events(USUAL_EVENTS)
    for size in sizes:
        rules = make_rules(size)
        engine = rr.Engine(loaded(rules))
        calls = {ours.name: (over(engine.decide, events), USUAL_EVENTS)}
        if size <= MOST_PYTHON:
            answer = python(rules)
            assert list(answer(events[0])) == fired(rules, events[0])
            calls[theirs.name] = (over(answer, events), USUAL_EVENTS)
        assert len(engine.decide(events[0]).fired) == sum(fired(rules, events[0]))
        took = in_turn(calls, REPEATS)
        for curve in (ours, theirs):
            if curve.name in took.us:
                curve.add(size, took.median(curve.name))
    return [Panel("One payment, by rules", "rules over 40 fields", "µs a decision", [ours, theirs], True)]


def of_fields(sizes: Sequence[int]) -> list[Panel]:
    curve = Curve("riskrules")
    for size in sizes:
        names = fields(size)
        rules, events = make_rules(USUAL_RULES, names=names), make_events(USUAL_EVENTS, names=names)
        engine = rr.Engine(rr.loads(ruleset(rules, names)))
        assert len(engine.decide(events[0]).fired) == sum(fired(rules, events[0]))
        took = in_turn({"": (over(engine.decide, events), USUAL_EVENTS)}, REPEATS)
        curve.add(sum(map(len, names)), took.median(""))
    return [Panel("One payment, by fields", f"fields, {USUAL_RULES} rules", "µs a decision", [curve])]


def of_rows(sizes: Sequence[int]) -> list[Panel]:
    """A stream of one batch over and over, each answer let go before the next comes."""
    engine = _table_engine()
    time_curve, memory_curve = Curve("riskrules"), Curve("riskrules")
    for size in sizes:
        table = payments(make_columns(min(size, ROWS_A_DIGEST)), "dictionary")
        most = 0.0

        def run(size: int = size, table: pl.DataFrame = table) -> None:
            nonlocal most
            for batch in _batches(table, size):
                engine.decide_many(batch)
                most = max(most, resident_mb())

        times = [timed(run)["processor_s"] for _ in range(REPEATS if size < 1_000_000 else 1)]
        time_curve.add(size, statistics.median(times) / size * 1e9)
        memory_curve.add(size, most)
    where = f"rows, {USUAL_RULES} rules"
    return [
        Panel("A table, by rows", where, "ns a row", [time_curve]),
        Panel("A table's memory, by rows", where, "MB", [memory_curve]),
    ]


def _table_engine() -> rr.Engine:
    engine = rr.Engine(rr.loads(ruleset(make_rules(USUAL_RULES))))
    engine.warm(tables=True)
    engine.decide_many(payments(make_columns(1_000), "dictionary"))
    return engine


def _batches(table: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    for start in range(0, rows, table.height):
        yield from table[: min(table.height, rows - start)].iter_slices(ROWS_A_DIGEST)


def of_keys(sizes: Sequence[int]) -> list[Panel]:
    """A count and a sum over a day, of so many accounts that had a payment each."""
    plan = Plan(
        (Series("amounts", "payment", ("payer.account",), "amount", False, None, DAY_US),),
        (Lookup(0, ("payer.account",)),),
        (Reading("count", 0, "count", DAY_US), Reading("sum", 0, "sum", DAY_US)),
    )
    bound = MemoryWindows(most_keys=2 * KEYS[-1], most_bytes=WINDOW_BYTES, most_ids=10_000).bind(plan)
    recorded = 0

    def record(key: int) -> None:
        nonlocal recorded
        entries = (Entry(0, (f"ACC{key:08}",), 100),)
        bound.record(Happened(f"P{recorded}", "payment", recorded, recorded.to_bytes(16, "little"), entries))
        recorded += 1

    before = resident_mb()
    reads, records, memory = Curve("read"), Curve("recorded"), Curve("windows")
    known = 0
    for size in sizes:
        while known < size:
            record(known)
            known += 1
        memory.add(size, resident_mb() - before)
        keys = [(i * 7_919) % size for i in range(CALLS_AT_A_SIZE)]

        def read(i: int, keys: list[int] = keys) -> None:
            key = (f"ACC{keys[i]:08}",)
            found = bound.read(Moment("new", recorded, (key,), [0, 0])).values
            assert found[0]

        def again(i: int, keys: list[int] = keys) -> None:
            record(keys[i])

        took = in_turn({"read": (read, CALLS_AT_A_SIZE), "recorded": (again, CALLS_AT_A_SIZE)}, REPEATS)
        reads.add(size, took.median("read"))
        records.add(size, took.median("recorded"))
    return [
        Panel("Windows, by keys", "accounts that had a payment", "µs an event", [reads, records]),
        Panel("The windows' memory, by keys", "accounts that had a payment", "MB", [memory], True),
    ]


def _part_of(work: Callable[[int, int], None], threads: int) -> Callable[[], None]:
    return lambda: _shared(work, threads)


def of_threads(sizes: Sequence[int]) -> list[Panel]:
    """The same work, divided among so many threads of one engine."""
    engine = _table_engine()
    table = payments(make_columns(ROWS_OF_THREADS), "dictionary")
    events = make_events(USUAL_EVENTS)

    def decide_rows(part: int, parts: int) -> None:
        engine.decide_many(table[part * ROWS_OF_THREADS // parts : (part + 1) * ROWS_OF_THREADS // parts])

    def decide_each(part: int, parts: int) -> None:
        for i in range(DECISIONS_OF_THREADS // parts):
            engine.decide(events[(i + part) % USUAL_EVENTS])

    many, single = Curve("rows of a table"), Curve("single payments")
    for size in sizes:
        for curve, work, amount in ((many, decide_rows, ROWS_OF_THREADS), (single, decide_each, DECISIONS_OF_THREADS)):
            took = [_wall(_part_of(work, size)) for _ in range(1 + REPEATS)][1:]
            curve.add(size, amount / statistics.median(took) / 1000)
    return [Panel("Threads", "threads of one engine", "thousand decisions a second", [many, single], True)]


def _shared(work: Callable[[int, int], None], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, part, threads) for part in range(threads)]:
            done.result()


def _wall(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


CURVES: dict[str, tuple[Callable[[Sequence[int]], list[Panel]], tuple[int, ...]]] = {
    "rules": (of_rules, RULES),
    "fields": (of_fields, FIELDS),
    "rows": (of_rows, ROWS),
    "keys": (of_keys, KEYS),
    "threads": (of_threads, THREADS),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CURVES))
    parser.add_argument("--points", type=int, help="only the first so many sizes")
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        made, sizes = CURVES[asked.names[0]]
        print(json.dumps([panel.to_json() for panel in made(sizes[: asked.points])]))
        return 0
    kept = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {"machine": {}, "curves": {}}
    for name in () if asked.draw else asked.names or CURVES:
        print(name, file=sys.stderr)
        limit = () if asked.points is None else ("--points", str(asked.points))
        command = [sys.executable, __file__, "--child", name, *limit]
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        kept["machine"], kept["curves"][name] = machine(), json.loads(found)
        DATA.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    panels = [Panel.from_json(told) for name in CURVES for told in kept["curves"].get(name, ())]
    PICTURE.write_text(drawn(panels), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
