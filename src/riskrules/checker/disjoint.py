"""Whether two `liability` blocks may both hold for one claim, which is an error when it happens.

Two blocks are known to be apart when they are never in force together, when one input cannot meet what both ask of
it, or when one asks for what the other's `unless` lifts. What needs two inputs to see is not seen, and then a warning
says so.
"""

from __future__ import annotations

from itertools import combinations

from ..meaning import nodes as n
from ..meaning.losses import Liability
from ..syntax.tree import Node, Token
from .contradictions import contradiction, is_never_in_force, parts_of
from .problems import Problems

MOST_PAIRS = 20_000
"""Pairs of blocks that are compared: two hundred blocks, each with each."""


def find_overlaps(ruleset: n.Ruleset, places: dict[str, Node], problems: Problems) -> None:
    """A warning for each block that may hold together with one before it."""
    bounds = {i.name: (i.lowest, i.highest) for i in ruleset.inputs if i.kind.numeric}
    told: set[str] = set()
    ordered = sorted(ruleset.liabilities, key=lambda x: places[x.name].start)
    for count, (first, second) in enumerate(combinations(ordered, 2)):
        if count >= MOST_PAIRS:
            break
        if second.name in told or _apart(first, second, bounds):
            continue
        told.add(second.name)
        problems.warning(
            "two-blocks",
            f"`{first.name}` and `{second.name}` may both say who bears one loss, and then no claim like it is decided",
            _name(places[second.name]),
            "",
            (_name(places[first.name]), "the other"),
            help=(f"add to one of them a condition that `{first.name}` and `{second.name}` cannot both meet",),
        )


def _apart(first: Liability, second: Liability, bounds: dict[str, tuple[int, int]]) -> bool:
    if is_never_in_force(first.in_force, second.in_force):
        return True
    atoms = [*parts_of(_plain(first.when)), *parts_of(_plain(second.when))]
    unless = (*first.unless, *second.unless)
    both = n.Rule("both", "", n.All(tuple(atoms)), tuple(part for u in unless for part in _choices(u)))
    return bool(contradiction(both, bounds))


def _choices(c: n.Condition) -> tuple[n.Condition, ...]:
    """What lifts a block by itself: the parts of an `any of`."""
    return tuple(_plain(p) for p in c.parts) if isinstance(c, n.Any) else (_plain(c),)


def _plain(c: n.Condition) -> n.Condition:
    """The same with `x else no` read as `x`: where it is met, the two are one, for yes and for no alike."""
    match c:
        case n.All(parts):
            return n.All(tuple(_plain(p) for p in parts))
        case n.Equal(n.Default(n.Read() as read, n.Const(default)), n.Const() as wanted, False):
            return n.Equal(read, wanted) if wanted.value != default else c
    return c


def _name(block: Node) -> Token:
    name = block.parts[0]
    assert isinstance(name, Token)
    return name
