"""Pages that mean something right: one a feature of the language, checked without an error, and what they mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskrules.base.diagnostics import render
from riskrules.checker.ruleset import check_bytes, check_text
from riskrules.meaning import nodes as n
from riskrules.meaning.interpreter import quantity
from riskrules.meaning.walk import found_in
from riskrules.schema import kinds as k

FOLDER = Path(__file__).parent / "check" / "good"
GOOD = sorted(FOLDER.glob("*.risk"))
HEAD = "ruleset x version 2026.1\n  currency CNY\n"


def meaning(page: str) -> n.Ruleset:
    return check_bytes(page, (FOLDER / f"{page}.risk").read_bytes()).or_raise()


def rule_of(text: str, head: str = HEAD) -> n.Rule:
    (rule,) = check_text(head + text).or_raise().rules
    return rule


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_there_are_pages() -> None:
    """An emptied folder is not a pass."""
    assert len(GOOD) >= 12


@pytest.mark.parametrize("page", GOOD, ids=lambda p: p.stem)
def test_good_page_checks(page: Path) -> None:
    """A page written as the language is meant has no error and, laws and balance apart, no warning."""
    checked = check_bytes(page.name, page.read_bytes())
    assert [render(d) for d in checked.diagnostics] == []
    assert checked.ruleset is not None


# -- what is read ------------------------------------------------------------------------------
def test_inputs_are_what_the_rules_read() -> None:
    """The inputs are the fields and windows of rules and exempts, the payment's time, and whom a rule names; what
    only a test or an unused name reads is none."""
    text = """
field payment.unread yes/no "nobody reads it"
window unread = count by payer.device over 1h
let nobody when channel = atm
rule r
  "r"
  when    amount > 5 CNY and payee.account.age < 90d
  then    verify
  responsible payee.account
  test "t"
    given  hour = 3
    expect allow
"""
    made = check_text(HEAD + text).or_raise()
    assert [(i.name, i.origin) for i in made.inputs] == [
        ("amount", "field"),
        ("occurred_at", "field"),
        ("payee.account", "field"),
        ("payee.account.age", "derived"),
        ("payee.account.institution", "field"),
    ]
    assert made.windows == () and made.lists == ()
    assert [f.name for f in made.fields] == ["payment.unread"]


def test_windows_are_inputs_by_key() -> None:
    """A window for another key is an input of its own; one that may be empty, or that may lack its key, is optional."""
    inputs = {i.name: i for i in meaning("windows").inputs}
    assert {"pair", "pair of (payee.account, payer.account)", "total of payer.account"} <= inputs.keys()
    assert not inputs["pair"].optional
    assert inputs["seen"].optional and "mean" not in inputs
    assert not inputs["mean.sum"].optional and inputs["mean.count"].kind == k.COUNT
    guarded = {i.name: i for i in meaning("guards").inputs}
    assert guarded["shops"].optional and guarded["shops"].origin == "window"


def test_windows_mean_what_they_say() -> None:
    windows = {w.name: w for w in meaning("windows").windows}
    assert windows["total"].span == k.HOUR and windows["total"].aggregate == "sum" and windows["total"].of == "amount"
    assert [windows[x].span for x in ("today", "this_month", "this_year")] == ["day", "month", "year"]
    assert windows["pair"].keys == ("payer.account", "payee.account")
    assert windows["reports"].event == "report" and windows["how_many"].event == "payment"
    assert isinstance(windows["total"].where, n.All) and windows["how_many"].where is None
    assert windows["seen"].aggregate == "since"


# -- what does not matter ----------------------------------------------------------------------
BLOCKS = [
    "param large = 5_000 CNY",
    "list involved of account",
    "window sent = sum amount by payer.account over 24h",
    "let busy when sent > large and payee.account in involved",
    "let very_busy when busy and amount > large",
    'rule a\n  "a"\n  when very_busy\n  then warn',
    'rule b\n  "b"\n  when none of (busy, channel = atm)\n  then warn',
]


def test_order_of_blocks_changes_nothing() -> None:
    """Nothing depends on where in a file a block stands."""
    assert check_text(HEAD + "\n".join(BLOCKS)).ruleset == check_text(HEAD + "\n".join(reversed(BLOCKS))).ruleset


def test_names_of_lets_change_nothing() -> None:
    """A `let` means its condition, whatever it is called, and the same as the condition written out."""
    plain = check_text(HEAD + "\n".join(BLOCKS)).ruleset
    assert plain == check_text(HEAD + "\n".join(BLOCKS).replace("busy", "sleepy")).ruleset
    lets = "let v = amount + 5 CNY\nlet c when v > 7 CNY\n"
    let = rule_of(lets + 'rule r\n  "r"\n  when c and channel = atm\n  then warn\n')
    written_out = rule_of('rule r\n  "r"\n  when amount + 5 CNY > 7 CNY and channel = atm\n  then warn\n')
    assert let == written_out


def test_comments_and_spacing_change_nothing() -> None:
    text = "\n".join(BLOCKS)
    spaced = text.replace(" when ", '  # a comment with `ticks`, "quotes\n  when\n\n   ').replace(" and ", "\n and ")
    assert check_text(HEAD + text).ruleset == check_text(HEAD + spaced).ruleset


def test_a_let_keeps_its_name_in_words() -> None:
    """An explanation shows the `let` by its name with its parts below, and one of a single comparison with it."""
    made = rule_of(
        "let two when amount > 5 CNY and channel = atm\nlet one when amount < 9 CNY\n"
        'rule r\n  "r"\n  when two and one and hour > 3 # late\n  then warn\n'
    )
    assert isinstance(made.when, n.All)
    two, one, plain = made.when.parts
    assert (two.words, one.words, plain.words) == ("two", "one: amount < 9 CNY", "hour > 3")
    assert isinstance(two, n.All) and [p.words for p in two.parts] == ["amount > 5 CNY", "channel = atm"]
    assert made.when.words == "two and one and hour > 3"


# -- values ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("literal", "currency", "minor"),
    [("50_000.00", "CNY", 5_000_000), ("50_000", "CNY", 5_000_000), ("0.07", "CNY", 7), ("0.1", "CNY", 10),
     ("5", "JPY", 5), ("1.234", "KWD", 1_234), ("1_000_000_000_000.29", "CNY", 100_000_000_000_029)],
)  # fmt: skip
def test_money_is_exact(literal: str, currency: str, minor: int) -> None:
    """An amount is the whole number of minor units that it says, of its currency."""
    head = f"ruleset x version 2026.1\n  currency {currency}\n"
    rule = rule_of(f'rule r\n  "r"\n  when amount > {literal} {currency}\n  then warn\n', head)
    assert isinstance(rule.when, n.Compare)
    assert rule.when.right == n.Const(minor, k.Kind("money", currency=currency))


@pytest.mark.parametrize(
    ("left", "literal", "value"),
    [("payment.risk_score else 0%", "80%", (8, 1)), ("payment.risk_score else 0%", "13bps", (13, 4)),
     ("payment.risk_score else 0%", "0.5%", (5, 3)), ("hour", "2.50", (25, 1)), ("hour", "20", (20, 0)),
     ("payee.account.age", "1500ms", (1_500_000, 0)), ("payee.account.age", "90d", (90 * k.DAY, 0))],
)  # fmt: skip
def test_numbers_are_exact(left: str, literal: str, value: tuple[int, int]) -> None:
    """A literal is a whole number and a count of decimal digits, none of them at its end nought."""
    rule = rule_of(f'rule r\n  "r"\n  when {left} > {literal}\n  then warn\n')
    assert isinstance(rule.when, n.Compare) and isinstance(rule.when.right, n.Const)
    assert (rule.when.right.value, rule.when.right.digits) == value


def test_dates_are_instants_of_the_zone() -> None:
    """A date begins at its local midnight, summer time or not, and `until` ends with the day that it names."""
    london = meaning("in_a_zone_with_summer_time")
    assert london.in_force == n.InForce(us("2026-03-29T00:00:00"), us("2026-10-26T00:00:00"))
    (rule,) = london.rules
    (dated,) = found_in(rule, n.Dated)
    assert [(v.from_us, v.until_us, v.value) for v in dated.values] == [
        (None, us("2026-03-31T23:00:00"), 10_000),
        (us("2026-03-31T23:00:00"), None, 20_000),
    ]
    assert us("2026-05-31T23:30:00") in [c.value for c in found_in(rule, n.Const)]


def test_params_of_three_values_cover_all_time() -> None:
    """Three values, written with `from` or with `until`, follow one another without a gap."""
    dated = {d.name: d for d in found_in(meaning("dated_params").rules, n.Dated)}
    for name, values in (("three", [100, 200, 300]), ("three_ends", [1, 2, 3])):
        spans = dated[name].values
        assert [s.value for s in spans] == values
        assert [s.from_us for s in spans] == [None, us("2025-12-31T16:00:00"), us("2026-06-30T16:00:00")]
        assert [s.until_us for s in spans] == [*(s.from_us for s in spans[1:]), None]
    (rule,) = meaning("dated_params").rules
    assert rule.in_force == n.InForce(us("2026-03-28T16:00:00"), us("2026-10-25T16:00:00"))


def test_a_division_keeps_its_own_default() -> None:
    """The default beside a division is the one that is used, however the division is named or nested."""
    inner = "((amount / 3) else 1 CNY)"
    rule = rule_of(f'let d = {inner}\nrule r\n  "r"\n  when d > 5 CNY\n  and amount + {inner} > 5 CNY\n  then warn\n')
    assert {q.default.value for q in found_in(rule, n.Quotient)} == {100}
    warned = check_text(HEAD + f'let d = {inner}\nrule r\n  "r"\n  when d else 7 CNY > 5 CNY\n  then warn\n')
    assert [d.code for d in warned.diagnostics] == ["never-missing"]
    assert {q.default.value for q in found_in(warned.or_raise(), n.Quotient)} == {100}


def test_bare_numbers_take_a_kind() -> None:
    """No part of a meaning is a number without a kind."""
    text = 'rule r\n  "r"\n  when hour + (1 + 2) * 3 > 1 + 2.5\n  and amount * (1 + 1) > 5 CNY\n  then warn\n'
    rule = rule_of(text)
    kinds = {x.kind.name for x in (*found_in(rule, n.Const), *found_in(rule, n.Arithmetic))}
    assert kinds == {"count", "number", "money"}
    compare = found_in(rule, n.Compare)[0]
    assert quantity(compare.left, {"hour": 2}) == 11


def test_params_are_written_out_in_notices() -> None:
    """A notice shows a param by its value, joined to the text around it; languages keep their order."""
    (effects,) = (r for r in meaning("effects").rules if r.name == "all_effects")
    first, second = effects.notices
    assert first.texts[0] == ("zh", ("这笔转账超过 5_000.00 CNY,请确认。",))
    language, parts = first.texts[1]
    assert language == "en" and [p if isinstance(p, str) else p.name for p in parts] == [
        "This payment of ", "amount", " is above 5_000.00 CNY.",
    ]  # fmt: skip
    assert second == n.Notice("payee", (("en", ("Please bring your papers",)),))


def test_effects_mean_what_they_say() -> None:
    made = meaning("effects")
    rules = {r.name: r for r in made.rules}
    effects = rules["all_effects"]
    assert effects.action == n.Act(n.HOLD, 24 * k.HOUR) and effects.score == 40
    assert rules["the_others"].action == n.Act(n.DELAY, 24 * k.HOUR) and rules["the_others"].score == -5
    limit = effects.measures[1]
    assert replace(limit, words="") == n.Measure(
        "limit", "payee.account", "non_counter", 500_000, n.Span(1, "days"), n.Span(6, "months")
    )
    assert [r.name for r in effects.responsible] == ["payer.account", "payee"]
    assert [o.path for o in effects.responsible[1].options] == ["payee.merchant", "payee.wallet", "payee.account"]
    exempts = {e.name: e for e in made.exempts}
    assert exempts["small"].lifts == ("rejects", "the_others") and exempts["own"].below == n.REJECT
    assert [b.at_least for b in made.bands] == [20, 40]


def test_inline_tests_are_in_held_units() -> None:
    first, second, third = meaning("inline_tests").tests
    given = dict(first.given)
    assert given["payers_1d of payer.account"] == 0 and given["seen"] is None
    assert given["payee.account.age"] == 10 * k.DAY and given["channel"] == "mobile"
    assert first.lists == (("involved", ("A-1", "A-2")),)
    assert [e.what for e in first.expect] == ["action", "measure", "responsible", "tell"]
    assert dict(second.given)["payee.account.opened_at"] == us("2026-06-14T02:00:00")
    assert (third.of, third.name) == ("known", "a merchant")


def test_choices_are_bare_or_in_quotes() -> None:
    """A bare choice and one in quotes mean the same, on either side and through a `let`."""
    same = [
        'rule r\n  "r"\n  when channel = mobile\n  then warn\n',
        'rule r\n  "r"\n  when channel = "mobile"\n  then warn\n',
        'let how = channel\nrule r\n  "r"\n  when how = mobile\n  then warn\n',
    ]
    assert len({rule_of(text) for text in same}) == 1


def test_a_field_again_keeps_what_it_does_not_say() -> None:
    """A field declared again as optional, or narrower, is the payment's own field otherwise."""
    fields = {f.name: f for f in meaning("fields_again").fields}
    assert fields["payer.device"].optional and fields["payer.device"].longest == 256
    assert (fields["amount"].lowest, fields["amount"].highest, fields["amount"].sample) == (1, 5_000_000, 10_000)
    inputs = {i.name: i for i in meaning("fields_again").inputs}
    assert inputs["payee.account.age"].optional and inputs["amount"].highest == 5_000_000
