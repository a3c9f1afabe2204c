"""One payment with its windows: laid out, asked, decided and recorded in one call.

The store's own kernel is called by its address, so that this one knows nothing of it: the store is compiled in each
process that has one, and what decides is kept on disk. Once all is laid out no object of Python's is looked at, and its
lock is let go. Whoever calls holds the store's.
"""

from __future__ import annotations

from ..program.layout import Integers
from . import desks as k
from . import plain
from . import windows_layout as w
from .compiled import Integer, inner
from .laying import lay
from .objects import called, further, go_on, let_others, words_at

LAYING, VALUES, AHEAD, DESK_HEADER = k.LAYING, k.VALUES, k.AHEAD, k.DESK_HEADER
READINGS, HOLDS_FIRED = k.L_READINGS, k.L_HOLDS_FIRED
NOT_PLAIN, FIRED, MOVED = k.NOT_PLAIN, k.FIRED, k.MOVED
KERNEL, MEMORY, QUESTION, EVENT, ANSWERS = w.W_KERNEL, w.W_MEMORY, w.W_QUESTION, w.W_EVENT, w.W_ANSWERS
ASK, TELL, ASKED, ANY_UNAVAILABLE = w.ASK, w.TELL, w.ASKED, w.ANY_UNAVAILABLE
RECORDED, SAME, CONFLICT = w.RECORDED, w.SAME, w.CONFLICT


@inner
def decide(desk: Integers, payment: Integer, way: Integers, telling: bool) -> Integer:
    """What `plain.decide_rest` answers, the columns being there but for those of windows; and when `telling`, MOVED
    more for a payment that goes ahead and is recorded now or was before. NOT_PLAIN where Python has to look at it, and
    then nothing was recorded. `payment`: the address of a tuple. `way`: as `windows_layout` says."""
    plan, values = words_at(desk[LAYING]), further(desk, desk[VALUES])
    if not lay(plan, payment, way, values[0], telling):
        return NOT_PLAIN
    thread = let_others()
    act = _decided(desk, plan, way, telling)
    go_on(thread)
    return act


@inner
def _decided(desk: Integers, plan: Integers, way: Integers, telling: bool) -> Integer:
    memory, question, event = way[MEMORY], way[QUESTION], way[EVENT]
    kinds = called(way[KERNEL], ASK, memory, question, event)
    if kinds < ASKED or kinds & ANY_UNAVAILABLE != 0:
        return NOT_PLAIN
    answers = further(words_at(question), way[ANSWERS])
    for i in range(plan[READINGS]):
        desk[DESK_HEADER + i] = answers[i]
    act = plain.decide_rest(desk)
    if not telling or act < 0:
        return act
    fired = act >= FIRED
    ahead = words_at(desk[AHEAD])[act - FIRED if fired else act]
    if ahead == 0 or (fired and plan[HOLDS_FIRED] != 0):
        return act
    told = called(way[KERNEL], TELL, memory, question, event)
    if told in (RECORDED, SAME):
        return act + MOVED
    return act if told == CONFLICT else NOT_PLAIN
