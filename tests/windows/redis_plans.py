"""A small plan for the tests of the Redis store, and events and moments for it in a line each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from riskrules.schema import kinds as k
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.redis import RedisBound, RedisWindows
from riskrules.state.store import Answers, Entry, Happened, Moment

PATIENT = timedelta(seconds=20)
"""A timeout for tests of anything but time: the machine may be busy."""
NOW_US = 1_900_000_000_000_000
"""Later than any server's clock will be for some years."""
NUMBERS = ("count", "sum", "min", "max", "since")


def series(name: str, *, distinct: bool = False, keep_us: int = 30 * k.DAY, event: str = "payment") -> Series:
    identity = hashlib.sha256(name.encode()).hexdigest()
    return Series(
        identity, event, ("payer.account",), "payee.account" if distinct else "amount", distinct, None, keep_us
    )


def plan_of(*kept: Series) -> Plan:
    """One lookup a series, and a reading for each of its aggregates over all that it keeps."""
    readings = []
    for number, one in enumerate(kept):
        for aggregate in ("distinct",) if one.distinct else NUMBERS:
            readings.append(Reading(f"{aggregate}_{number}", number, aggregate, one.keep_us))
    return Plan(kept, tuple(Lookup(number, one.keys) for number, one in enumerate(kept)), tuple(readings))


AMOUNTS = series("amounts")
PAYEES = series("payees", distinct=True)
PLAN = plan_of(AMOUNTS, PAYEES)


def store_of(url: object, **settings: object) -> RedisWindows:
    return RedisWindows(url, **{"timeout": PATIENT, **settings})  # type: ignore[arg-type]  # settings of many kinds


def happened(id: str, time_us: int, amount: int = 100, payee: str = "shop", key: str = "ann") -> Happened:
    """A payment with an entry in each series of PLAN."""
    content = hashlib.blake2b(repr((time_us, amount, payee, key)).encode(), digest_size=16).digest()
    return Happened(id, "payment", time_us, content, [Entry(0, (key,), amount), Entry(1, (key,), payee)])


def moment(plan: Plan, time_us: int, *, key: str = "ann", id: str = "now", since_us: int | None = None) -> Moment:
    spans = [one.span for one in plan.readings]
    since = [time_us - span if since_us is None else since_us for span in spans if isinstance(span, int)]
    return Moment(id, time_us, [(key,) for _ in plan.lookups], since)


def count_of(bound: RedisBound, time_us: int, key: str = "ann", plan: Plan = PLAN) -> int | None:
    """The first reading, a count. AssertionError when it could not be read."""
    answers = bound.read(moment(plan, time_us, key=key))
    assert not answers.unavailable, answers.because
    return answers.values[0]


def all_unavailable(answers: Answers) -> bool:
    """Nothing is told, and it is said why."""
    told: Sequence[int | None] = answers.values
    return len(answers.unavailable) == len(told) and set(told) == {None} and bool(answers.because)
