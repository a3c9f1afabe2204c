"""The differential test finds bugs: some are planted, and each is found.

A test that has never failed proves little. Each bug here is one that somebody could write: in the compiler's stages,
which are replaced, or in what a kernel would do, by arrays that make it do so.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from test_program_kernels import SEED, difference, made

from riskrules.kernel.warm import warm
from riskrules.meaning import linear
from riskrules.meaning.lowering import Graph
from riskrules.program import conditions, laid, layout, machine, sets
from riskrules.program.compile import from_meaning
from riskrules.program.laid import Laid
from riskrules.program.layout import Integers
from riskrules.schema.limits import MISSING

MOST_RULESETS = 400
"""Rulesets within which a bug must be found: some 16,000 payments, less than the test proper compares."""


def found(plant: Callable[[Integers], None] = lambda code: None) -> bool:
    """Whether some ruleset tells the planted program from the interpreter. `plant` changes the code in place."""
    warm()
    seen: Counter[str] = Counter()
    for seed in range(SEED, SEED + MOST_RULESETS):
        ruleset, payments, lists = made(seed, seen)
        program = from_meaning(ruleset)
        code = program.code.copy()
        plant(code)
        code.flags.writeable = False
        if difference(ruleset, payments, lists, seen, dataclasses.replace(program, code=code)) is not None:
            return True
    return False


def rows(code: Integers, section: int, width: int) -> Integers:
    return code[code[section] : code[section + 1]].reshape(-1, width)


def rank_above_not_from(code: Integers) -> None:
    """A value equal to a point takes the code below it: `>` for `>=` in the search."""
    for column in rows(code, layout.DIRECTORY, layout.DIRECTORY_WIDTH):
        if column[layout.MODE] == layout.RANK:
            points = code[column[layout.POINTS] :][: column[layout.POINT_COUNT]]
            points[points < sets.END - 1] += 1


def bits_one_along(code: Integers) -> None:
    """The second column's bits stand for the rule after the one they should."""
    words = int(code[layout.RULE_WORDS] + code[layout.EXEMPT_WORDS] + code[layout.EXTRA_WORDS])
    directory = rows(code, layout.DIRECTORY, layout.DIRECTORY_WIDTH)
    if len(directory) > 1:
        start, codes = directory[1, layout.TABLE], directory[1, layout.CODES]
        code[start : start + codes * words] <<= 1


def second_word_lost(code: Integers) -> None:
    """Scores are added up for the first 64 rules only."""
    code[code[layout.SCORED] + 1 : code[layout.SCORED + 1]] = 0


def level_lifted_too(code: Integers) -> None:
    """`lifts all below hold` lifts holds as well."""
    words = int(code[layout.RULE_WORDS])
    levels = code[code[layout.BELOW_LEVEL] : code[layout.EXEMPT_LEVELS]].reshape(6, words)
    levels[:-1] = levels[1:].copy()


def bands_never_lifted(code: Integers) -> None:
    """A band counts even where an exempt lifts its action: lifting before the bands and not among them."""
    rows(code, layout.BAND_ROWS, layout.BAND_WIDTH)[:, 2] = 5


def extras_to_the_first(code: Integers) -> None:
    """A rule's second term sets the first rule's bit."""
    owners = code[code[layout.EXTRA_OWNERS] : code[layout.POOL]]
    owners[:] = owners[:1]


def sign_of_the_divisor_lost(code: Integers) -> None:
    """Dividing by less than zero does not turn the comparison."""
    instructions = rows(code, layout.INSTRUCTION_ROWS, layout.INSTRUCTION_WIDTH)
    signed = np.isin(instructions[:, 0], (machine.SIGNED, machine.SIGNED_WIDE))
    instructions[signed, 3] = 0
    instructions[instructions[:, 0] == machine.SIGNED, 0] = machine.OR


IN_THE_CODE = (
    rank_above_not_from,
    bits_one_along,
    second_word_lost,
    level_lifted_too,
    bands_never_lifted,
    extras_to_the_first,
    sign_of_the_divisor_lost,
)


def test_nothing_is_found_where_nothing_is_planted() -> None:
    """The finder does not cry wolf."""
    assert not found()


@pytest.mark.parametrize("plant", IN_THE_CODE, ids=lambda f: f.__name__)
def test_a_bug_in_the_code_is_found(plant: Callable[[Integers], None]) -> None:
    """Each of these arrays decides some generated payment otherwise than the interpreter."""
    assert found(plant)


def test_a_second_group_one_code_along_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables of the words from the fifth on are laid out where many payments look for them."""
    tables = Laid._tables

    def planted(self: Laid) -> Integers:
        whole = tables(self)
        second = whole[self.plan[laid.STEP] : 2 * self.plan[laid.STEP]]
        second[:] = np.roll(second, laid.GROUP)
        return whole

    monkeypatch.setattr(Laid, "_tables", planted)
    assert found()


def test_a_column_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where columns are taken eight at a time, those of the last eight count too."""
    lay = Laid.__init__

    def planted(self: Laid, code: Integers) -> None:
        lay(self, code)
        columns = self.plan[laid.ROWS :][: 2 * self.plan[laid.BYTES]].reshape(-1, 2)
        columns[-laid.AT_ONCE :] = columns[:1]

    monkeypatch.setattr(Laid, "__init__", planted)
    assert found()


def test_missing_taken_for_a_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that is open below must not take in what is missing."""
    between = sets.between

    def planted(start: int | None, end: int | None) -> sets.Set:
        whole = between(start, end)
        return (MISSING, *whole[1:]) if start is None and whole else whole

    monkeypatch.setattr(sets, "between", planted)
    assert found()


def test_arithmetic_that_wraps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that need 128 bits, worked out in 64, wrap without a word."""
    monkeypatch.setattr(machine, "NARROW_BITS", 1_000)
    monkeypatch.setattr(machine, "halves", lambda value: (value >> 64, (value + 2**63) % 2**64 - 2**63))
    write = machine._Writer.write

    def planted(self: machine._Writer, number: int) -> None:
        step = self.graph.steps[number]
        if step.op == "const" and step.bits > 63:
            self.graph.steps[number] = dataclasses.replace(step, lowest=(step.lowest + 2**63) % 2**64 - 2**63)
        write(self, number)

    monkeypatch.setattr(machine._Writer, "write", planted)
    assert found()


def test_a_fraction_rounded_down_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut between two whole numbers is not the cut below them."""
    cut = linear._cut

    def planted(*args: object) -> linear.Cut:
        whole = cut(*args)  # type: ignore[arg-type]  # handed through
        return (
            dataclasses.replace(whole, start=whole.start - 1)
            if whole.start is not None and whole.end is None
            else whole
        )

    monkeypatch.setattr(linear, "_cut", planted)
    assert found()


def test_a_default_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """`(a / b) else 1` is not `a / b` where b is zero."""
    monkeypatch.setattr(Graph, "_chosen", lambda self, value, default: value)
    assert found()


def test_a_term_too_few_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a choice, no term may be dropped when terms are merged."""
    merged = conditions._merged
    monkeypatch.setattr(conditions, "_merged", lambda terms: merged(terms)[:2])
    assert found()
