"""A payment's own values out of the dicts that they lie in, side by side in a tuple.

The dicts are those that the interpreter's own JSON reader makes; anything else that maps (a subclass, a host's own
mapping) is left to Python, which asks it politely.
"""

from __future__ import annotations

from ..program.layout import Integers
from . import desks as k
from .compiled import Integer, inner
from .objects import held, let_go, looked_up, new_tuple, place, type_of

NONE, DICT, STR, COUNT, MAPPINGS, HEADER = k.G_NONE, k.G_DICT, k.G_STR, k.G_COUNT, k.G_MAPPINGS, k.G_HEADER
CURRENCY, CURRENCIES, NESTED = k.G_CURRENCY, k.G_CURRENCIES, k.G_NESTED
ABOVE, KEY, LEAVES, WIDTH = k.G_ABOVE, k.G_KEY, k.G_LEAVES, k.G_WIDTH


@inner
def gather(plan: Integers, event: Integer, found: Integers) -> Integer:
    """A new tuple of the values that `plan` (from `desks.gathering_plan`) names, None for each that there is not; None
    itself when something in the event that should be a dict is none. `event`: a dict. `found`: room for a word a
    mapping."""
    none = plan[NONE]
    made = new_tuple(plan[COUNT])
    if made == 0:
        return 0
    at, slot = HEADER, 0
    for mapping in range(plan[MAPPINGS]):
        part = event
        if mapping > 0:
            above = found[plan[at + ABOVE]]
            part = looked_up(above, plan[at + KEY]) if above != 0 else 0
            part = 0 if part == none else part
            if part != 0 and type_of(part) != plan[DICT]:
                let_go(made)
                return held(none)
        found[mapping] = part
        for leaf in range(plan[at + LEAVES]):
            value = looked_up(part, plan[at + WIDTH + leaf]) if part != 0 else 0
            place(made, slot, none if value == 0 else value)
            slot += 1
        at += WIDTH + plan[at + LEAVES]
    return made


@inner
def is_whole(plan: Integers, event: Integer) -> bool:
    """Whether what was gathered is all that there is: the currency, if it is told, is the ruleset's, and there is no
    object in the event that may hold more."""
    currency = looked_up(event, plan[CURRENCY])
    if currency != 0 and currency != plan[NONE]:
        if type_of(currency) != plan[STR] or looked_up(plan[CURRENCIES], currency) == 0:
            return False
    if plan[NESTED] == 0:
        return True
    nested = looked_up(event, plan[NESTED])
    return bool(nested == 0 or nested == plan[NONE])
