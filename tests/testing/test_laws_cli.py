"""`riskrules test` with laws: what is said of them, in text and as JSON, and how the command ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from riskrules.base.resources import folder
from riskrules.cli.main import main

RULES = """ruleset told version 2026.1
  currency CNY
  timezone Asia/Shanghai
  appeal "Call."

rule small
  "Small"
  when amount < 5 CNY
  then hold
  responsible payer.account
"""
BREAKS = '\nlaw "more money is never treated more softly"\n  action never falls as amount rises\n'
HOLDS = '\nlaw "less money is never treated more softly"\n  action never falls as amount falls\n'
UNTRIED = '\nlaw "never met"\n  when all of (amount < 1 CNY, amount > 2 CNY) expect reject\n'


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def called(text: str, *arguments: str) -> Result:
        path = tmp_path / "told.risk"
        path.write_text(text, "utf-8")
        result = CliRunner().invoke(main, ["test", str(path), *arguments], catch_exceptions=False)
        result.path = str(path)  # type: ignore[attr-defined]  # for what is said of it
        return result

    return called


def test_laws_that_hold_are_counted(call) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    """On the line of the file, those that every ruleset has among them; a file with a law needs no test."""
    result = call(RULES + HOLDS)
    assert result.exit_code == 0
    assert result.output == f"{result.path}: no tests, 3 laws hold\n"
    assert call(RULES).exit_code == 5


def test_a_law_that_is_broken_shows_its_payments(call) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    """Its place, what happens, and both tests to paste; exit code 1."""
    result = call(RULES + BREAKS + HOLDS)
    assert result.exit_code == 1
    assert result.output.startswith(
        f'broken: law "more money is never treated more softly"\n  {result.path}:12\n'
        "  the action falls, from hold to allow, when `amount` rises from 4.99 CNY to 5.00 CNY\n"
        "  found after "
    )
    assert "beside rule `small`:\n" in result.output
    for amount, action, number in (("4.99", "hold", 1), ("5.00", "allow", 2)):
        assert (
            f'    test "more money is never treated more softly, {number} of 2"\n'
            f"      given  amount = {amount} CNY\n      expect {action}\n"
        ) in result.output
    assert result.output.endswith(f"{result.path}: no tests, 1 law broken, 3 laws hold\n")


def test_a_law_that_was_not_put_to_the_test_is_a_warning(call) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    """It is said, it is not counted as one that holds, and it is no reason to fail."""
    result = call(RULES + UNTRIED, "--examples", "50")
    assert result.exit_code == 0
    assert result.output == (
        f'warning: {result.path}:12: law "never met" was not put to the test: '
        "its condition was met by none of 50 payments\n"
        f"{result.path}: no tests, 2 laws hold, 1 law not put to the test\n"
    )


def test_the_number_of_payments_and_the_seed_are_the_authors(call) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    """None at all with 0; the same for the same seed; a number below zero is refused."""
    assert call(RULES + BREAKS, "--examples", "0").output.endswith("told.risk: no tests\n")
    outputs = [call(RULES + BREAKS, "--seed", seed, "--json").output for seed in ("1", "1", "5")]
    assert outputs[0] == outputs[1]
    assert call(RULES, "--examples", "-1").exit_code == 2


def test_the_language_page_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its example of a law that is broken is the output for such a ruleset, the number of payments apart."""
    (shown,) = re.findall(r"```console\n(.*?)```", (folder("grammar") / "README.md").read_text("utf-8"), re.DOTALL)
    young = """
rule young_account
  "A young account"
  when payee.account.age < 90d
  and amount > 5_000 CNY
  and amount < 60_000 CNY
  then hold up to 24h
  responsible payee.account
"""
    text = RULES.replace(RULES[RULES.index("\nrule small") :], young)
    line = int(re.findall(r"shop.risk:(\d+)", shown)[0])
    text += "#\n" * (line - 2 - text.count("\n")) + BREAKS
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    Path("shop.risk").write_text(text, "utf-8")
    result = CliRunner().invoke(main, ["test", "shop.risk"], catch_exceptions=False)
    assert _uncounted(result.output).startswith(_uncounted(shown)), result.output


def _uncounted(text: str) -> str:
    return re.sub(r"found after \d+ payments?", "found after some payments", text)


def test_json_says_the_same(call) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    """Each law with how often it was put to the test, and the counterexample of one that is broken."""
    said = json.loads(call(RULES + BREAKS + HOLDS + UNTRIED, "--json").output)
    assert (said["passed"], said["failed"], said["broken"]) == (0, 0, 1)
    broken, holds, untried, unused, responsible = said["files"][0]["laws"]
    assert (broken["line"], broken["holds"]) == (12, False)
    assert broken["counterexample"]["beside"] == "small"
    assert broken["counterexample"]["fields"] == ["amount"]
    assert len(broken["counterexample"]["tests"]) == 2
    assert holds["holds"] is True and holds["met"] > 1_000 and holds["counterexample"] is None
    assert untried["holds"] is None and untried["met"] == 0 and "met by none" in untried["warning"]
    assert (unused["line"], unused["holds"]) == (None, True)
    assert responsible["name"] == "every stop names who is responsible"
