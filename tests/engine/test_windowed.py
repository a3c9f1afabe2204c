"""A payment whose windows are read and recorded in one call of a kernel is decided and counted as by the careful way.

Two engines of the same rules have stores with the same secret, so that all that lies in one must lie in the other, word
for word. One goes as quick as it can, the other by the careful way alone; and bugs that are planted in what the kernel
goes by are found.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest

import riskrules as rr
from riskrules.engine.serving import Serving
from riskrules.engine.windowed import Windowed
from riskrules.kernel import desks as k
from riskrules.kernel import windows_layout as w
from riskrules.schema.errors import PaymentError
from riskrules.state import arena
from riskrules.state.memory import MemoryWindows
from riskrules.state.store import WindowConflict

from .window_samples import RULES

KEYS = """
ruleset keys version 2026.1
  currency CNY
  timezone Asia/Shanghai

field payer.device text, optional "The device"
field zone count, optional "A number that is kept"
field house text, optional "A key of the house's own"

window pairs     = count by (payer.device, payee.account) over 24h
window channels  = count by (payer.account, channel) over 24h
window countries = distinct payer.party.country by payee.account over 7d
window houses    = distinct house by payer.device over 24h
window zones     = sum zone by payee.account over this month
window smallest  = min amount by (payer.account, house) over 24h
window yearly    = count by payer.device over this year where status in (settled, initiated)

rule on_pairs
  "Pairs"
  when pairs else 0 >= 2
  then warn
  tell payer "?"

rule at_night
  "At night, again by the same channel"
  when hour < 6
  and  channels >= 3
  then hold
  responsible payer.account

rule the_rest
  "The rest"
  when any of (
    countries >= 2,
    houses else 0 >= 2,
    zones else 0 > 5,
    smallest else 0 CNY > 50 CNY,
    yearly else 0 > 9
  )
  then warn
  tell payer "?"
"""
OTHER_WHERE = """
ruleset other version 2026.1
  currency CNY

window large = count by payer.account over 24h where amount > 100 CNY

rule again
  "Again"
  when large >= 2
  then warn
  tell payer "{large}"
"""
STATUSES = (None, "settled", "settled", "initiated", "cancelled", "failed")
IDS = (*("a", "b", "账户", "é" * 9, "x" * 64, "y" * 200, "a:b", "1:a", "\U0001f600"), *(f"id-{i}" for i in range(40)))
ODD: tuple[object, ...] = ("", "x\0y", "x\ud800", 5, "z" * 600, ["a"], "租" * 257)
BEGAN = datetime(2026, 3, 30, 20, tzinfo=UTC)
EVENTS = 1_500
SEEDS = range(4)
SMALL = 60
"""Keys of the store of the last seed."""


def made(r: Random, number: int, seen: Counter[str]) -> Any:
    """A payment: mostly plain and in order of time, at times not."""
    when = BEGAN + timedelta(minutes=7 * number, seconds=r.choice((0, 0, 0, -3600, 1)))
    amount = f"{r.randrange(1, 200_00) / 100:.2f}"
    event: dict[str, Any] = {
        "id": f"p{number}" if r.random() < 0.93 else f"p{r.randrange(number + 1)}",
        "occurred_at": r.choice((*[when.isoformat()] * 6, when)),
        "amount": r.choice((*[amount] * 9, Decimal(amount), float(amount), int(float(amount)) + 1)),
        "channel": r.choice(("mobile", "online", "counter")),
        "payer": {"account": {"id": r.choice(IDS), "institution": "A"}, "device": r.choice(IDS)},
        "payee": {"account": {"id": r.choice(IDS), "institution": "B"}},
    }
    for key, values in (("house", IDS), ("zone", (0, 1, 7, "3", 2.0)), ("status", STATUSES), ("currency", ("CNY",))):
        if r.random() < 0.6:
            event[key] = r.choice(values)
    if r.random() < 0.3:
        event["payer"]["party"] = {"country": r.choice(("CN", "DE", "HK", "cn"))}
    if r.random() < 0.2:
        event["payee"]["merchant"] = {"id": r.choice(IDS), "acquirer": "C"}
    chance = r.random()
    if chance < 0.12:
        path = r.choice((("id",), ("payer", "account", "id"), ("payee", "account", "id"), ("payer", "device"),
                         ("house",), ("status",), ("channel",), ("zone",), ("amount",), ("occurred_at",),
                         ("payee", "merchant")))  # fmt: skip
        holder = event
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = r.choice((*ODD, None, None, None, {"id": r.choice(ODD)}))
        seen["something odd"] += 1
    elif chance < 0.15:
        return OrderedDict(event)
    return event


def told(call: Callable[[], Any]) -> Any:
    """What comes of it, in plain values."""
    try:
        decision = call()
        if not isinstance(decision, rr.Decision):
            return decision
        before = decision.facts.before
        facts = dict(decision.facts.values), tuple(before.held), before.names, before.unread, before.because
    except (PaymentError, WindowConflict) as error:
        return type(error).__name__, str(error)
    return decision.act, decision.score, decision.fired, decision.lifted, decision.degraded, decision.id, *facts


def kept(store: MemoryWindows) -> Any:
    """All that a store holds but the words to work in."""
    memory = store.memory.copy()
    work = int(memory[w.WORK])
    memory[work : work + w.WORK_WORDS] = 0
    return memory


def careful(rules: rr.Rules, store: MemoryWindows) -> rr.Engine:
    """An engine that never takes the quick way."""
    engine = rr.Engine(rules, windows=store)
    engine._serving._windowed = engine._serving._desk().telling = None
    return engine


def compare_all(text: str, seen: Counter[str], plant: Callable[[Windowed], None] | None = None) -> None:
    """Histories of several seeds, in stores of their own."""
    for seed in SEEDS:
        compare(text, seed, seen, plant)


def compare(text: str, seed: int, seen: Counter[str], plant: Callable[[Windowed], None] | None = None) -> None:
    """Many events to both; AssertionError where they differ."""
    r, rules = Random(seed), rr.loads(text)
    most_keys = SMALL if seed == SEEDS[-1] else 5_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arena, "new_secret", lambda: bytes(range(16)))
        stores = [MemoryWindows(most_bytes=8 << 20, most_keys=most_keys, most_ids=600) for _ in range(2)]
    engines = rr.Engine(rules, windows=stores[0]), careful(rules, stores[1])
    if plant is not None:
        windowed = engines[0]._serving._windowed
        assert windowed is not None
        plant(windowed)
    with pytest.MonkeyPatch.context() as patch:
        watch(patch, seen)
        events: list[Any] = []
        for number in range(EVENTS):
            event = made(r, number, seen) if not events or r.random() < 0.94 else r.choice(events[-40:])
            events.append(event)
            way = r.choice(("process",) * 30 + ("decide",) * 5 + ("record",) * 4 + ("report",))
            answers = [told(_calls(engine, way, event, number)) for engine in engines]
            assert answers[0] == answers[1], (seed, number, way, event)
            seen[way] += 1
            seen[answers[1][0] if answers[1] and isinstance(answers[1], tuple) else "record"] += 1
            seen["a second time"] += answers[1] is False
            seen["stopped"] += way == "process" and str(answers[1][0]).startswith(("hold", "reject"))
            seen["unavailable"] += isinstance(answers[1], tuple) and len(answers[1]) > 2 and bool(answers[1][-2])
            if number % 50 == 0 or number == EVENTS - 1:
                assert np.array_equal(kept(stores[0]), kept(stores[1])), (seed, number, way, event)
    seen["evicted"] += stores[0].stats().evicted_keys


def _calls(engine: rr.Engine, way: str, event: Any, number: int) -> Callable[[], Any]:
    if way == "report":
        report = {**event, "id": f"r{number}"}
        return lambda: engine.record(report, event="report")
    if way == "record":
        return lambda: engine.record(event)
    return lambda: engine.process(event) if way == "process" else engine.decide(event)


def watch(patch: pytest.MonkeyPatch, seen: Counter[str]) -> None:
    """Count what the quick ways answer."""
    for name in ("process_at_once", "_at_once"):
        true = getattr(Serving, name)

        def counted(serving: Serving, *given: Any, name: str = name, true: Any = true) -> Any:
            found = true(serving, *given)
            if serving._windowed is not None:
                seen[f"{name}: {'left' if found is None else 'taken'}"] += 1
            return found

        patch.setattr(Serving, name, counted)


@pytest.mark.parametrize("text", [RULES, KEYS], ids=["windows", "keys"])
def test_all_at_once_is_as_one_after_the_other(text: str) -> None:
    """The same decisions, on the same values, the same errors, and the same store, of payments good, odd, late, told
    twice, told otherwise, and held."""
    seen: Counter[str] = Counter()
    compare_all(text, seen)
    assert seen["process_at_once: taken"] > 400, seen
    assert min(seen[x] for x in ("process_at_once: left", "_at_once: taken", "_at_once: left")) > 150, seen
    assert min(seen[x] for x in ("PaymentError", "something odd", "WindowConflict")) > 50, seen
    assert min(seen[x] for x in ("a second time", "stopped")) > 10, seen
    assert seen["unavailable"] > 50, seen
    assert seen["evicted"] > 50, seen


def test_a_condition_on_more_than_the_status_is_left_to_the_careful_way() -> None:
    """The windows are read at once all the same, and what is recorded is what the condition says."""
    seen: Counter[str] = Counter()
    compare(OTHER_WHERE, 1, seen)
    assert seen["process_at_once: taken"] == 0
    assert seen["_at_once: taken"] > 100, seen


def _other(at: int, by: int) -> Callable[[Windowed], None]:
    """A word of the plan is another."""

    def plant(windowed: Windowed) -> None:
        windowed.words[at] += by

    return plant


def _row(row: int, at: int, to: int) -> Callable[[Windowed], None]:
    """So is one that lies where another says."""

    def plant(windowed: Windowed) -> None:
        windowed.words[int(windowed.words[row]) + at] = to

    return plant


def _in_every_part(at: int, to: int) -> Callable[[Windowed], None]:
    """A word of each part of each text is this."""

    def plant(windowed: Windowed) -> None:
        words, row = windowed.words, int(windowed.words[k.L_TEXT_ROWS])
        for _ in range(words[k.L_TEXTS]):
            for part in range(words[row]):
                words[row + 1 + k.PART_WIDTH * part + at] = to
            row += 1 + k.PART_WIDTH * int(words[row])

    return plant


def _never_turned(windowed: Windowed) -> None:
    windowed.turn(10**15)
    at = int(windowed.words[k.L_TIME_ROWS])
    windowed.words[at], windowed.words[at + 1] = 10**15, 2**60
    windowed._times = -(2**60), 2**60


def _parties_turned_round(windowed: Windowed) -> None:
    at = int(windowed.words[k.L_PARTY_ROWS])
    windowed.words[at], windowed.words[at + 2] = windowed.words[at + 2], windowed.words[at]


PLANTED = {
    "the id begins otherwise": _other(k.L_NAME, 1),
    "one window fewer is read": _other(k.L_READINGS, -1),
    "texts of any length are keys": _in_every_part(1, 10**6),
    "ids may be of any length": _other(k.L_LONGEST, 10**6),
    "a key may be missing": _in_every_part(2, 1),
    "no status is none that took effect": _row(k.L_BITS, 0, 0),
    "whatever failed took effect": _row(k.L_BITS, 3, 2**20 - 1),
    "the payer is the payee": _parties_turned_round,
    "the day never ends": _never_turned,
}
ON_KEYS = {"texts of any length are keys"}
"""Found where a text is a key and nothing else."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_bug_in_what_the_kernel_goes_by_is_found(name: str) -> None:
    """The comparison differs for each."""
    with pytest.raises(AssertionError):
        compare_all(KEYS if name in ON_KEYS else RULES, Counter(), PLANTED[name])


COUNTED = """
ruleset counted version 2026.1
  currency CNY

window sent = count by payer.account over 24h

rule many
  "Many"
  when sent >= 1_000_000
  then warn
  tell payer "?"
"""
THREADS, EACH = 6, 150


def numbers_seen(others: bool) -> list[int]:
    """What each of many payments of one payer, at one instant and in many threads, saw before it, in order. Half go at
    once and half in two steps. `others`: whether the former mind the latter."""
    engine = rr.Engine(rr.loads(COUNTED))
    if not others:
        windowed = engine._serving._windowed
        assert windowed is not None
        tell = windowed.tell
        windowed.tell = lambda *given: tell(*given[:3])  # type: ignore[method-assign]  # the bug that is planted
    seen: list[int] = []

    def work(thread: int) -> None:
        for i in range(EACH):
            event = {
                "id": f"{thread}-{i}", "occurred_at": BEGAN.isoformat(), "amount": "1.00",
                "payer": {"account": {"id": "a"}}, "payee": {"account": {"id": "b"}},
            }  # fmt: skip
            if (thread + i) % 2:
                event["amount"] = "00000000000000000000000000000001.00"
            seen.append(engine.process(event).facts.before.held[0])

    threads = [threading.Thread(target=work, args=(t,)) for t in range(THREADS)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(before)
    return sorted(seen)


def test_nobody_comes_between_reading_and_recording() -> None:
    """Each payment sees all that were recorded before it, whichever way either goes."""
    for _ in range(3):
        assert numbers_seen(others=True) == list(range(THREADS * EACH))


def test_who_minds_nobody_is_found() -> None:
    """Without that care some two see the same."""
    assert any(numbers_seen(others=False) != list(range(THREADS * EACH)) for _ in range(20))


MANY_TOLD = """
ruleset told version 2026.1
  currency CNY

field payer.device text, optional "The device"
field house text, optional "A key of the house's own"
field lane text, optional "Another"
field tier text, optional "And another"

window large   = count by payer.account over 24h where amount > 100 CNY
window devices = distinct payer.device by payer.account over 24h
window houses  = distinct house by payer.account over 24h
window lanes   = distinct lane by payer.account over 24h
window tiers   = distinct tier by payer.account over 24h

rule many
  "Many"
  when any of (large >= 9, devices >= 9, houses >= 9, lanes >= 9, tiers >= 9)
  then warn
  tell payer "?"
"""


def test_what_is_not_laid_out_has_no_length() -> None:
    """Where the kernel only asks, no text beyond those that it asks by is looked for in the place where it lays them
    out: not by the lengths either that a payment of before had, which are told when the series of the store change."""
    store = MemoryWindows(most_bytes=8 << 20, most_keys=5_000, most_ids=600)
    engine = rr.Engine(rr.loads(MANY_TOLD), windows=store)
    windowed = engine._serving._windowed
    assert windowed is not None and not windowed.tells
    long = "\U0001f600" * 256
    event: dict[str, Any] = {
        "id": "p1", "occurred_at": BEGAN.isoformat(), "amount": "500.00", "house": long, "lane": long, "tier": long,
        "payer": {"account": {"id": "a"}, "device": long}, "payee": {"account": {"id": "b"}},
    }  # fmt: skip
    engine.process(event)
    other = rr.Engine(rr.loads(COUNTED), windows=store)
    direct: Any = windowed.ask.__self__  # type: ignore[attr-defined]  # a method of the way into the store
    told, room = direct._told["payment"], direct._event.nbytes - direct._told["payment"].texts_at
    at = told.given_at // w.WORD_BYTES + w.T_GIVEN
    lengths = direct._event[at : at + int(direct._event[w.T_TEXTS])]
    assert engine.process({**event, "id": "p2"}).facts.before.held[0] == 1
    assert len(lengths) == 5 and int(lengths.clip(0).sum()) < room
    assert (lengths[int(windowed.words[k.L_ASKED]) :] == -1).all()
    assert other.rules.name == "counted"


def test_a_kernel_that_fails_to_record_is_not_believed() -> None:
    """One that ran out of memory answers zero. The payment is then recorded the careful way, once."""
    engine = rr.Engine(rr.loads(COUNTED))
    windowed = engine._serving._windowed
    assert windowed is not None
    way = windowed.ask.__self__._way  # type: ignore[attr-defined]  # a method of the way into the store
    kernel = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)
    whole, asked = kernel(int(way[w.W_KERNEL])), Counter[int]()

    def failing(which: int, memory: int, question: int, event: int) -> int:
        asked[which] += 1
        return int(whole(which, memory, question, event)) if which == w.ASK else 0

    fails = kernel(failing)
    way[w.W_KERNEL] = ctypes.cast(fails, ctypes.c_void_p).value
    event: dict[str, Any] = {
        "id": "p1", "occurred_at": BEGAN.isoformat(), "amount": "99.00",
        "payer": {"account": {"id": "a"}}, "payee": {"account": {"id": "b"}},
    }  # fmt: skip
    engine.process(event)
    assert engine.process({**event, "id": "p2"}).facts.before.held[0] == 1
    assert engine.record(event) is False
    assert asked[w.TELL] > 0


SHOWN = COUNTED.replace("sent >= 1_000_000", "amount > 50 CNY").replace('"?"', '"{sent} before this one"')


def test_a_window_that_only_a_message_shows_is_read() -> None:
    """Whichever way a payment goes, the message has the number, and a key that does not fit is refused."""
    engine = rr.Engine(rr.loads(SHOWN))
    event: dict[str, Any] = {
        "id": "p1", "occurred_at": BEGAN.isoformat(), "amount": "99.00",
        "payer": {"account": {"id": "a"}}, "payee": {"account": {"id": "b"}},
    }  # fmt: skip
    engine.record(event)
    later = {**event, "id": "p2"}
    ways = (engine.decide(later), engine.decide(OrderedDict(later)), engine.process(later))
    assert [decision.notices[0].text for decision in ways] == ["1 before this one"] * len(ways)
    with pytest.raises(PaymentError, match="is empty"):
        engine.decide({**later, "payer": {"account": {"id": ""}}})
