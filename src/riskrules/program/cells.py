"""The points of a column of numbers, for floats that are compared as they came.

Few bits of a float tell most of them from every point: a float of 32 bits, moved and cut to a cell, one of some ten
thousand from below the first point to above the last. Cells are compared sixteen at a time, and only for a float in the
very cell of a point are the points themselves looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..schema.floats import first_float

MOST_CELLS = 2**15 - 1
"""So that an int16 holds the number of a cell."""
SIGN = np.uint32(2**31)


class Cells:
    """`points` float64[k], rising; `cells` int16[m], rising, those that have a point; `steps` int16[m], how many points
    each has; `base` and `shift`: a float whose key is u lies in cell (u - base) >> shift."""

    def __init__(self, points: Sequence[int], digits: int) -> None:
        """`points`: in units of 10**-`digits`, to the nearest of which a float is taken to be rounded."""
        self.points = np.array([first_float(point, digits) for point in points], np.float64)
        keys = keys_of(self.points).astype(np.int64)
        width = int(keys[-1] - keys[0]) if len(keys) else 0
        self.shift = next(k for k in range(32) if (width >> k) + 3 <= MOST_CELLS)
        self.base = max(int(keys[0]) - (1 << self.shift), 0) if len(keys) else 0
        cells, steps = np.unique((keys - self.base) >> self.shift, return_counts=True)
        self.cells, self.steps = cells.astype(np.int16), steps.astype(np.int16)


def keys_of(floats: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    """uint32[n], which rise with the floats: their nearest floats of 32 bits, read as numbers. Both zeros are one."""
    bits = (floats + 0.0).astype(np.float32).view(np.uint32)
    return np.where(bits >= SIGN, ~bits, bits | SIGN)
