"""Whole columns of Arrow numbers as money, number, ratio and count, exactly as `schema.values` reads one.

Integers and floats are scaled in NumPy. Where a float's nearest unit is in doubt (its product with the scale
lies within rounding of a half), the row is worked out by the specification itself; that is a handful in a
million. Decimals that fit 64 bits are scaled as integers, wider ones one by one.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..schema.errors import PaymentError
from ..schema.fields import Field
from ..schema.floats import first_float, last_float
from ..schema.values import FAR_AWAY, FAR_DIGITS, decimals_of, narrow_float, not_exact, not_finite, too_far
from .arrow import Raw
from .columns import Cells, Floats, Mask, Numbers
from .reading import HALF_EVEN, MINOR, Reading, read_cell

INTEGERS = {"c": "<i1", "C": "<u1", "s": "<i2", "S": "<u2", "i": "<i4", "I": "<u4", "l": "<i8", "L": "<u8"}
FLOATS = {"e": "<f2", "f": "<f4", "g": "<f8"}
_MOST_SCALED = 2**62  # a scaled value stays below this, so that it cannot wrap
_MOST_POWER = 18  # 10**18 fits 64 bits
_MOST_ERROR = 1e-4
_MOST_DOUBTFUL = 1_000  # of a batch; more are values that repeat
_PRODUCT_ERROR = 2.0**-52  # of a product of two floats, as a share of it: twice what it can be


def integers_of(raw: Raw, cells: Cells) -> NDArray[np.int64]:
    """The integers of a column, int64[n]; those above 2**63 - 1 are refused, and rows without one are zero."""
    given = raw.buffer(1, INTEGERS[raw.format])
    if raw.format == "L":
        cells.refuse(given > np.uint64(2**63 - 1), lambda: too_far(cells.target))
    return np.where(cells.present, given, 0).astype(np.int64)


def digits_for(f: Field, how: Reading) -> int:
    return 0 if how.unit == MINOR else decimals_of(f)


def read_integers(f: Field, raw: Raw, cells: Cells, how: Reading) -> Numbers:
    whole = integers_of(raw, cells)
    scale = 10 ** digits_for(f, how)
    most = min(FAR_AWAY, _MOST_SCALED // scale)
    cells.refuse((whole > most) | (whole < -most), lambda: too_far(f))
    return cells.bound(np.where(cells.present, whole, 0) * scale)


def read_floats(f: Field, raw: Raw, cells: Cells, how: Reading) -> Numbers:
    money = f.kind.name == "money"
    if money and raw.format != "g":
        cells.refuse_all(lambda: narrow_float(f))
        return cells.bound(np.zeros(raw.length, np.int64))
    given = raw.buffer(1, FLOATS[raw.format]).astype(np.float64, copy=False)
    digits = digits_for(f, how)
    given = np.where(cells.present, given, 0.0)
    cells.refuse(~np.isfinite(given), lambda: not_finite(f))
    far = np.abs(given) > (FAR_AWAY / 10**digits if money else min(FAR_AWAY, _MOST_SCALED // 10**digits))
    cells.refuse(far, lambda: too_far(f))
    given = np.where(cells.present, given, 0.0)
    if money and how.rounding != HALF_EVEN:
        units = np.rint(given * 10.0**digits)
        cells.refuse(units / 10.0**digits != given, lambda: not_exact(f, digits))
        return cells.bound(units.astype(np.int64))
    if f.kind.name == "count":
        cells.refuse(np.trunc(given) != given, lambda: not_exact(f, digits))
        return cells.bound(given.astype(np.int64))
    return cells.bound(_nearest(given, digits))


def floats_within(f: Field, raw: Raw) -> Floats | None:
    """A column of numbers or ratios, all there, as the floats that they came as; None where some are out of bounds."""
    given, digits = raw.buffer(1, FLOATS[raw.format]).astype(np.float64, copy=False), decimals_of(f)
    lowest, highest = first_float(f.lowest, digits), last_float(f.highest, digits)
    if not (lowest <= given.min() and given.max() <= highest):  # neither holds where one is not a number
        return None
    return Floats(given, digits, lambda: _rounded(given, digits), raw.owner)


def _rounded(given: NDArray[np.float64], digits: int) -> NDArray[np.int64]:
    """Floats within the bounds of a field, as units."""
    units = _plainly(given, digits)
    return _nearest(given, digits) if units is None else units


def _plainly(given: NDArray[np.float64], digits: int) -> NDArray[np.int64] | None:
    """`_nearest`, in a few steps for small values; None where some are not small or not finite, or where many are
    halves of a unit. The product of a value is off by at most the share `_PRODUCT_ERROR` of it, so what is nearer to a
    whole number than one half, less that error, rounds to it."""
    largest = max(float(given.max(initial=0.0)), -float(given.min(initial=0.0)))
    error = largest * 10.0**digits * _PRODUCT_ERROR
    if not error < _MOST_ERROR:  # also where one is not a number
        return None
    scaled = given * 10.0**digits
    nearest = np.rint(scaled)
    units: NDArray[np.int64] = nearest.astype(np.int64)
    scaled -= nearest
    np.abs(scaled, out=scaled)
    doubtful = np.flatnonzero(scaled >= 0.5 - error)
    if len(doubtful) > _MOST_DOUBTFUL:
        return None
    for row in doubtful.tolist():
        units[row] = _one(float(given[row]), digits)
    return units


def _nearest(given: NDArray[np.float64], digits: int) -> NDArray[np.int64]:
    """The nearest unit of 10**-digits, half to even, of the exact binary values. |given| * 10**digits < 2**62."""
    whole = np.trunc(given)
    rest = (given - whole) * 10.0**digits  # both parts of the difference are exact; the product is nearly so
    scale: int = 10**digits
    units: NDArray[np.int64] = whole.astype(np.int64) * scale + np.rint(rest).astype(np.int64)
    doubtful = np.abs(np.abs(rest - np.trunc(rest)) - 0.5) < 10.0**digits * _PRODUCT_ERROR
    known: dict[float, int] = {}
    for row in np.flatnonzero(doubtful).tolist():
        value = float(given[row])
        if value not in known:
            known[value] = _one(value, digits)
        units[row] = known[value]
    return units


def _one(value: float, digits: int) -> int:
    """The same of one value: an exact ratio is rounded half to even."""
    scale: int = 10**digits
    return round(Fraction(value) * scale)


def read_decimals(f: Field, raw: Raw, cells: Cells, how: Reading) -> Numbers:
    """Arrow decimals, of format d:precision,scale[,bits]."""
    scale = decimal_scale(raw)
    low, narrow = _low_word(raw)
    digits = digits_for(f, how)
    shift = digits - scale
    plain = cells.present & narrow
    if abs(shift) > _MOST_POWER or (how.rounding and shift < 0):
        plain[:] = False
    low = np.where(plain, low, 0)
    far = 10 ** max(0, FAR_DIGITS + scale)
    if far < 2**63:
        cells.refuse((low >= far) | (low <= -far), lambda: too_far(f))
    units = _scaled(f, cells, np.where(cells.present, low, 0), shift, digits)
    failed: list[tuple[int, PaymentError]] = []
    for row in np.flatnonzero(cells.present & ~plain).tolist():
        try:
            units[row] = read_cell(f, decimal_at(raw, row, scale), how) or 0
        except PaymentError as e:
            failed.append((row, e))
    cells.refuse_each(failed)
    return cells.bound(units)


def decimal_scale(raw: Raw) -> int:
    """Digits behind the point of every decimal in the column."""
    return int(raw.format.split(",")[1])


def _low_word(raw: Raw) -> tuple[NDArray[np.int64], Mask]:
    """The lowest 64 bits of each decimal, and whether they are all of it."""
    width = _decimal_width(raw)
    if width == 4:
        return raw.buffer(1, "<i4").astype(np.int64), np.ones(raw.length, np.bool_)
    limbs = raw.whole(1).view("<i8").reshape(-1, width // 8)[raw.offset : raw.offset + raw.length]
    low = limbs[:, 0].copy()
    narrow: Mask = (limbs[:, 1:] == (low >> 63)[:, None]).all(axis=1)
    return low, narrow


def _decimal_width(raw: Raw) -> int:
    """Bytes of one decimal."""
    parts = raw.format[2:].split(",")
    return int(parts[2]) // 8 if len(parts) > 2 else 16


def decimal_at(raw: Raw, row: int, scale: int) -> Decimal:
    """The decimal of one row, exact."""
    width = _decimal_width(raw)
    start = (raw.offset + row) * width
    unscaled = int.from_bytes(raw.whole(1)[start : start + width].tobytes(), "little", signed=True)
    return Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -scale))


def _scaled(f: Field, cells: Cells, low: NDArray[np.int64], shift: int, digits: int) -> NDArray[np.int64]:
    power: int = 10 ** min(abs(shift), _MOST_POWER)
    if shift < 0:
        cells.refuse(low % power != 0, lambda: not_exact(f, digits))
        return low // power
    most = _MOST_SCALED // power
    cells.refuse((low > most) | (low < -most), lambda: too_far(f))
    return np.where(cells.present, low, 0) * power
