"""What is true of two accounts stays so from one payment to the next, in a whole world and by itself."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from riskrules.testing.world.acquaintance import Acquaintance

from .made import made


def test_a_saved_payee_stays_saved() -> None:
    """For each pair that pays without a merchant: never unsaved again on a later day. Most are saved after the first
    two days on which they paid, some never, some before the first."""
    whole = made()
    transfers = np.flatnonzero(whole.known("payee_is_saved"))
    days = whole.integers("occurred_at") // 86_400_000_000
    saved = whole.yes("payee_is_saved")
    payer, payee = whole.words("payer.account.id"), whole.words("payee.account.id")
    seen: dict[tuple[str, str], dict[int, bool]] = defaultdict(dict)
    for row in transfers.tolist():
        history = seen[payer[row], payee[row]]
        history[int(days[row])] = history.get(int(days[row]), False) or bool(saved[row])
    assert [pair for pair, history in seen.items() if list(history.values()) != sorted(history.values())] == []
    third = [list(of.values())[2] for of in seen.values() if len(of) > 2 and not next(iter(of.values()))]
    first = np.array([next(iter(history.values())) for history in seen.values()])
    assert 0.2 < first.mean() < 0.9
    assert len(third) > 50
    assert 0.7 < np.mean(third) < 0.97


def test_refunds_name_what_they_pay_back() -> None:
    """Most of them do, the fraudulent ones too, and each names a payment of before in the opposite direction."""
    whole = made()
    place = {name: row for row, name in enumerate(whole.words("id").tolist())}
    named, refund = whole.known("refund_of"), whole.words("purpose") == "refund"
    fraud = whole.yes("label.fraud")
    assert 0.8 < named[refund & ~fraud].mean() < 1
    assert named[fraud].any()
    payer, payee, of = (whole.words(name) for name in ("payer.account.id", "payee.account.id", "refund_of"))
    for row in np.flatnonzero(named).tolist():
        paid = place[str(of[row])]
        assert paid < row
        assert payee[paid] == payer[row]


def test_pairs_learn_by_days() -> None:
    """A pair that paid is saved by its own chance after one day or two; one that was saved stays so whatever it was
    drawn for; another's pair knows nothing of it."""
    pairs = Acquaintance()
    payer, payee = np.arange(2_000), np.arange(2_000) + 5_000
    never = np.zeros(2_000)
    shares = []
    for _ in range(4):
        saved = pairs.saved(payer, payee, never)
        shares.append(float(saved.mean()))
        pairs.paid(payer, payee, saved)
    assert shares[0] == 0
    assert 0.5 < shares[1] < 0.75
    assert 0.75 < shares[2] == shares[3] < 0.95
    before = Acquaintance().saved(payer, payee, never + 0.5)
    assert 0.4 < before.mean() < 0.6
    assert not pairs.saved(payee, payer, never).any()
