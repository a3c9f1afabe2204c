"""The tree is Lark's tree, with places; the tables are those of the grammar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lark import Lark
from lark import Token as LarkToken
from lark import Tree as LarkTree

from riskrules.base.resources import grammar_text
from riskrules.base.source import Source
from riskrules.syntax.layout import cut
from riskrules.syntax.parse import parse
from riskrules.syntax.tables import STORED, fingerprint, from_json, made_from, tables
from riskrules.syntax.tree import Node, Token, walk

PAGES = sorted((Path(__file__).parent.parent / "language" / "syntax" / "good").glob("*.risk"))


def blocks(text: str) -> list[Node]:
    parsed = parse(Source("page", text))
    assert parsed.diagnostics == []
    return parsed.blocks


def shape(part: Any) -> Any:
    """Ours or Lark's, as nested tuples."""
    if isinstance(part, Token | LarkToken):
        return (part.type, part.text if isinstance(part, Token) else str(part))
    if isinstance(part, Node):
        return (part.kind, tuple(map(shape, part.parts)))
    if isinstance(part, LarkTree):
        return (str(part.data), tuple(map(shape, part.children)))
    return None


@pytest.fixture(scope="module")
def lark() -> Lark:
    """Lark by itself: its own lexer over the grammar's terminals, its own loop, its own tree."""
    return Lark(grammar_text(), parser="lalr", lexer="contextual", start="block", maybe_placeholders=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_tree_is_the_one_that_lark_builds(page: Path, lark: Lark) -> None:
    """For every block of every good page our lexer, loop and tree agree with Lark's own."""
    text = page.read_text(encoding="utf-8")
    _, cuts = cut(text, 1_000)
    ours = blocks(text)
    assert len(cuts) == len(ours)
    for piece, block in zip(cuts, ours, strict=True):
        assert shape(block) == shape(lark.parse(text[piece.start : piece.end]))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_places_are_those_of_the_text(page: Path) -> None:
    """A token's place holds its text; a node's place covers its parts, in order."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(text):
        for part in walk(block):
            if isinstance(part, Token):
                assert text[part.start : part.end] == part.text
                continue
            place = part.start
            for inner in part.parts:
                if inner is not None:
                    assert place <= inner.start <= inner.end <= part.end
                    place = inner.end


def test_a_place_covers_keywords_and_brackets() -> None:
    """A clause is underlined from its first word to its last, words that are no parts included."""
    text = 'liability l on claim\n  "Text"\n  when    (a + 5) * 2 >= 80 # why\n  share   rest x\n'
    (block,) = blocks(text)
    found = {x.kind: text[x.start : x.end] for x in walk(block) if isinstance(x, Node)}
    assert found["liability"] == text.strip()
    assert found["when"] == "when    (a + 5) * 2 >= 80"
    assert found["paren"] == "(a + 5)"
    assert found["rest"] == "share   rest x"
    assert found["on"] == "on claim"


def test_absent_parts_are_kept() -> None:
    """An optional part that is absent leaves None, so that the others keep their places."""
    window, counted = blocks("window w = sum amount by a over 1h\nwindow v = count on report by a over 1h where b\n")
    assert [x and shape(x)[0] for x in window.parts] == ["NAME", "sum_of", None, "ref", "duration", None]
    assert [x and shape(x)[0] for x in counted.parts] == ["NAME", "count", "on", "ref", "duration", "all"]


def test_a_word_is_a_name_where_no_word_is_wanted() -> None:
    """Words that are not reserved (`amount`, `count`, `day`) are names wherever the grammar wants a name."""
    let, window = blocks("let count = amount - title\nwindow sum = sum amount by day over this day\n")
    assert [t.text for t in walk(let) if isinstance(t, Token) and t.type == "NAME"] == ["count", "amount", "title"]
    assert [t.text for t in walk(window) if isinstance(t, Token)] == ["sum", "amount", "day"]


def test_a_minus_is_not_a_sign_of_the_number_after_a_value() -> None:
    """`a -5` is a difference, `= -5` a negative number."""
    difference, negative = blocks("let a = b -5\nparam p = -5 CNY\n")
    assert [t.type for t in walk(difference) if isinstance(t, Token)] == ["NAME", "NAME", "MINUS", "NUMBER"]
    assert [t.text for t in walk(negative) if isinstance(t, Token)] == ["p", "-5", "CNY"]


def test_long_repetitions_are_flat() -> None:
    """A sum of many terms and a list of many choices are one node each."""
    (let,) = blocks("let x = " + " + ".join(["a"] * 200))
    assert len(let.parts) == 2
    assert isinstance(let.parts[1], Node)
    assert len(let.parts[1].parts) == 399


def test_stored_tables_are_those_of_the_grammar() -> None:
    """`python -m riskrules.syntax.tables` was run after the last change of the grammar."""
    import json

    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert stored["grammar"] == fingerprint(grammar_text())
    assert from_json(stored) == from_json(made_from(grammar_text()))
    assert tables() == from_json(stored)


def test_a_conflict_in_the_grammar_is_refused() -> None:
    """The grammar is strict: Lark resolves no conflict by default."""
    from lark.exceptions import LarkError

    with pytest.raises(LarkError):
        made_from('block: a | b\na: "x" y?\nb: "x" y\ny: "y" | "y" "y"\n')
