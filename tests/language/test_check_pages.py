"""Pages that mean something wrong, each finding shown as an analyst sees it; and the page that explains each code.

`check/bad/<code>.risk` shows a code in every wording that the checker has for it. The expected file beside it holds the
whole rendering and, after each finding, the words that its first place covers. It is renewed by
`pytest --renew-goldens`; read the difference before keeping it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import riskrules.checker
from riskrules.base import diagnostics
from riskrules.base.diagnostics import Diagnostic, render
from riskrules.checker.ruleset import MOST_FINDINGS, check_bytes, check_text

BAD = sorted((Path(__file__).parent / "check" / "bad").glob("*.risk"))
PAGES = Path(diagnostics.__file__).parent / "pages"
EXAMPLE = re.compile(r"```risk (wrong|right)\n(.*?)\n```", re.DOTALL)
SAID_BESIDE = {"more-findings"}
"""Codes that may stand in another code's file: what the file needs to show its own."""


def _codes() -> Iterator[str]:
    """The first argument of every call that reports."""
    for file in Path(riskrules.checker.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if named in ("error", "warning", "Diagnostic"):
                for part in ast.walk(call.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def _beside(name: str) -> bytes:
    """The file of any model, but for one that is not there."""
    if name.startswith("absent"):
        raise FileNotFoundError(name)
    return b"what is in it does not matter here"


CODES = sorted(set(_codes()))


def test_codes_are_found() -> None:
    """The search above finds what each module reports."""
    assert {"may-be-missing", "param-gap", "param-overlap", "never-fires", "more-findings"} <= set(CODES)
    assert len(CODES) >= 75


@pytest.mark.parametrize("page", BAD, ids=lambda p: p.stem)
def test_bad_page_is_explained(page: Path, renew_goldens: bool) -> None:
    """Every finding of a page is said in one run, in order of place, about the words that it is about."""
    checked = check_bytes(page.name, page.read_bytes(), beside=_beside)
    shown = "\n\n".join(f"{render(d)}\nunderlined: {_underlined(d)}" for d in checked.diagnostics) + "\n"
    expected = page.with_suffix(".expected")
    if renew_goldens:
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")
    assert (checked.ruleset is None) is bool(checked.errors)


def _underlined(d: Diagnostic) -> str:
    span = d.labels[0].span
    return d.source.text[span.start : span.end].replace("\n", " / ")


@pytest.mark.parametrize("code", CODES)
def test_code_has_its_page_of_cases(code: str) -> None:
    """A file of its own shows the code, and hardly anything else."""
    (page,) = (p for p in BAD if p.stem == code)
    found = {d.code for d in check_bytes(page.name, page.read_bytes(), beside=_beside).diagnostics}
    assert code in found
    assert found <= SAID_BESIDE | {code} or code in SAID_BESIDE


@pytest.mark.parametrize("code", CODES)
def test_code_has_an_explanation_that_is_true(code: str) -> None:
    """`# code`, a paragraph, a wrong example that gives this code alone, and a right one that gives nothing at all."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code}\n\n")
    assert len(text.split("\n\n")[1]) > 40
    examples = dict(EXAMPLE.findall(text))
    assert [render(d) for d in check_text(examples["right"], beside=_beside).diagnostics] == []
    if code != "more-findings":  # too long to print
        assert {d.code for d in check_text(examples["wrong"], beside=_beside).diagnostics} == {code}


def test_findings_without_end_are_cut() -> None:
    """A file with more findings than anybody reads shows the first, and says how many it keeps back."""
    (page,) = (p for p in BAD if p.stem == "more-findings")
    found = check_bytes(page.name, page.read_bytes(), beside=_beside).diagnostics
    assert len(found) == MOST_FINDINGS + 1
    assert found[-1].code == "more-findings"
    assert "10 more findings" in found[-1].message
