"""The ledger is exact: a second program, one payment at a time in Python's own integers, finds every balance again."""

from __future__ import annotations

import numpy as np
import pytest

from riskrules.testing.world import SETTINGS
from riskrules.testing.world.accounts import ACCOUNT_COLUMNS
from riskrules.testing.world.growing import Growing
from riskrules.testing.world.ledger import settle

from .made import Made, elsewhere, made


def balances_again(whole: Made) -> tuple[list[str], dict[str, int]]:
    """What is wrong, a line each; what is in every account at the end."""
    openings = whole.world.openings()
    names = [openings["account"][row] for row in range(len(openings["balance"].values))]
    held = dict(zip(names, openings["balance"].values.tolist(), strict=True))
    wrong = []
    columns = zip(
        whole.words("id"),
        whole.words("payer.account.id"),
        whole.words("payee.account.id"),
        whole.words("status"),
        *(
            whole.integers(name).tolist()
            for name in (
                *("amount", "payer.account.balance", "payee.account.balance"),
                *("ledger.payer_after", "ledger.payee_after"),
            )
        ),
        strict=True,
    )
    for name, payer, payee, status, amount, payer_before, payee_before, payer_after, payee_after in columns:
        before = held.get(payer, 0), held.get(payee, 0)
        if status == "settled":
            held[payer], held[payee] = before[0] - amount, before[1] + amount
        after = held.get(payer, 0), held.get(payee, 0)
        if (payer_before, payee_before) != before or (payer_after, payee_after) != after:
            wrong.append(f"{name}: {before} to {after}")
    return wrong, held


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_balance_follows_from_its_payments(setting: str) -> None:
    """To the minor unit, in every setting; money is neither made nor lost."""
    whole = elsewhere(setting)
    wrong, held = balances_again(whole)
    assert wrong == []
    assert sum(held.values()) == int(whole.world.openings()["balance"].values.sum())


def test_no_account_is_overdrawn_that_may_not_be() -> None:
    """Only companies, offices and cash begin with a line of credit; people never fall below nothing."""
    whole = made()
    person = whole.words("payer.party.type") == "person"
    home = whole.words("payer.account.country") == "CN"
    assert (whole.integers("ledger.payer_after")[person & home] >= 0).all()
    openings = whole.world.openings()
    may = {openings["account"][row] for row in np.flatnonzero(openings["overdraft"].values).tolist()}
    abroad = set(whole.words("payer.account.id")[~home])
    short = whole.integers("ledger.payer_after") < 0
    assert set(whole.words("payer.account.id")[short]) <= may | abroad


def test_a_payment_beyond_the_balance_fails_and_so_does_what_hangs_on_it() -> None:
    """Nobody's later payment takes money that never came."""
    accounts = Growing(ACCOUNT_COLUMNS)
    accounts.add(3, balance=np.array([100, 0, 0]))
    moved = np.ones(4, np.bool_)
    payer, payee, amount = np.array([0, 0, 1, 1]), np.array([1, 1, 2, 2]), np.array([60, 60, 50, 20])
    settled = settle(accounts, payer, payee, amount, moved, np.array([-1, -1, 1, -1]))
    assert settled.moved.tolist() == [True, False, False, True]
    assert accounts["balance"].tolist() == [40, 40, 20]
    assert settled.payer_before.tolist() == [100, 40, 60, 60]
    assert settled.payer_after.tolist() == [40, 40, 60, 40]
    assert settled.payee_before.tolist() == [0, 60, 0, 0]


def test_a_ledger_without_payments_changes_nothing() -> None:
    accounts = Growing(ACCOUNT_COLUMNS)
    accounts.add(2, balance=7)
    none = np.empty(0, np.int64)
    assert len(settle(accounts, none, none, none, np.empty(0, np.bool_), none).moved) == 0
    assert accounts["balance"].tolist() == [7, 7]
