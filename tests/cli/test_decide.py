"""`decide`: every row is decided or told by its line, counted once, and written the same each time."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from click.testing import Result

from riskrules.cli.decide import total_rows

from .samples import HEADER, RULES, row, run, written

Call = Callable[..., Result]
WINDOW = "window paid_1d = count by payee.account over 24h\n"


def summary(call: Call, *arguments: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(call("decide", "--json", *arguments).stdout)
    return document


def test_counts_by_action_rule_and_institution(call: Call, rules: str, history: str, lists: str) -> None:
    """Payments by action and by rule that fired; what is stopped counts for the institution that has the duty."""
    said = summary(call, rules, history, "--lists", lists)
    assert said["decided"] == 5
    assert said["actions"] == {"allow": 3, "hold": 1, "reject": 1}
    assert said["rules"] == {"large_amount": 1, "listed_payee": 1}
    assert said["institutions"] == [
        {"institution": "BANK-A", "payments": 1, "amount_minor": 600_000},
        {"institution": "BANK-B", "payments": 1, "amount_minor": 3_000},
    ]
    assert (said["bad_rows"], said["errors"], said["degraded"], said["empty_lists"]) == (0, [], [], [])


def test_a_person_reads_the_same(call: Call, rules: str, history: str, lists: str) -> None:
    """Tables of at most 100 columns with the ruleset's version and fingerprint."""
    result = call("decide", rules, history, "--lists", lists)
    assert result.exit_code == 0
    words = [line.split() for line in result.stdout.splitlines()]
    assert ["allow", "3", "60.00%"] in words
    assert ["large_amount", "1", "hold"] in words
    assert ["BANK-A", "1", "6_000.00", "CNY"] in words
    assert words[0][:3] == ["small", "2026.1", "fingerprint"]
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_lists_that_are_not_given_count_as_empty_and_it_is_said(call: Call, rules: str, history: str) -> None:
    """Nothing is on an empty list, so the payment to a bad account passes; that must not go unsaid."""
    said = summary(call, rules, history)
    assert said["actions"] == {"allow": 4, "hold": 1}
    assert said["empty_lists"] == ["bad_accounts"]
    assert "list `bad_accounts` not given, so it counts as empty" in call("decide", rules, history).stdout


def test_windows_that_nothing_feeds_are_said_once(call: Call, tmp_path: Path, history: str, lists: str) -> None:
    """A window of reports, in a history without any, stands in one sentence."""
    text = RULES.replace("rule listed_payee", f"{WINDOW.replace('count by', 'count on report by')}\nrule listed_payee")
    text = text.replace("amount > 5_000 CNY\n", "amount > 5_000 CNY\n  and     paid_1d < 3\n")
    said = summary(call, written(tmp_path / "w.risk", text), history, "--lists", lists)
    assert said["degraded"] == [f"window `paid_1d` was not available for {said['decided']} payments"]


def test_rows_that_do_not_fit_are_told_and_the_others_decided(
    call: Call, rules: str, lists: str, tmp_path: Path
) -> None:
    """By line; the first ten are shown, all are counted, and `--errors` writes all."""
    lines = [row(f"G{i}", "1.00") + row(f"B{i}", "1.555" if i % 2 else "-3.00") for i in range(12)]
    path = written(tmp_path / "bad.csv", HEADER + "".join(lines))
    errors = tmp_path / "errors.csv"
    result = call("decide", rules, path, "--lists", lists, "--errors", str(errors), "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (said["decided"], said["bad_rows"], len(said["errors"])) == (12, 12, 10)
    assert [said["errors"][0][key] for key in ("place", "number", "field")] == ["line", 3, "amount"]
    with errors.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["number"]) for r in rows] == list(range(3, 27, 2))
    shown = call("decide", rules, path, "--lists", lists).stdout
    assert "12 rows were not decided:" in shown
    assert "  line 3: at amount: " in shown
    assert "and 2 more; `--errors FILE` writes all of them" in shown
    call("decide", rules, path, "--lists", lists, "--errors", str(tmp_path / "errors.jsonl"))
    objects = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text("utf-8").splitlines()]
    assert [o["number"] for o in objects] == list(range(3, 27, 2))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("batch", ["1", "2", "65536"])
def test_decisions_are_written_the_same_each_time(
    call: Call, rules: str, history: str, lists: str, tmp_path: Path, ending: str, batch: str
) -> None:
    """A row a payment, in the order read; a second run gives the same bytes, and batches never change the rows."""
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    for out in (one, two):
        call("decide", rules, history, "--lists", lists, "--out", str(out), "--batch", batch)
    assert one.read_bytes() == two.read_bytes()
    assert decisions(one) == [
        ("A", "allow", None, 0, [], []),
        ("B", "hold", "2026-06-16T04:00:00Z", 0, ["large_amount"], ["BANK-A"]),
        ("C", "allow", None, 0, [], []),
        ("D", "reject", None, 0, ["listed_payee"], ["BANK-B"]),
        ("E", "allow", None, 0, [], []),
    ]
    assert [p.name for p in tmp_path.glob("*.part")] == []


def decisions(path: Path) -> list[tuple[object, ...]]:
    """A file's rows; of `responsible` the institutions alone."""
    if path.suffix == ".parquet":
        rows = parquet.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = []
    for r in rows:
        until = r["until"] or None
        until = until if until is None or isinstance(until, str) else until.strftime("%Y-%m-%dT%H:%M:%SZ")
        fired, duties = (json.loads(r[k] or "[]") if isinstance(r[k], str) else r[k] for k in ("fired", "responsible"))
        institutions = [name for name in ("BANK-A", "BANK-B") if any(name in duty for duty in duties)]
        found.append((r["id"], r["action"], until, int(r["score"]), fired, institutions))
    return found


def test_parquet_carries_the_fingerprint(call: Call, rules: str, history: str, lists: str, tmp_path: Path) -> None:
    """A table of decisions says which version gave them."""
    out = tmp_path / "out.parquet"
    said = summary(call, rules, history, "--lists", lists, "--out", str(out))
    ruleset = said["ruleset"]
    assert isinstance(ruleset, dict)
    assert parquet.read_schema(out).metadata[b"riskrules.fingerprint"].decode() == ruleset["fingerprint"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("batch", ["2", "100"])
def test_a_limit_is_exact(call: Call, rules: str, history: str, limit: int, batch: str) -> None:
    """The first N payments, whatever the batches."""
    assert summary(call, rules, history, "--limit", str(limit), "--batch", batch)["decided"] == min(limit, 5)


def test_a_map_names_the_columns(call: Call, rules: str, lists: str, tmp_path: Path) -> None:
    """With a map any table can be decided; a map that does not hold is refused with all that is wrong in it."""
    history = written(tmp_path / "h.csv", "no,when,sum,from,to\n1,0,6000.00,A1,BAD-99999999\n")
    text = """[payment]
id = "no"
occurred_at = { column = "when", unit = "h", origin = "2026-06-15T00:00:00Z" }
amount = { column = "sum", currency = "CNY" }
"payer.account.id" = "from"
"payer.account.institution" = { constant = "BANK-A" }
"payee.account.id" = "to"
"payee.account.institution" = { constant = "BANK-B" }
"""
    said = summary(call, rules, history, "--map", written(tmp_path / "m.toml", text), "--lists", lists)
    assert said["actions"] == {"reject": 1}
    wrong = text.replace('"sum"', '"summ"').replace('"from"', '"form"')
    result = call("decide", rules, history, "--map", written(tmp_path / "wrong.toml", wrong))
    assert result.exit_code == 2
    assert "`summ`" in result.stderr
    assert "`form`" in result.stderr


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--out", "x.xlsx"), "its ending must be one of"),
        (("--out", "absent/x.csv"), "there is no folder `absent`"),
        (("--out", "history.csv"), "would overwrite what is read"),
        (("--errors", "small.risk.csv", "--out", "small.risk.csv"), "name one file"),
        (("--lists", "absent"), "there is no folder `absent`"),
        (("--map", "absent.toml"), "absent.toml"),
        (("--batch", "65537"), "65537"),
    ],
    ids=lambda x: x[0] if isinstance(x, tuple) else "",
)
def test_a_slip_is_told_before_anything_is_decided(
    call: Call, rules: str, history: str, more: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, and no file is left behind."""
    folder = Path(history).parent
    monkeypatch.chdir(folder)
    before = sorted(p.name for p in folder.iterdir())
    result = call("decide", rules, history, *more)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert sorted(p.name for p in folder.iterdir()) == before


def test_rules_with_errors_decide_nothing(call: Call, history: str, tmp_path: Path) -> None:
    """They are shown, and the exit code is that of findings."""
    broken = written(tmp_path / "broken.risk", RULES.replace("then    reject", "then    rejet"))
    result = call("decide", broken, history)
    assert result.exit_code == 1
    assert "error[" in result.stderr
    assert "so nothing was done with it" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.csv", b""),
        ("h.csv", b"\x00\x01\xff\n1\n"),
        ("h.parquet", b"PAR1 no"),
        ("h.txt", b"a\n"),
        ("h.csv", b"id\n1\n"),
    ],
)
def test_a_history_that_is_none_is_refused(call: Call, rules: str, tmp_path: Path, name: str, content: bytes) -> None:
    """A sentence and exit code 2; also for one that lacks what the rules read."""
    result = call("decide", rules, written(tmp_path / name, content))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_progress_bar_knows_what_to_expect(
    call: Call, rules: str, history: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of Parquet, lines of a text file; nothing is counted where nobody looks."""
    path = history
    if ending == "parquet":
        path = str(Path(history).with_suffix(".parquet"))
        call("decide", rules, history, "--out", path)
    assert total_rows(path, None) is None
    monkeypatch.setattr("riskrules.cli.decide.on_terminal", lambda **_: True)
    assert total_rows(path, None) == {"csv": 6, "parquet": 5}[ending]
    assert total_rows(path, 2) == 2


def test_progress_stays_out_of_the_output(rules: str, history: str) -> None:
    """As a process: what is piped is the document alone, and nothing is written to a standard error nobody looks at."""
    ended = run("decide", "--json", rules, history)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["decided"] == 5
    assert ended.stderr == ""
