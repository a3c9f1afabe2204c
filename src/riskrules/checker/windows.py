"""`window` blocks: what is counted or added up, by whom, over what stretch of time.

A `where` speaks of the event that is recorded, so it may read what is known only afterwards (`status`), and it may not
look into a list: a list is another one tomorrow, so a window kept since yesterday and a replay of yesterday would
count differently. A report may lack what its payment carried. A `where` that reads such a field counts the reports
that carry it, as if `… is known` stood beside it, since in a payment the same field is always there.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from ..meaning import nodes as n
from ..meaning.averages import PARTS
from ..meaning.walk import found_in, reads_in
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..syntax.tree import Node, Token
from .conditions import Conditions
from .declarations import Declarations
from .kinds_together import article
from .literals import Literals, token
from .problems import Problems
from .scope import AFTERWARDS, Built, Scope

LONGEST_WINDOW_US = 3 * 366 * k.DAY
"""A store must keep what a window may still count; three years is beyond any rule of a regulator seen."""

_AGGREGATES = {"count": "count", "since": "since", "sum_of": "sum", "average_of": "average", "min_of": "min",
               "max_of": "max", "distinct_of": "distinct"}  # fmt: skip
_CALENDAR = {"this_day": "day", "this_month": "month", "this_year": "year"}
EVENTS = ("payment", "report")


class Windows:
    def __init__(
        self, scope: Scope, problems: Problems, literals: Literals, declarations: Declarations, conditions: Conditions
    ) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.declarations = declarations
        self.conditions = conditions
        self.where: list[tuple[str, Node]] = []

    def declare(self, node: Node) -> None:
        """Reads all of the window but its `where`, which may speak of fields declared further down."""
        name, aggregate, on, key, stretch, where = node.parts
        assert isinstance(name, Token) and isinstance(aggregate, Node) and isinstance(key, Node)
        assert isinstance(stretch, Node)
        kind, of = self._aggregate(aggregate)
        keys = self._keys(key)
        span = self._stretch(stretch)
        event = token(on).text if isinstance(on, Node) else "payment"
        if isinstance(on, Node) and event not in EVENTS:
            self.problems.error(
                "unknown-event",
                f"a window counts payments or reports, and `{event}` is neither",
                token(on),
                help=("write `on report`, or leave `on` out to count payments",),
            )
        if isinstance(where, Node):
            self.where.append((name.text, where))
        if not self.declarations.declare("window", name):
            return
        if aggregate.kind == "average_of":
            self._parts_are_free(name)
        if kind is None or keys is None or span is None or event not in EVENTS:
            self.scope.lost.add(name.text)
            return
        self.scope.windows[name.text] = n.Window(name.text, _AGGREGATES[aggregate.kind], of, event, keys, span)
        self.scope.window_kinds[name.text] = kind

    def _parts_are_free(self, name: Token) -> None:
        """An average is read as its sum and its count, under names that no field may have."""
        for part in PARTS:
            if f"{name.text}.{part}" in self.scope.schema:
                self.problems.error(
                    "duplicate-name",
                    f"the average `{name.text}` is kept as `{name.text}.sum` and `{name.text}.count`, "
                    f"and there is a field named `{name.text}.{part}`",
                    name,
                    help=("give one of them another name",),
                )

    def finish(self) -> None:
        """Reads the `where` of every window; it may use fields only, those of the event that is recorded."""
        for name, node in self.where:
            used, self.scope.used = self.scope.used, self.scope.reads.setdefault(name, set())
            self.scope.looks_back = True
            built = self.conditions.condition(node)
            self.scope.used, self.scope.looks_back = used, False
            if built is None or not self.conditions.proven(built) or name not in self.scope.windows:
                continue
            if self._of_fields_alone(name, node, built):
                window = self.scope.windows[name]
                self.scope.windows[name] = replace(window, where=self._as_reported(window, built.node))

    def _of_fields_alone(self, name: str, node: Node, built: Built) -> bool:
        """Whether the `where` reads fields of the event alone; if not, says so."""
        averages = {r.name: a.name for a in found_in(built.node, n.Average) for r in (a.total, a.count)}
        of_fields = ("field", "derived")
        windows = sorted(r.name for r in reads_in(built.node) if self.scope.inputs[r.name].origin not in of_fields)
        if windows:
            self.problems.error(
                "window-in-window",
                f"the `where` of `{name}` reads `{averages.get(windows[0], windows[0])}`, "
                "and a window sees only fields of the payment it counts",
                node,
                help=("compare fields here, and put the rest in the rule",),
            )
        lists = sorted(x.list for x in found_in(built.node, n.InList))
        if lists:
            self.problems.error(
                "list-in-window",
                f"the `where` of `{name}` looks into `{lists[0]}`, and a list may be another one tomorrow",
                node,
                help=("look into the list in the rule, or write the values out: `… in (a, b)`",),
            )
        return not windows and not lists

    def _as_reported(self, window: n.Window, where: n.Condition) -> n.Condition:
        """For a window of reports, with what a payment always carries and a report may lack known."""
        if window.event != "report":
            return where
        schema = self.scope.schema
        there = {"id", "occurred_at", *window.keys}
        lacking = [
            n.Known(r, f"{r.name} is known")
            for r in reads_in(where)
            if not self.scope.optional(schema[r.name]) and not there & {r.name, *(schema[r.name].of or ())}
        ]
        return n.All((*lacking, where)) if lacking else where

    def _aggregate(self, node: Node) -> tuple[Kind | None, str]:
        if node.kind == "count":
            return k.COUNT, ""
        if node.kind == "since":
            return k.DURATION, ""
        ref = node.parts[0]
        assert isinstance(ref, Node)
        field = self._field(ref)
        if field is None:
            return None, ""
        kind = self.scope.schema[field].kind
        if node.kind == "distinct_of":
            return self._distinct(ref, field, kind)
        if kind.numeric and kind.name != "time":
            return k.NUMBER if node.kind == "average_of" and kind == k.COUNT else kind, field
        help = f"write `distinct {field}` to count how many different ones there are"
        if kind == k.YES_NO:
            help = f"write `count`, with `where {field}` after the stretch, to count those that say yes"
        elif kind.name == "time":
            help = "name an amount or a number, or write `time since last`"
        self.problems.error(
            "unlike-kinds",
            f"`{_AGGREGATES[node.kind]}` needs numbers, and `{field}` is {article(kind)}",
            ref,
            help=(help,),
        )
        return None, ""

    def _distinct(self, ref: Node, field: str, kind: Kind) -> tuple[Kind | None, str]:
        if kind.name in k.WORDS:
            return k.COUNT, field
        self.problems.error(
            "unlike-kinds",
            f"`distinct` counts different names, and `{field}` is {article(kind)}",
            ref,
            help=("name an account, a device or another text, such as `distinct payer.account`",),
        )
        return None, ""

    def _keys(self, node: Node) -> tuple[str, ...] | None:
        refs = [p for p in node.parts if isinstance(p, Node)] if node.kind == "pair" else [node]
        names = [self._field(r) for r in refs]
        for ref, name in zip(refs, names, strict=True):
            kind = self.scope.schema[name].kind if name is not None else k.TEXT
            if kind.name not in k.WORDS:
                self.problems.error(
                    "wrong-key",
                    f"a window is kept by a name, and `{name}` is {article(kind)}",
                    ref,
                    help=("keep it by an account, a merchant, a device or another text",),
                )
                return None
            if name in AFTERWARDS:
                self.problems.error(
                    "known-afterwards",
                    f"`{name}` is known only after the decision, and a window is read before it",
                    ref,
                    help=(f"use it in the `where` of the window, such as `where {name} = failed`",),
                )
                return None
        if None in names:
            return None
        if len(set(names)) < len(names):
            self.problems.error(
                "said-twice", f"`{names[0]}` stands twice in the key", node, help=("write it once, without brackets",)
            )
            return None
        return tuple(x for x in names if x)

    def _field(self, ref: Node) -> str | None:
        name = token(ref)
        if len(ref.parts) == 1 and name.text in self.scope.schema:
            return name.text
        if not self.scope.is_lost(name.text):
            self.problems.error(
                "unknown-name",
                f"there is no field named {self.problems.shown(ref)}",
                ref,
                help=self.problems.did_you_mean(name.text, self.scope.schema.fields)
                or ("a window reads fields of the payment",),
            )
        return None

    def _in_days(self, node: Node) -> str:
        """About as long, and never longer than a window may be."""
        amount, unit = (self.problems.words(node).replace("_", "").split() + ["", ""])[:2]
        each = {"month": 30.0, "months": 30.0, "year": 365.0, "years": 365.0}.get(unit, 7 / 5)
        days = ceil(int(amount) * each) if amount.isdecimal() and len(amount) < 5 else 0
        return f"{days}d" if 0 < days <= LONGEST_WINDOW_US // k.DAY else "90d"

    def _stretch(self, node: Node) -> int | str | None:
        if node.kind in _CALENDAR:
            return _CALENDAR[node.kind]
        if node.kind != "duration":
            self.problems.error(
                "not-an-exact-span",
                f"{self.problems.shown(node)} has no fixed length, so a window cannot be kept over it",
                node,
                help=(f"write it in days, such as `{self._in_days(node)}`",),
            )
            return None
        const = self.literals.const(node)
        if const is None:
            return None
        assert isinstance(const.value, int)
        if not 0 < const.value <= LONGEST_WINDOW_US:
            self.problems.error(
                "window-too-long",
                f"a window spans from `1ms` to `{LONGEST_WINDOW_US // k.DAY}d`, "
                f"and this one {self.problems.shown(node)}",
                node,
                help=("write a shorter stretch, such as `90d`",),
            )
            return None
        return const.value
