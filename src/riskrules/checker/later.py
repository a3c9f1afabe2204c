"""Blocks whose names and kinds are checked already, and whose work comes with a later version.

`balance` and `law` change no decision, so they are read, checked and announced as not yet measured.
`model` would change what is decided, so a file that has one is refused.
"""

from __future__ import annotations

from ..syntax.tree import Node, Token
from .conditions import Conditions
from .effects import Effects
from .literals import Literals
from .problems import Problems
from .quantities import Quantities


class Later:
    def __init__(
        self, problems: Problems, literals: Literals, quantities: Quantities, conditions: Conditions, effects: Effects
    ) -> None:
        self.problems = problems
        self.literals = literals
        self.quantities = quantities
        self.conditions = conditions
        self.effects = effects
        self.announced: set[str] = set()

    def check(self, blocks: list[Node]) -> None:
        for block in blocks:
            if block.kind == "model":
                self.problems.error(
                    "not-in-this-version",
                    "this version decides by rules, and cannot take a `model` block",
                    _head(block),
                    help=("move the `model` block to a file of its own",),
                )
            elif block.kind == "law":
                for part in _nodes(block):
                    self._law(part)
                self._not_yet(block)
            elif block.kind == "balance":
                self._balance(block)
                self._not_yet(block)

    def _law(self, part: Node) -> None:
        match part.kind:
            case "when":
                self._condition(part)
            case "monotone":
                ref = next(p for p in _nodes(part) if p.kind == "ref")
                value = self.quantities.ref(ref)
                if value is not None and not value.kind.numeric:
                    self.problems.error(
                        "unlike-kinds",
                        f"{self.problems.shown(ref)} neither rises nor falls",
                        ref,
                        help=("name a number, an amount, a time or a duration",),
                    )
            case "expected":
                self.effects.action(_nodes(part)[0])

    def _balance(self, block: Node) -> None:
        known: dict[str, Token] = {}
        for segment in (p for p in _nodes(block) if p.kind == "segment"):
            name = segment.parts[0]
            assert isinstance(name, Token)
            if name.text in known:
                self.problems.error(
                    "duplicate-name",
                    f"`{name.text}` is declared twice",
                    name,
                    "here again",
                    (known[name.text], "first as a segment"),
                    help=("give one of them another name",),
                )
            known.setdefault(name.text, name)
            self._condition(segment)
        for part in (p for p in _nodes(block) if p.kind != "segment"):
            self._limit(part, known)

    def _limit(self, part: Node, segments: dict[str, Token]) -> None:
        """One promise of a balance: a share between nothing and all, of payments or of a segment that is there."""
        for ratio in (p for p in _nodes(part) if p.kind in ("ratio", "bps")):
            const = self.literals.const(ratio)
            if const is not None and int(const.value) > 10**const.digits:
                self.problems.error(
                    "out-of-bounds",
                    f"{self.problems.shown(ratio)} is more than all",
                    ratio,
                    help=("write a share of at most `100%`",),
                )
        for base in (p for p in _nodes(part) if p.kind == "of_segment"):
            word = base.parts[0]
            assert isinstance(word, Token)
            if word.text not in segments:
                self.problems.error(
                    "unknown-name",
                    f"there is no segment named `{word.text}`",
                    word,
                    help=self.problems.did_you_mean(word.text, segments)
                    or (f"declare it: `segment {word.text} where …`",),
                )

    def _condition(self, node: Node) -> None:
        body = next(p for p in _nodes(node) if p.kind == "all")
        built = self.conditions.condition(body)
        if built is not None:
            self.conditions.proven(built)

    def _not_yet(self, block: Node) -> None:
        """Said once a kind, at the first block of it."""
        if block.kind in self.announced:
            return
        self.announced.add(block.kind)
        self.problems.warning(
            "not-yet-measured",
            f"`{block.kind}` is checked, and nothing measures it in this version",
            _head(block),
            help=("keep it: it changes no decision",),
        )


def _head(block: Node) -> Node:
    return Node(block.kind, (), block.start, block.start + len(block.kind))


def _nodes(node: Node) -> list[Node]:
    return [p for p in node.parts if isinstance(p, Node)]
