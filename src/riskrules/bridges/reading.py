"""How a cell is read beyond what its kind says: units, origins, zones, tables of values.

A gateway's own events already speak the schema's language; a history from another system seldom does. What
must be known to read it stands in the map, is stated by a person and is kept here. `read_cell` is the
specification for one cell; the modules for whole columns must give the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import Enum
from math import isfinite
from zoneinfo import ZoneInfo

from ..base.money import MOST_MINOR_DIGITS, is_numeral
from ..base.times import MICROSECOND_UNITS, InstantError, local_instant, parse_instant
from ..schema.errors import PaymentError
from ..schema.fields import Field, Value
from ..schema.kinds import WORDS
from ..schema.limits import LATEST_US, LONGEST_NUMERAL
from ..schema.values import decimals_of, from_numpy, in_bounds, not_finite, read_scaled, read_value, too_far, wrong_kind

MINOR = "minor"
HALF_EVEN = "half even"
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_EVEN)  # a double below 1e16 has under 400 exact digits

_STEPS = [Decimal(1).scaleb(-digits) for digits in range(MOST_MINOR_DIGITS + 1)]


@dataclass(frozen=True, slots=True)
class Reading:
    """`unit`: what a bare number counts (us, ms, s, m, h, d for time and duration; minor for money).
    `origin_us`: the instant that such a time counts from. `zone`: of times that say none.
    `rounding`: "half even" lets money with too many decimals in, rounded. `values`: the field's word for each
    of the column's, `otherwise` for all others. `plain_text`: cells come from a text file, so an empty one is
    missing and true and false are words. `number_ids`: a whole number may name an account or be a text."""

    unit: str = ""
    origin_us: int = 0
    zone: ZoneInfo | None = None
    rounding: str = ""
    values: Mapping[str, str | bool] | None = None
    otherwise: str | bool | None = None
    plain_text: bool = False
    number_ids: bool = False


AS_IT_IS = Reading()


def read_cell(f: Field, given: object, how: Reading) -> Value | None:
    """The held value of one cell, None where there is none. PaymentError when it does not fit."""
    if given is None or (how.plain_text and given == ""):
        return None
    if how.values is not None:
        return read_value(f, _looked_up(f, given, how))
    if type(given).__module__ == "numpy":
        given = from_numpy(f, given)
    if f.kind.name == "money" and (how.unit == MINOR or how.rounding):
        return read_scaled(f, _rounded(f, given, how), 0 if how.unit == MINOR else decimals_of(f))
    if f.kind.name in ("time", "duration") and how.unit and isinstance(given, int | float | Decimal | str):
        return _counted(f, given, how)
    if f.kind.name == "time" and how.zone is not None:
        return _local(f, given, how.zone)
    if f.kind.name == "yes/no" and how.plain_text and isinstance(given, str):
        given = _TRUTHS.get(given, given)
    if how.number_ids and f.kind.name in WORDS and isinstance(given, int) and not isinstance(given, bool | Enum):
        given = str(given)
    return read_value(f, given)


def cell_text(given: object) -> str | None:
    """The text by which a table of values knows a cell; None for what has no plain text."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int):
        return str(given)
    return given if isinstance(given, str) else None


def _looked_up(f: Field, given: object, how: Reading) -> str | bool:
    assert how.values is not None
    text = cell_text(given)
    if text is None:
        raise wrong_kind(f, given)
    found = how.values.get(text, how.otherwise)
    if found is None:
        raise PaymentError(f.key, "not in the map's table of values, which has no `otherwise`", "not-a-choice")
    return found


def _decimal(text: str) -> object:
    """The number that a text writes, or the text itself when it writes none; the reader then says what is wrong."""
    return Decimal(text) if len(text) <= LONGEST_NUMERAL and is_numeral(text) else text


def _rounded(f: Field, given: object, how: Reading) -> object:
    """With `round`, a float or decimal at the nearest minor unit. A float is taken at its exact binary value."""
    if not how.rounding:
        return given
    if isinstance(given, str) and not isinstance(given, Enum):
        given = _decimal(given)
    if isinstance(given, float) and isfinite(given):
        given = Decimal(given)
    if isinstance(given, Decimal) and given.is_finite() and given.adjusted() <= LONGEST_NUMERAL:
        digits = 0 if how.unit == MINOR else decimals_of(f)
        return given.quantize(_STEPS[digits], context=_ROUNDING)
    return given


def _counted(f: Field, given: object, how: Reading) -> int:
    """A time or duration that is a whole number of units since an origin."""
    if isinstance(given, str) and not isinstance(given, Enum):
        given = _decimal(given)
    if not isinstance(given, int | float | Decimal) or isinstance(given, bool | Enum):
        raise wrong_kind(f, given)
    if not (given.is_finite() if isinstance(given, Decimal) else isinstance(given, int) or isfinite(given)):
        raise not_finite(f)
    if not -LATEST_US <= given <= LATEST_US:
        raise too_far(f)
    whole = int(given)
    if given != whole:
        raise not_whole(f)
    return in_bounds(f, how.origin_us + whole * MICROSECOND_UNITS[how.unit])


def not_whole(f: Field) -> PaymentError:
    return PaymentError(f.key, "a count of units that is not whole", "not-exact")


def _local(f: Field, given: object, zone: ZoneInfo) -> int:
    try:
        if isinstance(given, str) and not isinstance(given, Enum):
            return in_bounds(f, parse_instant(given, zone))
    except InstantError as e:
        raise PaymentError(f.key, str(e), e.kind) from None
    if isinstance(given, datetime) and given.tzinfo is None and not getattr(given, "nanosecond", 0):
        return in_bounds(f, local_instant(given, zone))
    return int(read_value(f, given))
