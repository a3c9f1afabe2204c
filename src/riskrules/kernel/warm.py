"""Compiling the kernels, once and on purpose.

Numba compiles a function at its first call with new kinds of argument, which would be in front of a
customer. So every kernel is compiled here for the only arguments it ever gets, and then told to compile no more: a
call with anything else is an error instead of a stall. Kept in memory only: Numba's files on disk are pickles.
"""

from __future__ import annotations

import threading
from typing import Any

from numba import types

from . import block, coding, row

_lock = threading.Lock()
_done = False

PROGRAM = types.Array(types.int64, 1, "C", readonly=True)
INTEGERS = types.int64[::1]


def warm() -> None:
    """Compile all kernels, if that has not been done in this process. Takes seconds; safe from many threads."""
    global _done
    with _lock:
        if _done:
            return
        for kernel, signatures in KERNELS:
            for signature in signatures:
                kernel.compile(signature)
            kernel.disable_compile()
        _done = True


BYTES, BYTE_ROWS = types.uint8[::1], types.uint8[:, ::1]
PAIRS, PAIR_ROWS = types.uint16[::1], types.uint16[:, ::1]
KERNELS: tuple[tuple[Any, tuple[tuple[Any, ...], ...]], ...] = (
    (row.decide, ((PROGRAM, INTEGERS, INTEGERS),)),
    (coding.code_column, ((PROGRAM, types.int64, INTEGERS, BYTES), (PROGRAM, types.int64, INTEGERS, PAIRS))),
    (coding.first_out_of_bounds, ((PROGRAM, types.int64, INTEGERS),)),
    (
        block.decide,
        ((PROGRAM, BYTE_ROWS, PAIR_ROWS, types.int64[:, ::1], INTEGERS, INTEGERS, types.int16[::1], INTEGERS),),
    ),
    (block.starts, ((INTEGERS, types.int64, types.int64, types.int64, INTEGERS),)),
    (block.numbers, ((INTEGERS, types.int64, types.int64, types.int64, types.int32[::1]),)),
)
