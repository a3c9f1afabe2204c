"""Which productions of the grammar a rule file uses: the kinds of node and of token in its parse tree."""

from __future__ import annotations

from collections import Counter

from lark import Lark

from riskrules.base.resources import grammar_text
from riskrules.base.source import Source
from riskrules.syntax.parse import parse
from riskrules.syntax.tree import Node, walk

LATER = {
    "liability": "payments are compared here; claims in tests/liability",
    "amounts": "of a liability",
    "excess": "of a liability",
    "cap": "of a liability",
    "case": "of a liability",
    "otherwise": "of a liability",
    "share": "of a liability",
    "rest": "of a liability",
    "expect_share": "of a liability",
    "UNVERIFIED": "of a citation, which decides nothing",
    "model": "this version asks no model",
}
"""Productions that no file made here has, each with its reason."""


def all_productions() -> set[str]:
    """Every rule and alias of the grammar that makes a node, and every kind of token that stands in a tree."""
    lark = Lark(grammar_text(), parser="lalr", start="block", maybe_placeholders=True)
    made = set()
    for rule in lark.rules:
        origin = str(rule.origin.name)
        passes = rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias
        if not origin.startswith("_") and not passes:
            made.add(rule.alias or origin)
    inlined = {str(r.origin.name) for r in lark.rules if r.options.expand1 and _always_one(lark, str(r.origin.name))}
    tokens = {t.name for t in lark.terminals if not _filtered(t.name, grammar_text())}
    return (made - inlined) | tokens


def _always_one(lark: Lark, origin: str) -> bool:
    """Whether an inlined rule never makes a node of its own: each way either has an alias or passes one part on."""
    ways = [r for r in lark.rules if str(r.origin.name) == origin]
    return all(r.alias or sum(not getattr(s, "filter_out", False) for s in r.expansion) == 1 for r in ways)


def _filtered(name: str, grammar: str) -> bool:
    """A terminal that is a plain word, and so no part of a tree."""
    return not any(line.startswith((f"{name}:", f"{name}.")) for line in grammar.splitlines())


def used_by(text: str) -> Counter[str]:
    parsed = parse(Source("made.risk", text))
    assert not parsed.diagnostics, [str(d) for d in parsed.diagnostics][:2]
    return Counter(
        part.kind if isinstance(part, Node) else part.type for block in parsed.blocks for part in walk(block)
    )
