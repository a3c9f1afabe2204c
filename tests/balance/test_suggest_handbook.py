"""The proposals that ship catch what they are said to catch, on the part of the history that no search looked at."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from riskrules.balance.curve import outcome_of
from riskrules.balance.labels import label_of
from riskrules.balance.span import read_span
from riskrules.balance.suggesting_history import told_of
from riskrules.balance.suggesting_quantities import readable
from riskrules.balance.tuning_history import Decider, Past, past_of
from riskrules.base.resources import folder, ruleset_path
from riskrules.engine.rules import load

ROOT = Path(__file__).resolve().parents[2]
HISTORY = ROOT.parent / "shared" / "data" / "handbook" / "transactions.parquet"
WINDOWS = ROOT / "benchmarks" / "handbook_windows.risk"
ZONE = ZoneInfo("Europe/Brussels")
TREES = {
    "handbook_suggested": (Fraction(1, 1_000), Fraction(72, 100), Fraction(87, 100)),
    "handbook_suggested_wide": (Fraction(5, 1_000), Fraction(77, 100), Fraction(90, 100)),
}
"""What boosted trees catch of frauds and of their money, while they stop so many honest payments."""


@pytest.fixture(scope="module")
def later() -> Past:
    """What comes a week after the training, with every window that the proposals may read."""
    if not HISTORY.is_file():
        pytest.skip("the handbook history (transactions.parquet) is not beside this checkout")
    can = readable(WINDOWS.read_text("utf-8"), WINDOWS.name)
    span = read_span("2018-07-27", None, ZONE)
    given_map = folder("rulesets") / "examples" / "handbook.map.toml"
    return past_of(can.probe, HISTORY, label_of("TX_FRAUD"), given_map, span=span)


@pytest.mark.parametrize("name", sorted(TREES))
def test_few_readable_rules_catch_as_much_as_trees(name: str, later: Past) -> None:
    """At most 30 rules of at most four conditions each, and no more honest payments stopped than by the trees."""
    path = ruleset_path(f"examples/{name}")
    rules = load(path)
    found = outcome_of(Decider(later).stopped(rules), later.fraud, later.amounts)
    at_most, caught, money = TREES[name]
    assert found.friction <= at_most
    assert found.caught_share >= caught
    assert found.money_share >= money
    assert len(rules.by_name) <= 30
    assert all(r.text.count("; ") < 4 for r in rules.by_name.values())
    assert told_of(found) in re.sub(r"\n#  ? ?", " ", path.read_text("utf-8"))
