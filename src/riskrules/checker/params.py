"""`param` and `list` blocks: values that the rules read by name.

The dated values of a param cover every day on which the ruleset is in force, each once. Where one value says
its last day and the next does not say its first (or the other way round), the day beside it is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from ..meaning import nodes as n
from ..meaning import promises
from ..schema import kinds as k
from ..schema.kinds import Kind
from ..syntax.tree import Node, Token
from .declarations import Declarations
from .fields import Fields
from .kinds_together import article, held
from .literals import PLAIN, Literals, token
from .problems import Problems
from .scope import Param, Scope

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a param: its place and its first and last day, both inclusive, None where open or not said."""

    at: Node
    const: n.Const
    first: date | None
    last: date | None


class Params:
    def __init__(
        self, scope: Scope, problems: Problems, literals: Literals, declarations: Declarations, fields: Fields
    ) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.declarations = declarations
        self.fields = fields
        self.declared: dict[str, promises.Param] = {}

    def param(self, node: Node, whole: n.InForce) -> None:
        """`whole` is when the ruleset is in force."""
        name = token(node)
        read = [self._part(p) for p in node.parts[1:] if isinstance(p, Node) and p.kind != "tune"]
        if not self.declarations.declare("param", name):
            return
        parts = [x for x in read if x is not None]
        kind = self._kind(node, [x.const for x in parts]) if len(parts) == len(read) else None
        spans = self._spans(name.text, parts, whole) if kind is not None else None
        if kind is None or spans is None:
            self.scope.lost.add(name.text)
            return
        tunes = [self._tune(p, kind) for p in node.parts if isinstance(p, Node) and p.kind == "tune"]
        values = [n.DatedValue(None, None, int(x.const.value), x.const.digits) for x in spans]
        for i, later in enumerate(spans[1:]):
            assert later.first is not None
            change = self.literals.midnight_us(later.first)
            values[i] = replace(values[i], until_us=change)
            values[i + 1] = replace(values[i + 1], from_us=change)
        self.scope.params[name.text] = Param(kind, tuple(values))
        literals = [x.at.parts[0] for x in spans]
        places = tuple((x.start, x.end) for x in literals if isinstance(x, Node))
        line = self.problems.source.line_and_column(node.start)[0]
        self.declared[name.text] = promises.Param(
            name.text, kind, tuple(values), places, tunes[0] if tunes else None, line
        )

    def _part(self, node: Node) -> Part | None:
        literal, *dates = node.parts
        assert isinstance(literal, Node)
        const = self.literals.const(literal)
        days = [self.literals.day(t) for t in dates if isinstance(t, Token)]
        if const is None or None in days:
            return None
        match node.kind, days:
            case "dated_until", [last]:
                return Part(node, const, None, last)
            case "dated", [first]:
                return Part(node, const, first, None)
            case _, [first, last]:
                return Part(node, const, first, last)
        return Part(node, const, None, None)

    def _kind(self, node: Node, values: list[n.Const]) -> Kind | None:
        kinds = list(dict.fromkeys(v.kind for v in values))
        name = token(node).text
        if len(kinds) > 1:
            self.problems.error(
                "unlike-kinds",
                f"the values of `{name}` are {article(kinds[0])} and {article(kinds[1])}",
                node,
                help=("write all of them in one kind",),
            )
            return None
        if kinds[0] == PLAIN:
            return k.NUMBER if any(v.digits for v in values) else k.COUNT
        if kinds[0].numeric:
            return kinds[0]
        self.problems.error(
            "unlike-kinds",
            f"a param is a number, an amount or a duration, and `{name}` is {article(kinds[0])}",
            node,
            help=(f"use a list: `list {name} of text`",)
            if kinds[0] == k.TEXT
            else ("write `yes` or `no` in the rule",),
        )
        return None

    def _spans(self, name: str, parts: list[Part], whole: n.InForce) -> list[Part] | None:
        """The values with both of their days, where they cover all days once; None after a finding."""
        spans = list(parts)
        for i in range(1, len(spans)):
            before, after = spans[i - 1], spans[i]
            if before.last is None and after.first is not None:
                spans[i - 1] = before = replace(before, last=after.first - ONE_DAY)
            if before.last is not None and after.first is None:
                spans[i] = after = replace(after, first=before.last + ONE_DAY)
            if before.last is None or after.first is None or before.last + ONE_DAY != after.first:
                self._do_not_meet(name, before, after)
                return None
        for span in spans:
            if span.first is not None and span.last is not None and span.last < span.first:
                self.problems.error(
                    "dates-reversed",
                    f"this value of `{name}` ends on {span.last}, before it begins on {span.first}",
                    span.at,
                    help=("write the values in the order of their days",),
                )
                return None
        return spans if self._covers(name, spans, whole) else None

    def _do_not_meet(self, name: str, before: Part, after: Part) -> None:
        gap = before.last is not None and after.first is not None and before.last < after.first
        what = "leave days without a value" if gap else "overlap"
        next_day = f"`from {before.last + ONE_DAY}`" if before.last else "`from` and a day"
        self.problems.error(
            "param-gap" if gap else "param-overlap",
            f"two values of `{name}` {what}",
            after.at,
            "",
            (before.at, "the one before"),
            help=(f"let this one begin with {next_day}, the day after the one before ends",),
        )

    def _covers(self, name: str, spans: list[Part], whole: n.InForce) -> bool:
        first, last = spans[0], spans[-1]
        early = first.first is not None and (
            whole.from_us is None or self.literals.midnight_us(first.first) > whole.from_us
        )
        late = last.last is not None and (
            whole.until_us is None or self.literals.midnight_us(last.last + ONE_DAY) < whole.until_us
        )
        if not early and not late:
            return True
        day = f"before {first.first}" if early else f"after {last.last}"
        self.problems.error(
            "param-gap",
            f"`{name}` has no value {day}, when the ruleset is in force",
            first.at if early else last.at,
            help=("leave out the `from` of the first value and the `until` of the last, or date the ruleset",),
        )
        return False

    def _tune(self, node: Node, kind: Kind) -> tuple[n.Const, n.Const] | None:
        """The two ends, or None after a finding."""
        before, written = self.problems.errors, []
        ends = []
        for part in (p for p in node.parts if isinstance(p, Node)):
            const = self.literals.const(part)
            if const is None:
                continue
            end = held(const, kind)
            if end is None:
                self.problems.error(
                    "unlike-kinds",
                    f"{self.problems.shown(part)} is {article(const.kind)}, and the param {article(kind)}",
                    part,
                    help=("tune between two values of the param's own kind",),
                )
            ends.append(end)
            written.append(const)
        if len(ends) == 2 and isinstance(ends[0], int) and isinstance(ends[1], int) and ends[0] >= ends[1]:
            self.problems.error(
                "bounds-wrong",
                "there is nothing between the two ends",
                node,
                help=("write the lower end first",),
            )
        return (written[0], written[1]) if self.problems.errors == before else None

    def list(self, node: Node) -> None:
        name, kind_node = node.parts
        assert isinstance(name, Token) and isinstance(kind_node, Node)
        kind = self.fields.kind(kind_node)
        if not self.declarations.declare("list", name):
            return
        if kind is not None and kind.name not in k.WORDS:
            self.problems.error(
                "unlike-kinds",
                f"a list holds names or texts, and `{name.text}` would hold {article(kind)}",
                kind_node,
                help=("write `of account`, `of text` or another kind that names something",),
            )
            kind = None
        if kind is None:
            self.scope.lost.add(name.text)
        else:
            self.scope.lists[name.text] = kind
