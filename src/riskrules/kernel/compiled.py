"""How kernels are compiled.

`kernel`: called from Python; lets the interpreter's lock go. `pointed`: called from other machine code, by its address.
`inner`: called from kernels only, without the two wrappers that Numba would compile for callers that it never has: a
third of its compile time. `instruction`: a few instructions of LLVM. Never `fastmath` (it deletes tests for NaN), never
`parallel` (two threads may abort it), never `cache` (its files are pickles).
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


def pointed(function: Function) -> Function:
    """Compiled by `warm`, and then called from machine code that is given its `pointer`: of integers only."""
    options: dict[str, Any] = {"nogil": True, "no_cpython_wrapper": True, "error_model": "numpy"}
    return cast(Function, njit(**options)(function))


def pointer(function: Any) -> int:
    """Where a function that is `pointed`, and compiled, begins."""
    (made,) = function.overloads.values()
    found: int = made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)
    return found


def inner(function: Function) -> Function:
    options: dict[str, Any] = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast(Function, njit(**options)(function))


def instruction(function: Callable[..., tuple[Any, Generate]]) -> Callable[..., Any]:
    """What the function generates, called with all its arguments but the first, which is Numba's own."""
    return cast(Callable[..., Any], intrinsic(function))
