"""The page of a finding's code: what it means, a text that gives it, and the same text mended.

Pages are Markdown files inside the package. On a terminal the marks of Markdown give way to colour; a pipe gets the
file as it is.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from shutil import get_terminal_size
from textwrap import wrap

from .exits import Stop
from .terminal import WIDEST_COLUMNS, coloured, tinted

_FENCE = "```"
_MOST_OFFERED = 3


def codes() -> list[str]:
    """Every code that has a page, in order."""
    names = (entry.name for entry in files("riskrules.base").joinpath("pages").iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def find_page(code: str) -> str:
    """The text of a code's page. Stop, with what was probably meant, when there is none."""
    known = codes()
    if code not in known:
        near = get_close_matches(code, known, n=_MOST_OFFERED, cutoff=0.5)
        offered = f"; did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
        raise Stop(f"no finding has the code `{code}`{offered}")
    return files("riskrules.base").joinpath("pages").joinpath(f"{code}.md").read_text("utf-8")


def shown_page(page: str) -> str:
    """The page for whoever reads it: coloured on a terminal, else as it is."""
    if not coloured():
        return page.rstrip("\n")
    width = min(WIDEST_COLUMNS, get_terminal_size((WIDEST_COLUMNS, 0)).columns)
    out, style = [], ""
    for line in page.rstrip("\n").split("\n"):
        if line.startswith(_FENCE):
            style = "" if style else "error" if "wrong" in line else "good" if "right" in line else "place"
            if style:
                out.append(tinted({"error": "wrong", "good": "right"}.get(style, "such as"), style))
        elif style:
            out.append(f"  {tinted('│', style)} {line}")
        elif line.startswith("#"):
            out.append(tinted(line.lstrip("# "), "strong"))
        else:
            out += wrap(line, width) or [""]
    return "\n".join(out)
