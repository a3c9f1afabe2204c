"""`riskrules gate`: may this version go live? Exit code 1 and the reason when it may not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .backtest_options import Asked, check_outputs, history_options, measured, ready_rules, write_text
from .exits import FINDINGS, FINE, Stop
from .rulesets import said_empty
from .terminal import plain, say, tinted

if TYPE_CHECKING:
    from ..balance.gating import Gate


@click.command()
@click.argument("ruleset")
@click.argument("history")
@history_options
@click.option("--against", metavar="OLD", help="The version before it: nothing may get worse beyond the noise.")
@click.option("--error-rate", default="1%", show_default=True, metavar="SHARE",
              help="Of refusing a version that is no worse, all questions together.")  # fmt: skip
@click.option("--junit", metavar="FILE.xml", help="Write the answers as JUnit test cases.")
@click.option("--sarif", metavar="FILE.sarif", help="Write them as SARIF 2.1.0, at the lines of RULESET.")
@click.option("--report", "page", metavar="FILE.html", help="Write the backtest's page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, as described above.")
@click.pass_context
def gate(
    ctx: click.Context, /, ruleset: str, history: str, against: str | None, error_rate: str, junit: str | None,
    sarif: str | None, page: str | None, as_json: bool, **options: object,
) -> None:  # fmt: skip
    """Hold a ruleset to its promises on a history whose outcome is known.

    The promises are those of its `balance` blocks: each is broken when the figure on this history breaks it. With
    --against OLD both versions decide the same payments, and nothing may get worse beyond the noise of the sample: not
    the honest payments stopped in any segment, nor the fraud caught, by payments or by amount. The tests are exact and
    paired, adjusted by Holm for how many there are, and refuse a version that is no worse with a probability of at most
    --error-rate.

    Exit code 1 says which promise broke, by how much, and shows up to ten of the payments; 0 that all hold.

    With --json: {"holds", "error_rate", "verdicts": [{"name", "words", "line", "holds", "said", "figure", "limit",
    "probability", "adjusted", "examples"}], "backtest"}.
    """
    from ..balance.gating import GateError, check_asked, judged

    pages = {"--report": (page, (".html", ".htm"))}
    endings = {"--junit": (junit, (".xml",)), "--sarif": (sarif, (".sarif", ".json"))}
    check_outputs({**endings, **pages}, (ruleset, history, against))
    rules, other = ready_rules(ruleset, against)
    rate = _share(error_rate)
    try:
        check_asked(rules, other, rate)
        found, empty = measured(rules, other, Asked(history=history, **options))  # type: ignore[arg-type]  # click made them
        answer = judged(rules, found, rate)
    except (GateError, ValueError) as error:
        raise Stop(str(error)) from error
    _write(answer, ruleset, junit, sarif)
    if page:
        from ..balance.differing import differences
        from ..balance.report_page import page_of

        write_text(page, page_of(found, differences(other, rules) if other else None, answer))
    if as_json:
        say(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        _tell(answer, empty)
    ctx.exit(FINE if answer.holds else FINDINGS)


def _share(text: str) -> float:
    from fractions import Fraction

    try:
        return float(Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1))
    except (ValueError, ZeroDivisionError) as error:
        raise Stop(f"`--error-rate {text}`: write a share such as 1% or 0.01") from error


def _write(answer: Gate, ruleset: str, junit: str | None, sarif: str | None) -> None:
    from .. import __version__
    from ..balance import gate_files

    if junit:
        write_text(junit, gate_files.junit(answer))
    if sarif:
        write_text(sarif, gate_files.sarif(answer, ruleset, __version__))


def _tell(answer: Gate, empty: tuple[str, ...]) -> None:
    from ..balance.gate_files import example_lines

    found = answer.backtest
    version = found.ruleset
    compared = f" against {found.against.ruleset.name} {found.against.ruleset.version}" if found.against else ""
    say(f"{version.name} {version.version}{compared}, {found.all.payments:_} payments of {plain(found.history)}")
    say()
    for verdict in answer.verdicts:
        word = tinted("kept", "good") if verdict.holds else tinted("broken", "error")
        say(f"{word}: {plain(verdict.words)}")
        say(f"  {plain(verdict.said)}")
        if verdict.examples:
            say("  such as")
            for line in example_lines(verdict.examples, found.currency):
                say(f"    {plain(line)}")
    for note in (*found.notes, *([said_empty(empty)] if empty else [])):
        say(tinted(plain(note), "warning"))
    if found.bad_rows:
        say(tinted(f"{found.bad_rows:_} rows were not decided, the first: {plain(str(found.errors[0]))}", "warning"))
    say()
    broken = len(answer.broken)
    many = f"{len(answer.verdicts):_} {'promise' if len(answer.verdicts) == 1 else 'promises'}"
    say(f"{many}, {f'{broken:_} broken' if broken else 'all kept'}")
