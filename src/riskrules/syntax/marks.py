"""Where the lines of a block begin in the canonical text, worked out from the tree."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from .comments import Piece
from .tree import Node, Part, Token
from .wrapping import WIDTH, joined

KEYWORD_WIDTH = 7
"""Of `source `, `field  `, `param  `, `list   `, `window `, `model  `."""
_RULESET_WIDTH, _CLAUSE_WIDTH, _TEST_WIDTH = 9, 8, 7
_PADDED = frozenset(
    {
        "cites", "when", "unless", "then", "score", "measure", "tell", "tell_in", "lifts", "lifts_below", "case",
        "otherwise", "share", "rest", "within", "excess", "reason", "reason_in", "appeal", "appeal_in", "stopped",
         "caught_payments", "caught_amount",
    }
)  # fmt: skip
_HEADS = frozenset({"title", "owner", "currency", "timezone", "calendar", "language", "appeal", "appeal_in"})


_OF_A_CASE = ("cites", "excess", "cap", "share", "rest")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line begins: its indent, the width of its first word (with the space after), of its second, and whether an
    empty line comes before."""

    indent: int
    pad: int = 0
    pad_second: int = 0
    blank: bool = False


class _Marker:
    def __init__(self, words: Sequence[Piece]) -> None:
        self.words = words
        self.starts = [p.start for p in words]
        self.marks: dict[int, Mark] = {0: Mark(0)}

    def at(self, part: Node | Token, mark: Mark, back: int = 0) -> None:
        """A line begins at this part, or so many words before it."""
        self.marks[bisect_left(self.starts, part.start) - back] = mark


def marks_of(block: Node, words: Sequence[Piece]) -> dict[int, Mark]:
    """By the index of a line's first word."""
    marker = _Marker(words)
    if block.kind == "let":
        _let(marker, block)
        return marker.marks
    if block.kind in ("source", "field", "param", "list", "window", "model"):
        marker.marks[0] = Mark(0, KEYWORD_WIDTH)
    names = [len(_name(x)) for x in block.parts if isinstance(x, Node) and x.kind == "segment"]
    for part in block.parts:
        if isinstance(part, Token):
            if part.type == "TEXT" and block.kind in ("rule", "exempt", "liability"):
                marker.at(part, Mark(2))
        elif part is not None:
            _clause(marker, block, part, max(names, default=0))
    return marker.marks


def _clause(marker: _Marker, block: Node, part: Node, segment_width: int) -> None:
    kind = part.kind
    if kind in _HEADS and block.kind == "ruleset":
        marker.at(part, Mark(2, _RULESET_WIDTH))
    elif kind == "test":
        _test(marker, part)
    elif kind == "amounts":
        _amounts(marker, part.parts, Mark(2, _CLAUSE_WIDTH))
    elif kind == "segment":
        marker.at(part, Mark(2, pad_second=segment_width))
    elif block.kind == "law":
        if kind in ("when", "monotone"):
            marker.at(part, Mark(2))
    elif kind in _PADDED:
        marker.at(part, Mark(2, _CLAUSE_WIDTH))
        if kind == "when":
            _conditions(marker, part, Mark(2, _CLAUSE_WIDTH))
        elif kind in ("case", "otherwise"):
            _amounts(marker, [None, *part.parts[kind == "case" :]], Mark(4))
    elif kind in ("in_force", "responsible", "band", "even"):
        marker.at(part, Mark(2))


def _conditions(marker: _Marker, part: Node, mark: Mark) -> None:
    every = part.parts[0]
    assert isinstance(every, Node)
    for condition in every.parts[1:]:
        assert condition is not None
        marker.at(condition, mark, back=1)


def _amounts(marker: _Marker, parts: Sequence[Part], mark: Mark) -> None:
    """`loss`, `excess`, `cap`, and the citations and shares of a case."""
    for part in parts:
        if isinstance(part, Node):
            marker.at(part, mark, back=0 if part.kind in _OF_A_CASE else 1)


def _test(marker: _Marker, part: Node) -> None:
    marker.at(part, Mark(2, blank=True))
    seen = set()
    for line in part.parts[1:]:
        assert isinstance(line, Node)
        if line.kind == "with_list":
            marker.at(line, Mark(4, _TEST_WIDTH))
            continue
        clause = "given" if line.kind in ("given", "given_missing") else "expect"
        if clause not in seen:
            seen.add(clause)
            marker.at(line, Mark(4, _TEST_WIDTH), back=1)


def _let(marker: _Marker, block: Node) -> None:
    """Several conditions, or a long one, stand on lines of their own."""
    every = block.parts[1]
    assert isinstance(every, Node)
    texts = [p.text for p in marker.words]
    if len(every.parts) > 1 or len(joined(texts)) > WIDTH:
        for i, condition in enumerate(every.parts):
            assert condition is not None
            marker.at(condition, Mark(2), back=1 if i else 0)


def _name(segment: Node) -> str:
    name = segment.parts[0]
    assert isinstance(name, Token)
    return name.text
