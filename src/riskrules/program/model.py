"""A program: what a host supplies for each payment, and what the kernels read.

`code` is one array because each array handed to a Numba call costs 0.1 µs; it is read-only because many
threads share it. Names and actions stay outside, as Python values: kernels speak of them by index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..meaning import nodes as n
from ..schema.limits import MISSING
from . import layout
from .cells import Cells
from .laid import Laid

Integers = npt.NDArray[np.int64]

NUMBER, WORD, YES_NO, HOST = "number", "word", "yes/no", "host"


@dataclass(frozen=True, slots=True)
class Column:
    """What the host supplies: an int64 for each payment.

    number: the input `name` as it is held, `schema.limits.MISSING` where missing. word: the index of the input's
    text in `words`, `len(words)` for any other text, MISSING where missing. yes/no: 0, 1 or MISSING. host: 1 or 0,
    whether `atom` holds as `meaning.interpreter.holds` says (a missing value or `negated` makes no
    difference to that: the atom is evaluated whole); `name` is the first input that it reads.
    """

    name: str
    coding: str
    words: tuple[str, ...] = ()
    atom: n.Atom | None = None

    def value(self, given: n.Value | None) -> int:
        """The column's integer for an input's value; for a host column, for the atom's truth. Not the fast way."""
        if given is None:
            return MISSING
        if self.coding == WORD:
            return self.words.index(given) if given in self.words else len(self.words)
        return int(given)


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled ruleset. Rules are in order of strength, the strongest action first, and those of one strength by
    name; kernels and bits follow that order. `acts` rises in strength, and the first is allow."""

    columns: tuple[Column, ...]
    rules: tuple[str, ...]
    exempts: tuple[str, ...]
    acts: tuple[n.Act, ...]
    code: Integers

    @cached_property
    def places(self) -> layout.Places:
        """Where the row kernel's `out` holds what."""
        return layout.places(self.code)

    def cells(self, column: int, digits: int) -> Cells:
        """The points of a column of numbers, for floats that stand for the nearest units of 10**-`digits`."""
        found = self._cells.get((column, digits))
        if found is None:
            row = self.code[self.code[layout.DIRECTORY] + column * layout.DIRECTORY_WIDTH :]
            points = self.code[row[layout.POINTS] : row[layout.POINTS] + row[layout.POINT_COUNT]]
            found = self._cells[column, digits] = Cells(points.tolist(), digits)
        return found

    @cached_property
    def _cells(self) -> dict[tuple[int, int], Cells]:
        return {}

    @cached_property
    def laid(self) -> Laid:
        """What the block kernel reads."""
        return Laid(self.code)

    def out(self) -> Integers:
        """A new array for the row kernel to write to. Threads that decide at the same time need one each."""
        return np.zeros(self.places.length, np.int64)

    def without(self, names: frozenset[str]) -> Program:
        """The same program with those of its rules switched off: what they ask does not hold for any payment. As quick
        as copying it. Such a program cannot be saved."""
        if names.isdisjoint(self.rules):
            return self
        code = self.code.copy()
        for i, name in enumerate(self.rules):
            if name in names:
                code[code[layout.LIVE] + i // 64] &= np.int64(~(1 << i % 64) if i % 64 < 63 else 2**63 - 1)
        code.flags.writeable = False
        return replace(self, code=code)

    def fired(self, out: Integers) -> tuple[str, ...]:
        """Names of the rules that fired, strongest first, after the row kernel has filled `out`."""
        return names_of(out, self.places.fired, self.places.rule_words, self.rules)

    def lifted(self, out: Integers) -> tuple[str, ...]:
        return names_of(out, self.places.lifted, self.places.rule_words, self.rules)

    def exempting(self, out: Integers) -> tuple[str, ...]:
        """Names of the exempts that held."""
        return names_of(out, self.places.exempts, self.places.exempt_words, self.exempts)

    def values(self, given: Mapping[str, n.Value | None], holds: Mapping[n.Atom, bool]) -> Integers:
        """The columns for one payment, from its inputs by name and the truth of the host's atoms. Not the fast way."""
        return np.array(
            [c.value(given.get(c.name) if c.atom is None else holds[c.atom]) for c in self.columns], np.int64
        )


def names_of(out: Integers, start: int, words: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the bits that are set in out[start : start + words]."""
    found: list[str] = []
    for w, word in enumerate(out[start : start + words].tolist()):
        bits = word & (2**64 - 1)
        while bits:
            low = bits & -bits
            found.append(names[64 * w + low.bit_length() - 1])
            bits ^= low
    return tuple(found)
