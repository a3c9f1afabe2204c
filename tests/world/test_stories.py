"""Fraud and its look-alikes: all of them occur, chains hold together, reports come after the fact."""

from __future__ import annotations

from collections import Counter

import numpy as np

from riskrules.base.times import parse_instant
from riskrules.bridges.columns import Words
from riskrules.schema.events import event_schema
from riskrules.schema.values import read_value
from riskrules.testing.world import LIKE, LOOKALIKES, SCAMS, SETTINGS, TYPOLOGIES

from .made import Made, elsewhere, made

HOUR_US = 3_600_000_000


def test_every_typology_scam_and_look_alike_occurs() -> None:
    """In a month of each setting, more than once; and every typology has look-alikes of its own."""
    for name, known in (("label.typology", TYPOLOGIES), ("label.lookalike", LOOKALIKES), ("label.scam", SCAMS)):
        counted: Counter[str] = Counter()
        for setting in SETTINGS:
            counted.update(word for word in elsewhere(setting).words(name) if word is not None)
        assert set(counted) == set(known)
        assert min(counted.values()) >= 2
    assert set(LIKE) == set(TYPOLOGIES)
    assert sorted(name for names in LIKE.values() for name in names) == sorted(LOOKALIKES)


def test_fraud_and_look_alikes_are_never_the_same_payment() -> None:
    whole = made()
    assert not (whole.yes("label.fraud") & whole.known("label.lookalike")).any()
    assert (whole.yes("label.fraud") == whole.known("label.typology")).all()
    assert (whole.known("label.role") == whole.yes("label.fraud")).all()


def loose_ends(whole: Made) -> list[str]:
    """Settled hops whose payer had received nothing before in the chain; a line each."""
    received: dict[object, set[object]] = {}
    found = []
    columns = [whole.words(name) for name in ("id", "label.chain", "status", "payer.account.id", "payee.account.id")]
    for row in np.flatnonzero(whole.known("label.chain")).tolist():
        name, chain, status, payer, payee = (column[row] for column in columns)
        if status != "settled":
            continue
        if whole.integers("label.hop")[row] > 0 and payer not in received.get(chain, set()):
            found.append(str(name))
        received.setdefault(chain, set()).add(payee)
    return found


def test_chains_connect() -> None:
    """Who passes money on in a chain has received some in it before: in fraud and in honest stories."""
    whole = made()
    assert loose_ends(whole) == []
    assert (whole.integers("label.hop")[whole.yes("label.fraud")] > 0).mean() > 0.2


def test_a_chain_that_does_not_connect_is_seen() -> None:
    """The check can fail: without the first payments, the rest hang in the air."""
    whole = made()
    hops = whole.integers("label.hop")
    chains = whole.columns["label.chain"]
    assert isinstance(chains, Words)
    cut = Words(np.where(hops == 0, -1, chains.codes).astype(np.int32), chains.words)
    assert len(loose_ends(Made(whole.world, {**whole.columns, "label.chain": cut}, []))) > 50


def test_reports_come_after_the_fact_most_late_and_some_never() -> None:
    """Only settled fraud is reported; hours or weeks later."""
    whole = made()
    reported, fraud = whole.yes("label.reported"), whole.yes("label.fraud")
    settled = whole.words("status") == "settled"
    assert not (reported & ~(fraud & settled)).any()
    delays = (whole.integers("label.reported_at") - whole.integers("occurred_at"))[reported] / HOUR_US
    assert delays.min() > 0
    assert 4 < np.median(delays) < 200
    assert delays.max() > 24 * 7
    victims = fraud & settled & (whole.words("label.role") == "victim")
    assert 0.4 < reported[victims].mean() < 0.85


def test_reports_are_events_in_order_of_time() -> None:
    """One for each payment that the history says was reported, as the language's event `report` reads them."""
    whole = made()
    times = [parse_instant(str(report["occurred_at"])) for report in whole.reports]
    assert times == sorted(times)
    ids = whole.words("id")[whole.yes("label.reported")]
    assert sorted(str(report["payment_id"]) for report in whole.reports) == sorted(ids)
    assert len({report["id"] for report in whole.reports}) == len(whole.reports)
    schema = event_schema("report", "CNY")
    for report in whole.reports[:50]:
        for name in ("reporter", "payment_at", "loss", "authorised"):
            read_value(schema[f"report.{name}"], report[name])


def test_fraud_is_rare_in_every_setting() -> None:
    """Between one and five payments in a thousand, by the setting; look-alikes are several times as many."""
    for setting in SETTINGS:
        whole = elsewhere(setting)
        fraud = whole.yes("label.fraud").mean()
        assert 0.001 < fraud < 0.006
        assert whole.known("label.lookalike").mean() > 2 * fraud


def test_nothing_is_used_before_it_was_opened() -> None:
    whole = made()
    now = whole.integers("occurred_at")
    for side in ("payer", "payee"):
        assert (whole.integers(f"{side}.account.opened_at") <= now).all()
    shops = whole.known("payee.merchant.onboarded_at")
    assert (whole.integers("payee.merchant.onboarded_at")[shops] <= now[shops]).all()
