"""Diagnostics on a terminal: the same text everywhere, coloured where a person looks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .exits import Found
from .terminal import coloured, plain, say, tinted

if TYPE_CHECKING:
    from ..base.diagnostics import Diagnostic

_HEAD = re.compile(r"(error|warning)(\[[a-z-]+\]): (.*)", re.DOTALL)
_GUTTER = re.compile(r"( *[0-9]* \|| *-->| *=)(.*)", re.DOTALL)
_CARETS = re.compile(r"( *)(\^+.*)", re.DOTALL)


def show(found: Iterable[Diagnostic], *, err: bool = False) -> None:
    """Each finding, with an empty line after it."""
    for d in found:
        say(rendered(d, err=err), err=err)
        say(err=err)


def rendered(d: Diagnostic, *, err: bool = False) -> str:
    """The diagnostic's own text, coloured line by line."""
    text = plain(str(d))
    if not coloured(err=err):
        return text
    return "\n".join(_line(line, d.severity) for line in text.split("\n"))


def _line(line: str, severity: str) -> str:
    if head := _HEAD.fullmatch(line):
        return tinted(head[1] + head[2], severity) + tinted(f": {head[3]}", "strong")
    gutter = _GUTTER.fullmatch(line)
    if not gutter:
        return line
    bar, rest = gutter.groups()
    numbered = any(c.isdigit() for c in bar)
    carets = None if numbered or not bar.endswith("|") else _CARETS.fullmatch(rest)
    return tinted(bar, "place") + (carets[1] + tinted(carets[2], severity) if carets else rest)


def counted(amount: int, noun: str) -> str:
    """`1 error`, `2_000 errors`."""
    return f"{amount:_} {noun}{'' if amount == 1 else 's'}"


def summary(errors: int, warnings: int, files: int) -> str:
    """`2 errors, 1 warning in 3 files`."""
    parts = [tinted(counted(errors, "error"), "error")] if errors else []
    parts += [tinted(counted(warnings, "warning"), "warning")] if warnings else []
    return f"{', '.join(parts) or tinted('no findings', 'good')} in {counted(files, 'file')}"


def refuse(found: Iterable[Diagnostic], name: str) -> Found:
    """Show why a ruleset cannot be used, on standard error; the exception to raise."""
    errors = [d for d in found if d.severity == "error"]
    show(errors, err=True)
    return Found(f"`{name}` has {counted(len(errors), 'error')}, so nothing was done with it")
