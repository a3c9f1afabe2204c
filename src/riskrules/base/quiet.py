"""Heavy work beside payments, so that they do not wait for it.

Python runs one thread at a time, and two things make a payment wait while another thread loads a version. A thread
keeps the interpreter for five milliseconds before it hands over; for as long as heavy work goes on it is a tenth of
one. And the collector of cyclic garbage stops every thread while it looks through all objects of the process, which
with the compiled kernels takes a tenth of a second; so what is there when the kernels are ready is put out of its
sight once (`settle`), and while heavy work goes on it looks through young objects only.

Both are settings of the process, put back when the work is done. The price of `settle` is that what is garbage by
cycles later, of what was alive then, is not found; it is bounded by what was alive then.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .forks import ForkLock

HAND_OVER_S = 0.000_1
YOUNG = (2_000, 5, 1_000_000)
"""The collector's thresholds meanwhile: a look through the ten thousand youngest objects takes a millisecond or two,
and one through all of them does not come up."""


@dataclass
class _Before:
    """How the process was set when the first of those who are at heavy work began."""

    workers: int = 0
    switch_s: float = 0.0
    thresholds: tuple[int, int, int] = (0, 0, 0)
    settled: bool = False


_lock = ForkLock()
_before = _Before()


@contextmanager
def quietly() -> Iterator[None]:
    """While it lasts, payments in other threads are hardly kept waiting. May be entered by several at once."""
    with _lock.held:
        if not _before.workers:
            _before.switch_s, _before.thresholds = sys.getswitchinterval(), gc.get_threshold()
            sys.setswitchinterval(min(HAND_OVER_S, _before.switch_s))
            if _before.thresholds[0]:
                gc.set_threshold(*YOUNG)
        _before.workers += 1
    try:
        yield
    finally:
        with _lock.held:
            _before.workers -= 1
            if not _before.workers:
                _put_back()


def _put_back() -> None:
    """As it was, unless somebody else set it meanwhile."""
    if sys.getswitchinterval() <= 2 * HAND_OVER_S:
        sys.setswitchinterval(_before.switch_s)
    if gc.get_threshold() == YOUNG:
        gc.set_threshold(*_before.thresholds)


def settle() -> None:
    """Collect what is garbage, and do not look through the rest again. Once a process; a tenth of a second."""
    with _lock.held:
        if _before.settled or not gc.isenabled():
            return
        _before.settled = True
    gc.collect()
    gc.freeze()
