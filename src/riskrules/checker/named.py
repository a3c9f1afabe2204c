"""Which inputs, lists and instruments the rules name.

`meaning.walk` would find them too, by looking at every attribute of every node. A file of a thousand rules
has so many that this walk knows where names can stand, and looks at a `let` that many rules share only once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..meaning import nodes as n
from ..meaning.allocation import LOSS, VICTIM
from ..meaning.deadlines import READ
from ..meaning.linear import reads_of
from ..meaning.losses import Liability

_BELOW: dict[type, tuple[str, ...]] = {
    n.Const: (), n.Dated: (), n.Read: (), n.Average: ("total", "count"),
    n.Arithmetic: ("left", "right"), n.Quotient: ("top", "bottom"),
    n.Default: ("value",), n.Compare: ("left", "right"), n.Equal: ("left", "right"), n.Member: ("value",),
    n.InList: ("value",), n.Starts: ("value",), n.Contains: ("value",), n.Known: ("read",), n.Not: ("part",),
}  # fmt: skip


@dataclass(slots=True)
class Named:
    """Names of inputs that are read, of lists that are looked into, and of instruments and institutions that are acted
    on or have a duty."""

    reads: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    acted_on: set[str] = field(default_factory=set)


def names_in(rules: Iterable[n.Rule | n.Exempt], event: str) -> Named:
    found = Named()
    seen: set[int] = set()
    for rule in rules:
        for condition in (rule.when, *rule.unless):
            _look(condition, found, seen)
        if isinstance(rule, n.Rule):
            found.acted_on.update(m.instrument for m in rule.measures)
            found.acted_on.update(x for r in rule.responsible for o in r.options for x in (o.path, o.institution))
            if any(r.within for r in rule.responsible):
                found.acted_on.update(READ.get(event, ()))
            for texts in (*(notice.texts for notice in rule.notices), rule.reason, rule.appeal):
                shown = (p for _, parts in texts for p in parts if not isinstance(p, str))
                found.reads.update(r.name for p in shown for r in reads_of(p))
    return found


def names_in_liabilities(blocks: Iterable[Liability], found: Named) -> None:
    """Adds what the blocks read, the parties that they give a share, and who pays it."""
    seen: set[int] = set()
    for block in blocks:
        for condition in (block.when, *block.unless, *(c.when for c in block.cases)):
            _look(condition, found, seen)
        found.reads.add(LOSS)
        found.reads.update(r.name for r in reads_of(block.loss))
        for case in block.cases:
            for reduction in case.reductions:
                found.reads.update(r.name for r in reads_of(reduction.amount))
                if reduction.where is not None:
                    _look(reduction.where, found, seen)
                found.acted_on.update({reduction.party, reduction.bearer} - {""})
            found.acted_on.update(x for p in case.parts for x in (p.party, p.bearer))
        found.acted_on.update({VICTIM, *(READ["claim"] if block.within else ())})


def _look(condition: n.Condition, found: Named, seen: set[int]) -> None:
    stack: list[n.Condition | n.Quantity] = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, n.All | n.Any):
            if id(node) not in seen:
                seen.add(id(node))
                stack.extend(node.parts)
            continue
        if isinstance(node, n.Read):
            found.reads.add(node.name)
        elif isinstance(node, n.InList):
            found.lists.add(node.list)
        stack.extend(getattr(node, part) for part in _BELOW[type(node)])
