"""Which texts of a column are equal: each row's text looked up among those that came before, and kept if it is new.

A text is known by a mark of 64 bits, made of its bytes eight at a time, and then compared byte for byte, so that no
coincidence joins two different texts. Marks are multiplied by a number that is drawn once a process: who knows it not
cannot send texts that all meet in one place of the table and take forever.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt

from ..program.layout import Integers
from .compiled import Integer, inner, kernel
from .memory import byte_at, copy_byte, copy_word, four_at, word_at

Codes = npt.NDArray[np.int32]
INLINE, VIEW_BYTES, VIEW_WORDS = 12, 16, 4
"""A view is its length and, up to `INLINE` bytes, the text itself; else its beginning, the number of a buffer and where
it begins in it."""
MIX = secrets.randbits(62) * 2 + 1
DAMAGED = -1


@kernel
def place_views(
    views: Codes, buffers: Integers, present: npt.NDArray[np.bool_], starts: Integers, lengths: Codes
) -> Integer:
    """Where the texts of a column of views begin, as addresses, and how long they are, -1 where `present` says that
    there is none. All bytes together; DAMAGED where a view leads outside. views int32[4 * n]; buffers int64[2 * k],
    address and bytes of each; present bool[n]."""
    own = views.ctypes.data
    total: Integer = 0
    for i in range(starts.shape[0]):
        lengths[i] = -1
        if not present[i]:
            continue
        length = np.int64(views[VIEW_WORDS * i])
        if 0 <= length <= INLINE:
            starts[i] = own + VIEW_BYTES * i + 4
        else:
            number, begins = np.int64(views[VIEW_WORDS * i + 2]), np.int64(views[VIEW_WORDS * i + 3])
            if length < 0 or number < 0 or 2 * number >= buffers.shape[0]:
                return DAMAGED
            if begins < 0 or begins + length > buffers[2 * number + 1]:
                return DAMAGED
            starts[i] = buffers[2 * number] + begins
        lengths[i] = length
        total += length
    return total


@kernel
def number_texts(
    starts: Integers,
    lengths: Codes,
    table: Codes,
    codes: Codes,
    marks: Integers,
    bounds: Integers,
    to: npt.NDArray[Any],
) -> Integer:
    """Number the texts in the order in which they first come; how many there are. `codes` int32[n] is filled, -1 where
    a length is below zero. `to` has the bytes of each distinct one, side by side, from bounds[k] to bounds[k + 1].
    `table` int32, a power of two and at least twice n, all -1; `marks` int64[n], room to work in."""
    mask = table.shape[0] - 1
    kept = to.ctypes.data
    count: Integer = 0
    bounds[0] = 0
    for i in range(starts.shape[0]):
        length = np.int64(lengths[i])
        if length < 0:
            codes[i] = -1
            continue
        mark = _mark(starts[i], length)
        place = (mark ^ (mark >> 29)) & mask
        code: Integer = np.int64(table[place])
        while code >= 0:
            begins, ends = bounds[code], bounds[code + 1]
            if marks[code] == mark and ends - begins == length and _same(kept + begins, starts[i], length):
                break
            place = (place + 1) & mask
            code = np.int64(table[place])
        if code < 0:
            code = count
            count += 1
            table[place] = code
            marks[code] = mark
            _copy(starts[i], kept + bounds[code], length)
            bounds[count] = bounds[code] + length
        codes[i] = code
    return count


@inner
def _mark(start: Integer, length: Integer) -> Integer:
    mark = length * MIX
    for at in range(0, length - 7, 8):
        mark = _mixed(mark, word_at(start + at))
    if length & 7:
        mark = _mixed(mark, _rest(start, length))
    return mark


@inner
def _mixed(mark: Integer, word: Integer) -> Integer:
    mixed = (mark ^ word) * MIX
    return mixed ^ (mixed >> 32)


@inner
def _rest(start: Integer, length: Integer) -> Integer:
    """What is left of a text beyond whole words, with bytes before it where there are any."""
    if length >= 8:
        return word_at(start + length - 8)
    if length >= 4:
        return four_at(start) | (four_at(start + length - 4) << 32)
    word = byte_at(start) | (byte_at(start + length - 1) << 16)
    return word | (byte_at(start + (length >> 1)) << 8)


@inner
def _same(start: Integer, other: Integer, length: Integer) -> bool:
    for at in range(0, length - 7, 8):
        if word_at(start + at) != word_at(other + at):
            return False
    return bool(length & 7 == 0 or _rest(start, length) == _rest(other, length))


@inner
def _copy(start: Integer, to: Integer, length: Integer) -> None:
    for at in range(0, length - 7, 8):
        copy_word(start + at, to + at)
    if length >= 8:
        copy_word(start + length - 8, to + length - 8)
    else:
        for at in range(length):
            copy_byte(start + at, to + at)
