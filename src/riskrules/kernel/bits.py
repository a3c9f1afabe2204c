"""What a processor can do with a word of bits and Numba does not offer: the place of the lowest bit, and their number.

Written as intrinsics, a few instructions of LLVM each, because a loop over the bits would cost more than the rest of a
decision. A word is an int64 pattern throughout: Numba turns a mixture of signed and unsigned into floating point.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils

from .compiled import Generate, instruction


@instruction
def lowest_bit(typing_context: Any, word: Any) -> tuple[Any, Generate]:
    """Place (0 to 63) of the lowest bit that is set; 64 for none."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], cgutils.false_bit)

    return types.int64(types.int64), generate


@instruction
def bit_count(typing_context: Any, word: Any) -> tuple[Any, Generate]:
    """How many bits are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), generate
