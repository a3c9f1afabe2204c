"""The search for rules and their conditions, against plain counting: what one condition is worth, where a limit is
best, that a code says what the condition's words say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskrules.balance.suggesting_quantities import Quantity, fraction_of, readable
from riskrules.balance.suggesting_search import COST_OF_A_CONDITION, FEWEST_FRAUDS, Search
from riskrules.balance.suggesting_steps import Step, codes_of, steps_of, values_of
from riskrules.bridges.columns import Batch, Numbers
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import quantity
from riskrules.schema.kinds import COUNT, Kind
from riskrules.schema.limits import MISSING

EUR = Kind("money", currency="EUR")


def made(seed: int, payments: int = 600, conditions: int = 5) -> Search:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 6, (conditions, payments)).astype(np.uint8)
    fraud = draw.random(payments) < 0.05 + 0.4 * (codes[1] >= 4) * (codes[2] >= 3)
    return Search(codes, fraud, draw.integers(1, 1_000, payments).astype(np.float64))


def brute(search: Search, stopped: np.ndarray, price: float) -> float:  # type: ignore[type-arg]  # a mask
    """The best single condition, one after another."""
    best = 0.0
    for place in range(len(search.codes)):
        for level in range(1, 6):
            met = (search.codes[place] >= level) & ~stopped
            honest = int((met & ~search.fraud).sum())
            worth = float(search.value[met].sum()) - price * (honest + honest**0.5) - COST_OF_A_CONDITION
            if int((met & search.fraud).sum()) >= FEWEST_FRAUDS:
                best = max(best, worth)
    return best


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0001, 0.001, 0.004]))
def test_the_best_condition_is_the_best(seed: int, price: float) -> None:
    """Of rules of one condition the search finds the one that counting finds."""
    search = made(seed)
    stopped = search.codes[0] >= 5
    found = search.best(stopped, price, 1, lambda: False)
    assert (0.0 if found is None else found.worth) == pytest.approx(brute(search, stopped, price))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_longer_rules_and_moved_limits_are_worth_no_less(seed: int) -> None:
    """A rule of up to three conditions is worth at least the best of one; moving its limits never costs."""
    search, none = made(seed), np.zeros(600, np.bool_)
    one, three = (search.best(none, 0.001, longest, lambda: False) for longest in (1, 3))
    assert three is not None and one is not None
    assert three.worth >= one.worth
    assert len(three.rule) <= 3
    assert search.worth(search.moved(three.rule, none, 0.001), none, 0.001) >= three.worth - 1e-9
    assert search.worth(search.shortened(three.rule, none, 0.001), none, 0.001) >= three.worth - 1e-9


def batch_of(columns: dict[str, list[int | None]]) -> Batch:
    rows = len(next(iter(columns.values())))
    held = {k: Numbers(np.array([MISSING if x is None else x for x in v], np.int64)) for k, v in columns.items()}
    return Batch(rows, 0, dict(held), (), np.ones(rows, np.bool_), np.arange(1, rows + 1))


NODES = {
    "average": n.Average("m", n.Read("m.sum", EUR), n.Read("m.count", COUNT), EUR),
    "difference": n.Arithmetic("-", n.Read("a", COUNT), n.Read("b", COUNT), COUNT),
    "quotient": n.Quotient(n.Read("m.sum", EUR), n.Read("b", COUNT), n.Const(7, EUR), EUR),
    "default": n.Default(n.Read("a", COUNT), n.Const(3, COUNT), COUNT),
    "product": n.Arithmetic("*", n.Read("m.sum", EUR), n.Const(15, Kind("ratio"), 1), EUR),
}
held = st.none() | st.integers(0, 50)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(NODES)), st.lists(st.tuples(held, held, held, held), min_size=1, max_size=12))
def test_a_value_is_the_interpreters(name: str, rows: list[tuple[int | None, ...]]) -> None:
    """What the search reads for a value is what the specification says of it, missing where that is missing."""
    columns = {key: [row[i] for row in rows] for i, key in enumerate(("a", "b", "m.sum", "m.count"))}
    top, bottom = fraction_of(NODES[name], batch_of(columns))
    for i in range(len(rows)):
        exact = quantity(NODES[name], {key: column[i] for key, column in columns.items()})
        assert np.isnan(top[i]) if exact is None else float(exact) == pytest.approx(float(top[i] / bottom[i]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(held, held, st.booleans()), min_size=40, max_size=80))
def test_a_code_says_up_to_which_limit_a_condition_holds(rows: list[tuple[int | None, int | None, bool]]) -> None:
    """Level by level, for every step: the code is at least the level exactly where the condition holds."""
    a, b = (Quantity(x, COUNT, n.Read(x, COUNT), (), "count", ()) for x in ("a", "b"))
    batch = batch_of({"a": [r[0] for r in rows], "b": [r[1] for r in rows]})
    fraud = np.array([r[2] for r in rows])
    steps = steps_of([a, b], [], {q.name: values_of(q, batch) for q in (a, b)}, fraud)
    codes = codes_of(steps, batch, {})
    for place, step in enumerate(steps):
        assert list(step.limits) == sorted(step.limits, reverse=step.op == "<=")
        for level in range(1, len(step.limits) + 1):
            for i, (x, y, _) in enumerate(rows):
                assert (codes[place, i] >= level) == meets(step, level, {"a": x, "b": y})


def meets(step: Step, level: int, row: dict[str, int | None]) -> bool:
    assert step.left is not None
    limit, left = step.limits[level - 1], row[step.left.name]
    right: int | Fraction | None = 1 if step.right is None else row[step.right.name]
    if left is None or right is None:
        return False
    if step.right is not None and left <= 0:
        return False
    return left <= limit if step.op == "<=" else left >= limit * right


def test_what_may_be_read_is_what_the_base_says() -> None:
    """Amount, windows, `let`s and the fields that its rules read: each once, with what must be known beside it; no time
    and no text."""
    text = """ruleset base version 2026.1
  currency EUR
  timezone UTC
  appeal   "Call."

field payment.remote yes/no "a remote-control app was open"
field payment.note   text, optional "a note"

window mean_7d  = average amount by payer.account over 7d
window paid_7d  = count by payee.merchant over 7d
window seen_7d  = time since last by payer.account over 7d
let doubled = 2 * (mean_7d else 1 EUR)
let busy when
  (paid_7d else 0) >= 9

rule asks
  "Asks"
  when payment.remote
  and (payment.note else "-") contains "loan"
  then warn
"""
    can = readable(text, "base.risk")
    assert {q.name: (str(q.kind), q.needs) for q in can.quantities} == {
        "amount": ("money in EUR", ()),
        "mean_7d": ("money in EUR", ("mean_7d",)),
        "paid_7d": ("count", ("payee.merchant",)),
        "seen_7d": ("duration", ("seen_7d",)),
        "doubled": ("money in EUR", ()),
    }
    assert can.conditions == ("payment.remote", "busy")
