"""`riskrules verify`: is a log of decisions as it was written, and what of that cannot be known?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import FINDINGS, FINE, Stop, unreadable
from .findings import counted
from .rulesets import waiting
from .terminal import plain, say, tinted

if TYPE_CHECKING:
    from ..versions.verifying import Verified

MOST_KEY_BYTES = 4096
"""A public key in base64 has 44."""


@click.command()
@click.argument("log")
@click.option("--public", "publics", multiple=True, required=True, metavar="KEY",
              help="The public key that signs the log, in base64, or its file; give each of several.")  # fmt: skip
@click.option("--head", metavar="FILE", help="A copy of the log's HEAD that was kept elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def verify(ctx: click.Context, log: str, publics: tuple[str, ...], head: str | None, as_json: bool) -> None:
    """Verify that nobody changed a log of decisions.

    LOG is the folder of a DecisionLog. Every line is held against the one before it and against the signed heads: an
    edit, a line or a file more, less or elsewhere, and a cut are found up to the last head, also where all hashes were
    worked out anew. Exit code 1 says where.

    Two things the folder alone cannot tell. Records after the last head are chained and not signed for, so some may be
    gone from the end. And whoever puts back all of it, heads included, to an earlier day leaves no trace in it:
    keep copies of HEAD elsewhere and give one as --head.

    With --json: {"ok", "log", "segments", "lines", "decisions", "heads", "signed", "signed_us", "problems",
    "more_problems", "notes"}. "problems" holds the first hundred.
    """
    from ..versions.keys import KeyFileError
    from ..versions.log_folder import LogError
    from ..versions.verifying import verify as verified

    keys = tuple(_public(given) for given in publics)
    try:
        with waiting("reading the log"):
            found = verified(log, keys, head=head)
    except (LogError, KeyFileError) as error:
        raise Stop(str(error)) from error
    if as_json:
        say(json.dumps({"ok": found.ok, **asdict(found)}, ensure_ascii=False))
    else:
        _tell(found, log, head)
    ctx.exit(FINE if found.ok else FINDINGS)


def _public(given: str) -> str:
    """A key as it is, or out of its file."""
    path = Path(given)
    try:
        if not path.is_file():
            return given
        with path.open("rb") as file:
            return file.read(MOST_KEY_BYTES).decode("ascii", "replace").strip()
    except OSError as error:
        raise Stop(unreadable(given, error)) from error
    except ValueError:  # a NUL in the name: then it is a key that is none
        return given


def _tell(found: Verified, log: str, head: str | None) -> None:
    for problem in found.problems:
        say(f"{tinted('changed', 'error')}: {plain(problem)}")
    if found.more_problems:
        say(f"and {found.more_problems:_} more")
    what = f"{counted(found.decisions, 'decision')} in {counted(found.segments, 'file')} of {plain(log)}"
    word = tinted("as it was written", "good") if found.ok else tinted("not as it was written", "error")
    say(f"{what}: {word}, by {counted(found.heads, 'signed head')}")
    notes = list(found.notes)
    if head is None:
        notes.append("whether the whole log was put back to an earlier day cannot be known without --head, a copy of"
                     " HEAD that was kept elsewhere")  # fmt: skip
    for note in notes:
        say(f"{tinted('note', 'warning')}: {plain(note)}")
