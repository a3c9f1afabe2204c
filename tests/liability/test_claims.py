"""Claims and orders through the engine and the command line: what a host gets, and what is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main

RULES = """ruleset app version 2026.1
  currency GBP
  timezone Europe/London
  calendar "GB-ENG"
  appeal   "Call your bank."

source PSR "Specific Requirement 1"
source MAS "Shared responsibility guidelines", unverified

param ceiling = 415_000 GBP until 2024-10-06, 85_000 GBP from 2024-10-07

window paid_1d = sum amount by payer.account over 24h

let large when claim.loss > 50_000 GBP

rule pays_much
  "Much in a day"
  when    paid_1d > 10_000 GBP
  then    warn

rule stop_order on order
  "The police order a stop, and all four particulars fit"
  when    order.kind = stop
  and     order.matches
  and     order.stops_before < 2
  then    hold
  measure stop order.account for 48h
  responsible order.account

  test "a third stop"
    given  order.stops_before = 2
    expect allow

rule large_claim on claim
  "Somebody looks at it"
  when    large
  and     payer.account is known
  then    hold
  responsible payer.account

liability app_scam on claim
  "Authorised push payment scams"
  cites   PSR "3.1", unverified
  when    claim.rail in (fps, chaps)
  and     claim.authorised
  unless  claim.on_us
  excess  up to 100 GBP where claim.victim.vulnerable = no
  cap     ceiling
  share   50% payer.account
  share   rest payee.account
  within  5 business days at most 35 business days

  test "at the excess"
    given  claim.loss = 100 GBP
    expect share 0 GBP payer.account, share 0 GBP payee.account, share 100 GBP claim.victim

  test "one penny beyond"
    given  claim.loss = 100.01 GBP
    expect share 0.01 GBP payer.account, share 0 GBP payee.account, share 100 GBP claim.victim

  test "vulnerable, one penny above the cap"
    given  claim.loss = 85_000.01 GBP, claim.victim.vulnerable = yes
    expect share 42_500 GBP payer.account, share 42_500 GBP payee.account, share 0.01 GBP claim.victim

liability phishing on claim
  "The first that missed its duty pays"
  cites   MAS "4"
  when    claim.authorised = no
  case    claim.missed_duty.financial_institution
    cites PSR "4.5"
    share 100% payer.account
  case    all of (claim.missed_duty.telco, claim.vector = sms)
    share 100% claim.telco
  otherwise
    share 100% claim.victim

  test "the operator"
    given  claim.authorised = no, claim.missed_duty.telco = yes, claim.vector = sms
    expect share 100 GBP claim.telco
"""


def claim(**changed: Any) -> dict[str, Any]:
    """An honest victim's, of 300.00."""
    return {
        "id": "C-1",
        "occurred_at": "2026-06-18T04:00:00Z",
        "loss": "300.00",
        "reported_at": "2026-06-18T04:00:00Z",
        "rail": "fps",
        "authorised": True,
        "on_us": False,
        "vector": "call",
        "missed_duty": {"financial_institution": False, "telco": False},
        "telco": "TELCO-1",
        "victim": {"id": "VICTIM-000123", "vulnerable": False},
        "payer": {"account": {"id": "GB-00-1111", "institution": "BANK-A"}},
        "payee": {"account": {"id": "GB-00-2222", "institution": "BANK-B"}},
        **changed,
    }


@pytest.fixture(scope="module")
def engine() -> rr.Engine:
    return rr.Engine(rr.loads(RULES))


def test_shares_are_typed_and_exact(engine: rr.Engine) -> None:
    """Each share names the party, the institution that pays, the amount as minor units and as a decimal, and why."""
    decision = engine.decide(claim(), event="claim")
    assert [(s.party, s.id, s.amount_minor, s.amount) for s in decision.shares] == [
        ("payer.account", "BANK-A", 10_000, Decimal("100.00")),
        ("payee.account", "BANK-B", 10_000, Decimal("100.00")),
        ("claim.victim", "VICTIM-000123", 10_000, Decimal("100.00")),
    ]
    assert [s.because for s in decision.shares] == ["50% of 200.00 GBP", "the rest of 200.00 GBP", "excess"]
    assert {s.rule for s in decision.shares} == {"app_scam"}
    (deadline,) = decision.deadlines
    assert deadline.due.isoformat() == "2026-06-25T23:00:00+00:00"
    assert deadline.calendar == "GB-ENG"


def test_a_citation_that_nobody_read_says_so(engine: rr.Engine) -> None:
    """In `why()` and in JSON; of one citation, or of all that name a source."""
    paid = engine.decide(claim(), event="claim")
    assert "PSR 3.1 (Specific Requirement 1), unverified" in str(paid.why())
    taken = engine.decide(claim(authorised=False), event="claim")
    assert "MAS 4 (Shared responsibility guidelines), unverified" in str(taken.why())
    assert [c["unverified"] for c in json.loads(taken.to_json())["citations"]] == [True]


def test_why_tells_the_case(engine: rr.Engine) -> None:
    """The conditions of the block and its cases up to the one taken; where none applies, why each does not."""
    decision = engine.decide(claim(authorised=False, vector="sms", missed_duty={"telco": True,
                             "financial_institution": False}), event="claim")  # fmt: skip
    text = str(decision.why())
    assert "no  claim.missed_duty.financial_institution" in text
    assert "yes claim.vector = sms" in text
    assert [s.because for s in decision.shares] == [
        "100% of 300.00 GBP: all of (claim.missed_duty.telco, claim.vector = sms)"
    ]
    nobody = engine.decide(claim(rail="card"), event="claim")
    assert [(s.party, s.because, s.rule) for s in nobody.shares] == [("claim.victim", "no block applies", None)]
    assert "app_scam does not apply" in str(nobody.why())


def test_a_case_has_citations_of_its_own(engine: rr.Engine) -> None:
    """They stand beside those of the block, where that case is taken and nowhere else."""
    missed = {"financial_institution": True, "telco": True}
    taken = engine.decide(claim(authorised=False, missed_duty=missed), event="claim")
    assert [(c.source, c.where) for c in taken.citations] == [("MAS", "4"), ("PSR", "4.5")]
    assert "cites        PSR 4.5" in str(taken.why())
    other = engine.decide(claim(authorised=False), event="claim")
    assert [(c.source, c.where) for c in other.citations] == [("MAS", "4")]


def test_an_excess_that_another_party_bears() -> None:
    """The victim gets it back, and the shares are of what is left; a party that is not there is refused."""
    head = 'ruleset x version 2026.1\n  currency GBP\nliability a on claim\n  "a"\n'
    shares = "  share 50% payer.account\n  share rest payee.account\n"
    rules = rr.loads(f"{head}  excess up to 100 GBP borne by payer.account\n{shares}")
    found = rr.Engine(rules).decide(claim(), event="claim").shares
    assert [(s.party, s.id, s.amount_minor, s.because) for s in found] == [
        ("payer.account", "BANK-A", 10_000, "50% of 200.00 GBP"),
        ("payee.account", "BANK-B", 10_000, "the rest of 200.00 GBP"),
        ("payer.account", "BANK-A", 10_000, "excess that the victim does not bear"),
    ]
    telco = rr.Engine(rr.loads(f"{head}  excess up to 100 GBP borne by claim.telco\n{shares}"))
    with pytest.raises(rr.PaymentError) as caught:
        telco.decide(claim(telco=None), event="claim")
    assert (caught.value.field, caught.value.kind) == ("telco", "missing")
    by_victim = rr.loads(f"{head}  excess up to 100 GBP borne by claim.victim\n{shares}")
    assert by_victim.fingerprint == rr.loads(f"{head}  excess up to 100 GBP\n{shares}").fingerprint


def test_tables_are_of_payments(engine: rr.Engine) -> None:
    """What is asked for many claims says how to do it; one rule on claims is a function of a claim."""
    with pytest.raises(ValueError, match=r"decide each claim by itself, with decide\(…, event='claim'\)"):
        engine.decide_many([], event="claim")
    large = engine.predicate("large_claim")
    assert (large(claim(loss="50000.01")), large(claim())) == (True, False)
    with pytest.raises(ValueError, match="tables are of payments"):
        large(pa.table({"id": ["C-1"]}))
    with pytest.raises(KeyError):
        engine.predicate("nobody")


def test_a_claim_as_a_model(engine: rr.Engine) -> None:
    """The model of another event's schema is decided as its mapping is, and refuses what a decision would."""
    model = rr.model_of(rr.event_schema("claim", "GBP"))
    assert engine.decide(model(**claim()), event="claim").shares == engine.decide(claim(), event="claim").shares
    with pytest.raises(ValueError, match="loss"):
        model(**claim(loss="-1"))


@pytest.mark.parametrize(
    ("ruleset", "event", "said"),
    [
        (
            "gb/app_reimbursement",
            "payment",
            "has no rule about payments; for a file of claims run `riskrules liability",
        ),
        ("gb/payment_delay", "claim", "`decide` is for payments; for a file of claims run `riskrules liability"),
        ("gb/payment_delay", "order", "`gb/payment_delay` decides payment, claim, and nothing about orders"),
    ],
)
def test_decide_says_which_command_decides_claims(ruleset: str, event: str, said: str) -> None:
    """Before it reads anything."""
    ran = CliRunner().invoke(main, ["decide", ruleset, "nowhere.csv", "--event", event])
    assert ran.exit_code == 2
    assert said in ran.output


def test_json_masks_the_victim(engine: rr.Engine) -> None:
    """An institution is named, a person is not."""
    told = json.loads(engine.decide(claim(), event="claim").to_json())
    assert [s["id"] for s in told["shares"]] == ["BANK-A", "BANK-B", "…0123"]
    assert told["deadlines"][0]["due"] == "2026-06-25T23:00:00Z"


def test_rules_about_other_events_decide(engine: rr.Engine) -> None:
    """A claim is held and an order stops; a payment is decided as ever and has no shares."""
    assert engine.decide(claim(loss="50000.01"), event="claim").act == "hold"
    order = {"id": "O-1", "occurred_at": "2026-06-18T04:00:00Z", "kind": "stop", "matches": True, "stops_before": 1,
             "account": {"id": "GB-00-2222", "institution": "BANK-B"}}  # fmt: skip
    stopped = engine.decide(order, event="order")
    assert [m.words for m in stopped.measures] == ["stop order.account for 48h"]
    assert stopped.responsible == ("order.account=BANK-B",)
    assert engine.decide({**order, "matches": False}, event="order").measures == ()
    with pytest.raises(ValueError, match="decides payment, claim, order, not 'return'"):
        engine.decide(order, event="return")


@pytest.mark.parametrize(
    ("changed", "field", "kind"),
    [
        ({"loss": None}, "loss", "missing"),
        ({"loss": "-5.00"}, "loss", "out-of-range"),
        ({"loss": "0"}, "loss", "out-of-range"),
        ({"loss": "1.001"}, "loss", "not-exact"),
        ({"loss": "1e400"}, "loss", "wrong-kind"),
        ({"loss": float("nan")}, "loss", "wrong-kind"),
        ({"currency": "EUR"}, "currency", "wrong-currency"),
        ({"payer": {"account": {"id": "GB-00-1111"}}}, "payer.account.institution", "missing"),
        ({"payee": {}}, "payee.account.institution", "missing"),
        ({"authorised": "perhaps"}, "authorised", "wrong-kind"),
        ({"reported_at": "2026-06-18"}, "reported_at", "wrong-kind"),
        ({"reported_at": "2180-06-18T00:00:00Z"}, "reported_at", "no-calendar"),
        ({"victim": "VICTIM"}, "victim", "wrong-kind"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(
    engine: rr.Engine, changed: dict[str, Any], field: str, kind: str
) -> None:
    """The field is named; nothing is guessed."""
    with pytest.raises(rr.PaymentError) as caught:
        engine.decide(claim(**changed), event="claim")
    assert (caught.value.field, caught.value.kind) == (field, kind)


def test_a_host_that_must_answer_gets_no_shares() -> None:
    """With `on_error` a claim that does not fit is held, degraded, and shared by nobody."""
    decision = rr.Engine(rr.loads(RULES), on_error="hold").decide(claim(loss="-1"), event="claim")
    assert decision.act == "hold"
    assert decision.shares == ()
    assert decision.degraded[0].startswith("the claim could not be read: at loss")


def test_two_blocks_for_one_claim_are_refused_by_name() -> None:
    """Which was meant is for their author to say."""
    text = RULES.replace("when    claim.authorised = no", "when    claim.vector = call")
    rules = rr.loads(text)
    assert [d.code for d in rules.warnings] == ["two-blocks"]
    with pytest.raises(rr.PaymentError, match="`app_scam` and `phishing` both say"):
        rr.Engine(rules).decide(claim(), event="claim")


def test_its_own_tests_pass_and_can_fail() -> None:
    """Inline tests of every event run; a wrong share is told with both amounts."""
    results = rr.run_tests(rr.loads(RULES))
    assert [r.failures for r in results] == [()] * 5
    wrong = rr.run_tests(rr.loads(RULES.replace("share 100 GBP claim.telco", "share 99 GBP claim.telco")))
    assert [f for r in wrong for f in r.failures] == ["expected share 99.00 GBP claim.telco, got 100.00 GBP"]


def test_a_saved_ruleset_has_all_of_its_events(tmp_path: Path, engine: rr.Engine) -> None:
    """Saved and loaded, it has the same fingerprint and shares a loss alike."""
    engine.rules.save(tmp_path / "app.bin")
    again = rr.Engine(rr.load(tmp_path / "app.bin"))
    assert again.rules.fingerprint == engine.rules.fingerprint
    assert again.decide(claim(), event="claim").shares == engine.decide(claim(), event="claim").shares


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_file_of_claims(tmp_path: Path, ending: str) -> None:
    """Every claim is shared, bad rows are told with their line, and the shares of the file sum to its losses."""
    (tmp_path / "app.risk").write_text(RULES, encoding="utf-8")
    claims = [claim(), claim(id="C-2", loss="12.01"), claim(id="<b>C-3", rail="card"), claim(id="C-4", loss="-1")]
    lines = "".join(json.dumps(c) + "\n" for c in claims)
    (tmp_path / "claims.jsonl").write_text(lines, encoding="utf-8")
    out, page = tmp_path / f"shares.{ending}", tmp_path / "page.html"
    names = [str(tmp_path / "app.risk"), str(tmp_path / "claims.jsonl")]
    ran = CliRunner().invoke(main, ["liability", *names, "--out", str(out), "--page", str(page), "--json"])
    assert ran.exit_code == 1, ran.output
    told = json.loads(ran.stdout)
    assert told["claims"] == 3
    assert told["loss_minor"] == 30_000 + 1_201 + 30_000 == sum(p["amount_minor"] for p in told["parties"])
    assert told["errors"][0]["number"] == 4
    assert out.stat().st_size > 100
    html = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;C-3" in html
    assert not any(x in html for x in ("<b>C-3", "http", "<script", "VICTIM-000123"))
    shown = CliRunner().invoke(main, ["liability", *names])
    assert "not decided" in shown.output
