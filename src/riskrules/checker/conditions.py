"""Conditions: `and`, choice, and what stands alone. Comparisons are in `comparisons`, the proof that a condition is
plainly true or false in `certainty`."""

from __future__ import annotations

from collections.abc import Sequence

from ..meaning import nodes as n
from ..schema import kinds as k
from ..syntax.tree import Node
from .certainty import named, opposite, proven, together
from .comparisons import Comparisons, as_word
from .kinds_together import article
from .literals import token
from .problems import Problems
from .quantities import Quantities
from .scope import MOST_DEPTH, MOST_NODES, Built, Scope, too_complex


class Conditions:
    def __init__(self, scope: Scope, problems: Problems, quantities: Quantities) -> None:
        self.scope = scope
        self.problems = problems
        self.quantities = quantities
        self.comparisons = Comparisons(scope, problems, quantities)

    def proven(self, built: Built) -> bool:
        """Reports every read that may be missing, once a place."""
        return proven(built, self.problems, self.scope.currency)

    def condition(self, node: Node) -> Built | None:
        """The condition, or None after a finding."""
        built = self._condition(node)
        if built is not None and (built.size > MOST_NODES or built.depth > MOST_DEPTH):
            too_complex(self.problems, node, built.size, built.depth, "condition")
            return None
        return built

    def _condition(self, node: Node) -> Built | None:
        words = self.problems.words(node)
        match node.kind:
            case "all":
                return self._parts([p for p in node.parts if isinstance(p, Node)], words, every=True)
            case "group":
                quantity, *parts = [p for p in node.parts if isinstance(p, Node)]
                built = self._parts(parts, words, every=quantity.kind == "all_of")
                return opposite(built, words) if built and quantity.kind == "none" else built
            case "holds":
                return self._holds(node, words)
        return self.comparisons.comparison(node, words)

    def _parts(self, nodes: Sequence[Node], words: str, *, every: bool) -> Built | None:
        parts = [self.condition(x) for x in nodes]
        built = [p for p in parts if p is not None]
        if len(built) < len(parts):
            return None
        return built[0] if len(built) == 1 else together(built, every=every, words=words)

    def _holds(self, node: Node, words: str) -> Built | None:
        inner = node.parts[0]
        assert isinstance(inner, Node)
        if inner.kind == "ref" and len(inner.parts) == 1 and token(inner).text in self.scope.lets:
            name = token(inner)
            result = self.quantities.let(name)
            if result is None:
                return None
            if isinstance(result, Built):
                return named(result, name.text)
        value = self.quantities.side(inner)
        if value is None:
            return None
        if value.kind != k.YES_NO:
            self.problems.error(
                "not-a-condition",
                f"{self.problems.shown(node)} is {article(value.kind)}, which is neither true nor false",
                node,
                help=("compare it with something, such as `… >= …`",),
            )
            return None
        made = n.Equal(as_word(value.node), n.Const(True, k.YES_NO), words=words)
        return Built(made, value.needs, size=2, depth=value.depth + 1)
