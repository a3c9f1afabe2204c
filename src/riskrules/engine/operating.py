"""What an operator does with an engine that serves: swap versions, follow a registry, watch over it.

All of it is done beside the payments: whatever is new is made ready first, and then one reference is replaced. A
deciding thread reads that reference once a payment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ..base.forks import ForkLock
from ..base.quiet import quietly
from ..bridges.metrics import Metrics
from ..schema.fields import Schema
from ..state.lists import Lists
from ..state.store import WindowStore
from .canary import Canary
from .duty import ready_calendar
from .following import EVERY_S, Begun, Following
from .halting import CanaryReport
from .rules import Rules
from .serving import Serving
from .shadowing import Shadow, ShadowReport
from .source import Release, Source
from .switches import KillSwitch
from .watchers import Watching
from .watching import Watched

EVERY = timedelta(seconds=EVERY_S)


class Operated:
    """The version that decides, and what may be done about it while it does."""

    _deciding: Serving | Watched

    def __init__(self, rules: Rules, lists: Lists, windows: WindowStore | None, state: str | Path | None) -> None:
        self._changing = ForkLock()
        self._lists = self._own_lists = lists
        self._store = windows
        self._followed: Following | None = None
        self._watching = Watching(None if state is None else Path(state))
        self._put(self._ready(rules, self._lists))

    @property
    def rules(self) -> Rules:
        """The version that decides now."""
        return self._serving.rules

    @property
    def lists(self) -> Lists:
        """All lists that the host gave, those among them that only another version reads too."""
        return self._lists

    def swap(
        self, rules: Rules, *, lists: Mapping[str, object] | None = None, windows: WindowStore | None = None
    ) -> None:
        """Decide by other rules from now on. Payments in flight finish by the old ones; none is mixed.

        The new version is made ready before it is used; if it does not load, the old one goes on serving and the error
        is raised. Windows that both versions have go on. One that is new knows only what is recorded from now on, so
        for as long as it looks back further it cannot be read; pass `windows`, a store into which the history was
        recorded, where that is not good enough.
        """
        with self._changing.held, quietly():
            if self._followed is not None and self._followed.going:
                raise ValueError("this engine follows a source of versions; stop() the following before a swap")
            given = self._lists if lists is None else lists_of(lists)
            self._put(self._ready(rules, given, windows))
            self._lists = self._own_lists = given

    def use_lists(self, lists: Mapping[str, object]) -> None:
        """The same rules with other lists, as atomically as `swap`. Of an engine that follows, the lists that a
        version brings go on, and these are the others."""
        with self._changing.held:
            own = lists_of(lists)
            given = own
            if self._followed is not None and self._followed.release is not None:
                given = joined_lists(self._followed.release.lists, own)
            self._put(self._ready(self._serving.rules, given))
            self._lists, self._own_lists = given, own

    # -- versions that come by themselves -------------------------------------------------------
    def follow(
        self,
        source: Source,
        *,
        name: str | None = None,
        state: str | Path | None = None,
        schema: Schema | None = None,
        every: timedelta = EVERY,
        on_change: Callable[[Release], None] | None = None,
    ) -> Following:
        """Serve what a source (a `Registry`) has in force, from now on: looked at once before this returns, and then
        `every` quarter of a second by a thread of its own, which ends with `stop()` or with the engine.

        A version that cannot be loaded or served, or that reads other fields than `schema` (by default those of the
        rules that serve now), is refused and told in `status()`, and the last good one goes on. `state`: a folder for
        a mirror, from which `Engine.following` begins when the source is away. `on_change` is told of each release
        that begins to serve. `name`: of the ruleset, where the source has several.
        """
        if state is not None:
            self._watching = replace(self._watching, state=Path(state))
        return self._follow(source, name, schema, every, on_change, None)

    def _follow(
        self,
        source: Source,
        name: str | None,
        schema: Schema | None,
        every: timedelta,
        on_change: Callable[[Release], None] | None,
        began: Begun | None,
    ) -> Following:
        if self._followed is not None:
            self._followed.stop()
        made = Following(
            source,
            self._serve,
            self.rules.schema if schema is None else schema,
            name=name,
            state=self._watching.state,
            every_s=every.total_seconds(),
            on_change=on_change,
            began=began,
        )
        self._followed = made
        made.start()
        return made

    @property
    def followed(self) -> Following | None:
        """The following of a source, if there is or was one."""
        return self._followed

    def _serve(self, release: Release) -> None:
        with self._changing.held:
            given = joined_lists(release.lists, self._own_lists)
            self._put(self._ready(release.rules, given))
            self._lists = given

    # -- what watches over it -------------------------------------------------------------------
    def use_switch(self, switch: KillSwitch | str | Path | None) -> None:
        """Obey a kill switch, or the one at a path, from now on; None: no more. KillSwitchError."""
        with self._changing.held:
            self._watch(self._watching.with_switch(switch))

    def use_metrics(self, metrics: Metrics | bool) -> None:
        """Count for OpenTelemetry, if it is installed. True: with the process's own meter."""
        with self._changing.held:
            self._watch(self._watching.with_metrics(metrics))

    def use_canary(self, canary: Canary | None) -> None:
        """Let a canary decide its share from now on, counted from nothing; None: no more. One that halted before stays
        halted. ValueError when it cannot stand beside the rules that serve; ListError, WindowStoreError as `Engine`."""
        with self._changing.held:
            self._watch(self._watching.with_canary(canary, self.rules, self._of_canary))

    def resume_canary(self) -> None:
        """Let a canary that halted begin again: whoever looked into it says so. ValueError without a canary; OSError
        when the folder cannot be written."""
        with self._changing.held:
            self._watch(self._watching.resumed(self.rules))

    def use_shadow(self, shadow: Shadow | None) -> None:
        """Try a challenger beside this engine from now on; None: no more. Raises what an engine of its own would."""
        with self._changing.held:
            before = self._watching.watchers.shadow
            self._watch(self._watching.with_shadow(shadow, self._lists, ready))
        if before is not None:
            before.stop()

    def _of_canary(self, canary: Canary) -> Serving:
        return self._ready(canary.rules, self._lists if canary.lists is None else lists_of(canary.lists))

    def _watch(self, watching: Watching) -> None:
        """Under the lock for changes."""
        self._deciding = watching.over(self._serving, self._store)
        self._watching = watching

    @property
    def canary_report(self) -> CanaryReport | None:
        """What champion and canary did; None without a canary."""
        trial = self._watching.watchers.trial
        return None if trial is None else trial.report()

    @property
    def shadow_report(self) -> ShadowReport | None:
        """What the shadow found; None without one."""
        shadow = self._watching.watchers.shadow
        return None if shadow is None else shadow.report()

    def _put(self, serving: Serving) -> None:
        """The version that decides from now on, watched by what there is."""
        watching = self._watching.beside(serving.rules)
        deciding = watching.over(serving, self._store)
        self._watching, self._serving, self._deciding = watching, serving, deciding

    def _ready(self, rules: Rules, lists: Lists, store: WindowStore | None = None) -> Serving:
        chosen = store or self._store
        if chosen is None and _rules(rules).frame.windows:
            from ..state.memory import MemoryWindows

            chosen = MemoryWindows()
        serving = ready(_rules(rules), lists, chosen)
        self._store = chosen
        return serving


def ready(rules: Rules, lists: Lists, store: WindowStore | None) -> Serving:
    """The version, made ready before it is used."""
    for event in rules.events:
        ready_calendar(rules.on(event))
    serving = Serving(rules, lists, store).prepare()
    _ = serving.models  # now, and not on the first payment
    return serving


def _rules(given: object) -> Rules:
    if not isinstance(given, Rules):
        raise TypeError("an engine wants rules, from riskrules.load(path) or riskrules.loads(text)")
    return given


def lists_of(given: Mapping[str, object] | None) -> Lists:
    return given if isinstance(given, Lists) else Lists(given)  # type: ignore[arg-type]  # Lists checks each item


def joined_lists(released: Lists, own: Lists) -> Lists:
    """The lists that a version brings, and the host's own beside them."""
    for name in own:
        if name not in released:
            released = released.with_list(name, own[name])
    return released
