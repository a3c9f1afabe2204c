"""Compiling the kernels, once and on purpose.

Numba compiles a function at its first call with new kinds of argument, which would be in front of a
customer. So every kernel is compiled here for the only arguments it ever gets, and then told to compile no more: a
call with anything else is an error instead of a stall. Those for tables are kept in memory only: Numba's files on disk
are pickles. The one for a single payment is kept by `kept`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from numba import types

from ..base.forks import making
from . import block, coding, deciding, distinct, float_coding, texts

PROGRAM = types.Array(types.int64, 1, "C", readonly=True)
INTEGERS = types.int64[::1]
BYTES, BYTE_ROWS = types.uint8[::1], types.uint8[:, ::1]
PAIRS, PAIR_ROWS = types.uint16[::1], types.uint16[:, ::1]
HELD_ROWS = types.int64[:, ::1]
CODES, SHORTS = types.int32[::1], types.int16[::1]
DOUBLES, GIVEN_BYTES, GIVEN_CODES = (
    types.Array(x, 1, "C", readonly=True) for x in (types.float64, types.uint8, types.int32)
)
"""What another program's memory is read as."""
Kernels: TypeAlias = tuple[tuple[Any, tuple[tuple[Any, ...], ...]], ...]
"""Each kernel and its signatures."""
FOR_MANY: Kernels = (
    (coding.code_column, ((PROGRAM, types.int64, INTEGERS, BYTES), (PROGRAM, types.int64, INTEGERS, PAIRS))),
    (distinct.place_views, ((GIVEN_CODES, INTEGERS, types.boolean[::1], INTEGERS, CODES),)),
    (distinct.number_texts, ((INTEGERS, *(CODES,) * 3, *(INTEGERS,) * 2, BYTES),)),
    (float_coding.code_floats, ((types.float64[::1], SHORTS, SHORTS, types.int64, types.int64, DOUBLES, BYTES),)),
    (coding.take_codes, ((BYTES, GIVEN_BYTES, BYTES), (BYTES, GIVEN_CODES, BYTES))),
    (coding.first_out_of_bounds, ((PROGRAM, types.int64, INTEGERS),)),
    (
        block.decide,
        ((PROGRAM, *(INTEGERS,) * 2, BYTE_ROWS, PAIR_ROWS, HELD_ROWS, *(INTEGERS,) * 2, types.int16[::1], INTEGERS),),
    ),
    (block.starts, ((INTEGERS, types.int64, types.int64, types.int64, INTEGERS),)),
    (texts.total_length, ((INTEGERS, CODES),)),
    (texts.copy_texts, ((BYTES, INTEGERS, CODES, CODES, BYTES),)),
    (block.numbers, ((INTEGERS, types.int64, types.int64, types.int64, INTEGERS, CODES),)),
)

_done: list[bool] = []


def warm(tables: bool = True) -> None:
    """Compile the kernel for single payments, or load it, and unless not `tables`, compile those for tables, whatever
    is not there yet in this process. Takes seconds, most of them for tables; safe from many threads."""
    deciding.kernel()
    with making:
        if not tables or _done:
            return
        for kernel, signatures in FOR_MANY:
            for signature in signatures:
                kernel.compile(signature)
            kernel.disable_compile()
        _done.append(True)
