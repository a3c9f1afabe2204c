"""An engine that follows a source of versions: what the pointer says serves, within a second, off the payments' path.

A round of its own asks the source for its mark, four times a second; when that changed it loads what the pointer says,
checks it, makes it ready and only then swaps it in. What is refused changes nothing and is told; it is asked for again
some seconds later, since a source that is being copied may be whole by then. Versions that are yet to begin are loaded
ahead and begin by the clock, whether or not the source can be reached. After each good look a mirror is kept in
`state`, from which a restart serves the last good version when the source is away or offers nothing good; no offer may
be older than what the mirror had reached.

Between the end of a version and the beginning of another nothing is in force. The engine goes on with the last one and
says so, because payments do not stop; a ruleset that must not be used after a day says `in force until` itself, and
its decisions are degraded from then on.

Loading is Python that runs beside the payments, and is done `quietly`.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakMethod

from ..base.forks import ForkLock
from ..base.quiet import quietly
from ..base.rounds import Round
from ..schema.fields import Schema
from .source import RefusedError, Release, Source, Timeline

EVERY_S = 0.25
LEAST_EVERY_S = 0.01
AGAIN_AFTER_REFUSAL_S = 5.0
MOST_REFUSALS = 50
MIRROR = "mirror"

_log = logging.getLogger("riskrules")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not taken, and why. `at_us`: when, microseconds since 1970 UTC."""

    at_us: int
    because: str


@dataclass(frozen=True, slots=True)
class FollowingStatus:
    """`release` serves. `sequence` of the pointer that it came by. `looked_us`: when the source last answered (0:
    never). `unreachable`: why it does not answer now; empty while it does. `outside`: nothing is in force now, and the
    release serves for want of another. `refusals`: the latest, oldest first. `mirror_problem`: why the last mirror
    could not be written; empty if it could."""

    name: str
    version: str
    manifest: str
    sequence: int
    changed_us: int
    looked_us: int
    unreachable: str
    outside: bool
    refusals: tuple[Refusal, ...]
    mirror_problem: str


Serve = Callable[[Release], None]
"""Makes a release the one that decides. Raises, and changes nothing, when it cannot."""


class Following:
    """The following of a source. `stop()` ends it; the version that serves stays."""

    def __init__(
        self,
        source: Source,
        serve: Serve,
        expected: Schema,
        *,
        name: str | None = None,
        state: Path | None = None,
        every_s: float = EVERY_S,
        on_change: Callable[[Release], None] | None = None,
        began: Begun | None = None,
    ) -> None:
        """`expected`: the fields that the host gives. `began`: what serves already."""
        if every_s < LEAST_EVERY_S:
            raise ValueError(f"a source is looked at every {LEAST_EVERY_S} seconds at most, not every {every_s}")
        self._source = source
        self._serve = WeakMethod(serve)  # an engine that nobody holds any more need not be kept for this
        self._expected = expected
        self._name = name
        self._mirror = None if state is None else state / MIRROR
        self._every_s = every_s
        self._on_change = on_change
        self._lock = ForkLock()
        self._mark: str | None = None
        self._again_at = 0.0
        self._timeline = Timeline(0, ()) if began is None else began.timeline
        self._release: Release | None = None if began is None else began.release
        self._passed_over = ""
        self._changed_us = _now_us()
        self._looked_us = 0
        self._unreachable = ""
        self._outside = False
        self._mirror_problem = ""
        self._refusals: deque[Refusal] = deque([] if began is None else began.refusals, MOST_REFUSALS)
        self._round = Round("following", self._turn)

    def start(self) -> None:
        """Look once now, then again and again."""
        self._turn()
        self._round.start()

    def stop(self) -> None:
        self._round.stop(1.0)

    @property
    def going(self) -> bool:
        return self._round.going

    @property
    def release(self) -> Release | None:
        """What serves by this following; None until something did."""
        return self._release

    def status(self) -> FollowingStatus:
        release = self._release
        return FollowingStatus(
            name="" if release is None else release.name,
            version="" if release is None else release.version,
            manifest="" if release is None else release.manifest,
            sequence=self._timeline.sequence,
            changed_us=self._changed_us,
            looked_us=self._looked_us,
            unreachable=self._unreachable,
            outside=self._outside,
            refusals=tuple(self._refusals),
            mirror_problem=self._mirror_problem,
        )

    # -- a look ----------------------------------------------------------------------------------
    def _turn(self) -> float | None:
        with self._lock.held:
            if self._serve() is None:
                return None
            self._look()
            return self._keep_time()

    def _look(self) -> None:
        """Take what the pointer says, if it changed."""
        mark: str | None = None
        try:
            mark = self._source.mark()
            if mark == self._mark and (not self._again_at or time.monotonic() < self._again_at):
                self._reached()
                return
            with quietly():
                timeline = self._source.timeline(self._name, _now_us(), self._timeline.sequence)
                self._check(timeline)
        except OSError as error:
            self._away(f"the source of versions cannot be reached: {error}")
            return
        except RefusedError as error:
            self._refused(str(error))
        except Exception as error:  # noqa: BLE001  # whatever a source does, the last good version serves
            self._refused(f"what the source offers cannot be loaded: {error}")
        else:
            self._again_at = 0.0
            if self._taken(timeline):
                self._keep_mirror(timeline)
        self._mark = mark
        self._reached()

    def _check(self, timeline: Timeline) -> None:
        for release in timeline.releases:
            why = differing(self._expected, release.rules.schema)
            if why:
                raise RefusedError(f"{release.name} {release.version} is of another schema: {why}")

    def _taken(self, timeline: Timeline) -> bool:
        """Whether what the timeline has in force now serves."""
        kept, self._timeline = self._timeline, timeline
        self._passed_over = ""
        release = timeline.at(_now_us())
        if release is None or self._begin(release):
            return True
        self._timeline = kept
        self._again_at = time.monotonic() + AGAIN_AFTER_REFUSAL_S
        return False

    def _keep_time(self) -> float:
        """What is in force now serves; how long until that may change."""
        now_us = _now_us()
        release = self._timeline.at(now_us)
        outside = release is None
        if outside != self._outside:
            self._outside = outside
            if outside:
                _log.warning("no version is in force now: the last one goes on")
        if release is not None:
            self._begin(release)
        ahead = [x for r in self._timeline.releases for x in (r.begins_us, r.ends_us) if x is not None and x > now_us]
        return min([self._every_s, *[(x - now_us) / 1e6 for x in ahead]])

    def _begin(self, release: Release) -> bool:
        """Whether the release serves now. One that was refused is not tried again until the pointer changes."""
        if self._release is not None and release.manifest == self._release.manifest:
            return True
        serve = self._serve()
        if serve is None or release.manifest == self._passed_over:
            return False
        try:
            with quietly():
                serve(release)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a version, the last good one serves
            self._passed_over = release.manifest
            self._refused(f"{release.name} {release.version} cannot be served: {error}")
            return False
        self._release = release
        self._changed_us = _now_us()
        _log.info("%s %s serves, by pointer %d", release.name, release.version, self._timeline.sequence)
        if self._on_change is not None:
            try:
                self._on_change(release)
            except Exception:  # noqa: BLE001  # the host's own function must not end the following
                _log.exception("the host's on_change failed")
        return True

    # -- what is told ---------------------------------------------------------------------------
    def _refused(self, because: str) -> None:
        self._again_at = time.monotonic() + AGAIN_AFTER_REFUSAL_S
        if self._refusals and self._refusals[-1].because == because:
            self._refusals.pop()
        else:
            _log.warning("refused, and the last good version serves: %s", because)
        self._refusals.append(Refusal(_now_us(), because))

    def _reached(self) -> None:
        self._looked_us = _now_us()
        if self._unreachable:
            _log.info("the source of versions can be reached again")
            self._unreachable = ""

    def _away(self, because: str) -> None:
        if not self._unreachable:
            _log.warning("%s; the last good version serves", because)
        self._unreachable = because

    def _keep_mirror(self, timeline: Timeline) -> None:
        if self._mirror is None:
            return
        try:
            self._source.mirror(self._mirror, timeline)
            self._mirror_problem = ""
        except (OSError, ValueError) as error:
            self._mirror_problem = str(error)
            _log.warning("no mirror was kept, so a restart needs the source: %s", error)


@dataclass(frozen=True, slots=True)
class Begun:
    """What an engine began with: a timeline, the release of it that serves, and what was refused on the way."""

    timeline: Timeline
    release: Release
    refusals: tuple[Refusal, ...]


def begun(
    source: Source, name: str | None, state: Path | None, schema: Schema | None, serve: Callable[[Release], None]
) -> Begun:
    """Begin with what the source says, else with the mirror. RefusedError when neither has a version that serves.
    Without a `schema`, the fields that the host gives are those of the version that served before the restart."""
    refusals: list[Refusal] = []
    kept = _timeline_of(refusals, "the mirror", lambda: _mirrored(source, name, state))
    after = 0 if kept is None else kept.sequence
    if schema is None and kept is not None and kept.releases:
        schema = kept.releases[0].rules.schema
    offered = _timeline_of(refusals, "the source", lambda: source.timeline(name, _now_us(), after))
    for timeline in (offered, kept):
        if timeline is None:
            continue
        release = timeline.at(_now_us())
        if release is None:
            because = f"pointer {timeline.sequence} has no version in force now"
        else:
            because = _tried(release, schema, serve)
            if not because:
                return Begun(timeline, release, tuple(refusals))
        refusals.append(Refusal(_now_us(), because))
    raise RefusedError(f"no version to begin with: {'; '.join(dict.fromkeys(x.because for x in refusals))}")


def _tried(release: Release, schema: Schema | None, serve: Callable[[Release], None]) -> str:
    """Why the release does not serve; empty where it does."""
    why = "" if schema is None else differing(schema, release.rules.schema)
    if why:
        return f"{release.name} {release.version} is of another schema: {why}"
    try:
        serve(release)
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one version, another may be good
        return f"{release.name} {release.version} cannot be served: {error}"
    return ""


def _mirrored(source: Source, name: str | None, state: Path | None) -> Timeline | None:
    found = None if state is None else source.mirrored(state / MIRROR)
    return None if found is None else found.timeline(name, _now_us())


def _timeline_of(refusals: list[Refusal], of: str, ask: Callable[[], Timeline | None]) -> Timeline | None:
    try:
        return ask()
    except OSError as error:
        because = f"{of} cannot be reached: {error}"
    except Exception as error:  # noqa: BLE001  # whatever a source does, the mirror may be good
        because = str(error)
    refusals.append(Refusal(_now_us(), because))
    return None


def differing(expected: Schema, offered: Schema) -> str:
    """How the offered fields are not those that the host gives; empty where every payment that fitted still fits. A
    field that is new is fine when it is optional."""
    for field in offered:
        known = expected.get(field.name)
        if known is None:
            if not field.optional and field.of is None:
                return f"it requires `{field.name}`, which the host does not give"
        elif (known.kind, known.path, known.of) != (field.kind, field.path, field.of):
            return f"its `{field.name}` is {field.kind}, and the host gives {known.kind}"
        elif known.optional and not field.optional:
            return f"it requires `{field.name}`, which the host may leave out"
    return ""


def _now_us() -> int:
    return time.time_ns() // 1000
