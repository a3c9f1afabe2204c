"""The Redis store beside a plain list: big keys, what is let go, what several versions of a ruleset record."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from redis_plans import (
    AMOUNTS,
    NOW_US,
    NUMBERS,
    PAYEES,
    PLAN,
    all_unavailable,
    count_of,
    happened,
    moment,
    plan_of,
    series,
    store_of,
)
from redis_server import Server
from reference import ListWindows

from riskrules.schema import kinds as k
from riskrules.state.redis import RedisWindows
from riskrules.state.redis_link import Script
from riskrules.state.redis_pieces import SERIES_LETTERS
from riskrules.state.store import Entry, Happened, WindowConflict

STEPS = 4_000
SMALL_NODES = ("LEAF_RECORDS, INNER_ENTRIES = 32, 16", "LEAF_RECORDS, INNER_ENTRIES = 6, 4")
"""With these a few thousand events make a tree of many levels."""
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    shared.command("FLUSHALL")
    return shared


def server_time_us(server: Server) -> int:
    seconds, rest = server.command("TIME")
    return int(seconds) * k.SECOND + int(rest)


def limits(store: RedisWindows, said: str, instead: str) -> None:
    """Changes a limit in the scripts of a store that is not bound yet."""
    assert said in store._read.text
    store._read, store._record = (Script(x.text.replace(said, instead)) for x in (store._read, store._record))


def test_one_big_key_equals_a_list(server: Server) -> None:
    """Over a tree of several levels, made in order, late, tied and anywhere, every reading equals the list's."""
    r = Random(5)
    keep_us = 20_000
    plan = plan_of(series("big", keep_us=keep_us), series("big texts", distinct=True, keep_us=keep_us))
    store = store_of(server.url, lateness=timedelta(microseconds=keep_us))
    limits(store, *SMALL_NODES)
    ours = store.bind(plan)
    lists = ListWindows().bind(plan)
    newest, told, own, past = 0, 0, 0, 0
    for step in range(STEPS):
        shape = r.random()
        time_us = newest + r.choice((0, 1, 5)) if shape < 0.6 else newest - r.randrange(keep_us)
        amount = r.choice((r.randrange(-1_000, 1_000), 2**62, -(2**62), 10**15)) if r.random() < 0.2 else r.randrange(9)
        event = happened(f"{step}", NOW_US + time_us, amount, f"shop{r.randrange(300)}", "big")
        newest = max(newest, time_us)
        assert ours.record(event)
        assert lists.record(event)
        if step % 4 == 0:
            at = newest if r.random() < 0.5 else newest - r.randrange(keep_us)
            id = f"{step - r.randrange(min(step + 1, 50))}" if r.random() < 0.3 else "none"
            asked = moment(plan, NOW_US + at, key="big", id=id)
            asked = asked._replace(since_us=[asked.time_us - r.randrange(keep_us) for _ in plan.readings])
            answers, expected = ours.read(asked), lists.read(asked)
            assert answers.values == expected.values
            assert answers.unavailable == expected.unavailable
            told += sum(1 for value in answers.values if value)
            own += id != "none"
            past += at < newest
    assert (told > STEPS / 2, own > STEPS / 20, past > STEPS / 20) == (True, True, True)
    hashes = server.client().scan_iter(b"riskrules:w:*", _type="hash")
    assert max(struct.unpack_from("<I", server.command("HGET", x, "head"), 36)[0] for x in hashes) >= 5, "a low tree"


def test_old_events_are_let_go_and_this_is_said(server: Server) -> None:
    """A key's memory follows its windows and not its history; what is dropped is unavailable and never missing from
    an answer, and what the lateness promises is answered."""
    keep_us, lateness_us = 10_000, 5_000
    plan = plan_of(series("short", keep_us=keep_us), series("short texts", distinct=True, keep_us=keep_us))
    store = store_of(server.url, lateness=timedelta(microseconds=lateness_us))
    limits(store, *SMALL_NODES)
    bound = store.bind(plan)
    lists = ListWindows().bind(plan)
    r = Random(6)
    sizes, unavailable = [], 0
    for step in range(4_000):
        now_us = NOW_US + step * 40
        event = happened(f"{step}", now_us, step, f"shop{r.randrange(40)}")
        bound.record(event)
        lists.record(event)
        if step % 10 == 0:
            at_us = now_us - r.randrange(3 * keep_us)
            answers, expected = bound.read(moment(plan, at_us)), lists.read(moment(plan, at_us))
            for number, value in enumerate(answers.values):
                if number in answers.unavailable:
                    unavailable += 1
                    assert at_us < now_us - lateness_us
                else:
                    assert value == expected.values[number]
        if step in (1_000, 3_999):
            sizes.append(sum(server.command("MEMORY", "USAGE", x) for x in server.client().scan_iter(b"riskrules:w:*")))
    assert unavailable > 100
    assert sizes[1] < 1.3 * sizes[0]


def test_a_key_lives_as_long_as_it_can_be_read(server: Server) -> None:
    """A key outlives max(its newest event, its recording) by the longest span, the lateness and the lag, and an id by
    what it is remembered for; neither lives without end."""
    for event_us in (server_time_us(server) - 400 * k.DAY, server_time_us(server) + 4 * k.DAY):
        server.command("FLUSHALL")
        bound = store_of(server.url, lag=3 * DAY, lateness=2 * DAY, remember_ids=5 * DAY).bind(PLAN)
        bound.record(happened("a", event_us))
        from_us = max(event_us, server_time_us(server))
        names = list(server.client().scan_iter())
        assert len(names) == len(("store", "id", "amounts", "payees", ":v", ":e"))
        for name in names:
            kind = name.removeprefix(b"riskrules:")[:2]
            if kind == b"st":
                continue
            lives_us = server.command("PTTL", name) * 1_000 + server_time_us(server) - from_us
            least_us = 5 * k.DAY if kind == b"i:" else (30 + 3 + 2) * k.DAY
            assert least_us < lives_us < least_us + 2 * k.HOUR


def age(server: Server) -> None:
    """Makes the store as old as the server's clock, so that anything may have expired."""
    client = server.client()
    client.hset(b"riskrules:store", "began", 0)
    for one in PLAN.series:
        name = one.identity[:SERIES_LETTERS]
        held = client.hget(b"riskrules:store", name)
        client.hset(b"riskrules:store", name, held[:-8] + struct.pack("<d", 0.0))


def test_an_absent_key_is_zero_only_where_it_cannot_have_expired(server: Server) -> None:
    """Of a key that is not there, a reading since s is nothing when s is after the server's time less the hold, and
    unavailable before; also after the key comes back. A young store has lost nothing yet."""
    bound = store_of(server.url, lag=3 * DAY, lateness=2 * DAY, remember_ids=50 * DAY).bind(PLAN)
    hold_us = (30 + 3 + 2) * k.DAY
    edge_us = server_time_us(server) - hold_us
    minute = k.MINUTE
    assert bound.read(moment(PLAN, edge_us + minute, since_us=edge_us - minute)).values[0] == 0
    age(server)
    assert bound.read(moment(PLAN, edge_us + 2 * minute, since_us=edge_us + minute)).values[0] == 0
    assert all_unavailable(bound.read(moment(PLAN, edge_us + 2 * minute, since_us=edge_us - minute)))
    bound.record(happened("a", edge_us + 2 * minute))
    assert bound.read(moment(PLAN, edge_us + 2 * minute, since_us=edge_us + minute)).values[:2] == [1, 100]
    assert all_unavailable(bound.read(moment(PLAN, edge_us + 2 * minute, since_us=edge_us - minute)))
    payment_us = server_time_us(server) - 5 * k.DAY + minute  # as late as is allowed, over the longest span
    assert count_of(bound, payment_us, "bob") == 0


def test_a_payment_older_than_the_ids(server: Server) -> None:
    """A payment that may have been recorded, and whose id may be forgotten, is not read for."""
    bound = store_of(server.url, remember_ids=DAY).bind(PLAN)
    now_us = server_time_us(server)
    old = moment(PLAN, now_us - 2 * k.DAY, id="a", since_us=now_us - 3 * k.DAY)
    assert bound.record(happened("a", now_us - 2 * k.DAY))
    age(server)
    assert bound.read(old).values[0] == 0, "the id is there, so its own event is known"
    assert all_unavailable(bound.read(old._replace(id="b")))
    assert bound.read(moment(PLAN, now_us, id="b", since_us=now_us - 3 * k.DAY)).values[0] == 1


def test_a_new_series_knows_only_what_comes(server: Server) -> None:
    """A series that is new to a store which has recorded is unavailable where it looks back to before; one that it has
    goes on, in any number of processes, and so does a longer window on it."""
    first = store_of(server.url).bind(plan_of(AMOUNTS))
    first.record(Happened("a", "payment", NOW_US, bytes(16), [Entry(0, ("ann",), 5)]))
    longer = series("amounts", keep_us=60 * k.DAY)
    plan = plan_of(longer, PAYEES)
    second = store_of(server.url).bind(plan)
    answers = second.read(moment(plan, NOW_US))
    assert answers.values == [1, 5, 5, 5, 0, None]
    assert answers.unavailable == (len(NUMBERS),)
    second.record(happened("b", NOW_US + 1))
    assert second.read(moment(plan, NOW_US + 1, since_us=NOW_US + 1)).values == [1, 100, 100, 100, 0, 1]
    third = store_of(server.url).bind(plan)
    assert third.read(moment(plan, NOW_US + 1, since_us=NOW_US)).unavailable == (len(NUMBERS),)


def test_a_longer_span_does_not_vouch_for_what_expired(server: Server) -> None:
    """When a window grows, keys that were kept for the shorter one may be gone: absent keys are unavailable as far
    back as that, until all that may be read has been kept for the longer one."""
    lags = {"lag": 3 * DAY, "lateness": 2 * DAY, "remember_ids": 90 * DAY}
    store_of(server.url, **lags).bind(PLAN).record(happened("a", server_time_us(server)))
    age(server)
    plan = plan_of(series("amounts", keep_us=60 * k.DAY))
    bound = store_of(server.url, **lags).bind(plan)
    now_us = server_time_us(server)
    assert bound.read(moment(plan, now_us, key="bob", since_us=now_us - 34 * k.DAY)).values[0] == 0
    assert all_unavailable(bound.read(moment(plan, now_us, key="bob", since_us=now_us - 36 * k.DAY)))
    assert not bound.read(moment(plan, now_us + 61 * k.DAY, key="bob", since_us=now_us + k.DAY)).unavailable


def test_an_older_version_that_records_is_noticed(server: Server) -> None:
    """While a process records that does not know a series, the series does not claim to know those events."""
    old = store_of(server.url).bind(plan_of(AMOUNTS))
    new = store_of(server.url).bind(PLAN)
    new.record(happened("a", NOW_US))
    assert not new.read(moment(PLAN, NOW_US)).unavailable
    old.record(Happened("b", "payment", NOW_US + 1, bytes(16), [Entry(0, ("ann",), 5)]))
    answers = new.read(moment(PLAN, NOW_US + 1))
    assert answers.values[:2] == [2, 105]
    assert answers.unavailable == (len(NUMBERS),)
    new.record(happened("c", NOW_US + 2))
    assert new.read(moment(PLAN, NOW_US + 2, since_us=NOW_US + 2)).values[-1] == 1


def test_series_of_old_rules_leave(server: Server) -> None:
    """What no process keeps any more is forgotten when one starts; a process that does keep it goes on, and claims
    nothing of the time between."""
    for version in range(20):
        plan = plan_of(AMOUNTS, series(f"of version {version}"))
        bound = store_of(server.url).bind(plan)
        bound.record(Happened(f"{version}", "payment", NOW_US + version, bytes(16), [Entry(0, ("ann",), 5)]))
        if version == 3:
            old = bound
    assert server.command("HLEN", b"riskrules:store") < 15
    asked = moment(plan, NOW_US + 30)
    answers = old.read(asked)
    assert answers.values[:2] == [20, 100]
    assert answers.unavailable == tuple(range(len(NUMBERS), 2 * len(NUMBERS)))
    old.record(Happened("x", "payment", NOW_US + 25, bytes(16), [Entry(1, ("ann",), 7)]))
    assert old.read(moment(plan, NOW_US + 30, since_us=NOW_US + 20)).values[5:7] == [1, 7]


@pytest.mark.parametrize(
    ("limit", "made"), [("MOST_EVENTS = 4194304", "MOST_EVENTS = 300"), ("", "")], ids=["few", "the usual"]
)
def test_a_key_has_a_most_of_events(server: Server, limit: str, made: str) -> None:
    """A key with more events than are kept lets go of its oldest, and says so; what it tells is exact."""
    store = store_of(server.url)
    limits(store, limit, made)
    bound = store.bind(PLAN)
    for number in range(1_000):
        bound.record(happened(f"{number}", NOW_US + number, payee=f"shop{number}"))
    answers = bound.read(moment(PLAN, NOW_US + 1_000))
    assert len(answers.unavailable) == (len(PLAN.readings) if limit else 0)
    near = bound.read(moment(PLAN, NOW_US + 1_000, since_us=NOW_US + 800))
    assert near.values == [200, 20_000, 100, 100, 1, 200]


def test_texts_seen_later_are_counted_up_to_a_limit(server: Server) -> None:
    """To count the texts before a payment, those seen again after it are asked for one by one, up to a limit; beyond
    it the reading is unavailable, and no other is."""
    store = store_of(server.url)
    limits(store, "MOST_ASKED = 4096", "MOST_ASKED = 10")
    bound = store.bind(PLAN)
    for number in range(50):
        bound.record(happened(f"{number}", NOW_US + number, payee=f"shop{number % 25}"))
    assert bound.read(moment(PLAN, NOW_US + 39)).values[-1] == 25
    answers = bound.read(moment(PLAN, NOW_US + 38))
    assert answers.unavailable == (len(NUMBERS),)
    assert answers.values[0] == 39


def test_ids_of_payments_and_reports_do_not_meet(server: Server) -> None:
    """An id counts once as a payment and once as a report; other content is a conflict, and then nothing changes."""
    bound = store_of(server.url).bind(plan_of(AMOUNTS, series("reports", event="report")))
    payment = Happened("a", "payment", NOW_US, bytes(16), [Entry(0, ("ann",), 1)])
    report = Happened("a", "report", NOW_US, bytes(16), [Entry(1, ("ann",), 1)])
    assert [bound.record(x) for x in (payment, report, payment, report)] == [True, True, False, False]
    before = {x: server.client().dump(x) for x in server.client().scan_iter()}
    with pytest.raises(WindowConflict):
        bound.record(payment._replace(content=b"x" * 16, time_us=NOW_US + 1))
    assert {x: server.client().dump(x) for x in server.client().scan_iter()} == before


def test_keys_that_read_alike_are_apart(server: Server) -> None:
    """The parts of a key never run together."""
    plan = plan_of(AMOUNTS)
    bound = store_of(server.url).bind(plan)
    bound.record(Happened("1", "payment", NOW_US, bytes(16), [Entry(0, ("ab", "c"), 1)]))
    for parts, expected in ((("ab", "c"), 1), (("a", "bc"), 0), (("abc",), 0), (("ab", "c", ""), 0)):
        asked = moment(plan, NOW_US)._replace(keys=[parts])
        assert bound.read(asked).values[0] == expected


@pytest.mark.parametrize("wrong", [{"content": b"short"}, {"time_us": 2**53}, {"entries": [Entry(0, ("ann",), 2**63)]}])
def test_what_cannot_be_kept_exactly_is_refused(server: Server, wrong: dict[str, object]) -> None:
    """Nothing is rounded: such an event is refused before anything is sent."""
    bound = store_of(server.url).bind(PLAN)
    with pytest.raises(ValueError):
        bound.record(happened("a", NOW_US)._replace(**wrong))
    assert count_of(bound, NOW_US) == 0


def test_a_sum_beyond_what_can_be_told(server: Server) -> None:
    """A sum above 10**18 is unavailable and comes back when it is smaller; it never wraps."""
    bound = store_of(server.url).bind(PLAN)
    for number in range(40):
        bound.record(happened(f"{number}", NOW_US, 2**62))
    assert bound.read(moment(PLAN, NOW_US)).unavailable == (1,)
    for number in range(40, 80):
        bound.record(happened(f"{number}", NOW_US, -(2**62)))
    assert bound.read(moment(PLAN, NOW_US)).values[:4] == [80, 0, -(2**62), 2**62]


def test_a_reading_costs_no_more_on_a_busy_key(server: Server) -> None:
    """What the server does for a reading grows with the logarithm of a key's events: a key with thirty times as many is
    nowhere near thirty times as dear."""
    bound = store_of(server.url).bind(PLAN)
    costs = []
    for events, key in ((200, "calm"), (6_000, "busy")):
        for number in range(events):
            bound.record(happened(f"{key}{number}", NOW_US + number * 1_000, number, f"shop{number % 50}", key))
        costs.append(min(_cost(bound, server, key, events) for _ in range(5)))
    assert costs[1] < 5 * costs[0]


def _cost(bound: object, server: Server, key: str, events: int) -> float:
    """Seconds of the server's own processor time for fifty readings over spans of all lengths."""
    before = _processor_seconds(server)
    for number in range(50):
        since_us = NOW_US + events * 20 * number
        answers = bound.read(moment(PLAN, NOW_US + events * 1_000, key=key, since_us=since_us))  # type: ignore[attr-defined]  # a bound store
        assert answers.values[0] == events - -(-(since_us - NOW_US) // 1_000)
    return _processor_seconds(server) - before


def _processor_seconds(server: Server) -> float:
    told = server.client().info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


def test_a_day_of_waiting_is_no_day_of_memory(server: Server) -> None:
    """Ids that are older than they are remembered leave the server by themselves."""
    bound = store_of(server.url, remember_ids=timedelta(seconds=1)).bind(PLAN)
    bound.record(happened("a", server_time_us(server)))
    (id_key,) = server.client().scan_iter(b"riskrules:i:*")
    server.command("PEXPIRE", id_key, server.command("PTTL", id_key) - k.HOUR // 1_000)
    time.sleep(1.2)
    assert server.command("EXISTS", id_key) == 0
