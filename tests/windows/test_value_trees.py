"""Distinct values that come, are seen again and go: what orders them is their digest, so chance decides the shape.

Found as a crash once in some hundred runs: a row of the tree said that a child begins earlier than it does, a split put
that right, and a value went into the child before it, which was full, and over its end.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from agreement_run import secrets_of

from riskrules.schema import kinds as k
from riskrules.state.memory import MemoryWindows
from riskrules.state.plan import Lookup, Plan, Reading, Series
from riskrules.state.store import Entry, Happened, Moment

SECRETS = 20
EVENTS = 6_000
VALUES = 500
BURST_EVERY, QUIET = 1_000, 500
"""Values go while it is quiet, and leave trees with holes, which a burst then fills."""
LATEST_US = 10 * k.MINUTE
PLAN = Plan(
    (Series("0" * 64, "payment", ("payee.account",), "payer.account", True, None, k.HOUR),),
    (Lookup(0, ("payee.account",)),),
    (Reading("payers_1h", 0, "distinct", k.HOUR),),
)


@pytest.mark.parametrize("part", range(4))
def test_values_that_come_and_go_are_counted(part: int) -> None:
    """Whatever the digests are, as many values are counted as a list of all that happened has."""
    for secret in range(part, SECRETS, 4):
        with secrets_of(secret):
            store = MemoryWindows(lateness=timedelta(microseconds=LATEST_US), most_keys=100, most_ids=2 * EVENTS)
        bound = store.bind(PLAN)
        r = Random(secret)
        now, happened = 1_700_000_000_000_000, []
        for i in range(EVENTS):
            now += r.randrange(k.MINUTE if i % BURST_EVERY < QUIET else k.SECOND)
            time = now - r.choice((0, 0, 0, r.randrange(LATEST_US)))
            value = f"payer {r.randrange(VALUES)}"
            bound.record(Happened(f"p{i}", "payment", time, bytes(16), [Entry(0, ("a",), value)]))
            happened.append((time, value))
            if i % 100 == 0:
                until = now - r.choice((0, r.randrange(LATEST_US)))
                answers = bound.read(Moment("asked", until, [("a",)], [until - k.HOUR]))
                assert not answers.unavailable
                assert answers.values == [len({v for t, v in happened if until - k.HOUR <= t <= until})]
