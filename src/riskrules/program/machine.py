"""Steps of arithmetic → instructions of a small register machine.

Only what derived columns need is kept. First the numbers are given names without limit, then names share
registers: one is free again after the last instruction that reads it. Inputs of the machine (lookups
by a column's code, loads of a column's value) and its results keep theirs throughout, so that the
kernel fills the former before and reads the latter after. A number that may exceed 64 bits takes two registers, the
high half first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..meaning.lowering import ARITHMETIC, COMPARISONS, NARROW_BITS, Graph, Step
from ..schema.limits import MISSING
from . import sets
from .layout import MOST_REGISTERS

# Operations on 64 bits, then on 128, then from one to the other.
(ADD, SUBTRACT, MULTIPLY, SIGNED, SELECT, LESS, AT_MOST, SAME, CONST, AND, OR, NOT) = range(12)
(ADD_WIDE, SUBTRACT_WIDE, MULTIPLY_WIDE, SIGNED_WIDE, SELECT_WIDE, LESS_WIDE, AT_MOST_WIDE, SAME_WIDE) = range(12, 20)
(CONST_WIDE, WIDEN) = range(20, 22)
OPERATIONS = 22

_NARROW = dict(zip((*ARITHMETIC, *COMPARISONS), range(8), strict=True)) | {"and": AND, "or": OR, "not": NOT}
_WIDE_FROM = ADD_WIDE

OPERANDS: dict[int, tuple[int, str]] = {
    # operation: (registers of the result, for each operand its registers, 0 where it is a number)
    **dict.fromkeys((ADD, SUBTRACT, MULTIPLY, SIGNED, LESS, AT_MOST, SAME, AND, OR), (1, "11")),
    SELECT: (1, "111"),
    NOT: (1, "1"),
    CONST: (1, "0"),
    **dict.fromkeys((ADD_WIDE, SUBTRACT_WIDE, MULTIPLY_WIDE, SIGNED_WIDE), (2, "22")),
    SELECT_WIDE: (2, "122"),
    **dict.fromkeys((LESS_WIDE, AT_MOST_WIDE, SAME_WIDE), (1, "22")),
    CONST_WIDE: (2, "00"),
    WIDEN: (2, "1"),
}

Pieces = tuple[int, tuple[tuple[int, int], ...]]
"""A number for each value of a column: the first from the start of the axis, then each from its point on."""


@dataclass(frozen=True, slots=True)
class Lookup:
    register: int
    column: int
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Load:
    register: int
    column: int
    missing: int


@dataclass
class Machine:
    """What is filled before, what is run, which registers hold the derived columns in the end."""

    lookups: list[Lookup] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    instructions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    registers: int = 0
    wide: bool = False


class TooManySteps(ValueError):
    """The ruleset's arithmetic needs more registers than there are."""


@dataclass(frozen=True, slots=True)
class _Named:
    """An instruction before registers are shared; `operands` are names where `OPERANDS` says a register."""

    operation: int
    result: int
    operands: tuple[int, ...]


class _Writer:
    """Writes steps as instructions over names."""

    def __init__(self, graph: Graph, column: Callable[[str], int]) -> None:
        self.graph = graph
        self.column = column
        self.instructions: list[_Named] = []
        self.widths: list[int] = []
        self.lookups: list[tuple[int, int, int, Pieces]] = []
        self.loads: list[tuple[int, int, int]] = []
        self.names: dict[int, int] = {}
        self.widened: dict[int, int] = {}

    def name(self, width: int) -> int:
        self.widths.append(width)
        return len(self.widths) - 1

    def write(self, number: int) -> None:
        step = self.graph.steps[number]
        match step.op:
            case "load":
                assert isinstance(step.value, str)
                if not MISSING < step.lowest <= step.highest < sets.END:
                    raise ValueError(f"the bounds of `{step.value}` do not fit 64 bits")
                name = self.name(1)
                self.loads.append((name, self.column(step.value), step.lowest))
            case "known":
                assert isinstance(step.value, str)
                name = self._lookup(self.column(step.value), pieces_of(sets.KNOWN))
            case "test":
                assert isinstance(step.value, tuple)
                column, values = step.value
                name = self._lookup(column, pieces_of(values))
            case "dated":
                name = self._dated(step)
            case "const":
                wide = step.bits > NARROW_BITS
                operands = halves(step.lowest) if wide else (step.lowest,)
                name = self._instruction(CONST_WIDE if wide else CONST, operands)
            case "and" | "or" | "not":
                name = self._instruction(_NARROW[step.op], tuple(self.names[a] for a in step.args))
            case _:
                name = self._arithmetic(step)
        self.names[number] = name

    def _arithmetic(self, step: Step) -> int:
        first = 1 if step.op == "select" else 0
        wide = step.bits > NARROW_BITS or any(self.widths[self.names[a]] == 2 for a in step.args[first:])
        if not wide:
            return self._instruction(_NARROW[step.op], tuple(self.names[a] for a in step.args))
        operands = tuple(self.names[a] if i < first else self._widened(a) for i, a in enumerate(step.args))
        return self._instruction(_NARROW[step.op] + _WIDE_FROM, operands)

    def _widened(self, number: int) -> int:
        name = self.names[number]
        if self.widths[name] == 1:
            if number not in self.widened:
                self.widened[number] = self._instruction(WIDEN, (name,))
            name = self.widened[number]
        return name

    def _instruction(self, operation: int, operands: tuple[int, ...]) -> int:
        name = self.name(OPERANDS[operation][0])
        self.instructions.append(_Named(operation, name, operands))
        return name

    def _lookup(self, column: int, *pieces: Pieces) -> int:
        name = self.name(len(pieces))
        self.lookups += [(name, half, column, p) for half, p in enumerate(pieces)]
        return name

    def _dated(self, step: Step) -> int:
        spans = step.value
        assert isinstance(spans, tuple)
        spans = sorted(spans, key=lambda s: MISSING if s[0] is None else s[0])
        values = [s[2] for s in spans]
        points = [s[0] for s in spans[1:]]
        columns = [[v] for v in values] if step.bits <= NARROW_BITS else [list(halves(v)) for v in values]
        pieces = [(column[0], tuple(zip(points, column[1:], strict=True))) for column in zip(*columns, strict=True)]
        return self._lookup(self.column("occurred_at"), *pieces)


def halves(value: int) -> tuple[int, int]:
    """High and low half of a 128-bit number, each as a signed 64-bit pattern."""
    low = value & (2**64 - 1)
    return value >> 64, low - 2**64 if low >= 2**63 else low


def pieces_of(values: sets.Set) -> Pieces:
    return 0, tuple((point, 1 - i % 2) for i, point in enumerate(values))


def assemble(graph: Graph, results: Iterable[int], column: Callable[[str], int]) -> Machine:
    """The machine that works out the given steps. `column` gives the number of an input's column. Raises
    `TooManySteps`."""
    roots = list(results)
    needed: set[int] = set()
    open_steps = list(roots)
    while open_steps:
        number = open_steps.pop()
        if number not in needed:
            needed.add(number)
            open_steps += graph.steps[number].args
    writer = _Writer(graph, column)
    for number in sorted(needed):
        writer.write(number)
    return _allocated(writer, [writer.names[r] for r in roots])


def _allocated(w: _Writer, results: list[int]) -> Machine:
    """Names share registers; those that are filled before or read after keep theirs."""
    machine = Machine()
    registers: dict[int, int] = {}
    for name, half, column, pieces in w.lookups:
        if half == 0:
            registers[name] = machine.registers
            machine.registers += w.widths[name]
        machine.lookups.append(Lookup(registers[name] + half, column, pieces))
    for name, column, missing in w.loads:
        registers[name] = machine.registers
        machine.loads.append(Load(machine.registers, column, missing))
        machine.registers += 1
    kept = {*registers, *results}
    last = {o: i for i, x in enumerate(w.instructions) for o in _names(x)}
    free: dict[int, list[int]] = {1: [], 2: []}
    for i, x in enumerate(w.instructions):
        width = w.widths[x.result]
        if free[width]:
            registers[x.result] = free[width].pop()
        else:
            registers[x.result] = machine.registers
            machine.registers += width
        taken = OPERANDS[x.operation][1]
        operands = [registers[o] if k != "0" else o for o, k in zip(x.operands, taken, strict=True)]
        a, b, c = (*operands, 0, 0, 0)[:3]
        machine.instructions.append((x.operation, registers[x.result], a, b, c))
        machine.wide |= x.operation >= ADD_WIDE
        for o in set(_names(x)):
            if last[o] == i and o not in kept:
                free[w.widths[o]].append(registers[o])
    machine.results = [registers[r] for r in results]
    if machine.registers > MOST_REGISTERS:
        raise TooManySteps(
            f"the rules' arithmetic needs {machine.registers} registers, and {MOST_REGISTERS} is the most"
        )
    return machine


def _names(x: _Named) -> list[int]:
    return [o for o, k in zip(x.operands, OPERANDS[x.operation][1], strict=True) if k != "0"]
