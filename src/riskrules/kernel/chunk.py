"""A chunk of payments: columns in, decisions out.

The caller feeds one column after another, as whatever array it has, and asks for the outcome; the next chunk
goes through the same buffers. So memory depends on the chunk's size and not on the table's. How many rules
fire is known only afterwards, so the lists of them are made in a second pass, exactly as long as needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..program import layout
from ..program.layout import Integers
from ..program.model import Program
from . import block, coding, warm
from .float_coding import code_floats

BYTES = 256
ByPlace = npt.NDArray[Any]
"""int64 values, or uint8 codes, by place."""
MOST_ROWS = 65_536
"""Payments in a chunk. With 1,000 rules and 40 columns its buffers take 12 MiB."""


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of indices for each payment: those of payment i are indices[starts[i] : starts[i + 1]], rising."""

    starts: Integers
    indices: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Decided:
    """A chunk's outcome: for each payment the index of its action in `Program.acts` and its score, the rules that
    fired, those that were lifted (by index in `Program.rules`), and the exempts that held."""

    acts: npt.NDArray[np.int16]
    scores: Integers
    fired: Lists
    lifted: Lists
    exempts: Lists


class OutOfBounds(ValueError):
    """A value outside the bounds that its column's arithmetic was proved for."""

    def __init__(self, column: int, row: int) -> None:
        super().__init__(f"row {row} of column {column} is outside the bounds of its field")
        self.column = column
        self.row = row


class Chunk:
    """Buffers for up to `rows` payments. One thread at a time."""

    def __init__(self, program: Program, rows: int = MOST_ROWS) -> None:
        assert 0 < rows <= MOST_ROWS
        warm.warm()
        code = program.code
        self.program = program
        self.rows = rows
        self._directory = code[code[layout.DIRECTORY] :][: len(program.columns) * layout.DIRECTORY_WIDTH].reshape(
            -1, layout.DIRECTORY_WIDTH
        )
        self._rule_words = int(code[layout.RULE_WORDS])
        self._exempt_words = int(code[layout.EXEMPT_WORDS])
        self._laid = program.laid
        self._stride = self._laid.stride
        self._codes = np.zeros((int(code[layout.BYTE_COLUMNS]), rows), np.uint8)
        self._pairs = np.zeros((int(code[layout.PAIR_COLUMNS]), rows), np.uint16)
        self._held = np.zeros((int(code[layout.LOADS]), rows), np.int64)
        self._bits = np.zeros(rows * self._stride, np.int64)
        self._lifted = np.zeros(rows * self._rule_words if self._exempt_words else 0, np.int64)

    def feed_floats(self, column: int, given: npt.NDArray[np.float64], digits: int) -> bool:
        """Give a column's values as floats, which stand for the nearest units of 10**-`digits`. Whether they could be
        taken; if not, nothing is done, and they must be given as integers."""
        row = self._directory[column]
        if row[layout.PAIRED] or row[layout.HELD] >= 0 or row[layout.MODE] != layout.RANK:
            return False
        c = self.program.cells(column, digits)
        codes = self._own(row, len(given))
        code_floats(c.points, c.cells, c.steps, c.base, c.shift, _plainly(given), codes)
        return True

    def by_place(self, column: int, values: Integers) -> ByPlace:
        """What `feed_places` takes for a column whose values are `values` by place, the last of them for a place below
        zero (as an int8, too). Worked out once for all chunks whose places mean the same."""
        row = self._directory[column]
        spread = np.full(max(BYTES + 1, len(values)), values[-1])  # so that every byte has a value
        spread[: len(values) - 1] = values[:-1]
        if row[layout.PAIRED] or row[layout.HELD] >= 0:
            return spread
        codes = np.zeros(len(spread), np.uint8)
        coding.code_column(self.program.code, column, spread, codes)
        return codes

    def feed_places(self, column: int, places: npt.NDArray[Any], by_place: ByPlace) -> None:
        """Give a column's values as places, uint8 or int32, and what `by_place` says of them. Raises `OutOfBounds`."""
        places = places if places.dtype == np.int32 else places.view(np.uint8)
        if by_place.dtype == np.uint8:
            coding.take_codes(by_place, _plainly(places), self._own(self._directory[column], len(places)))
        else:
            self.feed(column, by_place[places])

    def _own(self, row: Integers, count: int) -> npt.NDArray[Any]:
        """Where the codes of a column go, by its row in the directory."""
        assert count <= self.rows
        codes: npt.NDArray[Any] = (self._pairs if row[layout.PAIRED] else self._codes)[row[layout.PLACE], :count]
        return codes

    def feed(self, column: int, values: Integers) -> None:
        """Give a column's values, int64 and contiguous, at most `rows`. Raises `OutOfBounds`."""
        row = self._directory[column]
        codes = self._own(row, len(values))
        if row[layout.HELD] >= 0:
            bad = coding.first_out_of_bounds(self.program.code, column, values)
            if bad >= 0:
                raise OutOfBounds(column, int(bad))
            self._held[row[layout.HELD], : len(values)] = values
        if row[layout.CODES] > 1:  # else each has the only one, which is there
            coding.code_column(self.program.code, column, values, codes)

    def decide(self, count: int) -> Decided:
        """The outcome for the first `count` payments of the columns that were fed last."""
        assert 0 <= count <= self.rows
        acts, scores = np.zeros(count, np.int16), np.zeros(count, np.int64)
        bits = self._bits[: count * self._stride]
        lifted = self._lifted[: count * self._rule_words]
        laid, fed = self._laid, (self._codes, self._pairs, self._held)
        block.decide(self.program.code, laid.tables, laid.plan, *fed, bits, lifted, acts, scores)
        whole = self._rule_words + self._exempt_words
        return Decided(
            acts=acts,
            scores=scores,
            fired=self._lists(bits, count, self._stride, 0, self._rule_words),
            lifted=self._lists(lifted, count, self._rule_words, 0, self._rule_words if self._exempt_words else 0),
            exempts=self._lists(bits, count, self._stride, self._rule_words, whole),
        )

    def _lists(self, bits: Integers, count: int, words: int, first: int, end: int) -> Lists:
        starts = np.zeros(count + 1, np.int64)
        if first == end:
            return Lists(starts, np.zeros(0, np.int32))
        block.starts(bits, words, first, end, starts)
        indices = np.empty(int(starts[-1]) + block.INDICES_AT_ONCE, np.int32)
        block.numbers(bits, words, first, end, starts, indices)
        return Lists(starts, indices[: -block.INDICES_AT_ONCE])


def _plainly(given: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As kernels take it: in one piece, where a number may begin."""
    return np.require(given, requirements=["C", "A"])
