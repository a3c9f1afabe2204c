"""Random steps over a plan: what happens, and what is asked, with every shape that has ever gone wrong made common.

There are few keys, so that events meet; a few are in every second payment, and most come, live for a while and go. A
step is plain data (`Happened`, `Moment`, or a `Plan` to go over to), so a failing sequence can be cut down and printed.
Every shape is counted under its name where it is made, and `LEAST` says how often a run must have met it: a generator
that has stopped making late events finds no fault with them.

The randomness is handed in for each step: a seeded one in bulk, one that Hypothesis steers and shrinks in the stateful
tests.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from random import Random
from typing import TypeAlias

from window_plans import Event, entries, keys_asked, since_of

from riskrules.schema import kinds as k
from riskrules.state.plan import Plan
from riskrules.state.store import Happened, Moment

Step: TypeAlias = Happened | Moment | Plan

START_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""
HOT = ("a", "b")
PLAIN = ("ab", "c", "bc", "A", "b\x1fc", "\u00e9", "e\u0301", "a ")
"""Texts that run together in a pair, or that a careless store takes for one another."""
LIVING = 12
RICH = "rich"
"""The account whose sums come near what can be told, and pass it."""
EXTREMES = (10**18, -(10**18), 10**18 - 1, 5 * 10**17, -5 * 10**17, 2**62, -(2**62), 2**62 - 1, 1, -1)
LARGE = 10**15
REMEMBERED = 3_000
"""Events that later steps may speak of again."""

RECORDS = {
    "in order": 30,
    "at a tie": 10,
    "late": 6,
    "at the edge of a day": 2,
    "duplicate": 4,
    "duplicate after a change of rules": 1,
    "other content": 3,
    "report": 5,
    "report with the id of a payment": 1,
    "very late": 0.5,
    "clock forward": 0.1,
    "clock back": 0.1,
    "one clock ahead": 0.1,
}
READS = {
    "now": 12,
    "at a tie": 6,
    "own id": 4,
    "own id long ago": 1,
    "id of a report": 1,
    "in the past": 3,
    "long past": 0.5,
    "since at an event": 4,
    "since before an event": 4,
    "since after an event": 4,
    "at midnight": 1,
    "key missing": 1,
    "key never seen": 1,
}
LEAST = {
    **{f"record {name}": weight for name, weight in RECORDS.items()},
    **{f"read {name}": weight for name, weight in READS.items()},
    "huge amount": 1,
    "large amount": 1,
    "below zero": 1,
    "no device": 1,
    "no payee": 1,
    "failed": 1,
}
"""Times in a thousand steps that a run must have met at the least, some eighth of what is made."""


class Steps:
    """Makes steps, one after another; remembers what it has made. `lateness_us`: how late an event may be for the
    stores that are compared."""

    def __init__(self, plan: Plan, lateness_us: int, seen: Counter[str]) -> None:
        self.plan = plan
        self.lateness_us = lateness_us
        self.seen = seen
        self.now_us = START_US
        self._made: deque[tuple[Happened, Event]] = deque(maxlen=REMEMBERED)
        self._living = [*PLAIN]
        self._count = 0

    def step(self, r: Random) -> Step:
        """A step of some shape."""
        if r.random() < 0.5:
            return self.record(r, r.choices(_RECORD_NAMES, _RECORD_WEIGHTS)[0])
        return self.read(r, r.choices(_READ_NAMES, _READ_WEIGHTS)[0])

    def go_over(self, plan: Plan) -> Plan:
        """From now on the steps are for this plan; itself a step."""
        self.plan = plan
        return plan

    # -- what happens ------------------------------------------------------------------------------
    def record(self, r: Random, shape: str) -> Happened:
        """An event of a shape. In a history without events, one in order."""
        if not self._made:
            shape = "in order"
        self.seen[f"record {shape}"] += 1
        match shape:
            case "duplicate":
                made, event = self._earlier(r)
                return made._replace(entries=entries(self.plan, made.event, event))
            case "duplicate after a change of rules":
                made, event = self._earlier(r)
                return made._replace(entries=[e for e in entries(self.plan, made.event, event) if r.random() < 0.5])
            case "other content":
                made, event = self._earlier(r)
                other = self._other(r, event)
                time_us = made.time_us if other != event else made.time_us + r.choice((-1, 1, k.HOUR))
                return self._happened(made.id, made.event, time_us, other)
            case "report" | "report with the id of a payment":
                made, event = self._earlier(r)
                name = made.id if shape != "report" and made.event == "payment" else self._fresh_id()
                self._tick(r)
                reported = Event(event.payer, event.payee or self._account(r), None, 0)
                return self._new(name, "report", self.now_us - r.choice((0, 0, k.HOUR)), reported)
        return self._new(self._fresh_id(), "payment", self._time_of(r, shape), self.payment(r))

    def _time_of(self, r: Random, shape: str) -> int:
        match shape:
            case "at a tie":
                return self._earlier(r)[0].time_us if r.random() < 0.3 else self._newest()
            case "late":
                return self.now_us - self._within(r, self.lateness_us)
            case "very late":
                return self.now_us - self.lateness_us - self._within(r, 120 * k.DAY)
            case "at the edge of a day":
                return (self.now_us // k.DAY) * k.DAY + r.choice((-1, 0, 0, 1))
            case "clock forward":
                self.now_us += r.choice((30, 90, 400)) * k.DAY
            case "clock back":
                self.now_us -= r.choice((1, self.lateness_us // 2, self.lateness_us, 3 * self.lateness_us))
            case "one clock ahead":
                return self.now_us + r.choice((k.HOUR, k.DAY, 2 * self.lateness_us, 10 * k.DAY))
            case _:
                self._tick(r)
        return self.now_us

    def payment(self, r: Random) -> Event:
        """A payment between accounts that live now."""
        payer, payee = self._account(r), self._account(r)
        device = None if r.random() < 0.1 else f"d{r.randrange(6)}"
        amount = r.choice((1, 100, r.randrange(1, 1_000_000)))
        if RICH in (payer, payee):
            amount = r.choice((*EXTREMES, LARGE, LARGE - 1, amount, amount))
            self.seen["huge amount"] += 1
        elif r.random() < 0.02:
            amount = r.choice((LARGE, LARGE - 1, -LARGE, 2**31, 2**32 - 1, -(2**32)))
            self.seen["large amount"] += 1
        elif r.random() < 0.05:
            amount = -amount
            self.seen["below zero"] += 1
        settled = r.random() < 0.8
        receives = r.random() >= 0.02
        self.seen["failed"] += not settled
        self.seen["no device"] += device is None
        self.seen["no payee"] += not receives
        return Event(payer, payee if receives else None, device, amount, settled)

    def _account(self, r: Random) -> str:
        chance = r.random()
        if chance < 0.4:
            return r.choice(HOT)
        if chance < 0.43:
            return RICH
        if chance < 0.46:
            self._living[r.randrange(len(self._living))] = f"n{self._fresh_id()}"
            del self._living[LIVING:]
        return r.choice(self._living)

    def _tick(self, r: Random) -> None:
        self.now_us += r.choice((0, 1, k.SECOND, k.MINUTE, 20 * k.MINUTE, k.HOUR, r.randrange(1, 4 * k.HOUR)))

    def _within(self, r: Random, most_us: int) -> int:
        return r.choice((0, 1, most_us, most_us // 2, r.randrange(most_us + 1)))

    def _fresh_id(self) -> str:
        self._count += 1
        return f"{self._count:x}"

    def _newest(self) -> int:
        return self._made[-1][0].time_us

    def _earlier(self, r: Random) -> tuple[Happened, Event]:
        """Something recorded, more often lately than long ago."""
        most = len(self._made) if r.random() < 0.3 else min(len(self._made), 20)
        return self._made[-1 - r.randrange(most)]

    def _other(self, r: Random, event: Event) -> Event:
        return r.choice(
            (
                event._replace(amount=event.amount - 1 if event.amount > 0 else event.amount + 1),
                event._replace(payer=event.payer + "x"),
                event._replace(settled=not event.settled),
                event,
            )
        )

    def _new(self, name: str, kind: str, time_us: int, event: Event) -> Happened:
        happened = self._happened(name, kind, time_us, event)
        self._made.append((happened, event))
        return happened

    def _happened(self, name: str, kind: str, time_us: int, event: Event) -> Happened:
        content = hashlib.blake2b(repr((kind, time_us, event)).encode(), digest_size=16).digest()
        return Happened(name, kind, time_us, content, entries(self.plan, kind, event))

    # -- what is asked -----------------------------------------------------------------------------
    def read(self, r: Random, shape: str) -> Moment:
        """A moment of a shape. In a history without events, one now."""
        if not self._made and shape != "key missing":
            shape = "now"
        self.seen[f"read {shape}"] += 1
        name = f"m{self._fresh_id()}"
        if shape in ("now", "key missing", "key never seen"):
            event = self.payment(r)
            if shape == "key missing":
                event = event._replace(payee=None, device=None)
            elif shape == "key never seen":
                event = event._replace(payer=f"new{name}")
            return self.moment(name, self.now_us, event)
        made, event = self._earlier(r)
        time_us = self.now_us
        match shape:
            case "at a tie":
                time_us = made.time_us
            case "own id":
                name, time_us = made.id, r.choice((made.time_us, self.now_us))
            case "own id long ago":
                made, event = self._made[r.randrange(len(self._made))]
                name = made.id
            case "id of a report":
                reports = [m for m, _ in self._made if m.event == "report"]
                name = r.choice(reports).id if reports else name
            case "in the past":
                time_us -= self._within(r, self.lateness_us)
            case "long past":
                time_us -= self._within(r, 200 * k.DAY)
            case "at midnight":
                time_us = (self.now_us // k.DAY + r.randrange(2)) * k.DAY
            case _:
                time_us = self._boundary(r, made.time_us, shape)
        if r.random() < 0.1:
            event = event._replace(payer=event.payee or event.payer, payee=event.payer)
        return self.moment(name, time_us, event)

    def _boundary(self, r: Random, time_us: int, shape: str) -> int:
        """When some reading looks back exactly to the event, or one microsecond less or more."""
        span = r.choice([x.span for x in self.plan.readings if isinstance(x.span, int)])
        return time_us + span + {"since at an event": 0, "since before an event": -1, "since after an event": 1}[shape]

    def moment(self, name: str, time_us: int, event: Event) -> Moment:
        """What is asked when this payment is about to be decided."""
        return Moment(name, time_us, keys_asked(self.plan, event), since_of(self.plan, time_us))


_RECORD_NAMES, _RECORD_WEIGHTS = list(RECORDS), list(RECORDS.values())
_READ_NAMES, _READ_WEIGHTS = list(READS), list(READS.values())


def not_met(seen: Counter[str], steps: int) -> list[str]:
    """Shapes that a run of so many steps met too rarely."""
    return [f"{name}: {seen[name]}" for name, weight in LEAST.items() if seen[name] < weight * steps / 1_000]
