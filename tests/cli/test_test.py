"""`test`: what passed, what failed and why, for each file; and a code of its own where there is nothing to test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from .samples import RULES, written

Call = Callable[..., Result]
FAILING = RULES.replace("expect hold up to 24h", "expect reject")
WITHOUT = "\n".join(line for line in RULES.splitlines() if line.split()[:1] not in (["test"], ["given"], ["with"]))
WITHOUT = "\n".join(line for line in WITHOUT.splitlines() if line.split()[:1] != ["expect"]) + "\n"


def test_tests_that_pass(call: Call, rules: str) -> None:
    """A line a file, exit code 0."""
    result = call("test", rules)
    assert (result.exit_code, result.output) == (0, f"{rules}: 2 passed, 2 laws hold\n")


def test_a_test_that_fails_shows_its_decision(call: Call, rules: str, tmp_path: Path) -> None:
    """Its place, what was expected and got, and the reasons; the others still run."""
    path = written(tmp_path / "failing.risk", FAILING)
    result = call("test", path, rules)
    assert result.exit_code == 1
    line = FAILING.splitlines().index('  test "one fen over"') + 1
    assert f'failed: large_amount, "one fen over"\n  {path}:{line}\n' in result.output
    assert "  expected reject, got hold up to 24h\n" in result.output
    assert "amount > 5_000 CNY" in result.output
    assert result.output.endswith(f"{path}: 1 failed, 1 passed, 2 laws hold\n{rules}: 2 passed, 2 laws hold\n")


def test_json_says_the_same(call: Call, tmp_path: Path) -> None:
    """One document; the decision stands where a test failed."""
    result = call("test", "--json", written(tmp_path / "failing.risk", FAILING))
    said = json.loads(result.stdout)
    assert (said["passed"], said["failed"]) == (1, 1)
    passed, failed = said["files"][0]["tests"]
    assert passed["passed"] and "decision" not in passed
    assert failed["failures"] == ["expected reject, got hold up to 24h"]
    assert failed["decision"]["action"] == "hold"


def test_no_tests_have_a_code_of_their_own(call: Call, rules: str, tmp_path: Path) -> None:
    """5 where there is no test at all; not where one file of several has none."""
    empty = written(tmp_path / "empty.risk", WITHOUT)
    assert (call("test", empty).exit_code, call("test", empty, rules).exit_code) == (5, 0)
    assert call("test", empty).output == f"{empty}: no tests, 2 laws hold\n"


def test_a_file_with_errors_is_a_failure(call: Call, tmp_path: Path) -> None:
    """It is shown as `check` shows it, and none of its tests run."""
    path = written(tmp_path / "broken.risk", RULES.replace("then    reject", "then    rejet"))
    result = call("test", path)
    assert result.exit_code == 1
    assert "error[" in result.output
    assert result.output.endswith(", so no test was run\n")
