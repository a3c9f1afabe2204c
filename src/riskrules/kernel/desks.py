"""What the kernel for one payment is handed: a plan of how to read it, and a desk to work on. Without Numba.

A plan says of each column which slot of the payment it is made of, read how, within which bounds, written where.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np

from ..program import layout
from ..program.layout import Integers

PLAN, CODE, VALUES, OUT, BITS = range(5)
DESK_HEADER = 5
"""A desk begins with the addresses of plan and program, with where columns begin, and what comes out, and how many
words of that are bits."""
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

NOT_PLAIN, FIRED = layout.NOT_PLAIN, layout.FIRED

G_NONE, G_DICT, G_COUNT, G_MAPPINGS = range(4)
G_HEADER = 4
G_ABOVE, G_KEY, G_LEAVES, G_WIDTH = range(4)
"""A plan of what is gathered: None and dict, how many values, of how many mappings; of each mapping the one that it is
in, its key there, how many values it has, and their keys."""


def address_of(thing: object) -> int:
    """What a kernel knows an object by. Whoever asks keeps the object for as long."""
    return id(thing)


def plan_of(
    rows: Sequence[Sequence[int]], has_all: bool, windows: Sequence[tuple[int, int]] = ()
) -> Integers:
    """A plan of such rows, for this process. `has_all`: they are all columns of the program. `windows`: which columns
    take which window. Whoever asks keeps what the rows have the addresses of."""
    known = [address_of(x) for x in (float, int, str, None, True, False)]
    behind = HEADER + ROW_WIDTH * len(rows)
    end = behind + 2 * len(windows)
    return np.array([*known, int(has_all), behind, end, *chain(*rows), *chain(*windows)], np.int64)


def lay_desk(desk: Integers, plan: Integers, code: Integers, windows: int, columns: int, bits: int) -> None:
    """Write where all is. `bits`: words of `row.decide`'s `out` before its registers. The two arrays must be kept."""
    values = DESK_HEADER + windows
    desk[:DESK_HEADER] = plan.ctypes.data, code.ctypes.data, values, values + columns, bits


def gathering_plan(mappings: Sequence[tuple[int, str, Sequence[str]]]) -> Integers:
    """Of the event and each mapping in it: the number of the one that it is in, its key, the keys of its values.
    Whoever asks keeps the keys."""
    words = [address_of(None), address_of(dict), sum(len(keys) for _, _, keys in mappings), len(mappings)]
    for above, key, keys in mappings:
        words += (above, address_of(key), len(keys), *map(address_of, keys))
    return np.array(words, np.int64)
