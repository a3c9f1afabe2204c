"""Cuts a file into blocks: a word in column one starts one.

The cut comes before the parse, so that a broken block never takes its neighbours with it. It needs no
tokens: a text cannot hold a line end and a comment ends with its line, so a word in column one is always a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .limits import MOST_STRAYS
from .words import ALL_CLAUSES, BLOCKS

BYTE_ORDER_MARK = "\ufeff"
_IN_COLUMN_ONE = re.compile(r"(?:^|(?<=\A\ufeff))[^\W\d]\w*", re.MULTILINE)
_CLAUSES_ALONE = ALL_CLAUSES - frozenset(BLOCKS)


@dataclass(frozen=True, slots=True)
class Cut:
    """text[start:end] is one block, from the word in column one. `strays` are the places [start, end) of clause words
    (`when`, `then`) in column one inside it: a block goes on over them."""

    start: int
    end: int
    word: str
    strays: tuple[tuple[int, int], ...] = ()


def cut(text: str, most: int) -> tuple[int, list[Cut]]:
    """Where the first block starts (the length of the text, if none does), and the blocks: at most `most` and one."""
    starts: list[tuple[int, str, list[tuple[int, int]]]] = []
    for m in _IN_COLUMN_ONE.finditer(text):
        if starts and m.group() in _CLAUSES_ALONE:
            if len(starts[-1][2]) < MOST_STRAYS:
                starts[-1][2].append(m.span())
        else:
            starts.append((m.start(), m.group(), []))
            if len(starts) > most:
                break
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    cuts = (
        [Cut(start, end, word, tuple(strays)) for (start, word, strays), end in zip(starts, ends, strict=True)]
        if starts
        else []
    )
    return (starts[0][0] if starts else len(text)), cuts
