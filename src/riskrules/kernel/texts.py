"""Texts of few kinds, laid one behind the other: the names of the rules that fired, row by row.

Sixteen bytes are copied at once, whatever a text's length is: what is too much is written over by the next one. So
there are `BEYOND` bytes more than texts behind what is read and what is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..program.layout import Integers
from .compiled import Integer, kernel
from .memory import copy_sixteen

Bytes = npt.NDArray[Any]
"""uint8."""
Codes = npt.NDArray[np.int32]
BEYOND = 16


@kernel
def total_length(begins: Integers, codes: Codes) -> Integer:
    """Bytes of all texts. A code below zero is the last text's."""
    last = begins.shape[0] - 2
    total = 0
    for i in range(codes.shape[0]):
        code = codes[i] if codes[i] >= 0 else last
        total += begins[code + 1] - begins[code]
    return total


@kernel
def copy_texts(texts: Bytes, begins: Integers, codes: Codes, bounds: Codes, to: Bytes) -> None:
    """Lay the texts down in `to`, text codes[i] from bounds[i] to bounds[i + 1], which are filled. Text c is
    texts[begins[c]:begins[c + 1]], and a code below zero is the last one's, which is empty. codes int32[n], bounds
    int32[n + 1]."""
    last = begins.shape[0] - 2
    given, taken = texts.ctypes.data, to.ctypes.data
    at = 0
    for i in range(codes.shape[0]):
        code = codes[i] if codes[i] >= 0 else last
        first = begins[code]
        length = begins[code + 1] - first
        bounds[i] = at
        for k in range(0, length, BEYOND):
            copy_sixteen(given + first + k, taken + at + k)
        at += length
    bounds[codes.shape[0]] = at
