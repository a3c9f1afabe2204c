"""Locks that a forked child finds free.

A process may be forked while another of its threads holds a lock; the child has no such thread, so the lock would
never be let go there. The child gets new ones. That is enough where a lock only keeps calls apart and guards nothing
that could be half done; what does guard such a thing has to be held over the fork instead, as `making` is.
"""

from __future__ import annotations

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


def _in_child() -> None:
    for lock in _locks:
        lock.renew()


def around_forks(before: Callable[[], object], after: Callable[[bool], object]) -> None:
    """From now on `before` is called before this process is forked, what was given last first; and `after` in it
    (False) and in its child (True)."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=before, after_in_parent=lambda: after(False), after_in_child=lambda: after(True)
        )


making = threading.RLock()
"""Held by who loads or compiles machine code, which is half done until it is whole: a fork waits for that. Who holds it
takes no other lock that is held over a fork."""
around_forks(making.acquire, lambda _: making.release())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
