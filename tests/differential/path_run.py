"""A run over many rule files, in one process or several, and what it must have met to count for anything."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.pool import AsyncResult

from path_comparison import NODES, Disagreement, compare_seed
from path_minimised import minimised
from path_productions import LATER, all_productions, used_by
from rulefiles import rule_file

from riskrules.kernel.warm import warm
from riskrules.schema.kinds import KIND_NAMES

PAYMENTS_A_FILE = 400
FILES_A_TASK = 4
PROGRESS_SECONDS = 2.0
LEAST_ACCEPTED = 0.95

ERROR_KINDS = (
    "missing", "wrong-kind", "out-of-range", "too-long", "not-a-choice", "wrong-currency", "not-exact", "not-an-event",
)  # fmt: skip
MET = (
    "at", "under", "over", "bound", "edge", "hour edge", "beside a change of a param",
    "two inputs at", "two inputs near", "missing optional",
    "list member", "not a list member", "more than 64 rules", "narrow arithmetic", "wide arithmetic",
    "straight comparison", "window that may hold", "none of windows", "window that asks how a payment ended",
    "average is known", "average in a notice", "missing window",
    "pairs in tables", "errors in tables", "refused payments",
    *(f"level {level}" for level in range(6)),
    *(f"with {part}" for part in ("until_us", "score", "fired", "lifted", "exempts", "measures", "responsible")),
    *(f"error: {kind}" for kind in ERROR_KINDS),
    *(f"node {node.__name__}" for node in NODES),
    *(f"given as {way}" for way in ("Decimal", "str", "int", "float", "datetime", "RFC 3339 text")),
)  # fmt: skip


def run_file(seed: int, payments: int) -> tuple[Counter[str], Disagreement | None]:
    """One rule file compared, with what was counted on the way."""
    seen: Counter[str] = Counter()
    for kind, times in used_by(rule_file(seed).text).items():
        seen[f"production {kind}"] = times
    return seen, compare_seed(seed, payments, seen)


def run_task(task: tuple[int, int, int]) -> tuple[Counter[str], Disagreement | None]:
    """Several files, in a process of its own. It stops at the first disagreement."""
    first, files, payments = task
    warm()
    total: Counter[str] = Counter()
    for seed in range(first, first + files):
        seen, found = run_file(seed, payments)
        total += seen
        if found is not None:
            return total, found
    return total, None


def run(
    pairs: int,
    seed: int,
    processes: int = 1,
    payments: int = PAYMENTS_A_FILE,
    told: Callable[[Counter[str], float], None] | None = None,
) -> tuple[Counter[str], Disagreement | None]:
    """Compare at least `pairs` pairs, from the seed on. The first disagreement comes back made small."""
    total: Counter[str] = Counter()
    began = last = time.monotonic()
    for seen, found in _results(seed, processes, payments):
        total += seen
        if told is not None and time.monotonic() - last > PROGRESS_SECONDS:
            last = time.monotonic()
            told(total, last - began)
        if found is not None:
            return total, minimised(found)
        if total["pairs"] >= pairs:
            break
    return total, None


def _results(seed: int, processes: int, payments: int) -> Iterator[tuple[Counter[str], Disagreement | None]]:
    """One file after another; from several processes in the order in which they are done, tasks without end."""
    if processes == 1:
        warm()
        while True:
            yield run_file(seed, payments)
            seed += 1
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        waiting: list[AsyncResult[tuple[Counter[str], Disagreement | None]]] = []
        while True:
            while len(waiting) < 2 * processes:
                waiting.append(pool.apply_async(run_task, ((seed, FILES_A_TASK, payments),)))
                seed += FILES_A_TASK
            yield waiting.pop(0).get()


def not_met(seen: Counter[str]) -> list[str]:
    """What a run should have met and did not."""
    wanted = [*MET, *(f"production {p}" for p in sorted(all_productions() - set(LATER)))]
    wanted += [f"column of {kind}" for kind in sorted(KIND_NAMES)]
    for kind in KIND_NAMES:
        seen[f"column of {kind}"] = sum(v for k, v in seen.items() if k.startswith(f"column of {kind} as"))
    missed = [w for w in wanted if not seen[w]]
    accepted = 1 - seen["files refused"] / max(1, seen["files"])
    return missed + ([f"only {accepted:.1%} of the files were accepted"] if accepted < LEAST_ACCEPTED else [])


def report(seen: Counter[str]) -> str:
    """The counters, a line each."""
    return "\n".join(f"{count:>12,}  {name}" for name, count in sorted(seen.items()))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
