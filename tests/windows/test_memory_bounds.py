"""What a memory store costs: bytes, time an event, keys that somebody chose, threads."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta

from memory_samples import AMOUNTS, KEEP_US, PLAN, counts, moment, payment

from riskrules.state.memory import MemoryWindows
from riskrules.state.memory_bound import BoundMemory
from riskrules.state.plan import Lookup, Plan, Reading
from riskrules.state.store import Entry, Happened

ONE = Plan((AMOUNTS,), (Lookup(0, ("payer.account",)),), (Reading("n", 0, "count", KEEP_US),))
CONTENT = bytes(16)
MANY = 1_000_000
CHOSEN = 100_000
SECONDS = float(os.environ.get("THREAD_SECONDS", "2"))


def recorded(bound: BoundMemory, keys: list[str], first: int = 0) -> float:
    """Seconds to record an event of each key."""
    began = time.thread_time()
    for n, key in enumerate(keys, first):
        bound.record(Happened(f"{n}", "payment", n, CONTENT, (Entry(0, (key,), 1),)))
    return time.thread_time() - began


def test_a_million_keys_stay_in_the_declared_memory() -> None:
    """Keys of one event each take less than 200 bytes, and more of them than are declared push out the oldest."""
    most = MANY // 2
    store = MemoryWindows(most_keys=most, most_ids=1000, most_bytes=200 * most, remember_ids=timedelta(0))
    bound = store.bind(ONE)
    recorded(bound, [f"account-{n}" for n in range(MANY)])
    stats = store.stats()
    assert (stats.keys, stats.events, stats.evicted_keys) == (most, most, MANY - most)
    assert stats.bytes <= 200 * most
    assert bound.read(moment(MANY, 0, "account-1", plan=ONE)).unavailable == (0,)
    assert bound.read(moment(MANY, MANY - 9, f"account-{MANY - 1}", plan=ONE)).values == [1]


def test_keys_that_were_chosen_cost_no_more_than_others() -> None:
    """A hundred thousand keys that are alike in all but a few bits, and that meet in a table which is not keyed, take
    at most three times as long as others."""
    others = [f"{n * 7919 % 10**8:020d}" for n in range(CHOSEN)]
    chosen = [f"{n << 44:020d}" for n in range(CHOSEN)]
    times = {}
    for _ in range(2):
        for name, keys in (("others", others), ("chosen", chosen)):
            bound = MemoryWindows(most_keys=CHOSEN, most_ids=1000).bind(ONE)
            times[name] = min(times.get(name, 1e9), recorded(bound, keys))
    assert times["chosen"] <= 3 * times["others"]


def test_a_long_key_costs_no_more_an_event_than_a_short_one() -> None:
    """Recording the last of many thousand events of one key takes about as long as recording the thousandth, and so
    does reading it."""
    bound = MemoryWindows(most_keys=1000, most_ids=1000).bind(PLAN)
    for n in range(1000):
        bound.record(payment(f"s{n}", n, key="short", device=f"d{n}"))
    for n in range(200_000):
        bound.record(payment(f"l{n}", n, key="long", device=f"d{n}"))

    def seconds(key: str, at: int) -> float:
        began = time.thread_time()
        for n in range(at, at + 1000):
            bound.record(payment(f"{key}{n}", n, key=key, device=f"d{n}"))
            bound.read(moment(n, n // 2, key))
        return time.thread_time() - began

    short, long = zip(
        *((seconds("short", 1000 * n), seconds("long", 1000 * (n + 200))) for n in range(1, 6)), strict=True
    )
    assert min(long) <= 2 * min(short)


def test_threads_lose_nothing() -> None:
    """Eight threads record and read at once: every event is there, once. The long run sets THREAD_SECONDS=60, and no id
    is forgotten in it: on a busy machine a thread may wait while the others record tens of thousands."""
    store = MemoryWindows(most_keys=1000, most_ids=4_000_000)
    bound = store.bind(PLAN)
    done = [0] * 8
    ends = time.monotonic() + SECONDS

    def work(thread: int) -> None:
        while time.monotonic() < ends:
            n = done[thread]
            assert bound.record(payment(f"{thread}-{n}", n, key=f"k{n % 3}", device=f"d{n % 50}"))
            assert not bound.record(payment(f"{thread}-{n}", n, key=f"k{n % 3}", device=f"d{n % 50}"))
            bound.read(moment(n, n - 100, "k0"))
            done[thread] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(done) > 10
    assert counts(bound, ("k0", "k1", "k2")) == [sum((n + 2 - k) // 3 for n in done) for k in range(3)]
