"""Files for the command line, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from riskrules.cli.main import main

from .samples import HEADER, RULES, row, written


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """A ruleset that holds."""
    return written(tmp_path / "small.risk", RULES)


@pytest.fixture
def history(tmp_path: Path) -> str:
    """Five payments: three small, one large, one to an account on the list."""
    lines = [row("A", "10.00"), row("B", "6000.00"), row("C", "20.00"), row("D", "30.00", "BAD-99999999")]
    return written(tmp_path / "history.csv", HEADER + "".join([*lines, row("E", "5000.00")]))


@pytest.fixture
def lists(tmp_path: Path) -> str:
    """A folder with the list that the ruleset reads."""
    (tmp_path / "lists").mkdir()
    written(tmp_path / "lists" / "bad_accounts.txt", "BAD-99999999\n")
    return str(tmp_path / "lists")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls a command in this process, without colour."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def called(*arguments: str, given: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return called
