"""A payment's own objects → a program's columns, when each of them is plainly good.

What a column is made of is a row of a plan: which slot of the payment, read how, within which bounds, written where. A
value that is not plainly good (another type, beyond a bound, an unusual way to write a time) stops it, and the careful
way in Python then reads the payment from the start: it alone decides what is refused, and in which words. So all that
is accepted here must be accepted there, with the same value, and nothing that is refused there may be accepted here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numba import carray  # type: ignore[attr-defined]  # Numba states no exports

from ..program import layout
from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import row
from .compiled import Integer, inner, kernel, locking_kernel
from .objects import address_of, byte_at, contained, double_of, integer_of, item, looked_up, text_of, type_of, words_at

PLAN, PLAN_LENGTH, CODE, VALUES, OUT, BITS = range(6)
DESK_HEADER = 6
"""A desk begins with the addresses and lengths of plan and program, which as arguments of their own would cost more to
hand over than to use; with where columns begin, and what comes out, and how many words of that are bits."""
FLOAT, INT, STR, NONE, TRUE, FALSE, ALL, OF_WINDOWS = range(8)
HEADER = 8
"""A plan begins with the addresses of these types and objects, which differ from process to process; with whether it
has all of the program's columns, and with where its rows end and pairs (column, window) begin."""
HOW, SLOT, PLACE, LOWEST, HIGHEST, SCALE, AUX, THING, IF_MISSING = range(9)
ROW_WIDTH = 9
NUMBER, TIME, YES_NO, WORD, MEMBER, AGE, PARTNER = range(7)
"""How a value is read. Places below 0: it must fit, and is written nowhere.

NUMBER: an int times SCALE; in AUX bit 0: a float too, which is rounded to billionths; from bit 1 on: 1 + the minor
digits that a decimal text may have, 0 for no text. TIME: a text to the second or finer. YES_NO. WORD: what the dict at
THING holds for it; for another text SCALE, if it has at most AUX characters. MEMBER: whether the set at THING has the
text, which has at most SCALE characters; AUX: 1 turns the answer round. AGE: the time at column 0 less that in the
slot. PARTNER: where the slot has a value the one at AUX must have one."""
NOT_OPTIONAL = -(2**63) + 1
"""In IF_MISSING: None is not plainly good."""

NOT_PLAIN = -(2**32)
"""Less than any answer of `row.decide`."""
FIRED = layout.FIRED
SURE_FLOAT = 1e6
PRODUCT_ERROR = 2.0**-52
"""A product of two floats is off by at most half of this share, and its distance from the nearest whole number is
exact. So what is nearer to one than half, less that, rounds to it."""
BILLION = 1e9
MOST_FIGURES = 15
HIGHEST_WHOLE = 2**33
"""Times a thousand million it fits 64 bits."""
DASH, DOT, COLON, PLUS, ZERO, T, Z = (ord(x) for x in "-.:+0TZ")
CONTINUES, CONTINUED = 0xC0, 0x80
DAYS_A_CYCLE, YEARS_A_CYCLE, DAYS_TO_1970 = 146_097, 400, 719_468
SECONDS_A_DAY, SECOND_US = 86_400, 1_000_000


@locking_kernel
def decide(desk: Integers, payment: Integer) -> Integer:
    """Fill the columns that the plan has from the tuple at the address `payment`, and then, if they are all, decide:
    the index of the action as `row.decide` has it, and FIRED more if anything fired. 0 if they are not all. Below zero
    when something in the payment is not plain, or beyond the bounds of its arithmetic.

    `desk`: the addresses and the lengths that `lay_desk` writes, room for windows, columns, then what `row.decide`
    fills."""
    plan = carray(words_at(desk[PLAN]), (desk[PLAN_LENGTH],))
    values = desk[desk[VALUES] : desk[OUT]]
    if not _coded(plan, payment, values):
        return NOT_PLAIN
    return _decided(desk, values) if plan[ALL] != 0 else 0


@kernel
def decide_rest(desk: Integers) -> Integer:
    """The same once all columns are there but those of windows, whose values lie in their room."""
    plan = carray(words_at(desk[PLAN]), (desk[PLAN_LENGTH],))
    values = desk[desk[VALUES] : desk[OUT]]
    at = plan[OF_WINDOWS]
    while at < plan.shape[0]:
        values[plan[at]] = desk[DESK_HEADER + plan[at + 1]]
        at += 2
    return _decided(desk, values)


@inner
def _decided(desk: Integers, values: Integers) -> Integer:
    out = desk[desk[OUT] :]
    act = row.decide_row(words_at(desk[CODE]), values, out)
    if act >= 0:
        for word in range(1, desk[BITS]):
            if out[word] != 0:
                return act + FIRED
    return act


def lay_desk(desk: Integers, plan: Integers, code: Integers, windows: int, columns: int, bits: int) -> None:
    """Write where all is. `bits`: words of `row.decide`'s `out` before its registers. The two arrays must be kept."""
    values = DESK_HEADER + windows
    desk[:DESK_HEADER] = plan.ctypes.data, len(plan), code.ctypes.data, values, values + columns, bits


@inner
def _coded(plan: Integers, payment: Integer, values: Integers) -> bool:
    none = plan[NONE]
    for at in range(HEADER, plan[OF_WINDOWS], ROW_WIDTH):
        how, place = plan[at + HOW], plan[at + PLACE]
        given = item(payment, plan[at + SLOT])
        if how == PARTNER:
            if given != none and item(payment, plan[at + AUX]) == none:
                return False
            continue
        value = plan[at + IF_MISSING]
        if given != none:
            value = _value(plan, at, given, values[0])
            if value < plan[at + LOWEST] or value > plan[at + HIGHEST]:
                return False
        elif value == NOT_OPTIONAL:
            return False
        if place >= 0:
            values[place] = value
    return True


@inner
def _value(plan: Integers, at: Integer, given: Integer, now: Integer) -> Integer:
    """The column's integer; MISSING, which is below every bound, when the object is not plain."""
    how = plan[at + HOW]
    if how == NUMBER:
        return _number(plan, at, given)
    if how == YES_NO:
        return 1 if given == plan[TRUE] else 0 if given == plan[FALSE] else MISSING_VALUE
    if type_of(given) != plan[STR]:
        return MISSING_VALUE
    if how == WORD:
        found = looked_up(plan[at + THING], given)
        if found != 0:
            return integer_of(found)
        return plan[at + SCALE] if _is_text(given, plan[at + AUX]) else MISSING_VALUE
    if how == MEMBER:
        known = _is_text(given, plan[at + SCALE])
        return contained(plan[at + THING], given) ^ plan[at + AUX] if known else MISSING_VALUE
    moment = _instant(given)
    return moment if how == TIME or moment == MISSING_VALUE else now - moment


@inner
def _number(plan: Integers, at: Integer, given: Integer) -> Integer:
    kind, aux = type_of(given), plan[at + AUX]
    if kind == plan[FLOAT] and aux & 1 != 0:
        held = double_of(given)
        if not -SURE_FLOAT <= held <= SURE_FLOAT:
            return MISSING_VALUE
        scaled = held * BILLION
        nearest = np.rint(scaled)
        sure = 0.5 - abs(scaled) * PRODUCT_ERROR
        return np.int64(nearest) if abs(scaled - nearest) < sure else MISSING_VALUE
    if kind == plan[INT]:
        scale = plan[at + SCALE]
        whole = integer_of(given)
        return whole * scale if -HIGHEST_WHOLE <= whole <= HIGHEST_WHOLE else MISSING_VALUE
    if kind == plan[STR] and aux >> 1 > 0:
        return _decimal(given, (aux >> 1) - 1)
    return MISSING_VALUE


@inner
def _decimal(given: Integer, digits: Integer) -> Integer:
    """A text of figures, with at most so many behind a point, in units of its last."""
    start, length = text_of(given)
    value, figures, behind = 0, 0, -1
    for i in range(min(length, 2 * MOST_FIGURES)):
        figure = byte_at(start, i)
        if figure == DOT and behind < 0 and figures > 0:
            behind = 0
        elif ZERO <= figure <= ZERO + 9:
            value = 10 * value + figure - ZERO
            figures += 1
            behind += 1 if behind >= 0 else 0
        else:
            return MISSING_VALUE
        if figures > MOST_FIGURES or behind > digits:
            return MISSING_VALUE
    if figures == 0 or behind == 0 or length > 2 * MOST_FIGURES:
        return MISSING_VALUE
    for _ in range(digits - max(behind, 0)):
        value *= 10
    return value


@inner
def _is_text(given: Integer, longest: Integer) -> bool:
    """Whether it is not empty, not too long, and has no NUL and no half of a surrogate pair."""
    start, length = text_of(given)
    characters = 0
    for i in range(length):
        byte = byte_at(start, i)
        if byte == 0:
            return False
        characters += 1 if byte & CONTINUES != CONTINUED else 0
    return bool(0 < characters <= longest)


@inner
def _instant(given: Integer) -> Integer:
    """`2026-06-15T04:00:00Z` or with `.5` or `+08:00`, in microseconds since 1970 UTC; MISSING for every other text."""
    start, length = text_of(given)
    if not 20 <= length <= 32:
        return MISSING_VALUE
    figures, fraction, unit, end, distance = 0, 0, SECOND_US, 19, 0
    for i in range(19):
        byte = byte_at(start, i)
        parted = DASH if i in (4, 7) else T if i == 10 else COLON if i in (13, 16) else 0
        if byte != parted if parted != 0 else not ZERO <= byte <= ZERO + 9:
            return MISSING_VALUE
        figures = figures if parted != 0 else 10 * figures + byte - ZERO
    if byte_at(start, end) == DOT:
        end += 1
        while end < length and ZERO <= byte_at(start, end) <= ZERO + 9:
            unit //= 10
            fraction += unit * (byte_at(start, end) - ZERO)
            end += 1
        if not 20 < end <= 26 or end == length:
            return MISSING_VALUE
    sign = byte_at(start, end)
    if length == end + 6:
        for i in range(end + 1, length):
            byte = byte_at(start, i)
            if byte != COLON if i == end + 3 else not ZERO <= byte <= ZERO + 9:
                return MISSING_VALUE
            distance = distance if i == end + 3 else 10 * distance + byte - ZERO
        hours, minutes = distance // 100, distance % 100
        if hours > 23 or minutes > 59 or (sign != PLUS and sign != DASH):
            return MISSING_VALUE
        distance = (3600 * hours + 60 * minutes) * (1 if sign == PLUS else -1)
    elif length != end + 1 or sign != Z:
        return MISSING_VALUE
    second, minute, hour = figures % 100, figures // 100 % 100, figures // 10_000 % 100
    day, month, year = figures // 10**6 % 100, figures // 10**8 % 100, figures // 10**10
    if hour > 23 or minute > 59 or second > 59 or year < 1 or not 1 <= month <= 12:
        return MISSING_VALUE
    if day < 1 or day > _days_of(year, month):
        return MISSING_VALUE
    seconds = _day_number(year, month, day) * SECONDS_A_DAY + 3600 * hour + 60 * minute + second - distance
    return seconds * SECOND_US + fraction


@inner
def _days_of(year: Integer, month: Integer) -> Integer:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@inner
def _day_number(year: Integer, month: Integer, day: Integer) -> Integer:
    """Days since 1970-01-01 of the Gregorian calendar, counted from March, so that a leap day comes last."""
    of_march = year - (1 if month <= 2 else 0)
    cycle, rest = of_march // YEARS_A_CYCLE, of_march % YEARS_A_CYCLE
    day_of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return cycle * DAYS_A_CYCLE + 365 * rest + rest // 4 - rest // 100 + day_of_year - DAYS_TO_1970


def plan_of(
    rows: Sequence[Sequence[int]], has_all: bool, windows: Sequence[tuple[int, int]] = ()
) -> Integers:
    """A plan of such rows, for this process. `has_all`: they are all columns of the program. `windows`: which columns
    take which window. Whoever asks keeps what the rows have the addresses of."""
    known = [address_of(x) for x in (float, int, str, None, True, False)]
    behind = HEADER + ROW_WIDTH * len(rows)
    return np.array([*known, int(has_all), behind, *chain(*rows), *chain(*windows)], np.int64)


def works() -> bool:
    """Whether this interpreter's objects are read rightly: all kinds of them are tried. Compiles the kernels."""
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    words, items = {"known": 3}, frozenset({"listed"})
    rows = [
        (NUMBER, 0, 1, -5, 10**15, 1, 0, 0, NOT_OPTIONAL),
        (NUMBER, 1, 2, -(10**12), 10**12, 10**9, 1, 0, NOT_OPTIONAL),
        (NUMBER, 2, 3, 0, 10**15, 100, 6, 0, NOT_OPTIONAL),
        (YES_NO, 3, 4, 0, 1, 0, 0, 0, NOT_OPTIONAL),
        (YES_NO, 4, 5, 0, 1, 0, 0, 0, NOT_OPTIONAL),
        (WORD, 5, 6, 0, 9, 7, 9, address_of(words), NOT_OPTIONAL),
        (WORD, 6, 7, 0, 9, 7, 9, address_of(words), NOT_OPTIONAL),
        (MEMBER, 7, 8, 0, 1, 9, 0, address_of(items), NOT_OPTIONAL),
        (TIME, 8, 9, 0, 2**62, 0, 0, 0, NOT_OPTIONAL),
        (NUMBER, 9, 10, 0, 9, 1, 0, 0, 77),
    ]
    plan, code = plan_of(rows, has_all=False), np.zeros(1, np.int64)
    good = (12, 0.25, "12.5", True, False, "known", "é", "listed", "2026-06-15T04:00:00Z", None)
    right = [0, 12, 250_000_000, 1250, 1, 0, 3, 7, 1, 1_781_496_000_000_000, 77]
    others: tuple[object, ...] = (True, "0.25", 2**70, "x", 3, 1, b"known", None, "2026-02-30T04:00:00Z", "9")
    desk = np.zeros(DESK_HEADER + len(right) + 1, np.int64)
    lay_desk(desk, plan, code, 0, len(right), 1)
    if decide(desk, address_of(good)) != 0 or desk[DESK_HEADER:-1].tolist() != right:
        return False
    tried = [(*good[:i], other, *good[i + 1 :]) for i, other in enumerate(others)]
    return all(decide(desk, address_of(bad)) == NOT_PLAIN for bad in tried)
