"""Where everything lies in a program's one array, `code`.

A header of counts and offsets, then sections of fixed width in a fixed order, then a pool of runs of
any length (thresholds, tables of bits) that sections point into. So a section's offset follows from the counts,
and `verify` can prove a program that came from a disk sound by working them out again. All
integers are int64; a word of bits is 64 of them as a pattern.

Bits are numbered: first those of rules, strongest action first; from the next whole word those of
exempts; from the next whole word the second and further terms of either ("extras").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FORMAT_NUMBER = 3

# The header: counts.
(
    FORMAT,
    LENGTH,
    COLUMNS,
    DERIVED,
    RULES,
    EXEMPTS,
    EXTRAS,
    RULE_WORDS,
    EXEMPT_WORDS,
    EXTRA_WORDS,
    ACTS,
    IDLE_ACT,
    BANDS,
    REGISTERS,
    LOOKUPS,
    LOADS,
    INSTRUCTIONS,
    BYTE_COLUMNS,
    PAIR_COLUMNS,
) = range(19)

# The header: offsets of the sections, in order; the last is the pool.
(
    DIRECTORY,
    DERIVED_ROWS,
    LOOKUP_ROWS,
    LOAD_ROWS,
    INSTRUCTION_ROWS,
    RULE_ACTS,
    SCORES,
    SCORED,
    LIVE,
    BELOW_LEVEL,
    EXEMPT_LEVELS,
    LIFTS,
    BAND_ROWS,
    EXTRA_OWNERS,
    POOL,
) = range(19, 34)
HEADER = 34

# A column's row in the directory.
MODE, POINTS, POINT_COUNT, CODES, TABLE, PLACE, PAIRED, LOWEST, HIGHEST, HELD = range(10)
DIRECTORY_WIDTH = 10
RANK, INDEX = 0, 1
"""Modes. RANK: the code is how many of the points the value reaches. INDEX: points[value + 1] is the code, a
value below zero (missing) taking the first and one beyond the last the last."""

DERIVED_WIDTH = 2
"""register · offset of the bits where it is no, followed by those where it is yes"""
LOOKUP_WIDTH = 3
"""register · column · offset of a number for each of the column's codes"""
LOAD_WIDTH = 3
"""register · column · the number that stands for missing"""
INSTRUCTION_WIDTH = 5
"""operation · register of the result · up to three operands"""
BAND_WIDTH = 3
"""least score · act · its level"""

POINTERS = {DIRECTORY: (POINTS, TABLE), DERIVED_ROWS: (1,), LOOKUP_ROWS: (2,)}
"""By section: which places in a row are offsets into the pool."""

MOST_BYTE_CODES = 256
MOST_CODES = 65_536
"""Codes of one column, so that two bytes hold one: some 30,000 different thresholds."""
MOST_COLUMNS = 4_096
MOST_RULES = 100_000
"""Rules and exempts. A program's tables grow with rules times codes; see `MOST_LENGTH`."""
MOST_REGISTERS = 8_192
"""Registers, one payment's worth: 256 payments at a time then take 16 MiB."""
MOST_DERIVED = 65_536
"""Derived columns: each is 256 bytes while a block is decided."""
MOST_ACTS = 32_767
"""Different actions of one ruleset, so that an int16 holds an index."""
MOST_LENGTH = 2**26
"""Integers in a program: 512 MiB."""
MOST_TERMS = 16
"""Terms that one rule is expanded to. Each takes a bit; beyond this, choice is worked out before the tables."""

FIRED, MOVED, NOT_PLAIN = 2**32, 2**33, -(2**32)
"""More and less than any answer of the kernel: added to an action's index where something fired, and where the payment
was recorded; said of a payment that the kernel does not read."""
PLAIN, REST, ROW, EVENT, ASKING, TELLING = range(6)
"""What the kernel for one payment is asked: to read a payment's values and decide, to decide what was read, to decide
columns, to take the values out of a dict and then as the first; to read the windows of a payment whose values it has
and decide, and to record it as well where that goes ahead."""

Integers = npt.NDArray[np.int64]


def section_sizes(header: list[int]) -> list[int]:
    """Integers in each section before the pool, from the header's counts."""
    words = header[RULE_WORDS]
    return [
        header[COLUMNS] * DIRECTORY_WIDTH,
        header[DERIVED] * DERIVED_WIDTH,
        header[LOOKUPS] * LOOKUP_WIDTH,
        header[LOADS] * LOAD_WIDTH,
        header[INSTRUCTIONS] * INSTRUCTION_WIDTH,
        header[RULES],
        header[RULES],
        words,
        words,
        6 * words,
        header[EXEMPTS],
        header[EXEMPTS] * words,
        header[BANDS] * BAND_WIDTH,
        header[EXTRAS],
    ]


def section_offsets(header: list[int]) -> list[int]:
    """Offsets of the sections and, last, of the pool."""
    offsets = [HEADER]
    for size in section_sizes(header):
        offsets.append(offsets[-1] + size)
    return offsets


def length_of_tables(header: Sequence[int], codes: Iterable[int]) -> int:
    """Integers in the tables of all columns, `codes` of each of the host's, were each there by itself: what laying them
    out for many payments takes."""
    words = header[RULE_WORDS] + header[EXEMPT_WORDS] + header[EXTRA_WORDS]
    return words * (sum(codes) + 2 * header[DERIVED])


@dataclass(frozen=True, slots=True)
class Places:
    """Where the row kernel's `out` holds what: the score at 0, bits of fired rules from `fired`, of exempts that held
    from `exempts`, of lifted rules from `lifted`; the rest is the kernel's own. `length` int64s in all."""

    rule_words: int
    exempt_words: int
    fired: int
    exempts: int
    lifted: int
    registers: int
    codes: int
    length: int


def places(code: Integers) -> Places:
    rule_words, exempt_words, extra_words = (int(code[k]) for k in (RULE_WORDS, EXEMPT_WORDS, EXTRA_WORDS))
    lifted = 1 + rule_words + exempt_words + extra_words
    registers = lifted + rule_words
    codes = registers + int(code[REGISTERS])
    return Places(
        rule_words=rule_words,
        exempt_words=exempt_words,
        fired=1,
        exempts=1 + rule_words,
        lifted=lifted,
        registers=registers,
        codes=codes,
        length=codes + int(code[COLUMNS]),
    )
