"""Who bears a loss: the specification, and what decides. Shares of whole minor units that always sum to the loss.

The block that holds says what is paid back: the loss, less its reductions in the order in which they are written.
UK regulation does not say whether the excess comes off before or after the cap (unverified in every source read), so
the file says it: `excess` above `cap` takes the excess from the loss and then caps what is left; `cap` above `excess`
caps the loss and takes the excess from that. What is paid back is parted among the shares by largest remainder: each
party gets its part rounded down, and the units left over go one by one to the largest remainders, of equal ones to the
share written first. `rest` is a share of whatever percentage is left, so writing it or that percentage is the same.

What is not paid back stays with the victim, as a share of its own: the excess, what lies above the cap, or, where
no block holds, the whole loss. An excess that is `borne by` another party is a share of that party instead: the
victim gets it back, and the others do not part it among them. So the shares of a claim sum to its loss, whatever the
file says, and none is negative. Two blocks that hold for one claim are an error that names both: which of them was
meant is for their author to say. There is no kernel for this: claims are few, and the interpreter decides a few ten
thousand a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..base.money import in_proportion
from . import nodes as n
from .interpreter import Lists, Values, holds, holds_whole, in_force, quantity
from .losses import CAP, Case, Liability, Part, Reduction

VICTIM = "claim.victim"
"""Who keeps what nobody pays back."""
LOSS = "claim.loss"
SHARE, EXCESS, ABOVE_CAP, UNCOVERED = "share", "excess", "above the cap", "no block applies"


class AllocationError(ValueError):
    """A loss that cannot be shared. The message is a sentence; `field` the input at fault, "" for none."""

    def __init__(self, problem: str, field: str = "") -> None:
        super().__init__(problem)
        self.field = field


@dataclass(frozen=True, slots=True)
class Portion:
    """What one party bears, in minor units. `why` is SHARE, or EXCESS, ABOVE_CAP and UNCOVERED, of the victim several
    joined by a comma; `part` the share as the file has it, None for all but a SHARE."""

    party: str
    bearer: str
    amount_minor: int
    why: str
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """`liability` and `case` (counted from 0) are those that were taken, None where no block held. `shared_minor` is
    what its percentages are of. Portions are in the order of the file, an excess that somebody bears after the shares,
    what stays with the victim last; they sum to `loss_minor`."""

    liability: Liability | None
    case: int | None
    loss_minor: int
    shared_minor: int
    portions: tuple[Portion, ...]


def allocate(ruleset: n.Frame, values: Values, lists: Lists) -> Allocation | None:
    """The shares of one claim; None where the ruleset has no `liability`. AllocationError when two blocks hold, or
    the loss, a reduction or a party of the block is missing."""
    if not ruleset.liabilities:
        return None
    now = values["occurred_at"]
    assert isinstance(now, int)
    awake = in_force(ruleset.in_force, now)
    holding = [x for x in ruleset.liabilities if awake and _holds(x, values, lists, now)]
    if len(holding) > 1:
        names = " and ".join(f"`{x.name}`" for x in holding)
        raise AllocationError(f"{names} both say who bears this loss, and only one may")
    if not holding:
        loss_minor = _loss(values.get(LOSS))
        stays = Portion(VICTIM, VICTIM, loss_minor, UNCOVERED)
        return Allocation(None, None, loss_minor, 0, (stays,))
    return _of_block(holding[0], values, lists)


def _holds(block: Liability, values: Values, lists: Lists, now: int) -> bool:
    return holds_whole(n.Rule(block.name, "", block.when, block.unless, in_force=block.in_force), values, lists, now)


def _of_block(block: Liability, values: Values, lists: Lists) -> Allocation:
    loss_minor = _loss(quantity(block.loss, values))
    index, case = _taken(block, values, lists)
    left, kept, lost = loss_minor, 0, []
    borne: list[Portion] = []
    for reduction in case.reductions:
        taken = _reduced(reduction, left, values, lists)
        left -= taken
        if taken and reduction.party:
            _somebody(block, reduction.party, reduction.bearer, values)
            borne.append(Portion(reduction.party, reduction.bearer, taken, EXCESS))
        elif taken:
            kept += taken
            lost.append(ABOVE_CAP if reduction.what == CAP else EXCESS)
    portions = []
    for part, amount in zip(case.parts, parted(left, case.parts), strict=True):
        _somebody(block, part.party, part.bearer, values)
        portions.append(Portion(part.party, part.bearer, amount, SHARE, part))
    portions += borne
    if kept:
        portions.append(Portion(VICTIM, VICTIM, kept, ", ".join(lost)))
    return Allocation(block, index, loss_minor, left, tuple(portions))


def _somebody(block: Liability, party: str, bearer: str, values: Values) -> None:
    if values.get(bearer) is None and bearer != VICTIM:
        raise AllocationError(f"is missing, and `{block.name}` gives `{party}` a share", bearer)


def _taken(block: Liability, values: Values, lists: Lists) -> tuple[int, Case]:
    return next((i, case) for i, case in enumerate(block.cases) if holds(case.when, values, lists))


def _loss(value: n.Value | Fraction | None) -> int:
    """Whole minor units, zero or more."""
    if value is None:
        raise AllocationError("is missing, and without it there is nothing to share", LOSS)
    assert not isinstance(value, str)
    amount = Fraction(value)
    if amount.denominator != 1:
        raise AllocationError("comes to a part of a minor unit", LOSS)
    if amount < 0:
        raise AllocationError("is below zero", LOSS)
    return int(amount)


def _reduced(reduction: Reduction, left: int, values: Values, lists: Lists) -> int:
    """What the reduction takes off."""
    if reduction.where is not None and not holds(reduction.where, values, lists):
        return 0
    amount = quantity(reduction.amount, values)
    if amount is None:
        raise AllocationError(f"has no value, and `{reduction.words}` needs one", LOSS)
    if amount < 0 or amount.denominator != 1:
        raise AllocationError(f"cannot be reduced by `{reduction.words}`, which is below zero here", LOSS)
    whole = int(amount)
    return max(0, left - whole) if reduction.what == CAP else min(left, whole)


def parted(whole: int, parts: Sequence[Part]) -> list[int]:
    """`whole` units by the parts' percentages, by largest remainder."""
    digits = max(p.digits for p in parts)
    stated = [None if p.value is None else p.value * 10 ** (digits - p.digits) for p in parts]
    rest = 10**digits - sum(x for x in stated if x is not None)
    return in_proportion(whole, [rest if x is None else x for x in stated])
