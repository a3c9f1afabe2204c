"""The kill switch: every state of it under every action, in every process at once, whatever becomes of its files."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main
from riskrules.engine.switch_state import MOST_ENTRIES, SwitchState, Thrown, answer_of, read_state, written
from riskrules.meaning import nodes as n

from .samples import payment

ACTS = ("allow", "warn", "verify", "delay 24h", "hold up to 2h", "reject")
STATES = ("none", "rule", "ruleset", "all")
RULES = """
ruleset switched version 2026.1
  currency CNY
  timezone Asia/Shanghai

window paid_1d = count by payer.account over 24h

rule large
  "A large amount"
  when    amount > 1_000 CNY
  {effect}

rule seen_often
  "Counts what was recorded"
  when    paid_1d >= 1_000
  then    warn

rule return_large on return
  "A large return"
  when    return.amount else 0 CNY > 1_000 CNY
  then    hold
  responsible return.account
"""


def rules_of(act: str) -> rr.Rules:
    """Rules of which `large` gives one action; of an allow it is a score that no band takes up."""
    responsible = "" if act == "warn" else "\n  responsible payer.account"
    effect = "score 1" if act == "allow" else f"then {act}{responsible}"
    text = RULES.format(effect=effect).split("rule return_large")[0]
    return rr.loads(text + ("bands\n  score >= 1 then allow\n" if act == "allow" else ""), "switched.risk")


@pytest.fixture
def switch(tmp_path: Path) -> rr.KillSwitch:
    return rr.KillSwitch.new(tmp_path / "switch.json")


def thrown(switch: rr.KillSwitch, state: str, answer: str) -> None:
    if state == "rule":
        switch.kill_rule("switched", "large", because="too eager")
    elif state == "ruleset":
        switch.kill_ruleset("switched", answer, because="under repair")
    elif state == "all":
        switch.kill_all(answer, because="under attack")


def level_of(act: str) -> int:
    return n.LEVELS.index(act.split()[0])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_action_under_every_state(act: str, state: str, switch: rr.KillSwitch) -> None:
    """`decide`, `process`, `decide_many` and `record` each do what the state says, whatever the action; the decision
    says so, and what is recorded does not depend on it."""
    rules = rules_of(act)
    engine = rr.Engine(rules, switch=switch)
    thrown(switch, state, act)
    expected = {"rule": 0}.get(state, level_of(act))
    event = payment(amount="5000.00")

    decision = engine.decide(event)
    assert decision.level == expected
    assert decision.fired == (("large",) if state == "none" else ())
    said = {"none": "", "rule": "`large` is switched off", "ruleset": "for `switched`", "all": "for every ruleset"}
    assert said[state] in " ".join(decision.degraded)
    assert bool(decision.degraded) == (state != "none")
    if state in ("ruleset", "all"):
        assert decision.act == act
        assert (decision.until is not None) == (act in ("delay 24h", "hold up to 2h"))
        assert "the kill switch answers" in decision.degraded[0]
    assert decision.id == "P-1"
    assert decision.ruleset.fingerprint == rules.fingerprint
    assert json.loads(decision.to_json())["degraded"] == list(decision.degraded)

    processed = engine.process(event)
    assert (processed.level, processed.fired) == (decision.level, decision.fired)
    recorded = processed.level < n.HOLD
    assert engine.record(event) is not recorded  # once an id: what was processed is not recorded again

    flat = {"id": "P-9", "occurred_at": event["occurred_at"], "amount": "5000.00", "currency": "CNY",
            "payer.account": "6222020000001111", "payer.account.institution": "BANK-A"}  # fmt: skip
    small = {**flat, "id": "P-10", "amount": "5.00"}
    many = engine.decide_many(pl.DataFrame([flat, small]))
    rows = pl.DataFrame(many).to_dicts()
    assert [x["action"] for x in rows] == [n.LEVELS[expected], n.LEVELS[expected if state in ("ruleset", "all") else 0]]
    assert [len(x["fired"]) for x in rows] == [1 if state == "none" else 0, 0]
    assert (rows[0]["until"] is None) == (decision.until is None)
    assert said[state] in " ".join(many.degraded)

    switch.lift(None if state == "all" else "switched", "large" if state == "rule" else None)
    assert engine.decide(event).level == level_of(act)
    assert engine.decide(event).degraded == ()


def test_the_whole_and_a_rule_at_once(switch: rr.KillSwitch) -> None:
    """Each is lifted by itself; the wider one answers."""
    engine = rr.Engine(rules_of("reject"), switch=switch.path)
    switch.kill_rule("switched", "large")
    switch.kill_ruleset("switched", "verify")
    switch.kill_all("hold")
    event = payment(amount="5000.00")
    assert engine.decide(event).act == "hold"
    switch.lift()
    assert engine.decide(event).act == "verify"
    switch.lift("switched")
    assert engine.decide(event).act == "allow"
    switch.lift("switched", "large")
    assert engine.decide(event).act == "reject"
    switch.kill_ruleset("another_one", "reject")
    assert engine.decide(payment()).act == "allow"


def test_what_answers_for_all_reads_nothing(switch: rr.KillSwitch) -> None:
    """An event that would be refused gets the answer too: reading may be what is broken."""
    engine = rr.Engine(rules_of("hold up to 2h"), switch=switch)
    switch.kill_all("delay 24h")
    for event in (payment(amount="lots"), {}, None, "x", payment(occurred_at="never")):
        decision = engine.decide(event)
        assert decision.act == "delay 24h"
        assert decision.until is None or event == payment(amount="lots")
    assert engine.process({}).degraded[-1].startswith("the payment was not recorded")
    switch.lift()
    with pytest.raises(rr.PaymentError):
        engine.decide({})


def test_other_events_are_switched_too(switch: rr.KillSwitch) -> None:
    engine = rr.Engine(rr.loads(RULES.format(effect="then warn"), "r.risk"), switch=switch)
    event = {
        "id": "R-1", "occurred_at": "2026-06-15T10:00:00+08:00", "amount": "5000.00", "currency": "CNY",
        "account": {"id": "6222020000001111", "institution": "BANK-A"},
    }  # fmt: skip
    try:
        before = engine.decide(event, event="return")
    except rr.PaymentError as error:  # the sample must fit the schema, or this shows nothing
        pytest.fail(str(error))
    assert before.act == "hold"
    switch.kill_rule("switched", "return_large")
    assert engine.decide(event, event="return").act == "allow"
    switch.kill_all("reject")
    assert engine.decide(event, event="return").act == "reject"


ANOTHER = """
import sys
import riskrules as rr
engine = rr.Engine(rr.load(sys.argv[1]), switch=sys.argv[2])
engine.warm()
event = eval(sys.argv[3], {})
print("ready", flush=True)
for line in sys.stdin:
    print(engine.decide(event).act, flush=True)
"""


def test_another_process_obeys_from_its_next_decision(switch: rr.KillSwitch, tmp_path: Path) -> None:
    """No time passes between the change and the next decision of a process that was told nothing."""
    text = RULES.format(effect="then verify\n  responsible payer.account")
    rr.loads(text.split("window")[0] + "rule large" + text.split("rule large")[1].split("rule seen")[0]).save(
        tmp_path / "r.bin"
    )
    told = subprocess.Popen(
        [sys.executable, "-c", ANOTHER, str(tmp_path / "r.bin"), str(switch.path), repr(payment(amount="5000.00"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert told.stdin
    assert told.stdout

    def asked() -> str:
        assert told.stdin
        assert told.stdout
        told.stdin.write("\n")
        told.stdin.flush()
        return told.stdout.readline().strip()

    assert told.stdout.readline().strip() == "ready"
    for turn in range(50):
        assert asked() == "verify"
        switch.kill_all(ACTS[turn % 6])
        assert asked() == ACTS[turn % 6]
        switch.lift()
    told.stdin.close()
    assert told.wait(30) == 0
    told.stdout.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # later Pythons warn of threads at a fork
def test_a_forked_child_obeys(switch: rr.KillSwitch) -> None:
    engine = rr.Engine(rules_of("verify"), switch=switch)
    event = payment(amount="5000.00")
    engine.decide(event)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.read(reader, 1)
        os._exit(engine.decide(event).level)
    switch.kill_all("reject")
    os.write(writer, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == n.REJECT


def test_a_switch_that_is_damaged_or_gone_changes_nothing(
    switch: rr.KillSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last state goes on and the problem is told; what comes in its place is obeyed."""
    monkeypatch.setattr("riskrules.engine.switches.LOOK_AGAIN_S", 0.02)
    engine = rr.Engine(rules_of("verify"), switch=switch)
    event = payment(amount="5000.00")
    switch.kill_all("reject")
    assert engine.decide(event).act == "reject"
    good = switch.path.read_bytes()
    for bad in (b"", b"{}", good[:-30], good.replace(b"reject", b"allow"), b"[" * 5_000, b"x" * 2_000_000, b"\xff"):
        switch.path.write_bytes(bad)
        until(lambda: bool(switch.problem))
        assert engine.decide(event).act == "reject"
        switch.path.write_bytes(good)
        until(lambda: not switch.problem)
    # An operator whose command was ended between its two steps: the state is new, the number is not.
    halfway = SwitchState(7, Thrown(answer_of("verify"), "cut short", 1))
    switch.path.write_bytes(written(halfway))
    until(lambda: engine.decide(event).degraded[0].endswith("cut short"))
    switch.path.write_bytes(good)
    until(lambda: engine.decide(event).act == "reject")
    switch.path.unlink()
    until(lambda: "there is no kill switch" in switch.problem)
    assert engine.decide(event).act == "reject"
    rr.KillSwitch.new(switch.path)
    assert engine.decide(event).act == "verify"

    before = switch.number_path
    before.unlink()
    until(lambda: "gone" in switch.problem)
    switch.path.unlink()
    fresh = rr.KillSwitch.new(switch.path)
    until(lambda: not switch.problem)
    fresh.kill_all("hold")
    assert engine.decide(event).act == "hold"
    with pytest.raises(rr.KillSwitchError, match="no kill switch"):
        rr.Engine(rules_of("verify"), switch=switch.path.with_name("other.json"))


def until(holds: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_number_is_not_for_writing(switch: rr.KillSwitch) -> None:
    """To cut short a file that is mapped ends whoever reads it: nobody can by accident."""
    assert switch.number_path.stat().st_mode & 0o777 == 0o444
    switch.kill_all("hold")
    assert switch.number_path.stat().st_mode & 0o777 == 0o444
    assert switch.number_path.stat().st_size == 8


def test_two_operators_at_once_lose_nothing(switch: rr.KillSwitch) -> None:
    """Every change of eight writers is in the file when all are done."""
    opened = [rr.KillSwitch(switch.path) for _ in range(8)]

    def change(me: int) -> None:
        for i in range(20):
            opened[me].kill_rule("switched", f"r_{me}_{i}")

    threads = [threading.Thread(target=change, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(switch.state.rules) == 160
    assert switch.state.number == 160
    assert not [x for x in os.listdir(switch.path.parent) if "unfinished" in x]


def test_an_unknown_rule_is_told(switch: rr.KillSwitch, caplog: pytest.LogCaptureFixture) -> None:
    """A name that was mistyped switches nothing off, and does not do so in silence."""
    engine = rr.Engine(rules_of("verify"), switch=switch)
    switch.kill_rule("switched", "larger")
    with caplog.at_level(logging.WARNING, "riskrules"):
        assert engine.decide(payment(amount="5000.00")).act == "verify"
    assert "`larger`" in caplog.text


def test_what_a_switch_holds_is_bounded_and_written_exactly() -> None:
    state = SwitchState()
    for i in range(MOST_ENTRIES):
        state = state.throw("r", f"rule_{i}", Thrown(None, "why" * 60, i))
    with pytest.raises(rr.KillSwitchError, match="more than 1_000"):
        state.throw("r", "one_more", Thrown(None, "", 0))
    for act in ACTS:
        state = state.throw("q", None, Thrown(answer_of(act), "über", 1))
        state = state.throw(None, None, Thrown(answer_of(act), "", 2))
        assert read_state(written(state)) == state
    for bad in ("delay", "hold up to", "HOLD!", "delay 0s", "delay -1h", "freeze", "", "delay 99999999999999999999d"):
        with pytest.raises(rr.KillSwitchError):
            answer_of(bad)


def test_one_integer_a_decision(switch: rr.KillSwitch) -> None:
    """While nothing changes a decision compares one integer: no file is opened, no state is read."""
    engine = rr.Engine(rules_of("verify"), switch=switch)
    engine.decide(payment())
    opened = []
    switch.turned = lambda: opened.append(1)  # type: ignore[method-assign, assignment]  # whoever asks is counted
    for _ in range(100):
        engine.decide(payment())
    assert opened == []


def test_the_command(tmp_path: Path) -> None:
    """What a person sees, and the exit codes."""
    path = str(tmp_path / "s.json")

    def run(*args: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["kill", *args, "--switch", path])
        assert result.exit_code == code, result.output
        return result.output

    assert "no kill switch" in run("all", code=2)
    assert "nothing is off" in run("--new")
    assert "there already" in run("--new", code=2)
    assert "off  rule switched/large: left out" in run("switched/large", "--because", "stops salaries")
    assert "stops salaries" in run("--show")
    assert "every payment gets `delay 24h`" in run("switched", "--answer", "delay 24h")
    told = json.loads(run("all", "--json"))
    assert told["all"]["answer"] == "hold"
    assert set(told["rules"]) == {"switched/large"}
    for wrong in (("all", "--answer", "x"), ("switched/large", "--answer", "hold"), ("A B",), (), ("nobody", "--lift")):
        run(*wrong, code=2)
    assert "everything" not in run("all", "--lift")
    run("switched", "--lift")
    assert "nothing is off" in run("switched/large", "--lift")
