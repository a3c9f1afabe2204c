"""How a command ends: its exit code, and the sentence when it cannot go on.

Three codes that scripts can rely on, and 5 where there was nothing to test (as pytest has it). A command that is
interrupted, or whose reader went away, ends as a shell's own commands do, with 128 and the signal's number.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import click

from .terminal import plain, tinted

FINE = 0
FINDINGS = 1
USAGE = 2
NO_TESTS = 5
INTERRUPTED = 130
READER_GONE = 141


class Stop(click.ClickException):
    """The command cannot go on; `message` is a sentence that says what to change."""

    exit_code = USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"{tinted('error', 'error', err=True)}: {plain(self.message)}", err=True, color=True)


class Found(Stop):
    """The command cannot go on because of what it found in the user's rules or payment."""

    exit_code = FINDINGS


def unreadable(path: str | Path, error: OSError) -> str:
    """Why a file cannot be read or written, and what to do: one sentence."""
    place = Path(path)
    if isinstance(error, FileNotFoundError) and place.parent.is_dir():
        return f"there is no file `{path}`{_near(place)}"
    if isinstance(error, FileNotFoundError):
        return f"there is no folder `{place.parent}`, so no file `{path}`"
    if place.is_dir():
        return f"`{path}` is a folder; name the files in it, such as `{place / '*'}`"
    if isinstance(error, PermissionError):
        return f"no permission to open `{path}`; change it with `chmod`, or ask its owner"
    return f"`{path}`: {(error.strerror or str(error)).lower()}"


def _near(place: Path) -> str:
    near = get_close_matches(place.name, os.listdir(place.parent), n=1, cutoff=0.7)
    return f"; did you mean `{place.parent / near[0]}`?" if near else ""


def read_bytes(path: str) -> bytes:
    """A whole file, or standard input for `-`. Stop when it cannot be read."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Stop(unreadable(path, error)) from error
    except ValueError as error:  # a NUL in the name
        raise Stop(f"`{path}` is no name of a file") from error
