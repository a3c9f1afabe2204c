"""The plan that the comparisons run over: every aggregate, one key and two, shared series, reports, optional keys.

It is written out rather than checked from a rule file, so that a mistake in the checker cannot hide one in a store.
Spans are short beside the lateness of the stores in some series and long in others; a series that several windows read
has the longest of their spans to keep.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from riskrules.schema import kinds as k
from riskrules.state.plan import LONGEST_US, Lookup, Plan, Reading, Series
from riskrules.state.store import Entry, Key

PAYER, PAYEE, DEVICE = "payer.account", "payee.account", "payer.device"


def _series(name: str, event: str, keys: tuple[str, ...], of: str, keep_us: int, distinct: bool = False) -> Series:
    return Series(hashlib.sha256(name.encode()).hexdigest(), event, keys, of, distinct, None, keep_us)


SENT = _series("sent", "payment", (PAYER,), "amount", LONGEST_US["month"])
RECEIVED = _series("received", "payment", (PAYEE,), "amount", 7 * k.DAY)
PAIR = _series("pair", "payment", (PAYER, PAYEE), "amount", 90 * k.DAY)
PAYERS = _series("payers", "payment", (PAYEE,), PAYER, LONGEST_US["day"], distinct=True)
REPORTS = _series("reports", "report", (PAYEE,), "", 30 * k.DAY)
DEVICES = _series("devices", "payment", (DEVICE,), "", 2 * k.HOUR)
TRIED = _series("tried", "payment", (PAYER,), PAYEE, 30 * k.DAY, distinct=True)
"""Where the others keep payments that settled, `devices` and `tried` keep every attempt."""
ATTEMPTS = frozenset({DEVICES.identity, TRIED.identity})

PLAN = Plan(
    series=(SENT, RECEIVED, PAIR, PAYERS, REPORTS, DEVICES, TRIED),
    lookups=(
        Lookup(0, (PAYER,)),
        Lookup(0, (PAYEE,)),
        Lookup(1, (PAYEE,)),
        Lookup(2, (PAYER, PAYEE)),
        Lookup(2, (PAYEE, PAYER)),
        Lookup(3, (PAYEE,)),
        Lookup(4, (PAYEE,)),
        Lookup(4, (PAYER,)),
        Lookup(5, (DEVICE,)),
        Lookup(6, (PAYER,)),
    ),
    readings=(
        Reading("sent_1h.count", 0, "count", k.HOUR),
        Reading("sent_30d", 0, "sum", 30 * k.DAY),
        Reading("sent_this_month", 0, "sum", "month"),
        Reading("sent_30d of payee.account", 1, "sum", 30 * k.DAY),
        Reading("largest_7d", 2, "max", 7 * k.DAY),
        Reading("smallest_1d", 2, "min", k.DAY),
        Reading("received_1d", 2, "sum", k.DAY),
        Reading("pair_90d", 3, "count", 90 * k.DAY),
        Reading("pair_last", 3, "since", 90 * k.DAY),
        Reading("paid_back_7d", 4, "max", 7 * k.DAY),
        Reading("payers_1d", 5, "distinct", k.DAY),
        Reading("payers_today", 5, "distinct", "day"),
        Reading("reports_30d", 6, "count", 30 * k.DAY),
        Reading("reported_payer_last", 7, "since", 7 * k.DAY),
        Reading("device_2h", 8, "count", 2 * k.HOUR),
        Reading("tried_30d", 9, "distinct", 30 * k.DAY),
    ),
)


def later_plan(plan: Plan = PLAN) -> Plan:
    """The next version of the rules: the series in another order, and one more, which it begins to keep."""
    fresh = _series("wallets", "payment", (PAYEE,), "amount", 3 * k.DAY)
    moved = (fresh, *plan.series[::-1])
    last = len(moved) - 1
    lookups = (*(replace(x, series=last - x.series) for x in plan.lookups), Lookup(0, (PAYEE,)))
    readings = (
        *plan.readings,
        Reading("new_3d", len(lookups) - 1, "sum", 3 * k.DAY),
        Reading("new_1h", len(lookups) - 1, "count", k.HOUR),
    )
    return Plan(moved, lookups, readings)


class Event(NamedTuple):
    """A payment, or a report of one, before a plan makes entries of it."""

    payer: str
    payee: str | None
    device: str | None
    amount: int
    settled: bool = True


def key_of(names: tuple[str, ...], event: Event) -> Key | None:
    """The key that these fields make, None where one of them is missing."""
    parts = {PAYER: event.payer, PAYEE: event.payee, DEVICE: event.device}
    key = tuple([part for name in names if (part := parts[name]) is not None])
    return key if len(key) == len(names) else None


def entries(plan: Plan, kind: str, event: Event) -> list[Entry]:
    """What an event of a kind adds to the series of the plan."""
    made = []
    for number, series in enumerate(plan.series):
        if series.event != kind or not (event.settled or kind == "report" or series.identity in ATTEMPTS):
            continue
        values: dict[str, int | str | None] = {"amount": event.amount, PAYER: event.payer, PAYEE: event.payee, "": 0}
        value = values[series.of]
        key = key_of(series.keys, event)
        if key is not None and value is not None:
            made.append(Entry(number, key, value))
    return made


def keys_asked(plan: Plan, event: Event) -> list[Key | None]:
    """The keys of a moment, one a lookup."""
    return [key_of(lookup.keys, event) for lookup in plan.lookups]


def since_of(plan: Plan, time_us: int) -> Sequence[int]:
    """How far back each reading looks, in UTC."""
    return [earliest_us(reading.span, time_us) for reading in plan.readings]


def earliest_us(span: int | str, time_us: int) -> int:
    """The earliest time that a window covers at `time_us`."""
    if isinstance(span, int):
        return time_us - span
    day = (time_us // k.DAY) * k.DAY
    if span == "day":
        return day
    return day - ((_EPOCH + timedelta(microseconds=day)).day - 1) * k.DAY


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
