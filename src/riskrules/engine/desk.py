"""The space in which one thread decides: what the kernels are handed, and the bytes and integers of it as Python sees
them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..kernel import deciding
from ..kernel import desks as k
from ..meaning import nodes as n
from ..program.layout import ROW, Integers
from ..program.model import Program

if TYPE_CHECKING:
    from .plain import Plain
    from .windowed import Windowed

WORD_BYTES = 8


class Desk:
    """`words`: all of it, as `kernel.desks` lays it out, and `at` its address; `enter` and `take`: the kernel, whether
    it `reads` Python's own objects here, and its `answer` to an event; `has_all`: nothing else is needed to decide one;
    `telling`: nor to record it, where this is not None.
    In it `values` and `out` as `kernel.row` has them; and, as Python's integers, the `windows`, the `columns`, the
    `score` and the `bits` of what fired."""

    __slots__ = (
        "_ahead", "_code", "_kept", "answer", "at", "bits", "columns", "enter", "has_all", "out", "reads", "score",
        "take", "telling", "values", "windows", "words",
    )  # fmt: skip

    def __init__(self, program: Program, plain: Plain, windows: int, windowed: Windowed | None) -> None:
        columns, places = len(program.columns), program.places
        begins = k.DESK_HEADER + windows
        out = begins + columns
        held = bytearray(WORD_BYTES * (out + places.length + plain.mappings))
        self.words: Integers = np.frombuffer(held, np.int64)
        self.values, self.out = self.words[begins:out], self.words[out : out + places.length]
        view = memoryview(held).cast("q")
        self.windows, self.columns = view[k.DESK_HEADER : begins], view[begins:out]
        self.score, self.bits = view[out : out + 1], view[out + 1 : out + places.registers]
        self.at: int = self.words.ctypes.data
        self.enter, self.reads = deciding.kernel(), deciding.works()
        self.has_all = self.reads and plain.has_all
        self.telling = windowed if windowed is not None and windowed.tells and self.reads else None
        self.take, self.answer = deciding.event_kernel(), view[k.ANSWER : k.ANSWER + 1]
        self._code, self._kept = program.code.ctypes.data, (program, plain, windowed)
        self._ahead = np.array([act.level < n.HOLD for act in program.acts], np.int64)
        laying = None if windowed is None else windowed.words
        plans = plain.plan, program.code, plain.gathering
        k.lay_desk(self.words, *plans, windows, columns, places.registers, out + places.length, laying, self._ahead)

    def decide(self) -> int:
        """What `row.decide` answers, the columns being there."""
        return self.enter(ROW, self._code, self.values.ctypes.data, self.out.ctypes.data)
