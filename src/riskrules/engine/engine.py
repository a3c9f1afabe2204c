"""The engine that a payment gateway holds: decide, record what took place, decide a table, swap the rules.

`decide` is pure: it reads and changes nothing, so it may run in many threads at once. `record` alone moves the
windows. All that a decision goes by is one reference to a `Serving`, replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..base.forks import ForkLock
from ..meaning import nodes as n
from ..schema.errors import PaymentError
from ..state.lists import Lists
from ..state.plan import EVENTS
from ..state.store import WindowStore, WindowStoreError
from .before import Given
from .decision import Decision
from .duty import ready_calendar
from .parts import with_only
from .rules import Rules
from .serving import Serving

if TYPE_CHECKING:
    from pathlib import Path

    from ..bridges.maps import Map
    from .tables import Decisions

ON_ERROR = ("allow", "verify", "hold", "reject")


class Engine:
    """Decides payments by one ruleset at a time.

    `rules`: from `load` or `loads`. `lists`: every list that the rules read, as `Lists` or a mapping of names to
    collections of texts (ListError when one is absent). A model that the rules
    read and that cannot be loaded is a ModelError. `windows`: the store that keeps what accounts did before; by
    default a `MemoryWindows()` of this engine's own, in which nothing has happened yet. `on_error`: None (an event that
    does not fit raises PaymentError), or the action of a degraded decision: allow, verify, hold or reject.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        lists: Mapping[str, object] | None = None,
        windows: WindowStore | None = None,
        on_error: str | None = None,
    ) -> None:
        if on_error is not None and on_error not in ON_ERROR:
            raise ValueError(f"on_error is one of {', '.join(ON_ERROR)} or None, not {on_error!r}")
        self._on_error = None if on_error is None else n.Act(n.LEVELS.index(on_error))
        self._changing = ForkLock()
        self._moving = ForkLock()
        self._lists = _lists(lists)
        self._store = windows
        self._serving = self._ready(rules, self._lists, windows)

    @property
    def rules(self) -> Rules:
        """The version that decides now."""
        return self._serving.rules

    @property
    def lists(self) -> Lists:
        """All lists that the host gave, those among them that only another version reads too."""
        return self._lists

    def warm(self, *, tables: bool = False) -> None:
        """Compile the kernel (seconds, once a process), so that the first payment does not wait for it; with
        `tables=True` the one for tables too."""
        from ..kernel import warm

        warm.warm(tables=tables)

    def decide(self, happened: object, /, *, event: str = "payment", windows: Given = None) -> Decision:
        """Decide one payment: a nested mapping, a pydantic model or a `Payment`. Changes nothing.

        `event`: what it is instead, claim, report, order or return, if the rules speak of it (ValueError if not). A
        claim's decision has `shares` and `deadlines`. `windows`: values of windows and scores of models that the host
        worked out itself, by name (`{"payers_1d": 25}`), instead of the store's and the models'. PaymentError names
        the field that does not fit, unless the engine has an `on_error`.
        """
        serving = self._serving
        if event != "payment":
            serving = serving.on(event)
        try:
            return serving.decide(happened, windows) if event == "payment" else serving.interpret(happened, windows)
        except PaymentError as error:
            return self._refused(serving, happened, error)

    def _refused(self, serving: Serving, event: object, error: PaymentError) -> Decision:
        if self._on_error is None:
            raise error
        return serving.refused(event, error, self._on_error)

    def record(self, happened: object, /, *, event: str = "payment") -> bool:
        """Tell the windows of a payment that took place, or (`event="report"`) of a report that one was fraud: the
        payment's fields, with an id of the report's own and, as `occurred_at`, the time of the report.

        A payment moves the windows when its `status` is settled or absent; a window whose `where` speaks of `status`
        counts what that says. True when it was recorded; False when the same id was recorded before with the same
        content, so that telling it twice is safe. PaymentError when the event does not fit, whatever `on_error` is;
        WindowConflict when the id was recorded with another time, amount, status or party; WindowStoreError when the
        store cannot record it now.
        """
        if event not in EVENTS:
            raise ValueError(f"event is one of {', '.join(EVENTS)}, not {event!r}")
        with self._moving.held:
            return self._serving.recorders[event].record(happened)

    def process(self, event: object) -> Decision:
        """`decide`, and `record` if the payment goes ahead (its action is below hold), with no other `record` or
        `process` of this engine in between. What becomes of a payment that is held or rejected the host knows later:
        it is recorded then. Where the store cannot record now, the decision stands and says so in `degraded`; `record`
        again later. WindowConflict as `record`.
        """
        with self._moving.held:
            serving = self._serving
            try:
                decision, told = serving.process(event)
            except PaymentError as error:
                return self._refused(serving, event, error)
            if decision.level < n.HOLD:
                try:
                    serving.recorders["payment"].move(told)
                except WindowStoreError as error:
                    decision.add_note(f"the payment was not recorded: {error}")
            return decision

    def decide_many(
        self,
        table: object,
        *,
        map: Map | str | Path | None = None,
        by_arrival: bool = False,
        as_decided: bool = False,
        event: str = "payment",
    ) -> Decisions:
        """Decide every row of a table that speaks Arrow, or of an iterable of such tables: a history by itself, whose
        windows begin empty, whatever this engine's own hold.

        Rows are in order of time; with `by_arrival` in order of arrival, late ones among them. A payment's windows
        cover the rows before it that took effect (`status`); with `as_decided` those that the rules hold or reject are
        left out. Both work payment by payment and take far longer.

        `map` (or its path) says which column feeds which field; without one, columns are named as the fields are
        (`payer.account.id`) or nested. Rows that do not fit are listed in the result's `errors`, and the others
        decided. TableError when the table cannot feed the rules at all. ValueError for another `event` than the
        payment: claims, reports, orders and returns are few, and are decided one at a time.
        """
        if event != "payment":
            raise ValueError(one_at_a_time(event))
        from .history import Replaying
        from .tables import decide_table

        return decide_table(self._serving, table, map, Replaying(by_arrival, as_decided))

    def predicate(self, rule: str) -> Callable[[object], object]:
        """One rule by itself as a function: an event → bool, or a table → bool array (one a row).

        KeyError when the ruleset has no such rule. Exempts do not reach it: it says whether the rule's own
        conditions hold. A rule on another event than the payment takes such an event, and no table (ValueError).
        """
        from .tables import is_table, rule_holds

        serving = self._serving.having(rule)
        if serving.rules.meaning.event != "payment":
            return _one_by_one(serving, rule)
        alone = _alone(serving, rule)

        def holds(event: object) -> object:
            if is_table(event):
                return rule_holds(alone, event)
            return bool(alone.decide_with(event, serving.before(event).values).fired)

        return holds

    def swap(
        self, rules: Rules, *, lists: Mapping[str, object] | None = None, windows: WindowStore | None = None
    ) -> None:
        """Decide by other rules from now on. Payments in flight finish by the old ones; none is mixed.

        The new version is made ready before it is used; if it does not load, the old one goes on serving and the error
        is raised. Windows that both versions have go on. One that is new knows only what is recorded from now on, so
        for as long as it looks back further it cannot be read; pass `windows`, a store into which the history was
        recorded, where that is not good enough.
        """
        with self._changing.held:
            given = self._lists if lists is None else _lists(lists)
            self._serving = self._ready(rules, given, windows or self._store)
            self._lists = given

    def use_lists(self, lists: Mapping[str, object]) -> None:
        """The same rules with other lists, as atomically as `swap`."""
        with self._changing.held:
            given = _lists(lists)
            self._serving = self._ready(self._serving.rules, given, self._store)
            self._lists = given

    def _ready(self, rules: Rules, lists: Lists, store: WindowStore | None) -> Serving:
        if store is None and _rules(rules).meaning.windows:
            from ..state.memory import MemoryWindows

            store = MemoryWindows()
        for event in _rules(rules).events:
            ready_calendar(rules.on(event))
        serving = Serving(_rules(rules), lists, store).prepare()
        _ = serving.models  # now, and not on the first payment
        self._store = store
        return serving


def _rules(given: object) -> Rules:
    if not isinstance(given, Rules):
        raise TypeError("an engine wants rules, from riskrules.load(path) or riskrules.loads(text)")
    return given


def _lists(given: Mapping[str, object] | None) -> Lists:
    return given if isinstance(given, Lists) else Lists(given)  # type: ignore[arg-type]  # Lists checks each item


def one_at_a_time(event: str) -> str:
    """What to do with many events that are no payments, in a sentence."""
    file = "; a file of claims is shared by `riskrules liability`" if event == "claim" else ""
    return f"tables are of payments: decide each {event} by itself, with decide(…, event={event!r}){file}"


def _one_by_one(serving: Serving, rule: str) -> Callable[[object], object]:
    """A rule on another event than the payment, as a function of one event."""
    from .tables import is_table

    alone = Serving(_alone_rules(serving, rule), serving.lists)

    def holds(event: object) -> object:
        if is_table(event):
            raise ValueError(one_at_a_time(serving.rules.meaning.event))
        return bool(alone.interpret(event).fired)

    return holds


def _alone(serving: Serving, name: str) -> Serving:
    """The rule by itself, as a version of its own without a store."""
    return Serving(_alone_rules(serving, name), serving.lists).prepare()


def _alone_rules(serving: Serving, name: str) -> Rules:
    rule = serving.rules.by_name[name]
    bare = n.Rule(name, rule.text, rule.when, rule.unless, n.Act(n.ALLOW), in_force=rule.in_force)
    return with_only(serving.rules, [bare])
