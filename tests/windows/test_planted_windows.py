"""Bugs planted in a window store: a short run of the comparison finds each.

A comparison that finds nothing proves nothing until it is seen to find something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from agreement_run import LATENESS, LATENESS_US, history, run
from contest import Contest, Contestant, DisagreementError
from contestants import FOR_EVER
from planted import REWRITTEN, WRAPPED, UnknownIsZero, Wrapped
from reference import ListBound, ListWindows
from window_plans import PLAN

from riskrules.state.memory import MemoryWindows
from riskrules.state.store import WindowStore

MOST_STEPS = 12_000
A_HISTORY = 3_000
SMALL_KEYS = 20


@pytest.mark.parametrize("bug", WRAPPED)
def test_a_bug_around_a_store_is_found(bug: type[Wrapped]) -> None:
    """The comparison finds what is wrong with what goes into a store or comes out of it."""

    @contextmanager
    def made() -> Iterator[WindowStore]:
        yield bug(ListWindows())

    assert run({"wrong": made}, MOST_STEPS, 1, A_HISTORY, cut=False).found


@pytest.mark.parametrize("bug", REWRITTEN)
def test_a_bug_in_a_store_is_found(bug: type[ListBound]) -> None:
    """The comparison finds what is wrong with how a store reckons."""

    @contextmanager
    def made() -> Iterator[WindowStore]:
        yield ListWindows(bug)

    assert run({"wrong": made}, MOST_STEPS, 1, A_HISTORY, cut=False).found


def test_nothing_for_an_evicted_key_is_found() -> None:
    """A store with room for few keys agrees where it answers; when it says nothing for what it has let go of, that is
    found."""
    seen: Counter[str] = Counter()
    small = MemoryWindows(most_keys=SMALL_KEYS, lateness=LATENESS, remember_ids=FOR_EVER)
    Contest(PLAN, [Contestant("small", small, LATENESS_US, small=True)], seen).all(history(1, A_HISTORY))
    assert small.stats().keys <= SMALL_KEYS
    assert seen["answers"] * 0.2 < seen["small: unavailable"] < seen["answers"] * 0.9
    wrong = UnknownIsZero(MemoryWindows(most_keys=SMALL_KEYS, lateness=LATENESS, remember_ids=FOR_EVER))
    with pytest.raises(DisagreementError):
        Contest(PLAN, [Contestant("small", wrong, LATENESS_US, small=True)]).all(history(1, A_HISTORY))


def test_a_right_store_is_not_found_fault_with() -> None:
    """Passing everything on, as the bugs do, is no fault; and the steps have met all that they should."""

    @contextmanager
    def made() -> Iterator[WindowStore]:
        yield Wrapped(ListWindows())

    ran = run({"right": made}, MOST_STEPS, 1, A_HISTORY)
    assert ran.found == ""
    assert ran.missed == []
