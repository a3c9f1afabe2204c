"""What the windows of a ruleset mean: exact averages, how a payment ended, reports, sums without complaints."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from riskrules.base.diagnostics import render
from riskrules.checker.ruleset import check_bytes, check_text
from riskrules.meaning import averages
from riskrules.meaning import nodes as n
from riskrules.meaning.codec import node_from_json, to_json
from riskrules.meaning.interpreter import decide, holds
from riskrules.meaning.lowering import MOST_BITS, bounds_of
from riskrules.meaning.walk import found_in, reads_in
from riskrules.schema import kinds as k

GOOD = Path(__file__).parent / "check" / "good"
HEAD = "ruleset x version 2026.1\n  currency CNY\n"
MEAN = HEAD + "window mean = average amount by payer.account over 7d\n"


def page(name: str) -> n.Ruleset:
    return check_bytes(name, (GOOD / f"{name}.risk").read_bytes()).or_raise()


def rule(condition: str, head: str = MEAN, effect: str = "then warn") -> n.Ruleset:
    return check_text(f'{head}rule r\n  "r"\n  when {condition}\n  {effect}\n').or_raise()


def codes(condition: str, head: str) -> set[str]:
    return {d.code for d in check_text(f'{head}rule r\n  "r"\n  when {condition}\n  then warn\n').diagnostics}


# -- averages ----------------------------------------------------------------------------------
def test_an_average_is_read_as_its_parts() -> None:
    """A ruleset asks for the sum and the count of an average, for its own key and for another, and for nothing else."""
    ruleset = rule("mean else 0 CNY > 5 CNY and mean of payee.account is known")
    windows = {i.name: i.kind.name for i in ruleset.inputs if i.origin == "window"}
    assert windows == {
        "mean.sum": "money",
        "mean.count": "count",
        "mean.sum of payee.account": "money",
        "mean.count of payee.account": "count",
    }
    read = averages.averages_of(ruleset)
    assert set(read) == {"mean", "mean of payee.account"}
    assert {averages.name_of(x) for x in windows} == set(read)
    assert {averages.window_of(x) for x in windows} == {"mean"} == {w.name for w in ruleset.windows}


@pytest.mark.parametrize("op", ["<", "<=", "=", "!=", ">=", ">"])
def test_a_comparison_with_an_average_is_exact(op: str) -> None:
    """It compares the fraction sum / count, for sums and counts as large as a store may answer."""
    ruleset = rule(f"mean is known and amount {op} mean")
    r = random.Random(op)
    for _ in range(300):
        count = r.choice((1, 2, 3, 7, 10**12, r.randint(1, 10**12)))
        amount = r.choice((0, 1, r.randint(0, 10**6), 10**15))
        total = r.choice((amount * count + r.choice((-1, 0, 1)), r.randint(-(10**18), 10**18)))
        values: dict[str, n.Value | None] = {"occurred_at": 0, "amount": amount, "mean.sum": total, "mean.count": count}
        mean = Fraction(total, count)
        expected = {
            "<": amount < mean, "<=": amount <= mean, "=": amount == mean,
            "!=": amount != mean, ">=": amount >= mean, ">": amount > mean,
        }[op]  # fmt: skip
        assert (decide(ruleset, values, {}).fired == ("r",)) is expected


@pytest.mark.parametrize(
    ("total", "count", "known"),
    [(700, 2, True), (0, 1, True), (0, 0, False), (None, 2, False), (700, None, False), (None, None, False)],
)
def test_an_average_of_nothing_is_missing(total: int | None, count: int | None, known: bool) -> None:
    """It is known where both parts are, and at least one payment was counted; else the author's own words decide."""
    values: dict[str, n.Value | None] = {"occurred_at": 0, "amount": 0, "mean.sum": total, "mean.count": count}
    assert bool(decide(rule("mean is known"), values, {}).fired) is known
    assert bool(decide(rule("mean is missing"), values, {}).fired) is not known
    assert bool(decide(rule("mean else -1 CNY = -1 CNY"), values, {}).fired) is not known


def test_an_average_needs_its_guard() -> None:
    """Read as it is, it may be missing; a guard or a default settles that, in a notice too."""
    assert codes("mean > 5 CNY", MEAN) == {"may-be-missing"}
    assert codes("mean is known and mean > 5 CNY", MEAN) == set()
    assert codes("mean else 5 CNY > 5 CNY", MEAN) == set()
    told = f'{MEAN}rule r\n  "r"\n  when amount > 5 CNY\n  then warn\n  tell payer "{{mean}}"\n'
    assert {d.code for d in check_text(told).errors} == {"may-be-missing"}


def test_an_average_fits_the_kernels() -> None:
    """Comparisons of one or two averages with amounts, shares and one another stay within what is computed exactly."""
    head = MEAN + "window other = average amount by payee.account over 7d\n"
    for text in (
        "amount > 3 * mean", "80% * amount >= mean", "mean > other", "amount - mean > 10 CNY", "mean < 5_000 CNY",
        "amount > mean + 500 CNY", "(mean / other) else 0% > 120%", "mean in (5 CNY, 7.25 CNY)",
    ):  # fmt: skip
        ruleset = rule(f"mean is known and other is known and {text}", head)
        inputs = {i.name: i for i in ruleset.inputs}
        for compare in found_in(ruleset.rules, n.Compare):
            assert bounds_of(compare, inputs) <= MOST_BITS


def test_an_average_that_is_given() -> None:
    """A test or a host gives an average as one value, which becomes a sum and a count of exactly that average."""
    first, second, third = page("averages").tests
    assert dict(first.given) == {"mean_7d.sum": 3550, "mean_7d.count": 1, "sent_7d": 6_000_000, "amount": 70_000}
    assert dict(second.given)["items_7d.sum"] == 12 and dict(second.given)["items_7d.count"] == 5
    assert dict(third.given)["mean_7d.count"] == 0 and dict(third.given)["items_7d.sum"] == 0
    r = random.Random(1)
    for of in (k.Kind("money", currency="CNY"), k.COUNT, k.NUMBER, k.RATIO, k.DURATION):
        read = averages.average("mean of payee.account", of)
        for held in (0, 1, -1, 25, r.randint(0, 10**15)):
            given = averages.inputs_of(read, held)
            assert averages.exact_of(read, given) == held
            assert isinstance(given["mean.count of payee.account"], int)
        assert averages.exact_of(read, averages.inputs_of(read, None)) is None


def test_an_average_is_rounded_for_people_alone() -> None:
    """A text shows the nearest minor unit, hundredth or second, the even one of two; nothing else rounds."""
    money = averages.average("mean", k.Kind("money", currency="CNY"))
    shown = {(1, 2): 0, (3, 2): 2, (5, 2): 2, (-1, 2): 0, (-3, 2): -2, (7, 3): 2, (8, 3): 3, (10**18, 1): 10**18}
    for (total, count), held in shown.items():
        assert averages.rounded(money, {"mean.sum": total, "mean.count": count}) == held
    pieces = averages.average("mean", k.COUNT)
    assert pieces.kind == k.NUMBER
    assert averages.rounded(pieces, {"mean.sum": 7, "mean.count": 3}) == 2_330_000_000
    lasting = averages.average("mean", k.DURATION)
    assert averages.rounded(lasting, {"mean.sum": 10 * k.SECOND, "mean.count": 4}) == 2 * k.SECOND
    assert averages.rounded(money, {"mean.sum": 5, "mean.count": 0}) is None


def test_averages_are_kept_in_a_notice_and_in_a_saved_meaning() -> None:
    ruleset = page("averages")
    assert node_from_json(n.Ruleset, to_json(ruleset)) == ruleset
    (notice,) = (x for r in ruleset.rules for x in r.notices)
    assert [p.name for p in notice.texts[0][1] if isinstance(p, n.Average)] == ["mean_7d"]


# -- how a payment ended -----------------------------------------------------------------------
@pytest.mark.parametrize("status", ["initiated", "settled", "failed", "cancelled", None])
def test_a_payment_without_a_status_counts_as_settled(status: str | None) -> None:
    windows = {w.name: w.where for w in page("status_and_reports").windows}
    ended = status or "settled"
    for name, among in (("failed_1h", {"failed"}), ("others_7d", {"initiated", "failed", "cancelled"})):
        where = windows[name]
        assert where is not None
        assert holds(where, {"status": status}, {}) is (ended in among)


def test_status_is_of_no_use_to_what_decides() -> None:
    """Read in a `let` that only a `where` uses it is fine, and no input of the ruleset."""
    assert "status" not in {i.name for i in page("status_and_reports").inputs}
    let = HEAD + "let bad when status = failed\nwindow w = count by payer.account over 1h where bad\n"
    assert codes("w > 3", let) == set()
    assert codes("w > 3 and bad", let) == {"known-afterwards"}
    assert codes("w > 3 and worse", let + "let worse when bad\n") == {"known-afterwards"}


# -- reports -----------------------------------------------------------------------------------
def test_a_report_without_what_the_where_reads_is_not_counted() -> None:
    """A payment always carries its amount and a report may not; what is negated counts no report that lacks it."""
    (window,) = (w for w in page("status_and_reports").windows if w.name == "lost")
    assert window.event == "report" and window.where is not None
    assert {r.name for r in reads_in(window.where)} == {"channel", "amount"}
    assert holds(window.where, {"channel": "pos", "amount": 500}, {})
    assert not holds(window.where, {"channel": None, "amount": 500}, {})
    assert not holds(window.where, {"channel": "pos", "amount": None}, {})
    assert not holds(window.where, {"channel": "atm", "amount": 500}, {})


def test_what_a_report_always_has_needs_no_guard() -> None:
    """Its id, its time and what follows from that, and the window's own keys."""
    text = (
        "window w = count on report by payee.account over 30d "
        'where payee.account != "a" and hour > 5 and occurred_at > 2026-01-01\n'
    )
    (window,) = rule("w > 3", HEAD + text).windows
    assert window.where is not None and not found_in(window.where, n.Known)


# -- sums --------------------------------------------------------------------------------------
def test_sums_are_compared_without_complaint() -> None:
    """Sums of any size that a store answers are added, scaled and compared without leaving what is computed."""
    head = HEAD + (
        "window received_1h = sum amount by payee.account over 1h\n"
        "window sent_1d = sum amount by payer.account over 24h\n"
        "window shares = sum payment.risk_score by payer.account over 24h\n"
    )
    for text in (
        "received_1h > 50_000 CNY", "amount >= 80% * received_1h of payer.account", "received_1h + amount > 5 CNY",
        "33.3333% * (sent_1d + amount) > received_1h", "(received_1h / sent_1d) else 0% > 120%",
        "sent_1d - received_1h < amount * 12", "shares > 250%", "none of (received_1h > 5 CNY, sent_1d > 5 CNY)",
    ):  # fmt: skip
        found = check_text(f'{head}rule r\n  "r"\n  when {text}\n  then warn\n')
        assert [render(d) for d in found.errors] == []
        (inputs, rules) = ({i.name: i for i in found.or_raise().inputs}, found.or_raise().rules)
        assert all((i.lowest, i.highest) == (-(10**18), 10**18) for i in inputs.values() if i.origin == "window")
        assert all(bounds_of(c, inputs) <= MOST_BITS for c in found_in(rules, n.Compare))


def test_a_window_by_an_optional_key_needs_the_key() -> None:
    """`none of` around it is no guard: the key must be known beside it, or the window have a default."""
    head = HEAD + "window w = count by payee.merchant over 24h\n"
    assert codes("none of (w >= 1, amount > 5 CNY)", head) == {"may-be-missing"}
    assert codes("payee.merchant is known and none of (w >= 1, amount > 5 CNY)", head) == set()
    assert codes("none of (payee.merchant is missing, w >= 1)", head) == set()
    assert codes("none of (w else 0 >= 1, amount > 5 CNY)", head) == set()
