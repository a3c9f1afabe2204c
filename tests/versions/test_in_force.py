"""Which version is in force when: never two at once, never a changed past, and on time with no registry in reach."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskrules as rr
from riskrules.base.times import format_instant
from riskrules.versions.errors import RegistryError
from riskrules.versions.ranges import (
    MOST_AHEAD,
    Activation,
    Activations,
    ends_us,
    gap_after,
    in_force,
    overlapping,
    rolled_back,
    same_past,
    with_activation,
    withdrawn,
)

from .registry_house import DAY_US, HOUR_US, KEYS, START_US, House

HORIZON = 60


@dataclass(frozen=True)
class Step:
    """What an operator asks for: at which moment, which version, from and until when (None: now, open)."""

    what: str
    after: int
    version: int
    begins: int | None
    lasting: int | None


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["activate", "activate", "activate", "rollback", "withdraw"]),
        st.integers(0, 6),
        st.integers(1, 4),
        st.none() | st.integers(-2, 15),
        st.none() | st.integers(0, 8),
    ),
    min_size=1,
    max_size=14,
)


class Oracle:
    """The same as a plain line of instants, each with the version that is in force there: no rule of `ranges` in it."""

    def __init__(self) -> None:
        self.line: list[str | None] = [None] * (HORIZON * 4)
        self.fixed: list[tuple[int, int | None, str]] = []  # begin, end if one was asked for, version

    def may(self, begins: int, end: int | None, now: int) -> bool:
        """Not in the past, not nothing, not inside a range whose end is fixed, and none begins inside a fixed one."""
        if begins < now or (end is not None and end <= begins):
            return False
        for other, its_end, _ in self.fixed:
            if other == begins:
                return False
            if its_end is not None and other < begins < its_end:
                return False
            if end is not None and begins < other < end:
                return False
        return len([b for b, _, _ in self.fixed if b > now]) + (begins > now) <= MOST_AHEAD

    def drawn(self, begins: int, end: int | None, version: str) -> None:
        self.fixed = sorted([*self.fixed, (begins, end, version)])
        self.redraw()

    def redraw(self) -> None:
        self.line = [None] * len(self.line)
        for number, (begins, end, version) in enumerate(self.fixed):
            following = self.fixed[number + 1][0] if number + 1 < len(self.fixed) else len(self.line)
            for at in range(begins, min(len(self.line) if end is None else end, following, len(self.line))):
                assert self.line[at] is None, "two versions at one instant"
                self.line[at] = version


def line_of(activations: Sequence[Activation]) -> list[str | None]:
    return [found.version if (found := in_force(activations, at)) else None for at in range(HORIZON * 4)]


def version_of(number: int) -> str:
    return f"2026.{number}"


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_every_instant_has_at_most_one_version(steps: list[Step]) -> None:
    """Whatever operators ask for, what is in force is what a plain line of instants says; what is refused changes
    nothing, and nothing changes the past."""
    activations: Activations = ()
    oracle, now = Oracle(), 0
    for step in steps:
        now += step.after
        before, version = activations, version_of(step.version)
        if step.what == "activate":
            begins = now if step.begins is None else now + step.begins
            end = None if step.lasting is None else begins + step.lasting
            new = Activation(version, version, begins, end, now)
            if oracle.may(begins, end, now):
                activations = with_activation(activations, new, now)
                oracle.drawn(begins, end, version)
            else:
                with pytest.raises(RegistryError):
                    with_activation(activations, new, now)
        elif step.what == "withdraw":
            left = [x for x in oracle.fixed if x[2] != version or x[0] <= now]
            if len(left) == len(oracle.fixed):
                with pytest.raises(RegistryError):
                    withdrawn(activations, version, now)
            else:
                activations = withdrawn(activations, version, now)
                oracle.fixed = left
                oracle.redraw()
        else:
            try:
                activations = rolled_back(activations, now)
            except RegistryError:
                assert activations is before
                continue
            back = in_force(activations, now)
            assert back is not None and back.rollback and back.begins_us == now
            oracle.fixed = [(b, now if b < now and e is not None and e > now else e, v) for b, e, v in oracle.fixed]
            oracle.drawn(now, None, back.version)
        assert overlapping(activations) is None
        assert same_past(before, activations, now)
        assert line_of(activations) == oracle.line


def test_the_generator_makes_what_it_should() -> None:
    """Among generated steps are refused ones, gaps, ranges with ends, rollbacks and withdrawals that succeed."""
    seen: set[str] = set()

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(STEPS)
    def look(steps: list[Step]) -> None:
        activations: Activations = ()
        now = 0
        for step in steps:
            now += step.after
            version = version_of(step.version)
            begins = now if step.begins is None else now + step.begins
            try:
                if step.what == "activate":
                    end = None if step.lasting is None else begins + step.lasting
                    new = Activation(version, version, begins, end, now)
                    activations = with_activation(activations, new, now)
                    seen.add("a gap" if gap_after(activations, new) else "no gap")
                    seen.add("later" if begins > now else "now")
                else:
                    activations = (
                        rolled_back(activations, now)
                        if step.what == "rollback"
                        else withdrawn(activations, version, now)
                    )
                seen.add(step.what)
            except RegistryError as error:
                seen.add(next(x for x in ("overlap", "already", "before it", "go back", "withdraw") if x in str(error)))

    look()
    assert seen == {
        "activate", "rollback", "withdraw", "a gap", "no gap", "later", "now",
        "overlap", "already", "before it", "go back",
    }  # fmt: skip


def test_going_back_twice_goes_back_two() -> None:
    """Rolling back is not undone by rolling back again; activating again what was rolled back is a step forward."""
    activations: Activations = ()
    for number in (1, 2, 3):
        new = Activation(version_of(number), version_of(number), number * 10, None, number * 10)
        activations = with_activation(activations, new, number * 10)
    told = []
    for now in (40, 50):
        activations = rolled_back(activations, now)
        told.append(in_force(activations, now))
    assert [x and x.version for x in told] == ["2026.2", "2026.1"]
    with pytest.raises(RegistryError, match="no version before"):
        rolled_back(activations, 60)
    activations = with_activation(activations, Activation("2026.3", "2026.3", 60, None, 60), 60)
    again = in_force(rolled_back(activations, 70), 70)
    assert again is not None and again.version == "2026.1"


def test_a_rollback_cuts_a_fixed_end_and_leaves_what_waits() -> None:
    """It works inside a range whose end is fixed, and the version that waits to begin still begins."""
    activations: Activations = ()
    for begins, end, number in ((10, None, 1), (20, 80, 2), (90, None, 3)):
        new = Activation(version_of(number), version_of(number), begins, end, 5)
        activations = with_activation(activations, new, 5)
    made = rolled_back(activations, 50)
    found = [(x.version, x.begins_us, ends_us(made, x)) for x in made]
    assert found == [("2026.1", 10, 20), ("2026.2", 20, 50), ("2026.1", 50, 90), ("2026.3", 90, None)]


def test_a_version_begins_with_no_registry_in_reach(lived_in: House) -> None:
    """A timeline alone says what is in force at every later instant: the one that waits begins, and ends, on time."""
    lived_in.approved("2026.3", "7_000")
    begins, end = lived_in.now_us + DAY_US, lived_in.now_us + 3 * DAY_US
    lived_in.activate("2026.3", begins, end)
    timeline = lived_in.opened().timeline("small", lived_in.now_us)
    shutil.rmtree(lived_in.place)
    at = [(-1, "2026.2"), (0, "2026.3"), (2 * DAY_US - 1, "2026.3"), (2 * DAY_US, None)]
    for offset, version in at:
        release = timeline.at(begins + offset)
        assert (release.version if release else None) == version
        if release is not None:
            engine = rr.Engine(release.rules, lists=release.lists)
            assert engine.rules.meaning.version == version


def test_the_version_in_force_decides_the_replay(lived_in: House) -> None:
    """At each instant of the past the release is the one that decided then, also after all that came later."""
    was = {START_US: "2026.1", START_US + HOUR_US - 1: "2026.1", START_US + HOUR_US: "2026.2"}
    rolled = lived_in.now_us
    lived_in.registry.rollback("small", key=KEYS["chen"])
    lived_in.now_us += DAY_US
    was |= {rolled - 1: "2026.2", rolled: "2026.1", lived_in.now_us: "2026.1"}
    lived_in.approved("2026.3", "7_000")
    lived_in.activate("2026.3")
    registry = lived_in.opened()
    for at_us, version in was.items():
        if at_us == lived_in.now_us:
            version = "2026.3"
        release = registry.in_force("small", at_us)
        assert release is not None and release.version == version, format_instant(at_us)
        assert release.begins_us <= at_us and (release.ends_us is None or at_us < release.ends_us)
    assert registry.in_force("small", START_US - 1) is None
    assert registry.in_force("other", START_US) is None


def test_what_was_is_given_after_everything_expired(house: House) -> None:
    """Years later keys, and the version itself, have expired; what was in force is given all the same, and serving it
    now is refused."""
    house.approved("2026.1", expires_us=START_US + DAY_US)
    house.activate("2026.1")
    house.now_us = START_US + 900 * DAY_US
    found = house.opened().in_force("small", START_US + HOUR_US)
    assert found is not None and found.version == "2026.1"
    with pytest.raises(ValueError, match="expired on 2026-11-02"):
        house.opened().timeline("small", house.now_us)


def test_what_cannot_be_activated(lived_in: House) -> None:
    """In the past, before its own end, over a fixed range, after it has expired, or with a clock that is behind."""
    lived_in.approved("2026.3", "7_000", expires_us=lived_in.now_us + 5 * DAY_US)
    before, mark = lived_in.registry.pointer().sequence, lived_in.registry.mark()
    with pytest.raises(RegistryError, match=r"cannot begin on .*: it is .* already"):
        lived_in.activate("2026.3", lived_in.now_us - 1)
    with pytest.raises(RegistryError, match="before it has begun"):
        lived_in.activate("2026.3", lived_in.now_us + 5, lived_in.now_us + 5)
    with pytest.raises(ValueError, match="expired on 2026-11-06"):
        lived_in.activate("2026.3", lived_in.now_us + 5 * DAY_US)
    lived_in.activate("2026.3", lived_in.now_us + DAY_US, lived_in.now_us + 2 * DAY_US)
    with pytest.raises(RegistryError, match=r"would overlap 2026.3, which is in force from 2026-11-02T02:00:00Z until"):
        lived_in.activate("2026.1", lived_in.now_us + DAY_US + 1)
    assert lived_in.registry.pointer().sequence == before + 1 and lived_in.registry.mark() != mark
    lived_in.now_us -= 2 * HOUR_US
    with pytest.raises(RegistryError, match="this machine's clock says 2026-11-01T00:00:00Z"):
        lived_in.activate("2026.1")


def test_so_many_may_wait(lived_in: House) -> None:
    """An engine loads all that wait, so there is a limit to them."""
    for number in range(MOST_AHEAD):
        lived_in.activate(f"2026.{1 + number % 2}", lived_in.now_us + (number + 1) * DAY_US)
    with pytest.raises(RegistryError, match="at most 16 versions wait to begin"):
        lived_in.activate("2026.1", lived_in.now_us + 40 * DAY_US)
    assert len(lived_in.opened().timeline("small", lived_in.now_us).releases) == MOST_AHEAD + 1
