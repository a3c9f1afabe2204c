"""`demo` and `map`: a labelled world decided by a shipped ruleset, its truth counted again in another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner, Result

import riskrules as rr
from riskrules.base.times import parse_instant
from riskrules.cli import demo as demo_module
from riskrules.cli import terminal
from riskrules.cli.main import main
from riskrules.engine.serving import Serving
from riskrules.engine.tables import decide_table
from riskrules.meaning.nodes import LEVELS
from riskrules.testing.world import world
from riskrules.testing.world.files import write_world
from riskrules.testing.world.settings import DAY_US

from .samples import HEADER, row, written

Call = Callable[..., Result]
Rows = list[dict[str, Any]]

SEED, PEOPLE = 17, 800
"""A small world in which the list of reported accounts comes to use."""
SMALL = ("--people", "400", "--days", "3")
STOPS = ("delay", "hold", "reject")
FIRED = {
    "guided_by_somebody",
    "involved_payee",
    "involved_payer",
    "name_does_not_fit",
    "passes_on_what_it_received",
    "phone_of_many_holders",
    "step_1_verify_the_payment",
    "step_2_verify_the_holder",
    "step_3_delay_the_settlement",
    "wallet_with_one_factor",
    "wallet_without_certificate",
}
"""Rules that even a small demonstration shows at work."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What `demo --json` says of one world."""
    result = CliRunner().invoke(main, ["demo", "--seed", str(SEED), "--people", str(PEOPLE), "--json"])
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@dataclass(frozen=True)
class Told:
    """The same world: accounts that victims had reported before the first day that is decided, the payments before it
    and those from it on, each with its labels and its decision."""

    reported: set[str]
    before: Rows
    decided: Rows


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Made again in one file and decided as one table, without any label."""
    folder = tmp_path_factory.mktemp("world")
    path, reports = folder / "w.parquet", folder / "r.jsonl"
    made = world(SEED, PEOPLE, demo_module.DAYS_BEFORE + demo_module.DAYS)
    write_world(made, path, reports)
    begins = made.setting.start_us + demo_module.DAYS_BEFORE * DAY_US
    early = [
        r for r in map(json.loads, reports.read_text("utf-8").splitlines()) if parse_instant(r["occurred_at"]) < begins
    ]
    reported = {r["payee"]["account"]["id"] for r in early if r["reporter"] == "victim"}
    table = parquet.read_table(path)
    lists = rr.Lists({"involved_accounts": reported, "virtual_currency_services": []})
    serving = Serving(rr.load(rr.ruleset_path("cn/whose_account")), lists).prepare()
    seen = table.select([name for name in table.column_names if not name.startswith(("label.", "ledger."))])
    decided = decide_table(serving, seen)  # as `Engine.decide_many`, without the kernels of a store
    assert decided.errors == []
    fields = ["id", "amount", "payer.party.id", "payer.party.type"]
    labels = ["label.fraud", "label.typology", "label.role", "label.lookalike", "label.chain"]
    actions = pyarrow.table(decided).select(["action", "fired"]).to_pylist()
    rows = [{**a, **b} for a, b in zip(table.select([*fields, *labels]).to_pylist(), actions, strict=True)]
    first = sum(t < begins for t in table["occurred_at"].cast(pyarrow.int64()).to_pylist())
    return Told(reported, rows[:first], rows[first:])


def test_the_demonstration_shows_every_part(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Actions, rules, institutions, speed, the truth and five reasons, within 80 columns, without a control character,
    and that the world is made up."""
    monkeypatch.setattr(terminal, "WIDEST_COLUMNS", 80)
    text = call("demo", "--people", "500").stdout
    assert text.startswith("A made-up world, and no bank: a demonstration, no evidence\n500 people")
    for part in ("list `involved_accounts`: the ", "list `virtual_currency_services` not given", "allow", "a second",
                 "rule that fired", "responsible institution", "fraud, in truth", "honest, in truth",
                 "occasions that look like fraud", "payments stopped, ", "strongest decisions"):  # fmt: skip
        assert part in text
    assert text.count("╭─ payment P") == text.count(", in truth ") - 2 == 5
    assert max(map(len, text.splitlines())) <= 80
    assert "…\n" not in text
    assert all(c.isprintable() for c in text if c != "\n")


def test_the_demonstration_is_the_same_for_the_same_seed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the time that it took; also where it writes CSV for want of pyarrow."""
    first = measured(call("demo", *SMALL, "--json"))
    assert measured(call("demo", *SMALL, "--seed", "8", "--json")) != first
    endings = []

    def kept(*given: Any) -> Any:
        endings.append(given[0].suffix)
        return writer(*given)

    from riskrules.testing.world import files

    writer = files.history_writer
    monkeypatch.setattr(files, "history_writer", kept)
    assert measured(call("demo", *SMALL, "--json")) == first
    monkeypatch.setattr(demo_module, "find_spec", lambda _: None)
    assert measured(call("demo", *SMALL, "--json")) == first
    assert endings == 2 * [".parquet"] + 2 * [".csv"]


def measured(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    del document["seconds"], document["per_second"]
    assert document["bad_rows"] == 0
    return document


def test_what_is_shown_is_what_a_table_is_decided_as(document: dict[str, Any], told: Told) -> None:
    """Actions, rules and strongest decisions are those of the whole history as one table."""
    before, decided = told.before, told.decided
    assert document["world"]["payments_before"] == len(before)
    assert document["decided"] == len(decided)
    actions = [str(r["action"]).split(" ")[0] for r in decided]
    assert document["actions"] == {word: actions.count(word) for word in LEVELS if word in actions}
    fired = [name for r in decided for name in r["fired"]]
    assert document["rules"] == {name: fired.count(name) for name in set(fired)}
    assert set(fired) >= FIRED
    assert document["actions"]["allow"] > 0.98 * len(decided)
    by_id = {r["id"]: r for r in decided}
    strongest = document["strongest"]
    assert [d["action"] for d in strongest] == [str(by_id[d["id"]]["action"]).split(" ")[0] for d in strongest]
    assert [set(d["fired"]) for d in strongest] == [set(by_id[d["id"]]["fired"]) for d in strongest]
    strengths = [(LEVELS.index(d["action"]), d["score"]) for d in strongest]
    assert strengths == sorted(strengths, reverse=True)
    assert len({d["fired"][0] for d in strongest}) == len(strengths) == 5


def test_the_list_knows_only_what_was_reported_before(document: dict[str, Any], told: Told) -> None:
    """Reports by victims that had come in when the first payment is decided; every other list is empty, and said so."""
    assert document["world"]["reported_accounts"] == len(told.reported) > 0
    assert document["empty_lists"] == ["virtual_currency_services"]


def test_frauds_are_counted_as_labelled(document: dict[str, Any], told: Told) -> None:
    """All, asked and stopped, by payments and by money, and so for each typology."""
    frauds = [r for r in told.decided if r["label.fraud"]]
    truth = document["truth"]
    assert truth["fraud"] == counted(frauds)
    by_typology = {line.pop("typology"): line for line in truth["typologies"]}
    names = {r["label.typology"] for r in frauds}
    assert by_typology == {name: counted([r for r in frauds if r["label.typology"] == name]) for name in names}
    assert len(names) >= 6
    assert truth["fraud"]["stopped"] > 0


def counted(payments: Rows) -> dict[str, int]:
    stopped = [r for r in payments if stops(r)]
    return {
        "payments": len(payments),
        "asked": sum(str(r["action"]).startswith("verify") for r in payments),
        "stopped": len(stopped),
        "amount_minor": int(sum((r["amount"] for r in payments), Decimal()) * 100),
        "stopped_minor": int(sum((r["amount"] for r in stopped), Decimal()) * 100),
    }


def stops(payment: dict[str, Any]) -> bool:
    return str(payment["action"]).split(" ")[0] in STOPS


def test_honest_people_and_lookalikes_are_counted_as_labelled(document: dict[str, Any], told: Told) -> None:
    """A person who pays in a fraud, and is not its victim, is not honest on any day; an occasion is stopped when one
    of its payments is."""
    before, decided = told.before, told.decided
    guilty = {r["payer.party.id"] for r in before + decided if r["label.fraud"] and r["label.role"] != "victim"}
    honest = [r for r in decided if not r["label.fraud"] and r["payer.party.id"] not in guilty]
    people = [r for r in honest if r["payer.party.type"] == "person"]
    alike = [r for r in decided if not r["label.fraud"] and r["label.lookalike"]]
    truth = document["truth"]
    for shown, payments, name in ((truth["honest_people"], people, "payer.party.id"),
                                  (truth["lookalikes"], alike, "label.chain")):  # fmt: skip
        asked = {r[name] for r in payments if str(r["action"]).startswith("verify")}
        stopped = {r[name] for r in payments if stops(r)}
        assert shown == {"all": len({r[name] for r in payments}), "asked": len(asked), "stopped": len(stopped)}
    fraud, right = sum(stops(r) for r in decided if r["label.fraud"]), sum(map(stops, honest))
    beside = sum(map(stops, decided)) - fraud - right
    assert truth["stopped_payments"] == {"fraud": fraud, "beside_fraud": beside, "honest": right}
    assert truth["honest_people"]["all"] > 0.8 * PEOPLE


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
