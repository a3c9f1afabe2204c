"""A counterexample's tests, pasted into the ruleset and run, as its author would."""

from __future__ import annotations

from riskrules.balance.laws import Counterexample
from riskrules.engine.inline_tests import TestResult, run_tests
from riskrules.engine.rules import Rules, loads


def pasted(text: str, found: Counterexample) -> str:
    """The text with the tests at the end of the rule that they belong to."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line.split()[:2] == ["rule", found.of])
    end = next((i for i in range(start + 1, len(lines)) if lines[i][:1] not in ("", " ")), len(lines))
    return "\n".join([*lines[:end], *found.tests, "", *lines[end:]])


def results(rules: Rules, text: str, found: Counterexample) -> list[TestResult]:
    """The results of the pasted tests alone."""
    ran = run_tests(loads(pasted(text, found), models=rules.models))
    return [r for r in ran if f'test "{r.name}"' in "\n".join(found.tests)]


def is_as_said(rules: Rules, text: str, found: Counterexample, *, passes: bool) -> None:
    """The pasted tests are the payments that were found, and pass, or fail, as they should."""
    ran = results(rules, text, found)
    assert len(ran) == len(found.tests)
    assert [r.passed for r in ran] == [passes] * len(ran), (found, ran)
    for result, values in zip(ran, found.values, strict=True):
        read = {i.name for i in rules.meaning.inputs}
        decided = {k: v for k, v in result.decision.facts.values.items() if k in read}
        assert decided == {k: v for k, v in values.items() if k in read}
