"""The pytest plugin: `.risk` files as items, where they were asked for and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

SOURCES = Path(__file__).resolve().parents[2] / "src"
EXAMPLE = Path(__file__).with_name("worked_example")
BROKEN = """
law "it is never harder"
  action never rises as amount rises

law "never met"
  when all of (amount < 1 CNY, amount > 2 CNY) expect reject
"""


def run(folder: Path, *arguments: str, ini: str = "") -> subprocess.CompletedProcess[str]:
    """pytest in a folder, with this plugin and no other."""
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "riskrules.testing.pytest_plugin", "-p", "no:cacheprovider", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        timeout=120,
        check=False,
    )


def policies(folder: Path) -> Path:
    """A folder with a good ruleset, one whose laws are broken, and one that does not check."""
    (folder / "policies").mkdir()
    text = (EXAMPLE / "policy.risk").read_text("utf-8")
    (folder / "policies" / "good.risk").write_text(text, "utf-8")
    (folder / "policies" / "wrong.risk").write_text(text.replace("= 1_000.01 CNY", "= 1_000 CNY") + BROKEN, "utf-8")
    (folder / "policies" / "draft.risk").write_text(text.replace("then    reject", "then    rejet"), "utf-8")
    (folder / "test_it.py").write_text("def test_it():\n    pass\n", "utf-8")
    return folder


def test_nothing_is_collected_unless_it_is_asked_for(tmp_path: Path) -> None:
    """A bare run over a folder of rule files runs Python's tests alone."""
    result = run(policies(tmp_path), "-q")
    assert result.returncode == 0, result.stdout
    assert "1 passed" in result.stdout


def test_a_pattern_a_flag_or_a_name_asks_for_files(tmp_path: Path) -> None:
    """Two inline tests and four laws of the good file, each an item with a name of its own."""
    folder = policies(tmp_path)
    by_name = run(folder, "policies/good.risk", "-v")
    assert by_name.returncode == 0, by_name.stdout
    for item in ("much_in_one_day: one fen too much", "law: more money is never treated more softly"):
        assert f"policies/good.risk::{item} PASSED" in by_name.stdout
    assert "6 passed" in by_name.stdout
    by_pattern = run(folder, "-q", ini="risk_files = policies/g*.risk\nrisk_examples = 100\n")
    assert "7 passed" in by_pattern.stdout
    by_flag = run(folder, "--risk", "--collect-only", "-q")
    assert "policies/wrong.risk::law: never met" in by_flag.stdout
    assert "error[" in by_flag.stdout and "`rejet`" in by_flag.stdout


def test_failures_read_as_those_of_riskrules_test(tmp_path: Path) -> None:
    """The place, what was expected and got and why; the counterexample of a law; one that was not put to the test is
    skipped and not passed. JUnit has them all."""
    folder = policies(tmp_path)
    result = run(folder, "policies/wrong.risk", "-q", "-rs", "--junitxml=out.xml")
    assert result.returncode == 1
    assert 'failed: much_in_one_day, "one fen too much"' in result.stdout
    assert "expected hold up to 24h, got allow" in result.stdout
    assert "paid_1d + amount > 5_000 CNY" in result.stdout
    assert 'broken: law "it is never harder"' in result.stdout
    assert "the action rises, from allow to hold up to 24h, when `amount` rises from" in result.stdout
    assert "was not put to the test: its condition was met by none of 2_000 payments" in result.stdout
    assert "Traceback" not in result.stdout
    (suite,) = ElementTree.parse(folder / "out.xml").getroot()  # noqa: S314  # written by this very test
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("8", "2", "1")


def test_the_worked_examples_policy_is_collected(tmp_path: Path) -> None:
    """Its two inline tests, its two laws, and the two that every ruleset has which can be tried on it."""
    result = run(tmp_path, str(EXAMPLE / "policy.risk"), "-q")
    assert "6 passed" in result.stdout, result.stdout
