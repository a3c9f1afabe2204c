"""What an investigator types: stop, orders, giveback, recall, each with help, sentences and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from riskrules.cli.main import main

Call = Callable[..., Result]
UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
PAYMENT = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2025-03-10T09:00:00-04:00</CreDtTm></GrpHdr><CdtTrfTxInf>
<PmtId><EndToEndId>E1</EndToEndId><UETR>{UETR}</UETR></PmtId><IntrBkSttlmAmt Ccy="USD">12.50</IntrBkSttlmAmt>
<InstgAgt><FinInstnId><BICFI>DEUTDEFF</BICFI></FinInstnId></InstgAgt>
<InstdAgt><FinInstnId><BICFI>BARCGB22</BICFI></FinInstnId></InstdAgt></CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"""
RETURN = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.10"><PmtRtr><GrpHdr><MsgId>M2</MsgId></GrpHdr>
<TxInf><OrgnlUETR>{UETR}</OrgnlUETR><RtrdIntrBkSttlmAmt Ccy="USD">AMOUNT</RtrdIntrBkSttlmAmt>
<RtrRsnInf><Rsn><Cd>FRAD</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr></Document>"""
HISTORY = """id,occurred_at,payer.account.id,payee.account.id,amount,payer.account.institution,payee.account.institution
p1,2026-06-15T04:00:00Z,VICTIM-000001,MULE-00000001,1000.00,BANK-A,BANK-B
p2,2026-06-15T04:10:00Z,MULE-00000001,MULE-00000002,600.00,BANK-B,BANK-C
"""
ORDER = {
    "id": "O1", "kind": "stop", "account": "MULE-00000001", "institution": "BANK-B", "issuer": "POLICE",
    "issuer_level": "county", "starts_at": "2026-06-15T05:00:00Z", "case": "C1", "account_name": "Zhang San",
    "transfer": "1000.00", "transfer_at": "2026-06-15T04:00:00Z",
}  # fmt: skip
AT = ("--at", "2026-06-15T05:00:00Z")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def put(name: str, content: object) -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


def test_every_command_says_what_it_takes_and_gives(call: Call) -> None:
    """Its help names its JSON; `recall write` gives a file instead."""
    for name in (("stop",), ("orders", "give"), ("orders", "show"), ("giveback",), ("recall", "read")):
        told = call(*name, "--help").output
        assert "With --json: " in told, name
        assert not re.search(r"[Tt]raceback|_minor_minor|None", told)
    assert "camt.056.001.08" in call("recall", "write", "--help").output


def test_stop_lists_accounts_with_numbers_masked_and_json_in_full(call: Call) -> None:
    """A screen is looked at by many, JSON goes to the institution."""
    put("h.csv", HISTORY)
    shown = call("stop", "h.csv", "--from", "p1", *AT)
    assert shown.exit_code == 0, shown.output
    assert "1_000.00 CNY can be kept in 2 accounts" in shown.output
    assert "MULE-00000001" not in shown.output
    told = json.loads(call("stop", "h.csv", "--from", "p1", *AT, "--json").output)
    assert {t["account"]: t["amount_minor"] for t in told["targets"]} == {
        "MULE-00000001": 40_000, "MULE-00000002": 60_000,
    }  # fmt: skip
    assert all(t["by_the_rules"]["until"] == "2026-06-17T05:00:00Z" for t in told["targets"])
    ended = json.loads(call("stop", "h.csv", "--from", "p1", *AT, "--outside", "MULE-*", "--json").output)
    assert ended["targets"] == [], "nothing is followed into an account that is outside, here by how its name begins"
    put("bare.csv", "\n".join(",".join(line.split(",")[:5]) for line in HISTORY.splitlines()) + "\n")
    bare = call("stop", "bare.csv", "--from", "p1", *AT)
    assert bare.exit_code == 0, bare.output
    assert "unknown" in bare.output


def test_orders_are_given_once_and_shown(call: Call) -> None:
    """Given twice in two runs: one stop; one that does not fit the books: exit code 1 and the reason."""
    lines = [
        {"order": ORDER, "books": {"holder": "zhang san", "transfers": [
            {"amount": "1000.00", "at": "2026-06-15T04:00:00Z"}]}},
        {"order": {**ORDER, "id": "O2"}, "books": {"holder": "Wang Wu", "transfers": []}},
        {"order": {**ORDER, "id": "O3", "kind": "freeze", "amount": "900.00"}, "traced": "400.00"},
    ]  # fmt: skip
    put("o.jsonl", "\n".join(json.dumps(x) for x in lines))
    told = call("orders", "give", "o.jsonl", "--book", "book", *AT, "--json")
    assert told.exit_code == 1, told.output
    first, second, third = [json.loads(line) for line in told.output.splitlines()]
    assert (first["result"], first["until"]) == ("carried out", "2026-06-17T05:00:00Z")
    assert second["result"] == "not carried out"
    assert any("another name" in reason for reason in second["because"])
    assert (third["held_minor"], third["left_free_minor"]) == (40_000, 50_000)
    again = call("orders", "give", "o.jsonl", "--book", "book", "--at", "2026-06-16T05:00:00Z", "--json")
    assert again.output == told.output
    shown = call("orders", "show", "MULE-00000001", "--book", "book", *AT)
    assert "stopped until 2026-06-17T05:00:00Z" in shown.output
    assert "400.00 CNY frozen until 2026-12-15T05:00:00Z" in shown.output
    as_json = json.loads(call("orders", "show", "MULE-00000001", "--book", "book", *AT, "--json").output)
    assert [r["order"] for r in as_json["restraints"]] == ["O1", "O3"]
    assert (as_json["stopped_until"], as_json["restraints"][0]["in_force"]) == ("2026-06-17T05:00:00Z", True)


def a_case() -> dict[str, Any]:
    return {
        "case": "C1", "currency": "CNY",
        "victims": [{"id": "victim-000001", "loss": "10.00", "account": "6222-00000001", "institution": "B1"}],
        "accounts": [{"account": "6217-00000009", "institution": "BM", "frozen": "12.00", "opening": "2.00",
                      "records": [{"at": "2026-06-01T00:00:00Z", "amount": "10.00", "victim": "victim-000001"}]}],
    }  # fmt: skip


def test_giveback_shows_the_division_and_writes_a_page(call: Call) -> None:
    """Undecided, then decided about that division; overdue ends with 1; the page masks what JSON has in full."""
    put("c.json", a_case())
    told = json.loads(call("giveback", "c.json", *AT, "--json").output)
    assert (told["given_minor"], told["residue_minor"], told["parts"][0]["state"]) == (1_000, 200, "to be decided")
    decided = {
        "of": told["division"], "at": "2026-06-15T05:00:00Z", "served_at": "2026-06-15T05:00:00Z",
        "level": "prefecture", "officers": 2,
    }  # fmt: skip
    put("d.json", {**a_case(), "approval": decided})
    shown = call("giveback", "d.json", *AT, "--page", "p.html")
    assert shown.exit_code == 0, shown.output
    assert "to be paid" in shown.output
    page = Path("p.html").read_text("utf-8")
    assert "6222-00000001" not in page
    assert "6217-00000009" not in page
    assert "10.00 CNY" in page
    late = call("giveback", "d.json", "--at", "2026-08-01T00:00:00Z")
    assert late.exit_code == 1
    assert "overdue" in late.output


def test_a_recall_is_written_and_what_comes_back_is_tied(call: Call) -> None:
    """To one payment by its UETR; a return of more than was paid ends with 1 and says so."""
    put("p.xml", PAYMENT)
    done = call("recall", "write", "p.xml", "--id", "A1", "--case", "C1", "--out", "r.xml", *AT)
    assert done.exit_code == 0, done.output
    assert "1 payment recalled" in done.output
    put("back.xml", RETURN.replace("AMOUNT", "12.00"))
    put("more.xml", RETURN.replace("AMOUNT", "12.51"))
    tied = call("recall", "read", "r.xml", "back.xml", "--payment", "p.xml", "--json")
    assert tied.exit_code == 0, tied.output
    recalled, returned = [json.loads(line) for line in tied.output.splitlines()]
    assert recalled["payment"]["uetr"] == returned["payment"]["uetr"] == UETR
    assert (recalled["what"], returned["what"]) == ("recall A1-1 for FRAD", "12.00 USD returned, FRAD")
    wrong = call("recall", "read", "more.xml", "--payment", "p.xml")
    assert wrong.exit_code == 1
    assert "cannot have 12.51 USD returned" in wrong.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stop", "none.csv", "--from", "p1"), "none.csv"),
        (("stop", "h.csv", "--from", "nobody"), "nobody"),
        (("stop", "h.csv", "--from", "p1", "--method", "guess"), "no method `guess`"),
        (("stop", "h.csv", "--from", "p1", "--at", "noon"), "`--at noon`: not an instant"),
        (("stop", "h.csv", "--from", "p1", "--rules", "cn/returns"), "has no rules on orders"),
        (("stop", "h.csv", "--from", "p1", "--currency", "USD"), "is about CNY, and the history about USD"),
        (("orders", "give", "h.csv", "--book", "b"), "line 1 is no JSON"),
        (("orders", "give", "bad.jsonl", "--book", "b"), "line 2: `kind` is one of"),
        (("orders", "give", "list.json", "--book", "b"), "an object belongs there"),
        (("orders", "give", "stop.jsonl", "--book", "b"), "compare its four particulars with the books first"),
        (("orders", "show", "A", "--book", "h.csv"), "h.csv"),
        (("giveback", "none.json"), "there is no file `none.json`"),
        (("giveback", "float.json"), "write amounts as text"),
        (("giveback", "list.json"), "an object with names"),
        (("giveback", "c.json", "--page", "c.json"), "ending must be .html"),
        (("giveback", "c.json", "--rules", "cn/orders"), "has no rules on returns"),
        (("recall", "write", "h.csv", "--id", "A", "--out", "x.xml"), "not well-formed"),
        (("recall", "write", "none.xml", "--id", "A", "--out", "x.xml"), "there is no file"),
        (("recall", "write", "p.xml", "--id", "A", "--uetr", "u", "--out", "x.xml"), "no payment of these files"),
        (("recall", "write", "p.xml", "--id", "A", "--reason", "X", "--out", "x.xml"), "is no reason"),
        (("recall", "read", "p.xml", "--payment", "back.xml"), "holds no payment"),
    ],
)
def test_a_slip_ends_in_a_sentence(call: Call, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, on standard error, one line that says what to change, and nothing is written."""
    put("h.csv", HISTORY)
    put("c.json", a_case())
    put("p.xml", PAYMENT)
    put("back.xml", RETURN.replace("AMOUNT", "12.00"))
    put("bad.jsonl", json.dumps({**ORDER, "confirmed": True}) + "\n" + json.dumps({**ORDER, "kind": "seize"}))
    put("stop.jsonl", ORDER)
    put("list.json", "[1]")
    put("float.json", '{"case": 1.5}')
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Error" not in result.stderr
    assert not Path("x.xml").exists()
