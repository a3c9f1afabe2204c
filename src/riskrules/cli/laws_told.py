"""Laws on a terminal: what is broken and how, what was never put to the test, and how many hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import counted
from .terminal import plain, say, tinted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..balance.laws import LawResult


def tell_laws(name: str, results: Sequence[LawResult]) -> None:
    """Each law that is broken, with its tests to paste, and each that was not put to the test."""
    from ..balance.laws_text import told, warned

    for result in results:
        lines = told(result, name)
        if lines:
            word, _, rest = lines[0].partition(":")
            say(f"{tinted(word, 'error')}:{tinted(plain(rest), 'strong')}")
            say(tinted(plain(lines[1]), "place"))
            say("\n".join(plain(line) for line in lines[2:]))
            say()
        warning = warned(result, name)
        if warning and result.line:
            say(f"{tinted('warning', 'warning')}: {plain(warning)}")


def laws_counted(results: Sequence[LawResult]) -> list[str]:
    """`1 law broken`, `4 laws hold`, `1 law not put to the test`."""
    from ..balance.laws_text import summary

    broken, hold, _ = summary(results)
    untried = sum(bool(r.warning and r.line) and r.passed for r in results)
    parts = [tinted(f"{counted(broken, 'law')} broken", "error")] if broken else []
    parts += [tinted(f"{counted(hold, 'law')} {'holds' if hold == 1 else 'hold'}", "good")] if hold else []
    parts += [tinted(f"{counted(untried, 'law')} not put to the test", "warning")] if untried else []
    return parts
