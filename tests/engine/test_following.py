"""An engine that follows a source: new versions within a second, and never anything but a good one."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import riskrules as rr
from riskrules.engine.following import MOST_REFUSALS, differing

from .samples import payment
from .sources import MemorySource, now_us, release, rules_of

SOON_S = 1.0
"""A change of the pointer is in effect within a second."""


def until(holds: Callable[[], object], seconds: float = 10.0) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.005)
    return time.monotonic() - began


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Callable[..., rr.Engine]]:
    """Makes engines that follow, and ends their following."""
    made: list[rr.Engine] = []

    def make(source: MemorySource, **options: Any) -> rr.Engine:
        made.append(rr.Engine.following(source, **{"state": tmp_path, **options}))
        return made[-1]

    yield make
    for engine in made:
        assert engine.followed
        engine.followed.stop()


def version(engine: rr.Engine) -> str:
    """Which version decides, by what it decides: the amount above which it verifies; and by what it says."""
    by_action = next((v for v in range(20) if engine.decide(payment(amount=f"{1000 + v}.01")).level), -1)
    return f"{by_action}:{engine.decide(payment()).ruleset.version}"


def test_a_new_version_serves_within_a_second(following: Callable[..., rr.Engine]) -> None:
    """By the pointer alone: the host does nothing."""
    source = MemorySource(release(1))
    told: list[str] = []
    engine = following(source, on_change=lambda r: told.append(r.version))
    assert version(engine) == "1:2026.1"
    for number in range(2, 8):
        source.put(release(number))
        took = until(lambda number=number: engine.rules.version == f"2026.{number}")
        assert took < SOON_S
        assert version(engine) == f"{number}:2026.{number}"
    assert engine.followed
    status = engine.followed.status()
    assert (status.version, status.sequence, status.refusals, status.unreachable) == ("2026.7", 7, (), "")
    assert status.manifest == f"{7:064x}"
    assert told == [f"2026.{n}" for n in range(2, 8)]


def test_following_with_an_engine_that_serves_already() -> None:
    engine = rr.Engine(rules_of(0), lists={"involved": []})
    source = MemorySource(release(3))
    followed = engine.follow(source, every=timedelta(milliseconds=20))
    try:
        assert engine.rules.version == "2026.3"  # looked at before `follow` returned
        with pytest.raises(ValueError, match="follows a source"):
            engine.swap(rules_of(9))
    finally:
        followed.stop()
    engine.swap(rules_of(9))
    source.put(release(4))
    time.sleep(0.1)
    assert engine.rules.version == "2026.9"


OTHER_CURRENCY = """
ruleset followed version 2026.9
  currency GBP

rule large
  "A large amount"
  when    amount > 5 GBP
  then    warn
"""
BRANCH = 'field payment.branch text "Which branch"'
BY_BRANCH = ("amount >", 'payment.branch = "a" and amount >')
BAD: dict[str, Callable[[], Any]] = {
    "unsigned": lambda: rr.RefusedError("manifest 12 is not signed"),
    "a fault of the source": lambda: KeyError("releases"),
    "a fault while loading": lambda: RecursionError("too deep"),
    "no memory": lambda: MemoryError(),
    "another currency": lambda: release(9, rules=rr.loads(OTHER_CURRENCY, "followed.risk")),
    "a field that nobody gives": lambda: release(
        9, rules=rules_of(9, more=BRANCH, replaced=BY_BRANCH)
    ),
    "a list that nobody gives": lambda: release(
        9, rules=rules_of(9, more="list unheard_of of account", replaced=("in involved", "in unheard_of"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_what_is_refused_changes_nothing(bad: str, following: Callable[..., rr.Engine], tmp_path: Path) -> None:
    """It is told, the last good version serves, also after a restart, and the next good one is taken."""
    source = MemorySource(release(1))
    engine = following(source)
    made = BAD[bad]()
    if isinstance(made, Exception):
        source.problem = made
        source.put(release(2))
    else:
        source.put(made)
    assert engine.followed
    status = engine.followed.status
    until(lambda: status().refusals)
    assert len(status().refusals) == 1
    assert version(engine) == "1:2026.1"
    assert status().version == "2026.1"

    again = following(source)
    assert version(again) == "1:2026.1"
    assert again.followed
    assert again.followed.status().refusals

    source.problem = None
    source.put(release(3))
    until(lambda: engine.rules.version == again.rules.version == "2026.3")


def test_an_older_pointer_is_refused_also_after_a_restart(following: Callable[..., rr.Engine]) -> None:
    source = MemorySource(release(1))
    source.put(release(2))
    engine = following(source)
    older = MemorySource(release(1))
    again = following(older)
    assert engine.rules.version == again.rules.version == "2026.2"
    assert again.followed
    assert "older" in again.followed.status().refusals[0].because


def test_a_source_that_is_away(following: Callable[..., rr.Engine], tmp_path: Path) -> None:
    """The last version serves; a new process begins with the mirror; without one it says what is missing."""
    source = MemorySource(release(1))
    engine = following(source)
    source.problem = OSError("no route to the registry")
    assert engine.followed
    status = engine.followed.status
    until(lambda: status().unreachable)
    assert "no route" in status().unreachable
    again = following(source)
    assert version(again) == version(engine) == "1:2026.1"
    with pytest.raises(rr.RefusedError, match="no route"):
        rr.Engine.following(source, state=tmp_path / "another")
    source.problem = None
    source.put(release(2))
    until(lambda: engine.rules.version == again.rules.version == "2026.2")
    assert status().unreachable == ""


def test_a_future_version_begins_by_the_clock_with_no_source(following: Callable[..., rr.Engine]) -> None:
    """Known ahead, it begins at its own time though nobody can be asked; what was not known does not."""
    begins = now_us() + 1_500_000
    source = MemorySource(release(1, 0, begins), release(2, begins))
    engine = following(source)
    source.problem = OSError("gone")
    source.put(release(3))
    assert engine.rules.version == "2026.1"
    until(lambda: engine.rules.version == "2026.2")
    assert 0 <= now_us() - begins < 500_000


def test_between_two_versions_the_last_goes_on_and_says_so(following: Callable[..., rr.Engine]) -> None:
    ends = now_us() + 700_000
    source = MemorySource(release(1, 0, ends), release(2, ends + 700_000))
    engine = following(source)
    assert engine.followed
    status = engine.followed.status
    assert not status().outside
    until(lambda: status().outside)
    assert version(engine) == "1:2026.1"
    until(lambda: engine.rules.version == "2026.2")
    until(lambda: not status().outside)


def test_nothing_in_force_is_nothing_to_begin_with(tmp_path: Path) -> None:
    source = MemorySource(release(1, now_us() + 60_000_000))
    with pytest.raises(rr.RefusedError, match="no version in force now"):
        rr.Engine.following(source, state=tmp_path)


def test_a_mirror_that_cannot_be_written_is_told(following: Callable[..., rr.Engine]) -> None:
    source = MemorySource(release(1))
    source.mirror_problem = OSError("no space left on the disk")
    engine = following(source)
    assert engine.followed
    assert "no space" in engine.followed.status().mirror_problem
    source.mirror_problem = None
    source.put(release(2))
    until(lambda: engine.rules.version == "2026.2")
    until(lambda: engine.followed and not engine.followed.status().mirror_problem)


def test_lists_of_a_version_come_with_it_and_the_hosts_own_stay(following: Callable[..., rr.Engine]) -> None:
    """A version's list is its own; one that it does not bring is the host's, and goes on over a change."""
    both = ("not in involved", "not in involved and payee.account is not in mine")
    more = rules_of(2, more="list mine of account", replaced=both)
    source = MemorySource(release(1))
    engine = following(source, lists={"mine": ["6228480000002222"], "involved": ["6228480000002222"]})
    assert engine.decide(payment(amount="5000.00")).act == "verify"
    source.put(release(2, rules=more))
    until(lambda: engine.rules.version == "2026.2")
    assert engine.decide(payment(amount="5000.00")).act == "allow"
    engine.use_lists({"mine": []})
    assert engine.decide(payment(amount="5000.00")).act == "verify"


def test_refusals_are_bounded(following: Callable[..., rr.Engine]) -> None:
    source = MemorySource(release(1))
    engine = following(source, every=timedelta(milliseconds=10))
    assert engine.followed
    status = engine.followed.status
    for number in range(MOST_REFUSALS + 20):
        source.problem = rr.RefusedError(f"bad {number}")
        source.put(release(1))
        until(lambda number=number: f"bad {number}" in str(status().refusals[-1:]))
    assert len(status().refusals) == MOST_REFUSALS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # later Pythons warn of threads at a fork
def test_a_forked_child_follows_by_itself(following: Callable[..., rr.Engine]) -> None:
    """Its parent's thread is not there; it begins one of its own."""
    source = MemorySource(release(1))
    engine = following(source)
    engine.decide(payment())
    child = os.fork()
    if not child:
        source.put(release(2))
        end = time.monotonic() + 20
        while engine.rules.version != "2026.2" and time.monotonic() < end:
            time.sleep(0.01)
        os._exit(engine.decide(payment(amount="1002.01")).level)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == rr.Action.VERIFY
    assert engine.rules.version == "2026.1"


def test_an_engine_that_nobody_holds_ends_its_thread(tmp_path: Path) -> None:
    engine = rr.Engine.following(MemorySource(release(1)), state=tmp_path, every=timedelta(milliseconds=10))
    seen = weakref.ref(engine)
    before = sum("following" in t.name for t in threading.enumerate())
    del engine
    gc.collect()
    assert seen() is None
    until(lambda: sum("following" in t.name for t in threading.enumerate()) < before)


def test_schemas_are_compared_field_by_field() -> None:
    """A new field is fine when it is optional; whatever would make a payment that fitted not fit is not."""
    plain = rules_of(1).schema
    read = ("amount >", 'payment.branch else "a" = "a" and amount >')
    optional = rules_of(1, more='field payment.branch text, optional "Which branch"', replaced=read).schema
    required = rules_of(1, more=BRANCH, replaced=BY_BRANCH).schema
    assert differing(plain, optional) == ""
    assert differing(required, plain) == ""
    assert "requires `payment.branch`" in differing(plain, required)
    assert "may leave out" in differing(optional, required)
