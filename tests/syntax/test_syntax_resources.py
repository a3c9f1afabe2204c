"""The grammar and the shipped rulesets are found wherever the package stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskrules.base import resources


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package in `src/riskrules` of an empty repository."""
    package = tmp_path / "src" / "riskrules"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    return package


def put(folder: Path, name: str) -> Path:
    """A file of one line."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# found\n", encoding="utf-8")
    return path


def test_a_checkout(package: Path) -> None:
    """Beside `pyproject.toml`."""
    put(package.parent.parent / "grammar", "riskrules.lark")
    ruleset = put(package.parent.parent / "rulesets", "cn/accounts.risk")
    assert resources.grammar_text() == "# found\n"
    assert resources.ruleset_path("cn/accounts") == resources.ruleset_path("cn/accounts.risk") == ruleset


def test_an_installed_copy_comes_first(package: Path) -> None:
    """Inside the package, even where a folder of the same name stands around it."""
    put(package.parent.parent / "rulesets", "a.risk")
    ruleset = put(package / "_rulesets", "a.risk")
    assert resources.ruleset_path("a") == ruleset


def test_neither(package: Path) -> None:
    """A broken installation says so."""
    with pytest.raises(FileNotFoundError, match="install it again"):
        resources.grammar_text()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "none", "", "..", "a/../../secret"])
def test_a_name_never_leads_outside(package: Path, name: str) -> None:
    """Neither a path upwards nor an absolute one is a shipped ruleset."""
    put(package, "secret.risk")
    put(package / "_rulesets", "a.risk")
    with pytest.raises(FileNotFoundError):
        resources.ruleset_path(name)
