"""One column of floats → codes: how many points each of them reaches, without making them integers first.

Floats are turned to cells (`program.cells`) and those compared, sixteen at an instruction; a float that lies in a cell
with a point is compared with the points themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiled import Integer, inner, kernel

Floats = npt.NDArray[np.float64]
Shorts = npt.NDArray[np.int16]
STRIP = 2_048
"""Values that are passed over again and again while they are in the nearest cache."""
MOST_PASSES = 96
"""Cells up to which passes are cheaper: 0.06 ns a value each, against 6 for a bisection."""
AT_ONCE = 3
LAST_CELL = 2**15 - 1
SIGN, EVERY_BIT = np.uint32(2**31), np.uint32(2**32 - 1)


@kernel
def code_floats(
    points: Floats,
    cells: Shorts,
    steps: Shorts,
    base: Integer,
    shift: Integer,
    given: Floats,
    codes: npt.NDArray[Any],
) -> None:
    """Write to `codes`, uint8, how many of `points` each of the values reaches. `points` and the rest: as
    `program.cells.Cells` has them."""
    if cells.shape[0] > MOST_PASSES:
        for i in range(given.shape[0]):
            codes[i] = _reached(points, given[i])
        return
    narrow, own = np.empty(STRIP, np.float32), np.empty(STRIP, np.int16)
    counts, near = np.empty(STRIP, np.int16), np.empty(STRIP, np.int16)
    for start in range(0, given.shape[0], STRIP):
        end = min(start + STRIP, given.shape[0])
        _to_cells(given[start:end], narrow, np.uint32(base), np.uint32(shift), own)
        counts[:] = 0
        near[:] = 0
        for k in range(0, cells.shape[0], AT_ONCE):
            second, third = min(k + 1, cells.shape[0] - 1), min(k + 2, cells.shape[0] - 1)
            _add_three(
                own,
                cells[k],
                cells[second],
                cells[third],
                steps[k],
                steps[second] if second > k else np.int16(0),
                steps[third] if third > second else np.int16(0),
                counts,
                near,
            )
        _write(points, given[start:end], counts, near, codes[start:end])


@inner
def _to_cells(given: Floats, narrow: npt.NDArray[np.float32], base: Any, shift: Any, cells: Shorts) -> None:
    for i in range(given.shape[0]):
        narrow[i] = np.float32(given[i] + 0.0)
    bits = narrow.view(np.uint32)
    for i in range(given.shape[0]):
        key = bits[i] ^ EVERY_BIT if bits[i] >= SIGN else bits[i] | SIGN
        above = np.uint32(key - base) >> shift if key > base else np.uint32(0)
        cells[i] = np.int16(min(above, np.uint32(LAST_CELL)))


@inner
def _add_three(
    cells: Shorts, a: Any, b: Any, c: Any, of_a: Any, of_b: Any, of_c: Any, counts: Shorts, near: Shorts
) -> None:
    """Count the points below, and mark what has one beside it."""
    none = np.int16(0)
    for i in range(cells.shape[0]):
        cell = cells[i]
        below = np.int16(of_a if cell > a else none)
        below += np.int16(of_b if cell > b else none)
        counts[i] += np.int16(below + np.int16(of_c if cell > c else none))
        near[i] |= np.int16(cell == a) | np.int16(cell == b) | np.int16(cell == c)


@inner
def _write(points: Floats, given: Floats, counts: Shorts, near: Shorts, codes: npt.NDArray[Any]) -> None:
    for i in range(given.shape[0]):
        codes[i] = np.uint8(counts[i])
    fours = near.view(np.int64)
    for four in range((given.shape[0] + 3) >> 2):
        if fours[four] != 0:
            for i in range(4 * four, min(4 * four + 4, given.shape[0])):
                if near[i] != 0:
                    codes[i] = _reached(points, given[i])


@inner
def _reached(points: Floats, value: Any) -> Integer:
    low, left = 0, points.shape[0]
    while left > 0:  # both branches are moves, so that nothing is guessed wrongly
        half = (left + 1) >> 1
        reached = value >= points[low + half - 1]
        low += half if reached else 0
        left = left - half if reached else half - 1
    return low
