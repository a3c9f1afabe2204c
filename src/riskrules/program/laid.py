"""A program's tables of bits once more, laid out for many payments.

For one payment a column's bits lie behind one another, all words of a code. Many payments go through the columns some
words at a time, so that the tables of these words, of all columns and codes together, stay in the cache nearest to the
processor: with a thousand rules and forty columns about 30 kB of them. The price is a second copy of the tables, made
once a program, and only where tables of payments are decided.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import layout
from .layout import Integers

GROUP = 4
"""Words that are read together: 256 bits, one register of most processors."""
AT_ONCE = 8
"""Columns of one byte that are read together."""
ALIGNED = 64
"""Bytes of a line of a cache. A group that lay in two of them would cost twice as much."""

GROUPS, STEP, BYTES, PAIRS, ROWS = range(5)
"""A plan begins with the number of groups and how many integers each takes, and with how many columns of one byte and
of two there are; those of one byte a multiple of `AT_ONCE`, for which the last one stands there again. Then each of
them, its place among those of its width and where its table begins in a group; then where those of the derived columns
begin."""


class Laid:
    """`tables` int64[groups * codes * GROUP], `plan` int64[ROWS + …], `stride`: words of bits of one payment."""

    def __init__(self, code: Integers) -> None:
        self._code = code
        self._words = sum(int(code[k]) for k in (layout.RULE_WORDS, layout.EXEMPT_WORDS, layout.EXTRA_WORDS))
        self._groups = -(-self._words // GROUP)
        self._places: dict[tuple[int, int], int] = {}
        self._codes = 0
        rows = _rows(code, layout.DIRECTORY, layout.DIRECTORY_WIDTH)
        # the first column rules out what is no rule's bit; of the others, one of a single code rules out nothing
        told = [r for i, r in enumerate(rows) if i == 0 or r[layout.CODES] > 1]
        bytes_, pairs = (
            [(r[layout.PLACE], self._place(r[layout.TABLE], r[layout.CODES])) for r in told if r[layout.PAIRED] == wide]
            for wide in (0, 1)
        )
        bytes_ += bytes_[-1:] * (-len(bytes_) % AT_ONCE)
        derived = [self._place(table, 2) for _, table in _rows(code, layout.DERIVED_ROWS, layout.DERIVED_WIDTH)]
        self.stride = self._groups * GROUP
        head = (self._groups, self._codes * GROUP, len(bytes_), len(pairs))
        self.plan: Integers = np.array([*head, *(x for row in (*bytes_, *pairs) for x in row), *derived], np.int64)
        self.tables = self._tables()

    def _place(self, table: int, codes: int) -> int:
        """Where a table begins in a group. Equal ones are there once."""
        key = (table, codes)
        if key not in self._places:
            self._places[key] = self._codes
            self._codes += codes
        return self._places[key] * GROUP

    def _tables(self) -> Integers:
        tables = _aligned(self._groups * self._codes * GROUP).reshape(self._groups, self._codes, GROUP)
        for (table, codes), place in self._places.items():
            bits = np.zeros((codes, self.stride), np.int64)
            bits[:, : self._words] = self._code[table : table + codes * self._words].reshape(codes, self._words)
            tables[:, place : place + codes] = bits.reshape(codes, self._groups, GROUP).swapaxes(0, 1)
        return tables.reshape(-1)


def _rows(code: Integers, section: int, width: int) -> Sequence[list[int]]:
    rows: list[list[int]] = code[code[section] : code[section + 1]].reshape(-1, width).tolist()
    return rows


def _aligned(count: int) -> Integers:
    whole = np.zeros(count + ALIGNED // 8, np.int64)
    first = -whole.ctypes.data % ALIGNED // 8
    return whole[first : first + count]
