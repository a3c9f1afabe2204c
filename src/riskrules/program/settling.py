"""What follows from the bits that are set: whom exempts lift, the score, the bands, the strongest action.

The sections say, rule by rule, what the kernel needs to settle as `meaning.interpreter.decide` does: an exempt lifts
the rules that it names and the whole of those whose action is below its level; a band below that level does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..meaning import nodes as n
from .layout import BAND_WIDTH, Integers

LEVEL_COUNT = len(n.LEVELS)
EVERY_BIT = -1


def settling(
    ruleset: n.Ruleset, rules: Sequence[n.Rule], acts: Sequence[n.Act], words: int
) -> tuple[Integers, ...]:
    """The sections from RULE_ACTS to BAND_ROWS, `rules` in the order of their bits, `words` words of them."""
    bit = {r.name: i for i, r in enumerate(rules)}
    below = [[r.action is not None and r.action.level < level for r in rules] for level in range(LEVEL_COUNT)]
    lifts = [_flags(len(rules), (bit[name] for name in e.lifts if name in bit)) for e in ruleset.exempts]
    place = {act: i for i, act in enumerate(acts)}
    bands = [(b.at_least, place[b.action], b.action.level) for b in ruleset.bands]
    return (
        np.array([place[r.action] if r.action else 0 for r in rules], np.int64),
        np.array([r.score or 0 for r in rules], np.int64),
        _words([[bool(r.score) for r in rules]], words),
        np.full(words, EVERY_BIT, np.int64),
        _words(below, words),
        np.array([n.ALLOW if e.below is None else e.below for e in ruleset.exempts], np.int64),
        _words(lifts, words),
        np.array(bands, np.int64).reshape(-1, BAND_WIDTH),
    )


def _flags(count: int, true: Iterable[int]) -> list[bool]:
    flags = [False] * count
    for i in true:
        flags[i] = True
    return flags


def _words(rows: Sequence[Sequence[bool]], words: int) -> Integers:
    """Each row's flags as words of bits."""
    flags = np.zeros((len(rows), 64 * words), np.bool_)
    for i, row in enumerate(rows):
        flags[i, : len(row)] = row
    return np.packbits(flags, axis=1, bitorder="little").view("<i8").astype(np.int64)
