"""Where the money was at a moment, worked out from a trace's journal; and the journal as text, JSON and Arrow.

The identity of `funds.result` is asserted for each victim whenever totals are asked for: the journal, summed, against
what the kernel says is held. Two ways to one number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..base.times import format_instant
from .following import Followed, follow
from .result import LEFT, LOST, RETURNED, STOLEN_AGAIN, THEFT, WAYS, Edge, Totals, Trace


def stop_at(trace: Trace, at_us: int | None) -> int:
    """How many movements of the ledger count at that moment, all of that moment among them."""
    if at_us is None:
        return trace.followed.stop
    return min(trace.followed.stop, int(np.searchsorted(trace.ledger.at, at_us, side="right")))


def followed_to(trace: Trace, stop: int) -> Followed:
    if stop == trace.followed.stop:
        return trace.followed
    return follow(trace.ledger, trace.method, trace.limits, stop)


def totals(trace: Trace, at_us: int | None) -> tuple[Totals, ...]:
    stop = stop_at(trace, at_us)
    followed = followed_to(trace, stop)
    count = int(np.searchsorted(trace.entries.row, stop))
    victims = len(trace.victims)
    sums = [_sums(trace, way, count) for way in range(len(WAYS))]
    held = [0] * victims
    for victim, amount in zip(followed.victim.tolist(), followed.amount.tolist(), strict=True):
        held[victim] += amount
    found = []
    for victim, name in enumerate(trace.victims):
        total = Totals(
            name, sums[THEFT][victim], int(followed.swept[victim]), sums[RETURNED][victim], sums[STOLEN_AGAIN][victim],
            held[victim], sums[LEFT][victim], sums[LOST][victim],
        )  # fmt: skip
        assert (
            total.stolen_minor + total.swept_minor
            == total.returned_minor + total.stolen_again_minor + total.tainted_minor
        ), total
        found.append(total)
    return tuple(found)


def _sums(trace: Trace, way: int, count: int) -> list[int]:
    """The entries of one way by victim, exact."""
    mine = trace.entries.way[:count] == way
    whose, amounts = trace.entries.victim[:count][mine], trace.entries.amount[:count][mine]
    low, high = np.zeros(len(trace.victims), np.int64), np.zeros(len(trace.victims), np.int64)
    np.add.at(low, whose, amounts & 0x7FFFFFFF)
    np.add.at(high, whose, amounts >> 31)
    return [(upper << 31) + lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]


def edges(trace: Trace) -> Iterator[Edge]:
    entries, ledger = trace.entries, trace.ledger
    world = ledger.world
    for at in range(len(entries)):
        row, source, target = int(entries.row[at]), int(entries.source[at]), int(entries.target[at])
        yield Edge(
            str(ledger.ids[ledger.row[row]]),
            int(ledger.at[row]),
            None if source == world else ledger.accounts[source],
            None if target == world else ledger.accounts[target],
            trace.victims[int(entries.victim[at])],
            int(entries.amount[at]),
            int(entries.hop[at]),
            WAYS[int(entries.way[at])],
        )


def described(trace: Trace, at_us: int | None) -> dict[str, Any]:
    return {
        "method": trace.method,
        "currency": trace.currency,
        "at": None if at_us is None else format_instant(at_us),
        "victims": [
            {
                "victim": t.victim,
                "stolen_minor": t.stolen_minor,
                "swept_minor": t.swept_minor,
                "returned_minor": t.returned_minor,
                "stolen_again_minor": t.stolen_again_minor,
                "held_minor": t.held_minor,
                "left_minor": t.left_minor,
                "lost_minor": t.lost_minor,
            }
            for t in trace.totals(at_us)
        ],
        "where": [
            {
                "account": h.account,
                "institution": h.institution or None,
                "victim": h.victim,
                "amount_minor": h.amount_minor,
                "brought_minor": h.brought_minor,
                "lowest_minor": h.lowest_minor,
                "balance_minor": h.balance_minor,
                "since": format_instant(h.since_us),
                "hop": h.hop,
                "why": h.why,
            }
            for h in trace.where(at_us)
        ],
        "edges": [
            {
                "payment": e.payment,
                "at": format_instant(e.at_us),
                "from": e.from_account,
                "to": e.to_account,
                "victim": e.victim,
                "amount_minor": e.amount_minor,
                "hop": e.hop,
                "way": e.way,
            }
            for e in trace.edges()
            if at_us is None or e.at_us <= at_us
        ],
        "cut": None
        if trace.cut is None
        else {
            "because": list(trace.cut.because),
            "lost_minor": trace.cut.lost_minor,
            "stopped_at": None if trace.cut.stopped_at_us is None else format_instant(trace.cut.stopped_at_us),
            "rows_not_read": trace.cut.rows_not_read,
            "open_minor": trace.cut.open_minor,
        },
        "assumptions": list(trace.assumptions),
    }


def arrow_of(trace: Trace) -> Any:
    from .entries_table import EntriesTable

    return EntriesTable(trace)
