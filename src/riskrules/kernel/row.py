"""One payment.

Each column's value is coded, and the bits of what it does not rule out are taken together. Most payments
fire nothing, and that is known before any arithmetic is run, which can rule out and never bring back. Slices are
avoided: counting the references to an array takes longer than reading it.
"""

from __future__ import annotations

import numpy as np

from ..program import layout
from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from .compiled import Integer, inner
from .machine import run_one
from .objects import further
from .settle import settle

COLUMNS, DIRECTORY, DERIVED, DERIVED_ROWS = layout.COLUMNS, layout.DIRECTORY, layout.DERIVED, layout.DERIVED_ROWS
WIDTH, RANK = layout.DIRECTORY_WIDTH, layout.RANK
MODE, POINTS, POINT_COUNT, TABLE = layout.MODE, layout.POINTS, layout.POINT_COUNT, layout.TABLE
LOWEST, HIGHEST = layout.LOWEST, layout.HIGHEST
RULE_WORDS, EXEMPT_WORDS, EXTRA_WORDS = layout.RULE_WORDS, layout.EXEMPT_WORDS, layout.EXTRA_WORDS
LOOKUPS, LOOKUP_ROWS, LOOKUP_WIDTH = layout.LOOKUPS, layout.LOOKUP_ROWS, layout.LOOKUP_WIDTH
LOADS, LOAD_ROWS, LOAD_WIDTH = layout.LOADS, layout.LOAD_ROWS, layout.LOAD_WIDTH
DERIVED_WIDTH, REGISTERS, IDLE_ACT = layout.DERIVED_WIDTH, layout.REGISTERS, layout.IDLE_ACT
COLUMNS_BETWEEN_LOOKS = 8
"""Columns after which it is looked whether anything is left: looking costs about as much as a column."""

PLACES = 2**32 - 1


@inner
def decide(code: Integers, values: Integers, out: Integers) -> Integer:
    """The index of the action in `Program.acts`. Or, below zero: -1 - c, where column c holds a value outside the
    bounds that its arithmetic was proved for; then nothing is decided.

    `values`: int64[columns]. `out`: int64[Program.places.length], filled as `layout.Places` says. All are addresses."""
    rule_words = code[RULE_WORDS]
    words = rule_words + code[EXEMPT_WORDS] + code[EXTRA_WORDS]
    columns = code[COLUMNS]
    codes = 1 + words + rule_words + code[REGISTERS]
    out[0] = 0
    at = code[LOAD_ROWS]
    for _ in range(code[LOADS]):
        column = code[at + 1]
        value = values[column]
        bounds = code[DIRECTORY] + column * WIDTH
        if (value < code[bounds + LOWEST] and value != MISSING_VALUE) or value > code[bounds + HIGHEST]:
            for w in range(1 + words + rule_words):
                out[w] = 0
            return -1 - column
        at += LOAD_WIDTH
    for w in range(1, 1 + words):
        out[w] = -1
    at = code[DIRECTORY]
    for c in range(columns):
        k = coded(code, at, values[c])
        out[codes + c] = k
        table = (code[at + TABLE] + k * words) & PLACES
        for w in range(words):
            out[1 + w] &= code[(table + w) & PLACES]
        at += WIDTH
    together = 0
    for w in range(1, 1 + words):
        together |= out[w]
    if together == 0:
        for w in range(1 + words, 1 + words + rule_words):
            out[w] = 0
        return code[IDLE_ACT]
    if code[DERIVED] > 0:
        _derive(code, values, out, words, 1 + words + rule_words, codes)
    act, out[0] = settle(code, out, np.int64(1), out, 1 + words)
    return act


@inner
def coded(code: Integers, at: Integer, value: Integer) -> Integer:
    """The value's code, by the column's row in the directory, which is at `at`."""
    points = code[at + POINTS]
    count = code[at + POINT_COUNT]
    if code[at + MODE] != RANK:
        return code[points + (0 if value < 0 else value + 1 if value < count - 1 else count - 1)]
    low = points
    while count > 0:  # both branches are moves, so that nothing is guessed wrongly
        half = (count + 1) >> 1
        reached = value >= code[(low + half - 1) & PLACES]
        low += half if reached else 0
        count = count - half if reached else half - 1
    return low - points


@inner
def _derive(
    code: Integers, values: Integers, out: Integers, words: Integer, registers: Integer, codes: Integer
) -> None:
    """Work out the derived columns and take away what they rule out. Registers and codes lie in `out` from there on."""
    at = code[LOOKUP_ROWS]
    for _ in range(code[LOOKUPS]):
        out[registers + code[at]] = code[code[at + 2] + out[codes + code[at + 1]]]
        at += LOOKUP_WIDTH
    at = code[LOAD_ROWS]
    for _ in range(code[LOADS]):
        value = values[code[at + 1]]
        out[registers + code[at]] = code[at + 2] if value == MISSING_VALUE else value
        at += LOAD_WIDTH
    run_one(code, further(out, registers))
    at = code[DERIVED_ROWS]
    for _ in range(code[DERIVED]):
        table = code[at + 1] + (words if out[registers + code[at]] != 0 else 0)
        for w in range(words):
            out[1 + w] &= code[table + w]
        at += DERIVED_WIDTH
