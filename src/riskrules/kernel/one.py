"""The kernel for one payment, compiled: one function of four integers, so that its machine code is one piece.

Arguments are addresses: arrays as arguments would tie the code to Numba's own objects, which another process has not.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types

from ..program import layout
from ..program.layout import Integers
from . import desks as k
from . import plain, row, windowed
from .compiled import Integer, inner
from .gathering import gather, is_whole
from .objects import further, words_at

NOT_PLAIN = layout.NOT_PLAIN
PLAIN, REST, EVENT = layout.PLAIN, layout.REST, layout.EVENT
ASKING, TELLING = layout.ASKING, layout.TELLING
GATHERING, ROOM, ANSWER, NONE = k.GATHERING, k.ROOM, k.ANSWER, k.G_NONE


def enter(which: Integer, first: Integer, second: Integer, third: Integer) -> Integer:
    """PLAIN: `plain.decide` (desk, payment). REST: `plain.decide_rest` (desk). EVENT: `_event` (desk,
    event), whose answer is an object. ASKING, TELLING: `windowed.decide` (desk, payment, way). Else `row.decide` (code,
    values, out)."""
    if which == PLAIN:
        return plain.decide(words_at(first), second)
    if which == REST:
        return plain.decide_rest(words_at(first))
    if which == EVENT:
        return _event(words_at(first), second)
    if which in (ASKING, TELLING):
        return windowed.decide(words_at(first), second, words_at(third), which == TELLING)
    return row.decide(words_at(first), words_at(second), words_at(third))


@inner
def _event(desk: Integers, event: Integer) -> Integer:
    """The tuple that `gather` makes of a dict; and as ANSWER on the desk what `plain.decide` says of it, or NOT_PLAIN
    where Python has to look at the event first."""
    plan = words_at(desk[GATHERING])
    found = gather(plan, event, further(desk, desk[ROOM]))
    desk[ANSWER] = NOT_PLAIN
    if found != plan[NONE] and found != 0 and is_whole(plan, event):
        desk[ANSWER] = plain.decide(desk, found)
    return found


def compiled() -> tuple[Any, str, bytes]:
    """What keeps the code in memory, the name of the function in it, and the code as an object file. Takes seconds."""
    signature = (types.int64,) * 4
    options: dict[str, Any] = {"no_cpython_wrapper": True, "error_model": "numpy"}
    kernel: Any = njit(**options)(enter)
    kernel.compile(signature)
    made = kernel.overloads[signature]
    name = made.fndesc.llvm_cfunc_wrapper_name
    return made, name, made.library._get_compiled_object()


def address(made: Any, name: str) -> int:
    """Where the function begins."""
    found: int = made.library.get_pointer_to_function(name)
    return found
