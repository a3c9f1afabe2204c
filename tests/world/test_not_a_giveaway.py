"""No single field gives fraud away: rules have to put things together, as they must in life.

Tried for each field: every threshold from below and from above, every single value, known and missing. An id is only
asked whether it is one value, for its order means nothing. What has to hold is in `MOST_PRECISION`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from riskrules.bridges.columns import Numbers
from riskrules.schema.limits import MISSING
from riskrules.testing.world import SETTINGS

from .made import Made, elsewhere, made

LEAST_RECALL = 0.3
MOST_PRECISION = 0.3
AGES = {
    "payer.account.opened_at": "payer.account.age",
    "payee.account.opened_at": "payee.account.age",
    "payer.wallet.opened_at": "payer.wallet.age",
    "payee.wallet.opened_at": "payee.wallet.age",
    "payee.merchant.onboarded_at": "payee.merchant.age",
    "limit_raised_at": "since the limit was raised",
    "payer.credentials_changed_at": "since the credentials changed",
}


class Rule(NamedTuple):
    """The best rule on one field."""

    precision: float
    recall: float
    text: str


def best_rule(values: NDArray[np.int64], fraud: NDArray[np.bool_], ordered: bool) -> Rule:
    """The most precise rule on one column that finds LEAST_RECALL of the fraud."""
    distinct, places = np.unique(values, return_inverse=True)
    rows = np.bincount(places).astype(np.float64)
    bad = np.bincount(places, weights=fraud)
    tried = [("=", rows, bad)]
    if ordered:
        tried += [("<=", np.cumsum(rows), np.cumsum(bad))]
        tried += [(">=", np.cumsum(rows[::-1])[::-1], np.cumsum(bad[::-1])[::-1])]
    found = Rule(0.0, 0.0, "none")
    for sign, all_rows, caught in tried:
        enough = np.flatnonzero(caught >= LEAST_RECALL * fraud.sum())
        if len(enough):
            place = enough[np.argmax(caught[enough] / all_rows[enough])]
            precision = caught[place] / all_rows[place]
            if precision > found.precision:
                found = Rule(float(precision), float(caught[place] / fraud.sum()), f"{sign} {distinct[place]}")
    return found


def fields(whole: Made) -> dict[str, tuple[NDArray[np.int64], bool]]:
    """Every column that a rule may read, and those worked out of it; whether its order means something."""
    found = {
        name: (whole.integers(name), isinstance(column, Numbers))
        for name, column in whole.columns.items()
        if not name.startswith(("label.", "ledger."))
    }
    now = whole.integers("occurred_at")
    for name, age in AGES.items():
        at = whole.integers(name)
        found[age] = (np.where(at == MISSING, MISSING, now - at), True)
    hours = now // 3_600_000_000 + 8
    found["hour"] = (hours % 24, True)
    found["weekday"] = (hours // 24 % 7, False)
    return found


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_single_field_separates_fraud_from_honest_payments(setting: str) -> None:
    """The best rule on any one field is wrong at least seven times in ten when it finds three frauds in ten."""
    whole = elsewhere(setting)
    fraud = whole.yes("label.fraud")
    assert fraud.sum() > 150
    found = {name: best_rule(values, fraud, ordered) for name, (values, ordered) in fields(whole).items()}
    assert len(found) > 75
    assert {name: rule for name, rule in found.items() if rule.precision >= MOST_PRECISION} == {}


def test_a_giveaway_is_found() -> None:
    """The search can fail: a field that fraud alone has, a number that is high in fraud, a word that it uses."""
    whole = made()
    fraud = whole.yes("label.fraud")
    chance = np.random.default_rng(1).random(len(fraud))
    flag = (fraud & (chance < 0.5)).astype(np.int64)
    assert best_rule(flag, fraud, False).precision == 1
    number = np.where(fraud & (chance < 0.4), 900, 0) + (chance * 500).astype(np.int64)
    assert best_rule(number, fraud, True).precision > 0.9
    assert best_rule(number, fraud, False).precision < MOST_PRECISION
    assert best_rule(-number, fraud, True).precision > 0.9
