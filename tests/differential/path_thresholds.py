"""What the rules compare their inputs with: the points at which a decision can change.

Points are found from the meaning by evaluation alone: a comparison of one input is a function of it, and where that
function is a straight line its zero follows from two of its values. Nothing of the compiler is used, so that what it
leaves out is still tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import Values, quantity
from riskrules.meaning.walk import found_in, reads_in


@dataclass
class Thresholds:
    """`points`: by numeric input, held values that comparisons turn on. `words`: by input, the texts it is compared
    with. `nows`: instants at which params and rules change. `several`: comparisons of more than one input. `dated`:
    those of one input and a param that changes, with the input and the instants."""

    points: dict[str, set[int]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    nows: set[int] = field(default_factory=set)
    several: list[n.Compare] = field(default_factory=list)
    dated: list[tuple[n.Compare, str, list[int]]] = field(default_factory=list)

    @classmethod
    def of(cls, ruleset: n.Ruleset) -> Thresholds:
        found = cls()
        rules = (*ruleset.rules, *ruleset.exempts)
        spans = [ruleset.in_force, *(r.in_force for r in ruleset.rules), *(e.in_force for e in ruleset.exempts)]
        for span in spans:
            found.nows |= {x for x in (span.from_us, span.until_us) if x is not None}
        for node in found_in(rules, object):
            match node:
                case n.Dated():
                    found.nows |= {x for d in node.values for x in (d.from_us, d.until_us) if x is not None}
                case n.Compare():
                    found._compare(node)
                case n.Equal() | n.Member() | n.Starts() | n.Contains():
                    found._word(node)
                case n.InList():
                    for read in reads_in(node.value):
                        found.lists.setdefault(read.name, set()).add(node.list)
        return found

    def _compare(self, c: n.Compare) -> None:
        names = sorted({r.name for r in reads_in(c)})
        if len(names) > 1:
            self.several.append(c)
            return
        changes = sorted(
            {x for d in found_in(c, n.Dated) for v in d.values for x in (v.from_us, v.until_us) if x is not None}
        )
        if changes and names[0] != "occurred_at":
            self.dated.append((c, names[0], changes))
        held = self.points.setdefault(names[0], set())
        for now in (0, *changes):
            held |= {
                root
                for start in (0, 10**6, 10**12)
                if (root := zero_of(c, {"occurred_at": now}, names[0], start)) is not None
            }

    def _word(self, atom: n.Equal | n.Member | n.Starts | n.Contains) -> None:
        texts: set[str] = set()
        match atom:
            case n.Equal(left, right):
                texts |= {x.value for x in (left, right) if isinstance(x, n.Const) and isinstance(x.value, str)}
            case n.Member(_, among):
                texts |= set(among)
            case n.Starts(_, text) | n.Contains(_, text):
                texts |= {text, text + "!", "!" + text, text[:-1] or "-", "(" + text + ")"}
        for read in reads_in(atom):
            self.words.setdefault(read.name, set()).update(texts)


def difference(c: n.Compare, values: Values) -> Fraction | None:
    """Left less right; None where something is missing."""
    a, b = quantity(c.left, values), quantity(c.right, values)
    return None if a is None or b is None else a - b


def zero_of(c: n.Compare, values: Values, name: str, start: int) -> int | None:
    """The held whole number of the input at or just below which the two sides meet, the other inputs as they are."""
    at = {**values, name: start}
    first = difference(c, at)
    second = difference(c, {**at, name: start + 10**6})
    if first is None or second is None or first == second:
        return None
    slope = (second - first) / 10**6
    return floor(start - first / slope)
