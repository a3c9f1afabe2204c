"""Whole columns of Arrow timestamps and durations, and of numbers that count units since an origin.

An Arrow timestamp with a zone is an instant already; one without is refused, as a naive datetime is, unless
the map says whose clock it shows. Then the distance from UTC is asked once a quarter of an hour, and row by
row only within a quarter in which the clocks moved.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..base.times import MICROSECOND_UNITS, InstantError, instant_of, local_instant
from ..schema.errors import PaymentError
from ..schema.fields import Field
from ..schema.limits import EARLIEST_US, LATEST_US
from ..schema.values import not_finite, too_far
from .arrow import Raw
from .columns import Cells, Numbers
from .numbers import FLOATS, integers_of
from .reading import Reading, not_whole

_PER_UNIT = {"s": 1_000_000, "m": 1_000, "u": 1}  # microseconds; n is a thousandth of one
_QUARTER_US = 15 * MICROSECOND_UNITS["m"]
_MOST = 2**62


def read_stamps(f: Field, raw: Raw, cells: Cells, how: Reading) -> Numbers:
    """Formats ts{s,m,u,n}:zone, for a time, and tD{s,m,u,n}, for a duration. Both are int64 counts."""
    without_zone = raw.format.startswith("ts") and not raw.format[4:]
    if without_zone and how.zone is None:
        cells.refuse_all(lambda: _naive(f))
    us = _microseconds(f, raw, cells)
    if without_zone and how.zone is not None:
        cells.refuse((us < EARLIEST_US) | (us > LATEST_US), lambda: too_far(f))
        us = local_instants(np.where(cells.present, us, 0), how.zone)
    return cells.bound(us)


def stamps_within(f: Field, raw: Raw) -> Numbers | None:
    """Instants in microseconds, all there; None where some are out of bounds."""
    us = raw.buffer(1, "<i8")
    return Numbers(us.copy()) if f.lowest <= us.min() and us.max() <= f.highest else None


def _microseconds(f: Field, raw: Raw, cells: Cells) -> NDArray[np.int64]:
    counts = np.where(cells.present, raw.buffer(1, "<i8"), 0)
    unit = raw.format[2]
    if unit == "n":
        cells.refuse(counts % 1_000 != 0, lambda: PaymentError(f.key, "finer than a microsecond", "not-exact"))
        return counts // 1_000
    return _times(f, cells, counts, _PER_UNIT[unit], 0)


def _times(f: Field, cells: Cells, counts: NDArray[np.int64], unit_us: int, origin_us: int) -> NDArray[np.int64]:
    most = _MOST // unit_us
    cells.refuse((counts > most) | (counts < -most), lambda: too_far(f))
    return np.where(cells.present, counts, 0) * unit_us + origin_us


def read_counted(f: Field, raw: Raw, cells: Cells, how: Reading) -> Numbers:
    """Integers or floats that count `how.unit` from `how.origin_us`."""
    if raw.format in FLOATS:
        given = np.where(cells.present, raw.buffer(1, FLOATS[raw.format]), 0).astype(np.float64)
        cells.refuse(~np.isfinite(given), lambda: not_finite(f))
        cells.refuse(np.abs(given) > LATEST_US, lambda: too_far(f))
        cells.refuse(np.trunc(given) != given, lambda: not_whole(f))
        counts = np.where(cells.present, given, 0).astype(np.int64)
    else:
        counts = integers_of(raw, cells)
        cells.refuse((counts > LATEST_US) | (counts < -LATEST_US), lambda: too_far(f))
    return cells.bound(_times(f, cells, counts, MICROSECOND_UNITS[how.unit], how.origin_us))


def local_instants(local_us: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """What a zone's clock showed, as microseconds of a calendar without zones, to instants. int64[n] both."""
    quarters, place = np.unique(local_us // _QUARTER_US, return_inverse=True)
    starts = [int(q) * _QUARTER_US for q in quarters]
    first = np.array([_distance(us, zone) for us in starts], np.int64)
    last = np.array([_distance(us + _QUARTER_US - 1, zone) for us in starts], np.int64)
    instants = local_us - first[place]
    for row in np.flatnonzero((first != last)[place]).tolist():
        instants[row] = local_us[row] - _distance(int(local_us[row]), zone)
    return instants


def _distance(local_us: int, zone: ZoneInfo) -> int:
    """How far the zone's clock is ahead of UTC when it first shows this, in microseconds."""
    return local_us - local_instant(datetime(1970, 1, 1) + timedelta(microseconds=local_us), zone)  # noqa: DTZ001  # naive on purpose


def _naive(f: Field) -> PaymentError:
    try:
        instant_of(datetime(1970, 1, 1))  # noqa: DTZ001  # naive on purpose: its refusal is what is wanted
    except InstantError as e:
        return PaymentError(f.key, str(e), e.kind)
    raise AssertionError(f.name)
