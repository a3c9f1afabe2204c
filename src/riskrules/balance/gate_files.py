"""The gate's answer for machines: JUnit for a build's list of tests, SARIF for the lines of a pull request.

JUnit has no standard but what its readers take: a `testsuite` with a `testcase` for each verdict and a `failure` in
those that do not hold. SARIF is 2.1.0, with what a code host asks of an upload: the rules of the tool, and for each
result a message and a place in a file of the repository. Only what is broken is a result, since hosts show every
result as a fault. Both are built by the standard library's own writers, so that no text can break out of its place.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from urllib.parse import quote
from xml.etree import ElementTree

from ..base.times import format_instant
from ..engine.shown import shown_act
from .examples import Example
from .gating import Gate, Verdict
from .saying import money

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(gate: Gate) -> str:
    """The verdicts as test cases of one suite."""
    name = f"{gate.backtest.ruleset.name} {gate.backtest.ruleset.version}"
    suite = ElementTree.Element(
        "testsuite", name=_xml(name), tests=str(len(gate.verdicts)), failures=str(len(gate.broken)), errors="0",
        skipped="0", time="0",
    )  # fmt: skip
    for verdict in gate.verdicts:
        group = _xml(f"balance.{gate.backtest.ruleset.name}")
        case = ElementTree.SubElement(suite, "testcase", classname=group, name=_xml(verdict.words), time="0")
        if verdict.holds:
            ElementTree.SubElement(case, "system-out").text = _xml(verdict.said)
        else:
            failure = ElementTree.SubElement(case, "failure", message=_xml(verdict.said), type="balance")
            failure.text = _xml("\n".join([verdict.said, *example_lines(verdict.examples, gate.backtest.currency)]))
    totals = {key: suite.get(key, "0") for key in ("tests", "failures", "errors")}
    whole = ElementTree.Element("testsuites", totals)
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode") + "\n"


def sarif(gate: Gate, ruleset_file: str, version: str) -> str:
    """What is broken as results at the lines of the ruleset's file, of which the path is told as it stands in the
    repository. `version`: of the tool."""
    rules = [
        {"id": _rule_id(v), "name": _rule_id(v), "shortDescription": {"text": v.words},
         "defaultConfiguration": {"level": "error"}}
        for v in gate.verdicts
    ]  # fmt: skip
    driver = {"name": "riskrules gate", "version": version, "rules": rules}
    results = [_result(v, place, gate, ruleset_file) for place, v in enumerate(gate.verdicts) if not v.holds]
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _result(verdict: Verdict, place: int, gate: Gate, file: str) -> dict[str, object]:
    lines = [f"{verdict.words}: {verdict.said}", *example_lines(verdict.examples, gate.backtest.currency)]
    where = {"artifactLocation": {"uri": quote(PurePath(file).as_posix())}, "region": {"startLine": verdict.line or 1}}
    return {
        "ruleId": _rule_id(verdict),
        "ruleIndex": place,
        "kind": "fail",
        "level": "error",
        "message": {"text": "\n".join(lines)},
        "locations": [{"physicalLocation": where}],
        "partialFingerprints": {"balance/v1": _rule_id(verdict)},
    }


def example_lines(examples: tuple[Example, ...], currency: str) -> list[str]:
    """A line for each payment: when, how much, from which action to which, and why."""
    return [example_line(e, currency) for e in examples]


def example_line(e: Example, currency: str) -> str:
    """`P17  2026-06-15T04:00:00Z  120.00 EUR  fraud  hold, was allow  now large_amount`."""
    amount = "-" if e.amount_minor is None else money(e.amount_minor, currency)
    moved = "" if e.action_before is None else f", was {shown_act(e.action_before)}"
    kind = "fraud" if e.fraud else "honest"
    return f"{e.id}  {format_instant(e.occurred_at_us)}  {amount}  {kind}  {shown_act(e.action)}{moved}  {e.because}"


def _rule_id(verdict: Verdict) -> str:
    return re.sub(r"[^a-z0-9]+", "-", verdict.name.lower()).strip("-")


def _xml(text: str) -> str:
    """Without the characters that no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)
