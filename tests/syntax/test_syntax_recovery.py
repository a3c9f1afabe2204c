"""One run reports every mistake, once, at its place; a broken block takes nothing with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from riskrules.base.source import Source
from riskrules.syntax.layout import cut
from riskrules.syntax.lexer import lex
from riskrules.syntax.parse import Parsed, parse, parse_bytes
from riskrules.syntax.tables import tables

RULE = 'rule r\n  "Text"\n  {}\n  then    reject\n'


def found(text: str) -> list[tuple[str, str]]:
    """(code, underlined text) of each diagnostic."""
    return [(d.code, text[d.labels[0].span.start : d.labels[0].span.end]) for d in parse(Source("t", text)).diagnostics]


@pytest.mark.parametrize(
    ("clause", "code", "underlined"),
    [
        ("when a or b", "no-or", "or"),
        ("when a || b", "no-or", "||"),
        ("when or", "no-or", "or"),
        ("when not a", "no-not", "not"),
        ("when !a", "no-not", "!"),
        ("when a not in b", "no-not", "not"),
        ("when a == b", "unknown-sign", "=="),
        ("when a <> b", "unknown-sign", "<>"),
        ("when a => b", "unknown-sign", "=>"),
        ("when a =< b", "unknown-sign", "=<"),
        ("when a ≥ 5", "unknown-sign", "≥"),
        ("when a ≠ 5", "unknown-sign", "≠"),
        ("when a && b", "unknown-sign", "&&"),
        ("when a >= 80 %", "unknown-sign", "%"),
        ("when a = 'x'", "wrong-quotes", "'x'"),
        ('when a = "x', "unclosed-text", '"x'),
        ("when a > 50,000 CNY", "comma-in-number", "50,000"),
        ("when a in (1,2)", "comma-in-number", "1,2"),
        ("when a > 1__000", "bad-number", "1__000"),
        ("when a > .5", "bad-number", ".5"),
        ("when a > 12abc", "bad-number", "12abc"),
        ("when 1 < a < 5", "chained-comparison", "<"),
        ("when a in (b)", "one-choice", ")"),
        ("when any of (a)", "one-choice", ")"),
        ("when Amount > 5", "upper-case-name", "Amount"),
        ("when 金额 > 5", "bad-name", "金额"),
        ("when a > 5\n  unless b and c", "unless-takes-one", "and"),
        ("when a > 5\n  unless b\n  and c", "unless-takes-one", "and"),
        ("when a in （b, c）", "full-width-punctuation", "（"),
        ("when a is null", "unexpected-word", "null"),
        ("when a is not known", "unexpected-word", "known"),
        ("wehn a", "unknown-clause", "wehn"),
        ("when a\n  when b", "clause-out-of-order", "when"),
        ("when a\n  mesure suspend b", "unknown-clause", "mesure"),
        ("when a\n  b > 5", "unknown-clause", "b"),
    ],
)
def test_a_mistake_is_underlined(clause: str, code: str, underlined: str) -> None:
    """Each habit of another language gives its own code, at the guilty word."""
    shown = found(RULE.format(clause))
    assert (code, underlined) in shown
    assert {c for c, _ in shown} == {code}


def test_a_missing_word_is_one_mistake() -> None:
    """Take any one word out of any good page: it is noticed (but for a currency or unit, which only the kinds of the
    values can tell), and hardly ever said in more than one way."""
    counts: Counter[int] = Counter()
    for page in sorted((Path(__file__).parent.parent / "language" / "syntax" / "good").glob("*.risk")):
        text = page.read_text(encoding="utf-8")
        for piece in cut(text, 1_000)[1]:
            for kind, word, start, end in lex(text, piece.start, piece.end, tables().words, 10_000)[0]:
                said = len(parse(Source("t", text[:start] + text[end:])).diagnostics)
                assert said or kind == "UPPER" or word == "months", text[start - 40 : end + 40]
                counts[said] += 1
    assert counts[1] > 0.97 * sum(counts.values())
    assert max(counts) <= 4


def test_an_unfinished_line_is_underlined_at_its_end() -> None:
    """Where the unexpected word begins a line, the place is the end of the line before, past any comment's start."""
    text = RULE.format("when a >  # more than what?")
    (diagnostic,) = parse(Source("t", text)).diagnostics
    assert text[: diagnostic.labels[0].span.start].endswith("a >")
    assert "`then`" in diagnostic.message


def test_what_could_stand_there_is_said_in_the_analysts_words() -> None:
    """No name of a terminal, and the clauses of the block where a clause is missing."""
    text = 'rule r\n  "Text"\n  when a\n'
    (diagnostic,) = parse(Source("t", text)).diagnostics
    words = ("and", "unless", "then", "score", "measure", "responsible", "reason", "appeal")
    assert diagnostic.labels[0].text == f"expected {', '.join(f'`{x}`' for x in words)} or `tell`"


def test_several_mistakes_of_one_block_are_all_said() -> None:
    """Each clause is read by itself, and a right one between two wrong ones stays silent."""
    text = 'rule r\n  "T"\n  when a or b\n  and c > 5\n  and 1 < d < 5\n  then hold 24h\n  tell payer hello\n'
    assert [code for code, _ in found(text)] == ["no-or", "chained-comparison", "hold-needs-up-to", "unexpected-word"]


def test_a_broken_block_does_not_touch_its_neighbours() -> None:
    """The others parse, and the broken one is named, so that a checker does not miss its name."""
    text = "param a = 5\nparam b = = 5\nparam c = 5\nrul d\n  x\nbands\n  score\nfield e.f yes/no\n"
    parsed = parse(Source("t", text))
    assert [block.parts[0].text for block in parsed.blocks] == ["a", "c"]  # type: ignore[union-attr] # a param's name
    assert parsed.broken == [("param", "b"), ("rule", "d"), ("bands", ""), ("field", "e.f")]


def test_an_indented_block_is_read_as_a_block() -> None:
    """It is reported, and its own mistakes too."""
    text = 'param a = 5\n  param b = 5,\n  rule r\n    "T"\n    when a or b\n    then reject\n'
    assert sorted(found(text)) == [
        ("indented-block", "param"),
        ("indented-block", "rule"),
        ("no-or", "or"),
        ("unfinished-block", "\n"),
    ]


def test_texts_and_comments_are_not_read() -> None:
    """Whatever stands in a text or a comment is no mistake."""
    text = 'rule r  # or ＝ && 50,000 "\n  "or ＝ && 50,000 \' # no comment"\n  when a\n  then reject\n'
    assert found(text) == []


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"\xef\xbb\xbfparam a = 5\n", None, 0),
        (b"param a = 5\n# \xff\n", "wrong-encoding", 2),
        (b"param a = 5\n\n# caf\xe9", "wrong-encoding", 3),
        ("param a = 5\n# \ufeff\n".encode(), "control-character", 2),
        ("param a = 5 # \u202e".encode(), "bidi-control", 1),
        (b"param a = 5\r\nparam b = 5\r\n", None, 0),
        (b"param a = 5\rparam b = 5\r", "control-character", 1),
        (b"", "empty-file", 1),
        (b"# only this", "empty-file", 1),
        (b"  x\n", "text-before-first-block", 1),
    ],
)
def test_bytes(raw: bytes, code: str | None, line: int) -> None:
    """UTF-8, strictly; a byte order mark only at the start; either line end."""
    parsed = parse_bytes("t", raw)
    shown = [(d.code, d.line) for d in parsed.diagnostics]
    assert shown[:1] == ([(code, line)] if code else [])


def test_a_block_says_at_most_twenty_mistakes_and_then_that_there_are_more() -> None:
    """The list ends, and says so."""
    text = 'rule r\n  "T"\n  when a\n' + "  and b or c\n" * 30 + "  then reject\n"
    codes = [code for code, _ in found(text)]
    assert codes.count("no-or") == 20
    assert codes.count("more-mistakes") == 1


def test_a_file_says_at_most_two_hundred() -> None:
    """As for a block, and the names of the rest are still known."""
    parsed: Parsed = parse(Source("t", "".join(f"param p{i} = =\n" for i in range(300))))
    assert len(parsed.diagnostics) == 201
    assert parsed.diagnostics[-1].code == "more-mistakes"
    assert len(parsed.broken) == 300
