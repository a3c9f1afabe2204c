"""What do windows add to the decision of one payment, and does an event cost more on a key that has many?

    python benchmarks/windows_online.py [--repeats 9] [--events 1_000_000] [--seed 7] [--json] [--quick]

First: 200 rules over 40 fields of a payment that is a dict, decided without windows; with ten windows, over five keys,
read; and read and recorded, in one call (`process`) and in two (`decide`, `record`). They take turns, and the median of
the repeats counts. The rules only warn, so that every payment is recorded. Wanted: what reads and records takes at most
twice the first. What fires is checked before against rules and windows worked out here, the slow way.

Second: events of one key, from 10^3 of them on, recorded and read. Wanted: an event costs no more.

Times are of the processor, by one thread; making an engine is none of them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from timing import Row, in_turn, ratio_row, resident_mb, say
from workload import Event, Rule, declared, make_events, make_rules, rule_lines

import riskrules as rr
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.store import Bound, Entry, Happened, Moment

RULES, PAYMENTS, CHECKED, KEYS = 200, 2000, 400, 50
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
MOST_GROWTH = 1.5
"""Wanted of an event of a key that has the most, beside one of a key that has the fewest. A deeper tree costs some."""
CALLS = 500
SECOND_US = 1_000_000


def rules_of(count: int, seed: int) -> list[Rule]:
    """Those that a window joins are short, so that they fire."""
    rules = make_rules(count, seed)
    return [*(rule[:2] for rule in rules[: len(WINDOWS)]), *rules[len(WINDOWS) :]]


def ruleset(rules: Sequence[Rule], windows: bool) -> str:
    """The rules as a file. With windows, the first ten have one in place of their first condition."""
    lines = ["ruleset bench version 2026.1", "  currency CNY", "", *declared()]
    if windows:
        lines += [f"window w{i} = {of} by {key} over {hours}h" for i, (of, key, hours, _) in enumerate(WINDOWS)]
    for j, rule in enumerate(rules):
        written = [condition.written for condition in rule]
        if windows and j < len(WINDOWS):
            of, _, _, limit = WINDOWS[j]
            money = f"w{j} else 0 CNY > {limit / 100:.2f} CNY"
            written[0] = money if "amount" in of else f"w{j} else 0 > {limit}"
        lines += rule_lines(j, written)
    return "\n".join(lines) + "\n"


def payments(count: int, seed: int, keys: int = KEYS) -> list[Event]:
    """The shared ones, with what windows are kept by and count."""
    chance = random.Random(seed)

    def account(of: str) -> dict[str, str]:
        return {"id": f"{of}-{chance.randrange(keys):012d}", "institution": "BANK-A"}

    def moved() -> Event:
        return {
            "amount": f"{chance.randrange(100, 1000_00) / 100:.2f}",
            "currency": "CNY",
            "payer": {"account": account("payer"), "device": f"device-{chance.randrange(keys)}"},
            "payee": {
                "account": account("payee"),
                "merchant": {"id": f"merchant-{chance.randrange(keys)}", "acquirer": "BANK-B"},
            },
        }

    return [event | moved() for event in make_events(count, seed)]


def counted(event: Event) -> tuple[datetime, int, dict[str, object]]:
    """When, how much, and every key that a window goes by."""
    parts = {f"{side}.{name}": str(event[side][name]) for side in ("payer", "payee") for name in event[side]}
    return datetime.fromisoformat(event["occurred_at"]), round(100 * float(event["amount"])), {**parts}


def expected(rules: Sequence[Rule], event: Event, before: Sequence[Event]) -> set[str]:
    """What fires, the windows worked out from a list of what was recorded."""
    now, _, keys = counted(event)
    history = [counted(other) for other in before]
    fired = set()
    for j, rule in enumerate(rules):
        conditions = rule
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
            conditions = rule[1:]
        if all(condition.holds(event) for condition in conditions):
            fired.add(f"r{j}")
    return fired


def check(engine: rr.Engine, rules: Sequence[Rule], events: Sequence[Event]) -> int:
    """How many of the rules with a window fired. AssertionError when anything else fires than should."""
    seen = 0
    for i, event in enumerate(events[:CHECKED]):
        fired = set(engine.decide(event).fired)
        assert fired == expected(rules, event, events[:i]), event["id"]
        seen += len(fired & {f"r{j}" for j in range(len(WINDOWS))})
        assert engine.record(event)
    assert seen
    return seen


def one_payment(repeats: int, seed: int) -> Row:
    """What windows add to a decision."""
    rules, events = rules_of(RULES, seed), payments(PAYMENTS, seed)
    plain = rr.Engine(rr.loads(ruleset(rules, False), "plain.risk"))
    with_windows = rr.loads(ruleset(rules, True), "windows.risk")
    seen = check(rr.Engine(with_windows, windows=MemoryWindows()), rules, events)
    reads = rr.Engine(with_windows, windows=MemoryWindows())
    for event in events:
        reads.record(event)
    ready = [rr.Engine(with_windows, windows=MemoryWindows()) for _ in range(2 * (1 + repeats))]
    own: dict[str, rr.Engine] = {}

    def fresh(name: str, i: int) -> rr.Engine:
        """The engine of this repeat, made before: a payment can be recorded only once."""
        if not i:
            own[name] = ready.pop()
        return own[name]

    def in_two_calls(i: int) -> None:
        engine = fresh("two", i)
        engine.decide(events[i])
        engine.record(events[i])

    timed = in_turn(
        {
            "decided": (lambda i: plain.decide(events[i]), PAYMENTS),
            "ten windows read": (lambda i: reads.decide(events[i]), PAYMENTS),
            "read and recorded": (lambda i: fresh("one", i).process(events[i]), PAYMENTS),
            "the same in two calls": (in_two_calls, PAYMENTS),
        },
        repeats,
    )
    told = {f"{name}, us": timed.median(name) for name in timed.us}
    told |= {f"{name}, x": timed.ratio(name, "decided") for name in list(timed.us)[1:]}
    told |= {f"rules with a window fired, in {CHECKED} payments": seen}
    question = "one payment, 200 rules and ten windows, read and recorded"
    ratios = timed.ratios("read and recorded", "decided")
    return ratio_row(question, "x without windows", ratios, 2, "less", told=told, memory_mb=resident_mb())


def microseconds(call: Callable[[int], object], start: int) -> float:
    """Of processor, a call."""
    began = time.process_time()
    for i in range(start, start + CALLS):
        call(i)
    return (time.process_time() - began) / CALLS * 1e6


def reader(bound: Bound, moment: Moment) -> Callable[[int], object]:
    return lambda _: bound.read(moment)


def one_key(most: int) -> Row:
    """The cost of an event of a key that has few, and of one that has many."""
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

    told: dict[str, float] = {}
    both: list[float] = []
    recorded = 0
    for size in (x for x in SIZES if x <= most):
        while recorded < size:
            record(recorded)
            recorded += 1
        half = recorded - recorded // 2
        moment = Moment("new", recorded - 1, (key, key), [half] * len(plan.readings))
        covered = range(half, recorded)
        assert bound.read(moment).values[:4] == [len(covered), sum(covered), half, recorded - 1]
        assert bound.read(moment).values[5] == min(997, len(covered))
        reading = statistics.median(microseconds(reader(bound, moment), 0) for _ in range(9))
        recording = []
        for _ in range(9):
            recording.append(microseconds(record, recorded))
            recorded += CALLS
        told[f"{size:,} events, recorded, us"] = statistics.median(recording)
        told[f"{size:,} events, half of them read, us"] = reading
        both.append(statistics.median(recording) + reading)
    question = f"windows, a key of {size:,} events beside one of {SIZES[0]:,}"
    return Row(question, "x", both[-1] / both[0], MOST_GROWTH, "less", told, memory_mb=resident_mb())


def measure(repeats: int, events: int, seed: int) -> list[Row]:
    """The lines of the table."""
    return [one_payment(repeats, seed), one_key(events)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--events", type=int, default=SIZES[-1])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="three repeats, a key of 10,000 events")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    repeats, events = (3, SIZES[1]) if asked.quick else (asked.repeats, asked.events)
    say(measure(repeats, events, asked.seed), asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
