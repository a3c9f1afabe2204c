"""What the operator's page says of parts that are down, where no other test shows it; and that its tests are there."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import riskrules as rr
from riskrules.cli.main import main
from riskrules.state.plan import Plan
from riskrules.state.store import Answers, Happened, Moment

from .samples import payment
from .sources import MIRRORS, TEXT, MemorySource, now_us, release, rules_of

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "operating.md"
WINDOW = "window paid_1d = sum amount by payer.account over 24h"


class Down:
    """A store that cannot be reached."""

    def bind(self, plan: Plan) -> Down:
        self.readings = len(plan.readings)
        return self

    def read(self, moment: Moment) -> Answers:
        return Answers([None] * self.readings, tuple(range(self.readings)), "the store did not answer")

    def record(self, happened: Happened) -> bool:
        raise rr.WindowStoreError("the store did not answer")


def test_a_store_that_is_down() -> None:
    """A condition takes its `else`, the decision says so, and nothing is recorded in silence."""
    read = ("amount > 1001 CNY", "paid_1d else 0 CNY > 1_000 CNY")
    try:
        rules = rules_of(1, more=WINDOW, replaced=read)
    except rr.RulesetError:  # of nothing a sum is zero, so it needs no default
        rules = rules_of(1, more=WINDOW, replaced=(read[0], "paid_1d > 1_000 CNY"))
    engine = rr.Engine(rules, lists={"involved": []}, windows=Down())
    decision = engine.decide(payment())
    assert decision.act == "allow"
    assert "`paid_1d` was not available: the store did not answer" in decision.degraded[0]
    with pytest.raises(rr.WindowStoreError):
        engine.record(payment())
    assert "the payment was not recorded" in engine.process(payment()).degraded[-1]


def test_a_state_that_is_lost(tmp_path: Path) -> None:
    """Without what was kept, an engine begins with what the source says, also when that is older."""
    source = MemorySource(release(1))
    source.put(release(2))
    first = rr.Engine.following(source, state=tmp_path)
    assert first.followed
    first.followed.stop()
    older = MemorySource(release(1))
    MIRRORS.clear()
    again = rr.Engine.following(older, state=tmp_path)
    assert again.followed
    again.followed.stop()
    assert again.rules.version == "2026.1"


def test_a_clock_that_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Decisions go by the payment's own time; what begins later begins when the machine says so."""
    engine = rr.Engine(rules_of(1), lists={"involved": []})
    before = engine.decide(payment(amount="5000.00")).to_dict()
    ahead = now_us() + 3_600_000_000
    source = MemorySource(release(1, 0, ahead), release(2, ahead))
    real = time.time_ns
    with monkeypatch.context() as wrong:
        wrong.setattr("riskrules.engine.following.time.time_ns", lambda: real() + 7_200_000_000_000)
        assert engine.decide(payment(amount="5000.00")).to_dict() == before
        early = rr.Engine.following(source, state=tmp_path)
        assert early.followed
        early.followed.stop()
        assert early.rules.version == "2026.2"


def test_the_page_is_true_of_the_tests() -> None:
    """Every test that the page names is there, by its file and its name."""
    named = re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)(?:::(\w+))?`", PAGE.read_text("utf-8"))
    assert len(named) > 20
    for file, name in named:
        place = ROOT / file if file.startswith("tests/") else Path(__file__).parent / file
        assert place.exists(), file
        assert not name or f"def {name}(" in place.read_text("utf-8"), name


def test_the_page_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway that the page shows starts and decides, and so do its commands."""
    page = PAGE.read_text("utf-8")
    block = re.search(r"In the file `gateway\.py`:\n\n```python\n(.*?)```", page, re.DOTALL)
    assert block
    monkeypatch.chdir(tmp_path)
    Path("gateway.py").write_text(block[1], "utf-8")
    Path("v1.risk").write_text(TEXT.format(version=1, limit=1_000, more=""), "utf-8")
    registry = rr.Registry("registry", trust=rr.UNSIGNED)
    registry.publish("v1.risk", lists={"involved": []})
    registry.activate("followed", "2026.1")

    commands = re.findall(r"^riskrules (kill [^#\n]*)", page, re.MULTILINE)
    assert len(commands) == 6
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == 0, (command, shown.output)
    assert "ruleset followed: every payment gets `hold up to 2h`" in shown.output
    done = subprocess.run([sys.executable, "gateway.py"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "hold up to 2h 2026.1 registry reached", done.stderr
