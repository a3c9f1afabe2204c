"""Arrow's texts as codes and distinct words: one Python text for each word, however many rows have it.

Three layouts (offsets of 32 and of 64 bits, and views) become one: stretches of a run of bytes. The distinct
ones are laid side by side and decoded together where that is the same as one by one, because a call for each
would cost more than all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrow import Raw
from .columns import UNKNOWN
from .distinct import distinct_texts

INLINE = 12
"""A view holds a text of up to 12 bytes itself."""
VIEW_BYTES = 16


@dataclass(frozen=True, slots=True)
class Texts:
    """codes int32[n] into `words`, -1 missing. A word that is no UTF-8 is None."""

    codes: NDArray[np.int32]
    words: list[str | None]


def read_texts(raw: Raw) -> Texts:
    """The distinct texts of a column of format u, U or vu, in order of appearance."""
    rows = np.flatnonzero(raw.present)
    codes = np.full(raw.length, UNKNOWN, np.int32)
    if not len(rows):
        return Texts(codes, [])
    data, starts, lengths = _viewed(raw, rows) if raw.format == "vu" else _offset(raw, rows)
    codes[rows], first = distinct_texts(data, starts, lengths)
    return Texts(codes, _decoded(data, starts[first], lengths[first]))


def _offset(raw: Raw, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Bytes, and where each of the rows' texts starts in them and how long it is."""
    offsets = raw.whole(1).view("<i4" if raw.format == "u" else "<i8")
    bounds = offsets[raw.offset : raw.offset + raw.length + 1].astype(np.int64)
    starts, ends = bounds[:-1][rows], bounds[1:][rows]
    low, high = int(starts.min()), int(ends.max())
    return raw.whole(2)[low:high], starts - low, ends - starts


def _viewed(raw: Raw, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    own = raw.whole(1)[raw.offset * VIEW_BYTES : (raw.offset + raw.length) * VIEW_BYTES]
    views = own.view("<i4").reshape(-1, 4)[rows]
    lengths = views[:, 0].astype(np.int64)
    starts = rows * VIEW_BYTES + 4
    pieces, placed = [own], len(own)
    outside = lengths > INLINE
    for number in np.unique(views[outside, 2]).tolist():
        here = np.flatnonzero(outside & (views[:, 2] == number))
        begins = views[here, 3].astype(np.int64)
        low, high = int(begins.min()), int((begins + lengths[here]).max())
        starts[here] = begins - low + placed
        pieces.append(raw.whole(2 + number)[low:high])
        placed += high - low
    return np.concatenate(pieces), starts, lengths


def _decoded(data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[str | None]:
    ends = np.cumsum(lengths)
    begins = ends - lengths
    side_by_side = data[np.repeat(starts - begins, lengths) + np.arange(ends[-1] if len(ends) else 0)]
    follows = (side_by_side & 0xC0) == 0x80  # not the first byte of a character
    try:
        text = side_by_side.tobytes().decode()
    except UnicodeDecodeError:
        return [_word(side_by_side[a:b].tobytes()) for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
    if len(text) != len(side_by_side):
        if follows[begins[lengths > 0]].any():  # a character that begins in one text and ends in the next
            return [_word(side_by_side[a:b].tobytes()) for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
        characters = np.concatenate([[0], np.cumsum(~follows)])
        begins, ends = characters[begins], characters[ends]
    return [text[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]


def _word(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
