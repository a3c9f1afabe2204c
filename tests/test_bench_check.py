"""The laws of `make bench-check`: what has become slower fails and is named, and noise does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

CHECK = Path(__file__).resolve().parent.parent / "benchmarks" / "check.py"


def row(question: str, what: str, value: float, better: str, reached: bool = True) -> dict[str, Any]:
    return {"question": question, "what": what, "value": value, "better": better, "reached": reached}


BASELINE = [
    row("one payment", "x pydantic", 0.8, "less"),
    row("a table", "x the best peer's rate", 5.0, "more"),
    row("a new process", "s", 1.2, "less"),
    row("a start", "s", 9.0, "less", reached=False),
]


def written(path: Path, rows: list[dict[str, Any]], quick: bool = False) -> str:
    path.write_text(json.dumps({"quick": quick, "machine": {}, "rows": rows}), "utf-8")
    return str(path)


def checked(folder: Path, now: list[dict[str, Any]], *more: str, quick: bool = False) -> tuple[int, str]:
    """Exit code and what was printed, of these lines beside the baseline."""
    before, after = folder / "baseline.json", written(folder / "now.json", now, quick)
    if not before.exists():
        written(before, BASELINE)
    command = [sys.executable, str(CHECK), "--measured", after, "--baseline", str(before), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def changed(place: int, **what: object) -> list[dict[str, Any]]:
    return [{**line, **what} if i == place else line for i, line in enumerate(BASELINE)]


def test_what_is_the_same_passes(tmp_path: Path) -> None:
    """A baseline is no worse than itself."""
    code, said = checked(tmp_path, BASELINE)
    assert code == 0, said
    assert "none of 4" in said


@pytest.mark.parametrize(
    ("place", "slower", "by"),
    [(0, 0.8 * 1.25, "25%"), (0, 1.6, "100%"), (1, 5.0 / 1.25, "25%"), (1, 1.0, "400%")],
)
def test_a_slower_ratio_fails_by_name(tmp_path: Path, place: int, slower: float, by: str) -> None:
    """A ratio worse by more than a fifth fails whichever way is better, and it is said which and by how much."""
    code, said = checked(tmp_path, changed(place, value=slower))
    assert code == 1
    assert said.count("\n") == 1
    assert BASELINE[place]["question"] in said
    assert f"worse by {by}" in said


@pytest.mark.parametrize(
    ("place", "value"), [(0, 0.8 * 1.19), (0, 0.1), (1, 5.0 / 1.19), (1, 50.0), (2, 1.4), (3, 20.0)]
)
def test_noise_and_gains_pass(tmp_path: Path, place: int, value: float) -> None:
    """Within a fifth nothing is said, nor about what is faster, nor about seconds of another machine."""
    assert checked(tmp_path, changed(place, value=value))[0] == 0


def test_seconds_that_are_no_longer_reached_fail(tmp_path: Path) -> None:
    """A bound in seconds that held before must go on holding; one that did not hold is not asked for."""
    code, said = checked(tmp_path, changed(2, value=1.6, reached=False))
    assert code == 1
    assert "a new process" in said


def test_a_planted_slowdown_is_measured_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the stopwatch to the exit code: a contestant that does three times the work is seen to, and the line that
    the benchmarks make of it is one that the table can show."""
    monkeypatch.syspath_prepend(str(CHECK.parent))
    timing, run = import_module("timing"), import_module("run")

    def measured(work: int) -> dict[str, Any]:
        def call(n: int) -> Callable[[int], object]:
            return lambda _: sum(range(n))

        timed = timing.in_turn({"ours": (call(work), 20), "theirs": (call(20_000), 20)}, 5)
        made: dict[str, Any] = timing.ratio_row(
            "planted", "x theirs", timed.ratios("ours", "theirs"), 9, "less"
        ).to_json()
        return made

    written(tmp_path / "baseline.json", [measured(20_000)])
    slowed = measured(60_000)
    code, said = checked(tmp_path, [slowed])
    assert code == 1
    assert "planted: x theirs: worse by" in said
    assert "x theirs" in run.table([run.Line("planted", slowed)])


def test_what_was_not_measured_fails(tmp_path: Path) -> None:
    """A benchmark cannot pass by being left out."""
    code, said = checked(tmp_path, BASELINE[1:])
    assert code == 1
    assert "one payment: x pydantic: was not measured" in said


def test_a_smoke_run_is_not_compared(tmp_path: Path) -> None:
    """Small sizes have ratios of their own."""
    assert checked(tmp_path, BASELINE, quick=True)[0] == 2


def test_a_new_baseline_is_what_was_measured(tmp_path: Path) -> None:
    """After `--write` the slower run is the measure."""
    slower = changed(0, value=1.6)
    assert checked(tmp_path, slower)[0] == 1
    assert checked(tmp_path, slower, "--write")[0] == 0
    assert checked(tmp_path, slower)[0] == 0
