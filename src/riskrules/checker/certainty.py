"""The proof that a condition is plainly true or false, whatever is missing.

An optional input may be read where its value is certain: beside `x is known` in the same `and`, or beside
`x is missing` in the same `any of` (there the other case is already decided). Each built condition carries
the inputs without which it is surely false (`known_if_true`) and those without which it is surely true
(`known_if_false`), however the conditions that read a missing value would come out. So a need that is met
stays met, and the proof holds through `let`s and nested groups. The price is that a guard which follows
only from several conditions together is not seen: `any of (x is known, b)` and `any of (x is known, none of
(b, c))` do not make `x` certain.

Windows that count and add up may be read as they are: of nothing they are zero. Yet their store may be down, or have
let go of a key, and no author can be asked to guard against that. So a condition that hangs on a window which could
not be read is not met, and neither is its opposite. Each built condition is kept twice: where it surely holds, and, if
it reads such a window, where it may hold. Its opposite surely holds where it may not, and the meaning needs no third
truth value: `none of (W >= 1, b)` means that neither may hold, and `W >= 1` may hold unless `W < 1` does. What the
author says with `else`, `is known` and `is missing` is plainly true or false, and decides first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..meaning import nodes as n
from .problems import Problems
from .scope import Built, Need

OPPOSITES = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def opposite(built: Built, words: str = "") -> Built:
    """Holds where the condition surely does not."""
    return replace(
        built,
        node=n.Not(built.may or built.node, words),
        known_if_true=built.known_if_false,
        known_if_false=built.known_if_true,
        depth=built.depth + 1,
        may=None if built.may is None else n.Not(built.node, words),
    )


def with_windows(compare: n.Compare) -> n.Condition:
    """Where a comparison of windows may hold: where its opposite, which is false too if one could not be read, does
    not."""
    return n.Not(replace(compare, op=OPPOSITES[compare.op]), compare.words)


def named(built: Built, let: str) -> Built:
    """A `let`'s condition under its own name: alone where its parts are shown below it, else before its words."""
    return replace(built, node=_named(built.node, let), may=None if built.may is None else _named(built.may, let))


def _named(node: n.Condition, let: str) -> n.Condition:
    alone = isinstance(node, n.All | n.Any) or (isinstance(node, n.Not) and not isinstance(node.part, n.Compare))
    return replace(node, words=let if alone else f"{let}: {node.words}")


def together(parts: Sequence[Built], *, every: bool, words: str = "") -> Built:
    """All (`every`) or any of the parts, at least one. A need is met by what another part makes certain."""
    certain = [p.known_if_true if every else p.known_if_false for p in parts]
    other = [p.known_if_false if every else p.known_if_true for p in parts]
    counts: dict[str, int] = {}
    for names in certain:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    needs = tuple(
        need
        for p, own in zip(parts, certain, strict=True)
        for need in p.needs
        if counts.get(need.read.name, 0) <= (need.read.name in own)
    )
    union, shared = frozenset(counts), frozenset.intersection(*other)
    joined = n.All if every else n.Any
    may = None if all(p.may is None for p in parts) else joined(tuple(p.may or p.node for p in parts), words)
    return Built(
        joined(tuple(p.node for p in parts), words),
        needs,
        known_if_true=union if every else shared,
        known_if_false=shared if every else union,
        size=sum(p.size for p in parts) + 1,
        depth=max(p.depth for p in parts) + 1,
        may=may,
    )


def proven(built: Built, problems: Problems, currency: str) -> bool:
    """Reports every read that may be missing, once a place."""
    reported = {(need.read.name, need.at): need for need in reversed(built.needs)}
    for need in reversed(reported.values()):
        _report(need, problems, currency)
    return not reported


def _report(need: Need, problems: Problems, currency: str) -> None:
    name = need.read.name
    read = need.through or need.read
    kind = read.kind.name
    default = {"money": f"0 {currency}", "ratio": "0%", "duration": "0d", "yes/no": "no"}.get(kind, "0")
    if not read.kind.numeric and kind != "yes/no":
        default = '"…"'
    help: tuple[str, ...] = (
        f"add `and {name} is known` beside it",
        f"or write `{read.name} else {default}`, with the value that it shall have when it is missing",
    )
    if kind == "time":
        help = help[:1]
    if need.through is None:
        message = f"`{name}` may be missing, and nothing says what happens then"
    else:
        message = f"`{read.name}` has no value where `{name}` is missing, and nothing says what happens then"
    problems.error("may-be-missing", message, need.at, help=help)
