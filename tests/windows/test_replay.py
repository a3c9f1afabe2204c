"""Replay equals the meaning of windows, however a history is cut into batches, and keeps no more than they need."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

import numpy as np
import pytest
import replay_histories as made
from replay_histories import DAY, HOUR, PAYEE, PAYER, PLAN, by_lists, history, replayed

from riskrules.schema.limits import MISSING
from riskrules.state import replay_keys, replay_readings
from riskrules.state.plan import Lookup, Plan, Reading
from riskrules.state.replay import OutOfOrder, Replay, SeriesRows, Texts

SEEDS = 80


@pytest.fixture
def tidy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events, names and pairs are let go as soon as they are not needed, not only when they are many."""
    monkeypatch.setattr(replay_readings, "SPARE_EVENTS", 2)
    monkeypatch.setattr(replay_keys, "SPARE_NAMES", 1)
    monkeypatch.setattr(replay_keys, "SPARE_PAIRS", 1)


def cuts(chance: random.Random, rows: int, most: int) -> list[int]:
    return sorted(chance.randrange(rows + 1) for _ in range(chance.randrange(most + 1)))


def differing(seeds: range) -> list[int]:
    """The seeds whose replayed history differs from the lists, cut at random."""
    found = []
    for seed in seeds:
        chance = random.Random(seed)
        of = history(seed, chance.randrange(1, 90))
        where = cuts(chance, len(of.times), chance.choice((0, 4, len(of.times))))
        if replayed(of, where, chance.random() < 0.5) != by_lists(of, Counter()):
            found.append(seed)
    return found


def test_replay_equals_the_lists() -> None:
    """Every value of every window is the one that a walk over all earlier rows gives."""
    assert differing(range(SEEDS)) == []


@pytest.mark.usefixtures("tidy")
def test_what_is_let_go_is_not_missed() -> None:
    """The same when everything that can go goes after each batch, and its numbers are given to others."""
    assert differing(range(SEEDS, 2 * SEEDS)) == []


@pytest.mark.usefixtures("tidy")
def test_cuts_change_nothing() -> None:
    """A history in one batch, in two wherever it is cut, and row by row: the same values."""
    of = history(7, 60)
    whole = replayed(of, [])
    assert all(replayed(of, [at]) == whole for at in range(61))
    assert replayed(of, list(range(1, 60)), fresh_words=True) == whole


def test_histories_have_what_makes_replay_hard() -> None:
    """What the comparison is for happens often: ties, boundaries, late reports, sums too high, missing keys."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        by_lists(history(seed, 60), seen)
    least = {"tie": 500, "boundary": 200, "left": 5000, "not due yet": 200, "beyond": 100, "without a key": 5000}
    assert {what: seen[what] for what, times in least.items() if seen[what] < times} == {}
    assert seen["several"] > 2000


BUGS = ("boundary", "own row", "not due", "twins", "one half", "numbers")


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison finds a window that loses its first instant, has the row itself or what is not due yet, counts a
    value twice, wraps a sum, or gives the number of a key away that still has events."""
    enter, link, count = replay_readings.enter, replay_readings.link_twins, replay_readings.kernels.count
    if bug == "boundary":
        monkeypatch.setattr(replay_readings.kernels, "count", lambda *a: count(*a[:4], a[4] + 1, *a[5:]))
    elif bug == "own row":

        def with_itself(*given: object) -> object:
            found = enter(*given)  # type: ignore[arg-type]  # passed on as it came
            heads, moves, due = given[-1], given[0], given[2]
            assert isinstance(heads, np.ndarray) and isinstance(moves, np.ndarray)
            heads += moves & (due == given[1])
            return found

        monkeypatch.setattr(replay_readings, "enter", with_itself)
    elif bug == "not due":
        monkeypatch.setattr(replay_readings, "enter", lambda *a: enter(a[0], a[1], a[1], *a[3:]))
    elif bug == "twins":

        def unlinked(*given: object) -> None:
            link(*given)  # type: ignore[arg-type]  # passed on as it came
            twins = given[-1]
            assert isinstance(twins, np.ndarray)
            twins[:] = -1

        monkeypatch.setattr(replay_readings, "link_twins", unlinked)
    elif bug == "one half":
        monkeypatch.setattr(replay_readings, "SAFE_SUM", 2**200)
    else:
        forget = replay_keys.Names.forget
        monkeypatch.setattr(replay_keys.Names, "forget", lambda self, live: forget(self, np.zeros_like(live)))
    assert differing(range(40))


def fed(replay: Replay, times: list[int], amounts: list[int | None], keys: list[str], words: list[str]) -> list[int]:
    codes = np.array([words.index(key) if key else -1 for key in keys], np.int32)
    held = np.array([MISSING if amount is None else amount for amount in amounts], np.int64)
    now = np.array(times, np.int64)
    rows = [SeriesRows(np.ones(len(now), np.bool_), now, held)]
    return replay.feed(now, {PAYER: Texts(codes, words)}, rows, [now - DAY]).values[0].tolist()


ONE = Plan((PLAN.series[0],), (Lookup(0, (PAYER,)),), (Reading("sum", 0, "sum", DAY),))


def test_what_does_not_fit_changes_nothing() -> None:
    """A batch out of order, or with a moving row that has no key or no value, is refused whole; the next goes on as if
    it had not been."""
    replay, words = Replay(ONE), ["a", "b"]
    assert fed(replay, [0, 0], [5, 7], ["a", "a"], words) == [0, 5]
    with pytest.raises(OutOfOrder) as back:
        fed(replay, [1, 2, 1], [1, 1, 1], ["a", "a", "a"], words)
    assert back.value.row == 2
    with pytest.raises(OutOfOrder) as before:
        fed(replay, [-1, 2], [1, 1], ["a", "a"], words)
    assert before.value.row == 0
    with pytest.raises(ValueError, match="row 1 of the batch moves a window and has no key"):
        fed(replay, [1, 2], [1, 1], ["a", ""], words)
    with pytest.raises(ValueError, match="row 0 of the batch moves a window and has no value"):
        fed(replay, [1, 2], [None, 1], ["a", "b"], words)
    with pytest.raises(ValueError, match="different lengths"):
        fed(replay, [1, 2], [1], ["a", "a"], words)
    assert fed(replay, [], [], [], words) == []
    assert fed(replay, [10, 11], [1, 1], ["a", "a"], words) == [12, 1]


def test_arrays_may_be_read_only_and_words_may_grow() -> None:
    """What Arrow hands over cannot be written; a dictionary that has grown has the same words before the new ones."""
    replay, words = Replay(ONE), ["a"]
    assert fed(replay, [0], [5], ["a"], words) == [0]
    words += ["b", "c"]
    assert fed(replay, [1, 1, 2], [6, 7, 8], ["b", "a", "b"], words) == [0, 5, 6]
    now, codes = np.array([3], np.int64), np.array([0], np.int32)
    given = (now, codes, np.ones(1, np.bool_))
    for array in given:
        array.flags.writeable = False
    found = replay.feed(now, {PAYER: Texts(codes, words)}, [SeriesRows(given[2], now, now)], [now])
    assert found.values[0].tolist() == [0]


@pytest.mark.usefixtures("tidy")
def test_memory_follows_the_span_and_not_the_history() -> None:
    """A stream in which every row has new keys takes no more memory after thirty batches than after ten."""
    rows = 1_500
    replay = Replay(PLAN)
    held = []
    tracemalloc.start()
    try:
        for batch in range(30):
            times = np.arange(rows, dtype=np.int64) // 50 + batch * 10 * rows
            codes = np.arange(rows, dtype=np.int32)
            fields = {f: Texts(codes, [f"{f} {batch} {i}" for i in range(rows)]) for f in made.FIELDS}
            moves, amounts = np.ones(rows, np.bool_), codes.astype(np.int64)
            given = [
                SeriesRows(moves, times + HOUR * (s.event == "report"), fields[s.of] if s.distinct else amounts)
                for s in PLAN.series
            ]
            found = replay.feed(times, fields, given, [times - DAY for _ in PLAN.readings])
            assert found.values[0].tolist() == [0] * rows
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert max(held[-10:]) < 1.2 * max(held[:10])


def test_replay_equals_the_window_functions_of_duckdb() -> None:
    """On a table of 3,000 rows with ties, every aggregate is what DuckDB's window functions give over the same rows."""
    duckdb = pytest.importorskip("duckdb")
    random_numbers = np.random.default_rng(5)
    rows = 3_000
    times = np.sort(random_numbers.integers(0, 900, rows)) * 10
    keys, others = (random_numbers.integers(0, 12, rows).astype(np.int32) for _ in range(2))
    amounts = random_numbers.integers(-500, 500, rows)
    span = 600
    names = ("count", "sum", "min", "max", "distinct", "since")
    sent, payers = PLAN.series[0], PLAN.series[2]
    plan = Plan(
        (sent, payers),
        (Lookup(0, (PAYER,)), Lookup(1, (PAYEE,))),
        tuple(Reading(name, int(name == "distinct"), name, span) for name in names),
    )
    words = [f"account {i}" for i in range(12)]
    fields = {PAYER: Texts(keys, words), PAYEE: Texts(others, words)}
    moves = np.ones(rows, np.bool_)
    given = [SeriesRows(moves, times, amounts), SeriesRows(moves, times, fields[PAYER])]
    found = Replay(plan).feed(times, fields, given, [times - span for _ in names]).values
    frame = "OVER (PARTITION BY {} ORDER BY o RANGE BETWEEN 6000099 PRECEDING AND 1 PRECEDING)"
    by_payer, by_payee = frame.format("payer"), frame.format("payee")
    asked = (
        f"count(*) {by_payer}, coalesce(sum(amount) {by_payer}, 0), min(amount) {by_payer}, max(amount) {by_payer}, "
        f"count(DISTINCT payer) {by_payee}, t - max(t) {by_payer}"
    )
    place = np.arange(rows) - np.searchsorted(times, times)
    assert place.max() < 100
    columns = {"t": times, "payer": keys, "payee": others, "amount": amounts, "o": times * 10_000 + place}
    connection = duckdb.connect()
    connection.register("columns", columns)
    connection.execute("CREATE TABLE h AS SELECT * FROM columns")
    expected = connection.execute(f"SELECT {asked} FROM h ORDER BY o").fetchall()  # noqa: S608  # written above
    mine = [tuple(None if x == MISSING else x for x in row) for row in zip(*(v.tolist() for v in found), strict=True)]
    assert mine == [tuple(None if x is None else int(x) for x in row) for row in expected]
