"""Arithmetic on 128-bit numbers, each a high and a low word.

LLVM has numbers of 128 bits and turns them into the same few instructions by which one would carry by hand
(`add` and `adc`, one `mul` and two `imul`), so that is what is used: nothing to get wrong. That no result leaves 128
bits is not checked here; `meaning.lowering` has proved it from the bounds of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types

from .compiled import Generate, instruction

_WORD, _WHOLE = ir.IntType(64), ir.IntType(128)
_PAIR = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]  # Numba's own has no types
_TWO_PAIRS = (types.int64,) * 4
Made = tuple[Any, Generate]


def _join(builder: Any, high: Any, low: Any) -> Any:
    shifted = builder.shl(builder.zext(high, _WHOLE), ir.Constant(_WHOLE, 64))
    return builder.or_(shifted, builder.zext(low, _WHOLE))


def _operation(of: Callable[[Any, Any, Any], Any]) -> Made:
    """Two numbers to one."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = of(builder, _join(builder, args[0], args[1]), _join(builder, args[2], args[3]))
        high = builder.trunc(builder.lshr(whole, ir.Constant(_WHOLE, 64)), _WORD)
        return context.make_tuple(builder, signature.return_type, (high, builder.trunc(whole, _WORD)))

    return _PAIR(*_TWO_PAIRS), generate


def _comparison(op: str) -> Made:
    """Two numbers to 1 or 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        holds = builder.icmp_signed(op, _join(builder, args[0], args[1]), _join(builder, args[2], args[3]))
        return builder.zext(holds, _WORD)

    return types.int64(*_TWO_PAIRS), generate


@instruction
def add(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _operation(lambda builder, a, b: builder.add(a, b))


@instruction
def subtract(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _operation(lambda builder, a, b: builder.sub(a, b))


@instruction
def multiply(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _operation(lambda builder, a, b: builder.mul(a, b))


@instruction
def less(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _comparison("<")


@instruction
def at_most(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _comparison("<=")


@instruction
def same(typing_context: Any, high: Any, low: Any, other_high: Any, other_low: Any) -> Made:
    return _comparison("==")
