"""The lock for which nobody waits for ever: one at a time, all in turn, also when interrupted and after a fork."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from riskrules.base.fair import FairLock, FairRLock
from riskrules.base.forks import ForkLock

THREADS = 8
BOTH: tuple[Callable[[], AbstractContextManager[None]], ...] = (FairLock, FairRLock)


def hammered(lock: AbstractContextManager[object], seconds: float, hold_s: float = 0.0) -> tuple[list[int], int]:
    """Eight threads that do nothing else: how often each had it, and the most turns of others that one waited for.
    Turns and not time, which hangs on what else the machine does. Fails where two have it at once."""
    turns, worst, inside, all_turns = [0] * THREADS, [0] * THREADS, [0], [0]
    until = time.monotonic() + seconds
    together: list[str] = []

    def work(me: int) -> None:
        while time.monotonic() < until:
            before = all_turns[0]
            with lock:
                worst[me] = max(worst[me], all_turns[0] - before)
                inside[0] += 1
                if inside[0] != 1:
                    together.append("two at once")
                if hold_s:
                    time.sleep(hold_s)
                all_turns[0] += 1
                inside[0] -= 1
            turns[me] += 1

    workers = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not together
    return turns, max(worst)


@pytest.mark.parametrize("made", BOTH)
def test_one_at_a_time_and_everybody_in_turn(made: Callable[[], AbstractContextManager[None]]) -> None:
    """Held for half a millisecond without the interpreter's lock, as a kernel is: nobody gets less than a third of what
    is due, and nobody waits for more than some rounds of all eight."""
    turns, worst = hammered(made(), 2.0, hold_s=0.0005)
    assert min(turns) > sum(turns) / THREADS / 3
    assert worst <= 10 * THREADS


@pytest.mark.parametrize("made", BOTH)
def test_one_at_a_time_when_hardly_held(made: Callable[[], AbstractContextManager[None]]) -> None:
    turns, _ = hammered(made(), 1.0)
    assert min(turns) > 0
    assert sum(turns) > 1_000


def test_the_thread_that_has_it_may_take_it_again() -> None:
    lock = FairRLock()
    with lock:
        with lock, lock:
            pass
        other: list[str] = []
        thread = threading.Thread(target=lambda: other.append("in") if lock.__enter__() is None else None)
        thread.start()
        time.sleep(0.02)
        assert other == []
    thread.join(5)
    assert other == ["in"]


def test_an_error_lets_it_go() -> None:
    lock = FairLock()
    with pytest.raises(ValueError, match="inside"), lock:
        raise ValueError("inside")
    with lock:
        pass


def test_one_who_is_interrupted_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the lock was just handed over or not, the next one gets it."""
    lock = FairLock()
    lock.acquire()
    real = threading.Lock

    class Interrupted:
        """A turn at which waiting is interrupted."""

        def __init__(self) -> None:
            self.inner = real()

        def acquire(self, timeout: float = -1) -> bool:
            if timeout < 0:
                return self.inner.acquire()
            raise KeyboardInterrupt

        def release(self) -> None:
            self.inner.release()

    monkeypatch.setattr("riskrules.base.fair.threading.Lock", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    monkeypatch.undo()
    lock.release()
    with lock:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_finds_it_free() -> None:
    """Though another thread of the parent's has it, with more in the line."""
    lock, entered, leave = ForkLock(), threading.Event(), threading.Event()

    def holding() -> None:
        with lock.held:
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=holding)
    holder.start()
    entered.wait(10)
    child = os.fork()
    if not child:
        with lock.held:
            os._exit(7)
    _, status = os.waitpid(child, 0)
    leave.set()
    holder.join()
    assert os.waitstatus_to_exitcode(status) == 7
