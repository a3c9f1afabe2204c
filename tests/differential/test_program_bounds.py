"""Nothing wraps: bounds are proved before, and at the bounds the kernels are exact."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from test_program_kernels import by_block, by_row, columns

from riskrules.kernel.chunk import Chunk, OutOfBounds
from riskrules.kernel.deciding import decide_row
from riskrules.kernel.warm import warm
from riskrules.meaning import interpreter
from riskrules.meaning import nodes as n
from riskrules.meaning.lowering import MOST_BITS, TooLarge, bounds_of
from riskrules.program import layout
from riskrules.program.compile import ProgramLimitError, from_meaning
from riskrules.program.verify import UnsoundProgram, verify
from riskrules.schema.kinds import COUNT, NUMBER, RATIO, TEXT
from riskrules.schema.limits import MISSING

LARGEST = 2**63 - 1
SAMPLE = (-LARGEST, -LARGEST + 1, -(2**62), -1, 0, 1, 2, 2**31, 2**32, 2**62, LARGEST - 1, LARGEST)
A, B, C = (n.Read(name, COUNT) for name in "abc")


def const(value: int, digits: int = 0) -> n.Const:
    return n.Const(value, COUNT, digits)


def inputs(**bounds: tuple[int, int]) -> tuple[n.Input, ...]:
    return tuple(n.Input(name, COUNT, True, "field", *b) for name, b in bounds.items())


def ruleset(given: tuple[n.Input, ...], *conditions: n.Condition) -> n.Ruleset:
    rules = tuple(n.Rule(f"r{k:02}", "", c, (), n.Act(n.WARN)) for k, c in enumerate(conditions))
    return n.Ruleset("bounds", "1", "", "CNY", "UTC", "en", n.InForce(), given, rules=rules)


def product(*parts: n.Quantity) -> n.Quantity:
    whole = parts[0]
    for p in parts[1:]:
        whole = n.Arithmetic("*", whole, p, COUNT)
    return whole


@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
def test_sums_products_and_shares_of_the_largest_numbers_are_exact(op: str) -> None:
    """a + b, a - b and a * b against c, and a / b against c, hold as they do for numbers without bounds."""
    warm()
    given = inputs(a=(-LARGEST, LARGEST), b=(-LARGEST, LARGEST), c=(-LARGEST, LARGEST))
    made = ruleset(
        given,
        *(n.Compare(op, n.Arithmetic(sign, A, B, COUNT), C) for sign in "+-*"),
        n.Compare(op, n.Quotient(A, B, const(7), COUNT), n.Quotient(C, const(3), const(0), COUNT)),
        n.Compare(op, A, n.Default(B, const(-5), COUNT)),
    )
    program = from_meaning(made)
    assert np.isin(program.code[program.code[layout.INSTRUCTION_ROWS] : program.code[layout.RULE_ACTS]], 14).any()
    rng = random.Random(3)
    payments = [
        {"occurred_at": 0, "a": a, "b": b, "c": c}
        for a, b in itertools.product((*SAMPLE, None), repeat=2)
        for c in rng.sample(SAMPLE, 3) + [x for x in exact(a, b) if abs(x) <= LARGEST]
    ]
    rows = np.array([columns(program, p, {}) for p in payments])
    out = program.out()
    for payment, values, block in zip(payments, rows, by_block(program, rows), strict=True):
        assert interpreter.decide(made, payment, {}) == by_row(program, values, out) == block, payment


def exact(a: int | None, b: int | None) -> list[int]:
    """Numbers that a + b, a - b, a * b and three times a / b are equal to, or one beside."""
    if a is None or b is None:
        return [0]
    near = [a + b, a - b, a * b] + ([3 * a // b] if b else [])
    return [x + d for x in near for d in (-1, 0, 1)]


def test_the_number_of_bits_follows_from_the_bounds() -> None:
    """63 for one input; else exactly what the largest number on the way takes."""
    given = {i.name: i for i in inputs(a=(0, 2**31), b=(-(2**31), 2**31), c=(0, LARGEST))}
    assert bounds_of(n.Compare("<", product(const(10**30), A), const(1)), given) == 63
    assert bounds_of(n.Compare("<", product(A, B), const(1)), given) == 63
    assert bounds_of(n.Compare("<", product(A, B), product(C, C)), given) == 126
    assert bounds_of(n.Compare("<", product(A, B, B), const(1)), given) == 94


def test_a_comparison_beyond_127_bits_is_refused() -> None:
    """At 127 bits it is decided, at 128 it is refused with the comparison, by the checker's function and here alike."""
    given = inputs(a=(0, LARGEST), b=(0, LARGEST), c=(0, LARGEST))
    held = n.Compare("<", product(const(2), A, B), C)
    assert bounds_of(held, {i.name: i for i in given}) == MOST_BITS
    from_meaning(ruleset(given, held))
    refused = n.Compare("<", product(const(4), A, B), C)
    for asked in (
        lambda: bounds_of(refused, {i.name: i for i in given}),
        lambda: from_meaning(ruleset(given, refused)),
    ):
        with pytest.raises(TooLarge) as caught:
            asked()
        assert (caught.value.compare, caught.value.bits) == (refused, MOST_BITS + 1)


def test_a_cut_is_exact_at_both_ends_of_64_bits() -> None:
    """One input against a constant far beyond, at and just within the bounds of 64 bits; missing satisfies none."""
    warm()
    points = (-(2**70), -(2**63), -LARGEST, -LARGEST + 1, LARGEST - 1, LARGEST, 2**63, 2**70)
    conditions = [n.Compare(op, A, const(p)) for p in points for op in ("=", "!=", "<", "<=", ">", ">=")]
    conditions += [n.Compare("<", n.Arithmetic("*", const(8, 1), A, COUNT), const(p, 1)) for p in points]
    made = ruleset(inputs(a=(-LARGEST, LARGEST)), *conditions)
    program = from_meaning(made)
    assert program.code[layout.DERIVED] == 0
    out = program.out()
    for a in (*SAMPLE, None):
        payment = {"occurred_at": 0, "a": a}
        assert by_row(program, columns(program, payment, {}), out) == interpreter.decide(made, payment, {})


def test_a_value_that_breaks_its_bounds_decides_nothing() -> None:
    """Both kernels name the column; a column that arithmetic does not read may hold anything."""
    warm()
    made = ruleset(inputs(a=(0, 10), b=(0, 10), c=(0, 10)), n.Compare("<", A, B), n.Compare("<", C, const(5)))
    program = from_meaning(made)
    at = {c.name: k for k, c in enumerate(program.columns)}
    for name, value, refused in (("a", 11, True), ("b", -1, True), ("a", MISSING, False), ("c", 2**62, False)):
        values = np.zeros(len(at), np.int64)
        values[at[name]] = value
        chunk = Chunk(program, 1)
        out = program.out()
        act = decide_row(program.code, values, out)
        assert act == -1 - at[name] if refused else act >= 0
        if refused:
            assert not program.fired(out)
            with pytest.raises(OutOfBounds) as caught:
                chunk.feed(at[name], values[at[name] :][:1])
            assert (caught.value.column, caught.value.row) == (at[name], 0)
        else:
            chunk.feed(at[name], values[at[name] :][:1])


@pytest.mark.parametrize("count", [0, 1, 7, 255, 256, 257, 2047, 2048, 2049, 5000])
def test_a_chunk_of_any_length_is_decided_row_by_row_the_same(count: int) -> None:
    """Ends of blocks, strips and words make no difference, nor does what a buffer held before."""
    warm()
    made = ruleset(
        inputs(a=(0, 50), b=(0, 50)),
        *(n.Compare("<", A, const(k)) for k in range(30)),
        n.Compare("<", A, B),
        n.Any((n.Compare("=", A, const(3)), n.Compare("=", A, const(9)), n.Not(n.Known(B)))),
    )
    program = from_meaning(made)
    rng = np.random.default_rng(count)
    rows = np.column_stack([np.zeros(count, np.int64), *rng.integers(0, 51, (2, count))]).reshape(count, 3)
    rows[rng.random(count) < 0.2, 2] = MISSING
    chunk = Chunk(program, 5000)
    for size, before in ((5000, True), (count, False)):
        for c in range(3):
            chunk.feed(c, rng.integers(0, 51, size) if before else np.ascontiguousarray(rows[:, c]))
        decided = chunk.decide(size)
    out = program.out()
    for i, values in enumerate(rows):
        assert program.acts[decide_row(program.code, values.copy(), out)] == program.acts[decided.acts[i]]
        fired = decided.fired.indices[decided.fired.starts[i] : decided.fired.starts[i + 1]]
        assert program.fired(out) == tuple(program.rules[k] for k in fired)


def test_what_no_program_can_hold_is_refused() -> None:
    """Two rules of one name, scores beyond 64 bits and more codes than two bytes hold are named, not guessed at."""
    one = n.Rule("r", "", n.All(()), (), n.Act(n.WARN), 2**62)
    base = ruleset(inputs(a=(0, 10**9)))
    for rules in (
        (one, one),
        (one, n.Rule("s", "", n.All(()), (), None, 2**62)),
        (n.Rule("r", "", n.All(()), (), n.Act(n.ALLOW, 5)),),
        (n.Rule("r", "", n.Any(tuple(n.Compare("=", A, const(2 * k)) for k in range(33_000)))),),
    ):
        with pytest.raises(ProgramLimitError):
            from_meaning(n.Ruleset("x", "1", "", "CNY", "UTC", "en", n.InForce(), base.inputs, rules=rules))


def test_kinds_with_digits_and_texts_are_held_as_the_interpreter_holds_them() -> None:
    """Billionths against written decimals are cut where the decimals say."""
    warm()
    rate = n.Input("rate", RATIO, True, "field", 0, 10**18)
    text = n.Input("text", TEXT, True, "field")
    asked = n.Compare(">=", n.Read("rate", RATIO), n.Const(123_456_789_1, NUMBER, 10))
    made = ruleset((rate, text), asked, n.Equal(n.Read("text", TEXT), n.Const("a", TEXT), True))
    program = from_meaning(made)
    out = program.out()
    for value in (123_456_788, 123_456_789, 123_456_790, None):
        for word in ("a", "b", None):
            payment = {"occurred_at": 0, "rate": value, "text": word}
            assert by_row(program, columns(program, payment, {}), out) == interpreter.decide(made, payment, {})


def test_tables_that_only_share_their_memory_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal tables lie in a program once, and are laid out for each column: a program is refused by what that takes,
    when it is made and when it comes from a disk."""
    made = ruleset(inputs(a=(0, 50), b=(0, 50)), *(n.Compare("<", x, const(k)) for x in (A, B) for k in range(40)))
    program = from_meaning(made)
    assert layout.length_of_tables(program.code.tolist(), [1, 41, 41]) == 2 * (1 + 41 + 41)
    verify(program.code)
    monkeypatch.setattr(layout, "length_of_tables", lambda header, codes: layout.MOST_LENGTH + 1)
    with pytest.raises(ProgramLimitError, match="integers in the tables of its columns"):
        from_meaning(made)
    with pytest.raises(UnsoundProgram, match="tables are longer"):
        verify(program.code)
