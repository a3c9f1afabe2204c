"""What the kernel for one payment is handed: a plan of how to read it, and a desk to work on. Without Numba.

A plan says of each column which slot of the payment it is made of, read how, within which bounds, written where.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from ..program import layout
from ..program.layout import Integers

PLAN, CODE, VALUES, OUT, BITS, GATHERING, ROOM, ANSWER, LAYING, AHEAD = range(10)
DESK_HEADER = 10
"""A desk begins with the addresses of plan and program, with where columns begin, and what comes out, and how many
words of that are bits; with the address of the plan of what is gathered, where there is room for it, and the answer;
with the address of the plan of what is laid out, if there is one, and of a word an action: 1 where a payment goes
ahead."""
FLOAT, INT, STR, NONE, TRUE, FALSE, ALL, OF_WINDOWS, END = range(9)
HEADER = 9
"""A plan begins with the addresses of these types and objects, which differ from process to process; with whether it
has all of the program's columns, and with where its rows end and pairs (column, window) begin, and where these end."""
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

NOT_PLAIN, FIRED, MOVED = layout.NOT_PLAIN, layout.FIRED, layout.MOVED

G_NONE, G_DICT, G_STR, G_COUNT, G_MAPPINGS, G_CURRENCY, G_CURRENCIES, G_NESTED = range(8)
G_HEADER = 8
G_ABOVE, G_KEY, G_LEAVES, G_WIDTH = range(4)
"""A plan of what is gathered: None, dict and str, how many values, of how many mappings; the key of the currency, and a
dict of those that fit; the key of what may hold some of the values, 0 where there is no such. Of each mapping the one
that it is in, its key there, how many values it has, and their keys."""

(
    L_NAME, L_ID, L_LONGEST, L_READINGS, L_ASKED, L_TEXTS, L_TEXT_ROWS, L_TIMES, L_TIME_ROWS, L_NUMBERS, L_NUMBER_ROWS,
    L_AMOUNT, L_STATUS, L_STATUSES, L_BITS, L_PARTY_ROWS, L_HOLDS_FIRED,
) = range(6, 23)  # fmt: skip
L_HEADER = 23
PART_WIDTH, PARTY_WIDTH, TIME_WIDTH, PARTIES = 4, 2, 2, 3
"""A plan of what is laid out for a store of windows begins as a plan does, up to FALSE. Then what is before the id, the
id's slot and how long it may be; how many windows are read; how many texts are asked by, how many there are, and where
their rows begin: how many parts, and of each the slot, how long it may be, whether it may be missing, and a dict of all
that it may be, 0 for any. How many readings are over a day, a month or a year, and where for each stands from when
until before when it began when. How many numbers there are and where their rows are, which are those of a plan, and
which of them is the amount; the slot of the status, a dict of all that it may be, and the bits for each and for none;
of each party the slot and how long it may be; and whether a payment that fires anything is recorded elsewhere."""


def address_of(thing: object) -> int:
    """What a kernel knows an object by. Whoever asks keeps the object for as long."""
    return id(thing)


def known_types() -> list[int]:
    """What a plan begins with, in this process."""
    return [address_of(x) for x in (float, int, str, None, True, False)]


def plan_of(
    rows: Sequence[Sequence[int]], has_all: bool, windows: Sequence[tuple[int, int]] = ()
) -> Integers:
    """A plan of such rows, for this process. `has_all`: they are all columns of the program. `windows`: which columns
    take which window. Whoever asks keeps what the rows have the addresses of."""
    behind = HEADER + ROW_WIDTH * len(rows)
    end = behind + 2 * len(windows)
    return np.array([*known_types(), int(has_all), behind, end, *chain(*rows), *chain(*windows)], np.int64)


def lay_desk(
    desk: Integers,
    plan: Integers,
    code: Integers,
    gathering: Integers,
    windows: int,
    columns: int,
    bits: int,
    room: int,
    laying: Integers | None = None,
    ahead: Integers | None = None,
) -> None:
    """Write where all is. `bits`: words of `row.decide`'s `out` before its registers. `room`: where a word a mapping
    is. The arrays must be kept."""
    values = DESK_HEADER + windows
    plans = plan.ctypes.data, code.ctypes.data
    of_windows = [0 if x is None else x.ctypes.data for x in (laying, ahead)]
    desk[:DESK_HEADER] = *plans, values, values + columns, bits, gathering.ctypes.data, room, 0, *of_windows


def gathering_plan(
    mappings: Sequence[tuple[int, str, Sequence[str]]], currency: str, currencies: dict[str, int], nested: str | None
) -> Integers:
    """Of the event and each mapping in it: the number of the one that it is in, its key, the keys of its values.
    Whoever asks keeps all that is given."""
    words = [address_of(x) for x in (None, dict, str)] + [sum(len(keys) for _, _, keys in mappings), len(mappings)]
    words += [address_of(currency), address_of(currencies), 0 if nested is None else address_of(nested)]
    for above, key, keys in mappings:
        words += (above, address_of(key), len(keys), *map(address_of, keys))
    return np.array(words, np.int64)
