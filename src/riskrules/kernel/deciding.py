"""The kernel for one payment, as Python calls it: from machine code that was kept, else compiled.

Compiling takes seconds, a process; the code is the same every time. So it is kept on disk, as an object file: no
pickle, and nothing that describes Python's objects. Whoever can write it can run code, as with any program, so it lies
where nobody else may write (`kept`), and is looked up by all that it depends on: the sources of the kernels, the
versions of Python, Numba and LLVM, and the processor. Where there is no such place, each process compiles.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from ..base.forks import making
from ..program.layout import PLAIN, ROW, Integers
from . import desks as k
from . import kept

Kernel: TypeAlias = Callable[[int, int, int, int], int]
EventKernel: TypeAlias = Callable[[int, int, dict[Any, Any], int], "tuple[Any, ...] | None"]
_keeps: list[Any] = []


@lru_cache(maxsize=1)
def kernel() -> Kernel:
    """`one.enter`, loaded or compiled once a process. Safe from many threads."""
    return ctypes.PYFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(_address())


@lru_cache(maxsize=1)
def event_kernel() -> EventKernel:
    """The same for EVENT, which is given an object and answers with one."""
    word, thing = ctypes.c_int64, ctypes.py_object
    return ctypes.PYFUNCTYPE(thing, word, word, thing, word)(_address())


def _address() -> int:
    """Where the code begins. It is called with the interpreter's lock, since it reads Python's own objects."""
    with making:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> int:
    loaded = kept.load()
    if loaded is not None:
        _keeps.append(loaded.keeps)
        return loaded.address
    from . import one

    compiled, name, code = one.compiled()
    _keeps.append(compiled)
    kept.save(name, code)
    return one.address(compiled, name)


def decide_row(code: Integers, values: Integers, out: Integers) -> int:
    """`row.decide` for arrays: the program's, the columns of one payment, and room for what comes out."""
    return kernel()(ROW, code.ctypes.data, values.ctypes.data, out.ctypes.data)


@lru_cache(maxsize=1)
def works() -> bool:
    """Whether this interpreter's objects are read rightly: all kinds of them are tried."""
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    words, items = {"known": 3}, frozenset({"listed"})
    rows = [
        (k.NUMBER, 0, 1, -5, 10**15, 1, 0, 0, k.NOT_OPTIONAL),
        (k.NUMBER, 1, 2, -(10**12), 10**12, 10**9, 1, 0, k.NOT_OPTIONAL),
        (k.NUMBER, 2, 3, 0, 10**15, 100, 6, 0, k.NOT_OPTIONAL),
        (k.YES_NO, 3, 4, 0, 1, 0, 0, 0, k.NOT_OPTIONAL),
        (k.YES_NO, 4, 5, 0, 1, 0, 0, 0, k.NOT_OPTIONAL),
        (k.WORD, 5, 6, 0, 9, 7, 9, k.address_of(words), k.NOT_OPTIONAL),
        (k.WORD, 6, 7, 0, 9, 7, 9, k.address_of(words), k.NOT_OPTIONAL),
        (k.MEMBER, 7, 8, 0, 1, 9, 0, k.address_of(items), k.NOT_OPTIONAL),
        (k.TIME, 8, 9, 0, 2**62, 0, 0, 0, k.NOT_OPTIONAL),
        (k.NUMBER, 9, 10, 0, 9, 1, 0, 0, 77),
    ]
    enter = kernel()
    plan, code = k.plan_of(rows, has_all=False), np.zeros(1, np.int64)
    good = (12, 0.25, "12.5", True, False, "known", "é", "listed", "2026-06-15T04:00:00Z", None)
    right = [0, 12, 250_000_000, 1250, 1, 0, 3, 7, 1, 1_781_496_000_000_000, 77]
    others: tuple[object, ...] = (True, "0.25", 2**70, "x", 3, 1, b"known", None, "2026-02-30T04:00:00Z", "9")
    desk = np.zeros(k.DESK_HEADER + len(right) + 1, np.int64)
    k.lay_desk(desk, plan, code, plan, 0, len(right), 1, 0)
    if enter(PLAIN, desk.ctypes.data, k.address_of(good), 0) != 0 or desk[k.DESK_HEADER:-1].tolist() != right:
        return False
    tried = [(*good[:i], other, *good[i + 1 :]) for i, other in enumerate(others)]
    return all(enter(PLAIN, desk.ctypes.data, k.address_of(bad), 0) == k.NOT_PLAIN for bad in tried)
