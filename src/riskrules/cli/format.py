"""`riskrules format`: the one canonical text, written in place.

A file is replaced whole or not at all, and only when its text changes; its line ends (`\\r\\n` where all are) and its
permissions stay. A file with a mistake in it is left alone and shown as `check` would.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from . import findings
from .exits import FINDINGS, FINE, USAGE, Stop, read_bytes
from .replacing import replace_file
from .terminal import plain, say, tinted

if TYPE_CHECKING:
    from ..base.diagnostics import Diagnostic

_RETURNS = "\r\n"


@dataclass(frozen=True)
class Formatted:
    """One file: its bytes before and after (`after` is None when it has mistakes), and its diagnostics."""

    name: str
    before: bytes
    after: bytes | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changes(self) -> bool:
        return self.after is not None and self.after != self.before


@click.command("format")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; name the files that would change, exit 1.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def format_files(ctx: click.Context, files: tuple[str, ...], only_check: bool, as_json: bool) -> None:
    """Write rule files in their one canonical layout, in place.

    FILE may be - for standard input: the text then goes to standard output.

    With --json: {"files": [{"file", "changed", "diagnostics"}], "changed"}; for - the file also has "text". With
    --check "changed" means that the file would change.
    """
    done, unread = [], 0
    for name in files:
        try:
            one = formatted(name, read_bytes(name))
            if one.changes and not only_check and name != "-":
                replace_file(name, one.after or b"")
            done.append(one)
        except Stop as stop:
            stop.show()
            unread += 1
    if as_json:
        _tell_json(done)
    else:
        _tell(done, only_check)
    failed = any(f.after is None or (only_check and f.changes) for f in done)
    ctx.exit(USAGE if unread else FINDINGS if failed else FINE)


def formatted(name: str, raw: bytes) -> Formatted:
    """A file's canonical bytes, or what is wrong with it."""
    from ..base.diagnostics import RulesetError
    from ..syntax.format import format_text
    from ..syntax.parse import parse_bytes

    shown = "<stdin>" if name == "-" else name
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Formatted(name, raw, None, tuple(parse_bytes(shown, raw).diagnostics))
    try:
        made = format_text(text, shown)
    except RulesetError as error:
        return Formatted(name, raw, None, error.diagnostics)
    if _RETURNS in text and text.count("\n") == text.count(_RETURNS):
        made = made.replace("\n", _RETURNS)
    return Formatted(name, raw, made.encode("utf-8"), ())


def _tell(done: list[Formatted], only_check: bool) -> None:
    piped = any(f.name == "-" for f in done)  # standard output then carries the text alone
    for f in done:
        findings.show(f.diagnostics, err=piped)
        if f.name == "-" and f.after is not None and not only_check:
            sys.stdout.buffer.write(f.after)
            sys.stdout.buffer.flush()
        elif f.changes:
            word = "is not formatted" if only_check else "formatted"
            say(f"{tinted(word, 'warning' if only_check else 'good', err=piped)}: {plain(f.name)}", err=piped)
    if piped:
        return
    changed = sum(f.changes for f in done)
    broken = sum(f.after is None for f in done)
    parts = [f"{findings.counted(changed, 'file')} {'to format' if only_check else 'formatted'}"] if changed else []
    same = len(done) - changed - broken
    parts += [f"{findings.counted(same, 'file')} left as before"] if same else []
    parts += [f"{findings.counted(broken, 'file')} with errors"] if broken else []
    if done:
        say(", ".join(parts))


def _tell_json(done: list[Formatted]) -> None:
    files: list[dict[str, object]] = []
    for f in done:
        files.append({"file": f.name, "changed": f.changes, "diagnostics": [d.to_json() for d in f.diagnostics]})
        if f.name == "-" and f.after is not None:
            files[-1]["text"] = f.after.decode("utf-8")
    say(json.dumps({"files": files, "changed": sum(f.changes for f in done)}, ensure_ascii=False))
