"""Tuned params: the share of honest payments holds, more is caught, only literals change, and what is found is what the
engine then does; what comes after the search is not looked at."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_frauds import TUNABLE, Mask, fraud_of, history, inside, relabelled

from riskrules.balance.curve import CurvePoint, Outcome, drawn, exact_sum, frontier, outcome_of
from riskrules.balance.tuning import NothingToTune, Tuned, tune
from riskrules.balance.tuning_values import round_values, written
from riskrules.checker.ruleset import check_text
from riskrules.cli.main import main
from riskrules.engine.engine import Engine
from riskrules.engine.rules import loads
from riskrules.schema.kinds import COUNT, DURATION, RATIO, Kind

AT_MOST = Fraction(1, 100)
STOPS = ("delay", "hold", "reject")


@pytest.fixture(scope="module")
def table() -> pyarrow.Table:
    return history()


@pytest.fixture(scope="module")
def found(table: pyarrow.Table) -> Tuned:
    return tune(TUNABLE, table, "fraud", stop_at_most=AT_MOST)


def decided(text: str, table: pyarrow.Table, rows: Mask) -> Outcome:
    """What the engine does with the text."""
    actions = pyarrow.table(Engine(loads(text)).decide_many(table)).column("action").to_pylist()
    stopped = np.array([a.split()[0] in STOPS for a in actions])
    cents = np.array([int(a.replace(".", "")) for a in table.column("amount").to_pylist()], np.int64)
    return outcome_of(stopped[rows], fraud_of(table)[rows], cents[rows])


def test_more_is_caught_and_no_more_stopped_than_allowed(found: Tuned) -> None:
    """In training the share holds and more is caught than before; in the later time it is caught too."""
    assert found.after.friction <= AT_MOST
    assert found.after.worth > found.before.worth
    assert found.report_after is not None and found.report_before is not None
    assert found.report_after.caught_share > Fraction(3, 4) > found.report_before.caught_share


def test_what_is_found_is_what_the_engine_does(found: Tuned, table: pyarrow.Table) -> None:
    """Before and after, in both times, by another way: the whole history, replayed and decided."""
    training, report = found.spans.training, found.spans.report
    for text, ours, later in (
        (TUNABLE, found.before, found.report_before),
        (found.text, found.after, found.report_after),
    ):
        assert decided(text, table, inside(table, training.from_us, training.until_us)) == ours
        assert decided(text, table, inside(table, report.from_us, report.until_us)) == later


def test_every_setting_of_the_curve_does_what_it_says(found: Tuned, table: pyarrow.Table) -> None:
    """The text with the values that a point names is decided as the point says."""
    rows = inside(table, found.spans.training.from_us, found.spans.training.until_us)
    for point in found.curve:
        text = TUNABLE
        for name, value in (x.split(" = ") for x in point.name.split(", ")):
            text = re.sub(rf"(param +{name} +=) .*? tune", rf"\1 {value} tune", text)
        assert decided(text, table, rows) == point.outcome


def test_only_literals_change(found: Tuned) -> None:
    """Put back, they give the old text; nothing else differs, and each value lies between the ends of its `tune`."""
    back = found.text
    for change in found.changes:
        back = re.sub(rf"(param +{change.name} +=) {re.escape(change.after)} ", rf"\1 {change.before} ", back)
    assert found.changes and back == TUNABLE
    assert check_text(found.text, "tuned.risk").ruleset is not None
    assert "fixed" not in {c.name for c in found.changes}
    assert all(line[0] in " +-@" for line in found.diff(TUNABLE, "tunable.risk").splitlines())
    assert found.diff(TUNABLE, "tunable.risk").count("\n+param") == len(found.changes)


def test_what_cannot_help_is_left_alone(found: Tuned) -> None:
    """A param of a rule that only asks moves nothing that is stopped, so it stays."""
    assert "alert" not in {c.name for c in found.changes}


def test_what_comes_later_is_not_looked_at(found: Tuned, table: pyarrow.Table) -> None:
    """Other labels after the search change what is reported, and no value."""
    other = tune(
        TUNABLE, relabelled(table, inside(table, found.spans.training.until_us, None)), "fraud", stop_at_most=AT_MOST
    )
    assert other.text == found.text
    assert other.report_after != found.report_after


def test_the_search_is_bounded(table: pyarrow.Table) -> None:
    """It tries no more settings than allowed, says that it was not through, and still keeps the share."""
    short = tune(TUNABLE, table, "fraud", stop_at_most=AT_MOST, most_evaluations=7)
    assert short.evaluations <= 7
    assert not short.in_time
    assert short.after.friction <= AT_MOST


@pytest.mark.parametrize(
    ("change", "share", "said"),
    [
        ((r" tune from .*", ""), AT_MOST, "no param may be tuned"),
        ((r"= (\S+( EUR)?) tune", r"= \1 until 2026-01-31, \1 from 2026-02-01 tune"), AT_MOST, "for several times"),
        (("times   = 8 tune from 1 to 12", "times = 1 tune from 0 to 1"), Fraction(0), "no values of these params"),
    ],
)
def test_what_cannot_be_tuned_is_said(
    table: pyarrow.Table, change: tuple[str, str], share: Fraction, said: str
) -> None:
    """Without a `tune`, with values that hang on the day alone, and where nothing keeps the share."""
    with pytest.raises(NothingToTune, match=said):
        tune(re.sub(*change, TUNABLE), table, "fraud", stop_at_most=share)


EUR = Kind("money", currency="EUR")


@settings(max_examples=40, deadline=None)  # a whole file is checked each time
@given(st.sampled_from([COUNT, RATIO, EUR, DURATION]), st.integers(0, 10**7), st.integers(1, 10**7))
def test_round_values_lie_between_their_ends(kind: Kind, low: int, more: int) -> None:
    """They rise from one end to the other, are some tens, and are read back as they are written."""
    scale = Fraction(1, 1_000) if kind == RATIO else Fraction(1_000_000) if kind == DURATION else Fraction(1)
    ends = low * scale, (low + more) * scale
    values = round_values(kind, *ends)
    assert values == sorted(set(values))
    assert (values[0], values[-1]) == ends
    assert len(values) <= 400
    text = f"ruleset r version 2026.1\n  currency EUR\n\nparam p = {written(values[len(values) // 2], kind)} tune from "
    text += f"{written(values[0], kind)} to {written(values[-1], kind)}\n"
    checked = check_text(text, "r.risk")
    assert [str(d) for d in checked.errors] == []
    (param,) = checked.params
    assert Fraction(param.values[0].value, 10 ** param.values[0].digits) == values[len(values) // 2]


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**62), max_size=40))
def test_a_sum_of_money_never_wraps(amounts: list[int]) -> None:
    assert exact_sum(np.array(amounts, np.int64)) == sum(amounts)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_the_curve_keeps_what_no_other_point_beats(counts: list[tuple[int, int, int]]) -> None:
    """A point is on it if and only if none stops as few honest payments and catches as much, or more."""
    points = [CurvePoint(str(i), Outcome(9, h, 9, c, 9, m)) for i, (h, c, m) in enumerate(counts)]
    kept = frontier(points)
    for point in points:
        h, w = point.outcome.honest_stopped, point.outcome.worth
        beaten = any(o.honest_stopped <= h and o.worth >= w and (o.honest_stopped, o.worth) != (h, w)
                     for o in (p.outcome for p in points))  # fmt: skip
        on_it = any((p.outcome.honest_stopped, p.outcome.worth) == (h, w) for p in kept)
        assert on_it != beaten
    assert len(drawn(kept)) == (len(kept) + 1 if kept else 0)


def test_the_command_writes_the_new_version(tmp_path: Path, table: pyarrow.Table) -> None:
    """The file, the difference and the figures by the command; slips end with a sentence."""
    rules, past, out = tmp_path / "tunable.risk", tmp_path / "past.csv", tmp_path / "tuned.risk"
    rules.write_text(TUNABLE, "utf-8")
    times = [t.isoformat() for t in table.column("occurred_at").to_pylist()]
    pyarrow.csv.write_csv(table.set_column(1, "occurred_at", pyarrow.array(times)), past)
    asked = ["tune", str(rules), str(past), "--stop-at-most", "1%", "--out", str(out)]
    done = CliRunner().invoke(main, [*asked, "--label", "fraud", "--most-evaluations", "60"])
    assert done.exit_code == 0, done.output
    assert "+param  times" in done.output and "honest stopped" in done.output
    assert out.read_text("utf-8") != TUNABLE
    done = CliRunner().invoke(main, [*asked, "--label", "fraud", "--most-evaluations", "30", "--json"])
    assert {"changes", "searched", "later", "curve"} <= json.loads(done.output).keys()
    for arguments, said in (
        (asked, "--label"),
        ([*asked, "--label", "nothing"], "no column `nothing`"),
        ([*asked, "--label", "fraud", "--report-from", "2026-01-05"], "lies in the time that is searched"),
        ([*asked, "--label", "fraud", "--from", "2027-01-01"], "2027-01-01"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2 and said in done.output, done.output
