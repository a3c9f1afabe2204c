"""A ruleset's fingerprint: SHA-256 over all that can change a decision.

The canonical form is the codec's JSON with what makes no difference put aside: the author's own wording
of conditions, inline tests, title and version, and the order of rules. So two files have one fingerprint if
they differ in comments, spacing, the order of rules or the names of `let`s, and a reviewer who sees a new
fingerprint knows that some payment may be decided otherwise, or explained otherwise to a customer.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from . import nodes as n
from .codec import SHAPES

IGNORED = {"words", "line"}
IGNORED_OF_RULESET = {"tests", "version", "title"}
UNORDERED = {"rules", "exempts", "inputs", "lists", "bands", "windows", "fields", "liabilities", "others", "models"}
LATER = {"models"}
"""Came after fingerprints had been written down: left out where there is none, so that those still hold."""


def fingerprint(ruleset: n.Ruleset) -> str:
    """In hexadecimal, 64 digits."""
    return hashlib.sha256(canonical(ruleset)).hexdigest()


def canonical(ruleset: n.Ruleset) -> bytes:
    """What is hashed: JSON in UTF-8, no spaces."""
    return _text(_of_ruleset(ruleset)).encode("utf-8", "surrogatepass")


def _of_ruleset(ruleset: n.Ruleset) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in SHAPES[n.Ruleset]:
        if name not in IGNORED_OF_RULESET and (name not in LATER or getattr(ruleset, name)):
            value = _canonical(getattr(ruleset, name))
            fields[name] = sorted(value, key=_text) if name in UNORDERED else value
    return fields


def canonical_piece(piece: n.Condition | None) -> bytes:
    """The same of one condition: equal for two of the same meaning, whatever their words."""
    return _text(_canonical(piece)).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _canonical(node: Any) -> Any:
    if isinstance(node, n.Ruleset):
        return _of_ruleset(node)
    shape = SHAPES.get(type(node))
    if shape is not None:
        return [type(node).__name__, *(_canonical(getattr(node, name)) for name in shape if name not in IGNORED)]
    return [_canonical(x) for x in node] if isinstance(node, tuple) else node
