"""`explain`: why a payment is decided so, in a form to read, and what a code means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from riskrules.cli.pages import codes, find_page

from .samples import PAYMENT, written

Call = Callable[..., Result]

HELD = """\
hold up to 24h, until 2026-06-16T04:00:00Z  (small 2026.1)

large_amount fired: hold up to 24h
  A large amount
  yes  amount > 5_000 CNY                                   amount is 6_000.00 CNY
  responsible  payer.account (…1111): BANK-A, account-servicing bank
  appeal       Call 95588.
  tells payer  Your 6_000.00 CNY waits.
"""


@pytest.fixture
def payment(tmp_path: Path) -> str:
    return written(tmp_path / "payment.json", PAYMENT)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_the_reasons_of_a_decision(call: Call, rules: str, payment: str, lists: str) -> None:
    """Each condition with its value, whose duty it is, and what people are told; at most 100 columns."""
    result = call("explain", rules, payment, "--lists", lists)
    assert result.exit_code == 0
    assert lines(result.stdout) == lines(HELD)
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_rule_that_did_not_fire_is_explained_when_asked_for(call: Call, rules: str, payment: str, lists: str) -> None:
    """With the condition that did not hold."""
    result = call("explain", rules, payment, "--lists", lists, "--rule", "listed_payee")
    assert "listed_payee did not fire" in result.stdout
    assert ["no", "payee.account", "in", "bad_accounts", "payee.account", "is", "…2222"] in lines(result.stdout)
    unknown = call("explain", rules, payment, "--rule", "listed_paye")
    assert unknown.exit_code == 2
    assert unknown.stderr == "error: the ruleset has no rule `listed_paye`; did you mean `listed_payee`?\n"


def test_json_has_the_decision_and_its_reasons(call: Call, rules: str, payment: str) -> None:
    """One document."""
    said = json.loads(call("explain", rules, payment, "--json").stdout)
    assert (said["action"], said["fired"]) == ("hold", ["large_amount"])
    assert said["why"]["rules"][0]["conditions"][0]["held"] is True


def test_a_payment_comes_through_a_pipe(call: Call, rules: str) -> None:
    """`-` is standard input; lists that are not given are said on standard error."""
    result = call("explain", rules, "-", given=PAYMENT)
    assert result.stdout.startswith("hold up to 24h")
    assert result.stderr == "list `bad_accounts` not given, so it counts as empty\n"


@pytest.mark.parametrize(
    ("text", "sentence", "code"),
    [
        ('{"id": "P1",\n "amount" 5}', "line 2, column 11", 2),
        ("", "line 1, column 1", 2),
        ("[]", "no JSON object", 2),
        ('{"id": NaN}', "NaN is no JSON number", 2),
        ('{"id": "a", "id": "b"}', "`id` is given twice", 2),
        (b'{"id": "\xff"}', "not UTF-8", 2),
        ("[" * 100_000, "nested too deep", 2),
        (PAYMENT.replace('"6000.00"', '"6000.005"'), "at amount: more decimals than fit", 1),
        (PAYMENT.replace('"6000.00"', "1e400"), "at amount: ", 1),
        (PAYMENT.replace('"amount": "6000.00", ', ""), "at amount: ", 1),
    ],
    ids=["comma", "empty", "list", "NaN", "twice", "bytes", "deep", "decimals", "huge", "missing"],
)
def test_a_payment_that_is_none(
    call: Call, rules: str, tmp_path: Path, text: str | bytes, sentence: str, code: int
) -> None:
    """JSON that cannot be read is told with its place (2); a payment that does not fit with its field (1)."""
    result = call("explain", rules, written(tmp_path / "p.json", text))
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in result.stderr


def test_every_code_has_its_page(call: Call) -> None:
    """The page as it is; for a code that has none, those that are spelled alike."""
    assert "no-or" in codes()
    result = call("explain", "no-or")
    assert (result.exit_code, result.stdout) == (0, find_page("no-or").rstrip("\n") + "\n")
    assert json.loads(call("explain", "--json", "no-or").stdout) == {"code": "no-or", "page": find_page("no-or")}
    assert call("explain", "../pages/no-or").exit_code == 2


WINDOW = "window paid_1d = count by payee.account over 24h\n"


def test_windows_are_given_by_hand(call: Call, rules: str, payment: str, lists: str, tmp_path: Path) -> None:
    """One payment has no history, so a window is asked for, unread without an answer, and used with one."""
    text = Path(rules).read_text(encoding="utf-8").replace("rule large_amount", f"{WINDOW}\nrule large_amount")
    text = text.replace("amount > 5_000 CNY\n", "amount > 5_000 CNY\n  and     paid_1d < 3\n", 1)
    windowed = written(tmp_path / "w.risk", text)
    unread = call("explain", windowed, payment, "--lists", lists, "--rule", "large_amount")
    assert "?    paid_1d < 3" in unread.stdout.replace("?  paid", "?    paid")
    assert "--window NAME=VALUE" in unread.stderr
    given = call("explain", windowed, payment, "--lists", lists, "--window", "paid_1d=2")
    assert "large_amount fired" in given.stdout
    assert "--window" not in given.stderr
    assert "large_amount" not in call("explain", windowed, payment, "--lists", lists, "--window", "paid_1d=3").stdout
    for wrong, said in (
        ("paid_1d", "gives no window its value"), ("paid_2d=1", "did you mean `paid_1d`?"), ("paid_1d=x", "at paid_1d")
    ):  # fmt: skip
        refused = call("explain", windowed, payment, "--lists", lists, "--window", wrong)
        assert refused.exit_code in (1, 2)
        assert said in refused.stderr


CLAIMS = """\
ruleset bearing version 2026.1
  currency GBP

liability scam on claim
  "Both banks pay back half"
  when    claim.authorised
  share   50% payer.account
  share   rest payee.account
"""
CLAIM = """\
{"id": "C-1", "occurred_at": "2026-06-15T10:00:00Z", "loss": "10.01", "authorised": true, "victim": {"id": "V"},
 "payer": {"account": {"id": "1", "institution": "BANK-A"}}, "payee": {"account": {"id": "2", "institution": "BANK-B"}}}
"""


def test_a_claim_is_explained_by_a_ruleset_of_claims(call: Call, rules: str, tmp_path: Path) -> None:
    """What the file is about need not be said; an event that it does not decide is refused."""
    bearing, claim = written(tmp_path / "b.risk", CLAIMS), written(tmp_path / "claim.json", CLAIM)
    assert "payer.account bears 5.01" in call("explain", bearing, claim).stdout
    assert "payer.account bears 5.01" in call("explain", bearing, claim, "--event", "claim").stdout
    refused = call("explain", rules, claim, "--event", "claim")
    assert refused.exit_code == 2
    assert "decides payment, not 'claim'" in refused.stderr
