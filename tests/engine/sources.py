"""A source of versions in memory that can be broken in every way, and the rules that it offers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import riskrules as rr
from riskrules.engine.source import Release, Timeline

TEXT = """
ruleset followed version 2026.{version}
  currency CNY
  timezone Asia/Shanghai

list involved of account

{more}

rule large
  "A large amount"
  when    amount > {limit} CNY
  and     payee.account is not in involved
  then    verify
  responsible payer.account
"""
MIRRORS: dict[Path, Timeline] = {}
"""What was mirrored, by folder, for as long as the tests run."""


def rules_of(version: int, limit: int = 0, more: str = "", replaced: tuple[str, str] = ("", "")) -> rr.Rules:
    """A version that verifies what is above `1000 + version`, so that its decisions tell it from the others."""
    text = TEXT.format(version=version, limit=limit or 1_000 + version, more=more)
    return rr.loads(text.replace(*replaced) if replaced[0] else text, "followed.risk")


def now_us() -> int:
    return time.time_ns() // 1000


def release(version: int, begins_us: int = 0, ends_us: int | None = None, rules: rr.Rules | None = None) -> Release:
    made = rules_of(version) if rules is None else rules
    return Release(
        made.name, made.version, f"{version:064x}", made, rr.Lists({"involved": ["x"]}), begins_us, ends_us
    )


class MemorySource:
    """`put` moves the pointer. `problem`, when set, is raised instead of an answer."""

    def __init__(self, *releases: Release) -> None:
        self.sequence = 0
        self.releases: tuple[Release, ...] = ()
        self.problem: Exception | None = None
        self.mirror_problem: Exception | None = None
        self.asked = 0
        self.put(*releases)

    def put(self, *releases: Release) -> None:
        self.releases = releases
        self.sequence += 1

    def mark(self) -> str:
        if isinstance(self.problem, OSError):
            raise self.problem
        return str(self.sequence)

    def timeline(self, name: str | None, now_us: int, after: int = 0) -> Timeline:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        if self.sequence < after:
            raise rr.RefusedError(f"pointer {self.sequence} is older than {after}, which was in force already")
        later = [x for x in self.releases if x.ends_us is None or x.ends_us > now_us]
        return Timeline(self.sequence, tuple(later))

    def mirror(self, folder: Path, timeline: Timeline) -> None:
        if self.mirror_problem is not None:
            raise self.mirror_problem
        MIRRORS[folder] = timeline

    def mirrored(self, folder: Path) -> MemorySource | None:
        kept = MIRRORS.get(folder)
        if kept is None:
            return None
        made = MemorySource(*(replace(x) for x in kept.releases))
        made.sequence = kept.sequence
        return made
