"""What each operation of the register machine does, for one payment.

One definition, which the row kernel runs an instruction at a time and the block kernel inside a loop. What the
operations mean is said in `program.machine`; yes/no is 1 or 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import machine as m
from . import wide
from .compiled import Integer, inner


@inner
def narrow(operation: Integer, a: Integer, b: Integer, c: Integer) -> Integer:
    """Operations on 64 bits with a result of 64."""
    if operation == m.MULTIPLY:
        return a * b
    if operation == m.ADD:
        return a + b
    if operation == m.SUBTRACT:
        return a - b
    if operation == m.SIGNED:
        return -a if b < 0 else a
    if operation == m.SELECT:
        return b if a != 0 else c
    if operation == m.LESS:
        return np.int64(a < b)
    if operation == m.AT_MOST:
        return np.int64(a <= b)
    if operation == m.SAME:
        return np.int64(a == b)
    if operation == m.AND:
        return a & b
    if operation == m.OR:
        return a | b
    return 1 - a


@inner
def broad(operation: Integer, a: Integer, a_low: Integer, b: Integer, b_low: Integer) -> Any:
    """Operations on two numbers of 128 bits, each a high word and a low one. Of a comparison, the high word is the
    result."""
    if operation == m.MULTIPLY_WIDE:
        return wide.multiply(a, a_low, b, b_low)
    if operation == m.ADD_WIDE:
        return wide.add(a, a_low, b, b_low)
    if operation == m.SUBTRACT_WIDE:
        return wide.subtract(a, a_low, b, b_low)
    if operation == m.SIGNED_WIDE:
        return wide.subtract(0, 0, a, a_low) if b < 0 else (a, a_low)
    if operation == m.LESS_WIDE:
        return wide.less(a, a_low, b, b_low), 0
    if operation == m.AT_MOST_WIDE:
        return wide.at_most(a, a_low, b, b_low), 0
    return wide.same(a, a_low, b, b_low), 0
