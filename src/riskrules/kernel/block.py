"""Many payments: their codes → bits, a block of about two thousand at a time.

A term is a few tests of one byte a payment, and-ed over the block, 32 or 64 payments an instruction; the results of
eight terms are packed into a byte before they are spread over each payment's own words of bits. From
there on a payment is settled exactly as a single one is. Memory is what the caller hands over, and
some hundred kilobytes of a block's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..program import layout
from ..program.layout import Integers
from ..schema.limits import MISSING as MISSING_VALUE
from .bits import bit_count, lowest_bit
from .compiled import Integer, inner, kernel
from .machine import STRIP, run_strip
from .settle import settle

Bytes = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.uint16]

BLOCK = 2_048
"""Payments in a block: the codes of forty columns then fill the cache nearest to the processor, 80 kB."""

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
MARKS, MARK_ROWS, MARK_WIDTH = layout.MARKS, layout.MARK_ROWS, layout.MARK_WIDTH
TERMS, TERM_ROWS, TERM_WIDTH = layout.TERMS, layout.TERM_ROWS, layout.TERM_WIDTH
TEST_ROWS, TEST_WIDTH = layout.TEST_ROWS, layout.TEST_WIDTH
FROM_BYTES, FROM_PAIRS = layout.FROM_BYTES, layout.FROM_PAIRS
REGISTERS, IDLE_ACT = layout.REGISTERS, layout.IDLE_ACT


@kernel
def decide(
    code: Integers,
    codes: Bytes,
    pairs: Pairs,
    held: Integers,
    bits: Integers,
    lifted: Integers,
    acts: npt.NDArray[np.int16],
    scores: Integers,
) -> None:
    """Decide as many payments as `acts` is long.

    `codes`: uint8[columns of one byte, payments]; `pairs`: uint16[columns of two, payments]; `held`: int64[columns that
    arithmetic reads, payments]. Filled: `bits`, int64[payments * words], each payment's fired rules, exempts and
    extras; `lifted`, int64[payments * rule words], or of length 0 if nobody asks; `acts` and `scores`."""
    words = code[RULE_WORDS] + code[EXEMPT_WORDS] + code[EXTRA_WORDS]
    rule_words = code[RULE_WORDS]
    marks = np.empty((code[DERIVED] + code[MARKS], BLOCK), np.uint8)
    registers = np.empty(code[REGISTERS] * STRIP, np.int64)
    holding = np.empty(BLOCK, np.uint8)
    group = np.zeros(BLOCK, np.uint8)
    asked = lifted.shape[0] > 0
    aside = lifted if asked else np.empty(rule_words, np.int64)
    for start in range(0, acts.shape[0], BLOCK):
        end = min(start + BLOCK, acts.shape[0])
        for strip in range(start, end if code[DERIVED] > 0 else start, STRIP):
            _derive(code, codes, pairs, held, registers, marks, strip, min(strip + STRIP, end), strip - start)
        _mark(code, codes, pairs, marks, start, end)
        of_block = bits[start * words : end * words]
        of_block[:] = 0
        _hold(code, codes, pairs, marks, holding, group, start, end, of_block, words)
        for i in range(start, end):
            together = 0
            for w in range(i * words, i * words + words):
                together |= bits[w]
            if together == 0:
                acts[i] = code[IDLE_ACT]
                scores[i] = 0
                for w in range(i * rule_words, i * rule_words + rule_words if asked else i * rule_words):
                    lifted[w] = 0
            else:
                acts[i], scores[i] = settle(code, bits, i * words, aside, i * rule_words if asked else rule_words * 0)


@inner
def _hold(
    code: Integers,
    codes: Bytes,
    pairs: Pairs,
    marks: Bytes,
    holding: Bytes,
    group: Bytes,
    start: Integer,
    end: Integer,
    bits: Integers,
    words: Integer,
) -> None:
    """Set the bits of the terms that hold, for the payments from `start` to `end`."""
    count = end - start
    at = code[TERM_ROWS]
    packed = np.int64(0)  # a literal would be compiled for by itself
    for _ in range(code[TERMS]):
        bit, test, last = code[at], code[at + 1], code[at + 2]
        at += TERM_WIDTH
        if bit >> 3 != packed:
            _spread(group, count, bits, words, packed)
            packed = bit >> 3
        holding[:count] = 1 << (bit & 7)
        tests = 0
        while test < last:
            row = code[TEST_ROWS] + test * TEST_WIDTH
            source, place = code[row], code[row + 1]
            if source == FROM_BYTES:
                _and(codes[place, start:end], np.uint8(code[row + 2]), np.uint8(code[row + 3]), holding)
            elif source == FROM_PAIRS:
                _and(pairs[place, start:end], np.uint16(code[row + 2]), np.uint16(code[row + 3]), holding)
            else:
                _and(marks[place, :count], np.uint8(code[row + 2]), np.uint8(code[row + 3]), holding)
            tests += 1
            test += 1
            if tests == 2 and test < last and not _any(holding, count):
                test = last + 1
        if test == last:
            _pack(holding, group, count)
    _spread(group, count, bits, words, packed)


@inner
def _and(codes: Any, first: Any, further: Any, holding: Bytes) -> None:
    """Keep what has a code from `first` to `first + further`: the difference wraps below the first."""
    for i in range(codes.shape[0]):
        holding[i] = holding[i] if type(first)(codes[i] - first) <= further else np.uint8(0)


@inner
def _any(holding: Bytes, count: Integer) -> bool:
    """Whether anything holds yet. What lies beyond `count` may be of another block: then this errs towards yes."""
    eights = holding.view(np.int64)
    together = 0
    for i in range((count + 7) >> 3):
        together |= eights[i]
    return together != 0


@inner
def _pack(holding: Bytes, group: Bytes, count: Integer) -> None:
    for i in range(count):
        group[i] |= holding[i]


@inner
def _spread(group: Bytes, count: Integer, bits: Integers, words: Integer, packed: Integer) -> None:
    """Move the bits of eight terms, byte number `packed` of each payment's words, from the block to the payments."""
    eights = group.view(np.int64)
    word, shift = packed >> 3, (packed & 7) << 3
    for j in range((count + 7) >> 3):
        if eights[j] != 0:
            for i in range(8 * j, 8 * j + 8):
                if group[i] != 0:
                    bits[i * words + word] |= np.int64(group[i]) << shift
            eights[j] = 0


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
    to: Integer,
) -> None:
    """The derived columns of the payments from `start` to `end`, as marks from place `to` of the block."""
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
            marks[d, to + i] = np.uint8(register[i] != 0)
        at += DERIVED_WIDTH


@inner
def _mark(code: Integers, codes: Bytes, pairs: Pairs, marks: Bytes, start: Integer, end: Integer) -> None:
    """The marks of sets that are not one stretch of codes."""
    at = code[MARK_ROWS]
    for m in range(code[MARKS]):
        column = code[DIRECTORY] + code[at] * WIDTH
        place = code[column + PLACE]
        marked = marks[code[DERIVED] + m, : end - start]
        if code[column + PAIRED] != 0:
            _mark_one(code, at, pairs[place, start:end], np.uint16(0), marked)
        else:
            _mark_one(code, at, codes[place, start:end], np.uint8(0), marked)
        at += MARK_WIDTH


@inner
def _mark_one(code: Integers, at: Integer, codes: Any, zero: Any, marked: Bytes) -> None:
    run_of, count = code[at + 1], code[at + 2]
    if code[at + 3] != 0:
        for i in range(marked.shape[0]):
            marked[i] = code[run_of + np.int64(codes[i])]
    else:
        marked[:] = 0
        for k in range(run_of, run_of + 2 * count, 2):
            first = type(zero)(code[k])
            _or(codes, first, type(zero)(code[k + 1] - code[k]), marked)


@inner
def _or(codes: Any, first: Any, further: Any, marked: Bytes) -> None:
    for i in range(codes.shape[0]):
        marked[i] |= np.uint8(type(first)(codes[i] - first) <= further)


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
def numbers(bits: Integers, words: Integer, first: Integer, end: Integer, found: npt.NDArray[np.int32]) -> None:
    """The numbers of those bits, payment by payment, rising. Stops when `found` is full."""
    to = 0
    for i in range(bits.shape[0] // words):
        for w in range(first, end):
            word = bits[i * words + w]
            while word != 0:
                if to == found.shape[0]:
                    return
                found[to] = 64 * (w - first) + lowest_bit(word)
                to += 1
                word &= word - 1
