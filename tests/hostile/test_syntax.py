"""No text, however it was made, gets an exception out of the parser or a place outside of itself.

Run longer with `pytest tests/hostile --hypothesis-profile=…` or more examples; a failure prints its seed.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.base.diagnostics import render
from riskrules.base.source import Source
from riskrules.syntax import limits
from riskrules.syntax.parse import Parsed, parse, parse_bytes
from riskrules.syntax.tree import walk
from riskrules.syntax.words import ALL_CLAUSES, BLOCKS, RESERVED

PAGES = [
    p.read_text(encoding="utf-8")
    for p in sorted((Path(__file__).parent.parent / "language" / "syntax").glob("*/*.risk"))
    if p.stem != "invisible"
]
BROUGHT_ALONG = [
    "or",
    "&&",
    "||",
    "!",
    "==",
    "<>",
    "≥",
    "'a'",
    '"',
    "“",
    "”",
    "，",
    "（",
    "。",
    "[",
    "]",
    "%",
    "\u202e",
    "\x00",
]
SOUP = [
    *sorted(RESERVED | ALL_CLAUSES), *BLOCKS, *(f"\n{block}" for block in BLOCKS), *BROUGHT_ALONG,
    "\n", "\n  ", " ", "\t", "(", ")", ",", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "#", "a", "b.c",
    "A", "CNY", '"text"', "5", "-5", "5,000", "1__0", "80%", "13bps", "24h", "6 months", "2026-12-01", "2026.11",
    "any of (", "none of (", "is known", "up to", "yes/no", "账户", "\ud800", "\ufeff", "\r", "\u2028",
]  # fmt: skip
WORDS = [
    "any of (",
    "((",
    "))",
    "a",
    ",",
    "and",
    "x > 5",
    "or",
    "not",
    "in (",
    "is",
    "\n  when ",
    "\n  then ",
    "\nrule ",
]


def holds(parsed: Parsed) -> None:
    """What is true of the parse of any text."""
    text = parsed.source.text
    for d in parsed.diagnostics:
        for label in d.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text), d.code
        json.dumps(d.to_json())
        shown = render(d)
        assert not any(c in shown for c in "\u202e\x00"), d.code
    starts = [d.labels[0].span.start for d in parsed.diagnostics if d.code != "more-mistakes"]
    assert starts == sorted(starts)
    place = 0
    for block in parsed.blocks:
        assert place <= block.start < block.end <= len(text)
        place = block.end
    assert parsed.diagnostics or (parsed.blocks and not parsed.broken)
    assert len(parsed.diagnostics) <= limits.MOST_DIAGNOSTICS + 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    """Any characters at all, unpaired surrogates left to the soup below."""
    holds(parse(Source("any", text)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes at all."""
    holds(parse_bytes("any", raw))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(SOUP), max_size=80), st.sampled_from(["", " "]))
def test_any_soup_of_words(pieces: list[str], between: str) -> None:
    """The language's own words in any order."""
    holds(parse(Source("soup", between.join(pieces))))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_soup_inside_a_rule(pieces: list[str]) -> None:
    """A rule whose conditions are nonsense."""
    holds(parse(Source("soup", 'rule r\n  "Text"\n  when ' + " ".join(pieces))))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_any_change_of_a_page(page: str, data: st.DataObject) -> None:
    """A page with a few places cut out, doubled or overwritten."""
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(page)))
        end = data.draw(st.integers(start, min(len(page), start + 30)))
        page = page[:start] + data.draw(st.sampled_from([*SOUP, "", page[start:end] * 2])) + page[end:]
    holds(parse(Source("changed", page)))


def test_the_changes_reach_most_of_the_messages() -> None:
    """The generators are worth something: a few thousand seeded soups give most of the codes that exist."""
    chance = random.Random(20261201)
    seen: set[str] = set()
    for _ in range(1_500):
        page = chance.choice(PAGES)
        for _ in range(3):
            at = chance.randrange(len(page))
            page = page[:at] + " " + chance.choice(SOUP) + " " + page[at + chance.randrange(6) :]
        seen |= {d.code for d in parse(Source("changed", page)).diagnostics}
    assert len(seen) >= 25, sorted(seen)


@pytest.mark.parametrize("depth", [limits.MOST_BRACKETS, limits.MOST_BRACKETS + 1, 100_000])
def test_no_text_exhausts_the_stack(depth: int) -> None:
    """Brackets to the limit parse and beyond it are refused, with hardly any stack left to recurse on."""
    text = "let x = " + "(" * depth + "a" + ")" * depth
    before = sys.getrecursionlimit()
    frames = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frame, frames = frame.f_back, frames + 1
    sys.setrecursionlimit(frames + 60)
    try:
        parsed = parse(Source("deep", text))
    finally:
        sys.setrecursionlimit(before)
    if depth <= limits.MOST_BRACKETS:
        assert parsed.diagnostics == []
        assert sum(1 for _ in walk(parsed.blocks[0])) > depth
    else:
        assert [d.code for d in parsed.diagnostics] in (["too-deep"], ["too-many-words"])
