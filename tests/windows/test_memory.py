"""The memory store beside plain lists: long keys, late events, purging, eviction, ids, changes of plan."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest
from memory_samples import AMOUNTS, DEVICES, KEEP_US, LATENESS, PLAN, SECOND, moment, payment, series
from reference import ListWindows

from riskrules.kernel import windows_layout as w
from riskrules.kernel import windows_rows
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Lookup, Plan, Reading
from riskrules.state.store import Entry, WindowConflict

LATENESS_US = LATENESS // timedelta(microseconds=1)
LONG_EVENTS = 12_000


@pytest.mark.parametrize(("seed", "late", "values"), [(1, 0.0, 10**6), (2, 0.1, 300), (3, 1.0, 3000), (4, 0.3, 2)])
def test_a_long_key_answers_as_a_list(seed: int, late: float, values: int) -> None:
    """Thousands of events of one key, in order, late or in no order at all, with few or many different values: every
    aggregate of any span, now or in the past, is that of a list; of what was purged nothing is guessed."""
    r = random.Random(seed)
    store, lists = MemoryWindows(most_keys=10, lateness=LATENESS), ListWindows()
    bound, listed = store.bind(PLAN), lists.bind(PLAN)
    now = newest = unavailable = reads = past = 0
    for n in range(LONG_EVENTS):
        now += r.choice((0, 0, 1, SECOND, 4 * SECOND))
        time = max(0, now - r.randrange(KEEP_US)) if r.random() < late else now
        newest = max(newest, time)
        amount = r.choice((r.randrange(-(10**15), 10**15), r.randrange(3)))
        event = payment(f"p{n}", time, amount=amount, device=f"d{r.randrange(values)}")
        assert bound.record(event) is listed.record(event) is True
        if n % 7:
            continue
        until = r.choice((newest, newest + r.randrange(SECOND), newest - r.randrange(2 * LATENESS_US), time))
        since = until - r.choice((KEEP_US, r.randrange(KEEP_US), until - time, 0))
        asked = moment(until, since, name=r.choice(("new", f"p{r.randrange(n + 1)}")))
        said, right = bound.read(asked), listed.read(asked)
        reads, past = reads + 1, past + (until < newest)
        unavailable += bool(said.unavailable)
        known = [i for i in range(len(said.values)) if i not in said.unavailable]
        assert [said.values[i] for i in known] == [right.values[i] for i in known], (n, asked)
        if until >= newest - LATENESS_US:
            assert said.unavailable == right.unavailable, (n, asked)
    assert past > reads / 10 and unavailable < reads / 2
    if late == 0:
        assert store.stats().events < 2 * LONG_EVENTS, "nothing was purged"


def test_a_store_without_room_never_says_zero_for_what_it_had() -> None:
    """Keys that had to go answer exactly or not at all, and keys that were never there are mostly known to be so."""
    r = random.Random(5)
    store = MemoryWindows(most_keys=40, most_ids=50, most_bytes=3 << 20, lateness=LATENESS)
    lists = ListWindows()
    bound, listed = store.bind(PLAN), lists.bind(PLAN)
    exact = unavailable = 0
    for n in range(6000):
        key = f"k{r.randrange(100)}"
        event = payment(f"p{n}", n * SECOND - r.randrange(50 * SECOND), key=key, device=f"d{r.randrange(5)}")
        assert bound.record(event)
        listed.record(event)
        asked = moment(n * SECOND, n * SECOND - r.randrange(KEEP_US), key=f"k{r.randrange(120)}")
        said, right = bound.read(asked), listed.read(asked)
        known = [i for i in range(len(said.values)) if i not in said.unavailable]
        assert [said.values[i] for i in known] == [right.values[i] for i in known], n
        exact, unavailable = exact + len(known), unavailable + len(said.unavailable)
    assert store.stats().evicted_keys > 1000 and store.stats().keys <= 40
    assert exact > 500 and unavailable > 500
    answers = bound.read(moment(10**12, 0, key="k0"))
    assert "let go" in answers.because or "no longer" in answers.because


def test_one_key_that_fills_the_store_loses_its_own_oldest() -> None:
    """Where there is nobody else to make room, the earliest events go, and readings that need them are unavailable."""
    store = MemoryWindows(most_keys=2, most_ids=10, most_bytes=2_500_000, lateness=LATENESS)
    plan = Plan((DEVICES,), (Lookup(0, ("payer.account",)),), (Reading("devices", 0, "distinct", KEEP_US),))
    bound = store.bind(plan)
    events = 60_000
    for n in range(events):
        event = payment(f"p{n}", n, device=f"d{n % 997}")
        assert bound.record(event._replace(entries=(event.entries[1]._replace(series=0),)))
    stats = store.stats()
    assert stats.events < events and stats.bytes <= 2_500_000
    assert bound.read(moment(events, events - 2000, plan=plan)).values == [997]
    assert bound.read(moment(events, 0, plan=plan)).unavailable == (0,)


def test_an_id_counts_once() -> None:
    """The same id with the same content changes nothing, with other content it is refused, and a report's id is not a
    payment's."""
    bound = MemoryWindows(most_keys=10).bind(PLAN)
    assert bound.record(payment("p", 1)) is True
    assert bound.record(payment("p", 1)) is False
    with pytest.raises(WindowConflict, match="other content"):
        bound.record(payment("p", 2))
    assert bound.record(payment("p", 1)._replace(event="report", entries=())) is True
    assert bound.read(moment(1, 0)).values[:2] == [1, 1]
    assert bound.read(moment(1, 0, name="p")).values[:3] == [0, 0, None]


def test_ids_are_remembered_as_long_as_declared() -> None:
    """An id is known while no event more than the span later was recorded; one event with a wrong clock makes the
    store forget two at most."""
    store = MemoryWindows(most_keys=10, most_ids=500, remember_ids=timedelta(seconds=100))
    bound = store.bind(PLAN)
    for n in range(101):
        assert bound.record(payment(f"p{n}", n * SECOND))
    assert [bound.record(payment(f"p{n}", n * SECOND)) for n in range(101)] == [False] * 101
    assert bound.record(payment("far", 10**9 * SECOND))
    assert store.stats().ids == 100
    for n in range(600):
        assert bound.record(payment(f"q{n}", 101 * SECOND))
    assert store.stats().ids == 500


def test_a_series_that_begins_late_knows_only_what_came_since() -> None:
    """A new plan's series answers for times after the newest event recorded; a known one goes on."""
    store = MemoryWindows(most_keys=10)
    old = store.bind(PLAN)
    old.record(payment("p1", 100))
    fresh = series("fresh")
    plan = Plan(
        (fresh, AMOUNTS),
        (Lookup(0, ("payer.account",)), Lookup(1, ("payer.account",))),
        (Reading("fresh", 0, "count", KEEP_US), Reading("amounts", 1, "count", KEEP_US)),
    )
    new = store.bind(plan)
    assert new.read(moment(200, 50, plan=plan)).unavailable == (0,)
    assert new.read(moment(200, 101, plan=plan)).values == [0, 0]
    new.record(payment("p2", 200)._replace(entries=(Entry(0, ("a",), 1), Entry(1, ("a",), 1))))
    assert new.read(moment(200, 101, plan=plan)).values == [1, 1]
    assert old.read(moment(200, 0)).values[0] == 2
    assert old.read(moment(300, 201)).values[5] == 0
    assert old.read(moment(300, 200)).unavailable == (5, 6, 7), "the new plan did not tell the devices of p2"
    assert old.record(payment("p3", 300)) is True
    assert new.read(moment(300, 200, plan=plan)).unavailable == (0,)


def test_a_series_that_nobody_reads_is_let_go_of() -> None:
    """The second plan in turn without a series frees its keys, unless a plan that reads it is still alive."""
    store = MemoryWindows(most_keys=10)
    bound = store.bind(PLAN)
    bound.record(payment("p1", 100))
    only = Plan((AMOUNTS,), (Lookup(0, ("payer.account",)),), (Reading("n", 0, "count", KEEP_US),))
    for _ in range(3):
        kept = store.bind(only)
        assert store.stats().keys == 2
    del bound
    kept = store.bind(only)
    assert store.stats().keys == 2
    kept = store.bind(only)
    assert store.stats().keys == 1
    assert kept.read(moment(100, 0, plan=only)).values == [1]


def test_a_sum_beyond_ten_to_the_eighteenth_is_unavailable() -> None:
    """It is never wrapped, and it is there again when the span is shorter."""
    bound = MemoryWindows(most_keys=10).bind(PLAN)
    for n in range(8):
        bound.record(payment(f"p{n}", n, amount=2**62))
    assert bound.read(moment(8, 0)).unavailable == (1,)
    for n in range(8):
        bound.record(payment(f"q{n}", n, amount=-(2**62)))
    assert bound.read(moment(8, 0)).values[1] == 0
    bound.record(payment("r", 9, amount=10**18))
    assert bound.read(moment(9, 9)).values[1] == 10**18


@pytest.mark.parametrize(
    "change",
    [
        {"time_us": 2**61},
        {"content": b"short"},
        {"entries": (Entry(0, ("a",), 2**63),)},
        {"entries": (Entry(1, ("a",), 3),)},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    """An error of the caller's is one before anything is written."""
    store = MemoryWindows(most_keys=10)
    bound = store.bind(PLAN)
    with pytest.raises(ValueError):
        bound.record(payment("p", 1)._replace(**change))  # type: ignore[arg-type]  # one field at a time
    assert store.stats().ids == 0


def test_the_hash_is_siphash() -> None:
    """The vectors that its authors published, for the key 00 01 … 0f and the texts "" and 00."""
    memory = MemoryWindows(most_keys=10)._memory  # the store's own array is the only one that a kernel knows
    memory[w.SECRET : w.SECRET_LOW + 1] = np.frombuffer(bytes(range(16)), np.int64)
    given, end = w.event_words(0, 0)
    hashed = []
    for length in (0, 1):
        event = np.zeros(end + 2, np.int64)
        event[w.E_ID_LENGTH] = length
        assert windows_rows.record(memory, event, 0, 0) == w.RECORDED
        hashed.append(event[given:end].tobytes().hex())
    assert hashed == ["a3817f04ba25a8e66df67214c7550293", "da87c1d86b99af44347659119b22fc45"]
