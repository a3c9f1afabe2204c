"""`riskrules check`: every finding of every file, and one line that counts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import findings
from .exits import FINDINGS, FINE, USAGE, Stop, read_bytes
from .terminal import say

if TYPE_CHECKING:
    from ..checker.ruleset import Checked


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def check(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Check rule files and show everything that is wrong in them.

    FILE may be - for standard input. Warnings alone are no reason to fail.

    With --json: {"files": [{"file", "ruleset": {"name", "version", "fingerprint"} or null, "diagnostics": [{"severity",
    "code", "message", "file", "labels", "help"}]}], "errors", "warnings"}. Lines and columns count from one.
    """
    checked, unread = check_files(files)
    errors = sum(len(c.errors) for c in checked)
    warnings = sum(len(c.warnings) for c in checked)
    if as_json:
        say(json.dumps({"files": [_described(c) for c in checked], "errors": errors, "warnings": warnings},
                       ensure_ascii=False))  # fmt: skip
    else:
        for c in checked:
            findings.show(c.diagnostics)
        if checked:
            say(findings.summary(errors, warnings, len(checked)))
    ctx.exit(USAGE if unread else FINDINGS if errors else FINE)


def check_files(files: tuple[str, ...]) -> tuple[list[Checked], int]:
    """The files that could be read, checked, and how many could not; why stands on standard error."""
    from ..engine.capacity import with_program

    checked, unread = [], 0
    for name in files:
        try:
            checked.append(with_program(_checked(name))[0])
        except Stop as stop:
            stop.show()
            unread += 1
    return checked, unread


def _checked(name: str) -> Checked:
    from ..checker.models import beside
    from ..checker.ruleset import check_bytes

    place = Path("ruleset.risk") if name == "-" else Path(name)
    return check_bytes("<stdin>" if name == "-" else name, read_bytes(name), beside=beside(place))


def _described(c: Checked) -> dict[str, object]:
    from ..meaning.fingerprint import fingerprint

    made = c.ruleset and {
        "name": c.ruleset.name,
        "version": c.ruleset.version,
        "fingerprint": fingerprint(c.ruleset),
    }
    return {"file": c.source.name, "ruleset": made, "diagnostics": [d.to_json() for d in c.diagnostics]}
