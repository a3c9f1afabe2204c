"""Locks that a forked child finds free.

A process may be forked while another of its threads holds a lock; the child has no such thread, so the lock would
never be let go there. The child gets new ones. That is enough where a lock only keeps calls apart and guards nothing
that could be half done; what does guard such a thing has to be held over the fork instead.
"""

from __future__ import annotations

import os
import weakref

from .fair import FairRLock


class ForkLock:
    """`held`: a lock for `with`; the thread that has it may take it again."""

    def __init__(self) -> None:
        self.renew()
        _locks.add(self)

    def renew(self) -> None:
        self.held = FairRLock()


_locks: weakref.WeakSet[ForkLock] = weakref.WeakSet()


def _in_child() -> None:
    for lock in _locks:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
