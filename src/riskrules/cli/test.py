"""`riskrules test`: the tests that stand beside the rules, run, and the laws, tried.

Each test that fails comes with the reasons of its decision, each law that is broken with the payment that breaks it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from . import findings
from .check import check_files
from .exits import FINDINGS, FINE, NO_TESTS, USAGE
from .laws_told import laws_counted, tell_laws
from .reasons import drawn
from .terminal import plain, say, show, tinted

if TYPE_CHECKING:
    from ..balance.laws import LawResult
    from ..checker.ruleset import Checked
    from ..engine.inline_tests import TestResult


@dataclass(frozen=True)
class Tested:
    """One file and its results; none where the file has errors."""

    checked: Checked
    results: tuple[TestResult, ...]
    laws: tuple[LawResult, ...] = ()

    @property
    def failed(self) -> int:
        return sum(not r.passed for r in self.results)

    @property
    def broken(self) -> int:
        return sum(not law.passed for law in self.laws)

    @property
    def promised(self) -> bool:
        """Whether its author wrote anything that can be tried."""
        return bool(self.results) or any(law.line for law in self.laws)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--examples",
    type=click.IntRange(0, 10_000_000),
    default=2_000,
    show_default=True,
    help="Payments that each law is tried on; 0 tries none.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Other payments, the same for the same seed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def test(ctx: click.Context, files: tuple[str, ...], examples: int, seed: int, as_json: bool) -> None:
    """Run the tests that stand in rule files, and try their laws.

    A law is tried on thousands of made-up payments near what the rules compare with. One that is broken comes with the
    smallest payment that breaks it, as a test to paste.

    Exit code 1 when a test fails, a law is broken or a file has errors, 5 when there is neither a test nor a law.

    With --json: {"files": [{"file", "ruleset", "errors", "tests": [{"name", "of", "line", "passed", "failures",
    "decision"}], "laws": [{"name", "line", "words", "tried", "met", "holds", "warning", "counterexample": {"says",
    "beside", "fields", "tests"}}]}], "passed", "failed", "broken"}. The "decision" is there where a test failed, the
    "counterexample" where a law is broken; "line" is null for a law that every ruleset has, and "holds" for one that
    was never put to the test. "passed" and "failed" count tests, "broken" laws.
    """
    checked, unread = check_files(files)
    tested = [_run(c, examples, seed) for c in checked]
    total, failed = sum(len(t.results) for t in tested), sum(t.failed for t in tested)
    broken = sum(t.broken for t in tested)
    if as_json:
        counts = {"passed": total - failed, "failed": failed, "broken": broken}
        say(json.dumps({"files": [_described(t) for t in tested], **counts}, ensure_ascii=False))
    else:
        for t in tested:
            _tell(t)
    found = failed or broken or any(t.checked.errors for t in tested)
    ctx.exit(USAGE if unread else FINDINGS if found else FINE if any(t.promised for t in tested) else NO_TESTS)


def _run(checked: Checked, examples: int, seed: int) -> Tested:
    made = checked.ruleset
    if made is None:
        return Tested(checked, ())
    from ..engine.inline_tests import run_tests
    from ..engine.rules import Rules

    rules = Rules(made, promises=checked.promises)
    results = tuple(run_tests(rules)) if any(x.tests for x in (made, *made.others)) else ()
    if not examples:
        return Tested(checked, results)
    from ..balance.laws import try_laws

    return Tested(checked, results, tuple(try_laws(rules, examples=examples, seed=seed)))


def _tell(t: Tested) -> None:
    name = plain(t.checked.source.name)
    if t.checked.errors:
        findings.show(t.checked.errors)
        say(f"{name}: {tinted(findings.counted(len(t.checked.errors), 'error'), 'error')}, so no test was run")
        return
    for result in t.results:
        if not result.passed:
            _tell_failure(name, result)
    tell_laws(name, t.laws)
    passed = len(t.results) - t.failed
    counts = [tinted(f"{t.failed:_} failed", "error")] if t.failed else []
    counts += [tinted(f"{passed:_} passed", "good")] if passed else []
    counts = counts or [tinted("no tests", "warning")]
    say(f"{name}: {', '.join([*counts, *laws_counted(t.laws)])}")


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
    from ..balance.laws_text import described

    return {
        "file": t.checked.source.name,
        "ruleset": made and {"name": made.name, "version": made.version},
        "errors": [d.to_json() for d in t.checked.errors],
        "tests": tests,
        "laws": [described(law) for law in t.laws],
    }
