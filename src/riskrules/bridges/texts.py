"""Arrow's texts as codes and distinct words.

Three layouts (offsets of 32 and of 64 bits, and views) become one: stretches of a run of bytes. The distinct
ones are laid side by side and decoded together where that is the same as one by one, because a call for each
would cost more than all the rest; and a word becomes a Python text of its own only when somebody asks for it, since
of a million ids nobody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .arrow import Raw
from .columns import UNKNOWN, TableError
from .distinct import distinct_texts

INLINE = 12
"""A view holds a text of up to 12 bytes itself."""
VIEW_BYTES = 16


@dataclass(frozen=True, slots=True)
class Texts:
    """codes int32[n] into `words`, -1 missing. A word that is no UTF-8 is None."""

    codes: NDArray[np.int32]
    words: Sequence[str | None]


class LaidTexts(Sequence[str]):
    """Texts side by side in one run of UTF-8: text i is `data[bounds[i]:bounds[i + 1]]`, uint8 and int64[n + 1]. Going
    through all of them makes them all, and keeps them."""

    def __init__(self, data: NDArray[np.uint8], bounds: NDArray[np.int64], text: str) -> None:
        """`text`: all of `data` decoded, each text by itself being UTF-8."""
        self.data, self.bounds = data, bounds
        self._text = text
        self._each: list[str] | None = None
        self._places = bounds
        if len(text) != len(data):  # the same in characters
            begun = np.concatenate([np.zeros(1, np.int64), np.cumsum((data & 0xC0) != 0x80)])
            self._places = begun[bounds]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[str]:
        if self._each is None:
            text, places = self._text, self._places.tolist()
            self._each = [text[a:b] for a, b in pairwise(places)]
        return iter(self._each)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if self._each is not None:
            return self._each[place]
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        i = range(len(self))[place]
        return self._text[int(self._places[i]) : int(self._places[i + 1])]

    def are_within(self, longest: int) -> bool:
        """Whether each has at least one character and at most so many, and none is NUL."""
        lengths = np.diff(self._places)
        return bool(len(self) and lengths.min() > 0 and lengths.max() <= longest and self.data.all())


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
    if (ends < starts).any():
        raise TableError("a column of texts is damaged: a text ends before it begins")
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


def _decoded(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Sequence[str | None]:
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    if np.array_equal(starts[1:], starts[:-1] + lengths[:-1]):  # they lie side by side already
        beside = data[starts[0] : starts[0] + bounds[-1]].copy()
    else:
        beside = data[np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])]
    try:
        text = beside.tobytes().decode()
    except UnicodeDecodeError:
        return _one_by_one(beside, bounds)
    if len(text) != len(beside):
        begins = bounds[:-1][lengths > 0]
        if ((beside[begins] & 0xC0) == 0x80).any():  # a character that begins in one text and ends in the next
            return _one_by_one(beside, bounds)
    return LaidTexts(beside, bounds, text)


def _one_by_one(beside: NDArray[np.uint8], bounds: NDArray[np.int64]) -> list[str | None]:
    return [_word(beside[a:b].tobytes()) for a, b in pairwise(bounds.tolist())]


def _word(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
