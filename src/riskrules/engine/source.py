"""Where an engine that follows gets its versions from, said so that the engine need not know what a registry is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..state.lists import Lists
from .rules import Rules


class RefusedError(ValueError):
    """What a source offers cannot be served: it is damaged, unsigned, older than what serves, or of another schema.
    The message is one sentence that says what and why."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version, verified whole and loaded. In force from `begins_us` until before `ends_us` (None: until the next
    begins), microseconds since 1970 UTC. `manifest`: SHA-256 of what was signed, in hexadecimal."""

    name: str
    version: str
    manifest: str
    rules: Rules
    lists: Lists
    begins_us: int
    ends_us: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The release in force, if any, and all that come later, in order; none overlap. `sequence` rises by one with each
    change of the pointer."""

    sequence: int
    releases: tuple[Release, ...]

    def at(self, now_us: int) -> Release | None:
        """The release in force at a moment."""
        found = [x for x in self.releases if x.begins_us <= now_us]
        return found[-1] if found and (found[-1].ends_us is None or now_us < found[-1].ends_us) else None


class Source(Protocol):
    """What `Engine.follow` follows."""

    def mark(self) -> str:
        """Changes whenever the pointer does, and costs little to ask. OSError when it cannot be reached."""

    def timeline(self, name: str | None, now_us: int, after: int = 0) -> Timeline:
        """What the pointer says of the ruleset `name` (None: the only one there is), verified and loaded. RefusedError
        when anything about it is wrong, also when its sequence is less than `after`; OSError when it cannot be
        reached."""

    def mirror(self, folder: Path, timeline: Timeline) -> None:
        """Keep in a folder, atomically, all that is needed to serve the timeline again without this source."""

    def mirrored(self, folder: Path) -> Source | None:
        """The source that `mirror` left in the folder, under the same trust; None where there is none."""
