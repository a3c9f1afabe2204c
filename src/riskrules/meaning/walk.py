"""What a piece of meaning reads, whatever it is: a condition, a rule, a notice, or a tuple of them."""

from __future__ import annotations

from typing import TypeVar

from . import nodes as n

_Node = TypeVar("_Node")


def found_in(piece: object, wanted: type[_Node] | tuple[type[_Node], ...]) -> list[_Node]:
    """Every node of a type, or of several, in the order in which it is written. Does not recurse, so depth does not
    matter."""
    found: list[_Node] = []
    stack = [piece]
    while stack:
        item = stack.pop()
        if isinstance(item, wanted):
            found.append(item)
        if isinstance(item, tuple):
            stack.extend(reversed(item))
        elif hasattr(item, "__dataclass_fields__"):
            stack.extend(reversed([getattr(item, f) for f in item.__dataclass_fields__]))
    return found


def reads_in(piece: object) -> list[n.Read]:
    """The inputs that are read, each once, in the order in which they are first named."""
    return list({r.name: r for r in found_in(piece, n.Read)}.values())
