"""Texts of few kinds, laid one behind the other: the names of the rules that fired, row by row."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ..program.layout import Integers
from .compiled import kernel

Bytes = npt.NDArray[Any]
"""uint8."""


@kernel
def copy_texts(texts: Bytes, begins: Integers, codes: npt.NDArray[Any], bounds: Integers, to: Bytes) -> None:
    """Copy text codes[i], which begins at begins[codes[i]] in `texts`, to bounds[i] up to bounds[i + 1] in `to`, and
    nothing for a code below zero. codes int32[n], bounds int64[n + 1]."""
    for i in range(codes.shape[0]):
        code = codes[i]
        if code >= 0:
            at, start = bounds[i], begins[code]
            for j in range(bounds[i + 1] - at):
                to[at + j] = texts[start + j]
