"""Does anybody notice a swap of the rules: a payment decided by a mixture, one that waits, memory that goes?

    python benchmarks/swap.py [--swaps 1000] [--rules 200] [--json] [--quick]

Eight threads decide payments at an even pace, 200 a second each, while another swaps the rules every 10 ms, by turns
for one of eight versions; before that they do so for as long without a swap. What each decision says is compared with
what the interpreter says by the version whose fingerprint it names. A stall is how long one `decide` took, with all
that it waited for; on a machine that does other things it is theirs too, and the load without swaps shows how much
that is. Memory is what the process holds after the last swap beside after the first hundred; what the threads note
down is reserved before.

The versions are loaded beforehand: how long that takes is asked in `startup.py`. The engine is made ready with
`warm(freeze=True)`, as a gateway does that cares for milliseconds: a full look of Python's collector through all that
the process holds takes some tens of them, whether or not anything is swapped.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from timing import Row, resident_mb, say
from workload import Event, make_events, make_rules, ruleset

import riskrules as rr
from riskrules.meaning.interpreter import decide as interpret

THREADS, A_SECOND, VERSIONS, EVENTS = 8, 200, 8, 64
BETWEEN_S = 0.01
SETTLED_AFTER = 100
"""Swaps, before memory is looked at for the first time."""
MOST_DECISIONS = 200_000
"""Of one thread that are noted; more than a thousand swaps leave time for."""
NS_A_MS, MILLION, BILLION = 1e6, 1_000_000, 1_000_000_000
Expected = dict[str, list[tuple[int, frozenset[str]]]]
"""By fingerprint: of each event the action's level, and what fires."""


@dataclass
class Seen:
    """What one thread saw: the nanoseconds of each decision, of which versions they were, and what was mixed."""

    took_ns: NDArray[np.int64] = field(default_factory=lambda: np.full(MOST_DECISIONS, -1, np.int64))
    decided: int = 0
    versions: set[str] = field(default_factory=set)
    mixed: list[str] = field(default_factory=list)


def held(event: Event) -> dict[str, int | str | bool]:
    """The payment as the interpreter takes it: the time in microseconds, numbers in billionths."""
    when = datetime.fromisoformat(event["occurred_at"])
    values: dict[str, int | str | bool] = {"occurred_at": round(when.timestamp()) * MILLION}
    for name, value in event.items():
        if name not in values:
            values[name] = round(value * BILLION) if isinstance(value, float) else value
    return values


def versions(rules: int) -> list[rr.Rules]:
    made = [rr.loads(ruleset(make_rules(rules, seed)), f"version{seed}.risk") for seed in range(VERSIONS)]
    assert len({one.fingerprint for one in made}) == VERSIONS
    return made


def expected_of(made: list[rr.Rules], events: list[Event]) -> Expected:
    found: Expected = {}
    for rules in made:
        outcomes = [interpret(rules.meaning, held(event), {}) for event in events]
        found[rules.fingerprint] = [(x.action.level, frozenset(x.fired)) for x in outcomes]
    assert len({tuple(said) for said in found.values()}) == len(made), "two versions say the same"
    return found


def work(engine: rr.Engine, events: list[Event], right: Expected, stop: threading.Event, mine: Seen, at: int) -> None:
    """One thread of a gateway. It is late rather than faster when it was held up."""
    due = time.perf_counter() + at / A_SECOND / THREADS
    i = at * 7
    while not stop.is_set():
        i = (i + 1) % EVENTS
        began = time.perf_counter_ns()
        decision = engine.decide(events[i])
        mine.took_ns[mine.decided] = time.perf_counter_ns() - began
        mine.decided += 1
        version = decision.ruleset.fingerprint
        mine.versions.add(version)
        if (decision.level, frozenset(decision.fired)) != right[version][i]:
            mine.mixed.append(f"{decision!r} of {version[:8]}")
        due = max(due + 1 / A_SECOND, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))


@dataclass
class Load:
    """What all threads saw, and how the memory grew."""

    seen: list[Seen]
    grown_mb: float
    seconds: float

    @property
    def took_ms(self) -> NDArray[np.float64]:
        return np.concatenate([one.took_ns[: one.decided] for one in self.seen]) / NS_A_MS

    @property
    def mixed(self) -> list[str]:
        return [said for one in self.seen for said in one.mixed]

    @property
    def versions(self) -> set[str]:
        return set().union(*(one.versions for one in self.seen))


def under_load(engine: rr.Engine, made: list[rr.Rules], events: list[Event], right: Expected, ticks: int) -> Load:
    """So many ticks of 10 ms under load, with a swap at each where there are versions."""
    stop, seen = threading.Event(), [Seen() for _ in range(THREADS)]
    threads = [
        threading.Thread(target=work, args=(engine, events, right, stop, mine, at)) for at, mine in enumerate(seen)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    first_mb = resident_mb()
    try:
        for tick in range(1, ticks + 1):
            time.sleep(BETWEEN_S)
            if made:
                engine.swap(made[tick % len(made)])
            if tick == min(SETTLED_AFTER, ticks // 2):
                first_mb = resident_mb()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return Load(seen, resident_mb() - first_mb, time.perf_counter() - began)


def measure(swaps: int, rules: int) -> list[Row]:
    """The lines of the table."""
    events = make_events(EVENTS)
    made = versions(rules)
    right = expected_of(made, events)
    engine = rr.Engine(made[0])
    engine.warm(freeze=True)
    for event in events:
        engine.decide(event)
    gc.collect()
    without = under_load(engine, [], events, right, swaps)
    swapped = under_load(engine, made, events, right, swaps)
    assert without.versions == {made[0].fingerprint}
    assert swapped.versions == {one.fingerprint for one in made}
    told: dict[str, float] = {}
    for name, load in (("with swaps", swapped), ("without swaps", without)):
        took = load.took_ms
        for share, said in ((0.5, "the median"), (0.999, "99.9% within"), (1, "the worst")):
            told[f"{name}, {said}, ms"] = float(np.quantile(took, share))
        told |= {f"{name}, decisions": len(took), f"{name}, s": load.seconds}
    question = f"{swaps:,} swaps under load on {THREADS} threads"
    return [
        Row(question, "decisions mixed", len(swapped.mixed) + len(without.mixed), 0, "less"),
        Row(question, "ms, the longest stall", float(swapped.took_ms.max()), 5, "less", told),
        Row(question, "MB more memory in all", swapped.grown_mb, 1, "less", memory_mb=resident_mb()),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="100 swaps of 50 rules")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    say(measure(100, 50) if asked.quick else measure(asked.swaps, asked.rules), asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
