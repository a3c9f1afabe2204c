"""What a `liability` block means: nodes of the same kind as those of `nodes`, in a file of their own.

A block that holds takes its first case that holds. The case says what of the loss is paid back (its reductions, each
applied to what the one before it left, in the order in which they are written) and by whom (its parts). A block
without `case` has one case that always holds, and so does `otherwise`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .nodes import Citation, Condition, InForce, Quantity, Within

EXCESS, CAP = "excess", "cap"


@dataclass(frozen=True, slots=True)
class Reduction:
    """`excess`: at most `amount` is taken off, where `where` holds (None: always). `cap`: what lies above `amount` is.
    The amount is money in minor units. What an excess takes off is borne by `party`, which `bearer` pays, both as in
    `Part`; where they are empty the victim keeps it."""

    what: str
    amount: Quantity
    where: Condition | None = None
    words: str = field(default="", compare=False)
    party: str = ""
    bearer: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The share of one party. `party` is the path as the file names it; `bearer` the path of whoever pays: the
    institution of an instrument, else the party itself. The part is `value / 10**digits` of the whole; a value of None
    is the rest."""

    party: str
    bearer: str
    value: int | None = None
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a waterfall. `parts` come to the whole; their order decides ties of rounding. `citations`: its own,
    beside those of the block."""

    when: Condition
    reductions: tuple[Reduction, ...]
    parts: tuple[Part, ...]
    words: str = field(default="", compare=False)
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Liability:
    """Who bears a loss, when `when` holds and no `unless` does. Exactly one of `cases` is taken, the first that holds;
    the last always does."""

    name: str
    text: str
    when: Condition
    unless: tuple[Condition, ...]
    loss: Quantity
    cases: tuple[Case, ...]
    within: Within | None
    citations: tuple[Citation, ...]
    in_force: InForce
