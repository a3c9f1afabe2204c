"""Pages of rules that parse, and pages whose every mistake is shown beside them as an analyst sees it.

`bad/<case>.expected` is renewed by `pytest --renew-goldens`; read the difference before keeping it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from riskrules.base.diagnostics import render
from riskrules.syntax.parse import parse_bytes

FOLDER = Path(__file__).parent / "syntax"
GOOD = sorted((FOLDER / "good").glob("*.risk"))
BAD = sorted((FOLDER / "bad").glob("*.risk"))


@pytest.mark.parametrize("page", GOOD, ids=lambda p: p.stem)
def test_good_page_parses(page: Path) -> None:
    """A page written as the language is meant has no diagnostic."""
    parsed = parse_bytes(page.name, page.read_bytes())
    assert [render(d) for d in parsed.diagnostics] == []
    assert parsed.blocks


@pytest.mark.parametrize("page", BAD, ids=lambda p: p.stem)
def test_bad_page_is_explained(page: Path, renew_goldens: bool) -> None:
    """Every mistake of a page is said in one run, in order of place, as the expected file shows it."""
    parsed = parse_bytes(page.name, page.read_bytes())
    shown = "\n\n".join(render(d) for d in parsed.diagnostics) + "\n"
    expected = page.with_suffix(".expected")
    if renew_goldens:
        expected.write_text(shown, encoding="utf-8")
    assert parsed.diagnostics
    assert shown == expected.read_text(encoding="utf-8")


def test_there_are_pages() -> None:
    """An emptied folder is not a pass."""
    assert len(GOOD) >= 5
    assert len(BAD) >= 12
