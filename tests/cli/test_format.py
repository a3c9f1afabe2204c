"""`format`: the canonical text in place, whole or not at all, and nothing else of the file changed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from riskrules.syntax.format import format_text

from .samples import RULES, written

Call = Callable[..., Result]
LOOSE = RULES.replace("  when    ", "     when ").replace("  then    ", " then   ")
CANONICAL = format_text(RULES)


def test_a_file_is_written_in_its_canonical_layout(call: Call, tmp_path: Path) -> None:
    """In place; a second run changes nothing, and permissions stay."""
    path = written(tmp_path / "loose.risk", LOOSE)
    os.chmod(path, 0o640)
    result = call("format", path)
    assert (result.exit_code, result.output) == (0, f"formatted: {path}\n1 file formatted\n")
    assert Path(path).read_text("utf-8") == CANONICAL
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    assert call("format", path).output == "1 file left as before\n"
    assert os.listdir(tmp_path) == ["loose.risk"]


def test_check_changes_nothing(call: Call, tmp_path: Path) -> None:
    """`--check` names the files that would change, and exit code is 1 if there are any."""
    path = written(tmp_path / "loose.risk", LOOSE)
    good = written(tmp_path / "good.risk", CANONICAL)
    result = call("format", "--check", path, good)
    assert result.exit_code == 1
    assert result.output == f"is not formatted: {path}\n1 file to format, 1 file left as before\n"
    assert Path(path).read_text("utf-8") == LOOSE
    assert call("format", "--check", good).exit_code == 0


def test_standard_input_goes_to_standard_output(call: Call) -> None:
    """And nothing but the text does."""
    result = call("format", "-", given=LOOSE)
    assert (result.exit_code, result.stdout) == (0, CANONICAL)


def test_windows_line_ends_stay(call: Call, tmp_path: Path) -> None:
    """A file of `\\r\\n` alone keeps them; the canonical text with them is formatted."""
    path = written(tmp_path / "windows.risk", LOOSE.replace("\n", "\r\n"))
    call("format", path)
    assert Path(path).read_bytes() == CANONICAL.replace("\n", "\r\n").encode()
    assert call("format", "--check", path).exit_code == 0


def test_a_file_with_a_mistake_is_left_alone(call: Call, tmp_path: Path) -> None:
    """It is shown as `check` shows it, and others are formatted."""
    wrong = written(tmp_path / "wrong.risk", "rule\n")
    loose = written(tmp_path / "loose.risk", LOOSE)
    result = call("format", wrong, loose)
    assert result.exit_code == 1
    assert "error[" in result.output
    assert result.output.endswith("1 file formatted, 1 file with errors\n")
    assert Path(wrong).read_text("utf-8") == "rule\n"
    assert Path(loose).read_text("utf-8") == CANONICAL
    assert call("format", written(tmp_path / "bytes.risk", b"\xff\xfe")).exit_code == 1


@pytest.mark.parametrize("check", [[], ["--check"]])
def test_json_says_what_changed(call: Call, tmp_path: Path, check: list[str]) -> None:
    """One document; with `--check` it says what would change."""
    path = written(tmp_path / "loose.risk", LOOSE)
    result = call("format", "--json", *check, path)
    assert json.loads(result.stdout) == {"files": [{"file": path, "changed": True, "diagnostics": []}], "changed": 1}
    assert result.exit_code == len(check)
    text = json.loads(call("format", "--json", "-", given=LOOSE).stdout)["files"][0]["text"]
    assert text == CANONICAL


def test_a_file_that_may_not_be_written_stays(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said in a sentence, exit code 2. The system is asked, since permissions do not bind every user."""
    path = written(tmp_path / "loose.risk", LOOSE)
    monkeypatch.setattr("riskrules.cli.replacing.os.access", lambda *_: False)
    result = call("format", path)
    assert result.exit_code == 2
    assert result.stderr == f"error: no permission to write `{path}`; change it with `chmod`, or ask its owner\n"
    assert Path(path).read_text("utf-8") == LOOSE


def test_a_link_stays_a_link(call: Call, tmp_path: Path) -> None:
    """What it points to is formatted."""
    path = written(tmp_path / "loose.risk", LOOSE)
    (tmp_path / "link.risk").symlink_to(path)
    call("format", str(tmp_path / "link.risk"))
    assert (tmp_path / "link.risk").is_symlink()
    assert Path(path).read_text("utf-8") == CANONICAL
