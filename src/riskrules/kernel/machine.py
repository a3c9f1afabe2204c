"""The register machine, for one payment and for some hundreds at a time.

The two differ only in where a register lies: one number each, or a run of `STRIP` numbers each, so that
an instruction is a loop over two or three runs of memory.
"""

from __future__ import annotations

from ..program import layout
from ..program import machine as m
from ..program.layout import Integers
from .arithmetic import broad, narrow
from .compiled import Integer, inner

INSTRUCTIONS, INSTRUCTION_ROWS, WIDTH = layout.INSTRUCTIONS, layout.INSTRUCTION_ROWS, layout.INSTRUCTION_WIDTH
STRIP = 256
"""Payments at a time: a register is then 2 kB."""


@inner
def run_one(code: Integers, registers: Integers) -> None:
    """Run all instructions for one payment. `registers`: int64[registers]."""
    at = code[INSTRUCTION_ROWS]
    for _ in range(code[INSTRUCTIONS]):
        operation, to, a, b, c = code[at], code[at + 1], code[at + 2], code[at + 3], code[at + 4]
        at += WIDTH
        if operation == m.CONST:
            registers[to] = a
        elif operation < m.ADD_WIDE:
            registers[to] = narrow(operation, registers[a], registers[b], registers[c])
        elif operation == m.CONST_WIDE:
            registers[to], registers[to + 1] = a, b
        elif operation == m.WIDEN:
            registers[to], registers[to + 1] = registers[a] >> 63, registers[a]
        elif operation == m.SELECT_WIDE:
            if registers[a] == 0:
                b = c
            registers[to], registers[to + 1] = registers[b], registers[b + 1]
        else:
            high, low = broad(operation, registers[a], registers[a + 1], registers[b], registers[b + 1])
            registers[to] = high
            if operation < m.LESS_WIDE:
                registers[to + 1] = low


@inner
def run_strip(code: Integers, registers: Integers, count: Integer) -> None:
    """The same for `count` payments. `registers`: int64[registers * STRIP]; a number's low word is a register on."""
    at = code[INSTRUCTION_ROWS]
    for _ in range(code[INSTRUCTIONS]):
        operation = code[at]
        to, a, b, c = code[at + 1] * STRIP, code[at + 2] * STRIP, code[at + 3] * STRIP, code[at + 4] * STRIP
        if operation == m.CONST or operation == m.CONST_WIDE:
            for i in range(count):
                registers[to + i] = code[at + 2]
            if operation == m.CONST_WIDE:
                for i in range(to + STRIP, to + STRIP + count):
                    registers[i] = code[at + 3]
        elif operation == m.WIDEN:
            for i in range(count):
                registers[to + i] = registers[a + i] >> 63
                registers[to + STRIP + i] = registers[a + i]
        elif operation < m.ADD_WIDE:
            for i in range(count):
                registers[to + i] = narrow(operation, registers[a + i], registers[b + i], registers[c + i])
        elif operation == m.SELECT_WIDE:
            for i in range(count):
                chosen = b if registers[a + i] != 0 else c
                registers[to + i], registers[to + STRIP + i] = registers[chosen + i], registers[chosen + STRIP + i]
        else:
            for i in range(count):
                high, low = broad(
                    operation,
                    registers[a + i],
                    registers[a + STRIP + i],
                    registers[b + i],
                    registers[b + STRIP + i],
                )
                registers[to + i] = high
                if operation < m.LESS_WIDE:
                    registers[to + STRIP + i] = low
        at += WIDTH
