"""Whole groups of words and-ed in memory, a register at a time. Arguments are addresses.

Written as intrinsics, since what LLVM makes of the same loop by itself is worse by a factor of five: it turns the loop
round and gathers single words from all over the tables.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types

from ..program.laid import GROUP
from .compiled import Generate, instruction

_GROUP = ir.VectorType(ir.IntType(64), GROUP)
_WORD_BYTES = 8


def _place(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _GROUP.as_pointer())


def _meet(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    *given, to = (_place(builder, address) for address in args)
    groups = [builder.load(place, align=_WORD_BYTES) for place in (*given, to)]
    builder.store(reduce(builder.and_, groups), to, align=_WORD_BYTES)
    return context.get_dummy_value()


@instruction
def meet(typing_context: Any, given: Any, to: Any) -> tuple[Any, Generate]:
    """Leave in the group at address `to` what is in the one at `given` too."""
    return types.void(*[types.int64] * 2), _meet


@instruction
def meet_eight(
    typing_context: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, to: Any
) -> tuple[Any, Generate]:
    """Leave in the group at address `to` what is in the eight others too."""
    return types.void(*[types.int64] * 9), _meet
