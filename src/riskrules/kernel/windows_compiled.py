"""Functions that are compiled once and called, instead of being copied into each caller.

LLVM copies what is called into the caller, and Numba optimises a caller together with all that it calls, so a deep
pile of functions is compiled many times over: half a minute for these. A function that calls `apart` first stays one
function. A call costs about a nanosecond.
"""

from __future__ import annotations

from typing import Any

from numba import types

from .compiled import Generate, instruction


@instruction
def apart(typing_context: Any) -> tuple[Any, Generate]:
    """Mark the function that calls this."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate
