"""Where the grammar and the shipped rulesets are.

Both stand at the top of the repository, where a reader looks for them, and travel inside the wheel as
`riskrules/_grammar` and `riskrules/_rulesets`. An installed copy is looked for first; without one this
is a checkout, and they stand beside its `pyproject.toml`. The price: the package must be unpacked on a
disk (an import from a zip file finds neither).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

_PACKAGE = Path(__file__).resolve().parent.parent
GRAMMAR_FILE = "riskrules.lark"


def folder(name: str) -> Path:
    """The folder `grammar` or `rulesets`. Raises FileNotFoundError when the installation lacks it."""
    assert name in ("grammar", "rulesets"), name
    for place in (_PACKAGE / f"_{name}", _PACKAGE.parent.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"this installation of riskrules has no `{name}` folder: install it again")


def grammar_text() -> str:
    """The text of `riskrules.lark`."""
    return (folder("grammar") / GRAMMAR_FILE).read_text(encoding="utf-8")


def ruleset_path(name: str) -> Path:
    """The path of a shipped ruleset by its name below `rulesets/`, with or without `.risk`: `cn/whose_account`.

    Raises FileNotFoundError when no such ruleset is shipped; a name that would leave the folder is none.
    """
    wanted = PurePosixPath(name if name.endswith(".risk") else f"{name}.risk")
    place = folder("rulesets").joinpath(*wanted.parts)
    if wanted.is_absolute() or ".." in wanted.parts or not place.is_file():
        raise FileNotFoundError(f"no shipped ruleset is called `{name}`")
    return place
