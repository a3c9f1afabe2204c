"""`window` blocks: what is counted or added up, by whom, over what stretch of time."""

from __future__ import annotations

from dataclasses import replace

from ..meaning import nodes as n
from ..meaning.walk import reads_in
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..syntax.tree import Node, Token
from .conditions import Conditions
from .declarations import Declarations
from .kinds_together import article
from .literals import Literals, token
from .problems import Problems
from .scope import Scope

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
        if kind is None or keys is None or span is None or event not in EVENTS:
            self.scope.lost.add(name.text)
            return
        self.scope.windows[name.text] = n.Window(name.text, _AGGREGATES[aggregate.kind], of, event, keys, span)
        self.scope.window_kinds[name.text] = kind

    def finish(self) -> None:
        """Reads the `where` of every window; it may use fields only, those of the event that is recorded."""
        for name, node in self.where:
            used, self.scope.used = self.scope.used, self.scope.reads.setdefault(name, set())
            built = self.conditions.condition(node)
            self.scope.used = used
            if built is None or not self.conditions.proven(built) or name not in self.scope.windows:
                continue
            reads = sorted(r.name for r in reads_in(built.node))
            outside = [x for x in reads if self.scope.inputs[x].origin == "window"]
            if outside:
                self.problems.error(
                    "window-in-window",
                    f"the `where` of `{name}` reads `{outside[0]}`, "
                    "and a window sees only fields of the payment it counts",
                    node,
                    help=("compare fields here, and put the rest in the rule",),
                )
                continue
            self.scope.windows[name] = replace(self.scope.windows[name], where=built.node)

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
            return k.COUNT, field
        if kind.numeric and kind.name != "time":
            return kind, field
        self.problems.error(
            "unlike-kinds",
            f"`{_AGGREGATES[node.kind]}` needs numbers, and `{field}` is {article(kind)}",
            ref,
            help=(f"write `distinct {field}` to count how many different ones there are",),
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

    def _stretch(self, node: Node) -> int | str | None:
        if node.kind in _CALENDAR:
            return _CALENDAR[node.kind]
        if node.kind != "duration":
            self.problems.error(
                "not-an-exact-span",
                f"{self.problems.shown(node)} has no fixed length, so a window cannot be kept over it",
                node,
                help=("write it in days, such as `90d`",),
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
