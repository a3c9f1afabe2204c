"""Proposed rules: what is planted is found, within what may be stopped; the draft holds, and its figures are the
engine's; what comes after the search is not looked at."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from click.testing import CliRunner
from planted_frauds import BASE, Mask, fraud_of, history, inside, relabelled

from riskrules.balance.curve import Outcome
from riskrules.balance.labels import LabelError
from riskrules.balance.suggesting_history import NothingFound, Suggested, suggest
from riskrules.base.diagnostics import RulesetError
from riskrules.checker.ruleset import check_text
from riskrules.cli.main import main
from riskrules.engine.engine import Engine
from riskrules.engine.inline_tests import run_tests
from riskrules.engine.rules import loads
from riskrules.syntax.format import format_text

AT_MOST = Fraction(1, 100)
STOPS = ("delay", "hold", "reject")


@pytest.fixture(scope="module")
def table() -> pyarrow.Table:
    return history()


@pytest.fixture(scope="module")
def found(table: pyarrow.Table) -> Suggested:
    return suggest(BASE, table, "fraud", stop_at_most=AT_MOST)


def counted(stopped: Mask, table: pyarrow.Table, rows: Mask) -> Outcome:
    """A second count, in Python's own numbers."""
    fraud = fraud_of(table)
    cents = [int(a.replace(".", "")) for a in table.column("amount").to_pylist()]
    return Outcome(
        honest=int((rows & ~fraud).sum()),
        honest_stopped=int((rows & ~fraud & stopped).sum()),
        fraud=int((rows & fraud).sum()),
        caught=int((rows & fraud & stopped).sum()),
        fraud_minor=sum(c for c, r, f in zip(cents, rows, fraud, strict=True) if r and f),
        caught_minor=sum(c for c, r, f, s in zip(cents, rows, fraud, stopped, strict=True) if r and f and s),
    )


def test_what_is_planted_is_found(found: Suggested) -> None:
    """A multiple of the account's own mean is proposed, and it catches what no amount by itself could."""
    assert any("mean_30d" in s.words(level) and s.right for r in found.rules for s, level in r.conditions)
    assert found.later is not None
    assert found.later.caught_share > Fraction(3, 4)
    assert found.later.friction <= 2 * AT_MOST


def test_the_draft_holds(found: Suggested) -> None:
    """It checks without a finding, is laid out, passes its own tests, and every rule says that nobody has read it."""
    checked = check_text(found.text, "draft.risk")
    assert [str(d) for d in checked.diagnostics] == []
    assert format_text(found.text, "draft.risk") == found.text
    results = run_tests(loads(found.text))
    assert results and all(r.passed for r in results)
    rules = checked.or_raise().rules
    assert len(rules) == len(found.rules)
    assert all("read and signed by nobody yet" in r.text for r in rules)
    assert "nothing applies" in found.text


def test_every_limit_has_tests_on_both_sides(found: Suggested) -> None:
    """Of each rule with a number in it, one test fires and one does not."""
    fires: dict[str, set[bool]] = {r.name: set() for r in found.rules}
    for result in run_tests(loads(found.text)):
        fires[result.of].add(result.of in result.decision.fired)
    assert {name for name, seen in fires.items() if seen != {True, False}} == set()


def test_the_figures_are_the_engines(found: Suggested, table: pyarrow.Table) -> None:
    """Each figure equals a second count of what `Engine.decide_many` decides, in the text as well."""
    decided = pyarrow.table(Engine(loads(found.text)).decide_many(table))
    stopped = np.array([a.split()[0] in STOPS for a in decided.column("action").to_pylist()])
    fired = decided.column("fired").to_pylist()
    searched = inside(table, found.spans.training.from_us, found.spans.training.until_us)
    later = inside(table, found.spans.report.from_us, found.spans.report.until_us)
    assert counted(stopped, table, searched) == found.found
    assert counted(stopped, table, later) == found.later
    for rule in found.rules:
        own = np.array([rule.name in names for names in fired])
        told = found.told[rule.name]
        assert counted(own, table, searched) == told.found
        assert counted(own, table, later) == told.later
        alone = np.array([names == [rule.name] for names in fired])
        assert told.alone is not None and counted(alone, table, searched).caught == told.alone.caught
        said = f"# searched: fired {told.found.stopped:_}, fraud {told.found.caught:_} "
        assert said in found.text.split(f"rule {rule.name}\n")[0].rsplit("\n\n", 1)[-1]


def test_no_more_is_stopped_than_is_allowed(found: Suggested) -> None:
    """In the time that is searched the share of honest payments holds; and a smaller share stops fewer."""
    assert found.found.friction <= AT_MOST
    assert all(p.outcome.honest > 0 for p in found.curve)


def test_the_curve_only_rises(found: Suggested) -> None:
    """Each of its points stops more honest payments than the one before and catches more."""
    honest = [p.outcome.honest_stopped for p in found.curve]
    worth = [p.outcome.worth for p in found.curve]
    assert honest == sorted(set(honest)) and worth == sorted(set(worth))


def test_the_same_seed_proposes_the_same(found: Suggested, table: pyarrow.Table) -> None:
    assert suggest(BASE, table, "fraud", stop_at_most=AT_MOST).text == found.text


def test_what_comes_later_is_not_looked_at(found: Suggested, table: pyarrow.Table) -> None:
    """Other labels after the search leave the rules as they are; other labels in it do not."""
    later = inside(table, found.spans.training.until_us, None)
    other = suggest(BASE, relabelled(table, later), "fraud", stop_at_most=AT_MOST)
    assert [r.when() for r in other.rules] == [r.when() for r in found.rules]
    assert other.later != found.later
    with pytest.raises(NothingFound):
        suggest(BASE, relabelled(table, ~later & fraud_of(table) & (np.arange(len(later)) % 9 > 0)), "fraud",
                stop_at_most=Fraction(0))  # fmt: skip


def test_rules_and_conditions_are_bounded(table: pyarrow.Table) -> None:
    """No more rules, and no more conditions in each, than were asked for."""
    few = suggest(BASE, table, "fraud", stop_at_most=AT_MOST, most_rules=1, most_conditions=1)
    assert [len(r.conditions) for r in few.rules] == [1]


def test_limits_are_round(found: Suggested) -> None:
    """No number in a rule has more than three digits that matter."""
    for rule in found.rules:
        for step, level in rule.conditions:
            numbers = re.findall(r"\d[\d_.]*", step.words(level).split(" ", 1)[1])
            digits = [x.replace("_", "").replace(".", "").strip("0") for x in numbers[:1]]
            assert all(len(d) <= 3 for d in digits)


@pytest.mark.parametrize(
    ("labels", "said"),
    [("absent", "no column `absent`"), ("all honest", "are honest"), ("empty", "is empty"), ("a number", "neither")],
)
def test_a_label_that_says_nothing_is_refused(labels: str, said: str) -> None:
    """A column that is absent, all one value, empty somewhere or no answer ends with a sentence."""
    table = history(payments=300)
    columns = {"all honest": [False] * 300, "empty": [None] + [True] * 299, "a number": [0.5] + [1.0] * 299}
    if labels in columns:
        table = table.set_column(table.column_names.index("fraud"), "fraud", pyarrow.array(columns[labels]))
    with pytest.raises(LabelError, match=said):
        suggest(BASE, table, "absent" if labels == "absent" else "fraud", stop_at_most=AT_MOST)


def test_a_base_that_does_not_check_is_refused(table: pyarrow.Table) -> None:
    with pytest.raises(RulesetError):
        suggest(BASE.replace("over 30d", "over 30 parsecs"), table, "fraud", stop_at_most=AT_MOST)


def test_the_command_writes_a_draft(tmp_path: Path, table: pyarrow.Table) -> None:
    """Draft and figures by the command; what it may not overwrite and what is no share end with a sentence."""
    base, past, out = tmp_path / "base.risk", tmp_path / "past.csv", tmp_path / "new_rules.risk"
    base.write_text(BASE, "utf-8")
    times = [t.isoformat() for t in table.column("occurred_at").to_pylist()]
    pyarrow.csv.write_csv(table.set_column(1, "occurred_at", pyarrow.array(times)), past)
    asked = ["suggest", str(past), "--ruleset", str(base), "--label", "fraud"]
    done = CliRunner().invoke(main, [*asked, "--stop-at-most", "1%", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert loads(out.read_text("utf-8")).name == "new_rules"
    assert [r["name"] for r in told["rules"]] == [f"proposal_{i}" for i in range(1, len(told["rules"]) + 1)]
    for arguments, said in (
        ([*asked, "--stop-at-most", "lots", "--out", str(out)], "takes a share"),
        ([*asked, "--stop-at-most", "1%", "--out", str(base)], "would overwrite"),
        ([*asked, "--stop-at-most", "1%", "--out", str(out), "--from", "soon"], "is written 2026-01-31"),
        (["suggest", str(past), "--ruleset", str(base), "--stop-at-most", "1%", "--out", str(out)], "--label"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2 and said in done.output, done.output
