"""How a balance is shared among those who have a claim on it: in proportion, nobody above the claim, to the last unit.

Whole numbers only. A share is the claim's part of the balance, rounded down; the units that are left over go one each
to the largest remainders, equal ones to the earlier claim. Who would get more than the claim gets the claim, and the
rest is shared again among the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..base.money import in_proportion


@dataclass(frozen=True, slots=True)
class Sharing:
    """See `funds.tracing`."""

    pool: Literal["victims", "all"] = "victims"
    share_by: Literal["brought", "loss"] = "brought"
    lowest_balance: bool = False


def capped(amount: int, weights: Sequence[int], caps: Sequence[int]) -> list[int]:
    """The amount in proportion (`in_proportion`), nobody above the cap (not negative; nothing for who has no weight);
    what is above goes to the others. The sum is the smaller of the amount and of all caps of those with a weight.

    Whoever the exact share would put at the cap or above gets the cap, until nobody is left of that kind. What is then
    left is shared in one step, so that rounding happens once, at the end."""
    shares = [0] * len(weights)
    open_places = [i for i, weight in enumerate(weights) if weight > 0]
    left = amount
    while open_places:
        whole = sum(weights[i] for i in open_places)
        full = {i for i in open_places if left * weights[i] >= caps[i] * whole}
        if not full:
            break
        for i in full:
            shares[i] = caps[i]
            left -= caps[i]
        open_places = [i for i in open_places if i not in full]
    for i, part in zip(open_places, in_proportion(left, [weights[i] for i in open_places]), strict=True):
        shares[i] = part
    return shares
