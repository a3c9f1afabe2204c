"""Functions that are compiled once and called, instead of being copied into each caller.

Numba hands LLVM a function together with all that it calls, and all that these call, so a deep pile of functions is
optimised and made machine code of many times over; for these it was more than half of the time. A function that is
`apart` is compiled alone, and its callers know no more of it than its name and its arguments. Arrays are handed on as
the `address` of their items: one word instead of seven, and nobody counts who refers to it.

The price: a call cannot be inlined, which costs about a nanosecond; and this leans on three names inside Numba
(`get_call_template`, `fndesc`, `call_internal`), which are those that its own calls go through.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types

from .compiled import Generate, inner, instruction

Function = TypeVar("Function", bound=Callable[..., Any])


def apart(function: Function) -> Function:
    """Compiled when a caller is first compiled, for the kinds of its arguments."""
    compiled: Any = inner(function)

    def definition(typing_context: Any, *arguments: Any) -> tuple[Any, Generate]:
        template, *_ = compiled.get_call_template(arguments, {})
        (signature,) = template.cases
        descriptor = compiled.overloads[signature.args].fndesc

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return context.call_internal(builder, descriptor, signature, args)

        return signature, generate

    own = inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [own, *inspect.signature(function).parameters.values()]
    definition.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by Numba
    definition.__name__ = function.__name__
    return cast(Function, instruction(definition))


@instruction
def address(typing_context: Any, array: Any) -> tuple[Any, Generate]:
    """Of an array's first item. The array must be kept for as long."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), generate  # type: ignore[no-untyped-call]  # Numba's own


@instruction
def word_at(typing_context: Any, items: Any, start: Any) -> tuple[Any, Generate]:
    """The eight bytes from the byte `start` on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.gep(builder.bitcast(args[0], ir.IntType(8).as_pointer()), [args[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.int64(items, types.int64), generate
