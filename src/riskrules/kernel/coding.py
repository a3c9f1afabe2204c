"""One column of many payments → codes.

A function of its own for each column, so that a column that comes in another form can be coded from that
form without a copy. A few points are counted in one pass each, which takes the processor's widest instructions; beyond
that, each value is found by bisection.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..program import layout
from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from .compiled import Integer, inner, kernel
from .row import coded

DIRECTORY, WIDTH = layout.DIRECTORY, layout.DIRECTORY_WIDTH
MODE, RANK, POINTS, POINT_COUNT = layout.MODE, layout.RANK, layout.POINTS, layout.POINT_COUNT
LOWEST, HIGHEST = layout.LOWEST, layout.HIGHEST
MOST_PASSES = 24
"""Points up to which passes are cheaper: 0.06 to 0.2 ns a value each, against 4 and more for a bisection."""
STRIP = 2_048
"""Values that are passed over again and again while they are in the nearest cache."""

Codes = npt.NDArray[Any]
"""uint8 or uint16."""


@kernel
def code_column(code: Integers, column: Integer, values: Integers, codes: Codes) -> None:
    """Write the code of each value to `codes`, which is as long as `values` and of the column's own width."""
    at = code[DIRECTORY] + column * WIDTH
    count = code[at + POINT_COUNT]
    if code[at + MODE] == RANK and count <= MOST_PASSES:
        codes[:] = 0
        for start in range(0, values.shape[0], STRIP):
            end = min(start + STRIP, values.shape[0])
            p = code[at + POINTS]
            last = p + count
            while p < last:
                _add_reached(values[start:end], code[p], code[min(p + 1, last - 1)], p + 1 < last, codes[start:end])
                p += 2
    else:
        for i in range(values.shape[0]):
            codes[i] = coded(code, at, values[i])


@inner
def _add_reached(values: Integers, point: Integer, next_point: Integer, both: bool, codes: Codes) -> None:
    if both:
        for i in range(values.shape[0]):
            codes[i] += np.uint8(values[i] >= point) + np.uint8(values[i] >= next_point)
    else:
        for i in range(values.shape[0]):
            codes[i] += np.uint8(values[i] >= point)


@kernel
def take_codes(table: Codes, places: npt.NDArray[Any], codes: Codes) -> None:
    """codes[i] = table[places[i]], the last for a place below zero. codes uint8, places uint8 or int32."""
    last = table.shape[0] - 1
    for i in range(places.shape[0]):
        place = np.int64(places[i])
        codes[i] = table[place if place >= 0 else last]


@kernel
def first_out_of_bounds(code: Integers, column: Integer, values: Integers) -> Integer:
    """The first row whose value is outside the bounds that the column's arithmetic was proved for; -1 for none."""
    at = code[DIRECTORY] + column * WIDTH
    lowest, highest = code[at + LOWEST], code[at + HIGHEST]
    for i in range(values.shape[0]):
        if (values[i] < lowest and values[i] != MISSING_VALUE) or values[i] > highest:
            return i
    return -1
