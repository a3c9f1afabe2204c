"""Small plans and events for the tests of the memory store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from riskrules.state.memory import MemoryWindows
from riskrules.state.memory_bound import BoundMemory
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.store import Entry, Happened, Moment

SECOND = 1_000_000
KEEP_US = 10_000 * SECOND
LATENESS = timedelta(seconds=1000)
SUMS = ("count", "sum", "min", "max", "since")


def series(name: str, distinct: bool = False, keep_us: int = KEEP_US) -> Series:
    identity = hashlib.sha256(name.encode()).hexdigest()
    return Series(identity, "payment", ("payer.account",), "amount", distinct, None, keep_us)


AMOUNTS, DEVICES = series("amounts"), series("devices", distinct=True)
PLAN = Plan(
    (AMOUNTS, DEVICES),
    (Lookup(0, ("payer.account",)), Lookup(1, ("payer.account",))),
    (
        *(Reading(x, 0, x, KEEP_US) for x in SUMS),
        Reading("devices", 1, "distinct", KEEP_US),
        Reading("devices_count", 1, "count", KEEP_US),
        Reading("devices_last", 1, "since", KEEP_US),
    ),
)


def payment(name: str, time_us: int, key: str = "a", amount: int = 1, device: str = "d") -> Happened:
    content = hashlib.blake2b(repr((time_us, key, amount, device)).encode(), digest_size=16).digest()
    return Happened(name, "payment", time_us, content, (Entry(0, (key,), amount), Entry(1, (key,), device)))


def moment(time_us: int, since_us: int, key: str = "a", name: str = "new", plan: Plan = PLAN) -> Moment:
    return Moment(name, time_us, [(key,)] * len(plan.lookups), [since_us] * len(plan.readings))


def opened(folder: Path) -> tuple[MemoryWindows, BoundMemory]:
    """A store in a folder, with little room, bound to the plan."""
    store = MemoryWindows(folder=folder, most_keys=1000, most_ids=50_000, most_bytes=8 << 20, lateness=LATENESS)
    return store, store.bind(PLAN)


def counts(bound: BoundMemory, keys: Sequence[str]) -> list[int | None]:
    """Of each key, all that it ever did."""
    return [bound.read(moment(2**50, -(2**60), key)).values[0] for key in keys]
