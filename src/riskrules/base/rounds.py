"""Work that is done again and again beside the payments, by a thread of its own.

A turn says how long to wait for the next one. A process that was forked has none of its parent's threads, so each
round that was going begins again in the child by itself. A turn never ends the thread: what goes wrong in one is
kept as `problem` and the next is tried. The thread is a daemon and holds nothing but the round, so a process ends
without waiting for it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable

AFTER_A_FAILURE_S = 1.0


class Round:
    """`turn`: does the work and says in how many seconds to do it again; None ends the round."""

    def __init__(self, name: str, turn: Callable[[], float | None], in_child: Callable[[], None] | None = None) -> None:
        """`in_child`: called in a forked child before its thread begins, to make locks and queues anew."""
        self._name = name
        self._turn = turn
        self._in_child = in_child
        self._asked = threading.Event()
        self._going = False
        self._thread: threading.Thread | None = None
        self.problem = ""
        _rounds.add(self)

    @property
    def going(self) -> bool:
        return self._going

    def start(self) -> None:
        if not self._going:
            self._going = True
            self._begin()

    def stop(self, wait_s: float = 0.0) -> None:
        """No more turns; one that is under way ends, for which `wait_s` is waited at most."""
        self._going = False
        self._asked.set()
        thread = self._thread
        if wait_s and thread is not None and thread is not threading.current_thread():
            thread.join(wait_s)

    def wake(self) -> None:
        """Do not wait for the next turn."""
        self._asked.set()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=_run, args=(self,), name=f"riskrules {self._name}", daemon=True)
        self._thread.start()

    def renew(self) -> None:
        """In a forked child: the same again."""
        self._asked = threading.Event()
        if self._in_child is not None:
            self._in_child()
        if self._going:
            self._begin()

    def _once(self) -> float | None:
        self._asked.clear()
        try:
            wait_s = self._turn()
            self.problem = ""
        except Exception as error:  # noqa: BLE001  # the thread outlives whatever goes wrong in one turn
            self.problem = f"{self._name}: {type(error).__name__}: {error}"
            return AFTER_A_FAILURE_S
        return wait_s


def _run(mine: Round) -> None:
    thread = threading.current_thread()
    while mine._going and mine._thread is thread:
        wait_s = mine._once()
        if wait_s is None:
            mine._going = False
            return
        mine._asked.wait(wait_s)


_rounds: weakref.WeakSet[Round] = weakref.WeakSet()


def _in_child() -> None:
    for one in list(_rounds):
        one.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
