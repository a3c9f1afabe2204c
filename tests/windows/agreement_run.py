"""Seeded histories in bulk: stores and reference step by step, and what a run must have met to count for anything.

A long run is many histories of some ten thousand steps, each in stores of its own, rather than a single one: chance
takes another way each time, and a failing history is short enough to be cut down to the few steps that matter.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from contest import Contest, Contestant, DisagreementError, not_found
from steps import Step, Steps, not_met
from window_plans import PLAN, later_plan

from riskrules.schema import kinds as k
from riskrules.state import arena
from riskrules.state.plan import Plan
from riskrules.state.store import Happened, WindowStore

LATENESS_US = 2 * k.DAY
LATENESS = timedelta(microseconds=LATENESS_US)
STEPS_A_HISTORY = 25_000
MOST_UNAVAILABLE = 0.08
"""The share of answers that a store may leave open for events that came later than it waits for."""
MOST_TRIES = 400
PROGRESS_SECONDS = 2.0

Make = Callable[[], AbstractContextManager[WindowStore]]
"""Makes a fresh, empty store."""


@dataclass
class Ran:
    """A run: what it met, and the first disagreement in words, cut down to the steps that matter."""

    seen: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    found: str = ""

    @property
    def missed(self) -> list[str]:
        """What the run should have met and did not."""
        missed = [*not_met(self.seen, self.steps), *not_found(self.seen, self.steps)]
        for name, count in self.seen.items():
            if name.endswith(": unavailable") and count > MOST_UNAVAILABLE * self.seen["answers"]:
                missed.append(f"answers: {count} of {self.seen['answers']} {name}")
        return missed


@contextmanager
def secrets_of(seed: int) -> Iterator[None]:
    """Stores in memory are made with the secrets of a seed, which say where everything lies in them: a history that
    fails then fails again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arena, "new_secret", partial(Random(seed).randbytes, 16))
        yield


@contextmanager
def contest(makes: dict[str, Make], seen: Counter[str], seed: int, plan: Plan = PLAN) -> Iterator[Contest]:
    """Fresh stores of these kinds beside the reference."""
    with ExitStack() as stack:
        stack.enter_context(secrets_of(seed))
        stores = [Contestant(name, stack.enter_context(make()), LATENESS_US) for name, make in makes.items()]
        yield Contest(plan, stores, seen)


def run(
    makes: dict[str, Make],
    steps: int,
    seed: int,
    a_history: int = STEPS_A_HISTORY,
    told: Callable[[Ran, float], None] | None = None,
    cut: bool = True,
) -> Ran:
    """At least so many steps, a history after another, up to the first disagreement, which is cut down if `cut`."""
    ran = Ran()
    began = last = time.monotonic()
    while ran.steps < steps:
        made = history(seed, min(a_history, steps - ran.steps), ran.seen)
        try:
            with contest(makes, ran.seen, seed) as one:
                one.all(made)
        except DisagreementError as error:
            ran.steps += error.step
            smaller = cut_down(made[: error.step], makes, seed) if cut else ""
            ran.found = f"seed {seed}, {error}\n{smaller}"
            return ran
        ran.steps += len(made)
        seed += 1
        if told is not None and time.monotonic() - last > PROGRESS_SECONDS:
            last = time.monotonic()
            told(ran, last - began)
    return ran


def history(seed: int, steps: int, seen: Counter[str] | None = None, plan: Plan = PLAN) -> list[Step]:
    """The steps of a seed. Some way through, the rules change."""
    r = Random(seed)
    maker = Steps(plan, LATENESS_US, Counter() if seen is None else seen)
    change = r.randrange(steps // 4, steps)
    return [maker.go_over(later_plan(plan)) if n == change else maker.step(r) for n in range(steps)]


def cut_down(steps: Sequence[Step], makes: dict[str, Make], seed: int) -> str:
    """The fewest steps that can be found to fail, and what is said then. Half, then a quarter, and so on is left out
    for as long as what is left still fails."""
    kept = list(steps)
    said = ""
    size, tries = len(kept) // 2, 0
    while size and tries < MOST_TRIES:
        start = 0
        while start < len(kept) and tries < MOST_TRIES:
            tries += 1
            plans = [step for step in kept[start : start + size] if isinstance(step, Plan)]
            tried = kept[:start] + plans + kept[start + size :]
            failed = _fails(tried, makes, seed) if len(tried) < len(kept) else None
            if failed is None:
                start += size
            else:
                kept, said = tried[: failed.step], str(failed)
        size //= 2
    return f"cut down to {len(kept)} steps: {said}\n" + "\n".join(f"  {shown(step)}" for step in kept[-40:])


def _fails(steps: Sequence[Step], makes: dict[str, Make], seed: int) -> DisagreementError | None:
    try:
        with contest(makes, Counter(), seed) as one:
            one.all(steps)
    except DisagreementError as error:
        return error
    return None


def shown(step: Step) -> str:
    """A step on a line."""
    if isinstance(step, Happened):
        entries = ", ".join(f"{e.series}:{e.key}={e.value!r}" for e in step.entries)
        return f"record {step.event} {step.id!r} at {step.time_us} {step.content.hex()[:6]} {entries}"
    if isinstance(step, Plan):
        return "go over to the later plan"
    return f"read {step.id!r} at {step.time_us} {list(step.keys)}"
