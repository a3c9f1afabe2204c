"""Arrow's texts as codes and distinct words.

Three layouts (offsets of 32 and of 64 bits, and views) become one: texts somewhere in memory, which a kernel numbers
(a dictionary, where they are few). The distinct ones are laid side by side and decoded together where that is the same
as one by one, because a call for each would cost more than all the rest; and a word becomes a Python text of its own
only when somebody asks for it, since of a million ids nobody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .arrow import Raw
from .columns import UNKNOWN, TableError

MANY_TEXTS = 2_000
"""From so many on a kernel looks which are equal."""
MOST_TEXT_BYTES = 2**31 - 1
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
    """The distinct texts of a column of format u, U or vu, in order of appearance. TableError for damaged ones."""
    codes, data, bounds = _many(raw) if raw.length >= MANY_TEXTS else _few(raw)
    return Texts(codes, _decoded(data, bounds))


Distinct = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]
"""A code for each row, and the distinct texts side by side: their bytes, and where each begins and the last ends."""


def _few(raw: Raw) -> Distinct:
    place: dict[bytes, int] = {}
    codes = np.full(raw.length, UNKNOWN, np.int32)
    rows = np.flatnonzero(raw.present)
    texts = _viewed(raw, rows) if raw.format == "vu" else _between(raw, rows)
    codes[rows] = [place.setdefault(text, len(place)) for text in texts]
    bounds = np.fromiter(accumulate(map(len, place), initial=0), np.int64, len(place) + 1)
    return codes, np.frombuffer(b"".join(place), np.uint8), bounds


def _between(raw: Raw, rows: NDArray[np.int64]) -> Iterator[bytes]:
    """The texts of these rows, each from one offset to the next."""
    data, offsets = raw.whole(2).data, _offsets(raw)
    for first, last in zip(offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True):
        if not 0 <= first <= last <= len(data):
            raise _damaged()
        yield bytes(data[first:last])


def _viewed(raw: Raw, rows: NDArray[np.int64]) -> Iterator[bytes]:
    """The texts of these rows, by their views."""
    views, outside = _views(raw), _outside(raw)
    own = views.tobytes()
    for row, (length, _, number, first) in zip(rows.tolist(), views.reshape(-1, 4)[rows].tolist(), strict=True):
        if 0 <= length <= INLINE:
            yield own[VIEW_BYTES * row + 4 : VIEW_BYTES * row + 4 + length]
            continue
        if length < 0 or not 0 <= number < len(outside):
            raise _damaged()
        data = outside[number]
        if not 0 <= first <= len(data) - length:
            raise _damaged()
        yield data[first : first + length].tobytes()


def _many(raw: Raw) -> Distinct:
    from ..kernel.distinct import number_texts  # which whoever decides a table has loaded

    starts, lengths, total, keeps = _places_of_views(raw) if raw.format == "vu" else _places(raw)
    n = raw.length
    codes, marks = np.empty(n, np.int32), np.empty(n, np.int64)
    bounds, data = np.empty(n + 1, np.int64), np.empty(total, np.uint8)
    table = np.full(1 << (2 * n - 1).bit_length(), -1, np.int32)
    count = number_texts(starts, lengths, table, codes, marks, bounds, data)
    del keeps
    bounds = bounds[: count + 1].copy()
    data = data[: bounds[-1]]
    return codes, data if 2 * len(data) > total else data.copy(), bounds


Placed = tuple[NDArray[np.int64], NDArray[np.int32], int, object]
"""The address of each text, its bytes (-1 for none), the bytes of all together, and what must be kept meanwhile."""


def _places(raw: Raw) -> Placed:
    data, offsets = raw.whole(2), _offsets(raw)
    starts, lengths = offsets[:-1], np.diff(offsets)
    present = raw.present
    if not present.all():
        lengths[~present] = 0
        starts = np.where(present, starts, 0)
    if int(lengths.min()) < 0 or int(starts.min()) < 0 or int((starts + lengths).max()) > len(data):
        raise _damaged()
    if int(lengths.max()) > MOST_TEXT_BYTES:
        raise TableError(f"a text of more than {MOST_TEXT_BYTES} bytes")
    total = int(lengths.sum())
    lengths[~present] = -1
    return starts + _address(data), lengths.astype(np.int32), total, data


def _places_of_views(raw: Raw) -> Placed:
    from ..kernel.distinct import DAMAGED, place_views

    own, outside = _views(raw), _outside(raw)
    buffers = np.array([x for data in outside for x in (_address(data), len(data))], np.int64)
    starts, lengths = np.zeros(raw.length, np.int64), np.empty(raw.length, np.int32)
    total = place_views(np.require(own, requirements=["C", "A"]), buffers, raw.present, starts, lengths)
    if total == DAMAGED:
        raise _damaged()
    return starts, lengths, total, (own, outside)


def _offsets(raw: Raw) -> NDArray[np.int64]:
    """Where each text of format u or U begins and the last ends, int64[n + 1]."""
    wide = 4 if raw.format == "u" else 8
    return raw.whole(1).view(f"<i{wide}")[raw.offset : raw.offset + raw.length + 1].astype(np.int64)


def _views(raw: Raw) -> NDArray[np.int32]:
    """Four words a text of format vu."""
    return raw.whole(1)[raw.offset * VIEW_BYTES : (raw.offset + raw.length) * VIEW_BYTES].view("<i4")


def _outside(raw: Raw) -> list[NDArray[np.uint8]]:
    """The buffers that hold texts of a column of views: all besides those for gaps, for the views, and for their
    sizes."""
    return [raw.whole(2 + number) for number in range(int(raw.view.n_buffers) - 3)]


def _address(data: NDArray[np.uint8]) -> int:
    return int(data.__array_interface__["data"][0])


def _damaged() -> TableError:
    return TableError("a column of texts is damaged: a text lies outside of what is there")


def _decoded(data: NDArray[np.uint8], bounds: NDArray[np.int64]) -> Sequence[str | None]:
    """The texts that lie side by side; None for one that is no UTF-8."""
    try:
        text = str(data.data, "utf-8") if len(data) else ""
    except UnicodeDecodeError:
        return _one_by_one(data, bounds)
    if len(text) != len(data):
        begins = bounds[:-1][np.diff(bounds) > 0]
        if ((data[begins] & 0xC0) == 0x80).any():  # a character that begins in one text and ends in the next
            return _one_by_one(data, bounds)
    return LaidTexts(data, bounds, text)


def _one_by_one(beside: NDArray[np.uint8], bounds: NDArray[np.int64]) -> list[str | None]:
    return [_word(beside[a:b].tobytes()) for a, b in pairwise(bounds.tolist())]


def _word(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
