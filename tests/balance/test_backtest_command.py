"""`riskrules backtest`, `gate` and `diff`: what a person and a program are told, and every slip as a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gate_versions
import pytest
from backtest_history import RULES, history
from click.testing import CliRunner, Result
from defusedxml import ElementTree
from pyarrow import parquet

from riskrules.cli.main import main


def run(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(main, [*map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ruleset, another version of it, and a history."""
    folder = tmp_path_factory.mktemp("backtest")
    (folder / "rules.risk").write_text(RULES)
    later = RULES.replace("version 2026.1", "version 2026.2").replace("amount > 900.00 EUR", "amount > 700.00 EUR")
    (folder / "later.risk").write_text(later)
    parquet.write_table(history(), folder / "history.parquet")
    lines = ["id,occurred_at,amount,payer.account.id,payer.account.institution,payee.account.id,"
             "payee.account.institution,payment.lot,payment.risk,is_fraud"]  # fmt: skip
    lines += [f"P{i},2026-06-{15 - i:02d}T04:00:00Z,10.00,A,B,C,D,1,1,{i % 2}" for i in range(3)]
    (folder / "backwards.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_text_and_json_say_the_same(place: Path) -> None:
    """The document has every figure, the text the most important, and both end well."""
    said = run("backtest", place / "rules.risk", place / "history.parquet", "--label", "is_fraud")
    told = run("backtest", place / "rules.risk", place / "history.parquet", "--label", "is_fraud", "--json")
    assert (said.exit_code, told.exit_code) == (0, 0)
    found = json.loads(told.output)
    whole = found["all"]
    assert f"{whole['caught']['part']:_} of {whole['caught']['whole']:_}" in said.output
    assert "never fired: never" in said.output
    for rule in found["rules"]:
        assert rule["name"] in said.output
    assert max(map(len, said.output.splitlines())) <= 100
    assert found["changes"] is None


def test_decide_means_the_same_by_stopped(place: Path) -> None:
    """What `decide` calls payments and money stopped is what the backtest does: a question stops nobody."""
    arguments = (place / "rules.risk", place / "history.parquet", "--json")
    decided = json.loads(run("decide", *arguments).output)
    whole = json.loads(run("backtest", *arguments, "--label", "is_fraud").output)["all"]
    (bank,) = decided["institutions"]
    assert (bank["payments"], bank["amount_minor"]) == (whole["stopped"]["part"], whole["stopped_money"]["part"])
    assert decided["actions"]["verify"] > 0


def test_against_tells_what_moved(place: Path) -> None:
    """From which action to which, by segment, with the money and with payments, in text, in JSON and by `diff`."""
    labelled = (place / "history.parquet", "--label", "is_fraud")
    told = run("backtest", place / "later.risk", *labelled, "--against", place / "rules.risk", "--json")
    changes = json.loads(told.output)["changes"]
    moves = {(m["segment"], m["before"], m["after"]): m["payments"] for m in changes["moves"]}
    assert moves[("", "verify", "hold up to 24h")] > 0
    assert sum(n for (segment, *_), n in moves.items() if not segment) == changes["changed"]
    assert all(e["because"].startswith("now by_amount") for e in changes["examples"] if e["action"] == "hold up to 24h")
    said = run("diff", place / "rules.risk", place / "later.risk", *labelled)
    assert said.exit_code == 1
    assert "rule `by_amount` changed\n  `amount > 900.00 EUR` became `amount > 700.00 EUR`" in said.output
    assert f"{changes['changed']:_} of 4_000 payments change their action" in said.output


def test_the_gate_says_what_broke_and_writes_it_down(place: Path) -> None:
    """Exit code 1, by how much, ten payments; JUnit with a failure for each, SARIF at the promise's own line."""
    strict = place / "strict.risk"
    strict.write_text(RULES.replace("stopped <= 20% of payments", "stopped <= 0.5% of payments"))
    junit, sarif = place / "gate.xml", place / "gate.sarif"
    done = run("gate", strict, place / "history.parquet", "--label", "is_fraud", "--junit", junit, "--sarif", sarif)
    assert done.exit_code == 1
    assert "broken: stopped <= 0.5% of payments" in done.output
    assert "percentage points more than the 0.50% promised" in done.output
    assert len([line for line in done.output.splitlines() if "  honest  " in line]) == 10
    assert "2 promises, 1 broken" in done.output
    cases = ElementTree.parse(junit).getroot().findall("testsuite/testcase")
    assert [(c.get("name"), c.find("failure") is not None) for c in cases] == [
        ("stopped <= 0.5% of payments", True), ("caught >= 10% of fraud amount", False),
    ]  # fmt: skip
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    check_sarif(json.loads(sarif.read_text()), strict)
    kept = run("gate", place / "rules.risk", place / "history.parquet", "--label", "is_fraud")
    assert kept.exit_code == 0
    assert "all kept" in kept.output


def check_sarif(document: dict[str, Any], ruleset: Path) -> None:
    """What a code host takes: the version, a tool with its rules, and for each result a rule, a level, a message and a
    place in a file."""
    assert document["version"] == "2.1.0"
    (made,) = document["runs"]
    ids = [r["id"] for r in made["tool"]["driver"]["rules"]]
    assert len(set(ids)) == len(ids)
    assert all(r["shortDescription"]["text"] for r in made["tool"]["driver"]["rules"])
    lines = ruleset.read_text().splitlines()
    for result in made["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert (result["kind"], result["level"]) == ("fail", "error")
        where = result["locations"][0]["physicalLocation"]
        assert where["artifactLocation"]["uri"].endswith("strict.risk")
        promise = result["message"]["text"].split(":")[0]
        assert lines[where["region"]["startLine"] - 1].split() == promise.split()
    assert (len(ids), len(made["results"])) == (2, 1), "hosts show every result as a fault"


BAD = {
    "no label": ((), "`--label COLUMN` is missing"),
    "absent": (("--label", "isfraud"), "no column `isfraud` for the label; did you mean `is_fraud`?"),
    "read by rules": (("--label", "payment.risk"), "is the label, and the rules read it"),
    "no date": (("--label", "is_fraud", "--from", "2026-13-01"), "`2026-13-01` is no date such as 2026-01-31"),
    "backwards dates": (("--label", "is_fraud", "--from", "2026-03-01", "--until", "2026-02-01"), "nothing lies from"),
    "nothing then": (("--label", "is_fraud", "--from", "2040-01-01"), "none of the 4_000 payments lies in the time"),
    "bad page": (("--label", "is_fraud", "--report", "x.pdf"), "its ending must be one of .html"),
    "no other version": (("--label", "is_fraud", "--against", "none.risk"), "there is no file `none.risk`"),
    "all honest": (("--label", "payee.account.institution", "--fraud-is", "X"), "are honest by the label"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD.values(), ids=BAD)
def test_slips_are_sentences(place: Path, arguments: tuple[str, ...], said: str) -> None:
    """Each ends with code 2 and says what to change."""
    done = run("backtest", place / "rules.risk", place / "history.parquet", *arguments)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.output.split())


def test_a_history_out_of_order_is_a_sentence(place: Path) -> None:
    """With the line, and with the way out."""
    done = run("backtest", place / "rules.risk", place / "backwards.csv", "--label", "is_fraud")
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "line 3 is earlier than the one before it" in said
    assert "`--by-arrival`" in said


def test_labels_that_are_empty_or_no_answer_name_their_line(place: Path) -> None:
    """In a history as in a table; where the time that is measured ends before an empty one, nothing is wrong."""
    text = (place / "backwards.csv").read_text().splitlines()
    rows = [text[0], *reversed(text[1:])]
    for row, said in ((f"{rows[3][:-1]}", "line 4 of the label `is_fraud` is empty"),
                      (f"{rows[3][:-1]}0.5", "line 4 of the label `is_fraud` is neither yes nor no")):  # fmt: skip
        path = place / "labels.csv"
        path.write_text("\n".join([*rows[:3], row]) + "\n")
        done = run("backtest", place / "rules.risk", path, "--label", "is_fraud")
        assert done.exit_code == 2
        assert said in " ".join(done.output.split())
    path.write_text("\n".join([*rows[:3], rows[3][:-1]]) + "\n")
    assert run("backtest", place / "rules.risk", path, "--label", "is_fraud", "--until", "2026-06-14").exit_code == 0


def test_a_segment_with_nobody_in_it(place: Path) -> None:
    """A backtest notes it; the gate cannot say whether its promise is kept, and says that."""
    rules = place / "nobody.risk"
    text = RULES.replace("segment small where amount <= 100.00 EUR", "segment small where amount > 9_000_000.00 EUR")
    rules.write_text(text.replace("stopped <= 20% of payments", "stopped <= 20% of small"))
    noted = run("backtest", rules, place / "history.parquet", "--label", "is_fraud")
    assert noted.exit_code == 0
    assert "nobody is in segment `small`" in noted.output
    done = run("gate", rules, place / "history.parquet", "--label", "is_fraud")
    assert done.exit_code == 2
    assert "nobody is in segment `small`" in " ".join(done.output.split())
    silent = place / "silent.risk"
    silent.write_text(gate_versions.OLD.split("balance")[0])
    done = run("gate", silent, place / "history.parquet", "--label", "is_fraud")
    assert done.exit_code == 2
    assert "promises nothing: write a `balance` block" in " ".join(done.output.split())


def test_rows_that_do_not_fit_are_told_and_left_out(place: Path) -> None:
    """The others are measured, and the exit code says that some were not."""
    text = (place / "backwards.csv").read_text().splitlines()
    path = place / "some_bad.csv"
    bad = text[1].replace("10.00", "ten").replace("P0", "P9")
    path.write_text("\n".join([text[0], *reversed(text[1:]), bad]) + "\n")
    done = run("backtest", place / "rules.risk", path, "--label", "is_fraud")
    assert done.exit_code == 1
    assert "line 5: at amount" in done.output
