"""The kernels against the specification, on generated rulesets and payments.

RISKRULES_PAIRS: how many (ruleset, payment) pairs to compare; a long run is RISKRULES_PAIRS=5000000.
RISKRULES_SEED: where to begin.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Mapping

import numpy as np
from program_generator import Maker

from riskrules.kernel.block import is_plain
from riskrules.kernel.chunk import Chunk, Lists
from riskrules.kernel.deciding import decide_row
from riskrules.kernel.warm import warm
from riskrules.meaning import interpreter
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import Outcome
from riskrules.program import laid, layout, machine
from riskrules.program.compile import from_meaning
from riskrules.program.model import Program

PAIRS = int(os.environ.get("RISKRULES_PAIRS", "20000"))
SEED = int(os.environ.get("RISKRULES_SEED", "20261101"))
PAYMENTS = 40

Values = Mapping[str, n.Value | None]


def columns(program: Program, values: Values, lists: interpreter.Lists) -> layout.Integers:
    holds = {c.atom: interpreter.holds(c.atom, values, lists) for c in program.columns if c.atom is not None}
    return program.values(values, holds)


def by_row(program: Program, values: layout.Integers, out: layout.Integers) -> Outcome:
    act = decide_row(program.code, values, out)
    assert act >= 0
    return Outcome(
        program.acts[act],
        int(out[0]),
        tuple(sorted(program.fired(out))),
        tuple(sorted(program.lifted(out))),
        tuple(sorted(program.exempting(out))),
    )


def by_block(program: Program, rows: layout.Integers) -> list[Outcome]:
    chunk = Chunk(program, max(1, len(rows)))
    for c in range(len(program.columns)):
        chunk.feed(c, np.ascontiguousarray(rows[:, c]))
    d = chunk.decide(len(rows))

    def names(lists: Lists, i: int, of: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(of[k] for k in lists.indices[lists.starts[i] : lists.starts[i + 1]]))

    return [
        Outcome(
            program.acts[d.acts[i]],
            int(d.scores[i]),
            names(d.fired, i, program.rules),
            names(d.lifted, i, program.rules),
            names(d.exempts, i, program.exempts),
        )
        for i in range(len(rows))
    ]


def difference(
    ruleset: n.Ruleset,
    payments: list[Values],
    lists: interpreter.Lists,
    seen: Counter[str],
    program: Program | None = None,
) -> str | None:
    """What differs between the interpreter and the two kernels; None if nothing does."""
    program = program or from_meaning(ruleset)
    note(program, ruleset, seen)
    rows = np.array([columns(program, p, lists) for p in payments])
    out = program.out()
    whole = by_block(program, rows)
    for payment, values, block in zip(payments, rows, whole, strict=True):
        told = interpreter.decide(ruleset, payment, lists)
        one = by_row(program, values, out)
        seen["fired"] += bool(told.fired)
        seen["nothing fired"] += not told.fired
        seen["lifted"] += bool(told.lifted)
        seen["exempt"] += bool(told.exempts)
        seen["scored"] += told.score != 0
        seen[f"level {told.action.level}"] += 1
        if not told == one == block:
            return f"{payment}\n{told}\nrow:   {one}\nblock: {block}\n{ruleset}"
    seen["pairs"] += len(payments)
    return None


def note(program: Program, ruleset: n.Ruleset, seen: Counter[str]) -> None:
    """Count which ways through the compiler and the kernels the program takes."""
    code = program.code
    instructions = code[code[layout.INSTRUCTION_ROWS] : code[layout.RULE_ACTS]].reshape(-1, layout.INSTRUCTION_WIDTH)
    for operation in instructions[:, 0].tolist():
        seen[f"operation {operation}"] += 1
    seen["derived"] += int(code[layout.DERIVED])
    seen["derived choice"] += bool(np.isin(instructions[:, 0], (machine.OR,)).any())
    seen["several terms"] += int(code[layout.EXTRAS]) > 0
    seen["more than 64 rules"] += int(code[layout.RULES]) > 64
    seen["more than 64 exempts"] += int(code[layout.EXEMPTS]) > 64
    seen["more than 64 extras"] += int(code[layout.EXTRAS]) > 64
    seen["codes of one byte"] += int(code[layout.BYTE_COLUMNS])
    seen["codes of two bytes"] += int(code[layout.PAIR_COLUMNS])
    seen["several groups of words"] += program.laid.stride > laid.GROUP
    seen["eight columns and more"] += int(code[layout.BYTE_COLUMNS]) > laid.AT_ONCE
    seen["nothing but rules"] += is_plain.py_func(code)
    seen["lookups"] += int(code[layout.LOOKUPS]) > 0
    for c in program.columns:
        seen[f"column {c.coding}"] += 1
    stack: list[object] = [ruleset.rules, ruleset.exempts]
    while stack:
        x = stack.pop()
        if isinstance(x, tuple):
            stack.extend(x)
        elif hasattr(x, "__dataclass_fields__"):
            seen[type(x).__name__] += 1
            stack.extend(getattr(x, f) for f in x.__dataclass_fields__)


def made(
    seed: int, seen: Counter[str], count: int = PAYMENTS
) -> tuple[n.Ruleset, list[Values], dict[str, frozenset[str]]]:
    maker = Maker(random.Random(seed), large=seed % 5 == 0)
    ruleset = maker.ruleset()
    payments = list(maker.payments(count))
    seen["refused as too large"] += maker.refused
    return ruleset, payments, maker.lists()


def test_kernels_decide_as_the_interpreter_does() -> None:
    """For every ruleset and payment, both kernels give the interpreter's action, score, fired, lifted and exempts; and
    what is generated reaches every node, every operation and every way through them."""
    warm()
    seen: Counter[str] = Counter()
    seed = SEED
    while seen["pairs"] < PAIRS:
        found = difference(*made(seed, seen), seen)
        assert found is None, f"seed {seed}: {found}"
        seed += 1
    nodes = "Rule Exempt Compare Equal Member InList Starts Contains Known All Any Not Const Read Dated Arithmetic"
    wanted = [
        *nodes.split(),
        "Quotient",
        "Default",
        "DatedValue",
        *(f"operation {k}" for k in range(machine.OPERATIONS)),
    ]
    wanted += ["derived choice", "several terms", "more than 64 rules", "more than 64 exempts", "more than 64 extras"]
    wanted += ["codes of one byte", "codes of two bytes", "several groups of words"]
    wanted += ["eight columns and more", "nothing but rules"]
    wanted += ["column number", "column word", "column yes/no", "column host", "refused as too large"]
    wanted += ["lifted", "exempt", "scored", "fired", "nothing fired", *(f"level {k}" for k in range(6))]
    assert [w for w in wanted if seen[w] < 5] == [], seen
