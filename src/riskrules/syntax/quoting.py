"""The author's words inside a message: between backticks, on one line, and never long."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_SHOWN = 40


def quoted(words: str) -> str:
    shown = words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + "…"
    return "`" + "".join("'" if c == "`" else c if c.isprintable() else " " for c in shown) + "`"


def one_of(items: Iterable[str]) -> str:
    """`a, b or c`."""
    several = list(items)
    return " or ".join(filter(None, (", ".join(several[:-1]), several[-1] if several else "")))


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that this one most likely misspells, if any is near."""
    from difflib import get_close_matches

    near = get_close_matches(word[:64].lower(), list(known), n=1, cutoff=likeness)
    return near[0] if near else None
