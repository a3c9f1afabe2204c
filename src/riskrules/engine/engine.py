"""The engine that a payment gateway holds: decide, decide a table, swap the rules.

`decide` is pure: it reads and changes nothing, so it may run in many threads at once. All state is one
reference to a `Serving`, replaced whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..meaning import nodes as n
from ..meaning.walk import found_in, reads_in
from ..schema.errors import PaymentError
from ..state.lists import Lists
from .decision import Decision
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
    collections of texts (ListError when one is absent). `on_error`: None (an event that does not fit raises
    PaymentError), or the action of a degraded decision: allow, verify, hold or reject.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        lists: Mapping[str, object] | None = None,
        on_error: str | None = None,
    ) -> None:
        if on_error is not None and on_error not in ON_ERROR:
            raise ValueError(f"on_error is one of {', '.join(ON_ERROR)} or None, not {on_error!r}")
        self._on_error = None if on_error is None else n.Act(n.LEVELS.index(on_error))
        self._changing = threading.Lock()
        self._lists = _lists(lists)
        self._serving = Serving(_rules(rules), self._lists).prepare()

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

    def decide(self, event: object, *, windows: Mapping[str, object] | None = None) -> Decision:
        """Decide one payment: a nested mapping, a pydantic model or a `Payment`.

        `windows`: values of windows that the host worked out itself, by name (`{"payers_1d": 25}`). PaymentError
        names the field that does not fit, unless the engine has an `on_error`.
        """
        serving = self._serving
        try:
            return serving.decide(event, windows)
        except PaymentError as error:
            if self._on_error is None:
                raise
            return serving.refused(event, error, self._on_error)

    def decide_many(self, table: object, *, map: Map | str | Path | None = None) -> Decisions:
        """Decide every row of a table that speaks Arrow, or of an iterable of such tables.

        `map` (or its path) says which column feeds which field; without one, columns are named as the fields are
        (`payer.account.id`) or nested. Rows that do not fit are listed in the result's `errors`, and the others
        decided. TableError when the table cannot feed the rules at all.
        """
        from .tables import decide_table

        return decide_table(self._serving, table, map)

    def predicate(self, rule: str) -> Callable[[object], object]:
        """One rule by itself as a function: an event → bool, or a table → bool array (one a row).

        KeyError when the ruleset has no such rule. Exempts do not reach it: it says whether the rule's own
        conditions hold.
        """
        from .tables import is_table, rule_holds

        alone = self._alone(rule)

        def holds(event: object) -> object:
            return rule_holds(alone, event) if is_table(event) else bool(alone.decide(event, None).fired)

        return holds

    def _alone(self, name: str) -> Serving:
        serving = self._serving
        meaning = serving.rules.meaning
        rule = serving.rules.by_name[name]
        read = {r.name for r in reads_in(rule)} | {"occurred_at"}
        lists = {x.list for x in found_in(rule, n.InList)}
        inputs = tuple(i for i in meaning.inputs if i.name in read)
        windows = {name.split(" of ")[0] for name in read}
        bare = replace(rule, action=n.Act(n.ALLOW), score=None, measures=(), responsible=(), notices=())
        one = replace(
            meaning, rules=(bare,), exempts=(), bands=(), inputs=inputs, tests=(),
            lists=tuple(x for x in meaning.lists if x[0] in lists),
            windows=tuple(w for w in meaning.windows if w.name in windows),
        )  # fmt: skip
        return Serving(Rules(one), serving.lists).prepare()

    def swap(self, rules: Rules, *, lists: Mapping[str, object] | None = None) -> None:
        """Decide by other rules from now on. Payments in flight finish by the old ones; none is mixed.

        The new version is made ready before it is used; if it does not load, the old one goes on serving and the error
        is raised.
        """
        with self._changing:
            given = self._lists if lists is None else _lists(lists)
            self._serving = Serving(_rules(rules), given).prepare()
            self._lists = given

    def use_lists(self, lists: Mapping[str, object]) -> None:
        """The same rules with other lists, as atomically as `swap`."""
        with self._changing:
            given = _lists(lists)
            self._serving = Serving(self._serving.rules, given).prepare()
            self._lists = given


def _rules(given: object) -> Rules:
    if not isinstance(given, Rules):
        raise TypeError("an engine wants rules, from riskrules.load(path) or riskrules.loads(text)")
    return given


def _lists(given: Mapping[str, object] | None) -> Lists:
    return given if isinstance(given, Lists) else Lists(given)  # type: ignore[arg-type]  # Lists checks each item
