"""One canonical text: the same for every way of spacing, and never other words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.base.diagnostics import RulesetError
from riskrules.base.source import Source
from riskrules.syntax.format import format_text
from riskrules.syntax.parse import parse
from riskrules.syntax.wrapping import WIDTH

PAGES = sorted((Path(__file__).parent.parent / "language" / "syntax" / "good").glob("*.risk"))
TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
CANONICAL = ("every_construct", "liability", "chinese", "whose_account")
PIECE = re.compile(r'"[^"\n]*"|#[^\n]*|\s+|[^\s"#]+')


def without_comments(text: str) -> str:
    return "".join("" if piece.startswith("#") else piece for piece in PIECE.findall(text))


def words(text: str) -> list[str]:
    """Texts, comments and everything else that is no space, letter by letter where spaces may come and go."""
    return [x for x in PIECE.findall(text) if not x.isspace()]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_formatting_twice_is_formatting_once(page: Path) -> None:
    """The canonical text is its own canonical text."""
    once = format_text(TEXTS[page.stem])
    assert format_text(once) == once


@pytest.mark.parametrize("name", CANONICAL)
def test_the_pages_are_canonical(name: str) -> None:
    """The pages that show the language are laid out as the formatter lays them out."""
    assert format_text(TEXTS[name]) == TEXTS[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_formatting_changes_spaces_only(page: Path) -> None:
    """Words, texts and comments stay, in their order."""
    text = TEXTS[page.stem]
    assert "".join(words(format_text(text))).replace(" ", "") == "".join(words(text)).replace(" ", "")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.randoms(use_true_random=False))
def test_spacing_never_matters(name: str, random: object) -> None:
    """However the spaces and line ends of a page are changed, its canonical text is the same."""
    text = without_comments(TEXTS[name])
    pick = random.choice  # type: ignore[attr-defined] # Hypothesis gives random.Random
    out = []
    for piece in PIECE.findall(text):
        if not piece.isspace():
            out.append(piece)
        elif piece.endswith("\n"):  # before a word in column one, or at the end
            out.append(pick(["\n", "\n\n", " \n", "\r\n", "\n  \n\n"]))
        else:
            out.append(pick([" ", "  ", "\t", "\n ", "\n\n      ", " \r\n\t"]))
    respaced = "".join(out)
    assert format_text(respaced) == format_text(text)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_a_comment_may_stand_anywhere(name: str, data: st.DataObject) -> None:
    """Wherever comments are put between two words, they are kept, and the canonical text is its own."""
    text = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        ends = [m.end() for m in PIECE.finditer(text) if not m.group().isspace() and not m.group().startswith("#")]
        at = data.draw(st.sampled_from(ends))
        text = (
            text[:at]
            + data.draw(st.sampled_from([" # c\n ", "\n  # own\n  ", " # a\n\n # b\n ", "\n# z\n "]))
            + text[at:]
        )
    try:
        once = format_text(text)
    except RulesetError:
        return  # a comment fell between the signs of one word, such as `yes/no`
    assert format_text(once) == once
    assert sorted(re.findall("#.*", once)) == sorted(x.rstrip() for x in re.findall("#.*", text))


def test_a_text_that_does_not_parse_is_refused() -> None:
    """Nothing is laid out that is not understood; every diagnostic comes with the refusal."""
    with pytest.raises(RulesetError) as refused:
        format_text('rule r\n  "T"\n  when a or b\n  then hold 24h\n')
    assert [d.code for d in refused.value.diagnostics] == ["no-or", "hold-needs-up-to"]


def test_comments_stay_where_they_were() -> None:
    """After the word, before the word, at the end of the block, or before the next one."""
    text = (
        "# the file\n\n# the set\nruleset r version 2026.1 # now\nparam a=5 # five\nparam bb=6\n"
        'rule x "T"\n # why\n when a -5 > 3 # because\n and any of (b, # first\n # second\n c)\n then reject\n'
        "   # end of x\n# of y\n\nlet y = 5\n# end"
    )
    assert format_text(text) == (
        "# the file\n\n# the set\nruleset r version 2026.1  # now\n\n"
        "param  a  = 5  # five\nparam  bb = 6\n\n"
        'rule x\n  "T"\n  # why\n  when    a - 5 > 3  # because\n  and     any of (b,  # first\n      # second\n'
        "      c)\n  then    reject\n  # end of x\n\n# of y\n\nlet y = 5\n\n# end\n"
    )


def test_long_lines_break_where_a_reader_pauses() -> None:
    """At the commas of a group, one condition a line under the first; a list fills its lines."""
    conditions = ", ".join(f"payee.account.number_{i} >= {i}" for i in range(5))
    choices = ", ".join(f"country_{i}" for i in range(20))
    text = f'rule r "T" when any of ({conditions}) and payee.country in ({choices}) then reject'
    lines = format_text(text).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[2] == "  when    any of (payee.account.number_0 >= 0,"
    assert lines[3] == "                  payee.account.number_1 >= 1,"
    assert lines[7].startswith("  and     payee.country in (country_0, country_1,")
    assert lines[8].startswith("                            country_")


def test_a_line_too_long_to_lay_out_still_parses() -> None:
    """A long window or list goes on indented, never in column one."""
    choices = ", ".join(f"country_{i}" for i in range(30))
    wheres = " and ".join(f"payee.account.number_{i} >= {i}" for i in range(9))
    text = f"list l of one of ({choices})\nwindow w = count by a over 1h where {wheres}\nlet x = {'+'.join('a' * 90)}"
    once = format_text(text)
    assert format_text(once) == once
    assert len(parse(Source("t", once)).blocks) == 3


def test_every_end_of_line_becomes_one_kind() -> None:
    """Line feeds, one at the end, and no byte order mark."""
    assert format_text("\ufeffparam a = 5\r\n\r\n\r\nparam b = 5") == "param  a = 5\nparam  b = 5\n"
