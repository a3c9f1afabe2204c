"""What watches over an engine, and how it is put together: set one by one while the engine serves.

A value: each change makes another, and the engine takes it only when it stands. With nothing set the engine asks its
version itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..bridges.metrics import Metrics, shared_metrics
from ..state.lists import Lists
from ..state.store import WindowStore
from .canary import Canary
from .following import differing
from .halting import Trial, forget_halt
from .joint import joined_schema, joint_recorders
from .rules import Rules
from .serving import Serving
from .shadowing import Shadow, challenger
from .switches import KillSwitch
from .watching import NOTHING, Watched, Watchers, watched

_log = logging.getLogger("riskrules")


@dataclass(frozen=True, slots=True)
class Watching:
    """`watchers`, and the `Serving` of the canary among them. `state`: the folder for what outlives a restart."""

    state: Path | None = None
    watchers: Watchers = NOTHING
    canary: Serving | None = None

    def over(self, serving: Serving, store: WindowStore | None) -> Serving | Watched:
        """What decides: the version itself, or it and what watches. WindowStoreError when windows that a canary adds
        cannot be bound."""
        if not self.watchers.any:
            return serving
        recorders = serving.recorders if self.canary is None else joint_recorders(serving, self.canary, store)
        return watched(serving, self.watchers, self.canary, recorders)

    def beside(self, champion: Rules) -> Watching:
        """The same for another champion. A canary is counted from nothing; it ends where it is the champion now, or
        cannot stand beside it."""
        trial = self.watchers.trial
        if trial is None or trial.champion == champion.fingerprint:
            return self
        asked = trial.asked
        try:
            if asked.rules.fingerprint != champion.fingerprint:
                return replace(self, watchers=self.watchers._replace(trial=_trial(asked, champion, self.state)))
        except ValueError as error:
            _log.warning("canary %s %s ended: %s", asked.rules.name, asked.rules.version, error)
        return replace(self, watchers=self.watchers._replace(trial=None), canary=None)

    def with_switch(self, switch: KillSwitch | str | Path | None) -> Watching:
        """KillSwitchError when it cannot be read."""
        opened = KillSwitch(switch) if isinstance(switch, str | Path) else switch
        if opened is not None:
            opened.watch()
        return replace(self, watchers=self.watchers._replace(switch=opened))

    def with_metrics(self, metrics: Metrics | bool) -> Watching:
        asked = shared_metrics() if metrics is True else metrics or None
        return replace(self, watchers=self.watchers._replace(metrics=asked if asked and asked.active else None))

    def with_canary(self, canary: Canary | None, champion: Rules, made: Callable[[Canary], Serving]) -> Watching:
        """`made`: the canary's `Serving`. ValueError when it cannot stand beside the champion."""
        if canary is None:
            return replace(self, watchers=self.watchers._replace(trial=None), canary=None)
        if canary.rules.fingerprint == champion.fingerprint:
            raise ValueError("the canary is the version that serves already")
        trial = _trial(canary, champion, self.state)
        return replace(self, watchers=self.watchers._replace(trial=trial), canary=made(canary))

    def with_shadow(
        self, shadow: Shadow | None, lists: Lists, ready: Callable[[Rules, Lists, WindowStore | None], Serving]
    ) -> Watching:
        made = None if shadow is None else challenger(shadow, lists, ready)
        return replace(self, watchers=self.watchers._replace(shadow=made))

    def resumed(self, champion: Rules) -> Watching:
        """The canary begins again, also after a restart. ValueError when there is none."""
        trial = self.watchers.trial
        if trial is None:
            raise ValueError("there is no canary to begin again")
        if self.state is not None:
            forget_halt(self.state, trial.asked.rules.fingerprint)
        return replace(self, watchers=self.watchers._replace(trial=_trial(trial.asked, champion, self.state)))


def _trial(canary: Canary, champion: Rules, state: Path | None) -> Trial:
    why = differing(champion.schema, canary.rules.schema)
    if why:
        raise ValueError(f"the canary is of another schema: {why}")
    joined_schema(champion.schema, canary.rules.schema)
    return Trial(canary, champion, state)

