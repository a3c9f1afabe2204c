"""The kernel for one payment, compiled: one function of four integers, so that its machine code is one piece.

Arguments are addresses: arrays as arguments would tie the code to Numba's own objects, which another process has not.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types

from ..program import layout
from . import plain, row
from .compiled import Integer
from .gathering import gather
from .objects import words_at

PLAIN, REST, GATHER = layout.PLAIN, layout.REST, layout.GATHER


def enter(which: Integer, first: Integer, second: Integer, third: Integer) -> Integer:
    """PLAIN: `plain.decide` (desk, payment). REST: `plain.decide_rest` (desk). GATHER: `gather` (plan,
    event, room), whose answer is an object. Else `row.decide` (code, values, out)."""
    if which == PLAIN:
        return plain.decide(words_at(first), second)
    if which == REST:
        return plain.decide_rest(words_at(first))
    if which == GATHER:
        return gather(words_at(first), second, words_at(third))
    return row.decide(words_at(first), words_at(second), words_at(third))


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
