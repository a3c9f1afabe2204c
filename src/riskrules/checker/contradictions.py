"""Whether a rule can fire at all, as far as looking at one input at a time shows it.

A rule that cannot fire is nearly always a slip: two comparisons that leave nothing between them, a choice
asked to be two things, an `unless` that repeats the `when`. What needs two inputs to see is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..meaning import nodes as n
from ..meaning.linear import cuts_of, reads_of


def contradiction(rule: n.Rule | n.Exempt, bounds: dict[str, tuple[int, int]]) -> str:
    """Why no payment meets the conditions, or nothing. `bounds`: lowest and highest of each numeric input."""
    atoms = list(parts_of(rule.when))
    if any(x in atoms or x == rule.when for x in rule.unless):
        return "what it asks for is what its `unless` lifts"
    left = dict(bounds)
    words: dict[str, frozenset[n.Value]] = {}
    for atom in atoms:
        match atom:
            case n.Compare():
                name = narrowed(atom, left)
                if name:
                    return f"no value of `{name}` meets all that is asked of it"
            case n.Equal(n.Read(name), n.Const(value), False) | n.Equal(n.Const(value), n.Read(name), False):
                if not _among(words, name, frozenset({value})):
                    return f"`{name}` cannot have two values at once"
            case n.Member(n.Read(name), among, False):
                if not _among(words, name, frozenset(among)):
                    return f"no value of `{name}` meets all that is asked of it"
    return ""


def parts_of(c: n.Condition) -> Iterator[n.Condition]:
    """The conditions that must all hold, nested `and`s opened."""
    if isinstance(c, n.All):
        for part in c.parts:
            yield from parts_of(part)
    else:
        yield c


def is_never_in_force(rule: n.InForce, whole: n.InForce) -> bool:
    starts = [x for x in (rule.from_us, whole.from_us) if x is not None]
    ends = [x for x in (rule.until_us, whole.until_us) if x is not None]
    return bool(starts and ends) and max(starts) >= min(ends)


def narrowed(c: n.Compare, left: dict[str, tuple[int, int]]) -> str:
    """Narrows what is left of the one input that the comparison reads; its name if nothing is."""
    match c:
        case n.Compare(op, n.Read(name, kind), n.Const(int() as value, _, digits)) if (
            name in left and op != "!=" and kind.digits >= digits
        ):  # most comparisons, without fractions
            low, high = left[name]
            held = value * int(10 ** (kind.digits - digits))
            low = max(low, held + (op == ">")) if op in (">", ">=", "=") else low
            high = min(high, held - (op == "<")) if op in ("<", "<=", "=") else high
        case _:
            found = next((r.name for q in (c.left, c.right) for r in reads_of(q)), None)
            cuts = cuts_of(c) if found in left else None
            if found is None or cuts is None or len(cuts) != 1 or cuts[0].missing:
                return ""
            name, cut = found, cuts[0]
            low, high = left[name]
            if cut.outside:
                return name if cut.start is None and cut.end is None else ""
            low = low if cut.start is None else max(low, cut.start)
            high = high if cut.end is None else min(high, cut.end - 1)
    left[name] = (low, high)
    return name if low > high else ""


def _among(words: dict[str, frozenset[n.Value]], name: str, values: frozenset[n.Value]) -> bool:
    words[name] = words.get(name, values) & values
    return bool(words[name])
