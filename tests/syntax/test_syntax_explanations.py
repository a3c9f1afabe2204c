"""Each code of the syntax has its page, and the page's examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import riskrules.syntax
from riskrules.base import diagnostics
from riskrules.base.source import Source
from riskrules.syntax.parse import parse

PAGES = Path(diagnostics.__file__).parent / "pages"
FOLDER = Path(riskrules.syntax.__file__).parent
NOT_CODES = {"one-line", "wide-run"}
WITHOUT_A_WRONG_EXAMPLE = {
    "bidi-control", "control-character", "wrong-encoding", "long-text", "more-mistakes",
    "too-long", "too-many-blocks", "too-many-words", "too-many-terms", "too-many-conditions",
}  # fmt: skip
"""Too long to print, or invisible. What gives them is in tests/limits and in tests/language."""

CODES = sorted(
    {
        code
        for file in FOLDER.glob("*.py")
        for code in re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', file.read_text(encoding="utf-8"))
    }
    - {"utf-8", "comma-number", "long-number"}
)
EXAMPLE = re.compile(r"```risk (wrong|right)\n(.*?)\n```", re.DOTALL)


def test_codes_are_found() -> None:
    """The search above finds codes of every module that has some."""
    assert {"no-or", "unknown-block", "too-deep", "comma-in-number", "unexpected-word"} <= set(CODES)
    assert len(CODES) >= 35


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_page_that_is_true(code: str) -> None:
    """`# code`, a paragraph, a wrong example that gives this code and no other, and a right one that gives none."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code}\n\n")
    assert len(text.split("\n\n")[1]) > 40
    examples = dict(EXAMPLE.findall(text))
    assert [d.code for d in parse(Source("right", examples["right"])).diagnostics] == []
    if code not in WITHOUT_A_WRONG_EXAMPLE:
        assert {d.code for d in parse(Source("wrong", examples["wrong"])).diagnostics} == {code}
