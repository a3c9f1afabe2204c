"""`balance`, `law` and `tune`: what the checker reads in them, each word of it, and that none changes a decision."""

from __future__ import annotations

from fractions import Fraction

import pytest

from riskrules.checker.ruleset import Checked, check_text
from riskrules.meaning import nodes as n
from riskrules.meaning.fingerprint import fingerprint
from riskrules.meaning.interpreter import decide
from riskrules.meaning.promises import PAYMENTS, Caught, Even, Expected, Never, Promises, Stopped, watched
from riskrules.schema.kinds import Kind
from riskrules.syntax.parse import parse

RULES = """
ruleset example version 2026.1
  currency CNY
  timezone Asia/Shanghai

param  large = 1_000 CNY until 2026-05-31, 2_000.50 CNY from 2026-06-01 tune from 500 CNY to 3_000 CNY
param  portion = 80% tune from 50% to 100%
param  fixed = 3
list   watched_only of account
window pair_90d = count by (payer.account, payee.account) over 90d
window paid_1d  = count by payer.account over 1d

rule above
  "Above the limit"
  when    amount > large
  and     amount > portion * amount
  and     paid_1d < fixed
  then    hold up to 24h
  responsible payer.account
"""
PROMISES = """
balance
  segment known_payee where pair_90d >= 1
  segment listed where payee.account in watched_only
  segment elderly where payer.party.age else 0 >= 60
  stopped <= 0.5% of payments
  stopped <= 13bps of elderly
  caught  >= 60% of fraud payments
  caught  >= 75% of fraud amount
  no segment stopped more than 2.5 times the average

law "more is never softer"
  action never falls as amount rises

law "an old pair is never treated worse"
  action never rises as pair_90d rises

law "listed"
  when payee.account in watched_only expect at least reject

law "small"
  when amount < 5 CNY expect at most warn

law "exactly"
  when amount = 5 CNY expect hold up to 24h
"""


def checked(text: str) -> Checked:
    found = check_text(text)
    assert not found.errors, found.errors
    return found


@pytest.fixture(scope="module")
def both() -> Checked:
    return checked(RULES + PROMISES)


def test_every_promise_is_read(both: Checked) -> None:
    """The shares are exact, the segments are those that were declared, in their order."""
    promises = both.promises
    assert [s.name for s in promises.segments] == ["known_payee", "listed", "elderly"]
    assert [type(p) for p in promises.balance] == [Stopped, Stopped, Caught, Caught, Even]
    everywhere, elderly, payments, amount, even = promises.balance
    assert isinstance(everywhere, Stopped) and (everywhere.of, everywhere.at_most) == (PAYMENTS, Fraction(1, 200))
    assert isinstance(elderly, Stopped) and (elderly.of, elderly.at_most) == ("elderly", Fraction(13, 10_000))
    assert isinstance(payments, Caught) and (payments.by_amount, payments.at_least) == (False, Fraction(3, 5))
    assert isinstance(amount, Caught) and (amount.by_amount, amount.at_least) == (True, Fraction(3, 4))
    assert isinstance(even, Even) and even.times == Fraction(5, 2)
    lines = both.source.text.split("\n")
    assert all(p.words.split()[0] in lines[p.line - 1] for p in (*promises.balance, *promises.segments, *promises.laws))


def test_every_law_is_read(both: Checked) -> None:
    """Which way it goes, and what is expected; a condition that is expected of is one that `watch` has."""
    more, pair, listed, small, exactly = (law.what for law in both.promises.laws)
    assert isinstance(more, Never) and (more.of.name, more.action, more.value) == ("amount", "falls", "rises")
    assert isinstance(pair, Never) and (pair.of.name, pair.action, pair.value) == ("pair_90d", "rises", "rises")
    assert both.promises.watch is not None
    rules = {r.name for r in both.promises.watch.rules}
    for law, how, act in (
        (listed, "at least", n.Act(n.REJECT)),
        (small, "at most", n.Act(n.WARN)),
        (exactly, "exactly", n.Act(n.HOLD, 86_400_000_000)),
    ):
        assert isinstance(law, Expected) and (law.how, law.act) == (how, act)
        assert law.rule in rules


MONEY = Kind("money", currency="CNY")
ALLOW, WARN, DAY, WEEK = n.Act(n.ALLOW), n.Act(n.WARN), n.Act(n.HOLD, 24), n.Act(n.HOLD, 168)


@pytest.mark.parametrize(
    ("action", "value", "softer_first", "harder_first"),
    [
        ("falls", "rises", False, True),
        ("rises", "falls", False, True),
        ("rises", "rises", True, False),
        ("falls", "falls", True, False),
    ],
)
def test_a_law_about_a_value_knows_its_breach(
    action: str, value: str, softer_first: bool, harder_first: bool
) -> None:
    """By level and by duration, in each of the four ways to write it; the same action never breaks it."""
    law = Never(n.Read("amount", MONEY), action, value)
    for soft, hard in ((ALLOW, WARN), (DAY, WEEK), (WEEK, n.Act(n.HOLD)), (n.Act(n.HOLD), n.Act(n.REJECT))):
        assert law.broken(soft, hard) is softer_first
        assert law.broken(hard, soft) is harder_first
        assert not law.broken(soft, soft)


def test_a_law_about_a_condition_knows_its_breach() -> None:
    """At least and at most go by the level; exactly goes by the duration too."""
    least, most = Expected("law 1", "at least", WARN), Expected("law 1", "at most", n.Act(n.HOLD))
    assert [least.broken(a) for a in (ALLOW, WARN, DAY)] == [True, False, False]
    assert [most.broken(a) for a in (WARN, DAY, n.Act(n.HOLD), n.Act(n.REJECT))] == [False, False, False, True]
    assert [Expected("law 1", "exactly", DAY).broken(a) for a in (DAY, WEEK, WARN)] == [False, True, True]


def test_promises_change_no_decision(both: Checked) -> None:
    """The meaning with promises is the meaning without: what only they read is no input of it."""
    alone = check_text(RULES)
    assert both.ruleset == alone.ruleset
    assert both.ruleset is not None and alone.ruleset is not None
    assert fingerprint(both.ruleset) == fingerprint(alone.ruleset)
    assert alone.promises == Promises()
    assert {"pair_90d", "payer.party.age"}.isdisjoint(i.name for i in both.ruleset.inputs)
    assert {i.name for i in both.promises.watch.inputs} >= {"pair_90d", "payer.party.age", "payee.account", "amount"}  # type: ignore[union-attr]  # there is one


def test_watched_decides_the_same_and_sees_more(both: Checked) -> None:
    """With the segments beside its rules a ruleset decides as it did, and says which segments a payment is in."""
    assert both.ruleset is not None and both.promises.watch is not None
    whole = watched(both.ruleset, both.promises.watch, "segment ")
    values: dict[str, n.Value | None] = {
        "amount": 300_000, "occurred_at": 0, "paid_1d": 0, "payer.account": "a", "payee.account": "b",
        "pair_90d": 1, "payer.party.age": None, "payer.account.institution": "X",
    }  # fmt: skip
    lists = {"watched_only": frozenset({"b"})}
    before, after = decide(both.ruleset, values, lists), decide(whole, values, lists)
    assert before.action == after.action == n.Act(n.HOLD, 86_400_000_000)
    assert set(after.fired) - set(before.fired) == {"segment known_payee", "segment listed", "segment law 3"}
    assert dict(whole.lists).keys() == {"watched_only"}


def test_params_say_what_may_be_tuned_and_where_they_stand(both: Checked) -> None:
    """The places are those of the literals, so that writing others there changes nothing else."""
    text = both.source.text
    found = {p.name: p for p in both.params}
    assert list(found) == ["large", "portion", "fixed"]
    assert [text[a:b] for a, b in found["large"].places] == ["1_000 CNY", "2_000.50 CNY"]
    assert [v.value for v in found["large"].values] == [100_000, 200_050]
    assert [text[a:b] for p in ("portion", "fixed") for a, b in found[p].places] == ["80%", "3"]
    assert [(c.value, c.digits) for c in found["large"].tune or ()] == [(50_000, 0), (300_000, 0)]
    assert [(c.value, c.digits) for c in found["portion"].tune or ()] == [(5, 1), (1, 0)]
    assert found["fixed"].tune is None


def test_even_needs_a_segment() -> None:
    """Without one the promise could not be broken."""
    found = check_text(RULES + "\nbalance\n  no segment stopped more than 5 times the average\n")
    assert [(d.code, d.message) for d in found.errors] == [
        ("unknown-name", "there is no segment that could be compared with the average")
    ]


@pytest.mark.parametrize("level", n.LEVELS[1:])
@pytest.mark.parametrize("how", ["at least", "at most"])
def test_every_level_may_be_expected(how: str, level: str) -> None:
    """A level has no duration, not even that of a delay."""
    found = checked(RULES + f'\nlaw "x"\n  when amount > 5 CNY expect {how} {level}\n')
    what = found.promises.laws[0].what
    assert isinstance(what, Expected)
    assert (what.how, what.act) == (how, n.Act(n.LEVELS.index(level)))


def test_a_level_that_is_expected_is_checked() -> None:
    """`at least` takes a level, and what is no level is refused by the parser, with its place."""
    found = check_text(RULES + '\nlaw "x"\n  when amount > 5 CNY expect at least delay 3h\n')
    assert found.errors and parse(found.source).diagnostics
