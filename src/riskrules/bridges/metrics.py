"""What an engine counts, for OpenTelemetry.

A deciding thread adds to plain integers of its own, and whoever collects the metrics asks for the sums: no span, no
attribute and no lock a payment. Of one decision in so many the time is taken; these wait in a bounded queue until a
thread hands them to the histogram. Labels are few, ruleset, version, action, rule and arm, and never anything of a
payment. Without the package `opentelemetry-api` there is nothing to count for, and nothing is counted.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from ..base.counting import Counts
from ..base.rounds import Round
from ..meaning import nodes as n

UNTIMED = 63
"""One less than a power of two: between two decisions of which the time is taken."""
MOST_TALLIES = 32
"""Versions and arms that are told of at once; the oldest make room."""
MOST_PATTERNS = 256
"""Sets of rules that fired together are counted as they come, this many in a thread; then by rule."""
MOST_TIMES = 1_024
FLUSHED_EVERY_S = 1.0
ERRORS = -1


class Tally:
    """The counts of one version on one arm. `names`: the rules that fired, of a decision's bits."""

    def __init__(self, fingerprint: str, labels: dict[str, str], names: Callable[[bytes], Iterable[str]]) -> None:
        self.fingerprint = fingerprint
        self.labels = labels
        self.times: deque[int] = deque(maxlen=MOST_TIMES)
        self._names = names
        self._counts = counts = Counts()
        self.local = counts.local
        """`local.counts`: this thread's own counts, once it has some."""

    def count(self, level: int, bits: bytes | None) -> int:
        """A decision, and the rules that fired, if any. How many with this action the thread has counted."""
        try:
            counts = self._counts.local.counts
        except AttributeError:
            counts = self._counts.mine()
        try:
            counts[level] += 1
        except KeyError:
            counts[level] = 1
        many: int = counts[level]
        if bits is not None:
            self.fired(counts, bits)
        return many

    def fired(self, counts: dict[Hashable, int], bits: bytes) -> None:
        """Rules that fired, into this thread's own counts."""
        counts[bits] = counts.get(bits, 0) + 1
        if len(counts) > MOST_PATTERNS:
            self._counts.replace_mine(dict(self._by_name(counts)))

    def failed(self) -> None:
        """A payment that could not be decided."""
        self._counts.add(ERRORS)

    def took(self, nanoseconds: int) -> None:
        """How long one decision took."""
        self.times.append(nanoseconds)

    def read(self) -> Counter[Hashable]:
        """By level, by name of a rule, and of errors."""
        return self._by_name(self._counts.read())

    def _by_name(self, counts: dict[Hashable, int]) -> Counter[Hashable]:
        found: Counter[Hashable] = Counter()
        for key, many in counts.items():
            for name in self._names(key) if isinstance(key, bytes) else (key,):
                found[name] += many
        return found


class Metrics:
    """Counters and a histogram of what engines decide. `meter`: of OpenTelemetry, by default the process's own."""

    def __init__(self, meter: Any = None) -> None:
        self._tallies: deque[Tally] = deque(maxlen=MOST_TALLIES)
        self._histogram: Any = None
        self._observation: Any = None
        try:
            from opentelemetry import metrics
        except ImportError:
            return
        self._observation = metrics.Observation
        asked = metrics.get_meter("riskrules") if meter is None else meter
        for name, told, text in (
            ("riskrules.decisions", self._decisions, "decisions by action"),
            ("riskrules.fired", self._fired, "decisions by rule that fired"),
            ("riskrules.errors", self._errors, "payments that could not be decided"),
        ):
            asked.create_observable_counter(name, callbacks=[told], unit="1", description=text)
        self._histogram = asked.create_histogram(
            "riskrules.decision.duration", unit="s", description="time that a decision took, of one in 64"
        )
        self._round = Round("metrics", self._flush)

    @property
    def active(self) -> bool:
        """Whether anybody can ask: without OpenTelemetry nothing is counted."""
        return self._histogram is not None

    def tally(self, labels: dict[str, str], fingerprint: str, names: Callable[[bytes], Iterable[str]]) -> Tally:
        """Where a version's decisions are counted: where they were before, if it served before."""
        for tally in list(self._tallies):
            if tally.fingerprint == fingerprint and tally.labels == labels:
                return tally
        made = Tally(fingerprint, labels, names)
        self._tallies.append(made)
        self._round.start()
        return made

    def _flush(self) -> float:
        for tally in list(self._tallies):
            while tally.times:
                self._histogram.record(tally.times.popleft() / 1e9, tally.labels)
        return FLUSHED_EVERY_S

    def _decisions(self, _: object = None) -> Iterable[Any]:
        return self._told(lambda key: {"action": n.LEVELS[key]} if isinstance(key, int) and key >= 0 else None)

    def _fired(self, _: object = None) -> Iterable[Any]:
        return self._told(lambda key: {"rule": key} if isinstance(key, str) else None)

    def _errors(self, _: object = None) -> Iterable[Any]:
        return self._told(lambda key: {} if key == ERRORS else None)

    def _told(self, label: Callable[[Any], dict[str, str] | None]) -> Iterable[Any]:
        sums: Counter[tuple[tuple[str, str], ...]] = Counter()
        for tally in list(self._tallies):
            for key, many in tally.read().items():
                more = label(key)
                if more is not None:
                    sums[tuple({**tally.labels, **more}.items())] += many
        return [self._observation(many, dict(labels)) for labels, many in sums.items()]


_lock = threading.Lock()
_shared: list[Metrics] = []


def shared_metrics() -> Metrics:
    """The process's own, made when first asked for: an instrument is made once."""
    with _lock:
        if not _shared:
            _shared.append(Metrics())
        return _shared[0]
