"""Whether a checked ruleset fits a program, asked when it is checked and not when the first payment comes.

The limits of a program are far above what people write, so a small ruleset is known to fit by counting its parts; a
large one is compiled, and what that says becomes a finding of the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic, Label
from ..base.source import Span
from ..checker.ruleset import Checked
from ..meaning import nodes as n
from ..meaning.lowering import TooLarge, TooMuchArithmetic
from ..meaning.walk import found_in

if TYPE_CHECKING:
    from ..program.model import Program

SURELY_FITS = 1_000
"""Comparisons and sums up to this many fit every limit of a program: none needs more than about a dozen steps."""


_COUNTED: tuple[type[object], ...] = (
    n.Compare, n.Equal, n.Member, n.InList, n.Starts, n.Contains, n.Known, n.Arithmetic, n.Quotient,
)  # fmt: skip


def with_program(checked: Checked) -> tuple[Checked, Program | None]:
    """The same, with a finding where no program can hold the rules; and the program, if it was compiled to see that."""
    meaning = checked.ruleset
    if meaning is None:
        return checked, None
    whole = (*meaning.rules, *meaning.exempts)
    if len(whole) <= SURELY_FITS and len(whole) + len(found_in(whole, _COUNTED)) <= SURELY_FITS:
        return checked, None
    from ..program.compile import ProgramLimitError, from_meaning
    from ..program.machine import TooManySteps

    try:
        return checked, from_meaning(meaning)
    except (ProgramLimitError, TooManySteps, TooLarge, TooMuchArithmetic) as error:
        finding = Diagnostic(
            "too-large-to-run",
            f"these rules do not fit one program: {error}",
            checked.source,
            (Label(Span(0, 1)),),
            ("part them into several rulesets",),
        )
        return replace(checked, ruleset=None, diagnostics=(finding, *checked.diagnostics)), None
