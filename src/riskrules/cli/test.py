"""`riskrules test`: the tests that stand beside the rules, run; each failure with the reasons of its decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from . import findings
from .check import check_files
from .exits import FINDINGS, FINE, NO_TESTS, USAGE
from .reasons import drawn
from .terminal import plain, say, show, tinted

if TYPE_CHECKING:
    from ..checker.ruleset import Checked
    from ..engine.inline_tests import TestResult


@dataclass(frozen=True)
class Tested:
    """One file and its results; none where the file has errors."""

    checked: Checked
    results: tuple[TestResult, ...]

    @property
    def failed(self) -> int:
        return sum(not r.passed for r in self.results)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def test(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Run the tests that stand in rule files.

    Exit code 1 when a test fails or a file has errors, 5 when there is no test at all.

    With --json: {"files": [{"file", "ruleset", "errors", "tests": [{"name", "of", "line", "passed", "failures",
    "decision"}]}], "passed", "failed"}. The "decision" is there where a test failed.
    """
    checked, unread = check_files(files)
    tested = [_run(c) for c in checked]
    total, failed = sum(len(t.results) for t in tested), sum(t.failed for t in tested)
    broken = any(t.checked.errors for t in tested)
    if as_json:
        described = [_described(t) for t in tested]
        say(json.dumps({"files": described, "passed": total - failed, "failed": failed}, ensure_ascii=False))
    else:
        for t in tested:
            _tell(t)
    ctx.exit(USAGE if unread else FINDINGS if failed or broken else FINE if total else NO_TESTS)


def _run(checked: Checked) -> Tested:
    made = checked.ruleset
    if made is None or not any(x.tests for x in (made, *made.others)):
        return Tested(checked, ())
    from ..engine.inline_tests import run_tests
    from ..engine.rules import Rules

    return Tested(checked, tuple(run_tests(Rules(made))))


def _tell(t: Tested) -> None:
    name = plain(t.checked.source.name)
    if t.checked.errors:
        findings.show(t.checked.errors)
        say(f"{name}: {tinted(findings.counted(len(t.checked.errors), 'error'), 'error')}, so no test was run")
        return
    for result in t.results:
        if not result.passed:
            _tell_failure(name, result)
    passed = len(t.results) - t.failed
    counts = [tinted(f"{t.failed:_} failed", "error")] if t.failed else []
    counts += [tinted(f"{passed:_} passed", "good")] if passed else []
    say(f"{name}: {', '.join(counts) or tinted('no tests', 'warning')}")


def _tell_failure(name: str, result: TestResult) -> None:
    from rich.padding import Padding

    place = tinted(f"{name}:{result.line}", "place")
    say(f"{tinted('failed', 'error')}: {plain(result.of)}, {tinted(chr(34) + plain(result.name) + chr(34), 'strong')}")
    say(f"  {place}")
    for failure in result.failures:
        say(f"  {plain(failure)}")
    why = result.decision.why(result.of) if not result.decision.fired else result.decision.why()
    show(Padding(drawn(result.decision, why), (1, 0, 1, 4)))


def _described(t: Tested) -> dict[str, object]:
    tests: list[dict[str, object]] = []
    for r in t.results:
        tests.append({"name": r.name, "of": r.of, "line": r.line, "passed": r.passed, "failures": list(r.failures)})
        if not r.passed:
            tests[-1]["decision"] = r.decision.to_dict()
    made = t.checked.ruleset
    return {
        "file": t.checked.source.name,
        "ruleset": made and {"name": made.name, "version": made.version},
        "errors": [d.to_json() for d in t.checked.errors],
        "tests": tests,
    }
