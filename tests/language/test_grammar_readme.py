"""What the language's page for analysts shows is true."""

from __future__ import annotations

import re

import pytest

from riskrules.base.diagnostics import render
from riskrules.base.resources import folder, grammar_text
from riskrules.base.source import Source
from riskrules.syntax import limits
from riskrules.syntax.format import format_text
from riskrules.syntax.parse import parse
from riskrules.syntax.words import BLOCKS

README = (folder("grammar") / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```risk\n(.*?)```", README, re.DOTALL)
ERRORS = re.findall(r"```text\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda x: x.split("\n")[0][:30])
def test_example_parses_and_is_laid_out_well(example: str) -> None:
    """Every example is a page without a mistake, in the canonical layout."""
    assert [render(d) for d in parse(Source("example", example)).diagnostics] == []
    assert format_text(example) == example


def test_there_are_examples_of_every_block() -> None:
    """No block is left out, neither of the examples nor of the table."""
    kinds = {b.kind.removesuffix("_value") for e in EXAMPLES for b in parse(Source("example", e)).blocks}
    assert kinds == set(BLOCKS)
    assert all(f"| `{block}` |" in README for block in BLOCKS)


def test_the_error_is_shown_as_it_comes() -> None:
    """The sample of an error is the error."""
    (shown,) = ERRORS
    line = re.search(r"^3 \| (.*)$", shown, re.MULTILINE)
    assert line is not None
    text = f'rule example\n  "Text"\n{line[1]}\n  then    verify\n'
    (diagnostic,) = parse(Source("example.risk", text)).diagnostics
    assert render(diagnostic) + "\n" == shown


def test_the_limits_are_those_of_the_code() -> None:
    """The numbers in the last section are the constants."""
    section = README.split("## Limits")[1]
    numbers = {int(n.replace(",", "")) for n in re.findall(r"[0-9][0-9,]*[0-9]|[0-9]", section)}
    assert numbers == {
        limits.MOST_CHARACTERS >> 20,
        limits.MOST_BLOCKS,
        limits.MOST_TOKENS,
        limits.MOST_BLOCK_TOKENS,
        limits.MOST_CONDITIONS,
        limits.MOST_SIGNS,
        limits.MOST_BRACKETS,
        limits.LONGEST_NAME,
        limits.LONGEST_NUMERAL,
        limits.LONGEST_TEXT,
    }


def test_the_grammar_is_found() -> None:
    """One function finds it, in a checkout and in an installed copy."""
    assert "?block:" in grammar_text()
