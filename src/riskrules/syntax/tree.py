"""The syntax tree: two plain classes, each with both ends of its place.

A node is what Lark's tree would be (rule name or alias, parts in order, plain keywords left out, an
absent `[x]` is None), with offsets in the file instead of lines and columns. The classes are not frozen,
because a frozen one costs three times as much to make and a file of a thousand rules has a hundred
thousand of them; nothing may change one. They compare by identity: a comparison by value would recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(slots=True, eq=False)
class Token:
    """One word of the file that means something by itself: a name, a number, a text (with its quotes)."""

    type: str
    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Node:
    """`kind` is the name of the grammar's rule or alias. [start, end) covers its keywords and brackets too."""

    kind: str
    parts: tuple[Part, ...]
    start: int
    end: int


Part: TypeAlias = Node | Token | None


def walk(node: Node) -> Iterator[Node | Token]:
    """The node and everything below it, in order of place. Does not recurse, so depth does not matter."""
    stack: list[Node | Token] = [node]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Node):
            stack.extend(x for x in reversed(part.parts) if x is not None)
