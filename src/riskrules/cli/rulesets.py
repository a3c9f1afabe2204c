"""The ruleset and the lists that a command decides with, or the reason that it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import findings
from .exits import Stop, unreadable
from .terminal import console, on_terminal

if TYPE_CHECKING:
    from ..engine.rules import Rules
    from ..engine.serving import Serving
    from ..state.lists import Lists


def load_rules(name: str) -> Rules:
    """A ruleset by its file, or a shipped one by its name (`cn/whose_account`). Stop when it does not hold."""
    from ..base.diagnostics import RulesetError
    from ..engine.rules import load
    from ..program.saved import SavedProgramError

    try:
        return load(_place(name))
    except RulesetError as error:
        raise findings.refuse(error.diagnostics, name) from error
    except SavedProgramError as error:
        raise Stop(f"`{name}`: {error}") from error
    except OSError as error:
        raise Stop(unreadable(name, error)) from error


def _place(name: str) -> Path:
    from ..base.resources import ruleset_path

    place = Path(name)
    if not place.exists():
        try:
            return ruleset_path(name)
        except FileNotFoundError:
            pass
    return place


def load_lists(rules: Rules, folder: str | None) -> tuple[Lists, tuple[str, ...]]:
    """The lists of a folder, every other one that the rules read as an empty one, and the names of those."""
    from ..state.lists import ListError, Lists

    try:
        given = Lists() if folder is None else Lists.from_folder(folder)
    except ListError as error:
        raise Stop(str(error)) from error
    absent = tuple(name for name in rules.lists if name not in given)
    for name in absent:
        given = given.with_list(name, ())
    return given, absent


def said_empty(absent: tuple[str, ...]) -> str:
    """What it means that these lists were not given."""
    names = ", ".join(f"`{name}`" for name in absent)
    one = len(absent) == 1
    return f"{'list' if one else 'lists'} {names} not given, so {'it counts' if one else 'they count'} as empty"


@contextmanager
def waiting(for_what: str) -> Iterator[None]:
    """A spinner on standard error while something takes seconds; nothing where nobody looks."""
    if not on_terminal(err=True):
        yield
        return
    with console(err=True).status(for_what):
        yield


def make_ready(serving: Serving) -> None:
    """Compile the rules and, which takes seconds and is done once a process, the kernels."""
    with waiting("compiling the kernels, once for this run (some seconds)"):
        from ..kernel.warm import warm

        serving.prepare()
        warm()
