"""The README followed word for word: its files written, its commands run, its output compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
FILE = re.compile(r"[Ii]n the file `([^`]+)`[^`]*?\n\n```(?:risk|json|python)\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n\$ ([^\n]+)\n(.*?)```", re.DOTALL)
SECONDS = 180


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory with the files that the README shows."""
    place = tmp_path_factory.mktemp("readme")
    for name, text in FILE.findall(README):
        (place / name).write_text(text, encoding="utf-8")
    wrong = (place / "first.risk").read_text(encoding="utf-8").replace("payer.account.balance is known and ", "")
    (place / "wrong.risk").write_text(wrong, encoding="utf-8")
    return place


def test_readme_shows_its_files_and_commands(folder: Path) -> None:
    """The blocks that this test follows are really found."""
    rules, events = {"first.risk", "wrong.risk", "before.risk", "bearing.risk"}, {"payment.json", "claim.json"}
    shown = {*rules, *events, "gateway.py", "before.py", "stolen.py", "versions.py"}
    assert {p.name for p in folder.iterdir()} == shown
    assert len(CONSOLE.findall(README)) == 7


@pytest.mark.parametrize(("command", "shown"), CONSOLE.findall(README))
def test_readme_commands_print_what_it_shows(folder: Path, command: str, shown: str) -> None:
    """Each command prints, to the letter, what stands below it."""
    program, *arguments = command.split()
    python = [sys.executable]
    starts = {"riskrules": [*python, "-c", "from riskrules.cli.main import main; main()"], "python": python}
    done = subprocess.run(
        [*starts[program], *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        check=False,
    )
    assert done.stdout + done.stderr == shown
