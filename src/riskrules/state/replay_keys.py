"""Numbers for the keys of a replay: a text, or a pair of numbers, is 0, 1, 2, … from when it is met until it is let go.

States a key are then plain arrays, and texts are looked at once a batch for each different one, not once a row. A
history may have ever new keys, so the numbers of those whose events have all gone by are given to others. That takes a
walk over all of them, which is due when they have doubled: the price is a table at most twice what is needed, and a
few more.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, count
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..kernel.replay_events import keep_pairs, number_pairs

SPARE_NAMES = 65_536
SPARE_PAIRS = 262_144
"""Numbers that may stay beyond twice those that are needed: about 10 MB of texts or of pairs, and no walk for a small
history."""
LATEST_WORDS = 4
"""Sequences of words that one set of names remembers: as many columns may share it and pay nothing a batch."""
_UNMET = -2
Item = TypeVar("Item", np.int32, np.int64)
_ALL_ONES = np.uint64(2**64 - 1)


class Texts(NamedTuple):
    """codes int32[n] into `words`, -1 missing. Batches may share `words`, which may grow but not change otherwise."""

    codes: NDArray[np.int32]
    words: Sequence[str]


class Names:
    """Numbers for texts."""

    def __init__(self) -> None:
        self.size = 0
        self._allowed = SPARE_NAMES
        self._latest: list[tuple[Sequence[str], NDArray[np.int32]]] = []
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    @property
    def crowded(self) -> bool:
        return len(self._numbers) > self._allowed

    def of(self, texts: Texts) -> NDArray[np.int32]:
        """A number a row, -1 where the text is missing."""
        known = self._known(texts.words)
        numbers = known.take(texts.codes)
        if (unmet := numbers == _UNMET).any():
            if len(texts.words) <= 2 * len(texts.codes) and (known[:-1] == _UNMET).all():
                known[:-1] = np.fromiter(map(self._numbers.__getitem__, texts.words), np.int32, len(texts.words))
            else:
                codes = np.unique(texts.codes[unmet])
                met = [self._numbers[texts.words[code]] for code in codes.tolist()]
                known[codes] = np.array(met, np.int32)
            self.size = max(self.size, int(known.max()) + 1)
            numbers = known.take(texts.codes)
        return numbers

    def forget(self, live: NDArray[np.bool_]) -> None:
        """Keep the numbers that are `live`, bool[size]."""
        stays = live.tobytes()
        kept = {text: number for text, number in self._numbers.items() if stays[number]}
        free = np.flatnonzero(~live).tolist()
        self._numbers = defaultdict(chain(free, count(self.size)).__next__, kept)
        self._allowed = 2 * len(kept) + SPARE_NAMES
        self._latest.clear()

    def _known(self, words: Sequence[str]) -> NDArray[np.int32]:
        """The number of each word, _UNMET where it has not been asked for, and -1 at the end, where a missing text
        looks."""
        for place, (met, known) in enumerate(self._latest):
            if met is words:
                if len(known) <= len(words):
                    grown = np.full(len(words) + 1, _UNMET, np.int32)
                    grown[: len(known) - 1] = known[:-1]
                    known = grown
                    known[-1] = -1
                del self._latest[place]
                break
        else:
            known = np.full(len(words) + 1, _UNMET, np.int32)
            known[-1] = -1
        self._latest.append((words, known))
        del self._latest[:-LATEST_WORDS]
        return known


class Pairs:
    """Numbers for pairs of numbers, of `left` and of `right`, each of which is a set of numbers itself."""

    def __init__(self, left: Names | Pairs, right: Names | Pairs) -> None:
        self.left, self.right = left, right
        self.size = 0
        self._ready = 0
        self._allowed = SPARE_PAIRS
        self._seed = np.uint64(secrets.randbits(64))
        self._clear(1024)
        self._parts, self._free = np.empty(0, np.int32), np.empty(0, np.int32)

    @property
    def crowded(self) -> bool:
        return self.size - self._ready > self._allowed

    def of(self, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.int32]:
        """A number a row, -1 where either part is missing."""
        held = self.size - self._ready
        if 2 * (held + len(left)) > len(self._table):
            self._clear(1 << (4 * (held + len(left)) - 1).bit_length())
            self._keep(self._held())
        self._parts = grown(self._parts, 2 * (self.size + len(left)), 2 * self.size)
        numbers = np.empty(len(left), np.int32)
        places, own = (self._table, self._numbers, self._parts, self._free), (self._ready, self.size)
        self._ready, self.size = number_pairs(left, right, self._seed, *places, *own, numbers)
        return numbers

    def forget(self, live: NDArray[np.bool_]) -> None:
        """Keep the numbers that are `live`, bool[size]."""
        held = int(np.count_nonzero(live))
        self._allowed = 2 * held + SPARE_PAIRS
        self._clear(1 << (4 * held + 1023).bit_length())
        self._keep(live)

    def mark_parts(self, left: NDArray[np.bool_] | None, right: NDArray[np.bool_] | None) -> None:
        """Mark the parts of all pairs, bool[size] of either side; None for a side that is not asked for."""
        for side, marks in enumerate((left, right)):
            if marks is not None:
                marks[self._parts[side : 2 * self.size : 2][self._held()]] = True

    def _held(self) -> NDArray[np.bool_]:
        held = np.ones(self.size, np.bool_)
        held[self._free[: self._ready]] = False
        return held

    def _clear(self, places: int) -> None:
        self._table, self._numbers = np.full(places, _ALL_ONES, np.uint64), np.empty(places, np.int32)

    def _keep(self, live: NDArray[np.bool_]) -> None:
        self._free = np.empty(self.size, np.int32)
        self._ready = keep_pairs(live, self._seed, self._table, self._numbers, self._parts, self._free)


def grown(array: NDArray[Item], wanted: int, used: int, fill: int = 0) -> NDArray[Item]:
    """The array, or one with room for what is wanted and as much again, with the first `used` items and then `fill`."""
    if len(array) >= wanted:
        return array
    more = np.full(2 * wanted, fill, array.dtype)
    more[:used] = array[:used]
    return more
