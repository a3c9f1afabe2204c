"""Whether two `liability` blocks may both hold for one claim, which is an error when it happens.

Two blocks are apart when they are never in force together, or when nothing meets the conditions of both. All of these
are one condition: what both ask for, and none of what either `unless` lifts. It is taken apart into the ways in which
it can be met, and each way into plain questions about one input each; a way whose questions contradict one another is
none. What needs two inputs to see is not seen, and then a warning says that the blocks may meet. The price is a bound
on the ways: blocks with many choices inside choices are warned of although they may be apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from ..meaning import nodes as n
from ..meaning.losses import Liability
from ..syntax.tree import Node, Token
from .certainty import OPPOSITES
from .contradictions import is_never_in_force, narrowed
from .problems import Problems

MOST_PAIRS = 20_000
"""Pairs of blocks that are compared: two hundred blocks, each with each."""
MOST_WAYS = 512
"""Ways in which two blocks can be met together, some 20 µs each."""

Literal: TypeAlias = tuple[n.Atom, bool]
"""A plain question, and whether it is to be met or not."""


def find_overlaps(ruleset: n.Ruleset, places: dict[str, Node], problems: Problems) -> None:
    """A warning for each block that may hold together with one before it."""
    inputs = {i.name: i for i in ruleset.inputs}
    told: set[str] = set()
    ordered = sorted(ruleset.liabilities, key=lambda x: places[x.name].start)
    for count, (first, second) in enumerate(combinations(ordered, 2)):
        if count >= MOST_PAIRS:
            break
        if second.name in told or are_apart(first, second, inputs):
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


def are_apart(first: Liability, second: Liability, inputs: Mapping[str, n.Input]) -> bool:
    """Whether it is sure that no claim meets both."""
    if is_never_in_force(first.in_force, second.in_force):
        return True
    both = [(x.when, True) for x in (first, second)] + [(u, False) for x in (first, second) for u in x.unless]
    ways = _ways(both)
    return ways is not None and all(_contradicts(way, inputs) for way in ways)


# -- ways ------------------------------------------------------------------------------------------
def _ways(conditions: list[tuple[n.Condition, bool]]) -> list[list[Literal]] | None:
    """Every way to meet all conditions (those with False: not to meet them); None where there are too many."""
    found: list[list[Literal]] = []
    waiting: list[tuple[list[tuple[n.Condition, bool]], list[Literal]]] = [(conditions, [])]
    while waiting:
        open_, way = waiting.pop()
        choice = _taken_apart(open_, way)
        if choice is None:
            found.append(way)
        else:
            waiting += [([*open_, part], way[:]) for part in choice]
        if len(found) + len(waiting) > MOST_WAYS:
            return None
    return found


def _taken_apart(open_: list[tuple[n.Condition, bool]], way: list[Literal]) -> list[tuple[n.Condition, bool]] | None:
    """Moves what is plain into `way`, until nothing is open (None) or a choice is met (its parts)."""
    while open_:
        condition, wanted = open_.pop()
        match _plain(condition):
            case n.All(parts) | n.Any(parts) as several:
                parted = [(part, wanted) for part in parts]
                if isinstance(several, n.All) is not wanted:
                    return parted
                open_ += parted
            case n.Not(part):
                open_.append((part, not wanted))
            case atom:
                way.append((atom, wanted))
    return None


def _plain(c: n.Condition) -> n.Condition:
    """The same with `x else no` read as a question about `x` alone, where its answers can be counted."""
    match c:
        case n.Equal(n.Default(n.Read() as read, n.Const(default)), n.Const(value), negated):
            answers = _answers(read)
            if answers is None:
                return c
            asked = answers - {value} if negated else frozenset({value})
            if default not in asked:
                return n.Any(tuple(n.Equal(read, n.Const(x, read.kind)) for x in _sorted(asked)))
            return n.Not(n.Any(tuple(n.Equal(read, n.Const(x, read.kind)) for x in _sorted(answers - asked))))
    return c


def _answers(read: n.Read) -> frozenset[n.Value] | None:
    """Every value that an input can have; None where they cannot be counted."""
    if read.kind.name == "yes/no":
        return frozenset({True, False})
    return frozenset(read.kind.choices) if read.kind.choices else None


def _sorted(values: frozenset[n.Value]) -> list[n.Value]:
    return sorted(values, key=repr)


# -- one way ---------------------------------------------------------------------------------------
def _contradicts(way: list[Literal], inputs: Mapping[str, n.Input]) -> bool:
    """Whether the questions of one way cannot have these answers together."""
    met = [atom for atom, wanted in way if wanted]
    unmet = [atom for atom, wanted in way if not wanted]
    if any(atom in met for atom in unmet):
        return True
    known = {name for name, i in inputs.items() if not i.optional} | {name for atom in met for name in _names(atom)}
    left = {name: (i.lowest, i.highest) for name, i in inputs.items() if i.kind.numeric}
    words: dict[str, frozenset[n.Value]] = {}
    without: dict[str, set[n.Value]] = {}
    for atom, wanted in [(a, True) for a in met] + [(a, False) for a in unmet if known.issuperset(_names(a))]:
        match atom:
            case n.Known() if not wanted:
                return True
            case n.Compare(op):
                if op in OPPOSITES and narrowed(atom if wanted else replace(atom, op=OPPOSITES[op]), left):
                    return True
            case n.Equal(n.Read() as read, n.Const(value), negated) | n.Equal(
                n.Const(value), n.Read() as read, negated
            ):
                _asked(read, frozenset({value}), wanted is not negated, words, without)
            case n.Member(n.Read() as read, among, negated):
                _asked(read, frozenset(among), wanted is not negated, words, without)
    return any(not values - without.get(name, set()) for name, values in words.items())


def _asked(
    read: n.Read,
    values: frozenset[n.Value],
    among: bool,
    words: dict[str, frozenset[n.Value]],
    without: dict[str, set[n.Value]],
) -> None:
    """Notes that a known input is, or is not, one of these values."""
    answers = _answers(read)
    if answers is not None:
        words.setdefault(read.name, answers)
    if among:
        words[read.name] = words.get(read.name, values) & values
    else:
        without.setdefault(read.name, set()).update(values)


def _names(atom: n.Atom) -> frozenset[str]:
    """The inputs that have a value where the question is answered yes; those that it reads."""
    match atom:
        case n.Known(n.Average() as read):
            return frozenset({read.name, read.total.name, read.count.name})
        case n.Known(n.Read(name)):
            return frozenset({name})
        case n.Compare(_, left, right):
            return frozenset({*_certain(left), *_certain(right)})
        case n.Equal(left, right):
            return frozenset(x.name for x in (left, right) if isinstance(x, n.Read))
        case n.Member(value) | n.InList(value) | n.Starts(value) | n.Contains(value):
            return frozenset({value.name}) if isinstance(value, n.Read) else frozenset()
    raise AssertionError(atom)


def _certain(q: n.Quantity) -> Iterator[str]:
    """The inputs without which the quantity has no value."""
    match q:
        case n.Read(name):
            yield name
        case n.Average(_, total, count):
            yield from (total.name, count.name)
        case n.Arithmetic(_, left, right):
            yield from _certain(left)
            yield from _certain(right)


def _name(block: Node) -> Token:
    name = block.parts[0]
    assert isinstance(name, Token)
    return name
