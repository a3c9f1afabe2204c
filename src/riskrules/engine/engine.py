"""The engine that a payment gateway holds: decide, record what took place, decide a table, swap the rules.

`decide` is pure: it reads and changes nothing, so it may run in many threads at once. `record` alone moves the
windows. All that a decision goes by is one reference to a `Serving`, replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from ..base.forks import ForkLock
from ..base.quiet import settle
from ..bridges.metrics import Metrics
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..schema.fields import Schema
from ..state.plan import EVENTS
from ..state.store import WindowStore
from .alone import one_at_a_time, predicate_of
from .before import Given
from .canary import Canary
from .decision import Decision
from .following import begun
from .operating import EVERY, Operated, joined_lists, lists_of
from .rules import Rules
from .serving import Serving
from .shadowing import Shadow
from .source import Release, Source
from .switches import KillSwitch
from .watching import Watched

if TYPE_CHECKING:
    from ..bridges.maps import Map
    from .tables import Decisions

ON_ERROR = ("allow", "verify", "hold", "reject")


class Options(TypedDict, total=False):
    """The options of an `Engine`, but for its rules."""

    lists: Mapping[str, object] | None
    windows: WindowStore | None
    on_error: str | None
    switch: KillSwitch | str | Path | None
    shadow: Shadow | None
    canary: Canary | None
    metrics: Metrics | bool
    state: str | Path | None


class Engine(Operated):
    """Decides payments by one ruleset at a time.

    `rules`: from `load` or `loads`. `lists`: every list that the rules read, as `Lists` or a mapping of names to
    collections of texts (ListError when one is absent). A model that the rules
    read and that cannot be loaded is a ModelError. `windows`: the store that keeps what accounts did before; by
    default a `MemoryWindows()` of this engine's own, in which nothing has happened yet. `on_error`: None (an event that
    does not fit raises PaymentError), or the action of a degraded decision: allow, verify, hold or reject. `switch`: a
    kill switch, or its path. `shadow`, `canary`: a version that is tried beside these rules, on none or on a part of
    the payments. `metrics`: count for OpenTelemetry. `state`: a folder for what must survive a restart.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        lists: Mapping[str, object] | None = None,
        windows: WindowStore | None = None,
        on_error: str | None = None,
        switch: KillSwitch | str | Path | None = None,
        shadow: Shadow | None = None,
        canary: Canary | None = None,
        metrics: Metrics | bool = False,
        state: str | Path | None = None,
    ) -> None:
        if on_error is not None and on_error not in ON_ERROR:
            raise ValueError(f"on_error is one of {', '.join(ON_ERROR)} or None, not {on_error!r}")
        self._on_error = None if on_error is None else n.Act(n.LEVELS.index(on_error))
        self._moving = ForkLock()
        super().__init__(rules, lists_of(lists), windows, state)
        if switch:
            self.use_switch(switch)
        if metrics:
            self.use_metrics(metrics)
        if canary:
            self.use_canary(canary)
        if shadow:
            self.use_shadow(shadow)

    @classmethod
    def following(
        cls,
        source: Source,
        *,
        name: str | None = None,
        schema: Schema | None = None,
        every: timedelta = EVERY,
        on_change: Callable[[Release], None] | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """An engine that begins with the version that a source (a `Registry`) has in force, and follows it.

        When the source is away, or offers nothing good, it begins with the mirror in the folder `state`. RefusedError
        when that has none either. `schema`: as in `follow`; the other options are those of `Engine`.
        """
        made: list[Self] = []
        own = lists_of(options.get("lists"))

        def serve(release: Release) -> None:
            joined: Options = {**options, "lists": joined_lists(release.lists, own)}
            made.append(cls(release.rules, **joined))

        state = options.get("state")
        began = begun(source, name, None if state is None else Path(state), schema, serve)
        engine = made[-1]
        engine._own_lists = own
        engine._follow(source, name, schema, every, on_change, began)
        return engine

    def warm(self, *, tables: bool = False, freeze: bool = False) -> None:
        """Make ready the kernel, so that the first payment does not wait for it: milliseconds where a process of these
        versions kept its machine code (see `kernel.kept`), else seconds; with `tables=True` the one for tables too,
        which is compiled in each process. With `freeze=True`, whatever this process holds by now is looked through for
        cyclic garbage once and never again (`gc.freeze`): a full collection in a large process stops every thread for
        a tenth of a second."""
        from ..kernel import deciding

        deciding.kernel()
        if tables:
            from ..kernel import warm

            warm.warm()
        if freeze:
            settle()

    def decide(self, happened: object, /, *, event: str = "payment", windows: Given = None) -> Decision:
        """Decide one payment: a nested mapping, a pydantic model or a `Payment`. Changes nothing.

        `event`: what it is instead, claim, report, order or return, if the rules speak of it (ValueError if not). A
        claim's decision has `shares` and `deadlines`. `windows`: values of windows and scores of models that the host
        worked out itself, by name (`{"payers_1d": 25}`), instead of the store's and the models'. PaymentError names
        the field that does not fit, unless the engine has an `on_error`.
        """
        deciding = self._deciding
        if event != "payment":
            return self._decide_other(deciding, event, happened, windows)
        try:
            return deciding.decide(happened, windows)
        except PaymentError as error:
            return self._refused(deciding, happened, error)

    def _decide_other(self, deciding: Serving | Watched, kind: str, event: object, windows: Given) -> Decision:
        serving = deciding.champion.on(kind) if isinstance(deciding, Watched) else deciding.on(kind)
        try:
            if isinstance(deciding, Watched):
                return deciding.decide_other(kind, event, windows)
            return serving.interpret(event, windows)
        except PaymentError as error:
            return self._refused(serving, event, error)

    def _refused(self, deciding: Serving | Watched, event: object, error: PaymentError) -> Decision:
        if self._on_error is None:
            raise error
        return deciding.refused(event, error, self._on_error)

    def record(self, happened: object, /, *, event: str = "payment") -> bool:
        """Tell the windows of a payment that took place, or (`event="report"`) of a report that one was fraud: the
        payment's fields, with an id of the report's own and, as `occurred_at`, the time of the report.

        A payment moves the windows when its `status` is settled or absent; a window whose `where` speaks of `status`
        counts what that says. True when it was recorded; False when the same id was recorded before with the same
        content, so that telling it twice is safe. PaymentError when the event does not fit, whatever `on_error` is;
        WindowConflict when the id was recorded with another time, amount, status or party; WindowStoreError when the
        store cannot record it now. A kill switch changes nothing of it.
        """
        if event not in EVENTS:
            raise ValueError(f"event is one of {', '.join(EVENTS)}, not {event!r}")
        with self._moving.held:
            deciding = self._deciding
            if isinstance(deciding, Watched):
                return deciding.record(happened, event)
            return deciding.recorders[event].record(happened)

    def process(self, event: object) -> Decision:
        """`decide`, and `record` if the payment goes ahead (its action is below hold), with no other `record` or
        `process` of this engine in between. What becomes of a payment that is held or rejected the host knows later:
        it is recorded then. Where the store cannot record now, the decision stands and says so in `degraded`; `record`
        again later. WindowConflict as `record`.
        """
        deciding, moving = self._deciding, self._moving.held
        if type(deciding) is Serving and type(event) is dict:
            try:
                decision = deciding.process_at_once(event, moving)
            except PaymentError as error:
                return self._refused(deciding, event, error)
            if decision is not None:
                return decision
        with moving:
            deciding = self._deciding
            try:
                return deciding.process(event)
            except PaymentError as error:
                return self._refused(deciding, event, error)

    def decide_many(
        self,
        table: object,
        *,
        map: Map | str | Path | None = None,
        by_arrival: bool = False,
        as_decided: bool = False,
        event: str = "payment",
        read_ahead: bool = False,
    ) -> Decisions:
        """Decide every row of a table that speaks Arrow, or of an iterable of such tables: a history by itself, whose
        windows begin empty, whatever this engine's own hold.

        Rows are in order of time; with `by_arrival` in order of arrival, late ones among them. A payment's windows
        cover the rows before it that took effect (`status`); with `as_decided` those that the rules hold or reject are
        left out. Both work payment by payment and take far longer.

        With `read_ahead` a thread of its own reads the next rows, and works out their windows, while these are decided:
        the answer is the same, and comes sooner where there are two processors. An iterable of tables is then gone
        through in that thread.

        `map` (or its path) says which column feeds which field; without one, columns are named as the fields are
        (`payer.account.id`) or nested. Rows that do not fit are listed in the result's `errors`, and the others
        decided. TableError when the table cannot feed the rules at all. ValueError for another `event` than the
        payment: claims, reports, orders and returns are few, and are decided one at a time.
        """
        if event != "payment":
            raise ValueError(one_at_a_time(event))
        from .history import Replaying
        from .tables import decide_table

        deciding, instead = self._deciding, None
        if isinstance(deciding, Watched):
            now = deciding.now()
            deciding, instead = now.champion, now.instead
        how = Replaying(by_arrival, as_decided, read_ahead=read_ahead)
        found = decide_table(deciding, table, map, how, instead)
        return found.noted(*(f"rule `{x}` is switched off" for x in sorted(deciding.switched_off)))

    def predicate(self, rule: str) -> Callable[[object], object]:
        """One rule by itself as a function: an event → bool, or a table → bool array (one a row).

        KeyError when the ruleset has no such rule. Exempts do not reach it: it says whether the rule's own
        conditions hold. A rule on another event than the payment takes such an event, and no table (ValueError).
        """
        return predicate_of(self._serving.having(rule), rule)
