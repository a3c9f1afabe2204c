"""`demo` and `map`, and the made-up payments: the same for the same seed, with what the shipped rules look for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet as parquet
import pytest
from click.testing import Result

import riskrules as rr
from riskrules.engine.serving import Serving
from riskrules.engine.tables import decide_file
from riskrules.meaning.nodes import LEVELS
from riskrules.testing import history_files
from riskrules.testing.history_files import write_history
from riskrules.testing.payments import ROWS_A_BLOCK, MadeUpPayments

from .samples import HEADER, row, written

Call = Callable[..., Result]
SILENT = {"collects_like_run_points"}
"""Rules about what no made-up payer does: twenty strangers a day."""


@pytest.fixture(scope="module")
def payments() -> MadeUpPayments:
    return MadeUpPayments(2 * ROWS_A_BLOCK, 7)


def test_the_demonstration_shows_every_part(call: Call) -> None:
    """Actions, rules, institutions, reasons and speed, within 100 columns, and that the payments are made up."""
    result = call("demo", "--rows", "20000")
    assert result.exit_code == 0
    text = result.stdout
    assert text.startswith("20_000 made-up payments (seed 7): a demonstration, no evidence\n")
    for part in ("allow", "reject", "rule that fired", "responsible institution", "a second", "strongest decisions"):
        assert part in text
    assert text.count("╭─ payment P") == 5
    assert max(map(len, text.splitlines())) <= 100


def test_the_demonstration_is_the_same_for_the_same_seed(call: Call) -> None:
    """But for the time that it took."""
    first, again, other = (json.loads(call("demo", "--rows", "3000", "--json", *more).stdout)
                           for more in ((), (), ("--seed", "8")))  # fmt: skip
    for document in (first, again, other):
        del document["seconds"], document["per_second"]
    assert first == again != other
    assert first["bad_rows"] == other["bad_rows"] == 0
    strengths = [(LEVELS.index(d["action"]), d["score"]) for d in first["strongest"]]
    assert strengths == sorted(strengths, reverse=True)
    assert len({d["fired"][0] for d in first["strongest"]}) == len(strengths) == 5


def test_the_generator_makes_what_the_shipped_rules_look_for(payments: MadeUpPayments, tmp_path: Path) -> None:
    """Counted: each rule that needs no window fires, and nearly all payments pass."""
    rules = rr.load(rr.ruleset_path("cn/whose_account"))
    engine = rr.Engine(rules, lists=payments.lists)
    decided = engine.decide_many(parquet.read_table(write_history(payments, tmp_path)))
    rows = pyarrow.table(decided).to_pydict()
    assert decided.errors == []
    assert set(rules.by_name) - {name for names in rows["fired"] for name in names} == SILENT
    assert rows["action"].count("allow") / len(rows["action"]) > 0.98


def test_a_row_is_the_same_in_every_length(payments: MadeUpPayments) -> None:
    """So a payment that a long run found can be looked at in a short one."""
    short = MadeUpPayments(10, 7)
    assert [short.event(i) for i in range(10)] == [payments.event(i) for i in range(10)]
    assert MadeUpPayments(10, 8).event(3) != short.event(3)


def test_both_kinds_of_file_hold_the_same_payments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pyarrow and without: each event of either file is decided alike."""
    few = MadeUpPayments(4_000, 7)
    rules = rr.load(rr.ruleset_path("cn/whose_account"))
    serving = Serving(rules, rr.Lists(few.lists)).prepare()
    parquet_file = write_history(few, tmp_path)
    monkeypatch.setattr(history_files, "find_spec", lambda _: None)
    csv_file = write_history(few, tmp_path)
    assert (parquet_file.suffix, csv_file.suffix) == (".parquet", ".csv")
    outcomes = [
        [(batch.levels.tolist(), batch.score.tolist(), batch.errors) for batch in decide_file(serving, path)]
        for path in (parquet_file, csv_file)
    ]
    assert outcomes[0] == outcomes[1]
    singly = [int(serving.decide(few.event(i), None).action) for i in range(0, 4_000, 40)]
    assert singly == outcomes[0][0][0][::40]


def test_a_draft_of_a_map_loads(call: Call, rules: str, tmp_path: Path) -> None:
    """What `map` drafts for a history with the fields' own names decides it; guesses are marked."""
    history = written(tmp_path / "h.csv", HEADER + row("A", "1.00"))
    draft = call("map", history)
    assert draft.exit_code == 0
    given = written(tmp_path / "map.toml", draft.stdout)
    assert json.loads(call("decide", rules, history, "--map", given, "--json").stdout)["decided"] == 1
    strange = written(tmp_path / "s.jsonl", '{"txid": "1", "step": 3, "amt": 5.5, "who": {"x": "a"}}\n')
    assert json.loads(call("map", "--json", strange).stdout)["columns"] == ["txid", "step", "amt", "who.x"]
    assert "guess" in call("map", strange).stdout
