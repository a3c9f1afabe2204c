"""`check`: all findings of all files, a line that counts them, and an exit code that says whether there are any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from .samples import RULES, written

Call = Callable[..., Result]

BROKEN = RULES.replace("then    reject", "then    rejet").replace("5_000 CNY", "5_000 EUR")
SILENT = RULES.replace('  tell    payer "Your {amount} waits."\n', "")


def test_a_file_that_holds_is_fine(call: Call, rules: str) -> None:
    """No finding: exit code 0, and one line that says so."""
    result = call("check", rules)
    assert (result.exit_code, result.output) == (0, "no findings in 1 file\n")


def test_every_finding_of_every_file_is_shown_and_counted(call: Call, rules: str, tmp_path: Path) -> None:
    """Errors make exit code 1; each is shown with its place and the page that explains it."""
    broken = written(tmp_path / "broken.risk", BROKEN)
    silent = written(tmp_path / "silent.risk", SILENT)
    result = call("check", rules, broken, silent)
    assert result.exit_code == 1
    assert f"{broken}:15:" in result.output
    assert "= more: riskrules explain " in result.output
    last = result.output.splitlines()[-1]
    shown = [line for line in result.output.splitlines() if line.startswith("error[")]
    warned = [line for line in result.output.splitlines() if line.startswith("warning[")]
    assert last == f"{len(shown)} errors, {len(warned)} warning{'s' * (len(warned) > 1)} in 3 files"
    assert len(shown) >= 2


def test_a_warning_alone_is_no_failure(call: Call, tmp_path: Path) -> None:
    """What may be meant so does not stop a build."""
    result = call("check", written(tmp_path / "silent.risk", SILENT))
    assert result.exit_code == 0
    assert result.output.endswith("\n1 warning in 1 file\n")


def test_json_says_the_same(call: Call, rules: str, tmp_path: Path) -> None:
    """One document, with the fingerprint of what holds and every finding's place."""
    broken = written(tmp_path / "broken.risk", BROKEN)
    result = call("check", "--json", rules, broken)
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    good, bad = document["files"]
    assert good["ruleset"]["name"] == "small"
    assert len(good["ruleset"]["fingerprint"]) == 64
    assert good["diagnostics"] == []
    assert bad["ruleset"] is None
    assert document["errors"] == len(bad["diagnostics"]) >= 2
    assert {d["labels"][0]["line"] for d in bad["diagnostics"]} >= {15}


def test_standard_input_is_a_file(call: Call) -> None:
    """`-` reads from a pipe."""
    result = call("check", "-", given=BROKEN)
    assert result.exit_code == 1
    assert "--> <stdin>:15:" in result.output


def test_a_file_that_cannot_be_read_stops_no_other(call: Call, rules: str, tmp_path: Path) -> None:
    """The others are checked, the reason is a sentence, and the exit code is 2."""
    result = call("check", str(tmp_path / "smal.risk"), str(tmp_path), rules)
    assert result.exit_code == 2
    assert result.stdout == "no findings in 1 file\n"
    absent, folder = result.stderr.splitlines()
    assert absent == f"error: there is no file `{tmp_path / 'smal.risk'}`; did you mean `{rules}`?"
    assert folder.startswith(f"error: `{tmp_path}` is a folder")


def test_line_ends_and_bytes_of_other_systems(call: Call, tmp_path: Path) -> None:
    """`\\r\\n` is as good as `\\n`; bytes that are no text are a finding with a place."""
    windows = written(tmp_path / "windows.risk", RULES.replace("\n", "\r\n"))
    assert call("check", windows).exit_code == 0
    latin = written(tmp_path / "latin.risk", RULES.encode().replace(b"A law", b"A l\xe0w"))
    result = call("check", latin)
    assert result.exit_code == 1
    assert "byte 0xe0 is no part of a UTF-8 text" in result.output
