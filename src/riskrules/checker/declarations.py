"""What every declaring block has in common: a name that is new, days in order, and words for people."""

from __future__ import annotations

from datetime import timedelta

from ..meaning import nodes as n
from ..syntax.tree import Node, Token
from .literals import Literals, token, unquoted
from .problems import Problems, span_of
from .scope import Scope


class Declarations:
    def __init__(self, scope: Scope, problems: Problems, literals: Literals) -> None:
        self.scope = scope
        self.problems = problems
        self.literals = literals
        self.sources: dict[str, str] = {}
        self.unverified: set[str] = set()

    def declare(self, what: str, name: Token) -> bool:
        """Whether the name is new; if not, both places are shown."""
        before = self.scope.declared.get(name.text)
        if before is not None:
            self.problems.error(
                "duplicate-name",
                f"`{name.text}` is declared twice",
                name,
                "here again",
                (before[1], f"first as a {before[0]}"),
                help=("give one of them another name",),
            )
            return False
        if what in ("param", "let", "window", "model", "list") and name.text in self.scope.schema:
            self.problems.error(
                "duplicate-name",
                f"`{name.text}` is a field of the {self.scope.schema.event} already",
                name,
                help=(f"give the {what} another name",),
            )
            return False
        self.scope.declared[name.text] = (what, span_of(name))
        return True

    def in_force(self, dates: tuple[Token, ...]) -> n.InForce:
        """`in force from A [until B]`; B is inclusive."""
        days = [self.literals.day(t) for t in dates]
        first, last = [*days, None, None][:2]
        if first is not None and last is not None and last < first:
            self.problems.error(
                "dates-reversed",
                f"`{dates[1].text}` lies before `{dates[0].text}`",
                dates[1],
                help=("write the earlier day first",),
            )
            return n.InForce()
        return n.InForce(
            None if first is None else self.literals.midnight_us(first),
            None if last is None else self.literals.midnight_us(last + timedelta(days=1)),
        )

    def source(self, node: Node) -> None:
        name, text = token(node, 0), token(node, 1)
        said = self.said(text, "what the source is called")
        if self.declare("source", name) and said:
            self.sources[name.text] = unquoted(text)
            if node.parts[2] is not None:
                self.unverified.add(name.text)
        else:
            self.scope.lost.add(name.text)

    def said(self, text: Token, what: str) -> bool:
        """Whether a text for people says anything."""
        if unquoted(text).strip():
            return True
        self.problems.error("empty-text", f"the text does not say {what}", text, help=("write it for a stranger",))
        return False
