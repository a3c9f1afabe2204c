"""All ways to a window's value agree to the last unit, on a quarter of a million random steps.

`python -m tests.windows` does the same at any length. The reference itself is compared here with a walk that is plainer
still, because all else leans on it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
from agreement_run import LATENESS_US, Make, Ran, history, run
from contestants import KINDS, redis_is_here, stop_servers
from reference import Kept, ListWindows, within
from replay_agreement import Given, replay_not_found, replay_run
from steps import Steps
from window_plans import PLAN, earliest_us

from riskrules.schema import kinds as k
from riskrules.state.replay import Texts
from riskrules.state.store import Happened, Moment

MEMORY_STEPS = 90_000
KEPT_STEPS = 15_000
REDIS_STEPS = 20_000
REPLAY_ROWS = 4_000
REPLAYS = 10


@pytest.fixture(scope="module", autouse=True)
def _servers() -> Iterator[None]:
    yield
    stop_servers()


def agreed(ran: Ran) -> None:
    """Nothing was found, by steps that met all that they should."""
    assert ran.found == ""
    assert ran.missed == []


@pytest.mark.parametrize("seed", [1, 101])
def test_memory_agrees_with_the_lists(seed: int) -> None:
    """Every answer in memory, either way, is that of the lists, and it knows whatever is no older than it waits for."""
    agreed(run({name: KINDS[name] for name in ("memory", "direct")}, MEMORY_STEPS, seed))


def test_kept_memory_agrees_with_the_lists() -> None:
    """A journal in a folder changes no answer."""
    agreed(run({name: KINDS[name] for name in ("kept memory", "kept direct")}, KEPT_STEPS, 201))


def test_redis_agrees_with_the_lists() -> None:
    """Every answer of a real server is that of the lists."""
    if not redis_is_here():
        assert os.environ.get("CI") != "true", "CI needs a redis-server or valkey-server on the path"
        pytest.skip("there is no redis-server or valkey-server on the path")
    agreed(run({"redis": KINDS["redis"]}, REDIS_STEPS, 301, a_history=REDIS_STEPS // 4))


def test_the_replay_agrees_with_the_lists() -> None:
    """A history in order, in batches of any size, has the values that payment by payment would have had."""
    seen: Counter[str] = Counter()
    for seed in range(1, REPLAYS + 1):
        assert replay_run(REPLAY_ROWS, seed, seen) == ""
    assert replay_not_found(seen) == []


def _report_when_paid(given: Given) -> Given:
    times, fields, rows, since = given
    return times, fields, [each._replace(times_us=times) for each in rows], since


def _repeats_counted(given: Given) -> Given:
    times, fields, rows, since = given
    key = fields["payer.account"].codes >= 0
    return times, fields, [rows[0]._replace(moves=key), *rows[1:]], since


def _words_in_order(given: Given) -> Given:
    times, fields, rows, since = given
    return times, {name: Texts(each.codes, sorted(each.words)) for name, each in fields.items()}, rows, since


def _since_late(given: Given) -> Given:
    return *given[:3], [each + 1 for each in given[3]]


def _since_early(given: Given) -> Given:
    return *given[:3], [each - 1 for each in given[3]]


def _halves_lost(given: Given) -> Given:
    times, fields, rows, since = given
    values = rows[0].values
    assert isinstance(values, np.ndarray)
    return times, fields, [rows[0]._replace(values=values & (2**53 - 1)), *rows[1:]], since


@pytest.mark.parametrize(
    "bug", [_report_when_paid, _repeats_counted, _words_in_order, _since_late, _since_early, _halves_lost]
)
def test_a_bug_in_what_a_replay_is_given_is_found(bug: Callable[[Given], Given]) -> None:
    """The comparison of replays finds a report at the time of its payment, repeated rows that count, codes that are
    taken for those of another batch, a boundary that is off by a microsecond, amounts cut short."""
    assert any(replay_run(1_500, seed, Counter(), bug) for seed in range(1, 6))


def test_the_reference_is_a_walk_over_everything() -> None:
    """The lists answer as a walk does that looks at every event there ever was and knows nothing of order but the
    order of arrival."""
    lists = ListWindows()
    reference = lists.bind(PLAN)
    r = Random(5)
    steps = Steps(PLAN, LATENESS_US, Counter())
    everything: list[tuple[Happened, int]] = []
    answers = 0
    for _ in range(4_000):
        step = steps.step(r)
        if isinstance(step, Happened):
            if (step.event, step.id) not in {(h.event, h.id) for h, _ in everything} and reference.record(step):
                everything.append((step, len(everything)))
        elif isinstance(step, Moment):
            said = reference.read(step)
            number = r.randrange(len(PLAN.readings))
            assert said.values[number] == _walked(everything, step, number)
            answers += bool(said.values[number])
    assert answers > 700


def _walked(everything: list[tuple[Happened, int]], moment: Moment, number: int) -> int | None:
    reading = PLAN.readings[number]
    key, since_us = moment.keys[reading.lookup], moment.since_us[number]
    covered = [
        (happened.time_us, entry.value)
        for happened, _ in everything
        if since_us <= happened.time_us <= moment.time_us and (happened.event, happened.id) != ("payment", moment.id)
        for entry in happened.entries
        if entry.series == PLAN.lookups[reading.lookup].series and entry.key == key
    ]
    values = [value for _, value in covered]
    total = sum(value for value in values if isinstance(value, int))
    if key is None:
        return None
    match reading.aggregate:
        case "count":
            return len(covered)
        case "sum":
            return total if -(10**18) <= total <= 10**18 else None
        case "distinct":
            return len(set(values))
        case "since":
            return moment.time_us - max(time for time, _ in covered) if covered else None
    numbers = [value for value in values if isinstance(value, int)]
    return (min(numbers) if reading.aggregate == "min" else max(numbers)) if numbers else None


def test_windows_begin_and_end_where_they_say() -> None:
    """An event at the very beginning or end is within, one a microsecond outside is not; nothing is within nothing."""
    events = [Kept(time_us, arrival, 0, ("payment", "x")) for arrival, time_us in enumerate((10, 20, 20, 30))]
    assert [e.time_us for e in within(events, 20, 30)] == [20, 20, 30]
    assert [e.time_us for e in within(events, 21, 29)] == []
    assert [e.time_us for e in within(events, 10, 20)] == [10, 20, 20]
    assert list(within(events, 30, 10)) == []


def test_moments_look_back_as_far_as_the_plan_says() -> None:
    """A calendar month begins on its first day at midnight, and a span is a span."""
    begins = 1_772_323_200_000_000  # 2026-03-01
    assert earliest_us("month", begins + 30 * k.DAY + 5) == begins
    assert earliest_us("month", begins - 1) == begins - 28 * k.DAY
    assert earliest_us("day", begins + k.DAY - 1) == begins
    assert earliest_us(k.HOUR, begins) == begins - k.HOUR


def test_a_history_follows_from_its_seed() -> None:
    """The same seed makes the same steps, so that a failure can be met again."""
    assert history(9, 500) == history(9, 500)
    assert history(9, 500) != history(10, 500)


def test_unmet_shapes_are_told() -> None:
    """A run of a generator that has stopped making something does not pass."""
    makes: dict[str, Make] = {}
    ran = run(makes, 5_000, 1)
    assert ran.missed == []
    ran.seen["record late"] = 0
    assert ran.missed == ["record late: 0"]
