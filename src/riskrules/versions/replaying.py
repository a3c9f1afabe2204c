"""Every decision of a log once more, from what it read, by the version that made it: is it the same, bit for bit?

A payment's columns go to the same kernels, many at a time; an event without a program is decided by the interpreter
from its sealed values. Lists and windows need not be as they were, since what they said was read too. A replay
trusts what the log says was read; whether anybody touched it, `verify` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .log_folder import LogError, records_of
from .replaying_versions import CannotReplay, Replayer
from .tokens import Safe, SecretError

if TYPE_CHECKING:
    from ..engine.rules import Rules

ROWS_A_BATCH = 16_384
"""Decisions replayed at a time: some 50 MB."""
MOST_REASONS = 100
"""Different reasons why decisions could not be replayed that are kept."""
REPORT_EVERY = 10_000

Find = Callable[[str], "Rules | None"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that came out otherwise: its number, the token of its id, and where."""

    number: int
    token: str
    field: str
    logged: object
    replayed: object

    def __str__(self) -> str:
        logged, replayed = (json.dumps(x, ensure_ascii=False) for x in (self.logged, self.replayed))
        return f"decision {self.number} (id {self.token}): {self.field} was {logged} and is {replayed}"


@dataclass
class Replay:
    """A log about to be replayed: iterate over it for the differences, in order within some ten thousand decisions, and
    look at the counts afterwards.

    `find`: a ruleset by its fingerprint, None where it is not known (`Registry.rules`). `secret`: the log's, for events
    that no program decided. `decisions` there were, `same`, `differing` (decisions, of which one may differ in several
    fields), `unread` (that no rule made: the event could not be read or a kill switch answered, and there is nothing to
    replay), `unknown` (that cannot be replayed; `reasons` says why, and how many). `versions`: of riskrules, that wrote
    the log. Memory does not grow with the log. Iterating raises LogError when the log cannot be read.
    """

    folder: str | Path
    find: Find
    secret: bytes | None = None
    progress: Callable[[int], None] | None = None
    decisions: int = 0
    same: int = 0
    differing: int = 0
    unread: int = 0
    unknown: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Difference]:
        self.decisions = self.same = self.differing = self.unread = self.unknown = 0
        replayer = Replayer(self.find)
        bases: dict[int, dict[str, Any]] = {}
        waiting: list[tuple[dict[str, Any], dict[str, Any]]] = []
        safe: Safe | None = None
        for path, place, record in records_of(Path(self.folder)):
            kind = record["kind"]
            if kind == "decision":
                self.decisions += 1
                basis = bases.get(record.get("basis", -1))
                if basis is None or type(record.get("number")) is not int:
                    raise LogError(f"line {place} of `{path}` is no decision that can be read")
                waiting.append((record, basis))
                if len(waiting) == ROWS_A_BATCH:
                    yield from self._settle(waiting, replayer, safe)
                    waiting = []
            elif kind == "basis":
                bases[record.get("basis", -1)] = record
            elif kind == "segment":
                yield from self._settle(waiting, replayer, safe)
                waiting, bases = [], {}
                self.versions.add(str(record.get("riskrules")))
                safe = self._safe(str(record.get("log")))
            if self.progress is not None and self.decisions % REPORT_EVERY == 0:
                self.progress(self.decisions)
        yield from self._settle(waiting, replayer, safe)
        if self.progress is not None:
            self.progress(self.decisions)

    @property
    def ok(self) -> bool:
        """Whether every decision that holds something to replay came out the same."""
        return self.same + self.unread == self.decisions

    def _safe(self, log: str) -> Safe | None:
        if self.secret is None:
            return None
        try:
            return Safe(self.secret, log)
        except SecretError as error:
            raise LogError(str(error)) from error

    def _settle(
        self, waiting: Sequence[tuple[dict[str, Any], dict[str, Any]]], replayer: Replayer, safe: Safe | None
    ) -> list[Difference]:
        """Replays what waits, those of one version together."""
        found: list[Difference] = []
        groups: dict[int, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
        for record, basis in waiting:
            if record.get("unread"):
                self.unread += 1
            else:
                groups.setdefault(id(basis), (basis, []))[1].append(record)
        for basis, records in groups.values():
            sealed = [r for r in records if "sealed" in r]
            plain = [r for r in records if "sealed" not in r]
            try:
                if plain:
                    found += self._compared(plain, replayer.by_columns(basis, plain))
                if sealed:
                    self._replay_sealed(basis, sealed, replayer, safe, found)
            except CannotReplay as error:
                self._unknown(str(error), len(records))
        return sorted(found, key=lambda d: d.number)

    def _replay_sealed(
        self,
        basis: dict[str, Any],
        records: Sequence[dict[str, Any]],
        replayer: Replayer,
        safe: Safe | None,
        found: list[Difference],
    ) -> None:
        if safe is None:
            raise CannotReplay("their values are sealed: give the log's secret")
        for record in records:
            try:
                outcome = replayer.by_values(basis, safe.unlock(str(record["sealed"])), safe.tokens)
            except (SecretError, CannotReplay) as error:
                self._unknown(str(error), 1)
                continue
            found += self._compared([record], [outcome])

    def _compared(self, records: Sequence[dict[str, Any]], outcomes: Sequence[dict[str, Any]]) -> Iterator[Difference]:
        for record, outcome in zip(records, outcomes, strict=True):
            if all(record.get(name) == outcome[name] for name in outcome):
                self.same += 1
                continue
            self.differing += 1
            token = str((record.get("tokens") or {}).get("id", ""))
            for name in outcome:
                if record.get(name) != outcome[name]:
                    yield Difference(record["number"], token, name, record.get(name), outcome[name])

    def _unknown(self, reason: str, count: int) -> None:
        self.unknown += count
        if reason in self.reasons or len(self.reasons) < MOST_REASONS:
            self.reasons[reason] = self.reasons.get(reason, 0) + count


def installed_version() -> str:
    """Of riskrules; "unknown" where it is not installed."""
    try:
        return version("riskrules")
    except PackageNotFoundError:
        return "unknown"
