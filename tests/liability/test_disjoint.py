"""Whether two `liability` blocks may hold for one claim: never said apart where some claim meets both."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from riskrules.checker.disjoint import are_apart
from riskrules.checker.ruleset import check_text
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import holds_whole

HEAD = """ruleset x version 2026.1
  currency GBP
field claim.kind one of (red, green, blue), optional "a colour"
field claim.size count, from 0 to 3 "how many"
field claim.weight count, from 0 to 3, optional "how heavy"
"""
PAIRS = 600
INPUTS: dict[str, tuple[n.Value | None, ...]] = {
    "claim.on_us": (True, False),
    "claim.cross_border": (True, False, None),
    "claim.kind": ("red", "green", "blue", None),
    "claim.size": (0, 1, 2, 3),
    "claim.weight": (0, 1, 2, 3, None),
}
PLAIN = (
    "claim.on_us", "claim.on_us = no", "claim.cross_border else no", "claim.cross_border else yes",
    "claim.cross_border else no = no", "claim.cross_border is known", "claim.cross_border is missing",
    "claim.kind is known", "claim.kind is missing", "claim.size > 1", "claim.size <= 1", "claim.size = 2",
    "claim.weight else 0 > 1", "claim.weight else 3 <= 1", "claim.weight is known",
    "all of (claim.kind is known, claim.kind = red)", "all of (claim.kind is known, claim.kind in (red, blue))",
    "all of (claim.kind is known, claim.kind != red)", "all of (claim.weight is known, claim.weight < claim.size)",
    "all of (claim.weight is known, claim.weight >= 2)",
)  # fmt: skip


def condition(chance: random.Random, depth: int) -> str:
    if depth and chance.random() < 0.4:
        parts = ", ".join(condition(chance, depth - 1) for _ in range(chance.randint(2, 3)))
        return f"{chance.choice(('any', 'all', 'none'))} of ({parts})"
    return chance.choice(PLAIN)


def block(chance: random.Random, name: str) -> str:
    lines = [f"  when {condition(chance, 2)}"] if chance.random() < 0.9 else []
    lines += [f"  unless {condition(chance, 2)}" for _ in range(chance.randint(0, 2))]
    return "\n".join([f"liability {name} on claim", '  "made"', *lines, "  share 100% claim.victim"]) + "\n"


def claims_of(ruleset: n.Ruleset) -> bool:
    """Whether some claim meets both blocks: all are tried."""
    first, second = (n.Rule(x.name, "", x.when, x.unless) for x in ruleset.liabilities)
    return any(
        holds_whole(first, values, {}, 0) and holds_whole(second, values, {}, 0)
        for values in (dict(zip(INPUTS, combined, strict=True)) for combined in itertools.product(*INPUTS.values()))
    )


def of_text(text: str) -> n.Ruleset:
    made = check_text(HEAD + text)
    assert [str(d) for d in made.errors] == []
    (claims,) = made.or_raise().others
    return claims


def apart(ruleset: n.Ruleset) -> bool:
    first, second = ruleset.liabilities
    return are_apart(first, second, {i.name: i for i in ruleset.inputs})


def test_apart_is_never_said_where_a_claim_meets_both() -> None:
    """Two made blocks, all claims over the inputs that they read: where some claim meets both, they are not apart;
    where none does, that is nearly always seen."""
    chance = random.Random(20261122)
    seen: Counter[tuple[bool, bool]] = Counter()
    for _ in range(PAIRS):
        ruleset = of_text(block(chance, "one") + block(chance, "two"))
        meet, said = claims_of(ruleset), apart(ruleset)
        seen[meet, said] += 1
        assert not (meet and said), ruleset.liabilities
    assert seen[True, False] > PAIRS / 10
    assert seen[False, True] > PAIRS / 10
    assert seen[False, True] > 9 * seen[False, False], seen


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("unless all of (claim.kind is known, claim.kind = red)", "when claim.kind is known and claim.kind = red"),
        ("unless claim.on_us", "when claim.on_us"),
        ("when claim.size > 2", "when claim.size <= 2"),
        ("unless claim.size <= 2", "unless claim.size > 2"),
        ("when claim.cross_border else no", "when claim.cross_border else no = no"),
        ("when any of (claim.size = 1, claim.size = 2)", "when any of (claim.size = 0, claim.size = 3)"),
        ("unless any of (claim.on_us, claim.size > 1)", "when claim.size = 2"),
        ("when none of (claim.on_us, claim.size > 1)", "when claim.on_us"),
        ("when claim.kind is missing", "when claim.kind is known and claim.kind in (red, blue)"),
        (
            "in force from 2024-01-01 until 2024-12-31\n  when claim.on_us",
            "in force from 2025-01-01\n  when claim.on_us",
        ),
    ],
)
def test_these_are_apart(one: str, two: str) -> None:
    """What an author writes to part two blocks is seen."""
    assert [d.code for d in check_text(_whole(one, two)).diagnostics] == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("unless claim.on_us", "when claim.on_us = no"),
        ("unless all of (claim.kind is known, claim.kind = red)", "when claim.kind is known and claim.kind = blue"),
        ("when claim.size > 1", "when claim.size >= 2"),
        ("when claim.cross_border else no = no", "when claim.on_us"),
    ],
)
def test_these_may_meet(one: str, two: str) -> None:
    """And blocks that both claim one case are warned of."""
    assert [d.code for d in check_text(_whole(one, two)).diagnostics] == ["two-blocks"]


def _whole(*conditions: str) -> str:
    """Two blocks, with the declarations of the fields that they read."""
    blocks = [f'liability {x} on claim\n  "{x}"\n  {c}\n' for x, c in zip("ab", conditions, strict=True)]
    text = "".join(f"{one}  share 100% claim.victim\n" for one in blocks)
    lines = [x for x in HEAD.splitlines() if not x.startswith("field") or x.split()[1] in text]
    return "\n".join(lines) + "\n" + text
