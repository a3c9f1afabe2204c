"""A payment's own objects → a program's columns, when each of them is plainly good.

What a column is made of is a row of a plan: which slot of the payment, read how, within which bounds, written where. A
value that is not plainly good (another type, beyond a bound, an unusual way to write a time) stops it, and the careful
way in Python then reads the payment from the start: it alone decides what is refused, and in which words. So all that
is accepted here must be accepted there, with the same value, and nothing that is refused there may be accepted here.
"""

from __future__ import annotations

import numpy as np

from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from . import desks as k
from . import row
from .compiled import Integer, inner
from .memory import byte_at, word_at
from .objects import contained, double_of, further, integer_of, item, looked_up, text_of, type_of, words_at

PLAN, CODE, VALUES, OUT, BITS, DESK_HEADER = k.PLAN, k.CODE, k.VALUES, k.OUT, k.BITS, k.DESK_HEADER
FLOAT, INT, STR, NONE, TRUE, FALSE, ALL = k.FLOAT, k.INT, k.STR, k.NONE, k.TRUE, k.FALSE, k.ALL
OF_WINDOWS, END, HEADER, ROW_WIDTH = k.OF_WINDOWS, k.END, k.HEADER, k.ROW_WIDTH
HOW, SLOT, PLACE, LOWEST, HIGHEST, SCALE, AUX = k.HOW, k.SLOT, k.PLACE, k.LOWEST, k.HIGHEST, k.SCALE, k.AUX
THING, IF_MISSING, NOT_OPTIONAL, NOT_PLAIN, FIRED = k.THING, k.IF_MISSING, k.NOT_OPTIONAL, k.NOT_PLAIN, k.FIRED
NUMBER, TIME, YES_NO, WORD, MEMBER, PARTNER = k.NUMBER, k.TIME, k.YES_NO, k.WORD, k.MEMBER, k.PARTNER
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
EACH_ONE, EACH_HIGH = 0x0101010101010101, -0x7F7F7F7F7F7F7F80
"""The lowest bit of each byte of a word, and the highest: a byte is beyond ASCII or, less one, below zero."""
DAYS_A_CYCLE, YEARS_A_CYCLE, DAYS_TO_1970 = 146_097, 400, 719_468
SECONDS_A_DAY, SECOND_US = 86_400, 1_000_000


@inner
def decide(desk: Integers, payment: Integer) -> Integer:
    """Fill the columns that the plan has from the tuple at the address `payment`, and then, if they are all, decide:
    the index of the action as `row.decide` has it, and FIRED more if anything fired. 0 if they are not all. Below zero
    when something in the payment is not plain, or beyond the bounds of its arithmetic.

    `desk`: the addresses that `desks.lay_desk` writes, room for windows, columns, then what `row.decide` fills."""
    plan, values = words_at(desk[PLAN]), further(desk, desk[VALUES])
    if not _coded(plan, payment, values):
        return NOT_PLAIN
    return _decided(desk, values) if plan[ALL] != 0 else 0


@inner
def decide_rest(desk: Integers) -> Integer:
    """The same once all columns are there but those of windows, whose values lie in their room."""
    plan, values = words_at(desk[PLAN]), further(desk, desk[VALUES])
    for at in range(plan[OF_WINDOWS], plan[END], 2):
        values[plan[at]] = desk[DESK_HEADER + plan[at + 1]]
    return _decided(desk, values)


@inner
def _decided(desk: Integers, values: Integers) -> Integer:
    out = further(desk, desk[OUT])
    act = row.decide(words_at(desk[CODE]), values, out)
    if act >= 0:
        for word in range(1, desk[BITS]):
            if out[word] != 0:
                return act + FIRED
    return act


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
        value = value_at(plan, at, given, values[0])
        if value == NOT_OPTIONAL:
            return False
        if place >= 0:
            values[place] = value
    return True


@inner
def value_at(plan: Integers, at: Integer, given: Integer, now: Integer) -> Integer:
    """What the row at `at` makes of an object; NOT_OPTIONAL when the object is not plainly good."""
    if given == plan[NONE]:
        return plan[at + IF_MISSING]
    value = _value(plan, at, given, now)
    return NOT_OPTIONAL if value < plan[at + LOWEST] or value > plan[at + HIGHEST] else value


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
        figure = byte_at(start + i)
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
    return bool(0 < characters_of(start, length) <= longest)


@inner
def characters_of(start: Integer, length: Integer) -> Integer:
    """How many characters such bytes are; 0 when one of them is NUL. As many as there are when they are ASCII, which is
    looked at eight at a time."""
    odd, whole = 0, length & ~7
    for i in range(0, whole, 8):
        word = word_at(start + i)
        odd |= word | (word - EACH_ONE)
    if odd & EACH_HIGH == 0:
        characters, begin = whole, whole
    else:
        characters, begin = 0, 0
    for i in range(begin, length):
        byte = byte_at(start + i)
        if byte == 0:
            return 0
        characters += 1 if byte & CONTINUES != CONTINUED else 0
    return characters


@inner
def _instant(given: Integer) -> Integer:
    """`2026-06-15T04:00:00Z` or with `.5` or `+08:00`, in microseconds since 1970 UTC; MISSING for every other text."""
    start, length = text_of(given)
    if not 20 <= length <= 32:
        return MISSING_VALUE
    figures, fraction, unit, end, distance = 0, 0, SECOND_US, 19, 0
    for i in range(19):
        byte = byte_at(start + i)
        parted = DASH if i in (4, 7) else T if i == 10 else COLON if i in (13, 16) else 0
        if byte != parted if parted != 0 else not ZERO <= byte <= ZERO + 9:
            return MISSING_VALUE
        figures = figures if parted != 0 else 10 * figures + byte - ZERO
    if byte_at(start + end) == DOT:
        end += 1
        while end < length and ZERO <= byte_at(start + end) <= ZERO + 9:
            unit //= 10
            fraction += unit * (byte_at(start + end) - ZERO)
            end += 1
        if not 20 < end <= 26 or end == length:
            return MISSING_VALUE
    sign = byte_at(start + end)
    if length == end + 6:
        for i in range(end + 1, length):
            byte = byte_at(start + i)
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
