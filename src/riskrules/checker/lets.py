"""`let`s, each worked out once, after those that it reads.

The order is found beforehand and without recursion, so no chain of `let`s, however long, can run out of
stack; nor does it matter where in the file a `let` stands. What is read inside a `let` counts as used only
when the `let` itself is. In a file about several events a `let` may speak of one of them alone, so what is wrong with
it is told only where it is read, or where it can be read by none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..base.diagnostics import Diagnostic
from ..syntax.tree import Node, Token, walk
from .conditions import Conditions
from .literals import PLAIN, token
from .problems import Problems, span_of
from .quantities import LITERALS, Quantities
from .scope import AFTERWARDS, MOST_DEPTH, MOST_NODES, Built, Need, Scope, Typed, too_complex

MOST_SHOWN_CIRCLE = 8
"""`let`s of a circle that its message names."""


class Lets:
    def __init__(self, scope: Scope, problems: Problems, quantities: Quantities, conditions: Conditions) -> None:
        self.scope = scope
        self.problems = problems
        self.quantities = quantities
        self.conditions = conditions
        self.results: dict[str, Built | Typed | None] = {}
        self.resolved = False
        self.untold: dict[str, list[Diagnostic]] = {}
        """What is wrong with `let`s that nothing has read so far."""

    def resolve_all(self) -> None:
        """Works out every `let`, read or not, so that a mistake in any is found; `tell` tells it."""
        used, self.scope.looks_back = self.scope.used, True
        for name in _in_order({name: self._named_in(body) for name, body in self.scope.lets.items()}):
            self.scope.used = self.scope.reads.setdefault(name, set())
            before = len(self.problems.found)
            self.results[name] = self._build(self.scope.lets[name])
            if found := self.problems.taken_back(before):
                self.untold[name] = found
            early = {self.scope.afterwards.get(x, x) for x in self.scope.used} & AFTERWARDS.keys()
            if early:
                self.scope.afterwards[name] = min(early)
        self.scope.used, self.scope.looks_back = used, False
        self.resolved = True

    def tell(self, names: Iterable[str]) -> None:
        """Reports what is wrong with these, and with the `let`s that they read."""
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            self.problems.put_back(self.untold.pop(name, []))
            waiting += [x for x in self.scope.reads.get(name, ()) if x in self.untold]

    def read(self, name: Token) -> Built | Typed | None:
        """What the `let` stands for at a place that reads it; None after a finding."""
        word = name.text
        self.scope.used.add(word)
        if self.resolved:
            self.tell([word])
        if word not in self.results:
            self._circle(name)
            self.results[word] = None
            return None
        result = self.results[word]
        if result is None or not result.needs:
            return result
        at = span_of(name)
        return replace(result, needs=tuple({x.read.name: Need(x.read, at, x.through) for x in result.needs}.values()))

    def _named_in(self, body: Node) -> list[str]:
        """The `let`s that the body may read (a choice may be spelt like one)."""
        words = (
            x.text for part in body.parts[1:] if isinstance(part, Node) for x in walk(part) if isinstance(x, Token)
        )
        return list(dict.fromkeys(x for x in words if x in self.scope.lets))

    def _circle(self, name: Token) -> None:
        """`name` is read while it, or a `let` that it leads to, is not worked out yet."""
        path = [name.text]
        while len(path) <= len(self.scope.lets):
            following = [x for x in self._named_in(self.scope.lets[path[-1]]) if x not in self.results]
            if name.text in following or not following:
                break
            path.append(following[0])
        names = (
            [*path, name.text] if len(path) < MOST_SHOWN_CIRCLE else [*path[: MOST_SHOWN_CIRCLE - 1], "…", name.text]
        )
        circle = " → ".join(f"`{x}`" if x != "…" else x for x in names)
        self.problems.error(
            "let-in-a-circle",
            f"`{name.text}` leads back to itself: {circle}",
            name,
            help=("write one of them without the others",),
        )

    def _build(self, node: Node) -> Built | Typed | None:
        body = node.parts[1]
        assert isinstance(body, Node)
        if node.kind == "let":
            built = self.conditions.condition(body)
            return built if built is None or self.conditions.proven(built) else None
        value = self.quantities.side(body)
        if value is None:
            return None
        if value.kind == PLAIN or body.kind in LITERALS:
            name = token(node).text
            self.problems.error(
                "constant-let",
                f"`{name}` is always the same",
                body,
                help=(f"declare it as a param: `param {name} = …`",),
            )
            return None
        if value.size > MOST_NODES or value.depth > MOST_DEPTH:
            too_complex(self.problems, body, value.size, value.depth, "value")
            return None
        return value


def _in_order(reads: dict[str, list[str]]) -> Iterator[str]:
    """Every name after those that it reads; where they go round in a circle, the last of it first."""
    seen: set[str] = set()
    for first in reads:
        stack = [(first, iter(reads[first]))] if first not in seen else []
        seen.add(first)
        while stack:
            name, left = stack[-1]
            following = next((x for x in left if x not in seen), None)
            if following is None:
                stack.pop()
                yield name
            else:
                seen.add(following)
                stack.append((following, iter(reads[following])))
