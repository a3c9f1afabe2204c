"""Many payments: their codes → bits, a block of some hundred at a time.

Each column's code has a table of the bits that it does not rule out, as for a single payment; here the tables are laid
out so that those of a few words stay in the nearest cache while a block goes through them (`program.laid`), and eight
columns are taken together. From there on a payment is settled exactly as a single one is. Memory is what the caller
hands over, and some hundred kilobytes of a block's own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..program import laid, layout
from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from .bits import bit_count, lowest_bit
from .compiled import Integer, inner, kernel
from .machine import STRIP, run_strip
from .settle import settle
from .vectors import meet, meet_eight

Bytes = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.uint16]

BLOCK = STRIP
"""Payments in a block: their bits of one group, and their codes of forty columns, are some 10 kB each."""

DIRECTORY, WIDTH, PLACE, PAIRED, HELD = (
    layout.DIRECTORY,
    layout.DIRECTORY_WIDTH,
    layout.PLACE,
    layout.PAIRED,
    layout.HELD,
)
RULE_WORDS, EXEMPT_WORDS, EXTRA_WORDS = layout.RULE_WORDS, layout.EXEMPT_WORDS, layout.EXTRA_WORDS
DERIVED, DERIVED_ROWS, DERIVED_WIDTH = layout.DERIVED, layout.DERIVED_ROWS, layout.DERIVED_WIDTH
LOOKUPS, LOOKUP_ROWS, LOOKUP_WIDTH = layout.LOOKUPS, layout.LOOKUP_ROWS, layout.LOOKUP_WIDTH
LOADS, LOAD_ROWS, LOAD_WIDTH = layout.LOADS, layout.LOAD_ROWS, layout.LOAD_WIDTH
REGISTERS, IDLE_ACT, RULE_ACTS = layout.REGISTERS, layout.IDLE_ACT, layout.RULE_ACTS
BANDS, SCORED, LIVE = layout.BANDS, layout.SCORED, layout.LIVE
GROUP, AT_ONCE = laid.GROUP, laid.AT_ONCE
GROUPS, STEP, BYTES, PAIRS, ROWS = laid.GROUPS, laid.STEP, laid.BYTES, laid.PAIRS, laid.ROWS
WORD_BYTES, GROUP_SHIFT = 8, 5
"""A group takes 32 bytes."""
INDICES_AT_ONCE = 4


@kernel
def decide(
    code: Integers,
    tables: Integers,
    plan: Integers,
    codes: Bytes,
    pairs: Pairs,
    held: Integers,
    bits: Integers,
    lifted: Integers,
    acts: npt.NDArray[np.int16],
    scores: Integers,
) -> None:
    """Decide as many payments as `acts` is long.

    `tables` and `plan`: as `program.laid` has them. `codes`: uint8[columns of one byte, payments]; `pairs`:
    uint16[columns of two, payments]; `held`: int64[columns that arithmetic reads, payments]. Filled: `bits`,
    int64[payments * words, rounded up to groups], each payment's fired rules, exempts and extras; `lifted`,
    int64[payments * rule words], or of length 0 if nobody asks; `acts` and `scores`."""
    stride = plan[GROUPS] * GROUP
    marks = np.empty((code[DERIVED], BLOCK), np.uint8)
    registers = np.empty(code[REGISTERS] * STRIP, np.int64)
    plainly = is_plain(code)
    asked = lifted.shape[0] > 0
    aside = lifted if asked else np.empty(code[RULE_WORDS], np.int64)
    for start in range(0, acts.shape[0], BLOCK):
        end = min(start + BLOCK, acts.shape[0])
        if code[DERIVED] > 0:
            _derive(code, codes, pairs, held, registers, marks, start, end)
        bits[start * stride : end * stride] = -1
        for group in range(plan[GROUPS]):
            _hold(plan, tables, group, codes, pairs, marks, bits, start, end)
        if plainly:
            _settle_plainly(code, bits, stride, acts, scores, start, end)
        else:
            _settle(code, bits, stride, aside, asked, acts, scores, start, end)


@inner
def _hold(
    plan: Integers,
    tables: Integers,
    group: Integer,
    codes: Bytes,
    pairs: Pairs,
    marks: Bytes,
    bits: Integers,
    start: Integer,
    end: Integer,
) -> None:
    """Leave of one group of words, for the payments from `start` to `end`, what no column rules out."""
    first = tables.ctypes.data + group * plan[STEP] * WORD_BYTES
    to_first = bits.ctypes.data + (start * plan[GROUPS] + group << GROUP_SHIFT)
    to_step = plan[GROUPS] << GROUP_SHIFT
    at = ROWS
    for _ in range(0, plan[BYTES], AT_ONCE):
        a, b, c, d = codes[plan[at]], codes[plan[at + 2]], codes[plan[at + 4]], codes[plan[at + 6]]
        e, f, g, h = codes[plan[at + 8]], codes[plan[at + 10]], codes[plan[at + 12]], codes[plan[at + 14]]
        of_a, of_b = first + plan[at + 1] * WORD_BYTES, first + plan[at + 3] * WORD_BYTES
        of_c, of_d = first + plan[at + 5] * WORD_BYTES, first + plan[at + 7] * WORD_BYTES
        of_e, of_f = first + plan[at + 9] * WORD_BYTES, first + plan[at + 11] * WORD_BYTES
        of_g, of_h = first + plan[at + 13] * WORD_BYTES, first + plan[at + 15] * WORD_BYTES
        to = to_first
        for i in range(start, end):
            meet_eight(
                of_a + (np.int64(a[i]) << GROUP_SHIFT),
                of_b + (np.int64(b[i]) << GROUP_SHIFT),
                of_c + (np.int64(c[i]) << GROUP_SHIFT),
                of_d + (np.int64(d[i]) << GROUP_SHIFT),
                of_e + (np.int64(e[i]) << GROUP_SHIFT),
                of_f + (np.int64(f[i]) << GROUP_SHIFT),
                of_g + (np.int64(g[i]) << GROUP_SHIFT),
                of_h + (np.int64(h[i]) << GROUP_SHIFT),
                to,
            )
            to += to_step
        at += 2 * AT_ONCE
    for _ in range(plan[PAIRS]):
        of_pairs, of_column = pairs[plan[at]], first + plan[at + 1] * WORD_BYTES
        for i in range(start, end):
            meet(of_column + (np.int64(of_pairs[i]) << GROUP_SHIFT), to_first + (i - start) * to_step)
        at += 2
    for m in range(marks.shape[0]):
        of_column = first + plan[at] * WORD_BYTES
        for i in range(end - start):
            meet(of_column + (np.int64(marks[m, i]) << GROUP_SHIFT), to_first + i * to_step)
        at += 1


@inner
def is_plain(code: Integers) -> bool:
    """Whether nothing can be lifted, added up or switched off, so that the first rule that fired says it all."""
    if code[EXEMPT_WORDS] + code[EXTRA_WORDS] + code[BANDS] > 0:
        return False
    changed = 0
    for w in range(code[RULE_WORDS]):
        changed |= code[code[SCORED] + w] | ~code[code[LIVE] + w]
    return changed == 0


@inner
def _settle_plainly(
    code: Integers,
    bits: Integers,
    stride: Integer,
    acts: npt.NDArray[np.int16],
    scores: Integers,
    start: Integer,
    end: Integer,
) -> None:
    for i in range(start, end):
        acts[i] = code[IDLE_ACT]
        scores[i] = 0
        for w in range(code[RULE_WORDS]):
            word = bits[i * stride + w]
            if word != 0:
                acts[i] = code[code[RULE_ACTS] + 64 * w + lowest_bit(word)]
                break


@inner
def _settle(
    code: Integers,
    bits: Integers,
    stride: Integer,
    aside: Integers,
    asked: bool,
    acts: npt.NDArray[np.int16],
    scores: Integers,
    start: Integer,
    end: Integer,
) -> None:
    rule_words = code[RULE_WORDS]
    for i in range(start, end):
        together = 0
        for w in range(i * stride, i * stride + stride):
            together |= bits[w]
        if together == 0:
            acts[i] = code[IDLE_ACT]
            scores[i] = 0
            for w in range(i * rule_words, i * rule_words + rule_words if asked else i * rule_words):
                aside[w] = 0
        else:
            acts[i], scores[i] = settle(code, bits, i * stride, aside, i * rule_words if asked else rule_words * 0)


@inner
def _derive(
    code: Integers,
    codes: Bytes,
    pairs: Pairs,
    held: Integers,
    registers: Integers,
    marks: Bytes,
    start: Integer,
    end: Integer,
) -> None:
    """The derived columns of the payments from `start` to `end`."""
    count = end - start
    at = code[LOOKUP_ROWS]
    for _ in range(code[LOOKUPS]):
        register = registers[code[at] * STRIP : code[at] * STRIP + STRIP]
        column = code[DIRECTORY] + code[at + 1] * WIDTH
        place = code[column + PLACE]
        if code[column + PAIRED] != 0:
            for i in range(count):
                register[i] = code[code[at + 2] + np.int64(pairs[place, start + i])]
        else:
            for i in range(count):
                register[i] = code[code[at + 2] + np.int64(codes[place, start + i])]
        at += LOOKUP_WIDTH
    at = code[LOAD_ROWS]
    for _ in range(code[LOADS]):
        register = registers[code[at] * STRIP : code[at] * STRIP + STRIP]
        place = code[code[DIRECTORY] + code[at + 1] * WIDTH + HELD]
        for i in range(count):
            value = held[place, start + i]
            register[i] = code[at + 2] if value == MISSING_VALUE else value
        at += LOAD_WIDTH
    run_strip(code, registers, count)
    at = code[DERIVED_ROWS]
    for d in range(code[DERIVED]):
        register = registers[code[at] * STRIP : code[at] * STRIP + STRIP]
        for i in range(count):
            marks[d, i] = np.uint8(register[i] != 0)
        at += DERIVED_WIDTH


@kernel
def starts(bits: Integers, words: Integer, first: Integer, end: Integer, found: Integers) -> None:
    """found[i]: how many bits are set in the words `first` to `end` of all payments before i, each of `words` words."""
    found[0] = 0
    for i in range(found.shape[0] - 1):
        count = 0
        for w in range(i * words + first, i * words + end):
            count += bit_count(bits[w])
        found[i + 1] = found[i] + count


@kernel
def numbers(
    bits: Integers, words: Integer, first: Integer, end: Integer, starts: Integers, found: npt.NDArray[np.int32]
) -> None:
    """The numbers of those bits, rising, those of payment i from starts[i] on. `found` has room for `INDICES_AT_ONCE`
    more than there are: so many are written before it is known how many a word has, which is quicker than to ask for
    each."""
    for i in range(starts.shape[0] - 1):
        to = starts[i]
        if to == starts[i + 1]:
            continue
        for w in range(first, end):
            word = bits[i * words + w]
            further = to + bit_count(word)
            for k in range(INDICES_AT_ONCE):
                found[to + k] = 64 * (w - first) + lowest_bit(word)
                word &= word - 1
            to += INDICES_AT_ONCE
            while word != 0:
                found[to] = 64 * (w - first) + lowest_bit(word)
                to += 1
                word &= word - 1
            to = further
