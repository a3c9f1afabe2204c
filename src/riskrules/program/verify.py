"""Proof that a program's array leads nowhere outside itself.

A kernel does not check an index: a bad one would read whatever lies in memory there. A program made by
`compile` is sound; one that comes from a disk may have been written by anybody, checksum and all. So every
count, offset and index is proved here, once, when it is loaded: sections lie where the counts say, rows point
into the pool, registers and columns exist, and no bit can be set that stands for nothing. Whether it decides
what its author wrote is another matter, for a signature.
"""

from __future__ import annotations

import numpy as np

from ..meaning import nodes as n
from . import layout
from .layout import Integers
from .machine import OPERANDS, OPERATIONS
from .settling import EVERY_BIT


class UnsoundProgram(ValueError):
    """An array that is no program; the message says where it fails."""


LIMITS = {
    layout.COLUMNS: layout.MOST_COLUMNS,
    layout.DERIVED: layout.MOST_DERIVED,
    layout.RULES: layout.MOST_RULES,
    layout.EXEMPTS: layout.MOST_RULES,
    layout.EXTRAS: layout.MOST_RULES * layout.MOST_TERMS,
    layout.ACTS: layout.MOST_ACTS,
    layout.IDLE_ACT: layout.MOST_ACTS,
    layout.BANDS: layout.MOST_RULES,
    layout.REGISTERS: layout.MOST_REGISTERS,
    layout.LOOKUPS: layout.MOST_REGISTERS,
    layout.LOADS: layout.MOST_COLUMNS,
    layout.INSTRUCTIONS: layout.MOST_LENGTH,
    layout.BYTE_COLUMNS: layout.MOST_COLUMNS,
    layout.PAIR_COLUMNS: layout.MOST_COLUMNS,
}


def verify(code: Integers) -> None:
    """Raises `UnsoundProgram` unless every kernel can run the program without reading or writing outside its arrays."""
    _require(
        code.ndim == 1 and code.dtype == np.int64 and bool(code.flags.c_contiguous), "it is not one run of integers"
    )
    _require(layout.HEADER <= len(code) <= layout.MOST_LENGTH, "its length is beyond what a program can have")
    _Proof(code).run()


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise UnsoundProgram(problem)


def _within(values: Integers, low: int, high: Integers | int, what: str) -> None:
    """Every value is in the half-open [low, high)."""
    _require(bool(np.all((values >= low) & (values < high))), f"{what} is out of range")


class _Proof:
    """Checks in an order in which each may rely on those before it."""

    def __init__(self, code: Integers) -> None:
        self.code = code
        self.header = [int(x) for x in code[: layout.HEADER]]

    def run(self) -> None:
        self._header()
        self._directory()
        self._arithmetic()
        self._settling()
        self._bits()

    def _rows(self, section: int, width: int) -> Integers:
        start, end = self.header[section], self.header[section + 1]
        return self.code[start:end].reshape(-1, width)

    def _header(self) -> None:
        h = self.header
        _require(h[layout.FORMAT] == layout.FORMAT_NUMBER, "its format number is unknown")
        _require(h[layout.LENGTH] == len(self.code), "its length is not what it says")
        for count, most in LIMITS.items():
            _require(0 <= h[count] <= most, f"a count ({count}) is beyond its limit")
        for count, words in (
            (layout.RULES, layout.RULE_WORDS),
            (layout.EXEMPTS, layout.EXEMPT_WORDS),
            (layout.EXTRAS, layout.EXTRA_WORDS),
        ):
            _require(h[words] == -(-h[count] // 64), "its words of bits do not fit its rules")
        _require(h[layout.COLUMNS] > 0, "it has no columns")
        _require(h[layout.BYTE_COLUMNS] + h[layout.PAIR_COLUMNS] == h[layout.COLUMNS], "its columns do not add up")
        _require(h[layout.IDLE_ACT] < h[layout.ACTS], "its act for nothing fired does not exist")
        offsets = layout.section_offsets(h)
        _require(h[layout.DIRECTORY : layout.POOL + 1] == offsets, "its sections do not lie where its counts say")
        _require(offsets[-1] <= len(self.code), "its sections are longer than itself")
        _require(not any(h[layout.POOL + 1 :]), "its header has something after its end")
        self.words = h[layout.RULE_WORDS] + h[layout.EXEMPT_WORDS] + h[layout.EXTRA_WORDS]

    def _in_pool(self, offsets: Integers, lengths: Integers | int, what: str) -> None:
        """Each run of the pool begins and ends in it. `lengths` are known to be small."""
        _within(offsets, self.header[layout.POOL], len(self.code) + 1, what)
        _within(offsets + lengths, 0, len(self.code) + 1, what)

    def _directory(self) -> None:
        rows = self.directory = self._rows(layout.DIRECTORY, layout.DIRECTORY_WIDTH)
        modes, counts, codes = rows[:, layout.MODE], rows[:, layout.POINT_COUNT], rows[:, layout.CODES]
        _within(modes, 0, 2, "a column's mode")
        _within(codes, 1, layout.MOST_CODES + 1, "a column's number of codes")
        _within(counts, 0, len(self.code) + 1, "a column's number of points")
        self._in_pool(rows[:, layout.POINTS], counts, "a column's points")
        self._in_pool(rows[:, layout.TABLE], codes * self.words, "a column's table")
        in_tables = layout.length_of_tables(self.header, codes.tolist())
        _require(in_tables <= layout.MOST_LENGTH, "its columns' tables are longer than a program can be")
        ranked = modes == layout.RANK
        _require(bool(np.all(codes[ranked] == counts[ranked] + 1)), "a column's codes do not fit its points")
        for row in rows:
            points = self.code[row[layout.POINTS] : row[layout.POINTS] + row[layout.POINT_COUNT]]
            if row[layout.MODE] == layout.INDEX:
                _require(len(points) > 0, "a column looks its codes up in nothing")
                _within(points, 0, int(row[layout.CODES]), "a column's code")
            else:
                _require(bool(np.all(points[1:] > points[:-1])), "a column's points do not rise")
        paired = rows[:, layout.PAIRED]
        _require(bool(np.all(paired == (codes > layout.MOST_BYTE_CODES))), "a column's code has not its width")
        for wide, count in ((0, layout.BYTE_COLUMNS), (1, layout.PAIR_COLUMNS)):
            places = rows[paired == wide, layout.PLACE]
            _require(places.tolist() == list(range(self.header[count])), "a column has not its place")

    def _registers(self, registers: Integers, width: int, what: str) -> None:
        _within(registers, 0, self.header[layout.REGISTERS] - width + 1, what)

    def _arithmetic(self) -> None:
        derived = self._rows(layout.DERIVED_ROWS, layout.DERIVED_WIDTH)
        self._registers(derived[:, 0], 1, "a derived column's register")
        self._in_pool(derived[:, 1], 2 * self.words, "a derived column's table")
        columns = self.header[layout.COLUMNS]
        lookups = self._rows(layout.LOOKUP_ROWS, layout.LOOKUP_WIDTH)
        self._registers(lookups[:, 0], 1, "a lookup's register")
        _within(lookups[:, 1], 0, columns, "a lookup's column")
        self._in_pool(lookups[:, 2], self.directory[lookups[:, 1], layout.CODES], "a lookup's table")
        loads = self._rows(layout.LOAD_ROWS, layout.LOAD_WIDTH)
        self._registers(loads[:, 0], 1, "a load's register")
        _within(loads[:, 1], 0, columns, "a load's column")
        held = self.directory[:, layout.HELD]
        _within(held, -1, self.header[layout.LOADS], "a held column's place")
        _require(bool(np.all(held[loads[:, 1]] >= 0)), "a loaded column is not held")
        self._instructions(self._rows(layout.INSTRUCTION_ROWS, layout.INSTRUCTION_WIDTH))

    def _instructions(self, rows: Integers) -> None:
        _within(rows[:, 0], 0, OPERATIONS, "an operation")
        for operation, (width, operands) in OPERANDS.items():
            those = rows[rows[:, 0] == operation]
            self._registers(those[:, 1], width, "an instruction's result")
            for k in range(layout.INSTRUCTION_WIDTH - 2):
                if k >= len(operands):
                    _require(not those[:, 2 + k].any(), "an instruction has an operand too many")
                elif operands[k] != "0":
                    self._registers(those[:, 2 + k], int(operands[k]), "an instruction's operand")

    def _settling(self) -> None:
        h = self.header
        _require(bool(np.all(self._rows(layout.LIVE, 1) == EVERY_BIT)), "a rule is switched off")
        _within(self._rows(layout.RULE_ACTS, 1), 0, h[layout.ACTS], "a rule's act")
        _within(self._rows(layout.EXEMPT_LEVELS, 1), 0, len(n.LEVELS), "an exempt's level")
        _within(self._rows(layout.BAND_ROWS, layout.BAND_WIDTH)[:, 1], 0, h[layout.ACTS], "a band's act")

    def _bits(self) -> None:
        """No bit can be set that is no rule's, no exempt's and no extra's: the first column's table rules them
        out."""
        h = self.header
        real = np.zeros(64 * self.words, np.bool_)
        first = 0
        for count, words in (
            (layout.RULES, layout.RULE_WORDS),
            (layout.EXEMPTS, layout.EXEMPT_WORDS),
            (layout.EXTRAS, layout.EXTRA_WORDS),
        ):
            real[first : first + h[count]] = True
            first += 64 * h[words]
        outside = np.packbits(~real, bitorder="little").view("<i8").astype(np.int64)
        table, codes = int(self.directory[0, layout.TABLE]), int(self.directory[0, layout.CODES])
        rows = self.code[table : table + codes * self.words].reshape(codes, self.words)
        _require(not (rows & outside).any(), "a bit stands for no rule")
        owners = self._rows(layout.EXTRA_OWNERS, 1)
        _within(owners, 0, 64 * (h[layout.RULE_WORDS] + h[layout.EXEMPT_WORDS]), "an extra's owner")
        _require(bool(np.all(real[owners])), "an extra belongs to no rule")
