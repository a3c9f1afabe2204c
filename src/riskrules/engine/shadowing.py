"""A shadow: a challenger decides the same payments beside the engine, and nobody acts on what it says.

The deciding thread copies the event and puts it into a bounded queue, and does nothing else. One thread decides the
copies by the challenger, with windows of its own that are told what the host records. It works for fractions of a
millisecond and then rests, so that it keeps within its budget and no payment waits for it; what there is no room or
time for is counted as skipped. It can change no decision, no window and no list of the engine's, and raises nothing.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.counting import Counts
from ..base.rounds import Round
from ..meaning import nodes as n
from ..state.lists import Lists
from ..state.store import WindowStore
from .copies import copied
from .decision import Decision
from .rules import Rules
from .serving import Serving

BURST_S = 0.000_2
"""What another thread may have to wait for the interpreter because of the shadow, a payment's decision more."""
IDLE_S = 0.01
MOST_EXAMPLES = 100
"""Ids kept of payments that were decided differently; the latest."""
MOST_PROBLEMS = 10
MOST_BUDGET = 1.0

OFFERED, SKIPPED, UNTOLD, UNREADABLE = "offered", "skipped", "untold", "unreadable"


@dataclass(frozen=True, slots=True)
class Shadow:
    """`rules` are tried beside the engine's. `budget`: the share of one core that it may take. `windows`: a store of
    its own, empty to begin with, by default in memory; `lists`: by default the engine's. `most_waiting`: payments that
    wait to be decided."""

    rules: Rules
    budget: float = 0.1
    windows: WindowStore | None = None
    lists: Mapping[str, object] | None = None
    most_waiting: int = 10_000

    def __post_init__(self) -> None:
        if not 0 < self.budget <= MOST_BUDGET:
            raise ValueError(f"a shadow's budget is a share of one core, more than 0 and at most 1, not {self.budget}")
        if self.most_waiting < 1:
            raise ValueError("a shadow needs room for one payment that waits")


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """`decided` payments, of which `agreed` got the same action; `differed` counts the others by the engine's action
    and the challenger's. `errors`: payments that the challenger could not decide, with the latest `problems`.
    `skipped`: payments for which there was no room. `records_lost`: recorded payments that its windows miss; with any,
    its windows say too little. `examples`: (id, the engine's action, the challenger's). `busy_s` of `running_s`: its
    time on a core."""

    version: str
    fingerprint: str
    decided: int
    agreed: int
    differed: Mapping[tuple[str, str], int]
    errors: int
    skipped: int
    records_lost: int
    waiting: int
    examples: tuple[tuple[str, str, str], ...]
    problems: tuple[str, ...]
    busy_s: float
    running_s: float


class Shadowing:
    """A shadow under way."""

    def __init__(self, asked: Shadow, serving: Serving) -> None:
        """`serving`: the challenger's, with its own windows."""
        self.asked = asked
        self._serving = serving
        self._counts = Counts()
        self._round = Round("shadow", self._turn, self._in_child)
        self._in_child()
        self._round.start()

    def _in_child(self) -> None:
        self._waiting: deque[tuple[str, Any, Any, int]] = deque()
        self._pairs: Counter[tuple[int, int]] = Counter()
        self._errors = 0
        self._lost = 0
        self._examples: deque[tuple[str, str, str]] = deque(maxlen=MOST_EXAMPLES)
        self._problems: deque[str] = deque(maxlen=MOST_PROBLEMS)
        self._busy_s = 0.0
        self._began = time.monotonic()

    def stop(self) -> None:
        self._round.stop(1.0)
        self._waiting.clear()

    # -- in the deciding thread ---------------------------------------------------------------
    def offer(self, event: object, given: object, decision: Decision) -> None:
        """A payment that the engine decided."""
        if len(self._waiting) >= self.asked.most_waiting:
            self._counts.add(SKIPPED)
            return
        try:
            self._waiting.append(("", copied(event), given and dict(given), decision.level))  # type: ignore[call-overload]  # a mapping, or the copy fails
        except Exception:  # noqa: BLE001  # an object of the host's that fails when it is read
            self._counts.add(UNREADABLE)

    def tell(self, event: object, kind: str) -> None:
        """An event that the host recorded."""
        if len(self._waiting) >= self.asked.most_waiting:
            self._counts.add(UNTOLD)
            return
        try:
            self._waiting.append((kind, copied(event), None, 0))
        except Exception:  # noqa: BLE001  # as above, and then it was not recorded here
            self._counts.add(UNTOLD)

    # -- in the shadow's own thread ------------------------------------------------------------
    def _turn(self) -> float:
        waiting = self._waiting
        if not waiting:
            return IDLE_S
        began = time.thread_time()
        busy = 0.0
        while waiting and busy < BURST_S:
            self._do(*waiting.popleft())
            busy = time.thread_time() - began
        self._busy_s += busy
        return max(busy / self.asked.budget - busy, BURST_S)

    def _do(self, kind: str, event: object, given: Any, level: int) -> None:
        try:
            if kind:
                self._serving.recorders[kind].record(event)
                return
            decision = self._serving.decide(event, given)
        except Exception as error:  # noqa: BLE001  # whatever a challenger does wrong is counted, and harms nobody
            self._failed(kind, error)
            return
        self._pairs[level, decision.level] += 1
        if decision.level != level:
            self._examples.append((decision.id, n.LEVELS[level], n.LEVELS[decision.level]))

    def _failed(self, kind: str, error: Exception) -> None:
        if kind:
            self._lost += 1
        else:
            self._errors += 1
        self._problems.append(str(error) if isinstance(error, ValueError | RuntimeError) else "an unforeseen error")

    def report(self) -> ShadowReport:
        pairs, counted = self._pairs.copy(), self._counts.read()
        agreed = sum(many for (a, b), many in pairs.items() if a == b)
        differed = {(n.LEVELS[a], n.LEVELS[b]): many for (a, b), many in sorted(pairs.items()) if a != b}
        rules = self.asked.rules
        return ShadowReport(
            version=rules.version,
            fingerprint=rules.fingerprint,
            decided=pairs.total(),
            agreed=agreed,
            differed=differed,
            errors=self._errors + counted[UNREADABLE],
            skipped=counted[SKIPPED],
            records_lost=self._lost + counted[UNTOLD],
            waiting=len(self._waiting),
            examples=tuple(self._examples),
            problems=tuple(self._problems),
            busy_s=self._busy_s,
            running_s=time.monotonic() - self._began,
        )


def challenger(asked: Shadow, lists: Lists, prepare: Any) -> Shadowing:
    """The shadow, with its windows. Raises what making an engine of the challenger would."""
    store = asked.windows
    if store is None and asked.rules.frame.windows:
        from ..state.memory import MemoryWindows

        store = MemoryWindows()
    given = lists if asked.lists is None else Lists(asked.lists)  # type: ignore[arg-type]  # Lists checks each item
    return Shadowing(asked, prepare(asked.rules, given, store))
