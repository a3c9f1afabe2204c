"""Whom a payer has saved as a payee: true of the two accounts, and the same from one payment to the next.

Some pairs knew each other before the first day; most others save the payee once they have paid, or after the second
time, and a few never do. What is kept is a number for each pair that paid without a merchant: nine bytes, so memory
goes by how many different pairs there are and not by how often they pay.
"""

from __future__ import annotations

import numpy as np

from .growing import Array
from .naming import mixed

_AFTER_FIRST, _AFTER_SECOND = 0.62, 0.86
_SAVED = 4
"""In a pair's number: on how many days it has paid, two at most, and this if the payee is saved."""
_BITS = 30
_ACCOUNTS = 31


class Acquaintance:
    """The pairs that have paid, sorted."""

    def __init__(self) -> None:
        self._pairs = np.empty(0, np.int64)
        self._known = np.empty(0, np.int8)

    def saved(self, payer: Array, payee: Array, before: Array) -> Array:
        """bool[n]: the payer had saved the payee on an earlier day. `before` float[n]: the share of such pairs that
        knew each other before their first payment."""
        pair = _pair(payer, payee)
        chance = mixed(pair, 2 * _BITS)
        known = self._of(pair)
        days = known % _SAVED
        later = (chance >> np.uint64(_BITS)) / 2.0**_BITS
        return np.asarray(
            (known >= _SAVED)
            | ((chance % np.uint64(1 << _BITS)) / 2.0**_BITS < before)
            | ((days >= 1) & (later < _AFTER_FIRST))
            | ((days >= 2) & (later < _AFTER_SECOND))
        )

    def paid(self, payer: Array, payee: Array, saved: Array) -> None:
        """Keep a day's pairs, and which payees were saved on it: they stay so."""
        pair, place = np.unique(_pair(payer, payee), return_inverse=True)
        was = self._of(pair)
        now = np.minimum(2, was % _SAVED + 1) + _SAVED * (
            (was >= _SAVED) | (np.bincount(place, weights=saved, minlength=len(pair)) > 0)
        )
        new = was == 0
        self._known[np.searchsorted(self._pairs, pair[~new])] = now[~new]
        where = np.searchsorted(self._pairs, pair[new])
        self._pairs = np.insert(self._pairs, where, pair[new])
        self._known = np.insert(self._known, where, now[new])

    def _of(self, pair: Array) -> Array:
        """int8[n]: each pair's number, 0 of one that has not paid."""
        if not len(self._pairs):
            return np.zeros(len(pair), np.int8)
        place = np.minimum(np.searchsorted(self._pairs, pair), len(self._pairs) - 1)
        return np.where(self._pairs[place] == pair, self._known[place], 0).astype(np.int8)


def _pair(payer: Array, payee: Array) -> Array:
    found = (np.asarray(payer, np.int64) << _ACCOUNTS) | np.asarray(payee, np.int64)
    return np.asarray(found)
