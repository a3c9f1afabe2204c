"""Tracing on a simulated history of 1.3 million mobile-money transfers with 879 thefts, where it is at hand.

A theft is a transfer from the victim to a mule, and the mule then pays it out in cash. The history lies beside the
checkout or nowhere. Its balances are rounded to cents, each by itself, so they are made to follow (`adjust`);
merchants' and banks' are no ledger.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from riskrules.funds import Limits, Theft, Trace
from riskrules.funds.ledger import Ledger, make_ledger
from riskrules.funds.result import METHODS, WAYS, Method
from riskrules.funds.sharing import Sharing
from riskrules.funds.tracing import trace_ledger
from riskrules.funds.transfers import Transfers, read_transfers

EVERY = int(os.environ.get("RISKRULES_THEFTS", "80"))
"""One theft in so many is frozen, twice by each method; `RISKRULES_THEFTS=1` takes all 879, some ten minutes."""
PAYSIM = Path(__file__).resolve().parents[3] / "shared" / "data" / "paysim" / "transactions.parquet"
pytestmark = pytest.mark.skipif(
    not PAYSIM.exists(), reason="the paysim history (transactions.parquet) is not beside this checkout"
)
MAP = """
[payment]
id = { numbered = "row-" }
occurred_at = { column = "step", unit = "h", origin = "2026-01-01T00:00:00Z" }
amount = { column = "amount", currency = "CNY", round = "half even" }
"payer.account.id" = "nameOrig"
"payee.account.id" = "nameDest"
moved = { column = "isUnauthorizedOverdraft", values = { 0 = "yes", 1 = "no" } }
reversed = { column = "action", values = { CASH_IN = "yes" }, otherwise = "no" }
"payer.balance_before" = { column = "oldBalanceOrig", currency = "CNY", round = "half even" }
"payer.balance_after" = { column = "newBalanceOrig", currency = "CNY", round = "half even" }
"payee.balance_before" = { column = "oldBalanceDest", currency = "CNY", round = "half even" }
"payee.balance_after" = { column = "newBalanceDest", currency = "CNY", round = "half even" }
"""


@dataclass
class History:
    transfers: Transfers
    thefts: list[int]
    """Rows of the thefts, counted from nought; the mule's cash-out is the row after."""
    ledger: Ledger


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path_factory.mktemp("paysim") / "paysim.toml"
    path.write_text(MAP, "utf-8")
    transfers = read_transfers(PAYSIM, "CNY", path)
    table = parquet.read_table(PAYSIM, columns=["isFraud", "action"])
    fraud = np.asarray(table["isFraud"]) == 1
    transfer = np.asarray(table["action"].to_pylist(), object) == "TRANSFER"
    rows = np.flatnonzero(fraud & transfer).tolist()
    thefts = [Theft(f"row-{row + 1}") for row in rows]
    ledger = make_ledger(transfers, thefts, "CNY", lambda name: not name.startswith("C"), None, "adjust")
    return History(transfers, rows, ledger)


@pytest.mark.parametrize("method", METHODS)
def test_every_theft_is_found_to_its_end(history: History, method: Method) -> None:
    """For each of 879 thefts: the mule, the cash-out in the very next row, nothing left anywhere; to the cent."""
    found = trace_ledger(history.ledger, method, Limits(), Sharing())
    entries, transfers = found.entries, history.transfers
    stolen = transfers.amount[history.thefts]
    assert len(history.thefts) == 879
    assert found.cut is None
    assert len(entries) == 2 * len(history.thefts)
    rows = history.ledger.row[entries.row]
    for place, way in enumerate(("theft", "left")):
        theirs = np.array(history.thefts) + place
        assert (rows[place::2] == theirs).all()
        assert (entries.amount[place::2] == stolen).all()
        assert (entries.target[place::2] == transfers.payee[theirs]).all()
        assert (entries.way[place::2] == WAYS.index(way)).all()
    assert sum(t.left_minor for t in found.totals()) == sum(stolen.tolist())
    assert found.where() == ()


@pytest.mark.parametrize("method", METHODS)
def test_frozen_in_time_all_is_there_and_later_nothing(history: History, method: Method) -> None:
    """Frozen after the theft and before the cash-out, the mule holds all of it; after the cash-out, nothing, and what
    the mule gets from others afterwards is never the victim's."""
    ledger, transfers = history.ledger, history.transfers
    later = recovered = 0
    for row in history.thefts[::EVERY]:
        mule = transfers.accounts[transfers.payee[row]]
        first = int(np.searchsorted(ledger.row, row + 1))
        before = trace_to(ledger, method, first)
        assert {h.account: h.amount_minor for h in before.where()} == {mule: transfers.amount[row]}
        recovered += sum(h.amount_minor for h in before.where())
        after = trace_to(ledger, method, int(np.searchsorted(ledger.row, row + 2)))
        assert after.where() == ()
        later += bool((transfers.payee[row + 2 :] == transfers.payee[row]).any())
    assert recovered == sum(transfers.amount[history.thefts[::EVERY]].tolist())
    assert later, "no mule got money afterwards, so nothing was shown"


def trace_to(ledger: Ledger, method: Method, stop: int) -> Trace:
    """The trace of the first movements only: thefts share an hour with their cash-outs, so no moment divides them."""
    cut = Ledger(
        ledger.currency, ledger.accounts, ledger.institutions, ledger.victims, ledger.ids, ledger.row[:stop],
        ledger.at[:stop], ledger.source[:stop], ledger.target[:stop], ledger.amount[:stop], ledger.theft[:stop],
        ledger.kind[:stop], ledger.opening, ledger.closing, ledger.outside, ledger.home, ledger.assumptions,
    )  # fmt: skip
    return trace_ledger(cut, method, Limits(), Sharing())


def test_what_moved_no_money_is_not_traced(history: History) -> None:
    """The rows of unauthorised overdrafts are in no movement, and the result says how many there were."""
    idle = np.flatnonzero(~history.transfers.moved)
    assert len(idle) == 1_874
    assert not np.isin(history.ledger.row, idle).any()
    assert any("1_874 transfers moved no money" in text for text in history.ledger.assumptions)


def test_balances_end_as_stated(history: History) -> None:
    """Every client's balance, as the movements make it, is the last that the history states."""
    ledger, transfers = history.ledger, history.transfers
    last: dict[int, int] = {}
    _, payer_after, _, payee_after = transfers.stated
    for row in np.flatnonzero(transfers.moved).tolist():
        last[int(transfers.payer[row])] = int(payer_after[row])
        last[int(transfers.payee[row])] = int(payee_after[row])
    for account, stated in last.items():
        if not ledger.outside[account]:
            assert ledger.closing[account] == max(stated, 0)
