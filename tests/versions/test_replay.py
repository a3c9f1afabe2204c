"""`replay`: every logged decision comes out the same from the log and the rules alone, and what differs is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main
from riskrules.engine.decision import Decision
from riskrules.engine.rules import Rules
from riskrules.engine.serving import Serving
from riskrules.versions.keys import SigningKey
from riskrules.versions.log import DecisionLog
from riskrules.versions.log_chain import START, linked, parted
from riskrules.versions.replaying import Replay
from riskrules.versions.tokens import new_secret

from .log_replays import logged, of_generated, of_samples
from .log_samples import RULES, SECRET, decisions, engine, payments, rules, written


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.new()


@pytest.fixture(scope="module")
def made() -> list[Decision]:
    return list(decisions(400, 3))


@pytest.fixture
def folder(tmp_path: Path, key: SigningKey, made: list[Decision]) -> Path:
    with DecisionLog(tmp_path / "log", key=key, secret=SECRET, segment_bytes=100_000) as log:
        for decision in made:
            log.append(decision)
    return tmp_path / "log"


def rewritten(folder: Path, change: Any) -> int:
    """Change records, and work all hashes out anew as whoever wants to hide it would; how many were changed."""
    changed, before = 0, START
    for path in sorted(folder.glob("0*.jsonl")):
        lines = []
        for line in path.read_bytes().splitlines(True):
            made = parted(line)
            assert made is not None
            record = json.loads(made[0] + b"}")
            changed += bool(record["kind"] == "decision" and change(record))
            new, before = linked(before, json.dumps(record, separators=(",", ":"))[:-1].encode())
            lines.append(new)
        path.write_bytes(b"".join(lines))
    return changed


def replayed(folder: Path, *known: Rules, secret: bytes | None = SECRET) -> tuple[Replay, list[Any]]:
    replay = Replay(folder, {r.fingerprint: r for r in known}.get, secret)
    return replay, list(replay)


def test_decisions_of_every_kind_replay(tmp_path: Path) -> None:
    """Windows, lists, texts, claims, refused events, generated rule files: bit for bit, with nothing but the rules."""
    known: dict[str, Rules] = {}

    def made() -> Iterator[Decision]:
        yield from of_samples(400, 8, known)
        yield from of_generated(480, 8, known, a_file=60)

    _, seen, _ = logged(tmp_path, made())
    replay, differences = replayed(tmp_path, *known.values())
    assert differences == [] and replay.ok
    assert replay.decisions == seen["decisions"] == 880 and replay.same > 800 and replay.unread > 5
    met = ("with rules that fired", "with rules that were lifted", "degraded", "with shares", "with an end")
    assert all(seen[name] > 5 for name in met), seen
    assert all(seen[f"level {level}"] for level in range(6)), seen


def test_lists_and_windows_need_not_be_as_they_were(folder: Path) -> None:
    """A replay asks for the rules alone: what lists and windows said stands in the log."""
    replay, differences = replayed(folder, rules())
    assert differences == [] and replay.same > 350


def test_another_threshold_is_found(folder: Path, made: list[Decision]) -> None:
    """A version that passes for the one that decided is found out by every decision that it would take otherwise."""
    other = rr.loads(RULES.replace("amount > 20_000 CNY", "amount > 22_000 CNY"), "logged.risk")
    assert other.fingerprint != rules().fingerprint
    replay = Replay(folder, lambda _: other, SECRET)
    assert list(replay) == [] and replay.unknown > 350
    assert any("another ruleset" in reason for reason in replay.reasons)
    other.__dict__["fingerprint"] = rules().fingerprint
    replay = Replay(folder, lambda _: other, SECRET)
    differences = list(replay)
    serving = Serving(other, {name: frozenset() for name in other.lists})
    expected = set()
    for number, decision in enumerate(made, 1):
        values = decision.facts.values
        if decision.facts._raw is not None:
            serving.lists = decision.facts.serving.lists
            again = serving.interpret_values(values)
            if (again.act, again.score, again.fired) != (decision.act, decision.score, decision.fired):
                expected.add(number)
    assert {d.number for d in differences} == expected and len(expected) > 5
    assert replay.differing == len(expected)


def test_a_changed_integer_is_found_where_it_matters(folder: Path) -> None:
    """A record that was changed, its hashes worked out anew, does not come out as it says."""

    def smaller(record: dict[str, Any]) -> bool:
        if "large" not in record["fired"]:
            return False
        record["columns"][3] = 100
        return True

    changed = rewritten(folder, smaller)
    replay, differences = replayed(folder, rules())
    assert changed > 10 and replay.differing == changed
    assert {d.field for d in differences} >= {"fired", "act"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("action", "warn"), ("act", "delay 1h"), ("score", 7), ("fired", ["refund"]), ("lifted", ["large"]),
     ("exempts", ["another"]), ("until_us", 5), ("columns", [1]), ("columns", [2**70] * 13), ("columns", ["x"] * 13),
     ("columns", None), ("occurred_us", "now")],
)  # fmt: skip
def test_any_changed_field_is_found(folder: Path, field: str, value: object) -> None:
    """What came out is held against what comes out again, field by field; what no payment can have is no crash."""

    def change(record: dict[str, Any]) -> bool:
        if record["number"] != 11 or record.get("unread"):
            return False
        record[field] = value
        return True

    assert rewritten(folder, change) == 1
    replay, differences = replayed(folder, rules())
    assert replay.differing == 1 and {d.number for d in differences} == {11}
    assert str(differences[0]).startswith("decision 11 (id ")


def test_changed_shares_are_found(folder: Path) -> None:
    """Who bears a claim's loss is replayed too, and what was sealed opens only with the log's secret."""

    def more(record: dict[str, Any]) -> bool:
        if not record.get("shares"):
            return False
        record["shares"][0]["amount_minor"] += 1
        return True

    changed = rewritten(folder, more)
    replay, differences = replayed(folder, rules())
    assert changed > 5 and [d.field for d in differences] == ["shares"] * changed
    for secret, said in ((None, "give the log's secret"), (b"another secret of 32 bytes, or so", "not the one")):
        replay, differences = replayed(folder, rules(), secret=secret)
        assert differences == [] and replay.unknown == 20 and not replay.ok
        assert said in next(iter(replay.reasons))


def test_rules_that_nobody_has_are_told(folder: Path) -> None:
    """Without its version a decision is counted as not replayed, never as the same."""
    replay, differences = replayed(folder)
    assert differences == [] and replay.same == 0 and not replay.ok
    assert replay.unknown + replay.unread == replay.decisions == 400
    assert "nobody has their ruleset: logged 2026.1" in next(iter(replay.reasons))


def test_rules_that_were_switched_off_stay_off(tmp_path: Path, key: SigningKey) -> None:
    """A decision made while a rule was switched off is replayed without that rule, and its record says so."""
    whole = engine()
    off = whole._serving.without(frozenset({"prefix", "refund"}))
    with DecisionLog(tmp_path, key=key, secret=SECRET) as log:
        fired = 0
        for decision in decisions(60, 4, whole):
            if decision.facts._raw is None:
                continue
            again = off.decide_values(decision.facts.values)
            fired += decision.fired != again.fired
            assert "rule `prefix` is switched off" in again.degraded
            log.append(decision)
            log.append(again)
    assert fired > 20
    replay, differences = replayed(tmp_path, rules())
    assert differences == [] and replay.ok and replay.same > 80


def test_the_command(folder: Path, tmp_path: Path, key: SigningKey) -> None:
    """Exit code 0 when all is the same, 1 when one differs or cannot be replayed, 2 where nothing can be read."""
    file, secret = tmp_path / "logged.risk", tmp_path / "secret"
    file.write_text(RULES)
    new_secret(secret)
    ask = ["replay", str(folder), "--rules", str(file)]
    done = CliRunner().invoke(main, [*ask, "--json"])
    told = json.loads(done.output)
    assert done.exit_code == 1 and told["unknown"] == 20 and told["differing"] == 0
    done = CliRunner().invoke(main, [*ask, "--secret", str(secret)])
    assert done.exit_code == 1 and "not the one that the log was written with" in done.output
    rewritten(folder, lambda record: record["number"] < 3 and record.update(score=9) is None)
    done = CliRunner().invoke(main, ask)
    assert done.exit_code == 1 and "score was 9 and is" in done.output
    written(tmp_path / "small", 15, key=key)
    done = CliRunner().invoke(main, ["replay", str(tmp_path / "small"), "--rules", str(file)])
    assert done.exit_code == 0 and "replayed bit for bit" in done.output
    for bad in (
        ["replay", str(folder)],
        ["replay", str(tmp_path / "nowhere"), "--rules", str(file)],
        ["replay", str(folder), "--registry", str(tmp_path / "registry")],
        ["replay", str(folder), "--rules", str(tmp_path / "no.risk")],
    ):
        done = CliRunner().invoke(main, bad)
        assert done.exit_code == 2 and "Traceback" not in done.stderr, done.stderr


def test_what_a_kill_switch_answered_is_logged_and_not_replayed(tmp_path: Path, key: SigningKey) -> None:
    """An answer that no rule made says so in its record, keeps its end, and is not held against the rules."""
    switch = rr.KillSwitch.new(tmp_path / "switch.json")
    lists = {"involved": [], "bad_words": []}
    by = rr.Engine(rules(), lists=lists, switch=switch)
    payment = next(payments(1, 9))
    with DecisionLog(tmp_path / "log", key=key, secret=SECRET) as log:
        log.append(by.decide(payment))
        switch.kill_ruleset("logged", "hold up to 3h", because="a test")
        answered = by.decide(payment)
        log.append(answered)
        switch.lift("logged")
        switch.kill_rule("logged", "prefix")
        log.append(by.decide(payment))
    replay, differences = replayed(tmp_path / "log", rules())
    assert differences == [] and (replay.same, replay.unread) == (2, 1) and replay.ok
    table = pa.table(rr.read_log(tmp_path / "log")).to_pylist()
    assert table[1]["act"] == "hold up to 3h" and table[1]["until"] == answered.until and table[1]["degraded"]
    assert table[2]["degraded"] == ["rule `prefix` is switched off"]
