"""What do windows add to the decision of one payment, and does an event cost more on a key that has many?

    python benchmarks/windows_online.py [--repeats 9] [--events 1_000_000] [--seed 7]

First: 200 rules over 40 fields of a payment that is a dict, decided without windows; with ten windows, over five keys,
read; and read and recorded, in one call (`process`) and in two (`decide`, `record`). They take turns, and the median of
the repeats counts. No action is above delay, so that every payment is recorded. Wanted: what reads and records takes at
most twice the first. What fires is checked before against rules and windows worked out here, the slow way.

Second: events of one key, from 10^3 of them on, recorded and read. Wanted: an event costs no more.

Times are of the processor, by one thread.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import riskrules as rr
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.store import Bound, Entry, Happened, Moment

Event: TypeAlias = dict[str, Any]
Test: TypeAlias = Callable[[Event], bool]
RULES, NUMBERS, TEXTS, YES_NOS, WORDS = 200, 20, 10, 10, 50
ACTIONS = ("warn", "verify", "delay 24h")
PAYMENTS, CHECKED, KEYS = 2000, 400, 50
BEGAN = datetime(2026, 6, 15, tzinfo=UTC)
WINDOWS = (
    ("count", "payer.account", 1, 3),
    ("sum amount", "payer.account", 24, 5000_00),
    ("max amount", "payer.account", 168, 990_00),
    ("distinct payee.account", "payer.account", 24, 8),
    ("count", "payee.account", 1, 3),
    ("sum amount", "payee.account", 168, 5000_00),
    ("count", "payer.device", 24, 8),
    ("sum amount", "payer.device", 24, 5000_00),
    ("count", "payee.merchant", 1, 3),
    ("sum amount", "payee.merchant", 168, 5000_00),
)
"""What is counted, by what, over how many hours, and the value beyond which a rule fires."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
CALLS = 500
SECOND_US = 1_000_000


def conditions(chance: random.Random) -> list[tuple[str, Test]]:
    """Two to five conditions, each as the author writes it and as what it means."""
    made: list[tuple[str, Test]] = []
    for _ in range(chance.randint(2, 5)):
        kind = chance.random()
        if kind < 0.55:
            percent = chance.choice((5, 20, 50, 80, 95))
            made.append(number(f"n{chance.randrange(NUMBERS)}", chance.choice("<>"), percent))
        elif kind < 0.88:
            words = chance.sample(range(WORDS), 1 if kind < 0.75 else 8)
            made.append(text(f"c{chance.randrange(TEXTS)}", [f"word{x}" for x in words]))
        else:
            made.append(yes(f"b{chance.randrange(YES_NOS)}"))
    return made


def number(name: str, sign: str, percent: int) -> tuple[str, Test]:
    bound = percent / 100
    written = f"{name} {sign} {bound}"
    return written, (lambda p: p[name] > bound) if sign == ">" else (lambda p: p[name] < bound)


def text(name: str, words: list[str]) -> tuple[str, Test]:
    listed = ", ".join(f'"{word}"' for word in words)
    return f"{name} in ({listed})" if len(words) > 1 else f"{name} = {listed}", lambda p: p[name] in words


def yes(name: str) -> tuple[str, Test]:
    return name, lambda p: bool(p[name])


def ruleset(rules: list[list[tuple[str, Test]]], windows: bool) -> str:
    """The rules as a file. With windows, each of the first ten has a condition on one of them more."""
    lines = ["ruleset bench version 2026.1", "  currency CNY", ""]
    lines += [f'field n{i} number, from 0 to 1 "n{i}"' for i in range(NUMBERS)]
    lines += [f'field c{i} text "c{i}"' for i in range(TEXTS)] + [f'field b{i} yes/no "b{i}"' for i in range(YES_NOS)]
    if windows:
        lines += [f"window w{i} = {of} by {key} over {hours}h" for i, (of, key, hours, _) in enumerate(WINDOWS)]
    for j, rule in enumerate(rules):
        written = [condition for condition, _ in rule]
        if windows and j < len(WINDOWS):
            of, _, _, limit = WINDOWS[j]
            money = f"w{j} else 0 CNY > {limit / 100:.2f} CNY"
            written[0] = money if "amount" in of else f"w{j} else 0 > {limit}"
        lines += ["", f"rule r{j}", f'  "rule {j}"', "  when " + "\n  and  ".join(written)]
        lines += [f"  then {ACTIONS[j % len(ACTIONS)]}", "  responsible payee.account"]
    return "\n".join(lines) + "\n"


def payments(chance: random.Random) -> list[Event]:
    """In order of time, half a minute apart."""
    return [
        {
            "id": f"payment-{i}",
            "occurred_at": (BEGAN + timedelta(seconds=30 * i)).isoformat(),
            "amount": f"{chance.randrange(100, 1000_00) / 100:.2f}",
            "currency": "CNY",
            "payer": {"account": account(chance, "payer"), "device": f"device-{chance.randrange(KEYS)}"},
            "payee": {"account": account(chance, "payee"), "merchant": merchant(chance)},
            **{f"n{x}": chance.random() for x in range(NUMBERS)},
            **{f"c{x}": f"word{chance.randrange(WORDS)}" for x in range(TEXTS)},
            **{f"b{x}": chance.random() < 0.1 for x in range(YES_NOS)},
        }
        for i in range(PAYMENTS)
    ]


def account(chance: random.Random, of: str) -> dict[str, str]:
    return {"id": f"{of}-{chance.randrange(KEYS):012d}", "institution": "BANK-A"}


def merchant(chance: random.Random) -> dict[str, str]:
    return {"id": f"merchant-{chance.randrange(KEYS)}", "acquirer": "BANK-B"}


def moved(event: Event) -> tuple[datetime, int, dict[str, object]]:
    """When, how much, and every key that a window goes by."""
    parts = {f"{side}.{name}": str(event[side][name]) for side in ("payer", "payee") for name in event[side]}
    return datetime.fromisoformat(event["occurred_at"]), round(100 * float(event["amount"])), {**parts}


def expected(rules: list[list[tuple[str, Test]]], event: Event, before: list[Event]) -> set[str]:
    """What fires, the windows worked out from a list of what was recorded."""
    now, _, keys = moved(event)
    history = [moved(other) for other in before]
    fired = set()
    for j, rule in enumerate(rules):
        tests = [test for _, test in rule]
        if j < len(WINDOWS):
            of, key, hours, limit = WINDOWS[j]
            seen = [x for x in history if x[2][key] == keys[key] and now - timedelta(hours=hours) <= x[0] <= now]
            if of == "count":
                value = len(seen)
            elif of.startswith("distinct"):
                value = len({x[2]["payee.account"] for x in seen})
            else:
                value = (sum if of.startswith("sum") else max)([0, *(x[1] for x in seen)])
            if value <= limit:
                continue
            tests = tests[1:]
        if all(test(event) for test in tests):
            fired.add(f"r{j}")
    return fired


def check(engine: rr.Engine, rules: list[list[tuple[str, Test]]], events: list[Event]) -> int:
    """How many of the rules with a window fired. AssertionError when anything else fires than should."""
    seen = 0
    for i, event in enumerate(events[:CHECKED]):
        fired = set(engine.decide(event).fired)
        assert fired == expected(rules, event, events[:i]), event["id"]
        seen += len(fired & {f"r{j}" for j in range(len(WINDOWS))})
        assert engine.record(event)
    return seen


def microseconds(call: Callable[[int], object], start: int, calls: int) -> float:
    """Of processor, a call."""
    gc.collect()
    began = time.process_time()
    for i in range(start, start + calls):
        call(i)
    return (time.process_time() - began) / calls * 1e6


def one_payment(repeats: int, seed: int) -> None:
    """Prints what windows add to a decision."""
    chance = random.Random(seed)
    rules = [conditions(chance) for _ in range(RULES)]
    rules = [*(rule[:2] for rule in rules[: len(WINDOWS)]), *rules[len(WINDOWS) :]]
    events = payments(chance)
    plain = rr.Engine(rr.loads(ruleset(rules, False), "plain.risk"))
    with_windows = rr.loads(ruleset(rules, True), "windows.risk")
    seen = check(rr.Engine(with_windows, windows=MemoryWindows()), rules, events)
    print(f"what fires is right for {CHECKED} payments; rules with a window fired {seen} times")
    reads = rr.Engine(with_windows, windows=MemoryWindows())
    for event in events:
        reads.record(event)

    def decide_and_record(engine: rr.Engine) -> Callable[[int], object]:
        return lambda i: (engine.decide(events[i]), engine.record(events[i]))

    def process(engine: rr.Engine) -> Callable[[int], object]:
        return lambda i: engine.process(events[i])

    timed: dict[str, list[float]] = {
        "decided": [],
        "ten windows read": [],
        "read and recorded": [],
        "the same in two calls": [],
    }
    for _ in range(1 + repeats):
        one, two = (rr.Engine(with_windows, windows=MemoryWindows()) for _ in range(2))
        calls = (
            lambda i: plain.decide(events[i]),
            lambda i: reads.decide(events[i]),
            process(one),
            decide_and_record(two),
        )
        for took, call in zip(timed.values(), calls, strict=True):
            took.append(microseconds(call, 0, PAYMENTS))
    medians = {name: statistics.median(took[1:]) for name, took in timed.items()}
    for name, median in medians.items():
        print(f"  {name:22} {median:7.2f} us, {median / medians['decided']:.2f} x")


def reader(bound: Bound, moment: Moment) -> Callable[[int], object]:
    return lambda _: bound.read(moment)


def one_key(most: int) -> None:
    """Prints the cost of an event of a key that has few, and of one that has many."""
    keep = 3600 * SECOND_US
    amounts, names = (Series(x, "payment", ("payer.account",), "", x == "names", None, keep) for x in ("sums", "names"))
    readings = [Reading(x, 0, x, keep) for x in ("count", "sum", "min", "max", "since")]
    plan = Plan(
        (amounts, names),
        (Lookup(0, ("payer.account",)), Lookup(1, ("payer.account",))),
        (*readings, Reading("distinct", 1, "distinct", keep)),
    )
    bound = MemoryWindows(most_keys=10, most_ids=1000).bind(plan)
    key = ("account",)

    def record(i: int) -> None:
        entries = (Entry(0, key, i), Entry(1, key, f"name-{i % 997}"))
        bound.record(Happened(f"payment-{i}", "payment", i, i.to_bytes(16, "little"), entries))

    print("  events of a key   record, us   read of half of them, us")
    told = 0
    for size in (x for x in SIZES if x <= most):
        while told < size:
            record(told)
            told += 1
        half = told - told // 2
        moment = Moment("new", told - 1, (key, key), [half] * len(plan.readings))
        covered = range(half, told)
        assert bound.read(moment).values[:4] == [len(covered), sum(covered), half, told - 1]
        assert bound.read(moment).values[5] == min(997, len(covered))
        reading = statistics.median(microseconds(reader(bound, moment), 0, CALLS) for _ in range(9))
        recording = []
        for _ in range(9):
            recording.append(microseconds(record, told, CALLS))
            told += CALLS
        print(f"  {size:15_}   {statistics.median(recording):10.2f}   {reading:10.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--events", type=int, default=SIZES[-1])
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    one_payment(asked.repeats, asked.seed)
    one_key(asked.events)
    return 0


if __name__ == "__main__":
    sys.exit(main())
