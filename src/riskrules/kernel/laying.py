"""A payment's texts and numbers, laid out for a store of windows straight from Python's own objects.

What `windows_layout` calls an event is written: its given words, and behind them its texts as bytes. The engine's
careful way (`engine.key_texts`, `engine.recording`) lays out the same of every payment; here of one that is plainly
good, so that what is refused and in which words is decided there alone.
"""

from __future__ import annotations

from typing import Any

from ..program.layout import Integers
from . import desks as k
from . import windows_layout as w
from .compiled import Integer, inner
from .memory import copy_bytes, put_byte
from .objects import further, integer_of, item, looked_up, text_of, type_of, words_at
from .plain import COLON, NONE, NOT_OPTIONAL, ROW_WIDTH, SLOT, STR, ZERO, characters_of, value_at

PLACE, PARTIES, PART_WIDTH, PARTY_WIDTH, TIME_WIDTH = k.PLACE, k.PARTIES, k.PART_WIDTH, k.PARTY_WIDTH, k.TIME_WIDTH
NAME, ID, LONGEST, ASKED, TEXTS, TEXT_ROWS = k.L_NAME, k.L_ID, k.L_LONGEST, k.L_ASKED, k.L_TEXTS, k.L_TEXT_ROWS
TIMES, TIME_ROWS, NUMBERS, NUMBER_ROWS = k.L_TIMES, k.L_TIME_ROWS, k.L_NUMBERS, k.L_NUMBER_ROWS
AMOUNT, STATUS, STATUSES, BITS, PARTY_ROWS = k.L_AMOUNT, k.L_STATUS, k.L_STATUSES, k.L_BITS, k.L_PARTY_ROWS
EVENT, QUESTION, GIVEN, QUESTION_TIMES = w.W_EVENT, w.W_QUESTION, w.W_GIVEN, w.W_TIMES
TEXTS_AT, ROOM, WORD_BYTES = w.W_TEXTS, w.W_ROOM, w.WORD_BYTES
T_TIME, T_BITS, T_GIVEN = w.T_TIME, w.T_BITS, w.T_GIVEN
T_CONTENT_LENGTH, T_ID_LENGTH = w.T_CONTENT_LENGTH, w.T_ID_LENGTH
MOST_FIGURES = 19
"""Of a whole number of 64 bits."""
ONE_PART, TWO_PARTS = 1, 2
SPACE = ord(" ")
NO_STATUS = tuple(b"None")


@inner
def lay(plan: Integers, payment: Integer, way: Integers, now: Integer, telling: bool) -> bool:
    """Whether all that the payment is asked by, and when `telling` all that it is told of, is plainly good, and laid
    out. `plan`: one of what is laid out, see `desks`. `payment`: the address of a tuple. `way`: see
    `windows_layout`."""
    event = words_at(way[EVENT])
    given = further(event, way[GIVEN])
    start = way[EVENT] + way[TEXTS_AT]
    end = start + way[ROOM]
    question = further(words_at(way[QUESTION]), way[QUESTION_TIMES])
    for i in range(plan[TIMES]):
        row = plan[TIME_ROWS] + TIME_WIDTH * i
        if not plan[row] <= now < plan[row + 1]:
            return False
        question[i] = plan[row]
    words_at(start)[0] = plan[NAME]
    at, characters = _put(plan, item(payment, plan[ID]), plan[LONGEST], 0, False, start + WORD_BYTES, end)
    if characters == 0:
        return False
    given[T_TIME] = now
    given[T_ID_LENGTH] = at - start
    row = plan[TEXT_ROWS]
    lengths = further(given, T_GIVEN)
    for i in range(plan[TEXTS]):
        if i >= plan[ASKED] and not telling:
            lengths[i] = -1
            continue
        behind = _key(plan, row, payment, at, end)
        if behind < 0:
            return False
        lengths[i] = behind - at if behind > at else -1
        at = behind
        row += 1 + PART_WIDTH * plan[row]
    return not telling or _rest(plan, payment, given, now, at, end)


@inner
def _key(plan: Integers, row: Integer, payment: Integer, at: Integer, end: Integer) -> Integer:
    """Put what `state.store.key_text` makes of the parts that the row names. Where it ends, which is where it begins
    if a part is missing; below zero if something is not plainly good."""
    parts = plan[row]
    begins, missing = at, False
    for i in range(parts):
        part = row + 1 + PART_WIDTH * i
        given = item(payment, plan[part])
        if given == plan[NONE]:
            if plan[part + 2] == 0:
                return -1
            missing = True
            continue
        counted = parts != ONE_PART and not (parts == TWO_PARTS and i == 1)
        at, characters = _put(plan, given, plan[part + 1], plan[part + 3], counted, at, end)
        if characters == 0:
            return -1
    return begins if missing else at


@inner
def _put(
    plan: Integers, given: Integer, longest: Integer, known: Integer, counted: bool, at: Integer, end: Integer
) -> Any:
    """Put a text, if `counted` behind the number of its characters and a colon. Where it ends, and how many characters
    it has, 0 if it is not plainly good. `known`: a dict of what it may be, 0 for anything."""
    if type_of(given) != plan[STR] or (known != 0 and looked_up(known, given) == 0):
        return at, 0
    start, length = text_of(given)
    characters = characters_of(start, length)
    if characters > longest or length + MOST_FIGURES + 1 > end - at:
        return at, 0
    if counted:
        at = _put_whole(at, characters)
        put_byte(at, COLON)
        at += 1
    copy_bytes(start, at, length)
    return at + length, characters


@inner
def _put_whole(at: Integer, value: Integer) -> Integer:
    """Put the figures of a number that is not below zero. Where they end."""
    figures, bound = 1, 10
    while figures < MOST_FIGURES and value >= bound:
        figures += 1
        bound *= 10
    for i in range(figures):
        put_byte(at + figures - 1 - i, ZERO + value % 10)
        value //= 10
    return at + figures


@inner
def _rest(plan: Integers, payment: Integer, given: Integers, now: Integer, at: Integer, end: Integer) -> bool:
    """Its numbers, the bits of its status, and its content, as `engine.recording` has it."""
    numbers = further(given, T_GIVEN + plan[TEXTS])
    amount = NOT_OPTIONAL
    for i in range(plan[NUMBERS]):
        row = plan[NUMBER_ROWS] + ROW_WIDTH * i
        value = value_at(plan, row, item(payment, plan[row + SLOT]), now)
        if value == NOT_OPTIONAL:
            return False
        if plan[row + PLACE] >= 0:
            numbers[plan[row + PLACE]] = value
        if i == plan[AMOUNT]:
            amount = value
    if amount < 0 or now < 0 or end - at < 3 * (MOST_FIGURES + 1):
        return False
    begins = at
    at = _put_whole(at, now)
    put_byte(at, SPACE)
    at = _put_whole(at + 1, amount)
    put_byte(at, SPACE)
    status = item(payment, plan[STATUS])
    if status == plan[NONE]:
        for byte in NO_STATUS:
            at += 1
            put_byte(at, byte)
        at += 1
        given[T_BITS] = plan[plan[BITS]]
    else:
        if type_of(status) != plan[STR]:
            return False
        known = looked_up(plan[STATUSES], status)
        if known == 0:
            return False
        given[T_BITS] = plan[plan[BITS] + integer_of(known)]
        at, characters = _put(plan, status, end - at, 0, False, at + 1, end)
        if characters == 0:
            return False
    put_byte(at, SPACE)
    at = _parties(plan, payment, at + 1, end)
    given[T_CONTENT_LENGTH] = at - begins
    return bool(at > 0)


@inner
def _parties(plan: Integers, payment: Integer, at: Integer, end: Integer) -> Integer:
    """Put those that tell payments apart, all but the last behind their numbers of characters. Where they end; 0 if one
    is not plainly good."""
    for i in range(PARTIES):
        row = plan[PARTY_ROWS] + PARTY_WIDTH * i
        given = item(payment, plan[row])
        counted = i < PARTIES - 1
        if given != plan[NONE]:
            at, characters = _put(plan, given, plan[row + 1], 0, counted, at, end)
            if characters == 0:
                return 0
        elif counted:
            if end - at < MOST_FIGURES:
                return 0
            at = _put_whole(at, 0)
            put_byte(at, COLON)
            at += 1
    return at
