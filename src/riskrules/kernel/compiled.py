"""How kernels are compiled.

`kernel`: called from Python; lets the interpreter's lock go. `inner`: called from kernels only, without the two
wrappers that Numba would compile for callers that it never has: a third of its compile time. `instruction`: a few
instructions of LLVM. Never `fastmath` (it deletes tests for NaN), never `parallel` (two threads may abort it), never
`cache` (its files are pickles).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from numba import njit
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
Integer: TypeAlias = Any
"""An int64: outside a kernel an `int`, inside a machine word, which wraps."""
Generate: TypeAlias = Callable[..., Any]


def kernel(function: Function) -> Function:
    """Compiled when it is first called, or by `warm`."""
    return cast(Function, njit(nogil=True)(function))


def inner(function: Function) -> Function:
    options: dict[str, Any] = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, njit(**options)(function))


def instruction(function: Callable[..., tuple[Any, Generate]]) -> Callable[..., Any]:
    """What the function generates, called with all its arguments but the first, which is Numba's own."""
    return cast(Callable[..., Any], intrinsic(function))
