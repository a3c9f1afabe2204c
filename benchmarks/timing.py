"""How the benchmarks measure: both sides in turn in one run, medians of repeats, memory beside time.

A time by itself says little on a shared machine; the ratio of two that were taken next to each other says much. So
contestants take turns within each repeat, and what is reported is the median of the ratios, with the spread beside it.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Call = Callable[[int], object]
KIB = 1024


@dataclass
class Timed:
    """Of each contestant the times of one call, a repeat each, in microseconds of processor."""

    us: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.us[name])

    def ratio(self, name: str, to: str) -> float:
        """How many times as long as the other one takes: the median of the ratios, repeat by repeat."""
        return statistics.median(self.ratios(name, to))

    def ratios(self, name: str, to: str) -> list[float]:
        """These ratios, repeat by repeat."""
        return [a / b for a, b in zip(self.us[name], self.us[to], strict=True)]


@dataclass(frozen=True)
class Row:
    """A line of the table: the question, what was asked for and what came out. `what` is the unit, and begins with "x"
    for a ratio. `better`: "less" or "more" than `reach` is wanted. `told`: the figures behind it. `spread`: the lowest
    and the highest of the repeats. `memory_mb`: what the process held that measured it."""

    question: str
    what: str
    value: float
    reach: float
    better: str
    told: Mapping[str, float] = field(default_factory=dict)
    spread: tuple[float, float] | None = None
    memory_mb: float | None = None

    @property
    def reached(self) -> bool:
        return self.value <= self.reach if self.better == "less" else self.value >= self.reach

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "reached": self.reached}


def ratio_row(question: str, what: str, ratios: Sequence[float], reach: float, better: str, **more: Any) -> Row:
    """A line whose value is the median of ratios taken repeat by repeat."""
    return Row(question, what, statistics.median(ratios), reach, better, spread=(min(ratios), max(ratios)), **more)


def in_turn(calls: Mapping[str, tuple[Call, int]], repeats: int) -> Timed:
    """Each contestant is called as often as it says in each repeat, with 0, 1, 2, …; the first is to get warm."""
    timed = Timed({name: [] for name in calls})
    for repeat in range(1 + repeats):
        for name, (call, times) in calls.items():
            gc.collect()
            began = time.process_time()
            for i in range(times):
                call(i)
            took = (time.process_time() - began) / times * 1e6
            if repeat:
                timed.us[name].append(took)
    return timed


def resident_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / KIB / KIB


def say(rows: list[Row], as_json: bool) -> None:
    """Prints the lines, or one JSON text."""
    if as_json:
        print(json.dumps([row.to_json() for row in rows]))
        return
    for row in rows:
        sign = "<=" if row.better == "less" else ">="
        verdict = "reached" if row.reached else "NOT reached"
        spread = "" if row.spread is None else f" [{row.spread[0]:.3g} to {row.spread[1]:.3g}]"
        print(f"{row.question}: {row.value:.3g} {row.what}{spread} (asked {sign} {row.reach:.3g}): {verdict}")
        for name, value in row.told.items():
            print(f"    {name:44} {value:12,.2f}")
