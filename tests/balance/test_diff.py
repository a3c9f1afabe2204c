"""What changed between two versions is told in the analyst's words, wholly, and nothing that did not."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main

OLD = """\
ruleset compared version 2026.1
  title    "Compared"
  currency EUR
  timezone Europe/Brussels
  in force from 2026-01-01
  appeal   "Call."

source LAW "A law"

field payment.lot count, from 0 to 9_999 "drawn"

param large = 500.00 EUR until 2026-02-28, 400.00 EUR from 2026-03-01
param ratio = 80% tune from 50% to 90%

list  known of account

window sent_1d = sum amount by payer.account over 24h
window paid_7d = count by payee.account over 7d where channel = mobile

let often when
  paid_7d >= 3
  and payment.lot < 100

rule by_amount
  "Large"
  cites LAW "1"
  when amount > large
  and  sent_1d > 1_000.00 EUR
  and  amount >= ratio * sent_1d
  unless payee.account in known
  then hold up to 24h
  responsible payer.account within 24h
  tell payer "Your {amount} waits."

rule by_window
  "Often"
  when often
  and  channel in (mobile, online)
  score 40
  responsible payer.account

rule leaving
  "Leaves"
  when amount > 9_000.00 EUR
  then verify
  responsible payer.account

exempt small
  "Small"
  when amount <= 10.00 EUR
  lifts all below hold

bands
  score >= 40 then hold

balance
  segment elderly where payer.party.age else 0 >= 60
  stopped <= 0.1% of elderly

law "more money is never treated more softly"
  action never falls as amount rises
"""

CHANGES = {
    "a threshold": (
        ("sent_1d > 1_000.00 EUR", "sent_1d > 800.00 EUR"),
        {"rule `by_amount` changed": ["`sent_1d > 1_000.00 EUR` became `sent_1d > 800.00 EUR`"]},
    ),
    "a param, and where it is read": (
        ("ratio = 80%", "ratio = 70%"),
        {
            "param `ratio` changed": ["80% → 70%"],
            "rule `by_amount` changed": ["in `amount >= ratio * sent_1d`: 80% → 70%"],
        },
    ),
    "a date": (
        ("until 2026-02-28, 400.00 EUR from 2026-03-01", "until 2026-03-31, 400.00 EUR from 2026-04-01"),
        {
            "param `large` changed": [
                "500.00 EUR until 2026-02-28, 400.00 EUR from 2026-03-01 → "
                "500.00 EUR until 2026-03-31, 400.00 EUR from 2026-04-01"
            ],
            "rule `by_amount` changed": [
                "in `amount > large`: 500.00 EUR until 2026-02-28, 400.00 EUR from 2026-03-01 → "
                "500.00 EUR until 2026-03-31, 400.00 EUR from 2026-04-01"
            ],
        },
    ),
    "what may be tuned": (
        ("tune from 50% to 90%", "tune from 40% to 90%"),
        {"param `ratio` changed": ["tune from 50% to 90% → from 40% to 90%"]},
    ),
    "inside a let": (
        ("payment.lot < 100", "payment.lot < 200"),
        {"rule `by_window` changed": ["`payment.lot < 100` became `payment.lot < 200`"]},
    ),
    "one condition more": (
        ("  and  sent_1d > 1_000.00 EUR\n", "  and  sent_1d > 1_000.00 EUR\n  and  payment.lot > 5\n"),
        {"rule `by_amount` changed": ["now asks for `payment.lot > 5`"]},
    ),
    "one condition less": (
        ("  and  channel in (mobile, online)\n", ""),
        {"rule `by_window` changed": ["no longer asks for `channel in (mobile, online)`"]},
    ),
    "one of those in a list of words": (
        ("channel in (mobile, online)", "channel in (mobile, atm)"),
        {"rule `by_window` changed": ["`channel in (mobile, online)` became `channel in (mobile, atm)`"]},
    ),
    "an action": (
        ("then hold up to 24h", "then delay 2h"),
        {"rule `by_amount` changed": ["then: hold up to 24h → delay 2h"]},
    ),
    "a score": (("  score 40\n", "  score 50\n"), {"rule `by_window` changed": ["score: 40 → 50"]}),
    "a deadline": (
        ("within 24h", "within 2h"),
        {"rule `by_amount` changed": ["responsible payer.account: within 24h → within 2h"]},
    ),
    "a notice": (
        ("Your {amount} waits.", "Please wait."),
        {"rule `by_amount` changed": ['tell payer in en: "Your {amount} waits." → "Please wait."']},
    ),
    "a citation": (
        ('cites LAW "1"', 'cites LAW "2"'),
        {"rule `by_amount` changed": ['no longer `cites LAW "1"`', 'now `cites LAW "2"`']},
    ),
    "a list that nobody reads": (("list  known of account", "list  known of account\nlist  more of text"), {}),
    "a window": (
        ("by payee.account over 7d", "by payee.account over 14d"),
        {
            "window `paid_7d` changed": [
                "count by payee.account over 7d where channel = mobile → "
                "count by payee.account over 14d where channel = mobile"
            ]
        },
    ),
    "an exempt": (
        ("lifts all below hold", "lifts by_amount"),
        {"exempt `small` changed": ["lifts all below hold → by_amount"]},
    ),
    "a band": (
        ("score >= 40 then hold\n", "score >= 35 then hold\n"),
        {"bands changed": ["no longer `score >= 40 then hold`", "now `score >= 35 then hold`"]},
    ),
    "a rule's name": (("rule leaving", "rule left"), {"rule `leaving` renamed": ["its name is now `left`"]}),
    "in force": (
        ("in force from 2026-01-01", "in force from 2026-06-01 until 2026-12-31"),
        {"ruleset changed": ["in force from 2026-01-01 → in force from 2026-06-01 until 2026-12-31"]},
    ),
}


@pytest.fixture(scope="module")
def old() -> rr.Rules:
    return rr.loads(OLD)


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_told_and_nothing_else(
    old: rr.Rules, change: tuple[str, str], said: dict[str, list[str]]
) -> None:
    """Each kind of change by itself: the whole answer is what is expected."""
    assert change[0] in OLD
    new = rr.loads(OLD.replace(*change))
    found = rr.differences(old, new)
    assert {str(x): list(x.lines) for x in found.items} == said
    assert found.same is change[0].startswith(("tune", "list"))


def test_no_difference_is_one_fingerprint(old: rr.Rules) -> None:
    """Comments, layout, order and names of `let`s are no difference; another version of the same meaning says so."""
    blocks = OLD.split("\n\n")
    moved = "\n\n".join([*blocks[:-4], blocks[-3], blocks[-4], *blocks[-2:]])
    other = moved.replace("often", "very_often").replace("title ", "title    ") + "\n# the end\n"
    found = rr.differences(old, rr.loads(other))
    assert found.items == ()
    assert found.same
    later = rr.differences(old, rr.loads(OLD.replace("2026.1\n", "2026.2\n")))
    assert later.same
    assert [(str(x), x.lines) for x in later.items] == [("ruleset changed", ("version: 2026.1 → 2026.2",))]


def test_a_promise_that_was_loosened_is_told_though_no_decision_changes(old: rr.Rules) -> None:
    """The fingerprint is the same, and the segment, the promise and the law are told all the same."""
    text = OLD.replace("<= 0.1%", "<= 0.3%").replace(">= 60", ">= 70").replace("never falls", "never rises")
    found = rr.differences(old, rr.loads(text))
    assert found.same
    assert [(str(x), x.lines[0]) for x in found.items] == [
        ("segment `elderly` changed",
         "segment elderly where payer.party.age else 0 >= 60 → segment elderly where payer.party.age else 0 >= 70"),
        ("promise `stopped of elderly` changed", "stopped <= 0.1% of elderly → stopped <= 0.3% of elderly"),
        ("law `more money is never treated more softly` changed", found.items[2].lines[0]),
    ]  # fmt: skip
    assert "never rises" in found.items[2].lines[0]


def test_rules_that_come_and_go_are_told_whole(old: rr.Rules) -> None:
    """With what they ask for and what they do."""
    gone = rr.loads(OLD.replace(OLD[OLD.index("rule leaving") : OLD.index("exempt small")], ""))
    (found,) = rr.differences(old, gone).items
    assert str(found) == "rule `leaving` removed"
    assert found.lines == ('"Leaves"', "when amount > 9_000.00 EUR", "then verify")
    (found,) = rr.differences(gone, old).items
    assert str(found) == "rule `leaving` added"


def test_the_command_says_same_meaning_and_ends_accordingly(tmp_path_factory: pytest.TempPathFactory) -> None:
    """0 where nothing differs, 1 where anything does, 2 where it cannot be asked."""
    folder = tmp_path_factory.mktemp("diff")
    one, other = folder / "one.risk", folder / "other.risk"
    one.write_text(OLD)
    other.write_text(OLD.replace("score 40", "score 50"))
    same = CliRunner().invoke(main, ["diff", str(one), str(one)])
    assert same.exit_code == 0
    assert "same meaning: both have the fingerprint" in same.output
    differs = CliRunner().invoke(main, ["diff", str(one), str(other)])
    assert differs.exit_code == 1
    assert "rule `by_window` changed\n  score: 40 → 50" in differs.output
    refused = CliRunner().invoke(main, ["diff", str(one), str(other), "--label", "x"])
    assert refused.exit_code == 2
    assert "no HISTORY is given" in refused.output
