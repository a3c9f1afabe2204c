"""What the checker does with files that are too much: it says so, and says it soon.

Times are generous multiples of what was measured on a shared machine with two cores, so that only a change of
growth fails them.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from riskrules.checker.ruleset import MOST_FINDINGS, Checked, check_text
from riskrules.checker.scope import MOST_DEPTH
from riskrules.meaning.interpreter import decide
from riskrules.syntax.limits import MOST_BRACKETS, MOST_CONDITIONS

HEAD = "ruleset large version 2026.1\n  currency CNY\n"
SOON = 5.0
"""Seconds. The slowest of these files took under one."""


def checked_soon(text: str) -> Checked:
    started = time.process_time()
    checked = check_text(HEAD + text)
    assert time.process_time() - started < SOON
    return checked


def codes(checked: Checked) -> Counter[str]:
    return Counter(d.code for d in checked.diagnostics)


def rule(when: str, name: str = "r") -> str:
    return f'rule {name}\n  "r"\n  when {when}\n  then warn\n'


def chain(count: int, body: str, first: str = "amount > 5 CNY") -> list[str]:
    return [f"let a0 when {first}", *(f"let a{i} when {body.format(i - 1)}" for i in range(1, count))]


@pytest.mark.parametrize("order", [1, -1], ids=["first to last", "last to first"])
def test_lets_that_double_are_refused(order: int) -> None:
    """`let`s that read one another twice each, forty deep, would have 2**40 parts: refused at once, and once."""
    for lets in (chain(40, "a{0} and a{0}"), chain(40, "any of (a{0}, none of (a{0}, channel = atm))")):
        checked = checked_soon("\n".join(lets[::order]) + "\n" + rule("a39"))
        assert codes(checked) == {"too-complex": 1}
    values = ["let a0 = amount + 1 CNY", *(f"let a{i} = a{i - 1} + a{i - 1}" for i in range(1, 40))]
    assert codes(checked_soon("\n".join(values[::order]) + "\n" + rule("a39 > 5 CNY"))) == {"too-complex": 1}


@pytest.mark.parametrize("order", [1, -1], ids=["first to last", "last to first"])
def test_lets_that_are_deep_are_refused(order: int) -> None:
    """However long a chain of `let`s and in whatever order, it is read without running out of stack, and what passes
    the limit is shallow enough for all that follows."""
    lets = chain(3_000, "any of (a{0}, channel = atm)")
    assert codes(checked_soon("\n".join(lets[::order]) + "\n" + rule("a2999"))) == {"too-complex": 1}
    lets = chain(MOST_DEPTH - 2, "any of (a{0}, channel = atm)")
    made = checked_soon("\n".join(lets[::order]) + "\n" + rule(f"a{MOST_DEPTH - 3}")).or_raise()
    decide(made, {"amount": 600, "channel": "atm", "occurred_at": 0}, {})
    assert hash(made.rules[0])
    assert not codes(checked_soon("\n".join(chain(3_000, "a{0}")[::order]) + "\n" + rule("a2999")))


def test_lets_in_a_long_circle_are_one_finding() -> None:
    lets = [f"let a{i} when a{(i + 1) % 3_000} and amount > {i} CNY" for i in range(3_000)]
    assert codes(checked_soon("\n".join(lets) + "\n" + rule("a7"))) == {"let-in-a-circle": 1}


def test_lets_of_many_rules_together_are_bounded() -> None:
    """A thousand rules that read one large `let` each are counted together."""
    lets = chain(12, "a{0} and a{0}")
    text = "\n".join(lets) + "\n" + "".join(rule(f"a11 and amount > {i} CNY", f"r{i}") for i in range(1_000))
    assert codes(checked_soon(text)) == {"too-complex": 1}


def test_brackets_as_deep_as_the_syntax_allows() -> None:
    """The deepest groups and brackets that parse are checked and decided without running out of stack."""
    groups = "amount > 5 CNY"
    for _ in range(MOST_BRACKETS):
        groups = f"any of (channel = atm, {groups})"
    brackets = "(" * MOST_BRACKETS + "amount" + " + amount)" * MOST_BRACKETS
    for when in (groups, f"{brackets} > 5 CNY"):
        made = checked_soon(rule(when)).or_raise()
        decide(made, {"amount": 600, "channel": "pos", "occurred_at": 0}, {})


def test_as_many_conditions_as_the_syntax_allows() -> None:
    """A rule of the most conditions checks; one of a thousand is refused by the syntax."""
    most = " and ".join(f"amount > {i} CNY" for i in range(MOST_CONDITIONS // 2))
    assert checked_soon(rule(most)).ruleset is not None
    thousand = " and ".join(f"amount > {i} CNY" for i in range(1_000))
    assert codes(checked_soon(rule(thousand))) == {"too-many-conditions": 1}


def test_too_many_rules_are_refused() -> None:
    text = "".join(rule(f"amount > {i} CNY", f"r{i}") for i in range(20_001))
    assert set(codes(checked_soon(text))) <= {"too-many-blocks", "too-many-words"}


@pytest.mark.parametrize(
    ("block", "reads"),
    [
        ('field payment.x{0} count, optional "x"', "payment.x{0} else 0 > 3"),
        ("param x{0} = 5 CNY until 2026-01-01, 6 CNY from 2026-01-02", "amount > x{0}"),
        ("list x{0} of account", "payee.account in x{0}"),
        ("window x{0} = sum amount by payer.account over 24h", "x{0} > 5 CNY"),
        ("let x{0} when amount > {0} CNY", "x{0}"),
        ('source X{0} "a source"', "amount > 5 CNY"),
    ],
)
def test_many_declarations_are_quick(block: str, reads: str) -> None:
    """Five thousand names are declared, and the last of them read, without the time growing with their square."""
    blocks = "\n".join(block.format(i) for i in range(5_000))
    checked = checked_soon(f"{blocks}\n{rule(reads.format(4_999))}")
    assert checked.errors == ()
    assert len(checked.diagnostics) == (0 if block.startswith("field") else MOST_FINDINGS + 1)


def test_many_slips_among_many_names_are_quick() -> None:
    """Looking for the name that was meant has a bound of its own."""
    params = "\n".join(f"param large_amount_{i} = {i} CNY" for i in range(4_000))
    rules = "".join(rule(f"amount > larg_amount_{i}", f"r{i}") for i in range(4_000))
    checked = checked_soon(params + "\n" + rules)
    assert len(checked.diagnostics) == MOST_FINDINGS + 1
    assert "did you mean" in str(checked.diagnostics[0])


def test_many_rules_that_cover_one_another_are_quick() -> None:
    """Two thousand rules that all share a condition are compared without every pair being looked at."""
    rules = "".join(rule(f"channel = mobile and amount > {i} CNY", f"r{i}") for i in range(2_000))
    assert codes(checked_soon(rules)) == {}
