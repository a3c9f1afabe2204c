"""Locks that a forked child finds free.

A process may be forked while another of its threads holds a lock; the child has no such thread, so the lock would
never be let go there. The child gets new ones. That is enough where a lock only keeps calls apart and guards nothing
that could be half done; what does guard such a thing has to be held over the fork instead, as `making` is.
"""

from __future__ import annotations

import logging  # noqa: F401  # before the hooks below, see `making`
import os
import threading
import weakref
from collections.abc import Callable

from .fair import FairRLock


class ForkLock:
    """`held`: a lock for `with`; the thread that has it may take it again."""

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        self.held = FairRLock()


_locks: weakref.WeakSet[ForkLock] = weakref.WeakSet()


making = threading.RLock()
"""Held by who loads or compiles machine code, which is half done until it is whole: a fork waits for that. A fork takes
it before all other locks, so nobody waits for it who holds one that is held over a fork. What compiles takes locks of
others besides, such as that of `logging`, which is imported here, so that its hook runs after ours."""
_around: list[tuple[Callable[[], object], Callable[[bool], object]]] = []


def around_forks(before: Callable[[], object], after: Callable[[bool], object]) -> None:
    """From now on `before` is called before this process is forked, nobody compiling, and `after` afterwards, in it
    (False) and in its child (True)."""
    _around.append((before, after))


def _before() -> None:
    making.acquire()
    for before, _ in _around:
        before()


def _after(child: bool) -> None:
    if child:
        for lock in _locks:
            lock.renew()
    for _, after in reversed(_around):
        after(child)
    making.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=lambda: _after(False), after_in_child=lambda: _after(True))
