"""Stores side by side with the reference: every step to all of them, every answer compared.

A store may say that it does not know, but only where its own guarantee leaves it that: for a moment older than the
newest event of the key by more than its lateness, or, where it is small and has evicted, anywhere. It may never answer
with another number, and where the reference itself says that a reading cannot be told, no store may tell it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reference import ListBound, ListWindows, within
from steps import Step

from riskrules.state.plan import Plan
from riskrules.state.store import Answers, Bound, Happened, Moment, WindowConflict, WindowStore

MOST_SHOWN = 12
LEAST_FOUND = {
    "answers": 5_000,
    "answers of something": 1_000,
    "unavailable: the sum is beyond what can be told": 2,
    "event at since": 2,
    "event one before since": 1,
    "event at the moment": 20,
    "own id mattered": 5,
    "recorded": 300,
    "recorded before": 15,
    "conflict": 10,
}
"""Times in a thousand steps that a run must have met in the answers, whatever was meant by the steps."""


class DisagreementError(AssertionError):
    """A store and the reference differ. `step` is the number of the step."""

    def __init__(self, said: str, step: int) -> None:
        super().__init__(f"step {step}: {said}")
        self.step = step


@dataclass
class Contestant:
    """A store under its name. `lateness_us`: its guarantee; `small`: it has evicted, and may not know anything."""

    name: str
    store: WindowStore
    lateness_us: int
    small: bool = False
    bound: Bound | None = None


@dataclass
class Contest:
    """One history. `seen` counts what the answers held."""

    plan: Plan
    contestants: Sequence[Contestant]
    seen: Counter[str] = field(default_factory=Counter)
    lists: ListWindows = field(default_factory=ListWindows)
    steps: int = 0

    def __post_init__(self) -> None:
        self.bind(self.plan)

    def bind(self, plan: Plan) -> None:
        """Another version of the rules, for the reference and for all."""
        self.plan = plan
        self.reference: ListBound = self.lists.bind(plan)
        for one in self.contestants:
            one.bound = one.store.bind(plan)

    def all(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        """DisagreementError at the first difference."""
        self.steps += 1
        if isinstance(step, Happened):
            self._record(step)
        elif isinstance(step, Moment):
            self._read(step)
        else:
            self.bind(step)
            self.seen["another version of the rules"] += 1

    def _record(self, happened: Happened) -> None:
        expected = recorded(self.reference, happened)
        self.seen[expected] += 1
        for one in self.contestants:
            assert one.bound is not None
            said = recorded(one.bound, happened)
            if said != expected:
                raise DisagreementError(f"{one.name} says `{said}`, not `{expected}` to {happened}", self.steps)

    def _read(self, moment: Moment) -> None:
        expected = self.reference.read(moment)
        self._look_at(moment, expected)
        for one in self.contestants:
            assert one.bound is not None
            said = one.bound.read(moment)
            if said.values == expected.values and not said.unavailable and not expected.unavailable:
                continue
            wrong = self._difference(one, moment, expected, said)
            if wrong:
                raise DisagreementError(f"{one.name} {wrong}", self.steps)

    def _difference(self, one: Contestant, moment: Moment, expected: Answers, said: Answers) -> str:
        if len(said.values) != len(expected.values):
            return f"answers {len(said.values)} readings of {len(expected.values)}"
        if said.unavailable and not said.because:
            return "does not say why it does not know"
        for number, reading in enumerate(self.plan.readings):
            value, truth = said.values[number], expected.values[number]
            if number in said.unavailable:
                self.seen[f"{one.name}: unavailable"] += number not in expected.unavailable
                if value is not None:
                    return f"answers `{reading.name}` with {value} and says that it is unavailable"
                if number not in expected.unavailable and not self._may_not_know(one, moment, number):
                    wrong = f"does not know `{reading.name}`, which is {truth}: {said.because}"
                    return self._told(wrong, moment, number)
            elif number in expected.unavailable or value != truth or type(value) is not type(truth):
                right = "unavailable" if number in expected.unavailable else truth
                return self._told(f"answers `{reading.name}` with {value!r}, not {right!r}", moment, number)
        return ""

    def _may_not_know(self, one: Contestant, moment: Moment, number: int) -> bool:
        lookup = self.plan.lookups[self.plan.readings[number].lookup]
        key = moment.keys[self.plan.readings[number].lookup]
        if key is None:
            return False
        events = self.reference.of(lookup.series, key)
        return one.small or bool(events and moment.time_us < events[-1].time_us - one.lateness_us)

    def _told(self, wrong: str, moment: Moment, number: int) -> str:
        lookup = self.plan.readings[number].lookup
        key = moment.keys[lookup]
        events = self.reference.of(self.plan.lookups[lookup].series, key) if key else []
        near = within(events, moment.since_us[number] - 2, moment.time_us + 2)
        shown = "\n".join(f"  {e.time_us - moment.time_us:+} us: {e}" for e in near[:MOST_SHOWN])
        return (
            f"{wrong}\nat {moment.time_us}, since {moment.since_us[number]}, id {moment.id!r}, key {key}, "
            f"newest {events[-1].time_us if events else None}\n{len(near)} events near\n{shown}"
        )

    def _look_at(self, moment: Moment, expected: Answers) -> None:
        """What the moment met, by its first reading and one that changes from step to step."""
        self.seen["answers"] += len(expected.values)
        self.seen["answers of something"] += sum(1 for v in expected.values if v)
        self.seen["unavailable: the sum is beyond what can be told"] += len(expected.unavailable)
        number = self.steps % len(self.plan.readings)
        lookup = self.plan.readings[number].lookup
        key = moment.keys[lookup]
        if key is None:
            self.seen["key missing"] += 1
            return
        since_us = moment.since_us[number]
        events = within(self.reference.of(self.plan.lookups[lookup].series, key), since_us - 1, moment.time_us)
        if events:
            first = events[0].time_us
            self.seen["event one before since"] += first == since_us - 1
            self.seen["event at since"] += any(e.time_us == since_us for e in events[:3])
            self.seen["event at the moment"] += events[-1].time_us == moment.time_us
            self.seen["own id mattered"] += ("payment", moment.id) in {e.name for e in events[-200:]}


def recorded(bound: Bound, happened: Happened) -> str:
    """What recording comes to, in a word."""
    try:
        return "recorded" if bound.record(happened) else "recorded before"
    except WindowConflict:
        return "conflict"
    except (ValueError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"


def not_found(seen: Counter[str], steps: int) -> list[str]:
    """What a run of so many steps met too rarely in the answers."""
    return [f"{name}: {seen[name]}" for name, least in LEAST_FOUND.items() if seen[name] < least * steps / 1_000]
