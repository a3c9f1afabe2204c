"""The figures of a backtest are those that anybody would count by hand from the decisions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from backtest_history import RULES, ByHand, Decided, history, without
from pyarrow import parquet

import riskrules as rr
from riskrules.balance.backtest import Backtest
from riskrules.balance.figures import Figures
from riskrules.meaning import nodes as n
from riskrules.schema.limits import HIGHEST_MONEY_MINOR

ZONE = ZoneInfo("Europe/Brussels")


@pytest.fixture(scope="module")
def rules() -> rr.Rules:
    return rr.loads(RULES)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return history()


@pytest.fixture(scope="module")
def decided(rules: rr.Rules, table: pa.Table) -> Decided:
    return Decided.of(rules, table)


@pytest.fixture(scope="module")
def found(rules: rr.Rules, table: pa.Table) -> Backtest:
    return rr.backtest(rules, table, label="is_fraud")


def same(figures: Figures, hand: ByHand) -> None:
    """Every count and every amount."""
    assert (figures.payments, figures.fraud.part, figures.stopped.part, figures.caught.part) == (
        hand.payments, hand.fraud, hand.stopped, hand.caught,
    )  # fmt: skip
    assert (figures.amount_minor, figures.fraud_minor) == (hand.amount, hand.fraud_amount)
    assert (figures.stopped_money.part, figures.caught_money.part) == (hand.stopped_amount, hand.caught_amount)
    assert figures.stopped_money.whole == hand.amount
    assert (figures.friction.part, figures.friction.whole) == (hand.stopped - hand.caught, hand.payments - hand.fraud)
    assert (figures.precision.part, figures.precision.whole) == (hand.caught, hand.stopped)
    assert figures.people == len(hand.people)
    assert (figures.people_per_fraud.count, figures.people_per_fraud.per) == (len(hand.people), hand.caught)


def test_the_history_has_something_of_everything(decided: Decided, found: Backtest) -> None:
    """What the other tests compare is not empty: every action, each rule but one, bands, exempts, fraud stopped or
    not."""
    assert {g.name for g in found.actions} == {"allow", "verify", "delay", "hold"}
    assert found.never_fired == ("never",)
    hand = decided.by_hand()
    assert 50 < hand.caught < hand.fraud - 50
    lifted = [r for r in decided.rows if r["was.amount"] > 900 and "by_amount" not in r["fired"]]
    assert lifted, "the exempt that names a rule lifts it somewhere"
    assert any(r.alone.payments < 0 for r in found.rules), "a rule that takes from the score keeps some from a stop"


def test_of_all_and_by_action_segment_and_month(decided: Decided, found: Backtest) -> None:
    """Counts, amounts and people are exact in every group, and months are those of the ruleset's own time zone."""
    same(found.all, decided.by_hand())
    whole = decided.by_hand()
    for group in found.actions:
        hand = decided.by_hand(lambda r, name=group.name: r["action"] == name)
        same(group.figures, hand)
        assert group.figures.caught.whole == whole.fraud, "an action's share is of all fraud"
    segments = {"small": lambda r: r["was.amount"] <= 100, "risky": lambda r: r["was.payment.risk"] >= 50}
    assert [g.name for g in found.segments] == list(segments)
    for group in found.segments:
        hand = decided.by_hand(segments[group.name])
        same(group.figures, hand)
        assert (group.figures.caught.whole, group.figures.caught_money.whole) == (hand.fraud, hand.fraud_amount)
    months = {month(row) for row in decided.rows}
    assert [g.name for g in found.months] == sorted(months)
    for group in found.months:
        same(group.figures, decided.by_hand(lambda r, name=group.name: month(r) == name))


def month(row: dict[str, Any]) -> str:
    return f"{row['was.occurred_at'].astimezone(ZONE):%Y-%m}"


def test_by_rule_and_what_hangs_on_it_alone(
    rules: rr.Rules, table: pa.Table, decided: Decided, found: Backtest
) -> None:
    """What a rule stops alone is what deciding the history again without it no longer stops: with scores above and
    below zero, bands, exempts that lift it by name and exempts that keep bands from acting."""
    for rule in found.rules:
        same(rule.figures, decided.by_hand(lambda r, name=rule.name: name in r["fired"]))
        assert rule.figures.caught.whole == found.all.fraud.part
        again = decided.alone(Decided.of(without(rules, rule.name), table))
        assert (rule.alone.honest, rule.alone.fraud) == (again["honest"], again["fraud"]), rule.name
        assert (rule.alone.honest_minor, rule.alone.fraud_minor) == (again["honest_minor"], again["fraud_minor"])
    assert sum(r.alone.payments != 0 for r in found.rules) >= 5


def test_only_the_span_is_measured_and_windows_see_what_came_before(
    rules: rr.Rules, table: pa.Table, decided: Decided
) -> None:
    """`since` and `until` choose payments and change no decision; a day is local, and `until` includes it."""
    begins, ends = datetime(2026, 2, 1, tzinfo=ZONE), datetime(2026, 2, 11, tzinfo=ZONE)
    part = rr.backtest(rules, table, label="is_fraud", since="2026-02-01", until="2026-02-10")
    inside = decided.by_hand(lambda r: begins <= r["was.occurred_at"] < ends)
    same(part.all, inside)
    assert part.decided == len(table)
    cut = table.filter(pa.array([begins <= t.as_py() < ends for t in table["occurred_at"]]))
    assert rr.backtest(rules, cut, label="is_fraud").all != part.all, "windows would begin empty"
    with pytest.raises(ValueError, match="nothing lies from 2026-02-10 until 2026-02-01"):
        rr.backtest(rules, table, label="is_fraud", since="2026-02-10", until="2026-02-01")
    with pytest.raises(rr.TableError, match="none of the 4_000 payments lies in the time"):
        rr.backtest(rules, table, label="is_fraud", since="2030-01-01")


def test_no_label_reaches_a_rule_or_a_window(rules: rr.Rules, table: pa.Table) -> None:
    """Other labels, other figures of fraud, the very same decisions; and a label that rules read is refused."""
    place, other_labels = table.column_names.index("is_fraud"), pa.array([1 - x.as_py() for x in table["is_fraud"]])
    turned = table.set_column(place, "is_fraud", other_labels)
    one, other = (rr.backtest(rules, t, label="is_fraud") for t in (table, turned))
    assert [(g.name, g.figures.payments, g.figures.amount_minor) for g in one.actions] == [
        (g.name, g.figures.payments, g.figures.amount_minor) for g in other.actions
    ]
    assert one.all.caught.part + other.all.caught.part == one.all.stopped.part
    with pytest.raises(rr.LabelError, match=r"the rules read it as `payment\.lot`"):
        rr.backtest(rules, table, label="payment.lot")


def test_tables_files_and_parts_of_tables_give_the_same(
    rules: rr.Rules, table: pa.Table, found: Backtest, tmp_path: Path
) -> None:
    """However the history comes, and in whatever pieces, every figure is the same to the last digit."""
    path = tmp_path / "history.parquet"
    parquet.write_table(table, path)
    pieces = [table.slice(i, 700) for i in range(0, len(table), 700)]
    from_file = rr.backtest(rules, path, label="is_fraud")
    from_pieces = rr.backtest(rules, iter(pieces), label="is_fraud")
    assert replace(from_file, history="a table") == found
    nobody: dict[str, Any] = {"stopped_honest": (), "missed_fraud": ()}  # rows are numbered in each table anew
    assert replace(from_pieces, **nobody) == replace(found, **nobody)


def test_the_curve_ends_in_what_scores_and_rules_could_stop(found: Backtest, decided: Decided) -> None:
    """Each point of a curve by score is what would be stopped from there on; what rules stop by themselves comes
    first."""
    assert found.curve_of == "score"
    direct = {r.name for r in found.rules if r.action in ("delay", "hold", "reject")}
    first = found.curve[0]
    hand = decided.by_hand(lambda r: bool(direct & set(r["fired"])))
    assert (first.name, first.honest, first.fraud, first.fraud_minor) == (
        "stopped by a rule", hand.payments - hand.fraud, hand.fraud, hand.fraud_amount,
    )  # fmt: skip
    for point in found.curve[1:]:
        least = int(point.name.removeprefix("score >= "))
        hand = decided.by_hand(lambda r, least=least: bool(direct & set(r["fired"])) or r["score"] >= least)
        assert (point.honest, point.fraud) == (hand.payments - hand.fraud, hand.fraud)


def test_the_curve_by_rules_adds_the_most_precise_first(rules: rr.Rules, table: pa.Table) -> None:
    """Without scores the points are unions of what rules fire on, in order of precision."""
    plain = rr.Rules(replace(rules.meaning, bands=(), rules=tuple(replace(r, score=None) for r in rules.meaning.rules)))
    found = rr.backtest(plain, table, label="is_fraud")
    assert found.curve_of == "rules"
    decided = Decided.of(plain, table)
    shares = {r.name: r.figures.fraud for r in found.rules if r.action in ("verify", "delay", "hold", "reject")}
    assert [p.name for p in found.curve] == sorted(shares, key=lambda x: -(shares[x].value or 0.0))
    names: set[str] = set()
    for point in found.curve:
        names.add(point.name)
        hand = decided.by_hand(lambda r: bool(names & set(r["fired"])))
        assert (point.honest, point.fraud, point.fraud_minor) == (
            hand.payments - hand.fraud, hand.fraud, hand.fraud_amount,
        )  # fmt: skip


def test_a_ruleset_that_is_not_yet_in_force(rules: rr.Rules, table: pa.Table, found: Backtest) -> None:
    """It stops nobody and the notes say why; as if it had been in force it gives the same figures."""
    later = rr.Rules(replace(rules.meaning, in_force=n.InForce(4_000_000_000_000_000)), promises=rules.promises)
    asleep = rr.backtest(later, table, label="is_fraud")
    assert asleep.all.stopped.part == 0
    assert any("lie outside the time in which the ruleset is in force" in note for note in asleep.notes)
    assert rr.backtest(later, table, label="is_fraud", as_if_in_force=True).all == found.all


def test_it_is_plain_values(found: Backtest) -> None:
    """`to_dict` is JSON as it stands, with amounts as whole numbers and every share with its interval."""
    told = json.loads(json.dumps(found.to_dict()))
    assert told["all"]["caught"] == {
        "part": found.all.caught.part, "whole": found.all.caught.whole, "low": found.all.caught.low,
        "high": found.all.caught.high, "value": found.all.caught.value,
    }  # fmt: skip
    assert isinstance(told["all"]["fraud_minor"], int)
    assert told["rules"][0]["alone"].keys() == {"honest", "honest_minor", "fraud", "fraud_minor"}
    assert hash(found.all) == hash(replace(found.all))


def test_money_beyond_64_bits_is_added_all_the_same(rules: rr.Rules) -> None:
    """Sums of the largest amounts are exact: nothing wraps, though all of them together leave 64 bits."""
    table = history(rows=10_000)
    amounts = pa.array([f"{HIGHEST_MONEY_MINOR // 100}.{HIGHEST_MONEY_MINOR % 100:02d}"] * len(table))
    found = rr.backtest(without_windows(rules), table.set_column(2, "amount", amounts), label="is_fraud")
    assert found.all.amount_minor == HIGHEST_MONEY_MINOR * len(table) > 2**63
    assert sum(g.figures.stopped_money.part for g in found.actions) == found.all.stopped_money.part


def without_windows(rules: rr.Rules) -> rr.Rules:
    """A sum of the largest amounts over a day would leave its bounds."""
    for name in ("by_window", "new_shop"):
        rules = without(rules, name)
    kept = tuple(i for i in rules.meaning.inputs if i.origin != "window")
    return rr.Rules(replace(rules.meaning, inputs=kept, windows=()))
