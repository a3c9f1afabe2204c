"""The words of the language: which begin a block, which begin a clause, which cannot be names.

Everything else that the grammar writes in quotes (`title`, `amount`, `day`) is a word only where the grammar wants it,
and a name elsewhere. The reserved ones are words in every place, so that a forgotten word never turns the next one
into a name.
"""

from __future__ import annotations

BLOCKS = (
    "ruleset", "source", "field", "param", "list", "window", "let", "model",
    "rule", "exempt", "bands", "liability", "balance", "law",
)  # fmt: skip

_CONDITIONS = ("when", "and", "unless")
_TESTS = ("test", "given", "with", "expect")
CLAUSES: dict[str, tuple[str, ...]] = {
    "ruleset": ("title", "owner", "currency", "timezone", "calendar", "language", "in", "appeal"),
    "let": ("and",),
    "window": ("and",),
    "rule": (
        "in", "cites", *_CONDITIONS, "then", "score", "measure", "responsible", "reason", "appeal", "tell", *_TESTS,
    ),
    "exempt": ("in", "cites", *_CONDITIONS, "lifts", *_TESTS),
    "bands": ("score",),
    "liability": (
        "in", "cites", *_CONDITIONS, "loss", "excess", "cap", "case", "otherwise", "share", "within", *_TESTS,
    ),
    "balance": ("segment", "stopped", "caught", "no"),
    "law": ("action", "when", "and", "expect"),
}  # fmt: skip
"""The words that begin a line of a block, in the order in which they may stand. Blocks not named are one clause."""

_RESERVED = """
ruleset source field param list window let model rule exempt bands liability balance law
on when and unless then measure score responsible reason appeal tell cites test given with holding expect lifts
loss excess borne cap case otherwise share rest within segment tune optional unverified
any all none of in is not starts contains else yes no where by over from until to per for as at up or
"""
RESERVED = frozenset(_RESERVED.split())
UNUSED = ("or",)
"""Reserved too, though no clause has it: as a name it would hide the mistake of whoever takes it for a word."""

ALL_CLAUSES = frozenset(word for words in CLAUSES.values() for word in words)
NAMELESS = frozenset({"bands", "balance", "law"})
"""Blocks that declare no name."""
