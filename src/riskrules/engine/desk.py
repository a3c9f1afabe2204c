"""The space in which one thread decides: what the kernels are handed, and the bytes and integers of it as Python sees
them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernel import deciding
from ..kernel import desks as k
from ..program.layout import GATHER, ROW, Integers
from ..program.model import Program

if TYPE_CHECKING:
    from .plain import Plain

WORD_BYTES = 8


class Desk:
    """`words`: all of it, as `kernel.desks` lays it out, and `at` its address; `enter`: the kernel,
    and whether it `reads` Python's own objects here. In it `values` and
    `out` as `kernel.row` has them; and, as Python's integers, the `windows`, the `columns`, the `score` and the `bits`
    of what fired."""

    __slots__ = (
        "_code", "_gather", "_gathering", "_kept", "_room", "_room_at",
        "at", "bits", "columns", "enter", "out", "reads", "score", "values", "windows", "words",
    )  # fmt: skip

    def __init__(self, program: Program, plain: Plain, windows: int) -> None:
        columns, places = len(program.columns), program.places
        begins = k.DESK_HEADER + windows
        out = begins + columns
        held = bytearray(WORD_BYTES * (out + places.length))
        self.words: Integers = np.frombuffer(held, np.int64)
        self.values, self.out = self.words[begins:out], self.words[out:]
        view = memoryview(held).cast("q")
        self.windows, self.columns = view[k.DESK_HEADER : begins], view[begins:out]
        self.score, self.bits = view[out : out + 1], view[out + 1 : out + places.registers]
        self.at: int = self.words.ctypes.data
        self.enter, self.reads = deciding.kernel(), deciding.works()
        self._gather, self._gathering = deciding.gatherer(), plain.gathering.ctypes.data
        self._room = np.zeros(plain.mappings, np.int64)
        self._room_at = self._room.ctypes.data
        self._code, self._kept = program.code.ctypes.data, (program, plain)
        k.lay_desk(self.words, plain.plan, program.code, windows, columns, places.registers)

    def gathered(self, event: dict[Any, Any]) -> tuple[Any, ...] | None:
        """A payment's values, a slot each; None when one of the mappings that they lie in is no dict."""
        return self._gather(GATHER, self._gathering, id(event), self._room_at)

    def decide(self) -> int:
        """What `row.decide` answers, the columns being there."""
        return self.enter(ROW, self._code, self.values.ctypes.data, self.out.ctypes.data)
