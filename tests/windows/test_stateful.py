"""Windows under Hypothesis: it chooses the shapes of the steps, and makes a failing history short.

Two machines. In the first every store has all the room it wants and must know everything that its lateness allows. In
the second a memory store has room for a handful of keys: it may say that it does not know, never another number.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from agreement_run import LATENESS, LATENESS_US
from contest import Contest, Contestant
from contestants import FOR_EVER, memory, redis, redis_is_here, stop_servers
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from steps import READS, RECORDS, Steps
from window_plans import PLAN, later_plan

from riskrules.state.memory import MemoryWindows

SETTINGS = settings(
    max_examples=45,
    stateful_step_count=40,
    deadline=None,  # a step of Redis takes as long as the machine is busy
    derandomize=True,  # the long run has seeds; what CI says must be the same for the same tree
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    print_blob=False,
)
CHANCE = st.randoms(use_true_random=False)
"""Steered and made simple by Hypothesis, for single steps."""
SEED = st.integers(0, 2**32 - 1).map(Random)
"""For several at once, which would need more choices than Hypothesis makes."""
SMALL_KEYS = 12
LEAST = 1
"""Times that each shape must have been met."""
met: Counter[str] = Counter()


class Windows(RuleBasedStateMachine):
    """Stores with room beside the reference."""

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.kept = Contestant("kept memory", self.opened(), LATENESS_US)
        stores = [Contestant("memory", self.stack.enter_context(memory()), LATENESS_US), self.kept]
        if redis_is_here():
            stores.append(Contestant("redis", self.stack.enter_context(redis()), LATENESS_US))
        self.contest = Contest(PLAN, stores, met)
        self.steps = Steps(PLAN, LATENESS_US, met)
        self.changed = False

    def opened(self) -> MemoryWindows:
        return MemoryWindows(lateness=LATENESS, remember_ids=FOR_EVER, folder=self.folder)

    @rule(shape=st.sampled_from(list(RECORDS)), r=CHANCE)
    def record(self, shape: str, r: Random) -> None:
        self.contest.step(self.steps.record(r, shape))

    @rule(shape=st.sampled_from(list(RECORDS)), r=SEED, times=st.integers(2, 12))
    def record_several(self, shape: str, r: Random, times: int) -> None:
        for _ in range(times):
            self.contest.step(self.steps.record(r, shape))

    @rule(shape=st.sampled_from(list(READS)), r=CHANCE)
    def read(self, shape: str, r: Random) -> None:
        self.contest.step(self.steps.read(r, shape))

    @rule(shape=st.sampled_from(list(READS)), r=SEED, times=st.integers(2, 12))
    def read_several(self, shape: str, r: Random, times: int) -> None:
        for _ in range(times):
            self.contest.step(self.steps.read(r, shape))

    @rule(first=st.booleans())
    def reopen(self, first: bool) -> None:
        """From the snapshot, or from what the journal has after it."""
        assert isinstance(self.kept.store, MemoryWindows)
        if first:
            self.kept.store.snapshot()
        self.kept.store.close()
        self.kept.store = self.opened()
        self.kept.bound = self.kept.store.bind(self.contest.plan)
        met["reopened"] += 1

    @precondition(lambda self: not self.changed)
    @rule()
    def change_the_rules(self) -> None:
        self.changed = True
        self.contest.step(self.steps.go_over(later_plan()))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            if isinstance(self.kept.store, MemoryWindows):
                self.kept.store.close()
            self.stack.close()


class SmallWindows(RuleBasedStateMachine):
    """A store with room for a handful of keys."""

    @initialize(keys=st.integers(1, SMALL_KEYS))
    def begin(self, keys: int) -> None:
        store = MemoryWindows(lateness=timedelta(0), remember_ids=FOR_EVER, most_keys=keys)
        self.contest = Contest(PLAN, [Contestant("small", store, 0, small=True)], met)
        self.steps = Steps(PLAN, LATENESS_US, met)
        self.store = store
        self.most_keys = keys

    @rule(shape=st.sampled_from(list(RECORDS)), r=SEED, times=st.integers(1, 12))
    def record(self, shape: str, r: Random, times: int) -> None:
        for _ in range(times):
            self.contest.step(self.steps.record(r, shape))

    @rule(shape=st.sampled_from(list(READS)), r=SEED, times=st.integers(1, 12))
    def read(self, shape: str, r: Random, times: int) -> None:
        for _ in range(times):
            self.contest.step(self.steps.read(r, shape))

    @invariant()
    def no_more_keys_than_declared(self) -> None:
        if hasattr(self, "store"):
            assert self.store.stats().keys <= self.most_keys


@pytest.fixture(scope="module", autouse=True)
def _servers() -> Iterator[None]:
    yield
    stop_servers()


def test_stores_agree_with_the_lists() -> None:
    """Whatever happens in whatever order, all stores record alike and answer alike; also a store that was closed and
    opened again, and under a later version of the rules."""
    met.clear()
    run_state_machine_as_test(Windows, settings=SETTINGS)
    shapes = [*(f"record {shape}" for shape in RECORDS), *(f"read {shape}" for shape in READS)]
    wanted = [*shapes, "reopened", "another version of the rules"]
    assert {name: met[name] for name in wanted if met[name] < LEAST} == {}
    assert met["answers of something"] > 1_000


def test_a_small_store_says_what_it_does_not_know() -> None:
    """A store that has let go of keys answers exactly or says that it cannot; it still answers much."""
    met.clear()
    run_state_machine_as_test(SmallWindows, settings=SETTINGS)
    assert met["small: unavailable"] > 1_000
    assert met["answers"] - met["small: unavailable"] > 1_000
