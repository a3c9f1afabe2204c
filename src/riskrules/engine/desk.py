"""The space in which one thread decides: what the kernels are handed, and the bytes and integers of it as Python sees
them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..kernel import plain as k
from ..program.layout import Integers
from ..program.model import Program

if TYPE_CHECKING:
    from .plain import Plain

WORD_BYTES = 8


class Desk:
    """`words`: all of it, as `kernel.plain` lays it out. In it `values` and `out` as `kernel.row` has them; and, as
    Python's integers, the `windows`, the `columns`, the `score` and the `bits` of what fired."""

    __slots__ = ("_kept", "bits", "columns", "out", "score", "values", "windows", "words")

    def __init__(self, program: Program, plain: Plain | None, windows: int) -> None:
        columns, places = len(program.columns), program.places
        begins = k.DESK_HEADER + windows
        out = begins + columns
        held = bytearray(WORD_BYTES * (out + places.length))
        self.words: Integers = np.frombuffer(held, np.int64)
        self.values, self.out = self.words[begins:out], self.words[out:]
        view = memoryview(held).cast("q")
        self.windows, self.columns = view[k.DESK_HEADER : begins], view[begins:out]
        self.score, self.bits = view[out : out + 1], view[out + 1 : out + places.registers]
        self._kept = (program, plain)
        if plain is not None:
            k.lay_desk(self.words, plain.plan, program.code, windows, columns, places.registers)
