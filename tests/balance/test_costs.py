"""`riskrules bench`: what a ruleset costs, and which rule it is that costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.balance.costs import FEWEST_REPEATS, REPEATS, Costs, costs
from riskrules.cli.main import main
from riskrules.engine.models import Models
from riskrules.engine.rules import Rules

TEXT = """
ruleset costly version 2026.1
  currency CNY

field  payment.note text, optional "a note"
window paid_1d = count by payer.account over 1d
window seen_1d = count by payee.account over 1d
model  risk from "risk.onnx" of (amount)

rule dear
  "Asks the model"
  when    risk else 0% >= 50%
  then    warn

rule cheap
  "Reads what others read"
  when    paid_1d > 5
  and     amount > 5 CNY
  then    warn

rule other
  "Reads a note and a window of its own"
  when    paid_1d > 6
  and     seen_1d > 7
  and     payment.note is known
  and     amount > 7 CNY
  then    warn
"""


@pytest.fixture(scope="module")
def found() -> Iterator[Costs]:
    """The costs of a ruleset whose model takes its time."""
    wanted_us = 200

    class Slow(Models):
        def __init__(self, rules: Rules) -> None:
            self._models = []
            self.names = ("risk",)

        def filled(self, values: object, before: object) -> object:  # type: ignore[override]  # it scores nothing
            import time

            until = time.thread_time() + wanted_us / 1e6
            while time.thread_time() < until:
                pass
            return before

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("riskrules.engine.models.Models", Slow)
        yield costs(rr.loads(TEXT, models={"risk.onnx": b"slow"}), seconds=5)


def test_the_rule_that_costs_is_found(found: Costs) -> None:
    """The one that alone asks the model adds what the model takes, and the others hardly anything."""
    by_name = {c.rule: c for c in found.rules}
    assert found.rules[0].rule == "dear"
    assert 150_000 < by_name["dear"].added_ns < 600_000
    assert all(abs(by_name[x].added_ns) < 100_000 for x in ("cheap", "other"))
    assert found.decide_us > 200
    assert FEWEST_REPEATS <= found.repeats <= REPEATS
    assert found.process_us is not None and found.process_us > 200
    assert found.decisions_a_second == int(1e6 / found.process_us)


def test_what_only_one_rule_reads_is_named(found: Costs) -> None:
    alone = {c.rule: set(c.alone) for c in found.rules}
    assert alone == {"dear": {"risk"}, "cheap": set(), "other": {"seen_1d", "payment.note"}}


def test_without_time_it_says_so() -> None:
    """A ruleset as a whole is measured all the same."""
    bare = rr.loads(TEXT.split("model", maxsplit=1)[0] + TEXT[TEXT.index("rule cheap") :])
    found = costs(bare, seconds=1e-9)
    assert (found.repeats, found.rules) == (0, ())
    assert found.decide_us > 0


def test_the_command_tells_the_same_in_words_and_in_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "plain.risk"
    path.write_text(TEXT.split("model", maxsplit=1)[0] + TEXT[TEXT.index("rule cheap") :], "utf-8")
    shown = CliRunner().invoke(main, ["bench", str(path), "--seconds", "2"])
    assert shown.exit_code == 0, shown.output
    assert "µs a decision by 2 rules, its windows being known" in shown.output
    assert "a second on one core of this machine" in shown.output
    told = json.loads(CliRunner().invoke(main, ["bench", str(path), "--seconds", "2", "--json"]).output)
    assert {r["rule"] for r in told["rules"]} == {"cheap", "other"}
    assert told["decisions_a_second"] > 100
    assert isinstance(costs(rr.load(path), seconds=2), Costs)
