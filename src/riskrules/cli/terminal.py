"""What reaches a terminal, and what a pipe.

Colour only where a person looks: on a terminal that is not `dumb` and when `NO_COLOR` is not set (`FORCE_COLOR` asks
for it elsewhere). Nothing from a file or an event reaches the screen as a control sequence. Lines are at most 100
columns, so that a log and a narrow window show the same.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDEST_COLUMNS = 100

STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "good": {"fg": "green", "bold": True},
    "place": {"fg": "blue"},
    "strong": {"bold": True},
    "quiet": {"dim": True},
}


def coloured(*, err: bool = False) -> bool:
    """Whether standard output (or error) gets colour."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return on_terminal(err=err) and os.environ.get("TERM") != "dumb"


def on_terminal(*, err: bool = False) -> bool:
    """Whether a person looks at standard output (or error)."""
    try:
        return bool((sys.stderr if err else sys.stdout).isatty())
    except (AttributeError, ValueError):  # no stream at all, or a closed one
        return False


def tinted(text: str, style: str, *, err: bool = False) -> str:
    """The text in a style of STYLES, as it is where there is no colour."""
    return click.style(text, **STYLES[style]) if coloured(err=err) else text


def say(text: str = "", *, err: bool = False) -> None:
    """A line as it is, with whatever colour `tinted` put there."""
    click.echo(text, err=err, color=True)


def plain(text: str) -> str:
    """Control and bidirectional characters shown as their code, so that no text can move the cursor or hide words."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(c) for c in text)


def _shown(c: str) -> str:
    if c == "\n":
        return c
    return f"<U+{ord(c):04X}>" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c


def show(drawn: RenderableType) -> None:
    """A drawing on standard output, without the spaces that fill its lines."""
    out = console()
    with out.capture() as captured:
        out.print(drawn)
    say("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def console(*, err: bool = False) -> Console:
    """Where tables and progress are drawn."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    terminal = on_terminal(err=err)
    wide = min(WIDEST_COLUMNS, Console(stderr=err).width) if terminal else WIDEST_COLUMNS
    colours: Any = "auto" if coloured(err=err) else None
    return Plain(
        stderr=err,
        width=wide,
        color_system=colours,
        force_terminal=terminal,
        markup=False,
        emoji=False,
        highlight=False,
    )
